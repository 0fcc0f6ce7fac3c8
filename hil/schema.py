"""What an input file may say: every key with its unit, bounds and default.

`[cell]`, `[fixture]` and `[ambient]` are the twin's (`twin.files`); this module adds the protocol, control,
sensors, actuator, run, log and comparison, and the checks that need two sections at once.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from twin.errors import InputError
from twin.files import LIQUID, AmbientSection, CellSection, FixtureSection, Section
from twin.resolve import values_of

FORMAT = 1
GRAINS_s = {"s": 1.0, "min": 60.0, "h": 3600.0}
MOST_PHASES = 100_000
HIGHEST_MPa = 100.0  # what the controller counts in 31 bits
COARSEST_MPa = 0.4  # what one count of the actuator may do
LONGEST_TICK_s = 0.5  # the watchdog is fed at least so often
LOAD_CELL_USE = 0.9  # of its rating, at the setpoint
LOAD_CELL_OVERLOAD = 1.5  # of its rating, at the hard limit: common cells are safe to 150 %

# An action names the one thing a step does; the other keys qualify it.
CURRENT_ACTIONS = tuple(f"{way}_{unit}" for way in ("charge", "discharge") for unit in ("mA_per_cm2", "C", "A"))
REST_ACTIONS = ("rest_h", "rest_min", "rest_s")
DURATIONS = ("for_h", "for_min", "for_s")
CHARGES = ("until_mAh_per_cm2", "until_capacity_fraction")
CURRENT_ENDS = ("until_mA_per_cm2", "until_C", "until_A")
PROFILE_KEYS = (
    "positive_current",
    "time_unit",
    "scale",
    "scale_peak_mA_per_cm2",
    "repeat_until_capacity_fraction",
    "interpolation",
)

CurrentDensity = Annotated[float, Field(ge=1e-4, le=100)]
CRate = Annotated[float, Field(ge=1e-5, le=100)]
Ampere = Annotated[float, Field(ge=1e-9, le=1000)]
Volt = Annotated[float, Field(ge=0, le=10)]
Hours = Annotated[float, Field(ge=1e-5, le=1e5)]
Minutes = Annotated[float, Field(ge=1e-4, le=6e6)]
Seconds = Annotated[float, Field(ge=0.01, le=3.6e8)]


def _whole(value: float) -> bool:
    """Tell whether a ratio is a whole number from 1, rounding aside."""
    """Tell whether a ratio is a whole number from 1, rounding aside."""
    return abs(value - round(value)) < 1e-6 and round(value) >= 1


def _pair(value: Any) -> Any:
    """TOML has arrays only; strict validation wants the tuple that the field holds."""
    return tuple(value) if isinstance(value, list) else value


Tuple = BeforeValidator(_pair)
Window = Annotated[tuple[float, float], Tuple]


class Step(Section):
    """One table of `[[protocol.steps]]`: one action, and what ends it."""

    charge_mA_per_cm2: CurrentDensity | None = Field(None, description="charge at a current density [mA/cm2]")
    charge_C: CRate | None = Field(None, description="charge at a rate of the nominal capacity [1/h]")
    charge_A: Ampere | None = Field(None, description="charge at a current [A]")
    discharge_mA_per_cm2: CurrentDensity | None = Field(None, description="discharge at a current density [mA/cm2]")
    discharge_C: CRate | None = Field(None, description="discharge at a rate of the nominal capacity [1/h]")
    discharge_A: Ampere | None = Field(None, description="discharge at a current [A]")
    hold_V: Volt | None = Field(None, description="hold a voltage [V]")
    rest_h: Hours | None = Field(None, description="rest with no current [h]")
    rest_min: Minutes | None = Field(None, description="rest with no current [min]")
    rest_s: Seconds | None = Field(None, description="rest with no current [s]")
    profile: str | None = Field(None, min_length=1, description="file of a measured current, beside the input file")
    repeat: int | None = Field(None, ge=1, le=10_000, description="times to run a profile or nested steps [1]")
    steps: Annotated[tuple["Step", ...], Tuple] | None = Field(None, min_length=1, description="what repeat runs")

    until_V: Volt | None = Field(None, description="end at this voltage [V]")
    until_mA_per_cm2: CurrentDensity | None = Field(None, description="end a hold below this current density [mA/cm2]")
    until_C: CRate | None = Field(None, description="end a hold below this rate [1/h]")
    until_A: Ampere | None = Field(None, description="end a hold below this current [A]")
    until_mAh_per_cm2: float | None = Field(
        None, ge=1e-4, le=100, description="end once this charge has passed in the step, net [mAh/cm2]"
    )
    until_capacity_fraction: float | None = Field(
        None,
        ge=1e-4,
        le=2,
        description="end once this part of the nominal capacity has passed in the step, net [1]",
    )
    for_h: Hours | None = Field(None, description="end after this time [h]")
    for_min: Minutes | None = Field(None, description="end after this time [min]")
    for_s: Seconds | None = Field(None, description="end after this time [s]")

    positive_current: Literal["charge", "discharge"] | None = Field(
        None,
        description="what a positive current in the profile's file does to the cell; always to be stated",
    )
    time_unit: Literal["s", "min", "h"] | None = Field(
        None, description="unit of the time in a profile that states none, s when left out"
    )
    scale: float | None = Field(None, ge=1e-9, le=1e9, description="factor on the profile's current [1]")
    scale_peak_mA_per_cm2: CurrentDensity | None = Field(
        None, description="scale the profile so that its largest current density is this [mA/cm2]"
    )
    repeat_until_capacity_fraction: float | None = Field(
        None,
        ge=1e-4,
        le=2,
        description="repeat the profile until this part of the nominal capacity has passed, net [1]",
    )
    interpolation: Literal["previous", "linear"] | None = Field(
        None, description="between two rows of the profile: previous (default) holds, linear joins"
    )

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        given = {k for k in type(self).model_fields if getattr(self, k) is not None}
        action = _action(given)
        allowed = _ALLOWED[_kind(action)]
        stray = sorted(given - allowed - {action})
        if stray:
            raise ValueError(f"{stray[0]} does not belong to a {_kind(action)} step ({action})")
        _at_most_one(given, DURATIONS)
        _at_most_one(given, CURRENT_ENDS)
        _at_most_one(given, CHARGES)
        _complete(action, given)
        return self

    @property
    def action(self) -> str:
        """The key that says what the step does."""
        return _action({k for k in type(self).model_fields if getattr(self, k) is not None})

    @property
    def kind(self) -> Literal["current", "hold", "rest", "profile", "repeat"]:
        """What sort of step it is."""
        return _kind(self.action)


_ALLOWED: dict[str, set[str]] = {
    "current": {"until_V", *CHARGES, *DURATIONS},
    "hold": {*CURRENT_ENDS, *CHARGES, *DURATIONS},
    "rest": set(),
    "profile": {*PROFILE_KEYS, *DURATIONS, "repeat", "until_V"},
    "repeat": {"steps"},
}


def _kind(action: str) -> Literal["current", "hold", "rest", "profile", "repeat"]:
    if action in CURRENT_ACTIONS:
        return "current"
    if action in REST_ACTIONS:
        return "rest"
    if action == "hold_V":
        return "hold"
    return "profile" if action == "profile" else "repeat"


def _action(given: set[str]) -> str:
    """Return the one action among the keys; raise when there is none, or more than one."""
    names = (*CURRENT_ACTIONS, "hold_V", *REST_ACTIONS, "profile")
    found = [n for n in names if n in given]
    if len(found) > 1:
        raise ValueError(f"{found[0]} and {found[1]} contradict each other: one action per step")
    if found:
        return found[0]
    if "steps" in given or "repeat" in given:
        return "repeat"
    raise ValueError("no action: give one of charge_*, discharge_*, hold_V, rest_*, profile, repeat with steps")


def _at_most_one(given: set[str], names: tuple[str, ...]) -> None:
    found = [n for n in names if n in given]
    if len(found) > 1:
        raise ValueError(f"{found[0]} and {found[1]} contradict each other: keep one")


def _complete(action: str, given: set[str]) -> None:
    """Raise when a step lacks what it needs to be run and to end."""
    kind = _kind(action)
    if kind in ("current", "hold") and not given & _ALLOWED[kind]:
        ends = "until_V" if kind == "current" else "until_mA_per_cm2, until_C, until_A"
        raise ValueError(f"{action} never ends: add {ends}, for_h, until_mAh_per_cm2 or until_capacity_fraction")
    if kind == "repeat" and not {"repeat", "steps"} <= given:
        raise ValueError("repeat = n and nested steps belong together (or repeat with a profile)")
    if kind != "profile":
        return
    if "positive_current" not in given:
        raise ValueError('a profile needs positive_current = "charge" or "discharge": the sign is never guessed')
    _at_most_one(given, ("scale", "scale_peak_mA_per_cm2"))
    _at_most_one(given, ("repeat", "repeat_until_capacity_fraction"))


class ProtocolSection(Section):
    """`[protocol]`: what the cycler does."""

    lower_V: Volt | None = Field(None, description="the run ends below it; default: the parameter set's [V]")
    upper_V: Volt | None = Field(None, description="the run ends above it; default: the parameter set's [V]")
    steps: Annotated[tuple[Step, ...], Tuple] = Field(min_length=1, description="run in order")

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.lower_V is not None and self.upper_V is not None and self.lower_V >= self.upper_V:
            raise ValueError(f"lower_V = {self.lower_V:g} must be below upper_V = {self.upper_V:g}")
        return self


def _of_setpoint(factor: float) -> Any:
    """Return a default that is a multiple of the setpoint, within the bound of a pressure."""
    return lambda data: round(min(factor * data.get("setpoint_MPa", 5.0), HIGHEST_MPa), 9)


def _window(low: float, high: float) -> Any:
    return lambda data: (_of_setpoint(low)(data), _of_setpoint(high)(data))


class ControlSection(Section):
    """`[control]`: setpoint, limits, permits and the law's tuning."""

    enabled: bool = Field(True, description="false: never armed, the actuator stays where it is")
    setpoint_MPa: float = Field(
        5.0, ge=0.05, le=75, description="pressure to hold; default: the fixture's preload [MPa]"
    )
    warn_MPa: float = Field(
        default_factory=_of_setpoint(1.2), ge=0.05, le=100, description="warning; default 1.2 x setpoint [MPa]"
    )
    soft_limit_MPa: float = Field(
        default_factory=_of_setpoint(1.3),
        ge=0.05,
        le=100,
        description="no compression from here on; default 1.3 x setpoint [MPa]",
    )
    hard_limit_MPa: float = Field(
        default_factory=_of_setpoint(1.6),
        ge=0.05,
        le=100,
        description="trip from here on; default 1.6 x setpoint [MPa]",
    )
    retreat_margin_MPa: float = Field(
        default_factory=_of_setpoint(0.1),
        ge=0,
        le=50,
        description="a tripped actuator retreats to so far below the soft limit; default 0.1 x setpoint [MPa]",
    )
    tare_limit_MPa: float = Field(
        default_factory=_of_setpoint(0.02),
        ge=0,
        le=5,
        description="an operator's tare may move the zero by so much; default 0.02 x setpoint [MPa]",
    )
    charge_window_MPa: Window = Field(
        default_factory=_window(0.8, 1.2),
        description="charging is permitted in [low, high]; default 0.8-1.2 x setpoint [MPa]",
    )
    discharge_window_MPa: Window = Field(
        default_factory=_window(0.8, 1.2),
        description="discharging is permitted in [low, high]; default 0.8-1.2 x setpoint [MPa]",
    )
    permit_hysteresis_MPa: float = Field(
        default_factory=_of_setpoint(0.02),
        ge=0,
        le=10,
        description="a permit comes back so far inside its window; default 0.02 x setpoint [MPa]",
    )
    permit_off_s: float = Field(5.0, ge=0, le=600, description="a permit that fell stays low at least so long [s]")
    setpoint_slew_MPa_per_min: float = Field(1.0, ge=0.006, le=60, description="of setpoint changes [MPa/min]")
    feed_forward: bool = Field(True, description="act on the swelling that the measured current announces")
    proportional_share: float = Field(0.0, ge=0, le=1, description="of a surprise, acted on at once [1]")
    integral_share: float = Field(0.25, ge=0.004, le=1, description="of a surprise, learned per sample [1]")
    deadband_counts: float = Field(0.75, ge=0.5, le=256, description="error that moves nothing [actuator counts]")
    stale_ms: int = Field(
        300, ge=2, le=1000, description="greatest age of a sample; default 3 sample periods or ticks [ms]"
    )
    debounce_samples: int = Field(
        6, ge=1, le=8, description="samples in a row that make a trip, or a change larger than jump_MPa [1]"
    )
    jump_MPa: float | None = Field(
        None,
        ge=1e-4,
        le=100,
        description="a larger change between two samples must last; default: noise and top speed, some 3 % of the "
        "setpoint at most [MPa]",
    )
    approach_MPa: float | None = Field(
        None,
        ge=0,
        le=100,
        description="compression without contact before a trip, in the pressure it would make; 0 off; default: 0.3 of "
        "what lies between soft and hard limit [MPa]",
    )
    stuck_samples: int = Field(100, ge=0, le=10_000, description="equal samples that mean stuck, 0 off [1]")
    healthy_samples: int = Field(10, ge=1, le=1000, description="good samples in a row before arming [1]")
    response_share: float = Field(
        0.5, ge=0, le=1, description="of its travel that the actuator must show in pressure, or it trips; 0 off [1]"
    )
    response_window_s: float = Field(30.0, ge=1, le=600, description="longest window in which that is judged [s]")
    response_drift_nm_per_s: float = Field(
        20.0, ge=0, le=1000, description="change of thickness or frame that is no fault, charge aside [nm/s]"
    )
    policy: Literal["constant", "two_level", "window"] = Field(
        "constant",
        description="setpoint: constant, a level for each direction of the current, or following its size too",
    )
    policy_threshold_mA_per_cm2: float = Field(
        0.02, ge=1e-4, le=100, description="change of current that the setpoint follows; less is no direction [mA/cm2]"
    )
    policy_dwell_s: float = Field(10.0, ge=0, le=600, description="how long that change must have lasted [s]")
    policy_charge_MPa: float = Field(
        default_factory=_of_setpoint(-0.1),
        ge=-75,
        le=75,
        description="added to the setpoint on charge; default -0.1 x setpoint [MPa]",
    )
    policy_discharge_MPa: float = Field(
        default_factory=_of_setpoint(0.1),
        ge=-75,
        le=75,
        description="added to the setpoint on discharge; default 0.1 x setpoint [MPa]",
    )
    policy_charge_MPa_per_mA_per_cm2: float = Field(
        0.0, ge=0, le=1000, description="window: taken off it for each mA/cm2 of charge [MPa/(mA/cm2)]"
    )
    policy_discharge_MPa_per_mA_per_cm2: float = Field(
        5.0,
        ge=0,
        le=1000,
        description="window: added to it for each mA/cm2 of discharge; default: between the two measured stripping "
        "limits, 3 MPa at 0.2 and 7 at 1.0 mA/cm2 [MPa/(mA/cm2)]",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        names = ("setpoint_MPa", "warn_MPa", "soft_limit_MPa", "hard_limit_MPa")
        for low, high in itertools.pairwise(names):
            if getattr(self, low) >= getattr(self, high):
                raise ValueError(f"{low} = {getattr(self, low):g} must be below {high} = {getattr(self, high):g}")
        for name in ("charge_window_MPa", "discharge_window_MPa"):
            self._check_window(name)
        if self.setpoint_MPa >= self.soft_limit_MPa - self.tare_limit_MPa:
            raise ValueError(
                f"tare_limit_MPa = {self.tare_limit_MPa:g} must be below what lies between setpoint and soft limit, "
                f"{self.soft_limit_MPa - self.setpoint_MPa:g}"
            )
        if self.retreat_margin_MPa >= self.soft_limit_MPa:
            raise ValueError(
                f"retreat_margin_MPa = {self.retreat_margin_MPa:g} must be below "
                f"soft_limit_MPa = {self.soft_limit_MPa:g}"
            )
        if self.proportional_share + self.integral_share > 1:
            raise ValueError(
                f"proportional_share = {self.proportional_share:g} and integral_share = {self.integral_share:g} "
                "must not sum to more than 1"
            )
        return self

    def _check_window(self, name: str) -> None:
        low, high = getattr(self, name)
        if not 0 <= low < high <= self.hard_limit_MPa:
            raise ValueError(
                f"{name} = [{low:g}, {high:g}]: must be [low, high] "
                f"within 0 and hard_limit_MPa = {self.hard_limit_MPa:g}"
            )
        if not low < self.setpoint_MPa < high:
            raise ValueError(f"{name} = [{low:g}, {high:g}] must hold setpoint_MPa = {self.setpoint_MPa:g}")
        if 2 * self.permit_hysteresis_MPa >= high - low:
            raise ValueError(
                f"permit_hysteresis_MPa = {self.permit_hysteresis_MPa:g} leaves nothing of {name}; "
                f"it must be below {(high - low) / 2:g}"
            )


def _noise(data: Mapping[str, Any]) -> float:
    """HX711 data sheet, gain 128: 50 nV rms at 10 Hz, 90 nV rms at 80 Hz."""
    return 90.0 if data.get("rate_Hz") == 80 else 50.0


class SensorSection(Section):
    """`[sensor]`: load cell, its HX711 amplifier and the measurement of the cell's current."""

    load_cell_kN: float = Field(ge=0.01, le=1000, description="rated force [kN]")
    sensitivity_mV_per_V: float = Field(2.0, ge=0.5, le=4, description="at the rated force [mV/V]")
    excitation_V: float = Field(4.3, ge=2.6, le=5.5, description="supply of the bridge, also the reference [V]")
    gain: Literal[128, 64] = Field(128, description="of the amplifier, 128 or 64 [1]")
    rate_Hz: Literal[10, 80] = Field(10, description="conversions, 10 or 80 [1/s]")
    noise_nV_rms: float = Field(
        default_factory=_noise,
        ge=0,
        le=1e5,
        description="at the input; default 50 at 10 Hz, 90 at 80 Hz [nV]",
    )
    calibration_error_percent_of_full_scale: float = Field(0.03, ge=-2, le=2, description="constant error [%]")
    zero_drift_percent_per_10K: float = Field(0.02, ge=-1, le=1, description="of full scale, from 25 degC [%]")
    span_drift_percent_per_10K: float = Field(0.02, ge=-1, le=1, description="of reading, from 25 degC [%]")
    current_offset_uA: float = Field(0.5, ge=-1e6, le=1e6, description="of the current measurement [uA]")
    current_noise_uA: float = Field(1.0, ge=0, le=1e6, description="of the current measurement, rms [uA]")
    current_resolution_uA: float = Field(1.0, ge=0.001, le=1e6, description="of the current measurement [uA]")

    @property
    def amplifier_full_scale_mV_per_V(self) -> float:
        """Bridge signal at which the amplifier saturates [mV/V]: half the reference over the gain."""
        return 500.0 / self.gain


STEPPER_KEYS = (
    "microstep_um",
    "backlash_um",
    "assumed_backlash_um",
    "speed_um_per_s",
    "acceleration_um_per_s2",
    "travel_um",
    "retreat_travel_um",
    "homing_back_off_um",
)
REGULATOR_KEYS = ("full_scale_MPa", "bits", "supply_slew_MPa_per_s", "retreat_supply_MPa", "stop_vents")


class ActuatorSection(Section):
    """`[actuator]`: what moves the spring's far end, or the regulator of the supply pressure."""

    kind: Literal["none", "stepper", "regulator"] = Field(
        "none", description="none locks it; default: stepper for an actuated spring, regulator for a supply"
    )
    dead_time_ms: int = Field(20, ge=0, le=1000, description="from command to motion [ms]")
    microstep_um: float = Field(0.31, ge=0.001, le=100, description="travel of one microstep [um]")
    backlash_um: float = Field(2.0, ge=0, le=500, description="true backlash [um]")
    assumed_backlash_um: float = Field(
        default_factory=lambda data: data.get("backlash_um", 2.0),
        ge=0,
        le=500,
        description="what the controller takes it for; default: the true one [um]",
    )
    speed_um_per_s: float = Field(50.0, ge=0.1, le=10_000, description="top speed [um/s]")
    acceleration_um_per_s2: float = Field(500.0, ge=1, le=1e6, description="largest acceleration [um/s2]")
    travel_um: Window = Field((-1000.0, 1000.0), description="end stops, from where the cell was assembled [um]")
    retreat_travel_um: float = Field(
        200.0, ge=0.1, le=1e5, description="a tripped actuator decompresses by so much at most [um]"
    )
    homing_back_off_um: float = Field(
        200.0, ge=1, le=1e4, description="homing compresses by so much at most for its switch to open [um]"
    )
    full_scale_MPa: float = Field(1.0, ge=0.01, le=100, description="supply pressure at the highest code [MPa]")
    bits: int = Field(12, ge=8, le=16, description="of the regulator's input [1]")
    supply_slew_MPa_per_s: float = Field(0.01, ge=1e-5, le=10, description="fastest change of the supply [MPa/s]")
    retreat_supply_MPa: float = Field(
        default_factory=lambda data: data.get("full_scale_MPa", 1.0),
        ge=0.001,
        le=100,
        description="a regulator over the hard limit lowers the supply by so much at most; default: all of it [MPa]",
    )
    stop_vents: bool = Field(False, description="an emergency stop brings the regulator to 0, as the wiring says")

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        foreign = {
            "none": STEPPER_KEYS + REGULATOR_KEYS,
            "stepper": REGULATOR_KEYS,
            "regulator": STEPPER_KEYS,
        }
        if self.kind != "none":  # a locked actuator keeps its description, so that one --set locks it
            stray = [k for k in foreign[self.kind] if k in self.model_fields_set]
            if stray:
                raise ValueError(f"{stray[0]} does not belong to kind = {self.kind!r}: take it out")
        low, high = self.travel_um
        if not -1e5 <= low <= 0 <= high <= 1e5 or low == high:
            raise ValueError(f"travel_um = [{low:g}, {high:g}]: must be [low, high] round 0, within -1e5 to 1e5")
        return self


class RunSection(Section):
    """`[run]`: tick, seed and the part of the run that figures leave out."""

    tick_s: float = Field(0.1, ge=0.001, le=10, description="one tick of the loop, a whole number of ms [s]")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="of the sensors' noise [1]")
    settle_percent: float = Field(10.0, ge=0, le=90, description="first part of the run left out of figures [%]")
    stop_after_h: float | None = Field(
        None, ge=1e-4, le=1e6, description="end the run early, after so much of its time; default: never [h]"
    )
    open_limit_h: float = Field(
        2.0, ge=0.001, le=1000, description="the run ends when permits stay low so long at a stretch [h]"
    )

    @model_validator(mode="after")
    def _whole_ms(self) -> Self:
        if not _whole(self.tick_s * 1000):
            raise ValueError(f"tick_s = {self.tick_s:g} is not a whole number of milliseconds")
        return self

    @property
    def tick_ms(self) -> int:
        """One tick [ms]."""
        return round(self.tick_s * 1000)


class LogSection(Section):
    """`[log]`: what is written."""

    formats: Annotated[tuple[Literal["parquet", "csv"], ...], Tuple] = Field(
        ("parquet",), min_length=1, max_length=2, description="of the finished log"
    )
    flush_s: float = Field(60.0, ge=0.1, le=86400, description="time of the run between two flushes of the journal [s]")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.formats)) != len(self.formats):
            raise ValueError("formats names one format twice")
        return self


Companion = Literal["actuator_locked", "fixed_gap", "spring", "pneumatic", "pneumatic_closed", "hydraulic", "isostatic"]


class CompareSection(Section):
    """`[compare]`: the same cell in other fixtures, run beside."""

    fixtures: Annotated[tuple[Companion, ...], Tuple] = Field((), description="variants to run beside")
    tick_s: float = Field(1.0, ge=0.001, le=60, description="their tick [s]")


class ExperimentSchema(BaseModel):
    """A whole input file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    format: Literal[1] = Field(description="version of this layout, 1")
    title: str = Field("", max_length=200, description="shown in figures and logs")
    cell: CellSection
    fixture: FixtureSection
    ambient: AmbientSection = AmbientSection.model_validate({})
    protocol: ProtocolSection
    control: ControlSection
    sensor: SensorSection
    actuator: ActuatorSection
    run: RunSection = RunSection.model_validate({})
    log: LogSection = LogSection.model_validate({})
    compare: CompareSection = CompareSection.model_validate({})

    @model_validator(mode="before")
    @classmethod
    def _defaults_across_sections(cls, data: Any) -> Any:
        """Fill the defaults that come from another section, so that every value is concrete afterwards."""
        if not isinstance(data, dict):
            return data
        data = dict(data)
        for section, key, value in _cross_defaults(data):
            present = data.get(section, {})
            if isinstance(present, dict) and key not in present:
                data[section] = {**present, key: value}
        data.setdefault("control", {})
        data.setdefault("actuator", {})
        return data

    @model_validator(mode="after")
    def _cross_checks(self) -> Self:
        checks = (_check_vessel, _check_actuator, _check_force, _check_ticks, _check_counts, _check_blind, _check_volts)
        for check in checks:
            check(self)
        return self

    @property
    def series_stiffness_N_per_m(self) -> float:
        """Stiffness the actuator works against, cell taken as rigid: frame and spring in series [N/m]."""
        compliance = 1e-6 / self.fixture.frame_N_per_um
        if self.fixture.spring_N_per_mm is not None:
            compliance += 1e-3 / self.fixture.spring_N_per_mm
        return 1 / compliance

    @property
    def MPa_per_um(self) -> float:
        """Stack pressure per actuator travel, cell taken as rigid [MPa/um]."""
        return self.series_stiffness_N_per_m * 1e-12 / self.cell.area_m2

    @property
    def piston_ratio(self) -> float:
        """Stack pressure per supply pressure [1]; zero for fixtures without a supply."""
        if not is_supplied(self.fixture.kind, self.fixture.supply):
            return 0.0
        if self.fixture.kind == "isostatic":  # the liquid lies on the cell itself
            return 1.0
        assert self.fixture.piston_cm2 is not None
        return self.fixture.piston_cm2 * 1e-4 / self.cell.area_m2

    @property
    def electrode_area_m2(self) -> float:
        """Area that carries the current, all layers together [m2]."""
        return self.cell.area_m2 * self.cell.layers


def is_supplied(kind: Any, supply: Any) -> bool:
    """Whether a fixture's pressure comes from a supply that a regulator can set."""
    return bool(kind == "pneumatic" or (kind in LIQUID and supply == "regulated"))


def _number_in(data: Mapping[str, Any], section: str, key: str, default: float) -> float:
    """Read a number from raw data; the default when it is anything else, which validation then reports."""
    table = data.get(section)
    value = table.get(key, default) if isinstance(table, dict) else default
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable and abs(value) < 1e9 else default


def _cross_defaults(data: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """(section, key, default) of each key whose default depends on another section."""
    fixture = data.get("fixture")
    kind, supply = (fixture.get(key) if isinstance(fixture, dict) else None for key in ("kind", "supply"))
    actuator = "stepper" if kind == "actuated_spring" else "regulator" if is_supplied(kind, supply) else "none"
    preload = _number_in(data, "fixture", "preload_MPa", 5.0)
    rate = _number_in(data, "sensor", "rate_Hz", 10.0)
    period = max(1 / max(rate, 1.0), _number_in(data, "run", "tick_s", 0.1))
    return [
        ("actuator", "kind", actuator),
        ("control", "setpoint_MPa", preload if 0.05 <= preload <= 75 else 5.0),
        ("control", "stale_ms", min(max(round(3000 * period), 2), 1000)),
    ]


def _check_vessel(file: ExperimentSchema) -> None:
    """The cell must fit into its isostatic vessel."""
    if file.fixture.kind == "isostatic":
        try:
            values_of(file.cell, file.fixture, file.ambient)
        except InputError as error:
            raise ValueError(str(error)) from None


def _check_actuator(file: ExperimentSchema) -> None:
    """The actuator must be one the fixture has."""
    kind, fixture = file.actuator.kind, file.fixture.kind
    fitting: tuple[str, ...] = ("stepper", "none") if fixture == "actuated_spring" else ("none",)
    if is_supplied(fixture, file.fixture.supply):
        fitting = ("regulator", "none")
    if kind not in fitting:
        shut = "; set fixture.supply = 'regulated'" if kind == "regulator" and fixture in LIQUID else ""
        raise ValueError(
            f"actuator.kind = {kind!r}: fixture.kind = {fixture!r} takes {' or '.join(map(repr, fitting))}{shut}"
        )
    if kind == "regulator":
        reach = file.actuator.full_scale_MPa * file.piston_ratio
        if reach < file.control.setpoint_MPa:
            raise ValueError(
                f"control.setpoint_MPa = {file.control.setpoint_MPa:g}: the press reaches {reach:.3g} MPa; "
                f"raise actuator.full_scale_MPa{'' if fixture == 'isostatic' else ' or fixture.piston_cm2'}"
            )


def _check_force(file: ExperimentSchema) -> None:
    """Setpoint and hard limit must suit the load cell and the amplifier."""
    area, rating = file.cell.area_m2, file.sensor.load_cell_kN * 1e3
    for key, pressure, share in (
        ("setpoint_MPa", file.control.setpoint_MPa, LOAD_CELL_USE),
        ("hard_limit_MPa", file.control.hard_limit_MPa, LOAD_CELL_OVERLOAD),
    ):
        force = pressure * 1e6 * area
        if force > share * rating:
            raise ValueError(
                f"control.{key} = {pressure:g}: {force:.4g} N is over {share:g} x the load cell's rating "
                f"({share * rating:.4g} N); lower it or raise sensor.load_cell_kN"
            )
    hard = file.control.hard_limit_MPa * 1e6 * area / rating
    signal, most = hard * file.sensor.sensitivity_mV_per_V, file.sensor.amplifier_full_scale_mV_per_V
    if signal > 0.98 * most:
        raise ValueError(
            f"sensor.gain = {file.sensor.gain}: the amplifier saturates at {most:.3g} mV/V, before "
            f"the hard limit ({signal:.3g} mV/V); take gain = 64 or a larger load cell"
        )


def _check_ticks(file: ExperimentSchema) -> None:
    """Ticks and conversions must fall together, and a sample must live longer than both."""
    tick, period = file.run.tick_s, 1 / file.sensor.rate_Hz
    if not (_whole(tick / period) or _whole(period / tick)):
        raise ValueError(
            f"run.tick_s = {tick:g}: neither a multiple nor a divisor of the sample period {period:g} s "
            f"(sensor.rate_Hz = {file.sensor.rate_Hz})"
        )
    if not file.control.enabled:
        return
    if tick > LONGEST_TICK_s:
        raise ValueError(
            f"run.tick_s = {tick:g}: a controller ticks at least every {LONGEST_TICK_s:g} s; "
            "shorten it or set control.enabled = false"
        )
    least = 1000 * (tick + max(tick, period))
    if file.control.stale_ms < least:
        raise ValueError(
            f"control.stale_ms = {file.control.stale_ms}: must be at least a tick and a sample period, {least:g} ms"
        )


def _check_counts(file: ExperimentSchema) -> None:
    """The controller counts whole microsteps per tick: the motion must come to at least one, and not too many."""
    actuator, tick = file.actuator, file.run.tick_s
    if actuator.kind != "stepper" or not file.control.enabled:
        return
    step = actuator.microstep_um
    spans = {
        "speed_um_per_s": (actuator.speed_um_per_s * tick / step, 1, 4096),
        "acceleration_um_per_s2": (actuator.acceleration_um_per_s2 * tick**2 / step, 1, 4096),
        "travel_um": (max(-actuator.travel_um[0], actuator.travel_um[1]) / step, 1, 1e6),
        "retreat_travel_um": (actuator.retreat_travel_um / step, 1, 1e6),
        "assumed_backlash_um": (actuator.assumed_backlash_um / step, 0, 2000),
    }
    for key, (counts, low, high) in spans.items():
        if not low <= counts <= high:
            raise ValueError(
                f"actuator.{key} = {_text(getattr(actuator, key))}: is {counts:.3g} microsteps"
                f"{' per tick' * key.startswith(('speed', 'accel'))}; must be from {low:g} to {high:g}"
            )


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(list(value))


def _check_blind(file: ExperimentSchema) -> None:
    """S2: between going blind and stopping, the actuator must not cross from soft to hard limit.

    The controller's own rule, in its whole ticks and counts, so that what passes here is not refused there.
    """
    actuator = file.actuator
    if actuator.kind == "none" or not file.control.enabled:
        return
    tick, period = file.run.tick_ms, 1000 / file.sensor.rate_Hz
    blind = file.control.stale_ms + file.control.debounce_samples * max(period, tick)
    blind += actuator.dead_time_ms + 2 * period
    if actuator.kind == "stepper":
        key, per_count = "speed_um_per_s", file.MPa_per_um * actuator.microstep_um
        counts = actuator.speed_um_per_s * file.run.tick_s / actuator.microstep_um
    else:
        blind += 1000 * file.fixture.regulator_lag_s
        code = actuator.full_scale_MPa / 2**actuator.bits
        key, per_count = "supply_slew_MPa_per_s", code * file.piston_ratio
        counts = max(1.0, actuator.supply_slew_MPa_per_s * file.run.tick_s / code)
    if per_count > COARSEST_MPa:
        key = "microstep_um" if actuator.kind == "stepper" else "bits"
        raise ValueError(
            f"actuator.{key} = {getattr(actuator, key):g}: one count moves the pressure by {per_count:.3g} MPa; "
            f"the controller takes {COARSEST_MPa:g} MPa at most"
        )
    ticks = blind // tick + 3  # one more for what rounding to milliseconds may add
    # The controller counts stiffness in 1/256 hPa, from 16 on, and pressures in hPa.
    rise = counts * ticks * max(per_count + 0.5e-4 / 256, 16e-4 / 256)
    room = file.control.hard_limit_MPa - file.control.soft_limit_MPa - 1e-4
    if rise >= room:
        value = getattr(actuator, key)
        raise ValueError(
            f"actuator.{key} = {value:g}: moves {rise:.3g} MPa in the {ticks * tick / 1000:.3g} s it may be blind, "
            f"more than the {room:.3g} MPa between soft and hard limit; it must be below {value * room / rise:.3g}"
        )


def _check_volts(file: ExperimentSchema) -> None:
    """Voltages of the steps must lie within the limits that end the run."""
    low = -math.inf if file.protocol.lower_V is None else file.protocol.lower_V
    high = math.inf if file.protocol.upper_V is None else file.protocol.upper_V
    for path, step in walk_steps(file.protocol.steps):
        for key in ("hold_V", "until_V"):
            volts = getattr(step, key)
            if volts is not None and not low < volts < high:
                raise ValueError(f"{path}.{key} = {volts:g}: must lie between lower_V and upper_V of [protocol]")


def walk_steps(steps: tuple[Step, ...], path: str = "protocol.steps") -> list[tuple[str, Step]]:
    """Return (key path, step) of every step, nested ones after the one that repeats them."""
    found: list[tuple[str, Step]] = []
    for i, step in enumerate(steps):
        here = f"{path}.{i}"
        found.append((here, step))
        if step.steps is not None:
            found += walk_steps(step.steps, f"{here}.steps")
    return found
