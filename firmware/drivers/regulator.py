"""Electronic pressure regulator behind a filtered PWM output: the code is the duty."""


class Regulator:
    """``code`` of so many bits on a PWM pin; out-of-range codes are cut to the range."""

    def __init__(self, pwm, bits: int, vent_at_zero: int) -> None:
        """``pwm.duty_u16(x)`` sets the duty; ``vent_at_zero``: 1 if 0 V vents the cylinder, 0 if it shuts it in."""
        self.pwm = pwm
        self.shift = 16 - bits
        self.top = (1 << bits) - 1
        self.vent_at_zero = vent_at_zero
        self.code = 0
        self.set(0)

    def set(self, code: int) -> None:
        """Puts out ``code``."""
        if code < 0:
            code = 0
        elif code > self.top:
            code = self.top
        self.code = code
        self.pwm.duty_u16(code << self.shift)

    def safe(self) -> None:
        """Vents, if 0 V does that; otherwise stays as it is, for 0 V would be no safer."""
        if self.vent_at_zero:
            self.set(0)
