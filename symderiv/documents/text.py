"""Text that knows where each of its characters came from, whatever was removed or replaced."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n?|\n")  # as CommonMark has it
_VISIBLE = re.compile(r"[^\r\n]")
# A space of no width: what stands for what is removed, and leaves no blank line.
NOTHING = "\u200b"
_WORD = re.compile(r"\\[A-Za-z]+\Z")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """Characters, and for each where it starts and ends in the text that it comes from."""

    characters: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def unaltered(cls, characters: str, start: int = 0) -> Text:
        """Return characters that stand in their source one after the other from ``start`` on."""
        end = start + len(characters)
        return cls(characters, range(start, end), range(start + 1, end + 1))

    def cut(self, start: int, end: int) -> Text:
        """Return a part."""
        return Text(self.characters[start:end], self.starts[start:end], self.ends[start:end])

    def replaced(self, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> Text:
        """Replace each match; what replaces it comes from where all of the match stood."""
        builder = Builder()
        done = 0
        for match in pattern.finditer(self.characters):
            new = by(match)
            if new == match[0]:
                continue
            start, end = match.span()
            builder.add(self.cut(done, start))
            builder.add(stand_in(new, (self.starts[start], self.ends[end - 1])))
            done = end
        if not done:
            return self
        builder.add(self.cut(done, len(self.characters)))
        return builder.text()


class Builder:
    """Joins pieces of text, each with where it came from."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._characters: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, piece: Text) -> None:
        """Append a piece."""
        self._characters.append(piece.characters)
        self._starts.extend(piece.starts)
        self._ends.extend(piece.ends)

    def add_token(self, token: Text) -> None:
        r"""Append a token of TeX, with a space where it would run into the one before it.

        ``\partial`` and a macro's argument ``L`` are two tokens: no space stands between them, yet
        ``\partialL`` would be one. So are two digits with an alignment mark between them.
        """
        last = self._characters[-1] if self._characters else ""
        first = token.characters[:1]
        if (_WORD.match(last) and first.isascii() and first.isalpha()) or (
            last.isdigit() and first.isdigit() and self._ends[-1] < token.starts[0]
        ):
            self.add(stand_in(" ", (self._starts[-1], self._ends[-1])))
        self.add(token)

    def text(self) -> Text:
        """Return what was joined."""
        return Text("".join(self._characters), self._starts, self._ends)


def stand_in(characters: str, place: Span) -> Text:
    """Return characters that all come from one place, as those of a macro's body do."""
    return Text(characters, [place[0]] * len(characters), [place[1]] * len(characters))


def blanked(characters: str, spans: Iterable[Span], filler: str = " ") -> str:
    """Return the text with spaces where the spans are: equally long, in the same lines."""
    parts = []
    done = 0
    for start, end in spans:
        if end > done:
            parts += [
                characters[done:start],
                _VISIBLE.sub(filler, characters[max(start, done) : end]),
            ]
            done = end
    return "".join((*parts, characters[done:]))


class Lines:
    """The lines of a text, counted from 1; a text of n line ends has n + 1 lines."""

    def __init__(self, characters: str) -> None:
        """Find where each line starts."""
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(characters))]
        self._end = len(characters)

    def at(self, offset: int) -> int:
        """Return the number of the line that an offset lies in."""
        return bisect_right(self.starts, offset)

    def span(self, first: int, last: int) -> Span:
        """Return where the lines from ``first`` up to and without ``last`` stand, from 0."""
        return self._start(first), self._start(last)

    def _start(self, index: int) -> int:
        return self.starts[index] if index < len(self.starts) else self._end
