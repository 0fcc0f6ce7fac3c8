"""The blend of two cathodes that swells least."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from twin.errors import InputError
from twin.experiments.framework import Experiment, Found, Parameters, Result
from twin.parameters.blend import blended, stoichiometry_at
from twin.parameters.compose import find
from twin.parameters.entry import Material

POINTS = 401


def _listed(name: Any) -> Any:
    """A material under its listed name; unknown words are left to the list."""
    try:
        return find("cathode", str(name)).name
    except InputError:
        return name


BlendName = Annotated[Literal["NMC811", "NMC111", "NCA", "LCO"], BeforeValidator(_listed)]


class BlendNull(Parameters):
    """Two cathode materials in one composite, and how far they are charged."""

    cathode: Annotated[BlendName, Field(description="first material, which the fraction counts")] = "NMC811"
    blend: Annotated[BlendName, Field(description="second material")] = "LCO"
    upper_V: Annotated[
        Annotated[float, Field(ge=3.8, le=4.4)] | None,
        Field(description="end of charge against lithium; default the lower of the usual ends [V]"),
    ] = None
    criterion: Literal["swing", "net"] = Field(
        "swing", description="least peak-to-peak strain over the cycle, or least difference between its ends"
    )

    @model_validator(mode="after")
    def _blends(self) -> "BlendNull":
        try:
            blended(find("cathode", self.cathode), find("cathode", self.blend))
        except InputError as error:
            raise ValueError(str(error)) from None
        return self


def run(given: BlendNull) -> Found:
    """Strain of every mixture along the charge, both materials in equilibrium at each potential."""
    first, second = find("cathode", given.cathode), find("cathode", given.blend)
    lower, usual = window(first, second)
    upper = given.upper_V if given.upper_V is not None else usual
    potentials = np.linspace(lower, upper, POINTS)
    strains = [strain_along(material, potentials) for material in (first, second)]
    w = np.linspace(0, 1, 1001)
    swings = {}
    for key, measure in (("swing", np.ptp), ("net", lambda e: abs(e[-1] - e[0]))):
        swings[key] = np.array([measure(mixed(share, strains)) for share in volume_shares(w, first, second)])
    best = int(np.argmin(swings[given.criterion]))
    swing = swings["swing"]
    alone = {first.name: swing[-1], second.name: swing[0]}
    kept = [f"{swing[best] / of:.3f} of {name} alone ({100 * of:.3g} %)" for name, of in alone.items()]
    shown = sorted({*range(0, len(w), 20), best})
    return Found(
        float(w[best]),
        {
            f"Weight fraction of {first.name} [1]": w[shown],
            "Swing of the volume strain [%]": 100 * swing[shown],
            "Net volume strain between the ends [%]": 100 * swings["net"][shown],
            f"Swing over {first.name} alone": swing[shown] / swing[-1],
            f"Swing over {second.name} alone": swing[shown] / swing[0],
        },
        (
            f"Residual swing: {100 * swing[best]:.3g} % of the active volume, {' and '.join(kept)}.",
            f"Charged from {lower:.3g} V to {upper:.3g} V against lithium; at rest, both materials at one potential. "
            "The ratio moves with the end of charge: above 4.2 V LiCoO2 shrinks as well, and nothing is nulled.",
            "Weights become volumes by the materials' densities; particles keep their contact.",
        ),
    )


def window(first: Material, second: Material) -> tuple[float, float]:
    """Potentials [V] between which both are used: where the first of them is empty, or full."""
    entries, name = blended(first, second).entries, "Primary: Positive electrode stoichiometry at {}% SOC"
    ocp = first.functions["Positive electrode OCP [V]"].call
    low, high = (float(ocp(entries[name.format(end)].value)) for end in (0, 100))
    return low, high


def strain_along(material: Material, potentials: Any) -> Any:
    """Volume strain [1] of ``material`` in equilibrium at each potential [V], none at the first."""
    ocp = material.functions["Positive electrode OCP [V]"].call
    sto = np.array([stoichiometry_at(ocp, float(at)) for at in potentials])
    strain = material.functions["Positive electrode volume change"].call(sto)
    return strain - strain[0]


def volume_shares(w: Any, first: Material, second: Material) -> Any:
    """Share of the active volume [1] that a weight fraction ``w`` of the first material takes."""
    name = "Positive electrode active material density [kg.m-3]"
    one, other = w / first.entries[name].value, (1 - w) / second.entries[name].value
    return one / (one + other)


def mixed(share: float, strains: Any) -> Any:
    """Strain of the mixture."""
    return share * strains[0] + (1 - share) * strains[1]


def draw(result: Result) -> object:
    """Swing against the weight fraction, the headline marked."""
    from twin.experiments import figures

    figure, axes = figures.new()
    abscissa, *columns = list(result.series)[:3]
    for i, name in enumerate(columns):
        axes.plot(
            result.series[abscissa], result.series[name], color=figures.OKABE_ITO[i], linestyle=figures.LINES[i],
            label=name.partition(" [")[0],
        )  # fmt: skip
    axes.axvline(result.value, color="#7f7f7f", linewidth=1)
    axes.set(xlabel=abscissa, ylabel="Volume strain of the active material [%]", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    figures.legend(axes)
    axes.set_title(figures.title(result), loc="left", fontsize=10)
    return figure


EXPERIMENT = Experiment(
    "blend-null", "weight fraction of the first cathode with least strain over the cycle", "1", BlendNull, run, draw
)
