r"""Matrix forms for print: rows and columns as a profile has them, and the shape of every factor.

A recognised tree says which axes are summed and which are left; here each of its nodes is given
rows and columns. An array whose axes stand the other way round in the profile is transposed, and a
product wanted transposed is written as the product of the transposed factors in the other order, so
:math:`\mathbf X \mathbf W + \mathbf b` with samples as columns and weights to-from is
:math:`\mathbf W \mathbf X + \mathbf b`: the same tree, read from the other side.

An array with one axis is a column over samples or time and a row over units; with samples as
columns it is the other way round. A row is added to each row, a column to each column, functions
are taken entry by entry, and :math:`\mathbf 1` is a column of ones as long as needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp
from sympy import Expr, Symbol

from symderiv import expression as ex
from symderiv.errors import UnsupportedError
from symderiv.expression import Node
from symderiv.formulas import Filling
from symderiv.graph import Graph, Index
from symderiv.matrices import (
    Array,
    Axes,
    Elementwise,
    MatrixProduct,
    Total,
    Transposed,
    Tree,
)
from symderiv.notation import LECTURE, Profile, Quantity, name
from symderiv.slices import Slice
from symderiv.writing import counted, entry_name, write

Sides = tuple[Index | None, Index | None]
"""The axis of the rows and that of the columns; None stands for one of length 1."""


_ONES = ex.Name("1", bold=True)


def array_name(key: str, graph: Graph, profile: Profile = LECTURE) -> Node:
    """Return the bold name of a whole array, or of its adjoint."""
    return name(quantity_of(key, graph), matrix=True, profile=profile)


def quantity_of(key: str, graph: Graph) -> Quantity:
    """Return the quantity that a key names; ``dZ1`` is the adjoint of ``Z1``."""
    if key in graph.by_key:
        return graph[key].quantity
    return graph[key.removeprefix("d")].quantity.bar()


def standing(axes: Axes) -> Sides:
    """Return rows and columns in the lecture's order; one axis is that of a row or a column."""
    if len(axes) == 2:
        return axes[0], axes[1]
    if not axes:
        return None, None
    return (axes[0], None) if _is_tall(axes[0]) else (None, axes[0])


def sides_of(quantity: Quantity, axes: Axes, profile: Profile, *, part: bool = False) -> Sides:
    """Return rows and columns of an array; a ``part`` is a slice of one with more axes."""
    sides = standing(axes)
    derivative = profile.transposed(quantity) != profile.exchanged(quantity)
    if part:
        other = False
    elif len(axes) == 1:
        other = profile.samples == "columns" and not str(axes[0].high).startswith("T")
    else:
        other = profile.exchanged(quantity)
    return sides[::-1] if other != derivative else sides


def _is_tall(axis: Index) -> bool:
    return str(axis.high)[:1] in {"N", "T"}


@dataclass(slots=True)
class Writer:
    """Writes trees over the arrays of a graph; ``shapes`` collects the factors that it has named.

    ``slices`` and ``fixed`` say which keys are slices, and which indices they hold fixed. ``tall``
    makes columns of all vectors.
    """

    graph: Graph
    profile: Profile = LECTURE
    slices: Mapping[str, Slice] = field(default_factory=dict)
    fixed: tuple[Symbol, ...] = ()
    shapes: dict[Node, Sides] = field(default_factory=dict)
    tall: bool = False

    def node(self, tree: Tree, sides: Sides, *, repeated: bool = True) -> Node:
        """Return a tree for print, with the given rows and columns.

        Without ``repeated`` it may be one row or column that is added to each of a matrix.
        """
        match tree:
            case Array(key, axes):
                return self._array(key, axes, sides)
            case Transposed(operand):
                return self.node(operand, sides)
            case MatrixProduct(left, right):
                return self._product(left, right, sides)
            case Total(operand, axis, greatest):
                if greatest:
                    raise UnsupportedError("no matrix form: the greatest entry")
                return self._total(operand, operand.axes[axis], sides)
            case Elementwise():
                return self._full(tree, sides, repeated=repeated)

    def named(self, node: Node, own: Sides, sides: Sides) -> Node:
        """Return an array with its own sides, transposed if others are wanted."""
        if own != sides:
            node = ex.Transpose(node, self.profile.transpose)
        self.shapes[node] = sides
        return node

    def ones(self, axis: Index, *, row: bool) -> Node:
        """Return a column or a row of ones."""
        sides: Sides = (None, axis) if row else (axis, None)
        return self.named(_ONES, (axis, None), sides)

    def _array(self, key: str, axes: Axes, sides: Sides) -> Node:
        cut = self.slices.get(key)
        quantity = quantity_of(cut.key if cut else key, self.graph)
        own = sides_of(quantity, axes, self.profile, part=cut is not None and len(cut.at) > 2)
        if self.tall and len(axes) == 1:
            own = axes[0], None
        if cut is None:
            node = name(quantity, matrix=True, profile=self.profile)
        else:
            node = self.slice_name(quantity, cut.at)
        return self.named(node, own, sides)

    def slice_name(self, quantity: Quantity, at: tuple[Expr | None, ...]) -> Node:
        r"""Return the name of a slice: ``\mathbf X_n``, ``\mathbf X_{:,1}``, a vector in small."""
        shift = 1 - self.profile.first
        every: Node = ex.Name(":")
        nodes: list[Node] = []
        for value in at:
            if value is None:
                nodes.append(every)
            else:
                shown = counted(value, self.fixed, self.profile) - shift
                nodes.append(write(shown, self.graph, profile=self.profile))
        while nodes and nodes[-1] == every:
            nodes.pop()
        if not nodes:
            return name(quantity, matrix=True, profile=self.profile)
        if len(at) == len(nodes) == 2 and self.profile.exchanged(quantity):
            nodes.reverse()
        plain = all(isinstance(n, ex.Name) and not n.sub and n.base != ":" for n in nodes)
        indices = tuple(nodes) if plain else (ex.Listing(tuple(nodes)),)
        one = sum(value is None for value in at) == 1
        return name(quantity, matrix=not one, vector=one, profile=self.profile, indices=indices)

    def _product(self, left: Tree, right: Tree, sides: Sides) -> Node:
        """Write a product, or that of the transposed factors in the other order."""
        over, rows, columns = left.axes[-1], sides[0], sides[1]
        straight = (rows in left.axes[:-1] or rows is None) and (
            columns in right.axes[1:] or columns is None
        )
        first, last = (left, right) if straight else (right, left)
        return ex.Product((self._factor(first, (rows, over)), self._factor(last, (over, columns))))

    def _factor(self, tree: Tree, sides: Sides) -> Node:
        r"""Write a factor of a product: rows or columns that are scaled by ``\mathrm{diag}``."""
        split = _split(tree)
        if split is None or None in sides:
            return self.node(tree, sides)
        vector, matrix = split
        diagonal = self.diagonal(vector)
        whole = self.node(matrix, sides)
        before = vector.axes[0] == sides[0]
        return ex.Product((diagonal, whole) if before else (whole, diagonal))

    def diagonal(self, vector: Tree) -> Node:
        """Write the diagonal matrix of a vector."""
        axis = vector.axes[0]
        if isinstance(vector, Elementwise) and not vector.arguments:
            identity = ex.Name("I", bold=True)
            self.shapes[identity] = (axis, axis)
            return _scaled(self._formula(vector, (axis, None)), identity)
        inner = self.node(vector, (axis, None))
        minus = isinstance(inner, ex.Negative)
        node = ex.Call(
            ex.Name("diag"), (inner.operand if isinstance(inner, ex.Negative) else inner,)
        )
        self.shapes[node] = (axis, axis)
        return ex.Negative(node) if minus else node

    def _total(self, operand: Tree, axis: Index, sides: Sides) -> Node:
        """Write the sum of rows or of columns as a product with ones."""
        rows, columns = sides
        if rows is None and columns is None:
            return self._number(operand, axis)
        if rows is None:
            ones = self.ones(axis, row=True)
            return ex.Product((ones, self._factor(operand, (axis, columns))))
        return ex.Product((self._factor(operand, (rows, axis)), self.ones(axis, row=False)))

    def _number(self, operand: Tree, axis: Index) -> Node:
        """Write the sum of a column or of the same row, whichever has fewer transposes."""
        known = dict(self.shapes)
        written: list[tuple[int, Node, dict[Node, Sides]]] = []
        for row in (True, False):
            self.shapes = dict(known)
            ones = self.ones(axis, row=row)
            inner = self._factor(operand, (axis, None) if row else (None, axis))
            factors = (ones, inner) if row else (inner, ones)
            written.append((_transposes(inner), ex.Product(factors), self.shapes))
        _, node, self.shapes = min(written, key=lambda choice: choice[0])
        return node

    def _full(self, tree: Elementwise, sides: Sides, *, repeated: bool) -> Node:
        """Write a formula; along an axis that none of its arrays has it is repeated."""
        covered = {axis for _, argument in tree.arguments for axis in argument.axes}
        rows, columns = (side if side in covered else None for side in sides)
        pair = _outer(tree) if rows and columns else None
        if pair is not None:
            first, last = pair if pair[0].axes == (rows,) else pair[::-1]
            return _outer_product(self.node(first, (rows, None)), self.node(last, (None, columns)))
        inner = self._formula(tree, (rows, columns))
        if not repeated:
            return inner
        before = [self.ones(sides[0], row=False)] if sides[0] is not None and not rows else []
        after = [self.ones(sides[1], row=True)] if sides[1] is not None and not columns else []
        whole = [*before, inner, *after] if tree.arguments else [inner, *before, *after]
        if inner == ex.Number("1") and len(whole) > 1:
            whole.remove(inner)
        return whole[0] if len(whole) == 1 else ex.Product(tuple(whole))

    def _formula(self, tree: Elementwise, sides: Sides) -> Node:
        """Write the formula, products of arrays as element-wise ones, and put the arrays in."""
        arrays: dict[str, Node] = {}
        for symbol, argument in tree.arguments:
            rows, columns = (side if side in argument.axes else None for side in sides)
            arrays[str(symbol)] = self.node(argument, (rows, columns))
        formula = counted(tree.formula, self.fixed, self.profile)
        places = argument_places(tree, self.graph)
        node = write(formula, self.graph, lambda entry: self._entry(entry, arrays), places)
        return Filling(arrays, self.profile.times).filled(node)

    def _entry(self, entry: Expr, arrays: Mapping[str, Node]) -> Node:
        key = str(entry)
        if key in arrays:
            return ex.Name(key)
        if key in self.slices:  # every index is held fixed
            whole = sp.IndexedBase(self.slices[key].key, real=True)[self.slices[key].at]
            entry = counted(whole, self.fixed, self.profile)
        return entry_name(entry, self.graph, self.profile)


def argument_places(tree: Elementwise, graph: Graph) -> dict[str, int]:
    """Return the order in which the arguments of a formula are written.

    Matrix products come first, ``(D W^T) a (1 - a)``, then arrays as the graph computes them, then
    sums of rows and columns.
    """
    places = graph.positions

    def place(argument: Tree) -> int:
        match argument:
            case Array(key):
                return places.get(key.partition("[")[0], len(places))
            case Total():
                return len(places) + 1
            case _:
                return -1

    return {str(symbol): place(argument) for symbol, argument in tree.arguments}


def _transposes(node: Node) -> int:
    turned = isinstance(node, ex.Transpose) and node.operand != _ONES
    return turned + sum(map(_transposes, node.children()))


def _split(tree: Tree) -> tuple[Tree, Tree] | None:
    """Split a product of a vector and a matrix, entry by entry, into the two."""
    if isinstance(tree, Transposed):
        return _split(tree.operand)
    if not isinstance(tree, Elementwise) or len(tree.axes) != 2:
        return None
    axes = {symbol: argument.axes for symbol, argument in tree.arguments}
    vectors: list[tuple[Expr, set[Index]]] = []
    matrices: list[tuple[Expr, set[Index]]] = []
    for factor in sp.Mul.make_args(tree.formula):
        used = {axis for symbol in factor.free_symbols & axes.keys() for axis in axes[symbol]}
        (vectors if len(used) == 1 else matrices).append((factor, used))
    over = {axis for _, used in vectors for axis in used}
    if len(over) != 1 or not any(used == set(tree.axes) for _, used in matrices):
        return None
    vector = _restricted(tree, [factor for factor, _ in vectors], tuple(over))
    return vector, _restricted(tree, [factor for factor, _ in matrices], tree.axes)


def _outer(tree: Elementwise) -> tuple[Tree, Tree] | None:
    """Split a product of two vectors over different axes, entry by entry, into the two."""
    axes = {symbol: argument.axes for symbol, argument in tree.arguments}
    groups: dict[Axes, list[Expr]] = {}
    for factor in sp.Mul.make_args(tree.formula):
        used = dict.fromkeys(axis for s in factor.free_symbols & axes.keys() for axis in axes[s])
        groups.setdefault(tuple(used), []).append(factor)
    numbers = groups.pop((), [])
    if len(groups) != 2 or any(len(used) != 1 for used in groups):
        return None
    (first, left), (last, right) = groups.items()
    return _restricted(tree, [*numbers, *left], first), _restricted(tree, right, last)


def _scaled(number: Node, array: Node) -> Node:
    """Write a number times an array, a minus in front."""
    if isinstance(number, ex.Negative):
        return ex.Negative(_scaled(number.operand, array))
    return array if number == ex.Number("1") else ex.Product((number, array))


def _outer_product(column: Node, row: Node) -> Node:
    """Write the product of a column and a row, a minus in front."""
    signs = [isinstance(node, ex.Negative) for node in (column, row)]
    factors = (node.operand if isinstance(node, ex.Negative) else node for node in (column, row))
    product = ex.Product(tuple(factors))
    return ex.Negative(product) if sum(signs) == 1 else product


def _restricted(tree: Elementwise, factors: list[Expr], axes: Axes) -> Tree:
    formula = sp.Mul(*factors)
    kept = tuple(pair for pair in tree.arguments if pair[0] in formula.free_symbols)
    if len(kept) == 1 and formula == kept[0][0] and set(kept[0][1].axes) == set(axes):
        return kept[0][1]
    return Elementwise(formula, kept, axes)
