"""Contact between cathode particles and electrolyte: lost as they shrink, partly regained by pressing.

A particle that shrinks by dV/V leaves a gap of r dV/3V. Stack pressure closes it elastically once the electrolyte
around gives as much, P_c = (2/9) E dV/V, some 70 MPa for a sulfide and 1.5 %: at a few MPa nothing closes, at hundreds
all does. So the share x of contact falls with the strain that was shrunk through, dx/ds = -k x^2 max(0, 1 - P/P_c):
resistance grows in proportion to cycles. Pressing beyond what it has seen compacts the sulfide plastically and wins
back the share 1 - exp(-P/P_y) of what was lost, P_y being the yield pressure of its compaction curve. Of a cathode's
capacity what is left is x^m: a particle serves until it has lost nearly all of its contacts.
"""

from typing import Any

import numpy as np

from twin.laws.base import Of


def loss_rate(shrinking: Any, P: Any, x: Any, of: Of) -> Any:
    """-dx/dt [s-1] while the particles shrink at ``shrinking`` [s-1], volume strain per second, at ``P`` [Pa]."""
    open_share = np.maximum(1.0 - P / of("Gap closing pressure [Pa]"), 0.0)
    return of("Contact loss per shrinkage") * np.maximum(shrinking, 0.0) * open_share * x * x


def after_pressing(x: Any, pressing: Any, of: Of) -> Any:
    """Contact [1] after one press at ``pressing`` [Pa], from ``x``."""
    return 1.0 - (1.0 - x) * np.exp(-pressing / of("Compaction yield pressure [Pa]"))


def capacity_share(x: Any, of: Of) -> Any:
    """Share of the cathode's capacity [1] that contact ``x`` still serves."""
    return x ** of("Contact capacity exponent")
