"""SVG: valid XML that stands alone, with every edge once and hostile text as text."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from sample_figures import HOSTILE, all_figures, network, output_factor

from symderiv.expression import Highlight, Name, Text
from symderiv.renderers.scene import PALETTE, Label, Scene, Segment
from symderiv.renderers.svg import UNIT, svg

FIGURES = all_figures()
SVG = "{http://www.w3.org/2000/svg}"


def parsed(scene: Scene) -> ET.Element:
    """Print a scene and read it as XML."""
    return ET.fromstring(svg(scene, identifier="f"))  # noqa: S314 - we wrote it


@pytest.mark.parametrize("name", FIGURES)
def test_stands_alone(name: str) -> None:
    """F5: well-formed, literal colours, nothing that a program other than a browser lacks."""
    source = svg(FIGURES[name], identifier="f1")
    root = ET.fromstring(source)  # noqa: S314 - we wrote it
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == FIGURES[name].title
    assert root.get("aria-labelledby") == title.get("id") == "f1-title"
    assert not re.search(r"var\(|foreignObject|class=|style=|href=|nan|inf\b", source)
    colours = re.findall(r'(?:fill|stroke)="([^"]*)"', source)
    assert all(re.fullmatch(r"none|#[0-9A-F]{6}", colour) for colour in colours)


@pytest.mark.parametrize("name", FIGURES)
def test_view_box_is_the_scene(name: str) -> None:
    """The drawing is as large as its scene, and all of it is inside."""
    scene = FIGURES[name]
    root = parsed(scene)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    assert (left, top) == (0, 0)
    assert width == pytest.approx(scene.bounds.width * UNIT, abs=0.01)
    assert height == pytest.approx(scene.bounds.height * UNIT, abs=0.01)
    for element in root.iter():
        for x in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.get(x, 0)) <= width
        for y in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.get(y, 0)) <= height


@pytest.mark.parametrize("name", FIGURES)
def test_deterministic(name: str) -> None:
    """The same scene gives the same bytes."""
    assert svg(FIGURES[name], identifier="f") == svg(all_figures()[name], identifier="f")


@pytest.mark.parametrize("sizes", [(2, 2, 1), (2, 3, 2), (4, 5, 3)])
def test_every_edge_once(sizes: tuple[int, ...]) -> None:
    """F2: one line for each edge, in its place, with a tip."""
    scene = network(*sizes)
    top, left = scene.bounds.top, scene.bounds.left
    lines = list(parsed(scene).iter(f"{SVG}line"))
    drawn = Counter(
        tuple(round(float(line.get(key, "nan"))) for key in ("x1", "y1")) for line in lines
    )
    edges = [item for item in scene.items if isinstance(item, Segment)]
    wanted = Counter(
        (round(UNIT * (edge.start[0] - left)), round(UNIT * (top - edge.start[1])))
        for edge in edges
    )
    assert drawn == wanted
    assert all("marker-end" in line.attrib for line in lines)


def test_identifiers_are_unique_to_a_drawing() -> None:
    """Two drawings of a page share no name, and every name that is used is defined."""
    sources = [svg(FIGURES["path"], identifier=name) for name in ("f1", "f2")]
    names = [set(re.findall(r'id="([^"]+)"', source)) for source in sources]
    assert not names[0] & names[1]
    for source, known in zip(sources, names, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", source)) <= known


@pytest.mark.parametrize("content", [HOSTILE, Text(HOSTILE), "a\x00b\x0bc"])
def test_text_is_text(content: str | Text) -> None:
    """T8: what a label says reaches the reader, and only the reader."""
    scene = Scene((Label(content, 0, 0),), HOSTILE)
    root = parsed(scene)
    words = [element.text for element in root.iter(f"{SVG}text")]
    wanted = content.words if isinstance(content, Text) else content
    assert words == [wanted.replace("\x00", "\ufffd").replace("\x0b", "\ufffd")]
    assert root.findtext(f"{SVG}title") == HOSTILE
    assert root.find(f".//{SVG}script") is None


def test_mathematics_and_prose_have_their_fonts() -> None:
    """Words inside mathematics are in the text font, letters in the mathematics font."""
    scene = Scene((Label("prose", 0, 0), Label(Name("x"), 0, 1), Label(Text("words"), 0, 2)), "t")
    root = parsed(scene)
    prose, words = (
        next(it for it in root.iter(f"{SVG}text") if it.text == text) for text in ("prose", "words")
    )
    assert "SD Text" in prose.get("font-family", "")
    assert prose.get("font-family") == words.get("font-family")
    assert all("SD Math" in group.get("font-family", "") for group in root.iter(f"{SVG}g"))


def test_tall_brackets_and_bars_are_drawn() -> None:
    """Brackets are stretched glyphs, fraction bars are rectangles."""
    source = svg(Scene((Label(output_factor(), 0, 0),), "t"), identifier="f")
    assert len(re.findall(r"scale\(1 [23]\.\d+\)", source)) == 2
    assert source.count("<rect") == 3


def test_highlight_is_in_the_accent_colour() -> None:
    """A highlighted factor keeps its colour whatever its label's is."""
    scene = Scene((Label(Highlight(Name("x")), 0, 0),), "t")
    assert f'fill="{PALETTE["orange"]}"' in svg(scene, identifier="f")
