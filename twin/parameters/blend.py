"""Two cathode materials in one composite, at one potential."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.parameters.common import COMPOSITE
from twin.parameters.entry import Entry, Material

PHASES = ("Primary", "Secondary")
"""PyBaMM's names of the two materials of a composite electrode."""

OWN = (
    "Maximum concentration in positive electrode [mol.m-3]",
    "Positive particle diffusivity [m2.s-1]",
    "Positive particle radius [m]",
    "Positive electrode active material density [kg.m-3]",
    "Positive electrode specific capacity [A.h.kg-1]",
)
UPPER = "Upper voltage cut-off [V]"
WEIGHT = "Primary: Positive electrode weight fraction"


def blended(first: Material, second: Material) -> Material:
    """Return the blend of two insertion cathodes; half by weight unless a file says otherwise.

    Both end at the potential where the first of them ends, on charge and on discharge.
    """
    for material in (first, second):
        if material.form != "insertion":
            raise InputError(f"cathode: {material.name} does not blend: it has no potential in common with an oxide")
    if first.name == second.name:
        raise InputError(f"cathode: {first.name} is blended with itself; name it once")
    if first.ion != second.ion:
        raise InputError(f"cathode: {first.name} and {second.name} do not blend: one holds lithium, the other sodium")
    materials = dict(zip(PHASES, (first, second), strict=True))
    entries: dict[str, Entry] = {
        **COMPOSITE,
        WEIGHT: Entry(0.5, "a choice of whoever mixes", 0.0, 1.0, "chosen"),
    }
    limits = [m.entries[UPPER] for m in (first, second) if UPPER in m.entries]
    if limits:
        entries[UPPER] = min(limits, key=lambda limit: limit.value)
    for phase, material in materials.items():
        entries |= {f"{phase}: {name}": material.entries[name] for name in OWN}
    entries |= _ends(materials)
    functions = {
        f"{phase}: {name}": function for phase, m in materials.items() for name, function in m.functions.items()
    }
    return Material(
        f"{first.name}+{second.name}",
        f"{first.name} and {second.name} in one composite",
        "cathode",
        "blend",
        entries,
        functions,
        ion=first.ion,
        options={"cathode": "blend"},
    )


def _ends(materials: Mapping[str, Material]) -> dict[str, Entry]:
    """Stoichiometries where both materials are charged or discharged, at one potential."""
    made = {}
    for end, choose in (("0% SOC", max), ("100% SOC", min)):
        name = f"Positive electrode stoichiometry at {end}"
        potential = choose(
            float(m.functions["Positive electrode OCP [V]"].call(m.entries[name].value)) for m in materials.values()
        )
        for phase, material in materials.items():
            sto = stoichiometry_at(material.functions["Positive electrode OCP [V]"].call, potential)
            made[f"{phase}: {name}"] = Entry(
                sto,
                f"at {potential:.3f} V, where the first of the two ends",
                max(sto - 0.1, 0),
                min(sto + 0.1, 1),
                "computed",
            )
    return made


def stoichiometry_at(ocp: Callable[[Any], Any], potential: float) -> float:
    """Lithium content [1] at which a falling ``ocp`` [V] is ``potential`` [V], by bisection within 0 and 1.

    Raises
    ------
    twin.errors.InputError
        If no content within has that potential.
    """
    low, high = 0.0, 1.0
    if not float(ocp(high)) <= potential <= float(ocp(low)):
        raise InputError(f"no lithium content from 0 to 1 has {potential:.4g} V: the two materials do not blend")
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(ocp(middle)) > potential else (low, middle)
    return 0.5 * (low + high)


def volume_shares(values: Mapping[str, float]) -> tuple[float, float]:
    """Shares of the active material's volume [1] that a weight fraction means."""
    w = values[WEIGHT]
    rho = [values[f"{phase}: Positive electrode active material density [kg.m-3]"] for phase in PHASES]
    first, second = w / rho[0], (1.0 - w) / rho[1]
    return first / (first + second), second / (first + second)


def content(values: Mapping[str, float], functions: Mapping[str, Any], state_of_charge: float) -> tuple[float, float]:
    """Stoichiometries of both materials in equilibrium at a state of charge of the blend, 0 to 1."""
    shares = volume_shares(values)
    c_max = [values[f"{phase}: Maximum concentration in positive electrode [mol.m-3]"] for phase in PHASES]
    ends = [
        [values[f"{phase}: Positive electrode stoichiometry at {end}% SOC"] for phase in PHASES] for end in (0, 100)
    ]
    weights = np.array(shares) * np.array(c_max)
    empty, full = (float(weights @ np.array(end)) for end in ends)
    wanted = empty + state_of_charge * (full - empty)
    ocps = [functions[f"{phase}: Positive electrode OCP [V]"].call for phase in PHASES]
    low, high = sorted(float(ocps[0](end[0])) for end in ends)
    for _ in range(60):
        middle = 0.5 * (low + high)
        held = float(weights @ np.array([stoichiometry_at(ocp, middle) for ocp in ocps]))
        low, high = (middle, high) if held > wanted else (low, middle)
    first, second = (stoichiometry_at(ocp, 0.5 * (low + high)) for ocp in ocps)
    return first, second


def capacity_density(values: Mapping[str, float]) -> float:
    """Lithium that the blend cycles per volume of its active material [mol.m-3]."""
    return sum(
        share
        * values[f"{phase}: Maximum concentration in positive electrode [mol.m-3]"]
        * (
            values[f"{phase}: Positive electrode stoichiometry at 0% SOC"]
            - values[f"{phase}: Positive electrode stoichiometry at 100% SOC"]
        )
        for share, phase in zip(volume_shares(values), PHASES, strict=True)
    )
