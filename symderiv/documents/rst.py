r"""Formulas in reStructuredText: the ``math`` directive and the ``math`` role; no dollars."""

from __future__ import annotations

import re
from collections.abc import Iterator

from symderiv.documents.delimiters import Delimiters
from symderiv.documents.macros import definitions_in
from symderiv.documents.regions import Region, Scan
from symderiv.documents.text import NOTHING, Lines, Span, blanked

_DIRECTIVE = re.compile(r"\.\.[ \t]+(?P<name>[\w:+.-]+?)::(?=\s|\Z)[ \t]*")
_NO_COMMENT = re.compile(r"\.\.[ \t]+(?:[^\s:]\S*::|_|\[|\|)")
_COMMENT = re.compile(r"\.\.(?:\s|$)")
_OPTION = re.compile(r"[ \t]*:[\w-]+:(?:[ \t]|$)")
_VERBATIM = frozenset({
    "code", "code-block", "doctest", "graphviz", "highlight", "ipython", "literalinclude",
    "parsed-literal", "plot", "prompt", "raw", "sourcecode", "testcode", "testsetup",
})  # fmt: skip
_INLINE = re.compile(r"``(?!`)[^\r\n]*?``")
_ROLE = re.compile(r":math:`(?P<after>[^`]+)`|`(?P<before>[^`]+)`:math:")


def scan(characters: str) -> Scan:
    """Find the formulas of a reStructuredText document."""
    blocks = _Blocks(characters)
    code = [match.span() for match in _INLINE.finditer(characters)]
    visible = blanked(characters, sorted([*blocks.hidden, *code]))
    definitions = tuple(definitions_in(visible))
    defined = [(definition.start, definition.end) for definition in definitions]
    visible = blanked(visible, defined, NOTHING)
    prose = blanked(characters, sorted([*blocks.hidden, *defined]))
    directives = [(region.start, region.end) for region in blocks.regions]
    roles = _roles(blanked(visible, directives))
    regions = sorted([*blocks.regions, *roles], key=lambda region: region.start)
    return Scan(visible, prose, tuple(regions), definitions)


def _roles(visible: str) -> Iterator[Region]:
    delimiters = Delimiters(visible)
    for match in _ROLE.finditer(visible):
        inside = match.span(match.lastgroup or 0)
        if match.end() <= delimiters.barrier(match.start()):
            yield Region(*match.span(), (inside,), display=False)


class _Blocks:
    """The literal blocks of a text, which are hidden, and its ``math`` directives."""

    def __init__(self, characters: str) -> None:
        self.hidden: list[Span] = []
        self.regions: list[Region] = []
        self._characters = characters
        self._lines = Lines(characters)
        self._texts = [
            characters[slice(*self._lines.span(k, k + 1))].rstrip()
            for k in range(len(self._lines.starts))
        ]
        k = 0
        while k < len(self._texts):
            k = self._read(k)

    def _read(self, k: int) -> int:
        """Take line ``k`` and what belongs to it; return the next line to take."""
        line = self._texts[k].lstrip()
        directive = _DIRECTIVE.match(line)
        if directive and directive["name"] == "math":
            end = self._body(k)
            self._formula(k, end)
        elif _is_hidden(line):
            end = self._body(k)
            self.hidden.append(self._lines.span(k, end))
        elif line.endswith("::") and not directive:
            end = self._body(k)
            self.hidden.append(self._lines.span(k + 1, end))
        else:
            end = k + 1
        return end

    def _body(self, k: int) -> int:
        """Return the line at which the indented lines below line ``k`` end."""
        indent = _indent(self._texts[k])
        last = k
        for number in range(k + 1, len(self._texts)):
            text = self._texts[number]
            if text and _indent(text) <= indent:
                break
            last = number if text else last
        return last + 1

    def _formula(self, first: int, end: int) -> None:
        """Take a directive; blank lines separate its formulas."""
        start, stop = self._lines.span(first, end)
        opening = _DIRECTIVE.search(self._characters, start)
        assert opening
        inside: list[Span] = []
        apart = True
        for k in range(first, end):
            a, b = self._lines.span(k, k + 1)
            a = opening.end() if k == first else a
            if _OPTION.match(self._texts[k]) or not self._characters[a:b].strip():
                apart = True
                continue
            if not apart:
                a, _ = inside.pop()
            inside.append((a, b))
            apart = False
        self.regions.append(Region(start, stop, tuple(inside), display=True))


def _is_hidden(line: str) -> bool:
    """Tell a comment, or a directive whose body is no prose."""
    directive = _DIRECTIVE.match(line)
    if directive:
        return directive["name"] in _VERBATIM
    return bool(_COMMENT.match(line) and not _NO_COMMENT.match(line))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
