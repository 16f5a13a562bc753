"""MathML says what LaTeX says, in elements that every browser sets alike."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fontTools.ttLib import TTFont
from latex_rows import INDEX, LITERATURES, ROWS, W21, A, B, N

import symderiv.renderers
from symderiv.expression import (
    BigSum,
    Boxed,
    Call,
    Fraction,
    Highlight,
    Name,
    Negative,
    Node,
    Number,
    Product,
    Relation,
    Sum,
    Text,
    Transpose,
)
from symderiv.latex.mathml import mathml
from symderiv.latex.printer import latex

FONTS = Path(symderiv.renderers.__path__[0]) / "fonts"
INVISIBLE = set("\u2061\u2062\N{NO-BREAK SPACE}")

EXACT = [
    (Name("y", accent="hat"), "<mi>ŷ</mi>"),
    (Name("Y", accent="hat", bold=True), '<mi mathvariant="normal" class="b">Ŷ</mi>'),
    (Name("W", bold=True), "<mi>𝐖</mi>"),
    (Name("Delta", bold=True), "<mi>𝚫</mi>"),
    (Name("delta", bold=True), "<mi>𝜹</mi>"),
    (Name("1", bold=True), '<mi mathvariant="normal" class="b">1</mi>'),
    (Name("Delta"), '<mi mathvariant="normal">Δ</mi>'),
    (Name("sigma"), "<mi>σ</mi>"),
    (Name("softmax"), "<mi>softmax</mi>"),
    (
        Name("v", accent="bar"),
        '<mover accent="true"><mi>v</mi><mo stretchy="false">¯</mo></mover>',
    ),
    (Name("x", (Number("1"),)), "<msub><mi>x</mi><mrow><mn>1</mn></mrow></msub>"),
    (Name("Z", prefix=Name("d")), "<mrow><mi>d</mi><mi>Z</mi></mrow>"),
    (Name("W", slanted=True), "<mi>𝑾</mi>"),
    (Transpose(Name("X"), "T"), "<msup><mi>X</mi><mrow><mi>T</mi></mrow></msup>"),
    (Text("a < b"), "<mtext>a\N{NO-BREAK SPACE}&lt;\N{NO-BREAK SPACE}b</mtext>"),
    (Negative(A), '<mrow><mo form="prefix" lspace="0" rspace="0">−</mo><mi>a</mi></mrow>'),
    (Highlight(A), '<mrow class="hl"><mi>a</mi></mrow>'),
    (Boxed(A), '<mrow class="box"><mi>a</mi></mrow>'),
    (
        Relation((A, B), ("<",)),
        '<mrow><mi>a</mi><mo lspace="0.2778em" rspace="0.2778em">&lt;</mo><mi>b</mi></mrow>',
    ),
    (
        Sum((A, Negative(B))),
        '<mrow><mi>a</mi><mo lspace="0.2222em" rspace="0.2222em">−</mo><mi>b</mi></mrow>',
    ),
    (
        BigSum(A, INDEX, Number("1"), N),
        (
            '<mrow><munderover><mo>∑</mo><mrow><mi>i</mi><mo lspace="0" rspace="0">=</mo>'
            "<mn>1</mn></mrow><mi>N</mi></munderover><mi>a</mi></mrow>"
        ),
    ),
]


@pytest.mark.parametrize(("node", "expected"), EXACT, ids=[latex(node) for node, _ in EXACT])
def test_elements(node: Node, expected: str) -> None:
    """Each node has one form."""
    attribute = f'alttext="{latex(node).replace("<", "&lt;")}"'
    assert mathml(node, display=False) == f"<math {attribute}>{expected}</math>"


@pytest.mark.parametrize("node", [node for node, _ in (*ROWS, *LITERATURES)])
def test_well_formed(node: Node) -> None:
    """The element is XML, carries its LaTeX, and leaves no markup of TeX in its text."""
    root = ET.fromstring(mathml(node, display=True))  # noqa: S314  our own text
    assert unescape(root.attrib["alttext"]) == latex(node)
    assert "\\" not in "".join(root.itertext())
    for name, count in {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munderover": 3}.items():
        assert all(len(element) == count for element in root.iter(name))


def test_every_character_is_in_the_fonts() -> None:
    """No reader sees an empty box: what is printed is in the font that its weight selects."""
    plain = TTFont(FONTS / "sdmath.woff2").getBestCmap()
    bold = TTFont(FONTS / "sdmath-bold.woff2").getBestCmap()
    hats = [Name(c, accent="hat", bold=b) for c in "acegosuwyACEGHIJOSUWY" for b in (True, False)]
    digits = [Name(c, bold=True) for c in "0123456789"]
    greek = [Name(c, bold=b) for c in ("sigma", "epsilon", "phi", "Omega") for b in (True, False)]
    for node in [*(node for node, _ in ROWS), *hats, *digits, *greek]:
        root = ET.fromstring(mathml(node, display=True))  # noqa: S314  our own text
        for element in root.iter():
            font = bold if element.get("class") == "b" else plain
            missing = {c for c in (element.text or "").strip() if ord(c) not in font} - INVISIBLE
            assert not missing, (latex(node), missing)


def test_brackets_grow_only_round_what_is_tall() -> None:
    """A stretchy bracket opens gaps round it, so only a fraction gets one."""
    log = Name("log")
    assert 'stretchy="true"' not in mathml(Call(log, (W21,)), display=True)
    assert 'stretchy="true"' in mathml(Call(log, (Fraction(A, B),)), display=True)


def test_transpose_stands_beside_the_layer_mark() -> None:
    """One superscript holds both."""
    xml = mathml(Transpose(W21), display=True)
    assert xml.count("<msubsup>") == 1
    assert xml.endswith("<mo>⊤</mo></mrow></msubsup></math>")


def test_juxtaposed_factors_have_an_invisible_product() -> None:
    """A screen reader hears a product where the eye sees a gap."""
    assert "\u2062" in mathml(Product((A, B)), display=True)
