"""How much one layer of a cell grows between two states of charge, at rest: what swelling alone asks of a fixture."""

from collections.abc import Mapping

from twin.cell_values import host_values
from twin.parameters import ParameterSet, blend
from twin.parameters.shapes import F


def layer_growth(chosen: ParameterSet, values: Mapping[str, float], capacity: float, start: float, end: float) -> float:
    """Growth of one layer [m] from state of charge ``start`` to ``end``, + thicker, first charge, free of load.

    Parameters
    ----------
    chosen : ParameterSet
        The cell's materials.
    values : mapping of str to float
        As `twin.resolve.values_of` gives them.
    capacity : float
        Of one layer [C.m-2].
    start, end : float
        States of charge, 0 to 1.
    """
    return sum(part(chosen, values, capacity, start, end) for part in (cathode_growth, anode_growth))


def cathode_growth(
    chosen: ParameterSet, values: Mapping[str, float], capacity: float, start: float, end: float
) -> float:
    """The cathode's part [m]; a metal cathode gives what the anode takes."""
    if chosen.cathode == "metal":
        return -anode_growth(chosen, values, capacity, start, end)
    solid = values["Positive electrode thickness [m]"] * values["Positive electrode active material volume fraction"]
    if chosen.cathode == "blend":
        return solid * (blend_strain(chosen, values, end) - blend_strain(chosen, values, start))
    strain = chosen.functions["Positive electrode volume change"].call
    empty, full = (values[f"Positive electrode stoichiometry at {end_}% SOC"] for end_ in (0, 100))
    return solid * float(strain(empty + end * (full - empty)) - strain(empty + start * (full - empty)))


def blend_strain(chosen: ParameterSet, values: Mapping[str, float], state_of_charge: float) -> float:
    """Volume strain of a blend's active material [1], both materials in equilibrium."""
    contents = blend.content(values, chosen.functions, state_of_charge)
    return sum(
        share * float(chosen.functions[f"{phase}: Positive electrode volume change"].call(sto))
        for phase, share, sto in zip(blend.PHASES, blend.volume_shares(values), contents, strict=True)
    )


def anode_growth(chosen: ParameterSet, values: Mapping[str, float], capacity: float, start: float, end: float) -> float:
    """The anode's part [m]."""
    if chosen.anode == "metal":
        return (end - start) * capacity * values["Lithium metal partial molar volume [m3.mol-1]"] / F
    strain = chosen.functions["Negative electrode volume change"].call
    c_max = values["Maximum concentration in negative electrode [mol.m-3]"]
    grown = []
    for state_of_charge in (start, end):
        held = host_values(dict(values), capacity, state_of_charge * capacity)
        sto = held["Initial concentration in negative electrode [mol.m-3]"] / c_max
        solid = held["Negative electrode thickness [m]"] * values["Negative electrode active material volume fraction"]
        grown.append(solid * float(strain(sto)) + held["Initial lithium thickness [m]"])
    return grown[1] - grown[0]
