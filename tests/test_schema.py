"""Spec files of every kind of layer and input: round trips, and what is said about wrong ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderiv import Data, Dense, Network
from symderiv.attention import Attention, TransformerBlock
from symderiv.builder import Image, Inputs, Layer, Sequence, Size, Tokens
from symderiv.convolution import AveragePool, Conv1d, Conv2d, MaxPool
from symderiv.errors import SpecError
from symderiv.functions import ACTIVATIONS
from symderiv.layers import BatchNorm, Dropout, Embedding, LayerNorm, Residual
from symderiv.recurrence import LSTM, RNN
from symderiv.schema import EXPECTED, INPUTS, LAYERS, TABLES
from symderiv.spec import from_dict, to_dict

CCE, MSE = "categorical_cross_entropy", "mean_squared_error"
SIZES = st.integers(1, 5) | st.sampled_from(["hidden", "K", "d_7"])
PLAIN = st.sampled_from([name for name, row in ACTIVATIONS.items() if not row.mixes])
ANY = st.sampled_from(sorted(ACTIVATIONS))
PARAMETERS = st.floats(0.1, 1) | st.sampled_from(["rate", "rate_2"])

DENSE = st.builds(Dense, SIZES, ANY)
ON_FEATURES = st.one_of(
    DENSE,
    st.builds(BatchNorm, PARAMETERS),
    st.builds(LayerNorm, PARAMETERS),
    st.builds(Dropout, PARAMETERS),
    st.builds(Residual, st.tuples(st.builds(LayerNorm), st.builds(Dropout))),
)
ON_SEQUENCES = st.one_of(
    st.builds(RNN, SIZES, ANY),
    st.builds(LSTM, SIZES),
    st.builds(Attention, SIZES, st.none() | SIZES),
    st.builds(TransformerBlock, SIZES, SIZES, SIZES, PLAIN),
    st.builds(Residual, st.tuples(st.builds(LayerNorm), st.builds(Attention, SIZES))),
    DENSE,
)
ON_LINES = st.one_of(
    st.builds(Conv1d, SIZES, st.integers(1, 4), st.integers(1, 2), st.integers(0, 2), PLAIN),
    st.sampled_from([AveragePool(2), MaxPool(3)]),
)
ON_PLANES = st.one_of(
    st.builds(Conv2d, SIZES, st.integers(1, 4), st.integers(1, 2), st.integers(0, 2), PLAIN),
    st.sampled_from([AveragePool(3), MaxPool(2)]),
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a network with any input and any kind of layer."""
    kinds: dict[str, tuple[st.SearchStrategy[Size | Inputs], st.SearchStrategy[Layer]]] = {
        "features": (SIZES, ON_FEATURES),
        "sequence": (st.builds(Sequence, st.integers(1, 4), SIZES), ON_SEQUENCES),
        "line": (st.builds(Image, SIZES, st.tuples(st.just(6))), ON_LINES),
        "plane": (st.builds(Image, SIZES, st.just((6, 12))), ON_PLANES),
        "tokens": (st.builds(Tokens, st.none() | SIZES), st.builds(Embedding, SIZES, SIZES)),
    }
    inputs, layers = kinds[draw(st.sampled_from(sorted(kinds)))]
    labels = draw(st.sampled_from(["one-hot", "index"]))
    loss, last = (CCE, "softmax") if labels == "index" else ("huber", "identity")
    return Network(
        draw(inputs),
        [draw(layers), *draw(st.lists(DENSE, max_size=1)), Dense(draw(SIZES), last)],
        loss,
        labels=labels,
        loss_parameters={} if labels == "index" else {"delta": draw(PARAMETERS)},
        l1=draw(st.just(0) | PARAMETERS),
        l2=draw(st.just(0) | PARAMETERS),
        weighted=draw(st.sets(st.sampled_from(["class", "sample"]))),
    )


@settings(max_examples=150)
@given(networks())
def test_to_dict_and_from_dict_are_inverse(network: Network) -> None:
    """For every kind of layer and of input, through JSON."""
    assert from_dict(json.loads(json.dumps(to_dict(network)))) == network


def test_weights_of_samples_and_classes_survive() -> None:
    """They are data, as the samples are."""
    data = Data(((1.0, 2.0),), ((0.0, 1.0),), (1.0, 2.0), (3.0,))
    options: dict[str, Any] = {"weighted": ["class", "sample"], "data": data}
    network = Network(2, [Dense(2, "softmax")], CCE, **options)
    assert from_dict(json.loads(json.dumps(to_dict(network)))) == network


def test_every_key_says_what_it_takes() -> None:
    """A key without words would be an error about an error."""
    for kind in LAYERS:
        assert {f"layers[].{key}" for key in TABLES[kind].model_fields} <= EXPECTED.keys()
    for kind in INPUTS:
        assert {f"inputs.{key}" for key in TABLES[kind].model_fields} <= EXPECTED.keys()


def test_a_layer_of_ones_own_has_no_table() -> None:
    """It can be derived, but a spec file has no word for it."""

    class Own(Dense):
        """A layer that only Python knows."""

    with pytest.raises(SpecError, match=r"layers\[1\]: a spec file has no layer of the class Own"):
        to_dict(Network(2, [Dense(2), Own(2)], MSE))


SIZE = "a whole number from 1 to 100,000, or the name of a size"
DENSE_TABLE = {"units": 2, "activation": "identity"}
WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"layers": [{"kind": "conv3d"}]},
        "unknown kind 'conv3d' at layers[0].kind; did you mean 'conv2d'?",
    ),
    (
        {"layers": [{"kind": "conv1d", "channels": 2}]},
        "layers[0].width: missing; expected a whole number from 1 to 1,000",
    ),
    (
        {"layers": [{"kind": "conv1d", "chanels": 2, "width": 2}]},
        "unknown key 'chanels' at layers[0]; did you mean 'channels'?",
    ),
    (
        {"layers": [{"units": 2}]},
        "layers[0].activation: missing; expected the name of an activation, in quotes",
    ),
    (
        {"layers": [{"kind": "residual", "layers": [{"kind": "lstm", "units": 2.5}]}]},
        f"layers[0].layers[0].units: expected {SIZE}, found 2.5",
    ),
    (
        {"layers": [{"kind": "residual", "layers": [{"kind": "lstn", "units": 2}]}]},
        "unknown kind 'lstn' at layers[0].layers[0].kind; did you mean 'lstm'?",
    ),
    (
        {"layers": [{"kind": "residual", "layers": []}]},
        "layers[0].layers: expected one to 100 [[layers.layers]] blocks, found a list of 0",
    ),
    (
        {"layers": [7]},
        "layers[0]: expected a table with the keys units and activation, or with a kind, found 7",
    ),
    (
        {"layers": [{"units": "2 x", "activation": "identity"}]},
        f'layers[0].units: expected {SIZE}, found "2 x"',
    ),
    (
        {"layers": [{"kind": "dropout", "keep": "1 2"}]},
        'layers[0].keep: expected a share above 0, at most 1, or the name of one, found "1 2"',
    ),
    (
        {"layers": [{"kind": "dropout", "keep": 2}, DENSE_TABLE]},
        "layers[0].keep: expected a share above 0, at most 1, found 2",
    ),
    (
        {"inputs": {"kind": "sequence", "steps": 3}},
        f"inputs.features: missing; expected {SIZE}",
    ),
    (
        {"inputs": {"kind": "sequnce", "steps": 3}},
        "unknown kind 'sequnce' at inputs.kind; did you mean 'sequence'?",
    ),
    (
        {"inputs": {"steps": 3}},
        'inputs.kind: missing; expected "sequence", "image", "tokens"',
    ),
    (
        {"inputs": {"kind": "image", "channels": 1, "lengths": [5, 5, 5]}},
        "inputs.lengths: expected a list of one or two sizes, found a list of 3",
    ),
    ({"labels": "onehot"}, 'labels: expected "one-hot" or "index", found "onehot"'),
    ({"l2": True}, "l2: expected a number from 0 on, or the name of one, found true"),
    ({"l2": float("nan")}, "l2: expected a number from 0 on, or the name of one, found nan"),
    (
        {"loss_parameters": {"delta": [1]}},
        "loss_parameters.delta: expected a number, or the name of one, found a list of 1",
    ),
    ({"weighted": ["clas"]}, 'weighted[0]: expected "class" or "sample", found "clas"'),
    ({"reduction": "avg"}, 'reduction: expected "sum" or "mean", found "avg"'),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[row[1][:45] for row in WRONG])
def test_a_wrong_table_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    """The key path, what was expected, the nearest name; no word about how it is read."""
    with pytest.raises(SpecError) as caught:
        from_dict({"inputs": 3, "layers": [DENSE_TABLE], "loss": MSE, **change})
    assert str(caught.value) == f"spec: {message}"


def test_a_tower_of_residuals_is_no_crash() -> None:
    """Nested deeper than Python can follow, it is refused in words."""
    layer: dict[str, Any] = DENSE_TABLE
    for _ in range(2000):
        layer = {"kind": "residual", "layers": [layer]}
    with pytest.raises(SpecError):
        from_dict({"inputs": 3, "layers": [layer], "loss": MSE})
