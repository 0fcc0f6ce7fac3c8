"""A cathode that becomes another phase: sulfur."""

import pybamm

from twin.submodels.base import Submodel, Variables, parameter
from twin.submodels.particle.fickian import mean_interfacial_current_density
from twin.submodels.swelling.cathode import cathode_growth

CONTENT = "Positive electrode lithium content [mol.m-3]"


class Conversion(Submodel):
    """How much of the material is converted; two phases, so no concentration profile within a particle."""

    def get_fundamental_variables(self) -> Variables:
        """Lithium per volume of unconverted material [mol.m-3], and as a share of what it can take [1]."""
        c_max = parameter("Maximum concentration in positive electrode [mol.m-3]")
        c = pybamm.Variable(CONTENT, scale=c_max)
        sto = c / c_max
        return {
            CONTENT: c,
            "Positive electrode stoichiometry": sto,
            "Positive particle surface stoichiometry": sto,
            "Positive electrode volume strain": self.functions["Positive electrode volume change"].call(sto),
        }

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Interfacial current density [A.m-2] and growth since assembly [m]."""
        j = mean_interfacial_current_density(variables["Current density [A.m-2]"])
        return {
            "X-averaged positive electrode interfacial current density [A.m-2]": j,
            "Positive electrode thickness change [m]": cathode_growth(self.functions, variables),
        }

    def set_rhs(self, variables: Variables) -> None:
        """Faraday's law."""
        held = (
            pybamm.constants.F
            * parameter("Positive electrode active material volume fraction")
            * parameter("Positive electrode thickness [m]")
        )
        self.rhs[variables[CONTENT]] = variables["Current density [A.m-2]"] / held

    def set_initial_conditions(self, variables: Variables) -> None:
        """As assembled."""
        self.initial_conditions[variables[CONTENT]] = parameter("Initial concentration in positive electrode [mol.m-3]")

    def add_events_from(self, variables: Variables) -> None:
        """Nothing is converted twice, or back beyond the beginning."""
        sto = variables["Positive electrode stoichiometry"]
        self.events += [
            pybamm.Event("Minimum positive electrode stoichiometry", sto),
            pybamm.Event("Maximum positive electrode stoichiometry", 1.0 - sto),
        ]
