"""The lithium anode."""
