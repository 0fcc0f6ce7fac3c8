"""Whether what a log holds is possible: finite, within the cell's and the fixture's bounds, charge and energy balanced.

`Check` streams over the rows of a log, whoever wrote it; a log's own metadata say which bounds apply. What cannot be
checked, for want of metadata or of a plant, is said to be not checked: unknown is never taken for possible.
"""

from hil.plausibility.check import RULES, Check, check_log
from hil.plausibility.findings import HOLDS, NOT_CHECKED, VIOLATED, Finding

__all__ = ["HOLDS", "NOT_CHECKED", "RULES", "VIOLATED", "Check", "Finding", "check_log"]
