"""What a deck is, whatever shows it: slides made of blocks, blocks made of words and mathematics.

The lecture (``lecture.py``) writes these records; the Beamer and the HTML renderer read them and
nothing else, so that both decks say the same thing in the same order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from symderiv.expression import Node
from symderiv.renderers.scene import Scene

Words = tuple[str | Node, ...]
"""Prose mixed with inline mathematics: ``("where ", Name("y"), " is the label")``."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of prose; ``small`` is a remark below a figure or a table."""

    words: Words
    small: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; with ``stepwise`` each item appears on its own key press."""

    items: tuple[Words, ...]
    stepwise: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One displayed equation; ``tag`` is its number, as the code cites it (``"G1"``).

    It ``goes_on`` with the equation above if it is the rest of its sum: both appear together.
    """

    equation: Node
    tag: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Equations:
    """Displayed equations below each other, centred; ``stepwise`` shows one per key press."""

    lines: tuple[Line, ...]
    stepwise: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a derivation: ``left = right``, the reason beside it.

    ``left`` is None where the row continues the one above. ``result`` draws a frame round the
    right side. ``sign`` is another relation, or empty where ``right`` is the rest of the sum in
    the row above: then both appear together.
    """

    left: Node | None
    right: Node
    because: Words = ()
    result: bool = False
    tag: str = ""
    sign: str = "="


@dataclass(frozen=True, slots=True)
class Steps:
    """A derivation, aligned at its equals signs; each row appears on its own key press."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with the words that describe it to who cannot see it."""

    scene: Scene
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """A small table; cells are prose or mathematics."""

    header: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]

    @property
    def centred(self) -> tuple[bool, ...]:
        """Whether each column is centred: one of numbers and mathematics is, one of words not."""
        columns = zip(*self.rows, strict=True)
        return tuple(all(map(_is_value, column)) for column in columns)


def _is_value(cell: Words) -> bool:
    return not any(isinstance(part, str) and re.search("[^0-9., -]", part) for part in cell)


@dataclass(frozen=True, slots=True)
class Code:
    """Source text, ASCII, printed as it stands."""

    source: str
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Columns:
    """Two columns; ``ratio`` is the left one's share of the width."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]
    ratio: float = 0.5


Block = Paragraph | Bullets | Equations | Steps | Figure | Table | Code | Columns


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: a title, blocks below each other, and notes for the speaker."""

    title: Words
    blocks: tuple[Block, ...]
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Deck:
    """A whole deck; the title slide is made from its head."""

    title: str
    subtitle: str
    author: str
    slides: tuple[Slide, ...]
    footer: str = ""
