"""Brackets, norms, conditions, cases and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Applied, Environment, Leaf, Scripted, Syntax
from symderiv.verification.naming import Names
from symderiv.verification.sequences import (
    at_words,
    comma_parts,
    flat,
    has_relation,
    is_condition,
    is_words,
    opened,
    sign,
    split,
    unwrapped,
    without_words,
)
from symderiv.verification.terms import (
    Array,
    Call,
    Cases,
    Compared,
    Derivative,
    Mul,
    Num,
    Place,
    Ref,
    Term,
    Transposed,
)
from symderiv.verification.words import OPENING

_BARS = {
    "|": "abs", r"\vert": "abs", r"\lvert": "abs",
    r"\|": "norm", r"\Vert": "norm", r"\lVert": "norm",
}  # fmt: skip


class Brackets(Names):
    """Reads brackets and environments."""

    def bracket(self, leaf: Leaf, scripts: Scripted | None) -> Term:
        """Read a bracket: a sum, a norm between bars, an absolute value, an indicator."""
        if scripts is not None:
            raise ReadingError("a script on a bracket that opens", scripts.place)
        if sign(leaf) == r"\{" and self.more and isinstance(self.now, Environment):
            last = self.at + 1 == len(self.items)
            if last or sign(self.items[self.at + 1]) != r"\}":
                return self.factor()  # cases, of which the brace is never closed
        self.at -= 1
        opening = sign(leaf)
        inner, end = self.bracketed()
        place = (leaf.place[0], end)
        if not inner:
            raise ReadingError("an empty bracket", place)
        if opening in _BARS:
            if _BARS[opening] == "abs" and sign(inner[0]) == "|":
                raise ReadingError("bars that cannot be told apart", place)
            call = Call(Ref(_BARS[opening], place=place), (self.term(inner),), place=place)
            return self.behind(call)
        if has_relation(inner):
            return _one_if(self.condition(inner), place)
        parts = comma_parts(inner)
        if opening == r"\langle":
            if len(parts) != 2:
                raise ReadingError("an expectation", place)
            arguments = tuple(self.term(part) for part in parts)
            return Call(Ref("inner", place=place), arguments, place=place)
        if len(parts) > 1:
            raise ReadingError("a list where a value is expected", place)
        content = self.term(inner)
        if isinstance(content, Num | Ref | Transposed | Derivative | Call):
            place = content.place  # what needs no brackets stands for itself
        return self.behind(replace(content, place=place))

    # --- conditions ---

    def ones(self, item: Applied, scripts: Scripted | None) -> Term:
        """Read a bold one: a column of ones, or the indicator of what follows in brackets."""
        below = scripts.below if scripts is not None else ()
        if scripts is not None and any(has_relation(unwrapped(opened(s))) for s in below):
            return _one_if(self.condition(opened(below[0])), scripts.place)
        if scripts is None and self.peek() in {"(", "[", r"\{"}:
            inner, end = self.bracketed()
            return _one_if(self.condition(inner), (item.place[0], end))
        return self.name(Ref("1", style="bold", place=item.place), scripts)

    def condition(self, items: Sequence[Syntax]) -> Term:
        """Read a condition: two sides and a relation, or more, which all have to hold."""
        parts, signs = split([item for item in items if not is_words(item)])
        if len(parts) == 1 and len(items) > 2 and OPENING.get(sign(items[0])) == sign(items[-1]):
            return self.condition(items[1:-1])
        if len(parts) < 2 or not all(parts):
            raise ReadingError("expected a condition", items[0].place if items else (0, 0))
        sides = [self.term(part) for part in parts]
        found: Term = Compared(sides[0], signs[0], sides[1], place=sides[0].place)
        for left, relation, right in zip(sides[1:], signs[1:], sides[2:], strict=False):
            both = Compared(left, relation, right, place=left.place)
            found = Mul((found, both), ("",), place=found.place)
        return found

    # --- environments ---

    def environment(self, item: Environment) -> Term:
        """Read cases, a matrix, or what stands in an environment for rows."""
        conditions = all(len(row) == 2 and is_condition(row[1]) for row in item.rows)
        if item.name in {"cases", "dcases", "rcases"} or (item.name == "array" and conditions):
            return self.cases(item)
        if item.name.endswith("matrix") or item.name == "array":
            rows = tuple(tuple(self.inside(cell) for cell in row) for row in item.rows)
            if len({len(row) for row in rows}) != 1:
                raise ReadingError("rows of different lengths", item.place)
            return Array(rows, place=item.place)
        if item.name in {"aligned", "split", "gathered", "align", "equation"}:
            return self.term(flat([i for row in item.rows for cell in row for i in cell.items]))
        raise ReadingError(f"the environment {item.name}", item.place)

    def cases(self, item: Environment) -> Term:
        """Read values by cases: the condition is behind an ``&``, or behind words or a comma."""
        rows: list[tuple[Term, Term | None]] = []
        for row in item.rows:
            items = flat(row[0].items)
            if len(row) == 1:
                items, rest = at_words(items)
            else:
                rest = flat(row[1].items)
            value, _ = without_words(items)
            conditions = [i for i in rest if not is_words(i)]
            rows.append((self.term(value), self.condition(conditions) if conditions else None))
        if not rows:
            raise ReadingError("no cases", item.place)
        return Cases(tuple(rows), place=item.place)


def _one_if(condition: Term, place: Place) -> Cases:
    """Return what is 1 under a condition and 0 otherwise."""
    return Cases(((Num("1"), condition), (Num("0"), None)), place=place)
