"""Whole microcontrollers in software, running the firmware that a real one runs."""
