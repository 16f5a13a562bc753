"""A feed-forward network: what the user states, and the index equations it stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import sympy as sp
from sympy import Symbol

from symderiv.builder import (
    SAMPLE,
    Builder,
    Features,
    Inputs,
    Layer,
    N,
    Parameter,
    Size,
    Tokens,
    function,
    stacked,
)
from symderiv.components import instantiate
from symderiv.errors import SpecError, did_you_mean
from symderiv.functions import ACTIVATIONS, Activation, Loss
from symderiv.graph import Graph
from symderiv.layers import Dense, Embedding
from symderiv.notation import LECTURE, Profile, Role
from symderiv.objective import Objective
from symderiv.profiles import PROFILES
from symderiv.samples import Data, Shape, check_data

MOST_PARAMETERS = 200
"""The number of parameters up to which a lecture shows the derivative by each of them."""


@dataclass(frozen=True, slots=True)
class Training:
    """Plain gradient descent: the start's ``seed``, the step and the number of steps."""

    seed: int = 0
    learning_rate: float = 0.5
    epochs: int = 1000


@dataclass(frozen=True)
class Network:
    """A feed-forward network with its loss, and what a lecture about it needs.

    ``inputs`` is the number of features, or ``Sequence``, ``Image`` or ``Tokens``. ``reduction``
    makes the cost J the ``"sum"`` or the ``"mean"`` of the samples' losses. ``labels`` are
    ``"one-hot"`` (one number for each output) or, for a loss over classes, ``"index"`` (one class
    number from 1). ``loss_parameters`` are those of the loss, ``l1`` and ``l2`` the factors of
    penalties on the weights; each is a number, or a name such as ``"lambda_2"``. ``weighted`` names
    what has given weights: ``"class"``, ``"sample"``. ``problem`` is what the data is called, as in
    "the XOR problem"; ``notation`` is the profile in which derivatives are printed, or its name.

    Raises ``SpecError`` for an unknown name, for sizes that do not fit each other or the data, and
    for a loss that is not defined on the values of the last activation.
    """

    inputs: Size | Inputs
    layers: Collection[Layer]
    loss: str
    reduction: str = "sum"
    labels: str = "one-hot"
    loss_parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)
    l1: Parameter = 0
    l2: Parameter = 0
    weighted: Collection[str] = ()
    data: Data | None = None
    training: Training = field(default_factory=Training)
    problem: str = ""
    title: str = "Backpropagation"
    subtitle: str = ""
    author: str = ""
    notation: str | Profile = LECTURE.key

    def __post_init__(self) -> None:
        inputs = self.inputs.count if isinstance(self.inputs, Features) else self.inputs
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "weighted", tuple(self.weighted))
        if isinstance(self.notation, str) and self.notation not in PROFILES:
            near = did_you_mean(self.notation, PROFILES)
            raise SpecError(f"unknown notation '{self.notation}' at notation.profile{near}")
        if not self.layers:
            raise SpecError("layers: expected at least one layer")
        _check_inputs(inputs, first=self._chain[0])
        for place, layer in enumerate(self.layers):
            _check_fields(layer, f"layers[{place}]")
        loss, last, path = self.loss_function, self._chain[-1], f"layers[{self.depth - 1}]"
        values, named = _values(last, path)
        if not values.is_subset(loss.domain):
            raise SpecError(
                f"loss: {loss.words} is defined for predictions in {loss.domain}, but "
                f"{named} takes values in {values}"
            )
        _check_names(self._built)
        if self.data is not None:
            check_data(self.data, self._shape, loss)

    @property
    def _chain(self) -> tuple[Layer, ...]:
        return tuple(self.layers)

    @property
    def dense(self) -> bool:
        """Whether all layers are dense and all sizes numbers: what a lecture can write out."""
        units = [layer.units for layer in self.layers if isinstance(layer, Dense)]
        plain = len(units) == len(self.layers)
        return plain and all(isinstance(size, int) for size in (self.inputs, *units))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of all layers of a dense network, the input first: ``(2, 2, 1)``."""
        units = [layer.units for layer in self.layers if isinstance(layer, Dense)]
        return tuple(size for size in (self.inputs, *units) if isinstance(size, int))

    @property
    def subgradients(self) -> tuple[str, ...]:
        """What stands for a derivative where there is none, in words: each is a choice."""
        activations = {activation.name: activation for activation in _activations(self.layers)}
        notes = [
            f"{name}: at z = {kink} there is no derivative, {activation.slope(kink)} stands for it"
            for name, activation in activations.items()
            for kink in activation.kinks
        ]
        loss = self.loss_function
        if loss.kink is not None:
            where = loss.kink(Symbol("y", real=True))
            notes.append(
                f"{loss.words}: at yhat = {where} there is no derivative, "
                f"{loss.slope_at_kink} stands for it"
            )
        if self.l1 != 0:
            notes.append("L1 penalty: at w = 0 there is no derivative, 0 stands for it")
        return tuple(notes)

    @property
    def parameter_count(self) -> int:
        """The number of weights and biases of a dense network."""
        return sum((before + 1) * units for before, units in pairwise(self.sizes))

    @property
    def written_out(self) -> bool:
        """Whether the network is dense and small enough for a lecture to show every component."""
        return self.dense and self.parameter_count <= MOST_PARAMETERS

    def shrunk(self) -> Network:
        """Return the same dense network without data, each layer at most three nodes wide.

        Neighbours differ in width where they can: in a square matrix a transpose would not show.
        """
        widths: list[int] = []
        for size in self.sizes:
            choices = [width for width in (3, 2, 1) if width <= size]
            other = [width for width in choices if widths[-1:] != [width]]
            widths.append((other or choices)[0])
        layers = (Dense(w, a.name) for w, a in zip(widths[1:], self.activations, strict=True))
        return replace(self, inputs=widths[0], layers=tuple(layers), data=None)

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.layers)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of each dense layer."""
        return tuple(ACTIVATIONS[d.activation] for d in self.layers if isinstance(d, Dense))

    @cached_property
    def objective(self) -> Objective:
        """What is minimised."""
        return Objective(
            self.loss,
            self.reduction,
            self.labels,
            dict(self.loss_parameters),
            self.l1,
            self.l2,
            frozenset(self.weighted),
        )

    @property
    def loss_function(self) -> Loss:
        """The loss by its row in the table."""
        return self.objective.row

    @property
    def size_values(self) -> Mapping[Symbol, int]:
        """The number that each size symbol ``d_0, d_1, ...`` stands for, if it is one."""
        return self._built.sizes

    @cached_property
    def _built(self) -> Builder:
        """The equations: what is given, then layer by layer, then the cost."""
        build = Builder()
        inputs = self.inputs
        given = (Features(inputs) if isinstance(inputs, int | str) else inputs).given(build)
        try:
            x = stacked(build, self.layers, given, Role.PREDICTION)
        except SpecError as error:
            raise SpecError(": ".join([".".join(build.path), str(error)])) from None
        self.objective.equations(build, x, after=given.key)
        return build

    @property
    def _shape(self) -> Shape:
        """What data has to fit."""
        prediction = next(d for d in self._built.definitions if d.key == "Yhat")
        if not isinstance(self.inputs, int | str) or len(prediction.indices) != 2:
            raise SpecError("data: expected none; only networks from features to features take it")
        outputs = self.size_values.get(prediction.indices[1].high)
        inputs = self.inputs if isinstance(self.inputs, int) else None
        by_class = self.labels == "index"
        return Shape(inputs, outputs, by_class, frozenset(self.weighted))

    @cached_property
    def graph(self) -> Graph:
        """The index equations, all sizes symbolic."""
        return Graph(tuple(self._built.definitions), tuple(self._built.facts))

    @cached_property
    def components(self) -> Graph:
        """The same network for one sample in components, as a lecture writes it out."""
        return instantiate(self.graph, self.size_values, drop=SAMPLE.symbol)


def _activations(layers: Iterable[Layer]) -> Iterator[Activation]:
    """Yield the activations of layers, and of those inside them."""
    for layer in layers:
        name = getattr(layer, "activation", None)
        if isinstance(name, str):
            yield ACTIVATIONS[name]
        yield from _activations(getattr(layer, "layers", ()))


# --- what is refused ------------------------------------------------------------------------------


def _check_inputs(inputs: Size | Inputs, first: Layer) -> None:
    if isinstance(inputs, int | str):
        _check_size(inputs, "inputs")
    else:
        _check_fields(inputs, "inputs")
    if isinstance(inputs, Tokens) and not isinstance(first, Embedding):
        raise SpecError("layers[0]: reads tokens; expected an embedding, which looks them up")


_SIZES = frozenset({"units", "channels", "vocabulary", "heads", "hidden", "count", "features"})


def _check_fields(owner: object, path: str) -> None:
    """Check the fields of a layer or of an input by their names, which mean the same everywhere."""
    for name in getattr(owner, "__dataclass_fields__", ()):
        value, place = getattr(owner, name), f"{path}.{name}"
        if name in _SIZES or (name == "steps" and value is not None):
            if value is not None:
                _check_size(value, place)
        elif name == "lengths":
            for number, length in enumerate(value):
                _check_size(length, f"{place}[{number}]")
        elif name == "activation":
            function(value, place)
        elif name in ("width", "stride"):
            _check_number(value, 1, place)
        elif name in ("padding", "epsilon"):
            _check_number(value, 0, place)
        elif name == "keep" and not isinstance(value, str) and not 0 < value <= 1:
            raise SpecError(f"{place}: expected a share above 0, at most 1, found {value:g}")
        elif name == "layers":
            if not value:
                raise SpecError(f"{place}: expected at least one layer")
            for number, layer in enumerate(value):
                _check_fields(layer, f"{place}[{number}]")


def _check_number(value: Parameter, low: int, path: str) -> None:
    if not isinstance(value, str) and value < low:
        raise SpecError(f"{path}: expected a number from {low} on, found {value:g}")


def _check_size(size: Size, path: str) -> None:
    if isinstance(size, int) and size < 1:
        raise SpecError(f"{path}: expected a positive number, found {size}")
    if isinstance(size, str) and not size.isidentifier():
        raise SpecError(f"{path}: expected a number or the name of a size, found '{size}'")


def _check_names(build: Builder) -> None:
    """Refuse the name of a size that is already that of something else."""
    taken = {d.key: "a quantity of the network" for d in build.definitions}
    taken |= {i.symbol.name: "an index" for d in build.definitions for i in d.indices}
    taken[N.name] = "the number of samples"
    for name in sorted(symbol.name for symbol in build.named):
        if name in taken:
            raise SpecError(f"the size '{name}' has the name of {taken[name]}; name it anew")


def _values(layer: Layer, path: str) -> tuple[sp.Set, str]:
    """Return a set that holds the values of a layer, and the words for what takes them."""
    name = getattr(layer, "activation", None)
    if isinstance(name, str) and not hasattr(layer, "heads"):
        activation = function(name, f"{path}.activation")
        return activation.range, f"{path}.activation '{name}'"
    return sp.S.Reals, f"{path}, a layer without an activation,"
