"""The numeric oracle: a graph in components as a function of numbers, at any precision.

``sympy.lambdify`` writes the function; the names of the graph are its intermediate values, so the
source reads like the graph. Only names that symderiv itself made reach it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import mpmath
import numpy as np
import sympy as sp
from sympy import Expr, Indexed, Symbol

from symderiv.derivation import Derivation
from symderiv.graph import Definition, Graph, entries, keys_in
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


# --- index equations ------------------------------------------------------------------------------

Arrays = Mapping[str, "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"]
Grid = tuple[Symbol, ...]


def evaluated(definition: Definition, values: Arrays, sizes: Mapping[Symbol, int]) -> np.ndarray:
    """Return the array that an index equation defines, entry by entry as it is written.

    Every index becomes an axis, sums add along theirs; no matrix product is recognised, which makes
    this a second opinion on the matrix view and on whatever was emitted from it.
    """
    assert definition.rhs is not None
    axes = tuple(index.symbol for index in definition.indices)
    lengths = {index.symbol: int(index.high.subs(sizes)) for index in definition.indices}
    result = _Evaluation(values, sizes, lengths).array(definition.rhs, axes)
    return np.broadcast_to(result, tuple(lengths[symbol] for symbol in axes))


class _Evaluation:
    """Evaluates expressions over a growing grid of indices."""

    def __init__(
        self, values: Arrays, sizes: Mapping[Symbol, int], lengths: dict[Symbol, int]
    ) -> None:
        self.values = values
        self.sizes = sizes
        self.lengths = lengths

    def array(self, expr: Expr, axes: Grid) -> np.ndarray:
        """Return ``expr`` as an array that broadcasts over ``axes``."""
        if isinstance(expr, sp.Sum):
            return self._sum(expr, axes)
        if not expr.has(sp.Sum):
            return self._pointwise(expr, axes)
        arguments = sp.symbols(f"_0:{len(expr.args)}", real=True)
        joined = _function(expr.func(*arguments), arguments)
        return np.asarray(joined(*(self.array(arg, axes) for arg in expr.args)))

    def _pointwise(self, expr: Expr, axes: Grid) -> np.ndarray:
        """Evaluate a function of entries; what is no entry is a size or a scalar of the graph."""
        used = sorted(entries(expr), key=str)
        names = {entry: sp.Dummy(real=True) for entry in used}
        arrays = [
            self._entry(e, axes) if isinstance(e, Indexed) else np.asarray(self._number(e))
            for e in used
        ]
        return np.asarray(_function(expr.xreplace(names), list(names.values()))(*arrays))

    def _number(self, symbol: Symbol) -> np.ndarray | float:
        return float(self.sizes[symbol]) if symbol in self.sizes else self.values[symbol.name]

    def _sum(self, total: sp.Sum, axes: Grid) -> np.ndarray:
        bound = tuple(limit[0] for limit in total.limits)
        for symbol, _, high in total.limits:
            self.lengths[symbol] = int(high.subs(self.sizes))
        inner = self.array(total.function, (*axes, *bound))
        shape = (1,) * len(axes) + tuple(self.lengths[symbol] for symbol in bound)
        whole = np.broadcast_to(inner, np.broadcast_shapes(inner.shape, shape))
        return np.asarray(whole.sum(axis=tuple(range(len(axes), whole.ndim))))

    def _entry(self, entry: Indexed, axes: Grid) -> np.ndarray:
        order = sorted(
            range(len(entry.indices)), key=lambda place: axes.index(entry.indices[place])
        )
        array = self.values[str(entry.base.label)].transpose(order)
        own = [entry.indices[place] for place in order]
        return array.reshape([self.lengths[s] if s in own else 1 for s in axes])


def _function(expr: Expr, arguments: Sequence[Symbol]) -> Callable[..., np.ndarray]:
    function: Callable[..., np.ndarray] = sp.lambdify(arguments, expr, "numpy")
    return function
