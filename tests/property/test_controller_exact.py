"""The whole controller, every command frame to the last bit, against the controller restated from its documents."""

import pytest
from frame_sequences import SEQUENCES, frames
from hypothesis import given, settings
from hypothesis import strategies as st
from restated_controller import RestatedController
from restated_limits import ARMED, DIE, MESSAGE, PARAMETER, POUCH, REGULATOR, SELF_TEST, WATCHDOG, WATCHED, record

from controller.controller import Controller
from controller.core import Core

BASES = st.sampled_from(
    [
        DIE,
        POUCH,
        REGULATOR,
        WATCHED,
        WATCHED | {"response_play": 0, "response_hPa": 1, "response": 256, "policy_dwell": 0, "slew": 7},
        DIE | {"slew": 10000, "kp": 64, "setpoint_max": 50000, "tare_limit": 10, "backlash": 0, "lag": 30, "feed": 7},
    ]
)
# Parameters have properties of their own: after one, another record is in force.
RECORDS_OF_CORE = (4, 6, 8, 9)


@settings(max_examples=500, deadline=None)
@given(base=BASES, found=st.sampled_from([0, 0, 0, WATCHDOG, SELF_TEST]), sequence=SEQUENCES)
def test_the_controller_does_what_its_documents_say(base, found, sequence):
    real, words = Controller(record(base), found), RestatedController(base, found)
    command = [0] * 9
    for frame in frames(sequence, base):
        if frame[MESSAGE] == PARAMETER:
            frame[MESSAGE] = 0
        real.tick(frame, command)
        assert command == words.tick(frame)


@settings(max_examples=150, deadline=None)
@given(base=st.sampled_from([DIE, POUCH, REGULATOR]), sequence=SEQUENCES)
def test_the_core_does_what_its_documents_say(base, sequence):
    """The core knows neither policy nor response check; in these configurations both are off."""
    real, words = Core(record(base), 0), RestatedController(base)
    command = [0] * 9
    for frame in frames(sequence, base):
        if frame[MESSAGE] in RECORDS_OF_CORE:
            frame[MESSAGE] = 0
        real.tick(frame, command)
        assert command == words.tick(frame)


@pytest.mark.parametrize("base", [DIE, WATCHED, REGULATOR], ids=["die", "watched", "regulator"])
def test_S9_every_attribute_is_there_from_the_start(base):
    """An attribute made in a tick would allocate."""

    def names():
        core = real.core
        return [set(vars(part)) for part in (real, core, core.filter, core.law, real.response, real.policy)]

    real, states = Controller(record(base)), set()
    first = names()
    for frame in frames((True, [("hold", 0, 9, 0), ("setpoint", 0, 1, 4), ("jog", 0, 1, 0)]), base):
        real.tick(frame, [0] * 9)
        states.add(real.core.filter.state)
    assert ARMED in states
    assert names() == first
