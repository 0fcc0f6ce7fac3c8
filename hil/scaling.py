"""From the file's practical units to the controller's integers: the one place where they are converted."""

import math
from collections.abc import Callable, Sequence

from controller import fields as c
from controller.configuration import DEFAULT, approach_room, checksum, settling
from hil.calibration import scale_fields
from hil.schema import ExperimentSchema
from hil.sensors import counts_per_N, zero_counts
from twin.resolve import anode_growth_per_charge

hPa_per_MPa = 10_000
HIGHEST_SHARE = 0.99  # of the hard limit: what a regulator is commanded at most
COUNT_MARGIN = 0.99  # soft travel ends inside the limit switches
SUPPLY_WANDER = 0.002  # of the setpoint in a window: linearity and repeatability of an electronic regulator, chosen
JUMP_OF_SETPOINT = 0.035  # of the setpoint; times the integral share of 0.25 it is under 1 %
APPROACH_OF_ROOM = 0.3  # of what lies between soft and hard limit
LARGEST_QUANTUM = 2**28  # uA ms; a cell so large and slow needs no feed-forward


def configuration(file: ExperimentSchema) -> list[int]:
    """The controller's configuration record for a file; the caller has it checked."""
    record = list(DEFAULT)
    for fields in (_sensor(file), _limits(file), _actuator(file), _law(file), _response(file), _policy(file)):
        for key, value in fields.items():
            record[key] = round(value)
    record[c.JUMP_hPa] = _jump(file, record)
    record[c.APPROACH_counts] = _approach(file, record)
    record[c.CHECKSUM] = checksum(record)
    return record


def pressure_per_count(file: ExperimentSchema) -> float:
    """Pressure of one load-cell count [hPa]."""
    return float(1.0 / (counts_per_N(file.sensor) * file.cell.area_m2) / 100)


def pressure_per_step(file: ExperimentSchema) -> float:
    """Pressure of one actuator count [hPa]: a microstep through frame and spring, or a code of the regulator."""
    if file.actuator.kind == "regulator":
        code = file.actuator.full_scale_MPa * 1e6 / 2**file.actuator.bits
        return float(code * file.piston_ratio / 100)
    return float(file.MPa_per_um * file.actuator.microstep_um * hPa_per_MPa)


def counts_to_pressure(file: ExperimentSchema) -> Callable[[int], float]:
    """A function from raw counts to the pressure [Pa] they stand for by the calibration the board has."""
    zero, per_count = zero_counts(file.sensor), pressure_per_count(file) * 100

    def pressure(counts: int) -> float:
        return (counts - zero) * per_count

    return pressure


def counts_to_pressure_of(record: Sequence[int], counts: int) -> float:
    """The pressure [Pa] that raw counts stand for by a record's calibration."""
    return float((counts - record[c.REFERENCE_TARE_counts]) * record[c.SCALE_NUM] / 2 ** record[c.SCALE_SHIFT] * 100)


def _sensor(file: ExperimentSchema) -> dict[int, float]:
    per_count = pressure_per_count(file)
    num, shift = scale_fields(per_count)
    period = 1000 / file.sensor.rate_Hz
    sample = max(period, file.run.tick_ms)
    return {
        c.SCALE_NUM: num,
        c.SCALE_SHIFT: shift,
        c.REFERENCE_TARE_counts: zero_counts(file.sensor),
        c.TICK_ms: file.run.tick_ms,
        c.SAMPLE_ms: sample,
        c.STALE_ms: file.control.stale_ms,
        c.DEBOUNCE_samples: file.control.debounce_samples,
        c.STUCK_samples: file.control.stuck_samples if file.sensor.noise_nV_rms > 5 else 0,
        c.HEALTHY_samples: file.control.healthy_samples,
        c.DEAD_TIME_ms: file.actuator.dead_time_ms,
        c.LAG_ms: 2 * period + (file.fixture.regulator_lag_s * 1000 if file.actuator.kind == "regulator" else 0),
    }


def _limits(file: ExperimentSchema) -> dict[int, float]:
    control = file.control
    low = min(0.1, control.setpoint_MPa / 2)
    high = (control.setpoint_MPa + control.soft_limit_MPa - control.tare_limit_MPa) / 2
    pressures = {
        c.WARN_hPa: control.warn_MPa,
        c.SOFT_hPa: control.soft_limit_MPa,
        c.HARD_hPa: control.hard_limit_MPa,
        c.RETREAT_MARGIN_hPa: control.retreat_margin_MPa,
        c.TARE_LIMIT_hPa: control.tare_limit_MPa,
        c.SETPOINT_MIN_hPa: low,
        c.SETPOINT_MAX_hPa: high,
        c.SETPOINT_SLEW_hPa_per_s: control.setpoint_slew_MPa_per_min / 60,
        c.CHARGE_MIN_hPa: control.charge_window_MPa[0],
        c.CHARGE_MAX_hPa: control.charge_window_MPa[1],
        c.DISCHARGE_MIN_hPa: control.discharge_window_MPa[0],
        c.DISCHARGE_MAX_hPa: control.discharge_window_MPa[1],
        c.PERMIT_HYSTERESIS_hPa: control.permit_hysteresis_MPa,
    }
    return {key: value * hPa_per_MPa for key, value in pressures.items()} | {
        c.PERMIT_OFF_ms: control.permit_off_s * 1000
    }


def _actuator(file: ExperimentSchema) -> dict[int, float]:
    actuator, tick = file.actuator, file.run.tick_s
    stiffness = {c.STIFFNESS_256hPa_per_count: max(16.0, 256 * pressure_per_step(file))}
    if actuator.kind == "regulator":
        code = actuator.full_scale_MPa / 2**actuator.bits
        speed = max(1.0, math.floor(actuator.supply_slew_MPa_per_s * tick / code))
        return stiffness | {
            c.ACTUATOR_KIND: 2,
            c.SPEED_counts_per_tick: speed,
            c.ACCEL_counts_per_tick2: speed,
            c.TRAVEL_MIN_counts: 0,
            c.TRAVEL_MAX_counts: _highest_code(file),
            c.RETREAT_TRAVEL_counts: actuator.retreat_supply_MPa / code,
            c.STOP_VENTS: actuator.stop_vents,
            c.BACKLASH_counts: 0,
        }
    step = actuator.microstep_um
    return stiffness | {
        c.ACTUATOR_KIND: 1,
        c.SPEED_counts_per_tick: math.floor(actuator.speed_um_per_s * tick / step),
        c.ACCEL_counts_per_tick2: max(1, math.floor(actuator.acceleration_um_per_s2 * tick**2 / step)),
        c.TRAVEL_MIN_counts: COUNT_MARGIN * actuator.travel_um[0] / step,
        c.TRAVEL_MAX_counts: COUNT_MARGIN * actuator.travel_um[1] / step,
        c.RETREAT_TRAVEL_counts: actuator.retreat_travel_um / step,
        c.BACKLASH_counts: actuator.assumed_backlash_um / step,
        c.HOMING_counts: max(1.0, actuator.homing_back_off_um / step),
    }


def _highest_code(file: ExperimentSchema) -> int:
    """The code that stands for the hard limit, less a hundredth: whatever the load cell reads, no code is higher.

    Never under half of the codes, by which a board tells that its output has as many bits as the record.
    """
    codes = 1 << file.actuator.bits
    hard = HIGHEST_SHARE * file.control.hard_limit_MPa * hPa_per_MPa / pressure_per_step(file)
    return min(max(math.floor(hard), codes // 2), codes - 1)


def _law(file: ExperimentSchema) -> dict[int, float]:
    control = file.control
    return {
        c.KP_256: 256 * control.proportional_share,
        c.KI_256: max(1.0, 256 * control.integral_share),
        c.DEADBAND_256count: 256 * control.deadband_counts,
        c.FEED_QUANTUM_uAms: _feed_quantum(file) if control.feed_forward else 0,
    }


def noise(file: ExperimentSchema) -> float:
    """Noise of one sample [hPa rms], from the amplifier's noise at its input."""
    lsb_nV = file.sensor.excitation_V / file.sensor.gain / 2**24 * 1e9
    return file.sensor.noise_nV_rms / lsb_nV * pressure_per_count(file)


def _response(file: ExperimentSchema) -> dict[int, float]:
    """What a healthy actuator's answer may lack in one window (S12)."""
    control, step = file.control, pressure_per_step(file)
    if file.actuator.kind == "regulator":
        # The seal holds back its share of the force either way; the supply itself wanders by a fraction of a per cent.
        friction = file.fixture.seal_friction_percent / 100 * control.soft_limit_MPa * hPa_per_MPa
        play, drift = 2 * friction, SUPPLY_WANDER * control.setpoint_MPa * hPa_per_MPa
    else:
        # Backlash may have grown to twice what was measured.
        play = (2 * file.actuator.assumed_backlash_um + 2 * file.actuator.microstep_um) * _hPa_per_um(file)
        drift = control.response_window_s * control.response_drift_nm_per_s / 1000 * _hPa_per_um(file)
    record = list(DEFAULT)
    for key, value in _sensor(file).items():
        record[key] = round(value)
    return {
        c.RESPONSE_256: 256 * control.response_share,
        # Five sigma at either end of the window, one count of the actuator, and drift.
        c.RESPONSE_hPa: min(math.ceil(10 * noise(file) + step + drift), 1_000_000),
        c.RESPONSE_PLAY_hPa: min(play, 1_000_000),
        c.RESPONSE_ms: min(max(1000 * control.response_window_s, 10.0 * settling(record)), 600_000),
    }


def _jump(file: ExperimentSchema, record: list[int]) -> int:
    """What one sample may change [hPa]: noise and top speed between two samples, a small share of the setpoint at most.

    The law acts on a fraction of it at once, so that a single wrong sample within it stays under 1 % of the setpoint.
    """
    given = file.control.jump_MPa
    if given is not None:
        return round(given * hPa_per_MPa)
    step = pressure_per_step(file)
    least = 10 * noise(file) + 2 * step
    fastest = 2 * record[c.SPEED_counts_per_tick] * step * record[c.SAMPLE_ms] / record[c.TICK_ms]
    most = JUMP_OF_SETPOINT * file.control.setpoint_MPa * hPa_per_MPa
    return min(max(1, math.ceil(min(least + fastest, max(least, most)))), 1_000_000)


def _approach(file: ExperimentSchema, record: list[int]) -> int:
    """Compression without contact [counts]; by default a share of the distance from soft to hard limit."""
    step, control = pressure_per_step(file), file.control
    if control.approach_MPa is not None:
        return math.ceil(control.approach_MPa * hPa_per_MPa / step)
    share = APPROACH_OF_ROOM * (control.hard_limit_MPa - control.soft_limit_MPa) * hPa_per_MPa / step
    return max(1, min(math.floor(share), approach_room(record), 1_000_000))


def _hPa_per_um(file: ExperimentSchema) -> float:
    return file.MPa_per_um * hPa_per_MPa


def _policy(file: ExperimentSchema) -> dict[int, float]:
    """The pressure policy; a constant one is the fields' zeros."""
    control = file.control
    if control.policy == "constant":
        return {}
    mA = file.electrode_area_m2 * 1e4  # per mA/cm2
    fields = {
        c.POLICY_THRESHOLD_uA: max(1.0, control.policy_threshold_mA_per_cm2 * mA * 1000),
        c.POLICY_DWELL_ms: 1000 * control.policy_dwell_s,
        c.POLICY_CHARGE_hPa: control.policy_charge_MPa * hPa_per_MPa,
        c.POLICY_DISCHARGE_hPa: control.policy_discharge_MPa * hPa_per_MPa,
    }
    if control.policy == "window":
        for key, slope in (
            (c.POLICY_CHARGE_hPa_per_mA, control.policy_charge_MPa_per_mA_per_cm2),
            (c.POLICY_DISCHARGE_hPa_per_mA, control.policy_discharge_MPa_per_mA_per_cm2),
        ):
            fields[key] = slope * hPa_per_MPa / mA
    return fields


def _feed_quantum(file: ExperimentSchema) -> float:
    """Charge [uA ms] that swells the stack by 1/256 count; 0 where the actuator has no part in thickness."""
    if file.actuator.kind != "stepper":
        return 0
    per_charge = anode_growth_per_charge(file.cell)  # m3 per coulomb
    # The anode's own swelling; the cathode gives back a tenth of it, which feedback finds.
    um_per_C = per_charge / file.cell.area_m2 * 1e6
    if um_per_C <= 0:
        return 0
    quantum = file.actuator.microstep_um / 256 / um_per_C * 1e9
    return quantum if quantum < LARGEST_QUANTUM else 0
