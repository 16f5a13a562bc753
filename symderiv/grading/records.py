"""What grading found: one record for each file."""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.verification.records import Report


@dataclass(frozen=True, slots=True)
class Grade:
    """The report of a file, or in ``error`` why there is none.

    ``path`` is the file's, from the folder that is graded, with slashes on every system.
    """

    path: str
    report: Report | None = None
    error: str = ""
