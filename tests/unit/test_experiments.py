"""What every virtual experiment promises: bounds, a result with its curve, one line for what is wrong."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from twin import cli, experiments
from twin.errors import InputError
from twin.experiments.framework import Experiment, Floats, Found, Parameters, bounds

ALL = [experiments.experiment(name) for name in experiments.NAMES]
FILES = sorted(
    (Path(experiments.__file__).parent / "catalogue").glob("[a-z]*.py"), key=lambda p: p.stem.replace("_", "-")
)


def isostack(*words, cwd=None):
    return subprocess.run([sys.executable, "-m", "hil", *words], capture_output=True, text=True, check=False, cwd=cwd)


class Sweep(Parameters):
    """An experiment of this test's own."""

    levels: Floats = (1.0, 2.0)


SWEEP = Experiment(
    "sweep", "the largest level, unless there is none", "MPa", Sweep,
    lambda given: Found(max(given.levels, default=math.inf), {"Level [MPa]": given.levels}, ["Levels are levels."]),
)  # fmt: skip


def test_every_file_of_the_catalogue_is_an_experiment_of_that_name():
    assert [path.stem for path in FILES] == [name.replace("-", "_") for name in experiments.NAMES]
    assert [found.name for found in ALL] == list(experiments.NAMES)


@pytest.mark.parametrize("found", ALL, ids=lambda e: e.name)
def test_every_parameter_has_a_default_bounds_and_a_description(found):
    for key, info in found.parameters.model_fields.items():
        assert not info.is_required(), key
        assert info.description, key
        assert bounds(info), key


@pytest.mark.parametrize("found", ALL, ids=lambda e: e.name)
def test_every_experiment_is_a_function_that_documents_its_parameters(found):
    function = getattr(experiments, found.name.replace("-", "_"))
    assert all(key in function.__doc__ for key in found.parameters.model_fields)


def test_a_name_that_is_no_experiment_is_no_attribute():
    with pytest.raises(AttributeError):
        _ = experiments.perpetual_motion
    with pytest.raises(InputError, match=r"choose from .*creep-rate"):
        experiments.experiment("perpetual-motion")


def test_a_result_carries_every_parameter_resolved():
    result = experiments.creep_rate(stress_MPa=0.3)
    assert result.parameters == {"metal": "lithium", "stress_MPa": 0.3, "temperature_C": 25.0}


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"stress": 1}, "experiment creep-rate: stress: not a parameter; choose from metal, temperature_C, stress_MPa"),
        ({"stress_MPa": 101}, "stress_MPa = 101: .* allowed: 0 <= value <= 100"),
        ({"stress_MPa": math.nan}, "stress_MPa = nan"),
        ({"metal": "gold"}, "metal = 'gold': .*'lithium' or 'sodium'"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_one_line(parameters, line):
    with pytest.raises(InputError, match=line) as caught:
        experiments.creep_rate(**parameters)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["5,10,25", "[5, 10, 25]", "[5,10,25,]", " 5 , 10 , 25 "])
def test_a_list_may_be_written_with_or_without_brackets(text):
    assert SWEEP(levels=text).series == {"Level [MPa]": [5, 10, 25]}


def test_one_number_is_a_list_of_one():
    assert SWEEP(levels=7).value == SWEEP(levels="7").value == 7


def test_an_infinite_value_is_json_that_python_reads():
    text = cli._json(SWEEP(levels=()))
    assert json.loads(text)["value"] == math.inf


@pytest.mark.parametrize("item", ["stress_MPa", "=4", "a=1,a=2"])
def test_an_assignment_needs_a_key_and_a_value_once(item):
    with pytest.raises(InputError, match="--set"):
        cli.assignments(item.split(","))


def test_the_same_result_gives_the_same_figure(tmp_path):
    first, again = (experiments.creep_rate().save_figure(tmp_path / f"{i}.svg").read_bytes() for i in range(2))
    assert first == again


def test_the_command_prints_json_with_these_keys_and_writes_result_and_figure(tmp_path):
    done = isostack("experiment", "creep-rate", "--json", "--set", "stress_MPa=0.2", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert list(document) == ["experiment", "value", "unit", "series", "parameters", "assumptions"]
    assert document == json.loads((tmp_path / "creep-rate.json").read_text())
    assert (tmp_path / "creep-rate.png").stat().st_size > 1000


def test_the_command_lists_experiments_and_their_parameters(capsys):
    cli._list()
    cli._parameters(experiments.experiment("creep-rate"))
    said = capsys.readouterr().out
    assert all(name in said for name in experiments.NAMES)
    assert "0 <= value <= 100" in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nothing"], "experiment 'nothing' is not known"),
        (["creep-rate", "--set", "stress_MPa=1e9"], "experiment creep-rate: stress_MPa = '1e9'"),
        (["cycle-life", "--set", "anode=sodium"], "experiment cycle-life: no cell of sodium"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words, line):
    done = isostack("experiment", *words)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
