"""Cell and frame at the ambient temperature, always."""

import pybamm

from twin.submodels.base import Submodel, Variables, driven


class Isothermal(Submodel):
    """No heat, no lag."""

    def get_fundamental_variables(self) -> Variables:
        """Every temperature [K] is the ambient's."""
        ambient = driven("Ambient temperature [K]")
        return {
            "Cell temperature [K]": ambient,
            "Frame temperature [K]": ambient,
            "Ambient temperature [K]": ambient,
            "Heat generation [W]": pybamm.Scalar(0),
        }
