"""What stands below, above and behind: indices, marks, powers, transposes, primes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Leaf, Scripted, Syntax
from symderiv.verification.sequences import bracket_groups, comma_parts, has_relation, opened, sign
from symderiv.verification.terms import Call, Entry, Label, Num, Place, Pow, Ref, Term, Transposed
from symderiv.verification.walking import Walk

_EUCLIDEAN = {"2", "F", "Fro", "fro"}


class Raised(NamedTuple):
    """What is done to a value by what stands above it."""

    transposed: bool = False
    power: Term | None = None

    def on(self, term: Term, place: Place) -> Term:
        """Return a term transposed and raised to the power."""
        if self.transposed:
            term = Transposed(term, place=place)
        return Pow(term, self.power, place=place) if self.power is not None else term


class Marks(Walk):
    """Reads scripts."""

    def marked(self, ref: Ref, scripts: Scripted | None) -> tuple[Ref, Raised]:
        """Read the scripts of a name: its indices and marks, and what is done to its value."""
        if scripts is None:
            return ref, Raised()
        sub = [*ref.sub, *(index for below in scripts.below for index in self.indices(below))]
        sup = list(ref.sup)
        transposed, power, primes = False, None, ref.primes + scripts.primes
        for above in scripts.above:
            primes += _primes(opened(above))
            marks, raised = self.above(ref, above)
            sup += marks
            transposed |= raised.transposed
            power = raised.power if raised.power is not None else power
        if ref.letter in self.words.squares and power == Num("2"):
            ref, power = replace(ref, letter=f"{ref.letter}^2"), None
        found = replace(ref, sub=tuple(sub), sup=tuple(sup), primes=primes)
        return found, Raised(transposed, power)

    def above(self, ref: Ref, above: Syntax) -> tuple[list[Term], Raised]:
        """Read one superscript: the marks in it, and what it does to the value."""
        items = [item for item in opened(above) if sign(item) != r"\prime"]
        transposed = False
        while items and self.words.transposes(items[-1]):
            transposed, items = not transposed, items[:-1]
        if not items:
            return [], Raised(transposed)
        marks: list[Term] = []
        groups = bracket_groups(items)
        if groups is not None:
            for group in groups:
                label = self.words.mark(group)
                marks += [label] if label is not None else self.listed(group)
            return marks, Raised(transposed)
        text = self.words.label_above(items)
        if text is not None:
            return [Label(text, place=above.place)], Raised(transposed)
        term = self.term(items)
        if self.words.is_layer(ref, term):
            return [term], Raised(transposed)
        return [], Raised(transposed, term)

    def indices(self, below: Syntax) -> list[Term]:
        """Read a subscript as indices."""
        items = opened(below)
        if not items:
            return []
        label = self.words.label(items)
        if label is not None:
            return [Label(label, place=below.place)]
        return self.listed(items)

    def listed(self, items: Sequence[Syntax], *, apart: bool = False) -> list[Term]:
        """Read indices side by side, with commas or without: ``ij``, ``i, j+1``, ``11``.

        Those that commas keep ``apart`` are whole numbers: ``1,10`` are two, and so are ``11``.
        """
        parts = comma_parts(items)
        if len(parts) > 1:
            return [index for part in parts for index in self.listed(part, apart=True)]
        if any(sign(item) in {"+", "-", "/", r"\cdot", "*"} for item in items):
            return [self.term(items)]
        if has_relation(items) or any(sign(item) in {"|", r"\mid"} for item in items):
            return [Label(self.words.spelt(items), place=(items[0].place[0], items[-1].place[1]))]
        found: list[Term] = []
        for item in items:
            if (
                isinstance(item, Leaf)
                and item.kind == "NUMBER"
                and len(item.text) <= 2
                and not apart
            ):
                start = item.place[0]
                digits = enumerate(item.text, start)
                found += [Num(digit, place=(at, at + 1)) for at, digit in digits]
            else:
                found.append(self.term([item]))
        return found

    def scripts(self, term: Term, scripts: Scripted | None) -> Term:
        """Put the scripts on something that is no name: a power, a transpose, an entry."""
        if scripts is None:
            return term
        place = (min(term.place[0], scripts.place[0]), scripts.place[1])
        for below in scripts.below:
            found = self.indices(below)
            if isinstance(term, Call) and term.function.letter == "norm":
                if self.words.spelt([below]) not in _EUCLIDEAN:
                    raise ReadingError("a norm that is not the Euclidean one", below.place)
            elif any(isinstance(index, Label) for index in found):
                raise ReadingError("a mark below what is no name", below.place)
            else:
                term = Entry(term, tuple(found), place=place)
        for above in scripts.above:
            marks, raised = self.above(Ref("", place=term.place), above)
            if marks:
                raise ReadingError("a mark above what is no name", above.place)
            term = raised.on(term, place)
        if scripts.primes:
            raise ReadingError("a prime on what is no name", scripts.place)
        return term

    def behind(self, term: Term) -> Term:
        r"""Put the scripts on a term that stand behind its bracket: ``f(x)^2``, ``(z)_i``."""
        last = self.items[self.at - 1]
        return self.scripts(term, last if isinstance(last, Scripted) else None)


def _primes(items: Sequence[Syntax]) -> int:
    r"""Return how many primes stand among marks: :math:`g^{[l]\prime}`, :math:`f^\prime`."""
    last = items[-1] if items else None
    inside = last.primes if isinstance(last, Scripted) and sign(last) in {")", "]"} else 0
    return inside + sum(sign(item) == r"\prime" for item in items)
