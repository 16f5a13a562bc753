"""Nothing is in a table without a case: each activation, loss, layer and notation is walked."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from jax_oracle import cost_and_gradients
from layer_zoo import ZOO, all_sizes, random_values
from oracles import Values

from symderiv import Dense, Network, attention, convolution, derive, layers, recurrence
from symderiv.builder import Layer
from symderiv.errors import SpecError
from symderiv.evaluation import evaluated
from symderiv.functions import ACTIVATIONS, LOSSES
from symderiv.latex.printer import latex
from symderiv.profiles import PROFILES
from symderiv.views import index_equation

ROOMS: tuple[ModuleType, ...] = (layers, convolution, recurrence, attention)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_has_a_value_a_form_and_an_oracle(name: str) -> None:
    """Inside a network its adjoints print, and are JAX's."""
    _holds(Network(2, [Dense(3, name), Dense(2)], "mean_squared_error"))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_a_value_a_form_and_an_oracle(name: str) -> None:
    """Above some activation on whose range it is defined; a loss without one is no loss."""
    network = next(_networks_with(name))
    _holds(network)


def _networks_with(loss: str) -> Iterator[Network]:
    for name in ACTIVATIONS:
        try:
            yield Network(2, [Dense(3, "tanh"), Dense(2, name)], loss)
        except SpecError:
            continue


def _layers(room: ModuleType) -> list[type]:
    """Return the layers that a module defines."""
    classes = (c for _, c in inspect.getmembers(room, inspect.isclass))
    return [c for c in classes if c.__module__ == room.__name__ and hasattr(c, "equations")]


def test_every_layer_is_in_the_zoo() -> None:
    """The zoo's networks are compared with JAX and pass the commuting square, one by one."""
    known = {type(layer) for network in ZOO.values() for layer in _all(network.layers)}
    defined = {c for room in ROOMS for c in _layers(room)}
    assert len(defined) > 10
    assert defined <= known


def _all(found: object) -> Iterator[Layer]:
    """Yield layers, those inside residual ones too."""
    assert isinstance(found, tuple)
    for layer in found:
        yield layer
        if isinstance(layer, layers.Residual):
            yield from _all(tuple(layer.layers))


@pytest.mark.parametrize("name", PROFILES)
def test_every_notation_prints_every_view(name: str) -> None:
    """A notation has LaTeX for the three views of a gradient."""
    derivation = derive(Network(2, [Dense(3, "tanh"), Dense(1, "sigmoid")], "binary_cross_entropy"))
    for key, kind in (("W1", "index"), ("W1", "matrix"), ("w_12^(1)", "component")):
        assert latex(derivation.view(key, kind, notation=name).equation)


def _holds(network: Network) -> None:
    """Every adjoint has a printed form, and is JAX's at random points."""
    derivation = derive(network)
    for definition in derivation.adjoints:
        assert latex(index_equation(definition, network.graph))
    for seed in range(2):
        values = _fitting(network, random_values(network, seed))
        cost, slopes = cost_and_gradients(network, values, all_sizes(network))
        found: Values = dict(values)
        for definition in (*network.graph.definitions, *derivation.adjoints):
            if definition.rhs is not None:
                found[definition.key] = np.asarray(evaluated(definition, found, all_sizes(network)))
        assert cost == pytest.approx(float(found["J"]), rel=1e-12)
        scale = max(float(np.abs(slope).max()) for slope in slopes.values())
        for key, slope in slopes.items():
            assert np.abs(found[f"d{key}"] - slope).max() <= 1e-10 * scale, key


def _fitting(network: Network, values: Values) -> Values:
    """Give labels that sum to 1 where the loss rests on it."""
    if network.graph.facts:
        labels = values["Y"]
        return {**values, "Y": labels / labels.sum(axis=-1, keepdims=True)}
    return values
