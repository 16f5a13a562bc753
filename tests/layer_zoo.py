"""Networks of every layer, small, with sizes that differ, and random values for what is given."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from oracles import BCE, CCE, MSE, Values
from sympy import Symbol

from symderiv import Dense, Network
from symderiv.attention import Attention, TransformerBlock
from symderiv.builder import Image, N, Sequence, Tokens
from symderiv.convolution import AveragePool, Conv1d, Conv2d, MaxPool
from symderiv.graph import Definition
from symderiv.layers import BatchNorm, Dropout, Embedding, LayerNorm, Residual
from symderiv.notation import Role
from symderiv.recurrence import LSTM, RNN

ZOO: Mapping[str, Network] = {
    "residual": Network(3, [Residual((Dense(4, "tanh"), Dense(3))), Dense(2)], MSE, "mean"),
    "batch norm": Network(3, [Dense(4), BatchNorm(), Dense(2, "tanh")], MSE, "mean"),
    "layer norm": Network(3, [Dense(4), LayerNorm(), Dense(2, "tanh")], MSE),
    "normalised residual": Network(3, [Residual((LayerNorm(), Dense(3, "tanh"))), Dense(2)], MSE),
    "dropout": Network(3, [Dense(4, "tanh"), Dropout(), Dense(2, "sigmoid")], BCE),
    "embedding": Network(Tokens(), [Embedding(5, 3), Dense(4, "softmax")], CCE),
    "embedded sequence": Network(Tokens(3), [Embedding(5, 2), Dense(4, "softmax")], CCE, "mean"),
    "conv1d": Network(Image(2, (5,)), [Conv1d(3, 3, activation="tanh"), Dense(2)], MSE),
    "strided, padded": Network(
        Image(2, (5,)), [Conv1d(3, 3, stride=2, padding=1, activation="sigmoid"), Dense(2)], MSE
    ),
    "conv2d": Network(Image(1, (4, 3)), [Conv2d(2, 3, padding=1, activation="tanh")], MSE),
    "conv2d, strided": Network(Image(2, (5, 3)), [Conv2d(2, 2, stride=2), Dense(2)], MSE),
    "average pool": Network(Image(2, (4,)), [AveragePool(2), Dense(3, "tanh")], MSE),
    "max pool": Network(Image(2, (4,)), [MaxPool(2), Dense(3, "tanh")], MSE),
    "max pool 2d": Network(Image(1, (4, 2)), [MaxPool(2), Dense(2, "tanh")], MSE),
    "rnn": Network(Sequence(3, 2), [RNN(3), Dense(2, "softmax")], CCE, "mean"),
    "lstm": Network(Sequence(2, 2), [LSTM(3), Dense(2)], MSE),
    "attention": Network(Sequence(3, 2), [Attention(4), Dense(3)], MSE),
    "two heads": Network(Sequence(2, 3), [Attention(2, 2), Dense(2)], MSE),
    "transformer": Network(Sequence(2, 3), [TransformerBlock(2, 2, 4, "tanh"), Dense(2)], MSE),
}
SAMPLES = 2


def all_sizes(network: Network) -> dict[Symbol, int]:
    """Return the number of every size, the samples included."""
    return {**network.size_values, N: SAMPLES}


def random_values(network: Network, seed: int = 0) -> Values:
    """Return values for what is given: labels that sum to 1, whole numbers where they index."""
    generator = np.random.default_rng(seed)
    return {
        d.key: _random(d, network, generator) for d in network.graph.definitions if d.rhs is None
    }


def index_data(network: Network, values: Values) -> Values:
    """Return those values that stand inside indices."""
    return {d.key: values[d.key] for d in network.graph.of_role(Role.DATA) if _indexes(d, network)}


def _indexes(definition: Definition, network: Network) -> bool:
    masks = any(isinstance(layer, Dropout) for layer in network.layers)
    return definition.quantity.role is Role.DATA and not masks


def _random(definition: Definition, network: Network, generator: np.random.Generator) -> np.ndarray:
    sizes = all_sizes(network)
    shape = tuple(int(index.high.subs(sizes)) for index in definition.indices)
    if definition.quantity.role is Role.LABEL:
        labels = generator.uniform(0.05, 0.95, shape)
        sums = labels.sum(axis=-1, keepdims=True)
        return np.asarray(labels / sums if network.loss == CCE else labels)
    if definition.quantity.role is Role.DATA:
        least, most = (
            (1, 5 if definition.key == "X" else 2) if _indexes(definition, network) else (0, 1)
        )
        return generator.integers(least, most + 1, shape).astype(float)
    return generator.normal(size=shape)
