"""Anodes that take lithium up in a host; lithium metal is `twin.submodels.lithium`."""
