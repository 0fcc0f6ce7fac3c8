"""The digital twin: a solid-state cell in its fixture, as a PyBaMM model and as a fast plant.

``SolidStateCell`` imports PyBaMM (seconds); ``Plant`` and ``Fleet`` do not, once its stepper is in the cache.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.fleet import Fleet
    from twin.model import SolidStateCell
    from twin.plant import Inputs, Outputs, Plant

__all__ = ["Fleet", "Inputs", "Outputs", "Plant", "SolidStateCell"]


def __getattr__(name: str) -> Any:
    if name == "SolidStateCell":
        from twin.model import SolidStateCell

        return SolidStateCell
    if name in ("Plant", "Inputs", "Outputs"):
        from twin import plant

        return getattr(plant, name)
    if name == "Fleet":
        from twin.fleet import Fleet

        return Fleet
    raise AttributeError(f"module 'twin' has no attribute {name!r}")
