"""TeX mathematics as a tree of atoms with scripts: what ``grammar.lark`` finds, with places.

Nothing is decided here about what a token means. Every node knows its place in the text, so that
whoever finds a fault can point at it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.tree import Meta

from symderiv.errors import ReadingError

Place = tuple[int, int]
LONGEST = 6_000
DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Leaf:
    """One token: a letter, a number, a command without its backslash, a sign, words."""

    kind: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in braces, or is nothing but a sequence."""

    items: tuple[Syntax, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Scripted:
    """An atom with what is below, above, and its primes."""

    base: Syntax | None
    below: tuple[Syntax, ...]
    above: tuple[Syntax, ...]
    primes: int
    place: Place


@dataclass(frozen=True, slots=True)
class Applied:
    r"""A command with arguments: ``frac``, ``sqrt``, ``hat``, ``mathbf``, ``underbrace``."""

    command: str
    arguments: tuple[Syntax, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Environment:
    """Rows of cells: a matrix, cases, an array."""

    name: str
    rows: tuple[tuple[Group, ...], ...]
    place: Place


Syntax = Leaf | Group | Scripted | Applied | Environment

_SAME = {
    "−": "-", "–": "-", "·": r"\cdot", "×": r"\times", "⋅": r"\cdot", "∗": "*", "⊙": r"\odot",
    "∘": r"\circ", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "Σ": r"\Sigma", "∏": r"\prod",
    "≤": r"\le", "≥": r"\ge", "≈": r"\approx", "∈": r"\in", "→": r"\to", "←": r"\leftarrow",
    "⇒": r"\Rightarrow", "√": r"\sqrt", "∞": r"\infty", "⊤": r"\top", "ᵀ": r"^\top", "²": "^2",
    "′": "'", "’": "'", "ℓ": r"\ell", "ℝ": r"\mathbb{R}", "‖": r"\|", "∥": r"\|", "⊗": r"\otimes",
    "½": r"\frac12", "…": r"\dots", "⟨": r"\langle", "⟩": r"\rangle", "∝": r"\propto", "≡": "=",
}  # fmt: skip
"""Characters that are typed for a command."""
_ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot"}


def parsed(text: str) -> Group:
    """Return the tree of one formula.

    Raises ``ReadingError`` with the place where it is no TeX, or if it is too long or too deep.
    """
    if len(text) > LONGEST:
        raise ReadingError(f"longer than {LONGEST:,} characters", (0, len(text)))
    _check_depth(text)
    clean, places = _ascii(text)
    try:
        tree = _parser().parse(clean)
        return _Builder(places).transform(tree)
    except UnexpectedInput as error:
        raise _refusal(text, places, error) from None
    except RecursionError:
        raise ReadingError("nested too deeply", (0, len(text))) from None
    except VisitError as error:
        if isinstance(error.orig_exc, ReadingError):
            raise error.orig_exc from None
        raise


def _refusal(text: str, places: list[int], error: UnexpectedInput) -> ReadingError:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        end = (max(len(text) - 1, 0), len(text))
        return ReadingError("ends too early, something is open", end)
    at = places[getattr(error, "pos_in_stream", 0)]  # lark declares it as None
    return ReadingError(f"unexpected '{text[at]}'", (at, at + 1))


def _check_depth(text: str) -> None:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "{([") - (character in "})]")
        if depth > DEEPEST:
            raise ReadingError(f"nested more than {DEEPEST} deep", (place, place + 1))


def _ascii(text: str) -> tuple[str, list[int]]:
    """Write typed characters as commands; return the text and the place of each character."""
    if text.isascii():
        return text, list(range(len(text) + 1))
    parts: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        piece = _command(character)
        parts.append(piece)
        places += [place] * len(piece)
    return "".join(parts), [*places, len(text)]


@cache
def _command(character: str) -> str:
    if character.isascii():
        return character
    if character in _SAME:
        return f"{_SAME[character]} " if _SAME[character].startswith("\\") else _SAME[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK"):
        letter = name.removeprefix("GREEK ").split(" LETTER ")
        if len(letter) == 2 and " " not in letter[1]:
            word = letter[1].lower().replace("lamda", "lambda")
            return f"\\{word.capitalize() if letter[0] == 'CAPITAL' else word} "
    raised = re.fullmatch("<(super|sub)> ([0-9A-F]{4})", unicodedata.decomposition(character))
    if raised is not None:
        return ("^" if raised[1] == "super" else "_") + f"{{{_command(chr(int(raised[2], 16)))}}}"
    base, *marks = tuple(unicodedata.normalize("NFKD", character))
    if marks and marks[0] in _ACCENTS and base.isascii():
        return rf"\{_ACCENTS[marks[0]]}{{{base}}}"
    if not marks and base.isascii() and base.isalnum():
        return base  # a letter of a mathematical alphabet
    return character


@cache
def _parser() -> Lark:
    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False)


@v_args(meta=True)
class _Builder(Transformer[Token, Group]):
    """Makes our nodes of lark's."""

    def __init__(self, places: list[int]) -> None:
        super().__init__()
        self.places = places

    def _place(self, meta: Meta) -> Place:
        if meta.empty:
            return (0, 0)
        return self.places[meta.start_pos], self._end(meta.end_pos)

    def _end(self, end: int) -> int:
        return self.places[end - 1] + 1 if end else 0

    def _leaf(self, token: Token | Syntax) -> Syntax:
        if not isinstance(token, Token):
            return token
        assert token.start_pos is not None
        assert token.end_pos is not None
        place = (self.places[token.start_pos], self._end(token.end_pos))
        kind = {"DIGIT": "NUMBER"}.get(token.type, token.type)
        text = str(token)
        if kind == "COMMAND":
            text = text.removeprefix("\\")
        elif kind == "TEXT":
            text = text.partition("{")[2].removesuffix("}")
        return Leaf(kind, text, place)

    def start(self, meta: Meta, children: list[Syntax]) -> Group:
        return Group(tuple(_over(children)), self._place(meta))

    def item(self, meta: Meta, children: list[Any]) -> Syntax:
        base, *scripts = children
        node = self._leaf(base)
        return self._scripted(node, scripts, self._place(meta)) if scripts else node

    def bare_script(self, meta: Meta, children: list[Any]) -> Syntax:
        return self._scripted(None, children, self._place(meta))

    def _scripted(
        self, base: Syntax | None, scripts: Iterable[tuple[str, Syntax]], place: Place
    ) -> Scripted:
        below, above, primes = [], [], 0
        for kind, argument in scripts:
            if kind == "prime":
                primes += 1
            elif kind == "below":
                below.append(argument)
            elif (count := _primes(argument)) is not None:
                primes += count
            else:
                above.append(argument)
        return Scripted(base, tuple(below), tuple(above), primes, place)

    def below(self, _: Meta, children: list[Any]) -> tuple[str, Syntax]:
        return "below", self._leaf(children[1])

    def above(self, _: Meta, children: list[Any]) -> tuple[str, Syntax]:
        return "above", self._leaf(children[1])

    def prime(self, _: Meta, __: list[Any]) -> tuple[str, None]:
        return "prime", None

    def group(self, meta: Meta, children: list[Syntax]) -> Group:
        return Group(tuple(_over(children)), self._place(meta))

    def fraction(self, meta: Meta, children: list[Any]) -> Applied:
        _, above, below = children
        if isinstance(below, Token) and len(below) > 1 and below.type == "NUMBER":
            raise ReadingError(f"is {below} below the line, or its first digit?", self._place(meta))
        return Applied("frac", (self._leaf(above), self._leaf(below)), self._place(meta))

    def root(self, meta: Meta, children: list[Any]) -> Applied:
        sign, argument = children
        order = str(sign).partition("[")[2].removesuffix("]").strip()
        if order not in {"", "2", "3", "4"}:
            raise ReadingError(f"a root of the order {order}", self._place(meta))
        body = self._leaf(argument)
        kept = (Leaf("NUMBER", order, body.place), body) if order else (body,)
        return Applied("sqrt", kept, self._place(meta))

    def styled(self, meta: Meta, children: list[Any]) -> Applied:
        command = str(children[0]).removeprefix("\\").removesuffix("*")
        command = command.removeprefix("wide")
        return Applied(command, (self._leaf(children[1]),), self._place(meta))

    def braced(self, meta: Meta, children: list[Any]) -> Applied:
        return Applied("brace", (self._leaf(children[1]),), self._place(meta))

    def coloured(self, meta: Meta, children: list[Any]) -> Applied:
        return Applied("colour", (self._leaf(children[1]),), self._place(meta))

    def environment(self, meta: Meta, children: list[Any]) -> Environment:
        first, *items, last = children
        name = str(first).partition("{")[2].partition("}")[0].removesuffix("*")
        closing = str(last).partition("{")[2].partition("}")[0].removesuffix("*")
        place = self._place(meta)
        if name != closing:
            raise ReadingError(rf"\begin{{{name}}} is closed by \end{{{closing}}}", place)
        rows: list[list[list[Syntax]]] = [[[]]]
        for item in items:
            if isinstance(item, Leaf) and item.kind == "BREAK":
                if item.text == "&":
                    rows[-1].append([])
                else:
                    rows.append([[]])
            else:
                rows[-1][-1].append(item)
        kept = [row for row in rows if any(row)]
        cells = (tuple(_cell(cell, place) for cell in row) for row in kept)
        return Environment(name, tuple(cells), place)


def _cell(items: list[Syntax], place: Place) -> Group:
    whole = (items[0].place[0], items[-1].place[1]) if items else place
    return Group(tuple(_over(items)), whole)


def _over(items: list[Syntax]) -> list[Syntax]:
    r"""Read plain TeX's ``a \over b`` as a fraction."""
    for at, item in enumerate(items):
        if isinstance(item, Leaf) and (item.kind, item.text) == ("COMMAND", "over"):
            if not items[:at] or not items[at + 1 :]:
                raise ReadingError(r"\over needs something on both sides", item.place)
            above = _cell(items[:at], item.place)
            below = _cell(items[at + 1 :], item.place)
            return [Applied("frac", (above, below), (above.place[0], below.place[1]))]
    return items


def _primes(argument: Syntax) -> int | None:
    r"""Return how many primes ``^\prime`` and ``^{'}`` stand for, or None."""
    items = argument.items if isinstance(argument, Group) else (argument,)
    count = 0
    for item in items:
        if isinstance(item, Leaf) and item.text == "prime":
            count += 1
        elif isinstance(item, Scripted) and item.base is None and item.primes:
            count += item.primes
        else:
            return None
    return count or None
