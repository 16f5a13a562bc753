r"""What to write in the place of the names of a formula, and of the products of its matrices.

Where one literature has samples as rows and :math:`A W`, and another has columns and :math:`W A`,
every array is the transpose of the other's. A formula then says the same with its products in the
other order, and what is transposed stays so: :math:`X^\top \Delta` becomes
:math:`\Delta X^\top`, for :math:`(X^\top \Delta)^\top = \Delta^\top X`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from symderiv.errors import UnsupportedError
from symderiv.verification.terms import Array, BigOp, Call, Entry, Mul, Ref, Term, values

Piece = tuple[int, int, str]
"""From where to where in a row, and what is written there."""

_ENTRYWISE = frozenset({"odot", "circ", "ast", "oslash"})
_NUMBERS = frozenset({"norm", "trace", "det"})
_SIZE = re.compile(r"\\(?:left|[bB]igg?l?)\s*\Z")
_OPENING = ("(", "[")


@dataclass(frozen=True)
class Turning:
    """What to write in a row with the characters ``text``.

    ``spelt`` gives a name in the other notation, or None for one that stays; ``array`` says which
    names are arrays, and with ``turned`` they are transposed.
    """

    text: str
    spelt: Callable[[Ref], str | None]
    array: Callable[[Ref], bool]
    turned: bool

    def pieces(self, term: Term) -> Iterator[Piece]:
        """Yield what to write in the place of parts of a term.

        Raises ``UnsupportedError`` for a product that cannot be turned round.
        """
        match term:
            case Ref():
                new = self.spelt(term)
                if new is not None:
                    yield (*term.place, new)
            case BigOp():
                yield from self.pieces(term.body)
            case Entry():
                yield from self.pieces(term.array)
            case Array(rows) if self.turned and len({len(row) for row in rows}) == 1:
                yield self._transposed(rows)
            case Mul() if self.turned:
                for factors in _matrix_products(term):
                    yield from self._product(factors)
            case _:
                for child in term.children():
                    yield from self.pieces(child)

    def _product(self, factors: Sequence[Term]) -> Iterator[Piece]:
        """Write the arrays of a product in the other order, each in the place of another one."""
        arrays = [factor for factor in factors if self._holds_array(factor)]
        ones = any(isinstance(f, Ref) and f.letter == "1" for each in factors for f in values(each))
        if arrays and ones:
            raise UnsupportedError("a product with a vector of ones cannot be turned round")
        for factor in factors:
            if not any(factor is array for array in arrays):
                yield from self.pieces(factor)
        for place, factor in zip(arrays, reversed(arrays), strict=True):
            yield (*self._extent(place), self._written(factor))

    def _holds_array(self, term: Term) -> bool:
        if isinstance(term, Call) and term.function.letter in _NUMBERS:
            return False
        return (isinstance(term, Ref) and self.array(term)) or any(
            self._holds_array(child) for child in term.children()
        )

    def _transposed(self, rows: Sequence[Sequence[Term]]) -> Piece:
        columns = zip(*rows, strict=True)
        cells = [" & ".join(self._written(cell) for cell in column) for column in columns]
        return rows[0][0].place[0], rows[-1][-1].place[1], r" \\ ".join(cells)

    def _written(self, term: Term) -> str:
        """Return the characters of a term, with what is to be written in them."""
        done, end = self._extent(term)
        found = ""
        for start, stop, new in sorted(self.pieces(term)):
            found += self.text[done:start] + new
            done = stop
        return found + self.text[done:end]

    def _extent(self, term: Term) -> tuple[int, int]:
        """Return the place of a term with the whole of the bracket that it begins with."""
        start, end = term.place
        while start and _open(self.text[start:end]) < 0:
            start -= 1
        before = _SIZE.search(self.text[:start])
        return (before.start() if before and self.text[start] in _OPENING else start), end


def _open(text: str) -> int:
    """Return how many brackets are opened more often than closed."""
    return sum((c in "([") - (c in ")]") for c in text)


def _matrix_products(term: Mul) -> Iterator[list[Term]]:
    """Yield the factors of a product in groups, with entry-wise products between them."""
    group = [term.factors[0]]
    for sign, factor in zip(term.signs, term.factors[1:], strict=True):
        if sign in _ENTRYWISE:
            yield group
            group = []
        group.append(factor)
    yield group
