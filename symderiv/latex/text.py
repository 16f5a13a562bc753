"""Prose for LaTeX: every character that TeX would act on is escaped, symbols become mathematics."""

from __future__ import annotations

import re

from symderiv.latex.layout import SYMBOLS

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
_TYPOGRAPHY = {
    "\N{NO-BREAK SPACE}": "~",
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{LEFT SINGLE QUOTATION MARK}": "`",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{BULLET}": r"\textbullet{}",
    "\N{MIDDLE DOT}": r"\textperiodcentered{}",
}
_MATHEMATICS = {
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": r"\times",
    "\N{DOT OPERATOR}": r"\cdot",
    "\N{CIRCLED DOT OPERATOR}": r"\odot",
    "\N{PLUS-MINUS SIGN}": r"\pm",
    "\N{N-ARY SUMMATION}": r"\sum",
    "\N{RIGHTWARDS ARROW}": r"\to",
    "\N{LEFTWARDS ARROW}": r"\gets",
    "\N{RIGHTWARDS DOUBLE ARROW}": r"\Rightarrow",
    "\N{LESS-THAN OR EQUAL TO}": r"\le",
    "\N{GREATER-THAN OR EQUAL TO}": r"\ge",
    "\N{NOT EQUAL TO}": r"\ne",
    "\N{ALMOST EQUAL TO}": r"\approx",
    "\N{ELEMENT OF}": r"\in",
    "\N{SQUARE ROOT}": r"\surd",
    "\N{DOWN TACK}": r"\top",
    "\N{SUPERSCRIPT TWO}": "^2",
    "\N{SUPERSCRIPT THREE}": "^3",
    "\N{LATIN SMALL LETTER Y WITH CIRCUMFLEX}": r"\hat{y}",
    "\N{LATIN CAPITAL LETTER Y WITH CIRCUMFLEX}": r"\hat{Y}",
    **{symbol: "\\" + name for name, symbol in SYMBOLS.items()},
}
_TABLE = str.maketrans(
    _SPECIAL
    | _TYPOGRAPHY
    | {character: rf"\ensuremath{{{tex}}}" for character, tex in _MATHEMATICS.items()}
)
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=`)(?=`)|(?<=')(?=')")


def escape(text: str) -> str:
    r"""Return ``text`` so that TeX prints it character by character.

    Greek letters and the commoner mathematical signs become ``\ensuremath{...}``; letters with
    accents stay as they are. Two hyphens or quotes in a row stay two.
    """
    return "{}".join(part.translate(_TABLE) for part in _LIGATURE.split(text))


def text(words: str) -> str:
    r"""Return ``words`` as ``\text{...}``, for use inside mathematics."""
    return rf"\text{{{escape(words)}}}"
