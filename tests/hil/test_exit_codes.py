"""How a run ends, told three times alike: by the exit code, by one line on stderr, and by the log."""

import json

import pytest
from command_line import ALONE, BRIEF, DIE, HALF, SHORT, isostack, logs, sets

from hil.log import read

LOG = "die_13mm.bdf.parquet"


def outcome(folder):
    return read(folder / LOG).outcome


# --- 0: done -------------------------------------------------------------------------------------------------------


def test_0_when_the_protocol_is_complete(tmp_path):
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*BRIEF))
    assert ran.code == 0
    told = outcome(tmp_path)
    # 0.02 h of charge and 0.01 h of discharge at 0.25 mA/cm2, on 1.327 cm2.
    assert told.pop("discharge_capacity_Ah") == pytest.approx(-0.01 * 0.25e-3 * 1.327, rel=0.01)
    assert told == {
        "exit_code": 0,
        "reason": "protocol complete",
        "trip_cause": [],
        "blocks": [],
        "violations": [],
        "not_checked": [],
    }


# --- 3: safety -----------------------------------------------------------------------------------------------------

# The room cools by 45 K, the frame shrinks, and the screw has 1 um to give way: pressure climbs over the hard limit.
SQUEEZED = (
    ALONE,
    "protocol.steps.0.for_h=2.0",
    "thermal_minutes=0.1",
    "ambient.steps.0.at_h=0.002",
    "ambient.steps.0.temperature_C=-20.0",
    "travel_um=[-1.0, 1.0]",
    "speed_um_per_s=7.0",
    "warn_MPa=5.2",
    "soft_limit_MPa=5.3",
    "hard_limit_MPa=5.45",
    "charge_window_MPa=[4.0, 5.4]",
    "discharge_window_MPa=[4.0, 5.4]",
)


def test_3_when_pressure_goes_over_the_hard_limit(tmp_path):
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*SQUEEZED))
    assert ran.code == 3
    assert "the controller tripped" in ran.reason
    assert "OVER" in ran.reason
    told = outcome(tmp_path)
    assert told["exit_code"] == 3
    assert told["reason"] == "the controller tripped"
    assert "OVER" in told["trip_cause"]


def test_3_when_a_tripped_run_is_stopped_early(tmp_path):
    """Regression: stop_after_h within the 30 s after a trip ended a tripped run with 0."""
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*SQUEEZED, "stop_after_h=0.01"))
    assert ran.code == 3
    assert "OVER" in outcome(tmp_path)["trip_cause"]


def test_3_leaves_the_safe_state_in_the_log(tmp_path):
    """After the trip no current flows and no permit is given, to the last row."""
    isostack("run", DIE, "--out", tmp_path, *sets(*SQUEEZED))
    log = read(tmp_path / LOG)
    tripped = log["command_state"] == 2
    first = int(tripped.argmax())
    assert tripped[first:].all()
    assert (log["command_outputs"][first:] & 3 == 0).all()
    assert (log["Current / A"][first:] == 0).all()
    # The hard limit came first, seen on six conversions in a row.
    assert (log["command_pressure_hPa"][first - 5 : first + 1] >= 54_500).all()
    assert (log["command_pressure_hPa"][: first - 5] < 54_500).all()


def test_3_when_permits_never_come(tmp_path):
    """Assembled at 3 MPa with 10 um of travel, the frame never reaches the window round 5 MPa."""
    never = (ALONE, "preload_MPa=3.0", "setpoint_MPa=5.0", "travel_um=[-10.0, 10.0]", "open_limit_h=0.02")
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*never))
    assert ran.code == 3
    assert "permits stayed low for 72 s" in ran.reason
    assert outcome(tmp_path)["exit_code"] == 3
    assert outcome(tmp_path)["reason"] == "permits stayed low for 72 s"
    assert (read(tmp_path / LOG)["Current / A"] == 0).all()


def test_3_when_the_controller_cannot_be_armed(tmp_path):
    """Assembled over the soft limit: arming stays blocked, the operator gives up, and the log names the block.

    Pins: its figure, without a setpoint in any row, ended in a traceback.
    """
    ran = isostack("run", DIE, "--out", tmp_path, *sets(ALONE, "preload_MPa=6.8", "setpoint_MPa=5.0"))
    assert ran.code == 3
    assert "could not be armed" in ran.reason
    told = outcome(tmp_path)
    assert (told["exit_code"], told["reason"]) == (3, "the controller could not be armed")
    assert "SOFT" in told["blocks"]


def test_3_when_the_cell_leaves_its_voltage_limits(tmp_path):
    """The cycler's own limit ends a run before the step that drives towards it does."""
    limits = (ALONE, "protocol.upper_V=3.6", "protocol.steps=[{charge_mA_per_cm2=5.0, for_h=5}]")
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*limits))
    assert ran.code == 3
    assert "limit 3.6 V" in ran.reason
    assert outcome(tmp_path)["exit_code"] == 3
    assert outcome(tmp_path)["reason"] in ran.reason


# --- 4: simulation -------------------------------------------------------------------------------------------------


def test_4_when_the_model_comes_to_its_limit(tmp_path):
    """Charged past the last lithium of the cathode, with no voltage limit in the way."""
    beyond = (
        ALONE,
        "state_of_charge=0.97",
        "protocol.upper_V=10.0",
        "protocol.steps.0.until_V=9.9",
        "protocol.steps.0.charge_mA_per_cm2=2.0",
    )
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*beyond))
    assert ran.code == 4
    told = outcome(tmp_path)
    assert told["exit_code"] == 4
    assert told["reason"].startswith("the model came to its limit: ")
    assert told["reason"] in ran.reason


def test_the_worst_code_of_a_comparison_is_its_own(tmp_path):
    swept = ("travel_um=[-1.0, 1.0]", *SQUEEZED)
    ran = isostack("compare", DIE, "--out", tmp_path, *sets(*swept, "hard_limit_MPa=5.45,5.5"))
    assert ran.code == 3
    assert len([name for name in logs(tmp_path) if name.endswith(".parquet")]) == 2


# --- 2: bad input --------------------------------------------------------------------------------------------------

TEXT = DIE.read_text()

# What is given with --set -> what the one line has to hold.
REFUSED = {
    "unknown key": ("control.setpoint_Mpa=5", ["control.setpoint_Mpa", "unknown key", "setpoint_MPa"]),
    "unknown bare key": ("sping_N_per_mm=5", ["sping_N_per_mm", "spring_N_per_mm"]),
    "ambiguous key": ("tick_s=0.1", ["tick_s", "run.tick_s", "compare.tick_s"]),
    "a section for a key": ("control=5", ["control"]),
    "no equals sign": ("setpoint_MPa", ["setpoint_MPa", "key=value"]),
    "not TOML": ("setpoint_MPa=5,,", ["setpoint_MPa=5,,"]),
    "index past the end": ("protocol.steps.9.for_h=1", ["protocol.steps.9", "0 to 2"]),
    "wrong type, text": ("setpoint_MPa='five'", ['control.setpoint_MPa = "five"', "a number"]),
    "wrong type, bool": ("setpoint_MPa=true", ["control.setpoint_MPa = true", "a number"]),
    "wrong type, part of a sample": ("debounce_samples=1.5", ["control.debounce_samples = 1.5", "whole number"]),
    "wrong type, array": ("travel_um=5", ["actuator.travel_um = 5", "array"]),
    "below bounds": ("setpoint_MPa=0.01", ["control.setpoint_MPa = 0.01", "0.05", "75"]),
    "above bounds": ("load_cell_kN=2000", ["sensor.load_cell_kN = 2000", "0.01", "1000"]),
    "negative": ("frame_N_per_um=-30", ["fixture.frame_N_per_um = -30", "0.5", "5000"]),
    "not a number": ("setpoint_MPa=nan", ["control.setpoint_MPa = nan", "finite"]),
    "infinite": ("preload_MPa=inf", ["fixture.preload_MPa = inf", "finite"]),
    "minus infinity": ("ambient.temperature_C=-inf", ["ambient.temperature_C = -inf", "finite"]),
    "unknown choice": ("fixture.kind='clamp'", ['fixture.kind = "clamp"', "fixed_gap"]),
    "unknown parameter set": ("parameter_set='LFP'", ["parameter_set", "LFP", "NMC811_LPSCl_Li"]),
    "two areas": ("cell.area_cm2=2.0", ["cell", "exactly one of diameter_mm and area_cm2"]),
    "an actuator that does not fit": ("actuator.kind='regulator'", ["actuator"]),
    "two actions": ("protocol.steps.0.charge_C=0.1", ["protocol.steps.0", "charge_C", "contradict"]),
    "a rest that ends by voltage": ("protocol.steps.1.until_V=4.0", ["protocol.steps.1", "until_V"]),
    "limits in the wrong order": ("warn_MPa=7.0", ["warn_MPa = 7", "soft_limit_MPa = 6.5"]),
    "setpoint outside its window": ("charge_window_MPa=[5.5, 6.0]", ["charge_window_MPa", "setpoint_MPa = 5"]),
    "too fast for the limits": ("speed_um_per_s=500.0", ["actuator.speed_um_per_s = 500", "must be below"]),
    "too much for the load cell": ("load_cell_kN=0.5", ["control.setpoint_MPa = 5", "load cell"]),
    "part of a millisecond": ("run.tick_s=0.0015", ["tick_s = 0.0015", "millisecond"]),
    "tick and sample apart": ("run.tick_s=0.07", ["run.tick_s = 0.07", "sample period"]),
    "ambient out of order": (
        "ambient.steps=[{ at_h = 2, temperature_C = 20 }, { at_h = 1, temperature_C = 30 }]",
        ["ambient", "order of time"],
    ),
    "an empty protocol": ("protocol.steps=[]", ["protocol.steps", "empty"]),
    "a profile that is not there": (
        "protocol.steps=[{ profile = 'none.csv', positive_current = 'charge' }]",
        ["protocol.steps.0.profile", "none.csv"],
    ),
    "a profile without its sign": (
        "protocol.steps=[{ profile = 'none.csv' }]",
        ["protocol.steps.0", "positive_current"],
    ),
    "an unknown log format": ("log.formats=['xls']", ["log.formats", "xls", "parquet"]),
    "an unknown companion": ("compare.fixtures=['clamp']", ["compare.fixtures", "clamp", "fixed_gap"]),
}


def refused(ran, *words):
    """One line that holds these words, exit code 2."""
    assert ran.code == 2
    assert len(ran.lines) == 1, ran.err
    for word in words:
        assert word in ran.reason, ran.reason


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED)
def test_2_for_what_set_brings_in(tmp_path, given, said):
    ran = isostack("run", DIE, "--out", tmp_path / "out", "--set", given)
    refused(ran, *said)
    assert logs(tmp_path / "out") == []
    assert ran.out == ""


# Old text, new text, what the line has to hold besides the file.
MISTAKES = {
    "missing key": ("load_cell_kN = 2.0", "", ["sensor.load_cell_kN", "missing"]),
    "missing section": ("[sensor]\nload_cell_kN = 2.0", "", ["sensor", "missing"]),
    "missing format": ("format = 1\n", "", ["format", "missing"]),
    "another format": ("format = 1\n", "format = 2\n", ["format = 2", "format 1"]),
    "misspelt section": ("[control]", "[controll]", ["controll", "control"]),
    "key given twice": ("seed = 1", "seed = 1\nseed = 2", ["TOML", "line"]),
    "unfinished line": ("seed = 1", "seed = ", ["TOML", "line"]),
    "wrong bracket": ("[control]", "[control", ["TOML", "line"]),
    "wrong type": ("seed = 1", 'seed = "one"', ['run.seed = "one"', "whole number"]),
    "not a number": ("preload_MPa = 5.0", "preload_MPa = nan", ["fixture.preload_MPa = nan"]),
    "a spring for a fixed gap": ('kind = "actuated_spring"', 'kind = "fixed_gap"', ["fixture", "spring_N_per_mm"]),
}


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES.values(), ids=MISTAKES)
def test_2_for_what_the_file_says(tmp_path, old, new, said):
    file = tmp_path / "cell [bold].toml"  # brackets are no markup
    assert old in TEXT
    file.write_text(TEXT.replace(old, new, 1))
    refused(isostack("run", file, "--out", tmp_path / "out"), str(file), *said)
    assert logs(tmp_path / "out") == []


# Bytes of a file that is none.
UNREADABLE = {
    "empty": (b"", "empty"),
    "blank": (b" \n\t\n", "empty"),
    "only a comment": (b"# nothing\n", "format"),
    "not UTF-8": (TEXT.encode() + b"# \xff\n", "UTF-8"),
    "binary": (bytes(range(256)), "UTF-8"),
    "UTF-16": (TEXT.encode("utf-16"), "UTF-8"),
    "not TOML": (b"<xml/>", "TOML"),
}


@pytest.mark.parametrize(("content", "said"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("command", ["check", "run", "compare"])
def test_2_for_a_file_that_cannot_be_read(tmp_path, monkeypatch, command, content, said):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "cell.toml"
    file.write_bytes(content)
    refused(isostack(command, file), str(file), said)
    assert logs(tmp_path) == ["cell.toml"]


@pytest.mark.parametrize("command", ["check", "run", "compare", "plot", "recover"])
def test_2_for_a_file_that_is_not_there(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    refused(isostack(command, "nowhere.toml"), "nowhere.toml")
    assert logs(tmp_path) == []


@pytest.mark.parametrize("command", ["check", "run", "compare"])
def test_2_for_a_directory(tmp_path, command):
    refused(isostack(command, tmp_path), str(tmp_path), "directory")


# Text of a profile, what the line has to hold.
PROFILES = {
    "time runs backwards": ("time [s],current [A]\n0,1\n2,1\n1,1\n", ["time"]),
    "missing column": ("Test Time / s,Voltage / V\n0,1\n1,1\n", ["Current / A"]),
    "one column": ("time [s]\n0\n1\n", ["column"]),
    "no rows": ("time [s],current [A]\n", ["rows"]),
    "empty": ("", ["empty"]),
    "not a number": ("time [s],current [A]\n0,1\n1,nan\n", ["line 3"]),
    "a word": ("time [s],current [A]\n0,1\n1,high\n", ["line 3"]),
}


@pytest.mark.parametrize(("text", "said"), PROFILES.values(), ids=PROFILES)
def test_2_for_a_bad_profile(tmp_path, text, said):
    (tmp_path / "load.csv").write_text(text)
    file = tmp_path / "cell.toml"
    step = 'profile = "load.csv"\npositive_current = "discharge"\nrepeat = 3\n'
    head, _, tail = TEXT.partition("[[protocol.steps]]")
    file.write_text(head + "[[protocol.steps]]\n" + step + tail[tail.index("[control]") :])
    refused(isostack("run", file, "--out", tmp_path / "out"), str(file), "protocol.steps.0.profile", "load.csv", *said)
    assert logs(tmp_path / "out") == []


@pytest.mark.parametrize("command", ["run", "compare"])
def test_2_for_an_unknown_engine(tmp_path, command):
    refused(isostack(command, DIE, "--out", tmp_path / "out", "--engine", "fortran"), "fortran", "auto, c or vm")
    assert logs(tmp_path / "out") == []


def test_2_for_an_out_that_is_a_file(tmp_path):
    (tmp_path / "out").write_text("mine")
    refused(isostack("run", DIE, "--out", tmp_path / "out", *sets(*BRIEF)), str(tmp_path / "out"), "--out")
    assert (tmp_path / "out").read_text() == "mine"


def test_2_for_an_out_in_a_place_without_folders():
    refused(isostack("run", DIE, "--out", "/proc/isostack", *sets(*BRIEF)), "/proc/isostack")


def test_2_for_a_journal_of_that_name(tmp_path):
    """What a killed run left is not lost to the next one, not even with --force."""
    (tmp_path / "die_13mm.journal.arrows").write_text("mine")
    for force in ([], ["--force"]):
        ran = isostack("run", DIE, "--out", tmp_path, *sets(*BRIEF), *force)
        refused(ran, str(tmp_path / "die_13mm.journal.arrows"), "recover")
    assert logs(tmp_path) == ["die_13mm.journal.arrows"]


def test_2_for_a_log_of_that_name(tmp_path):
    (tmp_path / LOG).write_text("mine")
    refused(isostack("run", DIE, "--out", tmp_path, *sets(*BRIEF)), str(tmp_path / "die_13mm"), "--force")
    assert logs(tmp_path) == [LOG]
    assert (tmp_path / LOG).read_text() == "mine"


def test_2_when_a_companions_log_is_in_the_way(tmp_path):
    """Pins: it was found after the first run, which was then lost for its table and figure."""
    (tmp_path / "die_13mm-spring.bdf.parquet").write_text("mine")
    companions = f"compare.fixtures={json.dumps(['spring'])}"
    ran = isostack("run", DIE, "--out", tmp_path, *sets(*SHORT, HALF, companions))
    assert ran.code == 2
    assert "die_13mm-spring" in ran.reason
    assert logs(tmp_path) == ["die_13mm-spring.bdf.parquet"]
