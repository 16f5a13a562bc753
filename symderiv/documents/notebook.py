r"""The Markdown cells of a Jupyter notebook, each character with its place in the JSON.

``json`` says what a notebook holds, but not where. So the strings are looked for once more, token
by token; in them ``\\`` is one character, and so is ``\n``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from symderiv.documents.text import Builder, Span, Text
from symderiv.errors import DocumentError

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]')
_CHARACTER = re.compile(
    r"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u(?P<code>[0-9a-fA-F]{4})|\\(?P<escape>.)"
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NOTHING_SUCH = "\ufffd"  # half of a pair of surrogates is no character


def markdown_cells(source: str, path: str) -> Iterator[Text]:
    """Yield the text of each Markdown cell, in order."""
    try:
        notebook = json.loads(source)
    except json.JSONDecodeError as error:
        raise DocumentError(f"{path}, line {error.lineno}: no JSON: {error.msg}") from error
    except (RecursionError, ValueError) as error:  # a number of too many digits
        raise DocumentError(f"{path}: no notebook: {error}") from error
    if not isinstance(notebook, dict) or not {"cells", "worksheets"} & notebook.keys():
        raise DocumentError(f"{path}: no notebook: it has no cells")
    for strings in _cells(source):
        yield _joined(source, strings)


@dataclass(slots=True)
class _Level:
    """An object or a list that is open: the key that was read last, and what is known of a cell."""

    is_object: bool
    key: str = ""
    awaits_key: bool = True
    cell_type: str = ""
    strings: list[Span] = field(default_factory=list)


def _cells(source: str) -> Iterator[list[Span]]:
    """Yield where the strings of each Markdown cell's source stand."""
    levels = [_Level(is_object=False)]
    for match in _TOKEN.finditer(source):
        top = levels[-1]
        match match[0]:
            case "{" | "[" as opening:
                levels.append(_Level(is_object=opening == "{"))
            case "}" | "]":
                levels.pop()
                if top.cell_type == "markdown" and levels[-2:][0].key == "cells":
                    yield top.strings
            case ",":
                top.awaits_key = True
            case ":":
                top.awaits_key = False
            case _ if top.is_object and top.awaits_key:
                top.key = _string(source, match.span()).characters
            case _:
                _keep(source, match.span(), levels)


def _keep(source: str, span: Span, levels: list[_Level]) -> None:
    """Remember a string if it is a cell's type, or its source or a line of it."""
    top = levels[-1]
    owner = top if top.is_object else levels[-2]
    if owner.key == "source":
        owner.strings.append(span)
    elif top.is_object and top.key == "cell_type":
        top.cell_type = _string(source, span).characters


def _joined(source: str, strings: list[Span]) -> Text:
    builder = Builder()
    for span in strings:
        builder.add(_string(source, span))
    return builder.text()


def _string(source: str, span: Span) -> Text:
    """Return what a JSON string says, its quotation marks excluded."""
    start, end = span[0] + 1, span[1] - 1
    return Text.unaltered(source[start:end], start).replaced(_CHARACTER, _unescaped)


def _unescaped(match: re.Match[str]) -> str:
    if match["high"]:
        high, low = int(match["high"], 16), int(match["low"], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if match["code"]:
        code = int(match["code"], 16)
        return _NOTHING_SUCH if 0xD800 <= code < 0xE000 else chr(code)
    return _ESCAPES.get(match["escape"], match["escape"])
