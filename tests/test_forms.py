"""The form of an expression: cancelled, cheap, and with the signs that a lecturer writes."""

from __future__ import annotations

import pytest
import sympy as sp
from oracles import NETWORKS, derived
from sympy import Expr, Symbol, exp, log

from symderiv.forms import cost, rational, signed, tidy
from symderiv.graph import atom

GRAPH = derived(NETWORKS["2-2-1 sigmoid, BCE"]).network.components
x, y, z, a, p = (Symbol(name, real=True) for name in ("x_1", "y", "z1_1", "a1_1", "yhat"))

SIGNED = [
    (x * (a - 1), x * (a - 1)),
    (x * (y - p), x * (y - p)),
    (-(y - p), p - y),
    (-x * (a - 1), x * (1 - a)),
    ((a - 1) * (y - p), (1 - a) * (p - y)),
    (x * (a - 1) ** 2, x * (1 - a) ** 2),
    (x * (p - y), x * (p - y)),
    (x * (-2 - a), -x * (2 + a)),
]


@pytest.mark.parametrize(("expr", "expected"), SIGNED)
def test_signs(expr: Expr, expected: Expr) -> None:
    """``1 - a`` and ``yhat - y``; as few signs as there can be."""
    assert signed(expr, GRAPH) == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (p - p * y - y + p * y, p - y),
        (exp(z) ** 2 / exp(z), exp(z)),
        ((exp(2 * z) - 1) / (exp(z) - 1), exp(z) + 1),
        (x * a + x * p, x * (a + p)),
        (a / (a - a**2), 1 / (1 - a)),
        (sp.Integer(2), sp.Integer(2)),
    ],
)
def test_tidy_takes_the_cheapest_form(expr: Expr, expected: Expr) -> None:
    """Cancelled or factored, over exponentials as powers of one generator."""
    assert tidy(expr, GRAPH) == expected


def test_powers_of_an_exponential_are_one_generator() -> None:
    """SymPy writes ``exp(z)**2`` as ``exp(2 z)``; that hides identities."""
    (body, single), meaning = rational(exp(2 * z - x), exp(z))
    symbol = single.as_base_exp()[0]
    assert meaning[symbol] == exp(z)
    assert body.as_powers_dict()[symbol] == 2
    (first, second), _ = rational(log(1 + x), log(1 + x) ** 2)
    assert second == first**2


def test_the_cost_of_a_form() -> None:
    """Operations, three more for a function, and thrice what is done again and again in a sum."""
    k = Symbol("k", integer=True)
    assert [cost(form) for form in (x, x + y, x * y * z, exp(x), log(x + y))] == [0, 1, 2, 4, 5]
    inside = sp.Sum(x * atom("A", k), (k, 1, Symbol("d", integer=True)))
    assert cost(inside) > cost(x * sp.Sum(atom("A", k), (k, 1, Symbol("d", integer=True))))


@pytest.mark.parametrize("expr", [p - y, x * (1 - a), x * (a + p), 1 / (1 - a), exp(z)])
def test_a_tidy_form_stays(expr: Expr) -> None:
    """To tidy it again changes nothing."""
    assert tidy(expr, GRAPH) == expr
