"""Every layer: its adjoints against differences, the famous forms, and what it refuses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

import pytest
from index_oracle import adjoints, check_network
from sympy import Symbol

from symderiv import Dense, Network
from symderiv.attention import Attention, TransformerBlock
from symderiv.builder import Features, Image, Inputs, Layer, Sequence, Size, Tokens
from symderiv.convolution import AveragePool, Conv1d, Conv2d, MaxPool
from symderiv.errors import SpecError, UnsupportedError
from symderiv.latex.printer import latex
from symderiv.layers import BatchNorm, Dropout, Embedding, LayerNorm, Residual
from symderiv.recurrence import LSTM, RNN
from symderiv.schema import LAYERS
from symderiv.views import index_equation

CCE, MSE = "categorical_cross_entropy", "mean_squared_error"


def regression(inputs: Size | Inputs, *layers: Layer) -> Network:
    """Return the layers with two linear outputs above."""
    return Network(inputs, [*layers, Dense(2)], MSE)


KINDS: Mapping[str, Network] = {
    "dense": regression(3, Dense(4, "tanh")),
    "dense over time": regression(Sequence(3, 2), Dense(4, "tanh")),
    "dense on an image": regression(Image(2, (3, 4)), Dense(5, "sigmoid")),
    "residual": regression(3, Residual((Dense(4, "tanh"), Dense(3)))),
    "residual in a residual": regression(
        3, Residual((Dense(3, "tanh"), Residual((Dense(4, "relu"), Dense(3)))))
    ),
    "batch_norm": regression(3, Dense(4), BatchNorm(), Dense(5, "tanh")),
    "layer_norm": regression(3, Dense(4), LayerNorm(), Dense(5, "tanh")),
    "layer_norm over time": regression(Sequence(3, 4), LayerNorm()),
    "residual, layer_norm": regression(3, Residual((LayerNorm(), Dense(3, "tanh")))),
    "dropout": regression(3, Dense(4, "tanh"), Dropout(0.8)),
    "dropout, a symbol": regression(3, Dense(4, "tanh"), Dropout("p")),
    "embedding": Network(Tokens(), [Embedding(6, 3), Dense(4, "softmax")], CCE),
    "embedding over time": Network(
        Tokens(3), [Embedding(6, 2), Dense(4, "softmax")], CCE, labels="index"
    ),
    "conv1d": regression(Image(2, (7,)), Conv1d(3, 3, activation="tanh")),
    "conv1d, stride and padding": regression(Image(2, (7,)), Conv1d(3, 3, 2, 1, "tanh")),
    "conv2d": regression(Image(2, (5, 4)), Conv2d(3, 3, padding=1, activation="silu")),
    "conv2d, strides": regression(Image(1, (5, 5)), Conv2d(2, 3, 2, 1, "tanh"), Conv2d(3, 2)),
    "average_pool": regression(Image(2, (6,)), Conv1d(3, 3, padding=1), AveragePool(2)),
    "max_pool": regression(Image(2, (6,)), Conv1d(3, 3, padding=1), MaxPool(2)),
    "max_pool in the plane": regression(Image(1, (4, 6)), MaxPool(2)),
    "rnn": regression(Sequence(3, 2), RNN(4)),
    "rnn, softmax states": regression(Sequence(3, 2), RNN(4, "softmax")),
    "rnn, gelu": regression(Sequence(2, 3), RNN(4, "gelu")),
    "lstm": regression(Sequence(2, 3), LSTM(4)),
    "attention": regression(Sequence(4, 3), Attention(2)),
    "attention, heads": regression(Sequence(4, 3), Attention(2, 5)),
    "transformer_block": regression(Sequence(3, 4), TransformerBlock(2, 3, 5, "tanh")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_against_differences(kind: str) -> None:
    """Each adjoint, as it is written, is the derivative of the cost."""
    check_network(KINDS[kind])


def test_no_kind_is_left_out() -> None:
    """A layer that a spec file knows has a case above."""
    assert set(LAYERS) <= {name.partition(",")[0].partition(" ")[0] for name in KINDS}


def test_symbolic_sizes_against_differences() -> None:
    """Derived once for all sizes; the numbers come with the evaluation."""
    d, h, k = (Symbol(name, integer=True, positive=True) for name in "dhK")
    network = Network("d", [Dense("h", "tanh"), LayerNorm(), Dense("K", "softmax")], CCE)
    check_network(network, {d: 3, h: 4, k: 2})
    assert network.size_values == {}
    with pytest.raises(UnsupportedError, match="no components: the size d is no number"):
        _ = network.components


# --- famous forms ---------------------------------------------------------------------------------

FORMS = [
    (
        "batch_norm",
        "A1",
        (
            r"\frac{N\,\frac{\partial J}{\partial\hat{X}_{nj}^{(2)}}"
            r" - \sum_{m=1}^N \frac{\partial J}{\partial\hat{X}_{mj}^{(2)}}"
            r" - \hat{X}_{nj}^{(2)} \sum_{m=1}^N \hat{X}_{mj}^{(2)}\,"
            r"\frac{\partial J}{\partial\hat{X}_{mj}^{(2)}}}{N\,s_j^{(2)}}"
        ),
    ),
    (
        "attention",
        "S1",
        (
            r"P_{ntu}^{(1)}\,\left(\frac{\partial J}{\partial P_{ntu}^{(1)}}"
            r" - \sum_{r=1}^{T_0} P_{ntr}^{(1)}\,\frac{\partial J}{\partial P_{ntr}^{(1)}}\right)"
        ),
    ),
    (
        "residual",
        "X",
        (
            r"\sum_{j=1}^{d_1} W_{ij}^{(1)}\,\delta_{nj}^{(1)}"
            r" + \sum_{j=1}^{d_4} W_{ij}^{(4)}\,\delta_{nj}^{(4)}"
        ),
    ),
    (
        "embedding",
        "E1",
        (r"\sum_{n=1}^N \sum_{k=1}^{d_2} [x_n = v]\,W_{jk}^{(2)}\,\delta_{nk}^{(2)}"),
    ),
    (
        "max_pool in the plane",
        "X",
        (
            r"\sum_{r=1}^{m_1} \sum_{s=1}^{r_1} \sum_{h=1}^{d_2}"
            r" [M_{ncrs}^{(1)} + 2r = 2 + p][Q_{ncrs}^{(1)} + 2s = 2 + q]\,"
            r"W_{crsh}^{(2)}\,\delta_{nh}^{(2)}"
        ),
    ),
]


@pytest.mark.parametrize(("kind", "key", "expected"), FORMS, ids=[row[0] for row in FORMS])
def test_famous_forms(kind: str, key: str, expected: str) -> None:
    """As textbooks print them; no unneeded condition on an index is left."""
    graph = KINDS[kind].graph
    assert latex(index_equation(adjoints(graph)[key], graph).sides[1]) == expected


def test_the_gradient_of_a_shared_weight_is_a_sum_over_time() -> None:
    """Backpropagation through time: one term for each step that reads the weight."""
    graph = KINDS["rnn"].graph
    found = adjoints(graph)
    marks = [rf"^{{(1)\langle {t}\rangle }}" for t in (1, 2, 3)]
    expected = " + ".join(
        rf"\sum_{{n=1}}^N H_{{nk}}{before}\,\delta_{{nj}}{now}" for before, now in pairwise(marks)
    )
    assert latex(index_equation(found["V1"], graph).sides[1]) == expected
    assert latex(index_equation(found["H1t2"], graph).sides[1]) == (
        rf"\sum_{{k=1}}^{{d_1}} V_{{jk}}^{{(1)}}\,\delta_{{nk}}{marks[2]}"
    )


# --- what is refused ------------------------------------------------------------------------------

REFUSED: list[tuple[Size | Inputs, Collection[Layer], str]] = [
    (0, [Dense(2)], "inputs: expected a positive number, found 0"),
    (3, [], "layers: expected at least one layer"),
    (3, [Dense(0)], "layers[0].units: expected a positive number, found 0"),
    ("2x", [Dense(2)], "inputs: expected a number or the name of a size, found '2x'"),
    ("N", [Dense(2)], "the size 'N' has the name of the number of samples; name it anew"),
    ("W1", [Dense(2)], "the size 'W1' has the name of a quantity of the network; name it anew"),
    ("j", [Dense(2)], "the size 'j' has the name of an index; name it anew"),
    (
        "d_1",
        [Dense(2)],
        "layers[0]: the size 'd_1' has that name already as a number; name it anew",
    ),
    (
        3,
        [Dense(2, "tan")],
        "unknown activation 'tan' at layers[0].activation; did you mean 'tanh'?",
    ),
    (
        3,
        [Residual((Dense(2, "tan"), Dense(3)))],
        "unknown activation 'tan' at layers[0].layers[0].activation; did you mean 'tanh'?",
    ),
    (3, [Residual(())], "layers[0].layers: expected at least one layer"),
    (
        3,
        [Dense(4), Residual((Dense(5), Dense(3)))],
        "layers[1]: residual: reads an array of shape N x 4, computes one of shape N x 3",
    ),
    (
        3,
        [Residual((Dense(3), RNN(2)))],
        (
            "layers[0].layers[1]: recurrent layer: expected a sequence with the axes sample, "
            "time, feature"
        ),
    ),
    (
        3,
        [Conv1d(2, 3)],
        "layers[0]: conv1d: expected an image with a channel and 1 position axes",
    ),
    (
        Image(1, (5,)),
        [Conv2d(2, 3)],
        "layers[0]: conv2d: expected an image with a channel and 2 position axes",
    ),
    (Image(1, (3,)), [Conv1d(2, 4)], "layers[0]: conv: a kernel of width 4 does not fit the input"),
    (
        Image(1, ("m",)),
        [Conv1d(2, 3, 2)],
        "layers[0]: conv: a stride needs a length that is a number",
    ),
    (
        Image(1, (8,)),
        [Conv1d(2, 3, activation="softmax")],
        "layers[0]: conv: softmax would mix positions; expected one for each entry",
    ),
    (Image(1, (5,)), [MaxPool(2)], "layers[0]: pool: 5 positions are no multiple of 2"),
    (Image(1, (5,)), [Conv1d(2, 0)], "layers[0].width: expected a number from 1 on, found 0"),
    (3, [Dropout(0)], "layers[0].keep: expected a share above 0, at most 1, found 0"),
    (3, [LayerNorm(-1)], "layers[0].epsilon: expected a number from 0 on, found -1"),
    (
        Sequence(3, 2),
        [BatchNorm()],
        "layers[0]: batch_norm: expected features, one axis beside the samples",
    ),
    (
        3,
        [Attention(2)],
        "layers[0]: attention: expected a sequence with the axes sample, time, feature",
    ),
    (
        Sequence("T", 2),
        [RNN(2)],
        "layers[0]: recurrent layer: expected a number of steps up to 1000, found T",
    ),
    (Tokens(), [Dense(2)], "layers[0]: reads tokens; expected an embedding, which looks them up"),
    (3, [Embedding(5, 2)], "layers[0]: embedding: expected tokens to look up, found numbers"),
]


@pytest.mark.parametrize(("inputs", "layers", "message"), REFUSED, ids=[r[2][:45] for r in REFUSED])
def test_what_does_not_fit_is_refused(
    inputs: Size | Inputs, layers: Collection[Layer], message: str
) -> None:
    """The layer, what was expected, what is there."""
    with pytest.raises(SpecError) as caught:
        Network(inputs, layers, MSE)
    assert str(caught.value) == message


@pytest.mark.parametrize("last", [BatchNorm(), Residual((Dense(3, "softmax"),)), Dropout()])
def test_a_last_layer_without_an_activation_promises_no_range(last: Layer) -> None:
    """Its values may be anything, and a logarithm of anything is refused."""
    with pytest.raises(SpecError, match=r"layers\[0\], a layer without an activation, takes"):
        Network(3, [last], CCE)


def test_features_are_their_number() -> None:
    """``Features(3)`` and 3 are one network."""
    assert Network(Features(3), [Dense(2)], MSE) == Network(3, [Dense(2)], MSE)


def test_a_small_network_of_the_same_kind() -> None:
    """At most three nodes a layer, and neighbours that differ, so that a transpose would show."""
    large = Network(784, [Dense(128, "relu"), Dense(1), Dense(64), Dense(2)], MSE)
    assert large.shrunk().sizes == (3, 2, 1, 3, 2)
    assert large.shrunk().activations == large.activations
    assert large.shrunk().graph == large.graph
    assert (large.written_out, large.shrunk().written_out) == (False, True)
