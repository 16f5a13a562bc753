"""Judging: what a document defines builds the model, everything else is a claim about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symderiv.verification.arrays import size
from symderiv.verification.comparing import (
    Side,
    agree,
    agree_to_digits,
    decimals,
)
from symderiv.verification.diagnosis import UNKNOWN, Diagnosis
from symderiv.verification.kinds import Kinds
from symderiv.verification.model import Model
from symderiv.verification.records import Counterexample, Link
from symderiv.verification.rescuing import LABELS, Rescue
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
    values,
    walk,
)
from symderiv.verification.words import COSTS

_WRONG_BEFORE = re.compile(
    r"\b(wrong|incorrect|mistaken|naive|tempting|erroneous|might (guess|think))\b[^.!?]*$",
    re.IGNORECASE,
)
_WRONG_AFTER = re.compile(
    r"\b(not (correct|right|true|the (gradient|answer))|wrong|incorrect|nonsense|cannot be right)\b"
    r"|\bdo(es)? not (fit|even)\b",
    re.IGNORECASE,
)
_NEAR = 160
_OF_ARRAYS = {"softmax", "norm", "diag", "trace", "rowsum", "logsoftmax"}


@dataclass
class Judge:
    """Judges the claims of one document against its model.

    ``generic`` are functions that nobody defines, ``text`` is the whole document in small letters.
    ``layouts`` counts how the gradients by matrices lie; a ``strict`` judge allows no other layout.
    One of a ``single`` variable judges claims that rest on no model.
    """

    model: Model
    kinds: Kinds
    names: list[tuple[Ref, str]] = field(default_factory=list)
    generic: frozenset[str] = frozenset()
    text: str = ""
    strict: bool = False
    single: bool = False
    layouts: Counter[str] = field(default_factory=Counter)

    def link(self, statement: Statement, first: Term, left: Term, right: Term) -> Link:
        """Judge one equality sign; ``first`` is the side of its chain that the model fixes."""
        link = self._link(statement, first, left, right)
        if link.verdict == "wrong" and _is_refuted(statement):
            return Link("text", reason="quoted to be refuted")
        return link

    def _link(self, statement: Statement, first: Term, left: Term, right: Term) -> Link:
        if not self.single and _one_variable((first, left, right)):
            return self._of_one_variable(statement, first, left, right)
        sides = Sides(self.model, self.kinds, statement.at)
        base, before, side = sides.of([first, left, right])
        if _is_worked(right):
            return _worked(statement, before, side)
        if not base.known and not before.known:
            return Link("cannot tell", reason=base.reason or before.reason)
        if not side.known:
            if side.shape_fault is None or not base.known:
                return Link("cannot tell", reason=side.reason)
            in_rows = self._rescue(statement, sides, first, right).in_rows()
            if in_rows:
                return _right(right, in_rows)
            return Diagnosis(sides, self.names, statement, base, side).link("shapes do not fit")
        for other in (base, before):
            if self._holds((other, side)):
                layout = agree(other, side)[1]
                self.layouts[layout] += _is_matrix(side) and self._is_gradient(other.term)
                return _right(right, layout=layout)
        rescue = self._rescue(statement, sides, first, right)
        reason = rescue.reason()
        if reason:
            return _right(right, reason)
        if rescue.in_one_case():
            return Link("cannot tell", reason="it holds in one case and not in another")
        if _is_zero(right) or self._to_be_solved(first, right):
            return Link("text", reason="a condition")
        reference = base if base.known else before
        link = Diagnosis(sides, self.names, statement, reference, side).link()
        if link.mistake == UNKNOWN:
            return self._for_labels(statement, sides, reference.term, right) or link
        return link

    def _for_labels(
        self, statement: Statement, sides: Sides, first: Term, right: Term
    ) -> Link | None:
        """Say what is wrong with a claim that one edit makes right for labels that sum to 1."""
        base, side = sides.of([first, right], constrained=LABELS)
        if not base.known or not side.known:
            return None
        link = Diagnosis(sides, self.names, statement, base, side, LABELS).link()
        return link if link.should_be else None

    def _is_gradient(self, term: Term) -> bool:
        """Whether a side is the derivative of a number by something, or a name for one."""
        match term:
            case Derivative(Ref() as of):
                return of.family in self.kinds.costs or of.letter in COSTS
            case Ref():
                known = self.model.definitions.get(term.family, ())
                return any(isinstance(d.right, Derivative) for d in known)
        return False

    def _of_one_variable(self, statement: Statement, first: Term, left: Term, right: Term) -> Link:
        """Judge a claim about functions of one variable: it is meant for a number."""
        judge = replace(self, kinds=self.kinds.plain(), single=True)
        link = judge.link(statement, first, left, right)
        closed = link.mistake == UNKNOWN and not self._rests_on_model(first, right)
        return replace(link, mistake="another function") if closed else link

    def _rests_on_model(self, *terms: Term) -> bool:
        names = (t for term in terms for t in values(term) if isinstance(t, Ref))
        return any(self.model.definitions.get(name.family) for name in names)

    def _rescue(self, statement: Statement, sides: Sides, first: Term, right: Term) -> Rescue:
        return Rescue(statement, sides, first, right, self._holds, self.generic, self.text)

    def _holds(self, pair: Sequence[Side]) -> bool:
        """Whether two sides agree, in a layout that is allowed."""
        same, layout = agree(*pair)
        return same and not (self.strict and layout == "transposed" and _is_matrix(pair[1]))

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


def _is_refuted(statement: Statement) -> bool:
    """Whether the text around a formula says that it is wrong."""
    before, after = statement.formula.before, statement.formula.after
    return bool(_WRONG_BEFORE.search(before) or _WRONG_AFTER.search(after[:_NEAR]))


def _is_matrix(side: Side) -> bool:
    """Whether a side has rows and columns, and not as many of each."""
    sizes = {size(value) for value in side.values if value is not None}
    return all(1 not in each and each[0] != each[1] for each in sizes)


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
    worked = any(
        (isinstance(t, Num) and "." in t.text) or isinstance(t, Ref | Call) for t in values(term)
    )
    return worked and _is_number(term)


def _is_number(term: Term) -> bool:
    """Whether a term has no names in it."""
    names = (t for t in values(term) if isinstance(t, Ref | Derivative | BigOp))
    return all(isinstance(t, Ref) and t.letter in {"e", "pi"} for t in names)


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
