"""Every material a cell can be made of: its entries, its functions, and which of them make a cell together."""

import itertools
import re

import numpy as np
import pybamm
import pytest
from test_twin_parameters import DIMENSIONLESS, KINDS, NMC811_VOLUME, call

from twin.errors import InputError
from twin.parameters import CATALOGUE, SETS, compose, load
from twin.parameters.electrolytes.pressing import pressing_factor

F = 96485.33212  # C/mol
MAH = 36000.0  # C/m2 per mAh/cm2

MATERIALS = [material for materials in CATALOGUE.values() for material in materials]
ENTRIES = [(m.name, name, entry) for m in MATERIALS for name, entry in m.entries.items()]
FUNCTIONS = [(m.name, name, function) for m in MATERIALS for name, function in m.functions.items()]
BY_NAME = {m.name: m for m in MATERIALS}

# Koerver 2018 / Schweidler 2018, read off a figure: lithium content, relative volume [%].
LCO_VOLUME = [
    (0.93, 0.27), (0.87, 0.68), (0.79, 1.12), (0.73, 1.61), (0.66, 2.05), (0.60, 2.19), (0.55, 1.98), (0.50, 1.25),
    (0.46, -0.10), (0.43, -1.05),
]  # fmt: skip
GRAPHITE_VOLUME = [
    (0.06, 1.27), (0.18, 3.57), (0.29, 5.19), (0.42, 5.97), (0.59, 6.31), (0.64, 8.57), (0.74, 10.29), (0.85, 12.15),
    (0.95, 13.17),
]  # fmt: skip
VOLUMES = {"NMC811": NMC811_VOLUME, "LCO": LCO_VOLUME, "graphite": GRAPHITE_VOLUME}


def volume(name):
    functions = BY_NAME[name].functions
    return next(f.call for key, f in functions.items() if key.endswith("volume change"))


def value(name, key):
    return BY_NAME[name].entries[key].value


# What each says of itself


@pytest.mark.parametrize(("material", "name", "entry"), ENTRIES, ids=lambda x: x if isinstance(x, str) else "")
def test_entry_has_unit_source_and_range(material, name, entry):
    assert re.search(r" \[[^\]]+\]$", name) or DIMENSIONLESS.search(name), "no unit, and not on the list of ratios"
    assert len(entry.source) >= 4
    assert entry.low <= entry.value <= entry.high
    assert entry.kind in KINDS
    if entry.kind == "measured":
        assert re.search(r"\d{4}|calibration figures", entry.source), "a measured value names its paper or table"


@pytest.mark.parametrize(("material", "name", "function"), FUNCTIONS, ids=lambda x: x if isinstance(x, str) else "")
class TestFunction:
    def test_finite_far_outside_its_range(self, material, name, function):
        assert np.all(np.isfinite(call(function, np.linspace(-0.5, 1.5, 4001))))

    def test_smooth_where_it_holds(self, material, name, function):
        low, high = (float(x) for x in re.findall(r"\d\.\d+", function.validity)[:2])
        steps = [np.max(np.abs(np.diff(call(function, np.linspace(low, high, n))))) for n in (2001, 4001)]
        assert steps[1] == pytest.approx(steps[0] / 2, rel=0.05)

    def test_pybamm_and_numpy_agree(self, material, name, function):
        for sto in (-0.5, 0.0, 0.27, 0.5, 0.91, 1.0, 1.5):
            symbol = call(function, pybamm.Scalar(sto) + 0 * pybamm.t)
            assert float(symbol.evaluate(t=0.0)) == pytest.approx(float(call(function, np.float64(sto))), rel=1e-12)

    def test_says_source_and_validity(self, material, name, function):
        assert re.search(r"10\.\d{4}/|densities|CRC Handbook", function.source), "a DOI, or densities"
        assert function.kind in KINDS
        assert re.search(r"[\d.]+ < sto < [\d.]+", function.validity)

    def test_a_potential_falls_as_lithium_enters(self, material, name, function):
        if not name.endswith("OCP [V]"):
            return
        low, high = (float(x) for x in re.findall(r"\d\.\d+", function.validity)[:2])
        assert np.all(np.diff(function.call(np.linspace(low, high, 500))) <= 1e-12)


# Volume


@pytest.mark.parametrize(
    ("name", "sto", "percent"), [(name, *point) for name, points in VOLUMES.items() for point in points]
)
def test_volume_against_every_published_point(name, sto, percent):
    assert 100 * volume(name)(sto) == pytest.approx(percent, abs=0.15)


@pytest.mark.parametrize("name", ["LCO", "graphite"])
def test_volume_between_the_points(name):
    points = sorted([*VOLUMES[name], (0.0 if name == "graphite" else 1.0, 0.0)])
    x = np.linspace(points[0][0], points[-1][0], 2000)
    assert np.abs(100 * volume(name)(x) - np.interp(x, *zip(*points, strict=True))).max() < 0.15


def test_lco_grows_first_as_it_is_charged_and_then_shrinks():
    slope = np.diff(volume("LCO")(np.linspace(0.43, 1.0, 400)))  # from charged to discharged
    x = np.linspace(0.43, 1.0, 399)
    assert np.all(slope[x < 0.57] > 0)
    assert np.all(slope[x > 0.63] < 0)


def test_lto_has_no_strain():
    assert np.all(volume("LTO")(np.linspace(0, 1, 50)) == 0)


def test_silicon_takes_8_85_cm3_per_mol_and_grows_more_than_threefold():
    c_max = value("silicon", "Maximum concentration in negative electrode [mol.m-3]")
    assert (volume("silicon")(0.7) - volume("silicon")(0.2)) / (0.5 * c_max) == pytest.approx(8.85e-6, rel=1e-12)
    assert volume("silicon")(1.0) > 3.0


def test_indium_and_sulfur_by_their_densities():
    """InLi: cubic, a = 6.79 A, eight formula units; In 114.82 g/mol at 7310; S 2070, Li2S 1660 kg/m3."""
    inli = (6.79e-10) ** 3 / 8 * 6.02214076e23
    assert volume("indium")(1.0) == pytest.approx(inli / (0.11482 / 7310) - 1, abs=0.01)
    assert volume("sulfur")(1.0) == pytest.approx((0.04594 / 1660) / (0.03206 / 2070) - 1, abs=0.01)


@pytest.mark.parametrize(("metal", "micrometres"), [("lithium", 4.849), ("anode-free", 4.849), ("sodium", 8.834)])
def test_metal_per_mAh_per_cm2(metal, micrometres):
    V_m = value(metal, "Lithium metal partial molar volume [m3.mol-1]")
    assert V_m / F * MAH * 1e6 == pytest.approx(micrometres, rel=1e-3)


def test_a_positive_volume_never_vanishes():
    for name, points in VOLUMES.items():
        assert np.all(1 + volume(name)(np.linspace(0, 1, 100)) > 0.5), points


# Figures of the electrolytes


@pytest.mark.parametrize(
    ("name", "conductivity", "modulus", "window"),
    [("LPSCl", 0.156, 22e9, (None, 2.1)), ("LGPS", 1.2, None, (1.71, 2.15)), ("LLZO", 0.04, 175e9, (None, None))],
)
def test_electrolyte_against_the_calibration_figures(name, conductivity, modulus, window):
    assert value(name, "Separator conductivity [S.m-1]") == conductivity
    if modulus:
        assert value(name, "Separator Young's modulus [Pa]") == modulus
    for end, expected in zip(("reduction", "oxidation"), window, strict=True):
        if expected:
            assert value(name, f"Separator {end} potential [V]") == expected


@pytest.mark.parametrize("material", CATALOGUE["electrolyte"], ids=lambda m: m.name)
def test_pressing_harder_never_conducts_worse(material):
    values = {name: entry.value for name, entry in material.entries.items()}
    factors = [pressing_factor(values, P) for P in np.linspace(0, 1e9, 50)]
    assert np.all(np.diff(factors) >= 0)
    assert pressing_factor(values, values["Separator reference pressing pressure [Pa]"]) == pytest.approx(1.0)
    assert (factors[0] == factors[-1]) == (material.name == "LLZO")


# Cells


def test_the_default_cell_is_what_it_was():
    """The named set's values before cells were composed, restated."""
    entries = SETS["NMC811_LPSCl_Li"].entries
    for name, expected in {
        "Maximum concentration in positive electrode [mol.m-3]": 63104.0,
        "Positive particle radius [m]": 5.22e-6,
        "Positive electrode stoichiometry at 100% SOC": 0.2661,
        "Separator conductivity [S.m-1]": 0.156,
        "Interface resistance at reference pressure [Ohm.m2]": 54e-4,
        "Void closing rate at reference pressure [s-1]": 1 / 7200,
        "Upper voltage cut-off [V]": 4.3,
        "Lower voltage cut-off [V]": 2.5,
        "Frame relaxation fraction 2": 0.045,
    }.items():
        assert entries[name].value == expected


LITHIUM_CATHODES = [m.name for m in CATALOGUE["cathode"] if m.ion == "Li"]
LITHIUM_ELECTROLYTES = [m.name for m in CATALOGUE["electrolyte"] if m.ion == "Li"]
LITHIUM_ANODES = [m.name for m in CATALOGUE["anode"] if m.ion == "Li"]
REFUSED = {("sulfur", "LLZO")}


@pytest.mark.parametrize("electrolyte", LITHIUM_ELECTROLYTES)
def test_every_sensible_combination_builds(electrolyte):
    for cathode, anode in itertools.product([*LITHIUM_CATHODES, "NMC811+LCO", "NMC111+NCA"], LITHIUM_ANODES):
        if (cathode, electrolyte) in REFUSED:
            continue
        made = compose(cathode, electrolyte, anode)
        assert load(made.name) == made
        low, high = (made.entries[f"{end} voltage cut-off [V]"].value for end in ("Lower", "Upper"))
        assert -0.1 < low < high


@pytest.mark.parametrize("parts", ["lithium|LPSCl|lithium", "lithium|LLZO|Li", "Na|Na3PS4|Na", "NaCrO2|Na3PS4|sodium"])
def test_symmetric_and_sodium_cells_build(parts):
    made = load(parts)
    assert made.cathode == ("insertion" if "CrO2" in parts else "metal")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("NMC811", "LPSCl", "sodium"), "same ion"),
        (("NaCrO2", "Na3PS4", "lithium"), "same ion"),
        (("NMC811", "Na3PS4", "lithium"), "same ion"),
        (("graphite", "LPSCl", "lithium"), "graphite is an anode"),
        (("NMC811", "LPSCl", "LCO"), "LCO is a cathode"),
        (("NMC811", "graphite", "lithium"), "graphite is an anode"),
        (("sulfur", "LLZO", "lithium"), "sintered"),
        (("sulfur", "LPSCl+LGPS", "lithium"), "not known"),
        (("lithium", "LPSCl", "graphite"), "symmetric"),
        (("lithium", "LPSCl", "sodium"), "symmetric"),
        (("NMC811+sulfur", "LPSCl", "lithium"), "does not blend"),
        (("NMC811+NMC811", "LPSCl", "lithium"), "itself"),
        (("NMC811+NaCrO2", "LPSCl", "lithium"), "sodium"),
        (("unobtainium", "LPSCl", "lithium"), "choose one of NMC811"),
    ],
)
def test_a_senseless_cell_is_refused_with_the_reason_in_one_line(parts, said):
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        compose(*parts)
    assert "\n" not in str(caught.value)


def test_names_do_not_collide_within_a_part():
    for materials in CATALOGUE.values():
        spelt = ["".join(c for c in n.lower() if c.isalnum()) for m in materials for n in (m.name, *m.aliases)]
        unique = {(s, i) for i, m in enumerate(materials) for s in [
            "".join(c for c in n.lower() if c.isalnum()) for n in (m.name, *m.aliases)
        ]}  # fmt: skip
        assert len({s for s, _ in unique}) == len(unique), spelt


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("NMC811", "LPSCl", "lithium"), ["reduced below 1.71", "oxidised above 2.1 V"]),
        (("NMC811", "Li3YCl6", "LTO"), ["oxidised above 4.21"]),
        (("LCO", "Li3YCl6", "LTO"), []),
    ],
)
def test_the_window_of_the_electrolyte_is_a_warning(parts, said):
    warnings = compose(*parts).warnings
    assert len(warnings) == len(said)
    for sentence, part in zip(warnings, said, strict=True):
        assert part in sentence
