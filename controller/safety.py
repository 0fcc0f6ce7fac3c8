"""The safety filter between law and actuator: nothing reaches the actuator round it (S1-S6, S13-S16)."""

from controller.fields import (
    ACTUATOR_KIND,
    STOP_VENTS,
    ACCEL_counts_per_tick2,
    CHARGE_MAX_hPa,
    CHARGE_MIN_hPa,
    DEBOUNCE_samples,
    DISCHARGE_MAX_hPa,
    DISCHARGE_MIN_hPa,
    HARD_hPa,
    HEALTHY_samples,
    JUMP_hPa,
    PERMIT_HYSTERESIS_hPa,
    PERMIT_OFF_ms,
    RETREAT_MARGIN_hPa,
    RETREAT_TRAVEL_counts,
    SOFT_hPa,
    SPEED_counts_per_tick,
    STALE_ms,
    STUCK_samples,
    TARE_LIMIT_hPa,
    TICK_ms,
    TRAVEL_MAX_counts,
    TRAVEL_MIN_counts,
    WARN_hPa,
)
from controller.frames import (
    ARMED,
    C_CLOCK,
    C_CURRENT,
    C_FORCE,
    C_LIMITS,
    C_LINK,
    C_NO_LOAD,
    C_OVER,
    C_POSITION,
    C_RESPONSE,
    C_SAMPLES,
    C_SELF_TEST,
    C_SENSOR,
    C_SOFT,
    C_STALE,
    C_STOP,
    C_STUCK,
    C_TRIPPED,
    C_WARN,
    C_WATCHDOG,
    COMPRESS_LIMIT,
    COUNTS,
    CURRENT_INVALID,
    E_BLOCKED,
    E_BOUNDS,
    E_CAUSE,
    E_DONE,
    E_STATE,
    ENERGISED,
    IDLE,
    LOAD_INVALID,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    RETRACT_LIMIT,
    SAMPLE,
    SENSE,
    SWITCHES,
    TRIPPED,
    TRIPS,
    WARNINGS,
    TIME_ms,
)
from controller.scale import scale


class SafetyFilter:
    """Judges every frame, holds the state machine, and cuts every move; boots into no output.

    Each tick calls ``observe``, at most one of ``arm``, ``disarm``, ``reset``, ``confirm``, then ``actuate``.
    """

    def __init__(self, config: list[int], found: int) -> None:
        """``config`` passes its check; ``found`` holds the condition bits found at boot (0 none)."""
        self.config = config
        self.standing = found & ~C_WATCHDOG
        self.latched = found & (C_WATCHDOG | C_SELF_TEST)
        self.state = TRIPPED if self.latched else IDLE
        self.active = 0
        self.time = 0
        self.dt = 0
        self.age = 1048576
        self.sample = -1
        self.counts = 0
        self.same = 0
        self.fresh = 0
        self.valid = 0
        self.bad = 0
        self.over = 0
        self.healthy = 0
        self.cell = 0
        self.pressure = 0
        self.odd = 0
        self.switches = 0
        self.charge_wait = 1 + config[PERMIT_OFF_ms]
        self.discharge_wait = self.charge_wait
        self.move = 0
        self.position = 0
        self.retreat = 0
        self.outputs = 0
        if config[ACTUATOR_KIND] == 1:
            # S16: the screw may stand anywhere at boot, so all decompression is open to it.
            self.position = config[TRAVEL_MAX_counts]
            self.standing |= C_POSITION

    def observe(self, sensor: list[int]) -> None:
        """Takes in one sensor frame: time, sample, switches; latches trips before anything else acts."""
        stale = self.config[STALE_ms]
        time = sensor[TIME_ms] & 0x3FFFFFFF
        dt = (time - self.time) & 0x3FFFFFFF
        if dt > stale:
            dt = stale + 1
        self.time = time
        self.dt = dt
        sense = sensor[SENSE]
        self.fresh = 0
        if sensor[SAMPLE] != self.sample:
            self.sample = sensor[SAMPLE]
            self.age = 0
            self.judge(sensor[COUNTS], sense & LOAD_INVALID)
        elif self.age <= stale:
            self.age += dt
        active = self.standing | self.cell
        if dt == 0 or dt > stale:
            active |= C_CLOCK
        if self.age > stale:
            active |= C_STALE
        if active & C_STALE or sense & LOAD_INVALID:
            self.valid = 0
        if self.valid == 0:
            self.healthy = 0
        if sense & CURRENT_INVALID:
            active |= C_CURRENT
        switches = sensor[SWITCHES]
        self.switches = switches
        if switches:
            active |= switches & (C_STOP | C_LINK | C_FORCE)
            if switches & RETRACT_LIMIT and switches & COMPRESS_LIMIT:
                active |= C_LIMITS
        self.active = active
        if active & TRIPS:
            self.trip(active & TRIPS)

    def judge(self, counts: int, invalid: int) -> None:
        """Judges a fresh conversion [counts]; its pressure counts from the reference tare, always (S6).

        Each one may forbid compression at once. What ``pressure`` says, and so what law, permits and response check act
        on, changes by more than JUMP_hPa only when DEBOUNCE_samples in a row say so: a single reading decides nothing.
        """
        c = self.config
        cell = self.cell & (C_WARN | C_SOFT | C_NO_LOAD)
        if counts != self.counts:
            self.counts = counts
            self.same = 0
        if self.same < 16384:
            self.same += 1
        if 0 < c[STUCK_samples] <= self.same:
            cell |= C_STUCK
            invalid = C_STUCK
        if invalid or not -8388608 < counts < 8388607:
            self.valid = 0
            if self.bad < 8:
                self.bad += 1
        else:
            self.valid = 1
            self.bad = 0
            pressure = scale(c, counts)
            cell = C_WARN if pressure >= c[WARN_hPa] else 0
            if pressure >= c[SOFT_hPa]:
                cell |= C_SOFT
            # Nothing pulls on a cell: that far below zero the reading is not to be built on.
            if pressure < -c[TARE_LIMIT_hPa]:
                cell |= C_NO_LOAD
            if pressure < c[HARD_hPa]:
                self.over = 0
            elif self.over < 8:
                self.over += 1
            if -c[JUMP_hPa] <= pressure - self.pressure <= c[JUMP_hPa]:
                self.odd = 0
                if self.healthy < c[HEALTHY_samples]:
                    self.healthy += 1
            else:
                self.odd += 1
                self.healthy = 0
                if self.odd >= c[DEBOUNCE_samples]:
                    self.odd = 0
            if self.odd == 0:
                self.fresh = 1
                self.pressure = pressure
        if self.bad >= c[DEBOUNCE_samples]:
            cell |= C_SENSOR
        if self.over >= c[DEBOUNCE_samples]:
            cell |= C_OVER
        self.cell = cell

    def trip(self, causes: int) -> None:
        """Latches what trips in this state (S3): all if armed, else stop, limits and response; over-limits join."""
        if self.state == IDLE:
            causes &= C_STOP | C_LIMITS | C_RESPONSE
        elif self.state == TRIPPED:
            causes &= C_STOP | C_LIMITS | C_RESPONSE | C_OVER | C_FORCE
        if causes == 0:
            return
        self.state = TRIPPED
        if causes & (C_OVER | C_FORCE) & ~self.latched:
            self.retreat = self.config[RETREAT_TRAVEL_counts]
        self.latched |= causes
        # S16: a stop may have cut the motor in mid-step, both limits at once are no place at all, a motor slips.
        if causes & (C_STOP | C_LIMITS | C_RESPONSE) and self.config[ACTUATOR_KIND] == 1:
            self.standing |= C_POSITION

    def blocks(self) -> int:
        """Every reason that blocks arming now, as condition bits (S4)."""
        bits = self.active & ~WARNINGS
        if self.valid == 0:
            bits |= C_SENSOR
        if self.healthy < self.config[HEALTHY_samples]:
            bits |= C_SAMPLES
        if self.state == TRIPPED:
            bits |= C_TRIPPED
        return bits

    def arm(self) -> int:
        """Arms if idle and nothing blocks; the event."""
        if self.state == ARMED:
            return E_STATE
        if self.blocks():
            return E_BLOCKED
        self.state = ARMED
        return E_DONE

    def disarm(self) -> int:
        """Leaves armed for idle; the event."""
        if self.state == TRIPPED:
            return E_STATE
        self.state = IDLE
        return E_DONE

    def reset(self) -> int:
        """Leaves a trip for idle once every cause is gone (S3); the event."""
        if self.state != TRIPPED:
            return E_STATE
        if self.active & TRIPS or self.valid == 0:
            return E_CAUSE
        self.latched = 0
        self.retreat = 0
        self.state = IDLE
        return E_DONE

    def confirm(self, position: int) -> int:
        """Takes the operator's word for the screw's position [counts], when idle (S16); the event."""
        c = self.config
        if self.state != IDLE or c[ACTUATOR_KIND] == 2:
            return E_STATE
        if position < c[TRAVEL_MIN_counts] or position > c[TRAVEL_MAX_counts]:
            return E_BOUNDS
        self.position = position
        self.standing &= ~C_POSITION
        return E_DONE

    def actuate(self, ask: int) -> int:
        """The move [counts] let through of the one asked for; sets position and outputs. A trip asks for itself."""
        c = self.config
        outputs = ENERGISED
        if self.state == TRIPPED:
            ask = self.retreating()
        elif self.state == IDLE and self.active & (TRIPS - C_OVER - C_FORCE):
            # Over the limit the way back is open: S1 leaves nothing but decompression.
            ask = 0
        move = 0
        if ask:
            move = self.cut(ask)
        if self.retreat:
            self.retreat += move
        self.move = move
        self.position += move
        # Only a self-locking screw may lose its power.
        if self.state != ARMED and move == 0 and (c[ACTUATOR_KIND] == 1 or self.position == 0):
            outputs = 0
        wait = self.permit(self.charge_wait, c[CHARGE_MIN_hPa], c[CHARGE_MAX_hPa])
        self.charge_wait = wait
        if wait == 0:
            outputs |= PERMIT_CHARGE
        wait = self.permit(self.discharge_wait, c[DISCHARGE_MIN_hPa], c[DISCHARGE_MAX_hPa])
        self.discharge_wait = wait
        if wait == 0:
            outputs |= PERMIT_DISCHARGE
        self.outputs = outputs
        return move

    def cut(self, ask: int) -> int:
        """The move asked for, cut by S1, S15 and S16, then to speed, acceleration and travel (S2)."""
        c = self.config
        top = c[SPEED_counts_per_tick]
        if self.dt < c[TICK_ms]:
            top = top * self.dt // c[TICK_ms]
        ramp = c[ACCEL_counts_per_tick2]
        if ask > 0:
            if self.valid == 0 or self.standing & C_POSITION or self.active & (C_SOFT | C_NO_LOAD | C_FORCE):
                return 0
            if self.switches & COMPRESS_LIMIT:
                return 0
            if self.move > 0:
                ramp += self.move
            room = c[TRAVEL_MAX_counts] - self.position
        else:
            if self.switches & RETRACT_LIMIT and c[ACTUATOR_KIND] == 1:
                return 0
            if self.move < 0:
                ramp -= self.move
            room = self.position - c[TRAVEL_MIN_counts]
        if top > ramp:
            top = ramp
        if top > room:
            top = room
        # Not `clamp`: one call more is too deep for the smallest board's stack.
        if ask > top:
            return top
        if ask < -top:
            return -top
        return ask

    def retreating(self) -> int:
        """The move away from an over-limit: until soft minus margin, by a bounded travel, then hold.

        A regulator's code may fall whatever else is latched; a stop that vents brings it to 0.
        """
        c = self.config
        if c[ACTUATOR_KIND] == 1:
            if self.latched & (C_STOP | C_LIMITS | C_RESPONSE | C_WATCHDOG | C_SELF_TEST):
                return 0
        elif c[STOP_VENTS] and self.latched & C_STOP:
            self.retreat = self.position
            return -self.retreat
        if not self.active & C_FORCE:
            if self.valid == 0:
                return 0
            if self.pressure < c[SOFT_hPa] - c[RETREAT_MARGIN_hPa]:
                self.retreat = 0
        return -self.retreat

    def permit(self, wait: int, low: int, high: int) -> int:
        """Wait of one permit (S13): 0 open, else 1 + ms of its least off time still to run."""
        gap = 0
        if wait:
            if wait > self.dt:
                return wait - self.dt
            gap = self.config[PERMIT_HYSTERESIS_hPa]
        # It opens on a valid sample only; what closes it is the pressure, or a trip.
        if self.state == ARMED and (self.valid or wait == 0) and low + gap <= self.pressure <= high - gap:
            return 0
        if wait:
            return 1
        return 1 + self.config[PERMIT_OFF_ms]
