"""From a document to its verdicts, on one screen."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np

from symderiv.documents import Document, Row, parse, read
from symderiv.network import Network
from symderiv.verification.batches import sample_axes
from symderiv.verification.building import Built, built, names_of
from symderiv.verification.diagnosis import DIFFERS, UNKNOWN
from symderiv.verification.functions import ELEMENTWISE, WHOLE
from symderiv.verification.given_model import given_model
from symderiv.verification.judging import Judge
from symderiv.verification.model import Definition, Model
from symderiv.verification.records import Equation, Link, Report, worst
from symderiv.verification.settling import conventions, settled
from symderiv.verification.slicing import Slice, slices
from symderiv.verification.statements import (
    Statement,
    bars,
    parsed_rows,
    statements,
    terms_of,
    vocabulary,
    whole,
)
from symderiv.verification.terms import Label, Ref
from symderiv.verification.voting import Votes, settle_meanings
from symderiv.verification.words import Vocabulary


def verify(source: str | Path, model: Network | None = None, *, budget: float = 20.0) -> Report:
    """Read a document and judge every equation in it.

    ``source`` is a path, or a text in Markdown. ``model`` is the network that a homework is about
    which states only gradients. After ``budget`` seconds the rest is told as out of time.

    Raises ``DocumentError`` for a file that cannot be read.
    """
    document = read(source) if isinstance(source, Path) else parse(source)
    return verified(document, model, budget=budget)


def verified(document: Document, network: Network | None = None, *, budget: float = 20.0) -> Report:
    """Judge every equation of a document, section by section."""
    given = partial(given_model, network) if network is not None else Model
    parsed = parsed_rows(document)
    words = vocabulary(parsed)
    read = statements(parsed, words)
    words.bars = bars(read)
    words.axes = tuple(sample_axes(list(terms_of(read))))
    sections = _Sections(document, words, given, time.monotonic() + budget)
    with np.errstate(all="ignore"):  # a point outside a domain is found out and left
        pieces = slices(parsed, read, built(read, words, given()))
        readings = [sections.best(piece) for piece in pieces]
        mixed = _mixed(readings, sections.until)
    return Report(
        document.path,
        tuple(equation for reading in readings for equation in reading.equations),
        conventions=_once([*(line for r in readings for line in conventions(r.model)), *mixed]),
        assumptions=_once(line for r in readings for line in r.assumptions()),
        source=document.source,
    )


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


@dataclass(slots=True)
class _Reading:
    """A section read in one way, with arrays or with numbers alone, and judged."""

    rows: Sequence[Statement]
    model: Built
    judge: Judge
    equations: tuple[Equation, ...] = ()

    def assumptions(self) -> Iterator[str]:
        """Yield what was taken for granted."""
        yield from self.model.assumptions
        for name in sorted(self.judge.generic):
            yield f"{name} is some differentiable function"

    @property
    def fit(self) -> float:
        """How much holds."""
        count = Counter(link.verdict for equation in self.equations for link in equation.links)
        return count["right"] - count["wrong"] - 0.1 * count["cannot tell"]


@dataclass(slots=True)
class _Sections:
    """Judges the sections of a document; what names of derivatives mean is common to all."""

    document: Document
    words: Vocabulary
    given: Callable[[], Model]
    until: float
    votes: dict[bool, Votes] = field(default_factory=lambda: {True: Votes(), False: Votes()})

    def best(self, piece: Slice) -> _Reading:
        """Judge a section.

        Where it may be meant with arrays or with numbers alone, both are tried, and the reading is
        taken in which more of it holds: authors are right more often than not.
        """
        found = self.judged(piece, arrays=True)
        if not found.model.kinds.tensor:
            return found
        plain = self.judged(piece, arrays=False)
        simple = not any(e.verdict in _JUDGED and _looks(e) for e in found.equations)
        if plain.fit > 1.3 * found.fit + 2 or (simple and plain.fit >= found.fit):
            plain.equations = _filled(plain, found, arrays=False)
            return plain
        found.equations = _filled(found, plain, arrays=True)
        return found

    def judged(self, piece: Slice, *, arrays: bool) -> _Reading:
        """Judge a section in one reading."""
        words = vocabulary(piece.rows).within(self.words)
        rows = statements(piece.rows, words)
        model = built(rows, words, self.given())
        settled(rows, model, arrays=arrays)
        text = self.document.source.lower()
        generic = _generic_functions(model)
        judge = Judge(model.model, model.kinds, list(names_of(rows)), generic, text)
        reading = _Reading([row for row in rows if int(row.at) in piece.own], model, judge)
        for row in rows:
            if int(row.at) not in piece.own and "restated" in model.links.get(row.at, ()):
                _links(row, model, judge)  # it may be a definition, from its place on
        settle_meanings(rows, model, self.votes[arrays])
        reading.equations = _trusted(_equations(reading.rows, model, judge, self.until))
        return reading


def _filled(found: _Reading, other: _Reading, *, arrays: bool) -> tuple[Equation, ...]:
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


def _trusted(equations: Iterable[Equation]) -> tuple[Equation, ...]:
    """Tell what no single edit mends only where enough else holds, or it may be misread.

    A formula in a line of text may rest on words, too.
    """
    judged = tuple(equations)
    links = [link for equation in judged for link in equation.links]
    right = sum(link.verdict == "right" for link in links)
    unknown = sum(link.mistake == UNKNOWN for link in links)
    trusted = right >= _TRUST * unknown
    return tuple(e if trusted and e.n is not None else _doubted(e) for e in judged)


def _doubted(equation: Equation) -> Equation:
    links = tuple(
        Link("cannot tell", reason=DIFFERS) if link.mistake == UNKNOWN else link
        for link in equation.links
    )
    return replace(equation, links=links, verdict=worst(links)) if links else equation


_TRUST = 3


def _mixed(readings: Sequence[_Reading], until: float) -> list[str]:
    """Say so if gradients by matrices lie in two ways: those that are fewer are mistakes."""
    layouts = sum((reading.judge.layouts for reading in readings), Counter[str]())
    usual, turned = layouts[""], layouts["transposed"]
    if not 0 < turned < usual:
        return []
    for reading in readings:
        reading.judge.strict = True
        again = _equations(reading.rows, reading.model, reading.judge, until)
        pairs = zip(reading.equations, again, strict=True)
        reading.equations = tuple(b if _turned(a) else a for a, b in pairs)
    return [f"gradients have the shape of what they are taken by, but {turned} of {usual + turned}"]


def _turned(equation: Equation) -> bool:
    return any(link.layout == "transposed" for link in equation.links)


def _generic_functions(model: Built) -> frozenset[str]:
    """Return the functions that nobody defines: they are taken as some differentiable ones."""
    usual = {*ELEMENTWISE, *WHOLE, "softmax", "logsoftmax"}
    defined = {letter for letter, *_ in model.model.definitions}
    return frozenset(model.kinds.words.functions - model.model.functions.keys() - usual - defined)


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
        left = first if isinstance(left, Label) else left
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
