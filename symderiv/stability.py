r"""Stable forms: equal expressions that neither overflow nor lose digits, each with its reason.

They are found on the graph, for whatever formulas it holds. The derivation does not use them; the
program that is emitted does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp
from sympy import Expr

from symderiv.forms import rational
from symderiv.graph import Definition, Graph, entries, key_of
from symderiv.notation import GIVEN, Quantity, Role


class Softplus(sp.Function):  # type: ignore[misc]
    """``log(1 + exp(u))``, computed without overflow."""

    nargs = (1,)


class Greatest(sp.Function):  # type: ignore[misc]
    """The greatest value of its first argument over an index and its range, as a sum has them."""

    nargs = (4,)

    @property
    def free_symbols(self) -> set[sp.Basic]:
        """The index is bound."""
        return set(self.args[0].free_symbols | self.args[3].free_symbols) - {self.args[1]}


@dataclass(frozen=True, slots=True)
class Stable:
    """A graph whose right sides are safe to compute, and per name why they differ."""

    graph: Graph
    reasons: dict[str, str]


def stabilised(graph: Graph) -> Stable:
    """Replace unstable forms in every right side of ``graph``."""
    reasons: dict[str, str] = {}
    done: list[Definition] = []
    shifts = _shifts(graph)
    for definition in graph.definitions:
        if definition.key in shifts:
            done.append(shifts[definition.key])
        rhs = definition.rhs
        if rhs is None:
            done.append(definition)
            continue
        safe, reason = _safe(rhs, graph, shifts)
        if reason:
            reasons[definition.key] = reason
        done.append(replace(definition, rhs=safe))
    return Stable(Graph(tuple(done), graph.facts), reasons)


def _safe(rhs: Expr, graph: Graph, shifts: dict[str, Definition]) -> tuple[Expr, str]:
    logs = {
        log: safe for log in rhs.atoms(sp.log) if (safe := _log(log, graph, shifts)) is not None
    }
    if logs:
        return rhs.xreplace(logs), "log of the activation, written over Z: it never sees 0"
    shifted = {e: s for e in rhs.atoms(sp.exp) if (s := _shifted(e, shifts)) is not None}
    if shifted:
        return rhs.xreplace(shifted), "shifted by the largest entry: no exponential overflows"
    return stable_form(rhs)


def stable_form(rhs: Expr) -> tuple[Expr, str]:
    """Return ``rhs`` without exponentials that overflow, and why; no definition is needed."""
    quotients = {q: safe for q in rhs.atoms(sp.Pow) if (safe := _logistic(q)) is not None}
    quotients |= {q: safe for q in rhs.atoms(sp.Mul) if (safe := _share(q)) is not None}
    if quotients:
        return rhs.xreplace(quotients), "the activation, with exponentials of negative numbers only"
    cases = {c: safe for c in rhs.atoms(sp.Piecewise) if (safe := _guarded(c)) != c}
    if cases:
        return rhs.xreplace(cases), "where the other case holds, no exponential overflows"
    return rhs, ""


def _logistic(power: Expr) -> Expr | None:
    """``1/(1 + exp(-u))`` is ``exp(min(u, 0)) / (1 + exp(-|u|))``: no exponent is positive."""
    u = sp.Wild("u")
    match = power.match(1 / (1 + sp.exp(-u)))
    if not match or not entries(match[u]):
        return None
    return _sigmoid(match[u])


def _share(product: Expr) -> Expr | None:
    """``exp(u)/(1 + exp(u))`` is ``1/(1 + exp(-u))``."""
    for exponential in product.args:
        below = 1 / (1 + exponential)
        if isinstance(exponential, sp.exp) and below in product.args:
            return _sigmoid(exponential.args[0]) * (product / exponential / below)
    return None


def _sigmoid(u: Expr) -> Expr:
    return sp.exp(sp.Min(u, 0)) / (1 + sp.exp(-sp.Abs(u)))


def _guarded(cases: sp.Piecewise) -> Expr:
    """Where ``u > 0`` does not hold, ``exp(u)`` is ``exp(min(u, 0))``."""
    (value, condition), *rest = cases.args
    if not isinstance(condition, sp.StrictGreaterThan) or condition.rhs != 0:
        return cases
    u = condition.lhs
    swap = {sp.exp(u): sp.exp(sp.Min(u, 0))}
    return sp.Piecewise((value, condition), *((v.xreplace(swap), c) for v, c in rest))


# --- softmax: a shift by the largest entry --------------------------------------------------------


def _shifts(graph: Graph) -> dict[str, Definition]:
    r"""Return, by the name of each sum of exponentials, the definition of its shift.

    ``s = \sum_k exp(z_k)`` may be shifted if every user of ``s`` is a quotient that one factor on
    ``s`` and on each ``exp(z_k)`` leaves as it is; that is checked, not assumed.
    """
    found: dict[str, Definition] = {}
    for definition in graph.of_role(Role.NORMALISER):
        total = definition.rhs
        if not isinstance(total, sp.Sum) or not isinstance(total.function, sp.exp):
            continue
        if all(_scale_free(user, definition) for user in graph.consumers[definition.key]):
            argument = total.function.args[0]
            quantity = Quantity(Role.MAXIMUM, definition.quantity.layer)
            found[definition.key] = Definition(
                quantity, definition.indices, Greatest(argument, *total.limits[0])
            )
    return found


def _scale_free(user: Definition, total: Definition) -> bool:
    assert user.rhs is not None
    factor = sp.Dummy(positive=True)
    scaled = {e: factor * e for e in user.rhs.atoms(sp.exp)}
    scaled |= {e: factor * e for e in entries(user.rhs) if key_of(e) == total.key}
    return bool(sp.cancel(user.rhs.xreplace(scaled) - user.rhs) == 0)


def _shifted(exponential: Expr, shifts: dict[str, Definition]) -> Expr | None:
    """``exp(z)`` becomes ``exp(z - m)`` where ``m`` is the shift of the sum over that ``z``."""
    for shift in shifts.values():
        assert shift.rhs is not None
        keys = {key_of(e) for e in entries(shift.rhs.args[0])}
        if {key_of(e) for e in entries(exponential)} <= keys | {None}:
            return sp.exp(exponential.args[0] - shift.atom)
    return None


# --- logarithms of what an activation computes ----------------------------------------------------


def _log(log: Expr, graph: Graph, shifts: dict[str, Definition]) -> Expr | None:
    """Write ``log f(a)`` over the pre-activation, if ``f(a)`` is a product of exponentials."""
    inner = log.args[0].xreplace(dict(_definitions(log, graph)))
    (body,), meaning = rational(inner)
    numerator, denominator = sp.fraction(sp.factor(sp.cancel(body)))
    parts = [(f, p) for f, p in _powers(numerator)] + [(f, -p) for f, p in _powers(denominator)]
    exponent = {meaning[f].args[0]: p for f, p in parts if isinstance(meaning.get(f), sp.exp)}
    done: Expr = sp.Integer(0)
    for base, power in parts:
        if isinstance(meaning.get(base), sp.exp):
            continue
        if base.is_Number:
            done += power * sp.log(base)
        elif (key := key_of(meaning.get(base, base))) in shifts:
            done += power * (shifts[key].atom + sp.log(meaning.get(base, base)))
        elif (given := graph.by_key.get(key or "")) and given.quantity.role in GIVEN:
            done += power * sp.log(meaning.get(base, base))
        elif (u := _one_plus_exp(base, meaning)) is not None:
            flip = exponent.get(u) == -power
            done += power * Softplus(-u if flip else u)
            if flip:
                del exponent[u]
        else:
            return None
    done += sum(power * u for u, power in exponent.items())
    return done if done.has(Softplus) or exponent else None


def _definitions(log: Expr, graph: Graph) -> Iterator[tuple[Expr, Expr]]:
    """Yield each activation in ``log`` with its definition's right side, at the same indices."""
    for entry in entries(log):
        definition = graph.by_key.get(key_of(entry) or "")
        if definition is None or definition.rhs is None:
            continue
        if definition.quantity.role is Role.PREACTIVATION:
            continue
        swap = {i.symbol: value for i, value in zip(definition.indices, entry.indices, strict=True)}
        yield entry, definition.rhs.xreplace(swap)


def _powers(product: Expr) -> Iterator[tuple[Expr, Expr]]:
    for factor in sp.Mul.make_args(product):
        if factor != 1:
            yield factor.as_base_exp()


def _one_plus_exp(base: Expr, meaning: dict[sp.Symbol, Expr]) -> Expr | None:
    """Return ``u`` if ``base`` is ``1 + exp(u)``."""
    constant, rest = base.as_coeff_Add()
    exponential = meaning.get(rest)
    if constant == 1 and isinstance(exponential, sp.exp):
        return exponential.args[0]
    return None
