"""What the twin tells its user when something cannot go on."""


class InputError(Exception):
    """A file, key or value the user can mend; ``str()`` is the one line they read."""


class SimulationError(Exception):
    """The model could not be built, compiled or stepped; ``str()`` is one line."""
