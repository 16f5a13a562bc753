"""Values of terms with indices: sums, cases, functions of the document, samples, time, layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_model import SmallModel

from symderiv.verification.functions import DomainError
from symderiv.verification.model import Unknown
from symderiv.verification.points import Points
from symderiv.verification.quantities import Budget
from symderiv.verification.terms import Call, Ref

NETWORK = SmallModel(
    r"s_j = \sum_{i=1}^{n} w_{ij} x_i",
    r"h_j = \tanh(s_j)",
    r"p_j = \frac{e^{h_j}}{\sum_{k=1}^{m} e^{h_k}}",
    r"L = -\sum_{j=1}^{m} y_j \log p_j",
    r"f(v) = v^3 + x_1 v",
    arrays=False,
)
N, M = (range(1, NETWORK.built.model.sizes[end] + 1) for end in "nm")
X = np.array([NETWORK.number(f"x_{i}") for i in N])
W = np.array([[NETWORK.number(f"w_{{{i}{j}}}") for j in M] for i in N])
X3 = NETWORK.number("x_3")
Y = np.array([NETWORK.number(f"y_{j}") for j in M])
S = X @ W
H = np.tanh(S)
P = np.exp(H) / np.exp(H).sum()
WITH_INDICES = {
    r"\sum_{i=1}^{n} x_i^2": np.sum(X**2),
    r"\sum_i x_i": np.sum(X),
    r"\sum_{i \ne 2} x_i": np.sum(X) - X[1],
    r"\prod_{i=1}^{n} x_i": np.prod(X),
    r"\sum_{i=2}^{n} x_i": np.sum(X[1:]),
    r"\sum_{i=1}^{n} \sum_{j=1}^{m} w_{ij}": np.sum(W),
    r"\sum_{i=4}^{3} x_i": 0,
    r"\prod_{i=4}^{3} x_i": 1,
    r"h_2": H[1],
    r"L": -np.sum(Y * np.log(P)),
    r"\delta_{12} + \delta_{22}": 1,
    r"\begin{cases} x_1 & x_1 > x_2 \\ x_2 & \text{otherwise} \end{cases}": max(X[:2]),
    r"\begin{cases} 5 & 1 = 2 \\ 7 & 1 \ne 2 \end{cases}": 7,
    r"\max(x_1, x_2)": max(X[:2]),
    r"|x_1|": abs(X[0]),
    r"x_1 / x_2 / x_3": X[0] / X[1] / X3,
    r"x_1 x_2 / x_3": X[0] * X[1] / X3,
    r"x_1^{-2}": X[0] ** -2,
    r"e^{x_1}": np.exp(X[0]),
    r"\log_2(x_1^2)": np.log2(X[0] ** 2),
    r"f(x_2)": X[1] ** 3 + X[0] * X[1],
    r"f'(x_2)": 3 * X[1] ** 2 + X[0],
    r"f''(x_2)": 6 * X[1],
    r"f'''(x_2)": 6,
    r"\sigma'(x_1)": np.exp(-X[0]) / (1 + np.exp(-X[0])) ** 2,
    r"\tanh''(x_1)": -2 * np.tanh(X[0]) / np.cosh(X[0]) ** 2,
}


@pytest.mark.parametrize(("text", "expected"), WITH_INDICES.items(), ids=WITH_INDICES)
def test_a_term_with_indices_has_the_value_that_numpy_gives(text: str, expected: float) -> None:
    """Sums by their ranges and conditions, cases, powers, functions and their primes."""
    rough = 1e-7 if "''" in text else 1e-12  # higher primes are differences
    assert NETWORK.number(text) == pytest.approx(expected, rel=rough, abs=rough)


@pytest.mark.parametrize("j", [1, 2])
def test_a_softmax_of_an_entry_runs_over_its_letter(j: int) -> None:
    """Its logarithm too."""
    assert NETWORK.number(r"\mathrm{softmax}(h_j)", j=j) == pytest.approx(P[j - 1], rel=1e-13)
    logarithm = Call(Ref("logsoftmax"), (NETWORK.term("h_j"),))
    value = NETWORK.points.value(logarithm, {"j": j})
    assert np.allclose(value[0], np.log(P[j - 1]))


DERIVATIVES = {
    r"\frac{\partial L}{\partial h_1}": P[0] * Y.sum() - Y[0],
    r"\frac{\partial p_1}{\partial h_2}": -P[0] * P[1],
    r"\frac{\partial s_1}{\partial w_{21}}": X[1],
    r"\frac{\partial s_1}{\partial w_{22}}": 0,
    r"\frac{\partial L}{\partial w_{21}}": (P[0] * Y.sum() - Y[0]) * (1 - H[0] ** 2) * X[1],
    r"\frac{\partial^2 L}{\partial h_1 \partial h_2}": -P[0] * P[1] * Y.sum(),
    r"\frac{\partial^2 L}{\partial h_1^2}": P[0] * (1 - P[0]) * Y.sum(),
    r"\frac{\partial f(v)}{\partial v}": 3 * NETWORK.number("v") ** 2 + X[0],
}


@pytest.mark.parametrize(("text", "expected"), DERIVATIVES.items(), ids=DERIVATIVES)
def test_a_derivative_is_the_one_by_hand(text: str, expected: float) -> None:
    """To rounding where the step is imaginary, to a part in ten million where it is nested."""
    nested = "^2" in text
    rough = 1e-7 if nested else 1e-13
    assert NETWORK.number(text) == pytest.approx(expected, rel=rough, abs=rough)


def test_what_is_known_at_one_place_does_not_change_a_derivative() -> None:
    """Values that the cut name does not move are shared, those that it moves are not."""
    text = r"\frac{\partial L}{\partial w_{21}}"
    fresh = replace(NETWORK.points, known={}, changed={}, read=set())
    alone = NETWORK.value(text, fresh)
    for name in ("L", "p_1", "h_1", "s_1", "s_2", "w_{21}"):
        NETWORK.value(name, fresh)
    assert np.array_equal(NETWORK.value(text, fresh), alone)
    assert not NETWORK.value(r"\frac{\partial L}{\partial h_1}", fresh).imag.any()


def test_what_is_taken_in_a_cruder_way_is_not_kept() -> None:
    """A derivative inside a derivative is a difference; outside it is exact all the same."""
    model = SmallModel("y = e^{3x}", r"g = \frac{\partial y}{\partial x}", "r = g u", arrays=False)
    assert model.number(r"\frac{\partial r}{\partial u}") == pytest.approx(model.number("g"))
    assert model.number("g") == pytest.approx(3 * np.exp(3 * model.number("x")), rel=1e-14)


def test_an_explicit_derivative_holds_all_other_names() -> None:
    """With y = a x and a = x^2, dy/dx is 3 x^2 in all, and a alone if a is held."""
    model = SmallModel("a = x^2", "y = a x", arrays=False)
    x = model.number("x")
    slope = r"\frac{\partial y}{\partial x}"
    assert model.number(slope) == pytest.approx(3 * x**2, rel=1e-13)
    held = replace(model.points, explicit=True, known={}, changed={})
    assert model.value(slope, held)[0].item().real == pytest.approx(x**2, rel=1e-13)


def test_layers_follow_each_other_down_to_what_is_given() -> None:
    """A recursion in a mark ends at the layer that nothing defines."""
    model = SmallModel("a^{(l)} = \\tanh(w^{(l)} a^{(l-1)})", arrays=False)
    start = model.number("a^{(0)}")
    first = np.tanh(model.number("w^{(1)}") * start)
    second = np.tanh(model.number("w^{(2)}") * first)
    assert model.number("a^{(2)}") == pytest.approx(second, rel=1e-13)
    slope = model.number(r"\frac{\partial a^{(2)}}{\partial w^{(1)}}")
    expected = (1 - second**2) * model.number("w^{(2)}") * (1 - first**2) * start
    assert slope == pytest.approx(expected, rel=1e-13)


def test_time_steps_follow_each_other_too() -> None:
    """A derivative by a weight that all steps share sums over them."""
    model = SmallModel("h_t = u h_{t-1} + x_t", arrays=False)
    h0, u, x1 = (model.number(name) for name in ("h_0", "u", "x_1"))
    assert model.number(r"\frac{\partial h_2}{\partial u}") == pytest.approx(2 * u * h0 + x1)


@pytest.mark.parametrize(
    ("formulas", "text"),
    [
        (("a = b + 1", "b = 2 a"), "a"),
        (("a_i = a_{i+1} + x_i",), "a_1"),
    ],
)
def test_a_definition_that_never_ends_has_no_value(formulas: tuple[str, ...], text: str) -> None:
    """Neither a circle nor a chain without an end takes for ever."""
    with pytest.raises((Unknown, RecursionError)):
        SmallModel(*formulas, arrays=False).value(text)


def test_below_a_sum_each_sample_has_a_graph_of_its_own() -> None:
    """Written for one sample and summed over all: the weight is shared, the rest is not."""
    model = SmallModel(
        r"z_i = w x_i",
        r"a_i = \sigma(z_i)",
        r"J = \frac{1}{3} \sum_{i=1}^{3} (a_i - y_i)^2",
        arrays=False,
    )
    x, y = (np.array([model.number(f"{n}_{i}") for i in (1, 2, 3)]) for n in "xy")
    a = 1 / (1 + np.exp(-model.number("w") * x))
    assert len(set(a)) == 3
    expected = np.mean(2 * (a - y) * a * (1 - a) * x)
    assert model.number(r"\frac{\partial J}{\partial w}") == pytest.approx(expected, rel=1e-13)


def test_a_graph_without_indices_below_a_sum_is_that_of_each_sample() -> None:
    """Where z = w x is defined and z_i is summed, x is x_i there."""
    model = SmallModel(
        "z = w x",
        r"J = \sum_{i=1}^{m} (z_i - y_i)^2",
        r"\frac{\partial J}{\partial w} = \sum_{i=1}^{m} 2 (z_i - y_i) x_i",
        arrays=False,
    )
    every = range(1, model.built.model.sizes["m"] + 1)
    x, y = (np.array([model.number(f"{n}_{i}") for i in every]) for n in "xy")
    w = model.number("w")
    assert model.number("J") == pytest.approx(np.sum((w * x - y) ** 2))
    assert model.number(r"\frac{\partial J}{\partial w}") == pytest.approx(
        np.sum(2 * (w * x - y) * x), rel=1e-13
    )


def test_a_cost_that_nobody_defines_is_some_function_of_what_it_may_read() -> None:
    """Its derivative is not zero, and the chain rule holds for it."""
    model = SmallModel(
        "z = w x", "a = \\tanh(z)", r"\frac{\partial L}{\partial w} = \delta x", arrays=False
    )
    by_a, by_w = (model.number(rf"\frac{{\partial L}}{{\partial {n}}}") for n in "aw")
    assert by_a != 0
    assert by_w == pytest.approx(by_a * (1 - np.tanh(model.number("z")) ** 2) * model.number("x"))


def test_a_function_that_nobody_defines_has_primes_that_are_its_own() -> None:
    """g'(x) is the slope of g, whatever smooth function it is."""
    model = SmallModel("a = g(z)", arrays=False)
    assert model.number(r"\frac{\partial a}{\partial z}") == pytest.approx(
        model.number("g'(z)"), rel=1e-13
    )
    assert model.number("g'(z)") != 0


def test_outside_a_domain_other_points_have_to_be_tried() -> None:
    """Logarithms and roots of what is negative somewhere, and what is divided by zero."""
    for text in (r"\log(x_1 - x_1^2 - 9)", r"\sqrt{-x_1^2}", r"\frac{1}{x_1 - x_1}"):
        with pytest.raises(DomainError):
            NETWORK.value(text)
    model = NETWORK.built
    positive = Points(model.model, model.kinds, NETWORK.points.at, positive=True)
    assert np.all(NETWORK.value("x_2", positive).real > 0)


def test_an_evaluation_that_takes_too_long_ends() -> None:
    """The budget is counted in steps, so that it is the same on every machine."""
    hurried = replace(NETWORK.points, known={}, budget=Budget(50))
    with pytest.raises(Unknown, match="out of time"):
        NETWORK.value(r"\frac{\partial^2 L}{\partial h_1^2}", hurried)
