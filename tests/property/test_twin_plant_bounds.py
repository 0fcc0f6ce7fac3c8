"""Whatever a file may ask for: the plant stays finite, its pressure is never negative, or it says that it cannot."""

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import SimulationError
from twin.plant import Inputs

MODEST = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
KINDS = st.sampled_from(
    ["fixed_gap", "spring", "actuated_spring", "pneumatic", "pneumatic_closed", "hydraulic", "isostatic"]
)


def between(low, high):
    return st.floats(low, high, allow_subnormal=False)


# Bounds of the file format, restated.
CELLS = st.fixed_dictionaries(
    {
        "diameter_mm": between(2, 200),
        "layers": st.integers(1, 30),
        "areal_capacity_mAh_per_cm2": between(0.1, 12),
        "lithium_um": between(0, 200),
        "state_of_charge": between(0, 1),
        "electrolyte_um": between(5, 3000),
        "pressed_MPa": between(0, 500),
        "refill": st.sampled_from(["power_law", "creep_and_diffusion", "linear"]),
        "preload_MPa": between(0, 200),
        "frame_N_per_um": between(0.5, 5000),
        "frame_length_mm": between(0, 2000),
        "relaxed": between(0, 1),
        "thermal_minutes": between(0.1, 1000),
        "seal_friction_percent": between(0, 20),
        "regulator_lag_s": between(0.05, 600),
        "temperature_C": between(-20, 100),
    }
)
SPRINGS = between(10, 1e6)
PISTONS = between(0.1, 10000)
VOLUMES = between(0.01, 1e6)
LEAST_VESSEL_cm3 = math.pi / 4 * 20**2 * 30 * 0.5  # of the largest cell the bounds above admit
FLUIDS = st.fixed_dictionaries(
    {
        "gas_exponent": between(1, 1.67),
        "leak_percent_per_day": between(0, 100),
        "accumulator_cm3": st.one_of(st.just(0.0), between(0, 1e6)),
        "bulk_modulus_GPa": between(0.05, 10),
        "fluid_expansion_ppm_per_K": between(0, 2000),
        "line_mm3_per_MPa": between(0, 1e5),
    }
)


def keys_of(kind, spring, piston, volume, fluid, supply):
    """What a file needs for this kind, and what it may say."""
    keys = dict(fluid)
    if "spring" in kind:
        keys["spring_N_per_mm"] = spring
    if kind in ("pneumatic", "pneumatic_closed", "hydraulic"):
        keys["piston_cm2"] = piston
    if kind == "pneumatic_closed":
        keys["gas_cm3"] = volume
    if kind == "hydraulic":
        keys["fluid_cm3"] = volume
    if kind == "isostatic":
        keys["vessel_cm3"] = max(volume, LEAST_VESSEL_cm3)
    if kind in ("hydraulic", "isostatic"):
        keys["supply"] = supply
    return keys


@st.composite
def inputs(draw, area=1.0):
    """Densities to 20 mA/cm2, voltages to 5 V, powers beyond reach; travels of centimetres; any room; shorts."""
    mode = draw(st.sampled_from(["current", "voltage", "power"]))
    value = draw(between(0, 5) if mode == "voltage" else between(-200, 200))
    return Inputs(
        mode,
        value if mode == "voltage" else value * area,
        actuator=draw(between(-0.02, 0.02)),
        supply=draw(between(0, 2e6)),
        ambient=draw(between(253.15, 373.15)),
        extra_thickness=draw(between(-1e-3, 1e-3)),
        leak=draw(st.sampled_from([0.0, 1e-5, 1e-2])) * area / 1e-4,
    )


SUPPLIES = st.sampled_from(["trapped", "regulated"])


@given(KINDS, CELLS, SPRINGS, PISTONS, VOLUMES, FLUIDS, SUPPLIES, st.data())
@MODEST
def test_finite_or_an_error_for_anything_a_file_admits(
    plant_of, kind, cell, spring, piston, volume, fluid, supply, data
):
    keys = {**cell, **keys_of(kind, spring, piston, volume, fluid, supply)}
    plant = plant_of(kind, **keys)
    area = math.pi / 4 * (cell["diameter_mm"] * 1e-3) ** 2 * cell["layers"]
    for _ in range(data.draw(st.integers(1, 8))):
        asked = data.draw(inputs(area))
        dt = data.draw(st.sampled_from([1e-3, 0.1, 1.0, 7.3]))
        before = plant.state
        try:
            out = plant.step(asked, dt)
        except SimulationError:
            assert all(map(math.isfinite, plant.state))
            return
        assert all(map(math.isfinite, (*out, *plant.state)))
        assert out.pressure >= 0.0
        assert 0.0 < out.contact <= 1.0
        assert out.lithium_thickness >= -1e-9 * (1 + 1e-6)
        if plant.event is None:
            assert plant.done == dt
        else:
            assert plant.done < dt
            if plant.done == 0.0:
                assert plant.state == before


@given(
    KINDS,
    between(0, 200),
    st.lists(st.tuples(between(-0.05, 0.05), between(-1e-3, 1e-3), between(0, 2e6)), min_size=1, max_size=6),
)
@MODEST
def test_pressure_is_never_negative(plant_of, kind, preload, moves):
    """Contact is one-sided: pulled apart, the stack is free."""
    plant = plant_of(kind, preload_MPa=preload)
    for actuator, extra, supply in moves:
        out = plant.step(Inputs(actuator=actuator, extra_thickness=extra, supply=supply), 1.0)
        assert out.pressure >= 0.0
        assert out.force == out.pressure * math.pi / 4 * 0.013**2 or math.isclose(
            out.force, out.pressure * math.pi / 4 * 0.013**2, rel_tol=1e-12
        )


@given(st.lists(between(-8.0, 8.0), min_size=1, max_size=8))
@MODEST
def test_charge_in_is_thickness_out_for_any_profile(plant_of, densities):
    area = math.pi / 4 * 0.013**2
    plant = plant_of(lithium_um=30, state_of_charge=0.5)
    start = plant.step(Inputs(), 1e-3).lithium_thickness
    counted = 0.0
    for density in densities:
        out = plant.step(Inputs("current", density * area), 60.0)
        counted += density * 60.0
        grown = -12.996e-6 / 96485.33212 * counted
        assert math.isclose(out.lithium_thickness - start, grown, rel_tol=1e-6, abs_tol=1e-14)
