"""Which loss a cost is, of which predictions and labels: found by its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Expr, Rational, Symbol

from symderiv.functions import LOSSES, Loss
from symderiv.lectures.formulas import close
from symderiv.lectures.layers import FoundLayer, NotUnderstood, Pass, Reader, found_layers
from symderiv.objective import REDUCTIONS


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: what is given, what comes out, and what should."""

    inputs: tuple[Symbol, ...]
    outputs: tuple[Symbol, ...]
    labels: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A network on a tape: its layers, its samples, and what is minimised."""

    cost: Symbol
    layers: tuple[FoundLayer, ...]
    samples: tuple[Sample, ...]
    loss: str
    reduction: str
    l2: Expr = sp.S.Zero

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of all layers on the tape, the input's first."""
        return len(self.samples[0].inputs), *(len(layer.biases) for layer in self.layers)

    @property
    def weights(self) -> list[Symbol]:
        """The weights of all layers."""
        return [w for layer in self.layers for row in layer.weights for w in row]


def found_network(reader: Reader, cost: Symbol) -> Found:
    """Return the network of which a symbol is the cost.

    Raises ``NotUnderstood`` if it is none, or one whose loss is not known here.
    """
    expr = sp.expand_mul(reader.in_units(cost))
    leaves = reader.tape.leaves
    outputs = [s for s in _sorted(expr.free_symbols) if s not in leaves and reader.unit(s)]
    if not outputs:
        raise _no_layer(reader, cost)
    layers, passes = found_layers(reader, outputs)
    weights = {w for layer in layers for row in layer.weights for w in row}
    loss, penalty = _without_penalty(expr, weights)
    samples = _samples(reader, loss, set(outputs), passes)
    name, reduction = _loss(loss, samples, reader.tape.counts)
    l2 = _penalty(penalty, weights, cost)
    return Found(cost, tuple(layers), samples, name, reduction, l2)


def _no_layer(reader: Reader, cost: Symbol) -> NotUnderstood:
    """Say why a cost rests on no layer."""
    for symbol, expr in reader.tape.equations.items():
        products = [t for t in sp.Add.make_args(expr) if isinstance(t, sp.Mul) and len(t.args) == 2]
        if products and all(s in reader.tape.leaves for s in expr.free_symbols):
            return NotUnderstood("has no bias; write it as w x + b", symbol)
    return NotUnderstood(
        "rests on no layer; expected sums of weights times inputs plus a bias, w x + b", cost
    )


def _sorted(symbols: set[Symbol]) -> list[Symbol]:
    """Return symbols in the order in which they came onto the tape."""
    return sorted(symbols, key=lambda s: (len(s.name), s.name))


# --- penalties ------------------------------------------------------------------------------------


def _without_penalty(expr: Expr, weights: set[Symbol]) -> tuple[Expr, Expr]:
    """Return the terms with predictions, and those that read weights."""
    terms = sp.Add.make_args(expr)
    penalty = [term for term in terms if term.free_symbols & weights]
    return sp.Add(*(t for t in terms if t not in penalty)), sp.Add(*penalty)


def _penalty(expr: Expr, weights: set[Symbol], cost: Symbol) -> Expr:
    r"""Return the factor of :math:`\frac12 \sum w^2` over all weights, which a penalty must be."""
    squares = sp.Add(*(w**2 for w in _sorted(weights)))
    factor = expr.coeff(min(weights, key=str) ** 2) * 2
    if sp.expand(expr - factor * squares / 2) != 0:
        raise NotUnderstood(
            "a penalty on the weights that is not lambda/2 times the sum of all their squares", cost
        )
    return factor


# --- samples --------------------------------------------------------------------------------------


def _samples(
    reader: Reader, loss: Expr, outputs: set[Symbol], passes: Sequence[Pass]
) -> tuple[Sample, ...]:
    """Pair labels with predictions: those beside which they stand."""
    labels: dict[Symbol, list[Symbol]] = {output: [] for output in outputs}
    given = [s for s in loss.free_symbols if s in reader.tape.leaves]
    for leaf in sorted(given, key=lambda s: reader.tape.leaves[s].order):
        beside = loss.diff(leaf).free_symbols & outputs
        if len(beside) == 1:
            labels[beside.pop()].append(leaf)
        elif len(beside) != len(outputs) or len(outputs) == 1:
            called = reader.tape.leaves[leaf].key.name
            raise NotUnderstood(f"is {called} the label of which prediction?", None)
    counts = {len(found) for found in labels.values()}
    if counts == {0} or len(counts) > 1:
        raise NotUnderstood("a loss in which each prediction has a label was expected", None)
    return tuple(
        Sample(one.inputs, one.outputs, tuple(labels[output][n] for output in one.outputs))
        for one in passes
        for n in range(counts.copy().pop())
    )


# --- losses ---------------------------------------------------------------------------------------


def _loss(expr: Expr, samples: Sequence[Sample], counts: Mapping[Symbol, int]) -> tuple[str, str]:
    """Return the name of the loss and of the reduction that give the values of a cost.

    A half is a half rather than the mean of two, and a mean is one over samples where it may be.
    """
    points = [dict(_values(samples, shift)) for shift in range(3)]
    values = [expr.xreplace(point) for point in points]
    ratios: dict[str, list[Expr]] = {}
    for row in LOSSES.values():
        sums = [_total(row, samples, point) for point in points]
        if all(total != 0 for total in sums):
            ratios[row.name] = [v / total for v, total in zip(values, sums, strict=True)]
    rows = sorted((LOSSES[name] for name in ratios), key=lambda row: row.mean)
    for reduction in reversed(REDUCTIONS) if len(samples) == 1 else REDUCTIONS:
        for row in rows:
            for factor in _factors(row, reduction, samples, counts):
                if all(_same(ratio, factor) for ratio in ratios[row.name]):
                    return row.name, reduction
    raise NotUnderstood(f"is none of the known losses: {', '.join(LOSSES)}", None)


def _values(samples: Sequence[Sample], shift: int) -> Iterator[tuple[Symbol, Expr]]:
    """Yield values of predictions and labels, between 0 and 1."""
    symbols = dict.fromkeys(s for sample in samples for s in (*sample.outputs, *sample.labels))
    for place, symbol in enumerate(symbols):
        yield symbol, Rational(17 + (place * 37 + shift * 23) % 61, 97)


def _total(row: Loss, samples: Sequence[Sample], point: Mapping[Symbol, Expr]) -> Expr:
    pairs = [p for s in samples for p in zip(s.labels, s.outputs, strict=True)]
    return sp.N(sp.Add(*(row.summand(point[y], point[p], **row.parameters) for y, p in pairs)), 30)


def _factors(
    row: Loss, reduction: str, samples: Sequence[Sample], counts: Mapping[Symbol, int]
) -> Iterator[Expr]:
    """Yield what stands before the sum of a loss, numbers of things as letters or as numbers."""
    outputs = len(samples[0].outputs)
    kinds = {s: "outputs" if s.name in _OUTPUTS else "samples" for s in _sorted(set(counts))}
    over_samples, over_outputs = (
        [s for s, number in counts.items() if number == size and kinds[s] == kind] or [size]
        for size, kind in ((len(samples), "samples"), (outputs, "outputs"))
    )
    for one in over_samples if reduction == "mean" else (sp.S.One,):
        for other in over_outputs if row.mean else (sp.S.One,):
            yield 1 / sp.Mul(one, other)


_OUTPUTS = frozenset({"K", "C", "k", "c", "d", "n_L", "n_y", "d_y"})
"""Letters that count outputs rather than samples."""


def _same(ratio: Expr, factor: Expr) -> bool:
    symbols = _sorted(ratio.free_symbols | factor.free_symbols)
    values = {s: sp.Integer(prime) for s, prime in zip(symbols, (11, 13, 17, 19), strict=False)}
    return close(ratio.xreplace(values), factor.xreplace(values))
