"""Claims in SymPy judged: as formulas where they are about components, else as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp
from sympy import Expr

from symderiv.derivation import Derivation
from symderiv.documents import parse
from symderiv.hand.arrays import Comparison
from symderiv.hand.expressions import ArrayClaim, Claim, right_side
from symderiv.hand.indexed import Entries
from symderiv.hand.trials import Bench
from symderiv.latex.printer import latex
from symderiv.notation import LECTURE
from symderiv.verification.building import built, names_of
from symderiv.verification.comparing import agree, shown
from symderiv.verification.diagnosis import UNKNOWN, Diagnosis
from symderiv.verification.given_model import given_model
from symderiv.verification.kinds import Kinds
from symderiv.verification.records import Counterexample, Equation, Link, Report
from symderiv.verification.settling import settled
from symderiv.verification.sides import Sides
from symderiv.verification.statements import Statement, parsed_rows, statements, vocabulary
from symderiv.verification.terms import Term
from symderiv.writing import write


def judged(claims: Sequence[Claim | ArrayClaim], bench: Bench, until: float) -> Report:
    """Return the report on some claims, in their order.

    Its source is the claims in LaTeX, in the notation in which the network's symbols are named.
    """
    formulas = Formulas([c for c in claims if isinstance(c, Claim)], bench.derivation)
    found = formulas.equations()
    equations = []
    for n, claim in enumerate(claims, 1):
        if isinstance(claim, Claim):
            equations.append(replace(next(found), n=n))
        else:
            compared = Comparison(bench, Entries(claim, bench), until).equations()
            equations += [replace(equation, n=n) for equation in compared]
    return Report("", tuple(equations), assumptions=bench.assumptions, source=formulas.text)


@dataclass(frozen=True)
class Formulas:
    """Claims about components, written as a document that the network is the model of."""

    claims: Sequence[Claim]
    derivation: Derivation

    @cached_property
    def text(self) -> str:
        """The claims in LaTeX."""
        return "".join(f"$${self._latex(c.left)} = {self._latex(c.right)}$$\n" for c in self.claims)

    @cached_property
    def mends(self) -> list[str]:
        """What the right side of each claim should be, nothing where that is not known."""
        right = [right_side(claim, self.derivation) for claim in self.claims]
        return [self._latex(side) if side is not None else "" for side in right]

    def _latex(self, expr: Expr) -> str:
        return latex(write(expr, self.derivation.network.components))

    def equations(self) -> Iterator[Equation]:
        """Yield the record of each claim.

        What it should be is read with it, so that a mend may use the names in there.
        """
        lecture = replace(self.derivation.network, notation=LECTURE.key)
        known = "".join(f"$${mend or 0}$$\n" for mend in self.mends)
        mirrored = "".join(f"$${self._latex(c.mirrored or sp.S.Zero)}$$\n" for c in self.claims)
        parsed = parsed_rows(parse(self.text + known + mirrored))
        words = vocabulary(parsed)
        rows = statements(parsed, words)
        model = built([], words, given_model(lecture))
        settled(rows, model, arrays=False)
        _sum_to_one(model.kinds, self.derivation)
        count = len(self.claims)
        each = zip(rows[:count], rows[count:-count], rows[-count:], strict=True)
        for n, (row, mended, other) in enumerate(each):
            sides = Sides(model.model, model.kinds, row.at)
            link = self._link(n, sides, row, mended, other)
            place = row.row
            yield Equation(None, 1, place.line, place.line_end, place.latex, link.verdict, (link,),
                           place.start, place.end)  # fmt: skip

    def _link(
        self, n: int, sides: Sides, row: Statement, mended: Statement, other: Statement
    ) -> Link:
        """Judge one claim."""
        claim = self.claims[n]
        left, right, mirrored = (_side(s, at) for s, at in ((row, 0), (row, 1), (other, 0)))
        base, side, across = sides.of([left, right, mirrored])
        if not base.known or not side.known:
            return Link("cannot tell", reason=base.reason or side.reason)
        if agree(base, side)[0]:
            return Link("right", "checked", layout=claim.layout)
        link = Diagnosis(sides, list(names_of([row, mended])), row, base, side).link()
        if claim.mirrored is not None and agree(across, side)[0]:
            link = replace(link, found=row.text(right), mistake="transpose or order",
                           places=(right.place,), should_be=self.mends[n])  # fmt: skip
        elif link.verdict == "cannot tell" and self.mends[n] == "0":  # it is so at all points
            assert base.values[0] is not None
            assert side.values[0] is not None
            example = Counterexample({}, shown(base.values[0]), shown(side.values[0]))
            link = Link("wrong", found=row.text(right), should_be=self.mends[n], mistake=UNKNOWN,
                        counterexample=example, places=(right.place,))  # fmt: skip
        elif link.mistake == UNKNOWN:
            link = replace(link, should_be=self.mends[n])
        places = tuple((row.row.places[i], row.row.ends[j - 1]) for i, j in link.places)
        return replace(link, places=places)


def _sum_to_one(kinds: Kinds, derivation: Derivation) -> None:
    """Tell the points that the labels of a sample sum to 1, if they do."""
    graph = derivation.network.components
    for fact in graph.facts:
        quantities = [graph[symbol.name].quantity for symbol in fact.left.free_symbols]
        family = (quantities[0].component_letter, quantities[0].hat, "")
        kinds.labels.add(family)
        kinds.classes[family] = (
            len(quantities[0].indices) - 1,
            {str(quantity.indices[-1]) for quantity in quantities},
        )


def _side(statement: Statement, place: int) -> Term:
    """Return a side of what was written here, which can be read."""
    assert statement.chain is not None
    side = statement.chain.sides[place]
    assert side is not None
    return side
