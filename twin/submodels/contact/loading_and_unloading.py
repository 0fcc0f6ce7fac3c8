"""Interface resistance by the law fitted to first loading, with elastic recovery on unloading."""

from twin.laws.contact import interface_resistance
from twin.submodels.base import Variables, parameter
from twin.submodels.contact.pressure_memory import PressureMemory


class LoadingAndUnloading(PressureMemory):
    """The same memory of pressure; `twin.laws.contact` for what it means."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Resistance of one lithium interface in full contact [Ohm.m2]."""
        P, P_m = (variables[f"{name} [Pa]"] for name in ("Stack pressure", "Contact pressure memory"))
        T = variables["Cell temperature [K]"]
        return {"Interface resistance [Ohm.m2]": interface_resistance(P, P_m, T, parameter)}
