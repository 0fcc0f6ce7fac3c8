"""Makes the golden runs: short, with arming, moves, a reversal, a setpoint far away, trips, a pressure policy.

Run it by hand when the controller is meant to behave otherwise, and say so in the changelog:
``python tests/golden/make_golden.py``. Runs of an older record format are kept as they were made: that they still
replay is what shows that their configuration is taken over as it was.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
SHORT = ("compare.fixtures=[]", "cell.state_of_charge=0.5", "protocol.steps.0.for_h=0.05")
POLICY = (
    "protocol.steps=[{charge_mA_per_cm2=0.5, for_s=90}, {rest_s=30}, {discharge_mA_per_cm2=0.5, for_s=90}]",
    "policy_dwell_s=2",
    "setpoint_slew_MPa_per_min=10",
)
RUNS = {
    "format3_watched": ("die_13mm", (*SHORT, "setpoint_MPa=5.6", "warn_MPa=6.1", "stop_after_h=0.05", "seed=5")),
    # The screw's play is far larger than the controller believes: on its way up nothing answers.
    "format3_unanswered": (
        "die_13mm",
        (*SHORT, "preload_MPa=6", "backlash_um=300", "assumed_backlash_um=2", "stop_after_h=0.05", "seed=6"),
    ),
    "format3_policy": ("die_policy", (*POLICY, "stop_after_h=0.06", "seed=7")),
    "format3_two_level": ("die_policy", (*POLICY, "policy=two_level", "stop_after_h=0.06", "seed=8")),
    # Vented at first: no contact until the code has come up.
    "format3_press": ("press_pneumatic", ("log.formats=['parquet']", "stop_after_h=0.05", "seed=9")),
}


def main() -> None:
    """Replace every golden run of today's record format."""
    for name, (example, keys) in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            words = [word for key in keys for word in ("--set", key)]
            command = [sys.executable, "-m", "hil", "run", str(EXAMPLES / f"{example}.toml"), "--out", folder, *words]
            subprocess.run(command, check=False, capture_output=True)
            log = Path(folder) / f"{example}.bdf.parquet"
            log.replace(HERE / f"{name}.bdf.parquet")


if __name__ == "__main__":
    main()
