"""NMC811 | Li6PS5Cl | lithium metal (anode-free start or thin foil), at room temperature."""

import numpy as np

from twin.parameters.entry import Entry, Function, ParameterSet

F = 96485.33212  # C.mol-1
R = 8.314462618  # J.mol-1.K-1

CHEN = "Chen 2020, 10.1149/1945-7111/ab9050 (LG M50 positive electrode, in liquid electrolyte)"
KOERVER = "Koerver 2018, 10.1039/C8EE00907D, and Schweidler 2018: unit-cell volume, read off a figure"


def nmc811_ocp(sto):  # type: ignore[no-untyped-def]
    """Open-circuit potential [V] against Li of NMC811; Chen 2020 eq. fit for 0.26 < sto < 0.91.

    The last term is ours: the published fit has no end of discharge, a real electrode has.
    """
    sto = np.minimum(np.maximum(sto, 0.0), 1.02)
    return (
        -0.8090 * sto
        + 4.4875
        - 0.0428 * np.tanh(18.5138 * (sto - 0.5542))
        - 17.7326 * np.tanh(15.7890 * (sto - 0.3117))
        + 17.5842 * np.tanh(15.9308 * (sto - 0.3120))
        - np.exp((sto - 1.0) / 0.012)
    )


def nmc811_volume_change(sto):  # type: ignore[no-untyped-def]
    """Relative volume [1] of NMC811 against sto = 1; fit within 0.05 % of volume for 0.15 < sto < 0.8."""
    out = 1.0 - sto
    return -0.01 * (
        0.504899 * out + 3.757683 * out * out + 0.551827 * np.log(1.0 + np.exp((0.306270 - sto) / 0.0251181))
    )


def nmc811_exchange_current_density(sto, T):  # type: ignore[no-untyped-def]
    """Exchange-current density [A.m-2]; Chen 2020 at its salt concentration of 1000 mol.m-3, Arrhenius 17.8 kJ/mol."""
    sto = np.minimum(np.maximum(sto, 1e-4), 1.0 - 1e-4)
    arrhenius = np.exp(17800.0 / R * (1 / 298.15 - 1 / T))
    return 3.42e-6 * 1000.0**0.5 * 63104.0 * (sto * (1.0 - sto)) ** 0.5 * arrhenius


ENTRIES: dict[str, Entry] = {
    # Cathode composite
    "Maximum concentration in positive electrode [mol.m-3]": Entry(63104.0, CHEN, 50000, 66000, "measured"),
    "Positive particle diffusivity [m2.s-1]": Entry(4e-15, CHEN, 1e-16, 1e-13, "measured"),
    "Positive particle radius [m]": Entry(5.22e-6, CHEN, 1e-6, 8e-6, "measured"),
    "Positive electrode active material volume fraction": Entry(
        0.55, "dense pressed composites, 70-80 wt% active", 0.35, 0.7, "chosen"
    ),
    "Positive electrode electrolyte volume fraction": Entry(0.35, "as above, 10 % pores", 0.2, 0.5, "chosen"),
    "Positive electrode Bruggeman coefficient (electrolyte)": Entry(1.5, "Bruggeman", 1.5, 3, "assumed"),
    "Positive electrode effective electronic conductivity [S.m-1]": Entry(
        1.0, "order of dense NMC-Li6PS5Cl composites without carbon; porous-electrode form only", 1e-2, 100, "assumed"
    ),
    "Positive electrode Young's modulus [Pa]": Entry(
        30e9, "between Li6PS5Cl 22 GPa and oxide; pores soften it", 5e9, 100e9, "assumed"
    ),
    "Positive electrode stoichiometry at 0% SOC": Entry(0.9084, CHEN, 0.85, 0.95, "measured"),
    "Positive electrode stoichiometry at 100% SOC": Entry(0.2661, CHEN, 0.2, 0.35, "measured"),
    # Separator
    "Separator thickness [m]": Entry(500e-6, "pellet cells, review section 2.3: about 0.5 mm", 20e-6, 1.2e-3, "chosen"),
    "Separator conductivity [S.m-1]": Entry(
        0.156, "Li6PS5Cl 1.56 mS/cm at 298 K, calibration figures", 0.05, 1.2, "measured"
    ),
    "Separator conductivity activation energy [J.mol-1]": Entry(
        0.35 * F, "0.35 eV, calibration figures (0.37 for a second batch)", 0.2 * F, 0.5 * F, "measured"
    ),
    "Separator Young's modulus [Pa]": Entry(22e9, "Li6PS5Cl 22 GPa, calibration figures", 10e9, 30e9, "measured"),
    # Lithium and its interface
    "Lithium metal partial molar volume [m3.mol-1]": Entry(
        12.996e-6, "12.996 cm3/mol, calibration figures", 12.9e-6, 13.1e-6, "measured"
    ),
    "Exchange-current density for lithium metal electrode [A.m-2]": Entry(
        10.0, "of the order reported for sulfides; the contact resistance dominates", 1, 1000, "assumed"
    ),
    "Interface resistance at reference pressure [Ohm.m2]": Entry(
        54e-4,
        "Doux 2020, whole-cell 110/50/32 ohm at 5/10/25 MPa less a bulk of 28 ohm, two interfaces",
        1e-4,
        1e-1,
        "calibrated",
    ),
    "Interface resistance pressure exponent": Entry(1.9, "Doux 2020, first loading, same fit", 0.5, 3, "calibrated"),
    "Interface resistance activation energy [J.mol-1]": Entry(
        0.35 * F, "taken as the separator's", 0.2 * F, 0.7 * F, "assumed"
    ),
    "Reference pressure [Pa]": Entry(5e6, "the pressure of the fit", 5e6, 5e6, "chosen"),
    "Contact memory gain time [s]": Entry(60.0, "contact follows a rising pressure at once", 1, 3600, "assumed"),
    "Contact memory loss time [s]": Entry(
        1e6, "contact made under load stays for days after unloading", 1e4, 1e8, "assumed"
    ),
    "Initial contact pressure memory [Pa]": Entry(
        25e6, "Doux 2020: lithium is pressed on at 25 MPa, then released", 0, 5e8, "measured"
    ),
    "Stripping limit at lower pressure [A.m-2]": Entry(2.0, "Kasemchainan 2019: 0.2 mA/cm2 at 3 MPa", 1, 4, "measured"),
    "Stripping limit at higher pressure [A.m-2]": Entry(
        10.0, "Kasemchainan 2019: 1.0 mA/cm2 at 7 MPa", 5, 20, "measured"
    ),
    "Lower pressure of stripping limit [Pa]": Entry(3e6, "Kasemchainan 2019", 3e6, 3e6, "measured"),
    "Higher pressure of stripping limit [Pa]": Entry(7e6, "Kasemchainan 2019", 7e6, 7e6, "measured"),
    "Lithium creep exponent": Entry(6.6, "LePage 2019", 5, 7, "measured"),
    "Lithium creep activation energy [J.mol-1]": Entry(37e3, "LePage 2019, -25 to 125 C", 30e3, 45e3, "measured"),
    "Void depth [m]": Entry(
        1e-6, "void volume per area at which contact falls to 1/e; nobody measured it", 1e-7, 1e-5, "assumed"
    ),
    "Void closing rate at reference pressure [s-1]": Entry(
        1 / 7200,
        "recovery in hours at 5 MPa; bulk creep laws give seconds and contradict experiment",
        1e-6,
        30,
        "assumed",
    ),
    "Void closing exponent": Entry(5.0, "Roy 2021, creep closing m = 5", 1, 7, "measured"),
    "Lithium coverage thickness [m]": Entry(
        5e-8, "film thinner than this no longer covers the collector", 5e-9, 1e-6, "assumed"
    ),
    # Heat
    "Cell heat capacity per area [J.K-1.m-2]": Entry(
        2500.0, "0.6 mm of solids at 2 g/cm3 and 1 J/g/K, and two plungers' faces", 500, 1e5, "assumed"
    ),
    "Cell heat transfer coefficient [W.m-2.K-1]": Entry(
        100.0, "conduction into the plungers; the cell follows its frame in half a minute", 5, 2000, "assumed"
    ),
    "Cell thermal expansion coefficient [K-1]": Entry(15e-6, "sulfide pellet, order", 5e-6, 30e-6, "assumed"),
    # Frame
    "Frame relaxation fraction 1": Entry(
        0.03, "Koerver 2018: empty case 63 MPa loses 3.9 in 69 h", 0, 0.1, "calibrated"
    ),
    "Frame relaxation time 1 [s]": Entry(3 * 3600.0, "as above, split into two times", 600, 1e5, "assumed"),
    "Frame relaxation fraction 2": Entry(0.045, "as above", 0, 0.2, "calibrated"),
    "Frame relaxation time 2 [s]": Entry(40 * 3600.0, "as above", 1e4, 1e6, "assumed"),
    "Seal breakaway distance [m]": Entry(
        2e-6, "elastomer seals stretch by micrometres before they slide", 1e-7, 1e-4, "assumed"
    ),
    "Seal slip time [s]": Entry(10.0, "regularises the yield point; short beside any swelling", 0.1, 60, "chosen"),
    # Limits
    "Lower voltage cut-off [V]": Entry(2.5, "safe end of discharge", 2.0, 3.2, "chosen"),
    "Upper voltage cut-off [V]": Entry(4.3, "usual end of charge of NMC811 against Li", 4.1, 4.5, "chosen"),
    "Reference temperature [K]": Entry(298.15, "where conductivities are given", 298.15, 298.15, "chosen"),
}

FUNCTIONS: dict[str, Function] = {
    "Positive electrode OCP [V]": Function(nmc811_ocp, CHEN, "0.26 < sto < 0.91", "measured"),
    "Positive electrode volume change": Function(nmc811_volume_change, KOERVER, "0.15 < sto < 0.8", "measured"),
    "Positive electrode exchange-current density [A.m-2]": Function(
        nmc811_exchange_current_density, CHEN, "0.26 < sto < 0.91, near 298 K", "measured"
    ),
}

SET = ParameterSet(
    "NMC811_LPSCl_Li",
    "NMC811 composite, 0.5 mm Li6PS5Cl pellet, lithium metal",
    ENTRIES,
    FUNCTIONS,
)
