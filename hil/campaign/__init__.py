"""Fault campaigns: declared faults at random moments and severities, many runs, one table of what came of them."""
