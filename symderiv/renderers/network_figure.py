r"""A network as a drawing: columns of nodes, edges that carry their weights, bias nodes of value 1.

Layers, nodes and edges are counted from 1 as in :math:`w_{ij}^{(l)}`: the weights of layer 1 lead
from the inputs into the first column after them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from symderiv.expression import Node, Number
from symderiv.renderers.geometry import Bounds, Point
from symderiv.renderers.label_placement import Edge, label_places
from symderiv.renderers.math_boxes import extent
from symderiv.renderers.scene import (
    HALO,
    INK,
    MUTED,
    Circle,
    Item,
    Label,
    Paint,
    Role,
    Scene,
    Segment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Layers = tuple[tuple[Node, ...], ...]

MOST_NODES: Final = 6
"""A layer with more nodes shows its first three and its last, with dots between."""

_NODE_SIZE, _CAPTION_SIZE = 0.44, 0.38
_RADIUS, _BIAS_RADIUS = 0.54, 0.38
_COLUMNS = (4.6, 5.2, 5.8, 6.4, 7.0, 7.6)
_ROWS = (1.4, 1.5, 1.6, 1.7, 1.8, 2.0, 2.2, 2.4)
_EDGE_SIZES = (0.40, 0.36)
_DENSE = (5.0, 1.35, 0.40)
_SLIDE = (14.2, 6.4)
"""The centimetres that a slide has for a figure."""
_ROOMY, _SMALLEST = 0.36, 0.25
"""On the slide, edge labels of the first size leave room to spread; below the second none reads."""
_TEX_IS_WIDER = 1.12
"""TeX's letters are up to this much larger than those that the layout knows."""


class EdgeKey(NamedTuple):
    """The edge of layer ``layer`` from node ``source`` (0: the bias node) to node ``target``."""

    layer: int
    source: int
    target: int


def network_figure(
    layers: Layers,
    weights: Callable[[int, int, int], Node],
    biases: Callable[[int, int], Node],
    highlight: frozenset[EdgeKey] = frozenset(),
) -> Scene:
    """Return the drawing of a fully connected network.

    ``layers`` holds the names of the nodes, inputs first; ``weights(layer, i, j)`` and
    ``biases(layer, j)`` name the edges. Where not every label finds a free place, only the
    highlighted edges are labelled and the others step back.
    """

    def name(key: EdgeKey) -> Node:
        if key.source:
            return weights(key.layer, key.source, key.target)
        return biases(key.layer, key.target)

    radius = max(_RADIUS, *(_needed_radius(node) for layer in layers for node in layer))
    for geometry in _spacious(layers, radius):
        labels = {key: name(key) for key in geometry.edges}
        places = _places(geometry, labels, geometry.edges)
        if places is not None:
            return _scene(geometry, labels, places, highlight)
    column, row, size = _DENSE
    geometry = _Geometry(layers, radius, column, max(row, 2.4 * radius), size)
    lit = {key: ends for key, ends in geometry.edges.items() if key in highlight}
    labels = {key: name(key) for key in lit}
    places = _places(geometry, labels, lit)
    if places is None:  # a highlighted crowd: better no labels than a heap of them
        labels, places = {}, {}
    return _scene(geometry, labels, places, highlight)


def _spacious(layers: Layers, radius: float) -> list[_Geometry]:
    """Return the distances worth trying, those that show largest on a slide first.

    Too large a network has none: its labels could be apart, but not read.
    """
    if max(map(len, layers)) > MOST_NODES:
        return []
    choices = (
        _Geometry(layers, radius, column, max(row, 2.4 * radius), size)
        for column, row, size in product(_COLUMNS, _ROWS, _EDGE_SIZES)
    )
    legible = [geometry for geometry in choices if geometry.shown_size >= _SMALLEST]
    return sorted(legible, key=lambda it: (-min(it.shown_size, _ROOMY), -it.row, it.column))


def _needed_radius(node: Node) -> float:
    width, ascent, descent = extent(node)
    return _NODE_SIZE * math.hypot(width, ascent + descent) / 2 + 0.06


@dataclass(frozen=True)
class _Geometry:
    """Where everything of a network stands, for one distance of columns and rows."""

    layers: Layers
    radius: float
    column: float
    row: float
    edge_size: float

    @cached_property
    def columns(self) -> tuple[dict[int, Point], ...]:
        """The place of every visible node; node 0 is the bias node on top of its column."""
        return tuple(self._column(index) for index in range(len(self.layers)))

    def _column(self, index: int) -> dict[int, Point]:
        count, x = len(self.layers[index]), index * self.column
        shown = range(1, count + 1) if count <= MOST_NODES else range(1, 4)
        rows = count if count <= MOST_NODES else 5
        top = (rows - 1) * self.row / 2
        places = {node: (x, top - (node - 1) * self.row) for node in shown}
        places[count] = (x, -top)
        if index < len(self.layers) - 1:
            places[0] = (x, top + self.row)
        return places

    @property
    def shown_size(self) -> float:
        """The size in which edge labels come out on a slide."""
        heights = [y for column in self.columns for _, y in column.values()]
        wide = (len(self.layers) - 1) * self.column + 2.3
        high = max(heights) - min(heights) + _BIAS_RADIUS + self.radius + 0.95
        return self.edge_size * min(_SLIDE[0] / wide, _SLIDE[1] / high)

    def dots(self) -> Iterator[Point]:
        """Yield where dots stand for the nodes that are not drawn."""
        for layer, column in zip(self.layers, self.columns, strict=True):
            if len(layer) > MOST_NODES:
                x, bottom = column[len(layer)]
                for step in (-1, 0, 1):
                    yield x, bottom + self.row + step * 0.2

    @cached_property
    def edges(self) -> dict[EdgeKey, tuple[Point, Point]]:
        """The ends of every visible edge, at the rims of its nodes."""
        ends = {}
        for layer in range(1, len(self.layers)):
            for source, start in sorted(self.columns[layer - 1].items()):
                for target, end in sorted(self.columns[layer].items()):
                    if target:
                        rim = self.radius if source else _BIAS_RADIUS
                        ends[EdgeKey(layer, source, target)] = (
                            _towards(start, end, rim),
                            _towards(end, start, self.radius),
                        )
        return ends

    def nodes(self, column: int) -> list[Bounds]:
        """Return what the nodes of a column cover."""
        return [
            Bounds(x, y, x, y).padded(self.radius if node else _BIAS_RADIUS)
            for node, (x, y) in self.columns[column].items()
        ]


def _towards(start: Point, end: Point, by: float) -> Point:
    (x0, y0), (x1, y1) = start, end
    share = by / math.hypot(x1 - x0, y1 - y0)
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def _places(
    geometry: _Geometry,
    labels: Mapping[EdgeKey, Node],
    edges: Mapping[EdgeKey, tuple[Point, Point]],
) -> dict[EdgeKey, Point] | None:
    """Find a place for every label, layer by layer; ``edges`` are those that it must not hit."""
    found: dict[EdgeKey, Point] = {}
    for layer in range(1, len(geometry.layers)):
        keys = [key for key in edges if key.layer == layer]
        lines = [Edge(*edges[key], *_covered(labels[key], geometry.edge_size)) for key in keys]
        places = label_places(lines, geometry.nodes(layer - 1) + geometry.nodes(layer))
        if places is None:
            return None
        for key, line, place in zip(keys, lines, places, strict=True):
            found[key] = line.at(place)
    return found


def _covered(label: Node, size: float) -> tuple[float, float]:
    """Return the width and height that a label takes up with its halo, in either font."""
    width, ascent, descent = extent(label)
    size *= _TEX_IS_WIDER
    return size * width + 2 * HALO, size * (ascent + descent) + 2 * HALO


def _scene(
    geometry: _Geometry,
    labels: Mapping[EdgeKey, Node],
    places: Mapping[EdgeKey, Point],
    highlight: frozenset[EdgeKey],
) -> Scene:
    strength = 75 if len(labels) == len(geometry.edges) else 35 if highlight else 55
    # What is highlighted lies on top of what is not.
    items: list[Item] = [
        _edge(geometry.edges[key], key, lit=key in highlight, strength=strength)
        for key in sorted(geometry.edges, key=lambda key: (key in highlight, key))
    ]
    for key, label in labels.items():
        paint = Paint("orange") if key in highlight else INK
        items.append(Label(label, *places[key], geometry.edge_size, paint, halo=True))
    for index in range(len(geometry.layers)):
        items += _nodes(geometry, index)
    items += (Circle(x, y, 0.045, MUTED, MUTED) for x, y in geometry.dots())
    sizes = "-".join(str(len(layer)) for layer in geometry.layers)
    return Scene((*items, *_captions(geometry)), f"Neural network {sizes} with bias nodes")


def _edge(ends: tuple[Point, Point], key: EdgeKey, *, lit: bool, strength: int) -> Segment:
    if lit:
        paint, width = Paint("orange"), 1.5
    else:
        # Grey is paler than ink: it needs more of itself to look as strong.
        paint = Paint("ink", strength) if key.source else Paint("grey", min(100, strength + 25))
        width = 0.7
    return Segment(*ends, paint, width, dashed=not key.source, arrow=True)


def _nodes(geometry: _Geometry, index: int) -> Iterator[Item]:
    last = len(geometry.layers) - 1
    role: Role = "blue" if index == 0 else "orange" if index == last else "green"
    for node, (x, y) in sorted(geometry.columns[index].items()):
        if node:
            yield Circle(x, y, geometry.radius, Paint(role), Paint(role, 10))
            yield Label(geometry.layers[index][node - 1], x, y, _NODE_SIZE)
        else:
            yield Circle(x, y, _BIAS_RADIUS, Paint("grey"), Paint("grey", 8), dashed=True)
            yield Label(Number("1"), x, y, 0.9 * _NODE_SIZE)


def _captions(geometry: _Geometry) -> Iterator[Label]:
    last = len(geometry.layers) - 1
    bottom = min(y for column in geometry.columns for _, y in column.values())
    for index in range(last + 1):
        number = f" {index}" if last > 2 else ""
        words = {0: "input layer", last: "output layer"}.get(index, f"hidden layer{number}")
        place = (index * geometry.column, bottom - geometry.radius - 0.65)
        yield Label(words, *place, _CAPTION_SIZE, MUTED, "base")
