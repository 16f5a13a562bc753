"""Every derived gradient against JAX's, in double precision, at random points."""

from __future__ import annotations

import numpy as np
import pytest
from jax_oracle import cost_and_gradients
from layer_zoo import SAMPLES, ZOO, all_sizes, random_values
from oracles import NETWORKS, Values

from symderiv import Network, derive
from symderiv.evaluation import evaluated

ALL = {**NETWORKS, **ZOO}
# double precision carries 16 digits; a sum of some hundred products loses two or three
TOLERANCE = 1e-10


@pytest.mark.parametrize("name", ALL)
def test_gradients_agree_with_jax(name: str) -> None:
    """The index equations of all adjoints of given arrays, evaluated, equal JAX's gradients."""
    network = ALL[name]
    for seed in range(3):
        values = random_values(network, seed)
        cost, slopes = cost_and_gradients(network, values, all_sizes(network))
        found = _evaluated(network, values)
        assert cost == pytest.approx(float(found["J"]), rel=1e-12)
        scale = max(float(np.abs(slope).max()) for slope in slopes.values())
        for key, slope in slopes.items():
            ours = found.get(f"d{key}", np.zeros_like(slope))
            assert np.abs(ours - slope).max() <= TOLERANCE * scale, key


def test_the_oracle_can_fail() -> None:
    """A gradient of another point is not within the tolerance: the comparison compares."""
    network = ZOO["residual"]
    values = random_values(network)
    _, slopes = cost_and_gradients(network, values, all_sizes(network))
    other = _evaluated(network, random_values(network, seed=1))
    assert np.abs(other["dW1"] - slopes["W1"]).max() > TOLERANCE
    assert values["X"].shape[0] == SAMPLES


def _evaluated(network: Network, values: Values) -> Values:
    found: Values = dict(values)
    sizes = all_sizes(network)
    for definition in (*network.graph.definitions, *derive(network).adjoints):
        if definition.rhs is not None:
            found[definition.key] = np.asarray(evaluated(definition, found, sizes))
    return found
