"""A gradient by hand in NumPy: each array is right, or wrong with its mistake and its mend."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hand_gradients import NETWORK, RIGHT, Arrays, forward, grads, links
from oracles import NETWORKS, emitted
from zoo import ZOO

import symderiv as sd
from symderiv.evaluation import evaluated
from symderiv.hand.trials import Bench
from symderiv.verification.reports import FORMATS

UNWEIGHTED = np.ones(())


def changed(which: int, change: Callable[[np.ndarray], object]) -> Callable[..., object]:
    """Return the right gradients but for one, which is changed."""

    def function(
        W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, X: np.ndarray, y: np.ndarray
    ) -> list[object]:
        found: list[object] = list(grads(W1, b1, W2, b2, X, y))
        found[which] = change(grads(W1, b1, W2, b2, X, y)[which])
        return found

    return function


def test_what_is_right_is_right() -> None:
    """As a tuple in the order of the parameters, which are the network's own names."""
    report = sd.verify(grads, NETWORK)
    assert links(report) == [RIGHT] * 4
    assert [e.latex for e in report.equations][:2] == [
        r"\frac{\partial J}{\partial\mathbf{W}^{(1)}}",
        r"\frac{\partial J}{\partial\mathbf{b}^{(1)}}",
    ]
    assert Path(report.path).name == "hand_gradients.py"
    line = Path(report.path).read_text("utf-8").splitlines()[report.equations[0].line - 1]
    assert line.startswith("def grads")


@pytest.mark.parametrize("name", NETWORKS)
def test_our_own_code_is_right(name: str) -> None:
    """``train.py`` returns the cost and a dict, and takes a dict of parameters."""
    network = NETWORKS[name]
    function = emitted(network).loss_and_gradients
    assert set(links(sd.verify(function, network))) == {RIGHT}


ONE_ARRAY = [
    (0, np.negative, "sign", "-dW1"),
    (0, lambda g: g / 2, "lost factor", "2 * dW1"),
    (2, lambda g: 2 * g, "extra factor", "dW2 / 2"),
    (3, lambda g: -2 * g, "extra factor", "-db2 / 2"),
    (0, lambda g: 7.5 * g, "wrong factor", "0.133333 * dW1"),
    (0, np.transpose, "transpose or order", "dW1.T"),
    (2, lambda g: -g.T, "transpose or order", "-dW2.T"),
    (3, np.zeros_like, "unknown", ""),
    (1, lambda g: g[:, None], "shape", "db1.reshape(b1.shape)"),
]


@pytest.mark.parametrize(("which", "change", "mistake", "mend"), ONE_ARRAY)
def test_one_array_is_wrong(
    which: int, change: Callable[[np.ndarray], object], mistake: str, mend: str
) -> None:
    """Its mistake is named, and the others are right."""
    found = links(sd.verify(changed(which, change), NETWORK))
    verdict = "slip" if mistake == "shape" else "wrong"
    assert found[which] == (verdict, mistake, mend)
    assert found[:which] + found[which + 1 :] == [RIGHT] * 3


def built(source: Callable[[Arrays], tuple[object, ...]]) -> Callable[..., object]:
    """Return gradients that are computed from all values of the pass."""

    def function(
        W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, X: np.ndarray, Y: np.ndarray
    ) -> object:
        values = {"W1": W1, "W2": W2, "X": X, "Y": Y, **forward(W1, b1, W2, b2, X)}
        return source(values)

    return function


def passes(d2: np.ndarray, slope: np.ndarray, v: Arrays) -> tuple[np.ndarray, ...]:
    """Return the gradients that follow from the error of the outputs and a slope."""
    d1 = d2 @ v["W2"].T * slope
    return v["X"].T @ d1, d1.sum(axis=0), v["A1"].T @ d2, d2.sum(axis=0)


def slope(v: Arrays) -> np.ndarray:
    """Return the derivative of the sigmoid."""
    return np.asarray(v["A1"] * (1 - v["A1"]))


def error(v: Arrays) -> np.ndarray:
    """Return the error of the outputs."""
    return np.asarray((v["Yhat"] - v["Y"]) / len(v["X"]))


IN_THE_PASS = [
    (lambda v: passes(error(v) * len(v["X"]), slope(v), v), "extra factor", "dW1 / N"),
    (lambda v: passes(-error(v), slope(v), v), "sign", "-dW1"),
    (lambda v: passes(error(v), v["A1"], v), "lost activation derivative",
     "dZ1[n, j] = (1 - A1[n, j])*A1[n, j]*Sum(W2[j, k]*dZ2[n, k], (k, 1, d_2))"),
    (lambda v: passes(error(v), np.ones(1), v), "lost activation derivative",
     "dZ1[n, j] = (1 - A1[n, j])*A1[n, j]*Sum(W2[j, k]*dZ2[n, k], (k, 1, d_2))"),
    (lambda v: passes(error(v), v["A1"] * (1 + v["A1"]), v), "sign",
     "dZ1[n, j] = (1 - A1[n, j])*A1[n, j]*Sum(W2[j, k]*dZ2[n, k], (k, 1, d_2))"),
    (lambda v: passes((v["Yhat"] + v["Y"]) / len(v["X"]), slope(v), v), "sign",
     "dZ2[n, j] = (-Y[n, j] + Yhat[n, j])/N"),
    (lambda v: passes(v["Yhat"] + v["Y"], slope(v), v), "sign",
     "dZ2[n, j] = (-Y[n, j] + Yhat[n, j])/N, and dW1 / N then"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "mistake", "mend"), IN_THE_PASS)
def test_a_mistake_higher_up_is_found_from_below(
    source: Callable[[Arrays], tuple[object, ...]], mistake: str, mend: str
) -> None:
    """The gradient by the first weights tells what happened on the way to them."""
    found = links(sd.verify(built(source), NETWORK))
    assert found[0] == ("wrong", mistake, mend)


AXES = [
    (lambda v: {"b1": (error(v) @ v["W2"].T * slope(v)).sum(axis=1)}, "wrong axis",
     "dZ1.sum(axis=0)"),
    (lambda v: {"b2": error(v)}, "missing sum", "db2.sum(axis=0)"),
    (lambda v: {"b2": error(v).mean(axis=0)}, "lost factor", "N * db2"),
    (lambda v: {"b2": error(v).sum()}, "unknown", ""),
    (lambda v: {"W2": passes(error(v), slope(v), v)[0]}, "swapped symbols", "dW2"),
    (lambda v: {"W2": v["W2"]}, "swapped symbols", "dW2"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "mistake", "mend"), AXES)
def test_axes_and_names(
    source: Callable[[Arrays], tuple[object, ...]], mistake: str, mend: str
) -> None:
    """What was computed instead is found among all arrays of the pass."""
    assert links(sd.verify(built(source), NETWORK)) == [("wrong", mistake, mend)]


def test_a_penalty_that_was_forgotten() -> None:
    """The weights are what is missing."""
    network = sd.Network(3, [sd.Dense(4, "sigmoid"), sd.Dense(2, "softmax")],
                         "categorical_cross_entropy", "mean", l2=0.25)  # fmt: skip
    found = links(sd.verify(grads, network))
    assert found[0] == ("wrong", "lost term", "dW1 + 0.25 * W1")
    assert (found[1], found[3]) == (RIGHT, RIGHT)


def test_the_slope_of_a_rectifier() -> None:
    """It is nought for some units, and was forgotten for all."""
    network = sd.Network(3, [sd.Dense(4, "relu"), sd.Dense(2)], "mean_squared_error")

    def function(W2: np.ndarray, Yhat: np.ndarray, X: np.ndarray, y: np.ndarray) -> Arrays:
        return {"W1": X.T @ ((Yhat - y) @ W2.T)}

    ((_, mistake, mend),) = links(sd.verify(function, network))
    assert mistake == "lost activation derivative"
    assert mend.startswith("dZ1[n, j] = ")


# --- names ----------------------------------------------------------------------------------------


def named(  # noqa: PLR0913  # as a network has
    W_1: np.ndarray, B1: np.ndarray, w2: np.ndarray, b2: np.ndarray, *, x: np.ndarray,
          Y: np.ndarray, scale: float = 1.0) -> dict[str, np.ndarray]:  # fmt: skip
    """Return the gradients by many spellings."""
    one, two, three, four = grads(W_1, B1, w2, b2, x, Y)
    return {"dW1": one * scale, "grad_b1": two, "dJ/dW2": three, "b2": four}


def test_names_are_those_that_people_write() -> None:
    """Small or capital, with a stroke or without; a default that the network has not is kept."""
    report = sd.verify(named, NETWORK)
    assert links(report) == [RIGHT] * 4
    shown = [e.latex for e in report.equations]
    assert r"\mathbf{W}^{(2)}" in shown[2]


def test_values_of_the_forward_pass_may_be_asked_for() -> None:
    """Whoever caches them passes them on, and may return the derivatives by them."""

    def function(A1: np.ndarray, Yhat: np.ndarray, Y: np.ndarray) -> dict[str, np.ndarray]:
        d2 = (Yhat - Y) / len(Y)
        return {"W2": A1.T @ d2, "Z2": d2, "dYhat": d2}

    verdicts = [e.verdict for e in sd.verify(function, NETWORK).equations]
    assert verdicts == ["right", "right", "wrong"]


def test_a_cost_before_the_gradients_is_no_gradient() -> None:
    """Training code returns both."""

    def function(W2: np.ndarray, A1: np.ndarray, Yhat: np.ndarray, Y: np.ndarray) -> object:
        del W2
        return -np.sum(Y * np.log(Yhat)), A1.T @ (Yhat - Y) / len(Y)

    assert links(sd.verify(function, NETWORK)) == [RIGHT]


def test_one_gradient_needs_no_tuple() -> None:
    """An array is the derivative by the only weight among the parameters."""

    def function(b2: np.ndarray, Yhat: np.ndarray, Y: np.ndarray, /) -> object:
        del b2
        return np.sum(Yhat - Y, axis=0) / len(Y)

    assert links(sd.verify(function, NETWORK)) == [RIGHT]
    assert links(sd.verify(partial(function), NETWORK)) == [RIGHT]


def test_labels_as_data_has_them_are_enough() -> None:
    """A function that takes the class from the labels is right, and it is said for which ones."""

    def function(A1: np.ndarray, Yhat: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        p = Yhat.copy()
        p[np.arange(len(p)), y.argmax(axis=1)] -= 1
        return {"W2": A1.T @ p / len(p)}

    report = sd.verify(function, NETWORK)
    assert links(report) == [RIGHT]
    assert report.equations[0].links[0].reason == "if the labels are 0 or 1"


def test_class_numbers_count_from_nought() -> None:
    """As an index of an array does."""
    network = sd.Network(3, [sd.Dense(4, "tanh"), sd.Dense(2, "softmax")],
                         "categorical_cross_entropy", labels="index")  # fmt: skip

    def function(A1: np.ndarray, Yhat: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        p = Yhat.copy()
        p[np.arange(len(p)), y] -= 1
        return {"W2": A1.T @ p}

    assert links(sd.verify(function, network)) == [RIGHT]


# --- every network, every format ------------------------------------------------------------------


@pytest.mark.parametrize("name", ZOO)
def test_every_network_can_be_the_model(name: str) -> None:
    """The derivative by the predictions is taken by differences of the cost, which know no rule."""
    network = ZOO[name]
    sizes = {len(t.values["Yhat"]): t.sizes for t in Bench(sd.derive(network)).trials}
    tail = [d for d in network.graph.definitions if d.rhs is not None]
    tail = tail[[d.key for d in tail].index("Yhat") + 1 :]

    def function(
        params: Arrays,
        Yhat: np.ndarray,
        Y: np.ndarray,
        omega: np.ndarray = UNWEIGHTED,
        v: np.ndarray = UNWEIGHTED,
        lambda_2: np.ndarray = UNWEIGHTED,
    ) -> dict[str, np.ndarray]:
        labels = Y + 1 if network.labels == "index" else Y
        given = {**params, "Y": labels, "omega": omega, "v": v, "lambda_2": lambda_2}

        def cost(at: tuple[int, ...], step: float) -> float:
            values = {**given, "Yhat": Yhat.copy()}
            values["Yhat"][at] += step
            for definition in tail:
                values[definition.key] = evaluated(definition, values, sizes[len(Yhat)])
            return float(values["J"])

        slope = np.zeros_like(Yhat)
        for at in np.ndindex(*Yhat.shape):
            slope[at] = (cost(at, 1e-6) - cost(at, -1e-6)) / 2e-6
        return {"Yhat": slope}

    assert links(sd.verify(function, network)) == [RIGHT]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_reports_on_it(form: str) -> None:
    """The records are those of a document."""
    text = FORMATS[form]([sd.verify(changed(0, np.negative), NETWORK)])
    assert "dW1" in text
