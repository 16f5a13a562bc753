r"""Derivatives in all their spellings: fractions, ``\nabla_W``, ``\partial_x``, slashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Applied, Leaf, Scripted, Syntax
from symderiv.verification.bracketing import Brackets
from symderiv.verification.sequences import atoms, opened, sign
from symderiv.verification.terms import Derivative, Div, Num, Place, Pow, Ref, Term
from symderiv.verification.words import OPENING

_ORDERS = {"1", "2", "3", "4"}


class _Front(NamedTuple):
    r"""A ``\partial`` or ``d`` in front of the atoms of half a fraction."""

    rest: Sequence[Syntax]
    sign: str
    order: int


class Derivatives(Brackets):
    """Reads derivatives."""

    def fraction(self, item: Applied) -> Term:
        r"""Read a fraction, or the derivative that it stands for."""
        above, below = (opened(argument) for argument in item.arguments)
        top, bottom = self._front(above), self._front(below)
        if bottom is not None and not bottom.rest and top is None:
            bottom = None  # a number that is called d
        fronts = [front for front in (top, bottom) if front is not None]
        if len(fronts) == 1 and fronts[0].sign == "d":
            fronts = []  # a factor that is called d
        if not fronts:
            if not above or not below:
                raise ReadingError("an empty fraction", item.place)
            return Div(self.term(above), self.term(below), place=item.place)
        by = self._by(bottom.rest if bottom is not None else below, item.place)
        if top is not None and len(by) == 1:
            by = (_without_order(by[0], top.order),) * top.order
        of_items = top.rest if top is not None else above
        if of_items:
            of = self.term(of_items)
        elif top is None:
            raise ReadingError("a derivative of what?", item.place)
        else:
            of = self._operand(item)
        slip = "" if len(fronts) == 2 else r"a \partial or d of the derivative is missing"
        whole = (item.place[0], max(item.place[1], of.place[1]))
        return Derivative(of, by, fronts[0].sign, slip, place=whole)

    def _operand(self, item: Applied) -> Term:
        r"""Read what :math:`\frac{\partial}{\partial x}` is applied to: the next term."""
        if not self.more or self.peek() in {"+", ")", ","}:
            raise ReadingError("a derivative of what?", item.place)
        if self.peek() in {"(", "[", r"\{"}:
            return self.factor()
        return self.product()

    def _front(self, items: Sequence[Syntax]) -> _Front | None:
        r"""Take the ``\partial`` or ``d`` off the front, if there is one."""
        if not items:
            return None
        first, *rest = items
        base = first.base if isinstance(first, Scripted) else first
        partial = sign(base) == r"\partial"
        if not partial:
            factor = bool(rest) and self._makes_factor(rest[0])
            if base is None or self.words.letters(base) != "d" or factor:
                return None
        letter = "partial" if partial else "d"
        if not isinstance(first, Scripted):
            return _Front(rest, letter, 1)
        if first.below or first.primes or len(first.above) != 1:
            return None
        text = self.words.spelt(atoms(first.above[0]))
        if not text.isdigit() or not (partial or text in _ORDERS):
            return None
        return _Front(rest, letter, _order(Num(text, place=first.place)))

    def _makes_factor(self, item: Syntax) -> bool:
        """Whether what follows a ``d`` makes it a factor: a sign or a number."""
        text = sign(item)
        return text != "" and text not in OPENING and self.words.word_of(item) is None

    def _by(self, items: Sequence[Syntax], place: Place) -> tuple[Term, ...]:
        r"""Read the variables below: ``w``, ``x \partial y``, ``x^2``."""
        parts: list[list[Syntax]] = [[]]
        for item in items:
            base = item.base if isinstance(item, Scripted) else item
            upright = bool(parts[-1]) and base is not None and self.words.letters(base) == "d"
            if sign(base) == r"\partial" or upright:
                parts.append([])
            else:
                parts[-1].append(item)
        names: list[Term] = []
        for part in filter(None, parts):
            term = self.term(part)
            times = 1
            if isinstance(term, Pow) and isinstance(term.exponent, Num) and len(part) == 1:
                times, term = _order(term.exponent), term.base
            names += [term] * times
        if not names:
            raise ReadingError("a derivative by what?", place)
        return tuple(names)

    # --- signs in front ---

    def nabla(self, leaf: Leaf, scripts: Scripted | None) -> Term:
        r"""Read ``\nabla_W L``; without a subscript it is by the one argument that is shown."""
        place = scripts.place if scripts is not None else leaf.place
        order = 1
        for above in scripts.above if scripts is not None else ():
            if self.words.spelt(atoms(above)) != "2":
                raise ReadingError("a power of nabla", above.place)
            order = 2
        if scripts is not None and scripts.below:
            by: tuple[Term, ...] = (self.inside(scripts.below[0]),)
            of = self._scaled_factor()
        else:
            start = self.at
            of = self._scaled_factor()
            by = self._argument_at(start)
        return Derivative(of, by * order, "nabla", place=(place[0], of.place[1]))

    def _argument_at(self, start: int) -> tuple[Term, ...]:
        r"""Return by what ``\nabla J(w)`` is meant: the one argument that is shown."""
        following = self.items[start + 1 : start + 2]
        if self.words.word_of(self.items[start]) is None or not following:
            return ()
        if sign(following[0]) != "(":
            return ()
        kept, self.at = self.at, start + 1
        found = self.arguments_ahead()
        self.at = kept
        if found is not None and len(found) == 1 and isinstance(found[0], Ref):
            return (replace(found[0]),)  # the argument itself is another node
        return ()

    def _scaled_factor(self) -> Term:
        """Read a factor, and the one behind it if the first is but a number."""
        first = self.factor()
        match first:
            case Num() | Div(Num(), Num()):
                return self.scaled(first)
        return first

    def differential(self, leaf: Leaf, scripts: Scripted | None) -> Term:
        r"""Read ``\partial_x f``, and either half of ``\partial L / \partial x``."""
        if scripts is not None and scripts.below:
            by = self.inside(scripts.below[0])
            of = self.factor()
            return Derivative(of, (by,), "partial", place=(leaf.place[0], of.place[1]))
        if not self.more:
            raise ReadingError("a derivative of what?", leaf.place)
        of = self.factor()
        return Ref("partial", sub=(of,), place=(leaf.place[0], of.place[1]))


def _order(number: Num) -> int:
    """Return how often is derived."""
    if number.text not in _ORDERS:
        raise ReadingError(f"a derivative of the order {number.text[:9]}", number.place)
    return int(number.text)


def _without_order(by: Term, order: int) -> Term:
    r"""Take the 2 of ``\partial w^2`` off a name whose marks above are layers elsewhere."""
    if order > 1 and isinstance(by, Ref) and by.sup[-1:] == (Num(str(order)),):
        return replace(by, sup=by.sup[:-1])
    return by
