"""Voids at a stripped interface: volume per area, contact left, and what opens and closes them.

d(void)/dt = (V_m/F) max(0, j - contact j_refill) - (V_m/F) plating (1 - contact) - closing void. A calibrated flux
balance: it says where the limit is, not how deep a void grows. Closing by creep ~ P^m with m = 5 (Roy 2021); its rate
is assumed, for Roy's (1e-2 1/s at 1 MPa) closes any void in seconds and contradicts experiments with voids at 3 MPa.
"""

from typing import Any

import numpy as np

from twin.laws.base import Of, arrhenius

CONTACT_FLOOR = 1e-3  # keeps the local current finite when contact is all but lost


def contact_fraction(void: Any, of: Of) -> Any:
    """Share of the interface in contact [1] at void volume per area ``void`` [m]."""
    # The volume cannot be negative; a solver's state may be, by its tolerance.
    return CONTACT_FLOOR + (1 - CONTACT_FLOOR) * np.exp(-np.maximum(void, 0.0) / of("Void depth [m]"))


def opening_current_density(j: Any, contact: Any, refill: Any) -> Any:
    """Current density [A.m-2] that opens voids, negative where plating fills them; ``j`` is positive on stripping."""
    growth = np.maximum(j - contact * refill, 0.0)
    plating = np.maximum(-j, 0.0) * (1 - contact)
    return growth - plating


def closing_rate(P: Any, T: Any, of: Of) -> Any:
    """Share of the voids' volume that creep closes per second [s-1] at ``P`` [Pa] and ``T`` [K]."""
    return (
        of("Void closing rate at reference pressure [s-1]")
        * (P / of("Reference pressure [Pa]")) ** of("Void closing exponent")
        * arrhenius(of("Lithium creep activation energy [J.mol-1]"), T, of)
    )
