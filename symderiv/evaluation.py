"""The numeric oracle: a graph in components as a function of numbers, at any precision.

``sympy.lambdify`` writes the function; the names of the graph are its intermediate values, so the
source reads like the graph. Only names that symderiv itself made reach it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import mpmath
import sympy as sp
from sympy import Expr, Symbol

from symderiv.derivation import Derivation
from symderiv.graph import Definition, Graph, keys_in
from symderiv.notation import GIVEN, PARAMETERS, Role


def given(graph: Graph) -> tuple[Symbol, ...]:
    """Return what a graph in components is a function of: inputs, labels and parameters."""
    return tuple(d.atom for d in graph.of_role(*GIVEN))


def compiled(graph: Graph, outputs: Sequence[Expr], modules: str) -> Callable[..., list[object]]:
    """Return a function of ``given(graph)`` that evaluates ``outputs`` over the graph's names."""
    hidden = _needed(graph, outputs)
    shared = [(d.atom, d.rhs) for d in hidden]
    function: Callable[..., list[object]] = sp.lambdify(
        given(graph), list(outputs), modules=modules, cse=lambda exprs: (shared, exprs)
    )
    return function


def _needed(graph: Graph, outputs: Sequence[Expr]) -> list[Definition]:
    keys = set().union(*(graph.upstream(key) for e in outputs for key in keys_in(e)))
    return [d for d in graph.definitions if d.key in keys and d.rhs is not None]


def scalar_gradients(derivation: Derivation) -> Callable[..., dict[str, object]]:
    """Return the gradients in components as one NumPy function, with readable source.

    It takes the values ``x_1, ..., y, w1_1_1, ...`` by name, numbers or arrays of samples, and
    returns ``{"L": ..., "w1_1_1": ..., ...}``: the loss of each sample and its derivatives.
    """
    graph = derivation.network.components
    keys = [d.key for d in graph.of_role(*PARAMETERS)]
    loss = graph.of_role(Role.LOSS)[0]
    outputs = [loss.atom, *(derivation.component(loss.key, key).value for key in keys)]
    function = compiled(graph, outputs, "numpy")
    names = [symbol.name for symbol in given(graph)]

    def gradients(values: Mapping[str, object]) -> dict[str, object]:
        found = function(*(values[name] for name in names))
        return dict(zip([loss.key, *keys], found, strict=True))

    gradients.__doc__ = function.__doc__
    return gradients


def random_point(graph: Graph, seed: int) -> dict[Symbol, mpmath.mpf]:
    """Return random values for what is given, in (-2, 2), labels in (0, 1), facts kept."""
    generator = random.Random(seed)
    point = {}
    for definition in graph.of_role(*GIVEN):
        label = definition.quantity.role is Role.LABEL
        low, high = (0.05, 0.95) if label else (-2.0, 2.0)
        point[definition.atom] = mpmath.mpf(generator.uniform(low, high))
    for fact in graph.facts:
        last = max((s for s in fact.left.free_symbols if s in point), key=str)
        rest = (fact.right - fact.left).subs(last, 0)
        point[last] = mpmath.mpf(1) * sp.lambdify(list(point), rest, "mpmath")(*point.values())
    return point
