"""Electronic pressure regulator behind a filtered PWM output: the code is the duty."""


class Regulator:
    """``code`` of so many bits on a PWM pin. ``top``: the greatest; ``refused`` counts codes that were out of range."""

    def __init__(self, pwm, bits: int, vent_at_zero: int) -> None:
        """``pwm.duty_u16(x)`` sets the duty; ``vent_at_zero``: 1 if 0 V vents the cylinder, 0 if it shuts it in."""
        self.pwm = pwm
        self.shift = 16 - bits
        self.top = (1 << bits) - 1
        self.vent_at_zero = vent_at_zero
        self.refused = 0
        self.set(0)

    def set(self, code: int) -> int:
        """Puts out ``code``; 1, or 0 where it was out of range: then the nearest one is put out."""
        good = 1
        if not 0 <= code <= self.top:
            code = 0 if code < 0 else self.top
            self.refused += 1
            good = 0
        self.code = code
        self.pwm.duty_u16(code << self.shift)
        return good

    def safe(self) -> None:
        """Vents, if 0 V does that; otherwise stays as it is, for 0 V would be no safer."""
        if self.vent_at_zero:
            self.set(0)
