"""Solid electrolytes, one material per file."""

from twin.parameters.electrolytes import lgps, li3incl6, li3ycl6, llzo, lpscl, na3ps4

MATERIALS = tuple(module.MATERIAL for module in (lpscl, lgps, llzo, li3ycl6, li3incl6, na3ps4))
"""In the order of the documents."""
