"""The commuting square: derive with indices, then write out; or write out, then differentiate.

Both ways lead to the same component gradients. Where exponentials can be taken as independent atoms
(dense networks of sigmoid, tanh, softmax and the like) equality is shown as an identity; elsewhere
at five random points to 30 digits. Each case says which kind it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Names

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from layer_zoo import ZOO, all_sizes, index_data, random_values

from symderiv import Dense, Network
from symderiv.attention import Attention
from symderiv.builder import Image, Inputs, Layer, N, Sequence
from symderiv.components import instantiate
from symderiv.convolution import AveragePool, Conv1d, Conv2d
from symderiv.errors import SpecError
from symderiv.evaluation import compiled
from symderiv.evaluation import given as given_names
from symderiv.functions import ACTIVATIONS, LOSSES
from symderiv.graph import Graph
from symderiv.layers import BatchNorm, LayerNorm, Residual
from symderiv.notation import PARAMETERS
from symderiv.proof import NormalForm
from symderiv.recurrence import LSTM, RNN
from symderiv.second_order import with_gradients

DIGITS, POINTS, AGREE = 80, 5, mpmath.mpf(10) ** -30
STEP = mpmath.mpf(10) ** -25
"""With 80 digits, central differences of this step are good to about 50."""
INDEPENDENT = ("identity", "sigmoid", "tanh", "softmax")
"""Activations whose values are rational in exponentials and hyperbolic tangents, each an atom."""


SMOOTH = ("binary_cross_entropy", "categorical_cross_entropy", "mean_squared_error")
"""Losses whose derivatives are rational in the predictions."""


def dense_networks(names: Names[str], losses: Names[str], depth: int) -> st.SearchStrategy[Network]:
    """Return random dense networks; square layers would hide a transpose, so widths vary."""
    layer = st.builds(Dense, st.integers(1, 3), st.sampled_from(names))
    return st.builds(
        _network,
        st.integers(1, 3),
        st.lists(layer, min_size=1, max_size=depth),
        st.sampled_from(losses),
        st.sampled_from(["sum", "mean"]),
    ).filter(lambda network: network is not None)  # type: ignore[return-value]


def _network(inputs: int, layers: list[Dense], loss: str, reduction: str) -> Network | None:
    if any(layer.units == 1 and "softmax" in layer.activation for layer in layers):
        return None  # it is 1 whatever it reads, and no logarithm of 1 - 1 exists
    try:
        return Network(inputs, layers, loss, reduction)
    except SpecError:  # the loss is not defined on the values of the last activation
        return None


SLOW = settings(
    deadline=None,
    max_examples=6,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@SLOW
@given(dense_networks(INDEPENDENT, SMOOTH, depth=2))
def test_dense_networks_as_identities(network: Network) -> None:
    """For every weight and bias both ways give the same normal form."""
    note(f"as an identity: {network}")
    graph = _components(network)
    normal = NormalForm(graph)
    expand = _expanded(graph)
    cost = expand[graph["J"].atom]
    for definition in graph.of_role(*PARAMETERS):
        if definition.quantity.adjoint:
            continue
        way = expand[graph[f"d{definition.key}"].atom]
        assert normal.same(way, sp.diff(cost, definition.atom)), definition.key


@SLOW
@given(dense_networks(sorted(ACTIVATIONS), sorted(LOSSES), depth=3))
def test_dense_networks_at_points(network: Network) -> None:
    """All activations and losses, at five random points, to 30 digits."""
    note(f"at points: {network}")
    _agree_at_points(network)


@pytest.mark.parametrize("name", ZOO)
def test_other_layers_at_points(name: str) -> None:
    """Every layer, at five random points, to 30 digits."""
    _agree_at_points(ZOO[name])


Sizes = tuple[int, int, int]
RANDOM: Mapping[str, Callable[[Sizes], Network]] = {
    "residual": lambda n: _squared(n[0], Residual((Dense(n[1], "tanh"), Dense(n[0]))), n),
    "batch norm": lambda n: _squared(n[0], BatchNorm(), n),
    "layer norm": lambda n: _squared(n[0], LayerNorm(), n),
    "conv1d": lambda n: _squared(Image(n[0], (n[1] + 2,)), Conv1d(n[2], 2, 1, n[0] % 2), n),
    "conv2d": lambda n: _squared(Image(1, (n[0] + 1, n[1] + 1)), Conv2d(n[2], 2, 2), n),
    "pool": lambda n: _squared(Image(n[0], (2 * n[1],)), AveragePool(2), n),
    "rnn": lambda n: _squared(Sequence(n[0], n[1]), RNN(n[2]), n),
    "lstm": lambda n: _squared(Sequence(2, n[0]), LSTM(n[1]), n),
    "attention": lambda n: _squared(Sequence(n[0], n[1]), Attention(n[2], 2), n),
}


def _squared(inputs: int | Inputs, layer: Layer, sizes: Sizes) -> Network:
    return Network(inputs, [layer, Dense(sizes[2], "tanh")], "mean_squared_error", "mean")


@pytest.mark.parametrize("name", RANDOM)
@settings(SLOW, max_examples=3)
@given(sizes=st.tuples(*(st.integers(2, 4) for _ in range(3))))
def test_other_layers_at_random_sizes(name: str, sizes: Sizes) -> None:
    """The same layers at small random sizes, at points."""
    note(f"at points: {name} of {sizes}")
    _agree_at_points(RANDOM[name](sizes))


@pytest.mark.parametrize("slip", ["sign", "half", "transposed"])
def test_a_slip_breaks_the_square(slip: str) -> None:
    """A flipped sign, a lost factor, an exchanged pair of indices: each is found."""
    network = Network(2, [Dense(3, "sigmoid"), Dense(1, "sigmoid")], "binary_cross_entropy")
    graph = _components(network)
    expand = _expanded(graph)
    way = expand[graph["dw1_1_2"].atom]
    wrong = {"sign": -way, "half": way / 2, "transposed": expand[graph["dw1_2_1"].atom]}[slip]
    right = sp.diff(expand[graph["J"].atom], graph["w1_1_2"].atom)
    assert NormalForm(graph).same(way, right)
    assert not NormalForm(graph).same(wrong, right)


def _components(network: Network) -> Graph:
    """Write the forward and the backward pass out for two samples."""
    sizes = {**all_sizes(network), N: 2}
    data = index_data(network, random_values(network))
    return instantiate(with_gradients(network), sizes, data=data)


def _expanded(graph: Graph) -> dict[sp.Expr, sp.Expr]:
    full: dict[sp.Expr, sp.Expr] = {}
    for definition in graph.definitions:
        if definition.rhs is not None:
            full[definition.atom] = definition.rhs.xreplace(full)
    return full


def _agree_at_points(network: Network) -> None:
    graph = _components(network)
    parameters = [
        d
        for d in graph.of_role(*PARAMETERS)
        if not d.quantity.adjoint and f"d{d.key}" in graph.by_key
    ]
    assert parameters
    names = list(given_names(graph))
    cost = compiled(graph, [graph["J"].atom], "mpmath")
    slopes = compiled(graph, [graph[f"d{d.key}"].atom for d in parameters], "mpmath")
    chosen = random.Random(0).sample(parameters, min(8, len(parameters)))
    with mpmath.workdps(DIGITS):
        for point in _points(graph, network, names):
            found = dict(zip((d.key for d in parameters), slopes(*point), strict=True))
            for definition in chosen:
                place = names.index(definition.atom)
                up, down = (
                    cost(*point[:place], point[place] + step, *point[place + 1 :])[0]
                    for step in (STEP, -STEP)
                )
                slope = (up - down) / (2 * STEP)
                assert abs(found[definition.key] - slope) <= AGREE * (1 + abs(slope)), (
                    definition.key
                )


def _points(graph: Graph, network: Network, names: list[sp.Symbol]) -> Iterator[list[mpmath.mpf]]:
    """Yield random points; a kink is at one number, which random ones do not hit."""
    for seed in range(POINTS):
        values = random_values(network, seed)
        lookup = {}
        for definition in (d for d in graph.definitions if d.rhs is None):
            quantity = definition.quantity
            array = np.asarray(values[_array_key(definition.key)])
            indices = [int(i) for i in quantity.indices]
            indices += [1] * (array.ndim - len(indices))  # a lone output leaves its index out
            lookup[definition.atom] = mpmath.mpf(float(array[tuple(i - 1 for i in indices)]))
        for fact in graph.facts:  # to all digits, not to those of a float
            labels = sorted(fact.left.free_symbols & lookup.keys(), key=str)
            if labels:
                lookup[labels[-1]] = 1 - sum(lookup[label] for label in labels[:-1])
        yield [lookup[name] for name in names]


def _array_key(key: str) -> str:
    """Return the array of a component: ``W1`` of ``w1_1_2``, ``gamma2`` of ``gamma2_1``."""
    base = key.split("_", maxsplit=1)[0]
    return (
        base if len(base.rstrip("0123456789")) > 2 or base[0] == "b" else base[0].upper() + base[1:]
    )
