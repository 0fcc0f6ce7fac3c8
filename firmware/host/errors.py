"""What can go wrong between host and board, as one line for the user."""


class FirmwareError(Exception):
    """A build, a port or a board that is not as it should be; the text says what to do."""
