"""What the numbers of a BPX file must be to each other: within bounds, and without contradiction."""

import math
from collections.abc import Mapping
from pathlib import Path

from twin.balance import NP_RATIO, charge_density, density, host_density
from twin.errors import InputError
from twin.parameters import ParameterSet
from twin.parameters.bounds import refusal

AGREE = 1e-6
"""Relative difference up to which two numbers that determine each other are the same, rounded."""
OF_THE_MATERIAL = (
    "Positive particle radius [m]",
    "Primary: Positive particle radius [m]",
    "Secondary: Positive particle radius [m]",
    "Positive electrode specific capacity [A.h.kg-1]",
    "Primary: Positive electrode specific capacity [A.h.kg-1]",
    "Secondary: Positive electrode specific capacity [A.h.kg-1]",
    "Negative electrode specific capacity [A.h.kg-1]",
    "Negative electrode effective electronic conductivity [S.m-1]",
    "Separator oxidation potential [V]",
    "Separator reduction potential [V]",
)
"""Values that a file states but that are fixed in the model, or stand for nothing in it."""


def check_values(path: Path, chosen: ParameterSet, values: Mapping[str, float], places: Mapping[str, str]) -> None:
    """Raise where a value makes no sense, or is not a file's to change; ``places`` are the fields of values by name."""
    for name, value in values.items():
        wrong = refusal(name, value) or (None if math.isfinite(value) else f"{name} = {value}: not a finite number")
        if wrong:
            raise InputError(f"{path}: {places.get(name, '')}{wrong}")
    for name in OF_THE_MATERIAL:
        own = chosen.entries.get(name)
        if own is not None and not agree(values.get(name, own.value), own.value):
            raise InputError(
                f"{path}: {name} = {values[name]:g}: the material's is {own.value:g}, and fixed in its model"
            )


def check_balance(
    path: Path, chosen: ParameterSet, values: Mapping[str, float], capacity: float, whole_area: float
) -> None:
    """Raise where two numbers of the file that determine each other disagree."""
    base = {**chosen.values(), **values}
    charge = capacity * 3600 / whole_area
    for sign in ("Positive", "Negative"):
        parts = [base.get(f"{sign} electrode {part} volume fraction", 0) for part in ("active material", "electrolyte")]
        if sum(parts) > 1 + AGREE:
            raise InputError(
                f"{path}: {sign} electrode: volume fractions of active material, {parts[0]:.9g}, and electrolyte "
                f"(Porosity), {parts[1]:.9g}, contradict each other: they add up to {sum(parts):.9g}, over 1"
            )
    for name in chosen.entries:
        sign = name.removesuffix(" electrode density [kg.m-3]")
        if sign != name and not agree(base[name], density(sign, base)):
            raise InputError(
                f"{path}: {name} = {base[name]:.9g} contradicts volume fractions and densities of its parts, "
                f"from which {density(sign, base):.9g} follows; change one of them"
            )
    if chosen.cathode != "metal":
        per_metre = _ordered(path, "Positive", charge_density(chosen, base))
        other = f"Cell/Nominal cell capacity [A.h] = {capacity:.9g}"
        _check_thickness(path, "Positive", values, charge, per_metre, other, capacity / charge)
    if chosen.anode in ("host", "plating host"):
        per_metre = _ordered(path, "Negative", host_density(base))
        other = f"{NP_RATIO} = {base[NP_RATIO]:.9g} and the capacity of the cathode, {capacity:.9g} A.h"
        _check_thickness(path, "Negative", values, base[NP_RATIO] * charge, per_metre, other, 1 / charge)


def _ordered(path: Path, sign: str, per_metre: float) -> float:
    if per_metre <= 0:
        raise InputError(f"{path}: {sign} electrode: holds no charge between its stoichiometries; order them")
    return per_metre


def _check_thickness(
    path: Path, sign: str, values: Mapping[str, float], charge: float, per_metre: float, other: str, unit: float
) -> None:
    """Raise where a stated thickness does not hold ``charge`` [C.m-2]; ``unit`` makes that what ``other`` states."""
    stated = values.get(f"{sign} electrode thickness [m]")
    if stated is None or agree(stated, charge / per_metre):
        return
    raise InputError(
        f"{path}: {sign} electrode/Thickness [m] = {stated:.9g} contradicts {other}: with the file's area, electrode "
        f"pairs, concentration, stoichiometries and volume fraction {charge / per_metre:.9g} follows from that, and "
        f"{stated * per_metre * unit:.9g} from the thickness; change one of them"
    )


def agree(one: float, other: float) -> bool:
    """Whether two numbers that determine each other are the same, rounded."""
    return math.isclose(one, other, rel_tol=AGREE)
