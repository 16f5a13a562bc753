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

from collections.abc import Iterable

import sympy as sp
from sympy import Expr

from symderiv.derivation import Chain, Partial, Result, Step, multiplied
from symderiv.differentiation import Fresh, local
from symderiv.errors import DerivationError
from symderiv.graph import Definition, Graph
from symderiv.notation import Role
from symderiv.simplification import cost, folded, simplified, sums_fractions

_SHOWN = frozenset({Role.ACTIVATION, Role.PREDICTION})


class Explainer:
    """Works out derivatives of the names of a graph without indices, each once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[tuple[str, str], Result] = {}

    def result(self, of: str, by: str) -> Result:
        """Return the derivative of the name ``of`` by the name ``by``, everything between moving.

        Raises ``DerivationError`` if ``of`` does not depend on ``by``: a silent zero would hide a
        mistyped name.
        """
        if (of, by) not in self._known:
            if by == of or by not in self.graph.upstream(of):
                raise DerivationError(f"{of} does not depend on {by}")
            self._known[of, by] = self._worked_out(of, by)
        return self._known[of, by]

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
        return Result(target, value, (*steps, *more))

    def _partial(self, of: str, by: str) -> Expr:
        return Partial(self.graph[of].atom, self.graph[by].atom)

    def _stops(self, of: str, by: str) -> list[str]:
        """Return the next stops on all paths from ``by`` to ``of``; empty if one step does it.

        Without an activation on the way, the next names themselves are the stops.
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
        found = reached if of not in reached else set(users)
        return [d.key for d in self.graph.definitions if d.key in found]

    def _is_stop(self, definition: Definition) -> bool:
        role = definition.quantity.role
        several = len(self.graph.consumers[definition.key]) > 1
        return role in _SHOWN or (several and role is not Role.NORMALISER)

    def _chain_rule(self, target: Expr, of: str, by: str, stops: Iterable[str]) -> list[Step]:
        """Write the derivative as a sum over the stops, then put the known derivatives in."""
        paths = [
            (self.graph[stop], self.result(of, stop), self.result(stop, by)) for stop in stops
        ]
        shown = sp.Add(*(Chain(outer.target, inner.target) for _, outer, inner in paths))
        steps = [Step(target, target, shown, "chain", "chain rule")]
        for rule, because in (("outer", "what is known"), ("inner", "local derivative")):
            after = sp.Add(*(
                Chain(outer.value, inner.target if rule == "outer" else inner.value)
                for _, outer, inner in paths
            ))
            steps.append(Step(target, steps[-1].after, after, rule, because, paths[0][0]))
        return steps

    def _local(self, target: Expr, of: str, by: str) -> list[Step]:
        """Differentiate the right side of ``of``; what reaches ``of`` by helpers is added."""
        definition = self.graph[of]
        raw = self._slope(definition, by)
        for user in self.graph.consumers[by]:
            if user.key != of and user.key in self.graph.upstream(of):
                raw += self._slope(definition, user.key) * self._slope(user, by)
        steps = [Step(target, target, raw, "differentiate", "differentiate", definition)]
        helpers = [self.graph[key] for key in self._names_known(definition)]
        value, used = folded(raw, helpers, self.graph)
        if used and cost(value) < cost(raw):
            steps.append(Step(target, raw, value, "fold", "write it in known names", used[0]))
        return steps

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


def explained(graph: Graph, outputs: Iterable[str]) -> dict[tuple[str, str], Result]:
    """Return every derivative of the ``outputs`` by a name above them, and those used on the way."""
    explainer = Explainer(graph)
    for output in outputs:
        on_path = graph.upstream(output)
        for definition in reversed(graph.definitions):
            hidden = definition.quantity.role not in {Role.LABEL, Role.NORMALISER}
            if definition.key in on_path and definition.key != output and hidden:
                explainer.result(output, definition.key)
    return dict(explainer._known)
