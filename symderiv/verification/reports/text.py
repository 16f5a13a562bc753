"""The report for a terminal: each fault with a caret below it, and what is right."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from textwrap import wrap

from rich.cells import cell_len

from symderiv.verification.mending import Piece, Span, marked_row, mended_row
from symderiv.verification.records import Report
from symderiv.verification.reports.findings import Finding, findings, plain, summary, visible

_COLUMNS = 100
_INDENT = "    "
_CUT = "..."


def text(reports: Sequence[Report], *, strict: bool = False) -> str:  # noqa: ARG001  as every format
    """Return for each document what it assumes, its faults, and how many equations there are."""
    return "\n".join("\n".join(_document(report)) + "\n" for report in reports)


def _document(report: Report) -> Iterator[str]:
    yield plain(report.path)
    remarks = {"conventions": report.conventions, "assumptions": report.assumptions}
    for title, lines in remarks.items():
        if lines:
            yield from _wrapped(f"{title}: {'; '.join(map(plain, lines))}", most=3)
    blocks = ("\n".join(_fault(report, found)) for found in findings(report))
    for block in dict.fromkeys(blocks):  # a chain may not be told for one reason, again and again
        yield f"\n{block}"
    yield f"\n{summary(report)}"


def _fault(report: Report, found: Finding) -> Iterator[str]:
    yield f"{plain(report.path)}:{found.regions[0].line}: {found.headline}"
    yield from _row(marked_row(found.equation, found.link), caret=True)
    mended = mended_row(found.equation, found.link)
    if mended:
        yield f"{_INDENT}should be"
        yield from _row(mended)
    for line in found.evidence if mended else found.details:
        yield from _wrapped(line)


def _wrapped(line: str, most: int | None = None) -> list[str]:
    return wrap(
        line,
        _COLUMNS,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT * 2,
        max_lines=most,
        placeholder=f" {_CUT}",
    )


def _row(pieces: Sequence[Piece], *, caret: bool = False) -> Iterator[str]:
    """Yield a row, or windows round its marks if it is long, with carets below the marks."""
    line, marks = _line(pieces)
    columns = [0, *accumulate(cell_len(c) for c in line)]
    done = 0
    for start, end in marks or [(0, 0)]:
        if start < done:
            continue  # shown already
        first, done = _window(columns, start, end, done)
        cut = f"{_CUT} " * (first > 0)
        shown = line[first:done]
        yield f"{_INDENT}{cut}{shown}{f' {_CUT}' * (done < len(line))}"
        below = "".join(
            ("^" if any(i <= at < j for i, j in marks) else " ") * cell_len(c)
            for at, c in enumerate(shown, first)
        )
        if caret and marks:
            yield f"{_INDENT}{' ' * len(cut)}{below}".rstrip()


def _line(pieces: Sequence[Piece]) -> tuple[str, list[Span]]:
    """Join pieces on one line, and say where the marked ones stand in it."""
    line = ""
    marks = []
    for characters, marked in pieces:
        shown = visible(" ".join(characters.split()))
        # The space at the seam of two pieces is lost in `split`.
        before = characters[:1].isspace() and line[-1:] not in {"", " "}
        line += " " * before
        if marked:
            marks.append((len(line), len(line) + len(shown)))
        line += shown + " " * (bool(shown) and characters[-1:].isspace())
    return line.rstrip(), marks


def _window(columns: Sequence[int], start: int, end: int, after: int) -> Span:
    """Return which part of a line to show behind another one, the marked part in its middle."""
    width = _COLUMNS - len(_INDENT)
    if columns[-1] <= width:
        return 0, len(columns) - 1
    width -= 2 * len(f"{_CUT} ")
    margin = max(0, width - (columns[end] - columns[start])) // 2
    left = min(max(0, columns[start] - margin), columns[-1] - width)
    first = max(after, bisect_left(columns, left))
    return first, bisect_right(columns, columns[first] + width) - 1
