r"""One equation in its views: in components, with indices, and as matrices.

Components and indices are written by ``writing.write`` straight from SymPy; this module adds the
matrix view, :math:`\mathbf X^\top \boldsymbol\Delta^{(1)}`, as a tree for print. Samples are rows,
a bias is a row that is added to each, and :math:`\mathbf 1` is a column of ones as long as needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp
from sympy import Expr

from symderiv import expression as ex
from symderiv.expression import Node, Relation
from symderiv.graph import Definition, Graph
from symderiv.matrices import (
    Array,
    Elementwise,
    MatrixProduct,
    Total,
    Transposed,
    Tree,
    opened,
    recognised,
)
from symderiv.notation import Quantity, Role, name
from symderiv.stability import Greatest
from symderiv.writing import entry_name, write


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
    return recognised(opened(rhs), definition.indices)


def array_name(key: str, graph: Graph) -> Node:
    """Return the bold name of a whole array, or of its adjoint."""
    return name(quantity_of(key, graph), matrix=True)


def quantity_of(key: str, graph: Graph) -> Quantity:
    """Return the quantity that a key names; ``dZ1`` is the adjoint of ``Z1``."""
    if key in graph.by_key:
        return graph[key].quantity
    return graph[key.removeprefix("d")].quantity.bar()


def matrix_equation(definition: Definition, graph: Graph) -> Relation:
    """Return ``name = right side`` in the matrix view."""
    left = name(definition.quantity, matrix=True)
    return ex.equation(left, matrix_node(matrix_form(definition), graph))


def matrix_node(tree: Tree, graph: Graph) -> Node:
    """Return a matrix form for print."""
    match tree:
        case Array(key):
            return array_name(key, graph)
        case Transposed(operand):
            return ex.Transpose(matrix_node(operand, graph))
        case MatrixProduct(left, right):
            return ex.Product((matrix_node(left, graph), matrix_node(right, graph)))
        case Total(operand, axis):
            ones = ex.Name("1", bold=True)
            inner = matrix_node(operand, graph)
            if axis == len(operand.axes) - 1 and axis > 0:
                return ex.Product((inner, ones))
            return ex.Product((ex.Transpose(ones), inner))
        case Elementwise():
            return _elementwise(tree, graph)


def _elementwise(tree: Elementwise, graph: Graph) -> Node:
    """Write the formula, products of arrays as element-wise ones, and put the arrays in."""
    arrays = {str(symbol): matrix_node(argument, graph) for symbol, argument in tree.arguments}
    places = argument_places(tree, graph)
    formula = write(tree.formula, graph, lambda entry: _placeholder(entry, arrays, graph), places)
    return _filled(formula, arrays)


def argument_places(tree: Elementwise, graph: Graph) -> dict[str, int]:
    """Return the order in which the arguments of a formula are written.

    Matrix products come first, ``(D W^T) a (1 - a)``, then arrays as the graph computes them.
    """
    return {
        str(symbol): graph.positions.get(argument.key, len(graph.positions))
        if isinstance(argument, Array)
        else -1
        for symbol, argument in tree.arguments
    }


def _placeholder(entry: Expr, arrays: Mapping[str, Node], graph: Graph) -> Node:
    return ex.Name(str(entry)) if str(entry) in arrays else entry_name(entry, graph)


def _filled(node: Node, arrays: Mapping[str, Node]) -> Node:
    match node:
        case ex.Name(base) if base in arrays:
            return arrays[base]
        case ex.Product(factors, ""):
            numbers = [f for f in factors if not _has_array(f, arrays)]
            rest = [_factor(_filled(f, arrays)) for f in factors if _has_array(f, arrays)]
            joined = rest[0] if len(rest) == 1 else ex.Product(tuple(rest), "odot")
            return ex.Product((*numbers, joined)) if numbers else joined
        case ex.Fraction(above, below) if not _has_array(below, arrays):
            return _over(_filled(above, arrays), below)
        case ex.Negative(operand):
            return ex.Negative(_filled(operand, arrays))
        case ex.Sum(terms):
            return ex.Sum(tuple(_filled(term, arrays) for term in terms))
        case ex.Power(base, exponent):
            return ex.Power(_filled(base, arrays), _filled(exponent, arrays))
        case ex.Call(function, arguments):
            return ex.Call(function, tuple(_filled(a, arrays) for a in arguments))
        case ex.Fraction(above, below):
            return ex.Fraction(_filled(above, arrays), _filled(below, arrays))
        case ex.Cases(rows):
            return ex.Cases(tuple((_filled(v, arrays), _filled(c, arrays)) for v, c in rows))
        case Relation(sides, signs):
            return Relation(tuple(_filled(side, arrays) for side in sides), signs)
        case _:
            return node


def _factor(node: Node) -> Node:
    """Bracket a matrix product among element-wise ones: the two signs have no known precedence."""
    return ex.Brackets(node) if isinstance(node, ex.Product) and not node.sign else node


def _over(above: Node, below: Node) -> Node:
    """Write a matrix over a number as one over the number, times the matrix."""
    lead: tuple[Node, ...] = (ex.Number("1"),)
    if isinstance(above, ex.Product) and not above.sign and isinstance(above.factors[0], ex.Number):
        lead, above = above.factors[:1], above.factors[1]
    return ex.Product((ex.Fraction(lead[0], below), above))


def _has_array(node: Node, arrays: Mapping[str, Node]) -> bool:
    if isinstance(node, ex.Name) and node.base in arrays:
        return True
    return any(_has_array(child, arrays) for child in node.children())


def index_equation(definition: Definition, graph: Graph) -> Relation:
    """Return ``entry = right side`` in the index view."""
    assert definition.rhs is not None
    symbols = tuple(index.symbol for index in definition.indices)
    left = name(definition.quantity.at(*symbols) if symbols else definition.quantity)
    return ex.equation(left, write(definition.rhs, graph))


def shape_of(definition: Definition, graph: Graph) -> Node:
    r"""Return the shape of a quantity for print, such as ``N \times d_1``; a bias is one row."""
    sizes = [write(index.high, graph) for index in definition.indices]
    if len(sizes) == 1:
        row = definition.quantity.role is Role.BIAS
        sizes = [ex.Number("1"), *sizes] if row else [*sizes, ex.Number("1")]
    return ex.Product(tuple(sizes), "times")
