"""Making a mistake in a right document: the table of mistakes, read the other way.

What mends a wrong side, made in a right one, is the opposite mistake: a factor that is put in where
one is lost is one too many where none is. So is a sum, and the derivative of an activation.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from symderiv.documents import parse
from symderiv.errors import ReadingError
from symderiv.latex.syntax import parsed
from symderiv.verification.building import built, names_of
from symderiv.verification.comparing import agree
from symderiv.verification.diagnosis import Diagnosis
from symderiv.verification.edits import Edit, Surroundings
from symderiv.verification.judging import Judge
from symderiv.verification.mistakes import edits
from symderiv.verification.model import Family, Model
from symderiv.verification.reading import Reader
from symderiv.verification.records import Link
from symderiv.verification.settling import settled
from symderiv.verification.sides import Sides
from symderiv.verification.statements import (
    Statement,
    bars,
    parsed_rows,
    statements,
    vocabulary,
)
from symderiv.verification.terms import (
    Add,
    Call,
    Derivative,
    Mul,
    Ref,
    Term,
    replaced,
    rewritten,
    values,
)

OPPOSITE: Mapping[str, str] = {
    "extra factor": "lost factor",
    "lost factor": "extra factor",
    "extra activation derivative": "lost activation derivative",
    "lost activation derivative": "extra activation derivative",
    "extra sum": "missing sum",
    "missing sum": "extra sum",
}
"""What is made where the table mends; the other mistakes are their own opposites."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A mistake in a right side: the node ``old`` of ``right`` is ``new`` in ``wrong``."""

    mistake: str
    right: Term
    wrong: Term
    old: Term
    new: Term


class RightDocument:
    """A document of which every equation is right, and the mistakes that can be made in it."""

    def __init__(self, text: str) -> None:
        """Read a document in Markdown."""
        parsed_text = parsed_rows(parse(text))
        words = vocabulary(parsed_text)
        self.rows = statements(parsed_text, words)
        words.bars = bars(self.rows)
        self._model = built(self.rows, words, Model())
        settled(self.rows, self._model, arrays=True)
        self._names = list(names_of(self.rows))
        self._judge = Judge(self._model.model, self._model.kinds, self._names)
        self._reader = Reader(words)

    def edits(self, row: Statement) -> Iterator[Edit]:
        """Yield every edit of the table on the last side of a row."""
        kinds, sizes = self._model.kinds, self._model.model.sizes
        texts = {id(ref): text for ref, text in self._names}
        letters = frozenset(x for x in sizes if x in kinds.words.indices)

        def source(term: Term) -> str:
            return texts.get(id(term)) or row.text(term)

        names = [ref for ref, _ in self._names]
        around = Surroundings(names, source, letters, kinds.tensor)
        yield from edits(_last(row), around)

    def plausible(self, row: Statement) -> Iterator[tuple[Planted, int]]:
        """Yield the mistakes that people make in the last side of a row, each with a weight."""
        right = _last(row)
        names = {ref for ref, _ in self._names}
        for edit in self.edits(row):
            weight = _weight(edit, names, self._model.model.definitions)
            if edit.mistake == "transpose or order":
                weight *= self._model.kinds.tensor
            if edit.mistake == "swapped symbols":  # y - y would be nothing to find
                weight *= edit.new not in values(right)
            if weight:
                new = edit.new if self._model.kinds.tensor else _of_numbers(edit.new)
                wrong = replaced(right, edit.old, new)
                mistake = OPPOSITE.get(edit.mistake, edit.mistake)
                yield Planted(mistake, right, wrong, edit.old, new), weight

    def again(self, latex: str) -> Term | None:
        """Read LaTeX that stands for a side of a row; None if that cannot be read."""
        try:
            (chain,) = self._reader.chains(parsed(f"= {latex}"))
        except (ReadingError, ValueError):
            return None
        return chain.sides[-1] if len(chain.sides) == 2 else None

    def same(self, row: Statement, one: Term, other: Term) -> bool:
        """Whether two terms have one value where a row stands."""
        with np.errstate(all="ignore"):
            a, b = self._sides(row).of([one, other])
            return agree(a, b)[0]

    def judged(self, row: Statement, side: Term, before: Term | None = None) -> Link:
        """Judge a row with another last side, ``before`` being the one above if that is changed."""
        first, above = _context(row)
        with np.errstate(all="ignore"):
            return self._judge.link(row, first, before if before is not None else above, side)

    def carried_on(self, row: Statement, planted: Planted, wrong: Term) -> Planted | None:
        """Make the mistake of an earlier row in a later one, so that it follows from ``wrong``."""
        with np.errstate(all="ignore"):
            base, side = self._sides(row).of([wrong, _last(row)])
            if not base.known or not side.known:
                return None
            found, everywhere = Diagnosis(self._sides(row), self._names, row, base, side).mended()
        if found is None or OPPOSITE.get(found.mistake, found.mistake) != planted.mistake:
            return None
        new = found.new if self._model.kinds.tensor else _of_numbers(found.new)
        changed = replaced(side.term, found.old, new, everywhere=everywhere)
        return Planted(planted.mistake, side.term, changed, found.old, new)

    def _sides(self, row: Statement) -> Sides:
        return Sides(self._model.model, self._model.kinds, row.at)


def _last(row: Statement) -> Term:
    assert row.chain is not None
    side = row.chain.sides[-1]
    assert side is not None
    return side


def _context(row: Statement) -> tuple[Term, Term]:
    """Return the side that a row's chain begins with, and the one before its last."""
    assert row.chain is not None
    left = row.chain.sides[0]
    first, above = (left, left) if left is not None else (row.first, row.before)
    assert first is not None
    assert above is not None
    return first, above


def _of_numbers(term: Term) -> Term:
    """Return a term in which numbers are multiplied as numbers are."""

    def change(node: Term) -> Term | None:
        if isinstance(node, Mul) and "odot" in node.signs:
            factors = tuple(map(_of_numbers, node.factors))
            return Mul(factors, ("",) * len(node.signs), place=node.place)
        return None

    return rewritten(term, change)


# --- what people do -------------------------------------------------------------------------------

_WEIGHTS: Mapping[str, int] = {
    "extra activation derivative": 6,
    "wrong power": 3,
    "wrong derivative": 3,
    "sign": 3,
    "wrong index": 2,
    "wrong layer": 2,
    "extra factor": 2,
    "extra sum": 2,
    "lost activation derivative": 2,
    "transpose or order": 2,
    "wrong variable": 1,
    "swapped symbols": 1,
}
"""How often a kind of edit is made, of those that mend a mistake of people."""


def _weight(edit: Edit, names: Container[Term], defined: Container[Family]) -> int:
    """Return how plausible an edit is as a mistake, 0 for one that nobody makes."""
    match edit.mistake:
        case "wrong index" | "wrong layer" | "swapped symbols" | "wrong variable":
            fits = _is_slip(_name(edit.old), _name(edit.new), names, defined)
        case "lost activation derivative":
            fits = _is_own_slope(edit)
        case _:
            fits = True
    return _WEIGHTS.get(edit.mistake, 0) if fits else 0


def _name(term: Term) -> Term:
    """Return the name that an edit changes: itself, an argument, or by what is derived."""
    match term:
        case Call(_, (argument, *_)):
            return argument
        case Derivative(_, (by, *_)):
            return by
    return term


def _is_slip(old: Term, new: Term, names: Container[Term], defined: Container[Family]) -> bool:
    """Whether one name is easily written for another: both are there, and alike."""
    if not isinstance(old, Ref) or not isinstance(new, Ref):
        return False
    if old.family == new.family:
        letters = all(isinstance(index, Ref) for index in (*old.sub, *new.sub))
        apart = len(set(new.sub)) == len(set(old.sub))
        return new in names or (letters and apart and old.sup == new.sup)
    alike = old.letter == new.letter or (old.family in defined and new.family in defined)
    return alike and (old.sub, old.sup) == (new.sub, new.sup)


def _is_own_slope(edit: Edit) -> bool:
    r"""Whether an edit puts the slope of an activation before a sum that reads it.

    Once more, that is: :math:`\hat y - y` has it in it.
    """
    match edit:
        case Edit(_, Add() as old, Mul((Mul((name, _)), _), _)):
            return name in values(old)
    return False
