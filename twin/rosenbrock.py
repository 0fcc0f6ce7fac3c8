"""Linearly implicit (Rosenbrock) steps for M dy/dt = f(y), M diagonal of ones and zeros.

Each stage solves (M/(h gamma) - J) k_i = f(y + sum_j a_ij k_j) + (M/h) sum_j c_ij k_j; then y + sum_i m_i k_i.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import casadi

from twin.elimination import Elimination


@dataclass(frozen=True)
class Tableau:
    """Coefficients of a Rosenbrock method in the form that needs no product with J."""

    gamma: float
    a: tuple[tuple[float, ...], ...]
    c: tuple[tuple[float, ...], ...]
    m: tuple[float, ...]
    order: int


MIDPOINT = Tableau(
    # One stage, gamma 1/2: order 2, A-stable but not L-stable, so for steps that are short beside what it has to damp.
    gamma=0.5,
    a=((),),
    c=((),),
    m=(2.0,),
    order=2,
)

ROS2 = Tableau(
    # Verwer 1999, 10.1137/S1064827597326651: order 2, L-stable.
    gamma=1 + 1 / 2**0.5,
    a=((), (1 / (1 + 1 / 2**0.5),)),
    c=((), (-2 / (1 + 1 / 2**0.5),)),
    m=(3 / (2 * (1 + 1 / 2**0.5)), 1 / (2 * (1 + 1 / 2**0.5))),
    order=2,
)

RODAS3 = Tableau(
    # Sandu 1997, 10.1016/S1352-2310(97)83212-8: order 3, L-stable, stiffly accurate: right for algebraic variables.
    gamma=0.5,
    a=((), (0.0,), (2.0, 0.0), (2.0, 0.0, 1.0)),
    c=((), (4.0,), (1.0, -1.0), (1.0, -1.0, -8 / 3)),
    m=(2.0, 0.0, 1.0, 1.0),
    order=3,
)

RODAS4 = Tableau(
    # Hairer and Wanner, Solving ODEs II, section VI.4: order 4, L-stable, stiffly accurate.
    gamma=0.25,
    a=(
        (),
        (1.544,),
        (0.9466785280815826, 0.2557011698983284),
        (3.314825187068521, 2.896124015972201, 0.9986419139977817),
        (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
        (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0),
    ),
    c=(
        (),
        (-5.6688,),
        (-2.430093356833875, -0.2063599157091915),
        (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
        (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
        (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
    ),
    m=(1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0, 1.0),
    order=4,
)

METHODS = {"MIDPOINT": MIDPOINT, "ROS2": ROS2, "RODAS3": RODAS3, "RODAS4": RODAS4}


def step(
    f: Callable[[Any], Any],
    y: Any,
    h: Any,
    differential: int,
    tableau: Tableau,
) -> Any:
    """Return the symbolic state one step of length ``h`` [s] on.

    Parameters
    ----------
    f : callable
        Right-hand side: casadi.SX (n, 1) -> casadi.SX (n, 1).
    y : casadi.SX, shape (n, 1)
        State; the first ``differential`` entries have a derivative, the rest are algebraic.
    h : casadi.SX
        Step length.
    """
    n = y.shape[0]
    at = casadi.SX.sym("at", n)
    jacobian = casadi.substitute(casadi.jacobian(f(at), at), at, y)
    mass = casadi.diag(casadi.vertcat(casadi.SX.ones(differential), casadi.SX(n - differential, 1)))
    matrix = casadi.sparsify(mass / (h * tableau.gamma) - jacobian)
    lu = Elimination(matrix, last=tuple(range(differential, n)))
    stages: list[Any] = []
    value = None
    for i, (a, c) in enumerate(zip(tableau.a, tableau.c, strict=True)):
        if value is None or (any(a) and a != tableau.a[i - 1]):
            value = f(y + sum((w * k for w, k in zip(a, stages, strict=True)), casadi.SX(n, 1)))
        back = sum((w / h * k for w, k in zip(c, stages, strict=True)), casadi.SX(n, 1))
        back[differential:] = 0
        stages.append(lu.solve(value + back))
    return y + sum((w * k for w, k in zip(tableau.m, stages, strict=True)), casadi.SX(n, 1))
