"""Plots: what is drawn is what was given, and a candidate line is shown to fail."""

from __future__ import annotations

import itertools
import math

import pytest
from sample_figures import EXTENT, LINES, XOR, plots, ridge

from symderiv.expression import Name, Negative, Node, Number, Power, Product
from symderiv.renderers.axes import multiples, number, power_of_ten, round_step
from symderiv.renderers.contours import bands, contour
from symderiv.renderers.geometry import Bounds
from symderiv.renderers.plot_figure import Line, decision_figure, loss_figure, points_figure
from symderiv.renderers.scene import HeatMap, Label, Marker, Paint, Polyline, Scene, Segment

UNIT = Bounds(0.0, 0.0, 1.0, 1.0)


def contents(scene: Scene) -> list[Node | str]:
    """Return what the labels say."""
    return [item.content for item in scene.items if isinstance(item, Label)]


def area(polygon: tuple[tuple[float, float], ...]) -> float:
    """Return the area of a polygon (Gauss)."""
    pairs = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


def test_points_differ_by_shape_and_stand_where_they_should() -> None:
    """The four markers form a square, equal classes on its diagonals."""
    markers = [item for item in plots()["points"].items if isinstance(item, Marker)][:4]
    assert [marker.shape for marker in markers] == ["square", "circle", "circle", "square"]
    origin, up, right, far = ((marker.x, marker.y) for marker in markers)
    assert origin[0] == up[0] < right[0] == far[0]
    assert origin[1] == right[1] < up[1] == far[1]


def test_legend_and_axes_name_what_is_shown() -> None:
    """Both classes and both axes are named, with a marker beside each class."""
    scene = plots()["points"]
    assert {*XOR.names, *XOR.axes} <= set(contents(scene))
    assert sum(isinstance(item, Marker) for item in scene.items) == 4 + 2


def test_lines_say_how_many_points_they_get_right() -> None:
    """A level or upright line gets two points of XOR, a slanted one three, none four."""
    said = contents(plots()["lines"])
    assert [words for words in said if isinstance(words, str) and " of " in words] == [
        "2 of 4",
        "2 of 4",
        "3 of 4",
    ]


def test_lines_end_at_the_frame() -> None:
    """A line runs from side to side of the frame, wherever its two points are."""
    scene = plots()["lines"]
    frame = next(item for item in scene.items if isinstance(item, Polyline)).bounds
    drawn = [item for item in scene.items if isinstance(item, Segment) and item.dashed][
        : len(LINES)
    ]
    for x, y in itertools.chain.from_iterable((line.start, line.end) for line in drawn):
        assert math.isclose(
            min(x - frame.left, frame.right - x, y - frame.bottom, frame.top - y), 0, abs_tol=1e-9
        )


@pytest.mark.parametrize("line", [((0.0, 9.0), (1.0, 9.0)), ((0.5, 0.0), (0.5, 1.0))])
def test_a_line_that_parts_the_classes_is_refused(line: Line) -> None:
    """The figure's claim is that lines fail: one that does not, or is not seen, is an error."""
    parted = type(XOR)(XOR.points, (0, 0, 1, 1), XOR.axes, XOR.names)
    with pytest.raises(ValueError, match="line"):
        points_figure(parted, (line,))


def test_loss_ends_at_its_last_value() -> None:
    """F4: the number at the end of the curve is the last loss, and the curve goes down to it."""
    scene = loss_figure([1.0, 0.1, 0.01], Name("J"))
    curve = next(it for it in scene.items if isinstance(it, Polyline) and it.paint == Paint("blue"))
    assert number(0.01) in contents(scene)
    (x0, y0), (x1, y1) = curve.points[0], curve.points[-1]
    assert (x0, y0) == (0.0, 5.0)
    assert (x1, y1) == (11.0, 0.0)
    assert [power_of_ten(k) in contents(scene) for k in (-3, -2, -1, 0, 1)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_thinned_curve_is_the_curve() -> None:
    """No loss is further than a tenth of a millimetre from the drawn line."""
    losses = [math.exp(-epoch / 90) * (1.2 + math.sin(epoch / 7)) for epoch in range(900)]
    scene = loss_figure(losses, Name("J"))
    curve = next(it for it in scene.items if isinstance(it, Polyline) and it.paint == Paint("blue"))
    assert len(curve.points) < 400
    low, high = math.floor(math.log10(min(losses))), math.ceil(math.log10(max(losses)))
    for epoch, loss in enumerate(losses):
        x = 11.0 * epoch / (len(losses) - 1)
        y = 5.0 * (math.log10(loss) - low) / (high - low)
        (x0, y0), (x1, y1) = next(
            pair
            for pair in itertools.pairwise(curve.points)
            if pair[0][0] <= x <= pair[1][0] + 1e-9
        )
        assert y == pytest.approx(y0 + (y1 - y0) * (x - x0) / (x1 - x0), abs=0.0101)


@pytest.mark.parametrize("losses", [[], [1.0], [1.0, 0.0], [1.0, math.nan], [1.0, math.inf]])
def test_loss_without_a_logarithm_is_refused(losses: list[float]) -> None:
    """Zero, infinite and undefined losses have no place on the axis."""
    with pytest.raises(ValueError, match="positive and finite"):
        loss_figure(losses, Name("J"))


def test_flat_loss_has_an_axis() -> None:
    """A loss that never moves is drawn on an axis of one decade."""
    scene = loss_figure([1.0, 1.0], Name("J"))
    assert [power_of_ten(k) in contents(scene) for k in (0, 1)] == [True, True]


def test_decision_shows_heat_contour_points_and_legend() -> None:
    """The contour of the ridge is two lines at a distance of one half from the diagonal."""
    scene = plots()["decision"]
    assert isinstance(scene.items[0], HeatMap)
    lines = [it for it in scene.items if isinstance(it, Polyline) and it.paint == Paint("ink")]
    assert len(lines) == 2
    for x, y in itertools.chain.from_iterable(line.points for line in lines):
        assert abs(x - y) * 1.8 / 5.6 == pytest.approx(0.5, abs=0.01)
    assert sum(isinstance(item, Marker) for item in scene.items) == 4 + 2


def test_decision_has_its_lowest_row_at_the_bottom() -> None:
    """A grid that is high in its first row is warm at the bottom."""
    rows = [[1.0, 1.0], [0.0, 0.0]]
    scene = decision_figure(XOR, rows, EXTENT, "boundary")
    heat = scene.items[0]
    assert isinstance(heat, HeatMap)
    top_band = bands(heat.values, heat.area)[-1]
    assert min(y for polygon in top_band.polygons for _, y in polygon) == heat.area.bottom
    assert max(y for polygon in top_band.polygons for _, y in polygon) < 1.0


def test_contour_of_a_hill_closes() -> None:
    """A round hill has one level line, closed, at the right distance all round."""
    marks = [step / 20 for step in range(21)]
    hill = [[1 - math.hypot(x - 0.5, y - 0.5) for x in marks] for y in marks]
    (line,) = contour(hill, UNIT, 0.7)
    assert line[0] == line[-1]
    assert all(math.dist(point, (0.5, 0.5)) == pytest.approx(0.3, abs=0.01) for point in line)


def test_contour_of_a_saddle_has_two_lines() -> None:
    """Four crossings of one cell are two lines, not one that turns on itself."""
    assert len(contour([[1.0, 0.0], [0.0, 1.0]], UNIT, 0.5)) == 2


def test_bands_cover_what_reaches_their_level() -> None:
    """On a slope from 0 to 1, the area above a level is what is left of the slope."""
    slope = [[column / 4 for column in range(5)] for _ in range(3)]
    found = bands(slope, UNIT)
    assert [band.percent for band in found] == [0, 12, 25, 38, 50, 62, 75, 88, 100]
    for step, band in enumerate(found[1:], 1):
        assert sum(map(area, band.polygons)) == pytest.approx(1 - (step - 0.5) / 8)


def test_bands_merge_full_cells() -> None:
    """A level plain is one rectangle a row, not one a cell."""
    assert {len(band.polygons) for band in bands([[1.0] * 9] * 4, UNIT)[1:]} == {3}
    assert len(bands(ridge(), UNIT)) == 9


@pytest.mark.parametrize(
    ("value", "node"),
    [
        (0.0, Number("0")),
        (0.5, Number("0.5")),
        (4000, Number("4000")),
        (-1.0, Negative(Number("1"))),
        (0.00123, Number("0.00123")),
        (
            1.24e-5,
            Product((Number("1.2"), Power(Number("10"), Negative(Number("5")))), "cdot"),
        ),
        (2e6, Product((Number("2.0"), Power(Number("10"), Number("6"))), "cdot")),
    ],
)
def test_numbers(value: float, node: Node) -> None:
    """Numbers have three digits, or a power of ten."""
    assert number(value) == node


@pytest.mark.parametrize(
    ("span", "parts", "step"), [(1.8, 3, 1), (4000, 5, 1000), (9, 5, 2), (0.3, 3, 0.1), (5, 1, 5)]
)
def test_round_steps(span: float, parts: int, step: float) -> None:
    """Ticks are 1, 2 or 5 times a power of ten apart."""
    assert round_step(span, parts) == pytest.approx(step)
    assert len(list(multiples(0, span, step))) <= parts + 1
