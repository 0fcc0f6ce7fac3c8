"""From practical units to the controller's integers: every valid file gives a record that is fit to run."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from controller import fields as c
from controller.configuration import check, checksum
from controller.scale import scale
from hil import scaling
from hil.schema import ExperimentSchema
from hil.sensors import counts_per_N, zero_counts

STEP = ({"rest_h": 1.0},)


def spread(low, high):
    """Numbers over decades, as people choose them."""
    return st.floats(math.log(low), math.log(high)).map(lambda x: float(f"{math.exp(x):.4g}"))


def schema(**sections):
    return ExperimentSchema.model_validate({"format": 1, "protocol": {"steps": STEP}, **sections})


def valid(**sections):
    """The schema of a file that validation accepts; others are no matter of this test."""
    try:
        return schema(**sections)
    except ValidationError:
        assume(False)


@st.composite
def files(draw):
    """Valid files over the whole range of cells, frames and actuators, each sized to suit the others."""
    area_cm2 = draw(spread(0.2, 400))
    setpoint = draw(spread(0.2, 60))
    force_kN = setpoint * area_cm2 / 10
    rate = draw(st.sampled_from([10, 80]))
    tick = draw(st.sampled_from([0.025, 0.05, 0.1, 0.2, 0.5]))
    return draw(st.sampled_from([_screw, _press]))(draw, area_cm2, setpoint, force_kN, rate, tick)


def _common(draw, area_cm2, setpoint, force_kN, rate, tick):
    return {
        "cell": {"area_cm2": area_cm2, "layers": draw(st.integers(1, 30))},
        "control": {"setpoint_MPa": setpoint, "setpoint_slew_MPa_per_min": draw(spread(0.01, 60))},
        "sensor": {
            "load_cell_kN": min(1000.0, force_kN * draw(st.floats(1.2, 20))),
            "rate_Hz": rate,
            "gain": draw(st.sampled_from([64, 128])),
            "sensitivity_mV_per_V": draw(st.sampled_from([1.0, 2.0, 3.0])),
        },
        "run": {"tick_s": tick},
    }


def _screw(draw, area_cm2, setpoint, force_kN, rate, tick):
    spring = draw(spread(100, 1e5))
    frame = draw(spread(5, 500))
    stiffness = 1 / (1e3 / spring + 1 / frame) / area_cm2 / 100  # MPa/um
    fastest = 0.3 * setpoint / stiffness / (0.3 + 2 / rate + 4 * tick)
    microstep = draw(spread(0.01, 2))
    return valid(
        fixture={
            "kind": "actuated_spring",
            "preload_MPa": setpoint,
            "spring_N_per_mm": spring,
            "frame_N_per_um": frame,
        },
        actuator={
            "microstep_um": microstep,
            "speed_um_per_s": min(1e4, fastest * draw(st.floats(0.05, 0.9))),
            "acceleration_um_per_s2": draw(spread(10, 1e4)),
            "backlash_um": draw(st.floats(0, 20)),
            "dead_time_ms": draw(st.integers(0, 100)),
            "travel_um": (-draw(st.floats(100, 5000)), draw(st.floats(100, 5000))),
        },
        **_common(draw, area_cm2, setpoint, force_kN, rate, tick),
    )


def _press(draw, area_cm2, setpoint, force_kN, rate, tick):
    ratio = draw(st.floats(2, 30))
    return valid(
        fixture={
            "kind": "pneumatic",
            "preload_MPa": 0.0,
            "piston_cm2": area_cm2 * ratio,
            "regulator_lag_s": draw(st.floats(0.05, 5)),
        },
        actuator={
            "full_scale_MPa": draw(st.floats(1.1, 3)) * setpoint / ratio,
            "bits": draw(st.sampled_from([10, 12, 16])),
            "supply_slew_MPa_per_s": draw(spread(1e-4, 1)),
        },
        **_common(draw, area_cm2, setpoint, force_kN, rate, tick),
    )


@settings(max_examples=300, deadline=None)
@given(files())
def test_every_valid_file_gives_a_record_that_is_fit_to_run(file):
    """Pins: the file's own check of S2 left out the lag, so that the controller refused what it had accepted."""
    record = scaling.configuration(file)
    assert all(isinstance(value, int) for value in record)
    assert check(record) == 0
    assert checksum(record) == record[c.CHECKSUM]


@given(files())
def test_pressures_come_back_within_one_hectopascal(file):
    record, control = scaling.configuration(file), file.control
    for key, pressure in {
        c.WARN_hPa: control.warn_MPa,
        c.SOFT_hPa: control.soft_limit_MPa,
        c.HARD_hPa: control.hard_limit_MPa,
        c.RETREAT_MARGIN_hPa: control.retreat_margin_MPa,
        c.TARE_LIMIT_hPa: control.tare_limit_MPa,
        c.CHARGE_MIN_hPa: control.charge_window_MPa[0],
        c.CHARGE_MAX_hPa: control.charge_window_MPa[1],
        c.DISCHARGE_MIN_hPa: control.discharge_window_MPa[0],
        c.DISCHARGE_MAX_hPa: control.discharge_window_MPa[1],
        c.PERMIT_HYSTERESIS_hPa: control.permit_hysteresis_MPa,
    }.items():
        assert abs(record[key] - pressure * 1e6 / 100) <= 1


@given(files())
def test_the_setpoint_of_the_file_can_be_set(file):
    record = scaling.configuration(file)
    assert record[c.SETPOINT_MIN_hPa] <= round(file.control.setpoint_MPa * 1e4) <= record[c.SETPOINT_MAX_hPa]


@settings(deadline=None)
@given(files(), st.floats(-0.02, 1.5))
def test_board_and_log_read_the_same_pressure_from_counts(file, share):
    """The board's integer scale and the log's float agree to a hectopascal and the scale's own 17 bits."""
    force = share * file.control.setpoint_MPa * 1e6 * file.cell.area_m2
    counts = round(zero_counts(file.sensor) + force * counts_per_N(file.sensor))
    assume(abs(counts) < 2**23 - 1)
    board = scale(scaling.configuration(file), counts) * 100
    logged = scaling.counts_to_pressure(file)(counts)
    assert abs(board - logged) <= 200 + abs(logged) * 2e-5
    # Both say what force was there, to the rounding of one count.
    assert logged == pytest.approx(force / file.cell.area_m2, abs=0.51 / counts_per_N(file.sensor) / file.cell.area_m2)


@given(files())
def test_speed_and_travel_are_never_rounded_up(file):
    """What the record allows, back in the file's units, stays within the file's limits."""
    record, actuator, tick = scaling.configuration(file), file.actuator, file.run.tick_s
    if actuator.kind == "regulator":
        code = actuator.full_scale_MPa / 2**actuator.bits
        assert record[c.SPEED_counts_per_tick] * code <= max(code, actuator.supply_slew_MPa_per_s * tick) * (1 + 1e-9)
        highest, codes = record[c.TRAVEL_MAX_counts], 2**actuator.bits
        assert record[c.TRAVEL_MIN_counts] == 0
        assert codes // 2 <= highest < codes, "a board tells the width of the output by it"
        # No code stands for the hard limit, whatever the load cell reads.
        assert highest == codes // 2 or highest * code * file.piston_ratio < file.control.hard_limit_MPa
        return
    step = actuator.microstep_um
    assert record[c.SPEED_counts_per_tick] * step <= actuator.speed_um_per_s * tick * (1 + 1e-9)
    low, high = actuator.travel_um
    assert low <= record[c.TRAVEL_MIN_counts] * step
    assert record[c.TRAVEL_MAX_counts] * step <= high


@given(files())
def test_stiffness_is_what_frame_and_spring_make_of_a_count(file):
    """Restated from the parts: springs in series add their compliances; a press multiplies its supply."""
    found = scaling.pressure_per_step(file) * 100  # Pa
    if file.actuator.kind == "regulator":
        code = file.actuator.full_scale_MPa * 1e6 / 2**file.actuator.bits
        expected = code * file.fixture.piston_cm2 * 1e-4 / file.cell.area_m2
    else:
        compliance = 1 / (file.fixture.spring_N_per_mm * 1e3) + 1 / (file.fixture.frame_N_per_um * 1e6)
        expected = file.actuator.microstep_um * 1e-6 / compliance / file.cell.area_m2
    assert found == pytest.approx(expected, rel=1e-9)


def test_an_actuator_too_coarse_for_the_controller_is_refused_by_its_own_key():
    """Pins: it came out as a field of the controller's record, out of bounds."""
    with pytest.raises(ValidationError, match=r"actuator\.microstep_um = 50: .* 0\.4 MPa at most"):
        schema(
            cell={"area_cm2": 0.2},
            fixture={"kind": "actuated_spring", "spring_N_per_mm": 1000.0, "preload_MPa": 40.0},
            sensor={"load_cell_kN": 2.0},
            actuator={"microstep_um": 50.0, "speed_um_per_s": 500.0, "acceleration_um_per_s2": 5e4},
        )


def test_a_die_feeds_forward_lithiums_own_swelling():
    """4.849 um per mAh/cm2: the charge of one microstep of 0.31 um through 1.327 cm2 is 0.0848 mAh."""
    file = schema(
        cell={"diameter_mm": 13.0},
        fixture={"kind": "actuated_spring", "spring_N_per_mm": 2000.0},
        sensor={"load_cell_kN": 2.0},
    )
    quantum = scaling.configuration(file)[c.FEED_QUANTUM_uAms]
    area_cm2 = math.pi / 4 * 1.3**2
    charge_uAms = 0.31 / 4.849 * area_cm2 * 3.6e9 / 256  # mAh -> uA ms is 1e3 * 3.6e6
    assert quantum == pytest.approx(charge_uAms, rel=1e-3)


@pytest.mark.parametrize(("noise", "samples"), [(50.0, 100), (0.0, 0)])
def test_a_noiseless_cell_is_not_taken_for_stuck(noise, samples):
    file = schema(
        cell={"diameter_mm": 13.0},
        fixture={"kind": "actuated_spring", "spring_N_per_mm": 2000.0},
        sensor={"load_cell_kN": 2.0, "noise_nV_rms": noise},
    )
    assert scaling.configuration(file)[c.STUCK_samples] == samples


def die(**control):
    return schema(
        cell={"diameter_mm": 13.0},
        fixture={"kind": "actuated_spring", "spring_N_per_mm": 2000.0, "frame_N_per_um": 30.0},
        sensor={"load_cell_kN": 2.0},
        actuator={"microstep_um": 0.31, "backlash_um": 2.0, "dead_time_ms": 20},
        control=control,
    )


def test_the_response_check_allows_for_noise_play_and_drift():
    """Restated: 50 nV over 8.6 mV of bridge signal and 15.07 MPa; 1.875 N/um on 132.7 mm2; 20 nm/s for 30 s."""
    record = scaling.configuration(die())
    per_um = 1 / (1 / 2.0 + 1 / 30.0) / 132.73 * 1e4  # hPa
    sigma = 50e-9 / 8.6e-3 * 2000 / 132.73 * 1e4
    assert record[c.RESPONSE_256] == 128
    assert record[c.RESPONSE_hPa] == math.ceil(10 * sigma + 0.31 * per_um + 0.6 * per_um)
    assert record[c.RESPONSE_PLAY_hPa] == round((2 * 2.0 + 2 * 0.31) * per_um)
    assert record[c.RESPONSE_ms] == 30000
    looser = scaling.configuration(die(response_share=0.0, response_window_s=60, response_drift_nm_per_s=0))
    assert looser[c.RESPONSE_256] == 0
    assert looser[c.RESPONSE_hPa] == math.ceil(10 * sigma + 0.31 * per_um)
    assert looser[c.RESPONSE_ms] == 60000


def test_a_slow_actuator_is_judged_over_longer_windows():
    """A regulator with 2 s of lag, 20 ms late, behind a 10 Hz converter: ten times 20 + 3 (2000 + 200) ms."""
    file = schema(
        cell={"diameter_mm": 13.0},
        fixture={"kind": "pneumatic", "preload_MPa": 0.0, "piston_cm2": 12.0, "seal_friction_percent": 1.0},
        sensor={"load_cell_kN": 2.0},
        actuator={"full_scale_MPa": 1.0},
        control={"setpoint_MPa": 5.0},
    )
    record = scaling.configuration(file)
    assert record[c.RESPONSE_ms] == 66200
    assert record[c.RESPONSE_PLAY_hPa] == round(2 * 0.01 * 6.5e4)
    code, sigma = 1e4 / 4096 * 12 / 1.3273, 50e-9 / 8.6e-3 * 2000 / 132.73 * 1e4
    assert record[c.RESPONSE_hPa] == math.ceil(10 * sigma + code + 0.002 * 5e4)


POLICY = (c.POLICY_THRESHOLD_uA, c.POLICY_DWELL_ms, c.POLICY_CHARGE_hPa, c.POLICY_CHARGE_hPa_per_mA,
          c.POLICY_DISCHARGE_hPa, c.POLICY_DISCHARGE_hPa_per_mA)  # fmt: skip


def test_a_policy_in_the_units_of_the_file():
    """1.327 cm2: 0.02 mA/cm2 are 26.5 uA; 5 MPa per mA/cm2 are 37,672 hPa per mA."""
    keys = {"policy_charge_MPa": -0.3, "policy_discharge_MPa_per_mA_per_cm2": 5.0}
    shown = {
        policy: [scaling.configuration(die(policy=policy, **keys))[key] for key in POLICY]
        for policy in ("constant", "two_level", "window")
    }
    assert shown["constant"] == [0, 10000, 0, 0, 0, 0]
    assert shown["two_level"] == [27, 10000, -3000, 0, 5000, 0]
    assert shown["window"] == [27, 10000, -3000, 0, 5000, 37670]
