"""The person at the bench: confirms, sets the setpoint, arms, one message at a time, and then keeps quiet."""

from hypothesis import given
from hypothesis import strategies as st

from hil.operator import Operator

# Restated from docs/contracts.md.
NONE, ARM, SETPOINT, CONFIRM, JOG, HOME = 0, 1, 5, 7, 8, 9
POSITION = 4096  # a condition: where the screw stands is not known
IDLE, ARMED, TRIPPED = 0, 1, 2
DONE = 1


def answer(state=IDLE, blocks=0, event=0, faults=0):
    return [0, 0, 0, state, faults, blocks, event, 0, 0]


def talk(operator, answers):
    """Messages sent, each followed by an answer."""
    sent = []
    for command in answers:
        sent.append(operator.message)
        operator.see(command)
    return sent


def kinds(messages):
    return [kind for kind, _, _ in messages]


def test_position_then_setpoint_then_arm():
    operator = Operator(50_000, confirm=True)
    done = answer(event=DONE)
    sent = talk(operator, [answer(), done, done, answer(), answer(state=ARMED, event=DONE), answer(state=ARMED)])
    assert sent == [(NONE, 0, 0), (CONFIRM, 0, 0), (SETPOINT, 0, 50_000), (NONE, 0, 0), (ARM, 0, 0), (NONE, 0, 0)]


def test_a_refused_message_is_sent_again():
    operator = Operator(50_000, confirm=True)
    sent = talk(operator, [answer()] + [answer(event=4)] * 5 + [answer(event=DONE), answer()])
    assert kinds(sent) == [NONE] + [CONFIRM] * 6 + [SETPOINT]


def test_without_a_screw_nothing_is_confirmed():
    sent = talk(Operator(50_000, confirm=False), [answer(), answer(event=DONE), answer()])
    assert CONFIRM not in kinds(sent)
    assert sent[1] == (SETPOINT, 0, 50_000)


def test_arming_waits_until_nothing_blocks():
    operator = Operator(50_000, confirm=False)
    sent = talk(operator, [answer(blocks=1), answer(blocks=1, event=DONE)] + [answer(blocks=1)] * 20 + [answer()] * 2)
    assert ARM not in kinds(sent)[:-1]
    assert kinds(sent)[-1] == ARM


def test_homing_waits_for_the_position_before_it_arms():
    operator = Operator(50_000, confirm=False, home=True)
    away = [answer(faults=POSITION, event=DONE)] * 3 + [answer(faults=POSITION)] * 20
    sent = kinds(talk(operator, [answer(faults=POSITION), *away, answer(), answer()]))
    assert sent[:3] == [NONE, HOME, SETPOINT]
    assert sent[3:-1] == [NONE] * (len(sent) - 4)
    assert sent[-1] == ARM


def test_homed_it_jogs_back_to_short_of_where_it_was_assembled():
    """Again where a jog ended on the way; armed from afar it would spend its approach budget."""
    operator = Operator(50_000, confirm=False, home=True, short=40)
    there = [answer(faults=POSITION), answer(faults=POSITION, event=DONE), answer(faults=POSITION, event=DONE)]
    for place, move in ((-3000, 0), (-2990, 10), (-1000, 0), (-40, 5), (-40, 0)):
        command = answer()
        command[1], command[0] = place, move
        there.append(command)
    sent = talk(operator, [*there, answer()])
    assert [one for one in sent if one[0] == JOG] == [(JOG, 0, 2960), (JOG, 0, 960)]
    assert kinds(sent)[-1] == ARM


answers = st.lists(
    st.builds(answer, st.sampled_from([IDLE, IDLE, IDLE, ARMED, TRIPPED]), st.integers(0, 3), st.integers(0, 8)),
    max_size=40,
)


@given(answers, st.booleans())
def test_it_only_ever_sends_its_three_messages_in_order(script, confirm):
    sent = [kind for kind in kinds(talk(Operator(50_000, confirm=confirm), script)) if kind]
    order = [CONFIRM, SETPOINT, ARM]
    assert [order.index(kind) for kind in sent] == sorted(order.index(kind) for kind in sent)


@given(answers, st.sampled_from([ARMED, TRIPPED]), st.booleans())
def test_once_armed_or_tripped_it_has_nothing_more_to_say(script, state, confirm):
    """The loop stops asking; a message that is left would be sent for ever."""
    operator = Operator(50_000, confirm=confirm)
    talk(operator, script)
    operator.see(answer(state=state))
    assert operator.message == (NONE, 0, 0)
    assert not operator.waiting
