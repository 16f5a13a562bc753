"""Which of the activations a formula is: found by its values, not by its looks."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy import Expr, Symbol

from symderiv.functions import ACTIVATIONS, Activation

_POINTS = 7
_DIGITS, _CLOSE = 30, sp.Float("1e-20")


def formula(row: Activation, z: Expr, others: Sequence[Expr] = ()) -> Expr:
    """Return an activation written out, of a unit whose layer has ``others`` (itself included)."""
    total = () if row.summand is None else (sp.Add(*(row.summand(other) for other in others)),)
    gate = () if row.gate is None else (formula(row.gate, z, others),)
    return row.formula(z, *total, *gate, *row.constants.values())


def activation_of(expr: Expr, sums: Sequence[Symbol]) -> tuple[str, Symbol] | None:
    """Return the activation that an expression in a layer's ``sums`` is, and of which of them.

    None stands for an expression that is none of the known ones.
    """
    for row in ACTIVATIONS.values():
        if row.mixes != (len(sums) > 1):
            continue
        for own in sums:
            if _equal(expr, formula(row, own, sums), sums):
                return row.name, own
    return None


def _equal(left: Expr, right: Expr, symbols: Sequence[Symbol]) -> bool:
    for point in range(_POINTS):
        values = {s: _place(n, point) for n, s in enumerate(symbols)}
        if not close(left.xreplace(values), right.xreplace(values)):
            return False
    return True


def _place(number: int, point: int) -> Expr:
    """Return a value for a pre-activation, one of its own for each, on either side of 0."""
    return sp.Rational(2 * ((37 * number + 23 * point + 5) % 101) - 101, 34)


def close(left: Expr, right: Expr) -> bool:
    """Whether two numbers are one, up to rounding."""
    a, b = sp.N(left, _DIGITS), sp.N(right, _DIGITS)
    if not (a.is_number and b.is_number and a.is_finite and b.is_finite):
        return False
    return bool(abs(a - b) <= _CLOSE * (1 + abs(b)))
