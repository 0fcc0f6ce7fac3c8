"""A LiCoO2 | graphite pouch in liquid electrolyte whose thickness was measured: what its swelling is computed from.

Geometry and electrode balance are Ai 2020's (as PyBaMM has them in the set of that name); strains are our materials'.
"""

from twin.parameters.entry import Entry

AI = "Ai 2020, 10.1149/2.0122001JES (Enertech pouch, PyBaMM's Ai2020)"
SPREAD = "fitted to the thickness of Rieger 2016 at 0.5C, which sees no kink where a uniform electrode has one"

ENTRIES: dict[str, Entry] = {
    "Number of electrodes connected in parallel to make a cell": Entry(34, AI, 34, 34, "measured"),
    "Electrode height [m]": Entry(0.051, AI, 0.05, 0.052, "measured"),
    "Electrode width [m]": Entry(0.047, AI, 0.046, 0.048, "measured"),
    "Negative electrode thickness [m]": Entry(76.5e-6, AI, 70e-6, 80e-6, "measured"),
    "Positive electrode thickness [m]": Entry(68e-6, AI, 60e-6, 75e-6, "measured"),
    "Negative electrode active material volume fraction": Entry(0.61, AI, 0.55, 0.65, "measured"),
    "Positive electrode active material volume fraction": Entry(0.62, AI, 0.55, 0.65, "measured"),
    "Maximum concentration in negative electrode [mol.m-3]": Entry(28700.0, AI, 28000, 31500, "measured"),
    "Maximum concentration in positive electrode [mol.m-3]": Entry(49943.0, AI, 49000, 52000, "measured"),
    "Initial concentration in negative electrode [mol.m-3]": Entry(24108.0, AI, 23000, 25000, "measured"),
    "Initial concentration in positive electrode [mol.m-3]": Entry(21725.0, AI, 21000, 25000, "measured"),
    "Current function [A]": Entry(1.14, "0.5C of 2.28 A.h, " + AI, 1.1, 1.2, "measured"),
    "Negative electrode stoichiometry spread fraction": Entry(0.05, SPREAD, 0, 0.1, "calibrated"),
    "Positive electrode stoichiometry spread fraction": Entry(0.09, SPREAD, 0, 0.15, "calibrated"),
}
