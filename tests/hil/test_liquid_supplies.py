"""Liquids under a controlled supply, from vented to the setpoint and through a charge."""

from pathlib import Path

import pytest
from command_line import isostack

from hil.columns import FAULTS, PRESSURE, TIME
from hil.log import read

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(("name", "setpoint"), [("hydraulic_pouch", 5e6), ("isostatic_pouch", 2e6)])
def test_a_controlled_liquid_comes_up_to_its_setpoint_and_stays(tmp_path, name, setpoint):
    """Within a hundredth, with no trip; a seal's hysteresis included."""
    ran = isostack("run", EXAMPLES / f"{name}.toml", "--out", tmp_path, "--set", "stop_after_h=0.25")
    assert ran.code == 0, ran.err
    log = read(tmp_path / f"{name}.bdf.parquet")
    late = log[PRESSURE][log[TIME] > 400]
    assert len(late) > 4000
    assert abs(late - setpoint).max() < 0.01 * setpoint


def test_the_same_liquid_shut_in_swings_as_far_as_its_frame_lets_it(tmp_path):
    """A pouch of ten layers in 60 N/um: tens of kPa for a tenth of a charge, and no controller."""
    keys = ("supply=trapped", "actuator.kind=none", "preload_MPa=5.0", "stop_after_h=1.0", "run.tick_s=1.0",
            "control.enabled=false")  # fmt: skip
    words = [word for key in keys for word in ("--set", key)]
    ran = isostack("run", EXAMPLES / "hydraulic_pouch.toml", "--out", tmp_path, *words)
    assert ran.code == 0, ran.err
    log = read(tmp_path / "hydraulic_pouch.bdf.parquet")
    assert log[PRESSURE][-1] > log[PRESSURE][0] + 5e4
    assert not log[FAULTS].any()
