"""What a scanner hands on: the stretches of a text that are formulas, and what it left out."""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.documents.macros import Definition
from symderiv.documents.text import Span, Text


@dataclass(frozen=True, slots=True)
class Region:
    r"""A formula from ``start`` to ``end``, its delimiters included, and what stands inside them.

    ``inside`` is more than one span where blank lines separate formulas, as in reST. Where
    ``escaped`` is set, Markdown may have asked for ``\_``, and where ``doubled``, for ``\\frac``.
    ``table_row`` numbers the rows of the text's tables.
    """

    start: int
    end: int
    inside: tuple[Span, ...]
    display: bool
    escaped: bool = False
    doubled: bool = False
    table_row: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """The formulas of a text.

    ``visible`` is the text with everything blanked that is no formula's, and no prose; ``prose``
    keeps inline code, for its words. Both are as long as the text. A remark is about an offset.
    """

    visible: str
    prose: str
    regions: tuple[Region, ...]
    definitions: tuple[Definition, ...] = ()
    remarks: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A text that was scanned by itself: a document, or one cell of a notebook."""

    text: Text
    scan: Scan
