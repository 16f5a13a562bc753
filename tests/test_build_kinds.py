"""What can be built: every activation and loss, large networks; what is refused, and why."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from needs import needs_tex

from symderiv import Data, Dense, Network
from symderiv.build import build
from symderiv.builder import Sequence, Tokens
from symderiv.crosscheck import compare, run_file
from symderiv.errors import UnsupportedError
from symderiv.functions import ACTIVATIONS, LOSSES
from symderiv.layers import Dropout, Embedding
from symderiv.pipeline import derive
from symderiv.recurrence import RNN

CCE, MSE = "categorical_cross_entropy", "mean_squared_error"
FITTING = {
    "binary_cross_entropy": "sigmoid",
    CCE: "softmax",
    "negative_log_likelihood": "log_softmax",
    "kl_divergence": "softmax",
}
DIGITS = Network(784, [Dense(128, "relu"), Dense(64, "relu"), Dense(10, "softmax")], CCE, "mean")


@pytest.fixture
def no_tex(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take TeX away."""
    monkeypatch.setenv("PATH", str(tmp_path))


def built(network: Network, folder: Path) -> ModuleType:
    """Build a network without TeX; return its code."""
    result = build(network, folder, force=True)
    assert result.passed, result.checks
    return run_file(folder / "train.py")


@pytest.mark.usefixtures("no_tex")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_can_be_built(activation: str, tmp_path: Path) -> None:
    """And its code overflows nowhere: at inputs of a thousand, too, all values are numbers."""
    module = built(Network(2, [Dense(3, activation), Dense(1)], MSE), tmp_path)
    X, Y = np.array([[1e3, -2e3], [-1e3, 5e2]]), np.zeros((2, 1))
    params = module.init_params()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost, gradients = module.loss_and_gradients(params, X, Y)
    assert np.isfinite(cost)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients.values())


@pytest.mark.usefixtures("no_tex")
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_can_be_built(loss: str, tmp_path: Path) -> None:
    """Proved, emitted, checked and rendered."""
    last = FITTING.get(loss, "identity")
    built(Network(2, [Dense(3, "tanh"), Dense(2, last)], loss), tmp_path)


@pytest.mark.usefixtures("no_tex")
def test_penalties_are_in_the_code(tmp_path: Path) -> None:
    """Their gradient moves the weights; the forward pass still returns the predictions."""
    layers = [Dense(3, "tanh"), Dense(1)]
    module, plain = (
        built(Network(2, layers, MSE, l1=l1, l2=l2), tmp_path) for l1, l2 in ((0.1, 0.5), (0, 0))
    )
    generator = np.random.default_rng(0)
    params = {k: generator.normal(size=v.shape) for k, v in module.init_params().items()}
    X, Y = generator.normal(size=(4, 2)), generator.normal(size=(4, 1))
    np.testing.assert_array_equal(module.forward(params, X), plain.forward(params, X))
    _, ours = module.loss_and_gradients(params, X, Y)
    _, without = plain.loss_and_gradients(params, X, Y)
    for key, value in params.items():
        more = 0.1 * np.sign(value) + 0.5 * value if key.startswith("W") else 0
        np.testing.assert_allclose(ours[key], without[key] + more, atol=1e-12)


# --- networks too large to write out --------------------------------------------------------------


@pytest.mark.usefixtures("no_tex")
def test_a_large_network_is_built(tmp_path: Path) -> None:
    """In indices and matrices; proved on a small network of the same kind, which is said."""
    module = built(DIGITS, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    first = report["checks"][0]["check"]
    assert first.startswith("each gradient of the same network as 3-2-3-2 equals sympy.diff")
    assert module.forward(module.init_params(), np.zeros((2, 784))).shape == (2, 10)
    slides = (tmp_path / "slides.html").read_text(encoding="utf-8")
    assert "Gradient descent" not in slides
    assert "gradients as matrices" in slides


@pytest.mark.usefixtures("no_tex")
def test_a_wide_network_with_data_shows_its_points(tmp_path: Path) -> None:
    """What has no need of components is as it was: data, training, decision."""
    data = Data(((1, 1), (1, 0), (0, 1), (0, 0)), ((0,), (1,), (1,), (0,)))
    layers = [Dense(40, "tanh"), Dense(1, "sigmoid")]
    built(Network(2, layers, "binary_cross_entropy", "mean", data=data), tmp_path)
    slides = (tmp_path / "slides.html").read_text(encoding="utf-8")
    assert "Why one line cannot separate the classes" in slides
    assert "Training: the predictions" in slides


@pytest.mark.tex
def test_the_slides_of_a_large_network_fit(tmp_path: Path) -> None:
    """Compiled, no box stands over a margin."""
    needs_tex()
    result = build(DIGITS, tmp_path, only=frozenset({"slides"}))
    assert result.passed, result.checks


def test_a_value_that_is_no_number_is_no_agreement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the code nor in the equations: NaN is below no tolerance."""
    network = Network(2, [Dense(2, "tanh"), Dense(1)], MSE)
    monkeypatch.setenv("PATH", str(tmp_path))
    module = built(network, tmp_path)
    monkeypatch.setattr("symderiv.trials._spread", lambda *_: float("nan"))
    assert not compare(derive(network), module).passed


# --- what is refused ------------------------------------------------------------------------------

TAIL = "; symderiv derive prints the gradients"
REFUSED: list[tuple[Network, str]] = [
    (Network(Sequence(3, 2), [RNN(3), Dense(2)], MSE), "layers of the kind RNN"),
    (Network(3, [Dense(3), Dropout(), Dense(2)], MSE), "layers of the kind Dropout"),
    (Network(Tokens(), [Embedding(5, 2), Dense(2)], MSE), "layers of the kind Embedding"),
    (
        Network(Sequence(3, 2), [Dense(2)], MSE),
        "inputs other than features, or sizes that are symbols",
    ),
    (Network("d", [Dense(2)], MSE), "inputs other than features, or sizes that are symbols"),
    (
        Network(3, [Dense("h"), Dense(2)], MSE),
        "inputs other than features, or sizes that are symbols",
    ),
    (
        Network(3, [Dense(2, "softmax")], CCE, labels="index"),
        'labels that are class numbers; labels = "one-hot" would do',
    ),
    (Network(3, [Dense(2)], MSE, weighted=["sample"]), "samples or classes with weights"),
    (
        Network(3, [Dense(2)], MSE, l2="lambda_2"),
        "parameters that are symbols, where a number would do",
    ),
    (Network(2000, [Dense(2000)], MSE), "more than 2,000,000 parameters"),
]


@pytest.mark.parametrize(("network", "why"), REFUSED, ids=[row[1][:40] for row in REFUSED])
def test_what_cannot_be_built_says_why(network: Network, why: str, tmp_path: Path) -> None:
    """And what works; nothing is written."""
    with pytest.raises(UnsupportedError) as caught:
        build(network, tmp_path)
    assert str(caught.value) == f"no slides and no training code yet for {why}{TAIL}"
    assert list(tmp_path.iterdir()) == []
