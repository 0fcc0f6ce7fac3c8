"""The safety filter between law and actuator: nothing reaches the actuator round it (S1-S6, S13-S16)."""

from controller.configuration import (
    ACTUATOR_KIND,
    ACCEL_counts_per_tick2,
    CHARGE_MAX_hPa,
    CHARGE_MIN_hPa,
    DEBOUNCE_samples,
    DISCHARGE_MAX_hPa,
    DISCHARGE_MIN_hPa,
    HARD_hPa,
    HEALTHY_samples,
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
    scale,
)
from controller.frames import (
    ARMED,
    C_CLOCK,
    C_CURRENT,
    C_LIMITS,
    C_LINK,
    C_NO_LOAD,
    C_OVER,
    C_POSITION,
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
    LINK_LOST,
    LOAD_INVALID,
    PERMIT_CHARGE,
    PERMIT_DISCHARGE,
    RETRACT_LIMIT,
    SAMPLE,
    SENSE,
    STOP_PRESSED,
    SWITCHES,
    TRIPPED,
    TIME_ms,
)


class SafetyFilter:
    """Judges every frame, holds the state machine, and cuts every move; boots into no output.

    Each tick calls ``observe``, at most one of ``arm``, ``disarm``, ``reset``, ``confirm``, then ``actuate``.
    """

    def __init__(self, config: list[int], boot_conditions: int) -> None:
        """``config`` passes its check; ``boot_conditions`` are bits the board found at boot (0 none)."""
        self.config = config
        self.config_blocks = boot_conditions & ~(C_WATCHDOG | C_SELF_TEST)
        self.self_test = boot_conditions & C_SELF_TEST
        self.latched = boot_conditions & (C_WATCHDOG | C_SELF_TEST)
        self.state = TRIPPED if self.latched else IDLE
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
        self.pressure = 0
        self.switches = 0
        self.active = 0
        self.warnings = 0
        self.charge_wait = 1 + config[PERMIT_OFF_ms]
        self.discharge_wait = self.charge_wait
        self.move = 0
        self.retreat = 0
        # S16: a screw may stand anywhere at boot: all decompression is open to it; a regulator starts at 0.
        self.known = 1 if config[ACTUATOR_KIND] == 2 else 0
        self.position = 0 if self.known else config[TRAVEL_MAX_counts]
        self.outputs = 0

    def observe(self, sensor: list[int]) -> None:
        """Takes in one sensor frame: time, sample, switches; latches trips before anything else acts."""
        c = self.config
        stale = c[STALE_ms]
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
        active = self.self_test
        if dt == 0 or dt > stale:
            active |= C_CLOCK
        if self.age > stale:
            active |= C_STALE
            self.healthy = 0
        if sense:
            if sense & LOAD_INVALID:
                self.valid = 0
                self.healthy = 0
            sense &= CURRENT_INVALID
        if self.bad >= c[DEBOUNCE_samples]:
            active |= C_SENSOR
        if self.over >= c[DEBOUNCE_samples]:
            active |= C_OVER
        if 0 < c[STUCK_samples] <= self.same:
            active |= C_STUCK
        self.switches = sensor[SWITCHES]
        if self.switches:
            active |= self.switched()
        self.active = active
        self.warnings = self.warn(sense)
        if active:
            self.trip(active)

    def judge(self, counts: int, invalid: int) -> None:
        """Judges a fresh conversion [counts]; its pressure counts from the reference tare, always (S6)."""
        c = self.config
        if counts != self.counts:
            self.counts = counts
            self.same = 1
        elif self.same < 16384:
            self.same += 1
        if invalid or not -8388608 < counts < 8388607 or 0 < c[STUCK_samples] <= self.same:
            self.valid = 0
            self.healthy = 0
            if self.bad < 8:
                self.bad += 1
            return
        self.fresh = 1
        self.valid = 1
        self.bad = 0
        self.pressure = scale(c, counts)
        if self.pressure < c[HARD_hPa]:
            self.over = 0
        elif self.over < 8:
            self.over += 1
        if self.healthy < c[HEALTHY_samples]:
            self.healthy += 1

    def switched(self) -> int:
        """Condition bits of the switches and the link."""
        bits = 0
        if self.switches & STOP_PRESSED:
            bits = C_STOP
        if self.switches & RETRACT_LIMIT and self.switches & COMPRESS_LIMIT:
            bits |= C_LIMITS
        if self.switches & LINK_LOST:
            bits |= C_LINK
        return bits

    def warn(self, sense: int) -> int:
        """Condition bits that warn: pressure out of its range, current sense, position."""
        bits = 0
        pressure = self.pressure
        if pressure >= self.config[WARN_hPa]:
            bits = C_WARN
            if pressure >= self.config[SOFT_hPa]:
                bits |= C_SOFT
        elif pressure < -self.config[TARE_LIMIT_hPa]:
            bits = C_NO_LOAD
        if sense:
            bits |= C_CURRENT
        if not self.known:
            bits |= C_POSITION
        return bits

    def trip(self, active: int) -> None:
        """Latches what trips in this state (S3): all if armed, else stop and limits; over-limit joins."""
        if self.state == IDLE:
            active &= C_STOP | C_LIMITS
        elif self.state == TRIPPED:
            active &= C_STOP | C_LIMITS | C_OVER
        if active == 0:
            return
        if active & C_OVER and not self.latched & C_OVER:
            self.retreat = self.config[RETREAT_TRAVEL_counts]
        self.latched |= active
        self.state = TRIPPED
        # S16: a stop may have cut the motor in mid-step, and both limits at once are no place at all.
        if active & (C_STOP | C_LIMITS) and self.config[ACTUATOR_KIND] == 1:
            self.known = 0

    def blocks(self) -> int:
        """Every reason that blocks arming now, as condition bits (S4)."""
        bits = self.config_blocks | self.active | self.warnings & (C_SOFT | C_NO_LOAD)
        if not self.valid:
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
        if self.active or not self.valid:
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
        self.known = 1
        return E_DONE

    def actuate(self, ask: int) -> int:
        """The move [counts] let through of the one asked for; sets position and outputs."""
        c = self.config
        good = 1 if self.valid and self.age <= c[STALE_ms] else 0
        armed = self.state == ARMED
        if armed:
            move = self.cut(ask, good)
            outputs = ENERGISED
        else:
            move = 0
            outputs = 0
            if self.retreat and good:
                move = self.retreating()
            if move or (c[ACTUATOR_KIND] == 2 and self.position):
                outputs = ENERGISED
        self.move = move
        self.position += move
        if not armed:
            good = 0
        wait = self.permit(self.charge_wait, good, c[CHARGE_MIN_hPa], c[CHARGE_MAX_hPa])
        self.charge_wait = wait
        if wait == 0:
            outputs |= PERMIT_CHARGE
        wait = self.permit(self.discharge_wait, good, c[DISCHARGE_MIN_hPa], c[DISCHARGE_MAX_hPa])
        self.discharge_wait = wait
        if wait == 0:
            outputs |= PERMIT_DISCHARGE
        self.outputs = outputs
        return move

    def cut(self, ask: int, good: int) -> int:
        """The move asked for, cut by S1, S15 and S16, then to speed, acceleration and travel (S2)."""
        if ask == 0:
            return 0
        c = self.config
        top = c[SPEED_counts_per_tick]
        if self.dt < c[TICK_ms]:
            top = top * self.dt // c[TICK_ms]
        ramp = c[ACCEL_counts_per_tick2]
        if ask > 0:
            if good == 0 or self.known == 0 or self.warnings & (C_SOFT | C_NO_LOAD):
                return 0
            if self.switches & COMPRESS_LIMIT:
                return 0
            if self.move > 0:
                ramp += self.move
            room = c[TRAVEL_MAX_counts] - self.position
        else:
            if self.switches & RETRACT_LIMIT:
                return 0
            if self.move < 0:
                ramp -= self.move
            room = self.position - c[TRAVEL_MIN_counts]
        if top > ramp:
            top = ramp
        if top > room:
            top = room
        if ask > top:
            return top
        if ask < -top:
            return -top
        return ask

    def retreating(self) -> int:
        """The move away from an over-limit: until soft minus margin, by a bounded travel, then hold."""
        c = self.config
        if self.latched & (C_STOP | C_LIMITS | C_WATCHDOG | C_SELF_TEST):
            return 0
        if self.pressure < c[SOFT_hPa] - c[RETREAT_MARGIN_hPa]:
            self.retreat = 0
            return 0
        move = self.cut(-self.retreat, 1)
        self.retreat += move
        return move

    def permit(self, wait: int, good: int, low: int, high: int) -> int:
        """Wait of one permit (S13): 0 open, else 1 + ms of its least off time still to run."""
        pressure = self.pressure
        if wait == 0:
            if good and low <= pressure <= high:
                return 0
            return 1 + self.config[PERMIT_OFF_ms]
        if wait > self.dt:
            return wait - self.dt
        gap = self.config[PERMIT_HYSTERESIS_hPa]
        if good and low + gap <= pressure <= high - gap:
            return 0
        return 1
