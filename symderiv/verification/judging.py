"""Judging: what a document defines builds the model, everything else is a claim about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from symderiv.verification.arrays import size
from symderiv.verification.comparing import (
    ROUGH,
    Side,
    agree,
    agree_apart,
    agree_at_some_points,
    agree_to_digits,
    close,
    decimals,
)
from symderiv.verification.diagnosis import Diagnosis
from symderiv.verification.kinds import Kinds
from symderiv.verification.model import Index, Model, Unknown
from symderiv.verification.records import Counterexample, Link
from symderiv.verification.sides import Sides
from symderiv.verification.statements import Statement
from symderiv.verification.terms import (
    BigOp,
    Call,
    Derivative,
    Num,
    Ref,
    Term,
    Transposed,
    loose,
    values,
    walk,
)

_HELD = ("fixed", "holding", "held", "treating", "constant", "explicit", "direct")
_NOT_EQUAL = re.compile(r"\\ne|≠|differ|otherwise|not equal")
_COMPARES = re.compile(r"[<>]|\\[lg](e|t)|assum|active|positive|negative")
_LABELS = frozenset({"y", "t", "Y", "T"})
_OF_ARRAYS = {"softmax", "norm", "diag", "trace", "rowsum", "logsoftmax"}


@dataclass
class Judge:
    """Judges the claims of one document against its model."""

    model: Model
    kinds: Kinds
    names: list[tuple[Ref, str]] = field(default_factory=list)

    def link(self, statement: Statement, first: Term, left: Term, right: Term) -> Link:
        """Judge one equality sign; ``first`` is the side of its chain that the model fixes."""
        if self.kinds.tensor and _one_variable((first, left, right)):
            return replace(self, kinds=self.kinds.plain()).link(statement, first, left, right)
        sides = Sides(self.model, self.kinds, statement.at)
        base, before, side = sides.of([first, left, right])
        if _is_worked(right):
            return _worked(statement, before, side)
        if not base.known and not before.known:
            return Link("cannot tell", reason=base.reason or before.reason)
        if not side.known:
            if side.shape_fault is None or not base.known:
                return Link("cannot tell", reason=side.reason)
            return Diagnosis(sides, self.names, statement, base, side).link("shapes do not fit")
        for other in (base, before):
            same, layout = agree(other, side)
            if same:
                return _right(right, layout=layout)
        rescued = _rescued(statement, sides, first, right)
        if rescued is not None:
            return rescued
        if _is_zero(right) or self._to_be_solved(first, right):
            return Link("text", reason="a condition")
        reference = base if base.known else before
        return Diagnosis(sides, self.names, statement, reference, side).link()

    def _to_be_solved(self, left: Term, right: Term) -> bool:
        """Whether an equation is between given values alone: it asks for one of them."""
        if isinstance(left, Ref):
            return False
        nodes = [*walk(left), *walk(right)]
        return not any(
            isinstance(n, Derivative | Call)
            or (isinstance(n, Ref) and self.model.definitions.get(n.family))
            for n in nodes
        )


def _right(right: Term, reason: str = "", *, layout: str = "") -> Link:
    slips = [t.slip for t in walk(right) if isinstance(t, Derivative) and t.slip]
    if slips:
        return Link("slip", "checked", layout=layout, reason=slips[0])
    return Link("right", "checked", layout=layout, reason=reason)


# --- right, though not as it stands ---------------------------------------------------------------


def _rescued(statement: Statement, sides: Sides, first: Term, right: Term) -> Link | None:
    """Try the readings in which a claim is right though not as it stands."""
    pair = [first, right]
    if _speaks_of_held(statement, first) and _holds(sides.of(pair, explicit=frozenset({0}))):
        return _right(right, "the other names are held fixed, as the text says")
    derivatives = any(isinstance(t, Derivative) for t in walk(right))
    if derivatives and _holds(sides.of(pair, explicit=frozenset({1}))):
        return _right(right, "the factors hold the other names fixed")
    base, side = sides.of(pair)
    words = f"{statement.formula.before} {statement.formula.after}"
    if base.known and side.known:
        if _NOT_EQUAL.search(words) and agree_apart(base, side):
            return _right(right, "for indices that differ, as the text says")
        if agree_at_some_points(base, side):
            if _COMPARES.search(words):
                return _right(right, "in the case that the text speaks of")
            return Link("cannot tell", reason="it holds in one case and not in another")
    if _holds_outside(sides, first, right):
        return _right(right, "for indices that no sum runs over")
    if _holds(sides.of(pair, constrained=_LABELS)):
        return _right(right, "because the labels sum to 1")
    return None


def _holds(pair: Sequence[Side]) -> bool:
    base, side = pair
    return agree(base, side)[0]


def _speaks_of_held(statement: Statement, first: Term) -> bool:
    """Whether the text before a derivative says that it holds other names."""
    before = statement.formula.before.lower()
    return isinstance(first, Derivative) and any(word in before for word in _HELD)


def _holds_outside(sides: Sides, first: Term, right: Term) -> bool:
    r"""Whether a claim holds for free indices beyond the ranges of all sums.

    In :math:`-\log\sigma(u_o^T v) - \sum_k \log\sigma(-u_k^T v)` o is meant to be no k.
    """
    sizes = sides.model.sizes
    letters = (loose(first) | loose(right)) & sizes.keys() - sides.kinds.ends
    if not letters:
        return False
    beyond: dict[str, Index] = {x: sizes[x] + n for n, x in enumerate(sorted(letters), 1)}
    points = sides.points(positive=False)
    try:
        a, b = points.value(first, beyond), points.value(right, beyond)
    except (Unknown, ArithmeticError, ValueError):
        return False
    return size(a) == size(b) and close(a, b) and bool(np.any(np.abs(a) > ROUGH))


# --- numbers that are worked out ------------------------------------------------------------------


def _worked(statement: Statement, before: Side, side: Side) -> Link:
    """Recompute a number that was worked out; one that data would be needed for is data."""
    if not side.known:
        return Link("cannot tell", reason=side.reason)
    right = side.term
    if not before.known:
        return Link("cannot tell", reason=before.reason)
    if not _is_number(before.term):
        return _right(right) if agree(before, side)[0] else Link("data")
    value = before.values[0]
    if value is None or agree_to_digits(value, side.values[0], right):
        return _right(right)
    true = f"{value[0, 0, 0].real:.{decimals(right)}f}"
    found = statement.text(right)
    example = Counterexample({}, true, found)
    return Link("wrong", found=found, should_be=true, mistake="wrong number",
                counterexample=example, places=(right.place,))  # fmt: skip


def _is_worked(term: Term) -> bool:
    """Whether a side is made of numbers with decimals."""
    decimal = any(isinstance(t, Num) and "." in t.text for t in values(term))
    return decimal and _is_number(term)


def _is_number(term: Term) -> bool:
    """Whether a term has no names in it."""
    return not any(isinstance(t, Ref | Derivative | BigOp) for t in values(term))


def _is_zero(term: Term) -> bool:
    return isinstance(term, Num) and float(term.text) == 0


def _one_variable(terms: Sequence[Term]) -> bool:
    """Whether a claim is about functions of one variable: then it is meant for a number."""
    nodes = [node for term in terms for node in walk(term)]
    calls = [node for node in nodes if isinstance(node, Call)]
    if not calls or any(isinstance(t, Ref) and (t.sub or t.sup) for s in terms for t in values(s)):
        return False
    if any(isinstance(t, Transposed) for t in nodes) or any(
        call.function.letter in _OF_ARRAYS for call in calls
    ):
        return False
    names = {t.family for t in nodes if isinstance(t, Ref)}
    return len(names - {call.function.family for call in calls} - {("e", "", "")}) == 1
