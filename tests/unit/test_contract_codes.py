"""Every number of the board contract (docs/contracts.md), restated: boards, hosts and old logs all go by them."""

from pathlib import Path

from controller import frames as f
from controller import vocabulary

CONTRACT = Path(__file__).parents[2] / "docs" / "contracts.md"

SENSOR = ["TIME_ms", "COUNTS", "SAMPLE", "SENSE", "CURRENT_uA", "SWITCHES", "MESSAGE", "KEY", "VALUE"]
COMMAND = ["MOVE", "POSITION", "OUTPUTS", "STATE", "FAULTS", "BLOCKS", "EVENT", "PRESSURE_hPa", "SETPOINT_hPa"]
MESSAGES = ["NONE", "ARM", "DISARM", "RESET", "TARE", "SETPOINT", "PARAMETER", "CONFIRM", "JOG", "HOME"]
STATES = ["IDLE", "ARMED", "TRIPPED"]
EVENTS = ["NONE", "DONE", "UNKNOWN", "BOUNDS", "STATE", "BLOCKED", "CAUSE", "SENSOR", "RULE", "LOOSER"]
BITS = {
    "LOAD_INVALID": 1, "CURRENT_INVALID": 2,
    "RETRACT_LIMIT": 1, "COMPRESS_LIMIT": 2, "STOP_PRESSED": 4, "LINK_LOST": 8, "OVER_FORCE": 1048576,
    "PERMIT_CHARGE": 1, "PERMIT_DISCHARGE": 2, "ENERGISED": 4,
}  # fmt: skip
CONDITIONS = [
    "LIMITS", "OVER", "STOP", "LINK", "SENSOR", "STALE", "CLOCK", "STUCK", "WATCHDOG", "SELF_TEST", "WARN", "CURRENT",
    "POSITION", "SOFT", "NO_LOAD", "CONFIG", "CHECKSUM", "SAMPLES", "TRIPPED", "RESPONSE",
    "FORCE", "CONTACT",
]  # fmt: skip
THAT_TRIP = [*CONDITIONS[:10], "RESPONSE", "FORCE"]
THAT_ONLY_WARN = ["WARN", "CURRENT", "POSITION", "CONTACT"]
# In the order of their words.
LAST = ["RESPONSE", "FORCE", "CONTACT", "TRIPPED"]


def test_frames_are_laid_out_as_the_contract_says():
    assert [getattr(f, name) for name in SENSOR] == list(range(9))
    assert [getattr(f, name) for name in COMMAND] == list(range(9))
    page = CONTRACT.read_text(encoding="utf-8")
    for names in (SENSOR, COMMAND):
        assert all(f"| {i} `{name}` |" in page for i, name in enumerate(names))


def test_a_new_frame_is_nine_zeros():
    assert f.new_sensor_frame() == f.new_command_frame() == [0] * 9
    assert f.new_sensor_frame() is not f.new_sensor_frame()


def test_codes_are_numbered_as_the_contract_says():
    assert [getattr(f, f"M_{name}") for name in MESSAGES] == list(range(10))
    assert [getattr(f, name) for name in STATES] == list(range(3))
    assert [getattr(f, f"E_{name}") for name in EVENTS] == list(range(10))
    assert {name: getattr(f, name) for name in BITS} == BITS


def test_conditions_are_one_bit_each_and_sorted_by_what_they_do():
    bits = {name: getattr(f, f"C_{name}") for name in CONDITIONS}
    assert bits == {name: 2**i for i, name in enumerate(CONDITIONS)}
    assert sum(bits[name] for name in THAT_TRIP) == f.TRIPS
    assert sum(bits[name] for name in THAT_ONLY_WARN) == f.WARNINGS


def test_every_code_has_its_word():
    assert vocabulary.names(2**22 - 1) == [name for name in CONDITIONS if name not in LAST] + LAST
    assert [vocabulary.EVENTS[i][0] for i in range(10)] == EVENTS
    assert [vocabulary.STATES[i] for i in range(3)] == [name.lower() for name in STATES]
    assert len(vocabulary.MESSAGES) == len(MESSAGES)


def test_every_answer_of_the_records_check_has_its_words():
    assert vocabulary.explain(0) == "fit to run"
    assert sorted(vocabulary.RULES) == list(range(63, 76))
    assert vocabulary.explain(63) == "the record has the wrong length"
    assert vocabulary.explain(1) == "FORMAT is not within 3 to 3"
    assert vocabulary.explain(2) == "ACTUATOR_KIND is not within 1 to 2"
    assert vocabulary.explain(53) == "CHECKSUM is not within 0 to 65535"
