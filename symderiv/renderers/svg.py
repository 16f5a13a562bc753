"""A scene as SVG: one standalone drawing that needs no style sheet and no script.

Colours are literal and mathematics is text in the embedded font "SD Math", so the drawing looks
the same inline in a page, as a file of its own, and in programs other than browsers.
"""

from __future__ import annotations

import math
import re
from html import escape
from typing import TYPE_CHECKING

from symderiv.renderers.boxes import Rule, Run
from symderiv.renderers.contours import bands
from symderiv.renderers.math_boxes import layout
from symderiv.renderers.scene import (
    DASHES,
    HALO,
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
    mixed,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symderiv.renderers.geometry import Bounds, Point

UNIT = 80
"""User units per centimetre: a Beamer slide's 16 cm are 1280, the width of an HTML slide."""

_POINT = UNIT * 2.54 / 72.27
_MATH = "'SD Math','STIX Two Math','Cambria Math',serif"
_TEXT = "'SD Text',Inter,'Segoe UI',Roboto,Arial,sans-serif"
_TIP = 9.0
_PAPER, _ACCENT = Paint("paper").hex, Paint("orange").hex
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def svg(scene: Scene, *, identifier: str) -> str:
    """Return the scene as an ``<svg>`` element.

    ``identifier`` is unique among the drawings of a page; what one of them defines is named
    after it.
    """
    bounds = scene.bounds
    width, height, name = _number(bounds.width), _number(bounds.height), escape(identifier)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-labelledby="{name}-title">'
    )
    title = f'<title id="{name}-title">{_text(scene.title)}</title>'
    pen = _Pen(bounds, identifier)
    body = [line for item in scene.items for line in pen.item(item)]
    return "\n".join([head, title, *_tips(scene, identifier), *body, "</svg>"])


def _tips(scene: Scene, identifier: str) -> list[str]:
    """Define an arrow tip for each colour that has arrows."""
    paints = {
        item.paint.hex: None
        for item in scene.items
        if isinstance(item, Arc) or (isinstance(item, Segment) and item.arrow)
    }
    markers = [
        f'<marker id="{_tip_name(identifier, paint)}" viewBox="0 0 10 8" refX="4" refY="4" '
        f'markerWidth="{_TIP * 10 / 6:g}" markerHeight="{_TIP * 8 / 6:g}" '
        f'markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0 0L10 4L0 8L2.6 4z" fill="{paint}"/></marker>'
        for paint in paints
    ]
    return ["<defs>", *markers, "</defs>"] if markers else []


def _tip_name(identifier: str, paint: str) -> str:
    return escape(f"{identifier}-tip-{paint[1:].lower()}")


def _number(length: float, unit: float = UNIT) -> str:
    return f"{round(length * unit, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _text(words: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", words))


class _Pen:
    """Draws items in user units, y downwards from the top of ``bounds``."""

    def __init__(self, bounds: Bounds, identifier: str) -> None:
        self._bounds = bounds
        self._identifier = identifier

    def item(self, item: Item) -> Iterator[str]:
        match item:
            case Circle():
                yield (
                    f'<circle {self._at(item.x, item.y, "cx", "cy")} r="{_number(item.radius)}" '
                    f'fill="{item.fill.hex}" {_line(item.stroke, item.width, dashed=item.dashed)}/>'
                )
            case Rect():
                yield self._rect(item)
            case Segment():
                yield self._segment(item)
            case Arc():
                yield self._arc(item)
            case Polyline():
                yield (
                    f'<path d="{self._path(item.points)}" fill="none" stroke-linejoin="round" '
                    f'stroke-linecap="round" {_line(item.paint, item.width, dashed=item.dashed)}/>'
                )
            case Marker():
                yield self._marker(item)
            case HeatMap():
                yield from self._heat_map(item)
            case Label():
                yield from self._label(item)

    def _point(self, point: Point) -> str:
        x, y = point
        return f"{_number(x - self._bounds.left)} {_number(self._bounds.top - y)}"

    def _at(self, x: float, y: float, x_name: str = "x", y_name: str = "y") -> str:
        right, down = self._point((x, y)).split()
        return f'{x_name}="{right}" {y_name}="{down}"'

    def _path(self, points: Iterable[Point]) -> str:
        return "M" + "L".join(map(self._point, points))

    def _rect(self, item: Rect) -> str:
        bounds = item.bounds
        return (
            f'<rect {self._at(bounds.left, bounds.top)} width="{_number(item.across)}" '
            f'height="{_number(item.high)}" rx="{_number(item.corner)}" '
            f'fill="{item.fill.hex}" {_line(item.stroke, item.width, dashed=item.dashed)}/>'
        )

    def _segment(self, item: Segment) -> str:
        end = _short_of(item.start, item.end) if item.arrow else item.end
        return (
            f"<line {self._at(*item.start, 'x1', 'y1')} {self._at(*end, 'x2', 'y2')} "
            f"{_line(item.paint, item.width, dashed=item.dashed)}"
            f"{self._tip(item.paint) if item.arrow else ''}/>"
        )

    def _arc(self, item: Arc) -> str:
        first, second = item.controls
        end = _short_of(second, item.end)
        curve = " ".join(map(self._point, (first, second, end)))
        return (
            f'<path d="M{self._point(item.start)}C{curve}" fill="none" '
            f"{_line(item.paint, item.width, dashed=False)}{self._tip(item.paint)}/>"
        )

    def _tip(self, paint: Paint) -> str:
        return f' marker-end="url(#{_tip_name(self._identifier, paint.hex)})"'

    def _marker(self, item: Marker) -> str:
        look = f'fill="{item.paint.hex}" stroke="{_PAPER}" stroke-width="2"'
        if item.shape == "circle":
            at = self._at(item.x, item.y, "cx", "cy")
            return f'<circle {at} r="{_number(item.radius)}" {look}/>'
        side = 1.77 * item.radius  # of the circle's area
        at = self._at(item.x - side / 2, item.y + side / 2)
        return f'<rect {at} width="{_number(side)}" height="{_number(side)}" {look}/>'

    def _heat_map(self, item: HeatMap) -> Iterator[str]:
        for band in bands(item.values, item.area):
            paths = "".join(self._path(polygon) + "z" for polygon in band.polygons)
            fill = mixed(item.high.hex, item.low.hex, band.percent)
            yield f'<path d="{paths}" fill="{fill}"/>'

    def _label(self, item: Label) -> Iterator[str]:
        if item.halo:
            box = item.bounds.padded(HALO)
            yield (
                f'<rect {self._at(box.left, box.top)} width="{_number(box.width)}" '
                f'height="{_number(box.height)}" rx="3" fill="{_PAPER}"/>'
            )
        x, y = item.baseline
        if isinstance(item.content, str):
            yield (
                f'<text {self._at(x, y)} font-family="{_TEXT}" font-size="{_number(item.size)}" '
                f'fill="{item.paint.hex}">{_text(item.content)}</text>'
            )
            return
        yield f'<g font-family="{_MATH}" fill="{item.paint.hex}">'
        for part in layout(item.content).parts:
            start = (x + item.size * part.x, y + item.size * part.y)
            if isinstance(part, Run):
                yield self._run(part, start, item.size)
            else:
                yield self._rule(part, start, item.size)
        yield "</g>"

    def _run(self, run: Run, start: Point, size: float) -> str:
        place = self._at(*start)
        if run.stretch != 1.0:
            right, down = self._point(start).split()
            place = f'transform="translate({right} {down}) scale(1 {run.stretch:.3f})"'
        look = f' fill="{_ACCENT}"' if run.accent else ""
        look += f' font-family="{_TEXT}"' if run.prose else ""
        return (
            f'<text {place} font-size="{_number(size * run.size)}"{look}>{_text(run.text)}</text>'
        )

    def _rule(self, rule: Rule, start: Point, size: float) -> str:
        x, y = start
        colour = f' fill="{_ACCENT}"' if rule.accent else ""
        return (
            f'<rect {self._at(x, y + size * rule.height)} width="{_number(size * rule.width)}" '
            f'height="{_number(size * rule.height)}"{colour}/>'
        )


def _line(paint: Paint, width: float, *, dashed: bool) -> str:
    on, off = (_number(length, _POINT) for length in DASHES)
    dashes = f' stroke-dasharray="{on} {off}"' if dashed else ""
    return f'stroke="{paint.hex}" stroke-width="{_number(width, _POINT)}"{dashes}'


def _short_of(start: Point, end: Point) -> Point:
    """Return where a line stops so that its tip, not its width, ends at ``end``."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    back = min(1.0, _TIP / UNIT / length) if length else 0.0
    return x1 - back * (x1 - x0), y1 - back * (y1 - y0)
