"""A feed-forward network: what the user states, and the index equations it stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp
from sympy import Symbol

from symderiv.builder import (
    SAMPLE,
    Builder,
    Features,
    Inputs,
    Layer,
    N,
    Size,
    entry,
    function,
    index,
)
from symderiv.errors import SpecError, did_you_mean
from symderiv.functions import ACTIVATIONS, LOSSES, Activation, Loss
from symderiv.graph import Definition, Fact, Graph, instantiate
from symderiv.layers import Dense
from symderiv.notation import Quantity, Role


@dataclass(frozen=True, slots=True)
class Data:
    """The samples: ``X`` of shape (N, d_0) and ``Y`` of shape (N, K), as rows."""

    X: tuple[tuple[float, ...], ...]
    Y: tuple[tuple[float, ...], ...]


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
    makes the cost J the ``"sum"`` or the ``"mean"`` of the samples' losses; ``problem`` is what the
    data is called, as in "the XOR problem".

    Raises ``SpecError`` for an unknown activation, loss or reduction, for sizes that do not fit
    each other or the data, and for a loss that is not defined on the values of the last activation.
    """

    inputs: Size | Inputs
    layers: Collection[Layer]
    loss: str
    reduction: str = "sum"
    data: Data | None = None
    training: Training = field(default_factory=Training)
    problem: str = ""
    title: str = "Backpropagation"
    subtitle: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        _check_size(self.inputs, "inputs")
        if not self.layers:
            raise SpecError("layers: expected at least one layer")
        for place, layer in enumerate(self.layers):
            if isinstance(layer, Dense):
                _check_size(layer.units, f"layers[{place}].units")
                function(layer.activation, f"layers[{place}].activation")
        _known(self.loss, LOSSES, "loss", "loss")
        _known(self.reduction, ("sum", "mean"), "reduction", "reduction")
        last, loss = _last_activation(self), self.loss_function
        if last is not None and not last.range.is_subset(loss.domain):
            path = f"layers[{len(self.layers) - 1}].activation"
            raise SpecError(
                f"loss: {loss.words} is defined for predictions in {loss.domain}, but "
                f"{path} '{last.name}' takes values in {last.range}"
            )
        if self.data is not None:
            _check_data(self, self.data)

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
    def depth(self) -> int:
        """The number of layers."""
        return len(self.layers)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of each dense layer."""
        return tuple(ACTIVATIONS[d.activation] for d in self.layers if isinstance(d, Dense))

    @property
    def loss_function(self) -> Loss:
        """The loss by its row in the table."""
        return LOSSES[self.loss]

    @property
    def size_values(self) -> Mapping[Symbol, int]:
        """The number that each size symbol ``d_0, d_1, ...`` stands for, if it is one."""
        return self._built.sizes

    @cached_property
    def _built(self) -> Builder:
        return _equations(self)

    @cached_property
    def graph(self) -> Graph:
        """The index equations, all sizes symbolic."""
        return Graph(tuple(self._built.definitions), tuple(self._built.facts))

    @cached_property
    def components(self) -> Graph:
        """The same network for one sample in components, as a lecture writes it out."""
        return instantiate(self.graph, self.size_values, drop=SAMPLE.symbol)


def _known(value: str, names: Collection[str] | Mapping[str, object], kind: str, path: str) -> None:
    if value not in names:
        raise SpecError(f"unknown {kind} '{value}' at {path}{did_you_mean(value, names)}")


def _check_data(network: Network, data: Data) -> None:
    if len(data.X) != len(data.Y) or not data.X:
        raise SpecError(
            f"data: X has {len(data.X)} samples, Y has {len(data.Y)}; expected equally many"
        )
    for label, rows, width in (("X", data.X, network.inputs), ("Y", data.Y, network.sizes[-1])):
        for place, row in enumerate(rows):
            if len(row) != width:
                raise SpecError(
                    f"data.{label}[{place}]: expected {width} values, one per "
                    f"{'input' if label == 'X' else 'output'}, found {len(row)}"
                )
    if network.loss_function.one_hot:
        for place, row in enumerate(data.Y):
            if abs(sum(row) - 1) > 1e-9:
                raise SpecError(
                    f"data.Y[{place}]: expected labels that sum to 1, found {sum(row):g}"
                )


def _last_activation(network: Network) -> Activation | None:
    last = tuple(network.layers)[-1]
    return ACTIVATIONS[last.activation] if isinstance(last, Dense) else None


def _check_size(size: object, path: str) -> None:
    if isinstance(size, int) and size < 1:
        raise SpecError(f"{path}: expected a positive number, found {size}")
    if isinstance(size, str) and not size.isidentifier():
        raise SpecError(f"{path}: expected a number or the name of a size, found '{size}'")


def _equations(network: Network) -> Builder:
    """Write the network as index equations: given, then layer by layer, then the loss."""
    build = Builder()
    inputs = network.inputs
    x = (Features(inputs) if isinstance(inputs, int | str) else inputs).given(build)
    given = len(build.definitions)
    for place, layer in enumerate(network.layers, start=1):
        last = place == network.depth
        x = layer.equations(build, x, Role.PREDICTION if last else Role.ACTIVATION)
    loss = network.loss_function
    sample, *axes = x.indices
    over = [*axes[:-1], index("k", axes[-1])]
    labels = Definition(Quantity(Role.LABEL), (sample, *over))
    build.definitions.insert(given, labels)
    summand = loss.summand(labels.atom, entry(x, sample, *over))
    total = sp.Sum(summand, *(i.limits for i in reversed(over)))
    count = sp.Mul(*(i.high for i in over)) if loss.mean else sp.S.One
    one = build.add(Quantity(Role.LOSS), (sample,), total / count)
    samples = sp.Sum(one.atom, sample.limits)
    build.add(Quantity(Role.COST), (), samples / (N if network.reduction == "mean" else 1))
    if loss.one_hot:
        whole = sp.Sum(labels.atom, over[-1].limits)
        build.facts.append(
            Fact(whole, sp.S.One, "the labels of a sample sum to 1", labels.indices[:-1])
        )
    return build
