"""Cells read from and written to Battery Parameter eXchange (BPX) files.

BPX describes cells with liquid electrolyte. What it has a field for is written there, as `bpx` validates it; what it
not goes into its User-defined section under `OURS`, by PyBaMM's names. Numbers keep every digit both ways.
"""

import json
import math
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from twin.bpx_agreement import agree, check_balance, check_values
from twin.documents import read_json
from twin.errors import InputError
from twin.formula import expression
from twin.parameters import ParameterSet, load
from twin.parameters.blend import WEIGHT
from twin.parameters.shapes import F

FORMAT = 1
SECTIONS = ("Header", "Parameterisation")
OURS = "isostack"
MATERIALS = ("Cathode", "Electrolyte", "Anode")
LIQUID = (
    "a cell with liquid electrolyte, as most BPX files are (no section User-defined/isostack): it says nothing of "
    "separator, anode interface or volume change; name the materials as cathode, electrolyte and anode instead"
)

CELL = {
    "Lower voltage cut-off [V]": "Lower voltage cut-off [V]",
    "Upper voltage cut-off [V]": "Upper voltage cut-off [V]",
    "Reference temperature [K]": "Reference temperature [K]",
}
ELECTROLYTE = {
    "Conductivity [S.m-1]": "Separator conductivity [S.m-1]",
    "Conductivity activation energy [J.mol-1]": "Separator conductivity activation energy [J.mol-1]",
}
POSITIVE = {
    "Thickness [m]": "Positive electrode thickness [m]",
    "Porosity": "Positive electrode electrolyte volume fraction",
    "Conductivity [S.m-1]": "Positive electrode effective electronic conductivity [S.m-1]",
    "Minimum stoichiometry": "Positive electrode stoichiometry at 100% SOC",
    "Maximum stoichiometry": "Positive electrode stoichiometry at 0% SOC",
    "Maximum concentration [mol.m-3]": "Maximum concentration in positive electrode [mol.m-3]",
    "Particle radius [m]": "Positive particle radius [m]",
    "Diffusivity [m2.s-1]": "Positive particle diffusivity [m2.s-1]",
}
NEGATIVE = {
    "Thickness [m]": "Negative electrode thickness [m]",
    "Porosity": "Negative electrode electrolyte volume fraction",
    "Transport efficiency": "Negative electrode effective conductivity fraction",
    "Conductivity [S.m-1]": "Negative electrode effective electronic conductivity [S.m-1]",
    "Minimum stoichiometry": "Negative electrode stoichiometry at 0% SOC",
    "Maximum stoichiometry": "Negative electrode stoichiometry limit",
    "Maximum concentration [mol.m-3]": "Maximum concentration in negative electrode [mol.m-3]",
    "Particle radius [m]": "Negative particle radius [m]",
    "Diffusivity [m2.s-1]": "Negative particle diffusivity [m2.s-1]",
}
SEPARATOR = {"Thickness [m]": "Separator thickness [m]"}
"""BPX's fields, by group, and our names for what stands in them."""

CAPACITY = "areal_capacity_mAh_per_cm2"
SIZE_FIELDS = (
    "Electrode area [m2]",
    "Number of electrode pairs connected in parallel to make a cell",
    "Nominal cell capacity [A.h]",
)
SIZES = ("diameter_mm", "area_cm2", CAPACITY)
"""Keys of `[cell]` that give the size."""
ROUNDING = 1e-12
THICKNESS = "Thickness [m]"
THICKNESSES = (POSITIVE[THICKNESS], NEGATIVE[THICKNESS])
"""What capacity and balance give; a file that states it must agree."""
FOLLOWS_FROM = {
    "Transport efficiency": "porosity and Bruggeman coefficient",
    "Surface area per unit volume [m-1]": "particle radius and active material volume fraction",
}
"""Fields that are written for other readers, and what they follow from."""


class Read(NamedTuple):
    """What a file says: keys of the section `[cell]`, and values of the model that replace the materials' own."""

    keys: dict[str, Any]
    values: dict[str, float]


def size_of(cell: Any) -> dict[str, float]:
    """The size of a section `[cell]`, as it was written."""
    return {key: float(value) for key in SIZES if (value := getattr(cell, key)) is not None}


def document(
    chosen: ParameterSet, values: Mapping[str, float], size: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """The BPX document of a cell, as nested dictionaries.

    Parameters
    ----------
    chosen : ParameterSet
        Its materials.
    values : mapping of str to float
        As `twin.cell_values.cell_values` completes the set's own.
    size : mapping of str to float, optional
        Keys of `[cell]` that give the size, as they were written: to the last bit what they were, when read back.
    """
    area = values["Electrode width [m]"] * values["Electrode height [m]"]
    groups = _groups(chosen, values)
    groups["Cell"] |= {
        "Electrode area [m2]": area,
        "Number of electrode pairs connected in parallel to make a cell": int(
            values["Number of electrodes connected in parallel to make a cell"]
        ),
        "Nominal cell capacity [A.h]": values["Nominal cell capacity [A.h]"],
    }
    for sign in ("Positive", "Negative"):
        if f"{sign} electrode" in groups:
            groups[f"{sign} electrode"][THICKNESS] = values[f"{sign} electrode thickness [m]"]
    placed = {ours for names in placed_fields(chosen).values() for ours in names.values()}
    groups["User-defined"] = {
        OURS: {
            "Format": FORMAT,
            "Materials": {role: {name: 1} for role, name in zip(MATERIALS, chosen.materials, strict=True)},
            **({"Size": dict(size)} if size else {}),
            "Values": {name: values[name] for name in sorted(chosen.entries) if name not in placed},
        }
    }
    title = chosen.name.replace("|", " | ")
    header = {"BPX": "1.0.0", "Title": title, "Description": chosen.description, "Model": "Partial"}
    return {"Header": header, "Parameterisation": groups}


def _groups(chosen: ParameterSet, values: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """BPX's groups, without the cell's size and the thickness of electrodes."""
    groups: dict[str, dict[str, Any]] = {
        "Cell": _taken(CELL, values),
        # A single-ion conductor: no salt moves, so its diffusivity never matters.
        "Electrolyte": {"Cation transference number": 1.0, "Diffusivity [m2.s-1]": 0.0, **_taken(ELECTROLYTE, values)},
        "Separator": {**_taken(SEPARATOR, values), "Porosity": 1.0, "Transport efficiency": 1.0},
    }
    if chosen.cathode == "insertion":
        eps = values["Positive electrode electrolyte volume fraction"]
        through = eps ** values["Positive electrode Bruggeman coefficient (electrolyte)"]
        groups["Positive electrode"] = {"Transport efficiency": through, **_electrode("Positive", chosen, values)}
    if chosen.anode == "host":
        groups["Negative electrode"] = _electrode("Negative", chosen, values)
    return groups


def placed_fields(chosen: ParameterSet) -> dict[str, dict[str, str]]:
    """Groups and fields of BPX that hold values of this cell."""
    groups = {"Cell": CELL, "Electrolyte": ELECTROLYTE, "Separator": SEPARATOR}
    if chosen.cathode == "insertion":
        groups["Positive electrode"] = POSITIVE
    if chosen.anode == "host":
        groups["Negative electrode"] = NEGATIVE
    return groups


def _taken(fields: Mapping[str, str], values: Mapping[str, float]) -> dict[str, float]:
    return {field: values[name] for field, name in fields.items() if name not in THICKNESSES}


def _electrode(sign: str, chosen: ParameterSet, values: Mapping[str, float]) -> dict[str, Any]:
    """An electrode in BPX's fields, with what follows from ours for those who read it elsewhere."""
    fields = POSITIVE if sign == "Positive" else NEGATIVE
    eps = values[f"{sign} electrode active material volume fraction"]
    j0 = chosen.functions[f"{sign} electrode exchange-current density [A.m-2]"].call(0.5, 298.15)
    # BPX: j0 = F K (c_e/c_e0)^1/2 (sto (1 - sto))^1/2
    return {
        **_taken(fields, values),
        "Surface area per unit volume [m-1]": 3 * eps / values[f"{sign} particle radius [m]"],
        "OCP [V]": expression(chosen.functions[f"{sign} electrode OCP [V]"].call),
        "Reaction rate constant [mol.m-2.s-1]": float(2 * j0 / F),
    }


def write(
    path: Path, chosen: ParameterSet, values: Mapping[str, float], size: Mapping[str, float] | None = None
) -> Path:
    """Write the file; under a temporary name first, so that nothing half-written stands under its own."""
    made = document(chosen, values, size)
    _validated(path, made)
    work = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with work.open("w", encoding="utf-8") as stream:
            json.dump(made, stream, indent=2)
            stream.write("\n")
        work.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        work.unlink(missing_ok=True)
    return path


def read(path: Path) -> Read:
    """Read a file that `write` wrote, or one edited since: every number in it is used, or refused.

    Raises
    ------
    twin.errors.InputError
        If it cannot be read, is not BPX, describes a cell with liquid electrolyte, states a potential that is not its
        cathode's, a number out of its bounds or that nothing reads, or two numbers that contradict each other.
    """
    content = read_json(path)
    _validated(path, content)
    groups = content["Parameterisation"]
    ours = (groups.get("User-defined") or {}).get(OURS)
    if not isinstance(ours, dict):
        raise InputError(f"{path}: {LIQUID}")
    if ours.get("Format") != FORMAT:
        raise InputError(f"{path}: User-defined/isostack/Format = {ours.get('Format')!r}: this version reads {FORMAT}")
    try:
        cathode, electrolyte, anode = (_only(ours["Materials"][role]) for role in MATERIALS)
        chosen = load("|".join((cathode, electrolyte, anode)))
        values = {name: float(value) for name, value in ours["Values"].items()}
        for group, fields in placed_fields(chosen).items():
            values |= {name: float(groups[group][field]) for field, name in fields.items()}
        cell = groups["Cell"]
        area = float(cell["Electrode area [m2]"])
        layers = int(cell["Number of electrode pairs connected in parallel to make a cell"])
        capacity = float(cell["Nominal cell capacity [A.h]"])
        size = {key: float(value) for key, value in ours.get("Size", {}).items()}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{path}: not as isostack writes it: {error} is missing or wrong") from error
    unknown = sorted(set(values) - set(chosen.entries) - set(THICKNESSES))
    if unknown:
        raise InputError(f"{path}: {unknown[0]}: not a parameter of {chosen.name}")
    sizes = dict(zip(SIZE_FIELDS, (area, layers, capacity), strict=True))
    places = {
        ours: f"{group}/{field}: " for group, fields in placed_fields(chosen).items() for field, ours in fields.items()
    }
    check_values(path, chosen, {**sizes, **values}, places)
    check_balance(path, chosen, values, capacity, area * layers)
    values = {name: value for name, value in values.items() if name not in THICKNESSES}
    _check_all_read(path, chosen, values, content)
    first, _, second = cathode.partition("+")
    keys: dict[str, Any] = {"cathode": first, "electrolyte": electrolyte, "anode": anode, "layers": layers}
    keys |= _size(size, area, capacity / (10 * area * layers))
    if second:
        keys |= {"blend": second, "blend_weight_fraction": values[WEIGHT]}
    return Read(keys, values)


def _only(materials: Mapping[str, Any]) -> str:
    """The one material of a part; several of them stand as one name, ``A+B``."""
    ((name, share),) = materials.items()
    if share != 1:
        raise ValueError(f"the share of {name}")
    return str(name)


def _size(stated: Mapping[str, float], area: float, capacity: float) -> dict[str, float]:
    """The size as it was written, unless BPX's own fields have been changed since: those count."""
    round_ = stated.get("diameter_mm")
    own = math.pi / 4 * (round_ * 1e-3) ** 2 if round_ else stated.get("area_cm2", 0.0) * 1e-4
    keys = {k: v for k, v in stated.items() if k != CAPACITY}
    if abs(own / area - 1) > ROUNDING:
        keys = {"area_cm2": area * 1e4}
    same = abs(stated.get(CAPACITY, 0.0) / capacity - 1) <= ROUNDING
    return {**keys, CAPACITY: stated[CAPACITY] if same else capacity}


def _check_all_read(path: Path, chosen: ParameterSet, values: Mapping[str, float], content: Mapping[str, Any]) -> None:
    """Raise where the file states what nothing reads, or what comes with the material or follows from other fields."""
    groups = content["Parameterisation"]
    if content.get("State") is not None:
        raise InputError(f"{path}: State: not read; state_of_charge in [cell] and [ambient] say where a cell starts")
    strange = sorted(set(groups["User-defined"][OURS]) - {"Format", "Materials", "Size", "Values"})
    strange += sorted(set(groups["User-defined"][OURS].get("Size", {})) - set(SIZES))
    if strange:
        raise InputError(f"{path}: User-defined/{OURS}: {strange[0]!r}: nothing reads it; take it out")
    made = _groups(chosen, {**chosen.values(), **values})
    for group, given in groups.items():
        for field, stated in (given or {}).items() if group != "User-defined" else ():
            where = f"{path}: {group}/{field}"
            if stated is None or field == THICKNESS or field in SIZE_FIELDS:
                continue
            if field not in made.get(group, {}):
                raise InputError(f"{where}: nothing reads it in a cell of {chosen.name}; take it out")
            own = made[group][field]
            if stated == own or (isinstance(own, float) and _is_number(stated) and agree(stated, own)):
                continue
            if not (isinstance(own, float) and _is_number(stated)):
                raise InputError(f"{where}: comes with the material; leave it as it was")
            source = FOLLOWS_FROM.get(field, "the material")
            raise InputError(f"{where} = {stated:.9g} contradicts {source}, from which {own:.9g} follows")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _validated(path: Path, content: Any) -> None:
    """Raise what BPX's own schema says against ``content``, without quoting it."""
    try:
        import bpx
    except ImportError:
        raise InputError("BPX files need the package bpx: pip install 'isostack[bpx]'") from None
    if not isinstance(content, dict) or not all(isinstance(content.get(key), dict) for key in SECTIONS):
        raise InputError(f"{path}: not a BPX file: it has no {' and '.join(SECTIONS)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about potentials at the ends of charge, which are ours to choose
            bpx.parse_bpx_obj(json.loads(json.dumps(content)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        reason = " ".join(str(first["msg"]).split())[:200]
        raise InputError(f"{path}: not a BPX file: {where}: {reason}") from None
    except Exception as error:  # bpx and its parser of formulas raise a dozen unrelated types
        raise InputError(f"{path}: not a BPX file: a section is malformed ({type(error).__name__})") from None
