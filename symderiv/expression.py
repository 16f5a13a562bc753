"""The presentation tree: mathematics in the order in which it is written.

SymPy sorts the terms of a sum and the factors of a product for its own ends; a lecturer's order
carries meaning. So what is printed is this small ordered tree, and every printer (LaTeX, MathML)
reads it and nothing else. The nodes are frozen, compare by value, and hold no text that a printer
would have to escape, except ``Text``.

Brackets are not nodes of an author's choice: ``bracketed`` inserts them by precedence, so that the
printers agree on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Node:
    """The root of the tree's node classes."""

    def children(self) -> Iterator[Node]:
        """Yield the nodes directly below this one, in the order in which they are written."""
        for field in fields(self):
            yield from _nodes(getattr(self, field.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as it is to be read: ``2``, ``0.5``; never negative (see ``Negative``)."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Words inside mathematics; the only node whose text a printer must escape."""

    words: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    r"""A name with its decoration, such as ``w_{21}^{(1)}`` or ``\hat{\mathbf Y}``.

    ``base`` is one letter, a Greek letter by its English name (``"sigma"``, ``"Delta"``), or a
    function's name in several letters (``"softmax"``), which prints upright. ``sub`` and ``sup``
    are written side by side without a sign (``(Number("2"), Number("1"))`` is ``21``); ``prefix``
    stands before the letter, as in ``dZ`` and ``\nabla_W J``; ``bold`` is upright, as in books, and
    ``slanted`` is bold italic; ``accent`` is ``""``,
    ``"hat"``, ``"bar"`` or ``"tilde"``; ``primes`` counts ``'``.
    """

    base: str
    sub: tuple[Node, ...] = ()
    sup: tuple[Node, ...] = ()
    accent: str = ""
    bold: bool = False
    primes: int = 0
    slanted: bool = False
    prefix: Name | None = None

    @property
    def loose(self) -> bool:
        """Whether a mark after the name would not clearly belong to all of it."""
        return self.prefix is not None and bool(self.prefix.sub)


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """Minus ``operand``; inside a ``Sum`` it is a subtracted term."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """Terms in order; a ``Negative`` term is written with a minus sign."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Product(Node):
    r"""Factors in order.

    ``sign`` is ``""`` (juxtaposed, a thin space), ``"cdot"``, ``"times"``, or, element by element,
    ``"odot"``, ``"circ"`` or ``"ast"``.
    """

    factors: tuple[Node, ...]
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Fraction(Node):
    """``numerator`` over ``denominator``."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Power(Node):
    """``base`` to the ``exponent``."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    r"""``operand`` with a raised ``\top`` or ``T``; beside a layer mark ``\mathbf W^{(2)\top}``."""

    operand: Node
    mark: str = "top"

    @property
    def beside(self) -> bool:
        """Whether the mark stands beside one of the operand's own, which is in brackets."""
        name = self.operand
        return isinstance(name, Name) and not name.loose and _closed(name.sup)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function (a ``Name``) of its arguments, in brackets."""

    function: Name
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Partial(Node):
    r"""``\frac{\partial of}{\partial by}``."""

    of: Node
    by: Node


@dataclass(frozen=True, slots=True)
class BigSum(Node):
    r"""``\sum_{index=low}^{high} body``; without bounds ``\sum_{index} body``."""

    body: Node
    index: Node
    low: Node | None = None
    high: Node | None = None


@dataclass(frozen=True, slots=True)
class Brackets(Node):
    """``content`` in brackets as tall as it; ``kind`` is ``"()"``, ``"[]"`` or ``"⟨⟩"``."""

    content: Node
    kind: str = "()"


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """A matrix of entries in square brackets."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """A value by cases: pairs of a value and its condition."""

    rows: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """A chain such as ``a = b = c``: one sign fewer than sides, each ``"="`` or a LaTeX relation.

    The signs known to the printers: ``=``, ``:=``, ``<``, ``>``, ``<=``, ``>=``, ``in``,
    ``gets`` (an arrow to the left, for updates).
    """

    sides: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing(Node):
    """Nodes side by side with commas, such as ``i = 1, 2``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Highlight(Node):
    """``content`` in the accent colour: the factor that the next step rewrites."""

    content: Node


@dataclass(frozen=True, slots=True)
class Boxed(Node):
    """``content`` in a frame: a result."""

    content: Node


def _closed(marks: tuple[Node, ...]) -> bool:
    return all(isinstance(mark, Brackets) for mark in marks)


def equation(*sides: Node) -> Relation:
    """Return the chain ``sides[0] = sides[1] = ...``."""
    return Relation(sides, ("=",) * (len(sides) - 1))


ELEMENTWISE = ("odot", "circ", "ast")
"""The signs of a product of two arrays entry by entry."""

# Precedence, loosest first. A node below the level that its place asks for gets brackets.
_RELATION, _SUM, _NEGATIVE, _PRODUCT, _JUXTAPOSED, _POWER, _ATOM = range(7)
_LEVEL: dict[type[Node], int] = {
    Relation: _RELATION,
    Listing: _RELATION,
    Sum: _SUM,
    Negative: _NEGATIVE,
    BigSum: _NEGATIVE,
    Product: _PRODUCT,
    Power: _POWER,
    Transpose: _POWER,
}


def bracketed(node: Node) -> Node:
    """Return ``node`` with a ``Brackets`` node wherever precedence asks for brackets.

    Printers call it once on the whole tree. A ``BigSum`` reaches to the end of its product: it
    stays bare as a last factor or as a term, and is bracketed before another factor.
    """
    match _sign_outside(node):
        case Name() | Number() | Text():
            return node
        case Sum(terms):
            return Sum((_term(terms[0]), *(_term(_sign_between(t)) for t in terms[1:])))
        case Negative(operand):
            return Negative(_at_least(operand, _PRODUCT, last=True))
        case Product(factors, sign):
            return Product(_factors(factors, sign), sign)
        case Power(base, exponent):
            return Power(_raised(base), bracketed(exponent))
        case Transpose(operand, sign) as whole:
            return Transpose(bracketed(operand) if whole.beside else _raised(operand), sign)
        case Partial(of, by):
            return Partial(_at_least(of, _JUXTAPOSED), _at_least(by, _JUXTAPOSED))
        case BigSum(body, index, low, high):
            return BigSum(_at_least(body, _PRODUCT, last=True), index, low, high)
        case other:
            return _map(other)


def _map(node: Node) -> Node:
    """Rebuild a node that asks for nothing of its parts."""
    return replace(node, **{f.name: _rebuilt(getattr(node, f.name)) for f in fields(node)})


def _rebuilt(value: object) -> object:
    if isinstance(value, Node):
        return bracketed(value)
    if isinstance(value, tuple):
        return tuple(_rebuilt(item) for item in value)
    return value


def _sign_outside(node: Node) -> Node:
    """Move a minus sign before the product whose first factor carries it."""
    match node:
        case Product((Negative(first), *others), sign):
            return Negative(Product((first, *others), sign))
        case _:
            return node


def _sign_between(term: Node) -> Node:
    """Move a minus sign out of a highlight: between two terms it is the sign of the sum."""
    if isinstance(term, Highlight) and isinstance(term.content, Negative):
        return Negative(Highlight(term.content.operand))
    return _sign_outside(term)


def _term(term: Node) -> Node:
    return _at_least(term, _NEGATIVE, last=True)


def _raised(base: Node) -> Node:
    """Bracket the base of a power: two raised marks side by side would read as one."""
    seen = _seen(base)
    marked = isinstance(seen, Name) and (seen.sup or seen.prefix)
    if marked or isinstance(seen, Fraction | Partial):
        return _within_highlights(base)
    return _at_least(base, _ATOM)


def _factors(factors: tuple[Node, ...], sign: str) -> tuple[Node, ...]:
    """Bracket the factors: a product inside a product stays bare unless its sign is looser."""
    done: list[Node] = []
    for place, factor in enumerate(factors, start=1):
        inner = _seen(factor)
        if isinstance(inner, Name) and inner.loose:
            done.append(_within_highlights(factor))
            continue
        same = isinstance(inner, Product) and inner.sign in {sign, ""}
        level = _PRODUCT if same else _JUXTAPOSED
        done.append(_at_least(factor, level, last=1 < place == len(factors)))
    return tuple(done)


def _at_least(node: Node, level: int, *, last: bool = False) -> Node:
    """Bracket ``node`` below ``level``; a sum sign may reach to its end only where it is last."""
    seen = _seen(node)
    binds = _LEVEL.get(type(seen), _ATOM) >= level or isinstance(seen, BigSum)
    if binds and (last or not _ends_in_sum(seen)):
        return bracketed(node)
    return _within_highlights(node)


def _seen(node: Node) -> Node:
    """Look through the colour."""
    return _seen(node.content) if isinstance(node, Highlight) else _sign_outside(node)


def _within_highlights(node: Node) -> Node:
    """Bracket what is highlighted: the brackets are part of it."""
    if isinstance(node, Highlight):
        return Highlight(_within_highlights(node.content))
    return Brackets(bracketed(node))


def _ends_in_sum(node: Node) -> bool:
    match node:
        case BigSum():
            return True
        case Product(factors):
            return _ends_in_sum(factors[-1])
        case Negative(operand) | Highlight(operand):
            return _ends_in_sum(operand)
        case _:
            return False
