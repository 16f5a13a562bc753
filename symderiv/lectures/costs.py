"""Which loss a cost is, of which predictions and labels: found by its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Expr, Rational, Symbol

from symderiv.functions import LOSSES, Loss
from symderiv.lectures.formulas import close
from symderiv.lectures.layers import FoundLayer, NotUnderstood, Pass, Reader, found_layers
from symderiv.lectures.tape import Tape


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: what is given, what comes out, and what should."""

    inputs: tuple[Symbol, ...]
    outputs: tuple[Symbol, ...]
    labels: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A network on a tape: its layers, its samples, and what is minimised.

    There are ``copies`` of each sample where the document does not tell them apart.
    """

    cost: Symbol
    layers: tuple[FoundLayer, ...]
    samples: tuple[Sample, ...]
    loss: str
    reduction: str
    copies: int
    l2: Expr = sp.S.Zero

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of all layers on the tape, the input's first."""
        return len(self.samples[0].inputs), *(len(layer.biases) for layer in self.layers)

    @property
    def count(self) -> int:
        """The number of samples."""
        return len(self.samples) * self.copies

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
    name, reduction, copies = _loss(loss, samples, reader.tape)
    l2 = _penalty(penalty, weights, cost)
    return Found(cost, tuple(layers), samples, name, reduction, copies, l2)


def _no_layer(reader: Reader, cost: Symbol) -> NotUnderstood:
    """Say why a cost rests on no layer."""
    for symbol, expr in reader.tape.equations.items():
        terms = sp.Add.make_args(expr)
        products = [t for t in terms if isinstance(t, sp.Mul) and len(t.args) == 2]
        given = all(s in reader.tape.leaves for s in expr.free_symbols)
        if len(products) == len(terms) and given:
            return NotUnderstood("has no bias; expected w x + b, as all layers here are", symbol)
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


def _loss(expr: Expr, samples: Sequence[Sample], tape: Tape) -> tuple[str, str, int]:
    """Return the loss and the reduction that give the values of a cost, and how many copies.

    A half is a half rather than the mean of two.
    """
    points = [dict(_values(samples, shift)) for shift in range(3)]
    values = [expr.xreplace(point) for point in points]
    ratios: dict[str, list[Expr]] = {}
    for row in LOSSES.values():
        sums = [_total(row, samples, point) for point in points]
        if all(total != 0 for total in sums):
            ratios[row.name] = [v / total for v, total in zip(values, sums, strict=True)]
    rows = sorted((LOSSES[name] for name in ratios), key=lambda row: row.mean)
    for row in rows:
        for reduction, copies, factor in _factors(row, samples, tape):
            if all(_same(ratio, factor) for ratio in ratios[row.name]):
                return row.name, reduction, copies
    raise NotUnderstood(f"is none of the known losses: {', '.join(LOSSES)}", None)


def _values(samples: Sequence[Sample], shift: int) -> Iterator[tuple[Symbol, Expr]]:
    """Yield values of predictions and labels, between 0 and 1."""
    symbols = dict.fromkeys(s for sample in samples for s in (*sample.outputs, *sample.labels))
    for place, symbol in enumerate(symbols):
        yield symbol, Rational(17 + (place * 37 + shift * 23) % 61, 97)


def _total(row: Loss, samples: Sequence[Sample], point: Mapping[Symbol, Expr]) -> Expr:
    pairs = [p for s in samples for p in zip(s.labels, s.outputs, strict=True)]
    return sp.N(sp.Add(*(row.summand(point[y], point[p], **row.parameters) for y, p in pairs)), 30)


def _factors(row: Loss, samples: Sequence[Sample], tape: Tape) -> Iterator[tuple[str, int, Expr]]:
    """Yield how losses may be joined: the reduction, the copies of each sample, and the factor.

    Numbers of things are letters where the document has letters for them.
    """
    count, outputs = len(samples), len(samples[0].outputs)
    letters = [s for s in _sorted(set(tape.counts)) if s.name not in _OUTPUTS]
    widths = [s for s, n in tape.counts.items() if n == outputs and s not in letters] or [outputs]
    for width in widths if row.mean else [sp.S.One]:
        for copies in (1, *sorted(span for span in tape.spans if span > 1 and count == 1)):
            if count * copies > 1:
                yield "sum", copies, copies / sp.Mul(width)
            every = [s for s in letters if tape.counts[s] == count * copies]
            for number in every or [sp.Integer(count * copies)]:
                yield "mean", copies, copies / sp.Mul(number, width)


_OUTPUTS = frozenset({"K", "C", "k", "c", "d", "n_L", "n_y", "d_y"})
"""Letters that count outputs rather than samples."""


def _same(ratio: Expr, factor: Expr) -> bool:
    symbols = _sorted(ratio.free_symbols | factor.free_symbols)
    values = {s: sp.Integer(prime) for s, prime in zip(symbols, (11, 13, 17, 19), strict=False)}
    return close(ratio.xreplace(values), factor.xreplace(values))
