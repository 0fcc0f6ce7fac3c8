"""A closed loop that tests drive by hand: the real plant, sensors, actuator, cycler and board, one tick at a time.

Every frame that the controller sees, from the host or made by the board itself, and what came back, is shown to a
`Witness`, which raises when a promise is broken; the loop itself watches the plant's true pressure.
"""

from functools import cache
from pathlib import Path

from fake_board import FakeBoard, Files
from frame_sequences import Witness
from restated_controller import loosens
from restated_limits import (
    ARMED,
    DONE,
    EVENT,
    FIELDS,
    MESSAGE,
    MOVE,
    NAMES,
    OUTPUTS,
    PARAMETER,
    STATE,
)  # fmt: skip

from controller.controller import Controller
from hil import run
from hil.cycler import Cycler
from hil.experiment_file import load
from hil.session import RefusedError, Session
from hil.transport import LinkLostError

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTLED = ("cell.state_of_charge=0.5", "protocol.steps.1.rest_h=1", "control.stuck_samples=20")
FILES = {
    "stepper": (EXAMPLES / "die_13mm.toml", SETTLED),
    "regulator": (EXAMPLES / "press_pneumatic.toml", (SETTLED[0], SETTLED[2])),
}
HIL = 2
# Written while it runs: none that changes what a count or a millisecond means.
WRITABLE = ("soft", "warn", "margin", "setpoint_max", "hysteresis", "healthy", "accel", "retreat", "tare_limit",
            "charge_max", "discharge_min", "debounce", "kp", "ki")  # fmt: skip


@cache
def parts(kind):
    """What is built once: the loop of an example file, its record by name, and its plant as it starts."""
    experiment = load(*FILES[kind])
    loop = run.build_loop(experiment, lambda *row: None)
    record = run.checked_configuration(experiment)
    return experiment, loop, dict(zip(NAMES, record, strict=False)), record, loop.plant.state


class RecordWitness(Witness):
    """A witness that also knows what a parameter written does to the limits, and which ones a message may write."""

    def __init__(self, base, found=0):
        super().__init__(base, found)
        self.stored = base

    def manual_move(self, s, c):
        if s[MESSAGE] == PARAMETER and c[EVENT] == DONE:
            name = NAMES[s[7]]
            assert self.last[STATE] == 0, "S5: a parameter written when not idle"
            assert FIELDS[name][0] <= s[8] <= FIELDS[name][1], "S5: a parameter out of its bounds"
            moving = self.left or self.phase
            assert not moving, "S5: a parameter written in a manual move"
            assert not loosens(name, self.stored[name], s[8]), "S5: a parameter looser than the stored record's"
            self.b = self.b | {name: s[8]}
            # No sample counts that was judged by another record.
            self.valid, self.age, self.healthy, self.level = False, 10**6, 0, 0
            if not self.known:
                self.place(self.b["travel_max"])
        super().manual_move(s, c)


class Direct:
    """A board in this process."""

    def __init__(self, record, see, found=0):
        self.controller = Controller(list(record), found)
        self.see = see

    def exchange(self, frame):
        command = [0] * 9
        self.controller.tick(frame, command)
        self.see(frame, command)
        return command

    def pass_time(self, ms):
        pass


class Linked:
    """The firmware's App behind a wire that may be bad, its record in files that outlive the power."""

    def __init__(self, record, see, files, now):
        self.board = FakeBoard(files=files, now=now)
        self.see, self.wire, self.lost = see, None, 0
        self.elapsed = 0
        session = self.session = Session(self, timeout_s=0.02, tries=3)
        session.enter(0)
        session.configure(record, 20260101)
        assert session.enter(HIL).mode == HIL
        self.watch()

    def watch(self):
        """Every tick of the App's controller is seen, whoever asked for it."""
        controller = self.board.app.controller
        tick = controller.tick

        def seen(sensor, command):
            tick(sensor, command)
            self.see(list(sensor), list(command))

        controller.tick = seen

    # A transport, whose time is the board's.

    def send(self, data):
        self.board.send(self.wire.carry(self.elapsed, data) if self.wire else data)

    def receive(self, timeout_s):
        data = self.board.receive(0)
        if not data:
            self.pass_time(round(timeout_s * 1000))
            data = self.board.receive(0)
        return data

    def close(self):
        pass

    def pass_time(self, ms):
        self.elapsed += ms
        self.board.wait(ms)
        if self.wire:
            self.board.send(self.wire.carry(self.elapsed, b""))

    def exchange(self, frame):
        """The command, or None where none came."""
        self.pass_time(100)
        try:
            return list(self.session.tick(frame))
        except (LinkLostError, RefusedError):
            self.lost += 1
            return None


class Rig:
    """The closed loop; ``board`` is "direct" or "linked"."""

    def __init__(self, kind, board, found=0):
        self.experiment, self.loop, self.base, self.record, start = parts(kind)
        self.kind, self.board_kind = kind, board
        self.loop.plant.state = start
        self.actuator = run._actuator(self.experiment)
        file = self.experiment.schema
        self.load_cell = run.LoadCell(file.sensor, 1, file.fixture.preload_MPa * 1e6 * file.cell.area_m2)
        self.sense = run.CurrentSense(file.sensor, 1)
        self.phase(1)
        self.out = (3.7, 0.0, 0.0, file.fixture.preload_MPa * 1e6 * file.cell.area_m2)
        self.time, self.files = 0, Files()
        self.sessions = []
        self.lied = False
        self.boot(found)

    def boot(self, found=0):
        """A board powered up anew: the screw stays where it stands, the controller knows nothing."""
        base = self.base
        found = found if self.board_kind == "direct" else 0
        self.witness = RecordWitness(base, found)
        self.sessions.append((list(self.record), found, []))
        self.command = [0] * 9
        if self.board_kind == "direct":
            self.board = Direct(self.record, self.see, found)
        else:
            self.board = Linked(self.record, self.see, self.files, self.time)

    def see(self, frame, command):
        assert all(-(2**30) < x < 2**30 for x in command), "S8: a command leaves 31 bits"
        self.witness.see(list(frame), list(command))
        self.sessions[-1][2].append((list(frame), list(command)))

    def phase(self, n):
        """Charge, rest or discharge from now on."""
        file, values = self.experiment.schema, self.loop.plant.values
        phases = self.experiment.phases()
        self.cycler = Cycler(
            [phases[n % len(phases)]],
            capacity_Ah=file.cell.capacity_Ah,
            lower_V=values["Lower voltage cut-off [V]"],
            upper_V=values["Upper voltage cut-off [V]"],
        )

    def tick(self, message=(0, 0, 0), *, dt=None, spoil=None, switches=0):
        """One tick; ``spoil`` changes the sensor frame; the command, or None where no answer came."""
        ms = self.loop.tick_ms
        self.time = (self.time + (ms if dt is None else dt)) % 2**30
        self.load_cell.read(self.out[3], self.loop.room.temperature, ms)
        frame = [self.time, self.load_cell.counts, self.load_cell.sample, 0, self.sense.read(self.out[1]),
                 self.actuator.switches | switches, *message]  # fmt: skip
        if spoil is not None:
            spoil(frame)
        answer = self.board.exchange(frame)
        if answer is None:
            self.lied = True  # what the board moved meanwhile has not reached the plant
            answer = [0, *self.command[1:]]
            answer[OUTPUTS] = 0
        self.command = answer
        self.actuator.move(answer[MOVE])
        permits = answer[OUTPUTS]
        mode, value = self.cycler.decide(ms / 1000, self.out[0], self.out[1], permits & 1 != 0, permits & 2 != 0)
        plant = self.loop.plant
        u = plant.inputs_memory
        u[mode], u[1 - mode], u[3] = 1.0, 0.0, value
        u[4], u[5], u[6], u[7], u[8] = (
            self.actuator.position,
            self.actuator.supply,
            self.loop.room.temperature,
            0.0,
            0.0,
        )
        self.out = plant.advance(ms / 1000)
        self.cycler.account(ms / 1000, self.out[1] * ms / 1000, self.out[0], self.out[1])
        return answer

    @property
    def hPa(self):
        """The plant's true pressure."""
        return self.out[2] / 100

    def armed(self):
        return self.command[STATE] == ARMED
