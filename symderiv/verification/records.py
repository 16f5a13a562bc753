"""What verifying a document found: one record for each equation, one for each equality sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["definition", "right", "wrong", "slip", "cannot tell", "data", "text"]
VERDICTS: tuple[Verdict, ...] = (
    "definition",
    "right",
    "wrong",
    "slip",
    "cannot tell",
    "data",
    "text",
)
_WORST: tuple[Verdict, ...] = ("wrong", "slip", "cannot tell", "right", "definition", "data")


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Values that were put in, and what both sides are there."""

    values: Mapping[str, float]
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Link:
    """The verdict on one equality sign.

    ``how`` is ``"proved"`` or ``"checked"``; ``found`` and ``should_be`` are source characters, the
    fault and its mend, at ``places`` (offsets in the source); ``mistake`` names its class.
    ``layout`` says that it is right transposed. ``reason`` says why nothing can be told, or on what
    a right one rests.
    """

    verdict: Verdict
    how: str = ""
    found: str = ""
    should_be: str = ""
    mistake: str = ""
    counterexample: Counterexample | None = None
    layout: str = ""
    reason: str = ""
    places: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Equation:
    """One row of a formula with its verdict; ``n`` counts displays, and is None for inline ones."""

    n: int | None
    row: int
    line: int
    line_end: int
    latex: str
    verdict: Verdict
    links: tuple[Link, ...] = ()
    start: int = 0
    end: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All equations of one document, with the conventions found and the assumptions made."""

    path: str
    equations: tuple[Equation, ...]
    conventions: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    source: str = field(default="", repr=False)

    def count(self, verdict: Verdict) -> int:
        """Return how many equations have a verdict."""
        return sum(e.verdict == verdict for e in self.equations)


def worst(links: tuple[Link, ...]) -> Verdict:
    """Return the verdict of an equation from those of its links."""
    found = {link.verdict for link in links}
    return next((v for v in _WORST if v in found), "text")
