"""The documents that verify is tried on: each with what a careful reader finds in it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symderiv.verification.records import Equation, Report

FOLDER = Path(__file__).parent / "documents"
DOCUMENTS = sorted(p for p in FOLDER.iterdir() if p.suffix in {".md", ".tex", ".rst", ".ipynb"})


@dataclass(frozen=True)
class Outcome:
    """How a report compares with what a careful reader finds."""

    caught: tuple[str, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]
    unsure: int
    equations: int


def compared(path: Path, report: Report) -> Outcome:
    """Compare a report with the file of what is planted in a document."""
    found = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))["equation"]
    planted = {_place(entry): entry["verdict"] for entry in found}
    wrong = {_key(e) for e in report.equations if e.verdict == "wrong"}
    meant = {place for place, verdict in planted.items() if verdict == "wrong"}
    return Outcome(
        tuple(sorted(meant & wrong)),
        tuple(sorted(meant - wrong)),
        tuple(sorted(wrong - meant)),
        report.count("cannot tell"),
        len(report.equations),
    )


def _place(entry: dict[str, Any]) -> str:
    if "n" in entry:
        return f"{entry['n']}.{entry.get('row', 1)}"
    return _plain(entry["latex"])


def _key(equation: Equation) -> str:
    if equation.n is None:
        return _plain(equation.latex)
    return f"{equation.n}.{equation.row}"


def _plain(latex: str) -> str:
    return "".join(latex.split())
