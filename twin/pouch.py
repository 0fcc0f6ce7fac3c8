"""Thickness of a measured pouch while it is discharged, from the strains of its materials."""

from collections.abc import Callable
from typing import Any

import numpy as np

from twin.parameters.anodes.graphite import VOLUME as GRAPHITE_POINTS
from twin.parameters.anodes.graphite import volume_change as graphite
from twin.parameters.cathodes.lco import VOLUME as LCO_POINTS
from twin.parameters.cathodes.lco import volume_change as lco
from twin.parameters.pouch_enertech import ENTRIES
from twin.parameters.shapes import F, clipped

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


def mean_strain(strain: Callable[[Any], Any], mean: Any, spread: float, known: tuple[float, float]) -> Any:
    """Strain [1] averaged over an electrode whose lithium content is spread normally round its ``mean``.

    Currents are uneven through an electrode and over thirty-four layers, the more so where the potential is flat.
    Beyond the contents ``known`` to the strain it is held at its last value.
    """
    contents = (clipped(mean + spread * node, *known) for node in NODES)
    return sum(w * strain(sto) for w, sto in zip(WEIGHTS / WEIGHTS.sum(), contents, strict=True))


def discharge_thickness(seconds: Any, spread: bool = True) -> Any:
    """Thickness change of the pouch [m] since the start of its discharge at 0.5C, negative as it shrinks.

    Laterally confined: all of the active materials' volume goes into thickness. Graphite loses lithium and shrinks;
    LiCoO2 takes it up, grows first and shrinks later. A pouch is free: no load, no compliance.

    Parameters
    ----------
    seconds : array_like
        Times from the start [s].
    spread : bool
        Whether lithium content is spread within the electrodes, or the same everywhere.
    """
    values = {name: entry.value for name, entry in ENTRIES.items()}
    layers = values["Number of electrodes connected in parallel to make a cell"]
    area = layers * values["Electrode height [m]"] * values["Electrode width [m]"]
    passed = values["Current function [A]"] * np.asarray(seconds, dtype=float) / (F * area)  # mol.m-2
    grown = np.zeros_like(passed)
    for sign, way, strain, known in (
        ("Negative", -1.0, graphite, (GRAPHITE_POINTS[0][0], GRAPHITE_POINTS[-1][0])),
        ("Positive", 1.0, lco, (LCO_POINTS[0][0], LCO_POINTS[-1][0])),
    ):
        solid = values[f"{sign} electrode thickness [m]"] * values[f"{sign} electrode active material volume fraction"]
        c_max = values[f"Maximum concentration in {sign.lower()} electrode [mol.m-3]"]
        start = values[f"Initial concentration in {sign.lower()} electrode [mol.m-3]"] / c_max
        width = values[f"{sign} electrode stoichiometry spread fraction"] if spread else 0.0
        content = start + way * passed / (c_max * solid)
        grown += (
            layers * solid * (mean_strain(strain, content, width, known) - mean_strain(strain, start, width, known))
        )
    return grown
