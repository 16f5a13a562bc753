r"""A derivative in components, worked out on paper: chain rule, local derivatives, simplification.

The chain rule is applied the way a lecture applies it, from one *stop* to the next,

.. math::
    \frac{\partial L}{\partial w_{11}^{(1)}}
    = \frac{\partial L}{\partial a_1^{(1)}} \cdot \frac{\partial a_1^{(1)}}{\partial w_{11}^{(1)}},

where the stops are the activations, and any other hidden name that is used more than once (the
pre-activations below a softmax). Each derivative is worked out once and then known by its value,
so the cost is linear in the number of stops, and no value is ever expanded through a layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import sympy as sp
from sympy import Expr

from symderiv.conditions import conditions
from symderiv.derivation import Chain, Partial, Result, Step, multiplied
from symderiv.differentiation import local
from symderiv.errors import DerivationError
from symderiv.forms import cost
from symderiv.graph import Definition, Graph
from symderiv.indices import Fresh
from symderiv.network import Network
from symderiv.notation import Role
from symderiv.simplification import folded, simplified, sums_fractions

_SHOWN = frozenset({Role.ACTIVATION, Role.PREDICTION})
LARGEST_INSERTED = 80
"""The cost above which a known derivative stays a name: put in, it would double layer by layer."""


def _shown(result: Result) -> Expr:
    """Return what a known derivative is written as where it is used."""
    return result.value if cost(result.value) <= LARGEST_INSERTED else result.target


class Explanations(Mapping[tuple[str, str], Result]):
    """The derivatives of the names of a graph without indices, each worked out when asked for.

    The keys are (of, by): the losses and predictions by all that they depend on. Any other pair of
    dependent names can be asked for too.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._known: dict[tuple[str, str], Result] = {}

    @property
    def graph(self) -> Graph:
        """The graph in components; written out when the first derivative is asked for."""
        return self._network.components

    def __getitem__(self, key: tuple[str, str]) -> Result:
        """Return the derivative of the first name by the second, everything between moving.

        Raises ``DerivationError`` if one does not depend on the other: a silent zero would hide a
        mistyped name.
        """
        of, by = key
        if key not in self._known:
            if by == of or by not in self.graph.upstream(of):
                raise DerivationError(f"{of} does not depend on {by}")
            self._known[key] = self._worked_out(of, by)
        return self._known[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs, those of the loss first and each output's latest name first."""
        for output in self.graph.of_role(Role.LOSS, Role.PREDICTION)[::-1]:
            on_path = self.graph.upstream(output.key)
            for definition in reversed(self.graph.definitions):
                shown = definition.quantity.role not in {Role.LABEL, Role.NORMALISER}
                if shown and definition.key in on_path and definition.key != output.key:
                    yield output.key, definition.key

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return sum(1 for _ in self)

    def _worked_out(self, of: str, by: str) -> Result:
        target = self._partial(of, by)
        stops = self._stops(of, by)
        steps = self._chain_rule(target, of, by, stops) if stops else self._local(target, of, by)
        shown = steps[-1].after
        product = multiplied(shown)
        if not stops and sums_fractions(product):
            return Result(target, product, tuple(steps))  # they cancel in the next chain rule
        value, more = simplified(target, product, self.graph)
        if product != shown and (not more or more[0].rule != "cancel"):
            because = "cancel common factors" if more else "collect factors"
            steps.append(Step(target, shown, product, "multiply", because))
        return Result(target, value, self._with_conditions((*steps, *more)))

    def _with_conditions(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Say with each step why what it cancels of the one before is not zero."""
        return (
            *steps[:1],
            *(
                replace(step, conditions=conditions([before.after], step.after, self.graph))
                for before, step in pairwise(steps)
            ),
        )

    def _partial(self, of: str, by: str) -> Expr:
        return Partial(self.graph[of].atom, self.graph[by].atom)

    def _stops(self, of: str, by: str) -> list[str]:
        """Return the next stops on all paths from ``by`` to ``of``; empty if one step does it.

        Without an activation on the way, the next names themselves are the stops, unless one of
        them depends on another or is below a helper: those are worked out together.
        """
        on_path = self.graph.upstream(of)
        users = [user.key for user in self.graph.consumers[by] if user.key in on_path]
        if of in users:
            return []
        reached, waiting = set(), list(users)
        while waiting:
            key = waiting.pop()
            if key == of or self._is_stop(self.graph[key]):
                reached.add(key)
            else:
                waiting += [u.key for u in self.graph.consumers[key] if u.key in on_path]
        if of in reached and self._tangled(of, users):
            return []
        found = reached if of not in reached else set(users)
        return sorted(found, key=self.graph.positions.__getitem__)

    def _tangled(self, of: str, users: list[str]) -> bool:
        for user in users:
            if any(user in self.graph.upstream(other) for other in users if other != user):
                return True
            direct = self.graph[of] in self.graph.consumers[user]
            if self.graph[user].quantity.role is Role.NORMALISER and not direct:
                return True
        return False

    def _is_stop(self, definition: Definition) -> bool:
        role = definition.quantity.role
        several = len(self.graph.consumers[definition.key]) > 1
        return role in _SHOWN or (several and role is not Role.NORMALISER)

    def _chain_rule(self, target: Expr, of: str, by: str, stops: Iterable[str]) -> list[Step]:
        """Write the derivative as a sum over the stops, then put the known derivatives in."""
        paths = [(self.graph[stop], self[of, stop], self[stop, by]) for stop in stops]
        shown = sp.Add(*(Chain(outer.target, inner.target) for _, outer, inner in paths))
        steps = [Step(target, target, shown, "chain", "chain rule")]
        for rule, because in (("outer", "what is known"), ("inner", "local derivative")):
            after = sp.Add(
                *(
                    Chain(_shown(outer), inner.target if rule == "outer" else inner.value)
                    for _, outer, inner in paths
                )
            )
            if after != steps[-1].after:
                steps.append(Step(target, steps[-1].after, after, rule, because, paths[0][0]))
        return steps

    def _local(self, target: Expr, of: str, by: str) -> list[Step]:
        """Differentiate the right side of ``of``; what reaches ``of`` by helpers is added."""
        definition = self.graph[of]
        raw = self._total(definition, by)
        steps = [Step(target, target, raw, "differentiate", "differentiate", definition)]
        helpers = [self.graph[key] for key in self._names_known(definition)]
        value, used = folded(raw, helpers, self.graph)
        if used and cost(value) < cost(raw):
            steps.append(Step(target, raw, value, "fold", "write it in known names", used[0]))
        return steps

    def _total(self, definition: Definition, by: str) -> Expr:
        """Differentiate a right side, and what reaches it by helpers."""
        raw = self._slope(definition, by)
        for user in self.graph.consumers[by]:
            if user != definition and user.key in self.graph.upstream(definition.key):
                raw += self._total(definition, user.key) * self._slope(user, by)
        return raw

    def _slope(self, definition: Definition, by: str) -> Expr:
        assert definition.rhs is not None
        return sp.Add(*(term.body for term in local(definition.rhs, by, (), Fresh())))

    def _names_known(self, definition: Definition) -> list[str]:
        """Return the names whose definitions may shorten a derivative of ``definition``."""
        helpers = [
            user.key
            for key in sorted(self.graph.upstream(definition.key))
            for user in self.graph.consumers[key]
            if self.graph[key].quantity.role is Role.NORMALISER
        ]
        return list(dict.fromkeys([definition.key, *helpers]))
