"""Plots of what the network learns: the points, the loss while it trains, and its decision."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symderiv.renderers.axes import (
    GRID,
    NAME_SIZE,
    TICK_SIZE,
    Entry,
    Frame,
    legend,
    number,
    power_of_ten,
    round_step,
)
from symderiv.renderers.contours import Values, contour
from symderiv.renderers.geometry import Bounds, Point, around, clip
from symderiv.renderers.scene import (
    INK,
    MUTED,
    HeatMap,
    Item,
    Label,
    Marker,
    Paint,
    Polyline,
    Scene,
    Segment,
    Shape,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symderiv.expression import Node

_SQUARE = Bounds(0.0, 0.0, 5.6, 5.6)
_WIDE = Bounds(0.0, 0.0, 11.0, 5.0)
_LOOKS: tuple[tuple[Shape, Paint], ...] = (("square", Paint("blue")), ("circle", Paint("orange")))
"""Both classes differ in shape as well as in colour."""
_LINE = Paint("grey")

Line = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Samples:
    """Points of two classes, 0 and 1, and what the axes and the classes are called."""

    points: tuple[Point, ...]
    classes: tuple[int, ...]
    axes: tuple[Node, Node]
    names: tuple[Node | str, Node | str]


def points_figure(samples: Samples, lines: Sequence[Line] = ()) -> Scene:
    """Return the points, and beside each of the ``lines`` how many of them it gets right.

    A line is given by two of its points. One that parts the classes raises ``ValueError``: the
    figure is there to show lines that cannot.
    """
    frame = Frame(_SQUARE, _room(samples.points))
    items: list[Item] = [frame.outline(), *_axes(frame, samples)]
    for line in lines:
        items += _candidate(frame, samples, line)
    items += _markers(frame, samples)
    entries = _classes(samples)
    if lines:
        entries.append(Entry("a line: points it gets right", _LINE, dashed=True))
    items += legend(entries, _SQUARE.right + (1.9 if lines else 0.6), _SQUARE.top)
    return Scene(tuple(items), "Points of two classes")


def decision_figure(
    samples: Samples, values: Values, extent: Bounds, boundary: Node | str
) -> Scene:
    """Return the network's output as a heat map, its contour at one half, and the points.

    ``values`` are outputs from 0 to 1 on an even grid over ``extent``, ``values[0]`` the lowest
    row; ``boundary`` names the contour.
    """
    frame = Frame(_SQUARE, extent)
    rows = tuple(tuple(map(float, row)) for row in values)
    items: list[Item] = [HeatMap(rows, _SQUARE, Paint("blue", 14), Paint("orange", 22))]
    items += [frame.outline(), *_axes(frame, samples)]
    items += (Polyline(points, INK, 1.8) for points in contour(rows, _SQUARE, 0.5))
    items += _markers(frame, samples)
    entries = [*_classes(samples), Entry(boundary, INK)]
    items += legend(entries, _SQUARE.right + 0.6, _SQUARE.top)
    return Scene(tuple(items), "Decision of the trained network")


def loss_figure(losses: Sequence[float], name: Node | str) -> Scene:
    """Return the loss of each epoch on a logarithmic axis; ``name`` is what the loss is called."""
    if len(losses) < 2 or not all(0 < loss < math.inf for loss in losses):
        raise ValueError("a loss curve needs two or more losses, each positive and finite")
    logs = [math.log10(loss) for loss in losses]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    frame = Frame(_WIDE, Bounds(0, low, len(losses) - 1, max(high, low + 1)))
    items: list[Item] = []
    step = max(1, round_step(frame.data.height, 6))
    for exponent in range(low, int(frame.data.top) + 1, int(step)):
        x, y = frame.at(0, exponent)
        items.append(Segment((x, y), (_WIDE.right, y), GRID, 0.8))
        items.append(Label(power_of_ten(exponent), x - 0.22, y, TICK_SIZE, INK, "east"))
    items += frame.ticks_below(max(1, round_step(frame.data.width, 5)))
    places = [frame.at(epoch, log) for epoch, log in enumerate(logs)]
    items.append(Polyline(_thinned(places), Paint("blue"), 2.0))
    items += _last(places[-1], losses[-1])
    items.append(Label(name, -0.22, _WIDE.top + 0.5, NAME_SIZE, INK, "base west"))
    items.append(frame.name_below("epoch"))
    return Scene(tuple(items), "Loss while the network trains")


def _room(points: Sequence[Point]) -> Bounds:
    """Return a square round the points with room to spare."""
    box = around(points)
    side = max(box.width, box.height, 1e-9) * 1.8
    x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
    return Bounds(x, y, x, y).padded(side / 2)


def _axes(frame: Frame, samples: Samples) -> Iterator[Item]:
    yield from frame.ticks_below(round_step(frame.data.width, 3))
    yield from frame.ticks_left(round_step(frame.data.height, 3))
    yield frame.name_below(samples.axes[0])
    yield frame.name_left(samples.axes[1])


def _markers(frame: Frame, samples: Samples) -> Iterator[Item]:
    for point, label in zip(samples.points, samples.classes, strict=True):
        shape, paint = _LOOKS[label]
        yield Marker(*frame.at(*point), shape, paint, 0.22)


def _classes(samples: Samples) -> list[Entry]:
    return [
        Entry(name, paint, shape)
        for name, (shape, paint) in zip(samples.names, _LOOKS, strict=True)
    ]


def _candidate(frame: Frame, samples: Samples, line: Line) -> Iterator[Item]:
    """Draw a line as far as the frame goes, and say how well it does."""
    (x0, y0), (x1, y1) = (frame.at(*point) for point in line)
    far = 100 / math.hypot(x1 - x0, y1 - y0)
    dx, dy = far * (x1 - x0), far * (y1 - y0)
    inside = clip((x0 - dx, y0 - dy), (x1 + dx, y1 + dy), frame.area)
    right, total = _score(samples, line), len(samples.points)
    if inside is None or right == total:
        raise ValueError(f"the line through {line[0]} and {line[1]} parts the classes or misses")
    yield Segment(*inside, _LINE, 1.6, dashed=True)
    x, y = max(inside, key=lambda point: (point[0], point[1]))
    words = f"{right} of {total}"
    if x > frame.area.right - 1e-6:
        yield Label(words, x + 0.15, y, TICK_SIZE, MUTED, "west")
    else:
        yield Label(words, x, y + (0.2 if y > 1 else -0.5), TICK_SIZE, MUTED, "base")


def _score(samples: Samples, line: Line) -> int:
    """Return how many points are right if one side of the line is class 1, at the best choice."""
    (x0, y0), (x1, y1) = line
    hits = sum(
        ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0) == bool(label)
        for (x, y), label in zip(samples.points, samples.classes, strict=True)
    )
    return max(hits, len(samples.points) - hits)


def _last(place: Point, loss: float) -> Iterator[Item]:
    """Mark the end of the curve with the value that it reached."""
    yield Marker(*place, "circle", Paint("blue"), 0.13)
    x, y = place
    yield Label(number(loss), x, y + 0.35, TICK_SIZE, Paint("blue"), "base east", halo=True)


def _thinned(points: Sequence[Point], tolerance: float = 0.01) -> tuple[Point, ...]:
    """Leave out points that a straight line passes within ``tolerance`` (Douglas and Peucker)."""
    kept, spans = {0, len(points) - 1}, [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        (x0, y0), (x1, y1) = points[first], points[last]
        slope = (y1 - y0) / (x1 - x0)
        between = range(first + 1, last)
        far = max(
            between,
            key=lambda index: abs(points[index][1] - y0 - slope * (points[index][0] - x0)),
            default=first,
        )
        if abs(points[far][1] - y0 - slope * (points[far][0] - x0)) > tolerance:
            kept.add(far)
            spans += [(first, far), (far, last)]
    return tuple(points[index] for index in sorted(kept))
