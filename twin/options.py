"""The options of `twin.SolidStateCell`, in PyBaMM's manner: strings, the first of each is the default."""

from collections.abc import Mapping

from twin.errors import InputError

OPTIONS: dict[str, tuple[str, ...]] = {
    "cathode": ("single particle", "porous electrode"),
    "fixture": ("fixed gap", "spring", "actuated spring", "pneumatic"),
    "refill": ("power law", "creep and diffusion", "linear"),
    "voids": ("flux balance", "none"),
    "contact": ("pressure memory", "none"),
    "relaxation": ("viscoelastic", "none"),
    "thermal": ("lumped", "isothermal"),
    "leak": ("none", "conductance"),
}
"""Options with their values."""


def complete(options: Mapping[str, str] | None) -> dict[str, str]:
    """Return ``options`` with the defaults filled in; raise `InputError` naming an unknown option or value."""
    given = dict(options or {})
    for name, value in given.items():
        if name not in OPTIONS:
            raise InputError(f"option {name!r} is not known; choose from {', '.join(OPTIONS)}")
        if value not in OPTIONS[name]:
            raise InputError(f"option {name!r} = {value!r} is not known; choose from {', '.join(OPTIONS[name])}")
    return {name: given.get(name, values[0]) for name, values in OPTIONS.items()}
