"""Sizes of the glyphs in the embedded fonts, in em.

The table ``glyphs.json`` is read from the fonts by ``tools/glyph_metrics.py``; nothing else here
depends on a font file.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple, TypedDict

# A character outside the table shows in some other font: assume a wide one.
_UNKNOWN_MATH = (700, -220, 720, 350)
_UNKNOWN_TEXT = 650


class Glyph(NamedTuple):
    """A glyph's advance, its extent below and above the baseline, and where an accent stands."""

    advance: float
    descent: float
    ascent: float
    accent: float


class _Table(TypedDict):
    math: dict[str, tuple[int, int, int, int]]
    text: dict[str, int]


@cache
def _table() -> _Table:
    table: _Table = json.loads(files(__package__).joinpath("glyphs.json").read_text("utf-8"))
    return table


@cache
def glyph(character: str) -> Glyph:
    """Return the size of a character of the mathematics font."""
    advance, low, high, accent = _table()["math"].get(character, _UNKNOWN_MATH)
    return Glyph(advance / 1000, -low / 1000, high / 1000, accent / 1000)


def in_math_font(character: str) -> bool:
    """Say whether the mathematics font has a glyph for ``character``."""
    return character in _table()["math"]


def text_width(words: str) -> float:
    """Return the width of prose in the text font."""
    advances = _table()["text"]
    return sum(advances.get(character, _UNKNOWN_TEXT) for character in words) / 1000
