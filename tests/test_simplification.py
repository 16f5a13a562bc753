"""Rewrites: what each makes of what, what needs a fact, and what must not come out."""

from __future__ import annotations

import pytest
import sympy as sp
from oracles import CCE, derived, example, network
from sympy import Expr, Rational, Symbol, exp, log, tanh

from symderiv.derivation import Partial
from symderiv.forms import cost
from symderiv.graph import Definition, Fact, Graph, Index, atom
from symderiv.notation import Quantity, Role
from symderiv.simplification import REWRITES, folded, matched, simplified


def names(text: str) -> list[Expr]:
    """Return graph names as SymPy symbols."""
    return [Symbol(name, real=True) for name in text.split()]


x, y, z, a, s, p = names("x_1 y z1 a1 s1 yhat")
y1, y2, y3, p1, p2, p3, z1, z2 = names("y_1 y_2 y_3 yhat_1 yhat_2 yhat_3 z1_1 z1_2")
TARGET = Partial(*names("L z1"))


def given(role: Role, layer: int | None = None, *indices: int) -> Definition:
    """Return a quantity that is given, so that others may use it."""
    quantity = Quantity(role, layer)
    return Definition(quantity.at(*indices) if indices or layer is None else quantity)


def defined(
    role: Role, rhs: Expr, *, layer: int | None = None, at: tuple[int, ...] = ()
) -> Definition:
    """Return a component's definition; predictions are probabilities."""
    within = sp.Interval.open(0, 1) if role is Role.PREDICTION else None
    return Definition(Quantity(role, layer).at(*at), (), rhs, within=within)


def graph(*definitions: Definition, facts: tuple[Fact, ...] = ()) -> Graph:
    """Return a graph in components: inputs, labels, then what is asked for."""
    start = (
        Definition(Quantity(Role.INPUT).at(1)),
        Definition(Quantity(Role.LABEL).at()),
        *(Definition(Quantity(Role.LABEL).at(k)) for k in (1, 2, 3)),
        defined(Role.PREACTIVATION, x, layer=1),
        *(defined(Role.PREACTIVATION, x, layer=1, at=(k,)) for k in (1, 2)),
        defined(Role.NORMALISER, exp(z1) + exp(z2), layer=1),
    )
    return Graph((*start, *definitions), facts)


SIGMOID = defined(Role.ACTIVATION, 1 / (1 + exp(-z)), layer=1)
TANH = defined(Role.ACTIVATION, tanh(z), layer=1)
SWISH = defined(Role.ACTIVATION, z / (1 + exp(-z)), layer=1)
SOFTMAX = (
    defined(Role.PREDICTION, exp(z1) / s, at=(1,)),
    defined(Role.PREDICTION, exp(z2) / s, at=(2,)),
)
PLAIN = defined(Role.PREDICTION, x)
THREE = tuple(defined(Role.PREDICTION, x, at=(k,)) for k in (1, 2, 3))
ONE_HOT = Fact(y1 + y2 + y3, sp.Integer(1), "the labels of a sample sum to 1")


# --- fold -----------------------------------------------------------------------------------------

FOLDED = [
    (sp.diff(1 / (1 + exp(-z)), z), (SIGMOID,), a * (1 - a)),
    (exp(z) / (1 + exp(z)) ** 2, (SIGMOID,), a * (1 - a)),
    (1 / (1 + exp(z)), (SIGMOID,), 1 - a),
    (sp.diff(1 / (1 + exp(-z)), z, 2), (SIGMOID,), a * (1 - a) * (1 - 2 * a)),
    (sp.diff(tanh(z), z), (TANH,), 1 - a**2),
    (sp.diff(exp(z1) / s, z1) - exp(2 * z1) / s**2, SOFTMAX, p1 * (1 - p1)),
    (-exp(z1) * exp(z2) / s**2, SOFTMAX, -p1 * p2),
    (x * exp(-z) / (1 + exp(-z)) ** 2, (SIGMOID,), x * a * (1 - a)),
]


@pytest.mark.parametrize(("expr", "by", "expected"), FOLDED)
def test_fold_finds_the_known_name(expr: Expr, by: tuple[Definition, ...], expected: Expr) -> None:
    """Sigmoid, tanh and softmax: the derivative in terms of the value itself."""
    found, used = folded(expr, by, graph(*by))
    assert sp.expand(found - expected) == 0
    assert cost(found) <= cost(expected)
    assert used == tuple(d for d in by if d.atom in found.free_symbols)


def test_fold_adds_no_pole() -> None:
    """Swish is ``z sigma(z)``: its derivative is finite at 0, ``a (1 + z - a)/z`` is not."""
    slope = sp.diff(z / (1 + exp(-z)), z)
    found, _ = folded(slope, (SWISH,), graph(SWISH))
    assert sp.limit(found.subs(a, z / (1 + exp(-z))), z, 0) == Rational(1, 2)
    assert sp.fraction(sp.together(found))[1].subs(z, 0) != 0
    shorter = a * (1 + z - a) / z
    assert cost(shorter) < cost(slope)
    assert found != shorter


@pytest.mark.parametrize(
    ("expr", "by"),
    [
        (x * z, (SIGMOID,)),
        (exp(z), (SIGMOID,)),
        (1 - tanh(x) ** 2, (TANH,)),
        (exp(x), SOFTMAX),
    ],
)
def test_fold_leaves_alone_what_gets_no_shorter(expr: Expr, by: tuple[Definition, ...]) -> None:
    """Another argument, or a form that costs as much, stays as it is written."""
    assert folded(expr, by, graph(*by)) == (expr, ())


def test_fold_matches_the_index() -> None:
    """The entry at ``[n, k]`` folds into ``A[n, k]``; one entry beside another is not confused."""
    n, j, k = sp.symbols("n j k", integer=True)
    N, D = sp.symbols("N d", integer=True, positive=True)
    axes = (Index(n, N), Index(j, D))
    Z = Definition(Quantity(Role.INPUT), axes)
    A = Definition(Quantity(Role.ACTIVATION, 1), axes, 1 / (1 + exp(-atom("X", n, j))))
    where = Graph((Z, A))

    def raw(at: Expr) -> Expr:
        return exp(-atom("X", n, at)) / (1 + exp(-atom("X", n, at))) ** 2

    def slope(at: Expr) -> Expr:
        return atom("A1", n, at) * (1 - atom("A1", n, at))

    assert folded(raw(k), (A,), where)[0] == slope(k)
    assert folded(raw(j), (A,), where)[0] == slope(j)


# --- the rewrites ---------------------------------------------------------------------------------

LOSS_SLOPE = (1 - y) / (1 - p) - y / p
REWRITTEN = [
    ("cancel", LOSS_SLOPE * p * (1 - p), (1 - y) * p - y * (1 - p)),
    ("cancel", x * LOSS_SLOPE * p, x * (1 - y) * p / (1 - p) - x * y),
    ("cancel", (1 / p + 1 / p1) * p * p1, p1 + p),
    ("collect", (1 - y) * p - y * (1 - p), p - y),
    ("collect", x * p - x * y, x * (p - y)),
    ("fact", p1 * y1 + p1 * y2 + p1 * y3 - y1, p1 - y1),
    ("fact", p1 * y2 + p1 * y3 - y1 * (1 - p1), p1 - y1),
    ("group", p1 * y2 + p1 * y3 - y1 * (1 - p1), p1 * (y1 + y2 + y3) - y1),
]


@pytest.mark.parametrize(("rule", "expr", "expected"), REWRITTEN)
def test_each_rewrite(rule: str, expr: Expr, expected: Expr) -> None:
    """One rule, applied once, to the form that a lecturer writes next."""
    (rewrite,) = [row for row in REWRITES if row.name == rule]
    done = rewrite.apply(expr, graph(PLAIN, *THREE, facts=(ONE_HOT,)))
    assert done is not None
    assert sp.expand(done.after - expected) == 0
    assert cost(done.after) == cost(expected)


@pytest.mark.parametrize("rule", ["cancel", "collect", "group", "fact"])
@pytest.mark.parametrize("expr", [x, p - y, x * (1 - a) * a, p1 * y2 + p2 * y1])
def test_a_rewrite_that_changes_nothing_says_so(rule: str, expr: Expr) -> None:
    """No step is recorded where nothing happens, so each rewrite comes to an end."""
    (rewrite,) = [row for row in REWRITES if row.name == rule]
    assert rewrite.apply(expr, graph(PLAIN, *THREE, SIGMOID, facts=(ONE_HOT,))) is None


def test_the_rewrites_in_their_order() -> None:
    """Sigmoid with cross-entropy, from the product to ``yhat - y``, each step on record."""
    value, steps = simplified(TARGET, LOSS_SLOPE * p * (1 - p), graph(PLAIN))
    assert value == p - y
    assert [(step.rule, step.because) for step in steps] == [
        ("cancel", "cancel common factors"),
        ("collect", "collect terms"),
    ]
    assert [step.target for step in steps] == [TARGET] * 2
    assert steps[0].after == steps[1].before
    assert [row.name for row in REWRITES] == ["cancel", "collect", "group", "fact"]


PRODUCT = -y1 / p1 * p1 * (1 - p1) + y2 / p2 * p1 * p2 + y3 / p3 * p1 * p3


def test_a_fact_is_used_and_named() -> None:
    """Softmax with cross-entropy: ``yhat_1 - y_1``, because the labels sum to 1."""
    value, steps = simplified(TARGET, PRODUCT, graph(*THREE, facts=(ONE_HOT,)))
    assert value == p1 - y1
    assert steps[-1].rule == "fact"
    assert steps[-1].because == ONE_HOT.because
    assert steps[-1].used is ONE_HOT


def test_without_the_fact_the_shorter_form_must_not_come_out() -> None:
    """It would be wrong: the labels stay in the result, and its value is what it was."""
    value, steps = simplified(TARGET, PRODUCT, graph(*THREE))
    assert value != p1 - y1
    assert {y2, y3} <= value.free_symbols
    assert sp.expand(value - PRODUCT) == 0
    assert not [step for step in steps if step.rule in {"fact", "group"}]
    other = Fact(y1 + y2, sp.Integer(1), "two labels only")
    value, _ = simplified(TARGET, PRODUCT, graph(*THREE, facts=(other,)))
    assert value != p1 - y1


def test_without_the_fact_the_index_form_keeps_its_sum() -> None:
    """The same in index form: sigmoid outputs with one-hot labels have no such shortcut."""
    softmax = derived(example("3-4-3-softmax")).adjoint("Z2").rhs
    assert softmax is not None
    assert not softmax.has(sp.Sum)
    sigmoid = derived(network(2, (3, "sigmoid"), loss=CCE)).adjoint("Z1").rhs
    n, j = sp.symbols("n j", integer=True)
    label, prediction = atom("Y", n, j), atom("Yhat", n, j)
    assert sigmoid is not None
    assert sp.expand(sigmoid - (label * prediction - label)) == 0


@pytest.mark.parametrize(
    ("pattern", "expr", "binding"),
    [
        (exp(-x), exp(-a), {x: a}),
        (exp(-x) * x, exp(-a) * a, {x: a}),
        (exp(-x) * x, exp(-a) * p, None),
        (exp(-x), exp(a), None),
        (log(x), exp(x), None),
        (log(1 + x), log(2 + a), None),
    ],
)
def test_matching(pattern: Expr, expr: Expr, binding: dict[Expr, Expr] | None) -> None:
    """A free symbol stands for one thing throughout; everything else is equal."""
    assert matched(pattern, expr, frozenset({x})) == binding
