"""How much thicker the stack wants to be than when it was assembled."""

from twin.submodels.base import Submodel, Variables, driven, layers


class VolumeChange(Submodel):
    """Anode, voids and cathode, each per layer; layers add."""

    def get_coupled_variables(self, variables: Variables) -> Variables:
        """Thickness changes [m] of one layer's anode and of the stack, free of load."""
        anode, cathode = variables["Anode growth [m]"], variables["Positive electrode thickness change [m]"]
        extra = driven("Extra thickness [m]")
        return {
            "Negative electrode thickness change [m]": anode + variables["Void thickness [m]"],
            "Extra thickness [m]": extra,
            "Cell thickness change [m]": layers() * (anode + variables["Void thickness [m]"] + cathode) + extra,
        }
