"""A function of stoichiometry as the formula that BPX reads."""

from typing import Any

import numpy as np

NAMES = {np.exp: "exp", np.tanh: "tanh", np.log: "log"}
SIGNS = {np.add: "+", np.subtract: "-", np.multiply: "*", np.true_divide: "/", np.power: "**"}


class _Term:
    """A symbol that writes down what is done to it, in the grammar of BPX: numbers, x, + - * / **, exp, tanh, log."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_: Any) -> "_Term":
        # A fit's guard against being asked too far out has no place in its formula.
        if ufunc in (np.minimum, np.maximum):
            return next(item for item in inputs if isinstance(item, _Term))
        texts = [item.text if isinstance(item, _Term) else f"({float(item)!r})" for item in inputs]
        if ufunc in NAMES:
            return _Term(f"{NAMES[ufunc]}({texts[0]})")
        return _Term(f"({texts[0]}{SIGNS[ufunc]}{texts[1]})")

    def _binary(self, ufunc: Any, other: Any, swapped: bool = False) -> "_Term":
        return self.__array_ufunc__(ufunc, "__call__", *((other, self) if swapped else (self, other)))

    def __add__(self, other: Any) -> "_Term":
        return self._binary(np.add, other)

    def __radd__(self, other: Any) -> "_Term":
        return self._binary(np.add, other, True)

    def __sub__(self, other: Any) -> "_Term":
        return self._binary(np.subtract, other)

    def __rsub__(self, other: Any) -> "_Term":
        return self._binary(np.subtract, other, True)

    def __mul__(self, other: Any) -> "_Term":
        return self._binary(np.multiply, other)

    def __rmul__(self, other: Any) -> "_Term":
        return self._binary(np.multiply, other, True)

    def __truediv__(self, other: Any) -> "_Term":
        return self._binary(np.true_divide, other)

    def __neg__(self) -> "_Term":
        return self._binary(np.multiply, -1.0, True)


def expression(function: Any) -> str:
    """A function of stoichiometry as the formula BPX reads, in ``x``; valid where the fit is."""
    return str(function(_Term("x")).text)
