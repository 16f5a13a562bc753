"""What a formula means, as a tree that can be evaluated: every node knows its place in the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """The root of the node classes; ``place`` does not count when nodes are compared."""

    place: Place = field(default=(0, 0), compare=False, repr=False)

    def children(self) -> Iterator[Term]:
        """Yield the nodes directly below this one."""
        for name in _field_names(type(self)):
            value = getattr(self, name)
            if isinstance(value, Term):
                yield value
            elif isinstance(value, tuple):
                yield from _inside(value)


_FIELD_NAMES: dict[type[Term], tuple[str, ...]] = {}


def _field_names(kind: type[Term]) -> tuple[str, ...]:
    """Return the fields of a class of nodes in which there may be nodes, found out once."""
    if kind not in _FIELD_NAMES:
        may = [each.name for each in fields(kind) if each.type not in {"str", "int", "Place"}]
        _FIELD_NAMES[kind] = tuple(may)
    return _FIELD_NAMES[kind]


def _inside(items: tuple[object, ...]) -> Iterator[Term]:
    for item in items:
        if isinstance(item, Term):
            yield item
        elif isinstance(item, tuple):
            yield from _inside(item)


def walk(term: Term) -> Iterator[Term]:
    """Yield a node and all below it."""
    yield term
    for child in term.children():
        yield from walk(child)


def values(term: Term) -> Iterator[Term]:
    """Yield the nodes that have a value: no indices, no names of functions or of variables."""
    yield term
    match term:
        case Ref():
            below: tuple[Term, ...] = ()
        case BigOp():
            below = (term.body,)
        case Derivative():
            below = (term.of,)
        case Call():
            below = term.arguments
        case Entry():
            below = (term.array,)
        case Cases():
            below = tuple(value for value, _ in term.rows)
        case _:
            below = tuple(term.children())
    for child in below:
        yield from values(child)


def replaced(term: Term, old: Term, new: Term, *, everywhere: bool = False) -> Term:
    """Return ``term`` with the node ``old`` replaced, at its own place or wherever it is equal."""

    def change(node: Term) -> Term | None:
        if node is old or (everywhere and node == old):
            return new
        if isinstance(node, Call):  # what is called stays
            arguments = tuple(rewritten(a, change) for a in node.arguments)
            return replace(node, arguments=arguments)
        return None

    return rewritten(term, change)


def above(term: Term, node: Term) -> set[int]:
    """Return the identities of the nodes of a term that have ``node`` below them."""
    found: set[int] = set()
    for child in term.children():
        inner = above(child, node)
        if inner or child is node:
            found |= {id(term), *inner}
    return found


def rewritten(term: Term, change: Callable[[Term], Term | None]) -> Term:
    """Return ``term`` with every node for which ``change`` gives another one; the rest is kept."""
    made = change(term)
    if made is not None:
        return made
    changes: dict[str, Any] = {}
    for name in _field_names(type(term)):
        value = getattr(term, name)
        new = _rewritten(value, change)
        if new is not value:
            changes[name] = new
    return replace(term, **changes) if changes else term


def _rewritten(value: object, change: Callable[[Term], Term | None]) -> object:
    if isinstance(value, Term):
        return rewritten(value, change)
    if isinstance(value, tuple) and value:
        made = tuple([_rewritten(item, change) for item in value])
        return made if any(a is not b for a, b in zip(made, value, strict=True)) else value
    return value


@dataclass(frozen=True, slots=True)
class Num(Term):
    """A number as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Label(Term):
    """A mark that tells names apart and counts nothing: the ``out`` of ``w_{out}``."""

    text: str


@dataclass(frozen=True, slots=True)
class Ref(Term):
    """A quantity by its name.

    ``letter`` is one letter or a word; ``sub`` are its indices, ``sup`` its marks above (a layer, a
    sample), ``arguments`` what stands in brackets behind it. ``style`` is ``"bold"``, ``"cal"`` or
    empty; ``prefix`` is ``"d"`` in ``dW``.
    """

    letter: str
    accent: str = ""
    style: str = ""
    sub: tuple[Term, ...] = ()
    sup: tuple[Term, ...] = ()
    prefix: str = ""
    primes: int = 0

    @property
    def size_name(self) -> str:
        """The name of it as a size: ``n``, ``d_1``."""
        marks = "".join(f"_{i.text}" for i in self.sub if isinstance(i, Num | Label))
        return f"{self.letter}{marks}"

    @property
    def family(self) -> tuple[str, str, str]:
        """What names of one kind share: all but indices and marks; bold is a matter of looks."""
        return self.prefix + self.letter, self.accent, "cal" if self.style == "cal" else ""

    @property
    def function_key(self) -> str:
        """By what a document's own function is known: its letter, and its hat."""
        return self.letter + "^" * (self.accent == "hat")


@dataclass(frozen=True, slots=True)
class Add(Term):
    """Terms that are added; those that are subtracted are ``Neg``."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Neg(Term):
    """Minus ``operand``."""

    operand: Term


@dataclass(frozen=True, slots=True)
class Mul(Term):
    """Factors with the signs between them: ``""``, ``"*"``, ``"cdot"``, ``"odot"``, ``"/"``."""

    factors: tuple[Term, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Div(Term):
    """A fraction."""

    above: Term
    below: Term


@dataclass(frozen=True, slots=True)
class Pow(Term):
    """``base`` to the ``exponent``."""

    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Transposed(Term):
    """A matrix with rows and columns exchanged."""

    operand: Term


@dataclass(frozen=True, slots=True)
class Call(Term):
    """A function of its arguments; ``primes`` counts derivatives by the only one."""

    function: Ref
    arguments: tuple[Term, ...]
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Derivative(Term):
    r"""The derivative of ``of`` by each of ``by``, one after the other.

    ``sign`` is ``"partial"``, ``"d"`` or ``"nabla"``. ``slip`` says what is missing in the way it
    is written, as in :math:`\partial a/z`.
    """

    of: Term
    by: tuple[Term, ...]
    sign: str = "partial"
    slip: str = ""


@dataclass(frozen=True, slots=True)
class BigOp(Term):
    r"""A sum or a product over ``indices``: ``kind`` is ``"sum"``, ``"prod"`` or ``"max"``.

    ``ranges`` are (low, high) pairs, one for each index, or None where they are left out.
    ``condition`` is what restricts them, as in :math:`\sum_{j \ne i}`.
    """

    kind: str
    indices: tuple[Ref, ...]
    ranges: tuple[tuple[Term, Term] | None, ...]
    body: Term
    condition: Term | None = None


@dataclass(frozen=True, slots=True)
class Cases(Term):
    """A value by cases; the condition of the last may be None."""

    rows: tuple[tuple[Term, Term | None], ...]


@dataclass(frozen=True, slots=True)
class Compared(Term):
    """A condition: ``sign`` is ``"="``, ``"!="``, ``"<"``, ``">"``, ``"<="`` or ``">="``."""

    left: Term
    sign: str
    right: Term


@dataclass(frozen=True, slots=True)
class Array(Term):
    """A matrix of entries."""

    rows: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, slots=True)
class Entry(Term):
    """One entry of an array: ``[A B]_{ij}``, ``U[i, k]``."""

    array: Term
    indices: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Sides with relations between them, and the words beside them.

    ``signs`` are ``"="``, ``":="``, ``"approx"``, ``"<"``, ``"in"``, ``"gets"``, ``"to"`` and the
    like. The first side is None where a row goes on from the one above.
    """

    sides: tuple[Term | None, ...]
    signs: tuple[str, ...]
    words: tuple[str, ...] = ()


# --- indices that nothing binds -------------------------------------------------------------------


def loose(term: Term) -> set[str]:
    """Return the letters that stand as indices of a term and are bound by no sum inside."""
    found: set[str] = set()
    match term:
        case BigOp():
            found |= loose(term.body)
            for limits in term.ranges:
                if limits is not None:
                    found |= loose_in(limits[0]) | loose_in(limits[1])
            return found - {index.letter for index in term.indices}
        case Ref():
            return found.union(*(loose_in(i) for i in (*term.sub, *term.sup)))
        case Compared():
            found |= loose_in(term.left) | loose_in(term.right)
    return found.union(*(loose(child) for child in term.children()))


def loose_in(index: Term) -> set[str]:
    """Return the letters in an index."""
    return {t.letter for t in walk(index) if isinstance(t, Ref) and not t.sub and not t.sup}
