"""Cells in BPX files: what BPX has a field for stands there, the rest beside it, and nothing is lost on the way."""

import json

import bpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin import bpx_file
from twin.cell_values import cell_values
from twin.errors import InputError
from twin.files import AmbientSection, CellSection, FixtureSection
from twin.formula import expression
from twin.parameters import CATALOGUE, load
from twin.plant import Plant
from twin.resolve import values_of

CELLS = [
    {},
    {"diameter_mm": 13.0},
    {"anode": "graphite", "n_p_ratio": 1.2, "areal_capacity_mAh_per_cm2": 3.3, "layers": 7},
    {"cathode": "LCO", "electrolyte": "LGPS", "anode": "indium"},
    {"blend": "LCO", "blend_weight_fraction": 0.3, "anode": "LTO"},
    {"cathode": "sulfur", "anode": "lithium"},
    {"anode": "silver-carbon", "electrolyte": "Li3YCl6"},
    {"cathode": "lithium", "anode": "lithium", "electrolyte": "LLZO"},
    {"cathode": "NaCrO2", "electrolyte": "Na3PS4", "anode": "sodium"},
]


def ids(keys):
    return " ".join(map(str, keys.values())) or "default"


def made(**keys):
    size = {} if "diameter_mm" in keys else {"area_cm2": 1.7}
    cell = CellSection(**{**size, **keys})
    chosen = load(cell.chemistry)
    return cell, chosen, {**chosen.values(), **cell_values(cell, chosen)}


@pytest.fixture
def written(tmp_path):
    def write(change=None, **keys):
        cell, chosen, values = made(**keys)
        path = bpx_file.write(tmp_path / "cell.json", chosen, values, bpx_file.size_of(cell))
        if change is not None:
            content = json.loads(path.read_text())
            change(content["Parameterisation"])
            path.write_text(json.dumps(content))
        return path

    return write


@pytest.mark.parametrize("keys", CELLS, ids=ids)
def test_a_round_trip_keeps_every_bit(written, keys):
    """All values of the model, size and balance included, of a cell named by its BPX file alone."""
    cell, _, _ = made(**keys)
    again = CellSection(bpx=str(written(**keys)))
    rest = FixtureSection(kind="fixed_gap"), AmbientSection()
    assert values_of(again, *rest) == values_of(cell, *rest)


@pytest.mark.filterwarnings("ignore:The maximum voltage", "ignore:The minimum voltage")
@pytest.mark.parametrize("keys", CELLS, ids=ids)
def test_bpx_itself_reads_it(written, keys):
    parsed = bpx.parse_bpx_file(written(**keys))
    assert parsed.parameterisation.cell.electrode_area == pytest.approx(made(**keys)[0].area_m2)
    assert parsed.parameterisation.electrolyte.cation_transference_number == 1.0


def test_fields_of_bpx_hold_what_they_are_called(written):
    groups = json.loads(written(anode="graphite").read_text())["Parameterisation"]
    positive, negative = groups["Positive electrode"], groups["Negative electrode"]
    assert positive["Maximum concentration [mol.m-3]"] == 63104.0
    assert positive["Minimum stoichiometry"] == 0.2661
    assert positive["Surface area per unit volume [m-1]"] == pytest.approx(3 * 0.55 / 5.22e-6)
    assert positive["Transport efficiency"] == pytest.approx(0.35**1.5)
    assert groups["Electrolyte"]["Conductivity [S.m-1]"] == 0.156
    assert negative["Maximum stoichiometry"] == 0.95
    # Chen 2020: j0 = 3.42e-6 (c_e c_s (c_max - c_s))^1/2 at 1000 mol/m3, over F
    K = 3.42e-6 * 1000**0.5 * 63104 / 96485.33212
    assert positive["Reaction rate constant [mol.m-2.s-1]"] == pytest.approx(K, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "key", "function"),
    [(m.name, key, f.call) for role in ("cathode", "anode") for m in CATALOGUE[role] for key, f in m.functions.items()
     if key.endswith("OCP [V]")],
)  # fmt: skip
def test_the_formula_of_a_potential_is_the_function(name, key, function):
    formula = expression(function)
    bpx.Function.validate(formula)
    evaluate = bpx.Function(formula).to_python_function()
    for sto in np.linspace(0.4, 0.94, 12):
        assert evaluate(sto) == pytest.approx(float(function(sto)), rel=1e-13)


def test_a_round_cell_stays_round_and_an_edited_area_counts(written):
    def larger(groups):
        groups["Cell"]["Electrode area [m2]"] *= 2
        groups["Cell"]["Nominal cell capacity [A.h]"] *= 2

    assert CellSection(bpx=str(written(diameter_mm=13.0))).diameter_mm == 13.0
    edited = CellSection(bpx=str(written(larger, diameter_mm=13.0)))
    assert edited.diameter_mm is None
    assert edited.area_cm2 == pytest.approx(2 * np.pi / 4 * 1.3**2)
    assert edited.areal_capacity_mAh_per_cm2 == pytest.approx(4.0)


def test_an_edited_value_is_used(written):
    def thinner(groups):
        groups["Separator"]["Thickness [m]"] = 30e-6
        groups["User-defined"]["isostack"]["Values"]["Void depth [m]"] = 2e-6

    values = values_of(CellSection(bpx=str(written(thinner))), FixtureSection(kind="fixed_gap"), AmbientSection())
    assert values["Separator thickness [m]"] == 30e-6
    assert values["Void depth [m]"] == 2e-6


FARADAY = 96485.33212
REDUNDANT_FIXTURES = (HealthCheck.function_scoped_fixture,)


def numbers(node, where=()):
    """Paths of all numbers in a document."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from numbers(value, (*where, key))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*where, key)


def changed(groups, where, factor):
    node = groups
    for key in where[:-1]:
        node = node[key]
    node[where[-1]] = type(node[where[-1]])(node[where[-1]] * factor)


SIZE_ONLY = ("User-defined", "isostack", "Size")  # digits of the size as it was written; BPX's own fields count


def conserved(cell, values):
    """What the cell holds is what its electrodes hold, its charge and its parts."""
    areal = cell.capacity_Ah * 3600 / (cell.area_m2 * cell.layers)
    thick = values["Positive electrode thickness [m]"]
    if "Positive electrode stoichiometry at 0% SOC" in values:
        window = (
            values["Positive electrode stoichiometry at 0% SOC"]
            - values["Positive electrode stoichiometry at 100% SOC"]
        )
        held = values["Maximum concentration in positive electrode [mol.m-3]"] * window
        held *= FARADAY * values["Positive electrode active material volume fraction"] * thick
        assert held == pytest.approx(areal, rel=1e-6)
        own = values["Positive electrode active material volume fraction"]
        own *= values["Positive electrode active material density [kg.m-3]"]
        rest = values["Positive electrode electrolyte volume fraction"] * values["Separator density [kg.m-3]"]
        assert values["Positive electrode density [kg.m-3]"] == pytest.approx(own + rest, rel=1e-5)
    if "Negative electrode thickness [m]" in values:
        window = values["Negative electrode stoichiometry limit"] - values["Negative electrode stoichiometry at 0% SOC"]
        held = values["Maximum concentration in negative electrode [mol.m-3]"] * window * FARADAY
        held *= (
            values["Negative electrode active material volume fraction"] * values["Negative electrode thickness [m]"]
        )
        assert held == pytest.approx(areal * values["Negative to positive capacity fraction"], rel=1e-6)
    assert values["Nominal cell capacity [A.h]"] == pytest.approx(cell.capacity_Ah)
    assert values["Electrode width [m]"] * values["Electrode height [m]"] == pytest.approx(cell.area_m2)
    return True


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=50, deadline=None, suppress_health_check=REDUNDANT_FIXTURES)
@given(data=st.data())
def test_every_number_is_used_or_refused_and_what_determines_each_other_is_conserved(written, data):
    """One number of the file changed, any of them: one line that names it, or a cell that is another and whole."""
    keys = data.draw(st.sampled_from(CELLS))
    path = written(**keys)
    before = CellSection(bpx=str(path))
    rest = FixtureSection(kind="fixed_gap"), AmbientSection()
    as_it_was = values_of(before, *rest)
    document = json.loads(path.read_text())
    groups = document["Parameterisation"]
    where = data.draw(st.sampled_from([w for w in numbers(groups) if w[:3] != SIZE_ONLY]))
    factor = data.draw(st.floats(0.5, 3.0).filter(lambda f: abs(f - 1) > 1e-4))
    old = json.loads(json.dumps(groups))
    changed(groups, where, factor)
    path.write_text(json.dumps(document))
    if groups == old:
        return  # a zero stays one
    try:
        cell = CellSection(bpx=str(path))
        values = values_of(cell, *rest)
    except (InputError, ValueError) as error:
        said = str(error)
        named = (
            where[-1].split(" [")[0].lower() in said.lower()
        )  # by itself, or as one of two, or a key of [cell] that it gives
        assert named or "contradict" in said or "holds no charge" in said or "areal_capacity" in said, said
        return
    assert values != as_it_was, where
    assert conserved(cell, values)


PAIRS = [
    ({}, ("Cell", "Nominal cell capacity [A.h]"), "Thickness"),
    ({}, ("Cell", "Electrode area [m2]"), "Thickness"),
    ({}, ("Cell", "Number of electrode pairs connected in parallel to make a cell"), "Thickness"),
    ({}, ("Positive electrode", "Thickness [m]"), "Nominal cell capacity"),
    ({}, ("Positive electrode", "Maximum concentration [mol.m-3]"), "Nominal cell capacity"),
    ({"anode": "graphite"}, ("Negative electrode", "Thickness [m]"), "Negative to positive capacity fraction"),
    ({"anode": "graphite"}, ("Negative electrode", "Maximum concentration [mol.m-3]"), "capacity fraction"),
    ({"anode": "graphite"}, ("User-defined", "isostack", "Values", "Negative to positive capacity fraction"), "Thick"),
    ({}, ("User-defined", "isostack", "Values", "Positive electrode density [kg.m-3]"), "of its parts"),
    ({}, ("User-defined", "isostack", "Values", "Separator density [kg.m-3]"), "of its parts"),
]


@pytest.mark.parametrize(("keys", "where", "other"), PAIRS)
def test_one_of_two_numbers_that_determine_each_other_is_refused_with_both(written, keys, where, other):
    path = written(lambda groups: changed(groups, where, 2), **keys)
    with pytest.raises(InputError, match="contradicts") as caught:
        bpx_file.read(path)
    said = str(caught.value)
    assert other in said
    assert "follows" in said
    assert said.startswith(f"{path}: ")
    assert "\n" not in said


def test_both_of_two_numbers_changed_together_are_taken(written):
    def doubled(groups):
        changed(groups, ("Cell", "Nominal cell capacity [A.h]"), 2)
        changed(groups, ("Positive electrode", "Thickness [m]"), 2)

    once = values_of(CellSection(bpx=str(written())), FixtureSection(kind="fixed_gap"), AmbientSection())
    cell = CellSection(bpx=str(written(doubled)), state_of_charge=0.5)
    values = values_of(cell, FixtureSection(kind="fixed_gap"), AmbientSection())
    assert values["Positive electrode thickness [m]"] == pytest.approx(2 * once["Positive electrode thickness [m]"])
    # Half of 8 mAh/cm2 as lithium: 36 C/mAh times its molar volume over Faraday's constant.
    assert values["Initial lithium thickness [m]"] == pytest.approx(0.5 * 8 * 36000 * 1.2996e-5 / FARADAY, rel=1e-6)
    assert conserved(cell, values)


@pytest.mark.parametrize("digits", [7, 9, 12])
def test_digits_rounded_by_hand_are_no_contradiction(written, digits):
    def rounded(groups):
        stated = groups["Positive electrode"]["Thickness [m]"]
        groups["Positive electrode"]["Thickness [m]"] = float(f"{stated:.{digits}g}")

    cell = CellSection(bpx=str(written(rounded)))
    assert conserved(cell, values_of(cell, FixtureSection(kind="fixed_gap"), AmbientSection()))


def added(*where, value):
    def change(groups):
        node = groups
        for key in where[:-1]:
            node = node[key]
        node[where[-1]] = value

    return change


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("Cell", "Volume [m3]"), 1e-6),
        (("Cell", "Density [kg.m-3]"), 2000.0),
        (("Electrolyte", "Diffusivity activation energy [J.mol-1]"), 1e4),
        (("Positive electrode", "Entropic change coefficient [V.K-1]"), 1e-4),
        (("Cell", "Number of cells connected in series to make a battery"), 2),
        (("User-defined", "isostack", "Number of cells in series"), 2),
        (("User-defined", "isostack", "Size", "thickness_um"), 5.0),
    ],
)
def test_what_nothing_reads_is_refused(written, where, value):
    path = written(added(*where, value=value))
    with pytest.raises(InputError) as caught:
        bpx_file.read(path)
    assert where[-1] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_state_in_the_file_is_refused(written):
    path = written()
    content = json.loads(path.read_text())
    content["State"] = {"Initial conditions": {"Initial state-of-charge": 0.4}}
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="State"):
        bpx_file.read(path)


def test_a_conductivity_pressed_twice_is_a_contradiction(written):
    with pytest.raises(ValueError, match="contradict each other"):
        CellSection(bpx=str(written()), electrolyte_pressed_MPa=100.0)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=20, deadline=None, suppress_health_check=REDUNDANT_FIXTURES)
@given(data=st.data())
def test_a_number_without_sense_is_refused(written, data):
    path = written(**data.draw(st.sampled_from(CELLS)))
    content = json.loads(path.read_text())
    where = data.draw(st.sampled_from([w for w in numbers(content["Parameterisation"]) if w[:3] != SIZE_ONLY]))
    value = data.draw(st.sampled_from([float("nan"), float("inf"), -float("inf")]))
    added(*where, value=value)(content["Parameterisation"])
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        bpx_file.read(path)
    assert "\n" not in str(caught.value)


def liquid(groups):
    del groups["User-defined"]


def other_format(groups):
    groups["User-defined"]["isostack"]["Format"] = 99


def other_potential(groups):
    groups["Positive electrode"]["OCP [V]"] = "4.0 - x"


def other_radius(groups):
    groups["Positive electrode"]["Particle radius [m]"] = 1e-6


def other_kinetics(groups):
    groups["Positive electrode"]["Reaction rate constant [mol.m-2.s-1]"] *= 2


def stray_value(groups):
    groups["User-defined"]["isostack"]["Values"]["Separator colour"] = 1.0


def no_materials(groups):
    del groups["User-defined"]["isostack"]["Materials"]


def wrong_material(groups):
    groups["User-defined"]["isostack"]["Materials"]["Anode"] = {"tin": 1}


def not_bpx(groups):
    groups["Separator"]["Thickness [m]"] = "thin"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (liquid, "liquid electrolyte"),
        (other_format, "Format = 99"),
        (other_potential, "OCP"),
        (other_radius, "fixed in its model"),
        (other_kinetics, "Reaction rate constant"),
        (stray_value, "Separator colour: not a parameter"),
        (no_materials, "Materials"),
        (wrong_material, "'tin': not known"),
        (not_bpx, "not a BPX file"),
    ],
)
def test_what_cannot_be_taken_over_is_one_line_with_the_file(written, change, said):
    path = written(change)
    with pytest.raises(InputError, match=said) as caught:
        bpx_file.read(path)
    assert str(path) in str(caught.value) or change is wrong_material
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Header": {}}', "\x00"])
def test_what_is_no_file_is_one_line(tmp_path, text):
    path = tmp_path / "cell.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        bpx_file.read(path)
    assert "\n" not in str(caught.value)


def test_a_foreign_file_is_refused_whole(tmp_path):
    """A cell with liquid electrolyte as BPX knows it, every group present."""
    porous = {
        "Thickness [m]": 80e-6, "Porosity": 0.3, "Transport efficiency": 0.2, "Conductivity [S.m-1]": 1.0,
        "Minimum stoichiometry": 0.1, "Maximum stoichiometry": 0.9, "Maximum concentration [mol.m-3]": 3e4,
        "Particle radius [m]": 5e-6, "Surface area per unit volume [m-1]": 4e5, "Diffusivity [m2.s-1]": 1e-14,
        "OCP [V]": "4.2 - x", "Reaction rate constant [mol.m-2.s-1]": 1e-6,
    }  # fmt: skip
    content = {
        "Header": {"BPX": "1.0.0", "Model": "DFN"},
        "Parameterisation": {
            "Cell": {
                "Electrode area [m2]": 0.01, "Nominal cell capacity [A.h]": 1.0, "Lower voltage cut-off [V]": 2.5,
                "Number of electrode pairs connected in parallel to make a cell": 1, "Upper voltage cut-off [V]": 4.2,
            },
            "Electrolyte": {
                "Cation transference number": 0.3, "Diffusivity [m2.s-1]": 1e-10, "Conductivity [S.m-1]": 1.0,
            },
            "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.3},
            "Positive electrode": porous,
            "Negative electrode": {**porous, "OCP [V]": "0.2 - 0.1*x"},
        },
    }  # fmt: skip
    path = tmp_path / "liquid.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="liquid electrolyte"):
        bpx_file.read(path)


@pytest.mark.parametrize("key", [{"anode": "lithium"}, {"layers": 3}, {"diameter_mm": 13.0}, {"n_p_ratio": 1.3}])
def test_keys_beside_the_file_must_not_contradict_it(written, key):
    with pytest.raises(ValueError, match="contradict each other"):
        CellSection(bpx=str(written(anode="graphite")), **key)


def test_an_input_file_finds_it_beside_itself(tmp_path):
    _, chosen, values = made(anode="graphite")
    bpx_file.write(tmp_path / "mine.json", chosen, values)
    (tmp_path / "cell.toml").write_text('[cell]\nbpx = "mine.json"\n[fixture]\nkind = "fixed_gap"\n')
    plant = Plant.from_file(tmp_path / "cell.toml", engine="vm")
    assert plant.stepper.options["anode"] == "host"


def test_a_name_taken_up_is_kept_until_the_new_file_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "cell.json"
    path.write_text("mine")
    _, chosen, values = made()
    monkeypatch.setattr(bpx_file.json, "dump", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(InputError, match="No space left"):
        bpx_file.write(path, chosen, values)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]
