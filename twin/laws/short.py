"""A metal filament creeping through the separator: how fast, by three mechanisms that add.

1. Plating drives it: as charge and pressure, linear in both.
2. Creep drives it, plating or not: the metal's power law of pressure, Arrhenius. Far above yield it alone bridges the
   separator before anything is plated.
3. Above the critical plating current density (2.0 mA/cm2, Kasemchainan 2019, at 3 and at 7 MPa) a crack runs: within
   half an hour at twice that density (assumed).

The two prefactors come from two times to short, 474 h at 10 MPa and 190 h at 20 (Doux 2020), the exponents from the
mechanisms. A single power of pressure through the two points would have an exponent of 1.3 and hold nowhere else.
Voids concentrate the current: mechanisms 1 and 3 take the local density. What temperature does to 1 and 3 is not known.
"""

from typing import Any

import numpy as np

from twin.laws.base import Of, arrhenius


def plating_rate(P: Any, local: Any, of: Of) -> Any:
    """Share of the path done per second [s-1] by plating at ``P`` [Pa] and ``local`` [A.m-2], positive on plating."""
    return (
        of("Penetration rate by plating at reference [s-1]")
        * (P / of("Pressure of penetration rates [Pa]"))
        * np.maximum(local, 0.0)
        / of("Current density of penetration rates [A.m-2]")
    )


def creep_rate(P: Any, T: Any, of: Of) -> Any:
    """Share of the path done per second [s-1] by creep at ``P`` [Pa] and ``T`` [K], with or without current."""
    return (
        of("Penetration rate by creep at reference [s-1]")
        * (np.maximum(P, 0.0) / of("Pressure of penetration rates [Pa]")) ** of("Lithium creep exponent")
        * arrhenius(of("Lithium creep activation energy [J.mol-1]"), T, of)
    )


def crack_rate(local: Any, of: Of) -> Any:
    """Share of the path done per second [s-1] by a crack at the ``local`` plating density [A.m-2]."""
    return np.maximum(local / of("Critical plating current density [A.m-2]") - 1.0, 0.0) / of("Crack time [s]")


def penetration_rate(P: Any, local: Any, T: Any, of: Of) -> Any:
    """Share of the separator that a filament crosses per second [s-1]; thicker separators take longer in proportion."""
    path = of("Separator thickness [m]") / of("Separator thickness of penetration rates [m]")
    return (plating_rate(P, local, of) + creep_rate(P, T, of) + crack_rate(local, of)) / path
