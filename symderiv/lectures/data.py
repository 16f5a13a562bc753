"""Matrices of numbers in a document as the samples of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symderiv.lectures.axes import Array, Axis, array_of, axes_of, cells_of
from symderiv.lectures.reading import Reading
from symderiv.lectures.widths import Width, arrays_named
from symderiv.samples import Data, Rows
from symderiv.verification.batches import COLUMNS
from symderiv.verification.statements import Statement
from symderiv.verification.terms import Array as Matrix
from symderiv.verification.terms import Div, Mul, Neg, Num, Ref, Term, Transposed


@dataclass(frozen=True, slots=True)
class Given:
    """A matrix with one sample in each row, for the layer of inputs or of outputs.

    ``surely`` says that the document's own equations or widths tell rows from columns.
    """

    layer: int
    rows: Rows
    line: int
    surely: bool = False

    def across(self) -> Given:
        """Return the same with rows and columns exchanged."""
        return replace(self, rows=tuple(zip(*self.rows, strict=True)))

    @property
    def width(self) -> Width:
        """What it says of the width of its layer."""
        return Width(self.layer, len(self.rows[0]), self.line)


def given_samples(reading: Reading, said: Mapping[int, int]) -> list[Given]:
    """Return the matrices of inputs and of labels in a document, samples in rows.

    ``said`` are the widths of layers that are known otherwise.
    """
    axes = axes_of(reading.found, reading.tape)
    layers = _given_arrays(reading)
    found: dict[int, Given] = {}
    for name, rows, line in _matrices(reading.rows):
        for array in arrays_named(name, axes):
            if array in layers:
                layer = layers[array]
                known = axes[array] if array[0] == name.family else {}
                found[layer] = _laid_out(Given(layer, rows, line), known, said, reading)
    ordered = [found[layer] for layer in sorted(found)]
    return list(_as_many(*ordered)) if len(ordered) > 1 else ordered


def _given_arrays(reading: Reading) -> Mapping[Array, int]:
    """Return the arrays of inputs and of labels, with their layers."""
    found: dict[Array, int] = {}
    for sample in reading.found.samples:
        for layer, symbols in ((0, sample.inputs), (len(reading.found.layers), sample.labels)):
            for symbol in symbols:
                for cell in cells_of(symbol, reading.tape):
                    found[array_of(cell)] = layer
    return found


def _laid_out(
    given: Given,
    known: Mapping[Axis, frozenset[int]],
    said: Mapping[int, int],
    reading: Reading,
) -> Given:
    """Return a matrix with its samples in rows; ``known`` says what its axes count, if anything."""
    down, across = known.get("row", frozenset()), known.get("column", frozenset())
    if bool(down) != bool(across) and not any(isinstance(axis, int) for axis in known):
        given = replace(given, surely=True)
        return given.across() if down else given
    width, rows, columns = said.get(given.layer), len(given.rows), len(given.rows[0])
    if width is not None and (rows == width) != (columns == width):
        given = replace(given, surely=True)
        return given.across() if rows == width else given
    turned = any(batch.axis == COLUMNS for batch in reading.built.kinds.batches.values())
    return given.across() if turned else given


def _as_many(inputs: Given, labels: Given) -> tuple[Given, Given]:
    """Lay what may lie either way so that there are as many inputs as labels."""
    for one in (inputs, inputs.across()) if not inputs.surely else (inputs,):
        for other in (labels, labels.across()) if not labels.surely else (labels,):
            if len(one.rows) == len(other.rows):
                return one, other
    return inputs, labels


def as_data(given: Sequence[Given]) -> Data | None:
    """Return inputs and labels as samples, or None if one of them is missing."""
    if len(given) < 2:
        return None
    return Data(given[0].rows, given[1].rows)


# --- matrices of numbers --------------------------------------------------------------------------


def _matrices(rows: Sequence[Statement]) -> Iterator[tuple[Ref, Rows, int]]:
    """Yield the names that are said to be a matrix of numbers, with it and its line."""
    for row in rows:
        chain = row.chain
        if chain is None or not set(chain.signs) <= {"=", ":="} or len(chain.sides) != 2:
            continue
        name, matrix = chain.sides
        turned = isinstance(matrix, Transposed)
        inner = matrix.operand if isinstance(matrix, Transposed) else matrix
        if isinstance(name, Ref) and isinstance(inner, Matrix):
            numbers = [[_number(entry) for entry in entries] for entries in inner.rows]
            if all(value is not None for entries in numbers for value in entries):
                found = tuple(tuple(v for v in entries if v is not None) for entries in numbers)
                yield name, tuple(zip(*found, strict=True)) if turned else found, row.row.line


def _number(term: Term) -> float | None:
    match term:
        case Num(text):
            return float(text)
        case Neg(operand):
            inner = _number(operand)
            return -inner if inner is not None else None
        case Div(above, below) | Mul((above, below), ("/",)):
            first, second = _number(above), _number(below)
            return first / second if first is not None and second else None
    return None
