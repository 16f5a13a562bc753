"""The start of the lecture: the data, and why one line cannot part its classes."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symderiv import expression as ex
from symderiv.expression import Name, Node, Number, equation
from symderiv.network import Network
from symderiv.notation import Quantity, Role, name
from symderiv.renderers.deck import (
    Block,
    Bullets,
    Columns,
    Equations,
    Figure,
    Line,
    Paragraph,
    Slide,
    Table,
)
from symderiv.renderers.lecture.material import Material, label_names, remark, slide, unit_names
from symderiv.renderers.plot_figure import Samples, points_figure

MOST_ROWS, MOST_COLUMNS = 8, 10


def binary_samples(material: Material) -> Samples | None:
    """Return the data as points of two classes, if that is what it is."""
    data, network = material.network.data, material.network
    if data is None or network.inputs != 2 or network.sizes[-1] != 1:
        return None
    if {value for row in data.Y for value in row} != {0, 1}:
        return None
    axes = (name(Quantity(Role.INPUT).at(1)), name(Quantity(Role.INPUT).at(2)))
    label = name(Quantity(Role.LABEL).at())
    classes = tuple(int(row[0]) for row in data.Y)
    points = tuple((float(a), float(b)) for a, b in data.X)
    names = (equation(label, Number("0")), equation(label, Number("1")))
    return Samples(points, classes, axes, names)


def problem_slides(material: Material) -> Iterator[Slide]:
    """Yield the slides about the data, and why a line does not do if it does not."""
    data, network = material.network.data, material.network
    if data is None:
        return
    title = f"The {network.problem} problem" if network.problem else "The data"
    names = [*unit_names(network, 0), *label_names(network)]
    if len(names) > MOST_COLUMNS:
        yield slide(title, Paragraph((_counted(network, len(data.X)),)))
        return
    header = tuple((node,) for node in names)
    rows = tuple(
        tuple((number(value),) for value in (*x, *y)) for x, y in zip(data.X, data.Y, strict=True)
    )
    table = Table(header, rows[:MOST_ROWS])
    more = (
        [remark(f"the first {MOST_ROWS} of {len(rows)} samples")] if len(rows) > MOST_ROWS else []
    )
    samples = binary_samples(material)
    if samples is None:
        yield slide(title, table, *more)
        return
    figure = Figure(points_figure(samples), "The samples as points, one mark for each class")
    yield slide(title, Columns((table, *more), (figure,), 0.34))
    lines = _failing_lines(samples)
    if lines:
        scene = points_figure(samples, lines)
        figure = Figure(
            scene, "Straight lines through the points: each leaves one on the wrong side"
        )
        yield slide("Why one line cannot separate the classes", figure)
        yield slide("Why one line cannot separate the classes", *_why(samples))


def _counted(network: Network, samples: int) -> str:
    return (
        f"There are {samples} samples; each has {network.sizes[0]} inputs and "
        f"{network.sizes[-1]} labels."
    )


def number(value: float) -> Node:
    """Return a value of the data for print."""
    text = f"{abs(value):g}"
    return ex.Negative(Number(text)) if value < 0 else Number(text)


def _failing_lines(samples: Samples) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return some lines between the points, if the centres of both classes show that all fail."""
    if _centres(samples)[0] != _centres(samples)[1]:
        return []
    xs, ys = zip(*samples.points, strict=True)
    left, right, bottom, top = min(xs), max(xs), min(ys), max(ys)
    middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
    return [
        ((left, middle_y), (right, middle_y)),
        ((middle_x, bottom), (middle_x, top)),
        ((middle_x, top), (right, middle_y)),
    ]


def _centres(samples: Samples) -> list[tuple[sp.Rational, ...]]:
    """Return the mean of each class's points, exactly."""
    found = []
    for kind in (0, 1):
        points = [p for p, c in zip(samples.points, samples.classes, strict=True) if c == kind]
        found.append(
            tuple(
                sum(sp.Rational(str(point[axis])) for point in points) / len(points)
                for axis in (0, 1)
            )
        )
    return found


def _why(samples: Samples) -> tuple[Block, ...]:
    """Explain it: both classes have one centre, where a linear function has one value."""
    (x, y), _ = _centres(samples)
    centre = ex.Brackets(ex.Listing((_exact(x), _exact(y))))
    weights = (Name("w", (Number("1"),)), Name("w", (Number("2"),)))
    products = (ex.Product(pair) for pair in zip(weights, samples.axes, strict=True))
    line = ex.Call(Name("f"), samples.axes)
    below, above = samples.names
    signs = [ex.Relation((Name("f"), Number("0")), (sign,)) for sign in ("<", ">")]
    return (
        Paragraph(("Suppose a line did: then a linear function is positive on one side only,",)),
        Equations((Line(equation(line, ex.Sum((*products, Name("b"))))),)),
        Bullets((
            ("The mean of a linear function over some points is its value at their centre",),
            ("Both classes have the same centre, ", centre),
            ("Over the points with ", above, " the mean would be ", signs[1], ", over those with ",
             below, " it would be ", signs[0], ": both at one point, which is impossible"),
        ), stepwise=True),
    )  # fmt: skip


def _exact(value: sp.Expr) -> Node:
    """Return an exact number for print."""
    if value.q == 1:
        return Number(str(value))
    return ex.Fraction(Number(str(value.p)), Number(str(value.q)))
