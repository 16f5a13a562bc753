"""The general model as two drawings: values through the layers, and errors back through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symderiv.expression import Listing, Node
from symderiv.renderers.math_boxes import extent
from symderiv.renderers.scene import (
    MUTED,
    Circle,
    Item,
    Label,
    Paint,
    Rect,
    Role,
    Scene,
    Segment,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SIZE, _CAPTION_SIZE, _WORDS_SIZE = 0.62, 0.50, 0.44
_HIGH, _WIDE = 1.5, 2.4
_INNER_GAP, _OUTER_GAP, _LAST_GAP = 0.9, 2.9, 1.3
_PAD = 0.3
_FRAME_TOP, _FRAME_BOTTOM = 1.6, -1.1
_BELOW = -2.2


@dataclass(frozen=True, slots=True)
class FlowLayer:
    """A layer of the general model, as its quantities are called.

    ``error`` is the derivative of the cost by ``linear``; ``gradients`` are those by the
    ``parameters``.
    """

    name: Node | str
    linear: Node
    activation: Node
    parameters: tuple[Node, ...]
    error: Node
    gradients: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class FlowSource:
    """What comes before the layers: the activations of the layer before, or the inputs."""

    name: Node | str
    activation: Node


def feedforward_figure(source: FlowSource, layers: Sequence[FlowLayer]) -> Scene:
    """Return how values flow: activations to the right, parameters in from below."""
    track = _Track(source, layers)
    items = [*track.boxes(), *track.forward_arrows()]
    for layer, x in zip(layers, track.linears, strict=True):
        items.append(Segment((x, _BELOW + 0.15), (x, -_HIGH / 2), Paint("green"), 1.3, arrow=True))
        drop = _BELOW - 0.1 - _SIZE * extent(Listing(layer.parameters)).ascent
        items.append(Label(Listing(layer.parameters), x, drop, _SIZE, Paint("green"), "base"))
    return Scene(tuple(items), "Feedforward: from layer to layer, parameters from below")


def backpropagation_figure(source: FlowSource, layers: Sequence[FlowLayer]) -> Scene:
    """Return how errors flow: back to the left, the gradients of the parameters out below."""
    track = _Track(source, layers)
    items = [*track.boxes(), *track.backward_arrows()]
    orange = Paint("orange")
    for layer, x in zip(layers, track.linears, strict=True):
        items.append(Segment((x, -_HIGH / 2), (x, _BELOW), orange, 1.3, arrow=True))
        items += _side_by_side(layer.gradients, x, _BELOW - 0.15)
    return Scene(tuple(items), "Backpropagation: errors to the left, gradients out below")


def _side_by_side(nodes: Sequence[Node], middle: float, top: float) -> Iterator[Label]:
    """Hang labels below ``top``, on one baseline, about ``middle``."""
    gap = 0.45
    widths = [_SIZE * extent(node).width * 1.15 for node in nodes]
    baseline = top - _SIZE * max(extent(node).ascent for node in nodes)
    x = middle - (sum(widths) + gap * (len(nodes) - 1)) / 2
    for node, width in zip(nodes, widths, strict=True):
        yield Label(node, x + width / 2, baseline, _SIZE, Paint("orange"), "base")
        x += width + gap


class _Track:
    """The boxes in a row: the source's one, then two for each layer, and dots for what follows."""

    def __init__(self, source: FlowSource, layers: Sequence[FlowLayer]) -> None:
        self._source = source
        self._layers = layers
        step = 2 * _WIDE + _INNER_GAP + _OUTER_GAP
        first = _WIDE + _OUTER_GAP
        self.linears = [first + index * step for index in range(len(layers))]
        self._activations = [0.0, *(x + _WIDE + _INNER_GAP for x in self.linears)]
        self._end = self._activations[-1] + _WIDE / 2 + _PAD + _LAST_GAP

    def boxes(self) -> Iterator[Item]:
        yield from _frame(self._source.name, 0.0, 0.0)
        yield from _box("", self._source.activation, 0.0, "green")
        for layer, x in zip(self._layers, self.linears, strict=True):
            right = x + _WIDE + _INNER_GAP
            yield from _frame(layer.name, x, right)
            yield from _box("linear", layer.linear, x, "ink")
            yield from _box("activation", layer.activation, right, "green")
        for step in range(3):
            yield Circle(self._end + 0.2 + 0.25 * step, 0.0, 0.05, MUTED, MUTED)

    def forward_arrows(self) -> Iterator[Item]:
        for start, end in self._links():
            yield Segment((start, 0.0), (end, 0.0), Paint("blue"), 1.5, arrow=True)

    def backward_arrows(self) -> Iterator[Item]:
        """Draw the links backwards; those that lead out of a layer carry its error."""
        orange = Paint("orange")
        for start, end in self._links():
            yield Segment((end, 0.0), (start, 0.0), orange, 1.5, arrow=True)
        for layer, x in zip(self._layers, self.linears, strict=True):
            middle = x - (_WIDE + _OUTER_GAP) / 2
            yield Label(layer.error, middle, 0.28, _SIZE, orange, "base", halo=True)

    def _links(self) -> Iterator[tuple[float, float]]:
        half = _WIDE / 2
        starts = [x + half for x in self._activations]
        ends = [*(x - half for x in self.linears), self._end]
        yield from zip(starts, ends, strict=True)
        for x in self.linears:
            yield x + half, x + half + _INNER_GAP


def _frame(name: Node | str, first: float, last: float) -> Iterator[Item]:
    left, right = first - _WIDE / 2 - _PAD, last + _WIDE / 2 + _PAD
    middle = (left + right) / 2
    yield Rect(
        middle,
        (_FRAME_TOP + _FRAME_BOTTOM) / 2,
        right - left,
        _FRAME_TOP - _FRAME_BOTTOM,
        Paint("grid"),
        Paint("grey", 6),
        corner=0.25,
    )
    yield Label(name, middle, _FRAME_TOP + 0.2, _CAPTION_SIZE, MUTED, "base")


def _box(words: str, content: Node, x: float, role: Role) -> Iterator[Item]:
    paint, fill = Paint(role), Paint(role if role != "ink" else "paper", 10)
    yield Rect(x, 0.0, _WIDE, _HIGH, paint, fill, corner=0.15, width=1.1)
    yield Label(content, x, 0.0, _SIZE)
    if words:
        yield Label(words, x, _HIGH / 2 + 0.25, _WORDS_SIZE, MUTED, "base")
