"""Convolution and pooling over the positions of an image, as index equations."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy import Expr, Symbol

from symderiv.brackets import Within
from symderiv.builder import Builder, Size, activated, function, index
from symderiv.errors import SpecError
from symderiv.graph import Definition, Index, atom
from symderiv.notation import Quantity, Role


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
    activation = function(conv.activation)
    flat = isinstance(conv, Conv1d)
    _check_image(x, "conv1d" if flat else "conv2d", 1 if flat else 2)
    if activation.mixes:
        raise SpecError(f"conv: {activation.name} would mix positions; expected one for each entry")
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
    return activated(build, linear, activation, Quantity(role, layer))


def _check_image(x: Definition, kind: str, *positions: int) -> None:
    """Refuse what has no channels, or not as many positions as the layer reads."""
    names = [index.symbol.name for index in x.indices]
    if len(names) - 2 not in positions or names[1] not in ("c", "o"):
        counts = " or ".join(map(str, positions))
        raise SpecError(f"{kind}: expected an image with a channel and {counts} position axes")


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
            given = build.declare(given, tap.high)
            chosen.append(self.width * (place.symbol - 1) + given.atom)
        rhs = atom(x.key, sample.symbol, channel.symbol, *chosen)
        return build.add(Quantity(role, layer), (sample, channel, *places), rhs)


def _windows(
    build: Builder, x: Definition, width: int
) -> tuple[int, Index, Index, list[Index], list[Index], list[Expr]]:
    """Return the indices of windows: layer, sample, channel, places, taps, and what they read."""
    _check_image(x, "pool", 1, 2)
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
