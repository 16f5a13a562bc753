"""A model from a few formulas, for tests that look at the values and the shapes in it."""

from __future__ import annotations

import numpy as np

from symderiv.documents import parse
from symderiv.latex.syntax import parsed
from symderiv.verification.building import Built, built
from symderiv.verification.functions import Value
from symderiv.verification.kinds import Node
from symderiv.verification.points import Points
from symderiv.verification.reading import Reader
from symderiv.verification.settling import settled
from symderiv.verification.statements import parsed_rows, statements, vocabulary
from symderiv.verification.terms import Term
from symderiv.verification.voting import Votes, settle_meanings

BEHIND_ALL = 1e9


class SmallModel:
    """What some displayed formulas define; ``points`` are the random points of its values."""

    def __init__(self, *formulas: str, arrays: bool = True) -> None:
        parts = parsed_rows(parse("\n\n".join(f"$$\n{text}\n$$" for text in formulas)))
        words = vocabulary(parts)
        rows = statements(parts, words)
        self.built: Built = built(rows, words)
        settled(rows, self.built, arrays=arrays)
        settle_meanings(rows, self.built, Votes())
        self.reader = Reader(words)
        self.points = Points(self.built.model, self.built.kinds, BEHIND_ALL)

    def term(self, text: str) -> Term:
        """Read one more formula in the vocabulary of the document."""
        (chain,) = self.reader.chains(parsed(text))
        (side,) = chain.sides
        assert side is not None
        return side

    def value(self, text: str, points: Points | None = None, **bound: int) -> Value:
        """Return the value of a formula."""
        return (points or self.points).value(self.term(text), bound)

    def first(self, text: str, **bound: int) -> np.ndarray:
        """Return the value at the first point: a real matrix."""
        value = self.value(text, **bound)
        assert np.allclose(value.imag, 0)
        return value[0].real

    def number(self, text: str, **bound: int) -> float:
        """Return the value of a number at the first point."""
        return float(self.first(text, **bound).item())

    def shapes(self) -> dict[str, tuple[int, int]]:
        """Return the shapes of arrays by their names: ``W^1`` for the one in layer 1."""
        return {_name(node): shape for node, shape in self.built.kinds.shapes.items()}


def _name(node: Node) -> str:
    (letter, accent, _), labels, marks = node
    return accent + letter + "".join(f"_{x}" for x in labels) + "".join(f"^{x}" for x in marks)
