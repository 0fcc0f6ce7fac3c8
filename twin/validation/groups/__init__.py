"""One group of published figures, one file, each with a ``GROUP``."""
