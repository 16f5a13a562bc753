"""A dense feed-forward network: what the user states, and the index equations it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp
from sympy import Expr, Symbol

from symderiv.errors import SpecError, did_you_mean
from symderiv.functions import ACTIVATIONS, LOSSES, Activation, Loss
from symderiv.graph import Fact, Graph, Index, atom, instantiate
from symderiv.layers import SAMPLE, Builder, Dense, N, index, size
from symderiv.notation import Quantity, Role

_n, _i, _k = sp.symbols("n i k", integer=True)


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
    """A dense network with its loss, and what a lecture about it needs.

    ``reduction`` makes the cost J the ``"sum"`` or the ``"mean"`` of the samples' losses;
    ``problem`` is what the data is called, as in "the XOR problem".

    Raises ``SpecError`` for an unknown activation, loss or reduction, for sizes that do not fit
    the data, and for a loss that is not defined on the values that the last activation takes.
    """

    inputs: int
    layers: Sequence[Dense]
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
        if self.inputs < 1:
            raise SpecError(f"inputs: expected a positive number, found {self.inputs}")
        if not self.layers:
            raise SpecError("layers: expected at least one layer")
        for place, layer in enumerate(self.layers):
            if layer.units < 1:
                raise SpecError(
                    f"layers[{place}].units: expected a positive number, found {layer.units}"
                )
            _known(layer.activation, ACTIVATIONS, "activation", f"layers[{place}].activation")
        _known(self.loss, LOSSES, "loss", "loss")
        _known(self.reduction, ("sum", "mean"), "reduction", "reduction")
        last, loss = self.activations[-1], self.loss_function
        if not last.range.is_subset(loss.domain):
            path = f"layers[{len(self.layers) - 1}].activation"
            raise SpecError(
                f"loss: {loss.words} is defined for predictions in {loss.domain}, but "
                f"{path} '{last.name}' takes values in {last.range}"
            )
        if self.data is not None:
            _check_data(self, self.data)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of all layers, the input first: ``(2, 2, 1)``."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def depth(self) -> int:
        """The number of layers that have parameters."""
        return len(self.layers)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of each layer."""
        return tuple(ACTIVATIONS[layer.activation] for layer in self.layers)

    @property
    def loss_function(self) -> Loss:
        """The loss by its row in the table."""
        return LOSSES[self.loss]

    @property
    def size_values(self) -> Mapping[Symbol, int]:
        """The number that each size symbol ``d_0, d_1, ...`` stands for."""
        return {size(layer): units for layer, units in enumerate(self.sizes)}

    @cached_property
    def graph(self) -> Graph:
        """The index equations, all sizes symbolic."""
        build = _built(self)
        return Graph(tuple(build.definitions), tuple(build.facts))

    @cached_property
    def components(self) -> Graph:
        """The same network for one sample in components, as a lecture writes it out."""
        return instantiate(self.graph, self.size_values, drop=SAMPLE.symbol)


def _known(value: str, names: Sequence[str] | Mapping[str, object], kind: str, path: str) -> None:
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


def _built(network: Network) -> Builder:
    """Write the network as index equations: given, then layer by layer, then the loss."""
    build = Builder(sizes={size(0): network.inputs})
    outputs = Index(_k, size(network.depth))
    x = build.add(Quantity(Role.INPUT), (SAMPLE, Index(_i, size(0))))
    build.add(Quantity(Role.LABEL), (SAMPLE, outputs))
    for place, layer in enumerate(network.layers, start=1):
        last = place == network.depth
        x = layer.equations(build, x, Role.PREDICTION if last else Role.ACTIVATION)
    loss = network.loss_function
    over = index("k", x.indices[-1])
    total: Expr = sp.Sum(loss.summand(atom("Y", _n, _k), atom(x.key, _n, _k)), over.limits)
    build.add(Quantity(Role.LOSS), (SAMPLE,), total / (over.high if loss.mean else 1))
    cost = sp.Sum(atom("L", _n), SAMPLE.limits) / (N if network.reduction == "mean" else 1)
    build.add(Quantity(Role.COST), (), cost)
    if loss.one_hot:
        labels = sp.Sum(atom("Y", _n, _k), over.limits)
        build.facts.append(Fact(labels, sp.S.One, "the labels of a sample sum to 1", (SAMPLE,)))
    return build
