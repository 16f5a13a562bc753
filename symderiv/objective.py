r"""From predictions to the cost: the loss of each sample, weights, penalties.

.. math::
    L_n = \sum_k \omega_k\, \ell(y_{nk}, \hat y_{nk}), \qquad
    J = \sum_n v_n L_n + \lambda_1 \sum |w| + \tfrac{\lambda_2}{2} \sum w^2

where the sum over the samples may be a mean, and weights and penalties are there if asked for. With
class numbers as labels, ``y`` is 1 at ``k = Y_n`` and 0 elsewhere, and the sum over ``k`` has one
term: the prediction is looked up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sympy as sp
from sympy import Expr

from symderiv.builder import Builder, N, Parameter, entry, index
from symderiv.errors import SpecError, did_you_mean
from symderiv.functions import LOSSES, Loss
from symderiv.graph import Definition, Fact, Index, atom
from symderiv.notation import Quantity, Role

REDUCTIONS, LABELS, WEIGHTS = ("sum", "mean"), ("one-hot", "index"), ("class", "sample")


@dataclass(frozen=True)
class Objective:
    """What is minimised, as ``Network`` says it.

    Raises ``SpecError`` for an unknown name, for labels that the loss does not take, and for a
    negative penalty.
    """

    loss: str
    reduction: str = "sum"
    labels: str = "one-hot"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    l1: Parameter = 0
    l2: Parameter = 0
    weighted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _known(self.loss, LOSSES, "loss", "loss")
        _known(self.reduction, REDUCTIONS, "reduction", "reduction")
        _known(self.labels, LABELS, "kind of labels", "labels")
        for name in self.parameters:
            _known(name, self.row.parameters, "parameter", "loss_parameters")
        for kind in self.weighted:
            _known(kind, WEIGHTS, "kind of weights", "weighted")
        if self.labels == "index" and not self.row.by_class:
            raise SpecError(f"labels: the {self.row.words} takes no class numbers")
        for path, value in (("l1", self.l1), ("l2", self.l2)):
            if not isinstance(value, str) and value < 0:
                raise SpecError(f"{path}: expected no negative number, found {value:g}")
        delta = self.parameters.get("delta", 1)
        if not isinstance(delta, str) and delta <= 0:
            raise SpecError(f"loss_parameters.delta: expected a number above 0, found {delta:g}")

    @property
    def row(self) -> Loss:
        """The loss by its row in the table."""
        return LOSSES[self.loss]

    def equations(self, build: Builder, prediction: Definition, *, after: str) -> None:
        """Add the labels ``after`` the input, then what a loss needs, the loss and the cost."""
        sample, *axes = prediction.indices
        outputs = (*axes[:-1], index("k", axes[-1]))
        labels = self._labels(sample, outputs)
        place = [d.key for d in build.definitions].index(after)
        build.definitions.insert(place + 1, labels)
        share = self._share(build, prediction, labels, outputs)
        over = outputs[:-1] if self.labels == "index" else outputs
        total = sp.Sum(share, *(i.limits for i in reversed(over))) if over else share
        count = sp.Mul(*(i.high for i in outputs)) if self.row.mean else sp.S.One
        one = build.add(Quantity(Role.LOSS), (sample,), total / count)
        build.add(Quantity(Role.COST), (), self._cost(build, one, labels))
        if self.row.one_hot and self.labels == "one-hot":
            whole = sp.Sum(labels.atom, outputs[-1].limits)
            build.facts.append(
                Fact(whole, sp.S.One, "the labels of a sample sum to 1", labels.indices[:-1])
            )

    def _labels(self, sample: Index, outputs: tuple[Index, ...]) -> Definition:
        quantity = Quantity(Role.LABEL)
        if self.labels == "index":
            classes = (sp.S.One, outputs[-1].high)
            return Definition(quantity, (sample, *outputs[:-1]), values=classes)
        return Definition(quantity, (sample, *outputs))

    def _share(
        self, build: Builder, prediction: Definition, labels: Definition, outputs: tuple[Index, ...]
    ) -> Expr:
        """Return what one output adds to the loss of its sample."""
        parameters = {
            name: build.parameter(self.parameters[name]) if name in self.parameters else usual
            for name, usual in self.row.parameters.items()
        }
        if self.labels == "index":
            at = labels.atom
            looked_up = atom(prediction.key, *(i.symbol for i in labels.indices), at)
            share = self.row.summand(sp.S.One, looked_up, **parameters)
        else:
            at = outputs[-1].symbol
            predicted = entry(prediction, prediction.indices[0], *outputs)
            share = self.row.summand(labels.atom, predicted, **parameters)
        if "class" not in self.weighted:
            return share
        weights = _weights(build, "omega", outputs[-1:], labels)
        return atom(weights.key, at) * share

    def _cost(self, build: Builder, one: Definition, labels: Definition) -> Expr:
        """Return the sum or mean of the losses, and the penalties on all weights but biases."""
        losses, (sample,) = one.atom, one.indices
        if "sample" in self.weighted:
            losses *= _weights(build, "v", (sample,), labels).atom
        terms = [sp.Sum(losses, sample.limits) / (N if self.reduction == "mean" else 1)]
        weights = [d for d in build.definitions if d.quantity.role is Role.WEIGHT]
        for value, penalty in ((self.l1, sp.Abs), (self.l2, lambda w: w**2 / 2)):
            if value == 0:
                continue
            factor = build.parameter(value)
            for weight in weights:
                if len(weight.indices) > 1:  # not the scale of a normalisation
                    limits = [i.limits for i in reversed(weight.indices)]
                    terms.append(factor * sp.Sum(penalty(weight.atom), *limits))
        return sp.Add(*terms)


def _weights(
    build: Builder, letter: str, axes: tuple[Index, ...], labels: Definition
) -> Definition:
    """Add given weights beside the labels."""
    weights = Definition(Quantity(Role.DATA, letter=letter), axes)
    build.definitions.insert(build.definitions.index(labels) + 1, weights)
    return weights


def _known(value: str, names: Collection[str], kind: str, path: str) -> None:
    if value not in names:
        raise SpecError(f"unknown {kind} '{value}' at {path}{did_you_mean(value, names)}")
