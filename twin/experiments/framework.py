"""What every virtual experiment is made of: parameters with bounds, a run, a result with its curve and figure."""

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from twin.errors import InputError

_told: ContextVar[Callable[[float], None] | None] = ContextVar("told", default=None)


def progress(done: float) -> None:
    """Say how much of a long run is done [0..1]; heard by who runs it within `heard`."""
    told = _told.get()
    if told is not None:
        told(done)


@contextmanager
def heard(told: Callable[[float], None]) -> Iterator[None]:
    """Hear the `progress` of what runs within."""
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)


Given = TypeVar("Given", bound="Parameters")
Column = list[float] | list[str]


class Parameters(BaseModel):
    """What an experiment is given. Units are in the names; unknown names, NaN and infinities are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _split(value: Any) -> Any:
    """A list as the command line writes it, ``5,10`` or ``[5, 10]``; one number is a list of one."""
    if isinstance(value, str):
        return [item.strip() for item in value.strip().removeprefix("[").removesuffix("]").split(",") if item.strip()]
    return [value] if isinstance(value, (int, float)) else value


Listed = BeforeValidator(_split)
"""Marks a field that is a list: ``Annotated[tuple[Pressure, ...], Listed]``."""

Floats = Annotated[tuple[float, ...], Listed]


@dataclass(frozen=True)
class Result:
    """What an experiment found.

    Attributes
    ----------
    experiment : str
        Its name.
    value : float
        The headline, in ``unit``; may be infinite.
    unit : str
    series : mapping of str to list
        The curve: columns of one length, by name with unit; the first is the abscissa. A column of words says what
        a row is.
    parameters : mapping
        All of them, defaults included.
    assumptions : tuple of str
        What was taken for granted, one sentence each.
    """

    experiment: str
    value: float
    unit: str
    series: Mapping[str, Column]
    parameters: Mapping[str, Any]
    assumptions: tuple[str, ...]
    draw: "Callable[[Result], Any] | None" = field(default=None, repr=False, compare=False)

    def document(self) -> dict[str, Any]:
        """Return what ``--json`` prints; an infinite value is written ``Infinity``, as Python's json reads it."""
        return {
            "experiment": self.experiment,
            "value": self.value,
            "unit": self.unit,
            "series": {name: list(column) for name, column in self.series.items()},
            "parameters": dict(self.parameters),
            "assumptions": list(self.assumptions),
        }

    def figure(self) -> Any:
        """Return the curve as a matplotlib figure."""
        from twin.experiments.figures import curves, styled

        with styled():
            return (self.draw or curves)(self)

    def save_figure(self, path: Path) -> Path:
        """Draw the curve to ``path`` (.png, .svg or .pdf); the same result gives the same bytes."""
        from twin.experiments.figures import save, styled

        with styled():
            return save(self.figure(), path)


@dataclass(frozen=True)
class Found:
    """What the run of an experiment hands back; `Experiment` adds name, unit and parameters."""

    value: float
    series: Mapping[str, Any]
    assumptions: Sequence[str]


@dataclass(frozen=True)
class Experiment(Generic[Given]):
    """A virtual experiment.

    Attributes
    ----------
    name : str
        As typed: ``creep-rate``.
    headline : str
        What the value is, one line.
    unit : str
        Of the value.
    parameters : type of `Parameters`
        Every field has a default, bounds and a description; its name carries its unit.
    run : function of ``parameters`` -> `Found`
    draw : function of `Result` -> matplotlib figure, optional
        The default draws every numeric column against the first.
    """

    name: str
    headline: str
    unit: str
    parameters: type[Given]
    run: Callable[[Given], Found]
    draw: Callable[[Result], Any] | None = None

    def __call__(self, **parameters: Any) -> Result:
        """Run it with these parameters, the others at their defaults.

        Raises
        ------
        twin.errors.InputError
            If a parameter is not known or out of its bounds, or the parts together make no cell.
        """
        given = self.resolve(parameters)
        try:
            found = self.run(given)
        except InputError as error:
            raise InputError(f"experiment {self.name}: {error}") from error
        lengths = {len(column) for column in found.series.values()}
        if len(lengths) != 1:
            raise ValueError(f"{self.name}: columns of different lengths {sorted(lengths)}")
        series: dict[str, Column] = {name: [_plain(item) for item in column] for name, column in found.series.items()}
        return Result(
            self.name,
            float(found.value),
            self.unit,
            series,
            given.model_dump(mode="json"),
            tuple(found.assumptions),
            self.draw,
        )

    def resolve(self, parameters: Mapping[str, Any]) -> Given:
        """Every parameter, checked; the first thing wrong is one line."""
        try:
            return self.parameters.model_validate(dict(parameters))
        except ValidationError as error:
            raise InputError(f"experiment {self.name}: {self._said(error.errors(include_url=False)[0])}") from None

    def _said(self, first: Any) -> str:
        key = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] == "extra_forbidden":
            return f"{key}: not a parameter; choose from {', '.join(self.parameters.model_fields)}"
        reason = first["msg"].removeprefix("Value error, ")
        if not key:
            return str(reason)
        allowed = bounds(self.parameters.model_fields[key])
        # The model's own words say which choices there are; for numbers both bounds are worth seeing.
        within = f"; allowed: {allowed}" if allowed and first["type"] != "literal_error" else ""
        return f"{key} = {first['input']!r}: {reason}{within}"

    @property
    def function(self) -> Callable[..., Result]:
        """The experiment as a plain function, with a docstring that lists its parameters."""

        @functools.wraps(self.__call__)
        def function(**parameters: Any) -> Result:
            return self(**parameters)

        function.__name__ = function.__qualname__ = self.name.replace("-", "_")
        lines = [f"    {key} : {field.description}" for key, field in self.parameters.model_fields.items()]
        head = f"{self.headline} [{self.unit}]." if self.unit else f"{self.headline}."
        function.__doc__ = "\n".join([head, "", "    Parameters", "    ----------", *lines])
        return function


def _plain(item: Any) -> Any:
    return item if isinstance(item, str) else float(item)


def bounds(info: FieldInfo) -> str:
    """Bounds of a field in words, "" where it has none."""
    from typing import Literal, get_args, get_origin

    from annotated_types import Ge, Gt, Le, Lt

    def choices(annotation: Any) -> list[str]:
        if get_origin(annotation) is Literal:
            return [str(item) for item in get_args(annotation)]
        return [choice for inner in get_args(annotation) for choice in choices(inner)]

    def limits(metadata: Sequence[Any], annotation: Any) -> list[Any]:
        found = [m for m in metadata if isinstance(m, (Ge, Gt, Le, Lt))]
        for inner in get_args(annotation):
            found += limits(getattr(inner, "__metadata__", ()), inner) if not found else []
            nested = getattr(inner, "metadata", None)
            found += limits(nested, None) if nested and not found else []
        return [
            *found,
            *(n for m in getattr(info, "metadata", ()) if isinstance(m, FieldInfo) for n in limits(m.metadata, None)),
        ]

    words = choices(info.annotation)
    if words:
        return ", ".join(words)
    low = high = ""
    for limit in limits(info.metadata, info.annotation):
        match limit:
            case Ge(ge=value):
                low = f"{value:g} <= "
            case Gt(gt=value):
                low = f"{value:g} < "
            case Le(le=value):
                high = f" <= {value:g}"
            case Lt(lt=value):
                high = f" < {value:g}"
    return f"{low}value{high}" if low or high else ""


def shown(value: float) -> str:
    """A headline's value with four digits."""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return f"{value:.4g}"
