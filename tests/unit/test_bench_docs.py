"""The bench's page and its figure say what the code does; every number that is arithmetic is worked out again here."""

import math
import re
import runpy
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from controller.frames import TRIPS
from controller.vocabulary import CONDITIONS
from firmware.host.microbit import LEFT_OFF
from firmware.wiring import pico as wiring
from hil.bench import GATHERED, HELP
from hil.boards.selection import BOARDS
from hil.session import RECORDS

DOCS = Path(__file__).parents[2] / "docs"
BENCH = (DOCS / "bench.md").read_text(encoding="utf-8")
HIL = (DOCS / "hardware-in-the-loop.md").read_text(encoding="utf-8")
PROSE = " ".join(BENCH.split())
HIL_PROSE = " ".join(HIL.split())
SVG = DOCS / "figures" / "pico_wiring.svg"
SIGNALS = {
    "HX711 SCK": wiring.SCK, "HX711 DOUT": wiring.DOUT, "STEP": wiring.STEP, "DIR": wiring.DIR,
    "ENABLE": wiring.ENABLE, "retract limit": wiring.RETRACT, "compress limit": wiring.COMPRESS,
    "e-stop": wiring.STOP, "charge permit": wiring.CHARGE, "discharge permit": wiring.DISCHARGE,
    "regulator PWM": wiring.REGULATOR, "current": wiring.CURRENT,
}  # fmt: skip
# Where the Pico's data sheet has each GPIO among the pins 1 to 40.
PIN_OF = {
    0: 1, 1: 2, 2: 4, 3: 5, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12, 10: 14, 11: 15, 12: 16, 13: 17, 14: 19, 15: 20,
    16: 21, 17: 22, 18: 24, 19: 25, 20: 26, 21: 27, 22: 29, 26: 31, 27: 32, 28: 34,
}  # fmt: skip
DIE_mm2 = math.pi / 4 * 13**2
POUCH_mm2 = 2500.0
AREAS = {"13 mm die": DIE_mm2, "5 x 5 cm pouch": POUCH_mm2}


def table(text, first):
    """Rows of the table whose header begins with ``first``, as lists of cells."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    assert rows
    return rows


def number(cell):
    """The first number in a cell."""
    return float(re.search(r"[\d.]+", cell)[0])


def close(cell, value):
    """Whether a cell is ``value``, rounded as it is written."""
    written = re.search(r"[\d.]+", cell)[0]
    step = 10.0 ** -len(written.partition(".")[2])
    return abs(float(written) - value) <= 0.501 * step


# --- wiring -------------------------------------------------------------------------------------------------------


def test_the_wiring_table_has_every_signal_on_its_pin():
    rows = {row[2]: (int(row[0]), row[1]) for row in table(BENCH, "pin")}
    assert rows == {name: (PIN_OF[gpio], f"GP{gpio}") for name, gpio in SIGNALS.items()}


def test_every_pin_of_the_wiring_file_is_in_the_table():
    assigned = {value for name, value in vars(wiring).items() if name.isupper() and name in PINS_BY_NAME}
    assert assigned == set(SIGNALS.values())
    assert len(set(SIGNALS.values())) == len(SIGNALS)


PINS_BY_NAME = {
    "SCK", "DOUT", "STEP", "DIR", "ENABLE", "RETRACT", "COMPRESS", "STOP", "CHARGE", "DISCHARGE", "REGULATOR", "CURRENT"
}  # fmt: skip


def test_safe_levels_are_those_of_the_wiring_file():
    rows = {row[2]: row for row in table(BENCH, "pin")}
    assert wiring.ENABLE_LEVEL == 0
    assert rows["ENABLE"][4].startswith("high")
    assert wiring.COMPRESS_LEVEL == 1
    assert rows["DIR"][4] == "low: decompress"
    assert wiring.VENT_AT_ZERO == 1
    assert "vents" in rows["regulator PWM"][6]
    assert "10 conversions a second, as the wiring file has it" in PROSE
    assert wiring.RATE_Hz == 10


def test_the_relief_valve_of_a_press_opens_at_the_supply_of_the_hard_limit():
    """Of the shipped press: 8 MPa on the die, through its piston."""
    row = next(row for row in table(BENCH, "part") if row[0] == "relief valve")
    piston_mm2 = 1200.0
    assert "8 MPa on the die, piston of 12 cm2" in row[2]
    assert close(row[2].split("12 cm2:")[1], 8.0 * DIE_mm2 / piston_mm2 - 0.005), "rounded down: at it or below"


def test_the_page_names_the_flags_and_the_width_of_the_wiring_file():
    assert f"`actuator.bits = {wiring.REGULATOR_BITS}`" in PROSE
    assert f"PWM of {2**wiring.REGULATOR_BITS} codes" in PROSE
    assert "`VENT_ON_STOP = 1`" in PROSE
    assert "`COMPARATOR = 13` in the wiring file is GP13, pin 17" in PROSE
    assert PIN_OF[13] == 17
    assert 13 not in SIGNALS.values()


def texts(path):
    """(y, words) of every text in a figure."""
    found = re.findall(r'<text [^>]*?(?:translate\(|x="[\d.]+" y=")([\d. ,-]+)[^>]*>([^<]*)</text>', path.read_text())
    return sorted((float(place.replace(",", " ").split()[-1]), words) for place, words in found)


def test_the_figure_is_what_its_script_draws_today(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    script = runpy.run_path(str(DOCS / "figures" / "draw_pico_wiring.py"))
    script["main"](tmp_path / "again.svg")
    assert {words for _, words in texts(tmp_path / "again.svg")} == {words for _, words in texts(SVG)}


def test_the_figure_names_each_signal_at_its_pin():
    seen = texts(SVG)
    for name, gpio in SIGNALS.items():
        pin, label = PIN_OF[gpio], f"GP{gpio}"
        words = f"{pin} {label}" if pin <= 20 else f"{label} {pin}"
        (height,) = [y for y, what in seen if what == words]
        # The name stands just above the wire, nearer to its own pin than to the next.
        assert any(what == name and 0 < height - y < 16 for y, what in seen), f"{name} is not at pin {pin}"


# --- what the page explains ---------------------------------------------------------------------------------------


def commands():
    """Every command of the bench's help, as it is typed."""
    found = []
    for line in HELP.splitlines():
        typed = re.split(r"\s{2,}|(?<=[A-Z0]) (?=[a-z])", line)[0]
        found += [one.strip() for one in typed.split(",")]
    return found


def test_every_command_of_the_bench_is_explained():
    explained = {row[0].strip("`") for row in table(BENCH, "command")}
    assert {"arm", "jog UM", "jog 0", "calibrate NEWTON", "quit"} <= set(commands())
    assert explained == {*commands(), "help"}


def test_every_condition_is_explained_in_the_words_of_the_screen():
    rows = {row[0]: row[1:] for row in table(BENCH, "reason")}
    assert list(rows) == [name for name, _, _ in CONDITIONS.values()]
    for name, meaning, advice in CONDITIONS.values():
        assert rows[name][0] == meaning
        assert rows[name][1].startswith(advice)


def test_numbers_of_trips_are_those_of_the_hello():
    shown = re.search(r"`trips`: (.*?)\)", BENCH, re.S)[1]
    pairs = re.findall(r"(\d+)\s+([A-Z_]+)", shown)
    assert {int(bit): name for bit, name in pairs} == {b: n for b, (n, _, _) in CONDITIONS.items() if b & TRIPS}


def test_every_fate_of_a_record_is_named():
    rows = {int(row[0]): row[1] for row in table(BENCH, "`record`")}
    assert rows == RECORDS


def test_times_and_sizes_are_those_of_the_firmware():
    from firmware import messages, store
    from firmware.drivers import watchdog
    from firmware.drivers.stepper import Stepper

    class Still:
        def abort(self):
            pass

    assert messages.LINK_ms == 300
    assert "without one for 300 ms" in PROSE
    assert watchdog.MOST_ms == 500
    assert "resets the board 500 ms after" in PROSE
    assert wiring.LEAST_FREE == 16 * 1024
    assert "16 KB of heap" in PROSE
    assert store.SIZE == 235
    assert "235 bytes" in PROSE
    motor = Stepper(Still(), None, wiring.ENABLE_LEVEL, wiring.COMPRESS_LEVEL, wiring.PULL_IN_Hz, wiring.SETUP_us)
    assert motor.most(100) == 595
    assert BENCH.count("595") == 1


def test_the_current_sense_reads_what_the_page_says():
    for numerator, most_mA, step_uA in ((wiring.CURRENT_NUMERATOR, 80, 40), (258, 8, 4)):
        for end in (wiring.CURRENT_LOW, wiring.CURRENT_HIGH):
            reach = abs(end - wiring.CURRENT_ZERO) * numerator / wiring.CURRENT_DENOMINATOR / 1000
            assert most_mA <= reach < 1.02 * most_mA
        assert round(16 * numerator / wiring.CURRENT_DENOMINATOR) == step_uA
    assert "reads +-80 mA in steps of 40 uA; 10 ohm reads +-8 mA in steps of 4 uA" in PROSE
    assert 0.25 * DIE_mm2 / 100 == pytest.approx(0.33, abs=0.005)
    assert 0.25 * 25 * 10 == 62.5


# --- arithmetic ---------------------------------------------------------------------------------------------------


def test_force_is_pressure_times_area():
    for cell, setpoint, force, rating, used, hard, most in table(BENCH, "cell"):
        newtons = number(setpoint) * AREAS[cell]
        limit = min(1.6 * number(setpoint), 100)
        assert close(force, newtons)
        assert close(used, newtons / number(rating) / 10)
        assert close(hard, limit)
        assert close(most, limit * AREAS[cell])
        assert newtons < 0.9 * 1000 * number(rating)
    assert close("132.7", DIE_mm2)
    assert 75 * DIE_mm2 > 0.9 * 10_000
    assert "9955 N is 99.5 % of it" in PROSE
    assert close("99.5", 75 * DIE_mm2 / 100)


def test_load_cells_noise_and_error():
    at_rating = 2e-3 * 128 * 2 * 2**23
    noise = 50e-9 / (4.3 / 128 / 2**24)
    assert close("4.295", at_rating / 1e6)
    assert round(noise) == 25
    for rating, cell, per_N, rms, error_N, error in table(BENCH, "load cell"):
        newtons = 1000 * number(rating)
        assert close(per_N, at_rating / newtons)
        assert close(rms, noise / (at_rating / newtons) / AREAS[cell] * 1000)
        assert close(error_N, 0.0003 * newtons)
        assert close(error, 0.0003 * newtons / AREAS[cell] * 1000)
    for least, rating in ((4.7, 2000), (58, 25_000)):
        assert close(str(least), 10_000 / (at_rating / rating))
        assert f"{least:g} N on" in PROSE or f"{least:g} N on one" in PROSE


def test_springs():
    for spring, alone, framed, step, travel in table(BENCH, "spring"):
        k = number(spring)
        series = 1 / (1 / k + 1 / 30)
        assert close(alone, k / DIE_mm2 * 1000)
        assert close(framed, series / DIE_mm2 * 1000)
        assert close(step, series / DIE_mm2 * 1000 * 0.31)
        assert close(travel, 5 * DIE_mm2 / series)
    series = 1 / (1 / 2 + 1 / 30)
    assert "566 um past touching" in PROSE
    assert close("566", 8 * DIE_mm2 / series)
    assert "is 0.11 J" in PROSE
    assert close("0.11", (5 * DIE_mm2) ** 2 / 2 / 2e6)
    assert close("0.14", series / DIE_mm2 * 10)
    # A reversal waits for 1.5 counts: what the page calls held.
    assert 1.5 * series / DIE_mm2 * 0.31 < 0.01


def test_screws_and_motors():
    hard = {row[0] + ", " + row[1]: number(row[6]) for row in table(BENCH, "cell")}
    for which, lead, pulses, gear, step, at_screw, at_motor, rate in table(BENCH, "for"):
        per_turn = number(pulses) * number(gear)
        torque = hard[which] * number(lead) / 1000 / (2 * math.pi * 0.2)
        assert close(step, 1000 * number(lead) / per_turn)
        assert close(at_screw, torque)
        assert close(at_motor, torque / (number(gear) * 0.7) if number(gear) > 1 else torque)
        count, speed = map(float, re.findall(r"\d+", rate))
        assert count * 1000 * number(lead) / per_turn == pytest.approx(speed, rel=0.01)


def test_calibration_numbers():
    assert GATHERED == 20
    assert "averages 20 readings" in PROSE
    assert "20 kg are 196 N" in PROSE
    assert close("196.2", 20 * 9.81)
    assert "must show 1.48 MPa" in PROSE
    assert close("1.48", 20 * 9.81 / DIE_mm2)
    assert "it would be 18.8" in PROSE
    assert close("18.8", POUCH_mm2 / DIE_mm2)
    noise_kPa = 25 / 2147.5 / DIE_mm2 * 1000
    assert "bring 0.09 kPa of noise to 0.02 kPa" in PROSE
    assert close("0.09", noise_kPa)
    assert close("0.02", noise_kPa / math.sqrt(20))
    assert "0.4 N (3 kPa) and 1 kPa" in PROSE
    assert close("3", 0.0002 * 2000 / DIE_mm2 * 1000)
    assert close("1", 0.0002 * 5000)


def test_pull_up_of_the_enable_wins_over_the_chip():
    assert "holds ENABLE at 3.0 V" in PROSE
    assert close("3.0", 3.3 * 50 / (50 + 4.7))
    assert 3.3 / 50 < 0.07


def test_steps_of_the_bring_up_are_numbered_without_a_gap():
    numbers = [int(row[0]) for row in table(BENCH, "step")]
    assert numbers[0] == 1
    assert all(b - a == 1 for a, b in pairwise(numbers))


def test_the_first_hold_is_accepted_and_its_top_speed_is_the_one_stated():
    from hil.experiment_file import load
    from hil.run import checked_configuration
    from twin.errors import InputError

    die = DOCS.parent / "examples" / "die_13mm.toml"
    assert checked_configuration(load(die, ("setpoint_MPa=1", "speed_um_per_s=15")))
    with pytest.raises(InputError, match=r"below 15\.2$"):
        load(die, ("setpoint_MPa=1", "speed_um_per_s=50"))
    assert "up to 132 s" in PROSE
    assert close("132", 0.99 * 2000 / 15)


# --- hardware in the loop -----------------------------------------------------------------------------------------


def test_every_board_has_its_row():
    names = [row[0].strip("`").removesuffix("PORT") for row in table(HIL, "board")]
    assert names == list(BOARDS)


def test_what_a_microbit_does_without_is_listed():
    listed = ", ".join(row[0].replace("`", "") for row in table(HIL, "left off"))
    assert listed == ", ".join(LEFT_OFF)


def test_what_the_page_says_of_boards_holds():
    from hil import realtime
    from hil.boards import pico
    from hil.emulated import rp2040

    assert "ISOSTACK_RP2040_UF2" in HIL_PROSE
    assert rp2040.IMAGE == "ISOSTACK_RP2040_UF2"
    assert f"v{rp2040.VERSION}" in HIL_PROSE
    assert pico.SHORTEST_TICK_ms == 20
    assert "a tick under 20 ms" in HIL_PROSE
    assert realtime.BEHIND_s == 0.25
    assert "begins 250 ms late" in HIL_PROSE
