"""Laws for the refill of the lithium interface between the two measured stripping limits."""

from twin.submodels.refill import creep_and_diffusion, linear, power_law

LAWS = {
    "power law": power_law.refill,
    "creep and diffusion": creep_and_diffusion.refill,
    "linear": linear.refill,
}
"""Refill laws by the value of the model's option "refill"."""
