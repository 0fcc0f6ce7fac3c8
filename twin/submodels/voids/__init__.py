"""Voids at the lithium interface."""
