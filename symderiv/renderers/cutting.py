"""A slide that is too high becomes several: its blocks are cut between rows, lines and items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import NamedTuple, TypeVar

from symderiv.renderers.deck import (
    Block,
    Bullets,
    Code,
    Equations,
    Row,
    Slide,
    Steps,
    Table,
)

_LONGEST_PASSAGE = 12
"""Source text is cut between functions, but a longer passage than this anywhere."""

_Item = TypeVar("_Item")


class _Unit(NamedTuple):
    """What stays together: a block, or a part of one, with the place of the whole block."""

    place: int
    block: Block


def parts(slide: Slide, count: int, height: Callable[[Block], float]) -> list[Slide]:
    """Cut ``slide`` into at most ``count`` parts of about the same ``height``."""
    units = [
        _Unit(place, unit) for place, block in enumerate(slide.blocks) for unit in _units(block)
    ]
    ends = list(accumulate(height(unit.block) for unit in units))
    starts = [0.0, *ends[:-1]]
    pages = [int(count * (a + b) / 2 / ends[-1]) for a, b in zip(starts, ends, strict=True)]
    pieces = [
        [unit for unit, page in zip(units, pages, strict=True) if page == number]
        for number in sorted(set(pages))
    ]
    slides: list[Slide] = []
    for piece in pieces:
        blocks = _joined(piece)
        if slides:
            blocks = (_going_on(slides[-1].blocks[-1], blocks[0]), *blocks[1:])
        title = (*slide.title, " (continued)") if slides else slide.title
        slides.append(Slide(title, blocks, "" if slides else slide.notes))
    return slides


def _units(block: Block) -> list[Block]:
    match block:
        case Steps(rows):
            return [Steps(group) for group in _groups(rows, lambda row: bool(row.sign))]
        case Equations(lines):
            groups = _groups(lines, lambda line: not line.goes_on)
            return [replace(block, lines=group) for group in groups]
        case Bullets(items):
            return [replace(block, items=(item,)) for item in items]
        case Table(_, rows):
            return [replace(block, rows=(row,)) for row in rows]
        case Code(source):
            return [replace(block, source=passage) for passage in _passages(source)]
        case _:
            return [block]


def _groups(items: Sequence[_Item], opens: Callable[[_Item], bool]) -> list[tuple[_Item, ...]]:
    """Group items, a new group at each one that ``opens`` it."""
    numbers = accumulate(map(opens, items))
    pairs = groupby(zip(numbers, items, strict=True), key=lambda pair: pair[0])
    return [tuple(item for _, item in group) for _, group in pairs]


def _passages(source: str) -> list[str]:
    """Cut source text before what stands at the margin after indented lines."""
    lines = source.strip("\n").split("\n")
    before = ["", *lines[:-1]]
    opening = {
        place
        for place, (above, line) in enumerate(zip(before, lines, strict=True))
        if line[:1].strip() and (not above or above[:1].isspace())
    }
    numbered = list(enumerate(lines))
    groups = _groups(numbered, lambda pair: pair[0] in opening)
    passages: list[str] = []
    for group in groups:
        texts = [line for _, line in group]
        passages += texts if len(texts) > _LONGEST_PASSAGE else ["\n".join(texts)]
    return passages


def _joined(units: Sequence[_Unit]) -> tuple[Block, ...]:
    """Put the parts of one block together again."""
    groups = groupby(units, key=lambda unit: unit.place)
    return tuple(_together([unit.block for unit in group]) for _, group in groups)


def _together(blocks: list[Block]) -> Block:
    first = blocks[0]
    match first:
        case Steps():
            return Steps(tuple(row for b in blocks if isinstance(b, Steps) for row in b.rows))
        case Equations():
            lines = tuple(line for b in blocks if isinstance(b, Equations) for line in b.lines)
            return replace(first, lines=lines)
        case Bullets():
            items = tuple(item for b in blocks if isinstance(b, Bullets) for item in b.items)
            return replace(first, items=items)
        case Table():
            rows = tuple(row for b in blocks if isinstance(b, Table) for row in b.rows)
            return replace(first, rows=rows)
        case Code():
            texts = [b.source for b in blocks if isinstance(b, Code)]
            return replace(first, source="\n".join(texts).strip("\n"))
        case _:
            return first


def _going_on(above: Block, block: Block) -> Block:
    """Start a derivation that goes on with the line that the part above ended with."""
    if not (isinstance(above, Steps) and isinstance(block, Steps)) or block.rows[0].left:
        return block
    *_, last = _groups(above.rows, lambda row: bool(row.sign))
    left = next((row.left for row in reversed(above.rows) if row.left is not None), None)
    repeated = (Row(left, last[0].right, sign=last[0].sign), *last[1:])
    return Steps((*repeated, *block.rows))
