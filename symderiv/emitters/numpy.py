"""A derivation as a NumPy training script that stands alone and can stand on a slide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from symderiv.arrays import argument_places
from symderiv.emitters.python import python
from symderiv.expression import Call, Name, Node, Power, Product, Transpose
from symderiv.functions import PROBABILITY
from symderiv.graph import key_of
from symderiv.matrices import Array, Axes, Elementwise, MatrixProduct, Total, Transposed, Tree
from symderiv.notation import PARAMETERS
from symderiv.program import Assignment, Program
from symderiv.templating import environment
from symderiv.writing import write

_COMMENT_COLUMN, _WIDEST = 44, 66


def numpy_source(program: Program) -> str:
    """Return the source of ``train.py``.

    It offers ``init_params``, ``forward``, ``loss``, ``loss_and_gradients`` and ``train``, imports
    nothing but NumPy, and trains when it is run. Each line of the backward pass names the slide
    equation that it computes.
    """
    network = program.derivation.network
    computed = [a.key for a in program.forward]
    penalised = [d.key for d in program.parameters if d.key in _read(program.cost)]
    read_backward = _read(program.backward)
    forward = _lines(program.forward, program)
    return (
        environment("python")
        .get_template("train.py.j2")
        .render(
            network=network,
            sizes=network.sizes,
            shapes={"X": f"(N, {network.inputs})", "Y": f"(N, {network.sizes[-1]})"},
            parameters=[(d.key, _shape(d.indices, program)) for d in program.parameters],
            data=_data(program),
            training=network.training,
            wide=not network.written_out,
            forward=forward,
            needs_erf=any("erf(" in line for line in forward),
            values=penalised + computed,
            cost=_lines(program.cost, program),
            cost_reads=[
                _unpacked(
                    "values", [key for key in computed + penalised if key in _read(program.cost)]
                ),
                _sizes(program.cost, program),
            ],
            backward=_lines(program.backward, program),
            backward_reads=[
                _unpacked("params", [d.key for d in program.parameters if d.key in read_backward]),
                _unpacked("values", [key for key in computed if key in read_backward]),
                _sizes(program.backward, program),
            ],
            gradients=[a.key.removeprefix("d") for a in program.backward if _of_parameter(a)],
            single=network.sizes[-1] == 1 and network.activations[-1].range == PROBABILITY,
            one_hot=network.loss_function.one_hot,
        )
    )


def _of_parameter(assignment: Assignment) -> bool:
    return assignment.definition.quantity.role in PARAMETERS


def _shape(indices: Axes, program: Program) -> tuple[int, ...]:
    sizes = program.derivation.network.size_values
    return tuple(int(index.high.subs(sizes)) for index in indices)


def _data(program: Program) -> dict[str, list[list[float]]] | None:
    data = program.derivation.network.data
    if data is None:
        return None
    return {name: [list(row) for row in rows] for name, rows in (("X", data.X), ("Y", data.Y))}


def _lines(assignments: Iterable[Assignment], program: Program) -> list[str]:
    """Return the statements, each with its equation's number, and why its form differs."""
    lines = []
    for a in assignments:
        statement = f"{a.key} = {array_code(a.tree, program)}"
        if a.note:
            lines.append(f"# ({a.label}) {a.note}" if a.label else f"# {a.note}")
            lines += _short_statements(statement, a.tree, program)
        else:
            lines.append(f"{statement:<{_COMMENT_COLUMN}}  # ({a.label})" if a.label else statement)
    return lines


def _short_statements(statement: str, tree: Tree, program: Program) -> list[str]:
    """Cut a sum that is too wide for a slide in two: its terms, and their sum."""
    if len(statement) <= _WIDEST or not isinstance(tree, Total):
        return [statement]
    key = statement.partition(" = ")[0]
    whole = array_code(replace(tree, operand=Array("terms", tree.operand.axes)), program)
    return [f"terms = {array_code(tree.operand, program)}", f"{key} = {whole}"]


def _unpacked(mapping: str, names: Sequence[str]) -> str:
    """Return the statement that gives entries of a dict their names, or nothing."""
    entries = ", ".join(f'{mapping}["{name}"]' for name in names)
    return f"{', '.join(names)} = {entries}" if names else ""


def array_code(tree: Tree, program: Program) -> str:
    """Return a matrix form as a NumPy expression."""
    return python(_node(tree, program))


def _node(tree: Tree, program: Program) -> Node:
    match tree:
        case Array(key):
            return Name(key)
        case Transposed(operand):
            return Transpose(_node(operand, program))
        case MatrixProduct(left, right):
            return Product((_node(left, program), _node(right, program)), "matmul")
        case Total(operand, axis, greatest):
            node = _node(operand, program)
            called = isinstance(node, Name | Call) or (
                isinstance(node, Power) and node.base == Name("e")
            )
            whole = python(node) if called else f"({python(node)})"
            along = f"axis={axis}" if len(operand.axes) > 1 else ""
            return Name(f"{whole}.{'max' if greatest else 'sum'}({along})")
        case Elementwise(formula, arguments, axes):
            names = {str(s): _broadcast(argument, axes, program) for s, argument in arguments}
            graph = program.derivation.graph
            return write(
                formula,
                graph,
                lambda e: names.get(str(e)) or _size(str(key_of(e)), program),
                argument_places(tree, graph),
            )


def _broadcast(tree: Tree, axes: Axes, program: Program) -> Node:
    """Give an array that has only the first of two axes a second one of length 1."""
    node = _node(tree, program)
    if len(axes) == 2 and tree.axes == axes[:1]:
        return Name(f"{python(node)}[:, None]")
    return node


def _size(key: str, program: Program) -> Node:
    return Name("K" if key == _width(program) else key)


def _width(program: Program) -> str:
    return f"d_{program.derivation.network.depth}"


def _sizes(assignments: Sequence[Assignment], program: Program) -> str:
    """Return the statement that reads the sizes that the assignments mention."""
    used = set().union(*(_names(a.tree) for a in assignments))
    number, width = "N" in used, _width(program) in used
    if number and width:
        return "N, K = Y.shape"
    return "N = Y.shape[0]" if number else "K = Y.shape[1]" if width else ""


def _read(assignments: Iterable[Assignment]) -> set[str]:
    return set().union(*(_names(a.tree) for a in assignments))


def _names(tree: Tree) -> set[str]:
    """Return the arrays and the sizes that a tree mentions."""
    match tree:
        case Array(key):
            return {key}
        case Elementwise(formula, arguments):
            symbols = {str(symbol) for symbol in formula.free_symbols}
            return symbols.union(*(_names(argument) for _, argument in arguments))
        case Transposed(operand) | Total(operand):
            return _names(operand)
        case MatrixProduct(left, right):
            return _names(left) | _names(right)
