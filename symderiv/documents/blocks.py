"""The blocks of a Markdown text: which of its lines are code, and which are rows of a table.

A parser of CommonMark says so, list items and quotations included. It knows lines only, and no
formulas; what matters inside a line is found elsewhere, character by character.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

from symderiv.documents.delimiters import Delimiters
from symderiv.documents.text import Lines, Span, blanked

_PARSER = MarkdownIt("commonmark").enable("table")
_PARSER.core.ruler.enableOnly(["normalize", "block"])

_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)")
_FENCE_END = re.compile(r"[ \t>]*(?:`{3,}|~{3,})[ \t]*(?:\r\n?|\n)?\Z")
_OPTIONS = re.compile(r"(?:[ \t>]*:[\w-]+:.*(?:\r\n?|\n))+")
_DISPLAYED = re.compile(r"\$\$|\\\[|\\begin\s*\{")
_OPENS = re.compile(r"(?:\$\$|\\\[)[\s>]*\Z")
_CLOSES = re.compile(r"[\s>]*(?:\$\$|\\\])")
_NEAR = 100
_ASIDE = re.compile(
    r"(?P<math>\$`)|(?P<ticks>`+)|(?P<hidden><!--|<(?P<tag>script|style|pre|code)\b)|\\.",
    re.IGNORECASE,
)
_TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block that is set as a formula: all of it, and what is in it."""

    language: str
    span: Span
    content: Span


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a text's blocks are: code, formulas in fences, rows of tables."""

    code: list[Span] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    table_rows: list[Span] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)


def blocks_of(characters: str) -> Blocks:
    """Find the blocks that are not prose."""
    blocks = Blocks()
    lines = Lines(characters)
    front = _FRONT_MATTER.match(characters)
    if front:
        blocks.code.append(front.span())
        characters = blanked(characters, [front.span()])
    for token in _PARSER.parse(characters):
        if token.map is None:
            continue
        span = lines.span(*token.map)
        if token.type == "fence":
            language = token.info.split()[0].strip("{}").lower() if token.info.strip() else ""
            if language in {"math", "latex", "tex"}:
                content = _content(characters, lines, token.map)
                blocks.fences.append(Fence(language, span, content))
            else:
                blocks.code.append(span)
        elif token.type == "code_block" and not _in_a_formula(characters, span):
            blocks.code.append(span)
            if _DISPLAYED.search(characters, *span):
                blocks.remarks.append(
                    (span[0], "a formula indented by four spaces is code: left out")
                )
        elif token.type == "tr_open":
            blocks.table_rows.append(span)
    return blocks


def _content(characters: str, lines: Lines, numbers: list[int]) -> Span:
    """Return what stands between the fences, without the options that MyST puts first."""
    first, last = numbers
    start, end = lines.span(first + 1, last)
    closing = lines.span(last - 1, last)
    if last - first > 1 and _FENCE_END.match(characters[slice(*closing)]):
        end = closing[0]
    options = _OPTIONS.match(characters, start, end)
    return (options.end() if options else start), end


def _in_a_formula(characters: str, span: Span) -> bool:
    """Tell a formula that is indented between its delimiters from code."""
    start, end = span
    above = characters[max(0, start - _NEAR) : start]
    return bool(_OPENS.search(above) and _CLOSES.match(characters, end, end + _NEAR))


def asides_of(characters: str) -> tuple[list[Span], list[Span]]:
    """Return where inline code stands, and where comments and HTML that is no prose do."""
    code: list[Span] = []
    hidden: list[Span] = []
    closing = _Closing(characters)
    position = 0
    while match := _ASIDE.search(characters, position):
        position = match.end()
        found, end = hidden, None
        if match["math"]:  # as GitHub and GitLab write a formula
            end = closing.delimiters.inline("$`", position)
            found = []
        elif match["ticks"]:
            found, end = code, closing.of_ticks(match)
        elif match["hidden"]:
            tag = match["tag"]
            end = closing.of(f"</{tag}>" if tag else "-->", position)
        if end is not None:
            found.append((match.start(), end))
            position = end
    return code, hidden


class _Closing:
    """Where code, comments and HTML elements close, each kind looked for once."""

    def __init__(self, characters: str) -> None:
        self.delimiters = Delimiters(characters)
        self._characters = characters
        self._runs: defaultdict[int, list[int]] = defaultdict(list)
        for run in _TICKS.finditer(characters):
            self._runs[len(run[0])].append(run.start())
        self._missing: set[str] = set()

    def of_ticks(self, opening: re.Match[str]) -> int | None:
        """Return the end of the code that as many backticks close, in the same paragraph."""
        length = len(opening[0])
        runs = self._runs[length]
        index = bisect_left(runs, opening.end())
        if index == len(runs) or runs[index] > self.delimiters.barrier(opening.end()):
            return None
        return runs[index] + length

    def of(self, closing: str, after: int) -> int | None:
        """Return where the next such tag or comment ends."""
        if closing in self._missing:
            return None
        start = self._characters.find(closing, after)
        if start < 0:
            self._missing.add(closing)
            return None
        return start + len(closing)
