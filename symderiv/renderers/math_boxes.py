"""Mathematics laid out in boxes: for SVG, which has no mathematics of its own.

The sizes also serve both notations of a figure, TikZ and SVG, to keep its labels apart.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple
from unicodedata import normalize

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
    bracketed,
)
from symderiv.latex.layout import SIGNS, SYMBOLS, gap, is_tall, needs_comma, relation
from symderiv.renderers.boxes import (
    AXIS,
    PROSE_ASCENT,
    PROSE_DESCENT,
    Box,
    accented,
    beside,
    bracket,
    framed,
    glyphs,
    grid,
    moved,
    over,
    overlaid,
    prose,
    rooted,
    scaled,
    space,
    under_over,
)
from symderiv.renderers.glyphs import glyph, in_math_font, text_width

_SCRIPT = 0.72
_THIN, _MEDIUM, _THICK = 0.17, 0.23, 0.29
_GAPS = {"": 0.0, "thin": _THIN, "operator": _THIN}
_ACCENTS = {"hat": "\u02c6", "bar": "\u00af", "tilde": "\u02dc"}
_TOP = Name("\u22a4")
_ALPHA, _OMEGA = "\u03b1", "\u03c9"
_CAPITAL_ALPHA, _CAPITAL_OMEGA = "\u0391", "\u03a9"
_GREEK_VARIANTS = {"ϵ": 26, "ϕ": 29}
"""Where Unicode has the open forms, counted from the slanted alpha."""


class Extent(NamedTuple):
    """The size of a line of mathematics or prose, in em."""

    width: float
    ascent: float
    descent: float


def extent(content: Node | str) -> Extent:
    """Return the size of a label; prose is as tall as its tallest letters could be."""
    if isinstance(content, str):
        return Extent(text_width(content), PROSE_ASCENT, PROSE_DESCENT)
    box = layout(content)
    return Extent(box.width, box.ascent, box.descent)


@cache
def layout(node: Node) -> Box:
    """Return ``node`` in display style, with the baseline at 0."""
    return _box(bracketed(node))


def _box(node: Node, *, tight: bool = False) -> Box:
    """Lay out a node; in ``tight`` scripts there is no space round signs."""
    match node:
        case Number(digits):
            return glyphs(digits)
        case Text(words):
            return prose(words)
        case Name():
            return _name(node, node.sup)
        case Negative(operand):
            return beside(glyphs("\u2212"), _box(operand, tight=tight))
        case Sum(terms):
            return _sum(terms, tight=tight)
        case Product(factors, sign):
            return _product(factors, sign, tight=tight)
        case Relation(sides, signs):
            return _relation(sides, signs, tight=tight)
        case Listing(items):
            return _listing(items, _THIN if not tight else 0.0)
        case Fraction(numerator, denominator):
            return over(_box(numerator), _box(denominator))
        case Partial(of, by):
            return over(*(beside(glyphs("\u2202"), _box(part)) for part in (of, by)))
        case Brackets(content, kind):
            return _in_brackets(_box(content, tight=tight), kind, tall=is_tall(content))
        case _:
            return _compound(node)


def _compound(node: Node) -> Box:
    match node:
        case Power(Name(sup=()) as base, exponent):
            return _name(base, (exponent,))
        case Power(base, exponent):
            return _with_scripts(_box(base), None, _script(exponent))
        case Transpose(operand, sign):
            return _transpose(operand, _TOP if sign == "top" else Name(sign))
        case Call(function, arguments):
            return _call(function, arguments)
        case BigSum(body, index, low, high):
            return _big_sum(body, index, low, high)
        case Matrix(rows):
            cells = [[_box(cell) for cell in row] for row in rows]
            return _in_brackets(grid(cells, gap=0.9, align=0.5), "[]", tall=True)
        case Cases(rows):
            cells = [[_box(value), _box(when)] for value, when in rows]
            inner = grid(cells, gap=1.0, align=0.0)
            return beside(bracket("{", inner), space(_THIN), inner)
        case Highlight(content):
            return accented(_box(content))
        case Boxed(content):
            return framed(_box(content))
        case _:
            raise UnsupportedError(f"no drawing of a node of type {type(node).__name__}")


def _name(name: Name, sup: tuple[Node, ...]) -> Box:
    marks = [glyphs("\u2032")] * name.primes
    above = beside(*marks, *([_scripts(sup)] if sup else []))
    below = _scripts(name.sub) if name.sub else None
    whole = _with_scripts(_letter(name), below, above if above.parts else None)
    return beside(_name(name.prefix, name.prefix.sup), whole) if name.prefix else whole


def _letter(name: Name) -> Box:
    character = _character(name)
    if not name.accent:
        return glyphs(character)
    if name.accent == "hat" and not name.bold and (letter := _precomposed(name.base)):
        return glyphs(letter)
    base, mark = glyphs(character), glyphs(_ACCENTS[name.accent])
    shift = glyph(character[-1]).accent - mark.width / 2
    rise = max(0.0, base.ascent - 0.48)
    return overlaid(base.width, base, moved(mark, shift, rise))


def _precomposed(base: str) -> str:
    """Return the one character whose glyph in the embedded font is an italic letter with a hat.

    Only small letters have it for sure: among the capitals, the font keeps bold ones there.
    """
    letter = normalize("NFC", base + "\u0302")
    return letter if base.islower() and len(letter) == 1 and in_math_font(letter) else ""


def _character(name: Name) -> str:
    """Return the letter in its alphabet: italic, bold or upright."""
    base = name.base
    if base in SYMBOLS:
        return _greek(SYMBOLS[base], bold=name.bold or name.slanted)
    if len(base) > 1 or not base.isascii() or not base.isalpha():
        return base
    bold = name.bold or name.slanted  # the figures' font has no bold italic
    if base == "h" and not bold:
        return "\u210e"  # where Unicode has the italic h
    capital = base.isupper()
    start = (0x1D400 if bold else 0x1D434) + (0 if capital else 26)
    return chr(start + ord(base) - ord("A" if capital else "a"))


def _greek(letter: str, *, bold: bool) -> str:
    """Return a Greek letter as TeX has it: small ones slanted, capitals upright."""
    if letter in _GREEK_VARIANTS or _ALPHA <= letter <= _OMEGA:
        place = _GREEK_VARIANTS.get(letter, ord(letter) - ord(_ALPHA))
        return chr((0x1D736 if bold else 0x1D6FC) + place)
    if bold and _CAPITAL_ALPHA <= letter <= _CAPITAL_OMEGA:
        return chr(0x1D6A8 + ord(letter) - ord(_CAPITAL_ALPHA))
    return letter


def _with_scripts(base: Box, below: Box | None, above: Box | None) -> Box:
    parts = [base]
    if above is not None:
        raised = scaled(above, _SCRIPT)
        rise = max(0.40, base.ascent - 0.33)
        parts.append(moved(raised, base.width + 0.03, max(rise, raised.descent + 0.18)))
    if below is not None:
        lowered = scaled(below, _SCRIPT)
        drop = max(0.22 if above is None else 0.27, base.descent - 0.12)
        parts.append(moved(lowered, base.width, -drop))
    wide = max(part.width for part in parts[1:]) + 0.04 if parts[1:] else 0.0
    return overlaid(base.width + wide, *parts)


def _scripts(nodes: tuple[Node, ...]) -> Box:
    if needs_comma(nodes):
        return _listing(nodes, 0.0)
    return beside(*(_box(node, tight=True) for node in nodes))


def _script(node: Node) -> Box:
    return _box(node, tight=True)


def _transpose(operand: Node, sign: Name) -> Box:
    if isinstance(operand, Name) and operand.sup:
        return _name(operand, (*operand.sup, sign))
    return _with_scripts(_box(operand), None, _box(sign))


def _signed(sign: str, space_round: float) -> Box:
    return beside(space(space_round), glyphs(sign), space(space_round))


def _sum(terms: tuple[Node, ...], *, tight: bool) -> Box:
    gap_width = 0.0 if tight else _MEDIUM
    parts = [_box(terms[0], tight=tight)]
    for term in terms[1:]:
        minus = isinstance(term, Negative)
        parts.append(_signed("\u2212" if minus else "+", gap_width))
        parts.append(_box(term.operand if isinstance(term, Negative) else term, tight=tight))
    return beside(*parts)


def _product(factors: tuple[Node, ...], sign: str, *, tight: bool) -> Box:
    parts = [_box(factors[0], tight=tight)]
    for left, right in pairwise(factors):
        between = sign or gap(left, right)
        if between in _GAPS:
            parts.append(space(0.0 if tight else _GAPS[between]))
        else:
            parts.append(_signed(SIGNS[between], 0.0 if tight else _MEDIUM))
        parts.append(_box(right, tight=tight))
    return beside(*parts)


def _relation(sides: tuple[Node, ...], signs: tuple[str, ...], *, tight: bool) -> Box:
    parts = [_box(sides[0], tight=tight)]
    for sign, side in zip(signs, sides[1:], strict=True):
        parts.append(_signed(relation(sign)[1], 0.0 if tight else _THICK))
        parts.append(_box(side, tight=tight))
    return beside(*parts)


def _listing(items: tuple[Node, ...], gap_width: float) -> Box:
    parts = [_box(items[0], tight=not gap_width)]
    for item in items[1:]:
        parts += [glyphs(","), space(gap_width), _box(item, tight=not gap_width)]
    return beside(*parts)


def _call(function: Name, arguments: tuple[Node, ...]) -> Box:
    content, tall = _listing(arguments, _THIN), any(map(is_tall, arguments))
    match function.base:
        case "abs":
            return _in_brackets(content, "||", tall=tall)
        case "sqrt":
            return rooted(content)
        case _:
            inner = _in_brackets(content, "()", tall=tall)
            return beside(_name(function, function.sup), inner)


def _big_sum(body: Node, index: Node, low: Node | None, high: Node | None) -> Box:
    below = _script(index) if low is None else _relation((index, low), ("=",), tight=True)
    above = None if high is None else scaled(_script(high), _SCRIPT)
    plain = scaled(glyphs("\u2211"), 1.4)
    sign = moved(plain, 0.0, AXIS - (plain.ascent - plain.descent) / 2)
    return beside(under_over(sign, scaled(below, _SCRIPT), above), space(_THIN), _box(body))


def _in_brackets(content: Box, kind: str, *, tall: bool) -> Box:
    left, right = (bracket(side, content) if tall else glyphs(side) for side in (kind[0], kind[1]))
    return beside(left, content, right)
