"""A derivation in the terminal: as plain text, or as LaTeX to paste."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symderiv import expression as ex
from symderiv.derivation import Derivation, Result, Step
from symderiv.errors import UnknownNameError, UnsupportedError
from symderiv.expression import Node
from symderiv.graph import Definition, Graph
from symderiv.latex.printer import latex
from symderiv.latex.text import text as prose
from symderiv.notation import PARAMETERS, Role, name
from symderiv.program import backward_pass
from symderiv.renderers.plain import plain
from symderiv.views import index_equation, matrix_equation
from symderiv.writing import write


@dataclass(frozen=True, slots=True)
class _Line:
    """``left = right`` and the reason; without ``left`` it goes on from the line above."""

    left: Node | None
    right: Node
    because: str = ""


def show(derivation: Derivation, wrt: str | None, *, steps: bool, as_latex: bool) -> str:
    """Return gradients for print.

    ``wrt`` is a code name (``W1``) for the whole array, or a slide name (``w_12^(1)``) for one
    component; None shows every parameter. ``steps`` adds each step with its reason; ``as_latex``
    gives one block that compiles as it stands.

    Raises ``UnknownNameError`` if there is no such name, or the cost does not depend on it.
    """
    lines = list(_lines(derivation, wrt, steps=steps))
    return _latex_block(lines) if as_latex else _text_block(lines)


def _lines(derivation: Derivation, wrt: str | None, *, steps: bool) -> Iterator[_Line]:
    if wrt is not None and wrt in derivation.graph.by_key:
        yield from _array(derivation, derivation.adjoint(wrt), steps=steps)
    elif wrt is not None:
        components = derivation.network.components
        yield from _component(derivation, _found(derivation, wrt), components, steps=steps)
    else:
        for definition in backward_pass(derivation):
            yield from _array(derivation, definition, steps=steps)
        components = derivation.network.components
        for definition in components.of_role(*PARAMETERS):
            yield from _component(derivation, definition, components, steps=steps)


def _found(derivation: Derivation, wrt: str) -> Definition:
    components = derivation.network.components
    definition = components.find(wrt, also=derivation.graph.by_key)
    loss = components.of_role(Role.LOSS)[0].key
    if definition.key == loss or definition.key not in components.upstream(loss):
        raise UnknownNameError(f"the loss does not depend on '{wrt}'")
    if definition.quantity.role is Role.LABEL:
        raise UnknownNameError(
            f"'{wrt}' is a label; the loss is differentiated by parameters, inputs "
            "and what is computed from them"
        )
    return definition


def _array(derivation: Derivation, definition: Definition, *, steps: bool) -> Iterator[_Line]:
    """Yield an adjoint with indices, and as matrices where it has that form."""
    graph = derivation.graph
    if steps:
        yield from _stepwise(derivation.index_steps[definition.key], graph)
    else:
        left, right = index_equation(definition, graph).sides
        yield _Line(left, right)
    try:
        left, right = matrix_equation(definition, graph).sides
    except UnsupportedError as error:
        yield _Line(name(definition.quantity, matrix=True), ex.Text(str(error)))
    else:
        yield _Line(left, right, "as matrices" if steps else "")


def _component(
    derivation: Derivation, definition: Definition, graph: Graph, *, steps: bool
) -> Iterator[_Line]:
    loss = graph.of_role(Role.LOSS)[0].key
    result: Result = derivation.components[loss, definition.key]
    if steps:
        yield from _stepwise(result.steps, graph)
    else:
        yield _Line(write(result.target, graph), write(result.value, graph))


def _stepwise(steps: Sequence[Step], graph: Graph) -> Iterator[_Line]:
    """Yield the rows of a derivation; a row that reads like the one above is left out."""
    shown: Node | None = None
    first = steps[0]
    if first.rule == "delta":
        shown = write(first.before, graph)
        yield _Line(write(first.target, graph), shown, "chain rule")
    for step in steps:
        node = write(step.after, graph)
        if node != shown:
            yield _Line(write(step.target, graph) if shown is None else None, node, step.because)
        shown = node


def _text_block(lines: Sequence[_Line]) -> str:
    rows = []
    width = 0
    for line in lines:
        if line.left is not None:
            left = plain(line.left)
            width = len(left)
        else:
            left = " " * width
        row = f"{left} = {plain(line.right)}"
        rows.append(f"{row:<60}  [{line.because}]" if line.because else row)
    return "\n".join(rows) + "\n"


def _latex_block(lines: Sequence[_Line]) -> str:
    rows = []
    for line in lines:
        left = latex(line.left) if line.left is not None else ""
        because = rf" && {prose(line.because)}" if line.because else ""
        rows.append(f"  {left} &= {latex(line.right)}{because}")
    body = " \\\\\n".join(rows)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}\n"
