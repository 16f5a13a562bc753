"""Graphs that a user writes in SymPy: their gradients, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp
from oracles import Values
from sympy import Expr, IndexedBase, Sum, Symbol

from symderiv.errors import GraphError, UnknownNameError
from symderiv.evaluation import evaluated
from symderiv.freeform import gradients, written_graph
from symderiv.graph import Graph

n, m, i, j, k, t = sp.symbols("n m i j k t", integer=True)
N, d, K, V, T = sp.symbols("N d K V T", integer=True, positive=True)
X, W, w, y, z, p = map(IndexedBase, "XWwyzp")
R, E, U, c, o, s, u = map(IndexedBase, "REUcosu")
J = Symbol("J")
SIZES = {N: 5, d: 3, K: 2, V: 4, T: 6}

LOGISTIC = written_graph(
    [
        (z[n], Sum(X[n, i] * w[i], (i, 1, d))),
        (p[n], 1 / (1 + sp.exp(-z[n]))),
        (J, -Sum(y[n] * sp.log(p[n]) + (1 - y[n]) * sp.log(1 - p[n]), (n, 1, N))),
    ],
    {n: N, i: d}, parameters={"w": (i,)}, data={"X": (n, i), "y": (n,)},
)  # fmt: skip
PCA = written_graph(
    [
        (R[n, i], X[n, i] - Sum(X[n, j] * W[j, k] * W[i, k], (j, 1, d), (k, 1, K))),
        (J, Sum(R[n, i] ** 2, (n, 1, N), (i, 1, d))),
    ],
    {n: N, i: d, j: d, k: K}, parameters={"W": (j, k)}, data={"X": (n, i)},
)  # fmt: skip
WORD2VEC = written_graph(
    [
        (s[n, m], Sum(E[c[n], i] * U[m, i], (i, 1, d))),
        (z[n], Sum(sp.exp(s[n, m]), (m, 1, V))),
        (J, -Sum(s[n, o[n]] - sp.log(z[n]), (n, 1, N))),
    ],
    {n: N, i: d, m: V}, parameters={"E": (m, i), "U": (m, i)}, data={"c": (n,), "o": (n,)},
)  # fmt: skip
PENDULUM = written_graph(
    [
        (R[t], u[t + 1] - 2 * u[t] + u[t - 1] + sp.sin(u[t])),
        (J, Sum(R[t] ** 2, (t, 2, T - 1))),
    ],
    {t: T}, parameters={"u": (t,)},
)  # fmt: skip
GRAPHS: Mapping[str, tuple[Graph, tuple[str, ...]]] = {
    "logistic regression": (LOGISTIC, ()),
    "PCA": (PCA, ()),
    "word2vec": (WORD2VEC, ("c", "o")),
    "a pendulum's residual": (PENDULUM, ()),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_gradients_agree_with_differences(name: str) -> None:
    """Every derivative of the cost, index by index, against central differences."""
    graph, whole = GRAPHS[name]
    values = _point(graph, whole)
    found = gradients(graph)
    base = _run(graph, values)
    for definition in found.values():
        base[definition.key] = np.asarray(evaluated(definition, base, SIZES))
    for key in values.keys() - set(whole):
        assert np.abs(base[f"d{key}"] - _slopes(graph, values, key)).max() < 1e-7, key


def test_the_famous_one_comes_out() -> None:
    """The derivative of the cross-entropy by the logit is p - y, unasked."""
    found = gradients(LOGISTIC)
    assert str(found["z"].rhs) == "p[n] - y[n]"
    assert str(found["w"].rhs) == "Sum((p[n] - y[n])*X[n, i], (n, 1, N))"


def test_an_index_may_be_any_letter_of_the_user() -> None:
    """Index letters without SymPy's assumption of an integer do as well."""
    q = Symbol("q")
    graph = written_graph([(J, Sum(w[q] ** 2, (q, 1, d)))], {q: d}, parameters={"w": (q,)})
    assert str(gradients(graph)["w"].rhs) == "2*w[q]"


Equations = list[tuple[Expr, Expr]]
REFUSED: tuple[tuple[Equations, dict[str, Any], str], ...] = (
    ([(z[n], w[n])], {"w": (n,)}, r"must define a scalar to differentiate, found z\[n\]"),
    ([], {"w": (n,)}, "the last equation must define a scalar"),
    ([(J, Sum(v, (n, 1, N))) for v in (w[n], w[n])], {"w": (n,)}, "J is defined twice"),
    ([(J, Sum(y[n] * w[n], (n, 1, N)))], {"w": (n,)}, "J: uses y, which no equation above"),
    ([(z[m], w[m]), (J, Sum(z[n], (n, 1, N)))], {"w": (n,)}, "z: the index m has no range"),
    ([(J, w[n])], {"w": (n,)}, "J: the index n has no range"),
    ([(z[n + 1], w[n]), (J, Sum(w[n], (n, 1, N)))], {"w": (n,)}, "z\\[n \\+ 1\\]: expected a name"),
    ([(J, Sum(w[n], (n, 1, d)))], {"w": (n,)}, r"in w\[n\] the index n runs to d, but that axis"),
    ([(J, Sum(w[n, n], (n, 1, N)))], {"w": (n,)}, "w\\[n, n\\] has 2 indices, its definition 1"),
)  # fmt: skip


@pytest.mark.parametrize(("equations", "parameters", "message"), REFUSED)
def test_what_is_no_graph_is_refused(
    equations: Equations, parameters: dict[str, Any], message: str
) -> None:
    """Each message names the equation and the place."""
    with pytest.raises(GraphError, match=message):
        written_graph(equations, {n: N}, parameters=parameters)


def test_a_parameter_that_the_cost_ignores_is_an_error() -> None:
    """A silent zero would hide a mistyped name."""
    graph = written_graph([(J, Sum(w[n], (n, 1, N)))], {n: N}, parameters={"w": (n,), "u": (n,)})
    with pytest.raises(UnknownNameError, match="J does not depend on u"):
        gradients(graph)


def _point(graph: Graph, whole: tuple[str, ...]) -> Values:
    generator = np.random.default_rng(0)
    values: Values = {}
    for definition in graph.definitions:
        if definition.rhs is None:
            shape = tuple(int(a.high.subs(SIZES)) for a in definition.indices)
            numbers = generator.uniform(0.1, 0.9, shape)
            is_index = definition.key in whole
            values[definition.key] = np.ceil(4 * numbers) if is_index else numbers
    return values


def _run(graph: Graph, values: Values) -> Values:
    found = dict(values)
    for definition in graph.definitions:
        if definition.rhs is not None:
            found[definition.key] = np.asarray(evaluated(definition, found, SIZES))
    return found


def _slopes(graph: Graph, values: Values, key: str) -> np.ndarray:
    slopes, step = np.zeros_like(values[key]), 1e-6
    for place in np.ndindex(slopes.shape):
        costs = []
        for sign in (1, -1):
            moved = values[key].copy()
            moved[place] += sign * step
            costs.append(float(_run(graph, {**values, key: moved})["J"]))
        slopes[place] = (costs[0] - costs[1]) / (2 * step)
    return slopes
