"""A board on its own pins, with an operator at the host: what was said, what came back, and the rows of the log."""

import math
from collections.abc import Callable, Sequence
from datetime import date as calendar
from typing import NamedTuple

from controller import vocabulary
from controller.configuration import check
from controller.fields import CHECKSUM
from controller.frames import (
    ARMED,
    BLOCKS,
    C_SELF_TEST,
    COUNTS,
    E_BLOCKED,
    E_DONE,
    EVENT,
    M_ARM,
    M_CONFIRM,
    M_DISARM,
    M_HOME,
    M_JOG,
    M_RESET,
    M_SETPOINT,
    M_TARE,
    POSITION,
    SAMPLE,
    SENSE,
    STATE,
    CURRENT_uA,
    PRESSURE_hPa,
    SETPOINT_hPa,
    TIME_ms,
)
from firmware import messages as m
from hil.calibration import calibrated, check_area, with_calibration_of
from hil.experiment_file import Experiment
from hil.scaling import counts_to_pressure_of, hPa_per_MPa
from hil.session import RECORDS, Hello, RefusedError, Session, Telemetry
from hil.transport import LinkLostError
from twin.errors import InputError

ALIVE_S = 0.1
LISTEN_S = 0.02
SILENT_S = 2.0
"""Without telemetry for so long, ask whether the board is still in its mode."""
GATHERED = 20
"""Conversions that make one point of a calibration: noise falls by more than four."""
PLAIN = {"arm": M_ARM, "disarm": M_DISARM, "reset": M_RESET, "tare": M_TARE, "home": M_HOME}
HELP = """\
arm, disarm, reset   take over, let go, leave a trip once its cause is gone
setpoint MPA         the pressure to hold; may be changed while armed
hold                 hold the pressure there is
stop                 emergency stop (also the Esc key)
jog UM, jog 0        move when disarmed, + compresses; end it
home                 decompress to the retract switch: position known from there
confirm UM           the screw stands there, on your word
tare                 show pressure from the present load; limits do not move
calibrate zero       first point: nothing on the load cell
calibrate NEWTON     second point: this force on it; stores the record with today's date
wait SECONDS         before the next line, in scripts
quit                 disarm and end
"""


class Note(NamedTuple):
    """A line for the operator."""

    text: str
    bad: bool = False


class Bench:
    """One operator's hold of a board in mode bench. Call `step` again and again.

    Attributes
    ----------
    latest : Telemetry or None
        The board's last tick.
    notes : list of Note
        What was done and answered, oldest first.
    done : bool
        The operator has quit.
    keep : callable
        Takes every row, in the order of `hil.columns`.
    """

    def __init__(
        self,
        session: Session,
        experiment: Experiment,
        record: Sequence[int],
        *,
        clock: Callable[[], float],
        today: calendar,
        recalibrate: bool = False,
    ) -> None:
        """``record``: the file's configuration; ``clock`` [s]; ``today`` dates a calibration.

        ``recalibrate``: leave the board's calibration aside; nothing is armed before there is another.
        """
        self._uncalibrated = recalibrate
        self._session, self._file, self._clock = session, experiment.schema, clock
        self._told_at = clock()
        self.keep: Callable[..., None] = lambda *_: None
        self._today = today
        self._wanted = list(record)
        self._alive_at = -math.inf
        self._resume_at = -math.inf
        self._asked = ""
        self._gather: list[int] | None = None
        self._sample = -1
        self._gathered: Callable[[float], None] = lambda _: None
        self._zero: float | None = None
        self._started_ms: int | None = None
        self._passed_ms = 0
        self._last_ms = 0
        self._rows = 0
        self.latest: Telemetry | None = None
        self.notes: list[Note] = []
        self.done = False
        self.hello: Hello = session.hello()
        self.configuration = list(record)

    # --- begin and end ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Bring the file's configuration to the board, under the calibration it has, and enter mode bench.

        Raises
        ------
        InputError
            If the board refuses.
        """
        stored = self.hello.record == m.R_GOOD
        if self._uncalibrated:
            self._note("the kept calibration is left aside: calibrate before arming", bad=True)
        elif stored:
            kept = self._session.configuration()
            check_area(kept, self._wanted)
            self._wanted = with_calibration_of(self._wanted, kept)
            code = check(self._wanted)
            if code:
                raise InputError(
                    f"{self._file.title or 'file'}: with the board's calibration: {vocabulary.explain(code)}: "
                    "calibrate again, or change the file"
                )
        else:
            self._note(f"stored record: {RECORDS[self.hello.record]}: calibrate before arming", bad=True)
        self.configuration = list(self._wanted)
        # A board whose stored record does not fit its wiring says why once it is given one.
        if self._wanted[-1] != self.hello.checksum or self.hello.found & C_SELF_TEST:
            self._configure(self._wanted, self.hello.date if stored and not self._uncalibrated else 0)
        self._enter()

    def _configure(self, record: Sequence[int], date: int) -> None:
        try:
            lack = self._session.configure(record, date)
        except RefusedError as refusal:
            raise InputError(f"the board did not take the configuration: {refusal}") from refusal
        if lack:
            raise InputError(f"the board's wiring cannot do this file: {lack}")
        self.configuration = list(record)

    def _enter(self) -> None:
        self.hello = self._session.enter(m.BENCH)
        if self.hello.checksum != self.configuration[CHECKSUM]:
            raise InputError("the board keeps another configuration: a trip is latched: reset it under the file it has")
        if self.hello.mode != m.BENCH:
            raise InputError("the board stays out of mode bench: end what else talks to it, or reset it")

    def quit(self) -> None:
        """Disarm, and let the board's last ticks come in."""
        if self.latest is not None and self.latest.command[STATE] == ARMED:
            self._say("disarm", M_DISARM)
            for _ in range(50):
                self.step()
                if self.latest.command[STATE] != ARMED:
                    break
        self.done = True

    # --- time ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Listen for a moment, keep what came, give a sign of life when one is due."""
        try:
            if self._clock() - self._alive_at >= ALIVE_S:
                self._alive_at = self._clock()
                self._session.request(m.H_ALIVE)
            self._session.listen(LISTEN_S)
        finally:  # what came before the link broke is kept
            while self._session.telemetry:
                self._told_at = self._clock()
                self._take(self._session.telemetry.popleft())
        if self._clock() - self._told_at > SILENT_S:
            self._told_at = self._clock()
            if self._session.hello().mode != m.BENCH:
                raise LinkLostError("the board was reset: read its record with `isostack firmware info`, begin again")

    @property
    def ready(self) -> bool:
        """Whether the next line of a script may be read."""
        idle = not self._asked and self._gather is None
        return idle and self._clock() >= self._resume_at

    def _take(self, tick: Telemetry) -> None:
        self.latest = tick
        self.keep(*self._row(tick))
        event = tick.command[EVENT]
        if event and self._asked:
            self._answered(event, tick.command)
        fresh = tick.sensor[SAMPLE] != self._sample
        self._sample = tick.sensor[SAMPLE]
        if self._gather is not None and fresh and not tick.sensor[SENSE] & 1:
            self._gather.append(tick.sensor[COUNTS])
            if len(self._gather) >= GATHERED:
                mean, self._gather = sum(self._gather) / len(self._gather), None
                self._gathered(mean)

    def _row(self, tick: Telemetry) -> tuple[float, ...]:
        """A row of the log: no plant, so what only a plant knows is not a number; true pressure is the measured."""
        sensor, command = tick
        if self._started_ms is None:
            self._started_ms = self._last_ms = sensor[TIME_ms]
        self._passed_ms += (sensor[TIME_ms] - self._last_ms) & 0x3FFFFFFF
        self._last_ms = sensor[TIME_ms]
        self._rows += 1  # one step, by hand, that goes on until the end
        unknown = math.nan
        measured = counts_to_pressure_of(self.configuration, sensor[COUNTS])
        return (
            self._passed_ms / 1000, unknown, sensor[CURRENT_uA] * 1e-6, measured, unknown, unknown, 1, 1, self._rows, 1,
            measured, command[SETPOINT_hPa] * (1e6 / hPa_per_MPa), unknown, unknown, unknown,
            command[POSITION] * self.um_per_count * 1e-6, *sensor, *command,
        )  # fmt: skip

    @property
    def um_per_count(self) -> float:
        """Travel of one actuator count [um]; of a regulator, nothing."""
        return self._file.actuator.microstep_um if self._file.actuator.kind == "stepper" else math.nan

    # --- what the operator says ---------------------------------------------------------------------------------

    def command(self, line: str) -> None:
        """Act on a line; what comes of it appears in `notes`."""
        words = line.split()
        if not words:
            return
        try:
            self._act(words[0].lower(), words[1:])
        except (InputError, RefusedError) as error:
            self._note(f"{line.strip()}: {error}", bad=True)

    def _act(self, verb: str, rest: list[str]) -> None:
        if verb == "arm" and self._uncalibrated:
            raise InputError("calibrate first: `calibrate zero`, then `calibrate NEWTON`")
        if verb in PLAIN and not rest:
            self._say(verb, PLAIN[verb])
        elif verb == "stop" and not rest:
            self._session.request(m.H_STOP)
            self._note("emergency stop sent")
        elif verb == "setpoint":
            self._say(verb, M_SETPOINT, round(_number(rest, "MPa") * hPa_per_MPa))
        elif verb == "hold" and not rest:
            self._hold()
        elif verb in ("jog", "confirm"):
            if self._file.actuator.kind != "stepper":
                raise InputError("this actuator has no position: for a stepper only")
            counts = round(_number(rest, "um") / self.um_per_count)
            self._say(verb, M_JOG if verb == "jog" else M_CONFIRM, counts)
        elif verb == "calibrate":
            self._calibrate(rest)
        elif verb == "wait":
            self._resume_at = self._clock() + _number(rest, "s")
        elif verb == "help":
            self.notes += [Note(text) for text in HELP.splitlines()]
        elif verb == "quit" and not rest:
            self.quit()
        else:
            raise InputError("not understood: type help")

    def _say(self, verb: str, message: int, value: int = 0) -> None:
        if not -(1 << 30) < value < 1 << 30:
            raise InputError("out of bounds")
        self._session.say(message, 0, value)
        self._asked = verb

    def _hold(self) -> None:
        if self.latest is None:
            raise InputError("no telemetry yet")
        self._say("hold", M_SETPOINT, self.latest.command[PRESSURE_hPa])

    def _answered(self, event: int, command: Sequence[int]) -> None:
        verb, self._asked = self._asked, ""
        self._note(f"{verb}: {vocabulary.EVENTS[event][1]}", bad=event != E_DONE)
        if event == E_BLOCKED:
            for text in blocking(command[BLOCKS]):
                self._note(f"  {text}", bad=True)

    def _calibrate(self, rest: list[str]) -> None:
        if self.latest is not None and self.latest.command[STATE] == ARMED:
            raise InputError("not while armed: disarm first")
        if rest == ["zero"]:
            self._gather, self._gathered = [], self._take_zero
        elif self._zero is None:
            raise InputError("take the first point first: `calibrate zero`, with nothing on the load cell")
        else:
            force = _number(rest, "N")
            self._gather, self._gathered = [], lambda counts: self._finish_calibration(counts, force)
        self._note(f"gathering {GATHERED} conversions: leave the load alone")

    def _take_zero(self, counts: float) -> None:
        self._zero = counts
        self._note(f"first point: {counts:.0f} counts at no load; now `calibrate NEWTON` under a known force")

    def _finish_calibration(self, counts: float, force: float) -> None:
        """Store the record of the two points; the board starts over with it, disarmed."""
        assert self._zero is not None
        try:
            made = calibrated(self.configuration, self._zero, counts, force, self._file.cell.area_m2)
            self._configure(made, int(self._today.strftime("%Y%m%d")))
            self._enter()
        except InputError as error:
            self._note(str(error), bad=True)
            return
        self._uncalibrated = False
        self._note(f"stored: {force:g} N is {counts - self._zero:.0f} counts; the position is to be confirmed again")

    def _note(self, text: str, *, bad: bool = False) -> None:
        self.notes.append(Note(text, bad))


def blocking(bits: int) -> list[str]:
    """Every reason that blocks arming, in words, with what to do."""
    return [f"{name}: {what}: {do}" for bit, (name, what, do) in vocabulary.CONDITIONS.items() if bits & bit]


def _number(words: list[str], unit: str) -> float:
    try:
        (word,) = words
        value = float(word)
    except ValueError:
        raise InputError(f"give one number [{unit}]") from None
    if not math.isfinite(value):
        raise InputError(f"give a finite number [{unit}]")
    return value
