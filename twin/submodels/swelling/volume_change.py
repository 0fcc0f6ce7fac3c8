"""How much thicker the stack wants to be than when it was assembled."""

from twin.submodels.base import Submodel, Variables, driven, layers, parameter


class VolumeChange(Submodel):
    """Lithium, voids and the cathode's active material, each per layer; layers add."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Thickness changes [m] of one layer's electrodes and of the stack, free of load."""
        strain = self.functions["Positive electrode volume change"].call
        c_max = parameter("Maximum concentration in positive electrode [mol.m-3]")
        start = parameter("Initial concentration in positive electrode [mol.m-3]") / c_max
        # Laterally confined by the die or by the dense composite: all of the volume goes into thickness.
        cathode = (
            parameter("Positive electrode thickness [m]")
            * parameter("Positive electrode active material volume fraction")
            * (variables["Positive electrode volume strain"] - strain(start))
        )
        anode = variables["Lithium thickness [m]"] - parameter("Initial lithium thickness [m]")
        extra = driven("Extra thickness [m]")
        return {
            "Positive electrode thickness change [m]": cathode,
            "Negative electrode thickness change [m]": anode + variables["Void thickness [m]"],
            "Extra thickness [m]": extra,
            "Cell thickness change [m]": layers() * (anode + variables["Void thickness [m]"] + cathode) + extra,
        }
