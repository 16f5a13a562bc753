r"""Named, recorded rewrites that bring a derivative to the form in which a lecturer writes it.

Each rewrite is a row: a name, the reason that is printed beside the step, and a function that
returns the rewritten expression. None is ``sympy.simplify``: every rewrite here ends, because it
either works on a finite list of generators once, or is kept only if the result is cheaper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from sympy import Expr, Symbol

from symderiv.conditions import sure
from symderiv.derivation import Step
from symderiv.forms import canonical_names, cost, rational, tidied, tidy
from symderiv.graph import Definition, Fact, Graph

LARGEST_COLLECTED = 60
"""The cost above which terms are not taken together: a sum that long is one of many paths, which a
reader wants apart, and expanding it would take longer than all the rest."""


# --- the rewrites ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Applied:
    """A rewrite that changed an expression."""

    after: Expr
    used: Definition | Fact | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One row: ``apply(expr, graph)`` yields the rewritten expressions, best first, or nothing."""

    name: str
    because: str
    apply: Callable[[Expr, Graph], Applied | None]


def _cancel(expr: Expr, graph: Graph) -> Applied | None:
    """Multiply each product out over its sums of fractions, and cancel each term.

    ``(p/a - q/(1-a)) a (1-a)`` becomes ``p (1-a) - q a``.
    """
    terms = [part for term in sp.Add.make_args(expr) for part in _distributed(term)]
    after = sp.Add(*(tidy(term, graph) for term in terms))
    return Applied(after) if after != expr and sure(expr, after, graph) else None


def sums_fractions(expr: Expr) -> bool:
    """Whether ``expr`` is a sum with a fraction among its terms."""
    return bool(expr.is_Add) and any(not sp.fraction(term)[1].is_Number for term in expr.args)


def _distributed(term: Expr) -> Iterator[Expr]:
    for factor in sp.Mul.make_args(term):
        if sums_fractions(factor):
            rest = term / factor
            for part in factor.args:
                yield from _distributed(part * rest)
            return
    yield term


def _collect(expr: Expr, graph: Graph) -> Applied | None:
    """Take the terms together if that is cheaper: ``(1-y)p - y(1-p)`` is ``p - y``."""
    if not expr.is_Add or cost(expr) > LARGEST_COLLECTED:
        return None
    after = tidy(expr, graph)
    return Applied(after) if cost(after) < cost(expr) and sure(expr, after, graph) else None


def _group(expr: Expr, graph: Graph) -> Applied | None:
    """Show a sum that a fact speaks of as a sum, so that the next step can use the fact."""
    found = _with_fact(expr, graph)
    return Applied(found[0]) if found and found[0] != expr else None


def _fact(expr: Expr, graph: Graph) -> Applied | None:
    """Use a fact about the given values, such as labels that sum to 1."""
    found = _with_fact(expr, graph)
    return Applied(found[1], found[2]) if found else None


REWRITES: Sequence[Rewrite] = (
    Rewrite("cancel", "cancel common factors", _cancel),
    Rewrite("collect", "collect terms", _collect),
    Rewrite("group", "collect terms", _group),
    Rewrite("fact", "", _fact),
)


def _with_fact(expr: Expr, graph: Graph) -> tuple[Expr, Expr, Fact] | None:
    """Find ``expr = rest + c * left`` for a fact's left side: (that form, rest + c * right, fact).

    ``c`` is the coefficient in ``expr`` of all terms of ``left``, or of all but one.
    """
    if cost(expr) > LARGEST_COLLECTED:
        return None
    for fact in graph.facts:
        names = list(sp.Add.make_args(fact.left))
        if not all(expr.has(term) for term in names):
            continue
        (body, left, right, *gens), meaning = rational(expr, fact.left, fact.right, *names)
        flat = sp.expand(body)
        if not flat.is_polynomial(*gens):
            continue
        found = []
        for coefficient, times in Counter(flat.coeff(gen) for gen in gens).items():
            if coefficient != 0 and times >= len(gens) - 1:
                rest = sp.expand(flat - coefficient * left)
                after = tidy((rest + coefficient * right).xreplace(meaning), graph)
                shown = sp.Mul(coefficient.xreplace(meaning), fact.left, evaluate=False)
                found.append((rest.xreplace(meaning) + shown, after, fact))
        best = min(found, key=lambda forms: (cost(forms[1]), str(forms[1])), default=None)
        if best is not None and cost(best[1]) < cost(expr):
            return best
    return None


def simplified(target: Expr, expr: Expr, graph: Graph) -> tuple[Expr, tuple[Step, ...]]:
    """Apply the rewrites in their order until none changes ``expr``; return it with its steps."""
    steps: list[Step] = []
    for rewrite in REWRITES:
        done = rewrite.apply(expr, graph)
        if done is None:
            continue
        because = done.used.because if isinstance(done.used, Fact) else rewrite.because
        steps.append(Step(target, expr, done.after, rewrite.name, because, done.used))
        expr = done.after
    return expr, tuple(steps)


# --- fold -----------------------------------------------------------------------------------------


def folded(
    expr: Expr, definitions: Iterable[Definition], graph: Graph
) -> tuple[Expr, tuple[Definition, ...]]:
    r"""Write ``expr`` in names that are already known: ``e^{-z}/(1+e^{-z})^2`` becomes ``a(1-a)``.

    A definition ``a = r(g)`` is solved for one of its generators ``g`` (``e^{z} = a/(1-a)``) and
    put in, if the result is cheaper and has no pole that ``expr`` had not. Returns the folded
    expression and the definitions used.
    """
    known = tuple(definitions)
    if any(definition.indices for definition in known):
        return _folded(expr, known, lambda e: tidy(e, graph))
    scalars = [e for d in known for e in (d.atom, d.rhs) if e is not None]
    letters = canonical_names(graph, expr, *scalars)
    equations = tuple(
        (d.atom.xreplace(letters), d.rhs.xreplace(letters) if d.rhs is not None else None)
        for d in known
    )
    value, used = _folded_letters(expr.xreplace(letters), equations)
    names = {letter: name for name, letter in letters.items()}
    return value.xreplace(names), tuple(known[place] for place in used)


@lru_cache(maxsize=1 << 12)
def _folded_letters(
    expr: Expr, equations: tuple[tuple[Expr, Expr | None], ...]
) -> tuple[Expr, tuple[int, ...]]:
    """Fold an expression in letters, which any network of the same form shares."""
    best, used = tidied(expr), []
    for place, (left, right) in enumerate(equations):
        for candidate in _fold_once(best, [(left, right)] if right is not None else [], tidied):
            if cost(candidate) < cost(best):
                best = candidate
                used.append(place)
                break
    return best, tuple(used)


def _folded(
    expr: Expr, definitions: Sequence[Definition], finish: Callable[[Expr], Expr]
) -> tuple[Expr, tuple[Definition, ...]]:
    best, used = finish(expr), []
    for definition in definitions:
        for candidate in _fold_once(best, instances(definition, best), finish):
            if cost(candidate) < cost(best):
                best = candidate
                used.append(definition)
                break
    return best, tuple(used)


def _fold_once(
    expr: Expr, equations: Iterable[tuple[Expr, Expr]], finish: Callable[[Expr], Expr]
) -> Iterator[Expr]:
    """Yield ``expr`` with one generator of a right side solved for and put in."""
    for name, value_of in equations:
        (body, left, right), meaning = rational(expr, name, value_of)
        for symbol in sorted(body.free_symbols & right.free_symbols & meaning.keys(), key=str):
            numerator = sp.Poly(sp.fraction(sp.together(left - right))[0], symbol)
            if numerator.degree() != 1:
                continue
            slope, offset = numerator.all_coeffs()
            value = -offset / slope
            candidate = sp.cancel(body.subs(symbol, value))
            poles = _poles(body)
            if symbol in poles:  # a zero of the value is where the generator was zero
                poles |= sp.fraction(sp.together(value))[0].free_symbols
            if _poles(candidate) <= poles:
                yield finish(candidate.xreplace(meaning))


def _poles(expr: Expr) -> frozenset[sp.Basic]:
    """Return the generators on which the denominator of a rational function depends."""
    return frozenset(sp.fraction(sp.cancel(expr))[1].free_symbols)


def instances(definition: Definition, expr: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Yield (name, right side) of ``definition`` at the indices at which ``expr`` speaks of it.

    The functions in the right side are matched with those in ``expr``, index by index.
    """
    if definition.rhs is None:
        return
    if not definition.indices:
        yield definition.atom, definition.rhs
        return
    own = [index.symbol for index in definition.indices]
    seen = set()
    patterns, targets = (
        sorted((g for g in rational(e)[1].values() if not isinstance(g, sp.Sum)), key=str)
        for e in (definition.rhs, expr)
    )
    for pattern in patterns:
        for found in targets:
            binding = matched(pattern, found, frozenset(own))
            if binding is None or len(binding) < len(own):
                continue
            at = tuple(binding[symbol] for symbol in own)
            if at not in seen:
                seen.add(at)
                yield definition.atom.xreplace(binding), definition.rhs.xreplace(binding)


def matched(pattern: Expr, expr: Expr, free: frozenset[Symbol]) -> dict[Expr, Expr] | None:
    """Match two expressions of one shape; return what each symbol of ``free`` stands for."""
    binding: dict[Expr, Expr] = {}

    def walk(left: Expr, right: Expr) -> bool:
        if left in free:
            return bool(binding.setdefault(left, right) == right)
        if left.func is not right.func or len(left.args) != len(right.args):
            return False
        if not left.args:
            return bool(left == right)
        return all(walk(a, b) for a, b in zip(left.args, right.args, strict=True))

    return binding if walk(pattern, expr) else None
