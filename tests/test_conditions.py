"""What is cancelled is known not to be zero, or it stays."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import Interval

from symderiv import Dense, Network, derive, gradients, written_graph
from symderiv.conditions import conditions, sure
from symderiv.differentiation import reverse
from symderiv.errors import GraphError
from symderiv.graph import Condition, Definition, Graph
from symderiv.latex.printer import latex
from symderiv.layers import BatchNorm
from symderiv.notation import Quantity, Role
from symderiv.writing import write_condition

OPEN = Interval.open(0, 1)
XOR = derive(Network(2, [Dense(2, "sigmoid"), Dense(1, "sigmoid")], "binary_cross_entropy", "mean"))
n = sp.Symbol("n", integer=True)
N = sp.Symbol("N", integer=True, positive=True)
J = sp.Symbol("J")
p, w, y = map(sp.IndexedBase, "pwy")
HARD = [(J, sp.Sum(w[n] * (y[n] / p[n] - (1 - y[n]) / (1 - p[n])) * p[n] * (1 - p[n]), (n, 1, N)))]


def _written(**within: sp.Set) -> Graph:
    return written_graph(
        HARD, {n: N}, parameters={"w": (n,)}, data={"y": (n,), "p": (n,)}, within=within
    )


def test_the_step_that_cancels_lists_the_condition() -> None:
    """From both fractions to ``yhat - y``: that is right because ``0 < yhat < 1``."""
    result = XOR.component("L", "z_1^(2)")
    listed = {step.rule: step.conditions for step in result.steps}
    yhat = sp.Symbol("yhat", real=True)
    assert listed["cancel"] == (Condition(yhat, OPEN),)
    assert result.conditions == listed["cancel"]
    assert not any(found for rule, found in listed.items() if rule != "cancel")


def test_a_gradient_lists_the_conditions_of_what_it_is_made_of() -> None:
    """That of the first weights rests on that of the last pre-activation; a prediction on none."""
    (condition,) = XOR.conditions["dZ2"]
    assert condition.within == OPEN
    assert XOR.conditions["dW1"] == XOR.conditions["dZ2"]
    assert XOR.conditions["dYhat"] == ()


def test_conditions_follow_from_the_equations() -> None:
    """A sum of exponentials is positive, and so is the root of squares and an epsilon."""
    softmax = derive(Network(3, [Dense(2, "softmax")], "categorical_cross_entropy"))
    shown = [latex(write_condition(c, softmax.graph)) for c in softmax.conditions["dZ1"]]
    assert shown == ["s_n^{(1)} > 0", r"0 < \hat{Y}_{nj} < 1"]
    network = Network(3, [Dense(2), BatchNorm()], "mean_squared_error")
    assert sure(1 / network.graph["s2"].atom, sp.S.One, network.graph)


def test_a_repeated_layer_lists_its_own_conditions() -> None:
    """Conditions move with the layer: each softmax speaks of its own sum."""
    layers = [Dense("d", "softmax") for _ in range(3)]
    derivation = derive(Network("d", layers, "categorical_cross_entropy"))
    names = {str(c.name) for c in derivation.conditions["dZ1"]}
    assert {"S1[n]", "S2[n]", "S3[n]", "Yhat[n, j]"} <= names


def test_without_the_range_the_shorter_form_does_not_come_out() -> None:
    """``p`` might be 0 or 1 for all that is known; once its range is stated, the form is short."""
    short, long = (
        gradients(graph)["w"] for graph in (_written(p=OPEN), _written(p=Interval(0, 1)))
    )
    assert short.rhs == _at("y") - _at("p")
    assert long.rhs is not None
    assert long.rhs.has(1 / _at("p"), 1 / (1 - _at("p")))
    assert sp.cancel(long.rhs - short.rhs) == 0


def _at(name: str) -> sp.Expr:
    return sp.IndexedBase(name, real=True)[sp.Symbol("n", integer=True)]


def test_what_cancels_by_itself_is_listed_as_not_zero() -> None:
    """SymPy cancels equal factors on sight; that the cost is defined is all that is known then."""
    equations = [(y[n], w[n] * p[n]), (J, sp.Sum(y[n] / p[n], (n, 1, N)))]
    graph = written_graph(equations, {n: N}, parameters={"w": (n,)}, data={"p": (n,)})
    adjoint = reverse(graph, {"J": sp.S.One})["w"]
    (condition,) = adjoint.conditions
    assert adjoint.value == 1
    assert latex(write_condition(condition, graph)) == r"p_n \ne 0"


def test_within_names_what_there_is() -> None:
    """A mistyped name says which is near."""
    with pytest.raises(GraphError, match="within: no quantity named 'q'"):
        _written(q=OPEN)


@pytest.mark.parametrize(
    ("within", "shown"),
    [
        (OPEN, "0 < a < 1"),
        (Interval(-1, 1), r"-1 \le a \le 1"),
        (Interval.open(0, sp.oo), "a > 0"),
        (Interval(2, sp.oo), r"a \ge 2"),
        (Interval.open(-sp.oo, 0), "a < 0"),
        (sp.Union(Interval.open(-sp.oo, 0), Interval.open(0, sp.oo)), r"a \ne 0"),
    ],
)
def test_conditions_are_written_as_relations(within: sp.Set, shown: str) -> None:
    """Closed ends are closed, and an infinite end is not written."""
    a = Definition(Quantity(Role.INPUT, letter="a"))
    assert latex(write_condition(Condition(a.atom, within), Graph((a,)))) == shown


def test_a_factor_that_may_vanish_is_not_sure() -> None:
    """Neither a bare name nor a difference of two is."""
    a, b = (Definition(Quantity(Role.INPUT, letter=letter)) for letter in "ab")
    graph = Graph((a, b))
    for factor in (a.atom, a.atom - b.atom, a.atom**2):
        assert not sure(1 / factor, sp.S.One, graph)
        assert conditions([1 / factor], sp.S.One, graph)
    assert sure(1 / (1 + sp.exp(a.atom)), sp.S.One, graph)
    assert sure(1 / (1 + a.atom**2), sp.S.One, graph)
