"""Two-point calibration of a load cell: counts at no load and under a known force give three fields of the record."""

import math
from collections.abc import Sequence

from controller import vocabulary
from controller.configuration import check, checksum
from controller.fields import CHECKSUM, SCALE_NUM, SCALE_SHIFT, REFERENCE_TARE_counts
from twin.errors import InputError

CALIBRATION = (SCALE_NUM, SCALE_SHIFT, REFERENCE_TARE_counts)
MOST_NUM, LEAST_SHIFT, MOST_SHIFT = 131071, 12, 30
FOREIGN = 1.5
SMALLEST_SPAN = 10_000
"""Counts between the two points below which 24 bits of noise would make more than 0.1 % of scale."""


def scale_fields(hPa_per_count: float) -> tuple[int, int]:
    """``SCALE_NUM`` and ``SCALE_SHIFT`` for a sensitivity [hPa per count]; the multiplier uses its 17 bits.

    Raises
    ------
    InputError
        If no such fields exist.
    """
    if not (math.isfinite(hPa_per_count) and hPa_per_count > 0):
        raise InputError("calibration: the counts must rise with the force: swap the load cell's signal wires")
    shift = min(MOST_SHIFT, max(LEAST_SHIFT, math.floor(math.log2(MOST_NUM / hPa_per_count))))
    num = round(hPa_per_count * 2**shift)
    if not 1 <= num <= MOST_NUM:
        raise InputError(f"calibration: {hPa_per_count:g} hPa per count is out of reach: check force and area")
    return num, shift


def calibrated(record: Sequence[int], zero_counts: float, counts: float, force_N: float, area_m2: float) -> list[int]:
    """``record`` with the calibration of two points: ``zero_counts`` at no load, ``counts`` under ``force_N``.

    Raises
    ------
    InputError
        If the points are too near each other, or the record they give fails its check.
    """
    if abs(counts - zero_counts) < SMALLEST_SPAN:
        raise InputError(
            f"calibration: the two points lie {counts - zero_counts:.0f} counts apart, {SMALLEST_SPAN} are needed: "
            "use a larger force, or check the load cell's wiring"
        )
    made = list(record)
    made[SCALE_NUM], made[SCALE_SHIFT] = scale_fields(force_N / area_m2 / 100 / (counts - zero_counts))
    made[REFERENCE_TARE_counts] = round(zero_counts)
    made[CHECKSUM] = checksum(made)
    code = check(made)
    if code:
        raise InputError(f"calibration: {vocabulary.explain(code)}")
    return made


def check_area(kept: Sequence[int], wanted: Sequence[int]) -> None:
    """Raise `InputError` where a kept calibration cannot be of the file's load cell and area.

    The record holds pressure per count, for one area; real cells are within a few per cent of nominal.
    """
    ratio = _per_count(kept) / _per_count(wanted)
    if not 1 / FOREIGN < ratio < FOREIGN:
        raise InputError(
            f"the board's calibration reads {ratio:.3g} times the pressure per count that the file's load cell and "
            "area give: it was made for another: take that file, or --recalibrate"
        )


def _per_count(record: Sequence[int]) -> float:
    return float(record[SCALE_NUM] / 2 ** record[SCALE_SHIFT])


def with_calibration_of(record: Sequence[int], board: Sequence[int]) -> list[int]:
    """``record`` with the three calibration fields of ``board``, checksum made anew."""
    made = list(record)
    for field in CALIBRATION:
        made[field] = board[field]
    made[CHECKSUM] = checksum(made)
    return made
