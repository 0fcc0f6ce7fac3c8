"""The table of every key an input file may have, made from the schema: `python -m hil.reference`."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from hil.campaign.file import CampaignSection, FaultEntry, FixtureEntry, HarmSection, HealthySection
from hil.schema import ExperimentSchema, Step
from twin.files import AmbientStep

HEADER = """# Every key of an input file

Made by `python -m hil.reference` from the schema; a test keeps it current. Units are in the keys. An unknown key, a
wrong type or a value out of bounds is refused with one line that names it. `--set key=value` changes any key.
"""

CAMPAIGNS = """# Every key of a campaign file

`format = 1` and `title`, then these. The range of a fault's severity stands under a key that its kind has for it:
[kinds](campaign.md#where-faults-come-in).
"""
CAMPAIGN_SECTIONS: dict[str, type[BaseModel]] = {
    "[campaign]": CampaignSection,
    "[healthy]": HealthySection,
    "[harm]": HarmSection,
    "[[fixtures]]": FixtureEntry,
    "[[faults]]": FaultEntry,
}


def document() -> str:
    """The reference as Markdown."""
    parts = [HEADER]
    for name, field in ExperimentSchema.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            parts.append(_section(f"[{name}]", model))
    parts.append(_section("[[protocol.steps]]", Step))
    parts.append(_section("[[ambient.steps]]", AmbientStep))
    parts.append(CAMPAIGNS)
    for heading, model in CAMPAIGN_SECTIONS.items():
        parts.append(_section(heading, model))
    return "\n".join(parts)


def _section(heading: str, model: type[BaseModel]) -> str:
    intro = (model.__doc__ or "").strip().splitlines()[0].partition(": ")[2] if heading != "[[ambient.steps]]" else ""
    lines = [f"## `{heading}`", "", intro, ""] if intro else [f"## `{heading}`", ""]
    lines += ["| key | default | bounds | what |", "|---|---|---|---|"]
    for key, field in model.model_fields.items():
        what = field.description or key.replace("_", " ")
        lines.append(f"| `{key}` | {_default(field)} | {_bounds(field)} | {what} |")
    return "\n".join([*lines, ""])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "derived"
    if field.default is None or field.default is PydanticUndefined:
        return "-"
    value = field.default
    return f"`{str(value).lower() if isinstance(value, bool) else _plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_plain(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def _bounds(field: FieldInfo) -> str:
    choices = [c for literal in _literals(field.annotation) for c in get_args(literal)]
    if choices:
        return " ".join(f"`{c}`" for c in choices)
    signs = {Ge: "≥", Gt: ">", Le: "≤", Lt: "<"}
    found = []
    for meta in _metadata(field):
        for kind, sign in signs.items():
            if isinstance(meta, kind):
                found.append(f"{sign} {getattr(meta, kind.__name__.lower()):g}")
    return ", ".join(found)


def _metadata(field: FieldInfo) -> Iterator[Any]:
    """Constraints of the field, and those inside an optional's own annotation."""
    yield from field.metadata
    for part in get_args(field.annotation):
        for meta in getattr(part, "__metadata__", ()):
            yield from getattr(meta, "metadata", (meta,))


def _literals(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield annotation
    else:
        for part in get_args(annotation):
            yield from _literals(part)


if __name__ == "__main__":
    print(document(), end="")
