"""What is wrong with a claim: the one edit that makes it right, and numbers that refute it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from symderiv.verification.arrays import SINGLE, size
from symderiv.verification.comparing import ROUGH, Side, apart, at_point, close, shown
from symderiv.verification.edits import Edit, Surroundings
from symderiv.verification.functions import DomainError
from symderiv.verification.holes import NO_VALUE, Hole, aim_at
from symderiv.verification.mistakes import edits
from symderiv.verification.model import Family, Index, Unknown
from symderiv.verification.points import Points
from symderiv.verification.records import Counterexample, Link
from symderiv.verification.sides import Sides
from symderiv.verification.statements import Statement
from symderiv.verification.terms import (
    Call,
    Derivative,
    Ref,
    Term,
    replaced,
    values,
    walk,
)

UNKNOWN = "unknown"
DIFFERS = "it differs from the model as it was read, in more than one place"
_MOST_EDITS = 1500


@dataclass(frozen=True)
class Diagnosis:
    """A side that differs from the base of its chain.

    Both have been evaluated where the names with ``constrained`` letters sum to 1.
    """

    sides: Sides
    names: list[tuple[Ref, str]]
    statement: Statement
    base: Side
    side: Side
    constrained: frozenset[str] = frozenset()

    def link(self, why: str = "") -> Link:
        """Return the verdict: wrong, unless something that decides it is not known."""
        edit, many = self.mended()
        doubt = self._doubt()
        if edit is None and why:
            doubt = doubt or DIFFERS
        if doubt:
            return Link("cannot tell", reason=doubt)
        example = None if why else self._counterexample()
        if edit is None:
            fault = self.side.shape_fault
            place = fault.term.place if fault is not None else self.side.term.place
            text = self.statement.row.text[place[0] : place[1]]
            return Link("wrong", found=text, mistake=why or UNKNOWN, counterexample=example,
                        places=(place,), reason=self.side.reason)  # fmt: skip
        nodes = values(self.side.term)
        places = tuple(n.place for n in nodes if n is edit.old or (many and n == edit.old))
        return Link("wrong", found=self.statement.text(edit.old), should_be=edit.text,
                    mistake=edit.mistake, counterexample=example, places=places)  # fmt: skip

    @property
    def _points(self) -> Points:
        return self.sides.points(positive=self.base.positive, constrained=self.constrained)

    # --- the edit ---

    def mended(self) -> tuple[Edit | None, bool]:
        """Return the first single edit that makes the side right, and whether it is everywhere."""
        term = self.side.term
        points = self._points
        known = zip(self.base.choices, self.base.values, strict=True)
        aim = next(aim_at(value, points, choice) for choice, value in known if value is not None)
        holes: dict[int, Hole] = {}
        for edit in islice(edits(term, self._surroundings()), _MOST_EDITS):
            if edit.old is term and edit.new == self.base.term:
                continue  # a side that is the other one says nothing
            if id(edit.old) not in holes:
                holes[id(edit.old)] = Hole(term, edit.old, aim)
            hole = holes[id(edit.old)]
            changed = hole.filled(edit.new)
            if changed is not None and self._is_right(changed, points):
                return edit, False
            if hole.several:
                everywhere = replaced(term, edit.old, edit.new, everywhere=True)
                if self._is_right(everywhere, points):
                    return edit, True
        return None, False

    def _surroundings(self) -> Surroundings:
        texts = {id(ref): text for ref, text in self.names}

        def source(term: Term) -> str:
            return texts.get(id(term)) or self.statement.text(term)

        indices = self.sides.kinds.words.indices
        letters = frozenset(x for x in self.sides.model.sizes if x in indices)
        names = [ref for ref, _ in self.names if self._may_mend(ref)]
        calls = [t for t in values(self.base.term) if isinstance(t, Call) and not t.primes]
        texts |= {id(call): self._written(call) for call in calls}
        return Surroundings(names, source, letters, self.sides.kinds.tensor, calls)

    def _written(self, call: Call) -> str:
        """Return how a call on the other side is written, if that stands in the same row."""
        return self.statement.text(call)

    def _may_mend(self, name: Ref) -> bool:
        """Whether a mend may be made of a name: the base or the side rests on it, or it counts."""
        return name.family in self._read_families or name.size_name in self.sides.kinds.ends

    @cached_property
    def _read_families(self) -> frozenset[Family]:
        """The families of all that both sides are made of."""
        own = (t.family for t in values(self.side.term) if isinstance(t, Ref))
        return frozenset({*self._read_by_base(), *own})

    def _read_by_base(self) -> Iterator[Family]:
        for choice in self.base.choices[:1]:
            inner = replace(self._points, read=set())
            try:
                inner.value(self.base.term, choice)
            except (*NO_VALUE, DomainError):
                continue
            yield from (family for family, *_ in inner.read)
            batches = self.sides.kinds.batches
            whole = {family for family, *_ in inner.read}
            yield from (f for f, batch in batches.items() if batch.family in whole)

    def _is_right(self, changed: Term, points: Points) -> bool:
        """Whether a changed side has the values of the base; mostly the first choice shows it."""
        for choice, value in zip(self.base.choices, self.base.values, strict=True):
            if value is not None:
                try:
                    other = points.value(changed, choice)
                except NO_VALUE:
                    return False
                if size(value) != size(other) or not close(value, other):
                    return False
        return True

    # --- doubt ---

    def _doubt(self) -> str:
        """Return why a claim that does not hold may still not be wrong, or nothing."""
        strange = sorted(self._strangers())
        if strange:
            return f"the meaning of {', '.join(strange)} is not stated"
        if self._vanishes():
            return "it is zero at all points: they may all lie in one case"
        if any(map(self._is_nothing, values(self.side.term))):
            return "it is made of a derivative that is zero in the model as it was read"
        return ""

    def _is_nothing(self, node: Term) -> bool:
        """Whether a node is a derivative, or a name for one, that is zero at all points."""
        known = self.sides.model.definitions.get(node.family, ()) if isinstance(node, Ref) else ()
        named = any(isinstance(t, Derivative) for d in known for t in walk(d.right))
        if not named and not isinstance(node, Derivative):
            return False
        try:
            value = self._points.value(node, self.base.choices[0])
        except (*NO_VALUE, DomainError):
            return False
        return bool(np.all(np.abs(value) < ROUGH))

    def _vanishes(self) -> bool:
        """Whether the base is zero everywhere, as behind a maximum, and the side is not."""
        values = [value for value in self.base.values if value is not None]
        return bool(values) and all(np.all(np.abs(value) < ROUGH) for value in values)

    def _strangers(self) -> set[str]:
        """Return names that no definition gives or reads, nor the other side: they would decide."""
        model, kinds = self.sides.model, self.sides.kinds
        known = {*model.definitions, *self._read()}
        known |= {batch.family for f, batch in kinds.batches.items() if f in known}
        known |= {f for f, batch in kinds.batches.items() if batch.family in known}
        return {
            t.letter
            for t in values(self.side.term)
            if isinstance(t, Ref)
            and t.family not in known
            and t.letter not in model.sizes
            and not kinds.constant_name(t)
        }

    def _read(self) -> Iterator[tuple[str, str, str]]:
        """Yield the families that the base reads, a definition, or a derivative on the side."""
        yield from (t.family for t in walk(self.base.term) if isinstance(t, Ref))
        model = self.sides.model
        rights = [
            definition.right
            for definitions in (*model.definitions.values(), *model.functions.values())
            for definition in definitions
        ]
        yield from (t.family for right in rights for t in walk(right) if isinstance(t, Ref))
        for term in walk(self.side.term):
            if isinstance(term, Derivative):
                yield from (by.family for by in term.by if isinstance(by, Ref))

    # --- numbers that refute it ---

    def _counterexample(self) -> Counterexample | None:
        choices = self.sides.choices([self.base.term, self.side.term])
        for choice, a, b in zip(choices, self.base.values, self.side.values, strict=False):
            if a is not None and b is not None and size(a) == size(b) and not close(a, b):
                at = apart(a, b)
                return Counterexample(self._inputs(choice, at), shown(a, at), shown(b, at))
        return None

    def _inputs(self, choice: dict[str, Index], at: int) -> dict[str, float]:
        """Return the indices and the numbers that went into both sides at one point."""
        found = {name: float(v) for name, v in choice.items() if isinstance(v, int)}
        for node in (*values(self.base.term), *values(self.side.term)):
            if isinstance(node, Ref):
                try:
                    value = self._points.ref(node, choice)
                except (Unknown, DomainError):
                    continue
                if size(value) == SINGLE:
                    text = next((t for r, t in self.names if r == node), node.letter)
                    found.setdefault(text, round(float(at_point(value, at)[0, 0]), 6))
        return found
