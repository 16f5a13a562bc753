"""What a rewrite cancelled, and why that is never zero.

Cancelling a factor holds where it does not vanish. The values of an activation lie in a known set,
exponentials and roots are positive, and so is what is made of them: that proves most factors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy as sp
from sympy import Expr, Indexed

from symderiv.graph import Condition, Graph, entries, key_of

_POSITIVE = sp.Interval.open(0, sp.oo)
_NOT_ZERO = sp.Union(sp.Interval.open(-sp.oo, 0), _POSITIVE)


def sure(before: Expr, after: Expr, graph: Graph) -> bool:
    """Whether every factor that ``after`` has cancelled from ``before`` is known not to vanish."""
    return all(c.within != _NOT_ZERO for c in conditions([before], after, graph))


def conditions(before: Iterable[Expr], after: Expr, graph: Graph) -> tuple[Condition, ...]:
    """Return why the factors that stood below a fraction line, and do no more, are never zero.

    Two that differ in their indices alone are one, which is shown at the indices of its definition.
    One of which nothing is known is listed as what may not be zero.
    """
    lost = {_own(pole, graph) for expr in before for pole in _poles(expr)}
    lost -= {_own(pole, graph) for pole in _poles(after)}
    listed = (pole for pole in sorted(lost, key=str) if not _positive(pole, _NOTHING_KNOWN))
    return tuple(dict.fromkeys(_condition(pole, graph) for pole in listed))


_NOTHING_KNOWN = Graph(())


def _poles(expr: Expr) -> Iterator[Expr]:
    return (p.base for p in expr.atoms(sp.Pow) if p.exp.could_extract_minus_sign())


def _own(expr: Expr, graph: Graph) -> Expr:
    """Return ``expr`` with each entry at the indices of its definition."""
    known = {e: graph.by_key.get(str(key_of(e))) for e in entries(expr) if isinstance(e, Indexed)}
    return expr.xreplace({e: d.atom for e, d in known.items() if d is not None})


def _condition(factor: Expr, graph: Graph) -> Condition:
    for entry in sorted(entries(factor), key=str):
        within = _values(entry, graph)
        constant, rest = factor.as_independent(entry, as_Add=True)
        slope = rest / entry
        if within is not None and slope.is_Number and -constant / slope not in within:
            return Condition(entry, within)
    return Condition(factor, _POSITIVE if _positive(factor, graph) else _NOT_ZERO)


def _values(entry: Expr, graph: Graph) -> sp.Set | None:
    definition = graph.by_key.get(str(key_of(entry)))
    if definition is None or definition.within is not None:
        return definition.within if definition is not None else None
    return _POSITIVE if _positive(entry, graph) else None


def _positive(expr: Expr, graph: Graph, *, or_zero: bool = False) -> bool:
    """Whether ``expr`` is positive, or at least not negative, whatever its names stand for."""

    def all_positive(parts: Iterable[Expr], *, zero: bool = or_zero) -> bool:
        return all(_positive(part, graph, or_zero=zero) for part in parts)

    if expr.is_positive or isinstance(expr, sp.exp) or (or_zero and expr.is_nonnegative):
        return True
    if isinstance(expr, sp.Sum):
        return all_positive([expr.function])
    if expr.is_Mul:
        return all_positive(expr.args)
    if expr.is_Add:
        some = or_zero or any(_positive(term, graph) for term in expr.args)
        return some and all_positive(expr.args, zero=True)
    if expr.is_Pow:
        square = or_zero and expr.exp.is_even and expr.exp.is_positive
        return bool(square) or all_positive([expr.base], zero=or_zero and expr.exp.is_positive)
    definition = graph.by_key.get(key_of(expr) or "")
    if definition is None:
        return False
    if definition.within is not None:
        return bool(definition.within.is_subset(sp.Interval(0, sp.oo) if or_zero else _POSITIVE))
    return definition.rhs is not None and all_positive([definition.rhs])
