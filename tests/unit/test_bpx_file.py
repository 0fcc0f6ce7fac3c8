"""Cells in BPX files: what BPX has a field for stands there, the rest beside it, and nothing is lost on the way."""

import json

import bpx
import numpy as np
import pytest

from twin import bpx_file
from twin.cell_values import cell_values
from twin.errors import InputError
from twin.files import AmbientSection, CellSection, FixtureSection
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
    formula = bpx_file.expression(function)
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
