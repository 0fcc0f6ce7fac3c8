"""The two permits to the cycler: low unless commanded, each tick anew."""


class Permits:
    """Two outputs; low means forbidden, which is also what a board in reset gives (fit pull-downs)."""

    def __init__(self, charge, discharge) -> None:
        """Pins, called with a level."""
        self.charge = charge
        self.discharge = discharge
        self.set(0, 0)

    def set(self, charge: int, discharge: int) -> None:
        """Non-zero permits."""
        self.charge(1 if charge else 0)
        self.discharge(1 if discharge else 0)
