"""From the section `[fixture]` of a file to the model's values: springs, gases, liquids and their vessels."""

from collections.abc import Mapping

from twin.cell_values import areal_charge
from twin.design.strength import design_pressure, vessel
from twin.errors import InputError
from twin.files import CellSection, FixtureSection
from twin.growth import anode_growth
from twin.parameters import fixtures, load

POUCH_RIM = 5e-3  # m round the stack, sealed; chosen

STANDARD = {name: entry.value for name, entry in fixtures.ENTRIES.items()}
"""What no file states, whatever the cell."""


def cell_volume(cell: CellSection, values: Mapping[str, float]) -> float:
    """Volume of the stack as assembled [m3]."""
    parts = ("Separator thickness [m]", "Positive electrode thickness [m]", "Negative electrode thickness [m]",
             "Initial lithium thickness [m]")  # fmt: skip
    return cell.layers * sum(values.get(part, 0.0) for part in parts) * cell.area_m2


def pouch_width(cell: CellSection) -> float:
    """Side of a square pouch round the cell, its sealed rim included [m]."""
    return float(cell.area_m2**0.5 + 2 * POUCH_RIM)


def spring_values(fixture: FixtureSection, cell: CellSection, values: Mapping[str, float]) -> dict[str, float]:
    """How far a full charge swings the spring's force, over the preload's [1]: by the anode's growth alone.

    An insertion cathode takes a tenth of it back: the range is at its upper end. A symmetric cell does not swing.
    """
    chosen = load(cell.chemistry)
    grown = 0.0 if chosen.cathode == "metal" else abs(anode_growth(chosen, values, areal_charge(cell), 0.0, 1.0))
    series = 1 / (1 / values["Spring stiffness [N.m-1]"] + 1 / values["Frame stiffness [N.m-1]"])
    preload = max(fixture.preload_MPa, 0.01) * 1e6 * cell.area_m2
    return {"Spring force range of a full charge": cell.layers * grown * series / preload}


def fluid_values(fixture: FixtureSection, cell: CellSection, values: Mapping[str, float]) -> dict[str, float]:
    """Gas, liquid and vessel; those a fixture has not are given a volume that keeps formulas defined."""
    fluid, inside = (fixture.fluid_cm3 or 1.0) * 1e-6, (fixture.vessel_cm3 or 1.0) * 1e-6
    compliance = 0.0
    if fixture.kind == "isostatic":
        solid = room_for_the_cell(fixture, cell, values)
        fluid, depth = inside - solid, solid / cell.area_m2
        walls = vessel(inside, design_pressure(fixture.preload_MPa * 1e6), pouch_width(cell), depth)
        compliance = walls.growth / inside
    return {
        "Gas volume [m3]": (fixture.gas_cm3 or 1.0) * 1e-6,
        "Gas polytropic exponent": fixture.gas_exponent,
        "Gas leak rate [s-1]": fixture.leak_percent_per_day / 100 / 86400,
        "Fluid volume [m3]": fluid,
        "Fluid bulk modulus [Pa]": fixture.bulk_modulus_GPa * 1e9,
        "Fluid thermal expansion coefficient [K-1]": fixture.fluid_expansion_ppm_per_K * 1e-6,
        "Line compliance [m3.Pa-1]": fixture.line_mm3_per_MPa * 1e-15,
        "Accumulator gas volume [m3]": fixture.accumulator_cm3 * 1e-6,
        "Vessel volume [m3]": inside,
        "Vessel compliance [Pa-1]": compliance,
        "Supply valve opening": float(fixture.supply == "regulated"),
    }


def room_for_the_cell(fixture: FixtureSection, cell: CellSection, values: Mapping[str, float]) -> float:
    """Volume of the cell in its vessel [m3]; raise `InputError` where it does not fit in."""
    solid, inside = cell_volume(cell, values), (fixture.vessel_cm3 or 0.0) * 1e-6
    if inside <= solid:
        raise InputError(
            f"fixture.vessel_cm3 = {inside * 1e6:g}: the cell alone has {solid * 1e6:.4g} cm3; "
            "give the vessel room for it and for liquid"
        )
    return solid
