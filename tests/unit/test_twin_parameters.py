"""Parameter sets: every value says where it comes from, in which unit, and where it holds."""

import re

import numpy as np
import pybamm
import pytest

from twin.errors import InputError
from twin.parameters import SETS, load

# Fractions, ratios, exponents and stoichiometries have no unit.
DIMENSIONLESS = re.compile(r"fraction( \d)?$|exponent$|coefficient \(electrolyte\)$|stoichiometry (at \d+% SOC|limit)$")
KINDS = {"measured", "computed", "calibrated", "assumed", "chosen"}

ENTRIES = [(s.name, n, e) for s in SETS.values() for n, e in s.entries.items()]
FUNCTIONS = [(s.name, n, f) for s in SETS.values() for n, f in s.functions.items()]
STO = np.linspace(-0.5, 1.5, 4001)

# Koerver 2018 / Schweidler 2018, read off a figure: lithium content, relative volume [%].
NMC811_VOLUME = [
    (0.79, -0.29), (0.67, -0.57), (0.55, -0.99), (0.46, -1.34), (0.40, -1.68), (0.34, -2.11), (0.31, -2.50),
    (0.275, -3.12), (0.245, -3.92), (0.213, -4.82), (0.182, -5.67), (0.151, -6.53),
]  # fmt: skip


def call(function, sto):
    """A function of stoichiometry, at 298.15 K where it also takes a temperature."""
    return function.call(sto, 298.15) if "exchange" in function.call.__name__ else function.call(sto)


@pytest.mark.parametrize(("chosen", "name", "entry"), ENTRIES, ids=lambda x: x if isinstance(x, str) else "")
def test_entry_has_unit_source_and_range(chosen, name, entry):
    assert re.search(r" \[[^\]]+\]$", name) or DIMENSIONLESS.search(name), "no unit, and not on the list of ratios"
    assert len(entry.source) >= 5
    assert entry.low <= entry.value <= entry.high
    assert entry.kind in KINDS
    if entry.kind == "measured":
        assert re.search(r"\d{4}|calibration figures", entry.source), "a measured value names its paper or table"


def test_an_entry_outside_its_own_range_cannot_be_written():
    from twin.parameters.entry import Entry

    with pytest.raises(ValueError, match="outside its own range"):
        Entry(3.0, "somewhere", 1.0, 2.0, "assumed")


@pytest.mark.parametrize(("chosen", "name", "function"), FUNCTIONS, ids=lambda x: x if isinstance(x, str) else "")
class TestFunction:
    def test_finite_far_outside_its_range(self, chosen, name, function):
        assert np.all(np.isfinite(call(function, STO)))

    def test_smooth_where_it_holds(self, chosen, name, function):
        """No jump: halving the grid halves the largest step."""
        low, high = (float(x) for x in re.findall(r"0\.\d+", function.validity)[:2])
        steps = [np.max(np.abs(np.diff(call(function, np.linspace(low, high, n))))) for n in (2001, 4001)]
        assert steps[1] == pytest.approx(steps[0] / 2, rel=0.02)

    def test_pybamm_and_numpy_agree(self, chosen, name, function):
        for sto in (-0.5, 0.0, 0.2661, 0.5, 0.9084, 1.0, 1.5):
            symbol = call(function, pybamm.Scalar(sto) + 0 * pybamm.t)
            assert float(symbol.evaluate(t=0.0)) == pytest.approx(float(call(function, np.float64(sto))), rel=1e-13)

    def test_says_source_and_validity(self, chosen, name, function):
        assert re.search(r"10\.\d{4}/", function.source), "a DOI"
        assert function.kind in KINDS
        assert re.search(r"[\d.]+ < sto < [\d.]+", function.validity)


@pytest.mark.parametrize(("sto", "percent"), NMC811_VOLUME)
def test_nmc811_volume_against_every_published_point(sto, percent):
    volume = SETS["NMC811_LPSCl_Li"].functions["Positive electrode volume change"].call
    assert 100 * volume(sto) == pytest.approx(percent, abs=0.15)


def test_nmc811_shrinks_as_it_is_charged():
    volume = SETS["NMC811_LPSCl_Li"].functions["Positive electrode volume change"].call
    assert np.all(np.diff(volume(np.linspace(0.15, 1.0, 500))) > 0)


def test_nmc811_potential_against_chen_2020():
    """Chen 2020's fit, written out again; ours adds an end of discharge that is not felt below 0.92."""
    x = np.linspace(0.27, 0.9, 200)
    published = (
        -0.8090 * x
        + 4.4875
        - 0.0428 * np.tanh(18.5138 * (x - 0.5542))
        - 17.7326 * np.tanh(15.7890 * (x - 0.3117))
        + 17.5842 * np.tanh(15.9308 * (x - 0.3120))
    )
    ours = SETS["NMC811_LPSCl_Li"].functions["Positive electrode OCP [V]"].call(x)
    assert np.max(np.abs(ours - published)) < 1e-3
    assert np.all(np.diff(ours) < 0)


def test_exchange_current_density_of_nmc811_is_arrhenius():
    j0 = SETS["NMC811_LPSCl_Li"].functions["Positive electrode exchange-current density [A.m-2]"].call
    ratio = j0(0.5, 318.15) / j0(0.5, 298.15)
    assert ratio == pytest.approx(np.exp(17800 / 8.314462618 * (1 / 298.15 - 1 / 318.15)), rel=1e-12)


def test_unknown_set_is_one_line_that_names_the_known_ones():
    with pytest.raises(InputError, match="NMC811_LPSCl_Li") as caught:
        load("NMC532")
    assert "\n" not in str(caught.value)


def test_parameter_sets_do_not_need_pybamm():
    import subprocess
    import sys

    code = "import sys, twin.parameters, twin.plant; sys.exit('pybamm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
