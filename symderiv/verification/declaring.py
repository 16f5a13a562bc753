r"""What a document says of shapes: :math:`W \in \mathbb R^{n_2 \times n_1}`, and ``n_2 = 1``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symderiv.verification.kinds import Node
from symderiv.verification.model import Bound, Unknown, index_value
from symderiv.verification.statements import Statement
from symderiv.verification.term_shapes import TermShapes
from symderiv.verification.terms import Label, Mul, Num, Pow, Ref, Term
from symderiv.verification.unifying import ONE, SCALAR, Dim, Shape

_LAYERS = (1, 2, 3)


def declared(rows: Sequence[Statement], shapes: TermShapes) -> Iterator[tuple[Node, Shape]]:
    """Yield the shapes that a document declares, for each layer if it does so for a letter."""
    single = set(_single(rows))
    for row in rows:
        chain = row.chain
        if chain is None or len(chain.sides) != 2 or chain.signs != ("in",):
            continue
        name, within = chain.sides
        if isinstance(name, Ref) and within is not None and space(within) is not None:
            for layer in _LAYERS:
                bound = {"l": layer, "ell": layer, "L": _LAYERS[-1]}
                found = space(within, bound)
                assert found is not None
                rows_, columns = (ONE if dim in single else dim for dim in found)
                yield shapes.node(name, bound), (rows_, columns)


def declared_bare(rows: Sequence[Statement], shapes: TermShapes) -> Iterator[Node]:
    """Yield the arrays that are declared without an index: what has one is an entry of them."""
    for row in rows:
        chain = row.chain
        if chain is not None and chain.signs == ("in",):
            name, within = chain.sides
            indexed = isinstance(name, Ref) and any(not isinstance(i, Label) for i in name.sub)
            if isinstance(name, Ref) and not indexed and within is not None and space(within):
                for layer in _LAYERS:
                    yield shapes.node(name, {"l": layer, "ell": layer, "L": _LAYERS[-1]})


def _single(rows: Sequence[Statement]) -> Iterator[Dim]:
    """Yield the sizes that are said to be 1: ``n_2 = 1``."""
    for row in rows:
        chain = row.chain
        if chain is not None and chain.signs == ("=",) and chain.sides[1] == Num("1"):
            name = chain.sides[0]
            if isinstance(name, Ref):
                yield _size(name, {})


def space(term: Term, bound: Mapping[str, int] | None = None) -> Shape | None:
    r"""Return the shape of the members of a space such as :math:`\mathbb R^{m \times n}`."""
    base = term.base if isinstance(term, Pow) else term
    if not isinstance(base, Ref) or base.letter != "R" or base.style not in {"bb", "bold", ""}:
        return None
    if not isinstance(term, Pow):
        return SCALAR
    match term.exponent:
        case Mul((rows, columns), ("times",)):
            return _size(rows, bound or {}), _size(columns, bound or {})
    return _size(term.exponent, bound or {}), ONE


def _size(term: Term, bound: Bound) -> Dim:
    if isinstance(term, Num):
        return ONE if term.text == "1" else ("number", term.text)
    if isinstance(term, Ref):
        every = (*term.sub, *term.sup)
        marks = [m.text if isinstance(m, Label) else _number(m, bound) for m in every]
        if all(marks):
            return "letter", "_".join([term.letter, *map(str, marks)])
    return "size", repr(term)


def _number(mark: Term, bound: Bound) -> str:
    try:
        return str(index_value(mark, bound, {}))
    except Unknown:
        return ""
