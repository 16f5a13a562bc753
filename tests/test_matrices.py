"""The matrix view: what is recognised in an index equation, that it is equal, what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import sympy as sp
from oracles import NETWORKS, SPECS, Array, derived, example
from sympy import Expr, Indexed, Symbol, log

from symderiv.derivation import Derivation
from symderiv.errors import UnsupportedError
from symderiv.evaluation import evaluated
from symderiv.general import general_model
from symderiv.graph import Definition, Graph, Index, atom
from symderiv.latex.printer import latex
from symderiv.matrices import Array as Named
from symderiv.matrices import Axes, Elementwise, MatrixProduct, Total, Transposed, Tree
from symderiv.notation import Quantity, Role
from symderiv.views import matrix_equation, matrix_form, matrix_node, shape_of

N, D, K, M = sp.symbols("N d_0 d_1 d_2", integer=True, positive=True)
n, i, j, k, m, p, q = sp.symbols("n i j k m p q", integer=True)
RANGES = {n: N, m: N, i: D, p: D, j: K, q: K, k: M}
SIZES = {N: 5, D: 2, K: 3, M: 4}  # no two alike: a transpose has nowhere to hide
Values = dict[str, Array]


def axes(*symbols: Symbol) -> Axes:
    """Return indices with their ranges."""
    return tuple(Index(symbol, RANGES[symbol]) for symbol in symbols)


GIVEN = {
    "X": Definition(Quantity(Role.INPUT), axes(n, i)),
    "W1": Definition(Quantity(Role.WEIGHT, 1), axes(i, j)),
    "b1": Definition(Quantity(Role.BIAS, 1), axes(j)),
    "W2": Definition(Quantity(Role.WEIGHT, 2), axes(j, k)),
    "W3": Definition(Quantity(Role.WEIGHT, 3), axes(j, i)),
    "A1": Definition(Quantity(Role.ACTIVATION, 1), axes(n, j)),
    "S1": Definition(Quantity(Role.NORMALISER, 1), axes(n)),
}
GRAPH = Graph(tuple(GIVEN.values()))


def entry(key: str, *indices: Expr) -> Indexed:
    """Return one entry of a given array."""
    return atom(key, *indices)


def over(body: Expr, *symbols: Symbol) -> Expr:
    """Return ``body`` summed over whole axes."""
    return sp.Sum(body, *((symbol, 1, RANGES[symbol]) for symbol in symbols))


X, W, V, A, B, S = (
    entry("X", n, i),
    entry("W1", i, j),
    entry("W2", j, k),
    entry("A1", n, j),
    entry("b1", j),
    entry("S1", n),
)
ROWS: list[tuple[tuple[Symbol, ...], Expr, str]] = [
    ((n, j), over(X * W, i), r"\mathbf{X}\,\mathbf{W}^{(1)}"),
    ((n, j), over(X * W, i) + B, r"\mathbf{X}\,\mathbf{W}^{(1)} + \mathbf{b}^{(1)}"),
    ((i, j), over(X * A, n), r"\mathbf{X}^\top\,\mathbf{A}^{(1)}"),
    ((j, i), over(X * A, n), r"\mathbf{A}^{(1)\top}\,\mathbf{X}"),
    ((n, i), over(W * A, j), r"\mathbf{A}^{(1)}\,\mathbf{W}^{(1)\top}"),
    ((n, k), over(X * W * V, i, j), r"\mathbf{X}\,\mathbf{W}^{(1)}\,\mathbf{W}^{(2)}"),
    ((n, m), over(X * entry("X", m, i), i), r"\mathbf{X}\,\mathbf{X}^\top"),
    ((i, p), over(X * entry("X", n, p), n), r"\mathbf{X}^\top\,\mathbf{X}"),
    ((j,), over(A, n), r"\mathbf{1}^\top\,\mathbf{A}^{(1)}"),
    ((n,), over(A, j), r"\mathbf{A}^{(1)}\,\mathbf{1}"),
    ((), over(A, n, j), r"\mathbf{1}^\top\,\mathbf{A}^{(1)}\,\mathbf{1}"),
    ((), over(S**2, n), r"\mathbf{1}^\top\,(\mathbf{S}^{(1)})^2"),
    ((j,), over(A * S, n), r"\mathbf{S}^{(1)\top}\,\mathbf{A}^{(1)}"),
    ((j, i), W, r"\mathbf{W}^{(1)\top}"),
    ((j, i), W**2, r"(\mathbf{W}^{(1)\top})^2"),
    ((n, j), -A, r"-\mathbf{A}^{(1)}"),
    ((i, j), W * entry("W3", j, i), r"\mathbf{W}^{(3)\top} \odot \mathbf{W}^{(1)}"),
    ((n, j), 2 * A / N, r"\frac{2}{N}\,\mathbf{A}^{(1)}"),
    ((n, j), A**2 / N, r"\frac{1}{N}\,(\mathbf{A}^{(1)})^2"),
    ((n, j), A / S, r"\frac{\mathbf{A}^{(1)}}{\mathbf{S}^{(1)}}"),
    ((n, j), log(A), r"\log(\mathbf{A}^{(1)})"),
    ((n, j), A * (1 - A), r"\mathbf{A}^{(1)} \odot (1 - \mathbf{A}^{(1)})"),
    (
        (n, j),
        A * (1 - A) * over(X * W, i),
        r"(\mathbf{X}\,\mathbf{W}^{(1)}) \odot \mathbf{A}^{(1)} \odot (1 - \mathbf{A}^{(1)})",
    ),
    (
        (n,),
        over(X * W * A, i, j),
        r"((\mathbf{X}\,\mathbf{W}^{(1)}) \odot \mathbf{A}^{(1)})\,\mathbf{1}",
    ),
    (
        (i, k),
        over(W * V * B, j),
        r"\mathbf{W}^{(1)}\,\operatorname{diag}(\mathbf{b}^{(1)\top})\,\mathbf{W}^{(2)}",
    ),
    (
        (i, j),
        over(X * A * S, n),
        r"\mathbf{X}^\top\,\operatorname{diag}(\mathbf{S}^{(1)})\,\mathbf{A}^{(1)}",
    ),
    (
        (i, p),
        over(X * entry("X", n, p) * S * (1 - S), n),
        (
            r"\mathbf{X}^\top\,\operatorname{diag}(\mathbf{S}^{(1)} \odot (1 - \mathbf{S}^{(1)}))"
            r"\,\mathbf{X}"
        ),
    ),
    ((n, j), B * S, r"\mathbf{S}^{(1)}\,\mathbf{b}^{(1)}"),
    (
        (j,),
        sp.sqrt(over((A - B) ** 2, n) / N),
        (
            r"\frac{1}{\sqrt{N}}\,"
            r"\sqrt{\mathbf{1}^\top\,(\mathbf{A}^{(1)} - \mathbf{b}^{(1)})^2}"
        ),
    ),
    (
        (n, j),
        A - A * over(entry("A1", n, q) ** 2, q),
        r"\mathbf{A}^{(1)} - \mathbf{A}^{(1)} \odot ((\mathbf{A}^{(1)})^2\,\mathbf{1})",
    ),
]


def definition(free: tuple[Symbol, ...], rhs: Expr) -> Definition:
    """Return an index equation for some name with these free indices."""
    return Definition(Quantity(Role.PREACTIVATION, 1), axes(*free), rhs)


@pytest.mark.parametrize(("free", "rhs", "expected"), ROWS, ids=[row[2] for row in ROWS])
def test_the_matrix_form(free: tuple[Symbol, ...], rhs: Expr, expected: str) -> None:
    """As it is written on a slide."""
    assert latex(matrix_node(matrix_form(definition(free, rhs)), GRAPH)) == expected


# --- equal in value -------------------------------------------------------------------------------


def value(tree: Tree, values: Values, sizes: dict[Symbol, int]) -> Array:
    """Return a matrix form as an array, by the meaning of each node and nothing else."""
    match tree:
        case Named(key):
            return values[key]
        case Transposed(operand):
            return value(operand, values, sizes).T
        case MatrixProduct(left, right):
            return np.asarray(value(left, values, sizes) @ value(right, values, sizes))
        case Total(operand, axis, greatest):
            array = value(operand, values, sizes)
            return np.asarray(array.max(axis=axis) if greatest else array.sum(axis=axis))
        case Elementwise(formula, arguments, own):
            arrays = [aligned(value(a, values, sizes), a.axes, own) for _, a in arguments]
            symbols = [symbol for symbol, _ in arguments]
            numbers = {s: sizes[s] for s in formula.free_symbols if s in sizes}
            return np.asarray(sp.lambdify(symbols, formula.subs(numbers), "numpy")(*arrays))


def aligned(array: Array, has: Axes, wanted: Axes) -> Array:
    """Return an array that broadcasts over the axes that are wanted; it may lack some of them."""
    order = [has.index(axis) for axis in wanted if axis in has]
    lengths = [array.shape[has.index(axis)] if axis in has else 1 for axis in wanted]
    return array.transpose(order).reshape(lengths)


@pytest.mark.parametrize(("free", "rhs"), [row[:2] for row in ROWS], ids=[row[2] for row in ROWS])
def test_the_matrix_form_has_the_value_of_the_index_form(
    free: tuple[Symbol, ...], rhs: Expr
) -> None:
    """Entry by entry, in the shape that the free indices say, sizes all different."""
    generator = np.random.default_rng(0)
    values = {
        key: generator.uniform(0.5, 2, size=[SIZES[axis.high] for axis in given.indices])
        for key, given in GIVEN.items()
    }
    equation = definition(free, rhs)
    expected = evaluated(equation, values, SIZES)
    found = value(matrix_form(equation), values, SIZES)
    assert found.shape == expected.shape == tuple(SIZES[RANGES[symbol]] for symbol in free)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def trees(tree: Tree) -> Iterator[Tree]:
    """Yield a tree and all below it."""
    yield tree
    match tree:
        case Transposed(operand) | Total(operand):
            yield from trees(operand)
        case MatrixProduct(left, right):
            yield from (*trees(left), *trees(right))
        case Elementwise(_, arguments):
            for _, argument in arguments:
                yield from trees(argument)


@pytest.mark.parametrize(("free", "rhs"), [row[:2] for row in ROWS], ids=[row[2] for row in ROWS])
def test_every_part_stands_the_right_way_round(free: tuple[Symbol, ...], rhs: Expr) -> None:
    """Code is written from the tree as it is: what is joined by entries has one order of axes."""
    tree = matrix_form(definition(free, rhs))
    assert tree.axes == axes(*free)
    for part in trees(tree):
        if isinstance(part, Elementwise):
            turned = part.axes[::-1] if len(part.axes) == 2 else None
            assert turned not in [argument.axes for _, argument in part.arguments]


@pytest.mark.parametrize(
    ("free", "rhs"), [((i, j), over(X * A, n)), ((j, i), over(X * A, n)), ((n, i), over(W * A, j))]
)
def test_a_product_is_not_turned_afterwards(free: tuple[Symbol, ...], rhs: Expr) -> None:
    """Its factors are: ``A^T X``, not ``(X^T A)^T``."""
    tree = matrix_form(definition(free, rhs))
    assert isinstance(tree, MatrixProduct)
    assert tree.axes == axes(*free)


DERIVATIONS = [derived(net) for net in NETWORKS.values()] + [derived(example(s)) for s in SPECS]


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=[*NETWORKS, *SPECS])
def test_every_equation_of_a_network(derivation: Derivation) -> None:
    """Forward and backward: the matrix form has the value of the index form, 7 samples."""
    sizes = {**derivation.network.size_values, N: 7}
    generator = np.random.default_rng(1)
    values: Values = {}
    computed = 0
    for equation in (*derivation.graph.definitions, *derivation.adjoints):
        shape = [int(axis.high.subs(sizes)) for axis in equation.indices]
        if equation.rhs is None:
            values[equation.key] = generator.uniform(0.1, 0.9, size=shape)
            continue
        values[equation.key] = evaluated(equation, values, sizes)
        found = value(matrix_form(equation), values, sizes)
        assert np.allclose(found, values[equation.key], rtol=1e-12, atol=1e-13), equation.key
        if equation.indices and equation.rhs.free_symbols & set(RANGES):
            assert found.shape == tuple(shape), equation.key
        computed += 1
    assert computed > 2 * derivation.network.depth


# --- on slides ------------------------------------------------------------------------------------

EQUATIONS = [
    ("Z2", r"\boldsymbol{\Delta}^{(2)} = \hat{\mathbf{Y}} - \mathbf{Y}"),
    (
        "W2",
        (
            r"\frac{\partial J}{\partial\mathbf{W}^{(2)}}"
            r" = \mathbf{A}^{(1)\top}\,\boldsymbol{\Delta}^{(2)}"
        ),
    ),
    (
        "b2",
        r"\frac{\partial J}{\partial\mathbf{b}^{(2)}} = \mathbf{1}^\top\,\boldsymbol{\Delta}^{(2)}",
    ),
    (
        "A1",
        (
            r"\frac{\partial J}{\partial\mathbf{A}^{(1)}}"
            r" = \boldsymbol{\Delta}^{(2)}\,\mathbf{W}^{(2)\top}"
        ),
    ),
    (
        "Z1",
        (
            r"\boldsymbol{\Delta}^{(1)} = (\boldsymbol{\Delta}^{(2)}\,\mathbf{W}^{(2)\top})"
            r" \odot \mathbf{A}^{(1)} \odot (1 - \mathbf{A}^{(1)})"
        ),
    ),
    (
        "W1",
        r"\frac{\partial J}{\partial\mathbf{W}^{(1)}} = \mathbf{X}^\top\,\boldsymbol{\Delta}^{(1)}",
    ),
    (
        "X",
        (
            r"\frac{\partial J}{\partial\mathbf{X}}"
            r" = \boldsymbol{\Delta}^{(1)}\,\mathbf{W}^{(1)\top}"
        ),
    ),
]


@pytest.mark.parametrize(("key", "expected"), EQUATIONS)
def test_the_gradients_of_xor_as_matrices(key: str, expected: str) -> None:
    """The backward pass of the lecture's network."""
    derivation = derived(example("xor"))
    assert latex(matrix_equation(derivation.adjoint(key), derivation.graph)) == expected


GENERAL = {
    "dAl": r"\boldsymbol{\Delta}^{(l+1)}\,\mathbf{W}^{(l+1)\top}",
    "dZl": (r"(\boldsymbol{\Delta}^{(l+1)}\,\mathbf{W}^{(l+1)\top}) \odot f'(\mathbf{Z}^{(l)})"),
    "dWl": r"\mathbf{A}^{(l-1)\top}\,\boldsymbol{\Delta}^{(l)}",
    "dbl": r"\mathbf{1}^\top\,\boldsymbol{\Delta}^{(l)}",
}
SHAPES = {
    "dAl": r"N \times d_l",
    "dZl": r"N \times d_l",
    "dWl": r"d_{l-1} \times d_l",
    "dbl": r"1 \times d_l",
}


def test_the_general_model_as_matrices() -> None:
    """Layer l of any network, and the shape of each side."""
    model = general_model()
    forms = {d.key: matrix_equation(d, model.graph) for d in model.backward}
    assert {key: latex(form).partition(" = ")[2] for key, form in forms.items()} == GENERAL
    assert {d.key: latex(shape_of(d, model.graph)) for d in model.backward} == SHAPES


# --- refused --------------------------------------------------------------------------------------

REFUSED = [
    ((n, j), entry("A1", n, j + 1), "an index of .* is shifted"),
    ((n, j), over(entry("X", n, i) * entry("W1", i, j - i), i), "an index of .* is shifted"),
    ((n, i, j), X * W, "3 free indices"),
    ((n, i, j), over(A * V * entry("W2", j, k), k) * X, "3 free indices"),
    ((i,), entry("W1", i, i), "is a diagonal"),
    ((), over(entry("W1", i, i), i), "is a diagonal"),
    ((i, p), over(A * X * W * entry("X", n, p) * entry("W1", p, j), n, j), "on 3 factors"),
    ((n, j), A * n, "computes with an index"),
]


@pytest.mark.parametrize(("free", "rhs", "message"), REFUSED, ids=[str(row[1]) for row in REFUSED])
def test_what_has_no_matrix_form_is_refused(
    free: tuple[Symbol, ...], rhs: Expr, message: str
) -> None:
    """It stays an index equation; nothing is guessed."""
    with pytest.raises(UnsupportedError, match=f"^no matrix form: .*{message}"):
        matrix_form(definition(free, rhs))
