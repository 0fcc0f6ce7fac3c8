"""Mechanism laws as pure functions: numbers, arrays and PyBaMM symbols alike, SI units, each with its source.

Experiments call them with numbers, submodels with symbols; what a metal or an electrolyte is, is a record of values.
"""
