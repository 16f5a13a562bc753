"""The chain rule along one path: values flow forward, the factors of the product backward."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from symderiv.expression import Node, Relation, Text
from symderiv.renderers.math_boxes import extent
from symderiv.renderers.scene import Arc, Item, Label, Paint, Rect, Role, Scene, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symderiv.renderers.geometry import Point

_SIZE, _WORDS_SIZE = 0.44, 0.38
_HIGH = 1.1
_BEND = 0.55
_LEAST_GAP = 1.7
_TEX_IS_WIDER = 1.15
_WIDEST = 13.5
_BLUE, _ORANGE = Paint("blue"), Paint("orange")
_LEGEND = (("forward: compute the values", _BLUE), ("backward: multiply the factors", _ORANGE))


Factor = tuple[Node, ...]
"""The lines of one factor."""


def chain_figure(nodes: Sequence[Node], partials: Sequence[Node]) -> Scene:
    """Return the chain ``nodes[0] -> nodes[1] -> ...`` with a factor below each of its links.

    ``partials[i]`` is the derivative of ``nodes[i + 1]`` by ``nodes[i]``, on its own or as the
    equation that says what it is.
    """
    if len(partials) != len(nodes) - 1 or not partials:
        raise ValueError(f"a chain of {len(nodes)} nodes has no {len(partials)} links")
    widths = [max(_HIGH, _wide(node) + 0.45) for node in nodes]
    factors: list[Factor] = [(partial,) for partial in partials]
    middles = _middles(widths, factors)
    if middles[-1] > _WIDEST:
        factors = [_broken(partial) for partial in partials]
        middles = _middles(widths, factors)
    items: list[Item] = []
    for index, (node, x, width) in enumerate(zip(nodes, middles, widths, strict=True)):
        role: Role = "grey" if index else "green"
        items.append(Rect(x, 0.0, width, _HIGH, Paint(role), Paint(role, 10), _HIGH / 2, 1.1))
        items.append(Label(node, x, 0.0, _SIZE))
    spans = [
        (left + width / 2, right - next_width / 2)
        for (left, width), (right, next_width) in pairwise(zip(middles, widths, strict=True))
    ]
    for start, end in spans:
        items += _link(start, end)
    labels = list(_factors(factors, spans))
    lowest = min(label.bounds.bottom for label in labels)
    items += labels
    items += _legend(((middles[0] + middles[-1]) / 2, lowest - 0.7))
    return Scene(tuple(items), "Chain rule: values forward, factors backward")


def _wide(node: Node) -> float:
    return _SIZE * extent(node).width * _TEX_IS_WIDER


def _broken(partial: Node) -> Factor:
    """Break an equation before its sign."""
    match partial:
        case Relation((left, right), signs):
            return left, Relation((Text(""), right), signs)
        case _:
            return (partial,)


def _middles(widths: Sequence[float], factors: Sequence[Factor]) -> list[float]:
    """Space the nodes so that each factor has the room between the middles of its two."""
    middles = [0.0]
    for (left, right), lines in zip(pairwise(widths), factors, strict=True):
        words = max(map(_wide, lines)) + 0.5
        middles.append(middles[-1] + max((left + right) / 2 + _LEAST_GAP, words))
    return middles


def _link(start: float, end: float) -> Iterator[Item]:
    yield Segment((start, 0.0), (end, 0.0), _BLUE, 1.5, arrow=True)
    # The arc leaves and meets the nodes where their ends start to round off.
    low, inset = -0.46 * _HIGH, 0.30 * _HIGH
    yield Arc((end + inset, low), (start - inset, low), _BEND, _ORANGE, 1.5)


def _factors(factors: Sequence[Factor], spans: Sequence[tuple[float, float]]) -> Iterator[Label]:
    """Set the factors below their arcs, lines of the same number on the same baseline."""
    top = -_HIGH / 2 - _BEND - 0.2
    for line in range(max(map(len, factors))):
        row = {index: lines[line] for index, lines in enumerate(factors) if line < len(lines)}
        sizes = [extent(node) for node in row.values()]
        top -= _SIZE * max(size.ascent for size in sizes)
        for index, node in row.items():
            middle = sum(spans[index]) / 2
            yield Label(node, middle, top, _SIZE, _ORANGE, "base")
        top -= _SIZE * max(size.descent for size in sizes) + 0.25


def _legend(middle: Point) -> Iterator[Item]:
    """Set the entries side by side, each after a sample of its arrow."""
    sample, gap = 0.9, 0.9
    widths = [_WORDS_SIZE * extent(words).width + sample + 0.2 for words, _ in _LEGEND]
    x, y = middle[0] - (sum(widths) + gap) / 2, middle[1]
    for (words, paint), width in zip(_LEGEND, widths, strict=True):
        ends = ((x, y), (x + sample, y))
        start, end = ends if paint is _BLUE else reversed(ends)
        yield Segment(start, end, paint, 1.5, arrow=True)
        yield Label(words, x + sample + 0.2, y - 0.12, _WORDS_SIZE, paint, "base west")
        x += width + gap
