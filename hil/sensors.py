"""What stands between the plant and the board's inputs: load cell with its HX711, and the current sense."""

from collections.abc import Iterator

import numpy as np

from hil.schema import SensorSection
from twin.resolve import ZERO_CELSIUS

ADC_HALF = 1 << 23
CALIBRATION_TEMPERATURE_K = 25.0 + ZERO_CELSIUS
ZERO_BALANCE = 0.01  # of full scale: unloaded cells do not read zero; the reference tare takes it out
BLOCK = 4096


def normals(seed: int, stream: int) -> Iterator[float]:
    """Endless standard normal numbers; the same for the same seed and stream, however they are drawn."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream])))
    while True:
        yield from generator.standard_normal(BLOCK).tolist()


class LoadCell:
    """Load cell and HX711: force [N] in, raw signed 24-bit counts out, at the converter's own rate.

    A conversion sees the last four through the converter's filter: its data sheet gives 400 ms of settling at 10 Hz,
    which is four conversions; the weights are those of a fourth-order sinc.

    Attributes
    ----------
    counts, sample : int
        The latest conversion and its number (wraps at 2^16).
    """

    __slots__ = (
        "_drift_counts",
        "_force",
        "_noise",
        "_noise_counts",
        "_offset",
        "_period_ms",
        "_span_drift",
        "_ticks_ms",
        "counts",
        "counts_per_N",
        "sample",
        "zero",
    )

    def __init__(self, section: SensorSection, seed: int, force: float) -> None:
        """``force`` [N] has rested on the cell long enough."""
        rated = section.load_cell_kN * 1e3
        lsb_nV = section.excitation_V / section.gain / (2 * ADC_HALF) * 1e9
        self.counts_per_N = counts_per_N(section)
        full_scale = rated * self.counts_per_N
        self.zero = zero_counts(section)
        self._offset = section.calibration_error_percent_of_full_scale / 100 * full_scale
        self._drift_counts = section.zero_drift_percent_per_10K / 1000 * full_scale
        self._span_drift = section.span_drift_percent_per_10K / 1000
        self._noise_counts = section.noise_nV_rms / lsb_nV
        self._noise = normals(seed, 1)
        self._period_ms = 1000 / section.rate_Hz
        self._ticks_ms = 0.0
        self._force = (force,) * 4
        self.sample = 0
        self._convert(force, CALIBRATION_TEMPERATURE_K)

    def read(self, force: float, temperature: float, dt_ms: int) -> None:
        """Let ``dt_ms`` pass under ``force`` [N] at ``temperature`` [K]; `counts` and `sample` follow."""
        self._ticks_ms += dt_ms
        while self._ticks_ms >= self._period_ms:
            self._ticks_ms -= self._period_ms
            self._convert(force, temperature)

    def _convert(self, force: float, temperature: float) -> None:
        a, b, c, _ = self._force
        self._force = (force, a, b, c)
        seen = (force + 11.0 * (a + b) + c) / 24.0
        warm = temperature - CALIBRATION_TEMPERATURE_K
        counts = round(
            self.zero
            + self._offset
            + self._drift_counts * warm
            + seen * self.counts_per_N * (1.0 + self._span_drift * warm)
            + self._noise_counts * next(self._noise)
        )
        self.counts = min(max(counts, -ADC_HALF), ADC_HALF - 1)
        self.sample = (self.sample + 1) & 0xFFFF


class CurrentSense:
    """The board's own measurement of the cell's current: offset, noise, resolution."""

    __slots__ = ("_noise", "_noise_uA", "_offset", "_resolution")

    def __init__(self, section: SensorSection, seed: int) -> None:
        self._offset = section.current_offset_uA
        self._noise_uA = section.current_noise_uA
        self._resolution = section.current_resolution_uA
        self._noise = normals(seed, 2)

    def read(self, current: float) -> int:
        """Whole microamperes for ``current`` [A], discharge positive."""
        seen = current * 1e6 + self._offset + self._noise_uA * next(self._noise)
        return round(round(seen / self._resolution) * self._resolution)


def counts_per_N(section: SensorSection) -> float:
    """Nominal sensitivity of load cell and amplifier [counts/N]; ratiometric, so the excitation cancels."""
    return section.sensitivity_mV_per_V * 1e-3 * section.gain * (2 * ADC_HALF) / (section.load_cell_kN * 1e3)


def zero_counts(section: SensorSection) -> int:
    """What the unloaded cell reads [counts]: the reference tare."""
    return round(ZERO_BALANCE * section.load_cell_kN * 1e3 * counts_per_N(section))
