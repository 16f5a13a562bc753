"""What a derivation found, on request: one derivative in one view and one notation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symderiv import expression as ex
from symderiv.derivation import Derivation, View
from symderiv.errors import SymderivError, UnknownNameError, did_you_mean
from symderiv.graph import Definition
from symderiv.notation import LECTURE, Profile, Role
from symderiv.profiles import profile as profile_named
from symderiv.second_order import jacobian
from symderiv.views import index_view, jacobian_view, matrix_view
from symderiv.writing import write

KINDS = ("component", "index", "matrix")


class Views:
    """Answers what a ``Derivation`` is asked for."""

    def view(self, derivation: Derivation, key: str, kind: str, notation: str | Profile) -> View:
        """Return the derivative of the cost by an array, or that of the loss by a component."""
        profile = checked(kind, notation)
        if key in derivation.graph.by_key:
            return view(derivation, derivation.adjoint(key), kind, profile)
        if kind != "component":
            derivation.graph[key]  # says that it is no array, and which is near
        return View(kind, (component_equation(derivation, found(derivation, key), profile),))

    def jacobian(
        self, derivation: Derivation, names: tuple[str, str], kind: str, notation: str | Profile
    ) -> View:
        """Return the Jacobian of one array by another."""
        profile = checked(kind, notation)
        if kind == "component":
            raise UnknownNameError("a Jacobian has the views index and matrix")
        graph = derivation.graph
        return jacobian_view(jacobian(graph, *names), graph, kind, profile)


def checked(kind: str, notation: str | Profile) -> Profile:
    """Return the profile of a name.

    Raises ``UnknownNameError`` for an unknown view or notation.
    """
    if kind not in KINDS:
        raise UnknownNameError(f"unknown view '{kind}'{did_you_mean(kind, KINDS)}")
    return profile_named(notation)


def view(
    derivation: Derivation, adjoint: Definition, kind: str, profile: Profile = LECTURE
) -> View:
    """Return an adjoint, with indices or as a whole, in one view.

    Components are those of one sample. Where there are none, the index view says why.
    """
    graph = derivation.graph
    if kind == "matrix":
        return matrix_view(adjoint, graph, profile)
    shown = index_view(adjoint, graph, profile)
    if kind == "index":
        return shown
    try:
        members = tuple(_members(derivation, adjoint))
    except SymderivError as error:
        return replace(shown, note=f"no components: {error}; shown with indices")
    equations = tuple(component_equation(derivation, d, profile) for d in members)
    if not equations:
        return replace(shown, note="no components of one sample; shown with indices")
    return View(kind, equations)


def _members(derivation: Derivation, adjoint: Definition) -> Iterator[Definition]:
    """Yield the components of an array by which the loss of one sample can be differentiated."""
    whole = replace(adjoint.quantity, adjoint=False)
    components = derivation.network.components
    loss = components.of_role(Role.LOSS)[0].key
    for definition in components.definitions:
        array = replace(definition.quantity, indices=(), entry=False)
        if array == whole and definition.key != loss:
            yield definition


def component_equation(
    derivation: Derivation, by: Definition, profile: Profile = LECTURE
) -> ex.Relation:
    """Return the derivative of the loss of one sample by a component."""
    graph = derivation.network.components
    result = derivation.components[graph.of_role(Role.LOSS)[0].key, by.key]
    left, right = (write(side, graph, profile=profile) for side in (result.target, result.value))
    return ex.equation(left, right)


def found(derivation: Derivation, name: str) -> Definition:
    """Return the component that a person means by ``name``.

    Raises ``UnknownNameError`` if there is none, or the loss does not depend on it.
    """
    components = derivation.network.components
    definition = components.find(name, also=derivation.graph.by_key)
    loss = components.of_role(Role.LOSS)[0].key
    if definition.key == loss or definition.key not in components.upstream(loss):
        raise UnknownNameError(f"the loss does not depend on '{name}'")
    if definition.quantity.role is Role.LABEL:
        raise UnknownNameError(
            f"'{name}' is a label; the loss is differentiated by parameters, inputs "
            "and what is computed from them"
        )
    return definition
