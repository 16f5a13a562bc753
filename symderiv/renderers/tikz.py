"""A scene as a TikZ picture, at the size at which it will be read.

It needs the TikZ library ``arrows.meta`` and the colours of ``colour_definitions``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symderiv.latex.printer import latex
from symderiv.latex.text import escape
from symderiv.renderers.contours import bands
from symderiv.renderers.scene import (
    DASHES,
    HALO,
    PALETTE,
    Arc,
    Circle,
    HeatMap,
    Item,
    Label,
    Marker,
    Paint,
    Polyline,
    Rect,
    Scene,
    Segment,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symderiv.renderers.geometry import Point

LARGEST_SCALE = 1.25
"""A small drawing does not grow beyond this, or its text would outgrow the slide's."""

_CM_PER_POINT = 2.54 / 72.27
_FONT_SIZE = 10
_TEXT = rf"inner sep=0pt,outer sep=0pt,font=\fontsize{{{_FONT_SIZE}}}{{12}}\selectfont"


def colour_definitions() -> str:
    r"""Return the ``\definecolor`` lines of the palette, for the preamble."""
    return "\n".join(
        rf"\definecolor{{sd{role}}}{{HTML}}{{{value[1:]}}}"
        for role, value in PALETTE.items()
        if role != "paper"
    )


def tikz(scene: Scene, *, max_width: float, max_height: float) -> str:
    """Return the scene as a ``tikzpicture`` that fits into ``max_width`` by ``max_height`` cm.

    Text is scaled with the drawing, so what is kept apart in the scene stays apart.
    """
    bounds = scene.bounds
    scale = min(max_width / bounds.width, max_height / bounds.height, LARGEST_SCALE)
    unit, pen = f"{scale:.4f}cm", _Pen(scale)
    corners = ((bounds.left, bounds.bottom), (bounds.right, bounds.top))
    lines = [
        rf"\path[use as bounding box] {' rectangle '.join(map(_point, corners))};",
        *(line for item in scene.items for line in pen.item(item)),
    ]
    head = rf"\begin{{tikzpicture}}[x={unit},y={unit},every node/.style={{{_TEXT}}}]"
    return "\n  ".join([head, *lines]) + "\n" + r"\end{tikzpicture}"


def _number(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")


def _point(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _colour(paint: Paint) -> str:
    if paint.role == "paper":
        return "white"
    return f"sd{paint.role}" + (f"!{paint.strength}" if paint.strength != 100 else "")


def _path(points: Iterable[Point]) -> str:
    return " -- ".join(map(_point, points))


def _short_path(points: Iterable[Point]) -> str:
    """Print a path to a tenth of a millimetre: a heat map has hundreds of them."""
    return "--".join(f"({x:.2f},{y:.2f})" for x, y in points)


class _Pen:
    """Draws items; widths of lines and sizes of text follow ``scale`` as places do."""

    def __init__(self, scale: float) -> None:
        self._scale = scale

    def item(self, item: Item) -> Iterator[str]:
        match item:
            case Circle():
                yield (
                    rf"\draw[{self._line(item.stroke, item.width, dashed=item.dashed)}, "
                    rf"fill={_colour(item.fill)}] {_point((item.x, item.y))} "
                    rf"circle[radius={_number(item.radius)}];"
                )
            case Rect():
                yield self._rect(item)
            case Segment():
                tip = f", {self._tip()}" if item.arrow else ""
                yield (
                    rf"\draw[{self._line(item.paint, item.width, dashed=item.dashed)}{tip}] "
                    rf"{_path((item.start, item.end))};"
                )
            case Arc():
                first, second = item.controls
                yield (
                    rf"\draw[{self._line(item.paint, item.width)}, {self._tip()}] "
                    rf"{_point(item.start)} .. controls {_point(first)} and {_point(second)} .. "
                    rf"{_point(item.end)};"
                )
            case Polyline():
                yield (
                    rf"\draw[{self._line(item.paint, item.width, dashed=item.dashed)}, "
                    rf"line join=round, line cap=round] {_path(item.points)};"
                )
            case Marker():
                yield self._marker(item)
            case HeatMap():
                yield from self._heat_map(item)
            case Label():
                yield self._label(item)

    def _line(self, paint: Paint, width: float, *, dashed: bool = False) -> str:
        on, off = (_number(length * self._scale) for length in DASHES)
        dashes = f", dash pattern=on {on}pt off {off}pt" if dashed else ""
        return f"draw={_colour(paint)}, line width={_number(width * self._scale)}pt{dashes}"

    def _tip(self) -> str:
        long, wide = (_number(size * self._scale) for size in (5.4, 4.3))
        return f"-{{Stealth[length={long}pt,width={wide}pt]}}"

    def _rect(self, item: Rect) -> str:
        bounds = item.bounds
        corner = f", rounded corners={_number(item.corner * self._scale)}cm" if item.corner else ""
        return (
            rf"\draw[{self._line(item.stroke, item.width, dashed=item.dashed)}, "
            rf"fill={_colour(item.fill)}{corner}] {_point((bounds.left, bounds.bottom))} "
            rf"rectangle {_point((bounds.right, bounds.top))};"
        )

    def _marker(self, item: Marker) -> str:
        look = rf"\draw[{self._line(Paint('paper'), 0.7)}, fill={_colour(item.paint)}]"
        if item.shape == "circle":
            return f"{look} {_point((item.x, item.y))} circle[radius={_number(item.radius)}];"
        half = 0.885 * item.radius  # a square of the circle's area
        corners = ((item.x - half, item.y - half), (item.x + half, item.y + half))
        return f"{look} {' rectangle '.join(map(_point, corners))};"

    def _heat_map(self, item: HeatMap) -> Iterator[str]:
        low, high = _colour(item.low), _colour(item.high)
        yield rf"\colorlet{{sdlow}}{{{low}}}\colorlet{{sdhigh}}{{{high}}}"
        for band in bands(item.values, item.area):
            paths = "".join(f"{_short_path(polygon)}--cycle" for polygon in band.polygons)
            yield rf"\fill[sdhigh!{band.percent}!sdlow] {paths};"

    def _label(self, item: Label) -> str:
        size = item.size * self._scale / (_FONT_SIZE * _CM_PER_POINT)
        options = [f"scale={size:.3f}", f"anchor={item.anchor}", f"text={_colour(item.paint)}"]
        if isinstance(item.content, str):
            content = escape(item.content)
            # The same height for all prose, whatever its letters.
            options += ["text height=7.3pt", "text depth=2.1pt"]
        else:
            content = rf"$\displaystyle {latex(item.content)}$"
        if item.halo:
            halo = HALO * self._scale / _CM_PER_POINT / size
            options += ["fill=white", f"inner sep={halo:.2f}pt", "rounded corners=1pt"]
        return rf"\node[{', '.join(options)}] at {_point((item.x, item.y))} {{{content}}};"
