"""The order in which a lecturer writes: factors as they are computed, signs in front."""

from __future__ import annotations

import pytest
import sympy as sp
from oracles import NETWORKS, derived
from sympy import Expr, Rational, Symbol, exp, log, tanh

from symderiv.brackets import Same
from symderiv.derivation import Chain, Partial
from symderiv.errors import UnsupportedError
from symderiv.graph import atom
from symderiv.latex.printer import latex
from symderiv.writing import write

NETWORK = derived(NETWORKS["2-2-1 sigmoid, BCE"]).network
x1, x2, y, w, b, z, a, v, p = (
    Symbol(name, real=True)
    for name in ("x_1", "x_2", "y", "w1_1_1", "b1_1", "z1_1", "a1_1", "w2_1_1", "yhat")
)
n, j, k = sp.symbols("n j k", integer=True)
N, d2 = sp.symbols("N d_2", integer=True, positive=True)

COMPONENTS = [
    # terms: what is added before what is subtracted, a number first, short before long
    (p - y, r"\hat{y} - y"),
    (y - p, r"y - \hat{y}"),
    (1 - a, "1 - a_1^{(1)}"),
    (a - 1, "a_1^{(1)} - 1"),
    (-y - p, r"-(y + \hat{y})"),
    (x1 - x2 - a, "x_1 - x_2 - a_1^{(1)}"),
    (b + x1 * w + x2, r"x_2 + b_1^{(1)} + x_1\,w_{11}^{(1)}"),
    (x1 * x2 + a, r"a_1^{(1)} + x_1\,x_2"),
    (1 - a**2, "1 - (a_1^{(1)})^2"),
    # factors: in the order in which they are computed, a name before a bracket of its age
    (
        (p - y) * v * a * (1 - a) * x1,
        r"x_1\,a_1^{(1)}\,(1 - a_1^{(1)})\,w_{11}^{(2)}\,(\hat{y} - y)",
    ),
    (a**2 * (1 - a), r"(a_1^{(1)})^2\,(1 - a_1^{(1)})"),
    (a * x1**2, r"x_1^2\,a_1^{(1)}"),
    ((x1 + x2) * (p - y), r"(x_1 + x_2)(\hat{y} - y)"),
    (-x1 * (1 - a), r"-x_1\,(1 - a_1^{(1)})"),
    (x1 * exp(-z), r"x_1\,e^{-z_1^{(1)}}"),
    (y * log(p), r"y \log(\hat{y})"),
    # fractions and numbers
    (a / 2, r"\frac{a_1^{(1)}}{2}"),
    (-a / p, r"-\frac{a_1^{(1)}}{\hat{y}}"),
    ((p - y) / (p * (1 - p)), r"\frac{\hat{y} - y}{\hat{y}\,(1 - \hat{y})}"),
    (1 / (1 + exp(-z)), r"\frac{1}{1 + e^{-z_1^{(1)}}}"),
    (sp.Integer(-2), "-2"),
    (Rational(-1, 2), r"-\frac{1}{2}"),
    # functions
    (exp(2 * z), "e^{2z_1^{(1)}}"),
    (tanh(z), r"\tanh(z_1^{(1)})"),
    (
        -(y * log(p) + (1 - y) * log(1 - p)),
        r"-(y \log(\hat{y}) + (1 - y) \log(1 - \hat{y}))",
    ),
    (
        sp.Piecewise((z, z > 0), (0, True)),
        r"\begin{cases} z_1^{(1)} & \text{if } z_1^{(1)} > 0 \\ 0 & \text{otherwise} \end{cases}",
    ),
    # the chain rule: its factors stay in its order
    (Partial(p, b), r"\frac{\partial\hat{y}}{\partial b_1^{(1)}}"),
    (
        Chain(Partial(p, a), Partial(a, b)),
        (
            r"\frac{\partial\hat{y}}{\partial a_1^{(1)}}"
            r" \cdot \frac{\partial a_1^{(1)}}{\partial b_1^{(1)}}"
        ),
    ),
    (Chain(p - y, a * (1 - a)), r"(\hat{y} - y) \cdot a_1^{(1)}\,(1 - a_1^{(1)})"),
    (Chain(-y / p, p * (1 - p)), r"-\frac{y}{\hat{y}} \cdot \hat{y}\,(1 - \hat{y})"),
    (Chain(p - y, -a), r"(\hat{y} - y) \cdot (-a_1^{(1)})"),
    (Chain(p - y, sp.Integer(1)), r"\hat{y} - y"),
]


@pytest.mark.parametrize(("expr", "expected"), COMPONENTS)
def test_components(expr: Expr, expected: str) -> None:
    """One sample, written out."""
    assert latex(write(expr, NETWORK.components)) == expected


A, D, W = atom("A1", n, j), atom("dZ2", n, k), atom("W2", j, k)
BACK = sp.Sum(W * D, (k, 1, d2))
SUM = r"\sum_{k=1}^{d_2} W_{jk}^{(2)}\,\delta_{nk}^{(2)}"
INDICES = [
    (BACK, SUM),
    (A * (1 - A) * BACK, rf"A_{{nj}}^{{(1)}}\,(1 - A_{{nj}}^{{(1)}}) {SUM}"),
    (sp.Sum(-W * D, (k, 1, d2)), f"-{SUM}"),
    (BACK / N, rf"\frac{{1}}{{N}} {SUM}"),
    (-2 * BACK / N, rf"-\frac{{2}}{{N}} {SUM}"),
    (A + BACK, f"A_{{nj}}^{{(1)}} + {SUM}"),
    (A - BACK, f"A_{{nj}}^{{(1)}} - {SUM}"),
    (-A / (N * d2), r"-\frac{A_{nj}^{(1)}}{N\,d_2}"),
    (Same(j - k) * A, r"[j = k]\,A_{nj}^{(1)}"),
    (D * A, r"A_{nj}^{(1)}\,\delta_{nk}^{(2)}"),
]


@pytest.mark.parametrize(("expr", "expected"), INDICES)
def test_indices(expr: Expr, expected: str) -> None:
    """All samples, a sum last and its adjoint last in it."""
    assert latex(write(expr, NETWORK.graph)) == expected


def test_what_has_no_printed_form_is_refused() -> None:
    """Nothing is printed as SymPy would put it."""
    with pytest.raises(UnsupportedError, match=r"^no printed form for "):
        write(sp.Integral(x1, x1), NETWORK.components)
