"""The backward pass as a program: assignments of array expressions, in order, with shapes.

Nothing here knows a language, and nothing is derived here: the right sides are those of the
derivation, in the matrix view, after the unstable ones were replaced by stable ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symderiv.derivation import Derivation
from symderiv.graph import Definition
from symderiv.matrices import Tree
from symderiv.notation import PARAMETERS, Role
from symderiv.stability import stabilised, stable_form
from symderiv.views import matrix_form


@dataclass(frozen=True, slots=True)
class Assignment:
    """``definition``'s name takes the value of ``tree``.

    ``label`` is the number of the slide equation that it computes; ``note`` says why the code
    differs from that equation in form, where it does.
    """

    definition: Definition
    tree: Tree
    label: str
    note: str = ""

    @property
    def key(self) -> str:
        """The name that is assigned."""
        return self.definition.key


@dataclass(frozen=True)
class Program:
    """What an emitter prints: the forward pass, the cost, and the backward pass."""

    derivation: Derivation
    forward: tuple[Assignment, ...]
    cost: tuple[Assignment, ...]
    backward: tuple[Assignment, ...]

    @property
    def parameters(self) -> tuple[Definition, ...]:
        """The parameters in the order of their definition."""
        return self.derivation.graph.of_role(*PARAMETERS)


def lowered(derivation: Derivation) -> Program:
    """Return the program of a derivation.

    Raises ``UnsupportedError`` if an equation has no matrix form.
    """
    safe = stabilised(derivation.graph)
    labels = equation_labels(derivation)
    computed = [d for d in safe.graph.definitions if d.rhs is not None]
    ends = {Role.LOSS, Role.COST}

    def assigned(definitions: Sequence[Definition]) -> tuple[Assignment, ...]:
        return tuple(
            Assignment(d, matrix_form(d), labels.get(d.key, ""), safe.reasons.get(d.key, ""))
            for d in definitions
        )

    return Program(
        derivation,
        assigned([d for d in computed if d.quantity.role not in ends]),
        assigned([d for d in computed if d.quantity.role in ends]),
        tuple(_backward(d, labels[d.key]) for d in backward_pass(derivation)),
    )


def _backward(definition: Definition, label: str) -> Assignment:
    assert definition.rhs is not None
    rhs, note = stable_form(definition.rhs)
    return Assignment(definition, matrix_form(replace(definition, rhs=rhs)), label, note)


def backward_pass(derivation: Derivation) -> tuple[Definition, ...]:
    """Return the adjoints that a program computes: named ones and those of the parameters."""
    wanted = {Role.PREACTIVATION, *PARAMETERS}
    order = {Role.PREACTIVATION: 0, Role.WEIGHT: 1, Role.BIAS: 2}
    chosen = [d for d in derivation.adjoints if d.quantity.role in wanted]
    layers = list(dict.fromkeys(d.quantity.layer for d in chosen))
    place = {layer: number for number, layer in enumerate(layers)}
    chosen.sort(key=lambda d: (_stage(d, place), order[d.quantity.role]))
    return tuple(chosen)


def _stage(definition: Definition, place: dict[object, int]) -> int:
    return place[definition.quantity.layer]


def equation_labels(derivation: Derivation) -> dict[str, str]:
    """Number the equations that the code computes: F forward, C cost, B backward."""
    labels: dict[str, str] = {}
    ends = {Role.LOSS, Role.COST}
    forward = [d.key for d in derivation.graph.definitions if d.rhs is not None]
    cost = [key for key in forward if derivation.graph[key].quantity.role in ends]
    forward = [key for key in forward if key not in cost]
    backward = [d.key for d in backward_pass(derivation)]
    for letter, keys in (("F", forward), ("C", cost), ("B", backward)):
        labels |= {key: f"{letter}{number}" for number, key in enumerate(keys, start=1)}
    return labels
