"""How thick the parts of a fixture must be: handbook formulas for plates, rods, cylinders and springs."""

import math
from dataclasses import dataclass

from twin.design import materials
from twin.design.materials import STEEL

SAFETY = 2.0
"""Against yield, at the design pressure; chosen."""

OVERPRESSURE = 1.6
"""Design pressure over preload: where the controller's hard limit stands by default."""

LEAST_DESIGN_Pa = 0.5e6
LEAST_THICKNESS = 1e-3
"""What can be made and handled [m]; chosen."""

ALLOWED = STEEL.yield_stress.value / SAFETY  # Pa


def design_pressure(preload: float) -> float:
    """Stack pressure that a fixture for ``preload`` [Pa] is sized for [Pa]."""
    return max(OVERPRESSURE * preload, LEAST_DESIGN_Pa)


def rod_area(force: float, stiffness: float, length: float) -> float:
    """Section of all tie rods together [m2]: for ``force`` [N] below yield and for ``stiffness`` [N.m-1], 0 for any."""
    return max(force / ALLOWED, stiffness * length / STEEL.modulus.value)


def plate_thickness(force: float, radius: float, stiffness: float) -> float:
    """Thickness of a round end plate held at its rim, load spread over it [m].

    Simply supported under uniform pressure (Roark, circular plates): stress 3 (3 + nu) F / (8 pi t^2), deflection
    (5 + nu) F a^2 / (64 pi (1 + nu) D) with D = E t^3 / (12 (1 - nu^2)).

    Parameters
    ----------
    force : float
        [N].
    radius : float
        Of the circle of rods [m].
    stiffness : float
        Force over deflection that the plate has to have [N.m-1], 0 for any.
    """
    nu, E = STEEL.poisson.value, STEEL.modulus.value
    strong = math.sqrt(3 * (3 + nu) * force / (8 * math.pi * ALLOWED))
    rigidity = stiffness * (5 + nu) * radius**2 / (64 * math.pi * (1 + nu))
    stiff = math.cbrt(12 * (1 - nu**2) * rigidity / E)
    return max(strong, stiff, LEAST_THICKNESS)


def wall_thickness(pressure: float, diameter: float) -> float:
    """Wall of a cylinder with ``diameter`` [m] inside, by its hoop stress [m] (Lame, so that thick ones count too)."""
    if pressure >= ALLOWED:
        return math.inf
    outer = diameter * math.sqrt((ALLOWED + pressure) / (ALLOWED - pressure))
    return max((outer - diameter) / 2, LEAST_THICKNESS)


@dataclass(frozen=True)
class Vessel:
    """A closed vessel: volume of its steel [m3], and how far its inside grows per pressure [m3.Pa-1]."""

    steel: float
    growth: float


def vessel(inside: float, pressure: float, width: float = 0.0, depth: float = 0.0) -> Vessel:
    """Size a vessel of ``inside`` [m3] for ``pressure`` [Pa]; what it takes is ``width`` wide and ``depth`` thick [m].

    A cylinder as long as wide, with domes, where that has room; its volume grows by (5 - 4 nu) p D / (4 t E). Else a
    flat one: a ring between two clamped round plates, stress 3/4 p (r/t)^2, whose bending makes room for
    pi p r^6 / (192 D) each (Roark), with D = E t^3 / (12 (1 - nu^2)).
    """
    nu, E = STEEL.poisson.value, STEEL.modulus.value
    diameter = (4 * inside / math.pi) ** (1 / 3)
    if diameter >= math.hypot(width, depth):
        wall = wall_thickness(pressure, diameter)
        return Vessel(2 * math.pi * diameter**2 * wall, inside * (5 - 4 * nu) * diameter / (4 * wall * E))
    radius = width / math.sqrt(2)  # round a square
    plate = max(radius * math.sqrt(0.75 * pressure / ALLOWED), LEAST_THICKNESS)
    ring = wall_thickness(pressure, 2 * radius)
    height = inside / (math.pi * radius**2)
    steel = 2 * math.pi * (radius + ring) ** 2 * plate + math.pi * (2 * radius + ring) * ring * height
    rigidity = E * plate**3 / (12 * (1 - nu**2))
    return Vessel(steel, 2 * math.pi * radius**6 / (192 * rigidity))


def spring_mass(energy: float) -> float:
    """Mass [kg] of a spring that stores ``energy`` [J] at its shear stress, tau^2 / (4 G) per volume, with ends."""
    stress, G = materials.SPRING_STEEL_SHEAR_STRESS.value, materials.SPRING_STEEL_SHEAR_MODULUS.value
    volume = energy / (stress**2 / (4 * G))
    return volume * materials.SPRING_STEEL_DENSITY.value * (1 + materials.SPRING_DEAD_SHARE.value)
