"""Creep of frame and pellet."""
