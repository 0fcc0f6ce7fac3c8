"""The terminal voltage."""
