"""A derivation by hand in SymPy: each gradient is right, or wrong with its mistake and its mend."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy as sp
from sympy import Derivative, Eq, Expr, Function, IndexedBase, Sum, symbols

import symderiv as sd
from symderiv.verification.records import Equation, Link, Report
from symderiv.verification.reports import FORMATS

XOR = sd.load(Path(__file__).parents[1] / "examples" / "xor.toml")
COLOURS = sd.load(Path(__file__).parents[1] / "examples" / "3-4-3-softmax.toml")
WIDE = sd.Network(3, [sd.Dense(2, "tanh"), sd.Dense(1)], "mean_squared_error", "mean", l2=0.1)

L, x_1, x_2, a, v, y, yhat, z, w = symbols("L x_1 x_2 a1_1 w2_1_1 y yhat z2_1 w1_2_1")
RIGHT = x_2 * a * (1 - a) * v * (yhat - y)
LINK = "w_21^(1)"


def only(report: Report) -> Link:
    """Return the one link of a report."""
    (equation,) = report.equations
    (link,) = equation.links
    assert equation.verdict == link.verdict
    return link


ONE_MISTAKE = [
    (-RIGHT, "sign"),
    (RIGHT.subs(yhat - y, yhat + y), "sign"),
    (RIGHT.subs(x_2, x_1), "wrong index"),
    (RIGHT / x_2, "lost factor"),
    (RIGHT / (1 - a), "lost activation derivative"),
    (RIGHT * a, "wrong number"),
    (2 * RIGHT, "wrong number"),
    (RIGHT.subs(v, sp.Symbol("w2_2_1")), "wrong index"),
]


@pytest.mark.parametrize(("value", "mistake"), ONE_MISTAKE)
def test_a_mistake_is_named_and_mended(value: Expr, mistake: str) -> None:
    """What it should be makes it right, and a counterexample shows both sides."""
    link = only(sd.verify({LINK: value}, XOR))
    assert (link.verdict, link.mistake) == ("wrong", mistake)
    assert link.should_be
    assert link.counterexample is not None
    assert link.counterexample.left != link.counterexample.right
    assert link.counterexample.values


@pytest.mark.parametrize(
    "value",
    [
        RIGHT,
        sp.expand(RIGHT),
        RIGHT.subs(yhat, Function("sigma")(z)),
        RIGHT.subs(yhat, 1 / (1 + sp.exp(-z))),
        1.0 * RIGHT,
        a * x_2 * Derivative(L, z) * v * (1 - a),
    ],
)
def test_the_form_of_what_is_right_does_not_matter(value: Expr) -> None:
    """Values are compared, not forms."""
    assert only(sd.verify({LINK: value}, XOR)).verdict == "right"


@pytest.mark.parametrize("key", [LINK, "w_{21}^{(1)}", "w1_2_1", w, sp.Symbol("w1_2_1", real=True)])
def test_a_weight_has_the_names_that_people_give_it(key: object) -> None:
    """In code, on a slide, and as a symbol, whatever is assumed of it."""
    assert only(sd.verify({key: RIGHT}, XOR)).verdict == "right"


def test_equations_say_what_is_differentiated() -> None:
    """By whom and of whom; names that are computed, and chains, are judged alike."""
    report = sd.verify(
        [
            Eq(Derivative(L, w), RIGHT),
            Eq(Derivative(yhat, z), yhat * (1 - yhat)),
            Eq(Derivative(L, z), Derivative(L, yhat) * Derivative(yhat, z)),
            Eq(Derivative(L, yhat), (yhat - y) / (yhat * (1 + yhat))),
            Eq(yhat, Function("sigma")(z)),
            Eq(yhat, Function("tanh")(z)),
        ],
        XOR,
    )
    verdicts = [equation.verdict for equation in report.equations]
    assert verdicts == ["right", "right", "right", "wrong", "right", "wrong"]
    assert only(sd.verify(Eq(Derivative(L, w), RIGHT), XOR)).verdict == "right"


def test_what_has_two_mistakes_is_told_with_the_right_form() -> None:
    """No single edit mends it, and it is wrong all the same: there is no doubt how to read it."""
    link = only(sd.verify({LINK: RIGHT * x_1**5 + 2}, XOR))
    assert (link.verdict, link.mistake) == ("wrong", "unknown")
    assert link.should_be == r"x_2\,a_1^{(1)}\,(1 - a_1^{(1)})\,w_{11}^{(2)}\,(\hat{y} - y)"


@pytest.mark.parametrize(("value", "verdict"), [(0, "wrong"), (sp.S.Zero, "wrong"), (0.5, "wrong")])
def test_a_number_is_a_derivative_too(value: object, verdict: str) -> None:
    """Nought is no condition to be solved."""
    assert only(sd.verify({LINK: value}, XOR)).verdict == verdict


def test_what_does_not_depend_on_a_name_has_derivative_nought() -> None:
    """It is told so."""
    z1, z2 = symbols("z1_1 z2_1")
    assert only(sd.verify(Eq(Derivative(z1, z2), 0), XOR)).verdict == "right"
    assert only(sd.verify(Eq(Derivative(z1, z2), yhat), XOR)).should_be == "0"


# --- matrices -------------------------------------------------------------------------------------


def matrix(network: sd.Network, rows: int, columns: int, layer: int) -> sp.Matrix:
    """Return the right derivative by a weight matrix."""
    derivation = sd.derive(network)
    return sp.Matrix(
        rows,
        columns,
        lambda i, j: derivation.component("L", f"w_{i + 1}{j + 1}^({layer})").value,
    )


def test_a_matrix_is_judged_entry_by_entry() -> None:
    """One wrong entry does not make the others wrong."""
    right = matrix(WIDE, 3, 2, 1)
    wrong = right.copy()
    wrong[2, 1] = -wrong[2, 1]
    found = sd.verify({"W1": right, w: right[1, 0]}, WIDE)
    assert [e.verdict for e in found.equations] == ["right"] * 7
    found = sd.verify({"W1": wrong}, WIDE)
    assert [e.links[0].mistake for e in found.equations] == [""] * 5 + ["sign"]


def test_a_matrix_that_is_not_square_may_lie_the_other_way() -> None:
    """As a document's may; a square one is wrong then, and it is said that it is transposed."""
    found = sd.verify({"W1": matrix(WIDE, 3, 2, 1).T}, WIDE)
    assert {(e.verdict, e.links[0].layout) for e in found.equations} == {("right", "transposed")}
    found = sd.verify({"W1": matrix(XOR, 2, 2, 1).T}, XOR)
    assert [e.verdict for e in found.equations] == ["right", "wrong", "wrong", "right"]
    wrong = [e.links[0] for e in found.equations if e.verdict == "wrong"]
    assert {link.mistake for link in wrong} == {"transpose or order"}
    assert wrong[0].should_be.startswith("x_1")


def test_a_vector_may_be_a_row_or_a_column() -> None:
    """SymPy has no vectors, and a bias is one."""
    right = [sd.derive(XOR).component("L", f"b_{k}^(1)").value for k in (1, 2)]
    for value in (sp.Matrix(right), sp.Matrix([right])):
        assert {e.verdict for e in sd.verify({"b1": value}, XOR).equations} == {"right"}


def test_softmax() -> None:
    """Several outputs, and labels of which the sum is 1."""
    by = sp.Symbol("z2_2")
    p, t = symbols("yhat_2 y_2")
    assert only(sd.verify(Eq(Derivative(L, by), p - t), COLOURS)).verdict == "right"
    report = sd.verify(Eq(Derivative(L, by), p + t), COLOURS)
    assert only(report).mistake == "sign"
    assert report.assumptions == ("the labels of a sample sum to 1",)


# --- equations with indices -----------------------------------------------------------------------

J, N, d_2 = symbols("J N d_2")
n, i, j, k, p, q = symbols("n i j k p q", integer=True)
X, Y, A1, W2, Yhat, W1 = map(IndexedBase, ("X", "Y", "A1", "W2", "Yhat", "W1"))
DELTA1, DELTA2 = IndexedBase("dZ1"), IndexedBase("dZ2")
OVER = (n, 1, N)


def test_index_equations_are_about_the_cost_of_all_samples() -> None:
    """By an array's own letters, or by those that the equation says."""
    slope = A1[n, j] * (1 - A1[n, j])
    back = Sum(W2[j, k] * (Yhat[n, k] - Y[n, k]), (k, 1, d_2))
    found = sd.verify(
        {
            "W2": Sum(A1[n, i] * (Yhat[n, j] - Y[n, j]), OVER),
            "W1": Sum(X[n, i] * slope * back, OVER),
            "b1": Sum(DELTA1[n, j], OVER),
            "Z1": slope * back,
        },
        XOR,
    )
    assert [e.verdict for e in found.equations] == ["right"] * 4
    found = sd.verify(Eq(Derivative(J, W1[p, q]), Sum(X[n, p] * DELTA1[n, q], OVER)), XOR)
    assert only(found).verdict == "right"


INDEX_MISTAKES = [
    ("b2", Sum(DELTA2[n, j], OVER) / N, "lost factor", "N * db2"),
    ("b2", 2 * Sum(DELTA2[n, j], OVER), "extra factor", "db2 / 2"),
    ("W1", Sum(X[n, j] * DELTA1[n, i], OVER), "transpose or order", "dW1.T"),
    ("W2", -Sum(A1[n, i] * DELTA2[n, j], OVER), "sign", "-dW2"),
    ("Z2", Yhat[n, j] + Y[n, j], "sign", "dZ2[n, j] = -Y[n, j] + Yhat[n, j]"),
]


@pytest.mark.parametrize(("key", "value", "mistake", "mend"), INDEX_MISTAKES)
def test_mistakes_in_index_equations(key: str, value: Expr, mistake: str, mend: str) -> None:
    """They are found by what the arrays are."""
    link = only(sd.verify({key: value}, XOR))
    assert (link.verdict, link.mistake, link.should_be) == ("wrong", mistake, mend)


def test_formulas_and_index_equations_stand_in_one_list() -> None:
    """Records come in the order of what was said."""
    found = sd.verify({"b2": Sum(DELTA2[n, j], OVER), LINK: RIGHT, "W1": -W1[i, j]}, XOR)
    assert [e.n for e in found.equations] == [1, 2, 3]
    assert [e.verdict for e in found.equations] == ["right", "right", "wrong"]


# --- what is refused ------------------------------------------------------------------------------

REFUSED = [
    ({"w_31^(1)": RIGHT}, "no quantity named 'w_31^(1)'; did you mean 'w_21^(1)'?"),
    ({LINK: sp.Symbol("yhatt")}, "no quantity named 'yhatt'; did you mean 'yhat'?"),
    ({LINK: Function("sigmod")(z)}, "unknown function 'sigmod'; did you mean 'sigmoid'?"),
    ({LINK: Derivative(L, z, z)}, "expected the first derivative of one name by another"),
    ({LINK: "x"}, "expected an expression, found str"),
    ({"W1": sp.zeros(3, 3)}, r"W1: expected a matrix (2, 2), found (3, 3)"),
    ({"W1": DELTA2[n]}, "dZ2[n]: expected 2 indices, found 1"),
    ({"W1": IndexedBase("dZ3")[n, i]}, "no quantity named 'dZ3'; did you mean 'dZ2'?"),
    ({"W1": k * DELTA2[i, j]}, "no name 'k'"),
    ({"W3": DELTA2[n, i]}, "no quantity named 'W3'; did you mean 'W2'?"),
    (Eq(Derivative(L, W1[i, j]), DELTA2[i, j]), "expected the derivative of the cost J"),
    (Eq(Derivative(J, W1[1, j]), DELTA2[1, j]), "expected a letter as the index"),
    (RIGHT, "expected an equation, or a dict"),
    (w, "expected an equation, or a dict"),
    ([RIGHT], "expected an equation, or a dict"),
    (3, "expected a document, equations, a dict of derivatives or a function, found int"),
]


@pytest.mark.parametrize(("source", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_cannot_be_read_is_refused_by_name(source: object, message: str) -> None:
    """And the nearest known name is offered."""
    with pytest.raises(sd.SymderivError) as caught:
        sd.verify(source, XOR)
    assert message in str(caught.value)


def test_a_derivation_is_judged_by_a_network() -> None:
    """Without one there is nothing to compare with."""
    with pytest.raises(sd.SymderivError, match="judged by a network"):
        sd.verify({LINK: RIGHT})


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_reports_on_it(form: str) -> None:
    """The records are those of a document."""
    report = sd.verify({LINK: -RIGHT, "b2": Sum(DELTA2[n, j], OVER) / N}, XOR)
    assert "w" in FORMATS[form]([report])


def test_the_records_say_where_the_fault_stands() -> None:
    """In the LaTeX that the claims were written as."""
    report = sd.verify({LINK: RIGHT, "w_11^(1)": RIGHT}, XOR)
    second: Equation = report.equations[1]
    ((start, end),) = second.links[0].places
    assert report.source[start:end] == second.links[0].found == "x_2"
    assert second.line == 2


def test_the_notation_of_the_network_does_not_matter() -> None:
    """SymPy's names are one notation, whatever slides are printed in."""
    network = sd.Network(2, [sd.Dense(3, "tanh"), sd.Dense(1)], "mean_squared_error",
                         notation="nielsen")  # fmt: skip
    value = sd.derive(network).component("L", "w_12^(1)").value
    assert only(sd.verify({"w_12^(1)": value}, network)).verdict == "right"
    assert only(sd.verify({"w_12^(1)": value / 2}, network)).verdict == "wrong"
