"""Cell current from a shunt amplifier on an ADC pin."""


class CurrentSense:
    """``uA``: the last good reading, discharge positive; ``invalid``: 1 if the wire is open or shorted."""

    def __init__(self, read, zero: int, numerator: int, denominator: int, low: int, high: int) -> None:
        """``read()`` gives 0 to 65535; uA = (reading - ``zero``) * ``numerator`` // ``denominator``.

        Readings outside ``low`` to ``high`` cannot come from a working amplifier. Raises ValueError if a product
        could leave 31 bits.
        """
        if denominator < 1 or not 0 < abs(numerator) <= 16383:
            raise ValueError("current sense: numerator within 16383, denominator over 0")
        self.read = read
        self.zero = zero
        self.numerator = numerator
        self.denominator = denominator
        self.low = low
        self.high = high
        self.uA = 0
        self.invalid = 1

    def sample(self) -> int:
        """Reads once; the current [uA], 0 when invalid."""
        raw = self.read()
        if raw < self.low or raw > self.high:
            self.invalid = 1
            self.uA = 0
        else:
            self.invalid = 0
            self.uA = (raw - self.zero) * self.numerator // self.denominator
        return self.uA
