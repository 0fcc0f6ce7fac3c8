"""Two cathode materials in one composite: a particle of each, at one potential."""

from typing import Any

import pybamm

from twin.parameters.blend import PHASES, WEIGHT
from twin.submodels.base import RT_F, Submodel, Variables, parameter

DOMAINS = {phase: f"positive {phase.lower()} particle" for phase in PHASES}
"""The particles' domains, as PyBaMM names those of a composite electrode."""
C_MAX = "Maximum concentration in positive electrode [mol.m-3]"
RADII = {"Primary": "r_p_prim", "Secondary": "r_p_sec"}


class Blend(Submodel):
    """Each material diffuses by itself (Fick); the current is shared so that the potential is the same for both.

    Kinetics are linear, j = j0 F eta / RT (within 1 % while eta is below 12 mV, within 10 % below 38 mV), which gives
    the common potential in closed form: no algebraic equation. A composite electrode as in PyBaMM's two-phase models.
    """

    def get_fundamental_variables(self) -> Variables:
        """Concentrations [mol.m-3] of both materials, their stoichiometries [1] and the volume strain [1]."""
        found: Variables = {}
        shares = volume_shares()
        contents = {phase: shares[phase] * own(phase, C_MAX) for phase in PHASES}
        whole = contents["Primary"] + contents["Secondary"]
        mean = surface = strain = pybamm.Scalar(0)
        for phase in PHASES:
            c_max, name = own(phase, C_MAX), f"{phase}: positive particle concentration [mol.m-3]"
            c = pybamm.Variable(name, domain=DOMAINS[phase], scale=c_max)
            at_surface, average = pybamm.surf(c) / c_max, pybamm.r_average(c) / c_max
            found[name] = c
            found[f"{phase}: positive particle surface stoichiometry"] = at_surface
            found[f"{phase}: positive electrode stoichiometry"] = average
            surface += contents[phase] / whole * at_surface
            mean += contents[phase] / whole * average
            strain += shares[phase] * self._function(phase, "volume change")(average)
        return {
            **found,
            "Positive particle surface stoichiometry": surface,
            "Positive electrode stoichiometry": mean,
            "Positive electrode volume strain": strain,
        }

    def _function(self, phase: str, name: str) -> Any:
        return self.functions[f"{phase}: Positive electrode {name}"].call

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """The common potential [V], each material's interfacial current density [A.m-2], growth since assembly [m]."""
        T, j = variables["Cell temperature [K]"], variables["Current density [A.m-2]"]
        conductance, wanted = {}, {}
        for phase in PHASES:
            sto = variables[f"{phase}: positive particle surface stoichiometry"]
            j0 = self._function(phase, "exchange-current density [A.m-2]")(sto, T)
            conductance[phase] = surface_per_area(phase) * j0 / (RT_F * T)
            wanted[phase] = self._function(phase, "OCP [V]")(sto)
        total = conductance["Primary"] + conductance["Secondary"]
        balance = conductance["Primary"] * wanted["Primary"] + conductance["Secondary"] * wanted["Secondary"]
        potential = (balance - j) / total
        currents = {
            f"{phase}: positive electrode interfacial current density [A.m-2]": conductance[phase]
            * (wanted[phase] - potential)
            / surface_per_area(phase)
            for phase in PHASES
        }
        growth = (
            parameter("Positive electrode thickness [m]")
            * parameter("Positive electrode active material volume fraction")
            * (variables["Positive electrode volume strain"] - self._strain_at_start())
        )
        return {
            **currents,
            "Positive electrode surface potential difference [V]": potential,
            "Positive electrode open-circuit potential [V]": balance / total,
            "Positive electrode thickness change [m]": growth,
        }

    def _strain_at_start(self) -> Any:
        shares = volume_shares()
        strains = (shares[phase] * self._function(phase, "volume change")(_start(phase)) for phase in PHASES)
        return sum(strains, pybamm.Scalar(0))

    def set_rhs(self, variables: Variables) -> None:
        """dc/dt = div(D grad c), twice."""
        for phase in PHASES:
            c = variables[f"{phase}: positive particle concentration [mol.m-3]"]
            self.rhs[c] = pybamm.div(own(phase, "Positive particle diffusivity [m2.s-1]") * pybamm.grad(c))

    def set_boundary_conditions(self, variables: Variables) -> None:
        """No flux at the centres, the interfacial currents at the surfaces."""
        for phase in PHASES:
            c = variables[f"{phase}: positive particle concentration [mol.m-3]"]
            j = variables[f"{phase}: positive electrode interfacial current density [A.m-2]"]
            D = own(phase, "Positive particle diffusivity [m2.s-1]")
            self.boundary_conditions[c] = {
                "left": (pybamm.Scalar(0), "Neumann"),
                "right": (j / (pybamm.constants.F * D), "Neumann"),
            }

    def set_initial_conditions(self, variables: Variables) -> None:
        """Uniform, in equilibrium with each other."""
        for phase in PHASES:
            c = variables[f"{phase}: positive particle concentration [mol.m-3]"]
            self.initial_conditions[c] = own(phase, "Initial concentration in positive electrode [mol.m-3]")

    def add_events_from(self, variables: Variables) -> None:
        """A particle is never emptied or overfilled."""
        for phase in PHASES:
            sto = variables[f"{phase}: positive particle surface stoichiometry"]
            name = f"{phase.lower()} positive particle surface stoichiometry"
            self.events += [
                pybamm.Event(f"Minimum {name}", sto - 0.01),
                pybamm.Event(f"Maximum {name}", 1.0 - sto),
            ]


def own(phase: str, name: str) -> Any:
    """A parameter of one of the two materials."""
    return parameter(f"{phase}: {name}")


def _start(phase: str) -> Any:
    return own(phase, "Initial concentration in positive electrode [mol.m-3]") / own(phase, C_MAX)


def volume_shares() -> dict[str, Any]:
    """Shares of the active material's volume [1], from the weight fraction of the first."""
    w = parameter(WEIGHT)
    first, second = (
        weight / own(phase, "Positive electrode active material density [kg.m-3]")
        for weight, phase in zip((w, 1 - w), PHASES, strict=True)
    )
    return {"Primary": first / (first + second), "Secondary": second / (first + second)}


def surface_per_area(phase: str) -> Any:
    """Surface of one material's particles per area of the layer [1]."""
    eps = parameter("Positive electrode active material volume fraction") * volume_shares()[phase]
    return 3 * eps / own(phase, "Positive particle radius [m]") * parameter("Positive electrode thickness [m]")
