"""A backward pass with one mistake in one of its equations: if it gives what was found, that is it.

What people return is an array, and a factor that was lost two layers above does not show in it. The
index equations of the derivation know where factors, signs and names stand.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import sympy as sp
from sympy import Expr, Indexed, IndexedBase

from symderiv.derivation import Derivation
from symderiv.evaluation import evaluated
from symderiv.graph import Definition, keys_in
from symderiv.hand.mends import Arrays, Mend, all_close, ratio, scaled
from symderiv.hand.trials import Trial

Twins = Mapping[str, Sequence[str]]
"""For each name of an array the names of those that have its axes."""


def variant(
    key: str, found: Arrays, derivation: Derivation, trials: Sequence[Trial], until: float
) -> Mend | None:
    """Return the mistake in an equation above the derivative by ``key`` that gives ``found``.

    If no single one does, there may be a factor or a sign besides.
    """
    second: Mend | None = None
    for mistake, wrong, definition, changed in _passes(key, derivation):
        if time.monotonic() > until:
            return None
        if ratio(found[0], _last(changed, trials[0])) is None:
            continue
        results = [_last(changed, trial) for trial in trials]
        made = Mend(
            mistake, f"{definition.atom} = {wrong}", f"{definition.atom} = {definition.rhs}"
        )
        if all_close(found, results):
            return made
        besides = scaled(key, found, results, trials)
        if second is None and besides is not None:
            second = replace(made, should_be=f"{made.should_be}, and {besides.should_be} then")
    return second


def _passes(
    key: str, derivation: Derivation
) -> Iterator[tuple[str, Expr, Definition, Sequence[Definition]]]:
    """Yield each mistake, what stands there, where, and the equations from there on."""
    adjoints = derivation.adjoints
    needed = _upstream(f"d{key}", adjoints)
    chain = [d for d in adjoints if d.key in needed]
    twins = _twins([*derivation.graph.definitions, *adjoints])
    for place, definition in enumerate(chain):
        for mistake, wrong in _mistaken(definition.rhs, twins):
            changed = (replace(definition, rhs=wrong), *chain[place + 1 :])
            yield mistake, wrong, definition, changed


def _upstream(key: str, adjoints: Sequence[Definition]) -> set[str]:
    """Return the adjoints that one is computed from, itself included."""
    needed = {key}
    for definition in reversed(adjoints):
        if definition.key in needed and definition.rhs is not None:
            needed |= keys_in(definition.rhs)
    return needed


def _last(changed: Sequence[Definition], trial: Trial) -> np.ndarray:
    """Return the last of some equations, the values of all others as they are."""
    values = dict(trial.values)
    for definition in changed:
        values[definition.key] = evaluated(definition, values, trial.sizes)
    return values[changed[-1].key]


def _twins(definitions: Sequence[Definition]) -> Twins:
    axes = {d.key: tuple((i.low, i.high) for i in d.indices) for d in definitions}
    return {
        key: [other for other, own in axes.items() if own == mine and other != key]
        for key, mine in axes.items()
    }


def _mistaken(expr: Expr, twins: Twins) -> Iterator[tuple[str, Expr]]:
    """Yield the expression with one mistake, and the mistake."""
    if isinstance(expr, Indexed):
        for twin in twins.get(str(expr.base.label), ()):
            yield "swapped symbols", IndexedBase(twin, real=True)[expr.indices]
        return
    if expr.is_Mul:
        yield from _without_factors(expr)
    if expr.is_Add:
        for term in expr.args:
            yield "sign", expr - 2 * term
    if expr.is_Pow and expr.exp == 2:
        yield "wrong power", expr.base
    inner = expr.args[:1] if isinstance(expr, sp.Sum) else expr.args
    for place, argument in enumerate(inner):
        for mistake, wrong in _mistaken(argument, twins):
            yield mistake, expr.func(*expr.args[:place], wrong, *expr.args[place + 1 :])


def _without_factors(product: Expr) -> Iterator[tuple[str, Expr]]:
    """Yield a product without one factor, and without all beside its sum over the next layer.

    Those are the slope of an activation.
    """
    sums = [factor for factor in product.args if factor.has(sp.Sum)]
    slope = [f for f in product.args if f.has(Indexed) and f not in sums] if sums else []
    if slope:
        yield "lost activation derivative", _without(product, slope)
    for factor in product.args:
        mistake = "lost activation derivative" if factor in slope else "lost factor"
        yield mistake, _without(product, [factor])


def _without(product: Expr, factors: Sequence[Expr]) -> Expr:
    """Return a product without some factors: to divide by them may be to divide by 0."""
    return sp.Mul(*(factor for factor in product.args if factor not in factors))
