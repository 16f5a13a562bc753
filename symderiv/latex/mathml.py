"""MathML Core from the presentation tree: the browser sets it, no script and no library needed.

It knows what a converter from LaTeX cannot: which brackets are a call's, which product is a
product, what is highlighted. A hat is a precomposed letter (``ŷ``), because browsers place an
accent over an ``mi`` at different heights; the embedded fonts hold those letters in italics, and
in bold for ``font-weight: bold``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import escape
from itertools import pairwise

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
from symderiv.latex.printer import latex

_APPLY = "<mo>\u2061</mo>"
_FIXED = "\N{NO-BREAK SPACE}"  # the browser drops other spaces at an end of an mtext
_THIN = "0.1667em"
_GAPS = {
    "": "<mo>\u2062</mo>",
    "thin": f'<mo lspace="0" rspace="{_THIN}">\u2062</mo>',
    "operator": f'<mo lspace="0" rspace="{_THIN}">\u2062</mo>',
    "cdot": '<mo lspace="0.2222em" rspace="0.2222em">⋅</mo>',
}
_COMBINING = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
_SPACING = {"hat": "ˆ", "bar": "¯", "tilde": "˜"}
_HATTED = frozenset("acegosuwyzACEGHIJOSUWYZ")
"""The letters that Unicode has with a circumflex; the embedded font draws each in italics."""


def mathml(node: Node, *, display: bool) -> str:
    """Return ``node`` as a ``<math>`` element whose ``alttext`` is its LaTeX.

    ``display`` sets fractions and sums at full height, as in an equation of its own.
    """
    style = ' displaystyle="true"' if display else ""
    content = _Printer().print(bracketed(node))
    return f'<math alttext="{escape(latex(node))}"{style}>{content}</math>'


@dataclass(frozen=True, slots=True)
class _Printer:
    """Prints nodes; inside a ``script`` no signs are spaced, as in TeX."""

    script: bool = False

    def print(self, node: Node) -> str:
        match node:
            case Number(digits):
                return f"<mn>{escape(digits)}</mn>"
            case Text(words):
                return f"<mtext>{escape(words).replace(' ', _FIXED)}</mtext>"
            case Name():
                return self.name(node)
            case Negative(operand):
                return _row(_operator("−", form="prefix"), self.print(operand))
            case Sum(terms):
                return self.sum(terms)
            case Product(factors, sign):
                return self.product(factors, sign)
            case Fraction(numerator, denominator):
                return f"<mfrac>{self.row(numerator)}{self.row(denominator)}</mfrac>"
            case Partial(of, by):
                up, down = (_row("<mi>∂</mi>", self.print(part)) for part in (of, by))
                return f"<mfrac>{up}{down}</mfrac>"
            case Power(base, exponent):
                return self.power(base, _Printer(script=True).row(exponent))
            case Transpose(operand, sign):
                return self.power(operand, "<mo>⊤</mo>" if sign == "top" else f"<mi>{sign}</mi>")
            case _:
                return self.compound(node)

    def compound(self, node: Node) -> str:
        match node:
            case Call(function, arguments):
                return self.call(function, arguments)
            case BigSum(body, index, low, high):
                return _row(_sum_sign(index, low, high), self.print(body))
            case Brackets(content, kind):
                return _in_brackets(self.print(content), kind, tall=is_tall(content))
            case Matrix(rows):
                table = _table([[self.print(entry) for entry in row] for row in rows])
                return _in_brackets(table, "[]", tall=True)
            case Cases(pairs):
                cells = [[self.print(value), self.condition(when)] for value, when in pairs]
                return _row(_bracket("{", tall=True, form="prefix"), _table(cells, "cases"))
            case Relation(sides, signs):
                return self.relation(sides, signs)
            case Listing(items):
                return _row(self.sign(",", "0", _THIN).join(map(self.print, items)))
            case Highlight(content):
                return _classed("hl", self.print(content))
            case Boxed(content):
                return _classed("box", self.print(content))
            case _:
                raise UnsupportedError(f"no MathML for a node of type {type(node).__name__}")

    def row(self, node: Node) -> str:
        """Print ``node`` as one element, which is what a fraction's or a script's place takes."""
        return self.print(node) if isinstance(node, Number | Name) else _row(self.print(node))

    def sign(self, character: str, left: str, right: str) -> str:
        return _operator(character) if self.script else _operator(character, left, right)

    def binary(self, character: str) -> str:
        return self.sign(character, "0.2222em", "0.2222em")

    def name(self, name: Name, raised: str = "") -> str:
        """Print a name; ``raised`` is set beside its superscript."""
        sub = _scripts(name.sub)
        sup = _scripts(name.sup) + raised
        letter = _letter(name)
        if name.primes:  # the font's prime is raised already
            letter = _row(letter, _operator("′" * name.primes))
        if sub and sup:
            letter = f"<msubsup>{letter}{_row(sub)}{_row(sup)}</msubsup>"
        elif sub:
            letter = f"<msub>{letter}{_row(sub)}</msub>"
        elif sup:
            letter = f"<msup>{letter}{_row(sup)}</msup>"
        return _row(self.name(name.prefix), letter) if name.prefix else letter

    def power(self, base: Node, raised: str) -> str:
        if isinstance(base, Name):
            return self.name(base, raised)
        return f"<msup>{self.row(base)}{raised}</msup>"

    def sum(self, terms: tuple[Node, ...]) -> str:
        done = self.print(terms[0])
        for term in terms[1:]:
            if isinstance(term, Negative):
                done += self.binary("−") + self.print(term.operand)
            else:
                done += self.binary("+") + self.print(term)
        return _row(done)

    def product(self, factors: tuple[Node, ...], sign: str) -> str:
        if sign:
            return _row(self.binary(SIGNS[sign]).join(map(self.print, factors)))
        done = self.print(factors[0])
        for left, right in pairwise(factors):
            done += _GAPS[gap(left, right)] + self.print(right)
        return _row(done)

    def call(self, function: Name, arguments: tuple[Node, ...]) -> str:
        content = self.sign(",", "0", _THIN).join(map(self.print, arguments))
        tall = any(map(is_tall, arguments))
        match function.base:
            case "sqrt":
                return f"<msqrt>{content}</msqrt>"
            case "abs":
                return _in_brackets(content, "||", tall=tall)
            case _:
                return _row(self.name(function), _APPLY, _in_brackets(content, "()", tall=tall))

    def condition(self, condition: Node) -> str:
        if isinstance(condition, Text):
            return self.print(condition)
        return f"<mtext>if{_FIXED}</mtext>{self.print(condition)}"

    def relation(self, sides: tuple[Node, ...], signs: tuple[str, ...]) -> str:
        done = self.print(sides[0])
        for sign, side in zip(signs, sides[1:], strict=True):
            done += self.sign(relation(sign)[1], "0.2778em", "0.2778em") + self.print(side)
        return _row(done)


def _letter(name: Name) -> str:
    base = SYMBOLS.get(name.base, name.base)
    hat = unicodedata.normalize("NFC", base + _COMBINING["hat"])
    if name.accent == "hat" and base in _HATTED:
        return f'<mi mathvariant="normal" class="b">{hat}</mi>' if name.bold else f"<mi>{hat}</mi>"
    bold = name.bold or name.slanted
    letter = _bold(base, slanted=name.slanted) if bold else _plain(base)
    if not name.accent:
        return letter
    accent = f'<mo stretchy="false">{_SPACING[name.accent]}</mo>'
    return f'<mover accent="true">{letter}{accent}</mover>'


def _plain(base: str) -> str:
    upright = len(base) == 1 and "Α" <= base <= "Ω"  # capital Greek stands upright, as in TeX
    return f'<mi mathvariant="normal">{base}</mi>' if upright else f"<mi>{escape(base)}</mi>"


def _bold(base: str, *, slanted: bool) -> str:
    """Print a bold letter: Latin and capital Greek upright, small Greek slanted, as in TeX."""
    described = unicodedata.name(base) if len(base) == 1 else ""
    slanted = slanted or (described.startswith("GREEK") and "CAPITAL" not in described)
    spoken = re.sub(r"(LATIN|GREEK|LETTER|LUNATE) ", "", described)
    try:
        bold = unicodedata.lookup(f"MATHEMATICAL BOLD {'ITALIC ' * slanted}{spoken}")
    except KeyError:
        bold = ""
    if base.isdigit() or not bold:  # no code point of their own, or only in the bold font
        return f'<mi mathvariant="normal" class="b">{escape(base)}</mi>'
    return f"<mi>{bold}</mi>"


def _scripts(nodes: tuple[Node, ...]) -> str:
    printer = _Printer(script=True)
    separator = _operator(",") if needs_comma(nodes) else ""
    return separator.join(printer.print(node) for node in nodes)


def _sum_sign(index: Node, low: Node | None, high: Node | None) -> str:
    printer = _Printer(script=True)
    start = _operator("=") + printer.print(low) if low is not None else ""
    below = _row(printer.print(index) + start)
    if high is None:
        return f"<munder><mo>∑</mo>{below}</munder>"
    return f"<munderover><mo>∑</mo>{below}{printer.row(high)}</munderover>"


def _operator(character: str, left: str = "0", right: str = "0", form: str = "") -> str:
    attribute = f' form="{form}"' if form else ""
    return f'<mo{attribute} lspace="{left}" rspace="{right}">{escape(character)}</mo>'


def _bracket(character: str, *, tall: bool, form: str) -> str:
    fixed = ' stretchy="true"' if tall else ' stretchy="false"'
    return f'<mo form="{form}"{fixed} lspace="0" rspace="0">{character}</mo>'


def _in_brackets(content: str, kind: str, *, tall: bool) -> str:
    left = _bracket(kind[0], tall=tall, form="prefix")
    right = _bracket(kind[1], tall=tall, form="postfix")
    return _row(left, content, right)


def _table(rows: list[list[str]], kind: str = "matrix") -> str:
    cells = ("".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows)
    lines = "".join(f"<mtr>{line}</mtr>" for line in cells)
    return f'<mtable class="{kind}">{lines}</mtable>'


def _row(*content: str) -> str:
    return f"<mrow>{''.join(content)}</mrow>"


def _classed(kind: str, content: str) -> str:
    return f'<mrow class="{kind}">{content}</mrow>'
