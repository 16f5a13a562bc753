"""The networks that the mathematics is tested on, and the one oracle that its code is held against.

A gradient is right if the cost, computed at two nearby points, says so: central differences of the
emitted ``loss`` know nothing of the derivation.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import sympy as sp

from symderiv import Dense, Derivation, Network, derive, load
from symderiv.crosscheck import run_file
from symderiv.emitters.numpy import numpy_source
from symderiv.graph import Definition
from symderiv.notation import PARAMETERS
from symderiv.program import lowered

ROOT = Path(__file__).parents[1]
SPECS = ("xor", "2-3-2-tanh-mse", "3-4-3-softmax")
SAMPLES, POINTS = 5, 3
N = sp.Symbol("N", integer=True, positive=True)

Array = npt.NDArray[np.float64]
Values = dict[str, Array]

BCE, CCE, MSE = "binary_cross_entropy", "categorical_cross_entropy", "mean_squared_error"


def network(inputs: int, *layers: tuple[int, str], loss: str, reduction: str = "sum") -> Network:
    """Return a network from its sizes and activations."""
    return Network(inputs, [Dense(units, name) for units, name in layers], loss, reduction)


NETWORKS: Mapping[str, Network] = {
    "2-2-1 sigmoid, BCE": network(2, (2, "sigmoid"), (1, "sigmoid"), loss=BCE),
    "2-3-2 tanh, MSE mean": network(2, (3, "tanh"), (2, "tanh"), loss=MSE, reduction="mean"),
    "3-4-3 softmax, CCE mean": network(3, (4, "tanh"), (3, "softmax"), loss=CCE, reduction="mean"),
    "2-3-1 relu, BCE": network(2, (3, "relu"), (1, "sigmoid"), loss=BCE),
    "3-4-2 identity, MSE": network(3, (4, "identity"), (2, "identity"), loss=MSE),
    "2-3-4-2 three layers, CCE": network(2, (3, "tanh"), (4, "sigmoid"), (2, "softmax"), loss=CCE),
    "2-3-2 softmax, MSE": network(2, (3, "sigmoid"), (2, "softmax"), loss=MSE),
    "3-2 one layer, BCE mean": network(3, (2, "sigmoid"), loss=BCE, reduction="mean"),
    "2-3-2 softmax inside, BCE": network(2, (3, "softmax"), (2, "sigmoid"), loss=BCE),
    "4-1-3 a bottleneck, CCE": network(4, (1, "relu"), (3, "sigmoid"), loss=CCE, reduction="mean"),
}


@cache
def example(name: str) -> Network:
    """Return the network of an example spec."""
    return load(ROOT / "examples" / f"{name}.toml")


@cache
def derived(network: Network) -> Derivation:
    """Return the derivation of a network, made once."""
    return derive(network)


@cache
def emitted(network: Network) -> ModuleType:
    """Return ``train.py`` of a network as a module."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.py"
        path.write_text(numpy_source(lowered(derived(network))), encoding="utf-8")
        return run_file(path)


def shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter."""
    return {d.key: _shape(d, network) for d in network.graph.of_role(*PARAMETERS)}


def _shape(definition: Definition, network: Network) -> tuple[int, ...]:
    sizes = {**network.size_values, N: SAMPLES}
    return tuple(int(index.high.subs(sizes)) for index in definition.indices)


def random_point(network: Network, seed: int) -> tuple[Values, Array, Array]:
    """Return random parameters, inputs and labels; one-hot labels are softened, and sum to 1."""
    generator = np.random.default_rng(seed)
    params = {name: generator.normal(size=shape) for name, shape in shapes(network).items()}
    X = generator.normal(size=(SAMPLES, _shape(network.graph["X"], network)[-1]))
    Y = generator.uniform(0.05, 0.95, size=(SAMPLES, network.sizes[-1]))
    if network.loss_function.one_hot:
        Y /= Y.sum(axis=1, keepdims=True)
    return params, X, Y


def check_gradient(network: Network, module: ModuleType | None = None) -> None:
    """Compare the gradients of ``train.py`` with central differences of its ``loss``.

    With the step h the truncation error is h^2/6 times a third derivative, the rounding error
    2e-16/h times the cost. At h = 6e-6 = (2e-16)^(1/3) both are near 1e-11 for values of order 1;
    at these points a third derivative reaches a few hundred, and 1e-8 leaves room for that. A
    forgotten factor or sign is an error of order 1. No kink lies within h of these points.
    """
    code = emitted(network) if module is None else module
    for seed in range(POINTS):
        params, X, Y = random_point(network, seed)
        cost, gradients = code.loss_and_gradients(params, X, Y)
        assert cost == code.loss(params, X, Y)
        assert gradients.keys() == params.keys()
        for name, gradient in gradients.items():
            assert gradient.shape == params[name].shape, name
            expected = central_differences(code, params, X, Y, name)
            scale = max(1.0, abs(cost), float(np.abs(expected).max()))
            np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-8 * scale, err_msg=name)


def central_differences(
    code: ModuleType, params: Values, X: Array, Y: Array, name: str, h: float = 6e-6
) -> Array:
    """Return the derivative of the cost by each entry of a parameter, by differences alone."""
    result = np.empty_like(params[name])
    for place in np.ndindex(result.shape):
        above, below = (code.loss(_moved(params, name, place, s), X, Y) for s in (h, -h))
        result[place] = (above - below) / (2 * h)
    return result


def _moved(params: Values, name: str, place: tuple[int, ...], step: float) -> Values:
    moved = params[name].copy()
    moved[place] += step
    return {**params, name: moved}
