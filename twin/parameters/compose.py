"""A cell from its parts: cathode, electrolyte and anode by name, and what does not go together.

`compose` takes the names used in files; a composed set is called ``cathode|electrolyte|anode``, and can be loaded by
that name. A blend of two cathodes is written ``NMC811+LCO``; the cathode of a symmetric cell is its metal, ``lithium``.
"""

from dataclasses import replace
from functools import lru_cache

from twin.errors import InputError
from twin.parameters import anodes, cathodes, electrolytes
from twin.parameters.blend import blended
from twin.parameters.common import COLLECTORS, REST
from twin.parameters.entry import Entry, Function, Material, ParameterSet, Role
from twin.parameters.symmetric import counter_electrode

CATALOGUE: dict[Role, tuple[Material, ...]] = {
    "cathode": cathodes.MATERIALS,
    "electrolyte": electrolytes.MATERIALS,
    "anode": anodes.MATERIALS,
}
"""Every material that can be named, by the part it plays."""

LEAST_VOLTAGE = 0.3  # V; a cell below it is no cell


def find(role: Role, name: str) -> Material:
    """Return the material called ``name``, however spelt; raise `InputError` with the reason where there is none."""
    wanted = _spelling(name)
    for material in CATALOGUE[role]:
        if wanted in map(_spelling, (material.name, *material.aliases)):
            return material
    for other, materials in CATALOGUE.items():
        for material in materials:
            if wanted in map(_spelling, (material.name, *material.aliases)):
                raise InputError(f"{role} = {name!r}: {material.name} is {_article(other)}; {_choice(role)}")
    raise InputError(f"{role} = {name!r}: not known; {_choice(role)}")


def compose(cathode: str, electrolyte: str, anode: str) -> ParameterSet:
    """Return the parameter set of a cell made of these parts.

    Parameters
    ----------
    cathode : str
        A cathode, two of them joined by ``+``, or a metal for a symmetric cell.
    electrolyte, anode : str
        One of each; spelling as in ``docs/cells.md``, aliases included.

    Raises
    ------
    twin.errors.InputError
        If a part is not known, or the parts make no cell; the message says why.
    """
    negative = find("anode", anode)
    return _composed(_cathode(cathode, negative), find("electrolyte", electrolyte), negative)


def from_name(name: str) -> ParameterSet:
    """Return the set called ``cathode|electrolyte|anode``."""
    parts = [part.strip() for part in name.split("|")]
    if len(parts) != 3:
        raise InputError(f"parameter_set = {name!r}: a composed set is named cathode|electrolyte|anode")
    return _from_parts(*parts)


@lru_cache
def _from_parts(cathode: str, electrolyte: str, anode: str) -> ParameterSet:
    return compose(cathode, electrolyte, anode)


def _cathode(name: str, anode: Material) -> Material:
    """The positive electrode by its name: one material, a blend, or the anode's own metal."""
    if "+" in name:
        first, second = (find("cathode", part.strip()) for part in name.split("+", 1))
        return blended(first, second)
    metals = [m for m in CATALOGUE["anode"] if m.form == "metal" and m.name != "anode-free"]
    for metal in metals:
        if _spelling(name) in map(_spelling, (metal.name, *metal.aliases)):
            if anode.name != metal.name:
                raise InputError(
                    f"cathode = {name!r}: a metal is the cathode of a symmetric cell only; "
                    f"it needs anode = {metal.name!r}, not {anode.name!r}"
                )
            return counter_electrode(metal)
    return find("cathode", name)


def _composed(cathode: Material, electrolyte: Material, anode: Material) -> ParameterSet:
    _check(cathode, electrolyte, anode)
    # Later parts win: an electrolyte may know its own interface with the metal.
    entries = {**REST, **COLLECTORS, **cathode.entries, **anode.entries, **electrolyte.entries}
    if cathode.form == "metal":
        entries |= cathode.entries  # and a symmetric cell both of them
    functions = {**cathode.functions, **anode.functions}
    entries |= _cut_offs(cathode, anode, entries)
    _check_voltage(cathode, anode, entries, functions)
    entries |= _densities(cathode, anode, entries)
    names = (cathode.name, electrolyte.name, anode.name)
    description = f"{cathode.description} | {electrolyte.description} | {anode.description}"
    warnings = _windows(cathode, electrolyte, anode, entries, functions)
    options = {**cathode.options, **anode.options}
    return ParameterSet(
        "|".join(names), description, entries, functions, options, warnings, cathode.form, anode.form, names
    )


def _check(cathode: Material, electrolyte: Material, anode: Material) -> None:
    """Raise the reason why these parts make no cell."""
    carried = {cathode.ion: cathode, anode.ion: anode, electrolyte.ion: electrolyte}
    if len(carried) > 1:
        sodium = ", ".join(m.name for m in (cathode, electrolyte, anode) if m.ion == "Na")
        lithium = ", ".join(m.name for m in (cathode, electrolyte, anode) if m.ion == "Li")
        raise InputError(f"no cell of {sodium} (sodium) with {lithium} (lithium): all parts must carry the same ion")
    if electrolyte.name == "LLZO" and cathode.form == "conversion":
        raise InputError(
            "no cell of LLZO with sulfur: the ceramic is sintered above 1000 degC and cannot be pressed round "
            "a cathode that melts at 115; take a sulfide or a halide"
        )


def _cut_offs(cathode: Material, anode: Material, entries: dict[str, Entry]) -> dict[str, Entry]:
    """Usual ends of charge and discharge, against this anode instead of lithium."""
    if "Negative electrode OCP [V]" not in anode.functions or anode.form != "host":
        return {}
    half = 0.5 * (
        entries["Negative electrode stoichiometry at 0% SOC"].value
        + entries["Negative electrode stoichiometry limit"].value
    )
    below = float(anode.functions["Negative electrode OCP [V]"].call(half))
    made = {}
    for end in ("Lower", "Upper"):
        name = f"{end} voltage cut-off [V]"
        value = round(entries[name].value - below, 3)
        source = f"{entries[name].value:g} V against {anode.ion}, less {below:.3f} V of {anode.name}"
        made[name] = Entry(value, source, value - 0.5, value + 0.3, "computed")
    return made


def _check_voltage(
    cathode: Material, anode: Material, entries: dict[str, Entry], functions: dict[str, Function]
) -> None:
    """Raise where the cathode lies no higher than the anode."""
    if cathode.form in ("metal", "blend") or anode.form == "metal":
        return
    middle = [
        entries[f"{sign} electrode stoichiometry {end}"].value
        for sign, end in (("Positive", "at 0% SOC"), ("Positive", "at 100% SOC"))
    ]
    U_p = float(functions["Positive electrode OCP [V]"].call(sum(middle) / 2))
    U_n = float(functions["Negative electrode OCP [V]"].call(0.5))
    if U_p - U_n < LEAST_VOLTAGE:
        raise InputError(f"no cell of {cathode.name} with {anode.name}: its voltage would be {U_p - U_n:.2f} V")


def _densities(cathode: Material, anode: Material, entries: dict[str, Entry]) -> dict[str, Entry]:
    """Densities of the composites, from those of their parts; pores and carbon weigh nothing."""
    rho = entries["Separator density [kg.m-3]"].value
    made = {}
    for sign, form in (("Positive", cathode.form), ("Negative", anode.form)):
        if form in ("metal", "blend"):
            continue
        active = entries[f"{sign} electrode active material density [kg.m-3]"].value
        eps = entries[f"{sign} electrode active material volume fraction"].value
        value = eps * active + entries[f"{sign} electrode electrolyte volume fraction"].value * rho
        made[f"{sign} electrode density [kg.m-3]"] = Entry(
            value, "of its parts by volume fraction", 0.7 * value, 1.2 * value, "computed"
        )
    return made


def _windows(
    cathode: Material,
    electrolyte: Material,
    anode: Material,
    entries: dict[str, Entry],
    functions: dict[str, Function],
) -> tuple[str, ...]:
    """What the electrolyte's window says about the electrodes. Cells run beyond it on films; the films cost."""
    low, high = (electrolyte.entries[f"Separator {end} potential [V]"].value for end in ("reduction", "oxidation"))
    metal, said = electrolyte.ion, []
    at_anode = 0.0
    if anode.form == "host":
        limit = entries["Negative electrode stoichiometry limit"].value
        at_anode = float(functions["Negative electrode OCP [V]"].call(0.5 * limit))
    if at_anode < low:
        said.append(
            f"{electrolyte.name} is reduced below {low:g} V against {metal}; {anode.name} lies at {at_anode:.2f} V: "
            "an interphase grows there"
        )
    charged = None if cathode.form == "metal" else cathode_potential(cathode)
    if charged is not None and charged > high:
        said.append(
            f"{electrolyte.name} is oxidised above {high:g} V against {metal}; charged {cathode.name} lies at "
            f"{charged:.2f} V: coat the particles, and keep carbon's surface small"
        )
    if electrolyte.name == "LLZO" and cathode.form != "metal":
        said.append("LLZO does not flow under cold pressing: the cathode composite has to be co-sintered or wetted")
    return tuple(said)


def cathode_potential(cathode: Material) -> float:
    """Open-circuit potential [V] of a charged cathode against its metal."""
    prefix = "Primary: " if cathode.form == "blend" else ""
    sto = cathode.entries[f"{prefix}Positive electrode stoichiometry at 100% SOC"].value
    return float(cathode.functions[f"{prefix}Positive electrode OCP [V]"].call(sto))


def renamed(made: ParameterSet, name: str, description: str) -> ParameterSet:
    """The same set under a name of its own."""
    return replace(made, name=name, description=description)


def _spelling(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _choice(role: Role) -> str:
    return "choose one of " + ", ".join(material.name for material in CATALOGUE[role])


def _article(role: Role) -> str:
    return {"cathode": "a cathode", "anode": "an anode", "electrolyte": "an electrolyte"}[role]
