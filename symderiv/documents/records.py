"""What is found in a document: its formulas, row by row, each with where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    r"""One row of a formula: the source characters, and what is to be read.

    ``latex`` is the source from ``start`` to ``end``, unaltered; in a notebook it is what the JSON
    strings say, and of an equation that goes on in further rows it is what these rows say. ``text``
    is what to read: macros expanded, labels, comments and alignment marks removed, escapes of
    Markdown undone. ``places`` says for each character of ``text`` where it comes from, and then
    ``end``; a character of a macro's body comes from the whole call.

    What ``text[i:j]`` stands for is ``source[places[i]:ends[j - 1]]``: ``places[j]`` would take
    along what was removed behind it, such as a label.
    """

    latex: str
    start: int
    end: int
    line: int
    line_end: int
    text: str
    places: tuple[int, ...]
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the words around it.

    ``n`` counts the displayed ones from 1. The formulas of one row of a table share a ``group``,
    so that a function and its derivative in the next cell can be judged together. ``section`` is
    how many headings stand before it.
    """

    display: bool
    n: int | None
    rows: tuple[Row, ...]
    before: str
    after: str
    in_table: bool = False
    group: int | None = None
    section: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    r"""A document's source, its formulas in order, its macros, and what was left out, and why.

    ``source`` is the text that all offsets and lines refer to: of a notebook it is the JSON, of a
    LaTeX document with ``\input`` the text with those files set in.
    """

    path: str
    source: str
    formulas: tuple[Formula, ...]
    macros: Mapping[str, str]
    notes: tuple[str, ...] = ()
