"""Every kind of fault, one file for each family."""

from hil.campaign.faults import actuator, cell, clock, current_sense, link, load_cell, operator, power
from hil.campaign.faults.base import BEFORE_ARMING, LOW_SETPOINT, MID_RUN, WHENS, Fault, Known, Scene, When

FAMILIES: dict[str, Known] = {
    "load cell": load_cell.KINDS,
    "actuator": actuator.KINDS,
    "current sense": current_sense.KINDS,
    "link": link.KINDS,
    "board": power.KINDS,
    "clock": clock.KINDS,
    "cell": cell.KINDS,
    "operator": operator.KINDS,
}
KINDS: Known = {name: kind for family in FAMILIES.values() for name, kind in family.items()}
HEALTHY = "healthy"
"""The name under which runs without a fault are asked for."""

__all__ = [
    "BEFORE_ARMING",
    "FAMILIES",
    "HEALTHY",
    "KINDS",
    "LOW_SETPOINT",
    "MID_RUN",
    "WHENS",
    "Fault",
    "Scene",
    "When",
]
