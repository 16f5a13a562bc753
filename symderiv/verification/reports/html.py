"""The report as one HTML page: every equation, its faults marked, the mended ones beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symderiv.templating import environment
from symderiv.verification.mending import Piece, marked_row, mended_row
from symderiv.verification.records import Equation, Report
from symderiv.verification.reports.findings import Finding, by_equation, summary, visible


def html(reports: Sequence[Report], *, strict: bool = False) -> str:
    """Return the page: self-contained, no script, every character of a document escaped."""
    template = environment("html").get_template("verify.html.j2")
    return template.render(documents=[document(report) for report in reports], strict=strict)


def document(report: Report) -> dict[str, Any]:
    """Return what the templates show of a document."""
    return {
        "path": visible(report.path),
        "summary": summary(report),
        "conventions": [visible(line) for line in report.conventions],
        "assumptions": [visible(line) for line in report.assumptions],
        "equations": [_equation(*pair) for pair in by_equation(report)],
    }


def _equation(equation: Equation, faults: Sequence[Finding]) -> dict[str, Any]:
    return {
        "n": equation.n,
        "line": equation.line,
        "verdict": equation.verdict,
        "latex": visible(equation.latex.strip()),
        "faults": [_fault(found) for found in faults],
    }


def _fault(found: Finding) -> dict[str, Any]:
    mended = mended_row(found.equation, found.link)
    return {
        "headline": found.headline,
        "row": _shown(marked_row(found.equation, found.link)),
        "mended": _shown(mended),
        "details": found.evidence if mended else found.details,
    }


def _shown(pieces: Sequence[Piece]) -> list[Piece]:
    return [(visible(piece), marked) for piece, marked in pieces]
