r"""A graph from equations that the user writes in SymPy: any scalar, not only a network's cost.

>>> import sympy as sp
>>> n, i = sp.symbols("n i", integer=True)
>>> N, d = sp.symbols("N d", integer=True, positive=True)
>>> X, w, y, z = map(sp.IndexedBase, "Xwyz")
>>> equations = [
...     (z[n], sp.Sum(X[n, i] * w[i], (i, 1, d))),
...     (sp.Symbol("J"), sp.Sum((z[n] - y[n]) ** 2, (n, 1, N))),
... ]
>>> graph = written_graph(equations, {n: N, i: d}, parameters={"w": (i,)},
...                       data={"X": (n, i), "y": (n,)})
>>> gradients(graph)["w"].rhs
2*Sum((-y[n] + z[n])*X[n, i], (n, 1, N))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sympy as sp
from sympy import Expr, Indexed, IndexedBase, Symbol

from symderiv.differentiation import reverse
from symderiv.errors import GraphError, UnknownNameError, did_you_mean
from symderiv.graph import Definition, Fact, Graph, Index
from symderiv.notation import PARAMETERS, Quantity, Role

Axes = Mapping[str, Sequence[Symbol]]


def written_graph(
    equations: Iterable[tuple[Expr, Expr]],
    ranges: Mapping[Symbol, Expr],
    *,
    parameters: Axes,
    data: Axes | None = None,
    facts: Iterable[tuple[Expr, Expr, str]] = (),
    within: Mapping[str, sp.Set] | None = None,
) -> Graph:
    """Return the graph of some equations, each a pair of a name (with indices) and its right side.

    ``ranges`` gives each index its upper end, from 1. ``parameters`` and ``data`` name what is
    given, with its indices; the cost is differentiated by both. A fact is a triple of a left side,
    a right side, and why they are equal; ``within`` gives a name the set that holds its values,
    where a factor may be cancelled only because it is never zero. The last equation must define a
    scalar, the cost.

    Raises ``GraphError`` for an index without a range, a name that is not defined or defined twice,
    and a cost that is no scalar; each names the equation and the place.
    """
    sets = within or {}
    definitions = [
        Definition(_quantity(name, role), _indices(name, axes, ranges), within=sets.get(name))
        for role, given in ((Role.WEIGHT, parameters), (Role.INPUT, data or {}))
        for name, axes in given.items()
    ]
    pairs = list(equations)
    if not pairs or isinstance(pairs[-1][0], Indexed):
        last = pairs[-1][0] if pairs else "none"
        raise GraphError(f"the last equation must define a scalar to differentiate, found {last}")
    words = _Words(ranges, {str(left) for left, _ in pairs if isinstance(left, Symbol)})
    uses = Counter(str(b.label) for _, rhs in pairs for b in rhs.atoms(IndexedBase))
    for place, (left, right) in enumerate(pairs):
        name, axes = _left(left)
        role = Role.HIDDEN if uses[name] > 1 else Role.HELPER
        role = Role.COST if place == len(pairs) - 1 else role
        rhs = words.ours(right)
        places = _indices(name, axes, ranges)
        definitions.append(Definition(_quantity(name, role), places, rhs, within=sets.get(name)))
    for name in sets.keys() - {definition.key for definition in definitions}:
        raise GraphError(
            f"within: no quantity named '{name}'{did_you_mean(name, (d.key for d in definitions))}"
        )
    return Graph(tuple(definitions), tuple(words.facts(facts)))


def gradients(graph: Graph) -> dict[str, Definition]:
    """Return the derivative of a written graph's cost by each of its names, as index equations.

    Raises ``UnknownNameError`` if the cost does not depend on a parameter: a silent zero would hide
    a mistyped name.
    """
    cost = graph.of_role(Role.COST)[-1]
    found = {key: a.equation for key, a in reverse(graph, {cost.key: sp.S.One}).items()}
    for definition in graph.of_role(*PARAMETERS):
        if definition.key not in found:
            raise UnknownNameError(f"{cost.key} does not depend on {definition.key}")
    return found


def _quantity(name: str, role: Role) -> Quantity:
    return Quantity(role, letter=name)


def _left(left: Expr) -> tuple[str, tuple[Symbol, ...]]:
    """Return the name and the indices on the left of an equation."""
    if isinstance(left, Indexed) and all(isinstance(i, Symbol) for i in left.indices):
        return str(left.base.label), tuple(left.indices)
    if isinstance(left, Symbol):
        return left.name, ()
    raise GraphError(f"{left}: expected a name, with letters for indices, on the left side")


def _indices(name: str, axes: Sequence[Symbol], ranges: Mapping[Symbol, Expr]) -> tuple[Index, ...]:
    for symbol in axes:
        if symbol not in ranges:
            raise GraphError(f"{name}: the index {symbol} has no range")
    return tuple(
        Index(Symbol(symbol.name, integer=True), ranges[symbol] + sp.S.Zero) for symbol in axes
    )


class _Words:
    """Translates what the user wrote: entries become real, the letters of indices integers."""

    def __init__(self, ranges: Mapping[Symbol, Expr], scalars: set[str]) -> None:
        self.ranges = ranges
        self.scalars = scalars

    def ours(self, expr: Expr) -> Expr:
        """Return an expression in our own symbols."""
        swap: dict[Expr, Expr] = {
            base: IndexedBase(str(base.label), real=True) for base in expr.atoms(IndexedBase)
        }
        bound = {symbol for total in expr.atoms(sp.Sum) for symbol in total.variables}
        for symbol in expr.atoms(Symbol) | bound:
            if symbol in self.ranges or symbol in bound:
                swap[symbol] = Symbol(symbol.name, integer=True)
            elif symbol.name in self.scalars:
                swap[symbol] = Symbol(symbol.name, real=True)
        return expr.xreplace(swap)

    def facts(self, facts: Iterable[tuple[Expr, Expr, str]]) -> Iterator[Fact]:
        """Yield the user's facts, each for all values of its free indices."""
        for left, right, because in facts:
            free = sorted((s for s in left.free_symbols if s in self.ranges), key=str)
            indices = _indices(because, free, self.ranges)
            yield Fact(self.ours(left), self.ours(right), because, indices)
