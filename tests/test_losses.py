"""The cost: every activation with every loss that takes it, labels, weights, penalties, data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from index_oracle import adjoints, check_network
from sympy import Expr, Symbol

from symderiv import Data, Dense, Network
from symderiv.errors import SpecError
from symderiv.functions import ACTIVATIONS, LOSSES
from symderiv.graph import Graph
from symderiv.latex.printer import latex
from symderiv.simplification import tidy
from symderiv.views import index_equation

CCE, NLL = "categorical_cross_entropy", "negative_log_likelihood"
ALLOWED = [
    (activation, loss)
    for loss, row in LOSSES.items()
    for activation in ACTIVATIONS
    if ACTIVATIONS[activation].range.is_subset(row.domain)
]


def classifier(last: str = "softmax", loss: str = CCE, **options: Any) -> Network:
    """Return a network of three classes."""
    return Network(3, [Dense(4, "tanh"), Dense(3, last)], loss, **options)


def shown(network: Network, key: str = "Z2") -> str:
    """Return the derivative of the cost by an array, as LaTeX in indices."""
    equation = index_equation(adjoints(network.graph)[key], network.graph)
    return latex(equation.sides[1])


@pytest.mark.parametrize(("activation", "loss"), ALLOWED)
def test_every_pair_against_differences(activation: str, loss: str) -> None:
    """Also hidden, before another layer."""
    check_network(classifier(activation, loss))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_inside(activation: str) -> None:
    """With the mean over the samples."""
    check_network(Network(2, [Dense(4, activation), Dense(3)], "mean_squared_error", "mean"))


def test_a_pair_that_is_not_allowed_is_refused() -> None:
    """The log of a negative prediction is no number."""
    with pytest.raises(SpecError, match=r"log-likelihood is defined for predictions in Interval\("):
        classifier("identity", NLL)


CLOSED = [
    ("softmax", CCE, r"\hat{Y}_{nj} - Y_{nj}"),
    ("softmax", "kl_divergence", r"\hat{Y}_{nj} - Y_{nj}"),
    ("log_softmax", NLL, r"P_{nj}^{(2)} - Y_{nj}"),
    ("sigmoid", "binary_cross_entropy", r"\hat{Y}_{nj} - Y_{nj}"),
    ("identity", "mean_squared_error", r"\frac{2(\hat{Y}_{nj} - Y_{nj})}{d_2}"),
]


@pytest.mark.parametrize(("activation", "loss", "expected"), CLOSED)
def test_famous_forms(activation: str, loss: str, expected: str) -> None:
    """They come out by themselves, for all sizes."""
    assert shown(classifier(activation, loss)) == expected


@pytest.mark.parametrize(("activation", "loss"), [("softmax", CCE), ("log_softmax", NLL)])
def test_not_without_the_fact(activation: str, loss: str) -> None:
    """Only labels that sum to 1 make it the difference; else their sum stays."""
    network = classifier(activation, loss)
    found = adjoints(Graph(network.graph.definitions))["Z2"].rhs
    assert found is not None
    (total,) = found.atoms(sp.Sum)
    assert {str(base) for base in total.atoms(sp.IndexedBase)} == {"Y"}
    assert tidy(found.xreplace({total: sp.S.One}), network.graph) == (
        adjoints(network.graph)["Z2"].rhs
    )


# --- labels that are class numbers ----------------------------------------------------------------

INDEXED = [
    ("softmax", CCE, {}, r"\hat{Y}_{nj} - [y_n = j]"),
    ("log_softmax", NLL, {}, r"P_{nj}^{(2)} - [y_n = j]"),
    ("softmax", CCE, {"reduction": "mean"}, r"\frac{\hat{Y}_{nj} - [y_n = j]}{N}"),
]


@pytest.mark.parametrize(("activation", "loss", "options", "expected"), INDEXED)
def test_class_numbers(activation: str, loss: str, options: dict[str, Any], expected: str) -> None:
    """The label's own unit gets a bracket; that class numbers lie in range needs none."""
    network = classifier(activation, loss, labels="index", **options)
    check_network(network)
    assert shown(network) == expected


@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if not row.by_class])
def test_class_numbers_are_for_losses_over_classes(loss: str) -> None:
    """Of the others, a label of 0 adds something too."""
    with pytest.raises(SpecError, match="takes no class numbers"):
        Network(3, [Dense(3, "softmax")], loss, labels="index")


# --- parameters, weights, penalties ---------------------------------------------------------------


@pytest.mark.parametrize("delta", [0.5, "delta", "delta_2"])
def test_the_width_of_huber(delta: float | str) -> None:
    """A number, or a symbol that is given as data is."""
    network = classifier("identity", "huber", loss_parameters={"delta": delta})
    check_network(network)
    names = {d.key for d in network.graph.definitions}
    assert (delta in names) == isinstance(delta, str)


def test_penalties() -> None:
    """On weights, not on biases; each adds its own term to the gradient."""
    network = classifier(reduction="mean", l1="lambda_1", l2="lambda_2")
    found = check_network(network)
    sum_of_outer = r"\sum_{n=1}^N A_{ni}^{(1)}\,\delta_{nj}^{(2)}"
    assert shown(network, "b2") == r"\sum_{n=1}^N \delta_{nj}^{(2)}"
    one, two = (Symbol(f"lambda_{n}", real=True) for n in (1, 2))
    entry = sp.IndexedBase("W2", real=True)[sp.symbols("i j", integer=True)]
    rest: Expr = found["W2"].rhs - one * sp.sign(entry) - two * entry
    assert latex(index_equation(replace(found["W2"], rhs=rest), network.graph).sides[1]) == (
        sum_of_outer
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"weighted": ["sample"]}, r"v_n\,(\hat{Y}_{nj} - Y_{nj})"),
        (
            {"weighted": ["class"]},
            r"\hat{Y}_{nj} \sum_{k=1}^{d_2} Y_{nk}\,\omega_k - Y_{nj}\,\omega_j",
        ),
        (
            {"weighted": ["class", "sample"], "labels": "index"},
            r"v_n\,\omega_{y_n}\,(\hat{Y}_{nj} - [y_n = j])",
        ),
    ],
)
def test_weights(options: dict[str, Any], expected: str) -> None:
    """Given arrays; with unequal classes, labels that sum to 1 help no more."""
    network = classifier(**options)
    check_network(network)
    assert shown(network) == expected


# --- data -----------------------------------------------------------------------------------------

X = ((1.0, 2.0, 3.0),) * 2
ONE_HOT = ((0, 1, 0), (1, 0, 0))
GOOD: list[tuple[str, str, dict[str, Any], Data]] = [
    ("softmax", CCE, {}, Data(X, ONE_HOT)),
    ("softmax", CCE, {"labels": "index"}, Data(X, ((1,), (3,)))),
    ("identity", "hinge", {}, Data(X, ((1, -1, 1), (-1, -1, 1)))),
    ("softmax", CCE, {"weighted": ["class"]}, Data(X, ONE_HOT, (1, 2, 3))),
    ("softmax", CCE, {"weighted": ["sample"]}, Data(X, ONE_HOT, (), (1, 0))),
]


@pytest.mark.parametrize(("last", "loss", "options", "data"), GOOD)
def test_data_that_fits(last: str, loss: str, options: dict[str, Any], data: Data) -> None:
    """It is kept as it is."""
    assert classifier(last, loss, data=data, **options).data == data


BAD: list[tuple[str, str, dict[str, Any], Data, str]] = [
    (
        "softmax",
        CCE,
        {},
        Data(X, ((0, 1, 0), (0.5, 0.25, 0))),
        "data.Y[1]: expected labels that sum to 1, found 0.75",
    ),
    (
        "softmax",
        CCE,
        {},
        Data(X, ((0, 1, 0), (2, -1, 0))),
        ("data.Y[1][0]: the categorical cross-entropy takes labels in Interval(0, 1), found 2"),
    ),
    (
        "softmax",
        CCE,
        {"labels": "index"},
        Data(X, ((1,), (4,))),
        "data.Y[1]: expected a class number from 1 to 3, found 4",
    ),
    (
        "softmax",
        CCE,
        {"labels": "index"},
        Data(X, ((0,), (1,))),
        "data.Y[0]: expected a class number from 1 to 3, found 0",
    ),
    (
        "softmax",
        CCE,
        {"labels": "index"},
        Data(X, ((1.5,), (1,))),
        "data.Y[0]: expected a class number from 1 to 3, found 1.5",
    ),
    (
        "softmax",
        CCE,
        {"labels": "index"},
        Data(X, ONE_HOT),
        "data.Y[0]: expected 1 value, one per sample, found 3",
    ),
    (
        "identity",
        "hinge",
        {},
        Data(X, ((1, 0, 1), (1, 1, 1))),
        "data.Y[0][1]: the hinge loss takes labels in {-1, 1}, found 0",
    ),
    (
        "softmax",
        "kl_divergence",
        {},
        Data(X, ONE_HOT),
        (
            "data.Y[0][0]: the Kullback-Leibler divergence takes labels in "
            "Interval.Lopen(0, 1), found 0"
        ),
    ),
    (
        "softmax",
        CCE,
        {},
        Data(X, ONE_HOT, (1, 1, 1)),
        'data.class_weights: given, but weighted does not name "class"',
    ),
    (
        "softmax",
        CCE,
        {"weighted": ["class"]},
        Data(X, ONE_HOT, (1, 1)),
        "data.class_weights: expected 3 numbers, one per class, found 2",
    ),
    (
        "softmax",
        CCE,
        {"weighted": ["sample"]},
        Data(X, ONE_HOT, (), (1, -1)),
        "data.sample_weights[1]: expected no negative number, found -1",
    ),
]


@pytest.mark.parametrize(
    ("last", "loss", "options", "data", "message"), BAD, ids=[row[-1][:40] for row in BAD]
)
def test_data_that_does_not_fit(
    last: str, loss: str, options: dict[str, Any], data: Data, message: str
) -> None:
    """The row, what was expected, what is there."""
    with pytest.raises(SpecError) as caught:
        classifier(last, loss, data=data, **options)
    assert str(caught.value) == message


UNKNOWN = [
    ({"labels": "onehot"}, "unknown kind of labels 'onehot' at labels; did you mean 'one-hot'?"),
    ({"weighted": ["clas"]}, "unknown kind of weights 'clas' at weighted; did you mean 'class'?"),
    (
        {"loss_parameters": {"delta": 1}},
        "unknown parameter 'delta' at loss_parameters",
    ),
    ({"l2": -1}, "l2: expected no negative number, found -1"),
    (
        {"l2": "L 2"},
        "expected a number or a name such as delta or lambda_2, found 'L 2'",
    ),
]


@pytest.mark.parametrize(("options", "message"), UNKNOWN)
def test_what_is_unknown_is_refused(options: dict[str, Any], message: str) -> None:
    """With the place and the nearest name."""
    with pytest.raises(SpecError) as caught:
        classifier(**options)
    assert str(caught.value) == message
