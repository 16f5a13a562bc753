"""The report as JSON, as ``docs/verify.schema.json`` describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from symderiv import __version__
from symderiv.verification.records import Counterexample, Equation, Link, Report

_WORDS = ("how", "found", "should_be", "mistake", "layout", "reason")


def as_json(reports: Sequence[Report], *, strict: bool = False) -> str:  # noqa: ARG001  as every format
    """Return every equation of every document with its verdict; what says nothing is left out.

    All but ASCII is escaped: it is the same JSON in every encoding that a terminal may have.
    """
    data = {"version": __version__, "documents": [_document(report) for report in reports]}
    return f"{json.dumps(data, indent=2, allow_nan=False)}\n"


def _document(report: Report) -> dict[str, Any]:
    return {
        "path": report.path,
        "conventions": list(report.conventions),
        "assumptions": list(report.assumptions),
        "equations": [_equation(equation) for equation in report.equations],
    }


def _equation(equation: Equation) -> dict[str, Any]:
    entry = {
        "n": equation.n,
        "row": equation.row,
        "line": equation.line,
        "line_end": equation.line_end,
        "latex": equation.latex,
        "verdict": equation.verdict,
        "links": [_link(link) for link in equation.links],
    }
    return {**entry, "reason": equation.reason} if equation.reason else entry


def _link(link: Link) -> dict[str, Any]:
    entry = {"verdict": link.verdict}
    entry |= {word: text for word in _WORDS if (text := getattr(link, word))}
    if link.counterexample:
        return {**entry, "counterexample": _counterexample(link.counterexample)}
    return entry


def _counterexample(example: Counterexample) -> dict[str, Any]:
    values = {
        name: value if isfinite(value) else str(value)  # JSON has no infinity
        for name, value in example.values.items()
    }
    return {"values": values, "left": example.left, "right": example.right}
