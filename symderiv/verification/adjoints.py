"""Costs, and names that stand for derivatives of them: what they mean where nobody says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symderiv.verification.building import Built
from symderiv.verification.meanings import Meaning
from symderiv.verification.model import Definition, Family
from symderiv.verification.statements import Statement, terms_of
from symderiv.verification.terms import Add, Derivative, Num, Ref, Term, loose, values, walk
from symderiv.verification.words import COSTS, PREACTIVATIONS

_COSTS_IN_ORDER = ("J", "C", "E", "L", "ell", "Loss", "loss", "Cost", "cost")


class Reads:
    """Which families a definition reads, and what depends on what."""

    def __init__(self, built: Built) -> None:
        self.direct: dict[Family, set[Family]] = {}
        now: set[Family] = set()
        later: set[Family] = set()
        for family, definitions in built.model.definitions.items():
            found = self.direct.setdefault(family, set())
            for definition in definitions:
                names = [n for n in values(definition.right) if isinstance(n, Ref)]
                found |= {n.family for n in names}
                later |= {n.family for n in names if _is_before(n)}
                now |= {n.family for n in names if not _is_before(n)} - {family}
        self.read_later = later - now
        shifts = (n for ds in built.model.definitions.values() for d in ds for n in values(d.right))
        letters = {x for n in shifts if isinstance(n, Ref) for x in _shifted(n)}
        built.kinds.chained = frozenset(letters - {"t"})
        for family, batch in built.kinds.batches.items():
            if family != batch.family:
                above, below = (batch.family, family) if batch.stacked else (family, batch.family)
                self.direct.setdefault(above, set()).add(below)

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
        """Return what depends on a family and is read by nothing else at its own time."""
        read = {r for f, reads in self.direct.items() for r in reads if r != f}
        read -= self.read_later
        return [f for f in self.direct if f not in read and family in self.upstream(f)]


def _is_before(name: Ref) -> bool:
    """Whether a name is that of the time or the layer before: ``h_{t-1}``."""
    return any(True for _ in _shifted(name))


def _shifted(name: Ref) -> Iterator[str]:
    """Yield the letters that stand in an index with a number: the t of ``h_{t-1}``."""
    for index in name.sub:
        if isinstance(index, Add):
            yield from (t.letter for t in index.terms if isinstance(t, Ref))


def take_costs(rows: Sequence[Statement], built: Built) -> None:
    """Let a cost that nobody defines be some function of whatever nothing else reads."""
    reads = Reads(built)
    derivatives = [
        (node.of, [by for by in node.by if isinstance(by, Ref)])
        for term in terms_of(rows)
        for node in walk(term)
        if isinstance(node, Derivative) and isinstance(node.of, Ref)
    ]
    for of, names in derivatives:
        built.differentiated.setdefault(of.family, set()).update(by.family for by in names)
    for of, names in derivatives:
        if of.letter in COSTS:
            _take_cost(of, names, built, reads)


def _take_cost(cost: Ref, names: Sequence[Ref], built: Built, reads: Reads) -> None:
    """Let a cost be some function of what names move, if neither it nor its parts are defined."""
    known = [d.left for d in built.model.definitions.get(cost.family, ())]
    if cost.family in built.kinds.totals:
        known = [left for left in known if left.sub or left.sup]
    marked = any(isinstance(i, Num) for i in cost.sub)  # C_0 is another cost than C
    if not any(not marked or left.sub for left in known):
        for name in names:
            _generic(cost.family, name.family, built, reads)


def _generic(cost: Family, by: Family, built: Built, reads: Reads) -> None:
    """Let an undefined cost depend on the sinks downstream of a name, or on the name itself."""
    known = built.kinds.costs.setdefault(cost, [])
    sinks = [s for s in reads.sinks(by) if s[0] not in COSTS and not _derived(s, built)]
    told = built.differentiated.get(cost, set())
    sinks = [s for s in sinks if s in told] or sinks  # an abbreviation is no output
    for sink in sinks or [by]:
        for key in _keys(sink, built):
            if key not in known:
                known.append(key)
    built.assumptions.append(f"{cost[0]} is some differentiable function, as it is not defined")


def _derived(family: Family, built: Built) -> bool:
    """Whether a name stands for a derivative, or is made of one: no cost rests on that."""
    known = built.model.definitions.get(family, ())
    return family in built.adjoints or any(
        isinstance(t, Derivative) or (isinstance(t, Ref) and t.family in built.adjoints)
        for d in known
        for t in walk(d.right)
    )


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
        targets = [t for t in _targets(name, built) if t.family in given]
        if targets:
            told = [c for a, c in built.kinds.words.bars.items() if name.accent.endswith(a)]
            costs = [(t, c) for t in targets for c in told or _costs_above(t.family, built, reads)]
            meanings = [Meaning(cost, target) for target, cost in costs]
            for target, cost in costs:
                _take_cost(cost, [target], built, reads)
            model.add(Definition(name, meanings[0].term, -1))
            built.meanings.setdefault(name, []).extend(meanings)


def _costs_above(family: Family, built: Built, reads: Reads) -> list[Ref]:
    """Return the costs that a name moves: those that are defined, or some function of its own."""
    found = []
    for letter in _COSTS_IN_ORDER:
        for style in ("cal", ""):
            cost = (letter, "", style)
            known = built.model.definitions.get(cost, [])
            if known and family in reads.upstream(cost):  # a total before its terms
                lefts = dict.fromkeys(d.left for d in reversed(known) if not loose(d.left))
                found += sorted(lefts, key=lambda left: len(left.sub)) or [known[-1].left]
    read = {n for f in found for d in built.model.definitions[f.family] for n in values(d.right)}
    found.sort(key=lambda cost: cost in read)
    if not found:
        found.append(Ref("cost"))
        _generic(found[0].family, family, built, reads)
    return found


def _same_marks(a: Ref, b: Ref) -> bool:
    """Whether one definition serves both: letters where the other has something."""
    if len(a.sub) != len(b.sub) or len(a.sup) != len(b.sup):
        return False
    pairs = zip((*a.sub, *a.sup), (*b.sub, *b.sup), strict=True)
    return all(isinstance(x, Ref) or x == y for x, y in pairs)


def _targets(name: Ref, built: Built) -> list[Ref]:
    """Return by what a name may be the derivative: ``dW`` by W, delta by a pre-activation."""
    target = built.kinds.words.target(name)
    if target is not None:
        return [target]
    found = []
    for letter in PREACTIVATIONS:
        known = built.model.definitions.get((letter, "", ""))
        if known and _is_linear(known[0].right):
            found.append(Ref(letter, sub=name.sub, sup=name.sup))
    return found[:1]


def _is_linear(right: Term) -> bool:
    """Whether a right side puts several names together, as no activation does."""
    return len({t.family for t in values(right) if isinstance(t, Ref) and t.letter != "e"}) > 1
