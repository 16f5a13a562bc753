r"""Equations of the layer l as those of all layers: :math:`z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}`.

What is stated for a layer by its number holds there in place of what is stated for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from symderiv.verification.model import Family, Unknown, index_value
from symderiv.verification.statements import Statement, terms_of
from symderiv.verification.terms import BigOp, Chain, Num, Ref, Term, loose, rewritten, walk

_LAYERS, _LAST = ("l", "ell"), "L"
_USUAL = 3


def general_families(rows: Sequence[Statement], numbers: Mapping[str, float]) -> frozenset[Family]:
    """Return what is defined for the layer l without a word on how many there are."""
    lefts = (_left(row, {}) for row in rows if _is_general(row) and _LAST not in numbers)
    return frozenset(left.family for left in lefts if isinstance(left, Ref))


def unrolled(rows: Sequence[Statement], numbers: Mapping[str, float]) -> list[Statement]:
    """Return statements in which layers are numbers, those about any layer once for each.

    There are as many as ``numbers`` say of L, or three.
    """
    depth = int(numbers.get(_LAST, _USUAL))
    single = [row for row in rows if not _is_general(row)]
    known = {_left(row, {_LAST: depth}) for row in single}
    found = [_at(row, {_LAST: depth}, row.at) for row in single]
    for row in rows:
        if _is_general(row):
            for layer in range(1, depth + 1):
                bound = {**dict.fromkeys(_LAYERS, layer), _LAST: depth}
                if _left(row, bound) not in known:
                    found.append(_at(row, bound, row.at + layer / 10_000))
    return sorted(found, key=lambda row: row.at)


def _is_general(row: Statement) -> bool:
    """Whether a statement is about the layer l."""
    return any(not loose(term).isdisjoint(_LAYERS) for term in terms_of([row]))


def _left(row: Statement, bound: Mapping[str, int]) -> Term | None:
    """Return what a definition is of, with numbers for layers."""
    match row.chain:
        case Chain((Ref() as left, _, *_), ("=" | ":=", *_)):
            return _numbered(left, bound)
    return None


def _at(row: Statement, bound: Mapping[str, int], at: float) -> Statement:
    if row.chain is None:
        return replace(row, at=at)
    sides = tuple(_numbered(s, bound) if s is not None else None for s in row.chain.sides)
    first = _numbered(row.first, bound) if row.first is not None else None
    before = _numbered(row.before, bound) if row.before is not None else None
    return replace(row, at=at, chain=replace(row.chain, sides=sides), first=first, before=before)


def _numbered(term: Term, bound: Mapping[str, int]) -> Term:
    """Return a term with numbers for the layers in its marks and at the ends of its sums."""

    def change(node: Term) -> Term | None:
        if isinstance(node, Ref) and (node.sub or node.sup):
            return replace(
                node,
                sub=tuple(_mark(m, bound) for m in node.sub),
                sup=tuple(_mark(m, bound) for m in node.sup),
            )
        if isinstance(node, BigOp) and any(_names_layer(r, bound) for r in _ends(node)):
            ranges = tuple(
                (_mark(r[0], bound), _mark(r[1], bound)) if r is not None else None
                for r in node.ranges
            )
            return _numbered(replace(node, ranges=ranges), bound)
        return None

    return rewritten(term, change)


def _ends(node: BigOp) -> Iterator[Term]:
    for limits in node.ranges:
        if limits is not None:
            yield from limits


def _names_layer(term: Term, bound: Mapping[str, int]) -> bool:
    return any(isinstance(t, Ref) and not t.sub and t.letter in bound for t in walk(term))


def _mark(mark: Term, bound: Mapping[str, int]) -> Term:
    """Return a mark as a number, if layers are all that it counts."""
    if not _names_layer(mark, bound):
        return mark
    try:
        return Num(str(index_value(mark, bound, {})), place=mark.place)
    except Unknown:
        return mark
