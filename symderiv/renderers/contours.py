"""Level lines and bands of values on a grid, by marching squares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from symderiv.renderers.geometry import Bounds, Point

Values = Sequence[Sequence[float]]
_LEVELS = 8


class Band(NamedTuple):
    """Where the values reach a level; ``percent`` of the upper colour is mixed in there."""

    percent: int
    polygons: tuple[tuple[Point, ...], ...]


class _Corner(NamedTuple):
    x: float
    y: float
    value: float


def bands(values: Values, area: Bounds) -> tuple[Band, ...]:
    """Return the areas above each of a few levels from 0 to 1, lowest first.

    Each band lies on top of the one before, so that no hairline of paper shows between them.
    """
    done = [Band(0, (_corners_of(area),))]
    for step in range(1, _LEVELS + 1):
        polygons = tuple(_above(values, area, (step - 0.5) / _LEVELS))
        if polygons:
            done.append(Band(round(100 * step / _LEVELS), polygons))
    return tuple(done)


def contour(values: Values, area: Bounds, level: float) -> tuple[tuple[Point, ...], ...]:
    """Return the lines along which the values cross ``level``, each as a chain of points."""
    segments: list[tuple[Point, Point]] = []
    for row in _cells(values, area):
        for cell in row:
            crossings = [
                _between(first, second, level)
                for first, second in zip(cell, (*cell[1:], cell[0]), strict=True)
                if (first.value < level) != (second.value < level)
            ]
            pairs = zip(crossings[::2], crossings[1::2], strict=True)
            segments += (pair for pair in pairs if pair[0] != pair[1])
    return tuple(_chains(segments))


def _corners_of(area: Bounds) -> tuple[Point, ...]:
    left, bottom, right, top = area
    return ((left, bottom), (right, bottom), (right, top), (left, top))


def _cells(values: Values, area: Bounds) -> Iterator[list[tuple[_Corner, ...]]]:
    """Yield the rows of cells, each cell by its corners, counter-clockwise."""
    high, wide = len(values) - 1, len(values[0]) - 1
    xs = [area.left + area.width * column / wide for column in range(wide + 1)]
    ys = [area.bottom + area.height * row / high for row in range(high + 1)]
    corners = [
        [_Corner(x, y, value) for x, value in zip(xs, line, strict=True)]
        for y, line in zip(ys, values, strict=True)
    ]
    for lower, upper in pairwise(corners):
        yield [(lower[i], lower[i + 1], upper[i + 1], upper[i]) for i in range(wide)]


def _above(values: Values, area: Bounds, level: float) -> Iterator[tuple[Point, ...]]:
    """Yield polygons that cover where the values reach ``level``; full cells in a row are one."""
    for row in _cells(values, area):
        run: list[tuple[_Corner, ...]] = []
        for cell in row:
            if all(corner.value >= level for corner in cell):
                run.append(cell)
                continue
            yield from _joined(run)
            run = []
            piece = _clipped(cell, level)
            if len(piece) > 2:
                yield piece
        yield from _joined(run)


def _joined(run: list[tuple[_Corner, ...]]) -> Iterator[tuple[Point, ...]]:
    if run:
        first, last = run[0], run[-1]
        corners = (first[0], last[1], last[2], first[3])
        yield tuple((corner.x, corner.y) for corner in corners)


def _clipped(cell: tuple[_Corner, ...], level: float) -> tuple[Point, ...]:
    """Cut off the part of a cell below ``level``."""
    points: list[Point] = []
    for first, second in zip(cell, (*cell[1:], cell[0]), strict=True):
        if first.value >= level:
            points.append((first.x, first.y))
        if (first.value < level) != (second.value < level):
            points.append(_between(first, second, level))
    return tuple(points)


def _between(first: _Corner, second: _Corner, level: float) -> Point:
    """Return where a straight slope from corner to corner crosses ``level``.

    It starts from the lower corner, so that two cells find the same point on their common side.
    """
    low, high = sorted((first, second), key=lambda corner: corner.value)
    share = (level - low.value) / (high.value - low.value)
    return _part_way(low.x, high.x, share), _part_way(low.y, high.y, share)


def _part_way(low: float, high: float, share: float) -> float:
    """Return what lies between, to the last bit: printing rounds, and must not hang by one."""
    return low if low == high else (1.0 - share) * low + share * high  # a share of 1 gives high


def _chains(segments: list[tuple[Point, Point]]) -> Iterator[tuple[Point, ...]]:
    """Join segments at their common ends."""
    at: dict[Point, list[int]] = {}
    for place, segment in enumerate(segments):
        for end in segment:
            at.setdefault(end, []).append(place)
    left = dict(enumerate(segments))

    def grow(chain: list[Point]) -> None:
        while found := [place for place in at[chain[-1]] if place in left]:
            first, second = left.pop(found[0])
            chain.append(second if first == chain[-1] else first)

    while left:
        chain = list(left.pop(next(iter(left))))
        grow(chain)
        chain.reverse()
        grow(chain)
        yield tuple(chain)
