"""Activations and losses as SymPy formulas, one row each; SymPy differentiates them, nobody else.

A row holds the formula as a textbook states it and nothing that follows from it: no derivative,
no stable form, no shortcut of an activation with its loss. Those are found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import sympy as sp
from sympy import Expr, Interval, S

from symderiv.expression import Name

REALS = S.Reals
PROBABILITY = Interval.open(0, 1)


@dataclass(frozen=True, slots=True)
class Activation:
    r"""``a = formula(z)`` for one unit; with a ``summand``, ``a_k = formula(z_k, s)``.

    There :math:`s = \sum_k` ``summand(z_k)``. ``range`` is the set of values that ``a``
    takes. ``symbol`` is how the function is written.
    """

    name: str
    symbol: Name
    formula: Callable[..., Expr]
    range: sp.Set = REALS
    summand: Callable[[Expr], Expr] | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    r"""The loss of one sample, ``L = \sum_k summand(y_k, \hat y_k)``, divided by K if ``mean``.

    ``domain`` is where a prediction must lie. ``one_hot`` states the fact that the labels of one
    sample sum to 1, which derivations may use and data is checked for.
    """

    name: str
    words: str
    summand: Callable[[Expr, Expr], Expr]
    domain: sp.Set = REALS
    mean: bool = False
    one_hot: bool = False


_Row = TypeVar("_Row", Activation, Loss)


def _rows(*rows: _Row) -> dict[str, _Row]:
    return {row.name: row for row in rows}


ACTIVATIONS = _rows(
    Activation("identity", Name("id"), lambda z: z),
    Activation("sigmoid", Name("sigma"), lambda z: 1 / (1 + sp.exp(-z)), PROBABILITY),
    Activation("tanh", Name("tanh"), sp.tanh, Interval.open(-1, 1)),
    Activation(
        "relu", Name("relu"), lambda z: sp.Piecewise((z, z > 0), (0, True)), Interval(0, sp.oo)
    ),
    Activation("softmax", Name("softmax"), lambda z, s: sp.exp(z) / s, PROBABILITY, summand=sp.exp),
)

LOSSES = _rows(
    Loss(
        "binary_cross_entropy",
        "binary cross-entropy",
        lambda y, p: -(y * sp.log(p) + (1 - y) * sp.log(1 - p)),
        PROBABILITY,
    ),
    Loss(
        "categorical_cross_entropy",
        "categorical cross-entropy",
        lambda y, p: -y * sp.log(p),
        PROBABILITY,
        one_hot=True,
    ),
    Loss("mean_squared_error", "mean squared error", lambda y, p: (p - y) ** 2, mean=True),
)
