"""A derivation in the terminal: as plain text, or as LaTeX to paste."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from symderiv import expression as ex
from symderiv.derivation import Derivation, Step, View
from symderiv.errors import UnknownNameError
from symderiv.expression import Node
from symderiv.graph import Definition, Graph
from symderiv.latex.printer import latex
from symderiv.latex.text import text as prose
from symderiv.notation import PARAMETERS, Profile, Role, name
from symderiv.presentation import checked, component_equation, found, view
from symderiv.program import backward_pass
from symderiv.renderers.plain import plain
from symderiv.writing import counted, write, write_condition

Shapes = tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """``left = right`` and the reason; without ``left`` it goes on from the line above.

    ``shapes`` are shown on a line below, ``conditions`` with the reason.
    """

    left: Node | None
    right: Node
    because: str = ""
    shapes: Shapes = ()
    conditions: tuple[Node, ...] = ()


def show(
    derivation: Derivation,
    wrt: str | None,
    *,
    steps: bool = False,
    as_latex: bool = False,
    kind: str | None = None,
    notation: str | Profile | None = None,
) -> str:
    """Return gradients for print.

    ``wrt`` is a code name (``W1``) for the whole array, or a slide name (``w_12^(1)``) for one
    component; None shows every parameter. ``steps`` adds each step with its reason; ``as_latex``
    gives one block that compiles as it stands. ``kind`` shows one view alone, the matrix view with
    the shape of every factor; ``notation`` names a profile, the network's own if it is None.

    Raises ``UnknownNameError`` if there is no such name, or the cost does not depend on it.
    """
    profile = checked(kind or "index", notation or derivation.network.notation)
    lines = list(_Listing(derivation, profile, kind, steps).lines(wrt))
    if as_latex:
        return _latex_block(lines)
    notes = (f"note: {note}\n" for note in derivation.network.subgradients)
    return _text_block(lines) + "".join(notes)


@dataclass(frozen=True, slots=True)
class _Listing:
    """What is asked for; yields its lines."""

    derivation: Derivation
    profile: Profile
    kind: str | None
    steps: bool

    def lines(self, wrt: str | None) -> Iterator[_Line]:
        if wrt is None:
            yield from self.everything()
        elif wrt in self.derivation.graph.by_key:
            yield from self.array(self.derivation.adjoint(wrt))
        elif self.kind in {None, "component"}:
            yield from self.component(found(self.derivation, wrt))
        else:
            raise UnknownNameError(
                f"'{wrt}' is no array; the {self.kind} view is one of a whole array, such as W1"
            )

    def everything(self) -> Iterator[_Line]:
        """Yield the backward pass, then all components of the parameters."""
        derivation, kind = self.derivation, self.kind
        for definition in backward_pass(derivation):
            parameter = definition.quantity.role in PARAMETERS
            if parameter or kind != "component":
                yield from self.array(definition)
        if kind is None and derivation.network.written_out:
            for definition in derivation.network.components.of_role(*PARAMETERS):
                yield from self.component(definition)

    def array(self, definition: Definition) -> Iterator[_Line]:
        """Yield an adjoint with indices and as matrices, or in the view that is asked for."""
        if self.kind in {None, "index"} and self.steps:
            yield from self.index_steps(definition)
        elif self.kind in {None, "index"}:
            yield from self.one_view(definition, "index")
        if self.kind is None:
            yield self.matrices(definition)
        elif self.kind != "index":
            yield from self.one_view(definition, self.kind)

    def one_view(self, definition: Definition, kind: str) -> Iterator[_Line]:
        shown = view(self.derivation, definition, kind, self.profile)
        for equation in shown.equations:
            left, right = equation.sides
            yield _Line(left, right, _reason(shown), shown.shapes)

    def matrices(self, definition: Definition) -> _Line:
        """Return the matrix view as the line below the index view."""
        shown = view(self.derivation, definition, "matrix", self.profile)
        if shown.note:
            whole = name(definition.quantity, matrix=True, profile=self.profile)
            return _Line(whole, ex.Text(shown.note.removesuffix("; shown with indices")))
        left, right = shown.equation.sides
        return _Line(left, right, _reason(shown) or "as matrices" * self.steps)

    def index_steps(self, definition: Definition) -> Iterator[_Line]:
        symbols = tuple(index.symbol for index in definition.indices)
        steps = self.derivation.index_steps[definition.key]
        if steps:
            yield from self.stepwise(steps, self.derivation.graph, symbols)
        else:
            yield from self.one_view(definition, "index")

    def component(self, definition: Definition) -> Iterator[_Line]:
        graph = self.derivation.network.components
        if self.steps:
            loss = graph.of_role(Role.LOSS)[0].key
            yield from self.stepwise(
                self.derivation.components[loss, definition.key].steps, graph, ()
            )
        else:
            left, right = component_equation(self.derivation, definition, self.profile).sides
            yield _Line(left, right)

    def stepwise(
        self, steps: Sequence[Step], graph: Graph, symbols: tuple[Symbol, ...]
    ) -> Iterator[_Line]:
        """Yield the rows of a derivation; a row that reads like the one above is left out."""

        def written(expr: Expr) -> Node:
            return write(counted(expr, symbols, self.profile), graph, profile=self.profile)

        shown: Node | None = None
        first = steps[0]
        if first.rule == "delta":
            shown = written(first.before)
            yield _Line(written(first.target), shown, "chain rule")
        for step in steps:
            node = written(step.after)
            if node != shown:
                left = written(step.target) if shown is None else None
                known = tuple(write_condition(c, graph, self.profile) for c in step.conditions)
                yield _Line(left, node, step.because, conditions=known)
            shown = node


def _reason(shown: View) -> str:
    """Say for which slices an equation holds, or why it is not the view that was asked for."""
    each = ", ".join(map(plain, shown.each))
    return shown.note or (f"for each {each}" if each else "")


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
        known = ", ".join(map(plain, line.conditions))
        reason = line.because + (f", as {known}" if known else "")
        rows.append(f"{row:<60}  [{reason}]" if reason else row)
        if line.shapes:
            shapes = ", ".join(f"{plain(node)} is {plain(shape)}" for node, shape in line.shapes)
            rows.append(f"  {shapes}")
    return "\n".join(rows) + "\n"


def _latex_block(lines: Sequence[_Line]) -> str:
    rows = []
    for line in lines:
        left = latex(line.left) if line.left is not None else ""
        because = rf" && {prose(line.because)}" if line.because else ""
        if line.conditions:
            because += r"\text{, as }" + r",\ ".join(map(latex, line.conditions))
        rows.append(f"  {left} &= {latex(line.right)}{because}")
        if line.shapes:
            shapes = (rf"{latex(node)}\colon {latex(shape)}" for node, shape in line.shapes)
            rows.append("  & " + r",\quad ".join(shapes))
    body = " \\\\\n".join(rows)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}\n"
