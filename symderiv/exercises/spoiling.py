"""A right derivation with one mistake in it, from which the lines below go on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from symderiv.errors import UnsupportedError
from symderiv.exercises.answers import answered
from symderiv.exercises.sheets import Exercise, Line, document
from symderiv.exercises.workings import Working
from symderiv.expression import Relation
from symderiv.latex.printer import latex
from symderiv.verification.planting import Planted, RightDocument
from symderiv.verification.showing import shown
from symderiv.verification.statements import Statement
from symderiv.verification.verifying import verify

_BUDGET = 600.0
_RARER = 4
"""Each time that a kind of mistake is made, it is so much less likely to be made again."""


def verdicts(model: Sequence[Relation], some: Sequence[Sequence[Line]]) -> Iterator[list[str]]:
    """Yield what verify says of the lines of some derivations from a model."""
    report = verify(document(model, some), budget=_BUDGET)
    for n in range(len(model) + 1, len(model) + len(some) + 1):
        yield [equation.verdict for equation in report.equations if equation.n == n]


class Spoiler:
    """Makes mistakes in the derivations of one sheet, of one kind after the other."""

    def __init__(
        self, model: Sequence[Relation], chosen: Sequence[Working], layer: str, lot: random.Random
    ) -> None:
        """Take right derivations; ``layer`` are the brackets round a layer's number."""
        self._model = model
        self._chosen = chosen
        self._document = RightDocument(document(model, chosen))
        self._layer = layer
        self._lot = lot
        self._made: Counter[str] = Counter()

    def spoilt(self, place: int) -> Exercise:
        """Return the derivation at a place with a mistake; as it is if none can be made in it."""
        rows = self._rows(place)
        for at, planted in self._drawn(rows):
            exercise = self._with_mistake(self._chosen[place], rows, at, planted)
            if exercise is not None:
                self._made[planted.mistake] += 1
                return exercise
        return Exercise(self._chosen[place])

    def _rows(self, place: int) -> Sequence[Statement]:
        """Return the rows of the document in which a derivation stands."""
        start = len(self._model) + sum(map(len, self._chosen[:place]))
        return self._document.rows[start : start + len(self._chosen[place])]

    def _drawn(self, rows: Sequence[Statement]) -> Iterator[tuple[int, Planted]]:
        """Yield every plausible mistake with its row, those of a kind together, by lot."""
        kinds: dict[str, list[tuple[int, Planted]]] = {}
        weights: dict[str, float] = {}
        for at, row in enumerate(rows):
            for planted, weight in self._document.plausible(row):
                kinds.setdefault(planted.mistake, []).append((at, planted))
                weights[planted.mistake] = weight / _RARER ** self._made[planted.mistake]
        while kinds:
            (kind,) = self._lot.choices(list(kinds), [weights[k] for k in kinds])
            some = kinds.pop(kind)
            self._lot.shuffle(some)
            yield from some

    def _with_mistake(
        self, lines: Working, rows: Sequence[Statement], at: int, first: Planted
    ) -> Exercise | None:
        """Make a mistake in a row and go on from it below; None if that is not to be told."""
        link = self._document.judged(rows[at], first.wrong)
        made = self._gone_on(rows, at, first) if link.verdict == "wrong" else []
        if not made or not all(
            self._reads_back(*pair) for pair in zip(rows[at:], made, strict=False)
        ):
            return None
        changed = list(lines)
        for place, planted in enumerate(made, at):
            changed[place] = replace(lines[place], right=shown(planted.wrong, layer=self._layer))
        expected = ["wrong" if place == at else "right" for place in range(len(lines))]
        if next(verdicts(self._model, [changed])) != expected:
            return None
        answer = answered(first, at + 1, link, self._layer)
        return Exercise(tuple(changed), replace(answer, carried=len(made) > 1))

    def _gone_on(self, rows: Sequence[Statement], at: int, first: Planted) -> list[Planted]:
        """Return the mistake, and what becomes of the rows below; nothing if one cannot go on."""
        made = [first]
        for row in rows[at + 1 :]:
            if row.chain is not None and row.chain.sides[0] is not None:
                break  # an equation of its own
            planted = self._document.carried_on(row, first, made[-1].wrong)
            if planted is None or planted.wrong == made[-1].wrong:
                return []  # or there would be a line that says nothing
            made.append(planted)
        return made

    def _reads_back(self, row: Statement, planted: Planted) -> bool:
        """Whether what is printed of a mistake is read as the mistake."""
        try:
            again = self._document.again(latex(shown(planted.wrong, layer=self._layer)))
        except UnsupportedError:
            return False
        return again is not None and self._document.same(row, again, planted.wrong)
