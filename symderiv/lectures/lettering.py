"""How a document writes a network, as a notation: letters, order of indices, marks of layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sympy import Symbol

from symderiv.latex.layout import SYMBOLS
from symderiv.lectures.axes import axes_of, cells_of
from symderiv.lectures.reading import Reading
from symderiv.lectures.tape import Cell
from symderiv.notation import Profile, Role
from symderiv.profiles import PROFILES
from symderiv.verification.batches import COLUMNS
from symderiv.verification.terms import Ref, walk

_BRACKETS = ((r"\^\{?\s*\[", "[]"), (r"\^\{?\s*\(", "()"), (r"\^", ""), (r"_", "_"))


def notation_of(reading: Reading) -> str | Profile:
    """Return the name of the shipped notation in which a document is written, or its own one."""
    choices = dict(_choices(reading))
    letters = dict(_letters(reading))
    bias = {letters[role][1] for role in (Role.BIAS, Role.WEIGHT) if role in letters}
    known = [p for p in PROFILES.values() if p.bias_index is None or len(bias) == 1]
    best = min(known, key=lambda p: len(_changes(p, choices)) + len(_other(p, letters)))
    changes, other = _changes(best, choices), _other(best, letters)
    if not changes and not other:
        return best.key
    return replace(best, **changes, letters={**best.letters, **other})


def _changes(profile: Profile, choices: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in choices.items() if getattr(profile, name) != value}


def _other(
    profile: Profile, letters: Mapping[Role, tuple[str, str, str]]
) -> dict[Role, tuple[str, str, str]]:
    usual = {role: profile.letters.get(role, role.value) for role in letters}
    return {role: names for role, names in letters.items() if usual[role] != names}


# --- order and marks ------------------------------------------------------------------------------


def _choices(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield what a document tells of the choices of a notation."""
    axes = axes_of(reading.found, reading.tape)
    turned: set[bool] = set()
    for number, layer in enumerate(reading.found.layers, 1):
        for symbol in (w for row in layer.weights for w in row):
            for cell in cells_of(symbol, reading.tape):
                known = axes[cell.key.family, cell.key.sup]
                first, second = _pair(cell)
                ways = known.get(first, frozenset()), known.get(second, frozenset())
                if len(ways[0]) == len(ways[1]) == 1 and ways[0] != ways[1]:
                    turned.add(number in ways[0])
    if len(turned) == 1:
        yield "weights", "to-from" if turned == {True} else "from-to"
    kinds = reading.built.kinds
    batches = {batch.axis for batch in kinds.batches.values()}
    if batches or (kinds.tensor and len(turned) == 1):
        columns = COLUMNS in batches if batches else turned == {True}
        yield "samples", "columns" if columns else "rows"
    mark = _layer_mark(reading)
    if mark is not None:
        yield "layer", mark


def _pair(cell: Cell) -> tuple[int | str, int | str]:
    """Return the two axes of an entry: its indices, or the row and the column."""
    count = sum(isinstance(index, int) for index in cell.key.sub)
    return (0, 1) if count == 2 else ("row", "column")


def _layer_mark(reading: Reading) -> str | None:
    """Return the brackets round the layers of weights."""
    families = {
        cell.key.family
        for layer in reading.found.layers
        for bias in layer.biases
        for cell in cells_of(bias, reading.tape)
        if cell.key.sup
    }
    for row in reading.rows:
        for side in row.chain.sides if row.chain is not None else ():
            for node in walk(side) if side is not None else ():
                if isinstance(node, Ref) and node.family in families and node.sup:
                    text = row.text(node)
                    return next((k for pattern, k in _BRACKETS if re.search(pattern, text)), None)
    return None


# --- letters --------------------------------------------------------------------------------------


def _letters(reading: Reading) -> Iterator[tuple[Role, tuple[str, str, str]]]:
    """Yield the letters of each role, where they are the same in all layers."""
    found: dict[Role, set[tuple[str, str, str]]] = {}
    for role, cells in _by_role(reading):
        for cell in cells:
            names = _names(role, cell)
            if names is not None:
                found.setdefault(role, set()).add(names)
    yield from ((role, next(iter(names))) for role, names in found.items() if len(names) == 1)


def _by_role(reading: Reading) -> Iterator[tuple[Role, list[Cell]]]:
    found, tape = reading.found, reading.tape

    def cells(symbol: Symbol) -> list[Cell]:
        return cells_of(symbol, tape)

    yield Role.INPUT, cells(found.samples[0].inputs[0])
    yield Role.LABEL, cells(found.samples[0].labels[0])
    for layer in found.layers:
        yield Role.WEIGHT, cells(layer.weights[0][0])
        yield Role.BIAS, cells(layer.biases[0])
        if layer.activation != "identity":
            yield Role.PREACTIVATION, cells(layer.sums[0])
    for layer in found.layers[:-1]:
        yield Role.ACTIVATION, cells(layer.units[0])[:1]
    yield Role.PREDICTION, [c for c in cells(found.layers[-1].units[0]) if c.key.family[1]][:1]
    role = Role.LOSS if found.count == 1 else Role.COST
    yield role, cells(found.cost)


def _names(role: Role, cell: Cell) -> tuple[str, str, str] | None:
    """Return the letter of the array, that of an entry, and the accent."""
    letter, accent, _ = cell.key.family
    if not (letter in SYMBOLS or (len(letter) == 1 and letter.isascii())):
        return None
    if role in {Role.LOSS, Role.COST, Role.BIAS} or letter in SYMBOLS:
        return letter, letter, accent
    return letter.upper(), letter.lower(), accent
