"""How much evidence a run gathers: a tenth in `make test`, all of it in `make evidence`; and the table at its end."""

import os

FULL = os.environ.get("ISOSTACK_EVIDENCE") == "1"
DEEP = os.environ.get("ISOSTACK_DEEP") == "1"
SEED = int(os.environ.get("ISOSTACK_SEED", "1"))
"""What deep properties draw from; printed with what they found."""


def amount(full):
    """So many examples: ``full`` of them in `make evidence`, a tenth otherwise."""
    return full if FULL else max(1, full // 10)


def examples(usual, deep):
    """How many examples a property tries: ``usual`` in `make test`, ``deep`` in `make prove`."""
    return deep if DEEP else usual


def table(reports):
    """Lines of the table: every ("figure", (what, value, goal)) that tests recorded."""
    rows = sorted({tuple(map(str, v)) for r in reports for k, v in getattr(r, "user_properties", ()) if k == "figure"})
    if not rows:
        return []
    rows = [("what", "figure", "goal"), *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
