"""A network at random numbers: what it is given, and every value of its backward pass there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sympy import Symbol

from symderiv.builder import N
from symderiv.evaluation import evaluated
from symderiv.graph import Definition
from symderiv.network import Network
from symderiv.notation import PARAMETERS, Role

Values = dict[str, np.ndarray]
Sizes = dict[Symbol, int]


def sizes_of(network: Network, samples: int) -> Sizes:
    """Return the number behind every size; one that is a symbol gets a small one of its own."""
    sizes = {**network.size_values, N: samples}
    ends = [i.high for d in network.graph.definitions for i in d.indices]
    open_ = {symbol for end in ends for symbol in end.free_symbols - sizes.keys()}
    return sizes | {symbol: 2 + n for n, symbol in enumerate(sorted(open_, key=str))}


def shape(definition: Definition, sizes: Mapping[Symbol, int]) -> tuple[int, ...]:
    """Return the shape of the array that a definition stands for."""
    return tuple(int(index.high.subs(sizes)) for index in definition.indices)


def random_given(network: Network, sizes: Sizes, generator: np.random.Generator) -> Values:
    """Return random parameters and data: labels lie between 0 and 1, and keep their facts."""
    graph = network.graph
    parameters = graph.of_role(*PARAMETERS)
    given = [d for d in graph.definitions if d.rhs is None and d not in parameters]
    return {d.key: _drawn(d, network, sizes, generator) for d in (*parameters, *given)}


def _drawn(
    definition: Definition, network: Network, sizes: Sizes, generator: np.random.Generator
) -> np.ndarray:
    size, role = shape(definition, sizes), definition.quantity.role
    if definition.values is not None:
        low, high = (int(end.subs(sizes)) for end in definition.values)
        return generator.integers(low, high + 1, size=size).astype(float)
    if role is Role.LABEL:
        labels = generator.uniform(0.05, 0.95, size=size)
        one_hot = network.loss_function.one_hot
        return labels / labels.sum(axis=-1, keepdims=True) if one_hot else labels
    if role is Role.DATA:  # weights, masks, a factor: of their own sign
        return np.asarray(generator.uniform(0.5, 1.5, size=size))
    if role in PARAMETERS:
        return np.asarray(generator.normal(scale=_spread(size, network), size=size))
    return np.asarray(generator.normal(size=size))


def _spread(size: tuple[int, ...], network: Network) -> float:
    """Return how far random parameters spread: less below many inputs, or exponentials overflow."""
    small = network.written_out or not network.dense
    return 1.0 if small or len(size) < 2 else float(size[0] ** -0.5)


def all_values(
    network: Network, given: Values, backward: Iterable[Definition], sizes: Sizes
) -> Values:
    """Evaluate the index equations: the forward pass, the cost, and the adjoints in their order."""
    values = dict(given)
    computed = [d for d in network.graph.definitions if d.rhs is not None]
    for definition in (*computed, *backward):
        values[definition.key] = evaluated(definition, values, sizes)
    return values
