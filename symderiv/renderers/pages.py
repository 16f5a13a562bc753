"""Which size each slide is set in, and where a long one is cut, the same for both decks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symderiv.renderers.breaking import broken
from symderiv.renderers.cutting import parts
from symderiv.renderers.deck import Block, Code, Columns, Deck, Equations, Figure, Slide, Steps
from symderiv.renderers.measure import Sizes, needed_width, stack_height

WIDTH, HEIGHT = 33.0, 15.6
"""The room below a slide's title, in the units of ``measure``."""

LADDER = (
    Sizes(1.2, 0.83),
    Sizes(1.0, 0.83),
    Sizes(0.91, 0.75),
    Sizes(0.83, 0.67),
    Sizes(0.75, 0.67),
    Sizes(0.67, 0.67),
    Sizes(0.55, 0.55),
)
"""The sizes to choose from: the type sizes of LaTeX from ``\\Large`` to ``\\tiny``."""

_READABLE = 0.83
"""A slide that is too high is rather cut than set smaller; one too wide has no choice."""

_LEGIBLE = 0.75
"""Two columns are given up rather than set smaller than this."""

_MOST_PARTS = 20


@dataclass(frozen=True, slots=True)
class Page:
    """A slide that fits, with the sizes at which it does."""

    slide: Slide
    sizes: Sizes


def pages(deck: Deck) -> tuple[Page, ...]:
    """Return the deck's slides in order, long ones cut into several that say "(continued)"."""
    return tuple(page for slide in deck.slides for page in _pages(slide))


def _pages(slide: Slide) -> list[Page]:
    """Cut a slide into pages; columns that only fit in small print are set below each other."""
    found = _cut(broken(slide, WIDTH, _READABLE))
    if min(page.sizes.mathematics for page in found) < _LEGIBLE:
        stacked = tuple(part for block in slide.blocks for part in _stacked(block))
        if stacked != slide.blocks:
            return _pages(replace(slide, blocks=stacked))
    return found


def _stacked(block: Block) -> tuple[Block, ...]:
    return (*block.left, *block.right) if isinstance(block, Columns) else (block,)


def _cut(slide: Slide) -> list[Page]:
    """Cut a slide into as few parts as will do, all set in the same size."""
    sizes = _sizes_for(slide, _READABLE)
    cut = [slide]
    for count in range(1, _MOST_PARTS):
        cut = parts(slide, count, lambda block: stack_height((block,), WIDTH, sizes))
        found = [_sizes_for(part, _READABLE) for part in cut]
        if all(_is_low(part, size) for part, size in zip(cut, found, strict=True)):
            return [Page(part, min(found)) for part in cut]
    smallest = min(_sizes_for(part, 0.0) for part in cut)  # it cannot be cut any finer
    return [Page(part, smallest) for part in cut]


def _sizes_for(slide: Slide, least: float) -> Sizes:
    """Return the largest sizes at which the slide fits; height is a reason down to ``least``."""
    narrow = [sizes for sizes in _ladder(slide.blocks) if _is_narrow(slide, sizes)]
    for sizes in narrow:
        if _is_low(slide, sizes) or sizes.mathematics <= least:
            return sizes
    return LADDER[-1]


def _ladder(blocks: Sequence[Block]) -> tuple[Sizes, ...]:
    """Only equations that have the slide for themselves are set large."""
    alone = any(isinstance(block, Equations) for block in blocks) and not any(
        isinstance(block, Columns | Figure | Steps | Code) for block in blocks
    )
    return LADDER if alone else LADDER[1:]


def _is_narrow(slide: Slide, sizes: Sizes) -> bool:
    return all(needed_width(block, WIDTH, sizes) <= WIDTH for block in slide.blocks)


def _is_low(slide: Slide, sizes: Sizes) -> bool:
    return stack_height(slide.blocks, WIDTH, sizes) <= HEIGHT
