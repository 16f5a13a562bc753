r"""The macros that a document defines: ``\newcommand``, ``\def``, ``\DeclareMathOperator``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from symderiv.documents.text import Builder, Span, Text, stand_in

_DEEPEST = 20
_MOST_IN_A_ROW = 100_000
_MOST_IN_A_DOCUMENT = 1_000_000
_LONGEST_BODY = 10_000
_NAME = r"\\(?:[A-Za-z@]+|[^A-Za-z@\s])"
_HEAD = re.compile(
    r"\\(?P<kind>(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|[gex]?def)"
    rf"(?P<star>\*?)\s*(?:\{{\s*(?P<braced>{_NAME})\s*\}}|(?P<bare>{_NAME}))"
    r"\s*(?:\[\s*(?P<count>\d)\s*\]\s*(?:\[(?P<default>[^\[\]]*)\])?|(?P<hashes>(?:#\d)+))?"
    r"\s*(?=\{)"
)
_COMMENT = re.compile(r"(?<!\\)%[^\r\n]*\s*")
OVERLAY = re.compile(r"\\(?P<name>uncover|only|visible|onslide|alert)\*?\s*<[^<>]*>")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|#\d|.", re.DOTALL)
_TAKES_ARGUMENT = frozenset({
    "^", "_", r"\bar", r"\bm", r"\boldsymbol", r"\ddot", r"\dfrac", r"\dot", r"\frac", r"\hat",
    r"\mathbf", r"\mathbb", r"\mathcal", r"\mathit", r"\mathrm", r"\overline", r"\sqrt",
    r"\tfrac", r"\tilde", r"\vec", r"\widehat", r"\widetilde",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Macro:
    """What a name stands for, ``#1`` to ``#9`` its arguments; the first may have a default."""

    body: str
    arguments: int = 0
    default: str | None = None


_SHOWING = {
    **dict.fromkeys((r"\uncover", r"\only", r"\visible", r"\onslide", r"\alert"), Macro("#1", 1)),
    r"\ensuremath": Macro("#1", 1),
    r"\fcolorbox": Macro("#3", 3),
    r"\parbox": Macro("", 3, default=""),
}
"""What says when or how its last argument is shown; a paragraph in a formula is prose."""

_KEPT = frozenset({r"\left", r"\right"})
"""What a document may set otherwise, and never means otherwise."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A macro's definition, where it stands, and whether it yields to an earlier one."""

    name: str
    macro: Macro
    start: int
    end: int
    provided: bool = False


def definitions_in(characters: str) -> Iterator[Definition]:
    """Yield the definitions of a text; what is inside another definition is none."""
    position = 0
    while head := _HEAD.search(characters, position):
        position = _closing(characters, head.end())
        if position < 0:  # a brace is missing, and what follows cannot be told from the body
            position = head.end() + _LONGEST_BODY
            continue
        body = _COMMENT.sub("", characters[head.end() + 1 : position - 1]).strip()
        body = OVERLAY.sub(without_overlay, body)
        kind, name = head["kind"], head["braced"] or head["bare"]
        if kind == "DeclareMathOperator":
            body = rf"\operatorname{head['star']}{{{body}}}"
        arguments = len(head["hashes"]) // 2 if head["hashes"] else int(head["count"] or 0)
        macro = Macro(body, arguments, head["default"])
        yield Definition(name, macro, head.start(), position, kind == "providecommand")


def without_overlay(match: re.Match[str]) -> str:
    r"""Return the command of ``\uncover<2->`` without the steps at which it shows something."""
    return "\\" + match["name"]


def _closing(characters: str, start: int) -> int:
    """Return where the group ends that opens at ``start``, or -1."""
    depth = 0
    for match in _BRACE.finditer(characters, start, start + _LONGEST_BODY):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return -1


class _Token(NamedTuple):
    """A token that waits to be read, and through how many macros it came."""

    text: Text
    depth: int = 0

    @property
    def name(self) -> str:
        return self.text.characters


class Expander:
    """Replaces macros by what they stand for, within a budget for a whole document.

    A macro that leads to itself, to more characters than anybody would read, or that lacks an
    argument, is left as it is, and ``left`` says why.
    """

    def __init__(self, size: int) -> None:
        """Start with the commands that mean nothing inside a formula."""
        self.macros = dict(_SHOWING)
        self.left: dict[str, str] = {}
        self._left = _MOST_IN_A_DOCUMENT + 2 * size
        self._budget = 0

    def define(self, definition: Definition) -> None:
        """Take a definition into account from now on."""
        yields = definition.provided and definition.name in self.macros
        if not yields and definition.name not in _KEPT:
            self.macros[definition.name] = definition.macro

    def expanded(self, text: Text) -> Text:
        """Return the text with its macros replaced."""
        spans = [match.span() for match in _TOKEN.finditer(text.characters)]
        if not any(text.characters[start:end] in self.macros for start, end in spans):
            return text
        budget = self._budget = min(_MOST_IN_A_ROW, self._left)
        pending = [_Token(text.cut(start, end)) for start, end in reversed(spans)]
        out = Builder()
        before = ""
        while pending:
            token = pending.pop()
            body = self._called(token, pending)
            if body is None:
                out.add_token(token.text)
                before = before if token.name.isspace() else token.name
            else:
                pending += reversed(_braced(body) if before in _TAKES_ARGUMENT else body)
        self._left -= budget - self._budget
        return out.text()

    def _called(self, token: _Token, pending: list[_Token]) -> list[_Token] | None:
        """Return what a call becomes, its arguments taken off ``pending``; None if it is left."""
        macro = self.macros.get(token.name)
        if macro is None:
            return None
        body = self._body(macro, token, pending)
        if isinstance(body, str):
            self.left.setdefault(token.name, body)
            return None
        return body

    def _body(self, macro: Macro, token: _Token, pending: list[_Token]) -> list[_Token] | str:
        """Return a macro's body with its arguments, or why there is none."""
        if token.depth >= _DEEPEST:
            return "leads to itself"
        if self._budget <= 0:
            return "becomes too long"
        taken = _arguments(macro, pending)
        if taken is None:
            self._budget -= len(pending)  # so that looking in vain is bounded, too
            return "lacks an argument"
        arguments, rest = taken
        last = pending[rest].text if rest < len(pending) else token.text
        place = token.text.starts[0], max(token.text.ends[-1], last.ends[-1])
        body = _filled(macro, arguments, place, token.depth + 1)
        self._budget -= sum(len(piece.name) for piece in body)
        if self._budget <= 0:
            return "becomes too long"
        del pending[rest:]
        return body


def _filled(
    macro: Macro, arguments: list[list[_Token] | None], place: Span, depth: int
) -> list[_Token]:
    """Return the body with its arguments set in."""
    default = _stand_ins(macro.default or "", place, depth)
    given = {f"#{k}": default if a is None else a for k, a in enumerate(arguments, 1)}
    filled = []
    for match in _TOKEN.finditer(macro.body):
        argument = given.get(match[0])
        filled += _stand_ins(match[0], place, depth) if argument is None else argument
    return filled


def _stand_ins(characters: str, place: Span, depth: int) -> list[_Token]:
    return [_Token(stand_in(match[0], place), depth) for match in _TOKEN.finditer(characters)]


def _braced(body: list[_Token]) -> list[_Token]:
    r"""Put braces around what an accent or ``\frac`` takes as its argument."""
    if len(body) < 2:
        return body
    first, last = body[0].text, body[-1].text
    place = min(first.starts[0], last.starts[0]), max(first.ends[-1], last.ends[-1])
    opening, closing = (_Token(stand_in(brace, place), body[0].depth) for brace in "{}")
    return [opening, *body, closing]


def _arguments(macro: Macro, pending: list[_Token]) -> tuple[list[list[_Token] | None], int] | None:
    """Return a call's arguments, None for the default, and how many tokens stay behind them."""
    arguments: list[list[_Token] | None] = []
    at = len(pending)
    for number in range(macro.arguments):
        optional = number == 0 and macro.default is not None
        if optional and not (at and pending[at - 1].name == "["):
            arguments.append(None)
            continue
        found = _argument(pending, at, "]" if optional else "}")
        if found is None:
            return None
        argument, at = found
        arguments.append(argument)
    return arguments, at


def _argument(pending: list[_Token], at: int, closes: str) -> tuple[list[_Token], int] | None:
    """Return the group or the single token that comes next, without its braces."""
    while at and pending[at - 1].name.isspace():
        at -= 1
    if not at or pending[at - 1].name == "}":
        return None
    if closes == "}" and pending[at - 1].name != "{":
        return [pending[at - 1]], at - 1
    closing = _group(pending, at, closes)
    return None if closing is None else (pending[closing + 1 : at - 1][::-1], closing)


def _group(pending: list[_Token], at: int, closing: str) -> int | None:
    """Return where the group closes whose opening token is next."""
    depth = 0
    for k in range(at - 2, -1, -1):
        name = pending[k].name
        if not depth and name == closing:
            return k
        depth += {"{": 1, "}": -1}.get(name, 0)
    return None
