"""The records that a derivation is made of; slides, code, report and sheets read these and no more.

Everything is a SymPy expression over the graph's names, plus two functions that stand for what is
not yet worked out: ``Partial(of, by)`` for a derivative, ``Chain`` for a product in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import sympy as sp
from sympy import Expr

from symderiv.errors import UnknownNameError, did_you_mean
from symderiv.expression import Node, Relation
from symderiv.graph import Condition, Definition, Fact, Graph, Index
from symderiv.network import Network
from symderiv.notation import Profile


class Partial(sp.Function):  # type: ignore[misc]
    r"""The derivative of one name by another, not worked out: ``\partial of/\partial by``."""

    nargs = (2,)


class Chain(sp.Function):  # type: ignore[misc]
    """A product whose factors are kept apart and in order, as the chain rule gives them."""


def multiplied(expr: Expr) -> Expr:
    """Return ``expr`` with every ``Chain`` as an ordinary product."""
    return expr.replace(Chain, sp.Mul)


@dataclass(frozen=True, slots=True)
class Term:
    """``body`` summed over its ``bound`` indices, which carry their ranges."""

    bound: tuple[Index, ...]
    body: Expr

    def closed(self) -> Expr:
        """Return the term as a SymPy expression, factors without a bound index before the sum."""
        if not self.bound or self.body == 0:
            return self.body
        symbols = [index.symbol for index in self.bound]
        outside, summed = self.body.as_independent(*symbols, as_Add=False)
        return outside * sp.Sum(summed, *(index.limits for index in self.bound))


@dataclass(frozen=True, slots=True)
class Step:
    """One rewrite of the derivative ``target``: what it was, what it became, by which rule and why.

    ``used`` is the definition or the fact that the rule relied on, ``conditions`` say why what it
    cancelled is not zero.
    """

    target: Expr
    before: Expr
    after: Expr
    rule: str
    because: str
    used: Definition | Fact | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A derivative, worked out: its value and the steps that led there, chain rule first."""

    target: Expr
    value: Expr
    steps: tuple[Step, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The side conditions that the steps relied on."""
        return tuple(dict.fromkeys(s.used for s in self.steps if isinstance(s.used, Fact)))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Why what the steps cancelled is not zero."""
        return tuple(dict.fromkeys(c for step in self.steps for c in step.conditions))


@dataclass(frozen=True, slots=True)
class View:
    """One equation as it is read: ``kind`` is ``"component"``, ``"index"`` or ``"matrix"``.

    ``equations`` is one, or one for each component. In the matrix view ``shapes`` are the factors,
    each with its shape, and the equation holds for ``each`` value of these indices. A ``note`` says
    why the kind is not the one that was asked for.
    """

    kind: str
    equations: tuple[Relation, ...]
    shapes: tuple[tuple[Node, Node], ...] = ()
    each: tuple[Node, ...] = ()
    note: str = ""

    @property
    def equation(self) -> Relation:
        """The first equation."""
        return self.equations[0]


class Presenter(Protocol):
    """Writes what a derivation found; the rooms that can do so lie below this one."""

    def view(self, derivation: Derivation, key: str, kind: str, notation: str | Profile) -> View:
        """Return a derivative of the cost in one view."""
        ...

    def jacobian(
        self, derivation: Derivation, names: tuple[str, str], kind: str, notation: str | Profile
    ) -> View:
        """Return the Jacobian of one array by another in one view."""
        ...


@dataclass(frozen=True)
class Derivation:
    """The whole backward pass of a network.

    ``adjoints`` are index equations: the derivative of the cost by each named quantity, in the
    order in which they are computed. ``components`` holds the same in components, with steps, keyed
    by (of, by); each is worked out when it is asked for. ``facts`` are, by adjoint, the side
    conditions that it rests on, ``conditions`` why what was cancelled on the way is not zero.
    """

    network: Network
    adjoints: tuple[Definition, ...]
    index_steps: Mapping[str, tuple[Step, ...]]
    facts: Mapping[str, tuple[Fact, ...]]
    conditions: Mapping[str, tuple[Condition, ...]]
    components: Mapping[tuple[str, str], Result]
    presenter: Presenter = field(repr=False, compare=False)

    @property
    def graph(self) -> Graph:
        """The index equations that were differentiated."""
        return self.network.graph

    def component(self, of: str, by: str) -> Result:
        """Return the component derivative of ``of`` by ``by``, both by code or slide name."""
        graph = self.network.components
        return self.components[graph.find(of).key, graph.find(by).key]

    def written_out(self, value: Expr) -> Expr:
        """Return a value in components with every derivative that it only names put in."""
        named = {
            p: self.components[p.args[0].name, p.args[1].name].value for p in value.atoms(Partial)
        }
        return self.written_out(value.xreplace(named)) if named else value

    def view(self, key: str, kind: str = "index", *, notation: str | Profile | None = None) -> View:
        """Return the derivative of the cost by ``key`` as a component, index or matrix view.

        ``key`` is the code name of an array (``W1``), or the slide name of a component
        (``w_12^(1)``). ``notation`` is a profile or names one; the network's own is the default.

        Raises ``UnknownNameError`` for an unknown name, view or notation.
        """
        return self.presenter.view(self, key, kind, notation or self.network.notation)

    def jacobian(
        self, of: str, by: str, kind: str = "index", *, notation: str | Profile | None = None
    ) -> View:
        r"""Return the Jacobian of the array ``of`` by the array ``by``: ``Yhat`` by ``Z2``.

        Where each sample depends on itself alone it is that of one sample, in the matrix view such
        as :math:`\mathrm{diag}(\hat{\mathbf y}_n) - \hat{\mathbf y}_n \hat{\mathbf y}_n^\top`.

        Raises ``UnknownNameError`` for an unknown name, ``DerivationError`` if ``of`` does not
        depend on ``by``.
        """
        return self.presenter.jacobian(self, (of, by), kind, notation or self.network.notation)

    def adjoint(self, key: str) -> Definition:
        """Return the index equation of the derivative of the cost by ``key``."""
        for definition in self.adjoints:
            if definition.key == f"d{key}":
                return definition
        known = [definition.key.removeprefix("d") for definition in self.adjoints]
        raise UnknownNameError(
            f"the cost has no named derivative by '{key}'{did_you_mean(key, known)}"
        )
