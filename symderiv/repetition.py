"""Repeated layers are derived once.

What reaches a name from the definitions that use it depends on their equations alone. Where these
are those of another layer with every layer number moved by the same amount, so is the result; it is
taken from there and moved, not derived again. Moving compares the equations themselves, so layers
that differ in anything, an activation or a size, are derived each for itself.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from sympy import Basic, Expr, IndexedBase, Symbol

from symderiv.derivation import Step, Term
from symderiv.graph import Definition, Graph, Index
from symderiv.notation import code

_SIZE = re.compile(r"([A-Za-z]+_)(-?\d+)")


class Layers:
    """Moves the names and sizes of a graph from layer to layer."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[tuple[Basic, int], Basic] = {}

    def signature(
        self, definition: Definition, users: Sequence[Definition], bars: Iterable[Iterable[Term]]
    ) -> Hashable:
        """Return what the adjoint of ``definition`` depends on, as seen from its own layer.

        ``bars`` are the adjoints of the users. None stands for a name without a layer.
        """
        layer = definition.quantity.layer
        if not isinstance(layer, int):
            return None
        by = -layer
        near = dict.fromkeys(u for user in users for u in (user, *self.graph.consumers[user.key]))
        facts = (
            (self.moved(f.left, by), f.right, self._indices(f.indices, by))
            for f in self.graph.facts
        )
        return (
            definition.quantity.role,
            definition.quantity.letter,
            self._indices(definition.indices, by),
            tuple(self._equation(user, by) for user in near),
            tuple(tuple(self.term(term, by) for term in terms) for terms in bars),
            tuple(facts),
        )

    def _equation(self, definition: Definition, by: int) -> Hashable:
        rhs = self.moved(definition.rhs, by) if definition.rhs is not None else None
        name = self.moved(IndexedBase(definition.key, real=True), by)
        several = len(self.graph.consumers[definition.key]) > 1
        return name, definition.quantity.role, self._indices(definition.indices, by), rhs, several

    def _indices(self, indices: Iterable[Index], by: int) -> tuple[Index, ...]:
        return tuple(replace(i, high=self.moved(i.high, by)) for i in indices)

    def term(self, term: Term, by: int) -> Term:
        """Return a term with every layer moved."""
        return Term(self._indices(term.bound, by), self.moved(term.body, by))

    def step(self, step: Step, by: int) -> Step:
        """Return a step with every layer moved."""
        target, before, after = (self.moved(e, by) for e in (step.target, step.before, step.after))
        return replace(step, target=target, before=before, after=after)

    def moved(self, expr: Expr, by: int) -> Expr:
        """Return an expression with every layer number in it moved by ``by``."""
        if by == 0:
            return expr
        names = expr.atoms(IndexedBase, Symbol)
        return expr.xreplace({name: self._name(name, by) for name in names})

    def _name(self, name: Basic, by: int) -> Basic:
        if (name, by) not in self._known:
            self._known[name, by] = self._worked_out(name, by)
        return self._known[name, by]

    def _worked_out(self, name: Basic, by: int) -> Basic:
        if isinstance(name, IndexedBase):
            return IndexedBase(self._key(str(name.label), by), real=True)
        assert isinstance(name, Symbol)
        match = _SIZE.fullmatch(name.name)
        if match is None or not name.is_positive:
            return name
        return Symbol(f"{match[1]}{int(match[2]) + by}", **name.assumptions0)

    def _key(self, key: str, by: int) -> str:
        bar = key not in self.graph.by_key and key.startswith("d")
        definition = self.graph.by_key.get(key[bar:])
        if definition is None or not isinstance(definition.quantity.layer, int):
            return key
        moved = replace(definition.quantity, layer=definition.quantity.layer + by)
        return f"{'d' * bar}{code(moved)}"
