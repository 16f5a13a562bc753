r"""Formulas in Markdown: what its dollars, brackets and environments mean outside of code."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from symderiv.documents import latex
from symderiv.documents.blocks import Fence, asides_of, blocks_of
from symderiv.documents.delimiters import MATH, Delimiters, environments, scanned, without_words
from symderiv.documents.macros import definitions_in
from symderiv.documents.regions import Region, Scan
from symderiv.documents.text import NOTHING, Span, blanked

_OPENER = re.compile(r"\$\$|\$`|\$|\\\\[(\[]|\\(?s:.)")
_NEW_BLOCK = re.compile(r"(?:\r\n?|\n)(?=[ \t>]*(?:#{1,6}[ \t]|\*[ \t]|\d+[.)][ \t]))")
_DELIMITED = re.compile(
    r"\$|\\[\[(]"
    r"|\\begin\s*\{(?:(?:fl)?align(?:at)?|document|eqnarray|equation|gather|multline)\*?\}"
)
_WORDS = re.compile(r"[\w\s.,;:'’–-]*")
_OWN_LINES = re.compile(r"[ \t]*[\r\n](?s:.*)[\r\n][ \t>]*")
_LIKE_MATH = re.compile(r"[\\^_={]")


def scan(characters: str, *, spaced: bool = False) -> Scan:
    """Find the formulas of a Markdown text; with ``spaced``, ``$ x = 1 $`` is one too.

    Pandoc's rule keeps prices from being formulas: no space inside the dollars, and no digit after
    them. A notebook shows what has spaces as a formula all the same.
    """
    blocks = blocks_of(characters)
    fences = [fence.span for fence in blocks.fences]
    code, hidden = asides_of(blanked(characters, sorted([*blocks.code, *fences])))
    visible = blanked(characters, sorted([*blocks.code, *code, *hidden]))
    definitions = tuple(definitions_in(visible))
    defined = [(definition.start, definition.end) for definition in definitions]
    visible = blanked(visible, defined, NOTHING)
    prose = blanked(characters, sorted([*blocks.code, *hidden, *defined]))

    ends = [match.start() for match in _NEW_BLOCK.finditer(visible)]
    ends += [bound for row in blocks.table_rows for bound in row]
    walls = [start for start, _ in fences]
    scanner = _Scanner(blanked(visible, fences), ends, walls, spaced=spaced)
    scanner.remarks += blocks.remarks
    found = scanner.regions()
    for fence in blocks.fences:
        found += _in_fence(visible, fence, scanner.remarks)
    found.sort(key=lambda region: region.start)
    regions = tuple(_in_rows(found, blocks.table_rows))
    return Scan(visible, prose, regions, definitions, tuple(sorted(scanner.remarks)))


def _in_fence(visible: str, fence: Fence, remarks: list[tuple[int, str]]) -> Iterator[Region]:
    """Yield the formula that a fenced block is, or those in the LaTeX that it holds."""
    start, end = fence.content
    content = visible[start:end]
    if fence.language == "math" or not _DELIMITED.search(without_words(content)):
        yield Region(*fence.span, (fence.content,), display=True)
        return
    inner = latex.scan(content)
    remarks += [(start + offset, words) for offset, words in inner.remarks]
    for region in inner.regions:
        inside = tuple((start + a, start + b) for a, b in region.inside)
        yield replace(region, start=start + region.start, end=start + region.end, inside=inside)


def _in_rows(regions: Sequence[Region], rows: Sequence[Span]) -> Iterator[Region]:
    """Yield the regions, those in a table with the number of their row."""
    for region in regions:
        row = bisect_right(rows, region.start, key=lambda row: row[0])
        inside = row and region.start < rows[row - 1][1]
        yield replace(region, table_row=row) if inside else region


class _Scanner:
    """Walks over a text from opener to opener."""

    def __init__(
        self, visible: str, ends: Sequence[int], walls: Sequence[int], *, spaced: bool
    ) -> None:
        self.remarks: list[tuple[int, str]] = []
        self._visible = visible
        self._spaced = spaced
        self._delimiters = Delimiters(visible, ends, walls)
        self._environments = {found.start: found for found in environments(visible, MATH)}

    def regions(self) -> list[Region]:
        """Return the formulas in order."""
        return scanned(self._visible, _OPENER, self._region)

    def _region(self, opener: re.Match[str]) -> Region | None:
        start, after = opener.span()
        match opener[0]:
            case "$":
                return self._dollars(start)
            case "$`" | r"\(" | r"\\(" as kind:
                end = self._delimiters.inline(kind, after)
            case "$$" | r"\[" | r"\\[" as kind:
                end = self._delimiters.display(kind, after)
                if end is None and kind != r"\\[":
                    self.remarks.append((start, f"unclosed {kind}"))
            case _:
                return self._environment(start)
        if end is None or (kind == r"\[" and _WORDS.fullmatch(self._visible, after, end)):
            return None  # what is in brackets such as \[1\] is a reference
        display = kind in {"$$", r"\[", r"\\["}
        verbatim = kind == "$`"
        doubled = kind.startswith(r"\\")
        whole = start, end + len(kind)
        return Region(*whole, ((after, end),), display, escaped=not verbatim, doubled=doubled)

    def _environment(self, start: int) -> Region | None:
        found = self._environments.get(start)
        if found is None:
            return None
        if found.end == start:
            self.remarks.append((start, rf"unclosed \begin{{{found.name}}}"))
            return None
        return found.region(self._visible, escaped=True)

    def _dollars(self, start: int) -> Region | None:
        end = self._delimiters.inline("$", start + 1)
        if end is None or end == start + 1:
            return None
        inside = self._visible[start + 1 : end]
        before, behind = inside[0].isspace(), inside[-1].isspace()
        if (before or behind) and not _OWN_LINES.fullmatch(inside):
            if not (before and behind and _LIKE_MATH.search(inside)):
                return None
            if not self._spaced:
                words = f"${inside}$ is no formula in Markdown, with the spaces inside its dollars,"
                self.remarks.append((start, words))
                return None
        if self._visible[end + 1 : end + 2].isdigit():
            return None
        return Region(start, end + 1, ((start + 1, end),), display=False, escaped=True)
