"""The numeric oracle: a graph in components as a function of numbers, at any precision.

``sympy.lambdify`` writes the function; the names of the graph are its intermediate values, so the
source reads like the graph. Only names that symderiv itself made reach it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import mpmath
import numpy as np
import sympy as sp
from sympy import Expr, Indexed, Symbol

from symderiv.derivation import Derivation, Partial
from symderiv.graph import Definition, Graph, entries, keys_in
from symderiv.notation import PARAMETERS, Role


def given(graph: Graph) -> tuple[Symbol, ...]:
    """Return what a graph in components is a function of: inputs, labels and parameters."""
    return tuple(d.atom for d in graph.definitions if d.rhs is None)


def compiled(
    graph: Graph,
    outputs: Sequence[Expr],
    modules: str,
    derivatives: Mapping[Partial, Expr] | None = None,
) -> Callable[..., list[object]]:
    """Return a function of ``given(graph)`` that evaluates ``outputs`` over the graph's names.

    ``derivatives`` are the values of those that the outputs only name, each after those it uses.
    """
    named = derivatives or {}
    symbols = {p: Symbol(f"d{p.args[0]}_d{p.args[1]}", real=True) for p in named}
    hidden = _needed(graph, [*outputs, *named.values()])
    shared = [(d.atom, d.rhs) for d in hidden]
    shared += [(symbols[p], value.xreplace(symbols)) for p, value in named.items()]
    function: Callable[..., list[object]] = sp.lambdify(
        given(graph),
        [output.xreplace(symbols) for output in outputs],
        modules=modules,
        cse=lambda exprs: (shared, exprs),
    )
    return function


def _named(derivation: Derivation, values: Sequence[Expr]) -> dict[Partial, Expr]:
    """Return the derivatives that ``values`` only name, those of later names first."""
    found: dict[Partial, Expr] = {}
    waiting = [p for value in values for p in value.atoms(Partial)]
    while waiting:
        partial = waiting.pop()
        if partial not in found:
            found[partial] = derivation.component(*(a.name for a in partial.args)).value
            waiting += found[partial].atoms(Partial)
    places = derivation.network.components.positions
    return dict(sorted(found.items(), key=lambda item: -places[item[0].args[1].name]))


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
    values = [derivation.component(loss.key, key).value for key in keys]
    function = compiled(graph, [loss.atom, *values], "numpy", _named(derivation, values))
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
    most = 0.95 / max((len(fact.left.free_symbols) for fact in graph.facts), default=1)
    for definition in (d for d in graph.definitions if d.rhs is None):
        label = definition.quantity.role is Role.LABEL
        low, high = (0.05, most) if label else (-2.0, 2.0)
        point[definition.atom] = mpmath.mpf(generator.uniform(low, high))
    for fact in graph.facts:
        last = max((s for s in fact.left.free_symbols if s in point), key=str)
        rest = (fact.right - fact.left).subs(last, 0)
        point[last] = mpmath.mpf(1) * sp.lambdify(list(point), rest, "mpmath")(*point.values())
    return point


# --- index equations ------------------------------------------------------------------------------

Arrays = Mapping[str, "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"]
Grid = tuple[tuple[Symbol, range], ...]
_BRACKETS = {
    "Same": lambda difference: np.equal(difference, 0) * 1.0,
    "Within": lambda value, low, high: ((low <= value) & (value <= high)) * 1.0,
    "erf": np.vectorize(math.erf, otypes=[float]),
}


def evaluated(definition: Definition, values: Arrays, sizes: Mapping[Symbol, int]) -> np.ndarray:
    """Return the array that an index equation defines, entry by entry as it is written.

    Every index becomes an axis, sums add along theirs; no matrix product is recognised, which makes
    this a second opinion on the matrix view and on whatever was emitted from it.
    """
    assert definition.rhs is not None
    grid = tuple((i.symbol, _span(i.low, i.high, sizes)) for i in definition.indices)
    result = _Evaluation(values, sizes).array(definition.rhs, grid)
    return np.broadcast_to(result, tuple(len(span) for _, span in grid))


def _span(low: Expr, high: Expr, sizes: Mapping[Symbol, int]) -> range:
    return range(int(low.subs(sizes)), int(high.subs(sizes)) + 1)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """Evaluates expressions over a growing grid of indices; an inner index hides an outer one."""

    values: Arrays
    sizes: Mapping[Symbol, int]

    def array(self, expr: Expr, grid: Grid) -> np.ndarray:
        """Return ``expr`` as an array that broadcasts over ``grid``."""
        if isinstance(expr, sp.Sum):
            return self._sum(expr, grid)
        if isinstance(expr, Indexed):
            return self._entry(expr, grid)
        if isinstance(expr, Symbol):
            return self._symbol(expr, grid)
        if not expr.has(sp.Sum):
            parts = sorted(entries(expr), key=str)
            names = {part: sp.Dummy(real=True) for part in parts}
            function = _function(expr.xreplace(names), list(names.values()))
            return np.asarray(function(*(self.array(part, grid) for part in parts)))
        arguments = sp.symbols(f"_0:{len(expr.args)}", real=True)
        joined = _function(expr.func(*arguments), arguments)
        return np.asarray(joined(*(self.array(arg, grid) for arg in expr.args)))

    def _sum(self, total: sp.Sum, grid: Grid) -> np.ndarray:
        bound = tuple((symbol, _span(low, high, self.sizes)) for symbol, low, high in total.limits)
        inner = self.array(total.function, (*grid, *bound))
        shape = (1,) * len(grid) + tuple(len(span) for _, span in bound)
        whole = np.broadcast_to(inner, np.broadcast_shapes(inner.shape, shape))
        return np.asarray(whole.sum(axis=tuple(range(len(grid), whole.ndim))))

    def _entry(self, entry: Indexed, grid: Grid) -> np.ndarray:
        """Look an entry up at every point of the grid.

        An index outside its range is moved inside: the bracket beside it makes the product zero.
        """
        array = self.values[str(entry.base.label)]
        places = []
        for index, length in zip(entry.indices, array.shape, strict=True):
            at = np.rint(self.array(index, grid)).astype(int) - 1
            places.append(np.clip(at, 0, length - 1))
        return np.asarray(array[tuple(places)])

    def _symbol(self, symbol: Symbol, grid: Grid) -> np.ndarray:
        """Return an index along its axis, a size, or a scalar of the graph."""
        axes = [place for place, (own, _) in enumerate(grid) if own == symbol]
        if not axes:
            known = self.sizes[symbol] if symbol in self.sizes else self.values[symbol.name]
            return np.asarray(known)
        span = grid[axes[-1]][1]
        shape = [len(span) if axis == axes[-1] else 1 for axis in range(len(grid))]
        return np.array(span).reshape(shape)


def _function(expr: Expr, arguments: Sequence[Symbol]) -> Callable[..., np.ndarray]:
    function: Callable[..., np.ndarray] = sp.lambdify(arguments, expr, [_BRACKETS, "numpy"])
    return function
