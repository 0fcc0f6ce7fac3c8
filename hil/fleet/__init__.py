"""Fleets in closed loop: plants in lanes, and one controller source, translated to C, for every cell."""
