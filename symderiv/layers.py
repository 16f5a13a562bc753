"""Layers, each as nothing but index equations; the engine derives what follows from them.

These work on features; ``convolution``, ``recurrence`` and ``attention`` hold those for images and
sequences.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy import Expr, Symbol

from symderiv.builder import (
    Builder,
    Layer,
    Parameter,
    Size,
    activated,
    entry,
    function,
    index,
    stacked,
)
from symderiv.errors import SpecError
from symderiv.functions import Activation
from symderiv.graph import Definition, Fact, Index, atom
from symderiv.notation import Quantity, Role

EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Dense:
    r"""A linear sum over the features with a bias, then an activation by name.

    .. math:: z_{nj} = \sum_i x_{ni} w_{ij} + b_j, \qquad a_{nj} = f(z_{nj})

    On an image the sum runs over all channels and positions; on a sequence each time step has its
    own sum with the same weights.
    """

    units: Size
    activation: str = "identity"

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations."""
        layer = build.number()
        units = build.size(self.units, layer)
        return dense_equations(build, x, layer, units, function(self.activation), role)


def dense_equations(
    build: Builder,
    x: Definition,
    layer: int | Expr,
    units: Expr,
    activation: Activation,
    role: Role,
) -> Definition:
    """Add a dense layer's weights, biases, linear sum and activation; return the last."""
    unit = Index(Symbol("j", integer=True), units)
    kept, summed = _split(x)
    inward = [index(letter, axis) for letter, axis in zip("ipq", summed, strict=False)]
    weight = build.add(Quantity(Role.WEIGHT, layer), (*inward, unit))
    bias = build.add(Quantity(Role.BIAS, layer), (unit,))
    total = sp.Sum(entry(x, *kept, *inward) * weight.atom, *(i.limits for i in inward))
    linear = build.add(Quantity(Role.PREACTIVATION, layer), (*kept, unit), total + bias.atom)
    return activated(build, linear, activation, Quantity(role, layer))


def _split(x: Definition) -> tuple[tuple[Index, ...], tuple[Index, ...]]:
    """Return the axes that a dense layer keeps (sample and time) and those that it sums over."""
    kept = tuple(i for i in x.indices if i.symbol.name in ("n", "t"))
    return kept, tuple(i for i in x.indices if i not in kept)


@dataclass(frozen=True, slots=True)
class Residual:
    """Layers with a bypass: what they read is added to what they compute, ``a = x + F(x)``."""

    layers: tuple[Layer, ...]

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations of the layers, and the sum.

        Raises ``SpecError`` if the layers change the shape.
        """
        start = len(build.definitions)
        inner = stacked(build, self.layers, x, Role.ACTIVATION)
        sizes = [[build.sizes.get(i.high, i.high) for i in d.indices] for d in (x, inner)]
        if sizes[0] != sizes[1]:
            raise SpecError(
                f"residual: reads an array of shape {_shown(sizes[0])}, computes one of shape "
                f"{_shown(sizes[1])}"
            )
        pairs = zip(inner.indices, x.indices, strict=True)
        build.equate(start, ((old.high, new.high) for old, new in pairs))
        last = Quantity(role, build.number(), letter="" if role is Role.PREDICTION else "R")
        return build.add(last, x.indices, x.atom + entry(inner, *x.indices))


def _shown(sizes: list[Expr]) -> str:
    return " x ".join(map(str, sizes))


@dataclass(frozen=True, slots=True)
class Dropout:
    """Multiplies by a given mask of zeros and ones, divided by the share that is kept."""

    keep: Parameter = 0.5

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the mask and the product."""
        layer = build.number()
        mask = build.add(Quantity(Role.DATA, layer, letter="M"), x.indices)
        keep = build.parameter(self.keep)
        return build.add(Quantity(role, layer), x.indices, x.atom * mask.atom / keep)


@dataclass(frozen=True, slots=True)
class Embedding:
    """Looks up a row of a table for each token: ``a_{nj} = e_{t_n j}``; the input is tokens."""

    vocabulary: Size
    units: Size

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the table and the look-up; the tokens are numbers of its rows, from 1.

        Raises ``SpecError`` if the input is not tokens.
        """
        if x.quantity.role is not Role.DATA:
            raise SpecError("embedding: expected tokens to look up, found numbers")
        layer = build.number()
        word = Index(Symbol("v", integer=True), build.size(self.vocabulary, layer, "v"))
        unit = Index(Symbol("j", integer=True), build.size(self.units, layer))
        build.declare(x, word.high)
        table = build.add(Quantity(Role.WEIGHT, layer, letter="E"), (word, unit))
        rhs = atom(table.key, x.atom, unit.symbol)
        return build.add(Quantity(role, layer), (*x.indices, unit), rhs)


# --- normalisation --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchNorm:
    r"""Batch normalisation in its training form, over the samples of the batch.

    .. math::
        \hat x_{nj} = \frac{x_{nj} - \mu_j}{s_j}, \quad
        s_j = \sqrt{\tfrac1N \sum_n (x_{nj} - \mu_j)^2 + \epsilon}, \quad
        a_{nj} = \gamma_j \hat x_{nj} + \beta_j

    Source: Ioffe and Szegedy, "Batch Normalization", 2015, algorithm 1.
    """

    epsilon: Parameter = EPSILON

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations.

        Raises ``SpecError`` for a sequence or an image.
        """
        if len(x.indices) != 2:
            raise SpecError("batch_norm: expected features, one axis beside the samples")
        return _normalised(build, x, role, over=x.indices[0], epsilon=build.parameter(self.epsilon))


@dataclass(frozen=True, slots=True)
class LayerNorm:
    r"""Layer normalisation: as batch normalisation, over the features of each sample.

    Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.
    """

    epsilon: Parameter = EPSILON

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations.

        Raises ``SpecError`` for an image.
        """
        if len(x.indices) > 2 and x.indices[1].symbol.name != "t":
            raise SpecError("layer_norm: expected features or a sequence, found an image")
        return _normalised(
            build, x, role, over=x.indices[-1], epsilon=build.parameter(self.epsilon)
        )


def _normalised(
    build: Builder, x: Definition, role: Role, *, over: Index, epsilon: Expr
) -> Definition:
    """Add mean, spread, the normalised values, scale and shift."""
    layer = build.number()
    kept = tuple(i for i in x.indices if i != over)
    feature = x.indices[-1:]
    mean = build.add(
        Quantity(Role.HELPER, layer, letter="mu"), kept, sp.Sum(x.atom, over.limits) / over.high
    )
    square = sp.Sum((x.atom - mean.atom) ** 2, over.limits) / over.high
    spread = build.add(Quantity(Role.HELPER, layer, letter="s"), kept, sp.sqrt(square + epsilon))
    normal = build.add(
        Quantity(Role.HIDDEN, layer, letter="X", accent="hat"),
        x.indices,
        (x.atom - mean.atom) / spread.atom,
    )
    build.facts.append(
        Fact(sp.Sum(normal.atom, over.limits), sp.S.Zero, "the normalised values sum to 0", kept)
    )
    scale = build.add(Quantity(Role.WEIGHT, layer, letter="gamma"), feature)
    shift = build.add(Quantity(Role.BIAS, layer, letter="beta"), feature)
    return build.add(Quantity(role, layer), x.indices, scale.atom * normal.atom + shift.atom)
