"""A drawing that no language owns: shapes and labels in centimetres, y upwards.

The figures build these records, ``tikz.py`` and ``svg.py`` print them. Colours are roles with one
value each, so that both decks and every figure in them agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from symderiv.renderers.geometry import Bounds, Point, around, union
from symderiv.renderers.math_boxes import extent

if TYPE_CHECKING:
    from symderiv.expression import Node

Role = Literal["ink", "muted", "grey", "blue", "green", "orange", "grid", "paper"]

PALETTE: Final[dict[Role, str]] = {
    "ink": "#1F2933",
    "muted": "#52606D",
    "grey": "#6B7280",
    "blue": "#0072B2",
    "green": "#007A5A",
    "orange": "#B34700",
    "grid": "#CBD2D9",
    "paper": "#FFFFFF",
}
"""Blue is forward and input, green hidden and parameter, orange backward and output."""

Anchor = Literal["center", "west", "east", "base", "base west", "base east"]
Shape = Literal["circle", "square"]


@dataclass(frozen=True, slots=True)
class Paint:
    """A role, thinned with paper to ``strength`` per cent."""

    role: Role
    strength: int = 100

    @property
    def hex(self) -> str:
        """The colour as ``#RRGGBB``."""
        return mixed(PALETTE[self.role], PALETTE["paper"], self.strength)


def mixed(first: str, second: str, percent: float) -> str:
    """Return ``percent`` of one colour and the rest of another."""
    share = percent / 100
    channels = (
        round(share * int(first[i : i + 2], 16) + (1 - share) * int(second[i : i + 2], 16))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02X}" for channel in channels)


INK: Final = Paint("ink")
MUTED: Final = Paint("muted")


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle; line widths, here and below, are in points."""

    x: float
    y: float
    radius: float
    stroke: Paint
    fill: Paint
    width: float = 0.9
    dashed: bool = False

    @property
    def bounds(self) -> Bounds:
        """The rectangle that it fills."""
        return Bounds(self.x, self.y, self.x, self.y).padded(self.radius)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle about its centre, its corners rounded by ``corner``."""

    x: float
    y: float
    across: float
    high: float
    stroke: Paint
    fill: Paint
    corner: float = 0.0
    width: float = 0.9
    dashed: bool = False

    @property
    def bounds(self) -> Bounds:
        """The rectangle that it fills."""
        right, top = self.across / 2, self.high / 2
        return Bounds(self.x - right, self.y - top, self.x + right, self.y + top)


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight line, with a tip at its end if it is an ``arrow``."""

    start: Point
    end: Point
    paint: Paint = INK
    width: float = 0.7
    dashed: bool = False
    arrow: bool = False

    @property
    def bounds(self) -> Bounds:
        """The rectangle that it spans."""
        return around((self.start, self.end))


@dataclass(frozen=True, slots=True)
class Arc:
    """A bent arrow: it leaves the straight line by ``bend``, to the left of its direction."""

    start: Point
    end: Point
    bend: float
    paint: Paint = INK
    width: float = 1.1

    @property
    def controls(self) -> tuple[Point, Point]:
        """The inner control points of its cubic Bezier curve."""
        (x0, y0), (x1, y1) = self.start, self.end
        dx, dy = x1 - x0, y1 - y0
        # A cubic reaches three quarters of the way to its control points.
        reach = self.bend / 0.75 / math.hypot(dx, dy)
        return (
            (x0 + 0.25 * dx - reach * dy, y0 + 0.25 * dy + reach * dx),
            (x0 + 0.75 * dx - reach * dy, y0 + 0.75 * dy + reach * dx),
        )

    @property
    def bounds(self) -> Bounds:
        """A rectangle that holds it."""
        return around((self.start, *self.controls, self.end))


@dataclass(frozen=True, slots=True)
class Polyline:
    """A line through points."""

    points: tuple[Point, ...]
    paint: Paint = INK
    width: float = 1.2
    dashed: bool = False

    @property
    def bounds(self) -> Bounds:
        """The rectangle that it spans."""
        return around(self.points)


@dataclass(frozen=True, slots=True)
class Marker:
    """A data point, with a rim of paper that keeps it apart from what lies below."""

    x: float
    y: float
    shape: Shape
    paint: Paint
    radius: float = 0.15

    @property
    def bounds(self) -> Bounds:
        """The rectangle that it fills."""
        return Bounds(self.x, self.y, self.x, self.y).padded(self.radius)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Values from 0 (``low``) to 1 (``high``) on a grid of points that spans ``area``.

    ``values[0]`` is the bottom row.
    """

    values: tuple[tuple[float, ...], ...]
    area: Bounds
    low: Paint
    high: Paint

    @property
    def bounds(self) -> Bounds:
        """The rectangle that it fills."""
        return self.area


@dataclass(frozen=True, slots=True)
class Label:
    """Mathematics or prose; ``size`` is one em, a ``halo`` clears the ground behind it.

    ``anchor`` says which point of the label stands at ``x, y``: the middle of its box or of a
    side, or a point of its baseline.
    """

    content: Node | str
    x: float
    y: float
    size: float = 0.36
    paint: Paint = INK
    anchor: Anchor = "center"
    halo: bool = False

    @property
    def bounds(self) -> Bounds:
        """The rectangle that its ink fills."""
        width, ascent, descent = (self.size * length for length in extent(self.content))
        if self.anchor.endswith("west"):
            left = self.x
        else:
            left = self.x - (width if self.anchor.endswith("east") else width / 2)
        bottom = self.y - (descent if "base" in self.anchor else (ascent + descent) / 2)
        return Bounds(left, bottom, left + width, bottom + ascent + descent)

    @property
    def baseline(self) -> Point:
        """The left end of its baseline."""
        bounds = self.bounds
        return bounds.left, bounds.bottom + self.size * extent(self.content)[2]


Item = Circle | Rect | Segment | Arc | Polyline | Marker | HeatMap | Label

MARGIN: Final = 0.12
HALO: Final = 0.05
"""What a label clears around it."""
DASHES: Final = (3.0, 2.2)
"""The points that a dashed line is drawn and not drawn."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing: its items, painted in order, and the title that names it to a screen reader."""

    items: tuple[Item, ...]
    title: str

    @property
    def bounds(self) -> Bounds:
        """The rectangle that holds every item, with a margin for the widths of lines."""
        return union(item.bounds for item in self.items).padded(MARGIN)
