"""Sizing of fixtures: what their parts must be to hold the load, and what they weigh."""
