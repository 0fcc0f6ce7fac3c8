"""The unrolled LU solves what it is made for: sparse, diagonally strong, in any pattern."""

import casadi
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.elimination import Elimination


@st.composite
def systems(draw):
    n = draw(st.integers(1, 9))
    entries = st.floats(-1, 1, allow_subnormal=False)
    A = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j and draw(st.booleans()):
                A[i, j] = draw(entries)
    A += np.diag(draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=n, max_size=n))) * (1 + np.abs(A).sum(axis=1))
    b = np.array(draw(st.lists(st.floats(-1e3, 1e3), min_size=n, max_size=n)))
    last = draw(st.lists(st.integers(0, n - 1), unique=True))
    return A, b, tuple(last)


@given(systems())
@settings(max_examples=60, deadline=None)
def test_solves_diagonally_dominant_systems(system):
    A, b, last = system
    sparse = casadi.sparsify(casadi.DM(A))
    symbols = casadi.SX.sym("a", sparse.sparsity())
    right = casadi.SX.sym("b", len(b))
    lu = Elimination(symbols, last=last)
    solve = casadi.Function("solve", [symbols, right], [lu.solve(right)])
    x = np.array(solve(sparse, b)).ravel()
    np.testing.assert_allclose(A @ x, b, rtol=1e-9, atol=1e-9 * (1 + np.abs(b).max()))


@given(systems())
@settings(max_examples=30, deadline=None)
def test_the_last_are_last(system):
    A, _, last = system
    order = Elimination(casadi.SX.sym("a", casadi.sparsify(casadi.DM(A)).sparsity()), last=last).order
    assert sorted(order) == list(range(len(A)))
    assert set(order[len(A) - len(last) :]) == set(last)


def test_an_algebraic_row_without_a_diagonal_is_filled_by_elimination():
    """[[2, 1], [1, 0]] has no second pivot until the first is eliminated."""
    A = casadi.DM([[2.0, 1.0], [1.0, 0.0]])
    symbols = casadi.SX.sym("a", casadi.sparsify(A).sparsity())
    b = casadi.SX.sym("b", 2)
    solve = casadi.Function("solve", [symbols, b], [Elimination(symbols, last=(1,)).solve(b)])
    np.testing.assert_allclose(np.array(solve(casadi.sparsify(A), [3.0, 1.0])).ravel(), [1.0, 1.0])
