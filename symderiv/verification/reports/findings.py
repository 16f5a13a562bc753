"""What there is to say about a document, whatever the format: its faults, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symderiv.documents.text import Lines
from symderiv.verification.mending import spans
from symderiv.verification.records import Counterexample, Equation, Link, Report, Verdict

FAULTS: tuple[Verdict, ...] = ("wrong", "slip", "cannot tell")
_COUNTED: Sequence[tuple[Verdict, str, str]] = (
    ("definition", "definition", "definitions"),
    ("right", "right", "right"),
    ("wrong", "wrong", "wrong"),
    ("slip", "slip", "slips"),
    ("cannot tell", "cannot tell", "cannot tell"),
)
_WHITE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the source, lines and columns counted from 1, the last column behind its end.

    The columns are 0 where only the lines are known.
    """

    line: int
    line_end: int
    column: int = 0
    column_end: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of an equation, and where in the source it stands: if unknown, its whole row."""

    equation: Equation
    link: Link
    regions: tuple[Region, ...]

    @property
    def verdict(self) -> Verdict:
        """Say how bad it is: one of ``FAULTS``."""
        return self.link.verdict

    @property
    def rule(self) -> str:
        """Return the class of the mistake; where there is none, the verdict."""
        return plain(self.link.mistake) or self.verdict

    @property
    def headline(self) -> str:
        """Return the verdict and, in a few words, why."""
        why = plain(self.link.mistake or self.link.reason)
        return f"{self.verdict}: {why}" if why else self.verdict

    @property
    def details(self) -> tuple[str, ...]:
        """Return the sentences below the headline."""
        link = self.link
        found = ""
        if link.should_be:
            found = f"{plain(link.found)} should be {plain(link.should_be)}"
        elif link.found:
            found = f"found {plain(link.found)}"
        return tuple(part for part in (found, *self.evidence) if part)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Return the counterexample, and the reason if the headline does not give it."""
        example = self.link.counterexample
        shown = counterexample(example) if example else ""
        reason = plain(self.link.reason) if self.link.mistake else ""
        return tuple(part for part in (shown, reason) if part)


def findings(report: Report) -> Iterator[Finding]:
    """Yield the faults of a document, in its order."""
    return (found for _, faults in by_equation(report) for found in faults)


def by_equation(report: Report) -> Iterator[tuple[Equation, list[Finding]]]:
    """Yield each equation of a document, with its faults."""
    lines = Lines(report.source)
    for equation in report.equations:
        links = [link for link in equation.links if link.verdict in FAULTS]
        if not links and equation.verdict in FAULTS:
            links = [Link(equation.verdict, reason=equation.reason)]
        yield (
            equation,
            [Finding(equation, link, _regions(report, equation, link, lines)) for link in links],
        )


def _regions(report: Report, equation: Equation, link: Link, lines: Lines) -> tuple[Region, ...]:
    found = spans(equation, link)
    start, end = equation.start, equation.end
    if not found or report.source[start:end] != equation.latex:  # as in a notebook
        return (Region(equation.line, equation.line_end),)
    return tuple(_region(start + i, start + j, lines) for i, j in found)


def _region(start: int, end: int, lines: Lines) -> Region:
    first, last = lines.at(start), lines.at(end)
    columns = (start - lines.starts[first - 1] + 1, end - lines.starts[last - 1] + 1)
    return Region(first, last, *columns)


def counterexample(example: Counterexample) -> str:
    """Return in one line what was put in, and what came out on both sides."""
    values = ", ".join(f"{plain(name)} = {value:.6g}" for name, value in example.values.items())
    sides = f"the left side is {plain(example.left)}, the right side {plain(example.right)}"
    return f"at {values}: {sides}" if values else sides


def summary(report: Report) -> str:
    """Return in one line how many equations a document has, and how they fared."""
    total = len(report.equations)
    counts = ((report.count(verdict), *words) for verdict, *words in _COUNTED)
    parts = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts)
    return f"{total} equation{'s' * (total != 1)}: {parts}"


def plain(text: str) -> str:
    """Return a text on one line, in which nothing commands a terminal or hides."""
    return visible(_WHITE.sub(" ", text)).strip()


def visible(text: str) -> str:
    """Write every character that has no shape, or that changes the others' order, as an escape.

    A document comes from anybody: it may hold the commands of a terminal. Line ends and tabs stay.
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode()
        for c in text.replace("\r\n", "\n")
    )
