"""Where a fault stands in its equation, and the document with its faults mended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from symderiv.errors import OutputError, UnsupportedError
from symderiv.verification.records import Equation, Link, Report

Span = tuple[int, int]
Edit = tuple[int, int, str]
Piece = tuple[str, bool]

_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+\Z")


def spans(equation: Equation, link: Link) -> tuple[Span, ...]:
    """Return where in ``equation.latex`` the fault of a link stands, nothing if that is not sure.

    Places in the source say it, if the characters there are the ones found. Places in what was
    read of the row do not: there the fault is sure if the row has it as often as it was found.
    """
    if not link.found:
        return ()
    start, end, latex = equation.start, equation.end, equation.latex
    in_source = all(start <= i < j <= end for i, j in link.places) and end - start == len(latex)
    if link.places and in_source:
        inside = tuple((i - start, j - start) for i, j in link.places)
        return inside if all(latex[i:j] == link.found for i, j in inside) else ()
    occurrences = tuple(_occurrences(latex, link.found))
    return occurrences if len(occurrences) == max(1, len(link.places)) else ()


def _occurrences(latex: str, found: str) -> Iterator[Span]:
    r"""Yield where some LaTeX occurs in other LaTeX: no ``a`` in ``\frac``, no ``2`` in ``12``."""
    inside = {i for m in _COMMAND.finditer(latex) for i in range(m.start() + 1, m.end())}
    end = 0
    while (start := latex.find(found, end)) >= 0:
        end = start + len(found)
        digits = latex[max(0, start - 1) : start + 1], latex[end - 1 : end + 1]
        if not ({start, end} & inside or any(len(d) == 2 and d.isdigit() for d in digits)):
            yield start, end


def edits(equation: Equation, link: Link) -> list[Edit]:
    """Return what to write where in a row to mend a fault; nothing if that is not sure."""
    latex, new = equation.latex, link.should_be
    found = spans(equation, link) if new else ()
    return [(i, j, fitting(latex[:i], new, latex[j:])) for i, j in found]


def marked_row(equation: Equation, link: Link) -> list[Piece]:
    """Return a row in pieces, its fault marked, if it is sure where that is."""
    latex = equation.latex
    return pieces(latex, [(i, j, latex[i:j]) for i, j in spans(equation, link)])


def mended_row(equation: Equation, link: Link) -> list[Piece]:
    """Return a row in pieces, its fault mended and the mends marked; none if that cannot be."""
    changes = edits(equation, link)
    return pieces(equation.latex, changes) if changes else []


def mended(report: Report) -> str:
    """Return the source of a document with every fault mended of which the mend is known.

    What cannot be found literally in its row is left as it is. Raises ``UnsupportedError`` for a
    notebook, whose source is not its formulas but JSON.
    """
    source, equations = report.source, report.equations
    if report.path.endswith(".ipynb") or any(source[e.start : e.end] != e.latex for e in equations):
        raise UnsupportedError(
            f"{report.path}: a notebook's equations cannot be mended in a copy; mend them by hand"
        )
    changes = [
        (e.start + start, e.start + end, text)
        for e in equations
        for link in e.links
        if link.verdict in {"wrong", "slip"}
        for start, end, text in edits(e, link)
    ]
    return "".join(piece for piece, _ in pieces(source, changes))


def write_mended(report: Report, *, force: bool = False) -> Path | None:
    """Write ``NAME.fixed.EXT`` beside a document and return its path, None if nothing is mended.

    Raises ``OutputError`` if a file is there that differs, unless ``force`` is given, or if it
    cannot be written, and what ``mended`` raises.
    """
    if report.path in {"", "-"}:
        raise UnsupportedError("what comes from no file cannot be mended in a copy beside it")
    text = mended(report)
    return write_beside(report, "fixed", text, force=force) if text != report.source else None


def write_beside(report: Report, word: str, text: str, *, force: bool) -> Path:
    """Write ``NAME.word.EXT`` beside a document and return its path.

    Raises ``OutputError`` if a file is there that differs, unless ``force`` is given, or if it
    cannot be written.
    """
    path = Path(report.path)
    path = path.with_name(f"{path.stem}.{word}{path.suffix}")
    content = text.encode("utf-8", errors="surrogateescape")
    try:
        if force or not path.exists() or path.read_bytes() == content:
            path.write_bytes(content)
            return path
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    raise OutputError(f"{path}: is there and differs; overwrite it with --force")


def pieces(text: str, changes: list[Edit]) -> list[Piece]:
    """Cut a text where edits begin and end, and put in what they say; tell what is put in."""
    pieces = []
    done = 0
    for start, end, new in sorted(set(changes)):
        if start >= done:  # of two that overlap, the first one
            pieces += [(text[done:start], False), (new, True)]
            done = end
    return [piece for piece in (*pieces, (text[done:], False)) if piece[0]]


def fitting(before: str, new: str, behind: str) -> str:
    r"""Write a mend so that TeX reads it as one thing: no ``\alphax``, no ``e^-x``."""
    if before.endswith(("^", "_")) and len(new) > 1 and not _COMMAND.fullmatch(new):
        new = f"{{{new}}}"
    if new[:1].isalpha() and _ENDS_IN_COMMAND.search(before):
        new = f" {new}"
    if behind[:1].isalpha() and _ENDS_IN_COMMAND.search(new):
        new = f"{new} "
    return new
