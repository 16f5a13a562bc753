r"""What of a row is to be read: no labels, comments, alignment marks or full stops."""

from __future__ import annotations

import re

from symderiv.documents.macros import OVERLAY, Expander, without_overlay
from symderiv.documents.rows import column_ends, tokens_of
from symderiv.documents.text import Builder, Text, stand_in

_NOT_READ = frozenset({"comment", "aside", "between"})
_INVISIBLE = dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\r", "")
_PRIMES = {"’": "'", "′": "'", "″": "''", "‴": "'''"}
_SPACES = dict.fromkeys("\u00a0\u3000", " ")
_WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"。": ".", "、": ","}
_AS_TYPED = _INVISIBLE | _PRIMES | _SPACES | _WIDE
_ODD = re.compile(f"[{''.join(_AS_TYPED)}]")
_LAST = re.compile(r"(?:\\q?quad|\\[,;:!\s]|[\s.,;~])\Z")
_FIRST = re.compile(r"(?:\\(?:q?quad|displaystyle)(?![A-Za-z])|\s)*")
_SWITCH = re.compile(r"\\(?:text\w*|[mh]box)\s*\{[^{}]*\}|\\.|(?P<dropped>\$)")
_EMPTY = re.compile(
    r"\\[A-Za-z]+\{\}"
    r"|(?<![\^_])(?P<dropped>\{\})(?=\s*(?:[-+=<>]|\\(?:cdot|times|odot|q?quad)(?![A-Za-z])))"
)
_BRACKET = re.compile(r"\\(?:left|right|middle|[bB]igg?[lmr]?)\s*\Z")
_WINDOW = 8


def plain(row: Text, expander: Expander) -> Text:
    """Return what is to be read of a row, each character with its place.

    A macro may bring marks and labels along, and a box that switches back to mathematics.
    """
    text = _cleaned(row.replaced(OVERLAY, without_overlay))
    expanded = expander.expanded(text)
    if expanded is not text:
        expanded = _cleaned(expanded).replaced(_SWITCH, _dropped)
    expanded = expanded.replaced(_EMPTY, _dropped)
    return _stripped(expanded.replaced(_ODD, lambda match: _AS_TYPED[match[0]]))


def _cleaned(row: Text) -> Text:
    builder = Builder()
    tokens = list(tokens_of(row.characters))
    ends = column_ends(tokens)
    for place, token in enumerate(tokens):
        if place in ends:  # another equation begins in the next column
            builder.add(stand_in("\\quad ", (row.starts[token.start], row.ends[token.end - 1])))
            continue
        if token.kind in _NOT_READ or (token.kind == "mark" and not token.depth):
            continue
        if token.kind == "row_end" and not token.depth:  # of multline
            builder.add(stand_in(" ", (row.starts[token.start], row.ends[token.end - 1])))
        else:
            builder.add_token(row.cut(token.start, token.end))
    return builder.text()


def _dropped(match: re.Match[str]) -> str:
    return "" if match["dropped"] else match[0]


def _stripped(text: Text) -> Text:
    """Remove outer space, and the punctuation of the sentence that the formula stands in."""
    characters = text.characters
    end = len(characters)
    while match := _LAST.search(characters[max(0, end - _WINDOW) : end]):
        before = characters[max(0, end - _WINDOW) : end - 1]
        if characters[end - 1] == "." and (before.endswith("..") or _BRACKET.search(before)):
            break  # an ellipsis, or the empty bracket of `\right.`
        end -= len(match[0])
    first = _FIRST.match(characters)
    start = first.end() if first else 0
    return text.cut(min(start, end), end)
