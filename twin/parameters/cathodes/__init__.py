"""Cathodes, one material per file; metals for symmetric cells are made in `twin.parameters.compose`."""

from twin.parameters.cathodes import lco, nacro2, nca, nmc111, nmc811, sulfur

MATERIALS = tuple(module.MATERIAL for module in (nmc811, nmc111, nca, lco, sulfur, nacro2))
"""In the order of the documents."""
