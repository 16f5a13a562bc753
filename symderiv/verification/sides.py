"""The sides of a link at the same points, for the same choices of the free indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from symderiv.verification.arrays import ShapeError
from symderiv.verification.comparing import Side
from symderiv.verification.functions import DomainError, Value
from symderiv.verification.kinds import Kinds
from symderiv.verification.model import Index, Model, Unknown
from symderiv.verification.points import Points
from symderiv.verification.terms import Term, loose

_MOST_CHOICES = 9
_MOST_VALUES = 3


@dataclass(slots=True)
class Sides:
    """Evaluates terms as they are meant at one place of a document, by its model.

    What is evaluated there at the same points is kept, so a model that grows needs new ``Sides``.
    ``stand_in`` is a function and the usual one that is taken for it.
    """

    model: Model
    kinds: Kinds
    at: float
    stand_in: tuple[str, str] = ("", "")
    _points: dict[tuple[bool, frozenset[str]], Points] = field(default_factory=dict)

    def points(self, *, positive: bool, constrained: frozenset[str] = frozenset()) -> Points:
        """Return points, all positive or not, where names with ``constrained`` letters sum to 1."""
        which = positive, constrained
        if which not in self._points:
            self._points[which] = Points(
                self.model,
                self.kinds,
                self.at,
                positive=positive,
                constrained=constrained,
                stand_in=self.stand_in,
            )
        return self._points[which]

    def choices(self, terms: Sequence[Term]) -> list[dict[str, Index]]:
        """Return choices of values for the free indices of some terms, not all if they are many."""
        found: set[str] = set().union(*(loose(term) for term in terms))
        letters = sorted(x for x in found if x in self.model.sizes and x not in self.kinds.ends)
        spans = [range(1, min(self.model.sizes[x], _MOST_VALUES) + 1) for x in letters]
        every = [dict[str, Index](zip(letters, v, strict=True)) for v in product(*spans)]
        if len(every) > _MOST_CHOICES:
            step = len(every) / _MOST_CHOICES
            every = [every[int(k * step)] for k in range(_MOST_CHOICES)]
        return every or [{}]

    def of(
        self,
        terms: Sequence[Term],
        *,
        explicit: frozenset[int] = frozenset(),
        constrained: frozenset[str] = frozenset(),
    ) -> list[Side]:
        """Evaluate terms at the same points, which are positive if need be.

        Derivatives in the terms at the places ``explicit`` hold all other names; the names with
        ``constrained`` letters sum to 1.
        """
        choices = self.choices(terms)
        for positive in (False, True):
            points = self.points(positive=positive, constrained=constrained)
            held = replace(points, explicit=True, known={}, changed={})
            sides = [Side(term, choices, positive) for term in terms]
            try:
                for choice in choices:
                    for place, side in enumerate(sides):
                        used = held if place in explicit else points
                        side.values.append(_value(side, used, choice))
            except DomainError:
                continue
            for side in sides:
                _finished(side)
            return sides
        reason = "outside the domain of a function at all points"
        return [Side(term, reason=reason) for term in terms]


def _value(side: Side, points: Points, choice: dict[str, Index]) -> Value | None:
    """Return the value of a side, or note in it why there is none."""
    try:
        value = points.value(side.term, choice)
    except ShapeError as error:
        side.shape_fault = side.shape_fault or error
        side.reason = side.reason or str(error)
    except Unknown as error:
        side.reason = side.reason or str(error)
    except (ValueError, OverflowError, ZeroDivisionError, np.linalg.LinAlgError):
        side.reason = side.reason or "shapes that do not fit"
    except RecursionError:
        side.reason = "nested too deeply"
    else:
        if not np.all(np.isfinite(value)):
            raise DomainError
        return value
    return None


def _finished(side: Side) -> None:
    """Leave a side no values if it has none, and no reason if it has some."""
    if all(value is None for value in side.values):
        side.values = []
    else:
        side.reason = ""
