"""A side of a claim but for one node, in the place of which others are tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symderiv.verification.arrays import SINGLE, size
from symderiv.verification.comparing import ROUGH
from symderiv.verification.functions import Value
from symderiv.verification.model import Bound, Unknown
from symderiv.verification.points import Points
from symderiv.verification.terms import Add, Div, Mul, Neg, Term, above, rewritten, values

NO_VALUE = (Unknown, ArithmeticError, ValueError, RecursionError)
_MARGIN = 10
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Aim:
    """A value that something must have for one choice of indices, and how far it may be off."""

    points: Points
    bound: Bound
    value: Value
    slack: npt.NDArray[np.float64]

    def is_missed(self, term: Term) -> bool:
        """Whether a term has another value, or none."""
        try:
            value = self.points.value(term, self.bound)
        except NO_VALUE:
            return True
        return size(value) != SINGLE or not np.all(np.abs(value - self.value) <= self.slack)


def aim_at(value: Value, points: Points, bound: Bound) -> Aim:
    """Return the aim to come close to a value."""
    return Aim(points, bound, value, _MARGIN * ROUGH * (1 + np.abs(value)))


class Hole:
    """A term but for one node; ``several`` says that equal nodes stand elsewhere in it.

    Where sums, products and fractions of numbers are all that is above the node, what the whole
    must be says what the node must be. Then most of what is tried there need not be filled in.
    """

    def __init__(self, term: Term, node: Term, aim: Aim) -> None:
        self.term, self.node = term, node
        self.above = above(term, node)
        self.several = sum(other == node for other in values(term)) > 1
        self.aim = self._solved(aim)

    def filled(self, new: Term) -> Term | None:
        """Return the term with another node, unless it is plain that it cannot be right.

        What is not above the node stays the same object, so that its value is known.
        """
        if self.aim is not None and self.aim.is_missed(new):
            return None

        def change(node: Term) -> Term | None:
            if node is self.node:
                return new
            return None if id(node) in self.above else node

        return rewritten(self.term, change)

    def _solved(self, aim: Aim) -> Aim | None:
        term: Term | None = self.term
        try:
            while term is not None and term is not self.node:
                inside = [c for c in term.children() if c is self.node or id(c) in self.above]
                below = _below(term, inside[0], aim) if len(inside) == 1 else None
                if below is None:
                    return None
                term, aim = inside[0], below
        except NO_VALUE:
            return None
        return aim if size(aim.value) == SINGLE else None


def _below(term: Term, child: Term, aim: Aim) -> Aim | None:
    """Return what a child must be for a term to be as it must, None if that cannot be told."""
    if not isinstance(term, Neg | Add | Mul | Div) or size(aim.value) != SINGLE:
        return None
    points, bound = aim.points, aim.bound
    others = [points.value(c, bound) for c in term.children() if c is not child]
    if any(size(other) != SINGLE for other in others):
        return None
    match term:
        case Neg():
            return Aim(points, bound, -aim.value, aim.slack)
        case Add():
            return Aim(points, bound, aim.value - sum(others), aim.slack)
        case Div(top, _) if child is top:
            return Aim(points, bound, aim.value * others[0], aim.slack * np.abs(others[0]))
        case Mul(_, signs) if "/" not in signs:
            factor = np.prod(np.broadcast_arrays(*others), axis=0)
            if np.all(np.abs(factor) > _NOTHING):
                return Aim(points, bound, aim.value / factor, aim.slack / np.abs(factor))
    return None
