"""Values are arrays: the last two axes are rows and columns, the one before counts points.

A derivative by all entries of an array adds an axis in front, one entry each. Everything here says
how such values go together, and raises ``ShapeError`` where they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from symderiv.verification.functions import DomainError, Value
from symderiv.verification.model import Index, Member, Part, Unknown
from symderiv.verification.terms import Num, Term

SINGLE = (1, 1)
_HIGHEST_POWER = 64
_HIGHEST_MATRIX_POWER = 8
_WORST_CONDITION = 1e10


class ShapeError(Unknown):
    """Shapes that do not fit; ``term`` is the node where."""

    def __init__(self, message: str, term: Term) -> None:
        super().__init__(message)
        self.term = term


@lru_cache(maxsize=1024)
def scalar(number: float) -> Value:
    """Return a number as a value."""
    value = np.full((1, 1, 1), number, dtype=complex)
    value.flags.writeable = False
    return value


def size(value: Value) -> tuple[int, int]:
    """Return rows and columns of a value."""
    rows, columns = value.shape[-2:]
    return rows, columns


def transposed(value: Value) -> Value:
    """Return a value with rows and columns exchanged."""
    return np.swapaxes(value, -2, -1)


def total(value: Value) -> Value:
    """Return the sum of all entries."""
    return np.asarray(value.sum(axis=(-2, -1), keepdims=True))


# --- arithmetic -----------------------------------------------------------------------------------


def times(a: Value, b: Value, sign: str, term: Term) -> Value:
    """Multiply two values as the sign between them says."""
    if SINGLE in {size(a), size(b)}:
        return a * b
    if sign in {"odot", "circ", "ast"}:
        return together(np.multiply, a, b, term)
    if sign == "*" and size(a) == size(b):
        return a * b
    if sign == "otimes" and a.shape[-1] == b.shape[-1] == 1:
        return np.asarray(a @ transposed(b))
    if sign == "oslash":
        return together(np.divide, a, b, term)
    if a.shape[-1] == b.shape[-2]:
        return np.asarray(a @ b)
    if sign in {"cdot", "*"} and size(a) == size(b) and 1 in size(a):
        return total(a * b)
    if sign == "*":
        return together(np.multiply, a, b, term)
    raise ShapeError(f"a product of {_shown(a)} and {_shown(b)}", term)


def together(join: Callable[..., Value], a: Value, b: Value, term: Term) -> Value:
    """Join two arrays entry by entry; a row goes with each row, a column with each column."""
    apart = any(m != n and 1 not in {m, n} for m, n in zip(size(a), size(b), strict=True))
    vectors = size(a) != size(b) and 1 in size(a) and 1 in size(b)
    if apart or (vectors and SINGLE not in {size(a), size(b)}):
        raise ShapeError(f"a sum of {_shown(a)} and {_shown(b)}", term)
    return join(a, b)


def over(above: Value, below: Value, term: Term) -> Value:
    """Divide a value by another one, entry by entry if both are arrays."""
    if np.any(np.abs(below) < 1e-14):
        raise DomainError
    if SINGLE not in {size(above), size(below)}:
        return together(np.divide, above, below, term)
    return np.asarray(above / below)


def power(low: Value, high: Value) -> Value:
    """Return a power; of a square matrix it is a product of matrices, and -1 its inverse."""
    if size(high) != SINGLE:
        raise Unknown("a power with an array above")
    if not np.all(np.abs(high - np.round(high.real)) < 1e-12):
        if np.any(low.real <= 0):
            raise DomainError
        return np.asarray(np.exp(high * np.log(low)))
    number = round(float(high.real.flat[0]))
    rows, columns = size(low)
    if rows == columns > 1:
        return _matrix_power(low, number)
    if abs(number) > _HIGHEST_POWER:
        raise Unknown("a power above 64")
    if number < 0 and np.any(np.abs(low) < 1e-12):
        raise DomainError
    return np.asarray(low**number)


def _matrix_power(low: Value, number: int) -> Value:
    if number == -1:
        if np.any(np.linalg.cond(low) > _WORST_CONDITION):
            raise DomainError
        return np.asarray(np.linalg.inv(low))
    if 0 < number <= _HIGHEST_MATRIX_POWER:
        return np.asarray(np.linalg.matrix_power(low, number))
    raise Unknown("a power of a matrix")


# --- parts ----------------------------------------------------------------------------------------


def cell(entry: Sequence[Index], shape: tuple[int, int]) -> tuple[int, int]:
    """Return the row and the column, from 0, that indices from 1 mean in an array."""
    rows, columns = shape
    numbers = [i - 1 for i in entry if isinstance(i, int)]
    if len(numbers) == 2:
        found = numbers[0], numbers[1]
    elif len(numbers) == 1:
        found = (numbers[0], 0) if columns == 1 else (0, numbers[0])
    else:
        raise Unknown("an entry of what?")
    if not (0 <= found[0] < rows and 0 <= found[1] < columns):
        raise Unknown("an index outside its range")
    return found


def part_of(value: Value, part: Part) -> Value:
    """Return a part of an array: a sample's row or column, an entry, one of its rows."""
    if part and isinstance(part[0], Member):
        value, part = _member_of(value, part[0]), part[1:]
    entry = [i for i in part if not isinstance(i, Member)]
    return _entry_of(value, entry) if entry else value


def _member_of(value: Value, member: Member) -> Value:
    if not 1 <= member.number <= size(value)[member.axis]:
        raise Unknown("a sample outside the range")
    number = member.number - 1
    found = value[..., number : number + 1] if member.axis else value[..., number : number + 1, :]
    return transposed(found) if member.turned else found


def _entry_of(value: Value, entry: Sequence[Index]) -> Value:
    numbers = [i for i in entry if isinstance(i, int)]
    if len(numbers) < len(entry):
        raise Unknown("a mark where an index is expected")
    rows, columns = size(value)
    if len(numbers) == 1 and min(rows, columns) > 1:
        if not 1 <= numbers[0] <= rows:
            raise Unknown("an index outside its range")
        return np.asarray(value[..., numbers[0] - 1 : numbers[0], :])
    if numbers == [1] and (rows, columns) == SINGLE:
        return value
    row, column = cell(entry, (rows, columns))
    return np.asarray(value[..., row : row + 1, column : column + 1])


def joined(values: Sequence[Value], axis: int) -> Value:
    """Put values one after the other along rows (-2) or columns (-1)."""
    lead = np.broadcast_shapes(*(v.shape[:-2] for v in values))
    return np.concatenate([np.broadcast_to(v, (*lead, *size(v))) for v in values], axis=axis)


def block(blocks: Sequence[Sequence[Value]], term: Term | None = None) -> Value:
    """Put a matrix together from its blocks."""
    try:
        return joined([joined(row, -1) for row in blocks], -2)
    except ValueError:
        raise ShapeError("blocks that do not fit", term or Num("0")) from None


def gathered(slopes: Value, shape: tuple[int, int]) -> Value:
    """Put derivatives by the entries of an array of a shape together; they lie along axis 0.

    Of a number: an array like the one by which it is taken. Of a vector by a vector: a Jacobian,
    rows for the first. The rest has no array of two axes.
    """
    lead = slopes.shape[1:-2]
    if size(slopes) == SINGLE:
        return np.moveaxis(slopes[..., 0, 0], 0, -1).reshape((*lead, *shape))
    if 1 not in size(slopes) or 1 not in shape:
        raise Unknown("a derivative of an array by a matrix is no matrix")
    return np.moveaxis(slopes.reshape((len(slopes), *lead, -1)), 0, -1)


def _shown(value: Value) -> str:
    rows, columns = size(value)
    return f"{rows} x {columns}"
