"""Every promise S1 to S16 has a property on the filter, on the controller and in the closed loop, or a reason."""

import ast
import inspect
from pathlib import Path

import frame_sequences
import pytest
from frame_sequences import Witness

TESTS = Path(__file__).parents[1]
ANY = "property/test_controller_safety.py::test_S1_to_S4_and_S13_to_S16_hold_for_any_sequence"
DEEP = "property/test_filter_deep.py::test_S1_to_S4_and_S13_to_S16_of_the_filter"
LOOP = "property/test_closed_loop_machine.py::test_anything_in_any_order"
JUDGED = {"filter": DEEP, "controller": ANY, "loop": LOOP}
# Where the witness is the judge, all three levels show it to him.
PROMISES = dict.fromkeys(("S1", "S2", "S3", "S4", "S13", "S14", "S15", "S16"), JUDGED) | {
    "S5": {
        "filter": "reason: it takes four messages by name, and no others can reach it; their bounds: the pairwise rows",
        "controller": "property/test_controller_safety.py::test_S5_what_is_not_listed_changes_nothing",
        "loop": LOOP,
    },
    "S6": {
        "filter": "reason: it knows no operator's tare",
        "controller": "property/test_controller_safety.py::test_S6_limits_do_not_move_with_the_operator_tare",
        "loop": LOOP,
    },
    "S7": {
        "filter": "property/test_filter_deep.py::test_S7_the_filter_stays_tripped_after_a_watchdog_until_reset",
        "controller": "property/test_controller_safety.py::test_S7_after_a_watchdog_reset_tripped_until_reset",
        "loop": LOOP,
    },
    "S8": {
        "filter": "property/test_filter_deep.py::test_S8_no_intermediate_of_the_filter_leaves_31_bits",
        "controller": "property/test_controller_safety.py::test_S8_for_any_configuration_that_passes",
        "loop": "property/test_closed_loop_machine.py::test_what_the_machines_saw_replays_bit_for_bit",
    },
    "S9": {
        "filter": "reason: a part of the tick",
        "controller": "conformance/test_allocation.py::test_no_tick_allocates_under_a_locked_heap",
        "loop": "conformance/test_allocation.py::test_no_turn_of_a_board_allocates",
    },
    "S10": {
        "filter": "reason: its whole state is watched with the controller's",
        "controller": "conformance/test_conformance.py::test_outputs_and_state_are_those_of_cpython",
        "loop": "property/test_closed_loop_machine.py::test_what_the_machines_saw_replays_bit_for_bit",
    },
    "S11": {
        "filter": "reason: it integrates nothing",
        "controller": "property/test_controller_law.py::test_S11_the_integral_is_bounded",
        "loop": "property/test_controller_law.py::test_S11_a_blocked_actuator_does_not_wind_up",
    },
    "S12": {
        "filter": "reason: the response check stands beside it; that its verdict latches and holds: the controller's",
        "controller": ANY,
        "loop": "property/test_controller_response.py::test_an_actuator_that_does_nothing_trips",
    },
}
LEVELS = ("filter", "controller", "loop")


def named_in(path):
    return {node.name for node in ast.parse((TESTS / path).read_text()).body if isinstance(node, ast.FunctionDef)}


def test_no_promise_is_left_out():
    assert set(PROMISES) == {f"S{i}" for i in range(1, 17)}
    assert all(tuple(levels) == LEVELS for levels in PROMISES.values())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", PROMISES)
def test_the_promise_has_a_property_that_is_there_or_a_reason(name, level):
    said = PROMISES[name][level]
    if said.startswith("reason: "):
        assert len(said) > 20
        return
    path, test = said.split("::")
    assert test in named_in(path)


@pytest.mark.parametrize("name", [name for name, levels in PROMISES.items() if ANY in levels.values()])
def test_the_witness_judges_the_promise(name):
    text = inspect.getsource(getattr(Witness, name))
    assert f'"{name}: ' in text
    assert f"self.{name}" in inspect.getsource(Witness.see)


def test_limits_are_restated_not_imported():
    for module in (frame_sequences, "restated_limits", "loop_rig", "test_filter_deep", "test_filter_pairwise"):
        path = Path(__file__).with_name(f"{module}.py") if isinstance(module, str) else Path(module.__file__)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("controller"):
                assert {a.name for a in node.names} <= {"Controller", "SafetyFilter"}, path.name
