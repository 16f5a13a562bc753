"""Values of terms at random points: each kind of term against NumPy, each derivative against it."""

from __future__ import annotations

import numpy as np
import pytest
from small_model import SmallModel

from symderiv.verification.arrays import ShapeError
from symderiv.verification.model import Unknown
from symderiv.verification.terms import walk

LAYER = SmallModel(
    r"W \in \mathbb{R}^{2 \times 3}",
    r"x \in \mathbb{R}^3",
    r"z = W x + b",
    r"a = \sigma(z)",
    r"L = \frac12 \|a - y\|^2",
)
TIGHT = 1e-12


def sigma(z: np.ndarray) -> np.ndarray:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-z))


def arrays() -> dict[str, np.ndarray]:
    """Return the arrays of the layer at the first point."""
    return {name: LAYER.first(name) for name in ("W", "x", "b", "z", "a", "y")}


# --- arrays ---------------------------------------------------------------------------------------

A = arrays()
OF_ARRAYS = {
    r"W x + b": A["W"] @ A["x"] + A["b"],
    r"a": sigma(A["W"] @ A["x"] + A["b"]),
    r"W^\top a": A["W"].T @ A["a"],
    r"a \odot b": A["a"] * A["b"],
    r"a \otimes x": A["a"] @ A["x"].T,
    r"a \cdot b": A["a"].T @ A["b"],
    r"a^\top b": A["a"].T @ A["b"],
    r"a / b": A["a"] / A["b"],
    r"2 a": 2 * A["a"],
    r"-a": -A["a"],
    r"\frac{a}{2}": A["a"] / 2,
    r"a + 1": A["a"] + 1,
    r"\|W\|": np.linalg.norm(A["W"]),
    r"\|a\|^2": np.sum(A["a"] ** 2),
    r"\|b\|_2": np.linalg.norm(A["b"]),
    r"\operatorname{tr}(W W^\top)": np.trace(A["W"] @ A["W"].T),
    r"\operatorname{diag}(a)": np.diag(A["a"][:, 0]),
    r"(W W^\top)^{-1}": np.linalg.inv(A["W"] @ A["W"].T),
    r"(W W^\top)^2": np.linalg.matrix_power(A["W"] @ A["W"].T, 2),
    r"W_{12}": A["W"][0, 1],
    r"[W x]_2": (A["W"] @ A["x"])[1],
    r"x_3": A["x"][2],
    r"\mathrm{softmax}(a)": np.exp(A["a"]) / np.exp(A["a"]).sum(),
    r"\mathrm{softmax}(W)": np.exp(A["W"]) / np.exp(A["W"]).sum(axis=1, keepdims=True),
    r"\tanh(z)": np.tanh(A["z"]),
    r"\sigma'(z)": A["a"] * (1 - A["a"]),
    r"\begin{pmatrix} a & b \end{pmatrix}": np.hstack([A["a"], A["b"]]),
    r"\begin{pmatrix} a \\ b \end{pmatrix}": np.vstack([A["a"], A["b"]]),
}


@pytest.mark.parametrize(("text", "expected"), OF_ARRAYS.items(), ids=OF_ARRAYS)
def test_a_term_of_arrays_has_the_value_that_numpy_gives(text: str, expected: np.ndarray) -> None:
    """Products by their sign, norms, traces, entries, blocks: row by row as NumPy has them."""
    found = LAYER.first(text)
    assert found.shape == np.atleast_2d(expected).shape
    assert np.allclose(found, expected, atol=TIGHT, rtol=TIGHT)


SLOPE = A["a"] * (1 - A["a"])
OF_DERIVATIVES = {
    r"\frac{\partial z}{\partial x}": A["W"],
    r"\frac{\partial z}{\partial b}": np.eye(2),
    r"\frac{\partial a}{\partial z}": np.diag(SLOPE[:, 0]),
    r"\frac{\partial a}{\partial x}": SLOPE * A["W"],
    r"\frac{\partial L}{\partial a}": A["a"] - A["y"],
    r"\nabla_W L": ((A["a"] - A["y"]) * SLOPE) @ A["x"].T,
    r"\frac{\partial L}{\partial W_{12}}": ((A["a"] - A["y"]) * SLOPE)[0] * A["x"][1],
    r"\frac{\partial a_2}{\partial W}": np.outer([0, SLOPE[1, 0]], A["x"]),
    r"\frac{\partial a_1}{\partial x_3}": SLOPE[0] * A["W"][0, 2],
}


@pytest.mark.parametrize(("text", "expected"), OF_DERIVATIVES.items(), ids=OF_DERIVATIVES)
def test_a_derivative_by_an_array_is_laid_out_as_usual(text: str, expected: np.ndarray) -> None:
    """Of a number: like the array. Of a vector by a vector: a row for each entry of the first."""
    found = LAYER.first(text)
    assert found.shape == np.atleast_2d(expected).shape
    assert np.allclose(found, expected, atol=TIGHT, rtol=TIGHT)


def test_a_hessian_is_the_jacobian_of_a_gradient() -> None:
    """Inside another derivative a difference takes the place of the imaginary step."""
    model = SmallModel(r"L = \frac14 (x^\top x)^2", r"g = \nabla_x L", r"H = g x^\top")
    x = model.first("x")
    hessian = (x.T @ x) * np.eye(len(x)) + 2 * x @ x.T
    assert np.allclose(model.first(r"\frac{\partial g}{\partial x}"), hessian, rtol=1e-9)


@pytest.mark.parametrize("text", ["W W", "W x + x", "x x + W", r"a \odot x", r"W + b^\top"])
def test_shapes_that_do_not_fit_are_told_with_their_place(text: str) -> None:
    """The error names the factor or term at which it showed."""
    term = LAYER.term(text)
    with pytest.raises(ShapeError) as caught:
        LAYER.points.value(term, {})
    assert any(caught.value.term is node for node in walk(term))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\frac{\partial a}{\partial W}", "is no matrix"),
        (r"x_4", "outside its range"),
        (r"W_{31}", "outside its range"),
        (r"\frac{\partial L}{\partial v}", "does not depend on v"),
        (r"\frac{\partial x}{\partial a}", "does not depend on a"),
        (r"2^{a}", "array above"),
        (r"x^{100}", "above 64"),
        (r"(W W^\top)^{20}", "power of a matrix"),
        (r"\mathrm{softmax}(L)", "softmax of one number"),
        (r"\sigma''''(z)", "more than three primes"),
        (r"\sum_q x_q", "has no end"),
    ],
)
def test_what_has_no_value_says_why(text: str, reason: str) -> None:
    """The reason is what a report shows."""
    with pytest.raises(Unknown, match=reason):
        LAYER.value(text)
