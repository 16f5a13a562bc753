"""Costs, and names that stand for derivatives of them: what they mean where nobody says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symderiv.verification.building import Built
from symderiv.verification.model import Definition, Family
from symderiv.verification.statements import Statement, terms_of
from symderiv.verification.terms import Derivative, Ref, Term, values, walk
from symderiv.verification.words import COSTS

_PREACTIVATIONS = ("z", "Z", "a", "s", "u", "net")
_COSTS_IN_ORDER = ("J", "C", "E", "L", "ell", "Loss", "loss", "Cost", "cost")


class Reads:
    """Which families a definition reads, and what depends on what."""

    def __init__(self, built: Built) -> None:
        self.direct: dict[Family, set[Family]] = {}
        for family, definitions in built.model.definitions.items():
            found = self.direct.setdefault(family, set())
            for definition in definitions:
                found |= {n.family for n in values(definition.right) if isinstance(n, Ref)}

    def upstream(self, family: Family) -> set[Family]:
        """Return all families on which one depends, itself included."""
        found: set[Family] = set()
        waiting = [family]
        while waiting:
            now = waiting.pop()
            if now not in found:
                found.add(now)
                waiting += self.direct.get(now, ())
        return found

    def sinks(self, family: Family) -> list[Family]:
        """Return what depends on a family and is read by nothing else."""
        read = {r for f, reads in self.direct.items() for r in reads if r != f}
        return [f for f in self.direct if f not in read and family in self.upstream(f)]


def take_costs(rows: Sequence[Statement], built: Built) -> None:
    """Let a cost that nobody defines be some function of whatever nothing else reads."""
    model, reads = built.model, Reads(built)
    derivatives = [
        (node.of, [by for by in node.by if isinstance(by, Ref)])
        for term in terms_of(rows)
        for node in walk(term)
        if isinstance(node, Derivative) and isinstance(node.of, Ref)
    ]
    for of, names in derivatives:
        built.differentiated.setdefault(of.family, set()).update(by.family for by in names)
    for of, names in derivatives:
        if of.letter in COSTS and of.family not in model.definitions:
            for by in names:
                _generic(of.family, by.family, built, reads)


def _generic(cost: Family, by: Family, built: Built, reads: Reads) -> None:
    """Let an undefined cost depend on the sinks downstream of a name, or on the name itself."""
    known = built.kinds.costs.setdefault(cost, [])
    sinks = [s for s in reads.sinks(by) if s not in built.adjoints and s[0] not in COSTS]
    told = built.differentiated.get(cost, set())
    sinks = [s for s in sinks if s in told] or sinks  # an abbreviation is no output
    for sink in sinks or [by]:
        for key in _keys(sink, built):
            if key not in known:
                known.append(key)
    built.assumptions.append(f"{cost[0]} is some differentiable function, as it is not defined")


def _keys(family: Family, built: Built) -> list[Ref]:
    """Return the quantities of a family that a cost may read: those that are defined."""
    definitions = built.model.definitions.get(family, ())
    lefts = [d.left for d in definitions] or [Ref(*family[:2])]
    return list(dict.fromkeys(lefts))


def define_adjoints(rows: Sequence[Statement], built: Built) -> None:
    """Define the names of derivatives that nobody explains: ``dW``, and delta by its layer."""
    model, reads = built.model, Reads(built)
    names = [n for term in terms_of(rows) for n in values(term) if isinstance(n, Ref)]
    given = {name.family for name in names}
    for name in names:
        known = model.definitions.get(name.family, ())
        if name.family not in built.adjoints or any(_same_marks(d.left, name) for d in known):
            continue
        target = (
            replace(name, prefix="", primes=0)
            if name.prefix == "d"
            else _preactivation(name, built)
        )
        if target is not None and target.family in given:
            cost = _cost_above(target.family, built, reads)
            model.add(Definition(name, Derivative(cost, (target,), "nabla"), -1))
            built.assumptions.append(_meaning(name, cost, target))


def _cost_above(family: Family, built: Built, reads: Reads) -> Ref:
    """Return the cost that a name moves: one that is defined, or some function of what it feeds."""
    for letter in _COSTS_IN_ORDER:
        for style in ("cal", ""):
            cost = (letter, "", style)
            known = built.model.definitions.get(cost, [])
            if known and family in reads.upstream(cost):  # a total before its terms
                return min(reversed(known), key=lambda d: len(d.left.sub)).left
    some = Ref("cost")
    _generic(some.family, family, built, reads)
    return some


def _same_marks(a: Ref, b: Ref) -> bool:
    """Whether one definition serves both: letters where the other has something."""
    if len(a.sub) != len(b.sub) or len(a.sup) != len(b.sup):
        return False
    pairs = zip((*a.sub, *a.sup), (*b.sub, *b.sup), strict=True)
    return all(isinstance(x, Ref) or x == y for x, y in pairs)


def _meaning(name: Ref, cost: Ref, target: Ref) -> str:
    return f"{name.prefix}{name.letter} is the derivative of {cost.letter} by {target.letter}"


def _preactivation(name: Ref, built: Built) -> Ref | None:
    """Return the pre-activation of which delta is the derivative."""
    for letter in _PREACTIVATIONS:
        known = built.model.definitions.get((letter, "", ""))
        if known and _is_linear(known[0].right):
            return Ref(letter, sub=name.sub, sup=name.sup)
    return None


def _is_linear(right: Term) -> bool:
    """Whether a right side puts several names together, as no activation does."""
    return len({t.family for t in values(right) if isinstance(t, Ref) and t.letter != "e"}) > 1
