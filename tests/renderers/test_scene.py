"""The palette, the bounds of items, and that no text of any figure is hard to read."""

from __future__ import annotations

import itertools

import pytest
from sample_figures import all_figures

from symderiv.expression import Name
from symderiv.renderers.geometry import Bounds, clip, overlap
from symderiv.renderers.scene import (
    PALETTE,
    Arc,
    Circle,
    HeatMap,
    Item,
    Label,
    Paint,
    Polyline,
    Rect,
    Role,
    Scene,
    Segment,
    mixed,
)

FIGURES = all_figures()


def luminance(colour: str) -> float:
    """Return the relative luminance that WCAG 2 defines."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def ground(scene: Scene, label: Label) -> set[str]:
    """Return the colours of the areas that a label stands on."""
    box, found = label.bounds, {Paint("paper").hex}
    for item in itertools.takewhile(lambda item: item is not label, scene.items):
        if isinstance(item, Circle | Rect) and overlap(item.bounds, box):
            found.add(item.fill.hex)
        if isinstance(item, HeatMap) and overlap(item.bounds, box):
            found |= {item.low.hex, item.high.hex}
    return found


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21:1, and the grey that just passes passes."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("role", sorted(PALETTE.keys() - {"grid", "paper"}))
def test_every_colour_is_fit_for_text(role: Role) -> None:
    """F3: any colour that is no background may be that of words on paper."""
    assert contrast(Paint(role).hex, PALETTE["paper"]) >= 4.5


@pytest.mark.parametrize("name", FIGURES)
def test_every_label_has_enough_contrast(name: str) -> None:
    """F3: text differs from whatever it stands on by 4.5 to 1 at least."""
    scene = FIGURES[name]
    labels = [item for item in scene.items if isinstance(item, Label)]
    assert labels
    for label in labels:
        for colour in ground(scene, label):
            assert contrast(label.paint.hex, colour) >= 4.5, label


@pytest.mark.parametrize("name", FIGURES)
def test_labels_are_apart(name: str) -> None:
    """No two labels of a figure overlap, in the wider of the two notations."""
    labels = [item for item in FIGURES[name].items if isinstance(item, Label)]
    for first, second in itertools.combinations(labels, 2):
        assert not overlap(first.bounds, second.bounds), (first, second)


@pytest.mark.parametrize("name", FIGURES)
def test_bounds_hold_every_item(name: str) -> None:
    """A scene's bounds leave no item outside."""
    bounds = FIGURES[name].bounds
    for item in FIGURES[name].items:
        box = item.bounds
        assert bounds.left < box.left <= box.right < bounds.right
        assert bounds.bottom < box.bottom <= box.top < bounds.top


def test_paint_thins_with_paper() -> None:
    """Strength 100 is the role's colour, 0 is paper, and between lies a mixture."""
    assert Paint("blue").hex == PALETTE["blue"]
    assert Paint("blue", 0).hex == "#FFFFFF"
    assert mixed("#000000", "#FFFFFF", 50) == "#808080"


@pytest.mark.parametrize(
    ("item", "bounds"),
    [
        (Circle(1, 2, 3, Paint("ink"), Paint("paper")), (-2, -1, 4, 5)),
        (Rect(1, 2, 4, 6, Paint("ink"), Paint("paper")), (-1, -1, 3, 5)),
        (Segment((3, 1), (0, 2)), (0, 1, 3, 2)),
        (Polyline(((3, 1), (0, 2), (1, 5))), (0, 1, 3, 5)),
    ],
)
def test_item_bounds(item: Item, bounds: tuple[float, ...]) -> None:
    """Each shape knows the rectangle that it fills."""
    assert item.bounds == bounds


def test_arc_bends_to_its_left_by_its_bend() -> None:
    """The middle of the curve is as far from the straight line as asked."""
    arc = Arc((4.0, 0.0), (0.0, 0.0), 0.6)
    (x1, y1), (x2, y2) = arc.controls
    middle = ((4 + 3 * x1 + 3 * x2) / 8, (3 * y1 + 3 * y2) / 8)
    assert middle == pytest.approx((2.0, -0.6))


@pytest.mark.parametrize(
    ("anchor", "left", "bottom"),
    [
        ("center", -0.5, -0.5),
        ("west", 0.0, -0.5),
        ("east", -1.0, -0.5),
        ("base", -0.5, -0.25),
        ("base west", 0.0, -0.25),
        ("base east", -1.0, -0.25),
    ],
)
def test_anchors(monkeypatch: pytest.MonkeyPatch, anchor: str, left: float, bottom: float) -> None:
    """An anchor names the point of the label that stands at its place."""
    monkeypatch.setattr("symderiv.renderers.scene.extent", lambda _: (1.0, 0.75, 0.25))
    label = Label(Name("x"), 0.0, 0.0, 1.0, anchor=anchor)  # type: ignore[arg-type]
    assert label.bounds == Bounds(left, bottom, left + 1.0, bottom + 1.0)
    assert label.baseline == (left, bottom + 0.25)


@pytest.mark.parametrize(
    ("start", "end", "inside"),
    [
        ((-1, 0.5), (2, 0.5), ((0, 0.5), (1, 0.5))),
        ((0.5, 0.5), (0.5, 3), ((0.5, 0.5), (0.5, 1))),
        ((-1, 2), (2, 2), None),
        ((-1, 0), (0, 2), None),
    ],
)
def test_clip(
    start: tuple[float, float], end: tuple[float, float], inside: tuple[object, object] | None
) -> None:
    """A segment is cut off at the rectangle, or gone."""
    assert clip(start, end, Bounds(0, 0, 1, 1)) == inside
