"""Whether a network and the document it was read from have the same cost, at random points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import sympy as sp
from sympy import Expr, Symbol

from symderiv.layers import Dense
from symderiv.lectures.costs import Found, Sample
from symderiv.lectures.layers import NotUnderstood
from symderiv.lectures.tape import Tape
from symderiv.network import Network
from symderiv.notation import LECTURE, Quantity, Role
from symderiv.verification.functions import DomainError, Value
from symderiv.verification.given_model import given_model
from symderiv.verification.kinds import Kinds
from symderiv.verification.model import Key, Unknown
from symderiv.verification.points import Points
from symderiv.verification.quantities import POINTS
from symderiv.verification.terms import Ref
from symderiv.verification.words import Vocabulary

_CLOSE = 1e-9


def network_of(found: Found, sizes: Sequence[int]) -> Network:
    """Return what was found as a network of some sizes, the input's first."""
    layers = zip(sizes[1:], found.layers, strict=True)
    dense = tuple(Dense(size, layer.activation) for size, layer in layers)
    return Network(sizes[0], dense, found.loss, found.reduction, notation=LECTURE)


def check_agreement(found: Found, tape: Tape, cost: Ref, points: Points) -> None:
    """Evaluate a document's cost, and that of the network that was found, with the same numbers.

    ``points`` are random points of the document's own model, in which nobody has recognised
    anything. Raises ``NotUnderstood`` if the costs differ.
    """
    try:
        wanted = points.ref(cost, {})
    except (Unknown, DomainError) as error:
        raise NotUnderstood(f"has no value at random points: {error}", found.cost) from error

    leaves = {replace(key, sample=None): whole for key, whole in points.leaves.items()}

    def value(leaf: Symbol) -> Value:
        cell = tape.leaves[leaf]
        whole = leaves[cell.key]
        return whole[..., cell.row : cell.row + 1, cell.column : cell.column + 1]

    losses = [_loss(found, sample, value) for sample in found.samples]
    total = sum(losses) * (1 / len(losses) if found.reduction == "mean" else found.copies)
    total = total + _factor(found.l2, tape, value) * sum(value(w) ** 2 for w in found.weights) / 2
    if not np.allclose(total, wanted, rtol=_CLOSE, atol=_CLOSE):
        raise NotUnderstood(
            "differs in value from the cost of the network that it looks like", found.cost
        )


def _loss(found: Found, sample: Sample, value: Callable[[Symbol], Value]) -> Value:
    """Return the loss of one sample by the network's own equations."""
    network = network_of(found, found.sizes)
    points = Points(given_model(network), Kinds(Vocabulary()))
    for definition in network.components.definitions:
        quantity = definition.quantity
        if definition.rhs is None:
            mark = (_number(quantity.layer),) if quantity.layered else ()
            below = tuple(map(_number, quantity.indices))
            key = Key((quantity.component_letter, quantity.hat, ""), below, mark)
            points.leaves[key] = value(_leaf(found, sample, quantity))
    return points.ref(Ref("L"), {})


def _leaf(found: Found, sample: Sample, quantity: Quantity) -> Symbol:
    """Return what a given quantity of the network is on the tape."""
    first, *others = [_number(i) - 1 for i in quantity.indices] or [0]
    if quantity.role is Role.INPUT:
        return sample.inputs[first]
    if quantity.role is Role.LABEL:
        return sample.labels[first]
    layer = found.layers[_number(quantity.layer) - 1]
    return layer.weights[first][others[0]] if others else layer.biases[first]


def _number(mark: object) -> int:
    """Return an index or the number of a layer, which in components is no symbol."""
    assert isinstance(mark, int)
    return mark


def _factor(factor: Expr, tape: Tape, value: Callable[[Symbol], Value]) -> Value:
    """Return the value of a factor of given numbers at each point."""
    numbers = {s: sp.Integer(n) for s, n in tape.counts.items()}
    leaves = [s for s in factor.free_symbols if s in tape.leaves]
    points = [
        numbers | {s: sp.Float(float(value(s)[n, 0, 0].real)) for s in leaves}
        for n in range(POINTS)
    ]
    return np.array([complex(factor.xreplace(point)) for point in points]).reshape((-1, 1, 1))
