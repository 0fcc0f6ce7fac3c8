"""What a parameter is: a value that says where it comes from and where it holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["measured", "computed", "calibrated", "assumed", "chosen"]
Role = Literal["cathode", "anode", "electrolyte"]
Form = Literal["insertion", "conversion", "blend", "metal", "host", "plating host", "separator"]


@dataclass(frozen=True)
class Entry:
    """One scalar. Its unit is in its name, as PyBaMM writes it.

    ``kind`` says how sure we are: measured (published), computed (from measured), calibrated (fitted to published
    figures with this model), assumed (nobody measured it; the range is what we think possible), chosen (a design).
    """

    value: float
    source: str
    low: float
    high: float
    kind: Kind

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} is outside its own range {self.low}..{self.high}")


@dataclass(frozen=True)
class Function:
    """One function of state: written with numpy operations, so it takes numbers, arrays and PyBaMM symbols alike."""

    call: Callable[..., Any]
    source: str
    validity: str
    kind: Kind


@dataclass(frozen=True)
class Material:
    """One part of a cell, as it can be named in a file.

    ``form`` says which submodel describes it; ``aliases`` are other spellings; ``options`` what it asks of the model.
    """

    name: str
    description: str
    role: Role
    form: Form
    entries: dict[str, Entry]
    functions: dict[str, Function] = field(default_factory=dict)
    ion: Literal["Li", "Na"] = "Li"
    aliases: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ParameterSet:
    """A cell chemistry and the fixture it usually sits in.

    ``options`` are those of the model that its parts ask for; ``warnings`` sentences about how its parts get on;
    ``cathode`` and ``anode`` the forms of its electrodes; ``materials`` the names of its parts, cathode first.
    """

    name: str
    description: str
    entries: dict[str, Entry]
    functions: dict[str, Function]
    options: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    cathode: Form = "insertion"
    anode: Form = "metal"
    materials: tuple[str, str, str] = ("NMC811", "LPSCl", "anode-free")

    def values(self) -> dict[str, float]:
        """Scalars by name, SI units as in the names."""
        return {name: entry.value for name, entry in self.entries.items()}
