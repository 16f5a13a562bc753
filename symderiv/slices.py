r"""Matrix forms of arrays with more than two axes, slice by slice.

A matrix has two axes. An equation about more of them is a matrix equation for each value of the
others, :math:`\mathbf O_n = \mathbf P_n \mathbf V_n`, and a sum over more than two indices may be a
sum of matrix products, :math:`\sum_n \mathbf X_n^\top \boldsymbol\Delta_n`. Which indices are held
fixed is searched for, the fewest first; what remains is recognised like any other equation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise, product

import sympy as sp
from sympy import Expr, Indexed, IndexedBase, Symbol

from symderiv.brackets import Same
from symderiv.derivation import Term
from symderiv.errors import UnsupportedError
from symderiv.graph import Definition, Index, atom, entries, keys_in
from symderiv.indices import deltas_apart
from symderiv.matrices import Array, Axes, Elementwise, Tree, opened_ways, recognised

_MOST_FIXED = 4


@dataclass(frozen=True, slots=True)
class Slice:
    """An array with some indices held fixed, ``X[n, :, 1]``; None where an axis is left."""

    key: str
    at: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A matrix form summed ``over`` slices; if ``diagonal``, the diagonal matrix of a vector."""

    term: Term
    over: Axes
    tree: Tree
    diagonal: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the slices that it reads."""
        return frozenset(key for key in keys_in(self.term.body) if "[" in key)


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
    rhs = deltas_apart(definition.rhs, (index.symbol for index in definition.indices))
    ways, free = list(opened_ways(rhs)), definition.indices
    reason: UnsupportedError | None = None
    most_bound = max((len(term.bound) for terms in ways for term in terms), default=0)
    for choices in _choices(free, most_bound):
        found: list[Sliced] = []
        for terms, (each, most) in product(ways, choices):
            cutter = _Cutter((*free, *(index for term in terms for index in term.bound)))
            axes = tuple(index for index in free if index not in each)
            try:
                parts = _joined([_part(term, each, axes, most, cutter) for term in terms], axes)
            except UnsupportedError as error:
                reason = reason or error
                continue
            if not each or any(_has_array(part.tree) for part in parts):
                used = {key: cutter.slices[key] for part in parts for key in part.keys}
                found.append(Sliced(each, axes, parts, used))
        if found:
            return min(found, key=lambda form: _awkward(form, definition))
    assert reason is not None
    raise reason


def _awkward(form: Sliced, definition: Definition) -> int:
    """Return how many slices leave an axis before one that they hold fixed, ``X[:, t]``."""
    own = tuple(index.symbol if index in form.each else None for index in definition.indices)
    return sum(map(_inner, (own, *(cut.at for cut in form.slices.values()))))


def _inner(at: tuple[Expr | None, ...]) -> bool:
    return any(a is None and b is not None for a, b in pairwise(at))


def _choices(free: Axes, bound: int) -> Iterator[list[tuple[Axes, int]]]:
    """Yield what to hold fixed and over how many more indices to sum, the fewest first.

    Among equally many, the first axes (the sample) come first, then sums, then other axes.
    """
    ranked: list[tuple[int, int, Axes, int]] = []
    for count in range(max(len(free) - 2, 0), len(free) + 1):
        for each in combinations(free, count):
            sample = count > 0 and each == free[:count] and str(free[0].high) == "N"
            rank = 0 if sample else 1 if not count else 2
            ranked += [(count + most, rank, each, most) for most in range(bound + 1)]
    for total in range(_MOST_FIXED + 1):
        level = sorted((row for row in ranked if row[0] == total), key=lambda row: row[1])
        yield [(each, most) for _, _, each, most in level]


def _joined(parts: Sequence[Part], axes: Axes) -> tuple[Part, ...]:
    """Take the parts without a sum over slices together: a row is added to each row of a matrix."""
    done: list[Part] = []
    for diagonal in (True, False):
        plain = [part for part in parts if not part.over and part.diagonal == diagonal]
        if plain:
            whole = recognised([part.term for part in plain], axes[:1] if diagonal else axes)
            joined = Term((), sp.Add(*(part.term.body for part in plain)))
            done.append(Part(joined, (), whole, diagonal))
    return (*done, *(part for part in parts if part.over))


def _part(term: Term, each: Axes, axes: Axes, most: int, cutter: _Cutter) -> Part:
    """Return one term as a matrix form, summed over as few slices as can be."""
    reason: UnsupportedError | None = None
    for count in range(min(most, len(term.bound)) + 1):
        found: list[Part] = []
        for over in combinations(term.bound, count):
            inner = tuple(index for index in term.bound if index not in over)
            try:
                found.append(_recognised(Term(inner, term.body), over, each, axes, cutter))
            except UnsupportedError as error:
                reason = reason or error
        if found:
            return min(found, key=lambda p: sum(_inner(cutter.slices[k].at) for k in p.keys))
    assert reason is not None
    raise reason


def _recognised(term: Term, over: Axes, each: Axes, axes: Axes, cutter: _Cutter) -> Part:
    body = cutter.cut(term.body, {index.symbol for index in (*each, *over)})
    delta = _delta(body, axes)
    if delta is None:
        cut = replace(term, body=body)
        return Part(cut, over, recognised([cut], axes))
    kept, gone = axes
    body = body.xreplace({delta: sp.S.One}).xreplace({gone.symbol: kept.symbol})
    cut = replace(term, body=body)
    return Part(cut, over, recognised([cut], (kept,)), diagonal=True)


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
