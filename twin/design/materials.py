"""Materials of fixtures: general reference data at room temperature."""

from dataclasses import dataclass

from twin.parameters.entry import Entry


@dataclass(frozen=True)
class Metal:
    """A structural metal: density [kg.m-3], Young's modulus [Pa], yield stress [Pa], Poisson's ratio [1]."""

    density: Entry
    modulus: Entry
    yield_stress: Entry
    poisson: Entry


STEEL = Metal(
    Entry(7850.0, "carbon and alloy steels, handbooks", 7700, 8000, "measured"),
    Entry(205e9, "the same", 190e9, 215e9, "measured"),
    Entry(640e6, "class 8.8 bolts (ISO 898-1), quenched and tempered plate", 235e6, 1100e6, "chosen"),
    Entry(0.29, "the same", 0.27, 0.31, "measured"),
)

SPRING_STEEL_DENSITY = Entry(7850.0, "51CrV4, handbooks", 7700, 8000, "measured")  # kg.m-3
SPRING_STEEL_SHEAR_MODULUS = Entry(79e9, "spring wire, EN 13906-1: 79.5 GPa", 70e9, 82e9, "measured")  # Pa
SPRING_STEEL_SHEAR_STRESS = Entry(
    700e6, "static, half the strength of 1400 MPa wire (EN 13906-1 admits 0.56 of it, solid)", 400e6, 900e6, "chosen"
)  # Pa
SPRING_DEAD_SHARE = Entry(
    0.3, "ends and guides beside the coils or discs that work", 0.1, 1.0, "assumed"
)  # of the working mass
SPRING_FILL = Entry(0.4, "steel in the envelope of a coil or a column of discs", 0.25, 0.7, "assumed")  # 1

OIL_DENSITY = Entry(870.0, "mineral hydraulic oil, 850 to 890 at 15 degC", 800, 900, "measured")  # kg.m-3
AIR_GAS_CONSTANT = Entry(287.05, "dry air", 286, 288, "measured")  # J.kg-1.K-1
