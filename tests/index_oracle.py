"""The oracle of the index view: adjoints, evaluated as they are written, against differences.

The cost is computed from the index equations alone; its difference along a random direction of one
array knows nothing of the derivation. An error in any entry changes the derivative along almost
every direction.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import sympy as sp
from sympy import Symbol

from symderiv.builder import N
from symderiv.differentiation import reverse
from symderiv.evaluation import evaluated
from symderiv.graph import Definition, Graph
from symderiv.network import Network
from symderiv.notation import Role

SAMPLES, DIRECTIONS, STEP = 5, 2, 1e-5

Array = npt.NDArray[np.float64]
Values = dict[str, Array]
Sizes = Mapping[Symbol, int]


def adjoints(graph: Graph) -> dict[str, Definition]:
    """Return the derivatives of the cost as index equations, by the names they are taken by."""
    return {key: a.equation for key, a in reverse(graph, {"J": sp.Integer(1)}).items()}


def check_network(network: Network, numbers: Sizes | None = None) -> dict[str, Definition]:
    """Compare every adjoint of what is given with differences of the cost; return the adjoints.

    ``numbers`` gives the sizes that are symbols. With the step h = 1e-5 both the truncation and
    the rounding error are near 1e-10 of values of order 1; 1e-6 leaves room for large third
    derivatives, and a forgotten factor is an error of order 1.
    """
    sizes = {**network.size_values, **(numbers or {}), N: SAMPLES}
    found = adjoints(network.graph)
    for seed in range(DIRECTIONS):
        given = random_given(network, sizes, seed)
        values = forward(network.graph, given, sizes)
        for equation in found.values():
            values[equation.key] = evaluated(equation, values, sizes)
        for key in given.keys() & found.keys():
            slope = float(np.sum(values[f"d{key}"] * direction(given[key], seed)))
            expected = difference(network.graph, given, key, sizes, seed)
            scale = max(1.0, abs(float(values["J"])), abs(expected))
            assert abs(slope - expected) < 1e-6 * scale, (key, slope, expected)
    return found


def random_given(network: Network, sizes: Sizes, seed: int) -> Values:
    """Return random values for all that is given."""
    generator = np.random.default_rng(seed)
    return {
        d.key: _values(d, network, sizes, generator)
        for d in network.graph.definitions
        if d.rhs is None
    }


def _values(
    definition: Definition, network: Network, sizes: Sizes, generator: np.random.Generator
) -> Array:
    shape = tuple(int(index.high.subs(sizes)) for index in definition.indices)
    role, loss = definition.quantity.role, network.loss_function
    if definition.values is not None:
        low, high = (int(bound.subs(sizes)) for bound in definition.values)
        return generator.integers(low, high + 1, shape).astype(float)
    if role is Role.LABEL and loss.labels.is_FiniteSet:
        return np.asarray(generator.choice(sorted(map(float, loss.labels)), shape))
    if role is Role.LABEL:
        labels = generator.uniform(0.05, 0.95, shape)
        return labels / labels.sum(-1, keepdims=True) if loss.one_hot else labels
    if role is Role.DATA and definition.quantity.letter == "M":
        return generator.integers(0, 2, shape).astype(float)
    if role is Role.DATA:
        return generator.uniform(0.5, 1.5, shape)
    return generator.normal(size=shape)


def forward(graph: Graph, given: Values, sizes: Sizes) -> Values:
    """Evaluate every equation of the graph."""
    values = dict(given)
    for definition in graph.definitions:
        if definition.rhs is not None:
            values[definition.key] = evaluated(definition, values, sizes)
    return values


def direction(array: Array, seed: int) -> Array:
    """Return a random direction of the array's shape."""
    return np.random.default_rng(100 + seed).normal(size=array.shape)


def difference(graph: Graph, given: Values, key: str, sizes: Sizes, seed: int) -> float:
    """Return the derivative of the cost along a direction of one array, by differences alone."""
    along = direction(given[key], seed)
    above, below = (
        float(forward(graph, {**given, key: given[key] + step * along}, sizes)["J"])
        for step in (STEP, -STEP)
    )
    return (above - below) / (2 * STEP)
