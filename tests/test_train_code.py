"""``train.py``: what it offers, that its gradients are those of its loss, and that it trains."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from oracles import (
    NETWORKS,
    SPECS,
    Array,
    Values,
    check_gradient,
    derived,
    emitted,
    example,
    random_point,
    shapes,
)

from symderiv.emitters.numpy import numpy_source
from symderiv.evaluation import scalar_gradients
from symderiv.network import Network
from symderiv.program import lowered

ALL = {**NETWORKS, **{f"{name}.toml": example(name) for name in SPECS}}


@pytest.mark.parametrize("name", ALL)
def test_the_gradients_are_those_of_the_loss(name: str) -> None:
    """Central differences agree at random parameters, for every network and every example."""
    check_gradient(ALL[name])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda gradient: -gradient,
        lambda gradient: gradient / 2,
        lambda gradient: gradient * (1 + 1e-6),
        lambda gradient: gradient[::-1].copy(),
        lambda gradient: gradient[:1],
    ],
    ids=["sign", "half", "1e-6", "order", "shape"],
)
@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
def test_the_oracle_can_fail(name: str, wrong: Callable[[Array], Array]) -> None:
    """A gradient with a slip in one parameter is rejected."""
    network = NETWORKS["2-3-2 tanh, MSE mean"]
    code = emitted(network)

    def loss_and_gradients(params: Values, X: Array, Y: Array) -> tuple[float, Values]:
        cost, gradients = code.loss_and_gradients(params, X, Y)
        return cost, {**gradients, name: wrong(gradients[name])}

    broken = types.ModuleType("broken")
    broken.__dict__.update(loss=code.loss, loss_and_gradients=loss_and_gradients)
    with pytest.raises(AssertionError):
        check_gradient(network, broken)


@pytest.mark.parametrize("name", ALL)
def test_it_imports_numpy_and_nothing_else(name: str) -> None:
    """No symderiv, no standard library: the file runs wherever NumPy does."""
    tree = ast.parse(numpy_source(lowered(derived(ALL[name]))))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        ("init_params", {"seed": 1}),
        ("forward", {"params": None, "X": None}),
        ("loss", {"params": None, "X": None, "Y": None}),
        ("loss_and_gradients", {"params": None, "X": None, "Y": None}),
        (
            "train",
            {"params": None, "X": None, "Y": None, "learning_rate": 0.5, "epochs": 2000},
        ),
    ],
)
def test_the_public_functions(function: str, parameters: dict[str, object]) -> None:
    """Names, order and defaults are as promised; the defaults are the spec's, and each explains."""
    found = getattr(emitted(example("xor")), function)
    signature = inspect.signature(found).parameters
    assert {
        name: None if p.default is p.empty else p.default for name, p in signature.items()
    } == parameters
    assert list(signature) == list(parameters)
    assert inspect.getdoc(found)


@pytest.mark.parametrize("name", ALL)
def test_shapes_and_keys(name: str) -> None:
    """Parameters by name as the spec's sizes say, predictions (N, K), the cost a number."""
    network, code = ALL[name], emitted(ALL[name])
    initial = code.init_params(3)
    assert {key: value.shape for key, value in initial.items()} == shapes(network)
    assert not any(value.any() for key, value in initial.items() if key.startswith("b"))
    params, X, Y = random_point(network, 0)
    assert code.forward(params, X).shape == Y.shape
    cost, gradients = code.loss_and_gradients(params, X, Y)
    assert isinstance(cost, float)
    assert {key: value.shape for key, value in gradients.items()} == shapes(network)


def test_the_start_depends_on_the_seed_alone() -> None:
    """The same seed gives the same weights, another gives others, the spec's is the default."""
    code = emitted(example("xor"))
    default, first, again, other = (code.init_params(*seed) for seed in ((), (1,), (1,), (2,)))
    np.testing.assert_equal(first, again)
    np.testing.assert_equal(first, default)
    assert not np.array_equal(first["W1"], other["W1"])


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_the_cost_is_the_sum_or_the_mean_of_the_losses(reduction: str) -> None:
    """J of the lecture is a sum: twice the samples, twice the cost; a mean stays as it is."""
    network = Network(2, example("xor").layers, "binary_cross_entropy", reduction)
    code = emitted(network)
    params, X, Y = random_point(network, 0)
    twice = code.loss(params, np.vstack([X, X]), np.vstack([Y, Y]))
    assert twice == pytest.approx(
        code.loss(params, X, Y) * (2 if reduction == "sum" else 1), rel=1e-14
    )


def test_training_leaves_its_arguments_alone() -> None:
    """The start can be used again."""
    code = emitted(example("xor"))
    start = code.init_params()
    before = {name: value.copy() for name, value in start.items()}
    trained, losses = code.train(start, code.X, code.Y, 0.5, 3)
    np.testing.assert_equal(start, before)
    assert len(losses) == 3
    assert losses[0] == code.loss(start, code.X, code.Y)
    assert losses[0] > losses[1] > losses[2] > code.loss(trained, code.X, code.Y)


@pytest.mark.parametrize(
    ("name", "last"),
    [("xor", "4 of 4 correct"), ("3-4-3-softmax", "9 of 9 correct"), ("2-3-2-tanh-mse", None)],
)
def test_it_trains_as_a_script_in_an_empty_folder(
    name: str, last: str | None, tmp_path: Path
) -> None:
    """NumPy alone, no environment: the cost falls line by line, and every sample is learnt."""
    path = tmp_path / "train.py"
    path.write_text(numpy_source(lowered(derived(example(name)))), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", path.name],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    costs = [float(line.rpartition("J = ")[2]) for line in lines if "J = " in line]
    assert len(costs) > 5
    assert costs == sorted(costs, reverse=True)
    assert done.stderr == ""
    if last:
        assert lines[-1] == last
    else:
        assert float(lines[-1].removeprefix("largest error ")) < 0.1


@pytest.mark.parametrize("wanted", ["2-2-1", "(B1)", "(B6)", "(F1)", "(C2)"])
def test_each_gradient_line_names_its_equation(wanted: str) -> None:
    """The comment beside a line is the number of an equation on the slides."""
    source = numpy_source(lowered(derived(example("xor"))))
    assert source.count(wanted) >= 1
    backward = source.partition("def loss_and_gradients")[2].partition("gradients = ")[0]
    statements = [line for line in backward.splitlines() if line.strip().startswith("d")]
    assert [line.rpartition("# ")[2] for line in statements] == [f"(B{n})" for n in range(1, 7)]


def test_the_scalar_gradients_train_the_network() -> None:
    """The component formulas alone learn XOR, by the same losses as ``train.py`` to 1e-12."""
    network = example("xor")
    code = emitted(network)
    params = code.init_params()
    _, expected = code.train(params, code.X, code.Y)
    gradients = scalar_gradients(derived(network))
    values: Values = {
        f"{name[0].lower()}{name[1]}_" + "_".join(str(i + 1) for i in place): value
        for name, array in params.items()
        for place, value in np.ndenumerate(array)
    }
    data = {"x_1": code.X[:, 0], "x_2": code.X[:, 1], "y": code.Y[:, 0]}
    losses = []
    for _ in expected:
        found = gradients({**values, **data})
        losses.append(float(np.sum(np.asarray(found["L"]))))
        for name in values:
            slope = np.sum(np.asarray(found[name]))
            values[name] = values[name] - network.training.learning_rate * slope
    np.testing.assert_allclose(losses, expected, rtol=1e-12, atol=0)
    assert losses[-1] < 0.1


def test_the_scalar_gradients_read_like_the_graph() -> None:
    """Intermediate values have the graph's names: no ``x0``, ``x1`` of a machine."""
    source = str(scalar_gradients(derived(example("xor"))).__doc__)
    for line in ("z1_1 = b1_1 + ", "a1_2 = ", "yhat = ", "-y + yhat"):
        assert line in source
    assert "x0" not in source
