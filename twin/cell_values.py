"""From the section `[cell]` of a file to the model's values: balance, thicknesses, where lithium is at the start."""

from pathlib import Path

from twin.balance import charge_density, host_density
from twin.bpx_file import read
from twin.files import CellSection
from twin.parameters import ParameterSet, blend
from twin.parameters.electrolytes.pressing import pressing_factor
from twin.parameters.shapes import F

Values = dict[str, float]


def cell_values(cell: CellSection, chosen: ParameterSet) -> Values:
    """Scalars of the model that the file's cell decides [SI units], for the parameter set ``chosen``."""
    given = _given(cell, chosen.values())
    base = chosen.values() | given
    side = cell.area_m2**0.5
    size = {
        "Electrode width [m]": side,
        "Electrode height [m]": side,
        "Number of electrodes connected in parallel to make a cell": float(cell.layers),
        "Number of cells connected in series to make a battery": 1.0,
        "Nominal cell capacity [A.h]": cell.capacity_Ah,
    }
    return {**given, **size, **_cathode(cell, chosen, base), **_anode(cell, chosen, base)}


def _of_bpx(cell: CellSection) -> Values:
    """Values of the cell's BPX file, none without one."""
    return read(Path(cell.bpx)).values if cell.bpx is not None else {}


def areal_charge(cell: CellSection) -> float:
    """Capacity of one layer [C.m-2]."""
    return cell.areal_capacity_mAh_per_cm2 * 36000


def _given(cell: CellSection, own: Values) -> Values:
    """Values that a key of the file replaces; ``own`` are the materials'."""
    values = _of_bpx(cell)
    base = {**own, **values}
    if cell.electrolyte_um is not None:
        values["Separator thickness [m]"] = cell.electrolyte_um * 1e-6
    if cell.pressed_MPa is not None:
        values["Initial contact pressure memory [Pa]"] = cell.pressed_MPa * 1e6
    if cell.electrolyte_pressed_MPa is not None:
        factor = pressing_factor(base, cell.electrolyte_pressed_MPa * 1e6)
        values["Separator conductivity [S.m-1]"] = base["Separator conductivity [S.m-1]"] * factor
    if cell.blend_weight_fraction is not None:
        values[blend.WEIGHT] = cell.blend_weight_fraction
    if cell.n_p_ratio is not None:
        values["Negative to positive capacity fraction"] = cell.n_p_ratio
    return values


def _cathode(cell: CellSection, chosen: ParameterSet, base: Values) -> Values:
    if chosen.cathode == "metal":
        return {"Positive electrode thickness [m]": foil(cell, base)} | {
            "Initial positive electrode lithium thickness [m]": foil(cell, base)
        }
    thickness = areal_charge(cell) / charge_density(chosen, base)
    if chosen.cathode == "blend":
        values = {"Positive electrode thickness [m]": thickness}
        contents = blend.content(base, chosen.functions, cell.state_of_charge)
        for phase, sto in zip(blend.PHASES, contents, strict=True):
            c_max = base[f"{phase}: Maximum concentration in positive electrode [mol.m-3]"]
            values[f"{phase}: Initial concentration in positive electrode [mol.m-3]"] = c_max * sto
        return values
    c_max = base["Maximum concentration in positive electrode [mol.m-3]"]
    empty = base["Positive electrode stoichiometry at 0% SOC"]
    full = base["Positive electrode stoichiometry at 100% SOC"]
    return {
        "Positive electrode thickness [m]": thickness,
        "Initial concentration in positive electrode [mol.m-3]": c_max
        * (empty + cell.state_of_charge * (full - empty)),
    }


def _anode(cell: CellSection, chosen: ParameterSet, base: Values) -> Values:
    charge = cell.state_of_charge * areal_charge(cell)
    if chosen.cathode == "metal":
        return {"Initial lithium thickness [m]": foil(cell, base)}
    if chosen.anode == "metal":
        V_m = base["Lithium metal partial molar volume [m3.mol-1]"]
        plated = charge * V_m / F
        return {"Initial lithium thickness [m]": foil(cell, base) + plated}
    return host_values(base, areal_charge(cell), charge)


def foil(cell: CellSection, base: Values) -> float:
    """Metal under one layer when assembled [m]: as the file says, or the usual foil of this anode."""
    if cell.lithium_um is not None:
        return cell.lithium_um * 1e-6
    return base.get("Lithium foil thickness [m]", 0.0)


def host_values(base: Values, capacity: float, charge: float) -> Values:
    """Thickness and lithium of a host holding ``charge`` [C.m-2] when assembled, under a cathode of ``capacity``.

    A plating host takes what it can; the rest is metal beneath it.
    """
    c_max = base["Maximum concentration in negative electrode [mol.m-3]"]
    empty, limit = (base[f"Negative electrode stoichiometry {end}"] for end in ("at 0% SOC", "limit"))
    own = base["Negative to positive capacity fraction"] * capacity
    taken = min(charge, own)
    plated = (charge - taken) * base.get("Lithium metal partial molar volume [m3.mol-1]", 0.0) / F
    return {
        "Negative electrode thickness [m]": own / host_density(base),
        "Initial concentration in negative electrode [mol.m-3]": c_max * (empty + taken / own * (limit - empty)),
        "Initial lithium thickness [m]": plated,
    }
