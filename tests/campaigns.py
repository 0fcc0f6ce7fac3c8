"""Small campaigns for tests: a file beside the shipped experiments."""

from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"

HEAD = f"""format = 1
title = "small"
[campaign]
seed = 7
runs = 2
moment_s = [20.0, 30.0]
watch_s = 40.0
[healthy]
hours = 0.4
hours_per_run = 0.2
[[fixtures]]
name = "spring"
file = "{EXAMPLES}/die_13mm.toml"
variant = "spring"
set = ["cell.lithium_um=5.0"]
[[fixtures]]
name = "actuated spring"
file = "{EXAMPLES}/die_13mm.toml"
set = ["cell.lithium_um=5.0"]
"""
FAULTS = """
[[faults]]
kind = "load_cell_offset"
offset_MPa = [0.02, 4.0]
[[faults]]
kind = "load_cell_dropout"
for_s = [0.1, 5.0]
[[faults]]
kind = "actuator_runaway"
rate_MPa_per_s = [0.05, 0.5]
[[faults]]
kind = "link_cut"
for_s = [1.0, 2.0]
[[faults]]
kind = "brown_out"
for_ms = [100, 2000]
[[faults]]
kind = "cell_expansion"
thickness_um = [1.0, 100.0]
[[faults]]
kind = "operator_tare"
attempts = [1, 3]
"""


def written(folder, text=HEAD + FAULTS, name="small.toml"):
    """A campaign file in ``folder``."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
