r"""One equation in its views: in components, with indices, and as matrices.

Components and indices are written by ``writing.write`` straight from SymPy; ``arrays`` writes what
is recognised as matrices, :math:`\mathbf X^\top \boldsymbol\Delta^{(1)}`. Where an array has more
than two axes the matrix view holds for each slice, and where there is none at all it says so and
shows the equation with its indices.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import sympy as sp
from sympy import Symbol

from symderiv import expression as ex
from symderiv.arrays import Sides, Writer, array_name, quantity_of, sides_of, standing
from symderiv.derivation import View
from symderiv.errors import UnsupportedError
from symderiv.expression import Node, Relation
from symderiv.graph import Definition, Graph, Index
from symderiv.matrices import Total, Tree, opened_ways, recognised
from symderiv.notation import LECTURE, Profile, name
from symderiv.second_order import Jacobian
from symderiv.slices import Sliced, sliced
from symderiv.stability import Greatest
from symderiv.writing import counted, write

__all__ = [
    "array_name",
    "index_equation",
    "index_view",
    "jacobian_view",
    "matrix_equation",
    "matrix_form",
    "matrix_node",
    "matrix_view",
    "quantity_of",
    "shape_of",
]


def matrix_form(definition: Definition) -> Tree:
    """Return the right side of an index equation as matrices.

    Raises ``UnsupportedError`` if it has no matrix form.
    """
    rhs = definition.rhs
    assert rhs is not None
    if isinstance(rhs, Greatest):
        inner, symbol, low, high = rhs.args
        found = sp.Sum(inner, (symbol, low, high))
        tree = matrix_form(replace(definition, rhs=found))
        assert isinstance(tree, Total)
        return replace(tree, greatest=True)
    *ways, last = opened_ways(rhs)
    for terms in ways:
        with suppress(UnsupportedError):
            return recognised(terms, definition.indices)
    return recognised(last, definition.indices)


def matrix_equation(definition: Definition, graph: Graph, profile: Profile = LECTURE) -> Relation:
    """Return ``name = right side`` in the matrix view.

    Raises ``UnsupportedError`` if it has no matrix form.
    """
    sides = sides_of(definition.quantity, definition.indices, profile)
    left = name(definition.quantity, matrix=True, profile=profile)
    return ex.equation(left, Writer(graph, profile).node(matrix_form(definition), sides))


def matrix_node(tree: Tree, graph: Graph) -> Node:
    """Return a matrix form for print."""
    return Writer(graph).node(tree, standing(tree.axes))


def index_equation(definition: Definition, graph: Graph, profile: Profile = LECTURE) -> Relation:
    """Return ``entry = right side`` in the index view."""
    assert definition.rhs is not None
    symbols = tuple(index.symbol for index in definition.indices)
    quantity = definition.quantity.at(*symbols) if symbols else definition.quantity
    right = counted(definition.rhs, symbols, profile)
    return ex.equation(name(quantity, profile=profile), write(right, graph, profile=profile))


def index_view(definition: Definition, graph: Graph, profile: Profile = LECTURE) -> View:
    """Return the index view as a record."""
    return View("index", (index_equation(definition, graph, profile),))


def matrix_view(definition: Definition, graph: Graph, profile: Profile = LECTURE) -> View:
    """Return the matrix view with the shape of each factor; where there is none, the index view.

    A ``note`` says why there is none.
    """
    try:
        found = sliced(definition)
        writer = _writer(found, graph, profile)
        quantity, many = definition.quantity, len(definition.indices) > 2
        sides = sides_of(quantity, found.axes, profile, part=many)
        left = _left(definition, found, writer)
        writer.named(left, sides, sides)
        right = _right(found, writer, sides)
    except UnsupportedError as error:
        return replace(index_view(definition, graph, profile), note=f"{error}; shown with indices")
    return _matrix_view(left, right, found, writer)


def _writer(found: Sliced, graph: Graph, profile: Profile, *, tall: bool = False) -> Writer:
    over = [index for part in found.parts for index in part.over]
    fixed = tuple(index.symbol for index in (*found.each, *over))
    return Writer(graph, profile, found.slices, fixed, tall=tall)


def _matrix_view(left: Node, right: Node, found: Sliced, writer: Writer) -> View:
    shapes = tuple((node, _shape(sides, writer.graph)) for node, sides in writer.shapes.items())
    each = tuple(ex.Name(index.symbol.name) for index in found.each)
    return View("matrix", (ex.equation(left, right),), shapes, each)


def _left(definition: Definition, found: Sliced, writer: Writer) -> Node:
    if not found.each:
        return name(definition.quantity, matrix=True, profile=writer.profile)
    if not found.axes:
        symbols = (index.symbol for index in definition.indices)
        return name(definition.quantity.at(*symbols), profile=writer.profile)
    at = tuple(i.symbol if i in found.each else None for i in definition.indices)
    return writer.slice_name(definition.quantity, at)


def _right(found: Sliced, writer: Writer, sides: Sides) -> Node:
    """Write the parts, each below the sums over its slices."""
    nodes: list[Node] = []
    for part in found.parts:
        if part.diagonal:
            node = writer.diagonal(part.tree)
        else:
            node = writer.node(part.tree, sides, repeated=len(found.parts) == 1)
        minus = isinstance(node, ex.Negative) and bool(part.over)
        if minus and isinstance(node, ex.Negative):
            node = node.operand
        for index in reversed(part.over):
            node = _big_sum(node, index, writer)
        nodes.append(ex.Negative(node) if minus else node)
    nodes.sort(key=lambda node: isinstance(node, ex.Negative))
    return nodes[0] if len(nodes) == 1 else ex.Sum(tuple(nodes))


def _big_sum(body: Node, index: Index, writer: Writer) -> Node:
    shift = 1 - writer.profile.first
    low, high = (write(bound - shift, writer.graph) for bound in (index.low, index.high))
    return ex.BigSum(body, ex.Name(index.symbol.name), low, high)


def shape_of(definition: Definition, graph: Graph, profile: Profile = LECTURE) -> Node:
    r"""Return the shape of a quantity for print, such as ``N \times d_1``; a bias is one row."""
    return _shape(sides_of(definition.quantity, definition.indices, profile), graph)


def _shape(sides: Sides, graph: Graph) -> Node:
    sizes = (write(side.high, graph) if side else ex.Number("1") for side in sides)
    return ex.Product(tuple(sizes), "times")


# --- Jacobians ------------------------------------------------------------------------------------


def jacobian_view(jacobian: Jacobian, graph: Graph, kind: str, profile: Profile = LECTURE) -> View:
    """Return a Jacobian in the index view, or as a matrix for one sample; vectors are columns.

    In numerator layout its rows are those of ``of``, in denominator layout those of ``by``.
    """
    found: Sliced | None = None
    note = ""
    if kind == "matrix":
        try:
            found = sliced(Definition(jacobian.of.quantity, jacobian.axes, jacobian.value))
        except UnsupportedError as error:
            note = f"{error}; shown with indices"
        else:
            if len(found.axes) != 2 or not jacobian.between(found.axes):
                found, note = None, "no matrix form: a matrix has two axes; shown with indices"
    if found is None:
        return View("index", (_jacobian_indices(jacobian, graph, profile),), note=note)
    writer = _writer(found, graph, profile, tall=True)
    rows, columns = found.axes
    sides = (rows, columns) if profile.layout == "numerator" else (columns, rows)
    of, by = (
        writer.slice_name(d.quantity, tuple(i.symbol if i in found.each else None for i in at))
        for d, at in ((jacobian.of, jacobian.of.indices), (jacobian.by, jacobian.at))
    )
    left = ex.Partial(of, by)
    writer.named(left, sides, sides)
    return _matrix_view(left, _right(found, writer, sides), found, writer)


def _jacobian_indices(jacobian: Jacobian, graph: Graph, profile: Profile) -> Relation:
    symbols = [index.symbol for index in jacobian.axes]
    left = ex.Partial(
        _at(jacobian.of, jacobian.of.indices, profile), _at(jacobian.by, jacobian.at, profile)
    )
    right = write(counted(jacobian.value, symbols, profile), graph, profile=profile)
    return ex.equation(left, right)


def _at(definition: Definition, indices: tuple[Index, ...], profile: Profile) -> Node:
    symbols: list[Symbol] = [index.symbol for index in indices]
    return name(definition.quantity.at(*symbols), profile=profile)
