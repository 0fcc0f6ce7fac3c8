"""The measured pouch: our strains, its geometry, against the whole record of its thickness."""

from pathlib import Path

import numpy as np
import pytest

from twin.pouch import discharge_thickness
from twin.validation.groups.pouch import MEASURED, RANGE

RECORD = Path(__file__).parents[3] / "shared" / "data" / "enertech" / "0.5C_discharge_displacement.txt"


@pytest.fixture(scope="module")
def record():
    if not RECORD.exists():
        pytest.skip("the record of the pouch's thickness is not beside the checkout (../shared/data/enertech)")
    seconds, thickness = np.loadtxt(RECORD).T
    return seconds, thickness - thickness[0]


def test_thickness_within_a_tenth_of_its_range_throughout(record):
    seconds, measured = record
    assert np.abs(discharge_thickness(seconds) - measured).max() < 0.10 * np.ptp(measured)


def test_the_points_of_the_validation_page_are_the_record(record):
    seconds, measured = record
    for second, micrometres in MEASURED:
        assert np.interp(second, seconds, measured) * 1e6 == pytest.approx(micrometres, abs=0.15)
    assert np.ptp(measured) * 1e6 == pytest.approx(RANGE, abs=0.1)


def test_without_spread_the_end_is_right_and_the_middle_is_not(record):
    """What the two calibrated numbers buy: from 20 % of the range to under 10."""
    seconds, measured = record
    even = discharge_thickness(seconds, spread=False)
    assert even[-1] == pytest.approx(measured[-1], rel=0.01)
    assert 0.15 < np.abs(even - measured).max() / np.ptp(measured) < 0.25


def test_it_starts_at_nothing_and_shrinks():
    """Sign: a discharge takes more from graphite than it gives LiCoO2."""
    assert discharge_thickness(0.0) == 0.0
    assert discharge_thickness(7311.0) < -100e-6
