"""Temperatures of cell and frame."""
