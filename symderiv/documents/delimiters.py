r"""Where formulas close: ``$``, ``$$``, ``\(``, ``\[`` and environments.

Each kind of delimiter is looked for once in the whole text, so that no text, however many openers
it leaves unclosed, is searched over and over.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from symderiv.documents.regions import Region
from symderiv.documents.text import Span

_UNESCAPED = r"(?<!\\)(?:\\\\)*"
_MARKS = {
    "$": re.compile(_UNESCAPED + r"(\$)"),
    "$$": re.compile(_UNESCAPED + r"(\$\$)"),
    "$`": re.compile(r"(`\$)"),
    r"\(": re.compile(_UNESCAPED + r"(\\[()])"),
    r"\[": re.compile(_UNESCAPED + r"(\\[\[\]])"),
    r"\\(": re.compile(r"(?<!\\)(\\\\[()])"),
    r"\\[": re.compile(r"(?<!\\)(\\\\[\[\]])"),
}
_BLANK_LINE = re.compile(r"(?>\r\n?|\n)(?=[ \t>]*(?:[\r\n]|\Z))")
_IN_PROSE = re.compile(
    r"(?<![\\{A-Za-z])[A-Za-z]{2,}(?:[ ,]+[A-Za-z]+){2,}"  # three words in a row
    r"|^[ \t>]*#{1,6}[ \t]",
    re.MULTILINE,
)
_TEXT = re.compile(r"\\(?:text\w*|mbox|intertext|shortintertext)\s*\{[^{}]*\}")

MATH = frozenset({
    "align", "alignat", "alignedat", "aligned", "cases", "displaymath", "eqnarray", "equation",
    "flalign", "gather", "gathered", "math", "multline", "split",
})  # fmt: skip
"""The environments that are formulas, starred or not; ``math`` is the only inline one."""


def scanned(
    visible: str, opener: re.Pattern[str], region: Callable[[re.Match[str]], Region | None]
) -> list[Region]:
    """Return the formulas in order: ``region`` says what opens at a match, if anything does."""
    regions = []
    position = 0
    while match := opener.search(visible, position):
        found = region(match)
        position = found.end if found else match.end()
        if found:
            regions.append(found)
    return regions


class Delimiters:
    """The closing delimiters of a text, and the lines at which a paragraph ends."""

    def __init__(self, visible: str, ends: Iterable[int] = (), walls: Iterable[int] = ()) -> None:
        """Take the text, and where else but at a blank line an inline formula has to end.

        No formula at all crosses a wall.
        """
        self._visible = visible
        self._walls = sorted(walls)
        self._blank = [match.start() for match in _BLANK_LINE.finditer(visible)]
        self._ends = sorted({*self._blank, *ends})
        self._marks: dict[str, list[int]] = {}

    def inline(self, opener: str, after: int) -> int | None:
        """Return where an inline formula closes that opened before ``after``, if it does."""
        closing = self._closing(opener, after)
        return closing if closing is not None and closing <= self.barrier(after) else None

    def display(self, opener: str, after: int) -> int | None:
        """Return where a displayed formula closes that opened before ``after``, if it does.

        A formula may hold blank lines; but if what is found across one reads like prose, or closes
        where the next formula opens, then somebody forgot a delimiter.
        """
        closing = self._closing(opener, after)
        if closing is None or self._together(after, closing):
            return closing
        wall = _next(self._walls, after)
        if wall is not None and wall < closing:
            return None
        if _reads_like_prose(self._visible[after:closing]):
            return None
        return closing if opener != "$$" or self._block(after, closing) else None

    def _closing(self, opener: str, after: int) -> int | None:
        """Return the next delimiter of this kind, unless it opens another formula."""
        if opener not in self._marks:
            self._marks[opener] = [m.start(1) for m in _MARKS[opener].finditer(self._visible)]
        closing = _next(self._marks[opener], after)
        if closing is None or opener.startswith("$"):
            return closing
        return None if self._visible.startswith(opener, closing) else closing

    def _together(self, start: int, end: int) -> bool:
        blank = _next(self._blank, start)
        return blank is None or blank >= end

    def _block(self, after: int, closing: int) -> bool:
        r"""Tell ``$$`` on lines of their own from one that is left open above another formula."""
        line, _, _ = self._visible[after:closing].lstrip(" \t").partition("\n")
        last = self._visible[after:closing].rstrip(" \t>")
        if line.strip() or not last.endswith(("\n", "\r")):
            return False
        start = closing + 2
        following = self._closing("$$", start)
        if following is None or not self._together(start, following):
            return True
        between = self._visible[start:following]
        return not between.strip() or _reads_like_prose(between)

    def barrier(self, after: int) -> int:
        """Return where the paragraph ends."""
        found = _next(self._ends, after)
        return len(self._visible) if found is None else found


def _next(places: list[int], after: int) -> int | None:
    index = bisect_left(places, after)
    return places[index] if index < len(places) else None


def without_words(formula: str) -> str:
    r"""Return a formula without what ``\text`` says in it."""
    return _TEXT.sub("", formula)


def _reads_like_prose(text: str) -> bool:
    return _IN_PROSE.search(without_words(text)) is not None


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment from ``start`` to ``end``; ``inside`` excludes its two delimiters."""

    name: str
    start: int
    end: int
    inside: Span

    def region(self, visible: str, *, escaped: bool = False) -> Region:
        """Return it as a formula; what its name says of rows is of use, unless a macro hides it."""
        display = self.name != "math"
        whole = display and visible.startswith(r"\begin", self.start)
        inside = (self.start, self.end) if whole else self.inside
        return Region(self.start, self.end, (inside,), display, escaped=escaped)


_ENVIRONMENT = re.compile(
    r"\\(?:(?P<which>begin|end)\s*\{(?P<name>[^{}]*)\}|(?P<alias>[A-Za-z]+)|.)"
)


def environments(
    visible: str, names: frozenset[str], aliases: Mapping[str, tuple[str, str]] | None = None
) -> Iterator[Environment]:
    r"""Yield the environments with these names, starred or not, in the order in which they end.

    An alias is a macro that stands for a delimiter, such as ``\be`` for ``\begin{equation}``. One
    that is left open is yielded last, with ``end`` at its start.
    """
    aliases = aliases or {}
    opened: dict[str, list[re.Match[str]]] = {}
    for match in _ENVIRONMENT.finditer(visible):
        which, name = match["which"], match["name"]
        if match["alias"]:
            which, name = aliases.get("\\" + match["alias"], ("", ""))
        if not which or name.rstrip("*") not in names:
            continue
        if which == "begin":
            opened.setdefault(name, []).append(match)
        elif opened.get(name):
            start = opened[name].pop()
            yield Environment(name, start.start(), match.end(), (start.end(), match.start()))
    for name, matches in opened.items():
        for match in matches:
            yield Environment(name, match.start(), match.start(), (match.end(), match.end()))
