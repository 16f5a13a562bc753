"""Points and upright rectangles, in centimetres, y upwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Point = tuple[float, float]


class Bounds(NamedTuple):
    """An upright rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """The extent from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The extent from bottom to top."""
        return self.top - self.bottom

    def padded(self, by: float) -> Bounds:
        """Return the rectangle with a margin."""
        return Bounds(self.left - by, self.bottom - by, self.right + by, self.top + by)


def around(points: Iterable[Point]) -> Bounds:
    """Return the smallest rectangle that holds the points."""
    xs, ys = zip(*points, strict=True)
    return Bounds(min(xs), min(ys), max(xs), max(ys))


def union(boxes: Iterable[Bounds]) -> Bounds:
    """Return the smallest rectangle that holds the rectangles."""
    return around(corner for box in boxes for corner in (box[:2], box[2:]))


def overlap(first: Bounds, second: Bounds) -> bool:
    """Say whether two rectangles share more than a border."""
    return (
        first.left < second.right
        and second.left < first.right
        and first.bottom < second.top
        and second.bottom < first.top
    )


def clip(start: Point, end: Point, box: Bounds) -> tuple[Point, Point] | None:
    """Return the part of a segment inside the rectangle (Liang and Barsky's algorithm)."""
    (x0, y0), (x1, y1) = start, end
    dx, dy = x1 - x0, y1 - y0
    enters, leaves = 0.0, 1.0
    for slope, room in (
        (-dx, x0 - box.left),
        (dx, box.right - x0),
        (-dy, y0 - box.bottom),
        (dy, box.top - y0),
    ):
        if slope == 0:
            if room < 0:
                return None
        elif slope < 0:
            enters = max(enters, room / slope)
        else:
            leaves = min(leaves, room / slope)
    if enters > leaves:
        return None
    return (x0 + enters * dx, y0 + enters * dy), (x0 + leaves * dx, y0 + leaves * dy)
