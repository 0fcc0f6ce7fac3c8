"""Experiments on whole cells: how a stack grows, and which blend of cathodes swells least."""

import numpy as np
import pytest

from twin.errors import InputError
from twin.experiments import blend_null, layer_expansion


@pytest.mark.parametrize(("anode", "micrometres"), [("lithium", 4.849), ("anode-free", 4.849), ("sodium", 8.834)])
def test_a_metal_alone_grows_by_its_molar_volume(anode, micrometres):
    result = layer_expansion(anode=anode, cathode="none", areal_capacity_mAh_per_cm2=1.0)
    assert result.value == pytest.approx(micrometres, rel=1e-3)
    assert result.unit == "um"


@pytest.mark.parametrize("anode", ["lithium", "silicon", "graphite", "silver-carbon"])
def test_layers_and_capacity_multiply(anode):
    one = layer_expansion(anode=anode, areal_capacity_mAh_per_cm2=1.5).value
    assert layer_expansion(anode=anode, areal_capacity_mAh_per_cm2=3.0, layers=30).value == pytest.approx(60 * one)


def test_the_cathode_takes_a_part_back():
    alone, cell = (layer_expansion(cathode=cathode).value for cathode in ("none", "NMC811"))
    assert 0.9 * alone < cell < alone


def test_the_curve_starts_at_nothing_and_its_parts_add():
    series = layer_expansion(anode="graphite", cathode="LCO").series
    stack, anodes, cathodes = (np.array(series[k]) for k in ("Stack [um]", "Anodes [um]", "Cathodes [um]"))
    assert stack[0] == 0
    assert stack == pytest.approx(anodes + cathodes)
    assert series["State of charge [1]"][-1] == 1


def test_less_swelling_in_this_order():
    grown = {anode: layer_expansion(anode=anode, cathode="none").value for anode in (
        "lithium", "silicon", "indium", "graphite", "LTO"
    )}  # fmt: skip
    assert list(grown) == sorted(grown, key=grown.__getitem__, reverse=True)
    assert grown["LTO"] == 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"anode": "sodium", "cathode": "NMC811"}, "same ion"),
        ({"cathode": "graphite"}, "NMC811"),
        ({"anode": "paper"}, "silver-carbon"),
        ({"blend": "sulfur"}, "blend"),
        ({"layers": 31}, "31"),
        ({"anode": "graphite", "n_p_ratio": 50.0}, "n_p_ratio"),
    ],
)
def test_a_senseless_stack_is_refused_in_one_line(parameters, said):
    with pytest.raises(InputError, match=said) as caught:
        layer_expansion(**parameters)
    assert "\n" not in str(caught.value)


# Blends


@pytest.fixture(scope="module")
def null():
    return blend_null()


def test_the_least_swing_is_below_either_alone(null):
    """A mixture of what grows and what shrinks; at its ends the curve is each alone."""
    swing = np.array(null.series["Swing of the volume strain [%]"])
    w = np.array(null.series["Weight fraction of NMC811 [1]"])
    assert 0 < null.value < 1
    assert swing[w == null.value] == swing.min()
    assert swing.min() < 0.7 * min(swing[0], swing[-1])


def test_the_swings_alone_are_the_published_strains(null):
    """Koerver's points: LCO from 0 at 1 to its top, 2.19 % at 0.60 less the 0.2 % at 0.95; NMC811 -2.50 % at 0.31."""
    swing = null.series["Swing of the volume strain [%]"]
    assert swing[0] == pytest.approx(2.19 - 0.19, abs=0.15)
    assert swing[-1] == pytest.approx(2.50 - 0.10, abs=0.4)


def test_net_criterion_nulls_the_ends():
    result = blend_null(criterion="net")
    net = dict(zip(result.series["Weight fraction of NMC811 [1]"],
                   result.series["Net volume strain between the ends [%]"], strict=True))  # fmt: skip
    assert net[result.value] < 0.01


def test_order_does_not_matter():
    assert blend_null(cathode="LCO", blend="NMC811").value == pytest.approx(1 - blend_null().value, abs=1e-3)


@pytest.mark.parametrize(
    "pair", [("NMC811", "NMC811"), ("NMC811", "sulfur"), ("NMC811", "NaCrO2"), ("graphite", "LCO")]
)
def test_what_does_not_blend_is_one_line(pair):
    with pytest.raises(InputError) as caught:
        blend_null(cathode=pair[0], blend=pair[1])
    assert "\n" not in str(caught.value)
