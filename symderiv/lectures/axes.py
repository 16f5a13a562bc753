"""Which axis of an array, and which index of a name, counts the units of which layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Symbol

from symderiv.lectures.costs import Found
from symderiv.lectures.tape import Cell, Tape
from symderiv.verification.model import Family, Index

Array = tuple[Family, tuple[Index, ...]]
"""A family, and the marks above its names."""
Axis = int | str
"""The place of an index, or ``"row"`` or ``"column"``."""
Axes = Mapping[Array, Mapping[Axis, frozenset[int]]]
"""For each array, the layers whose units each of its axes may count; 0 is the input."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A symbol with the number of its unit, from 0, in each layer that it belongs to."""

    symbol: Symbol
    units: Mapping[int, int]


def placed(found: Found) -> Iterator[Placed]:
    """Yield what a network is made of."""
    last = len(found.layers)
    for sample in found.samples:
        yield from (Placed(s, {0: i}) for i, s in enumerate(sample.inputs))
        yield from (Placed(s, {last: k}) for k, s in enumerate(sample.labels))
    for number, layer in enumerate(found.layers, 1):
        for i, row in enumerate(layer.weights):
            yield from (Placed(w, {number - 1: i, number: j}) for j, w in enumerate(row))
        for values in (layer.biases, layer.sums, layer.units):
            yield from (Placed(s, {number: j}) for j, s in enumerate(values))


def array_of(cell: Cell) -> Array:
    """Return of which array a cell is."""
    return cell.key.family, cell.key.sup


def cells_of(symbol: Symbol, tape: Tape) -> list[Cell]:
    """Return the cells whose value a symbol is."""
    leaf = tape.leaves.get(symbol)
    return [leaf] if leaf is not None else tape.names.get(symbol, [])


def axes_of(found: Found, tape: Tape) -> Axes:
    """Return what the axes of all arrays count: what agrees with the units in every cell."""
    axes: dict[Array, dict[Axis, frozenset[int]]] = {}
    for each in placed(found):
        for cell in cells_of(each.symbol, tape):
            known = axes.setdefault(array_of(cell), {})
            for axis, number in _numbers(cell):
                fits = frozenset(layer for layer, unit in each.units.items() if unit == number)
                known[axis] = known.get(axis, fits) & fits
    return axes


def _numbers(cell: Cell) -> Iterator[tuple[Axis, int]]:
    """Yield where a cell stands along each axis, from 0."""
    for place, index in enumerate(cell.key.sub):
        if isinstance(index, int):
            yield place, index - 1
    yield "row", cell.row
    yield "column", cell.column
