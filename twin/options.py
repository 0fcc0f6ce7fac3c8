"""The options of `twin.SolidStateCell`, in PyBaMM's manner: strings, the first of each is the default."""

from collections.abc import Mapping

from twin.errors import InputError

OPTIONS: dict[str, tuple[str, ...]] = {
    "cathode": ("single particle", "porous electrode", "blend", "conversion", "metal"),
    "anode": ("lithium metal", "host", "plating host"),
    "anode swelling": ("reversible", "residual"),
    "fixture": ("fixed gap", "spring", "actuated spring", "pneumatic", "pneumatic closed", "hydraulic", "isostatic"),
    "spring ageing": ("none", "set and fatigue"),
    "refill": ("power law", "creep and diffusion", "linear"),
    "voids": ("flux balance", "none"),
    "contact": ("pressure memory", "loading and unloading", "none"),
    "short": ("none", "penetration"),
    "cathode contact": ("none", "lost by shrinking"),
    "interphase": ("none", "first charge"),
    "relaxation": ("viscoelastic", "none"),
    "thermal": ("lumped", "isothermal"),
    "leak": ("none", "conductance"),
}
"""Options with their values."""

OF_MATERIALS = ("cathode", "anode", "anode swelling")
"""Options that a cell's materials decide; only an insertion cathode leaves a choice."""

NEEDS = {
    ("short", "penetration"): ("anode", "lithium metal"),
    ("contact", "loading and unloading"): ("anode", "lithium metal"),
    ("cathode contact", "lost by shrinking"): ("cathode", "single particle"),
    ("interphase", "first charge"): ("cathode", "single particle"),
}
"""Values of options that need another option to have one value."""


def complete(options: Mapping[str, str] | None, asked: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return ``options`` with the defaults filled in.

    Parameters
    ----------
    options : mapping of str to str, optional
        As given by the user.
    asked : mapping of str to str, optional
        What the materials of the cell ask for.

    Raises
    ------
    twin.errors.InputError
        Naming an unknown option or value, or one that the materials do not admit.
    """
    given = dict(options or {})
    for name, value in given.items():
        if name not in OPTIONS:
            raise InputError(f"option {name!r} is not known; choose from {', '.join(OPTIONS)}")
        if value not in OPTIONS[name]:
            raise InputError(f"option {name!r} = {value!r} is not known; choose from {', '.join(OPTIONS[name])}")
    materials = dict(asked or {})
    for name in OF_MATERIALS:
        wanted, free = materials.get(name, OPTIONS[name][0]), name == "cathode" and "cathode" not in materials
        admitted = OPTIONS["cathode"][:2] if free else (wanted,)
        if name in given and given[name] not in admitted:
            raise InputError(f"option {name!r} = {given[name]!r}: these materials need {' or '.join(admitted)!r}")
    resolved = {name: given.get(name, materials.get(name, values[0])) for name, values in OPTIONS.items()}
    for (name, value), (needed, only) in NEEDS.items():
        if resolved[name] == value and resolved[needed] != only:
            raise InputError(f"option {name!r} = {value!r}: needs {needed!r} = {only!r}, this is {resolved[needed]!r}")
    return resolved
