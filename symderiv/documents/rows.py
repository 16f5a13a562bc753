r"""The rows of a formula: where ``\\`` ends one and starts another.

Only the outermost environment that is made of rows, and those that fill one of its rows, are split;
a matrix, ``cases`` or an ``aligned`` with a bracket before it is one piece of an equation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from symderiv.documents.text import NOTHING, Span

_ARGUMENT = r"\s*\{(?:[^{}]|\{[^{}]*\})*\}"
_LENGTH = r"\[\s*-?(?:\d*\.?\d+\s*[a-z]{2}|[\d.]*\\[A-Za-z]+)\s*\]"
_TOKEN = re.compile(
    rf"""
    (?P<comment>%[^\r\n]*)
  | \\(?:
        (?P<begin>begin)\s*\{{(?P<opened>[^{{}}]*)\}}(?:\[[tbc]\]|\{{\d+\}})?
      | (?P<end>end)\s*\{{(?P<closed>[^{{}}]*)\}}
      | (?P<aside>(?:label|tag\*?){_ARGUMENT}|(?:notag|nonumber)(?![A-Za-z]))
      | (?P<between>(?:short)?intertext{_ARGUMENT})
      | (?P<row_end>\\\*?(?:{_LENGTH})?|newline(?![A-Za-z]))
      | (?P<gap>q?quad(?![A-Za-z])|hspace\*?\s*\{{[^{{}}]*\}}|\s)
      | (?P<word>[A-Za-z]+|.)
    )
  | (?P<open>\{{)
  | (?P<close>\}})
  | (?P<mark>&)
  | (?P<space>[\s{NOTHING}]+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OF_ROWS = frozenset({
    "align", "alignat", "alignedat", "aligned", "displaymath", "eqnarray", "equation", "flalign",
    "gather", "gathered", "math", "split",
})  # fmt: skip
RELATIONS = frozenset({
    "=", "<", ">", "≈", "≠", "≤", "≥", "≡", "≔", r"\approx", r"\coloneq", r"\coloneqq", r"\cong",
    r"\doteq", r"\eqqcolon", r"\equiv", r"\ge", r"\geq", r"\geqslant", r"\gg", r"\gt", r"\le",
    r"\leq", r"\leqslant", r"\ll", r"\lt", r"\ne", r"\neq", r"\overset", r"\propto", r"\simeq",
    r"\stackrel", r"\triangleq",
})  # fmt: skip
"""What may stand between the two sides of an equation."""
_AROUND_A_ROW = frozenset({"comment", "between", "gap", "mark", "space"})
_AROUND_AN_ENVIRONMENT = frozenset({"comment", "aside", "between", "gap", "space"})
_DEEPEST = 5  # an equation holds a split, a row of align an aligned: more is no formula


class Token(NamedTuple):
    """A token of TeX, and in how many braces and environments it stands."""

    kind: str
    text: str
    start: int
    end: int
    depth: int
    environment: str = ""


@dataclass(slots=True)
class _Nest:
    """What is open: braces, as ``{``, and environments, by their names."""

    opened: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def open(self, name: str) -> None:
        self.opened.append(name)
        self.counts[name] += 1

    def close(self, name: str) -> None:
        r"""Close the last that was opened by this name; ``\end`` closes the braces in it, too."""
        if name == "{" and self.opened[-1:] != ["{"]:
            return
        while self.counts[name]:
            last = self.opened.pop()
            self.counts[last] -= 1
            if last == name:
                return


def tokens_of(characters: str) -> Iterator[Token]:
    """Yield the tokens of a formula; a brace and an environment's ends have the outer depth."""
    nest = _Nest()
    for match in _TOKEN.finditer(characters):
        kind = match.lastgroup or ""
        if kind in {"opened", "closed"}:
            kind = "begin" if kind == "opened" else "end"
        environment = match["opened"] or match["closed"] or ""
        if kind == "close":
            nest.close("{")
        elif kind == "end":
            nest.close(environment)
        depth = len(nest.opened)
        if kind == "open":
            nest.open("{")
        elif kind == "begin":
            nest.open(environment)
        yield Token(kind, match[0], match.start(), match.end(), depth, environment)


def rows_of(characters: str) -> list[Span]:
    """Return where the rows of a formula stand, without what separates them."""
    tokens = list(tokens_of(characters))
    spans = []
    for start, end in _rows(tokens, 0, len(tokens), _DEEPEST):
        first, last = _trimmed(tokens, start, end, _AROUND_A_ROW)
        if first < last:
            spans.append((tokens[first].start, tokens[last - 1].end))
    return spans


def _rows(tokens: list[Token], start: int, end: int, levels: int) -> Iterator[Span]:
    """Yield the rows of ``tokens[start:end]``, as ranges of tokens."""
    first, last = _filling(tokens, start, end)
    if first < last and levels:
        name = tokens[first].environment.rstrip("*")
        if name == "multline":  # one equation that was too long for a line
            yield first + 1, last - 1
            return
        if name in _OF_ROWS:
            yield from _rows(tokens, first + 1, last - 1, levels - 1)
            return
    depth = min((token.depth for token in tokens[start:end]), default=0)
    breaks = [
        k for k in range(start, end) if tokens[k].kind == "row_end" and tokens[k].depth == depth
    ]
    if not breaks:
        yield start, end
        return
    for before, after in zip([start - 1, *breaks], [*breaks, end], strict=True):
        yield from _rows(tokens, before + 1, after, levels - 1 if levels else 0)


def _filling(tokens: list[Token], start: int, end: int) -> Span:
    """Return the range of the environment that is all there is, or an empty one."""
    first, last = _trimmed(tokens, start, end, _AROUND_AN_ENVIRONMENT)
    while last > first and tokens[last - 1].text in {".", ",", ";"}:
        first, last = _trimmed(tokens, first, last - 1, _AROUND_AN_ENVIRONMENT)
    if last - first < 2 or tokens[first].kind != "begin" or tokens[last - 1].kind != "end":
        return start, start
    depth = tokens[first].depth
    inside = tokens[first + 1 : last - 1]
    alone = tokens[last - 1].depth == depth and all(token.depth > depth for token in inside)
    return (first, last) if alone else (start, start)


def _trimmed(tokens: list[Token], start: int, end: int, around: frozenset[str]) -> Span:
    while start < end and tokens[start].kind in around:
        start += 1
    while start < end and tokens[end - 1].kind in around:
        end -= 1
    return start, end


def column_ends(tokens: list[Token]) -> set[int]:
    """Return where every second ``&`` of a row stands: columns come in pairs, ``a &= b & c &= d``.

    In ``a &=& b`` a relation has a column to itself, and nothing ends.
    """
    marks = [k for k, token in enumerate(tokens) if token.kind == "mark" and not token.depth]
    for first, second in pairwise(marks):
        between = [token for token in tokens[first + 1 : second] if token.kind != "space"]
        if len(between) == 1 and between[0].text in RELATIONS:
            return set()
    return set(marks[1::2])
