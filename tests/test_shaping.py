"""Which names are rows, columns and matrices, and which of their sizes are one."""

from __future__ import annotations

import pytest
from small_model import SmallModel

ROWS = (r"Z = X W + \mathbf{1} b^\top", r"A = \sigma(Z)", r"\hat{y} = A v")


def kinds_of(model: SmallModel, names: str) -> dict[str, str]:
    """Say of each name what it is."""
    shapes = model.shapes()
    return {name: _kind(shapes.get(name, (1, 1))) for name in names.split()}


def _kind(shape: tuple[int, int]) -> str:
    rows, columns = shape
    if shape == (1, 1):
        return "number"
    return "row" if rows == 1 else "column" if columns == 1 else "matrix"


@pytest.mark.parametrize(
    ("formulas", "expected"),
    [
        pytest.param(
            ("z = W x + b", r"a = \sigma(z)", r"L = \|a - y\|^2"),
            {"W": "matrix", "x": "column", "b": "column", "z": "column", "y": "column",
             "L": "number"},
            id="columns",
        ),
        pytest.param(
            (r"x \in \mathbb{R}^{1 \times n}", r"W \in \mathbb{R}^{n \times m}", "z = x W + b"),
            {"W": "matrix", "x": "row", "z": "row", "b": "row"},
            id="rows",
        ),
        pytest.param(
            (r"Z = X W + \mathbf{1} b^\top", r"A = \sigma(Z)", r"L = \|A\|^2"),
            {"X": "matrix", "W": "matrix", "b": "column", "Z": "matrix", "A": "matrix"},
            id="samples in rows, a bias for each",
        ),
        pytest.param(
            (r"Z = W X + b", r"A = \sigma(Z)", r"L = \operatorname{tr}(A^\top A)"),
            {"X": "matrix", "W": "matrix", "b": "column", "Z": "matrix"},
            id="samples in columns, a bias for each",
        ),
        pytest.param(
            (r"p = \sigma(w^\top x + b)", r"L = -y \log p - (1 - y) \log(1 - p)",
             r"\nabla_w L = (p - y) x"),
            {"w": "column", "x": "column", "b": "number", "p": "number", "y": "number"},
            id="one neuron",
        ),
        pytest.param(
            (r"L = \frac12 x^\top A x - b^\top x", r"\nabla_x L = A x - b"),
            {"A": "matrix", "x": "column", "b": "column", "L": "number"},
            id="a quadratic form",
        ),
    ],
)  # fmt: skip
def test_each_name_is_what_its_equations_ask_for(
    formulas: tuple[str, ...], expected: dict[str, str]
) -> None:
    """The letter is the first guess only."""
    assert kinds_of(SmallModel(*formulas), " ".join(expected)) == expected


def test_sizes_that_must_be_one_are_and_no_others() -> None:
    """In W x + b: the columns of W are as many as x has rows, its rows as many as b has."""
    shapes = SmallModel("z = W x + b", r"L = \|z\|^2").shapes()
    rows, columns = shapes["W"]
    assert rows != columns
    assert shapes["x"] == (columns, 1)
    assert shapes["b"] == shapes["z"] == (rows, 1)


def test_declared_sizes_are_kept() -> None:
    r"""``W \in R^{3 x 2}`` is 3 x 2, and R^n is a column of n."""
    model = SmallModel(
        r"W \in \mathbb{R}^{m \times n}",
        r"x \in \mathbb{R}^n",
        r"u \in \mathbb{R}^m",
        "z = W x + u",
    )
    shapes, sizes = model.shapes(), model.built.model.sizes
    assert shapes["W"] == (sizes["m"], sizes["n"])
    assert shapes["x"] == (sizes["n"], 1)
    assert shapes["u"] == shapes["z"] == (sizes["m"], 1)
    assert {"m", "n"} <= model.built.kinds.ends


def test_a_declared_row_is_a_row_whatever_its_letter() -> None:
    r"""``b \in R^{1 x k}`` is no column, though b mostly is."""
    shapes = SmallModel(r"b \in \mathbb{R}^{1 \times k}", "Z = X W + b").shapes()
    assert shapes["b"] == (1, shapes["Z"][1])


def test_layers_have_widths_of_their_own() -> None:
    """Where W^2 follows on W^1, the rows of the one are the columns of the other."""
    shapes = SmallModel(
        r"z^{(1)} = W^{(1)} x + b^{(1)}", r"a^{(1)} = \sigma(z^{(1)})",
        r"z^{(2)} = W^{(2)} a^{(1)} + b^{(2)}", r"L = \|z^{(2)} - y\|^2",
    ).shapes()  # fmt: skip
    (hidden, inputs), (outputs, into) = shapes["W^1"], shapes["W^2"]
    assert into == hidden
    assert len({inputs, hidden, outputs}) == 3
    assert shapes["b^1"] == (hidden, 1)
    assert shapes["b^2"] == shapes["y"] == (outputs, 1)


def test_what_holds_for_a_layer_l_holds_for_the_next_one_too() -> None:
    """An equation with a letter for its layer is asked for layers 1 and 2."""
    shapes = SmallModel(
        r"z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}",
        r"a^{(l)} = \sigma(z^{(l)})",
        r"L = \|a^{(2)} - y\|^2",
    ).shapes()
    for layer in (1, 2):
        rows, columns = shapes[f"W^{layer}"]
        assert shapes[f"a^{layer - 1}"] == (columns, 1)
        assert shapes[f"a^{layer}"] == shapes[f"z^{layer}"] == (rows, 1)


def test_the_ones_that_spread_a_bias_are_as_many_as_the_samples() -> None:
    r"""In ``X W + 1 b^T`` the size of the 1 comes from where it stands."""
    model = SmallModel(*ROWS, r"L = \|\hat{y} - y\|^2")
    shapes = model.shapes()
    assert shapes["b"] == (shapes["W"][1], 1)
    assert shapes["v"] == (shapes["A"][1], 1)
    assert set(model.built.kinds.occurrences.values()) == {(shapes["X"][0], 1)}
    assert model.value("Z").shape[1:] == shapes["Z"]


def test_one_wrong_claim_does_not_turn_the_definitions_over() -> None:
    """What is claimed counts for less than what is defined."""
    right = SmallModel("z = W x + b", r"L = \|z - y\|^2")
    wrong = SmallModel(
        "z = W x + b", r"L = \|z - y\|^2", r"\frac{\partial L}{\partial x} = 2 W (z - y)"
    )
    names = ("W", "x", "b", "z", "y")
    assert {n: wrong.shapes()[n] for n in names} == {n: right.shapes()[n] for n in names}


def test_a_square_weight_is_told_from_a_coincidence() -> None:
    """In ``h = U h' + W x`` the recurrent weight is square, the other is not."""
    shapes = SmallModel(
        r"h_t = \tanh(U h_{t-1} + W x_t + b)", r"y_t = V h_t", r"L = \|y_3\|^2"
    ).shapes()  # fmt: skip
    assert shapes["U"][0] == shapes["U"][1] == shapes["W"][0]
    assert shapes["W"][0] != shapes["W"][1]
    assert shapes["h"] == shapes["b"] == (shapes["U"][0], 1)


def test_a_bias_in_a_product_of_samples_and_weights_may_be_declared() -> None:
    r"""``X W + b`` adds a row to each row; where it is declared, nothing needs to be guessed."""
    model = SmallModel(
        r"b \in \mathbb{R}^{1 \times k}", r"Z = X W + b", r"L = \operatorname{tr}(Z^\top Z)"
    )
    assert model.shapes()["b"] == (1, model.shapes()["W"][1])
    expected = model.first("X") @ model.first("W") + model.first("b")
    assert model.first("Z") == pytest.approx(expected)


def test_numbers_with_indices_are_no_arrays() -> None:
    """A document that never writes a transpose, a norm or bold letters has none."""
    model = SmallModel(r"z_j = \sum_i w_{ij} x_i", r"a_j = \sigma(z_j)")
    assert not model.built.kinds.tensor
    assert model.shapes() == {}


def test_entries_of_an_array_are_numbers() -> None:
    """``W_{ij}`` beside ``W`` is one of its entries, and its letters count rows and columns."""
    model = SmallModel("z = W x", r"z_i = \sum_{j=1}^{n} W_{ij} x_j", r"L = \|z\|^2")
    shapes, sizes = model.shapes(), model.built.model.sizes
    assert shapes["W"] == (sizes["i"], sizes["j"])
    assert model.value("W_{ij}", i=1, j=2).shape[1:] == (1, 1)
    assert model.number("z_1") == pytest.approx(model.first("W x")[0, 0])
