"""Sparse LU of a symbolic matrix, unrolled into scalar expressions once and for all."""

from typing import Any

import casadi


class Elimination:
    """LU factors of ``A`` with diagonal pivots, in an order of least fill.

    The Rosenbrock matrix M/(h gamma) - J is diagonally strong, so pivots need no search at run time; the order is found
    once on the structure (Markowitz count). Nothing of it is left at run time but multiplications.

    Parameters
    ----------
    A : casadi.SX, shape (n, n)
        Matrix whose diagonal is structurally full.
    last : sequence of int
        Indices that are eliminated last (algebraic variables, whose diagonal is only filled by elimination).
    """

    def __init__(self, A: Any, last: tuple[int, ...] = ()) -> None:
        n = A.shape[0]
        self.n = n
        rows: list[dict[int, Any]] = [{} for _ in range(n)]
        for i, j in zip(*A.sparsity().get_triplet(), strict=True):
            rows[i][j] = A[i, j]
        self.order: list[int] = []
        self.lower: list[tuple[int, int, Any]] = []  # (target row, pivot row, factor), in order of elimination
        remaining = set(range(n))
        while remaining:
            free = remaining - set(last) or remaining
            k = min(free, key=lambda i: (self._cost(rows, remaining, i), i))
            self._eliminate(rows, remaining, k)
        self.rows = rows

    @staticmethod
    def _cost(rows: list[dict[int, Any]], remaining: set[int], k: int) -> int:
        across = sum(1 for j in rows[k] if j in remaining) - 1
        down = sum(1 for i in remaining if k in rows[i]) - 1
        return across * down

    def _eliminate(self, rows: list[dict[int, Any]], remaining: set[int], k: int) -> None:
        remaining.remove(k)
        self.order.append(k)
        inverse = 1 / rows[k][k]
        across = [(j, value) for j, value in rows[k].items() if j in remaining]
        for i in sorted(remaining):
            if k not in rows[i]:
                continue
            factor = rows[i].pop(k) * inverse
            self.lower.append((i, k, factor))
            for j, value in across:
                rows[i][j] = rows[i].get(j, 0) - factor * value
        rows[k] = {j: value for j, value in rows[k].items() if j in remaining}
        rows[k][k] = inverse

    def solve(self, b: Any) -> Any:
        """Return x with A x = ``b``, both casadi.SX of shape (n, 1)."""
        x = [b[i] for i in range(self.n)]
        for i, k, factor in self.lower:
            x[i] = x[i] - factor * x[k]
        for k in reversed(self.order):
            total = x[k]
            for j, value in self.rows[k].items():
                if j != k:
                    total = total - value * x[j]
            x[k] = total * self.rows[k][k]
        return casadi.vertcat(*x)
