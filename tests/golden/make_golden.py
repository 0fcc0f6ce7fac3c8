"""Makes the golden runs: short, with arming, moves, a reversal, a setpoint far away, a trip.

Run it by hand when the controller is meant to behave otherwise, and say so in the changelog:
``python tests/golden/make_golden.py``.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
SHORT = ("compare.fixtures=[]", "cell.state_of_charge=0.5", "protocol.steps.0.for_h=0.05")
RUNS = {
    "die": ("die_13mm", ("protocol.steps.0.charge_mA_per_cm2=4", "protocol.steps.1.rest_h=0.01", "stop_after_h=0.1")),
    "die_far": ("die_13mm", ("setpoint_MPa=5.6", "warn_MPa=6.1", "seed=9", "stop_after_h=0.05")),
    "pouch": ("pouch_5x5cm", ("protocol.steps.0.charge_mA_per_cm2=4", "stop_after_h=0.05", "seed=3")),
    "press": ("press_pneumatic", ("stop_after_h=0.05", "seed=4")),
    "die_tripped": ("die_13mm", ("stuck_samples=2", "sensor.noise_nV_rms=6", "gain=64", "stop_after_h=0.05")),
}


def main() -> None:
    """Replace every golden run."""
    for name, (example, keys) in RUNS.items():
        with tempfile.TemporaryDirectory() as folder:
            words = [word for key in (*SHORT, *keys) for word in ("--set", key)]
            command = [sys.executable, "-m", "hil", "run", str(EXAMPLES / f"{example}.toml"), "--out", folder, *words]
            subprocess.run(command, check=False, capture_output=True)
            log = Path(folder) / f"{example}.bdf.parquet"
            log.replace(HERE / f"{name}.bdf.parquet")


if __name__ == "__main__":
    main()
