"""An edit of a term, and what the rows that make edits may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from symderiv.verification.terms import Add, Call, Div, Mul, Neg, Num, Pow, Ref, Term

Writer = Callable[[Term], str]


@dataclass(frozen=True, slots=True)
class Edit:
    """The node ``old`` written as ``new``; ``text`` is what stands in its place then."""

    mistake: str
    old: Term
    new: Term
    text: str


@dataclass(frozen=True)
class Surroundings:
    """What an edit may use: names, the source of each node, if it has arrays, others' calls."""

    names: Sequence[Ref]
    source: Writer
    letters: frozenset[str] = frozenset()
    arrays: bool = False
    calls: Sequence[Call] = ()

    def like(self, name: Ref) -> Iterator[Ref]:
        """Yield the names of the same family, and of as many indices."""
        for other in self.names:
            same = other.family == name.family and other != name
            if same and len(other.sub) == len(name.sub) and len(other.sup) == len(name.sup):
                yield other

    @cached_property
    def extras(self) -> list[tuple[Term, str]]:
        """The factors that may be missing somewhere, made once, so that their values are kept."""
        return list(_extras(self.names, self.source))


def _extras(names: Sequence[Ref], source: Writer) -> Iterator[tuple[Term, str]]:
    """Yield numbers, names, and what the derivatives of usual functions are made of."""
    one = Num("1")
    yield Num("2"), "2"
    yield Num("0.5"), r"\frac{1}{2}"
    for name in names:
        yield name, source(name)
    for name in names:
        text = source(name)
        yield Add((one, Neg(name))), f"(1 - {text})"
        yield Mul((name, Add((one, Neg(name)))), ("odot",)), f"{text} (1 - {text})"
        base = f"({text})" if "^" in text else text
        yield Add((one, Neg(Pow(name, Num("2"))))), f"(1 - {base}^2)"
        if name.letter in {"z", "Z", "a", "A"}:
            yield Call(Ref("sigma"), (name,), 1), rf"\sigma'({text})"
        yield Div(one, name), rf"\frac{{1}}{{{text}}}"
