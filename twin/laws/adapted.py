"""The laws' parameters, which are lithium's, adapted to another metal.

Nobody measured sodium's limits the way lithium's were. Four rules carry them over, each a scaling by a known property:
flux by creep goes with the creep rate at the same stress; flux by vacancies with the root of self-diffusivity (a half
cycle is shorter than a foil is deep); contact, and what presses metal into pores, with pressure over yield stress; and
charge with volume over molar volume.
"""

from collections.abc import Mapping

from twin.laws.creep import creep_rate
from twin.laws.metals import METALS, REFERENCE_TEMPERATURE, Metal


def adapted(values: Mapping[str, float], metal: Metal) -> dict[str, float]:
    """Return ``values``, stated for lithium, with those of ``metal`` in place; lithium's come back as they are."""
    lithium = METALS["lithium"]
    found = dict(values)
    if metal.name == lithium.name:
        return found
    found["Lithium creep exponent"] = metal.creep_exponent.value
    found["Lithium creep activation energy [J.mol-1]"] = metal.creep_energy.value
    found["Lithium metal partial molar volume [m3.mol-1]"] = metal.molar_volume.value
    softer = lithium.yield_stress.value / metal.yield_stress.value
    found["Contact resistance on first loading [Ohm.m2]"] *= softer ** -values["Contact loading exponent"]
    found["Void closing rate at reference pressure [s-1]"] *= _faster(metal, values["Reference pressure [Pa]"])
    per_volume = lithium.molar_volume.value / metal.molar_volume.value
    found.update(_stripping_limits(values, metal, per_volume))
    reference = values["Pressure of penetration rates [Pa]"]
    found["Penetration rate by creep at reference [s-1]"] *= _faster(metal, reference)
    found["Penetration rate by plating at reference [s-1]"] *= softer / per_volume
    return found


def _faster(metal: Metal, stress: float) -> float:
    """How many times faster than lithium ``metal`` creeps at ``stress`` [Pa] and room temperature."""
    rates = (float(creep_rate(m, stress, REFERENCE_TEMPERATURE)) for m in (metal, METALS["lithium"]))
    return next(rates) / next(rates)


def _stripping_limits(values: Mapping[str, float], metal: Metal, per_volume: float) -> dict[str, float]:
    """Limits at the two pressures where lithium's were measured: its vacancies' and its creep's share, each scaled."""
    pressures = {word: values[f"{word.capitalize()} pressure of stripping limit [Pa]"] for word in ("lower", "higher")}
    limits = {word: values[f"Stripping limit at {word} pressure [A.m-2]"] for word in pressures}
    ratio = (pressures["lower"] / pressures["higher"]) ** values["Lithium creep exponent"]
    creep = (limits["higher"] - limits["lower"]) / (1 - ratio)
    diffusion = (limits["lower"] - creep * ratio) * (
        metal.self_diffusivity.value / METALS["lithium"].self_diffusivity.value
    ) ** 0.5
    found = {}
    for word, P in pressures.items():
        by_creep = creep * (P / pressures["higher"]) ** values["Lithium creep exponent"] * _faster(metal, P)
        found[f"Stripping limit at {word} pressure [A.m-2]"] = per_volume * (diffusion + by_creep)
    return found
