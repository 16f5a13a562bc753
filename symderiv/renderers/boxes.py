"""Boxes of glyphs, and the few ways in which mathematics puts them together.

Lengths are in em of the surrounding text; the baseline is at 0, y points upwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from symderiv.renderers.glyphs import glyph, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

AXIS = 0.259
"""The height of the minus sign and of fraction bars."""

PROSE_ASCENT, PROSE_DESCENT = 0.73, 0.21
"""All prose is as tall as its tallest letters could be."""

_RULE = 0.055
_LEADING = 0.55


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs side by side; ``stretch`` draws a bracket that much taller than the font has it.

    ``prose`` is in the text font, all else in the mathematics font.
    """

    text: str
    x: float
    y: float
    size: float
    stretch: float = 1.0
    prose: bool = False
    accent: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A filled rectangle with its lower left corner at ``x, y``."""

    x: float
    y: float
    width: float
    height: float
    accent: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """Parts with the size that they take up; ``accent`` parts are in the accent colour."""

    width: float
    ascent: float
    descent: float
    parts: tuple[Run | Rule, ...] = ()


def glyphs(text: str) -> Box:
    """Return one run of characters."""
    sizes = [glyph(character) for character in text]
    return Box(
        sum(size.advance for size in sizes),
        max((size.ascent for size in sizes), default=0.0),
        max((size.descent for size in sizes), default=0.0),
        (Run(text, 0.0, 0.0, 1.0),) if text.strip() else (),
    )


def prose(words: str) -> Box:
    """Return words in the text font."""
    runs = (Run(words, 0.0, 0.0, 1.0, prose=True),) if words.strip() else ()
    return Box(text_width(words), PROSE_ASCENT, PROSE_DESCENT, runs)


def space(width: float) -> Box:
    """Return an empty box."""
    return Box(width, 0.0, 0.0)


def moved(box: Box, x: float, y: float) -> Box:
    """Move the parts to the right and up; the width stays."""
    parts = tuple(replace(part, x=part.x + x, y=part.y + y) for part in box.parts)
    return Box(box.width, box.ascent + y, box.descent - y, parts)


def scaled(box: Box, by: float) -> Box:
    """Return the box in another size."""
    parts = tuple(_scaled(part, by) for part in box.parts)
    return Box(box.width * by, box.ascent * by, box.descent * by, parts)


def _scaled(part: Run | Rule, by: float) -> Run | Rule:
    if isinstance(part, Run):
        return replace(part, x=part.x * by, y=part.y * by, size=part.size * by)
    return replace(
        part, x=part.x * by, y=part.y * by, width=part.width * by, height=part.height * by
    )


def accented(box: Box) -> Box:
    """Return the box in the accent colour."""
    return replace(box, parts=tuple(replace(part, accent=True) for part in box.parts))


def overlaid(width: float, *boxes: Box) -> Box:
    """Lay boxes over each other, all from the same point."""
    return Box(
        width,
        max(box.ascent for box in boxes),
        max(box.descent for box in boxes),
        tuple(part for box in boxes for part in box.parts),
    )


def beside(*boxes: Box) -> Box:
    """Set boxes side by side on the baseline."""
    placed, x = [], 0.0
    for box in boxes:
        placed.append(moved(box, x, 0.0))
        x += box.width
    return overlaid(x, *placed) if placed else space(0.0)


def centred(width: float, box: Box) -> Box:
    """Move a box to the middle of ``width``."""
    return replace(moved(box, (width - box.width) / 2, 0.0), width=width)


def over(numerator: Box, denominator: Box) -> Box:
    """Return a fraction, its bar on the axis."""
    width = max(numerator.width, denominator.width) + 0.12
    rise = max(0.68, AXIS + 0.16 + numerator.descent)
    drop = max(0.69, denominator.ascent + 0.16 - AXIS)
    bar = Box(width, AXIS, -AXIS, (Rule(0.0, AXIS - _RULE / 2, width, _RULE),))
    top = moved(centred(width, numerator), 0.0, rise)
    bottom = moved(centred(width, denominator), 0.0, -drop)
    return beside(space(0.08), overlaid(width, top, bar, bottom), space(0.08))


def bracket(character: str, content: Box) -> Box:
    """Return a bracket that is as tall as ``content``."""
    plain = glyphs(character)
    reach = max(content.ascent - AXIS, content.descent + AXIS)
    needed = 2 * reach + 0.06
    stretch = max(1.0, needed / (plain.ascent + plain.descent))
    needed = stretch * (plain.ascent + plain.descent)
    drop = AXIS - needed / 2 + stretch * plain.descent
    run = Run(character, 0.0, drop, 1.0, stretch)
    return Box(plain.width, AXIS + needed / 2, needed / 2 - AXIS, (run,))


def rooted(content: Box) -> Box:
    """Draw a root sign over ``content``."""
    sign = bracket("\u221a", content)
    bar = Rule(0.0, sign.ascent - _RULE, content.width, _RULE)
    line = Box(content.width, sign.ascent, 0.0, (bar,))
    return beside(sign, overlaid(content.width, content, line))


def under_over(middle: Box, below: Box | None, above: Box | None) -> Box:
    """Set limits below and above a large operator."""
    width = max(box.width for box in (middle, below, above) if box is not None)
    layers = [centred(width, middle)]
    if below is not None:
        layers.append(moved(centred(width, below), 0.0, -middle.descent - 0.12 - below.ascent))
    if above is not None:
        layers.append(moved(centred(width, above), 0.0, middle.ascent + 0.12 + above.descent))
    return overlaid(width, *layers)


def grid(rows: Sequence[Sequence[Box]], gap: float, align: float) -> Box:
    """Set cells in rows about the axis; ``align`` is 0 for the left, 0.5 for the middle."""
    columns = [max(cell.width for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells: list[Box] = []
        for cell, width in zip(row, columns, strict=True):
            shifted = moved(cell, align * (width - cell.width), 0.0)
            cells += [space(gap if cells else 0.0), replace(shifted, width=width)]
        lines.append(beside(*cells))
    total = sum(line.ascent + line.descent for line in lines) + _LEADING * (len(lines) - 1)
    top, placed = AXIS + total / 2, []
    for line in lines:
        placed.append(moved(line, 0.0, top - line.ascent))
        top -= line.ascent + line.descent + _LEADING
    return overlaid(lines[0].width, *placed)


def framed(box: Box) -> Box:
    """Draw a frame round a box."""
    pad = 0.25
    width, low, high = box.width + 2 * pad, -box.descent - pad, box.ascent + pad
    sides = (
        Rule(0.0, low, width, _RULE),
        Rule(0.0, high - _RULE, width, _RULE),
        Rule(0.0, low, _RULE, high - low),
        Rule(width - _RULE, low, _RULE, high - low),
    )
    return overlaid(width, moved(box, pad, 0.0), Box(width, high, -low, sides))
