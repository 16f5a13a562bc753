"""Readings in which a claim is right though not as it stands: what the text says beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symderiv.verification.arrays import size
from symderiv.verification.comparing import (
    ROUGH,
    Side,
    agree_apart,
    agree_at_some_points,
    close,
)
from symderiv.verification.model import Index, Unknown
from symderiv.verification.sides import Sides
from symderiv.verification.statements import Statement
from symderiv.verification.terms import Derivative, Ref, Term, loose, walk
from symderiv.verification.words import COSTS

_HELD = ("fixed", "holding", "held", "treating", "constant", "explicit", "direct")
_NOT_EQUAL = re.compile(r"\\ne|≠|differ|otherwise|not equal")
_COMPARES = re.compile(
    r"(assum|when|where|\bif\b|\bfor\b|suppose|case)[^.]{0,80}([<>]|\\[lg](e|t)|positive|negative|active)",
    re.IGNORECASE,
)
LABELS = frozenset({"y", "t", "Y", "T"})
"""The letters of labels, of which those of all classes may sum to 1."""
_GIVEN = re.compile(r"\$\s*([A-Za-z])\s*=\s*(-?\d+(?:\.\d+)?)\s*\$")
_STAND_INS = {
    "sigma": re.compile("sigmoid|logistic"),
    "tanh": re.compile("tanh|hyperbolic"),
    "relu": re.compile("relu|rectif"),
    "the identity": re.compile("linear|identity"),
}


@dataclass(frozen=True, slots=True)
class Rescue:
    """A claim that does not hold as it stands.

    ``holds`` says whether two sides agree, in a layout that is allowed; ``generic`` are functions
    that nobody defines, ``text`` is the whole document in small letters.
    """

    statement: Statement
    sides: Sides
    first: Term
    right: Term
    holds: Callable[[Sequence[Side]], bool]
    generic: frozenset[str]
    text: str

    def reason(self) -> str:
        """Return in which reading the claim is right, or nothing."""
        readings = (self._held, self._factors_held, self._apart, self._in_a_case, self._outside,
                    self.in_rows, self._labelled, self._stood_in, self._other_cost,
                    self._at_values)  # fmt: skip
        return next((why for reading in readings if (why := reading())), "")

    def in_one_case(self) -> bool:
        """Whether it holds at some points and not at others."""
        base, side = self._pair()
        return base.known and side.known and agree_at_some_points(base, side)

    def _pair(self) -> list[Side]:
        return self.sides.of([self.first, self.right])

    @property
    def _near(self) -> str:
        return f"{self.statement.formula.before} {self.statement.formula.after}"

    # --- the readings ---

    def _held(self) -> str:
        before = self.statement.formula.before.lower()
        spoken = isinstance(self.first, Derivative) and any(word in before for word in _HELD)
        pair = [self.first, self.right]
        if spoken and self.holds(self.sides.of(pair, explicit=frozenset({0}))):
            return "the other names are held fixed, as the text says"
        return ""

    def _factors_held(self) -> str:
        derivatives = any(isinstance(t, Derivative) for t in walk(self.right))
        pair = [self.first, self.right]
        if derivatives and self.holds(self.sides.of(pair, explicit=frozenset({1}))):
            return "the factors hold the other names fixed"
        return ""

    def _apart(self) -> str:
        base, side = self._pair()
        spoken = _NOT_EQUAL.search(self._near) is not None
        holds = spoken and base.known and side.known and agree_apart(base, side)
        return "for indices that differ, as the text says" if holds else ""

    def _in_a_case(self) -> str:
        spoken = _COMPARES.search(self._near) is not None
        return "in the case that the text speaks of" if spoken and self.in_one_case() else ""

    def _outside(self) -> str:
        r"""Try free indices beyond the ranges of all sums.

        In :math:`-\log\sigma(u_o^T v) - \sum_k \log\sigma(-u_k^T v)` o is meant to be no k.
        """
        sizes, kinds = self.sides.model.sizes, self.sides.kinds
        letters = (loose(self.first) | loose(self.right)) & sizes.keys() - kinds.ends
        beyond: dict[str, Index] = {x: sizes[x] + n for n, x in enumerate(sorted(letters), 1)}
        points = self.sides.points(positive=False)
        try:
            a, b = points.value(self.first, beyond), points.value(self.right, beyond)
        except (Unknown, ArithmeticError, ValueError):
            return ""
        same = size(a) == size(b) and close(a, b) and np.any(np.abs(a) > ROUGH)
        return "for indices that no sum runs over" if letters and same else ""

    def in_rows(self) -> str:
        """Try the layout in which the derivative of a number by a column is a row."""
        if not any(isinstance(t, Derivative) for t in walk(self.right)):
            return ""
        points = replace(self.sides.points(positive=False), rows=True, known={}, changed={})
        try:
            a, b = points.value(self.first, {}), points.value(self.right, {})
        except (Unknown, ArithmeticError, ValueError):
            return ""
        holds = size(a) == size(b) and close(a, b)
        return "with derivatives by columns in rows" if holds else ""

    def _labelled(self) -> str:
        pair = self.sides.of([self.first, self.right], constrained=LABELS)
        return "because the labels sum to 1" if self.holds(pair) else ""

    def _stood_in(self) -> str:
        """Try a usual function that the text names, for one that nobody defines or for sigma."""
        near = self._near.lower()
        function = min(self.generic) if len(self.generic) == 1 else "sigma"
        for name, words in _STAND_INS.items():
            if function not in self.generic:
                spoken = re.search(rf"sigma\$?\s*(=|is)[^.]{{0,20}}({words.pattern})", near)
            else:
                spoken = words.search(near if name == "the identity" else self.text)
            stand_in = (function, name)
            sides = Sides(self.sides.model, self.sides.kinds, self.sides.at, stand_in=stand_in)
            if spoken and self.holds(sides.of([self.first, self.right])):
                return f"with {name} for {function}, as the text says"
        return ""

    def _other_cost(self) -> str:
        """Try the derivatives of other costs, where the left side is a name for one."""
        for term in self._other_derivatives():
            if self.holds(self.sides.of([term, self.right])):
                assert isinstance(term.of, Ref)
                marks = "".join(f"_{getattr(i, 'text', '')}" for i in term.of.sub)
                return f"as a derivative of {term.of.letter}{marks}"
        return ""

    def _at_values(self) -> str:
        """Try the values that the text gives just before: *for x = 1 and y = 0*."""
        given = {m[1]: float(m[2]) for m in _GIVEN.finditer(self.statement.formula.before)}
        points = replace(self.sides.points(positive=False), pinned=given, known={}, leaves={})
        try:
            a, b = points.value(self.first, {}), points.value(self.right, {})
        except (Unknown, ArithmeticError, ValueError):
            return ""
        holds = bool(given) and size(a) == size(b) and close(a, b)
        return "for the values that the text gives" if holds else ""

    def _other_derivatives(self) -> Iterator[Derivative]:
        model = self.sides.model.definitions
        known = model.get(self.first.family, ()) if isinstance(self.first, Ref) else ()
        for own in known:
            if own.left == self.first and isinstance(own.right, Derivative):
                for family, definitions in model.items():
                    if family[0] in COSTS:
                        costs = {d.left for d in definitions if not loose(d.left)} - {own.right.of}
                        yield from (Derivative(c, own.right.by, "nabla") for c in costs)
