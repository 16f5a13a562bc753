r"""Sums, products and maxima over an index, and how far they reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Leaf, Scripted, Syntax
from symderiv.verification.deriving import Derivatives
from symderiv.verification.sequences import comma_parts, opened, sign, split
from symderiv.verification.terms import BigOp, Ref, Term, walk
from symderiv.verification.walking import total
from symderiv.verification.words import BIG

_DOTS = {r"\dots", r"\ldots", r"\cdots"}


class _Over(NamedTuple):
    """What a sum is over: its indices, a range or None for each, and a condition."""

    indices: tuple[Ref, ...] = ()
    ranges: tuple[tuple[Term, Term] | None, ...] = ()
    condition: Term | None = None


class Sums(Derivatives):
    """Reads sums over an index."""

    def big(self, leaf: Leaf, scripts: Scripted | None) -> Term:
        r"""Read ``\sum`` with its index, to the end of its term."""
        kind = BIG[sign(leaf)]
        over = _Over()
        if scripts is not None and scripts.below:
            over = self._over(opened(scripts.below[-1]), scripts)
        if kind == "max" and not over.indices:
            return self.function("max", leaf.place, scripts)
        body = self._body(over.indices)
        whole = (leaf.place[0], body.place[1])
        return BigOp(kind, over.indices, over.ranges, body, over.condition, place=whole)

    def _over(self, items: list[Syntax], scripts: Scripted) -> _Over:
        r"""Read what stands below, with the limit above: ``i=1``, ``i,j``, ``j \ne i``."""
        if not items:
            raise ReadingError("expected an index below the sum", scripts.place)
        high = self.inside(scripts.above[0]) if scripts.above else None
        parts, signs = split(items)
        names = self.listed(parts[0])
        indices = tuple(name for name in names if isinstance(name, Ref))
        if len(indices) != len(names) or (signs and not indices):
            raise ReadingError("expected an index below the sum", items[0].place)
        ranges: tuple[tuple[Term, Term] | None, ...] = (None,) * len(indices)
        if signs in ([], ["in"]):
            return _Over(indices, ranges)
        if signs == ["="] and high is not None:
            low = self.term(parts[1])
            return _Over(indices, ((low, high),) * len(indices))
        if signs == ["="]:
            ends = [part for part in comma_parts(parts[1]) if sign(part[0]) not in _DOTS]
            if len(ends) == 2 and len(indices) == 1:
                return _Over(indices, ((self.term(ends[0]), self.term(ends[1])),))
        return _Over(indices, ranges, self.condition(items))

    def _body(self, indices: Sequence[Ref]) -> Term:
        """Read the body of a sum: its term, and further terms that still use its index."""
        terms = [self.signed()]
        letters = {index.letter for index in indices}
        while letters and self.peek() in {"+", "-"}:
            start = self.at
            try:
                following = self.signed()
            except ReadingError:
                self.at = start
                break
            if not letters & free_letters(following):
                self.at = start
                break
            terms.append(following)
        return total(terms)


def free_letters(term: Term) -> set[str]:
    """Return the letters that stand as indices in a term and are bound by no sum inside it."""
    if isinstance(term, BigOp):
        return free_letters(term.body) - {index.letter for index in term.indices}
    if isinstance(term, Ref):
        scripts = (*term.sub, *term.sup)
        if not scripts and len(term.letter) == 1:
            return {term.letter}
        return {i.letter for script in scripts for i in walk(script) if isinstance(i, Ref)}
    return {letter for child in term.children() for letter in free_letters(child)}
