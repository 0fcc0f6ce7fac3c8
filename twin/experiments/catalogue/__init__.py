"""One virtual experiment, one file, each with an ``EXPERIMENT``."""
