"""The wiring file as it is shipped, on pins that are not there: what it builds, and which records it takes."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from controller.fields import ACTUATOR_KIND
from controller.vocabulary import record
from firmware.wiring import pico as wiring
from hil.experiment_file import load
from hil.run import checked_configuration

EXAMPLES = Path(__file__).parents[2] / "examples"
STEPPER, REGULATOR, OVER_FORCE = 1, 2, 1048576
# A campaign is no experiment; the profile of one is not shipped, and nothing else of it bears on the wiring.
OTHERS = {"campaign.toml"}


class Pin:
    """A pin of the Pico: driven, or open and pulled up."""

    IN, OUT, PULL_UP = 0, 1, 2
    made: dict[int, "Pin"]

    def __init__(self, number, mode=IN, pull=None, value=None):
        self.number, self.mode, self.pull, self.level = number, mode, pull, value
        Pin.made[number] = self

    def __call__(self, level=None):
        if level is None:
            return self.level if self.level is not None else int(self.pull == self.PULL_UP)
        self.level = level
        return None


@pytest.fixture
def built(monkeypatch):
    """``built(kind)``: the wiring's machine."""
    monkeypatch.setattr(Pin, "made", {}, raising=False)
    pwm = SimpleNamespace(duty_u16=lambda duty: None)
    adc = SimpleNamespace(read_u16=lambda: 32776)
    machine, pulser = ModuleType("machine"), ModuleType("firmware.drivers.pulser_pio")
    vars(machine).update(
        Pin=Pin, ADC=lambda pin: adc, PWM=lambda pin, **_: pwm, disable_irq=lambda: 0, enable_irq=lambda state: None
    )
    vars(pulser).update(PioPulser=lambda *_: SimpleNamespace(emit=lambda *_: 1, abort=lambda: None))
    monkeypatch.setitem(sys.modules, "machine", machine)
    monkeypatch.setitem(sys.modules, "firmware.drivers.pulser_pio", pulser)
    dog = SimpleNamespace(turn=lambda: None, begin=lambda: None, end=lambda: None, feed=lambda now: None)
    return lambda kind=STEPPER: wiring.build(kind, dog)


def controlled():
    """Examples with something to control, by their record."""
    found = {}
    for path in sorted(EXAMPLES.glob("*.toml")):
        if path.name not in OTHERS:
            words = ["protocol.steps.0.profile=profiles/dst.csv"] if path.name == "us06_die.toml" else []
            found[path.name] = checked_configuration(load(path, words))
    return {name: config for name, config in found.items() if config}


RECORDS = controlled()


@pytest.mark.parametrize("name", RECORDS)
def test_the_record_of_every_controlled_example_is_what_the_shipped_wiring_can_do(built, name):
    config = RECORDS[name]
    machine = built()
    assert machine.adopt(config) == 0, f"misfit {machine.misfit}: the wiring has {machine.bound}"
    assert machine.kind == config[ACTUATOR_KIND]


def test_there_are_examples_of_both_kinds_of_actuator():
    assert {config[ACTUATOR_KIND] for config in RECORDS.values()} == {STEPPER, REGULATOR}


@pytest.mark.parametrize(("bits", "taken"), [(11, False), (12, True), (13, False), (16, False)])
def test_a_press_of_another_width_is_refused(built, bits, taken):
    config = checked_configuration(load(EXAMPLES / "press_pneumatic.toml", [f"actuator.bits={bits}"]))
    machine = built()
    assert (machine.adopt(config) == 0) == taken
    assert taken or machine.bound == 4095


@pytest.mark.parametrize(("wired", "ms"), [(10, 100), (80, 12)])
def test_the_period_of_the_record_is_that_of_the_wired_amplifier(built, monkeypatch, wired, ms):
    monkeypatch.setattr(wiring, "RATE_Hz", wired)
    for period in (100, 12):
        config = record(SAMPLE_ms=period, TICK_ms=10, SPEED_counts_per_tick=1)
        assert (built().adopt(config) == 0) == (period == ms)


@pytest.mark.parametrize("pin", [None, 13])
def test_an_over_force_comparator_is_read_where_one_is_wired(built, monkeypatch, pin):
    """Pulled up: a wire that is off reads as over."""
    monkeypatch.setattr(wiring, "COMPARATOR", pin)
    machine = built()
    for number in (wiring.RETRACT, wiring.COMPRESS, wiring.STOP):
        Pin.made[number].level = 0
    frame = [0] * 9
    machine.sense(frame)
    assert frame[5] == (0 if pin is None else OVER_FORCE)
    if pin is not None:
        Pin.made[pin].level = 0
        frame = [0] * 9
        machine.sense(frame)
        assert frame[5] == 0
