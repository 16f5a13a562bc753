r"""What a network reads, and the list of equations that its layers add to.

A layer reads one array, whose first axis is the sample, and adds its equations to a ``Builder``.
Features are the last axis; a sequence has its time before it, ``x_{n t i}``, an image its channels
and its positions after the sample, ``x_{n c p}`` or ``x_{n c p q}``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import sympy as sp
from sympy import Expr, Symbol

from symderiv.errors import SpecError, did_you_mean
from symderiv.functions import ACTIVATIONS, REALS, Activation
from symderiv.graph import Definition, Fact, Index, atom
from symderiv.notation import Quantity, Role

N = Symbol("N", integer=True, positive=True)
SAMPLE = Index(Symbol("n", integer=True), N)
Size = int | str
"""A number, or the name of a size that stays a symbol."""
Parameter = float | str
"""A number, or the name of one that stays a symbol."""
_NAME = re.compile(r"([a-z][A-Za-z]*)(?:_(\d+))?")


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

    ``sizes`` holds the number that each size symbol stands for, if it stands for one, ``named`` the
    sizes that the user named; ``facts`` the relations that a layer's equations imply and that a
    derivation may use. ``path`` is where the layer stands whose equations are being added.
    """

    definitions: list[Definition] = field(default_factory=list)
    sizes: dict[Symbol, int] = field(default_factory=dict)
    named: set[Symbol] = field(default_factory=set)
    facts: list[Fact] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    count: int = 0

    def number(self) -> int:
        """Return the number of the next layer."""
        self.count += 1
        return self.count

    def size(self, value: Size, layer: int, letter: str = "d") -> Symbol:
        """Return the symbol of a size: ``d_1`` for a number, its own name for a symbolic one.

        Raises ``SpecError`` if a name is already that of a number.
        """
        if isinstance(value, str):
            symbol = Symbol(value, integer=True, positive=True)
            self.named.add(symbol)
        else:
            symbol = size(layer, letter)
            self.sizes[symbol] = value
        if symbol in self.named and symbol in self.sizes:
            raise SpecError(f"the size '{symbol}' has that name already as a number; name it anew")
        return symbol

    def equate(self, start: int, sizes: Iterable[tuple[Expr, Expr]]) -> None:
        """Write, from definition ``start`` on, each first size of a pair as the second."""
        swap = {old: new for old, new in sizes if old != new}
        for place, d in enumerate(self.definitions[start:], start):
            indices = _swapped(d.indices, swap)
            rhs = d.rhs.xreplace(swap) if d.rhs is not None else None
            self.definitions[place] = replace(d, indices=indices, rhs=rhs)
        self.facts = [
            Fact(f.left.xreplace(swap), f.right, f.because, _swapped(f.indices, swap))
            for f in self.facts
        ]
        for old in swap:
            self.sizes.pop(old, None)

    def add(
        self,
        quantity: Quantity,
        indices: Collection[Index],
        rhs: Expr | None = None,
        *,
        within: sp.Set | None = None,
    ) -> Definition:
        """Add one definition and return it."""
        definition = Definition(quantity, tuple(indices), rhs, within=within)
        self.definitions.append(definition)
        return definition

    def declare(self, whole: Definition, high: Expr) -> Definition:
        """Say of whole-number data that they run from 1 to ``high``; return the definition."""
        declared = replace(whole, values=(sp.S.One, high))
        self.definitions[self.definitions.index(whole)] = declared
        return declared

    def parameter(self, value: Parameter) -> Expr:
        """Return a parameter of a formula: a number, or the name of one that is given."""
        if not isinstance(value, str):
            return sp.Rational(str(value))
        match = _NAME.fullmatch(value)
        if match is None:
            raise SpecError(
                f"expected a number or a name such as delta or lambda_2, found '{value}'"
            )
        base, sub = match.groups()
        quantity = Quantity(Role.DATA, letter=base, indices=(int(sub),) if sub else ())
        return self._once(Definition(quantity))

    def constant(self, letter: str, value: Expr) -> Expr:
        """Return a number that is known by its name."""
        return self._once(Definition(Quantity(Role.HELPER, letter=letter), (), value))

    def _once(self, scalar: Definition) -> Expr:
        """Add a number by name, unless it is there; refuse a name that means something else.

        It stands before all else, and so before the other factors of a product.
        """
        known = next((d for d in self.definitions if d.key == scalar.key), None)
        if known is None:
            self.definitions.insert(0, scalar)
        elif known != scalar:
            raise SpecError(f"the name '{scalar.key}' has a meaning already; choose another")
        return scalar.atom


def _swapped(indices: Iterable[Index], swap: Mapping[Expr, Expr]) -> tuple[Index, ...]:
    return tuple(replace(i, high=i.high.xreplace(swap)) for i in indices)


class Layer(Protocol):
    """What a network is made of."""

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the layer's equations, which read ``x``; return the last, whose role is ``role``."""
        ...


def stacked(build: Builder, layers: Iterable[Layer], x: Definition, role: Role) -> Definition:
    """Add the equations of layers, each reading the one before; the last one's role is ``role``.

    If one refuses, the builder's path says which.
    """
    chain = tuple(layers)
    for place, layer in enumerate(chain, start=1):
        build.path.append(f"layers[{place - 1}]")
        x = layer.equations(build, x, role if place == len(chain) else Role.ACTIVATION)
        build.path.pop()
    return x


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
    r"""Add ``a = f(z)``; before a softmax :math:`s = \sum_k e^{z_k}` over the last axis.

    Before a formula that reads a gate, ``g`` is added as a name of its own.
    """
    z, axes = linear.atom, linear.indices
    more: list[Expr] = []
    if activation.gate is not None:
        letter = activation.gate_letter
        helper = Quantity(Role.HELPER, quantity.layer, letter=letter, time=linear.quantity.time)
        more.append(activated(build, linear, activation.gate, helper).atom)
    if activation.summand is not None:
        over = index("k", axes[-1])
        summand = activation.summand(entry(linear, *axes[:-1], over))
        total = Quantity(
            Role.NORMALISER,
            linear.quantity.layer,
            letter="R" if linear.quantity.letter else "",
            time=linear.quantity.time,
        )
        more.append(build.add(total, axes[:-1], sp.Sum(summand, over.limits)).atom)
    more += [build.constant(letter, value) for letter, value in activation.constants.items()]
    within = None if activation.range == REALS else activation.range
    return build.add(quantity, axes, activation.formula(z, *more), within=within)


def function(name: str, path: str = "activation") -> Activation:
    """Return an activation by its name.

    Raises ``SpecError`` for an unknown one.
    """
    if name not in ACTIVATIONS:
        raise SpecError(f"unknown activation '{name}' at {path}{did_you_mean(name, ACTIVATIONS)}")
    return ACTIVATIONS[name]
