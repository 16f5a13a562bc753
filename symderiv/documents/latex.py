r"""Formulas in LaTeX: environments, ``\[``, ``\(`` and dollars, in the document's body."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

from symderiv.documents.delimiters import MATH, Delimiters, Environment, environments, scanned
from symderiv.documents.macros import Definition, definitions_in
from symderiv.documents.regions import Region, Scan
from symderiv.documents.text import NOTHING, Span, blanked

_NO_PROSE = re.compile(
    r"\\begin\s*\{(?P<name>verbatim\*?|lstlisting|minted|comment|Verbatim|alltt|filecontents\*?)\}"
    r"(?s:.*?)(?:\\end\s*\{(?P=name)\}|\Z)"
    r"|\\(?:verb|lstinline)\*?(?P<bar>[^\sA-Za-z*\[{])[^\r\n]*?(?P=bar)"
    r"|\\(?:url|path|href)\s*\{[^{}\r\n]*\}"
    r"|(?P<comment>%[^\r\n]*)"
    r"|\\(?s:.)"
)
_BODY = re.compile(r"\\begin\s*\{document\}")
_BODY_END = re.compile(r"\\end\s*\{document\}")
_TABLES = frozenset({"tabular", "tabularx", "tabulary", "longtable", "tblr"})
_OPENER = re.compile(r"\$\$?|\\(?:[A-Za-z]+|(?s:.))")
_ROW_END = re.compile(r"\\(?:\\|tabularnewline(?![A-Za-z])|(?s:.))")
_ALIAS = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")


def scan(characters: str) -> Scan:
    """Find the formulas of a LaTeX document, or of a piece of one."""
    hidden = [span for match in _NO_PROSE.finditer(characters) if (span := _hidden(match))]
    visible = blanked(characters, hidden)
    definitions = tuple(definitions_in(visible))
    visible = blanked(visible, [(d.start, d.end) for d in definitions], NOTHING)
    start, end = _body(visible)
    visible = blanked(visible, [(0, start), (end, len(visible))])
    scanner = _Scanner(visible, _aliases(definitions))
    regions = tuple(scanner.regions())
    return Scan(visible, visible, regions, definitions, tuple(scanner.remarks))


def _hidden(match: re.Match[str]) -> Span | None:
    """Return what is no prose: of a comment not its sign, or its line would be a blank one."""
    start, end = match.span()
    if match["comment"]:
        return start + 1, end
    return (start, end) if end - start > len(r"\%") else None


def _body(visible: str) -> Span:
    start = _BODY.search(visible)
    if not start:
        return 0, len(visible)
    end = _BODY_END.search(visible, start.end())
    return start.end(), end.start() if end else len(visible)


def _aliases(definitions: Sequence[Definition]) -> Mapping[str, tuple[str, str]]:
    r"""Return the macros that people define to type ``\be`` for ``\begin{equation}``."""
    found = {}
    for definition in definitions:
        match = _ALIAS.fullmatch(definition.macro.body)
        if match and not definition.macro.arguments:
            found[definition.name] = match[1], match[2]
    return found


class _Scanner:
    """Walks over a text from opener to opener."""

    def __init__(self, visible: str, aliases: Mapping[str, tuple[str, str]]) -> None:
        self.remarks: list[tuple[int, str]] = []
        self._visible = visible
        self._delimiters = Delimiters(visible)
        self._environments: dict[int, Environment] = {}
        self._tables: list[Environment] = []
        for found in environments(visible, MATH | _TABLES, aliases):
            if found.name.rstrip("*") in MATH:
                self._environments[found.start] = found
            else:
                self._tables.append(found)

    def regions(self) -> list[Region]:
        """Return the formulas in order."""
        return self._in_tables(scanned(self._visible, _OPENER, self._region))

    def _region(self, opener: re.Match[str]) -> Region | None:
        start, after = opener.span()
        environment = self._environments.get(start)
        if environment:
            return self._environment(environment)
        display = opener[0] in {"$$", r"\["}
        if not display and opener[0] not in {"$", r"\("}:
            return None
        find = self._delimiters.display if display else self._delimiters.inline
        end = find(opener[0], after)
        if end is None:
            self.remarks.append((start, f"unclosed {opener[0]}"))
            return None
        return Region(start, end + len(opener[0]), ((after, end),), display)

    def _environment(self, found: Environment) -> Region | None:
        if found.end == found.start:
            self.remarks.append((found.start, rf"unclosed \begin{{{found.name}}}"))
            return None
        return found.region(self._visible)

    def _in_tables(self, regions: list[Region]) -> list[Region]:
        """Return the formulas, those in the cells of a table with the number of their row."""
        starts = [region.start for region in regions]
        tables: list[Span] = []
        bounds: list[int] = []
        for table in sorted(self._tables, key=lambda table: table.start):
            if tables and table.start < tables[-1][1]:
                continue  # a table in a table
            tables.append((table.start, table.end))
            bounds.append(table.start)
            for match in _ROW_END.finditer(self._visible, *table.inside):
                before = bisect_right(starts, match.start()) - 1
                if len(match[0]) == 2 and match[0] != "\\\\":
                    continue  # an escaped character
                if before < 0 or regions[before].end <= match.start():
                    bounds.append(match.start())
        return [_in_a_row(region, tables, bounds) for region in regions]


def _in_a_row(region: Region, tables: Sequence[Span], bounds: Sequence[int]) -> Region:
    table = bisect_right(tables, (region.start, region.start)) - 1
    if table < 0 or region.start >= tables[table][1]:
        return region
    return replace(region, table_row=bisect_right(bounds, region.start))
