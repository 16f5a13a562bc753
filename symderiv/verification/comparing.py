"""When two sides agree: in one layout, where a claim is meant, to the digits that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from symderiv.verification.arrays import SINGLE, ShapeError, size, transposed
from symderiv.verification.functions import Value
from symderiv.verification.model import Index
from symderiv.verification.terms import Num, Term, values

ROUGH = 1e-6


@dataclass(slots=True)
class Side:
    """One side of a link: its values for each choice of the free indices, or why it has none."""

    term: Term
    choices: Sequence[dict[str, Index]] = ()
    positive: bool = False
    values: list[Value | None] = field(default_factory=list)
    reason: str = ""
    shape_fault: ShapeError | None = None

    @property
    def known(self) -> bool:
        """Whether it has values."""
        return bool(self.values)


def agree(a: Side, b: Side) -> tuple[bool, str]:
    """Whether two sides agree at every choice where both are known, and in which layout."""
    if not a.known or not b.known:
        return False, ""
    pairs = zip(a.values, b.values, strict=True)
    layouts = [layout(x, y) for x, y in pairs if x is not None and y is not None]
    if not layouts or None in layouts:
        return False, ""
    turned = sorted({found for found in layouts if found})
    return len(turned) < 2, turned[0] if len(turned) == 1 else ""


def layout(a: Value, b: Value) -> str | None:
    """Return the layout in which two values agree, nothing if it is the same, or None."""
    if size(a) == size(b):
        return "" if close(a, b) else None
    if size(a) == size(b)[::-1] and close(a, transposed(b)):
        return "transposed"
    for square, vector in ((a, b), (b, a)):
        rows, columns = size(square)
        if rows == columns > 1 and set(size(vector)) == {1, rows}:
            flat = vector.reshape((len(vector), rows))
            if close(square, flat[:, :, None] * np.eye(rows)):
                return "element-wise"
    for one, many in ((a, b), (b, a)):
        if size(one) == SINGLE and close(one * np.ones(size(many)), many):
            return ""
    return None


def close(a: Value, b: Value) -> bool:
    """Whether two values agree up to what differences of fourth order get wrong."""
    return bool(np.all(_near(a, b)))


def _near(a: Value, b: Value) -> npt.NDArray[np.bool_]:
    scale = 1 + np.maximum(np.abs(a), np.abs(b))
    return np.asarray(np.abs(a - b) <= ROUGH * scale)


def agree_apart(a: Side, b: Side) -> bool:
    """Whether two sides agree wherever no two free indices have one value."""
    apart = [len(set(c.values())) == len(c) for c in a.choices]
    if all(apart) or not any(apart):
        return False
    return all(
        x is not None and y is not None and layout(x, y) is not None
        for x, y, different in zip(a.values, b.values, apart, strict=True)
        if different
    )


def agree_at_some_points(a: Side, b: Side) -> bool:
    """Whether two sides agree at some of the points, for every choice of the indices.

    Where both are 0, as behind a rectifier that is off, they say nothing.
    """
    held: npt.NDArray[np.bool_] = np.ones(1, dtype=bool)
    telling: npt.NDArray[np.bool_] = np.zeros(1, dtype=bool)
    for x, y in zip(a.values, b.values, strict=True):
        if x is None or y is None or size(x) != size(y):
            return False
        held = held & np.all(_near(x, y), axis=(-2, -1))
        telling = telling | np.any(np.abs(x) > ROUGH, axis=(-2, -1))
    return held.size > 1 and bool((held & telling).any()) and not bool(held.all())


# --- numbers as they are written ------------------------------------------------------------------


def decimals(term: Term) -> int:
    """Return the most digits behind the point that a number in a term has."""
    texts = [t.text for t in values(term) if isinstance(t, Num)]
    return max((len(text.partition(".")[2]) for text in texts), default=0)


def agree_to_digits(a: Value | None, b: Value | None, written: Term) -> bool:
    """Whether two numbers agree to the digits that are written."""
    if a is None or b is None or size(a) != size(b):
        return False
    last = 10.0 ** -decimals(written)
    return bool(np.all(np.abs(a - b) <= 1.01 * last + 1e-3 * np.abs(b)))


def apart(a: Value, b: Value) -> int:
    """Return the first point at which two values of one size differ."""
    return int(np.argmin(np.all(_near(a, b), axis=(-2, -1))))


def at_point(value: Value, point: int) -> npt.NDArray[np.float64]:
    """Return a value at one point; a constant is the same at each."""
    return np.asarray(value[min(point, len(value) - 1)].real)


def shown(value: Value, at: int = 0) -> str:
    """Return a value at one point as text."""
    point = at_point(value, at)
    if point.shape == SINGLE:
        return f"{point[0, 0]:.6g}"
    rows = ("[" + ", ".join(f"{x:.4g}" for x in row) + "]" for row in point)
    return "[" + ", ".join(rows) + "]"
