"""A dense feed-forward network: what the user states, and the index equations it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import sympy as sp
from sympy import Expr, Symbol

from symderiv.errors import SpecError, did_you_mean
from symderiv.functions import ACTIVATIONS, LOSSES, Activation, Loss
from symderiv.graph import Definition, Fact, Graph, Index, atom, instantiate
from symderiv.notation import Quantity, Role

N = Symbol("N", integer=True, positive=True)
_n, _i, _j, _k = sp.symbols("n i j k", integer=True)
SAMPLE = Index(_n, N)


@dataclass(frozen=True, slots=True)
class Dense:
    """A layer of ``units`` units: a linear sum with a bias, then an activation by name."""

    units: int
    activation: str


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
        return Graph(tuple(_equations(self)), _facts(self))

    @cached_property
    def components(self) -> Graph:
        """The same network for one sample in components, as a lecture writes it out."""
        return instantiate(self.graph, self.size_values, drop=SAMPLE.symbol)


def size(layer: int | Expr) -> Symbol:
    """Return the symbol of a layer's width, ``d_0`` for the inputs."""
    return Symbol(f"d_{layer}", integer=True, positive=True)


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


def _equations(network: Network) -> list[Definition]:
    """Write the network as index equations: given, then layer by layer, then the loss."""
    outputs = Index(_k, size(network.depth))
    done = [
        Definition(Quantity(Role.INPUT), (SAMPLE, Index(_i, size(0)))),
        Definition(Quantity(Role.LABEL), (SAMPLE, outputs)),
    ]
    values = "X"
    for place, activation in enumerate(network.activations, start=1):
        role = Role.PREDICTION if place == network.depth else Role.ACTIVATION
        done += dense_layer(place, values, size(place - 1), size(place), activation, role)
        values = done[-1].key
    loss = network.loss_function
    total: Expr = sp.Sum(loss.summand(atom("Y", _n, _k), atom(values, _n, _k)), outputs.limits) / (
        outputs.high if loss.mean else 1
    )
    cost = sp.Sum(atom("L", _n), SAMPLE.limits) / (N if network.reduction == "mean" else 1)
    return [
        *done,
        Definition(Quantity(Role.LOSS), (SAMPLE,), total),
        Definition(Quantity(Role.COST), (), cost),
    ]


def dense_layer(
    layer: int | Expr,
    values: str,
    fan_in: Expr,
    units: Expr,
    activation: Activation,
    role: Role = Role.ACTIVATION,
) -> list[Definition]:
    r"""Return the equations of one layer that reads the array named ``values``.

    .. math::
        Z_{nj} &= \sum_i A_{ni} W_{ij} + b_j \\
        A_{nj} &= f(Z_{nj})
    """
    inward, unit = Index(_i, fan_in), Index(_j, units)
    weight = Definition(Quantity(Role.WEIGHT, layer), (inward, unit))
    bias = Definition(Quantity(Role.BIAS, layer), (unit,))
    z = Quantity(Role.PREACTIVATION, layer)
    linear = Definition(
        z, (SAMPLE, unit), sp.Sum(atom(values, _n, _i) * weight.atom, inward.limits) + bias.atom
    )
    done = [weight, bias, linear]
    inputs = [linear.atom]
    if activation.summand is not None:
        over = Index(_k, units)
        summand = activation.summand(atom(linear.key, _n, _k))
        total = Definition(
            Quantity(Role.NORMALISER, layer), (SAMPLE,), sp.Sum(summand, over.limits)
        )
        done.append(total)
        inputs.append(total.atom)
    done.append(Definition(Quantity(role, layer), (SAMPLE, unit), activation.formula(*inputs)))
    return done


def _facts(network: Network) -> tuple[Fact, ...]:
    if not network.loss_function.one_hot:
        return ()
    total = sp.Sum(atom("Y", _n, _k), (_k, 1, size(network.depth)))
    return (Fact(total, sp.Integer(1), "the labels of a sample sum to 1", (SAMPLE,)),)
