"""A host that shrinks by what it grew: graphite, titanate, indium, alloys made lithiated."""

from twin.submodels.anode_swelling import solid_thickness, start
from twin.submodels.base import Submodel, Variables


class Reversible(Submodel):
    """Volume strain of the active material times its thickness: laterally confined, all of it goes into thickness."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Growth since assembly [m], the metal beneath a plating host included."""
        strain = self.functions["Negative electrode volume change"].call
        grown = solid_thickness() * (strain(variables["Negative electrode stoichiometry"]) - strain(start()))
        return {"Host growth [m]": grown}
