"""Reads an input file: TOML, overrides, validation, profiles. Whatever is wrong comes out as one line.

The line reads `FILE: section.key = value: reason; what to do`.
"""

import difflib
import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from hil.profile import Profile
from hil.profile_file import read_profile
from hil.protocol import Phase, compile_steps
from hil.schema import (
    FORMAT,
    REGULATOR_KEYS,
    STEPPER_KEYS,
    ActuatorSection,
    CompareSection,
    ControlSection,
    ExperimentSchema,
    LogSection,
    ProtocolSection,
    RunSection,
    SensorSection,
    walk_steps,
)
from twin.documents import MOST_BYTES, check_depth, text_of, toml_of
from twin.errors import InputError
from twin.files import AmbientSection, CellSection, FixtureSection, beside
from twin.reading import read_bounded

_BARE_WORD = re.compile(r"[A-Za-z_./~][A-Za-z0-9_./~-]*")  # a word or a path


@dataclass(frozen=True, slots=True)
class Experiment:
    """A validated input file.

    Attributes
    ----------
    path
        Where it was read.
    text
        What it says, before overrides.
    sha256
        Of the file's bytes.
    overrides
        As given, `key=value`.
    schema
        Every section, validated.
    profiles
        Measured currents by the name the step gives, discharge positive, not scaled.
    """

    path: Path
    text: str
    sha256: str
    overrides: tuple[str, ...]
    schema: ExperimentSchema
    profiles: Mapping[str, Profile]

    @property
    def title(self) -> str:
        """The title, or the file's name."""
        return self.schema.title or self.path.stem

    @property
    def cell(self) -> CellSection:
        """`[cell]`."""
        return self.schema.cell

    @property
    def fixture(self) -> FixtureSection:
        """`[fixture]`."""
        return self.schema.fixture

    @property
    def ambient(self) -> AmbientSection:
        """`[ambient]`."""
        return self.schema.ambient

    @property
    def protocol(self) -> ProtocolSection:
        """`[protocol]`."""
        return self.schema.protocol

    @property
    def control(self) -> ControlSection:
        """`[control]`."""
        return self.schema.control

    @property
    def sensor(self) -> SensorSection:
        """`[sensor]`."""
        return self.schema.sensor

    @property
    def actuator(self) -> ActuatorSection:
        """`[actuator]`."""
        return self.schema.actuator

    @property
    def run(self) -> RunSection:
        """`[run]`."""
        return self.schema.run

    @property
    def log(self) -> LogSection:
        """`[log]`."""
        return self.schema.log

    @property
    def compare(self) -> CompareSection:
        """`[compare]`."""
        return self.schema.compare

    def phases(self) -> tuple[Phase, ...]:
        """Return what the cycler runs, in SI units."""
        return _phases(self.schema, self.profiles)

    def resolved(self) -> dict[str, Any]:
        """Return every value in use, defaults and overrides included: written as TOML, a valid file."""
        return resolved(self.schema)

    def resolved_sha256(self) -> str:
        """Return a digest of `resolved()` and the profiles: equal for runs that were asked for the same."""
        parts = [self.resolved(), {k: p.sha256 for k, p in self.profiles.items()}]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def load(path: str | Path, overrides: Sequence[str] = ()) -> Experiment:
    """Read an input file.

    Parameters
    ----------
    path
        The TOML file.
    overrides
        `key=value` each; the key is `section.key`, a bare key that only one section has, or reaches into
        arrays as in `protocol.steps.0.charge_C`; the value is written as in TOML, and quotes round a single
        word may be left out.

    Raises
    ------
    InputError
        One line: the first problem, and how many more there are.
    """
    try:
        return _load(Path(path), overrides)
    except InputError as error:
        raise InputError(one_line(str(error))) from None


def _load(path: Path, overrides: Sequence[str]) -> Experiment:
    data = _read(path)
    text = _decode(path, data)
    tree = toml_of(path, data)
    _check_format(path, tree)
    for override in overrides:
        _apply(path, tree, override)
    check_depth(path, tree)
    if isinstance(tree.get("cell"), dict):
        tree["cell"] = beside(tree["cell"], path)
    schema = _validate(path, tree)
    profiles = _read_profiles(path, schema)
    try:
        _phases(schema, profiles)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return Experiment(path, text, hashlib.sha256(data).hexdigest(), tuple(overrides), schema, profiles)


def expand_sweeps(overrides: Sequence[str]) -> list[tuple[str, ...]]:
    """Turn `key=1,2,3` into one set of overrides per value; several swept keys give every combination.

    Raises
    ------
    InputError
        An override without `=`.
    """
    choices = []
    for override in overrides:
        key, text = _split(override)
        choices.append([f"{key}={value}" for value in _sweep_values(text)])
    return [tuple(c) for c in itertools.product(*choices)]


def resolved(schema: ExperimentSchema) -> dict[str, Any]:
    """Return a validated file as dictionaries and lists, without keys that belong to another actuator."""
    tree: dict[str, Any] = schema.model_dump(mode="json", exclude_none=True)
    foreign = {"stepper": REGULATOR_KEYS, "regulator": STEPPER_KEYS}.get(schema.actuator.kind, ())
    for key in foreign:
        tree["actuator"].pop(key, None)
    return tree


def _phases(schema: ExperimentSchema, profiles: Mapping[str, Profile]) -> tuple[Phase, ...]:
    return compile_steps(
        schema.protocol.steps,
        area_m2=schema.electrode_area_m2,
        capacity_Ah=schema.cell.capacity_Ah,
        profiles=profiles,
    )


# Reading


def _read(path: Path) -> bytes:
    return read_bounded(path, MOST_BYTES, absent="`isostack examples` lists files to start from", named="a TOML file")


def _decode(path: Path, data: bytes) -> str:
    text = text_of(path, data)
    if not text.strip():
        raise InputError(f"{path}: is empty; `isostack examples` lists files to start from")
    return text


def _check_format(path: Path, tree: Mapping[str, Any]) -> None:
    """Look at the version before anything else: another version has other keys."""
    if "format" not in tree:
        raise InputError(f"{path}: format: missing; add `format = {FORMAT}` as the first line")
    version = tree["format"]
    if version is True or version != FORMAT:
        raise InputError(f"{path}: format = {_show(version)}: this isostack reads format {FORMAT}; convert the file")


def _read_profiles(path: Path, schema: ExperimentSchema) -> dict[str, Profile]:
    """Read every profile that a step names; one name cannot be read in two ways."""
    found: dict[str, Profile] = {}
    ways: dict[str, tuple[Any, ...]] = {}
    for where, step in walk_steps(schema.protocol.steps):
        if step.profile is None:
            continue
        assert step.positive_current is not None
        way = (step.positive_current, step.time_unit)
        if ways.setdefault(step.profile, way) != way:
            raise InputError(
                f"{path}: {where}.profile = {_show(step.profile)}: another step reads this file with another "
                "positive_current or time_unit; make them agree"
            )
        if step.profile in found:
            continue
        try:
            found[step.profile] = read_profile(
                path.parent / step.profile, positive_current=step.positive_current, time_unit=step.time_unit
            )
        except InputError as error:
            raise InputError(f"{path}: {where}.profile = {_show(step.profile)}: {error}") from None
    return found


# Overrides


def _split(override: str) -> tuple[str, str]:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise InputError(f"--set {override}: write it as key=value")
    return key.strip(), text.strip()


def _sweep_values(text: str) -> list[str]:
    """Split at the commas outside quotes and brackets."""
    if text.startswith(("[", "{")):
        return [text]
    return [part.strip() for part in re.findall(r"""(?:"[^"]*"|'[^']*'|[^,])+""", text)] or [text]


def _value(override: str, text: str) -> Any:
    """Parse a value as TOML; a single bare word is a string."""
    if "\n" in text or "\r" in text:
        raise InputError(f"--set {override}: a value is one line")
    try:
        tree = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        if _BARE_WORD.fullmatch(text):
            return text
        raise InputError(f"--set {override}: the value is not TOML; a text needs quotes") from None
    return tree["value"]


def _apply(path: Path, tree: dict[str, Any], override: str) -> None:
    """Put one override into the tree."""
    key, text = _split(override)
    value = _value(override, text)
    parts = key.split(".") if "." in key else _unique(key).split(".")
    node: Any = tree
    for i, part in enumerate(parts[:-1]):
        node = _descend(override, node, part, ".".join(parts[: i + 1]))
    last: Any = _index(override, node, parts[-1], key) if isinstance(node, list) else parts[-1]
    if not isinstance(node, dict | list):
        raise InputError(f"--set {override}: {'.'.join(parts[:-1])} is not a table in {path}")
    node[last] = value


def _descend(override: str, node: Any, part: str, so_far: str) -> Any:
    if isinstance(node, list):
        return node[_index(override, node, part, so_far)]
    if isinstance(node, dict):
        return node.setdefault(part, {})
    raise InputError(f"--set {override}: {so_far} is not inside a table")


def _index(override: str, node: list[Any], part: str, so_far: str) -> int:
    if not (part.isascii() and part.isdigit() and len(part) < 7 and int(part) < len(node)):
        raise InputError(f"--set {override}: {so_far}: give an index from 0 to {len(node) - 1}")
    return int(part)


def _unique(key: str) -> str:
    """Complete a bare key with the one section that has it."""
    homes = _homes()
    found = homes.get(key, [])
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"--set {key}: ambiguous; write {' or '.join(found)}")
    if key in ExperimentSchema.model_fields:
        raise InputError(f"--set {key}: is a section; write {key}.KEY=value")
    near = difflib.get_close_matches(key, homes, n=3)
    hint = " or ".join(h for n in near for h in homes[n])
    raise InputError(f"--set {key}: no such key" + (f"; did you mean {hint}?" if hint else ""))


def _homes() -> dict[str, list[str]]:
    """Map every bare key to the full keys it may stand for."""
    homes: dict[str, list[str]] = {}
    for section, field in ExperimentSchema.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for key in model.model_fields:
                homes.setdefault(key, []).append(f"{section}.{key}")
        else:
            homes.setdefault(section, []).append(section)
    return homes


# Validation and its one line


def _validate(path: Path, tree: Mapping[str, Any]) -> ExperimentSchema:
    try:
        return ExperimentSchema.model_validate(_tuples(tree), strict=True)
    except ValidationError as error:
        # A default that another, refused value would have given is no problem of its own.
        problems = [p for p in error.errors(include_url=False) if p["type"] != "default_factory_not_called"]
        # An array that is too short because its entries were refused is none either.
        inner = {p["loc"][:-1] for p in problems}
        problems = [p for p in problems if p["type"] != "too_short" or p["loc"] not in inner]
    # An unknown key goes first: a misspelt key is also a missing one, and its spelling is what to mend.
    problems.sort(key=lambda p: p["type"] != "extra_forbidden")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise InputError(f"{path}: {_describe(problems[0], tree)}{more}")


def _tuples(node: Any) -> Any:
    """Turn TOML's lists into tuples, which strict validation asks for."""
    if isinstance(node, dict):
        return {k: _tuples(v) for k, v in node.items()}
    return tuple(_tuples(v) for v in node) if isinstance(node, list) else node


def _describe(problem: Mapping[str, Any], tree: Mapping[str, Any]) -> str:
    """Say one problem: key, value, reason, remedy."""
    loc = tuple(problem["loc"])
    key = ".".join(map(str, loc))
    kind = problem["type"]
    if kind == "value_error":
        reason = str(problem["ctx"]["error"])
        return f"{key}: {reason}" if key else reason
    if kind == "missing" and isinstance(loc[-1], int):
        return f"{'.'.join(map(str, loc[:-1]))}: too short; must be [low, high]"
    if kind == "missing":
        model = _model_at(loc)
        return f"{key}: missing; add the section [{key}]" if model else f"{key}: missing; add it{_hint(loc)}"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _known(loc[:-1]), n=1)
        remedy = f"did you mean {near[0]}?" if near else f"known here: {', '.join(_known(loc[:-1])[:60])}"
        return f"{key}: unknown key; {remedy}"
    return f"{key} = {_show(problem['input'])}: {_reason(problem, loc)}"


def _reason(problem: Mapping[str, Any], loc: tuple[Any, ...]) -> str:
    """Say why a value is refused, in the words of a user rather than of the validator."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return f"out of bounds{_hint(loc)}"
    if kind == "finite_number":
        return f"not a finite number{_hint(loc)}"
    if kind in ("float_type", "int_type", "bool_type", "string_type", "int_from_float", "tuple_type"):
        needed = {
            "float": "a number",
            "int": "a whole number",
            "bool": "true or false",
            "string": "a text in quotes",
        }
        return f"wrong type; must be {needed.get(kind.split('_')[0], 'an array, [ ... ]')}{_hint(loc, ', ')}"
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind in ("too_long", "string_too_long"):
        return f"too long; at most {context['max_length']}"
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a table"
    return str(problem["msg"])


def _hint(loc: tuple[Any, ...], lead: str = "; must be ") -> str:
    """Bounds and unit of the key at `loc`, as far as it has them."""
    field = _field_at(loc)
    if field is None:
        return ""
    low, high = _bound(field, ("ge", "gt")), _bound(field, ("le", "lt"))
    bounds = f"{lead}from {low:g} to {high:g}" if low is not None and high is not None else ""
    if not bounds and (low is not None or high is not None):
        bounds = f"{lead}at least {low:g}" if low is not None else f"{lead}at most {high:g}"
    unit = re.search(r"\[[^\]]+\]\s*$", field.description or "")
    return f"{bounds} {unit[0]}" if bounds and unit else bounds


def _bound(field: Any, names: Sequence[str]) -> float | None:
    """Find a bound among the field's metadata, also inside `X | None` and `Annotated`."""
    for item in itertools.chain(field.metadata, _annotations(field.annotation)):
        for name in names:
            value = getattr(item, name, None)
            if isinstance(value, int | float):
                return float(value)
    return None


def _annotations(annotation: Any) -> Iterator[Any]:
    for part in get_args(annotation):
        for item in getattr(part, "__metadata__", ()):
            yield item
            yield from getattr(item, "metadata", ())


def _models_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model in an annotation such as `Model`, `tuple[Model, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        model = _models_in(part)
        if model is not None:
            return model
    return None


def _field_at(loc: Sequence[Any]) -> Any:
    """Return the field that a location names, or None."""
    model: type[BaseModel] | None = ExperimentSchema
    field = None
    for part in loc:
        if isinstance(part, int):
            continue
        if model is None or part not in model.model_fields:
            return None
        field = model.model_fields[part]
        model = _models_in(field.annotation)
    return field


def _model_at(loc: Sequence[Any]) -> type[BaseModel] | None:
    if not loc:
        return ExperimentSchema
    field = _field_at(loc)
    return None if field is None else _models_in(field.annotation)


def _known(loc: Sequence[Any]) -> list[str]:
    model = _model_at(loc)
    return list(model.model_fields) if model else []


def _show(value: Any) -> str:
    """Write a value as the file does, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = (
            json.dumps(value, default=str, ensure_ascii=False)
            if isinstance(value, str | dict | list | tuple)
            else str(value)
        )
    except (ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."


def one_line(text: str) -> str:
    """Replace control characters, which file names and values may hold, so that a message stays one line."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
