"""`make bench` stays alive: every group runs in small, and its errors are those of the full run."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("isostack_bench", Path(__file__).with_name("bench.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("group", ["0.1s", "1s", "porous"])
def test_a_plant_step_is_as_accurate_as_stated(bench, group, capsys):
    rows = {row.what: row for row in bench.main(["--scale", "0.02", "--only", group])}
    plant = rows["Plant.step, C"]
    # The figures: 1 uV and 700 Pa at 0.1 s, 3.5 uV and 619 Pa at 1 s.
    assert plant.voltage_error_uV < 1.0
    assert plant.pressure_error_Pa < 600
    assert plant.ratio_default > 0
    assert "Plant.step, C" in capsys.readouterr().out


@pytest.mark.parametrize("group", ["tick", "start", "fleet", "loops"])
def test_the_other_groups_run(bench, group, capsys):
    rows = bench.main(["--scale", "0.02", "--only", group, "--json"])
    assert all(row.median_us > 0 for row in rows)
    assert '"median_us"' in capsys.readouterr().out


def test_memory_does_not_grow_with_the_run(bench):
    """Regression: a recorder that keeps rows. 24 times the rows may cost a tenth more."""
    short, long = bench.memory(0.02)
    assert long.median_us <= 1.1 * short.median_us
