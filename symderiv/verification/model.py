"""What a document defines: equations by name, each with its place, and how names are resolved."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symderiv.verification.terms import Add, Label, Mul, Neg, Num, Ref, Term, replaced

Family = tuple[str, str, str]
Index = int | str
"""The value of an index, or the text of a mark."""


@dataclass(frozen=True, slots=True)
class Member:
    """A column (axis 1) or a row (axis 0) of an array: one sample's; ``turned`` lays it across."""

    axis: int
    number: int
    turned: bool = False


Part = tuple[Index | Member, ...]
"""Which part of an array is meant: a sample, an entry, an entry of a sample, or all of it."""


@dataclass(frozen=True, slots=True)
class Key:
    """One quantity: its family, and the values of its indices and marks.

    ``sample`` tells the copies of a graph apart, one for each sample, where the document writes the
    graph for one sample and sums over all.
    """

    family: Family
    sub: tuple[Index, ...]
    sup: tuple[Index, ...]
    sample: Index | None = None

    @property
    def name(self) -> str:
        """A short text for people: ``w_11^(2)``."""
        letter, accent, _ = self.family
        shown = f"{letter}{'^' if accent == 'hat' else accent and f'~{accent}'}"
        below = (
            ",".join(map(str, self.sub))
            if any(len(str(i)) > 1 for i in self.sub)
            else "".join(map(str, self.sub))
        )
        above = ",".join(map(str, self.sup))
        return f"{shown}{f'_{below}' if below else ''}{f'^({above})' if above else ''}"


@dataclass(frozen=True, slots=True)
class Definition:
    """An equation that says what a name is; ``at`` is its place in the document's order.

    ``arguments`` are the names of a function's arguments.
    """

    left: Ref
    right: Term
    at: float
    arguments: tuple[Ref, ...] = ()


class Unknown(Exception):  # noqa: N818  # it is no error of the user's: a verdict is made of it
    """Something whose value cannot be told; the message is the reason."""


@dataclass
class Model:
    """The definitions of a document, and what its letters count.

    ``sizes`` gives a number to each letter that is a size or the end of a range.
    """

    definitions: dict[Family, list[Definition]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    functions: dict[str, list[Definition]] = field(default_factory=dict)

    def add(self, definition: Definition) -> None:
        """Add a definition; what is the right side of another one in it becomes that name.

        With ``z = W x``, ``a = f(W x)`` depends on ``z``.
        """
        right = definition.right
        for others in self.definitions.values():
            for other in others:
                simple = isinstance(other.right, Ref | Num) or other.right == right
                if not simple and other.left.family != definition.left.family:
                    right = replaced(right, other.right, other.left, everywhere=True)
        definition = replace(definition, right=right)
        self.definitions.setdefault(definition.left.family, []).append(definition)

    def candidates(self, family: Family, at: float) -> Iterator[Definition]:
        """Yield the definitions of a family, those that hold at a place first.

        A definition holds from its place on, and before it too if there is none earlier.
        """
        known = self.definitions.get(family, ())
        yield from (d for d in reversed(known) if d.at <= at)
        yield from (d for d in known if d.at > at)


# --- indices as numbers ---------------------------------------------------------------------------

Bound = Mapping[str, Index]


def index_value(term: Term, bound: Bound, sizes: Mapping[str, int]) -> Index:
    """Return the value of an index.

    Raises ``Unknown`` for a letter that counts nothing here.
    """
    match term:
        case Num(text):
            return int(text) if text.isdigit() else text
        case Label(text):
            return text
        case Ref(_, _, _, (Num() | Label(), *_)) if term.size_name in sizes:
            return sizes[term.size_name]
        case Ref(letter, accent, _, sub, sup) if not sub and not sup:
            name = letter + accent + "'" * term.primes
            if name in bound:
                return bound[name]
            if letter in sizes and not accent:
                return sizes[letter]
            raise Unknown(f"the index {name} has no value")
        case Neg(operand):
            value = index_value(operand, bound, sizes)
            if isinstance(value, int):
                return -value
        case Add(terms):
            values = [index_value(t, bound, sizes) for t in terms]
            if all(isinstance(v, int) for v in values):
                return sum(v for v in values if isinstance(v, int))
        case Mul(factors, signs) if set(signs) <= {"", "cdot", "*", "times"}:
            product = 1
            for factor in factors:
                value = index_value(factor, bound, sizes)
                if not isinstance(value, int):
                    break
                product *= value
            else:
                return product
    raise Unknown("an index that is no whole number")


def label_value(name: Ref, marks: Sequence[Index]) -> int:
    """Return which class a label is, a number of its own: the y_i of a sample, the true class t."""
    return 1 + zlib.crc32(repr((name.family, *marks)).encode()) % 2


def matched(
    patterns: Sequence[Term], values: Sequence[Index], sizes: Mapping[str, int]
) -> dict[str, Index] | None:
    """Match the indices on a left side with values; return what its letters stand for."""
    if len(patterns) != len(values):
        return None
    bound: dict[str, Index] = {}
    for pattern, value in zip(patterns, values, strict=True):
        if not _match(pattern, value, bound, sizes):
            return None
    return bound


def _match(pattern: Term, value: Index, bound: dict[str, Index], sizes: Mapping[str, int]) -> bool:
    match pattern:
        case Num(text):
            return (int(text) if text.isdigit() else text) == value
        case Label(text):
            return text == value
        case Ref(letter, accent):
            name = letter + accent + "'" * pattern.primes
            if letter in sizes and letter.isupper():
                return sizes[letter] == value
            if not isinstance(value, int) or value < 1:
                return False  # letters count from 1: what comes before a recursion is given
            return bound.setdefault(name, value) == value
        case Add(terms) if isinstance(value, int):
            shift, letters = 0, []
            for term in terms:
                inner = term.operand if isinstance(term, Neg) else term
                if isinstance(inner, Num) and inner.text.isdigit():
                    shift += -int(inner.text) if isinstance(term, Neg) else int(inner.text)
                else:
                    letters.append(term)
            if len(letters) == 1:
                return _match(letters[0], value - shift, bound, sizes)
    return False
