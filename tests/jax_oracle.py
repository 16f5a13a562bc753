"""The forward pass in JAX, in double precision, and JAX's own gradient of it: an oracle.

It reads the forward equations alone and shares no code with the package's differentiation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from oracles import Values
from sympy import Expr, Indexed, Symbol

from symderiv import Network
from symderiv.brackets import Same, Within
from symderiv.notation import Role

jax.config.update("jax_enable_x64", True)  # noqa: FBT003  JAX has it so

Scope = Mapping[Symbol, Any]
_FUNCTIONS: Mapping[type[Expr], Callable[..., Any]] = {
    sp.exp: jnp.exp,
    sp.log: jnp.log,
    sp.tanh: jnp.tanh,
    sp.sin: jnp.sin,
    sp.cos: jnp.cos,
    sp.Abs: jnp.abs,
    sp.erf: jax.scipy.special.erf,
    sp.sign: jnp.sign,
    sp.Max: lambda *args: jnp.max(jnp.stack(jnp.broadcast_arrays(*args)), axis=0),
    sp.Min: lambda *args: jnp.min(jnp.stack(jnp.broadcast_arrays(*args)), axis=0),
    Same: lambda difference: jnp.where(difference == 0, 1.0, 0.0),
    Within: lambda value, low, high: jnp.where((low <= value) & (value <= high), 1.0, 0.0),
}


def cost_and_gradients(
    network: Network, values: Values, sizes: Mapping[Symbol, int]
) -> tuple[float, Values]:
    """Return the cost and its derivative by every array of the values that is no index data."""
    whole = {d.key for d in network.graph.of_role(Role.DATA, Role.LABEL)}
    moving = {key: jnp.asarray(value) for key, value in values.items() if key not in whole}
    fixed = {key: jnp.asarray(value) for key, value in values.items() if key in whole}

    def cost(arrays: dict[str, Any]) -> Any:
        known = {**fixed, **arrays}
        for definition in network.graph.definitions:
            if definition.rhs is not None:
                known[definition.key] = _Forward(known, sizes).array(definition)
        return known["J"]

    found, slopes = jax.value_and_grad(cost)(moving)
    return float(found), {key: np.asarray(slope) for key, slope in slopes.items()}


class _Forward:
    """Evaluates right sides; every index is an array of its values along an axis of its own."""

    def __init__(self, known: Mapping[str, Any], sizes: Mapping[Symbol, int]) -> None:
        self.known = known
        self.sizes = sizes

    def array(self, definition: Any) -> Any:
        spans = [self._span(index.low, index.high) for index in definition.indices]
        scope = self._scope([i.symbol for i in definition.indices], spans, len(spans))
        value = self.value(definition.rhs, scope, len(spans))
        return jnp.broadcast_to(value, tuple(map(len, spans)))

    def value(self, expr: Expr, scope: Scope, rank: int) -> Any:
        match expr:
            case sp.Sum():
                return self._sum(expr, scope, rank)
            case Indexed():
                places = [self.value(index, scope, rank) for index in expr.indices]
                array = self.known[str(expr.base.label)]
                at = [
                    jnp.clip(jnp.asarray(p, int) - 1, 0, size - 1)
                    for p, size in zip(places, array.shape, strict=True)
                ]
                return array[tuple(at)]
            case Symbol():
                if expr in scope:
                    return scope[expr]
                return self.sizes[expr] if expr in self.sizes else self.known[expr.name]
            case sp.Number() | sp.NumberSymbol():
                return float(expr)
            case sp.Piecewise():
                return self._cases(expr.args, scope, rank)
        arguments = [self.value(argument, scope, rank) for argument in expr.args]
        if isinstance(expr, sp.Add):
            return sum(arguments)
        if isinstance(expr, sp.Mul):
            return _product(arguments)
        if isinstance(expr, sp.Pow):
            return arguments[0] ** (int(expr.exp) if expr.exp.is_Integer else arguments[1])
        return _FUNCTIONS[type(expr)](*arguments)

    def _cases(self, rows: Any, scope: Scope, rank: int) -> Any:
        (value, condition), *rest = rows
        if condition == sp.true or not rest:
            return self.value(value, scope, rank)
        left, right = (self.value(side, scope, rank) for side in condition.args)
        compare = {
            sp.Gt: jnp.greater,
            sp.Ge: jnp.greater_equal,
            sp.Lt: jnp.less,
            sp.Le: jnp.less_equal,
        }
        holds = compare[type(condition)](left, right)
        return jnp.where(holds, self.value(value, scope, rank), self._cases(rest, scope, rank))

    def _sum(self, total: sp.Sum, scope: Scope, rank: int) -> Any:
        symbols = [limit[0] for limit in total.limits]
        spans = [self._span(low, high) for _, low, high in total.limits]
        whole = rank + len(symbols)
        outer = {s: jnp.reshape(a, a.shape + (1,) * (whole - rank)) for s, a in scope.items()}
        inner = {**outer, **self._scope(symbols, spans, whole, first=rank)}
        value = self.value(total.function, inner, whole)
        shape = (1,) * rank + tuple(map(len, spans))
        value = jnp.broadcast_to(value, jnp.broadcast_shapes(jnp.shape(value), shape))
        return value.sum(axis=tuple(range(rank, whole)))

    def _span(self, low: Expr, high: Expr) -> range:
        return range(int(low.subs(self.sizes)), int(high.subs(self.sizes)) + 1)

    def _scope(
        self, symbols: list[Symbol], spans: list[range], rank: int, first: int = 0
    ) -> dict[Symbol, Any]:
        return {
            symbol: jnp.reshape(
                jnp.array(span), [len(span) if axis == first + place else 1 for axis in range(rank)]
            )
            for place, (symbol, span) in enumerate(zip(symbols, spans, strict=True))
        }


def _product(factors: list[Any]) -> Any:
    whole = factors[0]
    for factor in factors[1:]:
        whole = whole * factor
    return whole
