"""Findings for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from hil.plausibility.findings import HOLDS, VIOLATED, Finding

STYLES = {VIOLATED: "bold red", HOLDS: "green"}


def table(path: Path, findings: Sequence[Finding]) -> Table:
    """One row for each rule."""
    made = Table(title=str(path), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for heading in ("rule", "verdict", "worst", "at"):
        made.add_column(heading, justify="right" if heading in ("worst", "at") else "left", no_wrap=True)
    made.add_column("bound, or why not")
    for found in findings:
        at = "" if found.row is None else f"{found.time_s:.6g} s, row {found.row:,}"
        of = f"{found.column}: " if found.column else ""
        made.add_row(
            found.rule, Text(found.verdict, style=STYLES.get(found.verdict, "")), found.value, at, of + found.bound
        )
    return made


def to_json(found: Mapping[Path, Sequence[Finding]]) -> str:
    """`{"possible": ..., "logs": [{"log": ..., "possible": ..., "rules": [...]}]}`; what is not finite is null."""
    logs: list[dict[str, Any]] = [
        {"log": str(path), "possible": possible(findings), "rules": [f.to_json() for f in findings]}
        for path, findings in found.items()
    ]
    document = {"possible": all(log["possible"] for log in logs), "logs": logs}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def possible(findings: Sequence[Finding]) -> bool:
    """Whether no rule is violated; one that was not checked says nothing."""
    return all(found.verdict != VIOLATED for found in findings)
