"""One network of every kind, sizes all different, and random numbers for it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from sympy import Symbol

from symderiv.attention import Attention, TransformerBlock
from symderiv.builder import Image, N, Sequence, Tokens
from symderiv.convolution import AveragePool, Conv1d, Conv2d, MaxPool
from symderiv.evaluation import evaluated
from symderiv.graph import Definition
from symderiv.layers import BatchNorm, Dense, Dropout, Embedding, LayerNorm, Residual
from symderiv.network import Network
from symderiv.notation import Role
from symderiv.recurrence import LSTM, RNN

Value = npt.NDArray[np.float64]

BCE, CCE, MSE = "binary_cross_entropy", "categorical_cross_entropy", "mean_squared_error"

ZOO: Mapping[str, Network] = {
    "sigmoid": Network(2, [Dense(3, "sigmoid"), Dense(1, "sigmoid")], BCE),
    "softmax": Network(3, [Dense(4, "tanh"), Dense(2, "softmax")], CCE, "mean"),
    "squared shares": Network(3, [Dense(4, "tanh"), Dense(2, "softmax")], MSE),
    "relu": Network(3, [Dense(4, "relu"), Dense(2)], MSE, "mean"),
    "penalties and weights": Network(
        3,
        [Dense(4, "silu"), Dense(2, "softmax")],
        CCE,
        "mean",
        l1=2,
        l2="lambda_2",
        weighted=("class", "sample"),
    ),
    "class numbers": Network(3, [Dense(4, "gelu"), Dense(2, "softmax")], CCE, labels="index"),
    "huber": Network(3, [Dense(4, "elu"), Dense(2, "softplus")], "huber"),
    "residual": Network(3, [Residual((Dense(4, "tanh"), Dense(3))), Dense(2)], MSE, "mean"),
    "batch norm": Network(3, [Dense(4), BatchNorm(), Dense(2, "tanh")], MSE, "mean"),
    "layer norm": Network(3, [Dense(4), LayerNorm(), Dense(2, "tanh")], MSE),
    "dropout": Network(3, [Dense(4, "tanh"), Dropout(), Dense(2, "sigmoid")], BCE),
    "embedding": Network(Tokens(), [Embedding(6, 3), Dense(4, "softmax")], CCE),
    "embedding of a sequence": Network(Tokens(3), [Embedding(6, 2), Dense(4, "softmax")], CCE),
    "dense over time": Network(Sequence(3, 2), [Dense(4, "tanh"), Dense(2)], MSE),
    "convolution": Network(Image(2, (7,)), [Conv1d(3, 3, 2, 1, "tanh"), Dense(2)], MSE),
    "convolution in the plane": Network(
        Image(2, (5, 4)), [Conv2d(3, 2, activation="sigmoid"), Dense(2)], MSE
    ),
    "average pool": Network(
        Image(2, (6,)), [Conv1d(3, 3, padding=1), AveragePool(2), Dense(2)], MSE
    ),
    "max pool": Network(Image(2, (6,)), [Conv1d(3, 3, padding=1), MaxPool(2), Dense(2)], MSE),
    "RNN": Network(Sequence(3, 2), [RNN(4), Dense(2)], MSE),
    "LSTM": Network(Sequence(2, 3), [LSTM(4), Dense(2)], MSE),
    "attention": Network(Sequence(4, 3), [Attention(2), Dense(2)], MSE),
    "heads": Network(Sequence(4, 3), [Attention(2, 2), Dense(2)], MSE),
    "transformer": Network(Sequence(3, 4), [TransformerBlock(2, 2, 5, "tanh"), Dense(2)], MSE),
}


def sizes_of(network: Network, samples: int) -> dict[Symbol, int]:
    """Return the number behind every size."""
    return {**network.size_values, N: samples}


def random_values(
    network: Network, adjoints: tuple[Definition, ...], samples: int, seed: int
) -> dict[str, Value]:
    """Return every array of a network at random numbers, adjoints too; labels keep their facts."""
    sizes = sizes_of(network, samples)
    generator = np.random.default_rng(seed)
    values: dict[str, Value] = {}
    for definition in (*network.graph.definitions, *adjoints):
        shape = tuple(int(index.high.subs(sizes)) for index in definition.indices)
        role = definition.quantity.role
        if definition.rhs is not None:
            values[definition.key] = evaluated(definition, values, sizes)
        elif role is Role.LABEL:
            labels = generator.uniform(0.05, 0.95, size=shape)
            one_hot = network.loss == CCE
            values[definition.key] = labels / labels.sum(-1, keepdims=True) if one_hot else labels
        elif role is Role.DATA:  # tokens, places in a window, a mask
            values[definition.key] = generator.integers(1, 3, size=shape).astype(float)
        else:
            values[definition.key] = generator.normal(size=shape)
    return values
