"""Derivatives in components: the printed form, and each step that leads to it."""

from __future__ import annotations

from itertools import pairwise

import pytest
import sympy as sp
from oracles import CCE, MSE, NETWORKS, derived, example, network
from sympy import Expr, Symbol

from symderiv.derivation import Derivation, Partial, multiplied
from symderiv.errors import DerivationError, UnknownNameError
from symderiv.latex.printer import latex
from symderiv.network import Network
from symderiv.proof import NormalForm
from symderiv.writing import write

XOR = derived(example("xor"))
TANH = derived(example("2-3-2-tanh-mse"))
SOFTMAX = derived(example("3-4-3-softmax"))
SOFTMAX_MSE = derived(network(1, (2, "softmax"), loss=MSE))
RELU = derived(NETWORKS["2-3-1 relu, BCE"])

# As a careful lecturer writes them: factors in the order in which they are computed, forward from
# the input, and the error last.
LOSS_BY = {
    "w_{11}^{(1)}": r"x_1\,a_1^{(1)}\,(1 - a_1^{(1)})\,w_{11}^{(2)}\,(\hat{y} - y)",
    "w_{12}^{(1)}": r"x_1\,a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)",
    "w_{21}^{(1)}": r"x_2\,a_1^{(1)}\,(1 - a_1^{(1)})\,w_{11}^{(2)}\,(\hat{y} - y)",
    "w_{22}^{(1)}": r"x_2\,a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)",
    "b_1^{(1)}": r"a_1^{(1)}\,(1 - a_1^{(1)})\,w_{11}^{(2)}\,(\hat{y} - y)",
    "b_2^{(1)}": r"a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)",
    "w_{11}^{(2)}": r"a_1^{(1)}\,(\hat{y} - y)",
    "w_{21}^{(2)}": r"a_2^{(1)}\,(\hat{y} - y)",
    "b_1^{(2)}": r"\hat{y} - y",
    "a_1^{(1)}": r"w_{11}^{(2)}\,(\hat{y} - y)",
    "a_2^{(1)}": r"w_{21}^{(2)}\,(\hat{y} - y)",
    "x_1": (
        r"w_{11}^{(1)}\,a_1^{(1)}\,(1 - a_1^{(1)})\,w_{11}^{(2)}\,(\hat{y} - y)"
        r" + w_{12}^{(1)}\,a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)"
    ),
    "x_2": (
        r"w_{21}^{(1)}\,a_1^{(1)}\,(1 - a_1^{(1)})\,w_{11}^{(2)}\,(\hat{y} - y)"
        r" + w_{22}^{(1)}\,a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)"
    ),
    "z_1^{(2)}": r"\hat{y} - y",
    "z_2^{(1)}": r"a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)",
    r"\hat{y}": r"\frac{1 - y}{1 - \hat{y}} - \frac{y}{\hat{y}}",
}
PREDICTION_BY = {
    "b_1^{(2)}": r"\hat{y}\,(1 - \hat{y})",
    "w_{11}^{(2)}": r"a_1^{(1)}\,\hat{y}\,(1 - \hat{y})",
    "w_{21}^{(2)}": r"a_2^{(1)}\,\hat{y}\,(1 - \hat{y})",
    "a_1^{(1)}": r"w_{11}^{(2)}\,\hat{y}\,(1 - \hat{y})",
    "a_2^{(1)}": r"w_{21}^{(2)}\,\hat{y}\,(1 - \hat{y})",
    "z_1^{(2)}": r"\hat{y}\,(1 - \hat{y})",
}
OTHERS = [
    (XOR, "a_1^(1)", "b_1^(1)", r"a_1^{(1)}\,(1 - a_1^{(1)})"),
    (XOR, "a_1^(1)", "z_1^(1)", r"a_1^{(1)}\,(1 - a_1^{(1)})"),
    (XOR, "a_2^(1)", "w_12^(1)", r"x_1\,a_2^{(1)}\,(1 - a_2^{(1)})"),
    (XOR, "a_1^(1)", "x_2", r"w_{21}^{(1)}\,a_1^{(1)}\,(1 - a_1^{(1)})"),
    (XOR, "z_1^(1)", "b_1^(1)", "1"),
    (XOR, "z_1^(2)", "a_2^(1)", "w_{21}^{(2)}"),
    (TANH, "L", "yhat_2", r"\hat{y}_2 - y_2"),
    (TANH, "L", "w_31^(2)", r"a_3^{(1)}\,(\hat{y}_1 - y_1)(1 - \hat{y}_1^2)"),
    (TANH, "a_1^(1)", "w_21^(1)", r"x_2\,(1 - (a_1^{(1)})^2)"),
    (
        TANH,
        "L",
        "b_3^(1)",
        (
            r"(1 - (a_3^{(1)})^2)(w_{31}^{(2)}\,(\hat{y}_1 - y_1)(1 - \hat{y}_1^2)"
            r" + w_{32}^{(2)}\,(\hat{y}_2 - y_2)(1 - \hat{y}_2^2))"
        ),
    ),
    (SOFTMAX, "L", "z_3^(2)", r"\hat{y}_3 - y_3"),
    (SOFTMAX, "L", "w_42^(2)", r"a_4^{(1)}\,(\hat{y}_2 - y_2)"),
    (SOFTMAX, "L", "yhat_1", r"-\frac{y_1}{\hat{y}_1}"),
    (SOFTMAX, "yhat_2", "z_2^(2)", r"\hat{y}_2\,(1 - \hat{y}_2)"),
    (SOFTMAX, "yhat_1", "z_3^(2)", r"-\hat{y}_1\,\hat{y}_3"),
    (
        SOFTMAX,
        "L",
        "a_2^(1)",
        (
            r"w_{21}^{(2)}\,(\hat{y}_1 - y_1) + w_{22}^{(2)}\,(\hat{y}_2 - y_2)"
            r" + w_{23}^{(2)}\,(\hat{y}_3 - y_3)"
        ),
    ),
    (
        RELU,
        "a_3^(1)",
        "b_3^(1)",
        r"\begin{cases} 1 & \text{if } z_3^{(1)} > 0 \\ 0 & \text{otherwise} \end{cases}",
    ),
    (RELU, "L", "b_1^(2)", r"\hat{y} - y"),
]


def printed(derivation: Derivation, expr: Expr) -> str:
    """Return an expression as the slides have it."""
    return latex(write(expr, derivation.network.components))


@pytest.mark.parametrize(("by", "expected"), LOSS_BY.items())
def test_the_derivatives_of_the_loss(by: str, expected: str) -> None:
    """All nine by parameters, and by activations, sums and inputs, to the letter."""
    result = XOR.component("L", by)
    assert printed(XOR, result.value) == expected
    assert printed(XOR, result.target) == latex(write(result.target, XOR.network.components))


@pytest.mark.parametrize(("by", "expected"), PREDICTION_BY.items())
def test_the_derivatives_of_the_prediction(by: str, expected: str) -> None:
    """The intermediate results of the lecture."""
    assert printed(XOR, XOR.component("yhat", by).value) == expected


@pytest.mark.parametrize(("derivation", "of", "by", "expected"), OTHERS)
def test_other_derivatives(derivation: Derivation, of: str, by: str, expected: str) -> None:
    """Of any name by any name before it, in networks of other kinds."""
    assert printed(derivation, derivation.component(of, by).value) == expected


BIAS = [
    (
        "chain",
        "chain rule",
        r"\frac{\partial L}{\partial\hat{y}} \cdot \frac{\partial\hat{y}}{\partial b_1^{(2)}}",
    ),
    (
        "outer",
        "what is known",
        (
            r"\left(\frac{1 - y}{1 - \hat{y}} - \frac{y}{\hat{y}}\right)"
            r" \cdot \frac{\partial\hat{y}}{\partial b_1^{(2)}}"
        ),
    ),
    (
        "inner",
        "local derivative",
        r"\left(\frac{1 - y}{1 - \hat{y}} - \frac{y}{\hat{y}}\right) \cdot \hat{y}\,(1 - \hat{y})",
    ),
    ("cancel", "cancel common factors", r"(1 - y)\,\hat{y} - y\,(1 - \hat{y})"),
    ("collect", "collect terms", r"\hat{y} - y"),
]
LOCAL = [
    ("differentiate", "differentiate", r"\frac{e^{-z_1^{(2)}}}{(1 + e^{-z_1^{(2)}})^2}"),
    ("fold", "write it in known names", r"\hat{y}\,(1 - \hat{y})"),
]
WEIGHT = [
    (
        "chain",
        "chain rule",
        (
            r"\frac{\partial L}{\partial a_2^{(1)}}"
            r" \cdot \frac{\partial a_2^{(1)}}{\partial w_{12}^{(1)}}"
        ),
    ),
    (
        "outer",
        "what is known",
        r"w_{21}^{(2)}\,(\hat{y} - y) \cdot \frac{\partial a_2^{(1)}}{\partial w_{12}^{(1)}}",
    ),
    (
        "inner",
        "local derivative",
        r"w_{21}^{(2)}\,(\hat{y} - y) \cdot x_1\,a_2^{(1)}\,(1 - a_2^{(1)})",
    ),
    (
        "multiply",
        "collect factors",
        r"x_1\,a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)",
    ),
]
ONE_HOT = [
    (
        "chain",
        "chain rule",
        " + ".join(
            rf"\frac{{\partial L}}{{\partial\hat{{y}}_{k}}} \cdot "
            rf"\frac{{\partial\hat{{y}}_{k}}}{{\partial z_1^{{(2)}}}}"
            for k in (1, 2, 3)
        ),
    ),
    (
        "outer",
        "what is known",
        r"-\left("
        + " + ".join(
            rf"\frac{{y_{k}}}{{\hat{{y}}_{k}}} \cdot "
            rf"\frac{{\partial\hat{{y}}_{k}}}{{\partial z_1^{{(2)}}}}"
            for k in (1, 2, 3)
        )
        + r"\right)",
    ),
    (
        "inner",
        "local derivative",
        (
            r"-\left(\frac{y_1}{\hat{y}_1} \cdot \hat{y}_1\,(1 - \hat{y}_1)"
            r" + \frac{y_2}{\hat{y}_2} \cdot (-\hat{y}_1\,\hat{y}_2)"
            r" + \frac{y_3}{\hat{y}_3} \cdot (-\hat{y}_1\,\hat{y}_3)\right)"
        ),
    ),
    (
        "multiply",
        "cancel common factors",
        r"y_2\,\hat{y}_1 + y_3\,\hat{y}_1 - y_1\,(1 - \hat{y}_1)",
    ),
    ("group", "collect terms", r"(y_1 + y_2 + y_3)\,\hat{y}_1 - y_1"),
    ("fact", "the labels of a sample sum to 1", r"\hat{y}_1 - y_1"),
]


@pytest.mark.parametrize(
    ("derivation", "of", "by", "expected"),
    [
        (XOR, "L", "b_1^(2)", BIAS),
        (XOR, "yhat", "z_1^(2)", LOCAL),
        (XOR, "L", "w_12^(1)", WEIGHT),
        (SOFTMAX, "L", "z_1^(2)", ONE_HOT),
    ],
    ids=["bias", "local", "weight", "one-hot"],
)
def test_the_steps(
    derivation: Derivation, of: str, by: str, expected: list[tuple[str, str, str]]
) -> None:
    """Rule by rule, with its reason, down to the result."""
    steps = derivation.component(of, by).steps
    assert expected == [
        (step.rule, step.because, printed(derivation, step.after)) for step in steps
    ]


def test_a_fact_that_was_used_is_named() -> None:
    """Where the labels have to sum to 1 the result says so; elsewhere it claims nothing."""
    (fact,) = SOFTMAX.component("L", "z_1^(2)").facts
    assert fact.because == "the labels of a sample sum to 1"
    assert SOFTMAX.component("yhat_1", "z_1^(2)").facts == ()
    assert XOR.component("L", "b_1^(2)").facts == ()


SMALL = [XOR, TANH, SOFTMAX_MSE, RELU]
IDS = ["xor", "tanh", "softmax", "relu"]


@pytest.mark.parametrize("derivation", SMALL, ids=IDS)
def test_steps_follow_each_other(derivation: Derivation) -> None:
    """The first step starts with the question, each goes on where the last ended."""
    for result in derivation.components.values():
        assert result.steps[0].before == result.target
        assert multiplied(result.steps[-1].after) == result.value
        assert all(
            multiplied(one.after) == multiplied(two.before) for one, two in pairwise(result.steps)
        )
        assert all(step.because for step in result.steps)


def expansion(network: Network, *kept: Expr) -> dict[Expr, Expr]:
    """Return every name written out, down to what is given and to the names ``kept``."""
    full: dict[Expr, Expr] = {}
    for definition in network.components.definitions:
        if definition.rhs is not None and definition.atom not in kept:
            full[definition.atom] = definition.rhs.xreplace(full)
    return full


@pytest.mark.parametrize("derivation", SMALL, ids=IDS)
def test_every_step_of_every_derivative_is_true(derivation: Derivation) -> None:
    """Each side of each step is the function that ``sympy.diff`` finds, as an identity.

    The second opinion cuts the name by which is differentiated and writes everything else out.
    """
    network = derivation.network
    normal = NormalForm(network.components)
    for result in derivation.components.values():
        of, by = result.target.args
        full = expansion(network, by)

        def slope(top: Expr, bottom: Expr, by: Expr = by) -> Expr:
            return sp.diff(top.xreplace(expansion(network, by, bottom)), bottom)

        truth = sp.diff(of.xreplace(full), by)
        for step in result.steps:
            side = multiplied(step.after).replace(Partial, slope).xreplace(full)
            assert normal.same(side, truth), (result.target, step)
            assert not normal.same(side, truth + 1)


@pytest.mark.parametrize(
    ("of", "by"),
    [
        ("a_1^(1)", "a_2^(1)"),
        ("a_1^(1)", "w_12^(1)"),
        ("z_1^(1)", "yhat"),
        ("L", "L"),
        ("yhat", "y"),
        ("w_11^(1)", "x_1"),
    ],
)
def test_what_does_not_depend_is_an_error(of: str, by: str) -> None:
    """Never 0: it would hide a mistyped name."""
    with pytest.raises(DerivationError, match=r"^\w+ does not depend on \w+$"):
        XOR.component(of, by)


@pytest.mark.parametrize(
    ("name", "nearest"), [("w_11^(3)", "w_11^(2)"), ("b_2^(2)", "b_2^(1)"), ("yhats", "yhat")]
)
def test_an_unknown_name_is_an_error(name: str, nearest: str) -> None:
    """The message has the nearest name that there is."""
    with pytest.raises(UnknownNameError) as caught:
        XOR.component("L", name)
    assert str(caught.value) == f"no quantity named '{name}'; did you mean '{nearest}'?"


def test_the_pairs_are_listed_and_counted() -> None:
    """L by 17 names, the prediction by 16: all that they depend on, labels apart."""
    pairs = list(XOR.components)
    assert len(pairs) == len(XOR.components) == 17 + 16
    assert pairs[:3] == [("L", "yhat"), ("L", "z2_1"), ("L", "b2_1")]
    assert not any(by == "y" for _, by in pairs)


def test_two_classes_are_no_special_case() -> None:
    """Labels that sum to 1 leave ``yhat_k - y_k``, with two outputs as with more."""
    two = derived(network(3, (4, "tanh"), (2, "softmax"), loss=CCE))
    for unit in (1, 2):
        value = two.component("L", f"z_{unit}^(2)").value
        assert value == Symbol(f"yhat_{unit}", real=True) - Symbol(f"y_{unit}", real=True)
