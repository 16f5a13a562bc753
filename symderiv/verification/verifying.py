"""From a document to its verdicts, on one screen."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np

from symderiv.documents import Document, Row, parse, read
from symderiv.network import Network
from symderiv.verification.building import Built, built, names_of
from symderiv.verification.functions import ELEMENTWISE, WHOLE
from symderiv.verification.given_model import given_model
from symderiv.verification.judging import Judge
from symderiv.verification.model import Definition, Model
from symderiv.verification.records import Equation, Link, Report, worst
from symderiv.verification.settling import conventions, settled
from symderiv.verification.statements import Statement, statements, whole
from symderiv.verification.terms import Ref


def verify(source: str | Path, model: Network | None = None, *, budget: float = 20.0) -> Report:
    """Read a document and judge every equation in it.

    ``source`` is a path, or a text in Markdown. ``model`` is the network that a homework is about
    which states only gradients. After ``budget`` seconds the rest is told as out of time.

    Raises ``DocumentError`` for a file that cannot be read.
    """
    document = read(source) if isinstance(source, Path) else parse(source)
    return verified(document, model, budget=budget)


def verified(document: Document, network: Network | None = None, *, budget: float = 20.0) -> Report:
    """Judge every equation of a document.

    Where it may be meant with arrays or with numbers alone, both are tried, and the reading is
    taken in which more of it holds: authors are right more often than not.
    """
    start = time.monotonic()
    given = partial(given_model, network) if network is not None else Model
    with np.errstate(all="ignore"):  # a point outside a domain is found out and left
        found, arrays = _judged(document, given(), start + budget / 2, arrays=True)
        if not arrays:
            return found
        plain, _ = _judged(document, given(), start + budget, arrays=False)
    simple = not any(e.verdict in _JUDGED and _looks(e) for e in found.equations)
    if _fit(plain) > 1.3 * _fit(found) + 2 or (simple and _fit(plain) >= _fit(found)):
        found, plain = plain, found
        return replace(found, equations=_filled(found, plain, arrays=False))
    return replace(found, equations=_filled(found, plain, arrays=True))


def _filled(found: Report, other: Report, *, arrays: bool) -> tuple[Equation, ...]:
    """Take from the other reading what cannot be told in this one and is right there.

    What looks like matrices is never taken from the reading with numbers, which loses their order.
    """
    done: list[Equation] = []
    for own, second in zip(found.equations, other.equations, strict=True):
        open_ = own.verdict == "cannot tell" and second.verdict in {"right", "slip", "definition"}
        misfit = any("shape" in x.reason or "product of" in x.reason for x in own.links)
        if open_ and (not arrays or not (_looks(own) or misfit)):
            done.append(second)
        else:
            done.append(own)
    return tuple(done)


def _looks(equation: Equation) -> bool:
    """Whether an equation looks like one of matrices."""
    return any(sign in equation.latex for sign in _MATRIX_SIGNS)


_JUDGED = {"right", "wrong", "slip", "cannot tell"}
_MATRIX_SIGNS = (r"\top", "^T", "T}", r"\odot", "diag", "tr", r"\nabla", r"\mathbf", r"\circ", "^t")


def _fit(report: Report) -> float:
    """Return how much of a document holds in a reading."""
    return report.count("right") - report.count("wrong") - 0.1 * report.count("cannot tell")


def _judged(document: Document, given: Model, until: float, *, arrays: bool) -> tuple[Report, bool]:
    """Judge a document in one reading; say whether it has arrays."""
    rows, words = statements(document)
    model = built(rows, words, given)
    settled(rows, model, arrays=arrays)
    judge = Judge(model.model, model.kinds, list(names_of(rows)))
    equations = tuple(_equations(rows, model, judge, until))
    model.assumptions += _generic_functions(model)
    report = Report(
        document.path,
        equations,
        conventions=tuple(conventions(model)),
        assumptions=tuple(dict.fromkeys(model.assumptions)),
        source=document.source,
    )
    return report, model.kinds.tensor


def _generic_functions(model: Built) -> list[str]:
    """Say which functions nobody defines: they are taken as some differentiable ones."""
    usual = {*ELEMENTWISE, *WHOLE, "softmax", "logsoftmax"}
    defined = {letter for letter, *_ in model.model.definitions}
    names = model.kinds.words.functions - model.model.functions.keys() - usual - defined
    return [f"{name} is some differentiable function" for name in sorted(names)]


def _equations(
    rows: Sequence[Statement], model: Built, judge: Judge, until: float
) -> Iterator[Equation]:
    for _, group in groupby(rows, key=lambda row: id(row.row)):
        parts = list(group)
        row = parts[0]
        if row.formula.n is None and not _holds_relation(parts):
            continue
        late = time.monotonic() > until
        found = [_late(part) if late else _links(part, model, judge) for part in parts]
        links = tuple(_placed(link, row.row) for some, _ in found for link in some)
        reason = next((r for _, r in found if r), "")
        unread = row.error is not None and not _RANGE.match(row.row.text)
        verdict = worst(links) if links else ("cannot tell" if unread else "text")
        reason = reason if unread else ""
        yield Equation(
            row.formula.n, row.number, row.row.line, row.row.line_end, row.row.latex, verdict,
            links, row.row.start, row.row.end, reason,
        )  # fmt: skip


def _placed(link: Link, row: Row) -> Link:
    """Give the places of a link in the source rather than in what was read."""
    places = tuple((row.places[i], row.ends[j - 1] if j else row.places[i]) for i, j in link.places)
    return replace(link, places=places)


def _late(part: Statement) -> tuple[list[Link], str]:
    count = len(part.chain.signs) if part.chain is not None else 0
    return [Link("cannot tell", reason="out of time")] * count, "out of time" if not count else ""


_RANGE = re.compile(r"^[^=]*(=|\\in)\s*(\\\{)?\s*-?\w[^=]*,\s*(\\[lc]?dots|\.\.\.)[^=]*$")


def _holds_relation(parts: Sequence[Statement]) -> bool:
    if parts[0].error is not None:
        return "=" in parts[0].row.text
    return any(part.chain is not None and part.chain.signs for part in parts)


def _links(row: Statement, model: Built, judge: Judge) -> tuple[list[Link], str]:
    if row.error is not None:
        return [], str(row.error)
    chain = whole(row)
    if chain is None or not chain.signs:
        return [], ""
    kinds = model.links.get(row.at, [])
    links: list[Link] = []
    first = row.first if row.first is not None else chain.sides[0]
    for place, kind in enumerate(kinds):
        left, right = chain.sides[place], chain.sides[place + 1]
        if kind == "definition":
            links.append(Link("definition"))
        elif kind == "data":
            links.append(Link("data"))
        elif kind == "text" or left is None or right is None or first is None:
            links.append(Link("text"))
        elif kind == "restated":
            link = judge.link(row, left, left, right)
            if link.verdict in {"right", "slip"} or _misspelt(link):
                links.append(link)
            else:
                assert isinstance(left, Ref)
                model.model.add(Definition(left, right, row.at))
                model.assumptions.append(f"line {row.row.line}: {row.text(left)} is defined anew")
                links.append(Link("definition"))
        else:
            base = first if "text" not in kinds[:place] else left
            links.append(judge.link(row, base, left, right))
    return links, ""


def _misspelt(link: Link) -> bool:
    """Whether one slip of the pen separates a restated definition from the first."""
    return link.verdict == "wrong" and link.mistake in {"sign", "wrong index", "wrong layer"}
