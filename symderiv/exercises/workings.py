"""The right derivations that exercises are made of, written as on the board."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Indexed

from symderiv import expression as ex
from symderiv.derivation import Derivation
from symderiv.exercises.sheets import Line
from symderiv.expression import Node, Relation
from symderiv.graph import Definition
from symderiv.notation import PARAMETERS, Profile, Role, name
from symderiv.program import backward_pass
from symderiv.views import index_equation
from symderiv.writing import write

Working = tuple[Line, ...]
Kind = tuple[Role, object]
"""What is differentiated by: weights or biases of a layer."""


def stated(derivation: Derivation, profile: Profile) -> tuple[Relation, ...]:
    """Return the forward pass: in components where a lecture shows them, else with indices."""
    network = derivation.network
    if not network.written_out:
        graph = network.graph
        known = (d for d in graph.definitions if d.rhs is not None)
        return tuple(index_equation(definition, graph, profile) for definition in known)
    graph = network.components
    return tuple(
        ex.equation(name(d.quantity, profile=profile), write(d.rhs, graph, profile=profile))
        for d in graph.definitions
        if d.rhs is not None
    )


def workings(derivation: Derivation, profile: Profile) -> Iterator[tuple[Kind, Working]]:
    """Yield a derivation of the gradient by each weight and bias, with what it is by.

    In components it goes step by step. With indices it is the error of the layer, and what
    follows from it.
    """
    network = derivation.network
    if network.written_out:
        for definition in network.components.of_role(*PARAMETERS):
            yield _kind(definition), tuple(_steps(derivation, definition, profile))
        return
    adjoints = {d.key: d for d in backward_pass(derivation)}
    for definition in adjoints.values():
        if definition.quantity.role in PARAMETERS:
            assert definition.rhs is not None
            read = {str(entry.base.label) for entry in definition.rhs.atoms(Indexed)}
            needed = [d for key, d in adjoints.items() if key in read]
            lines = (_line(d, derivation, profile) for d in (*needed, definition))
            yield _kind(definition), tuple(lines)


def _line(definition: Definition, derivation: Derivation, profile: Profile) -> Line:
    left, right = index_equation(definition, derivation.graph, profile).sides
    return Line(left, right)


def _kind(definition: Definition) -> Kind:
    return definition.quantity.role, definition.quantity.layer


def _steps(derivation: Derivation, by: Definition, profile: Profile) -> Iterator[Line]:
    """Yield the steps of a component's derivation; one that reads like the last is left out."""
    graph = derivation.network.components
    result = derivation.components[graph.of_role(Role.LOSS)[0].key, by.key]

    def written(expr: Expr) -> Node:
        return write(expr, graph, profile=profile)

    left: Node | None = written(result.target)
    above: Node | None = None
    for step in result.steps:
        node = written(step.after)
        if node != above:
            yield Line(left, node, step.because)
            left = None
        above = node
