"""One entry point per kind of board."""
