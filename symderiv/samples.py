"""The samples of a data set, and what is refused about them: each message names its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Rational

from symderiv.errors import SpecError
from symderiv.functions import Loss

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Data:
    """The samples: ``X`` of shape (N, d_0) and ``Y`` of shape (N, K), as rows.

    If labels are class numbers, each row of ``Y`` holds one, from 1 to K. ``class_weights`` are K
    numbers and ``sample_weights`` are N, for a network that is weighted by them.
    """

    X: Rows
    Y: Rows
    class_weights: tuple[float, ...] = ()
    sample_weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What data has to fit: the numbers of inputs and of outputs, None for what is a symbol."""

    inputs: int | None
    outputs: int | None
    by_class: bool = False
    weighted: frozenset[str] = frozenset()


def check_data(data: Data, shape: Shape, loss: Loss) -> None:
    """Refuse samples that do not fit the network, or labels that the loss does not take."""
    if len(data.X) != len(data.Y) or not data.X:
        raise SpecError(
            f"data: X has {len(data.X)} samples, Y has {len(data.Y)}; expected equally many"
        )
    _check_width("X", data.X, shape.inputs, "input")
    if shape.by_class:
        _check_width("Y", data.Y, 1, "sample")
        _check_classes(data.Y, shape.outputs)
    else:
        _check_width("Y", data.Y, shape.outputs, "output")
        _check_labels(data.Y, loss)
    _check_weights(data.class_weights, shape.outputs, "class", shape)
    _check_weights(data.sample_weights, len(data.X), "sample", shape)


def _check_width(label: str, rows: Rows, width: int | None, per: str) -> None:
    wanted = len(rows[0]) if width is None else width
    for place, row in enumerate(rows):
        if len(row) != wanted:
            values = "value" if wanted == 1 else "values"
            raise SpecError(
                f"data.{label}[{place}]: expected {wanted} {values}, one per {per}, "
                f"found {len(row)}"
            )


def _check_classes(rows: Rows, count: int | None) -> None:
    for place, (number,) in enumerate(rows):
        if number != int(number) or number < 1 or (count is not None and number > count):
            upto = f"to {count}" if count is not None else "on"
            raise SpecError(
                f"data.Y[{place}]: expected a class number from 1 {upto}, found {number:g}"
            )


def _check_labels(rows: Rows, loss: Loss) -> None:
    wrong = {v for v in {v for row in rows for v in row} if Rational(str(v)) not in loss.labels}
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            if value in wrong:
                raise SpecError(
                    f"data.Y[{place}][{column}]: the {loss.words} takes labels in {loss.labels}, "
                    f"found {value:g}"
                )
        if loss.one_hot and abs(sum(row) - 1) > 1e-9:
            raise SpecError(f"data.Y[{place}]: expected labels that sum to 1, found {sum(row):g}")


def _check_weights(values: Sequence[float], count: int | None, kind: str, shape: Shape) -> None:
    path = f"data.{kind}_weights"
    if kind not in shape.weighted:
        if values:
            raise SpecError(f'{path}: given, but weighted does not name "{kind}"')
        return
    if len(values) != (len(values) if count is None else count) or not values:
        raise SpecError(
            f"{path}: expected {count or 'some'} numbers, one per {kind}, found {len(values)}"
        )
    for place, value in enumerate(values):
        if value < 0:
            raise SpecError(f"{path}[{place}]: expected no negative number, found {value:g}")
