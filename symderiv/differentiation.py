r"""Reverse mode over a list of index equations.

The adjoint of a name ``v`` is ``dv = dJ/dv``. Walking the list backwards once, for each name ``p``,

.. math::
    \bar p_{q} = \sum_{v\ \text{uses}\ p}\ \sum_{e}\ \bar v_{e}\,
                 \frac{\partial v_{e}}{\partial p_{q}},

where the local derivative on the right comes from :func:`local`: it is linear over sums, the
derivative of an entry by an entry is a product of Kronecker deltas, and everything else is a
function of finitely many real variables, which SymPy differentiates. SymPy never differentiates an
expression with a sum in it: that is silently wrong when the sum's index is that of the entry.

Each bound index is made fresh when its sum is opened, so that no substitution can capture one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import sympy as sp
from sympy import Expr, Symbol

from symderiv.brackets import Same
from symderiv.conditions import conditions, sure
from symderiv.derivation import Step, Term
from symderiv.forms import cost, tidy
from symderiv.graph import (
    Condition,
    Definition,
    Fact,
    Graph,
    Index,
    atom,
    entries,
    key_of,
    keys_in,
)
from symderiv.indices import Fresh, contracted, deltas_apart, lettered, opened_sum
from symderiv.notation import Role
from symderiv.repetition import Layers
from symderiv.simplification import folded, matched


def local(expr: Expr, key: str, at: Sequence[Expr], fresh: Fresh) -> Iterator[Term]:
    """Yield the terms of the derivative of ``expr`` by the entry ``key[at]``."""
    if key not in keys_in(expr):
        return
    if not expr.has(sp.Sum):
        yield from _of_entries(expr, key, at)
    elif isinstance(expr, sp.Sum):
        renamed, bound = opened_sum(expr, fresh)
        for term in local(renamed, key, at, fresh):
            yield Term((*bound, *term.bound), term.body)
    elif expr.is_Add:
        for part in expr.args:
            yield from local(part, key, at, fresh)
    elif expr.is_Mul:
        for place, factor in enumerate(expr.args):
            rest = sp.Mul(*expr.args[:place], *expr.args[place + 1 :])
            for term in local(factor, key, at, fresh):
                yield Term(term.bound, rest * term.body)
    else:
        yield from _chain(expr, key, at, fresh)


def _of_entries(expr: Expr, key: str, at: Sequence[Expr]) -> Iterator[Term]:
    """Differentiate a function of finitely many entries, each a real variable to SymPy."""
    for entry in sorted((e for e in entries(expr) if key_of(e) == key), key=str):
        variable = sp.Dummy(real=True)
        slope = _named_primes(sp.diff(expr.xreplace({entry: variable}), variable))
        deltas = [Same(a - b) for a, b in zip(getattr(entry, "indices", ()), at, strict=True)]
        yield Term((), slope.xreplace({variable: entry}) * sp.Mul(*deltas))


def _chain(expr: Expr, key: str, at: Sequence[Expr], fresh: Fresh) -> Iterator[Term]:
    """Differentiate a function of arguments that contain sums, argument by argument."""
    for place, argument in enumerate(expr.args):
        if key not in keys_in(argument):
            continue
        variable = sp.Dummy(real=True)
        opened = expr.func(*expr.args[:place], variable, *expr.args[place + 1 :])
        slope = _named_primes(sp.diff(opened, variable)).xreplace({variable: argument})
        for term in local(argument, key, at, fresh):
            yield Term(term.bound, slope * term.body)


def _named_primes(expr: Expr) -> Expr:
    """Write the derivative of a function without a formula as a function: ``f'``."""
    primes = {
        derivative: sp.Function(f"{derivative.expr.func.__name__}'", real=True)(
            *derivative.expr.args
        )
        for derivative in expr.atoms(sp.Derivative)
    }
    return expr.xreplace(primes)


# --- the backward pass ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adjoint:
    """The derivative of the cost by a name, and the steps of its derivation.

    ``terms`` is what earlier names go on from; ``value`` is the same in its shortest form.
    ``facts`` are the side conditions that it rests on, those of what it is made of included;
    ``conditions`` say, likewise, why what was cancelled is not zero.
    """

    definition: Definition
    terms: tuple[Term, ...]
    value: Expr
    steps: tuple[Step, ...]
    facts: tuple[Fact, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def equation(self) -> Definition:
        """The adjoint as an index equation of its own."""
        bar = self.definition.quantity.bar()
        return replace(self.definition, quantity=bar, rhs=self.value, within=None)


def reverse(graph: Graph, seeds: Mapping[str, Expr]) -> dict[str, Adjoint]:
    """Return the adjoints of all names on which the seeded names depend, latest first.

    ``seeds`` maps names to their adjoints, at their own indices: ``{"J": 1}`` for a cost. Adjoints
    of pre-activations stay named, the others are written out in them; otherwise results would grow
    with each layer.
    """
    wanted = frozenset().union(*(graph.upstream(key) for key in seeds))
    fresh, layers = Fresh(), Layers(graph)
    found: dict[str, Adjoint] = {}
    known: dict[Hashable, Adjoint] = {}
    for definition in reversed(graph.definitions):
        key = definition.key
        if key in seeds:
            found[key] = Adjoint(definition, (Term((), seeds[key]),), seeds[key], ())
        elif key in wanted and not _fixed(definition):
            users = [graph.part(user, key) for user in graph.consumers[key] if user.key in found]
            bars = [() if named(u, graph) else found[u.key].terms for u in users]
            seen = layers.signature(definition, users, bars)
            if seen is None or seen not in known:
                known[seen] = _adjoint(definition, users, found, graph, fresh)
            moved = _moved(known[seen], definition, layers, graph)
            found[key] = _with_those_of(moved, [found[user.key] for user in users])
    return found


def _with_those_of(adjoint: Adjoint, users: Sequence[Adjoint]) -> Adjoint:
    """Add the facts and conditions of what an adjoint is made of."""
    return replace(
        adjoint,
        facts=tuple(dict.fromkeys(f for a in (adjoint, *users) for f in a.facts)),
        conditions=tuple(dict.fromkeys(c for a in (adjoint, *users) for c in a.conditions)),
    )


def _fixed(definition: Definition) -> bool:
    """Whether nobody differentiates by this name: it is data, or the name of a number."""
    number = definition.rhs is not None and definition.rhs.is_Number
    return number or definition.quantity.role in {Role.LABEL, Role.DATA}


def _moved(adjoint: Adjoint, definition: Definition, layers: Layers, graph: Graph) -> Adjoint:
    """Return the adjoint of another layer's twin as that of ``definition``."""
    here, there = definition.quantity.layer, adjoint.definition.quantity.layer
    if not isinstance(here, int) or not isinstance(there, int) or here == there:
        return adjoint
    by = here - there
    twins = {layers.moved(fact.left, by) for fact in adjoint.facts}
    return Adjoint(
        definition,
        tuple(layers.term(term, by) for term in adjoint.terms),
        layers.moved(adjoint.value, by),
        tuple(layers.step(step, by) for step in adjoint.steps),
        tuple(fact for fact in graph.facts if fact.left in twins),
        tuple(replace(c, name=layers.moved(c.name, by)) for c in adjoint.conditions),
    )


def named(definition: Definition, graph: Graph) -> bool:
    """Whether the adjoint of this name is kept as a name, and not written out where it is used.

    Those of pre-activations and of hidden values are, and those of activations that are used more
    than once.
    """
    role = definition.quantity.role
    several = len(graph.consumers[definition.key]) > 1
    return role in {Role.PREACTIVATION, Role.HIDDEN} or (role is Role.ACTIVATION and several)


def _adjoint(
    definition: Definition,
    users: Sequence[Definition],
    found: Mapping[str, Adjoint],
    graph: Graph,
    fresh: Fresh,
) -> Adjoint:
    """Gather what reaches ``definition`` from the definitions that use it."""
    free = definition.indices
    at = [index.symbol for index in free]
    products = [
        product
        for user in users
        for product in _contributions(user, found[user.key], definition.key, at, graph, fresh)
    ]
    raw = [Term(p.bound, p.bar * p.slope) for p in products]
    found_form = reduced(raw, free, graph)
    used = found_form.facts
    rules = (
        ("delta", "a Kronecker delta removes a sum", None),
        ("fact", "; ".join(fact.because for fact in used), used[0] if used else None),
        ("collect", "cancel and collect terms", None),
    )
    shown = (raw, found_form.flat, found_form.known)
    stages = [*(_closed(lettered(terms, free)) for terms in shown), found_form.value]
    target = atom(f"d{definition.key}", *at)
    steps = tuple(
        Step(target, before, after, rule, because, fact)
        for (rule, because, fact), (before, after) in zip(rules, pairwise(stages), strict=True)
        if before != after
    )
    factors = (factor for p in products for factor in (p.bar, p.local, p.slope))
    never_zero = conditions(factors, found_form.value, graph)
    if steps:
        steps = (*steps[:-1], replace(steps[-1], conditions=never_zero))
    return Adjoint(definition, found_form.terms, found_form.value, steps, used, never_zero)


@dataclass(frozen=True, slots=True)
class _Product:
    """An adjoint times a local derivative: ``slope``, which is ``local`` in known names."""

    bound: tuple[Index, ...]
    bar: Expr
    local: Expr
    slope: Expr


@dataclass(frozen=True, slots=True)
class Reduced:
    """Terms on their way to a result, and the facts that they met.

    ``flat`` has its deltas used up, ``known`` the facts put in, ``terms`` is taken together, and
    ``value`` is that in its shortest form.
    """

    flat: Sequence[Term]
    known: Sequence[Term]
    terms: tuple[Term, ...]
    value: Expr
    facts: tuple[Fact, ...]


def reduced(raw: Sequence[Term], free: Sequence[Index], graph: Graph) -> Reduced:
    """Return terms with their deltas used up, facts put in, and taken together."""
    flat = [contracted(part, free, graph) for term in raw for part in _parts(term)]
    pairs = [_with_facts(term, graph) for term in flat]
    known = [term for term, _ in pairs]
    facts = tuple(dict.fromkeys(fact for _, used in pairs for fact in used))
    terms = lettered(_merged(known, free, graph), free)
    whole = _closed(terms)
    shorter = _surely_tidy(whole, graph)
    value = shorter if cost(shorter) < cost(whole) else whole
    return Reduced(flat, known, terms, value, facts)


def _parts(term: Term) -> list[Term]:
    """Split a term so that each of its deltas is a factor."""
    apart = deltas_apart(term.body, (index.symbol for index in term.bound))
    parts = sp.Add.make_args(apart) if term.body.has(Same) else (apart,)
    return [Term(term.bound, part) for part in parts]


def _closed(terms: Sequence[Term]) -> Expr:
    return sp.Add(*(term.closed() for term in terms))


def _contributions(
    user: Definition, adjoint: Adjoint, key: str, at: Sequence[Expr], graph: Graph, fresh: Fresh
) -> Iterator[_Product]:
    """Yield adjoint times local derivative, summed over the user's own indices."""
    assert user.rhs is not None
    own = [fresh.like(index) for index in user.indices]
    swap = {old.symbol: new.symbol for old, new in zip(user.indices, own, strict=True)}
    if named(user, graph):
        bars = [Term((), atom(f"d{user.key}", *(index.symbol for index in own)))]
    else:
        bars = [renewed(term, swap, fresh) for term in adjoint.terms]
    for bar in bars:
        for term in local(user.rhs.xreplace(swap), key, at, fresh):
            slope = in_known_names(term.body, user, graph)
            yield _Product((*own, *bar.bound, *term.bound), bar.body, term.body, slope)


def in_known_names(slope: Expr, user: Definition, graph: Graph) -> Expr:
    """Write a local derivative of ``user`` in its own name and those of its consumers.

    With ``a = exp(z)/s``, the derivative ``exp(z)`` of ``s`` is ``a s``.
    """
    known = folded(slope, (user, *graph.consumers[user.key]), graph)[0]
    return known if sure(slope, known, graph) else slope


def renewed(term: Term, swap: Mapping[Symbol, Symbol], fresh: Fresh) -> Term:
    """Return the term at other free indices, with bound indices of its own."""
    bound = tuple(fresh.like(index) for index in term.bound)
    inner = {old.symbol: new.symbol for old, new in zip(term.bound, bound, strict=True)}
    return Term(bound, term.body.xreplace({**swap, **inner}))


def _merged(terms: Sequence[Term], free: Sequence[Index], graph: Graph) -> list[Term]:
    """Take terms over the same indices together where that is shorter."""
    groups: dict[tuple[Index, ...], list[Expr]] = {}
    for term in terms:
        canonical = lettered([term], free)[0]
        if canonical.body != 0:
            groups.setdefault(canonical.bound, []).append(canonical.body)
    done: list[Term] = []
    for bound, bodies in groups.items():
        apart = [Term(bound, _surely_tidy(body, graph)) for body in bodies]
        together = Term(bound, _surely_tidy(sp.Add(*bodies), graph))
        shorter = cost(together.closed()) < cost(_closed(apart))
        done += [together] if shorter or len(apart) == 1 else apart
    return [term for term in done if term.body != 0] or [Term((), sp.S.Zero)]


def _surely_tidy(expr: Expr, graph: Graph) -> Expr:
    """Tidy ``expr`` up, unless that cancels what may be zero."""
    short = tidy(expr, graph)
    return short if sure(expr, short, graph) else expr


def _with_facts(term: Term, graph: Graph) -> tuple[Term, tuple[Fact, ...]]:
    """Replace a sum by what a fact says it is, such as 1 for labels; return the facts used too."""
    for fact in graph.facts:
        if not isinstance(fact.left, sp.Sum) or len(fact.left.limits) != 1:
            continue
        variable, low, high = fact.left.limits[0]
        for index in term.bound:
            if (index.low, index.high) != (low, high):
                continue
            rest, summed = term.body.as_independent(index.symbol, as_Add=False)
            free = frozenset({variable, *(i.symbol for i in fact.indices)})
            binding = matched(fact.left.function, summed, free)
            if binding and binding[variable] == index.symbol:
                others = tuple(other for other in term.bound if other != index)
                value = Term(others, rest * fact.right.xreplace(binding))
                known, used = _with_facts(value, graph)
                return known, (fact, *used)
    return term, ()
