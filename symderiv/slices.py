r"""Matrix forms of arrays with more than two axes, slice by slice.

A matrix has two axes. An equation about more of them is a matrix equation for each value of the
others, :math:`\mathbf O_n = \mathbf P_n \mathbf V_n`, and a sum over more than two indices may be a
sum of matrix products, :math:`\sum_n \mathbf X_n^\top \boldsymbol\Delta_n`. Which indices are held
fixed is searched for, the fewest first; what remains is recognised like any other equation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import sympy as sp
from sympy import Expr, Indexed, IndexedBase, Symbol

from symderiv.brackets import Same
from symderiv.derivation import Term
from symderiv.errors import UnsupportedError
from symderiv.graph import Definition, Index, atom, entries
from symderiv.matrices import Array, Axes, Elementwise, Tree, opened, recognised

_MOST_FIXED = 4


@dataclass(frozen=True, slots=True)
class Slice:
    """An array with some indices held fixed, ``X[n, :, 1]``; None where an axis is left."""

    key: str
    at: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A matrix form summed ``over`` slices; if ``diagonal``, the diagonal matrix of a vector."""

    over: Axes
    tree: Tree
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Sliced:
    """A right side as a sum of ``parts`` over ``axes``, for ``each`` value of the other indices.

    ``slices`` says what the keys of the trees stand for that are no names of the graph.
    """

    each: Axes
    axes: Axes
    parts: tuple[Part, ...]
    slices: Mapping[str, Slice]


def sliced(definition: Definition) -> Sliced:
    """Return the matrix form of a definition's right side, with as few indices fixed as can be.

    Raises ``UnsupportedError`` if it has none: for the reason for which the plain form has none.
    """
    assert definition.rhs is not None
    rhs = sp.expand_mul(definition.rhs) if definition.rhs.has(Same) else definition.rhs
    terms, free = opened(rhs), definition.indices
    reason: UnsupportedError | None = None
    for each, most in _choices(free, max((len(term.bound) for term in terms), default=0)):
        axes = tuple(index for index in free if index not in each)
        cutter = _Cutter((*free, *(index for term in terms for index in term.bound)))
        try:
            parts = tuple(_part(term, each, axes, most, cutter) for term in terms)
        except UnsupportedError as error:
            reason = reason or error
            continue
        if not each or any(_has_array(part.tree) for part in parts):
            return Sliced(each, axes, parts, cutter.slices)
    assert reason is not None
    raise reason


def _choices(free: Axes, bound: int) -> Iterator[tuple[Axes, int]]:
    """Yield what to hold fixed and over how many more indices to sum, the fewest first.

    Among equally many, the first axes (the sample) come first, then sums, then other axes.
    """
    ranked = []
    for count in range(len(free) + 1):
        for each in combinations(free, count):
            first = each == free[:count]
            for most in range(bound + 1):
                rank = 0 if first and count else 1 if not count else 2
                ranked.append((count + most, rank, len(ranked), each, most))
    for total, _, _, each, most in sorted(ranked, key=lambda row: row[:3]):
        if total <= _MOST_FIXED and len(free) - len(each) <= 2:
            yield each, most


def _part(term: Term, each: Axes, axes: Axes, most: int, cutter: _Cutter) -> Part:
    """Return one term as a matrix form, summed over as few slices as can be."""
    reason: UnsupportedError | None = None
    for count in range(min(most, len(term.bound)) + 1):
        for over in combinations(term.bound, count):
            inner = tuple(index for index in term.bound if index not in over)
            try:
                return _recognised(Term(inner, term.body), over, each, axes, cutter)
            except UnsupportedError as error:
                reason = reason or error
    assert reason is not None
    raise reason


def _recognised(term: Term, over: Axes, each: Axes, axes: Axes, cutter: _Cutter) -> Part:
    body = cutter.cut(term.body, {index.symbol for index in (*each, *over)})
    delta = _delta(body, axes)
    if delta is None:
        return Part(over, recognised([replace(term, body=body)], axes))
    kept, gone = axes
    body = body.xreplace({delta: sp.S.One}).xreplace({gone.symbol: kept.symbol})
    return Part(over, recognised([replace(term, body=body)], (kept,)), diagonal=True)


def _delta(body: Expr, axes: Axes) -> Same | None:
    """Return the factor that says that both axes have the same index."""
    if len(axes) < 2:
        return None
    both = axes[0].symbol - axes[1].symbol
    found = [f for f in sp.Mul.make_args(body) if isinstance(f, Same)]
    return next((f for f in found if f.args[0] in (both, -both)), None)


def _has_array(tree: Tree) -> bool:
    match tree:
        case Array(_, axes):
            return bool(axes)
        case Elementwise(_, arguments):
            return any(_has_array(argument) for _, argument in arguments)
        case _:
            return True


@dataclass(slots=True)
class _Cutter:
    """Replaces the entries of an expression by entries of slices, and keeps what they stand for."""

    indices: Sequence[Index]
    slices: dict[str, Slice] = field(default_factory=dict)

    def cut(self, expr: Expr, fixed: set[Symbol]) -> Expr:
        """Return ``expr`` with the indices in ``fixed`` as part of the names."""
        inner = {limit[0] for total in expr.atoms(sp.Sum) for limit in total.limits}
        if inner & fixed:
            raise UnsupportedError("no matrix form: a sum's index is that of a slice")
        moving = ({index.symbol for index in self.indices} | inner) - fixed
        found = [entry for entry in entries(expr) if isinstance(entry, Indexed)]
        return expr.xreplace({entry: self._slice(entry, moving) for entry in found})

    def _slice(self, entry: Indexed, moving: set[Symbol]) -> Expr:
        at = tuple(None if i.free_symbols & moving else i for i in entry.indices)
        rest = [i for i, value in zip(entry.indices, at, strict=True) if value is None]
        if len(rest) == len(at):
            return entry
        label = str(entry.base.label)
        key = f"{label}[{','.join(':' if value is None else str(value) for value in at)}]"
        self.slices[key] = Slice(label, at)
        return IndexedBase(key, real=True)[tuple(rest)] if rest else atom(key)
