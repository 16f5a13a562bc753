"""Sums and products too long for one line go on in the next, before a sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from symderiv.expression import Brackets, Negative, Node, Product, Relation, Sum, Text
from symderiv.renderers.deck import Block, Columns, Equations, Line, Row, Slide, Steps
from symderiv.renderers.measure import (
    FRAME,
    RELATION,
    across,
    column_widths,
    fixed_width,
    left_width,
)

_NOTHING = Text("")
"""A first term or factor that is not there: what follows starts with its sign."""

_NARROWEST = 8.0


def broken(slide: Slide, width: float, size: float) -> Slide:
    """Break what would not fit into ``width`` with mathematics scaled by ``size``."""
    return replace(slide, blocks=tuple(_block(block, width, size) for block in slide.blocks))


def _block(block: Block, width: float, size: float) -> Block:
    room = max(_NARROWEST, (width - fixed_width(block)) / size)
    match block:
        case Steps(rows):
            room = max(_NARROWEST, room - left_width(rows) - RELATION)
            return Steps(tuple(part for row in rows for part in _row(row, room)))
        case Equations(lines):
            return replace(block, lines=tuple(part for line in lines for part in _line(line, room)))
        case Columns():
            left, right = (
                tuple(_block(part, inner, size) for part in blocks)
                for blocks, inner in column_widths(block, width)
            )
            return replace(block, left=left, right=right)
        case _:
            return block


def _row(row: Row, room: float) -> Iterator[Row]:
    parts = _parts(row.right, room - (FRAME if row.result else 0.0), lambda node: node)
    for place, part in enumerate(parts, start=1):
        first = place == 1
        yield Row(
            row.left if first else None,
            part,
            row.because if first else (),
            row.result,
            row.tag if place == len(parts) else "",
            row.sign if first else "",
        )


def _line(line: Line, room: float) -> Iterator[Line]:
    match line.equation:
        case Relation((*before, last), signs):

            def whole(node: Node) -> Node:
                return Relation((*before, node), signs)
        case last:

            def whole(node: Node) -> Node:
                return node

    parts = _parts(last, room, whole)
    for place, part in enumerate(parts, start=1):
        equation = whole(part) if place == 1 else part
        yield Line(equation, line.tag if place == len(parts) else "", goes_on=place > 1)


def _parts(node: Node, room: float, whole: Callable[[Node], Node]) -> list[Node]:
    """Cut a node so that the first part, made ``whole``, and every other one fit into ``room``."""
    match node:
        case Sum(terms):
            return _pieces(terms, room, whole, _sum)
        case Product(factors, sign):
            return _pieces(factors, room, whole, lambda some: _product(some, sign))
        case Negative(Product(factors, sign)):
            parts = _pieces(
                factors, room, lambda p: whole(Negative(p)), lambda s: _product(s, sign)
            )
            return [Negative(parts[0]), *parts[1:]]
        case _:
            return [node]


def _pieces(
    items: tuple[Node, ...],
    room: float,
    whole: Callable[[Node], Node],
    joined: Callable[[tuple[Node, ...]], Node],
) -> list[Node]:
    parts: list[Node] = []
    current: tuple[Node, ...] = ()
    for item in items:
        longer = joined((*current, item))
        if len(current) > bool(parts) and across(longer if parts else whole(longer)) > room:
            parts.append(joined(current))
            current = (_NOTHING,)
        current = (*current, item)
    return [*parts, joined(current)]


def _sum(terms: tuple[Node, ...]) -> Node:
    return terms[0] if len(terms) == 1 else Sum(terms)


def _product(factors: tuple[Node, ...], sign: str) -> Node:
    """Join factors; a product that goes on needs a sign even where it has none inside.

    A sum that is left alone keeps the brackets that it has as a factor.
    """
    if len(factors) == 1:
        return Brackets(factors[0]) if isinstance(factors[0], Sum) else factors[0]
    if factors[0] == _NOTHING and not sign:
        return Product((_NOTHING, Product(factors[1:])), "cdot")
    return Product(factors, sign)
