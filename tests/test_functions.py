"""Activations and losses: formulas, ranges, kinks, and a user's own in three lines."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import pytest
import sympy as sp
from index_oracle import adjoints, check_network
from sympy import Expr

from symderiv import Dense, Network, register_activation, register_loss
from symderiv.errors import SpecError
from symderiv.functions import ACTIVATIONS, LOSSES, Activation
from symderiv.latex.printer import latex
from symderiv.spec import from_dict, to_dict
from symderiv.views import index_equation

MSE = "mean_squared_error"
z = sp.Symbol("z", real=True)
POINTS = [sp.Rational(n, 4) for n in range(-20, 21)]
PLAIN = [name for name, row in ACTIVATIONS.items() if not row.mixes]


def values_at(row: Activation, at: Expr) -> Expr:
    """Return the value of an activation at a number, gates and constants put in."""
    gate = () if row.gate is None else (row.gate.formula(at),)
    return row.formula(at, *gate, *row.constants.values())


@pytest.fixture
def own() -> Iterator[None]:
    """Forget what a test registers."""
    known = dict(ACTIVATIONS), dict(LOSSES)
    yield
    for table, before in zip((ACTIVATIONS, LOSSES), known, strict=True):
        table.clear()
        table.update(before)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PLAIN)
def test_values_lie_in_the_range(name: str) -> None:
    """The range is a set that holds every value; losses are refused by it."""
    row = ACTIVATIONS[name]
    for at in POINTS:
        assert sp.N(values_at(row, at), 40) in row.range


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("sigmoid", 0, "0.5"),
        ("leaky_relu", -2, "-0.02"),
        ("elu", -1, "-0.632120558828557678404476229839"),
        ("selu", -1, "-1.1113307378125625"),
        ("selu", 2, "2.101401974710961"),
        ("softplus", 0, "0.693147180559945309417232121458"),
        ("gelu", 1, "0.841344746068542948585232545632"),
        ("silu", 1, "0.731058578630004879251159241821"),
    ],
)
def test_known_values(name: str, at: int, expected: str) -> None:
    """As tables and other libraries have them."""
    found = sp.N(values_at(ACTIVATIONS[name], sp.Integer(at)), 30)
    assert abs(mpmath.mpf(str(found)) - mpmath.mpf(expected)) < 1e-14


SHORT = [
    ("sigmoid", r"A_{nj}^{(1)}\,(1 - A_{nj}^{(1)})"),
    ("tanh", r"(1 - (A_{nj}^{(1)})^2)"),
    ("softplus", r"\frac{e^{Z_{nj}^{(1)}}}{1 + e^{Z_{nj}^{(1)}}}"),
    ("silu", r"G_{nj}^{(1)}\,(1 + Z_{nj}^{(1)} - Z_{nj}^{(1)}\,G_{nj}^{(1)})"),
]
SUM = r"\sum_{k=1}^{d_2} W_{jk}^{(2)}\,\delta_{nk}^{(2)}"


@pytest.mark.parametrize(("name", "slope"), SHORT)
def test_short_forms(name: str, slope: str) -> None:
    """In named quantities, no pole added: silu is not ``A (1 + z - A) / z``."""
    network = Network(3, [Dense(4, name), Dense(2)], MSE)
    shown = latex(index_equation(adjoints(network.graph)["Z1"], network.graph))
    assert shown == rf"\delta_{{nj}}^{{(1)}} = {slope} {SUM}"


def test_log_softmax_backward() -> None:
    r"""``dz = da - p \sum da``, with the softmax known as P."""
    network = Network(3, [Dense(4, "log_softmax"), Dense(2)], MSE)
    total = r"\sum_{k=1}^{d_1} \sum_{p=1}^{d_2} W_{kp}^{(2)}\,\delta_{np}^{(2)}"
    shown = latex(index_equation(adjoints(network.graph)["Z1"], network.graph))
    assert shown == rf"\delta_{{nj}}^{{(1)}} = {SUM} - P_{{nj}}^{{(1)}} {total}"


# --- kinks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAIN)
def test_kinks_are_where_the_two_sides_have_two_slopes(name: str) -> None:
    """And nowhere else: a kink that is not stated would be a silent choice."""
    row = ACTIVATIONS[name]
    step = sp.Rational(1, 10**12)
    for at in POINTS:
        left, middle, right = (sp.N(values_at(row, at + d), 60) for d in (-step, 0, step))
        jump = abs((right - middle) / step - (middle - left) / step)
        assert (jump > 1e-3) == (at in row.kinks), at


def test_the_choice_at_a_kink_follows_from_the_branch() -> None:
    """0 for ReLU: the branch that holds at 0 is the lower one."""
    found = {name: row.slope(k) for name, row in ACTIVATIONS.items() for k in row.kinks}
    selu = found.pop("selu")
    assert found == {"relu": 0, "leaky_relu": sp.Rational(1, 100)}
    assert selu == sp.Symbol("alpha", real=True) * sp.Symbol("beta", real=True)


def test_the_choice_is_said() -> None:
    """In words, by the network that uses it."""
    network = Network(2, [Dense(2, "relu"), Dense(1)], "mean_absolute_error", l1=0.1)
    assert network.subgradients == (
        "relu: at z = 0 there is no derivative, 0 stands for it",
        "mean absolute error: at yhat = y there is no derivative, 0 stands for it",
        "L1 penalty: at w = 0 there is no derivative, 0 stands for it",
    )
    assert Network(2, [Dense(1, "sigmoid")], MSE).subgradients == ()


# --- a user's own ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("own")
def test_an_activation_in_three_lines() -> None:
    """A formula and a LaTeX name; networks and spec files know it from then on."""
    register_activation("mish", lambda z: z * sp.tanh(sp.log(1 + sp.exp(z))), r"\psi")
    network = Network(3, [Dense(4, "mish"), Dense(2)], MSE)
    check_network(network)
    assert from_dict(to_dict(network)) == network


@pytest.mark.usefixtures("own")
def test_floats_of_a_formula_are_exact_numbers() -> None:
    """0.2 is one fifth, and no binary fraction near it."""
    row = register_activation(
        "bent", lambda z: sp.Piecewise((z, z > 0), (0.2 * z, True)), "bent", kinks=[0]
    )
    assert row.slope(sp.S.Zero) == sp.Rational(1, 5)
    check_network(Network(3, [Dense(4, "bent"), Dense(2)], MSE))


@pytest.mark.usefixtures("own")
def test_a_loss_in_one_line() -> None:
    """With the label and the prediction as arguments."""
    register_loss("log_cosh", lambda y, p: sp.log(sp.cosh(p - y)), mean=True)
    network = Network(3, [Dense(4, "tanh"), Dense(2)], "log_cosh")
    check_network(network)
    assert from_dict(to_dict(network)) == network


REFUSED = [
    ("relu", lambda z: z, "f", "activation 'relu' is known already; choose another name"),
    (
        "a b",
        lambda z: z,
        "f",
        "activation: expected a name of letters, digits and _, found 'a b'",
    ),
    (
        "mine",
        lambda z: sp.Symbol("x") * z,
        "f",
        "activation 'mine': expected a formula of z alone, found x in it",
    ),
    (
        "mine",
        sp.Function("g"),
        "f",
        "activation 'mine': expected a formula of z alone, found g in it",
    ),
    (
        "mine",
        lambda z: 0 * z + sp.Integer(1),
        "f",
        "activation 'mine': the formula does not depend on z: 1",
    ),
    (
        "mine",
        lambda z: z if z > 0 else 0 * z,
        "f",
        (
            "activation 'mine': the formula of z fails: cannot determine truth value of "
            "Relational: z > 0; write cases as sympy.Piecewise"
        ),
    ),
    (
        "mine",
        lambda _: "z",
        "f",
        "activation 'mine': the formula of z fails: expected a SymPy expression, found 'z'",
    ),
    ("mine", sp.floor, "f", "activation 'mine': SymPy finds no derivative of floor(z)"),
    (
        "mine",
        lambda z: z**2,
        r"f_{1}^2",
        r"activation 'mine': expected a LaTeX name such as \phi or mish, found 'f_{1}^2'",
    ),
]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(("name", "formula", "printed", "message"), REFUSED, ids=range(9))
def test_what_is_no_activation_is_refused(
    name: str, formula: object, printed: str, message: str
) -> None:
    """A clash, a formula of something else, one that SymPy cannot differentiate."""
    with pytest.raises(SpecError) as caught:
        register_activation(name, formula, printed)  # type: ignore[arg-type]
    assert str(caught.value) == message


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "summand", "message"),
    [
        ("hinge", lambda y, p: y * p, "loss 'hinge' is known already; choose another name"),
        ("mine", lambda y, _: y, "loss 'mine': the formula does not depend on p: y"),
    ],
)
def test_what_is_no_loss_is_refused(name: str, summand: object, message: str) -> None:
    """The same for losses."""
    with pytest.raises(SpecError) as caught:
        register_loss(name, summand)  # type: ignore[arg-type]
    assert str(caught.value) == message
