"""How well and how fast verify judges: the lecture, and documents with planted mistakes.

Run with ``make bench``. *Precision* is the share of the equations called wrong that are, *recall*
that of the planted mistakes that are called wrong, *named* that of the ones caught for which a
single edit was offered that makes them right. Rates are of all equations of a document. Judging is
timed once imported, the best of three.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from corpus import DOCUMENTS, compared  # noqa: E402  # the documents live with the tests

import symderiv as sd  # noqa: E402
from symderiv.verification.records import Report  # noqa: E402

LECTURE = ROOT / "examples" / "lectures" / "backpropagation-xor.md"


@dataclass(frozen=True)
class Row:
    """What was found in one document, or in several."""

    equations: int = 0
    caught: int = 0
    planted: int = 0
    false: int = 0
    named: int = 0
    unsure: int = 0
    seconds: float = 0.0

    def __add__(self, other: Row) -> Row:
        """Return both together."""
        return Row(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def show(self, name: str) -> None:
        """Print one line."""
        print(
            f"{name:<16} {self.equations:>4} {self.caught:>4} of {self.planted:>2} {self.false:>6}"
            f" {self.named:>6} {self.unsure:>7} {self.equations / self.seconds:>6.0f}"
        )


def measured(path: Path) -> tuple[Report, float]:
    """Judge a document three times; return the report and the best time."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        report = sd.verify(path)
        times.append(time.perf_counter() - start)
    return report, min(times)


def row(path: Path) -> Row:
    """Return what was found in a document."""
    report, seconds = measured(path)
    outcome = compared(path, report)
    wrong = [e for e in report.equations if e.verdict == "wrong"]
    named = sum(any(link.should_be for link in e.links) for e in wrong)
    planted = len(outcome.caught) + len(outcome.missed)
    return Row(
        outcome.equations, len(outcome.caught), planted, len(outcome.false), named,
        outcome.unsure, seconds,
    )  # fmt: skip


def main() -> None:
    """Print one line for each document, then all of them together."""
    heads = ("caught", 10), ("false", 6), ("named", 6), ("unsure", 7), ("eq/s", 6)
    print(f"{'document':<16} {'eq':>4} " + " ".join(f"{head:>{width}}" for head, width in heads))
    total = Row()
    for path in DOCUMENTS:
        found = row(path)
        found.show(path.stem)
        total += found
    total.show("all")
    called = total.caught + total.false
    print(
        f"precision {total.caught / called:.3f}, recall {total.caught / total.planted:.3f}, "
        f"named {total.named / called:.3f}, cannot tell {total.unsure / total.equations:.3f}"
    )
    _lecture()


def _lecture() -> None:
    """Time the lecture once imported, and from a cold start."""
    report, seconds = measured(LECTURE)
    command = [sys.executable, "-m", "symderiv", "verify", str(LECTURE)]
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    cold = time.perf_counter() - start
    wrong = [e.n for e in report.equations if e.verdict == "wrong"]
    print(
        f"the lecture: wrong {wrong}, {len(report.equations) / seconds:.0f} equations "
        f"a second, {cold:.1f} s from a cold start"
    )


if __name__ == "__main__":
    main()
