"""Cells made of parts: what a file may say of them, how they are balanced, and how each kind swells."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from twin.cell_values import areal_charge, cell_values
from twin.errors import InputError
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.growth import anode_growth, cathode_growth, layer_growth
from twin.parameters import blend, load
from twin.plant import Inputs, Plant
from twin.resolve import anode_growth_per_charge, options_of, values_of

F = 96485.33212  # C/mol
DIE = math.pi / 4 * 0.013**2  # m2
MAH = 36000.0  # C/m2 per mAh/cm2


def section(**keys):
    return CellSection(diameter_mm=13.0, **keys)


def values(**keys):
    cell = section(**keys)
    chosen = load(cell.chemistry)
    return {**chosen.values(), **cell_values(cell, chosen)}, chosen, areal_charge(cell)


def plant(engine="vm", values=None, kind="fixed_gap", **keys):
    from twin import cache

    cell, fixture, ambient = section(**keys), FixtureSection(kind=kind, relaxation=False), AmbientSection()
    chosen = cache.stepper(options_of(cell, fixture), cell.chemistry, engine=engine)
    return Plant(chosen, {**values_of(cell, fixture, ambient), **(values or {})})


def pass_charge(cell, mAh_per_cm2, density=2.5):
    """Charge (or, negative, discharge) in steps of a minute; the last outputs."""
    seconds = abs(mAh_per_cm2) * MAH / density
    current = -math.copysign(density, mAh_per_cm2) * DIE
    for _ in range(round(seconds / 60)):
        out = cell.step(Inputs("current", current), 60.0)
        assert cell.event is None, cell.event
    return out


# The file


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({}, "NMC811_LPSCl_Li"),
        ({"anode": "graphite"}, "NMC811|LPSCl|graphite"),
        ({"cathode": "LiCoO2", "electrolyte": "LGPS", "anode": "In"}, "LiCoO2|LGPS|In"),
        ({"cathode": "NMC811", "blend": "LCO", "anode": "LTO"}, "NMC811+LCO|LPSCl|LTO"),
        ({"parameter_set": "Na|Na3PS4|Na"}, "Na|Na3PS4|Na"),
    ],
)
def test_keys_name_a_cell(keys, name):
    assert section(**keys).chemistry == name


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"anode": "sodium"}, "same ion"),
        ({"cathode": "graphite"}, "graphite is an anode"),
        ({"anode": "paper"}, "choose one of lithium, anode-free, silicon"),
        ({"parameter_set": "LCO|LPSCl|graphite", "anode": "LTO"}, "contradict each other"),
        ({"anode": "graphite", "lithium_um": 10.0}, "no metal"),
        ({"anode": "anode-free", "lithium_um": 10.0}, "anode-free cell has none"),
        ({"n_p_ratio": 1.2}, "is a metal"),
        ({"anode": "graphite", "n_p_ratio": 0.9}, "at least 1"),
        ({"blend_weight_fraction": 0.5}, "needs a blend"),
        ({"blend": "NMC811"}, "itself"),
        ({"cathode": "sulfur", "cathode_model": "porous_electrode"}, "no such form"),
        ({"cathode": "lithium", "anode": "lithium", "state_of_charge": 0.5}, "symmetric cell has none"),
        ({"cathode": "lithium", "anode": "graphite"}, "symmetric cell only"),
        ({"cathode": "sulfur", "electrolyte": "LLZO"}, "sintered"),
    ],
)
def test_what_makes_no_cell_is_refused_with_the_reason(keys, said):
    with pytest.raises(ValidationError) as caught:
        section(**keys)
    assert said in str(caught.value)


@pytest.mark.parametrize(("key", "bounds"), [("n_p_ratio", (0.01, 20)), ("blend_weight_fraction", (0.01, 0.99))])
def test_bounds_of_the_keys_of_materials(key, bounds):
    others = {"n_p_ratio": {"anode": "silver-carbon"}, "blend_weight_fraction": {"blend": "LCO"}}[key]
    for bound, outward in zip(bounds, (-1, 1), strict=True):
        section(**others, **{key: bound})
        with pytest.raises(ValidationError, match=key):
            section(**others, **{key: bound + outward * 1e-6})


def test_an_unknown_set_names_the_known_ones_and_the_way_to_compose():
    with pytest.raises(InputError, match=r"NMC811_LPSCl_Li.*cathode\|electrolyte\|anode"):
        load(section(parameter_set="NMC532").chemistry)


def test_a_file_of_parts_makes_a_plant(tmp_path):
    path = tmp_path / "cell.toml"
    path.write_text('[cell]\ndiameter_mm = 13\nanode = "tin"\n[fixture]\nkind = "fixed_gap"\n')
    with pytest.raises(InputError, match=r"cell\.toml: cell: anode = 'tin': not known"):
        Plant.from_file(path)
    path.write_text(path.read_text().replace("tin", "graphite"))
    assert Plant.from_file(path, engine="vm").stepper.options["anode"] == "host"


# Balance

HOSTS = ["silicon", "indium", "graphite", "LTO", "Li21Si5"]


@pytest.mark.parametrize("anode", HOSTS)
@pytest.mark.parametrize("n_p", [1.0, 1.5])
def test_a_host_holds_n_p_times_the_cathode(anode, n_p):
    found, _, charge = values(anode=anode, n_p_ratio=n_p)
    c_max, eps = (found[k] for k in ("Maximum concentration in negative electrode [mol.m-3]",
                                     "Negative electrode active material volume fraction"))  # fmt: skip
    span = found["Negative electrode stoichiometry limit"] - found["Negative electrode stoichiometry at 0% SOC"]
    assert F * c_max * eps * found["Negative electrode thickness [m]"] * span == pytest.approx(n_p * charge)


@pytest.mark.parametrize("cathode", ["NMC811", "NMC111", "NCA", "LCO", "sulfur"])
def test_the_cathode_holds_the_areal_capacity(cathode):
    found, _, charge = values(cathode=cathode, areal_capacity_mAh_per_cm2=3.0)
    span = abs(np.subtract(*(found[f"Positive electrode stoichiometry at {e}% SOC"] for e in (0, 100))))
    c_max = found["Maximum concentration in positive electrode [mol.m-3]"]
    held = F * c_max * span * found["Positive electrode active material volume fraction"]
    assert held * found["Positive electrode thickness [m]"] == pytest.approx(charge)
    assert charge == pytest.approx(3.0 * MAH)


@pytest.mark.parametrize("w", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("state_of_charge", [0.0, 0.3, 1.0])
def test_the_materials_of_a_blend_are_at_one_potential(w, state_of_charge):
    keys = {"cathode": "NMC811", "blend": "LCO", "blend_weight_fraction": w}
    found, chosen, charge = values(**keys, state_of_charge=state_of_charge)
    held = [found[f"{p}: Initial concentration in positive electrode [mol.m-3]"] for p in blend.PHASES]
    most = [found[f"{p}: Maximum concentration in positive electrode [mol.m-3]"] for p in blend.PHASES]
    first, second = (
        float(chosen.functions[f"{p}: Positive electrode OCP [V]"].call(c / m))
        for p, c, m in zip(blend.PHASES, held, most, strict=True)
    )
    assert first == pytest.approx(second, abs=1e-6)
    # Volumes from weights and densities 4780 and 5050 kg/m3; what is held falls by the charge.
    shares = np.array([w / 4780, (1 - w) / 5050]) / (w / 4780 + (1 - w) / 5050)
    full = [
        found[f"{p}: Positive electrode stoichiometry at 0% SOC"] * m for p, m in zip(blend.PHASES, most, strict=True)
    ]
    solid = found["Positive electrode thickness [m]"] * found["Positive electrode active material volume fraction"]
    assert F * solid * float(shares @ (np.array(full) - held)) == pytest.approx(
        state_of_charge * charge, rel=1e-6, abs=1e-6
    )


def test_a_foil_is_there_unless_the_file_says_otherwise():
    assert values(anode="lithium")[0]["Initial lithium thickness [m]"] == pytest.approx(50e-6)
    assert values(anode="lithium", lithium_um=20.0)[0]["Initial lithium thickness [m]"] == pytest.approx(20e-6)
    assert values(anode="anode-free")[0]["Initial lithium thickness [m]"] == 0.0
    assert values()[0]["Initial lithium thickness [m]"] == 0.0


# Swelling, at rest


@pytest.mark.parametrize(
    ("anode", "micrometres"),
    # Li 4.849; Si 8.85 cm3/mol; InLi less In, by their densities; graphite and LTO from X-rays
    [("lithium", 4.849), ("anode-free", 4.849), ("silicon", 8.85 * MAH / F), ("Li21Si5", 8.85 * MAH / F),
     ("indium", 2.91), ("LTO", 0.0)],
)  # fmt: skip
def test_growth_of_the_anode_per_mAh_per_cm2(anode, micrometres):
    found, chosen, charge = values(anode=anode)
    grown = anode_growth(chosen, found, charge, 0.0, 1.0) / (charge / MAH) * 1e6
    assert grown == pytest.approx(micrometres, rel=2e-3, abs=1e-12)
    assert anode_growth_per_charge(section(anode=anode)) == pytest.approx(grown * 1e-6 / MAH, rel=1e-9, abs=1e-20)


def test_sodium_grows_8_834_um_per_mAh_per_cm2():
    found, chosen, charge = values(cathode="NaCrO2", electrolyte="Na3PS4", anode="sodium")
    assert anode_growth(chosen, found, charge, 0, 1) / (charge / MAH) * 1e6 == pytest.approx(8.834, rel=1e-3)


@pytest.mark.parametrize(("cathode", "sign"), [("NMC811", -1), ("NMC111", -1), ("NCA", -1), ("LCO", 1), ("sulfur", -1)])
def test_sign_of_the_cathode_on_charge(cathode, sign):
    """LCO grows to 4.2 V, the nickel oxides shrink; sulfur is what is left of Li2S."""
    found, chosen, charge = values(cathode=cathode)
    assert cathode_growth(chosen, found, charge, 0, 1) * sign > 0


def test_a_symmetric_cell_keeps_its_thickness():
    found, chosen, charge = values(cathode="lithium", anode="lithium")
    assert layer_growth(chosen, found, charge, 0, 1) == 0


@pytest.mark.parametrize(
    "keys", [{"anode": "graphite"}, {"anode": "silver-carbon"}, {"cathode": "LCO", "anode": "indium"}]
)
def test_the_plant_swells_as_at_rest(keys):
    """A slow charge of the compiled model, against the thicknesses written out for equilibrium."""
    cell = plant(**keys)
    out = pass_charge(cell, 1.0)
    found, chosen, charge = values(**keys)
    assert out.thickness_change == pytest.approx(layer_growth(chosen, found, charge, 0.0, 0.25), rel=0.02)


def test_silicon_does_not_come_back_all_the_way():
    """0.3 of what it gained stays when its lithium is gone; a second charge ends where the first did."""
    cell = plant(anode="silicon", areal_capacity_mAh_per_cm2=2.0)
    per_charge = 8.85e-6 * MAH / F
    up = pass_charge(cell, 1.0)
    cathode = up.thickness_change - per_charge
    down = pass_charge(cell, -1.0)
    again = pass_charge(cell, 1.0)
    assert up.thickness_change == pytest.approx(per_charge + cathode, rel=1e-3)
    assert down.thickness_change == pytest.approx(0.3 * per_charge, rel=0.02)
    assert again.thickness_change == pytest.approx(up.thickness_change, rel=1e-3)


@pytest.mark.parametrize("anode", ["graphite", "indium"])
def test_other_hosts_come_back(anode):
    cell = plant(anode=anode, areal_capacity_mAh_per_cm2=2.0)
    pass_charge(cell, 1.0)
    assert pass_charge(cell, -1.0).thickness_change == pytest.approx(0.0, abs=1e-9)


def test_silver_fills_before_lithium_plates_and_lithium_leaves_first():
    cell = plant(anode="silver-carbon")  # holds a tenth of 4 mAh/cm2
    assert pass_charge(cell, 0.3).lithium_thickness < 2e-8
    plated = pass_charge(cell, 0.7).lithium_thickness
    assert plated == pytest.approx(0.6 * 4.849e-6, rel=0.05)
    assert pass_charge(cell, -0.5).lithium_thickness == pytest.approx(plated - 0.5 * 4.849e-6, abs=1e-7)


def test_a_symmetric_cell_moves_lithium_and_answers_both_ways():
    cell = plant(cathode="lithium", anode="lithium")
    forth = pass_charge(cell, 0.2)
    assert forth.lithium_thickness == pytest.approx(50e-6 + 0.2 * 4.849e-6, rel=1e-4)
    assert forth.thickness_change == pytest.approx(0.0, abs=1e-12)
    back = pass_charge(cell, -0.2)
    assert back.voltage == pytest.approx(-forth.voltage, rel=1e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_voids_open_at_whichever_metal_is_stripped(sign):
    """Far beyond the refill at 1 MPa: the voltage grows as contact is lost, forth and back alike."""
    cell = plant(cathode="lithium", anode="lithium", values={"Preload pressure [Pa]": 1e6})
    first = cell.step(Inputs("current", sign * 5.0 * DIE), 1.0)
    for _ in range(20):
        last = cell.step(Inputs("current", sign * 5.0 * DIE), 60.0)
    assert abs(last.voltage) > 1.05 * abs(first.voltage)
    assert last.thickness_change > 1e-8
    assert (last.contact < 0.999) == (sign > 0)  # the output is the anode's


def test_a_blend_at_its_ends_is_its_material():
    """99 % NMC811 with LCO swells like NMC811 alone between the same potentials."""
    cell = plant(cathode="NMC811", blend="LCO", blend_weight_fraction=0.99, anode="LTO")
    out = pass_charge(cell, 1.0)
    found, chosen, charge = values(cathode="NMC811", blend="LCO", blend_weight_fraction=0.99, anode="LTO")
    assert out.thickness_change == pytest.approx(layer_growth(chosen, found, charge, 0, 0.25), rel=0.03)
    assert out.thickness_change < 0


def test_pressing_the_separator_harder_makes_it_conduct():
    low, high = (values(electrolyte_pressed_MPa=P)[0]["Separator conductivity [S.m-1]"] for P in (100.0, 370.0))
    assert low < high == pytest.approx(0.156)
    # sigma ~ (1 - p)^2.5 with pores p = 0.5 exp(-4.5e-9 P), once, over its value at 370 MPa.
    dense = [1 - 0.5 * math.exp(-4.5e-9 * P) for P in (100e6, 370e6)]
    assert low == pytest.approx(0.156 * (dense[0] / dense[1]) ** 2.5)
