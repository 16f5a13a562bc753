"""Which meaning of the names of derivatives a document uses: that with which most of it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from symderiv.verification.building import Built
from symderiv.verification.comparing import agree
from symderiv.verification.meanings import Meaning
from symderiv.verification.model import Family
from symderiv.verification.sides import Sides
from symderiv.verification.statements import Statement, whole
from symderiv.verification.terms import Ref, Term, values

Meanings = Mapping[Ref, Meaning]
Claim = tuple[float, Term, Term, Term]


Votes = Counter[tuple[object, ...]]
"""How many claims hold with a choice, told by its group and what is chosen."""


def settle_meanings(rows: Sequence[Statement], built: Built, votes: Votes) -> None:
    """Choose for each group of names that are written alike what they are derivatives of.

    ``votes`` are those of other sections, to which those of this one are added.
    """
    for which, group in _groups(built).items():
        choices = dict(_choices(group, built))
        claims = list(_claims(rows, built, {name.family for name in group}))
        for chosen, choice in choices.items():
            votes[which, *chosen] += _score(claims, choice, built)
        best = max(choices, key=lambda chosen: votes[which, *chosen])
        _define(choices[best], built)
        built.assumptions += [meaning.words(name) for name, meaning in choices[best].items()]


def _groups(built: Built) -> Mapping[object, Mapping[Ref, Sequence[Meaning]]]:
    """Return the names of derivatives by their letter, those of samples together."""
    groups: dict[object, dict[Ref, Sequence[Meaning]]] = {}
    for name, meanings in built.meanings.items():
        target = meanings[0].target.family
        which = target in built.kinds.batches if name.prefix else name.letter
        groups.setdefault(which, {})[name] = meanings
    return groups


def _choices(
    group: Mapping[Ref, Sequence[Meaning]], built: Built
) -> Iterator[tuple[tuple[object, ...], Meanings]]:
    """Yield what the names may mean: of which cost, of a share of it, the other sign."""
    costs = dict.fromkeys(m.cost for meanings in group.values() for m in meanings)
    signed = (False, True) if not any(name.prefix for name in group) else (False,)
    shared = (False, True) if any(_samples(ms[0], built) > 1 for ms in group.values()) else (False,)
    for negative, share, cost in product(signed, shared, costs):
        chosen = negative, share, cost
        yield (
            chosen,
            {
                name: replace(
                    next((m for m in meanings if m.cost == cost), meanings[0]),
                    times=_samples(meanings[0], built) if share else 1,
                    negative=negative,
                )
                for name, meanings in group.items()
            },
        )


def _samples(meaning: Meaning, built: Built) -> int:
    """Return how many samples the batch has that a derivative is taken by, or 1."""
    batch = built.kinds.batches.get(meaning.target.family)
    if batch is None:
        return 1
    shapes = [s for (f, *_), s in built.kinds.shapes.items() if f == batch.family]
    return max((shape[batch.axis] for shape in shapes), default=1)


def _define(meanings: Meanings, built: Built) -> None:
    """Take meanings into the model in place of those that are there."""
    for name, meaning in meanings.items():
        known = built.model.definitions[name.family]
        place = next(n for n, d in enumerate(known) if d.left == name and d.at < 0)
        known[place] = replace(known[place], right=meaning.term)


def _claims(rows: Sequence[Statement], built: Built, families: set[Family]) -> Iterator[Claim]:
    """Yield the claims in which some of the names stand, each with the side that it is about."""
    for row in rows:
        chain = whole(row)
        if chain is None or row.error is not None:
            continue
        first = row.first if row.first is not None else chain.sides[0]
        kinds = built.links.get(row.at, [])
        for left, kind, right in zip(chain.sides, kinds, chain.sides[1:], strict=False):
            if kind not in {"claim", "restated"} or left is None or right is None or first is None:
                continue
            if any(isinstance(t, Ref) and t.family in families for t in _nodes(first, left, right)):
                yield row.at, first, left, right


def _nodes(*terms: Term) -> Iterator[Term]:
    for term in terms:
        yield from values(term)


def _score(claims: Sequence[Claim], choice: Meanings, built: Built) -> int:
    """Return how many of some claims hold with a choice of meanings."""
    _define(choice, built)
    count = 0
    for at, *terms in claims:
        base, before, side = Sides(built.model, built.kinds, at).of(terms)
        count += agree(base, side)[0] or agree(before, side)[0]
    return count
