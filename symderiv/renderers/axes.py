"""What every plot has: a frame that maps data to the drawing, round ticks, and a legend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from symderiv.expression import Negative, Node, Number, Power, Product
from symderiv.renderers.scene import (
    INK,
    MUTED,
    Anchor,
    Item,
    Label,
    Marker,
    Paint,
    Polyline,
    Segment,
    Shape,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from symderiv.renderers.geometry import Bounds, Point

TICK_SIZE: Final = 0.40
NAME_SIZE: Final = 0.43
LEGEND_SIZE: Final = 0.40
GRID: Final = Paint("grid")


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle ``area`` of the drawing that shows the rectangle ``data`` of values."""

    area: Bounds
    data: Bounds

    def at(self, x: float, y: float) -> Point:
        """Return where the values ``x, y`` stand in the drawing."""
        across = (x - self.data.left) / self.data.width
        up = (y - self.data.bottom) / self.data.height
        return self.area.left + across * self.area.width, self.area.bottom + up * self.area.height

    def outline(self) -> Polyline:
        """Return the frame itself."""
        left, bottom, right, top = self.area
        corners = ((left, bottom), (right, bottom), (right, top), (left, top), (left, bottom))
        return Polyline(corners, MUTED, 0.9)

    def ticks_below(self, step: float) -> Iterator[Item]:
        """Yield a short line and the number at each multiple of ``step``."""
        for value in multiples(self.data.left, self.data.right, step):
            x, y = self.at(value, self.data.bottom)
            yield Segment((x, y), (x, y - 0.12), MUTED)
            yield Label(number(value), x, y - 0.52, TICK_SIZE, INK, "base")

    def ticks_left(self, step: float) -> Iterator[Item]:
        """Yield a short line and the number at each multiple of ``step``."""
        for value in multiples(self.data.bottom, self.data.top, step):
            x, y = self.at(self.data.left, value)
            yield Segment((x - 0.12, y), (x, y), MUTED)
            yield Label(number(value), x - 0.22, y, TICK_SIZE, INK, "east")

    def name_below(self, name: Node | str) -> Label:
        """Return the name of the horizontal axis."""
        middle = (self.area.left + self.area.right) / 2
        return Label(name, middle, self.area.bottom - 1.12, NAME_SIZE, INK, "base")

    def name_left(self, name: Node | str) -> Label:
        """Return the name of the vertical axis, upright beside its middle."""
        middle = (self.area.bottom + self.area.top) / 2
        return Label(name, self.area.left - 0.75, middle, NAME_SIZE, INK, "east")


def round_step(span: float, parts: int) -> float:
    """Return the smallest of 1, 2, 5, 10, ... that cuts ``span`` into at most ``parts``."""
    magnitude: float = 10.0 ** math.floor(math.log10(span / parts))
    return next(
        factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude * parts >= span
    )


def multiples(low: float, high: float, step: float) -> Iterator[float]:
    """Yield the multiples of ``step`` from ``low`` to ``high``."""
    slack = 1e-9
    for count in range(math.ceil(low / step - slack), math.floor(high / step + slack) + 1):
        yield count * step


def number(value: float) -> Node:
    r"""Return a number of three digits, such as ``0.5`` or ``1.2 \cdot 10^{-5}``."""
    if value < 0:
        return Negative(number(-value))
    if value and not 1e-3 <= value < 1e5:
        mantissa, exponent = f"{value:.1e}".split("e")
        return Product((Number(mantissa), power_of_ten(int(exponent))), "cdot")
    return Number(f"{value:.3g}" if value < 1000 else f"{value:.0f}")


def power_of_ten(exponent: int) -> Node:
    """Return ``10^exponent``."""
    size = Number(str(abs(exponent)))
    return Power(Number("10"), Negative(size) if exponent < 0 else size)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a legend: a marker, or a sample of a line, and what it stands for."""

    words: Node | str
    paint: Paint
    shape: Shape | None = None
    dashed: bool = False


def legend(entries: Sequence[Entry], left: float, top: float) -> Iterator[Item]:
    """Set the entries below each other."""
    anchor: Anchor = "base west"
    for place, entry in enumerate(entries):
        y = top - 0.35 - 0.75 * place
        if entry.shape:
            yield Marker(left + 0.3, y, entry.shape, entry.paint, 0.19)
        else:
            ends = ((left, y), (left + 0.6, y))
            yield Segment(*ends, entry.paint, 1.6, dashed=entry.dashed)
        yield Label(entry.words, left + 0.8, y - 0.13, LEGEND_SIZE, INK, anchor)
