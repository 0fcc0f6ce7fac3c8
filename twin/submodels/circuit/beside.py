"""The plant's form of the leak: the cell's own current is given, the terminals take what the leak leaves."""

from twin.submodels.base import Submodel, Variables, area, driven, layers


class Beside(Submodel):
    """No algebraic equation: the plant solves for the cell's current, together with its electrical mode."""

    def get_fundamental_variables(self) -> Variables:
        """Cell current [A] and the density through each layer [A.m-2], positive on discharge."""
        through = driven("Current function [A]")
        return {"Cell current [A]": through, "Current density [A.m-2]": through / (area() * layers())}

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Leak and terminal current [A]."""
        leak = driven("Leak conductance [S]") * variables["Voltage [V]"]
        terminal = variables["Cell current [A]"] - leak
        return {"Leak current [A]": leak, "Current [A]": terminal, "Current variable [A]": terminal}
