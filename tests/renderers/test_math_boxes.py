"""Mathematics in boxes: the right glyphs, in the right places, as large as they say."""

from __future__ import annotations

import pytest
from sample_figures import PREDICTION, output_factor, quantity

from symderiv.errors import UnsupportedError
from symderiv.expression import (
    BigSum,
    Boxed,
    Brackets,
    Call,
    Cases,
    Fraction,
    Highlight,
    Listing,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Relation,
    Sum,
    Text,
    Transpose,
)
from symderiv.renderers.boxes import Rule, Run
from symderiv.renderers.glyphs import glyph, in_math_font, text_width
from symderiv.renderers.math_boxes import extent, layout

X, Y = Name("x"), Name("y")
EVERY_KIND: list[Node] = [
    Number("2"),
    Text("words"),
    quantity("w", 1, 2, layer=1),
    Negative(X),
    Sum((X, Negative(Y))),
    Product((X, Y), "odot"),
    Fraction(X, Y),
    Power(Fraction(X, Y), Number("2")),
    Transpose(X),
    Call(Name("log"), (X, Y)),
    Call(Name("sqrt"), (X,)),
    Call(Name("abs"), (X,)),
    Partial(X, Y),
    BigSum(X, Name("i"), Number("1"), Name("N")),
    BigSum(X, Name("i")),
    Brackets(Fraction(X, Y), "[]"),
    Matrix(((X, Y), (Y, X))),
    Cases(((X, Text("if")), (Y, Text("otherwise")))),
    Relation((X, Y), ("gets",)),
    Listing((X, Y)),
    Highlight(X),
    Boxed(X),
    output_factor(),
]


def text(node: Node) -> str:
    """Return the glyphs of a node from left to right."""
    runs = [part for part in layout(node).parts if isinstance(part, Run)]
    return "".join(run.text for run in sorted(runs, key=lambda run: run.x))


@pytest.mark.parametrize(
    ("node", "glyphs"),
    [
        (X, "𝑥"),
        (Name("h"), "ℎ"),
        (Name("W", bold=True), "𝐖"),
        (Name("sigma"), "𝜎"),
        (Name("epsilon"), "𝜖"),
        (Name("phi"), "𝜙"),
        (Name("varphi"), "𝜑"),
        (Name("Delta"), "Δ"),
        (Name("Delta", bold=True), "𝚫"),
        (Name("sigma", bold=True), "𝝈"),
        (Name("softmax"), "softmax"),
        (PREDICTION, "ŷ"),
        (Name("sigma", primes=2), "𝜎′′"),
        (Product((X, Y), "cdot"), "𝑥⋅𝑦"),
        (Sum((X, Negative(Y))), "𝑥−𝑦"),
        (Product((X, Sum((X, Y)))), "𝑥(𝑥+𝑦)"),
        (Relation((X, Y), ("gets",)), "𝑥←𝑦"),
        (quantity("w", 1, 12), "𝑤1,12"),
        (Transpose(Name("W", sup=(Brackets(Number("2")),), bold=True)), "𝐖(2)⊤"),
    ],
)
def test_glyphs(node: Node, glyphs: str) -> None:
    """Letters are in the alphabet that TeX would use, brackets where precedence asks for them."""
    assert text(node) == glyphs


@pytest.mark.parametrize("node", EVERY_KIND, ids=lambda node: type(node).__name__)
def test_parts_stay_inside_their_box(node: Node) -> None:
    """What is drawn is what was measured."""
    box = layout(node)
    assert box.parts
    for part in box.parts:
        assert part.x >= 0
        if isinstance(part, Rule):
            assert part.x + part.width <= box.width + 1e-9
            assert -box.descent - 1e-9 <= part.y
            assert part.y + part.height <= box.ascent + 1e-9
        elif not part.prose:
            sizes = [glyph(character) for character in part.text]
            width = sum(size.advance for size in sizes)
            assert part.x + part.size * width <= box.width + 1e-9
            high = part.size * part.stretch * max(size.ascent for size in sizes)
            low = part.size * part.stretch * max(size.descent for size in sizes)
            assert part.y + high <= box.ascent + 1e-9
            assert part.y - low >= -box.descent - 1e-9


@pytest.mark.parametrize("node", EVERY_KIND, ids=lambda node: type(node).__name__)
def test_every_glyph_is_in_the_embedded_font(node: Node) -> None:
    """H3: no empty boxes on a machine without mathematics fonts."""
    runs = [part for part in layout(node).parts if isinstance(part, Run) and not part.prose]
    assert all(in_math_font(character) for run in runs for character in run.text)


def test_index_below_layer_above() -> None:
    """The scripts of w_12^(1) stand one above the other, in smaller type."""
    letter, *scripts = (part for part in layout(quantity("w", 1, 2, layer=1)).parts)
    assert isinstance(letter, Run)
    assert all(isinstance(part, Run) and part.size < 0.8 for part in scripts)
    raised = {part.text: part for part in scripts if isinstance(part, Run) and part.y > 0}
    lowered = {part.text: part for part in scripts if isinstance(part, Run) and part.y < 0}
    assert set(raised) == {"(", "1", ")"}
    assert set(lowered) == {"1", "2"}
    assert min(part.x for part in scripts) >= letter.size * glyph("𝑤").advance


@pytest.mark.parametrize(("bold", "capital"), [(True, "𝐘"), (False, "𝑌")])
def test_hat_over_a_capital_is_a_glyph_above(bold: bool, capital: str) -> None:  # noqa: FBT001
    """A capital has no composed glyph to rely on: its hat stands above its middle."""
    letter, hat = layout(Name("Y", bold=bold, accent="hat")).parts
    assert isinstance(letter, Run)
    assert isinstance(hat, Run)
    assert (letter.text, hat.text) == (capital, "ˆ")
    middle = hat.x + glyph("ˆ").advance / 2
    assert middle == pytest.approx(glyph(capital).accent)
    assert hat.y - glyph("ˆ").descent > glyph(capital).ascent


def test_fraction_has_a_bar_between() -> None:
    """The numerator is above the bar, the denominator below it, both in full size."""
    top, bar, bottom = layout(Fraction(X, Y)).parts
    assert isinstance(top, Run)
    assert isinstance(bar, Rule)
    assert isinstance(bottom, Run)
    assert top.y - glyph("𝑥").descent > bar.y + bar.height
    assert bottom.y + glyph("𝑦").ascent < bar.y
    assert top.size == bottom.size == 1.0


def test_fractions_nest() -> None:
    """A fraction in a numerator stays above the outer bar, one in a denominator below it."""
    parts = layout(Fraction(Fraction(X, Y), Fraction(Y, X))).parts
    inner, outer, last = (part for part in parts if isinstance(part, Rule))
    upper, lower = parts[: parts.index(outer)], parts[parts.index(outer) + 1 :]
    assert inner in upper
    assert last in lower
    for part in upper:
        if isinstance(part, Run):
            assert part.y - glyph(part.text).descent > outer.y + outer.height
    for part in lower:
        if isinstance(part, Run):
            assert part.y + glyph(part.text).ascent < outer.y


def test_brackets_grow_round_tall_content_only() -> None:
    """Round a fraction brackets are as tall as it is; round a script they stay small."""
    tall = [part for part in layout(Brackets(Fraction(X, Y))).parts if isinstance(part, Run)]
    assert tall[0].text == "("
    assert tall[0].stretch > 1.5
    low = layout(Brackets(quantity("a", 1, layer=1))).parts
    assert all(part.stretch == 1.0 for part in low if isinstance(part, Run))


def test_highlight_marks_its_parts_only() -> None:
    """The accent colour covers the factor that a step rewrites."""
    marked = [part.accent for part in layout(Product((X, Highlight(Y)))).parts]
    assert marked == [False, True]


def test_scripts_are_set_without_gaps() -> None:
    """The layer mark l + 1 is as narrow as its glyphs."""
    mark = Sum((Name("l"), Number("1")))
    loose, tight = extent(Brackets(mark)).width, extent(Name("W", sup=(Brackets(mark),)))
    assert tight.width - glyph("𝑊").advance < 0.72 * loose - 0.2


def test_prose_is_measured_in_the_text_font() -> None:
    """Prose has one height, whatever its letters, and the width of its glyphs."""
    assert extent("no").ascent == extent("Ag").ascent
    assert extent("mm").width == text_width("mm") > text_width("ii")
    assert text_width("\N{CJK UNIFIED IDEOGRAPH-4E00}") > 0


def test_unknown_node_is_refused() -> None:
    """A node that has no drawing is named."""
    with pytest.raises(UnsupportedError, match="Node"):
        layout(Node())
