"""A derivative as an index equation in SymPy, evaluated entry by entry as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import sympy as sp
from sympy import Expr, Indexed, Symbol

from symderiv.errors import UnknownNameError, UnsupportedError, did_you_mean
from symderiv.evaluation import evaluated
from symderiv.graph import Definition
from symderiv.hand.expressions import ArrayClaim
from symderiv.hand.trials import Bench, Trial


class Entries:
    """The array that a claim stands for, at each trial.

    Raises ``UnknownNameError`` for a name that the network has not, ``UnsupportedError`` for a
    wrong number of indices.
    """

    def __init__(self, claim: ArrayClaim, bench: Bench) -> None:
        derivation = bench.derivation
        own = derivation.adjoint(str(claim.by.base.label))
        self.key = own.key.removeprefix("d")
        arrays = {d.key: d for d in (*derivation.graph.definitions, *derivation.adjoints)}
        entries = [claim.by, *sorted(claim.value.atoms(Indexed), key=str)]
        for entry in entries:
            _check(entry, arrays)
        letters = [_letter(index) for index in claim.by.indices]
        swap = dict(_swaps(claim, letters, bench.trials[0].sizes, arrays))
        indices = (replace(i, symbol=s) for i, s in zip(own.indices, letters, strict=True))
        self.definition = Definition(own.quantity, tuple(indices), claim.value.xreplace(swap))

    def __call__(self, trial: Trial) -> dict[str, object]:
        """Return the array by the name of what it is the derivative by."""
        return {self.key: evaluated(self.definition, trial.values, trial.sizes)}


def _check(entry: Indexed, arrays: Mapping[str, Definition]) -> None:
    key = str(entry.base.label)
    if key not in arrays:
        raise UnknownNameError(f"no quantity named '{key}'{did_you_mean(key, arrays)}")
    count = len(arrays[key].indices)
    if len(entry.indices) != count:
        raise UnsupportedError(f"{entry}: expected {count} indices, found {len(entry.indices)}")


def _letter(index: Expr) -> Symbol:
    if not isinstance(index, Symbol):
        raise UnsupportedError(f"{index}: expected a letter as the index of a derivative")
    return Symbol(index.name, integer=True)


def _swaps(
    claim: ArrayClaim,
    letters: Sequence[Symbol],
    sizes: Mapping[Symbol, int],
    arrays: Mapping[str, Definition],
) -> Iterator[tuple[Symbol, Symbol]]:
    """Yield the user's symbols, each with the derivation's of that name."""
    bound = {s.name for total in claim.value.atoms(sp.Sum) for s in total.variables}
    known = {s.name: s for s in sizes} | {s.name: s for s in letters}
    labels = {base.label for base in claim.value.atoms(sp.IndexedBase)}
    for symbol in sorted(claim.value.atoms(Symbol) - labels, key=str):
        if symbol.name in bound:
            yield symbol, Symbol(symbol.name, integer=True)
        elif symbol.name in known:
            yield symbol, known[symbol.name]
        elif symbol.name not in arrays:
            names = {*known, *bound, *arrays}
            raise UnknownNameError(f"no name '{symbol.name}'{did_you_mean(symbol.name, names)}")
