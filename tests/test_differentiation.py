"""The backward pass: local derivatives against SymPy at explicit sizes, adjoints in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import MSE, NETWORKS, derived, network
from sympy import Expr, Indexed, Symbol, exp, log, tanh

from symderiv import Dense, Network, derive
from symderiv.brackets import Same
from symderiv.derivation import Derivation, Term
from symderiv.differentiation import local, reverse
from symderiv.general import general_model
from symderiv.graph import Definition, Graph, Index, atom
from symderiv.indices import Fresh, contracted
from symderiv.latex.printer import latex
from symderiv.layers import BatchNorm
from symderiv.notation import Quantity, Role
from symderiv.views import index_equation

D, K, N = sp.symbols("d_0 d_1 N", integer=True, positive=True)
SIZES = {D: 2, K: 3, N: 2}
i, j, k, p, q = sp.symbols("i j k p q", integer=True)


def w(*at: Expr) -> Expr:
    """Return an entry of a matrix."""
    return atom("w", *at)


def x(*at: Expr) -> Expr:
    """Return an entry of a vector."""
    return atom("x", *at)


# --- the second opinion ---------------------------------------------------------------------------


def explicit(expr: Expr, at: Mapping[Symbol, int] | None = None) -> Expr:
    """Write an expression out at explicit sizes, index by index; every entry becomes a symbol."""
    values = at or {}
    if isinstance(expr, sp.Sum):
        *outer, (symbol, low, high) = expr.limits
        body = sp.Sum(expr.function, *outer) if outer else expr.function
        span = range(int(low), int(high.subs(SIZES)) + 1)
        return sp.Add(*(explicit(body, {**values, symbol: value}) for value in span))
    if isinstance(expr, Indexed):
        places = "_".join(str(int(index.subs(values))) for index in expr.indices)
        return Symbol(f"{expr.base.label}_{places}", real=True)
    if isinstance(expr, Symbol):
        return sp.Integer(values[expr]) if expr in values else expr.subs(SIZES)
    return expr.func(*(explicit(arg, values) for arg in expr.args)) if expr.args else expr


def summed(terms: list[Term], at: Mapping[Symbol, int]) -> Expr:
    """Return the sum of terms at explicit sizes."""
    done = []
    for term in terms:
        limits = [index.limits for index in term.bound]
        done.append(explicit(sp.Sum(term.body, *limits) if limits else term.body, at))
    return sp.Add(*done)


def agree(one: Expr, two: Expr) -> bool:
    """Whether two expressions have one value at three random points, to 20 of 30 digits."""
    symbols = sorted(one.free_symbols | two.free_symbols, key=str)
    both = sp.lambdify(symbols, [one, two], "mpmath")
    with mpmath.workdps(30):
        for seed in range(3):
            numbers = [mpmath.mpf(((7 * n + 3 * seed) % 11) + 1) / 13 for n in range(len(symbols))]
            a, b = both(*numbers)
            if abs(a - b) > mpmath.mpf(10) ** -20 * (1 + abs(b)):
                return False
    return True


def check_local(expr: Expr) -> None:
    """Compare ``local`` by ``w[p, q]`` and ``x[p]`` with ``sympy.diff`` of what is written out."""
    whole = explicit(expr)
    wanted: list[tuple[str, tuple[Symbol, ...]]] = [("w", (p, q)), ("x", (q,))]
    for key, at in wanted:
        terms = list(local(expr, key, at, Fresh()))
        sizes = [(1, 2), (1, 2, 3)][-len(at) :]
        for places in product(*sizes):
            entry = explicit(atom(key, *map(sp.Integer, places)))
            found = summed(terms, dict(zip(at, places, strict=True)))
            assert agree(found, sp.diff(whole, entry)), (key, places)


ROWS = [
    sp.Sum(w(i, j) * x(j), (j, 1, K), (i, 1, D)),
    log(sp.Sum(exp(x(k)), (k, 1, K))),
    sp.Sum(x(k), (k, 1, K)) * sp.Sum(x(k) ** 2, (k, 1, K)),
    sp.Sum(x(j) * sp.Sum(w(i, j) * x(j), (i, 1, D)), (j, 1, K)),
    sp.Sum(tanh(sp.Sum(w(i, j) * x(j), (j, 1, K))), (i, 1, D)),
    sp.Sum(exp(x(q)) / sp.Sum(exp(x(j)), (j, 1, K)), (q, 1, K)),
    sp.Sum(w(p, q) * x(q), (p, 1, D), (q, 1, K)),
    (sp.Sum(x(k), (k, 1, K)) + 1) ** 3,
    sp.Sum(sp.Piecewise((x(k), x(k) > 0), (0, True)), (k, 1, K)),
    sp.Sum(x(k), (k, 1, K)) - sp.Sum(x(j), (j, 1, K)),
    sp.Sum(x(k) * sp.Sum(x(k) ** 2, (k, 1, K)), (k, 1, K)),
    (1 + sp.Sum(x(k) ** 2, (k, 1, K))) ** sp.Sum(x(k) / 8, (k, 1, K)),
]

LETTERS = {i: D, j: K, k: K, p: D, q: K}


@st.composite
def sums(draw: st.DrawFn, depth: int = 3, free: tuple[Symbol, ...] = ()) -> Expr:
    """Draw a closed expression of nested sums; the letters are few, so they shadow and clash."""
    rows = [s for s in free if LETTERS[s] is D]
    columns = [s for s in free if LETTERS[s] is K]
    leaves = [sp.Integer(draw(st.integers(1, 3)))] if free else [ROWS[0], ROWS[1]]
    if rows and columns:
        leaves.append(w(draw(st.sampled_from(rows)), draw(st.sampled_from(columns))))
    if columns:
        leaves.append(x(draw(st.sampled_from(columns))))
    if depth == 0:
        return draw(st.sampled_from(leaves))
    inner = sums(depth - 1, free)
    kind = draw(
        st.sampled_from(["leaf", "sum", "sum", "sum", "add", "mul", "exp", "tanh", "square"])
    )
    match kind:
        case "sum":
            index = draw(st.sampled_from([s for s in LETTERS if s not in free] or list(LETTERS)))
            body = draw(sums(depth - 1, (*(s for s in free if s != index), index)))
            return sp.Sum(body, (index, 1, LETTERS[index]))
        case "add":
            return draw(inner) + draw(inner)
        case "mul":
            return draw(inner) * draw(inner)
        case "exp":
            return exp(draw(inner) / 8)
        case "tanh":
            return tanh(draw(inner) / 8)
        case "square":
            return (draw(inner) + 1) ** 2
        case _:
            return draw(st.sampled_from(leaves))


@settings(max_examples=40)
@given(sums(depth=4))
def test_random_nested_sums(expr: Expr) -> None:
    """Whatever is nested in what: the walker and SymPy at explicit sizes agree for every entry."""
    check_local(expr)


@pytest.mark.parametrize("expr", ROWS, ids=str)
def test_the_traps(expr: Expr) -> None:
    """Sums whose index is that of the entry, or of another sum: ``diff`` alone gets these wrong."""
    check_local(expr)


def test_sympy_alone_is_wrong() -> None:
    """The reason why the walker exists: SymPy takes the index of the sum for that of the entry."""
    total = sp.Sum(w(i, j) * x(j), (j, 1, K))
    assert total.diff(w(i, j)) == sp.Sum(x(j), (j, 1, K))
    assert list(map(contract, local(total, "w", (i, q), Fresh()))) == [x(q)]
    softplus = log(sp.Sum(exp(x(k)), (k, 1, K)))
    assert softplus.diff(x(k)) == 1
    (slope,) = map(contract, local(softplus, "x", (q,), Fresh()))
    assert slope == exp(x(q)) / sp.Sum(exp(x(k)), (k, 1, K))


def contract(term: Term) -> Expr:
    """Return a term without its deltas; the free indices run as far as the arrays do."""
    return contracted(term, (Index(p, D), Index(q, K), Index(i, D))).closed()


@pytest.mark.parametrize(
    ("body", "bound", "expected"),
    [
        (Same(j - q) * x(j), [Index(j, K)], x(q)),
        (Same(q - j) * x(j), [Index(j, K)], x(q)),
        (Same(j - q) * Same(i - p) * w(i, j), [Index(i, D), Index(j, K)], w(p, q)),
        (Same(j - k) * w(p, j) * x(k), [Index(j, K), Index(k, K)], None),
        (Same(2 * j - q) * x(j), [Index(j, K)], sp.Sum(Same(2 * j - q) * x(j), (j, 1, K))),
    ],
    ids=["right", "left", "two", "between bound", "a stride stays"],
)
def test_a_delta_removes_a_sum(body: Expr, bound: list[Index], expected: Expr | None) -> None:
    """If it fixes an index of the sum; a stride does not, and its divisibility is not forgotten."""
    found = contract(Term(tuple(bound), body))
    if expected is None:
        (index,) = [limit[0] for total in found.atoms(sp.Sum) for limit in total.limits]
        expected = sp.Sum(w(p, index) * x(index), (index, 1, K))
    assert found == expected


@pytest.mark.parametrize("shift", [1, -1])
def test_a_delta_that_may_miss_the_range_is_not_dropped(shift: int) -> None:
    """``sum_j [j = q + 1] x_j`` is not ``x_{q+1}`` for every q: a condition stays."""
    term = Term((Index(j, K),), Same(j - q - shift) * x(j))
    found = contract(term)
    assert found != x(q + shift)
    inside, outside = (1, 3) if shift == 1 else (2, 1)
    at = {q: inside}
    assert explicit_condition(found, at) == explicit(x(inside + shift))
    assert explicit_condition(found, {q: outside}) == 0


def explicit_condition(expr: Expr, at: Mapping[Symbol, int]) -> Expr:
    """Return an expression at explicit sizes; a false bracket stops the evaluation."""
    brackets = [a for a in expr.args if getattr(a, "is_Function", False)]
    values = [bracket.subs({**SIZES, **at}) for bracket in brackets]
    if any(value == 0 for value in values):
        return sp.Integer(0)
    assert all(value == 1 for value in values)
    return explicit(sp.Mul(*(a for a in expr.args if a not in brackets)), at)


# --- adjoints -------------------------------------------------------------------------------------

ADJOINTS = [
    ("2-2-1 sigmoid, BCE", "Z2", r"\delta_{nj}^{(2)} = \hat{Y}_{nj} - Y_{nj}"),
    (
        "2-2-1 sigmoid, BCE",
        "Z1",
        (
            r"\delta_{nj}^{(1)} = A_{nj}^{(1)}\,(1 - A_{nj}^{(1)})"
            r" \sum_{k=1}^{d_2} W_{jk}^{(2)}\,\delta_{nk}^{(2)}"
        ),
    ),
    (
        "2-2-1 sigmoid, BCE",
        "W1",
        r"\frac{\partial J}{\partial W_{ij}^{(1)}} = \sum_{n=1}^N X_{ni}\,\delta_{nj}^{(1)}",
    ),
    (
        "2-2-1 sigmoid, BCE",
        "b2",
        r"\frac{\partial J}{\partial b_j^{(2)}} = \sum_{n=1}^N \delta_{nj}^{(2)}",
    ),
    (
        "2-2-1 sigmoid, BCE",
        "X",
        (
            r"\frac{\partial J}{\partial X_{ni}}"
            r" = \sum_{j=1}^{d_1} W_{ij}^{(1)}\,\delta_{nj}^{(1)}"
        ),
    ),
    (
        "2-2-1 sigmoid, BCE",
        "Yhat",
        (
            r"\frac{\partial J}{\partial\hat{Y}_{nj}}"
            r" = \frac{\hat{Y}_{nj} - Y_{nj}}{\hat{Y}_{nj}\,(1 - \hat{Y}_{nj})}"
        ),
    ),
    (
        "2-3-2 tanh, MSE mean",
        "Z2",
        (
            r"\delta_{nj}^{(2)}"
            r" = \frac{2(\hat{Y}_{nj} - Y_{nj})(1 - \hat{Y}_{nj}^2)}{N\,d_2}"
        ),
    ),
    (
        "2-3-2 tanh, MSE mean",
        "Z1",
        (
            r"\delta_{nj}^{(1)} = (1 - (A_{nj}^{(1)})^2)"
            r" \sum_{k=1}^{d_2} W_{jk}^{(2)}\,\delta_{nk}^{(2)}"
        ),
    ),
    (
        "3-4-3 softmax, CCE mean",
        "Z2",
        r"\delta_{nj}^{(2)} = \frac{\hat{Y}_{nj} - Y_{nj}}{N}",
    ),
    ("2-3-4-2 three layers, CCE", "Z3", r"\delta_{nj}^{(3)} = \hat{Y}_{nj} - Y_{nj}"),
    (
        "2-3-4-2 three layers, CCE",
        "Z2",
        (
            r"\delta_{nj}^{(2)} = A_{nj}^{(2)}\,(1 - A_{nj}^{(2)})"
            r" \sum_{k=1}^{d_3} W_{jk}^{(3)}\,\delta_{nk}^{(3)}"
        ),
    ),
    (
        "3-4-2 identity, MSE",
        "Z1",
        r"\delta_{nj}^{(1)} = \sum_{k=1}^{d_2} W_{jk}^{(2)}\,\delta_{nk}^{(2)}",
    ),
    (
        "3-4-2 identity, MSE",
        "Z2",
        r"\delta_{nj}^{(2)} = \frac{2(\hat{Y}_{nj} - Y_{nj})}{d_2}",
    ),
    ("4-1-3 a bottleneck, CCE", "Z2", r"\delta_{nj}^{(2)} = \frac{Y_{nj}\,(\hat{Y}_{nj} - 1)}{N}"),
    (
        "2-3-1 relu, BCE",
        "Z1",
        (
            r"\delta_{nj}^{(1)} = \begin{cases} 1 & \text{if } Z_{nj}^{(1)} > 0 \\"
            r" 0 & \text{otherwise} \end{cases}"
            r" \sum_{k=1}^{d_2} W_{jk}^{(2)}\,\delta_{nk}^{(2)}"
        ),
    ),
]


@pytest.mark.parametrize(("name", "key", "expected"), ADJOINTS)
def test_adjoints_in_closed_form(name: str, key: str, expected: str) -> None:
    """As a textbook prints them, for all sizes at once."""
    derivation = derived(NETWORKS[name])
    assert latex(index_equation(derivation.adjoint(key), derivation.graph)) == expected


def adjoint_keys(derivation: Derivation) -> list[str]:
    """Return the names whose adjoints were computed, in order."""
    return [definition.key for definition in derivation.adjoints]


def test_the_order_and_the_roles_of_the_adjoints() -> None:
    """Latest first; the cost by itself is 1; labels are data, and have none."""
    derivation = derived(NETWORKS["2-2-1 sigmoid, BCE"])
    assert adjoint_keys(derivation) == [
        *("dJ", "dL", "dYhat", "dZ2", "db2", "dW2", "dA1", "dZ1", "db1", "dW1", "dX"),
    ]
    assert derivation.adjoint("J").rhs == 1


def test_what_cancels_is_zero() -> None:
    """Two sums of one array under different letters are one sum."""
    values = Definition(Quantity(Role.INPUT), (Index(k, K),))
    total = sp.Sum(atom("X", k), (k, 1, K)) - sp.Sum(atom("X", j), (j, 1, K))
    cost = Definition(Quantity(Role.COST), (), total + 0 * k)
    found = reverse(Graph((values, cost)), {"J": sp.Integer(1)})
    assert sp.Add(*(term.closed() for term in found["X"].terms)) == 0


def test_every_adjoint_has_its_own_step_record() -> None:
    """The steps of an index equation end in its right side, each with rule and reason."""
    derivation = derived(network(2, (3, "softmax"), loss=MSE))
    for definition in derivation.adjoints:
        steps = derivation.index_steps[definition.key]
        assert all(step.rule in {"delta", "collect"} and step.because for step in steps)
        if steps:
            assert steps[-1].after == definition.rhs


GENERAL = [
    (
        r"\frac{\partial J}{\partial A_{nj}^{(l)}}"
        r" = \sum_{k=1}^{d_{l+1}} W_{jk}^{(l+1)}\,\delta_{nk}^{(l+1)}"
    ),
    (
        r"\delta_{nj}^{(l)} = f'(Z_{nj}^{(l)})"
        r" \sum_{k=1}^{d_{l+1}} W_{jk}^{(l+1)}\,\delta_{nk}^{(l+1)}"
    ),
    r"\frac{\partial J}{\partial W_{ij}^{(l)}} = \sum_{n=1}^N A_{ni}^{(l-1)}\,\delta_{nj}^{(l)}",
    r"\frac{\partial J}{\partial b_j^{(l)}} = \sum_{n=1}^N \delta_{nj}^{(l)}",
]


def test_the_general_recursion() -> None:
    """Layer l of any network: derived once from its equations, sizes and activation symbolic."""
    model = general_model()
    assert [latex(index_equation(d, model.graph)) for d in model.backward] == GENERAL


def test_each_result_lists_the_facts_that_it_rests_on() -> None:
    """Softmax + cross-entropy uses that labels sum to 1, and so does all that is made of it."""
    derivation = derive(
        Network(3, [Dense(4, "tanh"), Dense(2, "softmax")], "categorical_cross_entropy")
    )
    because = {key: [fact.because for fact in used] for key, used in derivation.facts.items()}
    labels = "the labels of a sample sum to 1"
    assert because["dZ2"] == because["dW1"] == because["dX"] == [labels]
    assert because["dYhat"] == because["dJ"] == []
    (step,) = [s for s in derivation.index_steps["dS2"] if s.rule == "fact"]
    assert step.because == labels
    assert step.used in derivation.graph.facts


def test_a_layer_that_repeats_keeps_its_own_facts() -> None:
    """The second normalisation rests on its own values' sum, not on the first one's."""
    layers = [layer for _ in range(3) for layer in (Dense(4), BatchNorm())]
    derivation = derive(Network(4, [*layers, Dense(2)], "mean_squared_error"))
    lefts = {key: {str(fact.left) for fact in used} for key, used in derivation.facts.items()}
    assert lefts["dA5"] == {"Sum(Xhat6[n, j], (n, 1, N))"}
    assert lefts["dA3"] == {"Sum(Xhat6[n, j], (n, 1, N))", "Sum(Xhat4[n, j], (n, 1, N))"}
    assert len(lefts["dA1"]) == 3


def test_without_facts_none_is_listed() -> None:
    """Squared errors need nothing of the labels."""
    derivation = derive(Network(3, [Dense(2, "softmax")], "mean_squared_error"))
    assert not any(derivation.facts.values())
