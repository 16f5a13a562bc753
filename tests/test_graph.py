"""Index equations: what is refused, what a name means, and what a graph is in components."""

from __future__ import annotations

import pytest
import sympy as sp
from oracles import derived, example
from sympy import Expr, Symbol

from symderiv.components import instantiate
from symderiv.errors import GraphError, UnknownNameError
from symderiv.graph import Definition, Fact, Graph, Index, atom, entries, keys_in
from symderiv.notation import Quantity, Role

N, D, K = sp.symbols("N d_0 d_1", integer=True, positive=True)
n, i, j, k = sp.symbols("n i j k", integer=True)
X = Definition(Quantity(Role.INPUT), (Index(n, N), Index(i, D)))
W = Definition(Quantity(Role.WEIGHT, 1), (Index(i, D), Index(j, K)))
LINEAR = sp.Sum(atom("X", n, i) * atom("W1", i, j), (i, 1, D))


def z(rhs: Expr | None) -> Definition:
    """Return the definition of ``Z1[n, j]``."""
    return Definition(Quantity(Role.PREACTIVATION, 1), (Index(n, N), Index(j, K)), rhs)


REFUSED = [
    ([X, X], "X is defined twice"),
    ([X, W, z(LINEAR), z(LINEAR)], "Z1 is defined twice"),
    ([X, z(LINEAR), W], "Z1: uses W1, which no equation above defines; known: X"),
    (
        [X, W, z(LINEAR + atom("W2", i, j))],
        "Z1: uses W2, which no equation above defines; did you mean 'W1'?",
    ),
    (
        [X, W, z(atom("Z1", n, j))],
        "Z1: uses Z1, which no equation above defines; did you mean 'W1'?",
    ),
    ([X, W, z(atom("X", n))], "Z1: X[n] has 1 indices, its definition 2"),
    ([X, W, z(atom("W1", i, j, n))], "Z1: W1[i, j, n] has 3 indices, its definition 2"),
    ([X, W, z(atom("W1", k, j))], "Z1: the index k has no range"),
    ([X, W, z(LINEAR * atom("X", n, k))], "Z1: the index k has no range"),
    (
        [Definition(Quantity(Role.INPUT), (Index(n, N),), sp.Integer(1))],
        "X: is given, yet has a right side",
    ),
    (
        [Definition(Quantity(Role.LOSS), (), atom("yhat"))],
        "L: uses yhat, which no equation above defines",
    ),
]


@pytest.mark.parametrize(("definitions", "message"), REFUSED, ids=[row[1][:40] for row in REFUSED])
def test_what_is_no_graph_is_refused(definitions: list[Definition], message: str) -> None:
    """The message names the equation, what is wrong in it, and the nearest known name."""
    with pytest.raises(GraphError) as caught:
        Graph(tuple(definitions))
    assert str(caught.value) == message


def test_a_right_graph_is_accepted() -> None:
    """Sizes may stand in a right side, and a sum's index needs no other range."""
    graph = Graph((X, W, z(LINEAR / N)))
    assert [d.key for d in graph.definitions] == ["X", "W1", "Z1"]
    assert graph["Z1"].atom == atom("Z1", n, j)
    assert [user.key for user in graph.consumers["W1"]] == ["Z1"]
    assert graph.consumers["Z1"] == ()
    assert graph.upstream("Z1") == {"X", "W1", "Z1"}
    assert graph.upstream("X") == {"X"}


XOR = example("xor")
FOUND = [
    ("w_{12}^{(1)}", "w1_1_2"),
    ("w_12^(1)", "w1_1_2"),
    ("w^(1)_12", "w1_1_2"),
    ("w^{(1)}_{12}", "w1_1_2"),
    ("w_{1,2}^{(1)}", "w1_1_2"),
    ("w12^(1)", "w1_1_2"),
    (" w_12^(1) ", "w1_1_2"),
    ("w1_1_2", "w1_1_2"),
    ("w_21^(1)", "w1_2_1"),
    ("b_1^(2)", "b2_1"),
    ("a_2^{(1)}", "a1_2"),
    ("z_1^(2)", "z2_1"),
    ("x_1", "x_1"),
    ("x1", "x_1"),
    ("yhat", "yhat"),
    (r"\hat{y}", "yhat"),
    (r"\hat y", "yhat"),
    ("ŷ", "yhat"),
    ("y", "y"),
    ("L", "L"),
]


@pytest.mark.parametrize(("text", "key"), FOUND)
def test_a_component_is_found_as_people_write_it(text: str, key: str) -> None:
    """With braces or without, by its slide name or its code name."""
    assert XOR.components.find(text).key == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("W1", "W1"),
        ("b2", "b2"),
        ("w^(1)", "W1"),
        ("Yhat", "Yhat"),
        (r"\hat{y}", "Yhat"),
        ("J", "J"),
    ],
)
def test_an_array_is_found_by_its_code_name_too(text: str, key: str) -> None:
    """``W1`` is what the code calls it."""
    assert XOR.graph.find(text).key == key


@pytest.mark.parametrize("name", ["xor", "2-3-2-tanh-mse", "3-4-3-softmax"])
def test_every_name_finds_itself(name: str) -> None:
    """No two quantities share a name, typed or in code."""
    network = example(name)
    for graph in (network.graph, network.components):
        assert all(graph.find(d.key) is d for d in graph.definitions)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("w_11^(3)", "no quantity named 'w_11^(3)'; did you mean 'w_11^(2)'?"),
        ("w_{11}^{(3)}", "no quantity named 'w_{11}^{(3)}'; did you mean 'w_11^(2)'?"),
        ("y_hat", "no quantity named 'y_hat'; did you mean 'yhat'?"),
    ],
)
def test_an_unknown_name_has_a_nearest(text: str, message: str) -> None:
    """As a person would type it."""
    with pytest.raises(UnknownNameError) as caught:
        XOR.components.find(text)
    assert str(caught.value) == message


def test_a_graph_in_components_reads_like_the_lecture() -> None:
    """Sizes are numbers, sums are terms, the sample is dropped, and the cost with it."""
    graph = XOR.components
    right = {d.key: d.rhs for d in graph.definitions}
    assert list(right) == [
        *("x_1", "x_2", "y"),
        *("w1_1_1", "w1_1_2", "w1_2_1", "w1_2_2", "b1_1", "b1_2"),
        *("z1_1", "z1_2", "a1_1", "a1_2"),
        *("w2_1_1", "w2_2_1", "b2_1", "z2_1", "yhat", "L"),
    ]
    named = {key: Symbol(key, real=True) for key in right}
    assert right["z1_2"] == (
        named["b1_2"] + named["x_1"] * named["w1_1_2"] + named["x_2"] * named["w1_2_2"]
    )
    assert right["a1_1"] == 1 / (1 + sp.exp(-named["z1_1"]))
    assert right["x_1"] is None
    y, p = named["y"], named["yhat"]
    assert right["L"] == -(y * sp.log(p) + (1 - y) * sp.log(1 - p))


def test_several_outputs_keep_their_index() -> None:
    """One output is the prediction, three are numbered; a fact is written out with them."""
    graph = example("3-4-3-softmax").components
    assert [d.key for d in graph.of_role(Role.PREDICTION)] == ["yhat_1", "yhat_2", "yhat_3"]
    assert [d.key for d in graph.of_role(Role.LABEL)] == ["y_1", "y_2", "y_3"]
    assert graph["s2"].rhs == sum(sp.exp(Symbol(f"z2_{k}", real=True)) for k in (1, 2, 3))
    (fact,) = graph.facts
    assert (fact.left, fact.right) == (sum(Symbol(f"y_{k}", real=True) for k in (1, 2, 3)), 1)
    assert fact.because == "the labels of a sample sum to 1"


def test_samples_can_be_kept() -> None:
    """Without a dropped index the cost is written out over the samples."""
    y = Definition(Quantity(Role.LABEL), (Index(n, N),))
    cost = Definition(Quantity(Role.COST), (), sp.Sum(atom("Y", n), (n, 1, N)) / N)
    fact = Fact(sp.Sum(atom("Y", n), (n, 1, N)), sp.Integer(1), "so it is")
    graph = instantiate(Graph((y, cost), (fact,)), {N: 2})
    total = Symbol("y_1", real=True) + Symbol("y_2", real=True)
    assert graph["J"].rhs == total / 2
    assert graph.facts == (Fact(total, sp.Integer(1), "so it is"),)


def test_names_in_an_expression() -> None:
    """Entries and plain names, not the indices below them."""
    expr = atom("X", n, i) * sp.exp(-atom("b")) + sp.Sum(atom("W1", i, j), (i, 1, D))
    assert keys_in(atom("X", n, i) * sp.exp(-atom("b"))) == {"X", "b"}
    assert {str(e) for e in entries(expr)} >= {"X[n, i]", "b", "W1[i, j]"}


def test_the_number_of_components_of_the_examples() -> None:
    """The graph of a derivation is the network's own."""
    assert derived(XOR).graph is XOR.graph
    assert len(XOR.components.definitions) == 19
