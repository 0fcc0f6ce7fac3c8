"""A solid-state cell under stack pressure, as a PyBaMM model."""

from collections.abc import Mapping
from typing import Any

import pybamm

from twin import parameters
from twin.options import complete
from twin.parameters.blend import PHASES
from twin.resolve import default_values
from twin.submodels import fixture, refill
from twin.submodels.anode.host import Host
from twin.submodels.anode.plating_host import PlatingHost
from twin.submodels.anode_swelling.residual import Residual
from twin.submodels.anode_swelling.reversible import Reversible
from twin.submodels.base import THROUGH, parameter
from twin.submodels.circuit.charge_counter import ChargeCounter
from twin.submodels.circuit.leak import Leak
from twin.submodels.circuit.no_leak import NoLeak
from twin.submodels.composite.contact_loss import ContactLoss
from twin.submodels.composite.no_contact_loss import NoContactLoss
from twin.submodels.contact.loading_and_unloading import LoadingAndUnloading
from twin.submodels.contact.no_resistance import NoResistance
from twin.submodels.contact.pressure_memory import PressureMemory
from twin.submodels.interphase.first_charge import FirstCharge
from twin.submodels.interphase.no_interphase import NoInterphase
from twin.submodels.kinetics.butler_volmer import ButlerVolmer
from twin.submodels.lithium.counter_metal import CounterMetal
from twin.submodels.lithium.metal import Metal
from twin.submodels.particle.blend import DOMAINS, RADII, Blend
from twin.submodels.particle.conversion import Conversion
from twin.submodels.particle.fickian import PARTICLE, Fickian
from twin.submodels.particle.fickian_through_electrode import FickianThroughElectrode
from twin.submodels.relaxation.no_relaxation import NoRelaxation
from twin.submodels.relaxation.viscoelastic import Viscoelastic
from twin.submodels.short.no_penetration import NoPenetration
from twin.submodels.short.penetration import Penetration
from twin.submodels.spring_ageing.no_ageing import NoAgeing
from twin.submodels.spring_ageing.set_and_fatigue import SetAndFatigue
from twin.submodels.swelling.volume_change import VolumeChange
from twin.submodels.thermal.isothermal import Isothermal
from twin.submodels.thermal.lumped import Lumped
from twin.submodels.voids.counter_flux_balance import CounterFluxBalance
from twin.submodels.voids.counter_no_voids import CounterNoVoids
from twin.submodels.voids.flux_balance import FluxBalance
from twin.submodels.voids.no_voids import NoVoids
from twin.submodels.voltage.blend import BlendVoltage
from twin.submodels.voltage.porous_electrode import PorousElectrode
from twin.submodels.voltage.single_particle import SingleParticle
from twin.submodels.voltage.symmetric import Symmetric

CATHODES: dict[str, tuple[Any, Any]] = {
    "single particle": (Fickian, SingleParticle),
    "porous electrode": (FickianThroughElectrode, PorousElectrode),
    "blend": (Blend, BlendVoltage),
    "conversion": (Conversion, SingleParticle),
    "metal": (CounterMetal, Symmetric),
}
"""Submodels of particles and of the voltage by the option "cathode"."""

CONTACTS: dict[str, Any] = {
    "pressure memory": PressureMemory,
    "loading and unloading": LoadingAndUnloading,
    "none": NoResistance,
}
"""Submodels of the lithium interface's resistance by the option "contact"."""

PLOTTED = [
    "Stack pressure [Pa]",
    "Voltage [V]",
    "Current [A]",
    "Cell thickness change [m]",
    "Lithium thickness [m]",
    "Contact fraction",
    "Cell temperature [K]",
    "Frame relaxation [m]",
]


class SolidStateCell(pybamm.lithium_ion.BaseModel):  # type: ignore[misc]
    """A solid-state cell in a fixture: electrochemistry, volume change and pressure, coupled both ways.

    Parameters
    ----------
    options : mapping of str to str, optional
        See `twin.options.OPTIONS`. Unknown options and values raise `twin.errors.InputError`.
    parameter_set : str
        Named set whose functions of state the model uses and whose values are its defaults.

    Examples
    --------
    >>> import pybamm, twin
    >>> model = twin.SolidStateCell({"fixture": "spring"})
    >>> solution = pybamm.Simulation(model).solve([0, 3600])  # doctest: +SKIP
    >>> solution["Stack pressure [Pa]"].entries  # doctest: +SKIP
    """

    def __init__(
        self,
        options: Mapping[str, str] | None = None,
        parameter_set: str = "NMC811_LPSCl_Li",
        name: str = "Solid-state cell",
    ) -> None:
        super().__init__({"working electrode": "positive"}, name)
        self.parameter_set = parameters.load(parameter_set)
        self.cell_options = complete(options, self.parameter_set.options)
        self.submodels = self._choose_submodels()
        # The base of all models builds from submodels; the lithium-ion one would add variables of a porous anode.
        pybamm.BaseModel.build_model(self)
        self.variables.update({"Time [s]": pybamm.t, "Time [h]": pybamm.t / 3600})

    def _choose_submodels(self) -> dict[str, Any]:
        chosen = self.cell_options
        functions = self.parameter_set.functions
        kinetics = {"kinetics": ButlerVolmer(functions)} if self.porous else {}
        particle, voltage = CATHODES[chosen["cathode"]]
        # The order is that of the state: changing it changes the last bits of every run.
        return {
            **kinetics,
            "circuit": (Leak if chosen["leak"] == "conductance" else NoLeak)(functions),
            "charge": ChargeCounter(functions),
            "particle": particle(functions),
            **self._choose_metals(),
            "contact": CONTACTS[chosen["contact"]](functions),
            "thermal": (Lumped if chosen["thermal"] == "lumped" else Isothermal)(functions),
            "relaxation": (Viscoelastic if chosen["relaxation"] == "viscoelastic" else NoRelaxation)(functions),
            "spring ageing": (SetAndFatigue if chosen["spring ageing"] == "set and fatigue" else NoAgeing)(functions),
            "swelling": VolumeChange(functions),
            "fixture": fixture.KINDS[chosen["fixture"]](functions),
            "voltage": voltage(functions),
            **self._choose_ageing(),
        }

    def _choose_ageing(self) -> dict[str, Any]:
        """What changes a cell for good; none of it by default."""
        functions, chosen = self.parameter_set.functions, self.cell_options
        short = Penetration if chosen["short"] == "penetration" else NoPenetration
        composite = ContactLoss if chosen["cathode contact"] == "lost by shrinking" else NoContactLoss
        interphase = FirstCharge if chosen["interphase"] == "first charge" else NoInterphase
        return {"short": short(functions), "composite": composite(functions), "interphase": interphase(functions)}

    def _choose_metals(self) -> dict[str, Any]:
        """Lithium and its voids, at both ends of a symmetric cell; or a host and its swelling."""
        functions, form = self.parameter_set.functions, self.cell_options["anode"]
        if form != "lithium metal":
            swelling = Residual if self.cell_options["anode swelling"] == "residual" else Reversible
            host = PlatingHost if form == "plating host" else Host
            return {"lithium": host(functions), "voids": NoVoids(functions), "anode swelling": swelling(functions)}
        anode = {"lithium": Metal(functions), "voids": self._voids(FluxBalance, NoVoids)}
        if self.cell_options["cathode"] != "metal":
            return anode
        return {**anode, "counter voids": self._voids(CounterFluxBalance, CounterNoVoids)}

    def _voids(self, kind: Any, none: Any) -> Any:
        functions, chosen = self.parameter_set.functions, self.cell_options
        if chosen["voids"] == "flux balance":
            return kind(functions, refill.LAWS[chosen["refill"]])
        return none(functions)

    @property
    def default_parameter_values(self) -> Any:
        """A 13 mm die of 4 mAh/cm2 at 5 MPa."""
        values = default_values(self.parameter_set.name, self.cell_options["fixture"])
        return pybamm.ParameterValues(values)

    @property
    def default_quick_plot_variables(self) -> list[str]:
        """Pressure first."""
        return PLOTTED

    @property
    def porous(self) -> bool:
        """Whether the cathode is resolved through its thickness."""
        return self.cell_options["cathode"] == "porous electrode"

    @property
    def default_geometry(self) -> Any:
        """The particle's radius and, where it is resolved, the depth in the composite as a share of its thickness."""
        if self.cell_options["cathode"] == "blend":
            return {
                DOMAINS[phase]: _sphere(RADII[phase], DOMAINS[phase], f"{phase}: Positive particle radius [m]")
                for phase in PHASES
            }
        if self.cell_options["cathode"] in ("conversion", "metal"):
            return {}
        particle = _sphere("r_p", PARTICLE, "Positive particle radius [m]")
        if not self.porous:
            return {PARTICLE: particle}
        x = pybamm.SpatialVariable("x_p", domain=[THROUGH], coord_sys="cartesian")
        return {PARTICLE: particle, THROUGH: {x: {"min": 0, "max": 1}}}

    @property
    def default_var_pts(self) -> dict[str, int]:
        """Twenty shells, or ten points of ten shells each."""
        if self.cell_options["cathode"] == "blend":
            return dict.fromkeys(RADII.values(), 20)
        return {"x_p": 10, "r_p": 10} if self.porous else {"r_p": 20}

    @property
    def default_submesh_types(self) -> dict[str, Any]:
        """Uniform, but for the shells of resolved cathodes: half as many do when they are thin at the surface."""
        if not self.porous:
            return dict.fromkeys(self.default_geometry, pybamm.Uniform1DSubMesh)
        shells = pybamm.MeshGenerator(pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.0})
        return {PARTICLE: shells, THROUGH: pybamm.Uniform1DSubMesh}

    @property
    def default_spatial_methods(self) -> dict[str, Any]:
        """Finite volumes: what goes in comes out. A resolved cathode takes better values at its surfaces and ends."""
        if not self.porous:
            return {domain: pybamm.FiniteVolume() for domain in self.default_geometry}
        order = {"gradient": "linear", "value": "quadratic"}
        surface, ends = ({"extrapolation": {"order": order, "use bcs": known}} for known in (False, True))
        return {PARTICLE: pybamm.FiniteVolume(surface), THROUGH: pybamm.FiniteVolume(ends)}


def _sphere(name: str, domain: str, radius: str) -> dict[Any, Any]:
    r = pybamm.SpatialVariable(name, domain=[domain], coord_sys="spherical polar")
    return {r: {"min": 0, "max": parameter(radius)}}
