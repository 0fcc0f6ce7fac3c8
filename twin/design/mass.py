"""Mass and volume of a fixture, part by part, from what it has to hold; and the energy of cell plus fixture.

Each part is sized for the design pressure (`strength.design_pressure`, or the preload and the swing of a full charge if
that is more) with `strength.SAFETY` against yield, and, where pressure depends on it, for the frame's stated stiffness:
rods and two end plates in series give it, half the compliance in the rods, a quarter in each plate.
"""

import math
from dataclasses import dataclass

from twin.cell_values import areal_charge
from twin.design import materials
from twin.design.cell_mass import Cell, cell_of
from twin.design.materials import STEEL
from twin.design.response import pressure
from twin.design.strength import design_pressure, plate_thickness, rod_area, spring_mass, vessel, wall_thickness
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.fixture_values import pouch_width
from twin.growth import layer_growth
from twin.parameters import load
from twin.parameters.entry import Entry
from twin.resolve import values_of

RIM = 8e-3  # m from the cell's edge to the circle of rods; chosen
STROKE = 2.0  # of a piston, over the swelling of a full charge; chosen
SPARE_STROKE = 2e-3  # m, to load the cell; chosen
ACTUATOR_kg = Entry(0.2, "small geared stepper and screw, catalogues", 0.1, 1.0, "assumed")
ACTUATOR_kg_per_kN = Entry(0.5, "electric cylinders of 1 to 25 kN, catalogues: 0.3 to 1", 0.2, 1.5, "assumed")
ACTUATOR_DENSITY = Entry(4000.0, "iron, copper and air", 2500, 6000, "assumed")  # kg.m-3


@dataclass(frozen=True)
class Part:
    """One part of a fixture: its mass [kg]."""

    name: str
    mass: float


@dataclass(frozen=True)
class Design:
    """A cell in its fixture.

    Attributes
    ----------
    cell : Cell
    parts : tuple of Part
    volume : float
        Outer volume of the fixture, the cell in it [m3].
    preload : float
        Stack pressure [Pa].
    swing : float
        By which a full charge changes it, at equilibrium and without creep [Pa].
    """

    cell: Cell
    parts: tuple[Part, ...]
    volume: float
    preload: float
    swing: float

    @property
    def mass(self) -> float:
        """Of the fixture alone [kg]."""
        return sum(part.mass for part in self.parts)

    @property
    def cell_Wh_per_kg(self) -> float:
        """Of the cell alone."""
        return self.cell.energy / self.cell.mass

    @property
    def cell_Wh_per_L(self) -> float:
        """Of the cell alone."""
        return self.cell.energy / (self.cell.volume * 1e3)

    @property
    def Wh_per_kg(self) -> float:
        """Of cell and fixture."""
        return self.cell.energy / (self.cell.mass + self.mass)

    @property
    def Wh_per_L(self) -> float:
        """Of cell and fixture."""
        return self.cell.energy / (self.volume * 1e3)

    def to_json(self) -> dict[str, object]:
        """For programs; units are in the names, and what no wall of this steel holds is null."""
        found = {
            "preload_MPa": self.preload / 1e6,
            "equilibrium_swing_MPa": self.swing / 1e6,
            "cell_kg": self.cell.mass,
            "cell_L": self.cell.volume * 1e3,
            "cell_Wh": self.cell.energy,
            "fixture_kg": self.mass,
            "with_cell_L": self.volume * 1e3,
            "cell_Wh_per_kg": self.cell_Wh_per_kg,
            "cell_Wh_per_L": self.cell_Wh_per_L,
            "with_fixture_Wh_per_kg": self.Wh_per_kg,
            "with_fixture_Wh_per_L": self.Wh_per_L,
        }
        parts = {part.name: _finite(part.mass) for part in self.parts}
        return {**{name: _finite(value) for name, value in found.items()}, "parts_kg": parts}


def design(
    cell: CellSection, fixture: FixtureSection, ambient: AmbientSection | None = None, held_MPa: float | None = None
) -> Design:
    """Size the fixture of a file for its cell.

    ``held_MPa`` is the stack pressure it has to hold [MPa], where that is not its preload: a supply starts vented.
    """
    if held_MPa is not None:
        fixture = fixture.model_copy(update={"preload_MPa": held_MPa})
    values = values_of(cell, fixture, ambient or AmbientSection())
    found = cell_of(cell)
    preload = fixture.preload_MPa * 1e6
    swing = float(pressure(fixture, cell, values, stack_growth(cell, values))) - preload
    sized = _Sized(cell, fixture, values, found, max(design_pressure(preload), preload + swing))
    parts, volume = BUILT[fixture.kind](sized)
    return Design(found, tuple(Part(name, float(mass)) for name, mass in parts), float(volume), preload, swing)


def stack_growth(cell: CellSection, values: dict[str, float]) -> float:
    """Of all layers by a full charge [m], free of load."""
    return cell.layers * layer_growth(load(cell.chemistry), values, areal_charge(cell), 0.0, 1.0)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class _Sized:
    cell: CellSection
    fixture: FixtureSection
    values: dict[str, float]
    found: Cell
    pressure: float

    @property
    def force(self) -> float:
        return self.pressure * self.cell.area_m2

    @property
    def radius(self) -> float:
        """Of the circle of rods [m]."""
        return math.sqrt(self.cell.area_m2 / math.pi) + RIM

    @property
    def stroke(self) -> float:
        return STROKE * abs(stack_growth(self.cell, self.values)) + SPARE_STROKE


Built = tuple[list[tuple[str, float]], float]


def _frame(sized: _Sized, radius: float, stiff: bool) -> tuple[list[tuple[str, float]], float]:
    """Two round end plates and their rods; with the volume of the cylinder they span."""
    k = sized.values["Frame stiffness [N.m-1]"] if stiff else 0.0
    length = max(sized.values["Frame length [m]"], sized.found.thickness)
    rods = rod_area(sized.force, 2 * k, length)
    plate = plate_thickness(sized.force, radius, 4 * k)
    outer = radius + math.sqrt(rods / math.pi / 3)  # three rods or more, outside the circle by their radius
    rho = STEEL.density.value
    parts = [("end plates", 2 * math.pi * outer**2 * plate * rho), ("tie rods", rods * (length + 2 * plate) * rho)]
    return parts, math.pi * outer**2 * (length + 2 * plate)


def _gap(sized: _Sized) -> Built:
    return _frame(sized, sized.radius, True)


def _spring(sized: _Sized) -> Built:
    parts, volume = _frame(sized, sized.radius, True)
    mass = spring_mass(sized.force**2 / (2 * sized.values["Spring stiffness [N.m-1]"]))
    room = mass / materials.SPRING_STEEL_DENSITY.value / materials.SPRING_FILL.value
    inside = math.pi * sized.radius**2 * max(sized.values["Frame length [m]"] - sized.found.thickness, 0.0)
    return [*parts, ("spring", mass)], volume + max(room - inside, 0.0)


def _actuated(sized: _Sized) -> Built:
    parts, volume = _spring(sized)
    mass = ACTUATOR_kg.value + ACTUATOR_kg_per_kN.value * sized.force / 1e3
    return [*parts, ("actuator", mass)], volume + mass / ACTUATOR_DENSITY.value


def _cylinder(sized: _Sized, stiff: bool, filled: float = 0.0) -> Built:
    """Frame over a cylinder with its piston; ``filled`` [m] is the height of liquid beneath."""
    bore = 2 * math.sqrt(sized.values["Piston area [m2]"] / math.pi)
    pressure = sized.force / sized.values["Piston area [m2]"]
    wall = wall_thickness(pressure, bore)
    piston = plate_thickness(sized.force, bore / 2, 0.0)
    height = sized.stroke + piston + filled
    parts, volume = _frame(sized, max(sized.radius, bore / 2 + wall), stiff)
    rho = STEEL.density.value
    parts += [
        ("piston", math.pi / 4 * bore**2 * piston * rho),
        ("cylinder", math.pi * (bore + wall) * wall * height * rho),
    ]
    outside = max(height + sized.found.thickness - sized.values["Frame length [m]"], 0.0)
    return parts, volume + math.pi * (bore / 2 + wall) ** 2 * outside


def _vessel(inside: float, pressure: float, width: float = 0.0, depth: float = 0.0) -> tuple[float, float]:
    """Steel [kg] and outer volume [m3] of a vessel with ``inside`` [m3], for what is ``width`` by ``depth`` [m]."""
    steel = vessel(inside, pressure, width, depth).steel
    return steel * STEEL.density.value, inside + steel


def _gas(volume: float, pressure: float, temperature: float) -> float:
    """Mass of air [kg] in ``volume`` at an absolute ``pressure``."""
    return volume * pressure / (materials.AIR_GAS_CONSTANT.value * temperature)


def _press(sized: _Sized) -> Built:
    return _cylinder(sized, stiff=False)


def _sealed(sized: _Sized) -> Built:
    parts, volume = _cylinder(sized, stiff=True)
    V, values = sized.values["Gas volume [m3]"], sized.values
    steel, room = _vessel(V, sized.force / values["Piston area [m2]"])
    start = values["Preload pressure [Pa]"] * sized.cell.area_m2 / values["Piston area [m2]"]
    gas = _gas(V, start + values["Ambient pressure [Pa]"], values["Initial temperature [K]"])
    return [*parts, ("gas vessel", steel), ("gas", gas)], volume + room


def _accumulator(sized: _Sized, pressure: float) -> Built:
    V, values = sized.values["Accumulator gas volume [m3]"], sized.values
    if not V:
        return [], 0.0
    steel, room = _vessel(V, pressure)
    gas = _gas(V, pressure + values["Ambient pressure [Pa]"], values["Initial temperature [K]"])
    return [("accumulator", steel + gas)], room


def _hydraulic(sized: _Sized) -> Built:
    fluid, piston = sized.values["Fluid volume [m3]"], sized.values["Piston area [m2]"]
    parts, volume = _cylinder(sized, sized.fixture.supply == "trapped", fluid / piston)
    more, room = _accumulator(sized, sized.force / piston)
    return [*parts, ("oil", fluid * materials.OIL_DENSITY.value), *more], volume + room


def _isostatic(sized: _Sized) -> Built:
    # The pouch's rim has to go in too.
    inside = max(sized.values["Vessel volume [m3]"], sized.found.volume)
    steel, room = _vessel(inside, sized.pressure, pouch_width(sized.cell), sized.found.thickness)
    oil = sized.values["Fluid volume [m3]"] * materials.OIL_DENSITY.value
    more, extra = _accumulator(sized, sized.pressure)
    return [("vessel", steel), ("oil", oil), *more], room + extra


BUILT = {
    "fixed_gap": _gap,
    "spring": _spring,
    "actuated_spring": _actuated,
    "pneumatic": _press,
    "pneumatic_closed": _sealed,
    "hydraulic": _hydraulic,
    "isostatic": _isostatic,
}
"""Parts [kg] and outer volume [m3] of each kind."""
