"""A graph written out in components: sizes become numbers, sums become terms, entries symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import sympy as sp
from sympy import Expr, Indexed, Symbol

from symderiv.errors import GraphError, UnsupportedError
from symderiv.graph import Definition, Fact, Graph, Index
from symderiv.notation import Quantity, Role, code

Data = Mapping[str, np.ndarray]


def instantiate(
    graph: Graph,
    sizes: Mapping[Symbol, int],
    *,
    drop: Symbol | None = None,
    data: Data | None = None,
) -> Graph:
    """Write a graph out in components: ``W1[2, 1]`` becomes the symbol ``w1_2_1``.

    ``sizes`` gives every size symbol its number. ``drop`` names an index (the sample) that is
    held fixed and left out of the names; what sums over it, the cost, is left out with it. ``data``
    holds the whole numbers that stand inside indices, such as tokens.

    Raises ``GraphError`` if an index is data that is not given.
    """
    return _Components(graph, sizes, drop, data or {}).written()


@dataclass(frozen=True, slots=True)
class _Components:
    graph: Graph
    sizes: Mapping[Symbol, int]
    drop: Symbol | None
    data: Data

    def written(self) -> Graph:
        """Return the graph of all components."""
        definitions = [c for d in self.graph.definitions for c in self._definitions(d)]
        facts = [f for fact in self.graph.facts for f in self._facts(fact)]
        return Graph(tuple(definitions), tuple(facts))

    def _definitions(self, definition: Definition) -> Iterator[Definition]:
        rhs = definition.rhs
        if rhs is not None and self._sums_over_dropped(rhs):
            return
        for at in self._places(definition.indices):
            value = self.expand(rhs.xreplace(at)) if rhs is not None else None
            yield Definition(self._quantity(definition, at), (), value, within=definition.within)

    def _sums_over_dropped(self, rhs: Expr) -> bool:
        return any(self.drop in total.variables for total in rhs.atoms(sp.Sum))

    def _facts(self, fact: Fact) -> Iterator[Fact]:
        if self._sums_over_dropped(fact.left) or self._sums_over_dropped(fact.right):
            return
        for at in self._places(fact.indices):
            left, right = (self.expand(side.xreplace(at)) for side in (fact.left, fact.right))
            yield Fact(left, right, fact.because)

    def _places(self, indices: tuple[Index, ...]) -> Iterator[dict[Expr, Expr]]:
        """Yield every combination of values of the indices that are not dropped."""
        kept = [index for index in indices if index.symbol != self.drop]
        for index in kept:
            if not index.high.subs(self.sizes).is_Integer:
                raise UnsupportedError(f"no components: the size {index.high} is no number")
        spans = [range(int(i.low.subs(self.sizes)), int(i.high.subs(self.sizes)) + 1) for i in kept]
        for values in product(*spans):
            yield {i.symbol: sp.Integer(v) for i, v in zip(kept, values, strict=True)}

    def _quantity(self, definition: Definition, at: Mapping[Expr, Expr]) -> Quantity:
        r"""Name a component; a lone output drops its index, as ``\hat y`` does."""
        if not definition.indices and definition.quantity.indices:
            return definition.quantity  # a number that is called lambda_2
        indices: list[int | Symbol] = []
        for index in definition.indices:
            if index.symbol == self.drop:
                continue
            lone = definition.quantity.role in {Role.PREDICTION, Role.LABEL} and (
                index.high.subs(self.sizes) == 1 and index is definition.indices[-1]
            )
            if not lone:
                indices.append(int(at[index.symbol]))
        return definition.quantity.at(*indices)

    def expand(self, expr: Expr) -> Expr:
        """Write the sums of ``expr`` out and its entries as component symbols."""
        if isinstance(expr, sp.Sum):
            return self._terms(expr)
        if isinstance(expr, Indexed):
            return self._entry(expr)
        if isinstance(expr, Symbol) and expr in self.sizes:
            return sp.Integer(self.sizes[expr])
        if not expr.args:
            return expr
        return expr.func(*map(self.expand, expr.args))

    def _terms(self, total: sp.Sum) -> Expr:
        variable, low, high = total.limits[-1]  # the outermost; the others may depend on it
        inner = total.limits[:-1]
        body = sp.Sum(total.function, *inner) if inner else total.function
        span = range(int(low.subs(self.sizes)), int(high.subs(self.sizes)) + 1)
        return sp.Add(*(self.expand(body.xreplace({variable: sp.Integer(v)})) for v in span))

    def _entry(self, entry: Indexed) -> Expr:
        key = str(entry.base.label)
        definition = self.graph[key]
        at: dict[Expr, Expr] = {}
        for index, value in zip(definition.indices, entry.indices, strict=True):
            if index.symbol != self.drop:
                number = self.expand(value)
                if not number.is_Integer:
                    raise GraphError(
                        f"{entry}: the index {value} is data, and its values are not given"
                    )
                at[index.symbol] = number
        if key in self.data:
            place = tuple(int(at[index.symbol]) - 1 for index in definition.indices)
            return sp.Integer(int(self.data[key][place]))
        return Symbol(code(self._quantity(definition, at)), real=True)
