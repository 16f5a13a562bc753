"""Second derivatives: closed forms, and products against differences of the first derivatives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import sympy as sp
from oracles import BCE, CCE, MSE, Values, network

from symderiv import Dense, Network
from symderiv.builder import Image, N
from symderiv.convolution import Conv1d
from symderiv.errors import UnknownNameError
from symderiv.evaluation import evaluated
from symderiv.graph import Graph
from symderiv.second_order import gauss_newton_product, hessian, hessian_vector_product

SAMPLES, STEP = 4, 1e-6
NETWORKS: Mapping[str, Network] = {
    "logistic regression": network(3, (1, "sigmoid"), loss=BCE),
    "softmax regression": network(3, (4, "softmax"), loss=CCE, reduction="mean"),
    "2-3-2": network(2, (3, "tanh"), (2, "softmax"), loss=CCE, reduction="mean"),
    "2-3-4-2": network(2, (3, "sigmoid"), (4, "tanh"), (2, "sigmoid"), loss=MSE),
    "convolution": Network(
        Image(2, (4,)), [Conv1d(3, 2, activation="tanh"), Dense(2, "sigmoid")], MSE
    ),
}
HESSIANS = (
    ("logistic regression", "W1", "W1",
     "Same(j - q)*Sum((1 - Yhat[n, j])*X[n, i]*X[n, p]*Yhat[n, j], (n, 1, N))"),
    ("logistic regression", "b1", "b1",
     "Same(j - p)*Sum((1 - Yhat[n, j])*Yhat[n, j], (n, 1, N))"),
    ("softmax regression", "b1", "b1",
     "(Same(j - p)*Sum(Yhat[n, j], (n, 1, N)) - Sum(Yhat[n, j]*Yhat[n, p], (n, 1, N)))/N"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "first", "second", "entries"), HESSIANS)
def test_the_hessian_comes_out_in_closed_form(
    name: str, first: str, second: str, entries: str
) -> None:
    """X^T diag(yhat (1 - yhat)) X, entry by entry, and the softmax's diag(p) - p p^T."""
    assert str(hessian(NETWORKS[name], first, second).rhs) == entries


@pytest.mark.parametrize("name", NETWORKS)
def test_the_hessian_times_a_direction_is_the_change_of_the_gradient(name: str) -> None:
    """H v is the derivative of the gradient along v, here by central differences."""
    product = hessian_vector_product(NETWORKS[name])
    values = _point(product.graph, NETWORKS[name])
    found = _run(product.graph, values, NETWORKS[name])
    up, down = (
        _run(product.graph, _moved(values, sign * STEP), NETWORKS[name]) for sign in (1, -1)
    )
    for key, definition in product.products.items():
        change = (up[f"d{key}"] - down[f"d{key}"]) / (2 * STEP)
        # differences of step 1e-6 are good to about 1e-9 of the largest entry
        assert np.abs(found[definition.key] - change).max() < 1e-7 * np.abs(change).max()


@pytest.mark.parametrize("name", ["softmax regression", "2-3-2", "convolution"])
def test_the_blocks_of_the_hessian_times_a_direction(name: str) -> None:
    """Summed over all parameters they are the product, also where a softmax is between."""
    net = NETWORKS[name]
    product = hessian_vector_product(net)
    values = _run(product.graph, _point(product.graph, net), net)
    for first, definition in product.products.items():
        total = np.zeros_like(values[first])
        for second in product.products:
            block = evaluated(hessian(net, first, second), values, _sizes(net))
            direction = values[_dotted(second)]
            total += np.tensordot(block, direction, direction.ndim)
        assert np.abs(total - values[definition.key]).max() < 1e-13


@pytest.mark.parametrize("name", NETWORKS)
def test_the_hessian_is_symmetric(name: str) -> None:
    """U H v equals v H u, for two random directions."""
    product = hessian_vector_product(NETWORKS[name])
    values = _point(product.graph, NETWORKS[name])
    other = {k: v for k, v in _point(product.graph, NETWORKS[name], seed=1).items() if "dot" in k}
    sums = []
    for first, second in ((values, other), (other, values)):
        directions = {k: first[k] for k in other}
        found = _run(product.graph, {**values, **directions}, NETWORKS[name])
        sums.append(
            sum(
                float(np.sum(second[_dotted(key)] * found[d.key]))
                for key, d in product.products.items()
            )
        )
    assert sums[0] == pytest.approx(sums[1], rel=1e-11)


@pytest.mark.parametrize("name", ["logistic regression", "softmax regression"])
def test_without_hidden_layers_gauss_newton_is_the_hessian(name: str) -> None:
    """A linear model does not curve, so only the loss does."""
    exact, newton = hessian_vector_product(NETWORKS[name]), gauss_newton_product(NETWORKS[name])
    values = _point(newton.graph, NETWORKS[name])
    found = _run(newton.graph, values, NETWORKS[name])
    for key in exact.products:
        expected, product = (found[g.products[key].key] for g in (exact, newton))
        assert np.abs(product - expected).max() < 1e-13 * np.abs(expected).max()


def test_gauss_newton_is_positive_where_the_hessian_is_not() -> None:
    """V G v is never negative, also where v H v is: that is what it is used for."""
    net = NETWORKS["2-3-4-2"]
    exact, newton = hessian_vector_product(net), gauss_newton_product(net)
    forms = []
    for seed in range(12):
        values = _point(newton.graph, net, seed)
        found = _run(newton.graph, values, net)
        forms.append([
            sum(float(np.sum(values[_dotted(k)] * found[d.key])) for k, d in g.products.items())
            for g in (exact, newton)
        ])  # fmt: skip
    assert min(h for h, _ in forms) < 0
    # the loss itself curves downwards where a sigmoid output is far off; the outputs here are
    # squashed, so only those points count where the loss is convex in the pre-activation
    assert sum(g > 0 for _, g in forms) > sum(h > 0 for h, _ in forms)


def test_a_name_that_is_no_parameter_is_an_error() -> None:
    """The nearest parameter is named."""
    with pytest.raises(UnknownNameError, match="no parameter named 'W2'; did you mean 'W1'"):
        hessian(NETWORKS["logistic regression"], "W2", "b1")


def _sizes(net: Network) -> dict[sp.Symbol, int]:
    return {**net.size_values, N: SAMPLES}


def _dotted(key: str) -> str:
    return f"{key[0]}dot{key[1:]}"


def _point(graph: Graph, net: Network, seed: int = 0) -> Values:
    """Return random values for all that is given, the directions included."""
    generator = np.random.default_rng(seed)
    sizes = {**net.size_values, N: SAMPLES}
    values: Values = {}
    for definition in graph.definitions:
        if definition.rhs is None:
            shape = tuple(int(i.high.subs(sizes)) for i in definition.indices)
            values[definition.key] = generator.normal(size=shape)
    labels = np.abs(values["Y"])
    values["Y"] = labels / labels.sum(axis=1, keepdims=True) if net.loss == CCE else labels % 1
    return values


def _moved(values: Values, step: float) -> Values:
    """Return the parameters moved along their directions."""
    return {
        key: value + step * values[_dotted(key)] if _dotted(key) in values else value
        for key, value in values.items()
    }


def _run(graph: Graph, values: Values, net: Network) -> Values:
    found = dict(values)
    sizes = _sizes(net)
    for definition in graph.definitions:
        if definition.rhs is not None:
            found[definition.key] = np.asarray(evaluated(definition, found, sizes))
    return found
