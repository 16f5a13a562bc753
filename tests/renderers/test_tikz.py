"""TikZ: ASCII that compiles, at the size that was asked for, with every edge once."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from needs import needs_tex
from sample_figures import HOSTILE, all_figures, network, output_factor, quantity

from symderiv.expression import Name, Node, Partial, Text
from symderiv.latex.printer import latex
from symderiv.renderers.math_boxes import extent
from symderiv.renderers.scene import PALETTE, Label, Scene, Segment
from symderiv.renderers.tikz import LARGEST_SCALE, colour_definitions, tikz

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = all_figures()
NUMBER = r"-?\d+(?:\.\d+)?"


def drawn(scene: Scene) -> str:
    """Print a scene for a usual slide."""
    return tikz(scene, max_width=14.0, max_height=6.4)


def document(body: str) -> str:
    """Return a document that has what every deck's preamble has."""
    packages = "{lmodern,amsmath,amssymb,mathtools,bm,tikz}"
    return (
        r"\documentclass[10pt]{article}\usepackage[T1]{fontenc}\usepackage" + packages + "\n"
        r"\usetikzlibrary{arrows.meta}\newcommand\hl[1]{\textcolor{sdorange}{#1}}" + "\n"
        f"{colour_definitions()}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    )


def compiled(body: str, folder: Path) -> str:
    """Run pdflatex and return what it says."""
    (folder / "figure.tex").write_text(document(body), "utf-8")
    command = [needs_tex(), "-interaction=nonstopmode", "-halt-on-error", "figure.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    return run.stdout


@pytest.mark.parametrize("name", FIGURES)
def test_plain_and_deterministic(name: str) -> None:
    """T4, T5: ASCII, no number that is none, the same bytes for the same scene, not too many."""
    source = drawn(FIGURES[name])
    assert source.isascii()
    assert not re.search(r"\b(nan|inf)\b|-0[,)]|\de-\d", source)
    assert source == drawn(all_figures()[name])
    assert len(source) < 60_000


@pytest.mark.parametrize("name", FIGURES)
def test_fits(name: str) -> None:
    """The bounding box times the unit is within the room, and fills it or is at its largest."""
    source = drawn(FIGURES[name])
    unit = float(re.search(r"x=([\d.]+)cm", source)[1])  # type: ignore[index]
    box = re.search(rf"bounding box\] \(({NUMBER}),({NUMBER})\) rectangle \(({NUMBER}),", source)
    assert box is not None
    assert source.count("bounding box") == 1
    width = unit * (float(box[3]) - float(box[1]))
    height = unit * FIGURES[name].bounds.height
    assert width <= 14.01
    assert height <= 6.41
    assert unit == pytest.approx(LARGEST_SCALE) or max(width / 14, height / 6.4) > 0.999


def test_small_scene_does_not_outgrow_the_slide() -> None:
    """A single letter is not blown up to the size of a slide."""
    assert f"[x={LARGEST_SCALE:.4f}cm," in drawn(Scene((Label(Name("x"), 0, 0),), "t"))


@pytest.mark.parametrize("sizes", [(2, 2, 1), (2, 3, 2), (4, 5, 3)])
def test_every_edge_once(sizes: tuple[int, ...]) -> None:
    """F2: one line with a tip for each edge, from its node to its node."""
    scene = network(*sizes)
    line = rf"Stealth.*\] \(({NUMBER}),({NUMBER})\) -- \(({NUMBER}),({NUMBER})\);"
    found = re.findall(line, drawn(scene))
    edges = [item for item in scene.items if isinstance(item, Segment)]
    wanted = Counter(tuple(round(c, 3) for c in (*edge.start, *edge.end)) for edge in edges)
    assert Counter(tuple(map(float, ends)) for ends in found) == wanted


def test_fractions_are_in_display_style() -> None:
    """A fraction of a label has numerator and denominator in full size."""
    label = Label(Partial(Name("L"), Name("w")), 0, 0)
    assert r"{$\displaystyle \frac{\partial L}" in drawn(Scene((label,), "t"))


def test_every_weight_is_named_once() -> None:
    """F2: each weight's name is printed exactly once."""
    source = drawn(network(2, 3, 2))
    names = [latex(quantity("w", i, j, layer=1)) for i in (1, 2) for j in (1, 2, 3)]
    assert [source.count(name) for name in names] == [1] * 6


def test_colours_are_those_of_the_palette() -> None:
    """F3: the preamble defines every colour that a figure uses, and each as the palette has it."""
    defined = dict(re.findall(r"definecolor\{(\w+)\}\{HTML\}\{(\w+)\}", colour_definitions()))
    assert defined["sdorange"] == PALETTE["orange"][1:]
    used = {name for scene in FIGURES.values() for name in re.findall(r"sd[a-z]+", drawn(scene))}
    assert used <= {*defined, "sdlow", "sdhigh"}


@pytest.mark.parametrize("content", [HOSTILE, Text(HOSTILE)])
def test_text_is_escaped(content: str | Text) -> None:
    """T8: no character of a label acts on TeX."""
    source = drawn(Scene((Label(content, 0, 0),), "t"))
    escaped = r"\textless{}script\textgreater{}\&\%\_\#\{\}\textbackslash{}\$"
    assert escaped in source
    assert not re.search(r"(?<!\\)[&%_#]", source)


@pytest.mark.tex
def test_all_figures_compile(tmp_path: Path) -> None:
    """T1, T2: every figure, and hostile text, in one document and without a complaint."""
    hostile = Scene((Label(HOSTILE, 0, 0), Label(Text(HOSTILE), 0, 1)), "t")
    body = "\n\n".join(drawn(scene) for scene in (*FIGURES.values(), hostile))
    log = compiled(body, tmp_path)
    assert "Missing character" not in log
    assert "Font Warning" not in log


@pytest.mark.tex
def test_tex_is_hardly_larger_than_the_layout(tmp_path: Path) -> None:
    """What the layout keeps apart is apart on paper: TeX's boxes are at most 15 % larger."""
    nodes: list[Node] = [
        quantity("w", 1, 2, layer=1),
        quantity("b", 1, layer=2),
        quantity("a", 2, layer=1),
        quantity("y", 1, accent="hat"),
        Partial(Name("L"), quantity("w", 1, 1, layer=1)),
        output_factor(),
    ]
    body = r"\newbox\B" + "".join(
        rf"\setbox\B\hbox{{$\displaystyle {latex(node)}$}}"
        r"\typeout{M \the\wd\B\space\the\ht\B\space\the\dp\B}"
        for node in nodes
    )
    log = compiled(f"{body}x", tmp_path)
    measured = re.findall(r"^M ([\d.]+)pt ([\d.]+)pt ([\d.]+)pt", log, re.MULTILINE)
    for node, sizes in zip(nodes, measured, strict=True):
        width, ascent, descent = (float(size) / 10 for size in sizes)
        expected = extent(node)
        assert 0.85 < width / expected.width < 1.15, latex(node)
        height = (ascent + descent) / (expected.ascent + expected.descent)
        assert 0.85 < height < 1.15, latex(node)
