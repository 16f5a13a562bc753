r"""Layers, each as nothing but index equations; the engine derives what follows from them.

A layer reads one array, whose first axis is the sample, and adds its equations to a ``Builder``.
Features are the last axis; a sequence has its time before it, ``x_{n t i}``, an image its channels
and its positions after the sample, ``x_{n c i}`` or ``x_{n c i j}``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import sympy as sp
from sympy import Expr, Symbol

from symderiv.brackets import Within
from symderiv.errors import SpecError, did_you_mean
from symderiv.functions import ACTIVATIONS, Activation
from symderiv.graph import Definition, Fact, Index, atom
from symderiv.notation import Quantity, Role

N = Symbol("N", integer=True, positive=True)
SAMPLE = Index(Symbol("n", integer=True), N)
EPSILON = sp.Rational(1, 100000)
Size = int | str
"""A number, or the name of a size that stays a symbol."""


def size(layer: int | Expr, letter: str = "d") -> Symbol:
    """Return the symbol of a layer's width, ``d_0`` for the inputs."""
    return Symbol(f"{letter}_{layer}", integer=True, positive=True)


def index(letter: str, like: Index | Expr) -> Index:
    """Return an index with a letter of its own over the range of another, or up to a size."""
    high = like.high if isinstance(like, Index) else like
    return Index(Symbol(letter, integer=True), high)


@dataclass
class Builder:
    """Collects the equations of a network, layer by layer.

    ``sizes`` holds the number that each size symbol stands for, if it stands for one; ``facts``
    the relations that a layer's equations imply and that a derivation may use.
    """

    definitions: list[Definition] = field(default_factory=list)
    sizes: dict[Symbol, int] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    count: int = 0

    def number(self) -> int:
        """Return the number of the next layer."""
        self.count += 1
        return self.count

    def size(self, value: Size, layer: int, letter: str = "d") -> Symbol:
        """Return the symbol of a size: ``d_1`` for a number, its own name for a symbolic one."""
        if isinstance(value, str):
            return Symbol(value, integer=True, positive=True)
        symbol = size(layer, letter)
        self.sizes[symbol] = value
        return symbol

    def equate(self, start: int, sizes: Iterable[tuple[Expr, Expr]]) -> None:
        """Write, from definition ``start`` on, each first size of a pair as the second."""
        swap = {old: new for old, new in sizes if old != new}
        for place, d in enumerate(self.definitions[start:], start):
            indices = tuple(Index(i.symbol, i.high.xreplace(swap), i.low) for i in d.indices)
            rhs = d.rhs.xreplace(swap) if d.rhs is not None else None
            self.definitions[place] = Definition(d.quantity, indices, rhs)
        for old in swap:
            self.sizes.pop(old, None)

    def add(
        self, quantity: Quantity, indices: Collection[Index], rhs: Expr | None = None
    ) -> Definition:
        """Add one definition and return it."""
        definition = Definition(quantity, tuple(indices), rhs)
        self.definitions.append(definition)
        return definition


class Layer(Protocol):
    """What a network is made of."""

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the layer's equations, which read ``x``; return the last, whose role is ``role``."""
        ...


# --- what a network reads -------------------------------------------------------------------------


class Inputs(Protocol):
    """What a network reads, as its first definition."""

    def given(self, build: Builder) -> Definition:
        """Add the input and return it."""
        ...


@dataclass(frozen=True, slots=True)
class Features:
    """Numbers, ``x_{ni}``."""

    count: Size

    def given(self, build: Builder) -> Definition:
        """Add the input."""
        axis = Index(Symbol("i", integer=True), build.size(self.count, 0))
        return build.add(Quantity(Role.INPUT), (SAMPLE, axis))


@dataclass(frozen=True, slots=True)
class Sequence:
    """Numbers at each of ``steps`` times, ``x_{nti}``."""

    steps: Size
    features: Size

    def given(self, build: Builder) -> Definition:
        """Add the input."""
        time = Index(Symbol("t", integer=True), build.size(self.steps, 0, "T"))
        axis = Index(Symbol("i", integer=True), build.size(self.features, 0))
        return build.add(Quantity(Role.INPUT), (SAMPLE, time, axis))


@dataclass(frozen=True, slots=True)
class Image:
    """Channels over one or two positions, ``x_{nci}`` or ``x_{ncij}``."""

    channels: Size
    lengths: tuple[Size, ...]

    def given(self, build: Builder) -> Definition:
        """Add the input."""
        channel = Index(Symbol("c", integer=True), build.size(self.channels, 0, "c"))
        places = [
            Index(Symbol(letter, integer=True), build.size(length, 0, mark))
            for letter, mark, length in zip("pq", "mr", self.lengths, strict=False)
        ]
        return build.add(Quantity(Role.INPUT), (SAMPLE, channel, *places))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Whole numbers: one for each sample, ``x_n``, or one at each of ``steps``, ``x_{nt}``."""

    steps: Size | None = None

    def given(self, build: Builder) -> Definition:
        """Add the input; it is data inside an index, so no derivative by it exists."""
        axes = [SAMPLE]
        if self.steps is not None:
            axes.append(Index(Symbol("t", integer=True), build.size(self.steps, 0, "T")))
        return build.add(Quantity(Role.DATA, letter="X"), axes)


# --- layers ---------------------------------------------------------------------------------------


def entry(definition: Definition, *indices: Index) -> Expr:
    """Return the entry of an array at the given indices."""
    return atom(definition.key, *(i.symbol for i in indices))


def activated(
    build: Builder, linear: Definition, activation: Activation, quantity: Quantity
) -> Definition:
    r"""Add ``a = f(z)``; before a softmax :math:`s = \sum_k e^{z_k}` over the last axis."""
    z, axes = linear.atom, linear.indices
    if activation.summand is None:
        return build.add(quantity, axes, activation.formula(z))
    over = index("k", axes[-1])
    summand = activation.summand(entry(linear, *axes[:-1], over))
    total = build.add(
        Quantity(Role.NORMALISER, linear.quantity.layer), axes[:-1], sp.Sum(summand, over.limits)
    )
    return build.add(quantity, axes, activation.formula(z, total.atom))


def function(name: str, path: str = "activation") -> Activation:
    """Return an activation by its name.

    Raises ``SpecError`` for an unknown one.
    """
    if name not in ACTIVATIONS:
        raise SpecError(f"unknown activation '{name}' at {path}{did_you_mean(name, ACTIVATIONS)}")
    return ACTIVATIONS[name]


# --- dense and what stands around it --------------------------------------------------------------


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
        inner, start = x, len(build.definitions)
        for layer in self.layers:
            inner = layer.equations(build, inner, Role.ACTIVATION)
        sizes = [[build.sizes.get(i.high, i.high) for i in d.indices] for d in (x, inner)]
        if sizes[0] != sizes[1]:
            raise SpecError(f"residual: reads an array of shape {sizes[0]}, computes {sizes[1]}")
        pairs = zip(inner.indices, x.indices, strict=True)
        build.equate(start, ((old.high, new.high) for old, new in pairs))
        last = Quantity(role, build.number(), letter="" if role is Role.PREDICTION else "R")
        return build.add(last, x.indices, x.atom + entry(inner, *x.indices))


@dataclass(frozen=True, slots=True)
class Dropout:
    """Multiplies by a given mask of zeros and ones, divided by the share that is kept."""

    keep: Expr = sp.S.Half

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the mask and the product."""
        layer = build.number()
        mask = build.add(Quantity(Role.DATA, layer, letter="M"), x.indices)
        return build.add(Quantity(role, layer), x.indices, x.atom * mask.atom / self.keep)


@dataclass(frozen=True, slots=True)
class Embedding:
    """Looks up a row of a table for each token: ``a_{nj} = e_{t_n j}``; the input is tokens."""

    vocabulary: Size
    units: Size

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the table and the look-up."""
        layer = build.number()
        word = Index(Symbol("v", integer=True), build.size(self.vocabulary, layer, "v"))
        unit = Index(Symbol("j", integer=True), build.size(self.units, layer))
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

    epsilon: Expr = EPSILON

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations."""
        return _normalised(build, x, role, over=x.indices[0], epsilon=self.epsilon)


@dataclass(frozen=True, slots=True)
class LayerNorm:
    r"""Layer normalisation: as batch normalisation, over the features of each sample.

    Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.
    """

    epsilon: Expr = EPSILON

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations."""
        return _normalised(build, x, role, over=x.indices[-1], epsilon=self.epsilon)


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


# --- convolution and pooling ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conv1d:
    r"""A one-dimensional convolution over positions, with stride and zero padding.

    .. math:: z_{nop} = b_o + \sum_{c,k} w_{ock}\, x_{n c, s(p-1)+k-P}

    with ``x`` zero outside its range. The length of the result is ``(M + 2P - K) // s + 1``.
    """

    channels: Size
    width: int
    stride: int = 1
    padding: int = 0
    activation: str = "identity"

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations."""
        return _convolution(build, x, role, self)


@dataclass(frozen=True, slots=True)
class Conv2d:
    """A two-dimensional convolution: as ``Conv1d``, over both positions of an image."""

    channels: Size
    width: int
    stride: int = 1
    padding: int = 0
    activation: str = "identity"

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations."""
        return _convolution(build, x, role, self)


def _convolution(build: Builder, x: Definition, role: Role, conv: Conv1d | Conv2d) -> Definition:
    layer = build.number()
    sample, channel, *positions = x.indices
    out = Index(Symbol("o", integer=True), build.size(conv.channels, layer, "c"))
    taps = [Index(Symbol(letter, integer=True), sp.Integer(conv.width)) for letter in "kl"]
    taps = taps[: len(positions)]
    places = [
        Index(Symbol(letter, integer=True), _length(build, axis, conv, layer, letter))
        for letter, axis in zip("pq", positions, strict=False)
    ]
    inward = index("c", channel)
    kernel = build.add(Quantity(Role.WEIGHT, layer, letter="K"), (out, inward, *taps))
    bias = build.add(Quantity(Role.BIAS, layer), (out,))
    reads = [
        conv.stride * (place.symbol - 1) + tap.symbol - conv.padding
        for place, tap in zip(places, taps, strict=True)
    ]
    inside = [
        Within(read, axis.low, axis.high)
        for read, axis in zip(reads, positions, strict=True)
        if conv.padding
    ]
    value = atom(x.key, sample.symbol, inward.symbol, *reads)
    total = sp.Sum(
        kernel.atom * value * sp.Mul(*inside), inward.limits, *(tap.limits for tap in taps)
    )
    linear = build.add(
        Quantity(Role.PREACTIVATION, layer), (sample, out, *places), total + bias.atom
    )
    return activated(build, linear, function(conv.activation), Quantity(role, layer))


def _length(build: Builder, axis: Index, conv: Conv1d | Conv2d, layer: int, letter: str) -> Expr:
    """Return the number of places of the kernel along an axis."""
    if axis.high in build.sizes:
        known = build.sizes[axis.high] + 2 * conv.padding - conv.width
        if known < 0:
            raise SpecError(f"conv: a kernel of width {conv.width} does not fit the input")
        return build.size(known // conv.stride + 1, layer, "m" if letter == "p" else "r")
    if conv.stride != 1:
        raise SpecError("conv: a stride needs a length that is a number")
    return axis.high + 2 * conv.padding - conv.width + 1


@dataclass(frozen=True, slots=True)
class AveragePool:
    """The mean over windows of ``width`` positions that do not overlap."""

    width: int

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations."""
        layer, sample, channel, places, taps, reads = _windows(build, x, self.width)
        value = atom(x.key, sample.symbol, channel.symbol, *reads)
        mean = sp.Sum(value, *(tap.limits for tap in taps)) / self.width ** len(taps)
        return build.add(Quantity(role, layer), (sample, channel, *places), mean)


@dataclass(frozen=True, slots=True)
class MaxPool:
    """The greatest of each window; where it stands, from 1, is given as data.

    A derivative by the place of the greatest value is that of the value itself: the subgradient
    that chooses the given place where two are equal.
    """

    width: int

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations."""
        layer, sample, channel, places, taps, _ = _windows(build, x, self.width)
        chosen = []
        for tap, place in zip(taps, places, strict=True):
            quantity = Quantity(Role.DATA, layer, letter="M" if tap is taps[0] else "Q")
            given = build.add(quantity, (sample, channel, *places))
            chosen.append(self.width * (place.symbol - 1) + given.atom)
        rhs = atom(x.key, sample.symbol, channel.symbol, *chosen)
        return build.add(Quantity(role, layer), (sample, channel, *places), rhs)


def _windows(
    build: Builder, x: Definition, width: int
) -> tuple[int, Index, Index, list[Index], list[Index], list[Expr]]:
    """Return the indices of windows: layer, sample, channel, places, taps, and what they read."""
    layer = build.number()
    sample, channel, *positions = x.indices
    places, taps, reads = [], [], []
    for letter, tap_letter, axis in zip("pq", "kl", positions, strict=False):
        known = build.sizes.get(axis.high)
        if known is None or known % width:
            raise SpecError(f"pool: {known or axis.high} positions are no multiple of {width}")
        high = build.size(known // width, layer, "m" if letter == "p" else "r")
        place = Index(Symbol(letter, integer=True), high)
        tap = Index(Symbol(tap_letter, integer=True), sp.Integer(width))
        places.append(place)
        taps.append(tap)
        reads.append(width * (place.symbol - 1) + tap.symbol)
    return layer, sample, channel, places, taps, reads
