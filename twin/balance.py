"""How thick electrodes are for a capacity: what ties capacity, thickness and the ratio of the electrodes together."""

from collections.abc import Mapping

from twin.parameters import ParameterSet, blend
from twin.parameters.shapes import F

NP_RATIO = "Negative to positive capacity fraction"


def charge_density(chosen: ParameterSet, base: Mapping[str, float]) -> float:
    """Charge that a cathode composite cycles per volume [C.m-3]: F c_max (x_0 - x_100) eps."""
    eps = base["Positive electrode active material volume fraction"]
    if chosen.cathode == "blend":
        return F * blend.capacity_density(base) * eps
    c_max = base["Maximum concentration in positive electrode [mol.m-3]"]
    empty = base["Positive electrode stoichiometry at 0% SOC"]
    full = base["Positive electrode stoichiometry at 100% SOC"]
    return F * c_max * (empty - full) * eps


def host_density(base: Mapping[str, float]) -> float:
    """Charge that a host anode takes per volume [C.m-3], from empty to its limit: F c_max (x_limit - x_0) eps."""
    c_max = base["Maximum concentration in negative electrode [mol.m-3]"]
    empty, limit = (base[f"Negative electrode stoichiometry {end}"] for end in ("at 0% SOC", "limit"))
    return F * c_max * (limit - empty) * base["Negative electrode active material volume fraction"]


def density(sign: str, base: Mapping[str, float]) -> float:
    """Density of a composite [kg.m-3] from its parts by volume; pores and carbon weigh nothing."""
    active = base[f"{sign} electrode active material volume fraction"]
    electrolyte = base[f"{sign} electrode electrolyte volume fraction"]
    own = base[f"{sign} electrode active material density [kg.m-3]"]
    return active * own + electrolyte * base["Separator density [kg.m-3]"]
