"""How wide and how high a block is, before any typesetter has seen it.

Lengths are in em of displayed mathematics at its normal size: 12 pt on the Beamer page, 34 px on
the HTML stage. In these units a slide is as wide and as high in either deck, and the fonts are
near enough for one estimate to serve both.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from symderiv.expression import Node
from symderiv.renderers.deck import (
    Block,
    Bullets,
    Code,
    Columns,
    Equations,
    Figure,
    Line,
    Paragraph,
    Row,
    Steps,
    Table,
    Words,
)
from symderiv.renderers.math_boxes import extent

PROSE, SMALL = 0.8, 0.64
COLUMN_GAP = 1.4
BLOCK_GAP = 0.8
LEAST_FIGURE = 6.0
WIDEST_REASON = 10.5
RELATION = 1.4
"""The width of an equals sign with the space round it."""

FRAME = 0.5
"""What the frame round a result adds to its width and height."""

_SPREAD = 1.1  # TeX's mathematics is wider than the measured font
_LINE, _SMALL_LINE = 1.15, 0.95
_BULLET_GAP, _EQUATION_GAP, _ROW_GAP, _CELL_GAP = 0.4, 0.75, 0.55, 1.6
_TABLE_ROW, _CODE_LINE, _CODE_CHARACTER = 1.45, 1.22, 0.53
_TAG, _BULLET, _REASON_GAP = 2.6, 1.2, 1.5


class Sizes(NamedTuple):
    """What displayed mathematics and source text are scaled by."""

    mathematics: float
    code: float


def words_width(words: Words, scale: float) -> float:
    """Return the width of prose on one line."""
    return scale * sum(extent(part).width for part in words)


def reason_width(rows: Iterable[Row]) -> float:
    """Return the width of a derivation's column of reasons; longer ones wrap."""
    widest = max((words_width(row.because, SMALL) for row in rows), default=0.0)
    return min(WIDEST_REASON, 1.15 * widest)


def left_width(rows: Iterable[Row]) -> float:
    """Return the width of a derivation's left sides, at size 1."""
    return max((across(row.left) for row in rows if row.left is not None), default=0.0)


def right_width(row: Row | Line) -> float:
    """Return the width of a row's right side or of an equation, at size 1."""
    if isinstance(row, Line):
        return across(row.equation)
    return across(row.right) + (FRAME if row.result else 0.0)


def across(node: Node) -> float:
    """Return the width of displayed mathematics at size 1."""
    return _SPREAD * extent(node).width


def needed_width(block: Block, width: float, sizes: Sizes) -> float:
    """Return the width below which a block cannot be set in ``width``: what does not wrap."""
    match block:
        case Steps(rows):
            sides = left_width(rows) + RELATION + max(map(right_width, rows))
            return sizes.mathematics * sides + fixed_width(block)
        case Equations(lines):
            return sizes.mathematics * max(map(right_width, lines)) + fixed_width(block)
        case Table(header, rows):
            scale = PROSE * min(1.0, sizes.mathematics)
            columns = zip(header, *rows, strict=True)
            cells = (max(words_width(cell, scale) for cell in column) for column in columns)
            return sum(cells) + _CELL_GAP * len(header)
        case Columns():
            return max(
                needed_width(part, inner, sizes) + width - inner
                for blocks, inner in column_widths(block, width)
                for part in blocks
            )
        case _:
            return 0.0


def fixed_width(block: Block) -> float:
    """Return the width of what stands beside a block's mathematics: reasons and tags."""
    match block:
        case Steps(rows):
            reason = reason_width(rows)
            tag = _TAG if any(row.tag for row in rows) else 0.0
            return tag + (reason + _REASON_GAP if reason else 0.0)
        case Equations(lines):  # a tag at the right, the same room at the left
            return 2 * _TAG if any(line.tag for line in lines) else 0.0
        case _:
            return 0.0


def column_widths(block: Columns, width: float) -> tuple[tuple[tuple[Block, ...], float], ...]:
    """Return each column's blocks with its width."""
    inside = width - COLUMN_GAP
    return (block.left, inside * block.ratio), (block.right, inside * (1 - block.ratio))


def stack_height(blocks: Sequence[Block], width: float, sizes: Sizes) -> float:
    """Return the height of blocks below each other, figures at their smallest."""
    heights = [_height(block, width, sizes) for block in blocks]
    return sum(heights) + BLOCK_GAP * max(0, len(heights) - 1)


def figure_room(blocks: Sequence[Block], width: float, height: float, sizes: Sizes) -> float:
    """Return the height that the other blocks of a stack leave to each of its figures."""
    figures = sum(isinstance(block, Figure) for block in blocks)
    spare = height - stack_height(blocks, width, sizes)
    return LEAST_FIGURE + max(0.0, spare) / max(1, figures)


def _height(block: Block, width: float, sizes: Sizes) -> float:
    match block:
        case Paragraph(words, small):
            return _prose(words, width, SMALL if small else PROSE)
        case Bullets(items):
            each = (_prose(item, width - _BULLET, PROSE) + _BULLET_GAP for item in items)
            return sum(each)
        case Equations(lines):
            return sum(_tall(sizes, line.equation) + _EQUATION_GAP for line in lines)
        case Steps(rows):
            return sum(_row_height(row, sizes) for row in rows)
        case Figure():
            return LEAST_FIGURE
        case Table(header, rows):
            cells = [max(_prose(cell, math.inf, PROSE) for cell in row) for row in (header, *rows)]
            scale = min(1.0, sizes.mathematics)
            return 0.6 + scale * sum(max(_TABLE_ROW, cell + 0.3) for cell in cells)
        case Code(source):
            return 0.8 + sum(_CODE_LINE * sizes.code * n for n in _code_lines(source, width, sizes))
        case Columns():
            stacks = column_widths(block, width)
            return max(stack_height(blocks, inner, sizes) for blocks, inner in stacks)


def _tall(sizes: Sizes, *nodes: Node | None) -> float:
    found = [extent(node) for node in nodes if node is not None]
    ascent = max(0.75, *(size.ascent for size in found))
    descent = max(0.25, *(size.descent for size in found))
    return sizes.mathematics * (ascent + descent)


def _row_height(row: Row, sizes: Sizes) -> float:
    sides = _tall(sizes, row.left, row.right) + (FRAME if row.result else 0.0)
    return max(sides, _prose(row.because, WIDEST_REASON, SMALL)) + _ROW_GAP


def _prose(words: Words, width: float, scale: float) -> float:
    lines = max(1, math.ceil(1.05 * words_width(words, scale) / width))
    line = _LINE if scale == PROSE else _SMALL_LINE
    tallest = max((sum(extent(part)[1:]) * scale for part in words), default=0.0)
    return lines * max(line, tallest + 0.1)


def _code_lines(source: str, width: float, sizes: Sizes) -> list[int]:
    characters = int((width - 1.2) / (_CODE_CHARACTER * sizes.code))
    lines = source.rstrip().split("\n")
    return [max(1, len(textwrap.wrap(line, characters, tabsize=4))) for line in lines]
