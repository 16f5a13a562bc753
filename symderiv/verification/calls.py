r"""What brackets behind a cost say: on what it depends, whose it is, or what its arguments are.

:math:`\mathcal L(\hat y, y)` only says on what the loss depends; in
:math:`\sum_i \mathcal L(\hat y_i, y_i)` it is the loss of sample i; and where
:math:`\mathcal L(a, y)` is defined and :math:`\mathcal L(a^{[2]}, y)` is used, it is a function.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeGuard

from symderiv.verification.terms import Call, Chain, Ref, Term, loose, rewritten, walk
from symderiv.verification.words import LAYER_LETTERS, Vocabulary


def settled_calls(chains: Sequence[Chain], words: Vocabulary) -> list[Chain]:
    """Return chains in which costs with brackets are names, but for those that are functions."""
    calls = [c for chain in chains for side in _sides(chain) for c in _costs(side, words)]
    functions = {
        left.function.family for left in _defined(chains, words) if _is_function(left, calls)
    }

    def change(node: Term) -> Term | None:
        if _is_cost(node, words) and node.function.family not in functions:
            return _of_sample(node)
        return None

    return [
        replace(chain, sides=tuple(s and rewritten(s, change) for s in chain.sides))
        for chain in chains
    ]


def _sides(chain: Chain) -> Iterator[Term]:
    yield from (side for side in chain.sides if side is not None)


def _costs(term: Term, words: Vocabulary) -> Iterator[Call]:
    for node in walk(term):
        if _is_cost(node, words):
            yield node


def _is_cost(node: Term, words: Vocabulary) -> TypeGuard[Call]:
    return isinstance(node, Call) and words.is_value(node.function) and not node.primes


def _defined(chains: Sequence[Chain], words: Vocabulary) -> Iterator[Call]:
    """Yield the costs that are defined by their arguments."""
    for chain in chains:
        left = chain.sides[0]
        if chain.signs[:1] not in {("=",), (":=",)} or left is None or not _is_cost(left, words):
            continue
        if all(isinstance(a, Ref) and not a.sub and not a.sup for a in left.arguments):
            yield left


def _is_function(left: Call, calls: Sequence[Call]) -> bool:
    """Whether a cost is called with something else than the names with which it is defined."""
    own = [a.family for a in left.arguments if isinstance(a, Ref)]
    return any(
        call.function.family == left.function.family
        and len(call.arguments) == len(own)
        and any(not _is_same(a, family) for a, family in zip(call.arguments, own, strict=True))
        for call in calls
    )


def _is_same(argument: Term, family: tuple[str, str, str]) -> bool:
    """Whether an argument is the name in the definition, with a sample's index or without."""
    if not isinstance(argument, Ref) or argument.family != family:
        return False
    return len(_marks(argument)) == len(argument.sub) + len(argument.sup)


def _of_sample(call: Call) -> Ref:
    """Return a cost as a name; if its arguments bear one index, it is that sample's."""
    shared = set.intersection(*map(_marks, call.arguments)) if call.arguments else set()
    name = replace(call.function, place=call.place)
    own = loose(name)
    if len(shared) == 1 and not shared & own:
        return replace(name, sup=(*name.sup, Ref(shared.pop())))
    return name


def _marks(term: Term) -> set[str]:
    """Return the letters of the indices of a term that count no layers."""
    return loose(term) - LAYER_LETTERS
