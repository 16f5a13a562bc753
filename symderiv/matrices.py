r"""The matrix view, recognised from the index view.

``\sum_n X_{ni} \delta_{nj}`` is :math:`\mathbf X^\top \boldsymbol\Delta`: factors with the same
free indices are multiplied element by element, and a bound index on two factors is a matrix
product, on one a sum of rows or columns. The result is a tree of the five nodes below, each with
its axes, so that whoever prints it (a slide, a program) also knows its shape. What has no such form
is refused with ``UnsupportedError``, and stays an index equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import sympy as sp
from sympy import Expr, Indexed, Symbol

from symderiv.derivation import Term
from symderiv.errors import UnsupportedError
from symderiv.graph import Index, entries

Axes = tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A named array with its axes, none for a number."""

    key: str
    axes: Axes


@dataclass(frozen=True, slots=True)
class Transposed:
    """``operand`` with its two axes exchanged."""

    operand: Tree

    @property
    def axes(self) -> Axes:
        """The operand's axes, reversed."""
        return self.operand.axes[::-1]


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """The product over the last axis of ``left`` and the first of ``right``."""

    left: Tree
    right: Tree

    @property
    def axes(self) -> Axes:
        """What is left of both sides' axes."""
        return self.left.axes[:-1] + self.right.axes[1:]


@dataclass(frozen=True, slots=True)
class Total:
    """``operand`` summed over the axis number ``axis``, or its greatest value along it."""

    operand: Tree
    axis: int
    greatest: bool = False

    @property
    def axes(self) -> Axes:
        """The axes that are left."""
        return self.operand.axes[: self.axis] + self.operand.axes[self.axis + 1 :]


@dataclass(frozen=True, slots=True)
class Elementwise:
    """``formula`` entry by entry; its symbols stand for ``arguments`` with some of the ``axes``."""

    formula: Expr
    arguments: tuple[tuple[Symbol, Tree], ...]
    axes: Axes


Tree = Array | Transposed | MatrixProduct | Total | Elementwise


def recognised(terms: Iterable[Term], free: Axes) -> Tree:
    """Return the matrix form of a sum of terms with the free indices ``free``, in that order.

    Raises ``UnsupportedError`` if there is none.
    """
    if len(free) > 2:
        raise UnsupportedError(f"no matrix form: {len(free)} free indices, a matrix has two")
    trees = [_Term(part, free).tree() for term in terms for part in _separable(term)]
    if len(trees) == 1:
        return trees[0]
    return _combined(sp.Add, trees, free)


def _separable(term: Term) -> list[Term]:
    """Split a term whose bracket mixes more indices than a matrix has, ``(a_i - b_j) c_k``."""
    symbols = {i.symbol for i in term.bound}.union(*(e.free_symbols for e in entries(term.body)))
    wide = [f for f in sp.Mul.make_args(term.body) if f.is_Add and _indices(f, symbols) > 2]
    if not wide:
        return [term]
    return [Term(term.bound, part) for part in sp.Add.make_args(sp.expand_mul(term.body))]


def _indices(expr: Expr, symbols: set[sp.Basic]) -> int:
    used = {i for e in entries(expr) if isinstance(e, Indexed) for i in e.indices}
    return len(used & symbols & expr.free_symbols)


def opened_ways(expr: Expr) -> Iterator[list[Term]]:
    """Yield a right side as terms, first as it stands, then with its sums multiplied out."""
    yield opened(expr)
    if any(f.is_Add and f.has(sp.Sum) for f in sp.Mul.make_args(expr)):
        yield opened(sp.expand_mul(expr))


def opened(expr: Expr) -> list[Term]:
    """Return a right side as terms: each sum at its top becomes a term's bound indices."""
    terms = []
    for part in sp.Add.make_args(expr):
        sums = [factor for factor in sp.Mul.make_args(part) if isinstance(factor, sp.Sum)]
        if len(sums) == 1:
            bound = tuple(Index(v, high, low) for v, low, high in sums[0].limits)
            terms.append(Term(bound, part / sums[0] * sums[0].function))
        else:
            terms.append(Term((), part))
    return terms


def _outermost_sums(expr: Expr) -> list[Expr]:
    if isinstance(expr, sp.Sum):
        return [expr]
    return list(dict.fromkeys(total for arg in expr.args for total in _outermost_sums(arg)))


def _symbols(axes: Axes) -> tuple[Symbol, ...]:
    return tuple(axis.symbol for axis in axes)


class _Term:
    """The contraction of one term."""

    def __init__(self, term: Term, free: Axes) -> None:
        self.free = free
        self.bound = list(term.bound)
        self.ranges = {index.symbol: index for index in (*free, *term.bound)}
        self.numbers, self.nodes = self._grouped(term.body)

    def tree(self) -> Tree:
        """Use up the bound indices, the one on the fewest nodes first, and join what is left."""
        while self.bound:
            index = min(self.bound, key=lambda b: (len(self._holders(b)), str(b.symbol)))
            self.bound.remove(index)
            self._contract(index)
            self._merge()
        if self.numbers == 1 and len(self.nodes) == 1 and self.nodes[0].axes == self.free:
            return self.nodes[0]
        return _combined(sp.Mul, self._outer(), self.free, self.numbers)

    def _grouped(self, body: Expr) -> tuple[Expr, list[Tree]]:
        """Group the factors by the indices on which they depend; numbers come back apart."""
        numbers: Expr = sp.S.One
        groups: dict[frozenset[Symbol], Expr] = {}
        for factor in sp.Mul.make_args(body):
            used = frozenset(s for s in self.ranges if s in factor.free_symbols)
            if used:
                groups[used] = groups.get(used, sp.Integer(1)) * factor
            else:
                numbers *= factor
        return numbers, [self._node(expr, used) for used, expr in groups.items()]

    def _node(self, expr: Expr, used: frozenset[Symbol]) -> Tree:
        """Return an element-wise function of arrays, and of sums that are arrays, as a node."""
        sums = {total: Symbol(f"_s{place}") for place, total in enumerate(_outermost_sums(expr))}
        body = expr.xreplace(sums)
        found = sorted((e for e in entries(body) if isinstance(e, Indexed)), key=str)
        if not all(isinstance(i, Symbol) for e in found for i in e.indices):
            raise UnsupportedError(f"no matrix form: an index of {expr} is shifted")
        if any(len(set(entry.indices)) < len(entry.indices) for entry in found):
            raise UnsupportedError(f"no matrix form: {expr} is a diagonal")
        if used & entries(body):
            raise UnsupportedError(f"no matrix form: {expr} computes with an index")
        inner = [(symbol, self._summed(total)) for total, symbol in sums.items()]
        widest = max([e.indices for e in found] + [_symbols(t.axes) for _, t in inner], key=len)
        symbols = tuple(widest)
        if frozenset(symbols) != used or len(symbols) > 2:
            symbols = tuple(s for s in self.ranges if s in used)
        if len(symbols) > 2:
            raise UnsupportedError(f"no matrix form: {expr}")
        axes = tuple(self.ranges[symbol] for symbol in symbols)
        arrays = [(entry, self._aligned(entry, axes)) for entry in found]
        if len(arrays) == 1 and arrays[0][0] == expr and arrays[0][1].axes == axes:
            return arrays[0][1]
        names = {entry: Symbol(f"_{place}") for place, (entry, _) in enumerate(arrays)}
        arguments = [(names[entry], tree) for entry, tree in arrays]
        arguments += [(symbol, _turned(tree, axes)) for symbol, tree in inner]
        return Elementwise(body.xreplace(names), tuple(arguments), axes)

    def _summed(self, total: Expr) -> Tree:
        """Return a sum inside a function as an array over those of our indices that it has."""
        axes = tuple(self.ranges[s] for s in self.ranges if s in total.free_symbols)
        return recognised(opened(total), axes)

    def _aligned(self, entry: Indexed, axes: Axes) -> Tree:
        array = Array(str(entry.base.label), tuple(self.ranges[i] for i in entry.indices))
        if len(array.axes) == 2 and array.axes != axes:
            return Transposed(array)
        return array

    def _holders(self, index: Index) -> list[Tree]:
        return [node for node in self.nodes if index in node.axes]

    def _contract(self, index: Index) -> None:
        rest = [node for node in self.nodes if index not in node.axes]
        holders = self._scaled(self._holders(index))
        if len(holders) == 1:
            rest.append(Total(holders[0], holders[0].axes.index(index)))
        elif len(holders) == 2:
            rest.append(self._product(holders[0], holders[1], index))
        else:
            raise UnsupportedError(
                f"no matrix form: the index {index.symbol} is on {len(holders)} factors"
            )
        self.nodes = rest

    def _scaled(self, holders: list[Tree]) -> list[Tree]:
        """Let a vector among three factors or more scale the rows or columns of a matrix."""
        matrices = [node for node in holders if len(node.axes) == 2]
        vectors = [node for node in holders if len(node.axes) == 1]
        if len(holders) < 3 or not vectors or not matrices:
            return holders
        first, *others = matrices
        return [_combined(sp.Mul, [first, *vectors], first.axes), *others]

    def _product(self, a: Tree, b: Tree, index: Index) -> Tree:
        """Multiply two nodes over ``index``, in the order that the free indices ask for."""
        order = {axis.symbol: place for place, axis in enumerate(self.free)}

        def place(node: Tree) -> int:
            other = [axis.symbol for axis in node.axes if axis != index]
            return order.get(other[0], len(order)) if other else len(order) + 1

        left, right = sorted((a, b), key=place)
        if left.axes[-1] != index:
            left = _transposed(left)
        if right.axes[0] != index:
            right = _transposed(right)
        return MatrixProduct(left, right)

    def _merge(self) -> None:
        """Multiply nodes with the same indices element by element."""
        merged: list[Tree] = []
        for node in self.nodes:
            twin = next((m for m in merged if set(m.axes) == set(node.axes) and m.axes), None)
            if twin is None:
                merged.append(node)
            else:
                merged.remove(twin)
                merged.append(_combined(sp.Mul, [twin, node], twin.axes))
        self.nodes = merged

    def _outer(self) -> list[Tree]:
        return sorted(self.nodes, key=lambda node: [str(axis.symbol) for axis in node.axes])


def _transposed(tree: Tree) -> Tree:
    return tree.operand if isinstance(tree, Transposed) else Transposed(tree)


def _turned(tree: Tree, axes: Axes) -> Tree:
    """Return the tree, transposed if its two axes stand in the other order."""
    other = len(tree.axes) == 2 and tree.axes == axes[::-1]
    return _transposed(tree) if other else tree


def _combined(
    join: type[Expr], trees: Sequence[Tree], axes: Axes, numbers: Expr = sp.S.One
) -> Tree:
    """Join trees element by element into one node over ``axes``, looking into element-wise ones.

    Matrix products come first, as people write them: ``(D W^T) * a * (1 - a)``, ``X W + b``.
    """
    arguments: list[tuple[Symbol, Tree]] = []
    formulas: list[Expr] = []
    fresh = count()
    for given in sorted(trees, key=lambda tree: not isinstance(tree, MatrixProduct)):
        tree = _turned(given, axes)
        if isinstance(tree, Elementwise):
            swap = {old: Symbol(f"_{next(fresh)}") for old, _ in tree.arguments}
            arguments += [(swap[old], argument) for old, argument in tree.arguments]
            formulas.append(tree.formula.xreplace(swap))
        else:
            symbol = Symbol(f"_{next(fresh)}")
            arguments.append((symbol, tree))
            formulas.append(symbol)
    return Elementwise(
        join(numbers, *formulas) if numbers != 1 else join(*formulas), tuple(arguments), axes
    )
