"""The wire of an emulated micro:bit, with a time that only goes on when the wire lets it."""

from hil.emulated.qemu import Machine

STEP_ms = 10  # longest time for an answer, when one is due
HOLD_bytes = 32  # half the board's receive buffer
DRAIN_ms = 8  # more than it takes to read so many


class SteppedWire:
    """As `hil.emulated.hosted.HostedWire`, for `faulty_link.FaultyWire`: ``now`` is the board's own clock [ms].

    Setting ``now`` forward lets the board run so far, with the next ``receive``.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        machine.pause()
        self.now = machine.now()
        self.unread = 0

    def send(self, data):
        """A byte lost to a full buffer is no fault that was asked for: a long message takes its time, as on a wire."""
        for start in range(0, len(data), HOLD_bytes):
            part = data[start : start + HOLD_bytes]
            if self.unread:
                self.now = max(self.now, self.machine.now() + DRAIN_ms)
                self.held += self.run(until=self.now, stop=False)
            self.machine.write(part)
            self.unread += len(part)

    held = b""

    def receive(self, timeout_s):
        """What the board answers, as soon as it is whole; nothing once its clock has come to ``now``."""
        until = max(self.now, self.machine.now() + STEP_ms) if self.unread else self.now
        data, self.held = self.held, b""
        return data + self.run(until, stop=True)

    def run(self, until, *, stop):
        machine, data = self.machine, b""
        if machine.now() < until:
            with machine.running():
                while machine.now() < until:
                    data += machine.read(timeout_s=0)
                    if stop and data and len(data) >= data[0]:
                        break
        data += machine.read(timeout_s=0)
        self.unread = 0
        self.now = max(self.now, machine.now())
        return data

    def clock(self, time_ms):
        """Ticks take the board no time but what they take."""

    def close(self):
        self.machine.close()
