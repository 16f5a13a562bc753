"""The grades of a class in the formats that people and spreadsheets read.

Paths and equations come from anybody: none of them commands a terminal, a spreadsheet or a browser.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from symderiv.grading.mistakes import mistakes
from symderiv.grading.records import Grade
from symderiv.templating import environment
from symderiv.verification.records import Report, Verdict
from symderiv.verification.reports.findings import findings, plain
from symderiv.verification.reports.html import document

_COLUMNS = 100
_MOST = 3
_MOST_FREQUENT = 15
_COUNTED: Mapping[str, Verdict] = {
    "right": "right",
    "wrong": "wrong",
    "slips": "slip",
    "cannot tell": "cannot tell",
}


def summary(grades: Sequence[Grade]) -> str:
    """Return in one line how many files there are, and how they fared."""
    failed = sum(grade.report is None for grade in grades)
    wrong = sum(grade.report is not None and grade.report.count("wrong") > 0 for grade in grades)
    total = len(grades)
    return (
        f"{total} file{'s' * (total != 1)}: {total - wrong - failed} with nothing wrong, "
        f"{wrong} with wrong equations, {failed} not graded"
    )


def first_mistakes(report: Report) -> str:
    """Return the classes of a document's first mistakes, each with its line."""
    found = [each for each in findings(report) if each.verdict == "wrong"]
    named = list(dict.fromkeys(f"{each.rule} (line {each.regions[0].line})" for each in found))
    if not report.equations:
        return "no equations"
    more = [f"and {len(named) - _MOST} more"] if len(named) > _MOST else []
    return ", ".join([*named[:_MOST], *more])


def text(grades: Sequence[Grade]) -> str:
    """Return the grades as a table, below it the summary and the mistakes made most often."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("file", overflow="fold")
    for name in _COUNTED:
        table.add_column(name, justify="right")
    table.add_column("first mistakes", overflow="fold")
    for grade in grades:
        table.add_row(*(Text(str(cell)) for cell in _row(grade)))
    return f"{_printed(table)}\n{summary(grades)}\n{_frequent(grades)}"


def _frequent(grades: Sequence[Grade]) -> str:
    found = mistakes(grades)
    if not found:
        return ""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("files", justify="right", no_wrap=True)
    for name in ("mistake", "equation"):
        table.add_column(name, overflow="fold")
    for each in found[:_MOST_FREQUENT]:
        cells = f"{each.files} of {each.of}", each.mistake, each.equation
        table.add_row(*map(Text, cells))
    more = len(found) - _MOST_FREQUENT
    rest = f"and {more} more\n" if more > 0 else ""
    return f"\nmost frequent mistakes\n{_printed(table)}{rest}"


def _printed(table: Table) -> str:
    file = StringIO()
    Console(file=file, width=_COLUMNS, color_system=None).print(table)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def as_csv(grades: Sequence[Grade]) -> str:
    """Return the grades as a table for a spreadsheet, in which no cell is a formula."""
    file = StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(("file", *_COUNTED, "first mistakes", "error"))
    for grade in grades:
        *cells, last = _row(grade)
        ends = (last, "") if grade.report is not None else ("", last)
        writer.writerow(
            _harmless(cell) if isinstance(cell, str) else cell for cell in (*cells, *ends)
        )
    return file.getvalue()


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe says that it is text."""
    first = unicodedata.normalize("NFKC", cell[:1])  # a spreadsheet may know the wide sign, too
    return f"'{cell}" if first in {"=", "+", "-", "@"} else cell


def html(grades: Sequence[Grade]) -> str:
    """Return a page with the tables of ``text`` and all that was found in each file."""
    found = mistakes(grades)
    template = environment("html").get_template("grade.html.j2")
    return template.render(
        summary=summary(grades),
        mistakes=found[:_MOST_FREQUENT],
        more=max(0, len(found) - _MOST_FREQUENT),
        columns=("file", *_COUNTED, "first mistakes"),
        grades=[
            {
                "number": number,
                "cells": list(_row(grade)),
                "failed": grade.report is None,
                "document": grade.report and document(grade.report),
            }
            for number, grade in enumerate(grades, 1)
        ],
    )


def _row(grade: Grade) -> Iterator[str | int]:
    """Yield the cells of a file; in the last one its mistakes, or why it has no grade."""
    yield plain(grade.path)
    if grade.report is None:
        yield from [""] * len(_COUNTED)
        yield plain(grade.error)
    else:
        yield from map(grade.report.count, _COUNTED.values())
        yield first_mistakes(grade.report)


FORMATS: Mapping[str, Callable[[Sequence[Grade]], str]] = {
    "text": text,
    "csv": as_csv,
    "html": html,
}
