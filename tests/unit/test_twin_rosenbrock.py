"""The Rosenbrock steps: order of convergence, measured; stiffness; algebraic equations."""

import itertools

import casadi
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from twin.rosenbrock import METHODS, step


def integrator(f, n, differential, method):
    y, h = casadi.SX.sym("y", n), casadi.SX.sym("h")
    return casadi.Function("step", [y, h], [step(f, y, h, differential, METHODS[method])])


def run(function, y, end, steps):
    for _ in range(steps):
        y = function(y, end / steps)
    return np.array(y).ravel()


def order(function, start, end, exact, steps):
    errors = [np.max(np.abs(run(function, start, end, n) - exact)) for n in steps]
    return [np.log2(a / b) for a, b in itertools.pairwise(errors)], errors


def van_der_pol(y):
    return casadi.vertcat(y[1], (1 - y[0] ** 2) * y[1] - y[0])


@pytest.mark.parametrize(("method", "expected"), [("MIDPOINT", 2), ("ROS2", 2), ("RODAS3", 3), ("RODAS4", 4)])
def test_order_on_a_nonlinear_equation(method, expected):
    reference = solve_ivp(
        lambda t, y: [y[1], (1 - y[0] ** 2) * y[1] - y[0]], (0, 2), [2.0, 0.0], rtol=1e-13, atol=1e-14, method="DOP853"
    ).y[:, -1]
    orders, errors = order(integrator(van_der_pol, 2, 2, method), [2.0, 0.0], 2.0, reference, (40, 80, 160))
    assert sum(orders) / 2 == pytest.approx(expected, abs=0.3)
    assert errors[-1] < 1e-3


@pytest.mark.parametrize(("method", "expected"), [("RODAS3", 3), ("RODAS4", 4)])
def test_order_with_an_algebraic_equation(method, expected):
    """Index 1: x' = -x z, 0 = z - exp(x) / (1 + x^2); the same without z is the reference."""

    def f(y):
        return casadi.vertcat(-y[0] * y[1], y[1] - casadi.exp(y[0]) / (1 + y[0] ** 2))

    def z(x):
        return np.exp(x) / (1 + x * x)

    x = solve_ivp(lambda t, x: -x * z(x), (0, 2), [1.5], rtol=1e-13, atol=1e-14, method="DOP853").y[0, -1]
    orders, errors = order(integrator(f, 2, 1, method), [1.5, z(1.5)], 2.0, [x, z(x)], (20, 40, 80))
    assert orders[-1] == pytest.approx(expected, abs=0.3)
    assert errors[-1] < 1e-4


@pytest.mark.parametrize("method", ["ROS2", "RODAS3", "RODAS4"])
def test_a_stiff_mode_is_damped_at_any_step(method):
    """L-stable: a mode a million times faster than the step is gone after it."""
    function = integrator(lambda y: -1e6 * y, 1, 1, method)
    assert abs(run(function, [1.0], 1.0, 1)[0]) < 1e-4


def test_the_midpoint_rule_never_lets_a_stiff_mode_grow():
    """A-stable, not L-stable: it rings, which is why only short steps use it."""
    function = integrator(lambda y: -1e6 * y, 1, 1, "MIDPOINT")
    assert abs(run(function, [1.0], 1.0, 1)[0]) <= 1.0
    assert abs(run(function, [1.0], 1e-6, 1)[0]) < 0.4


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_slope_is_exact(method):
    """Charge in is thickness out because of this."""
    function = integrator(lambda y: casadi.SX(casadi.DM([2.0])) + 0 * y, 1, 1, method)
    assert run(function, [1.0], 3.0, 7)[0] == pytest.approx(7.0, rel=1e-14)
