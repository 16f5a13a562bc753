"""The words around a formula, of whatever markup: plain enough to look for "let" and "where"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symderiv.documents.regions import Part, Region

_MOST = 300
_WINDOW = 1000  # characters that hold the words to be kept, whatever the space between them
_BREAK = re.compile(
    r"""
    (?>\r\n?|\n)[ \t>]*(?=[\r\n])                            # a blank line
  | (?<=[\r\n])[ \t>]*(?:[-*+]|\d+[.)]|\#{1,6})[ \t]+        # an item or a title
  | (?<=[\r\n])[ \t>]*[=\-~^"|:+]{3,}[ \t]*(?=[\r\n]|\Z)       # a line below a title, or in a table
  | (?<=[\r\n])[ \t>]*(?:\||\.\.[ \t]+[\w-]+::)            # a row of a table, a directive
  | \\(?:begin|end)\s*\{[^{}]*\}(?:\{[^{}]*\})?
  | \\item(?![A-Za-z]) | \\(?:chapter|(?:sub)*section|paragraph)\*? | \\\\(?:\[[^\[\]]*\])?
    """,
    re.VERBOSE,
)
_HEADING = re.compile(
    r"""
    ^[ \t>]*\#{1,6}[ \t]
  | ^[^\s|].*\n([=\-~^"'*+])\1{2,}[ \t]*$
  | \\(?:chapter|(?:sub)*section|paragraph)\*?(?:\[[^\[\]]*\])?\s*\{
    """,
    re.VERBOSE | re.MULTILINE,
)
_TITLE = re.compile(r"(?<=[\r\n])([ \t>]*#{1,6}[ \t][^\r\n]*)")
_SILENT = re.compile(
    r"\\(?:label|(?:eq|auto|c)?ref|cite\w*|[vh]space|includegraphics|input|include)\*?"
    r"(?:\[[^\[\]]*\])?\{[^{}]*\}"
    r"|\]\([^()\s]*\)|!?\[|<[A-Za-z/][^<>]*>|:\w+:(?=`)"
    r"|\\[A-Za-z]+\*?(?:\[[^\[\]]*\])?"
    r"|(?<=[\r\n])[ \t]*>[ \t>]*|[{}*`\u200b\ufeff]|(?<!\\)%[ \t]*(?=[\r\n]|\Z)|(?<!\w)_+|_+(?!\w)"
)
_ESCAPED = re.compile(r"\\(.)")
_SPACE = re.compile(r"\s+")
_SPACE_OR_BAR = re.compile(r"[\s~|&]+")  # a tie of LaTeX, the edge of a cell


def surroundings(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Return the words before and after each formula, in the order of the parts and formulas."""
    stream = _Stream()
    for part in parts:
        stream.take(part)
    return stream.surroundings()


def headings(part: Part) -> list[int]:
    """Return where the headings of a part stand."""
    return [match.start() for match in _HEADING.finditer(part.scan.visible)]


class _Stream:
    """The prose of a document in plain words, a line for each paragraph."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._places: list[tuple[int, int, bool]] = []

    def take(self, part: Part) -> None:
        """Append a part, and remember where its formulas stand."""
        prose = part.scan.prose
        done = 0
        for region in part.scan.regions:
            self._add(_words(prose[done : region.start], first=not done))
            start = self._length
            if not region.display:
                self._add(f"${_formula(part, region)}$")
            self._places.append((start, self._length, region.display))
            done = region.end - prose.endswith(("\r", "\n"), region.start, region.end)
        self._add(_words(prose[done:], first=not done))
        self._add("\n")

    def surroundings(self) -> list[tuple[str, str]]:
        """Return what stands before and after each formula."""
        stream = "".join(self._pieces)
        found = []
        for start, end, display in self._places:
            before = stream[max(0, start - _WINDOW) : start].split("\n")
            after = stream[end : end + _WINDOW].split("\n")
            words = " ".join(_nearest(before[::-1], display=display)[::-1])
            more = " ".join(_nearest(after, display=display))
            found.append((_last(words), _first(more)))
        return found

    def _add(self, words: str) -> None:
        self._pieces.append(words)
        self._length += len(words)


def _nearest(paragraphs: list[str], *, display: bool) -> list[str]:
    """Return a formula's own paragraph, and for a display the next one that has words."""
    others = [words for words in paragraphs[1:] if words.strip()]
    return [paragraphs[0], *others[:1]] if display else paragraphs[:1]


def _last(words: str) -> str:
    words = _SPACE.sub(" ", words).strip()
    return words if len(words) <= _MOST else words[-_MOST:].partition(" ")[2]


def _first(words: str) -> str:
    words = _SPACE.sub(" ", words).strip()
    return words if len(words) <= _MOST else words[:_MOST].rpartition(" ")[0]


def _formula(part: Part, region: Region) -> str:
    characters = part.text.characters
    return " ".join(_SPACE.sub(" ", characters[a:b]).strip() for a, b in region.inside)


def _words(markup: str, *, first: bool) -> str:
    """Return markup as plain words, one line for each paragraph."""
    lines = _TITLE.sub(r"\1\n\n", "\n" + markup if first else markup)
    paragraphs = []
    for paragraph in _BREAK.split(lines):
        plain = _ESCAPED.sub(r"\1", _SILENT.sub("", paragraph))
        paragraphs.append(_SPACE_OR_BAR.sub(" ", plain))
    return "\n".join(paragraphs)
