"""A search ends within a bound, and its own bound is never its answer."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil import response_time
from hil.experiment_file import load
from hil.response_time import LONGEST_s, detection
from hil.run import checked_configuration
from hil.shipped import folder
from hil.summary import summary
from twin.errors import InputError
from twin.experiments import stripping
from twin.parameters import CATALOGUE
from twin.parameters.blend import blended, stoichiometry_at

FAILURES = ("stalled", "slipping", "reversed")


class Counted(response_time.Controller):
    """The controller, with its ticks counted."""

    ticks = 0

    def tick(self, *arguments):
        Counted.ticks += 1
        return super().tick(*arguments)


@settings(max_examples=25, deadline=None)
@given(
    stuck=st.sampled_from([0, 1, 2, 3, 100]),
    healthy=st.sampled_from([1, 10, 1000]),
    debounce=st.integers(1, 8),
    name=st.sampled_from(["die_13mm", "pouch_5x5cm", "press_pneumatic"]),
    failure=st.sampled_from(FAILURES),
)
def test_detection_ends_with_a_time_never_or_the_reason_why_it_cannot_arm(stuck, healthy, debounce, name, failure):
    """Any record that passes its check, those that trip before they arm among them."""
    changes = (f"stuck_samples={stuck}", f"healthy_samples={healthy}", f"debounce_samples={debounce}")
    try:
        experiment = load(folder() / f"{name}.toml", changes)
        record = checked_configuration(experiment)
    except InputError:
        return  # refused before any search
    Counted.ticks = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(response_time, "Controller", Counted)
        try:
            found = detection(record, round(experiment.control.setpoint_MPa * 1e4), failure)
            said = ""
        except InputError as error:
            found, said = None, str(error)
    if found is None:
        assert "STUCK" in said
        assert "\n" not in said
        assert stuck
    else:
        assert (found.time_s < LONGEST_s and math.isfinite(found.off_hPa)) or found.time_s == math.inf
    # At most 22 doublings from 1 hPa to the largest soft limit, each armed anew and pushed for LONGEST_s.
    once = (LONGEST_s * 1000 + 3 * healthy * 1000 + 60_000) // experiment.schema.run.tick_ms
    assert Counted.ticks <= 22 * once


@pytest.mark.parametrize("name", ["die_13mm", "pouch_5x5cm"])
def test_check_refuses_a_record_that_never_arms_with_the_reason(name):
    experiment = load(folder() / f"{name}.toml", ("stuck_samples=1",))
    with pytest.raises(InputError, match=r"never arms at .* MPa: .*STUCK: too many identical conversions") as caught:
        summary(experiment)
    assert str(caught.value).startswith(f"{experiment.path}: ")


INSERTION = [m for m in CATALOGUE["cathode"] if m.form == "insertion"]


@given(material=st.sampled_from(INSERTION), potential=st.floats(-10, 20))
def test_a_content_has_the_potential_it_was_sought_for_or_is_refused(material, potential):
    ocp = material.functions["Positive electrode OCP [V]"].call
    if not float(ocp(1.0)) <= potential <= float(ocp(0.0)):
        with pytest.raises(InputError, match="do not blend"):
            stoichiometry_at(ocp, potential)
        return
    found = stoichiometry_at(ocp, potential)
    # Where the fit jumps, the content stands at the jump.
    assert min(float(ocp(found + 1e-9)), float(ocp(found))) - 1e-6 <= potential
    assert potential <= max(float(ocp(found - 1e-9)), float(ocp(found))) + 1e-6


def test_every_blend_of_the_catalogue_has_ends_of_its_own():
    for first in INSERTION:
        for second in INSERTION:
            if first.name == second.name or first.ion != second.ion:
                continue
            ends = [e.value for n, e in blended(first, second).entries.items() if "stoichiometry at" in n]
            assert len(ends) == 4
            assert all(0 < end < 1 for end in ends)


@pytest.mark.parametrize("limit", [1e-4, 5e-3, 0.7, 40.0, 900.0, 2e3, math.inf])
def test_a_critical_current_beyond_the_range_searched_is_no_number_of_it(monkeypatch, limit):
    """An interface that holds up to ``limit`` [mA/cm2], wherever that is."""

    class Cycled:
        def __init__(self, j):
            self.contact = np.where(j / 10 <= limit, 1.0, 0.0)[None] * np.ones((2, 1, 1))

    monkeypatch.setattr(stripping, "cycle", lambda values, refill, j, P, T, length, cycles: Cycled(j))
    monkeypatch.setattr(stripping, "holds", lambda contact: contact.min(axis=0) > 0.5)
    (found,) = stripping.critical_stripping({}, "", [5e6], 298.15, lambda j: j, 2)
    low, high = 1e-3, 1e3
    expected = 0.0 if limit < low else math.inf if limit > high else pytest.approx(limit, rel=1e-4)
    assert found == expected
