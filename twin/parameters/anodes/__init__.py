"""Anodes, one material per file."""

from twin.parameters.anodes import graphite, indium, lithium, lto, silicon, silver_carbon, sodium

MATERIALS = (
    lithium.FOIL, lithium.ANODE_FREE, silicon.SILICON, indium.MATERIAL, graphite.MATERIAL, lto.MATERIAL,
    silver_carbon.MATERIAL, sodium.MATERIAL, silicon.ALLOY,
)  # fmt: skip
"""In the order of the documents."""
