"""Three views of one equation, for every kind of network, and the Jacobian of one array by another.

That all views have one value, in every notation, is read from what is printed in ``test_profiles``.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from oracles import derived, example
from reading import Conventions, Reader, Value
from zoo import ZOO, random_values, sizes_of

from symderiv import expression as ex
from symderiv.derivation import View
from symderiv.errors import DerivationError, UnknownNameError
from symderiv.evaluation import evaluated
from symderiv.latex.printer import latex
from symderiv.profiles import PROFILES
from symderiv.renderers.listing import show
from symderiv.renderers.plain import plain
from symderiv.second_order import jacobian
from symderiv.views import matrix_view, shape_of

ROOT = Path(__file__).parents[1]
SAMPLES = 3


def shown(name: str, key: str) -> View:
    """Return the matrix view of a name of a network of the zoo, or of an adjoint."""
    derivation = derived(ZOO[name])
    graph = derivation.graph
    definition = graph[key] if key in graph.by_key else derivation.adjoint(key[1:])
    return matrix_view(definition, graph)


def written(view: View) -> str:
    """Return a view as plain text, with what it holds for."""
    each = ",".join(map(plain, view.each))
    return plain(view.equation) + (f" for each {each}" if each else "")


# --- the matrix view ------------------------------------------------------------------------------

MATRIX = [
    (
        "squared shares",
        "dZ2",
        "Delta^(2) = 2/d_2 (Yhat .* (Yhat - Y - (Yhat .* (Yhat - Y)) 1))",
    ),
    ("batch norm", "s2", "s^(2) = sqrt(0.00001 + 1/N 1' (A^(1) - mu^(2))^2)"),
    (
        "batch norm",
        "dA1",
        (
            "dJ/dA^(1) = (N dJ/dXhat^(2) - 1' dJ/dXhat^(2)"
            " - Xhat^(2) .* (1' (Xhat^(2) .* dJ/dXhat^(2))))/(N s^(2))"
        ),
    ),
    ("batch norm", "dgamma2", "dJ/dgamma^(2) = 1' ((Delta^(3) W^(3)') .* Xhat^(2))"),
    ("batch norm", "dbeta2", "dJ/dbeta^(2) = 1' Delta^(3) W^(3)'"),
    ("layer norm", "s2", "s^(2) = sqrt(0.00001 + 1/d_1 (A^(1) - mu^(2))^2 1)"),
    ("attention", "S1", "S_n^(1) = 1/sqrt(e_1) Q_n^(1) K_n^(1)' for each n"),
    ("attention", "O1", "O_n^(1) = P_n^(1) V_n^(1) for each n"),
    (
        "attention",
        "dS1",
        ("dJ/dS_n^(1) = P_n^(1) .* (dJ/dP_n^(1) - (P_n^(1) .* dJ/dP_n^(1)) 1) for each n"),
    ),
    ("attention", "dWQ1", "dJ/dWQ^(1) = sum[n=1..N] X_n' dJ/dQ_n^(1)"),
    ("heads", "A1", "A_n^(1) = sum[h=1..H_1] O_nh^(1) WO_h^(1) for each n"),
    ("heads", "dWO1", "dJ/dWO_h^(1) = sum[n=1..N] O_nh^(1)' Delta_n^(2) W^(2)' for each h"),
    ("dense over time", "Z1", "Z_n^(1) = X_n W^(1) + b^(1) for each n"),
    ("dense over time", "dW1", "dJ/dW^(1) = sum[n=1..N] X_n' Delta_n^(1)"),
    ("dense over time", "db1", "dJ/db^(1) = sum[n=1..N] 1' Delta_n^(1)"),
    ("embedding", "A1", "a_n^(1) = e_x_n^(1) for each n"),
    ("embedding", "dE1", "dJ/de_v^(1) = [X' = v] Delta^(2) W^(2)' for each v"),
    ("RNN", "Z1t1", "Z^(1)⟨1⟩ = X_:,1 U^(1) + b^(1)"),
    (
        "RNN",
        "dU1",
        "dJ/dU^(1) = X_:,1' Delta^(1)⟨1⟩ + X_:,2' Delta^(1)⟨2⟩ + X_:,3' Delta^(1)⟨3⟩",
    ),
    (
        "convolution in the plane",
        "dK1",
        (
            "dJ/dK_:,:,k,l^(1) = sum[p=1..m_1] sum[q=1..r_1] "
            "Delta_:,:,p,q^(1)' X_:,:,k + p - 1,l + q - 1 for each k,l"
        ),
    ),
]


@pytest.mark.parametrize(
    ("name", "key", "expected"), MATRIX, ids=[f"{m[0]} {m[1]}" for m in MATRIX]
)
def test_the_matrix_view(name: str, key: str, expected: str) -> None:
    """Of arrays with more than two axes slice by slice, the sample first."""
    assert written(shown(name, key)) == expected


def test_what_has_no_matrix_view() -> None:
    """Only a look-up of one entry for each sample; it says so, and is shown with its indices."""
    refused = {}
    for name, network in ZOO.items():
        derivation = derived(network)
        for definition in (*derivation.graph.definitions, *derivation.adjoints):
            if definition.rhs is not None:
                view = matrix_view(definition, derivation.graph)
                if view.note:
                    refused[name, definition.key] = view
    labels = {("class numbers", "L"), ("class numbers", "dYhat")}
    assert set(refused) == {("max pool", "A2"), *labels}
    view = refused["max pool", "A2"]
    assert view.kind == "index"
    assert view.note.startswith("no matrix form: an index of ")
    assert view.note.endswith(" is shifted; shown with indices")
    assert plain(view.equation) == "A_nop^(2) = A_n,o,M_nop^(2) + 2 p - 2^(1)"


@cache
def numbers(name: str) -> dict[str, Value]:
    """Return every array of a network of the zoo at random numbers."""
    return random_values(ZOO[name], derived(ZOO[name]).adjoints, SAMPLES, 0)


def sizes(name: str) -> dict[str, int]:
    """Return the number behind each size, all different, by its name."""
    return {str(size): n for size, n in sizes_of(ZOO[name], SAMPLES).items()}


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("key", ["xor-lecture", "matrix-calculus"])
def test_the_shape_of_every_factor(name: str, key: str) -> None:
    """It is that of the array which the factor's name stands for."""
    derivation, profile = derived(ZOO[name]), PROFILES[key]
    everything = (*derivation.graph.definitions, *derivation.adjoints)
    means = Conventions(columns=True, to_from=True, numerator=True)
    means = means if key == "matrix-calculus" else Conventions()
    person = Reader(everything, numbers(name), sizes(name), profile, means, "matrix")
    seen = 0
    for definition in everything:
        if definition.rhs is None:
            continue
        view = matrix_view(definition, derivation.graph, profile)
        env = next(person.places(view, definition.indices))
        for node, shape in view.shapes:
            assert isinstance(shape, ex.Product)
            expected = tuple(int(person.value(side, {})) for side in shape.factors)
            names = (ex.Name("1", bold=True), ex.Transpose(ex.Name("1", bold=True), "T"))
            inner = _fixed(view, node)
            if node not in (*names, ex.Transpose(names[0])) and not inner:
                array = person.value(node, env)
                assert array.shape == expected or (array.ndim == 0 and expected == (1, 1))
                seen += 1
    assert seen > 20


def _fixed(view: View, node: ex.Node) -> bool:
    """Say whether a factor is a slice below a sum: it has a shape, but no place of its own."""
    sums = [n.index for side in view.equation.sides for n in _all(side) if isinstance(n, ex.BigSum)]
    return any(index in _all(node) for index in sums)


def _all(node: ex.Node) -> list[ex.Node]:
    return [node, *(inner for child in node.children() for inner in _all(child))]


def test_the_shapes_of_one_equation() -> None:
    """Each factor as it is printed, transposed or not."""
    view = derived(ZOO["softmax"]).view("Z1", "matrix")
    assert [(plain(node), plain(shape)) for node, shape in view.shapes] == [
        ("Delta^(1)", "N x d_1"),
        ("Delta^(2)", "N x d_2"),
        ("W^(2)'", "d_2 x d_1"),
        ("A^(1)", "N x d_1"),
    ]
    graph = derived(ZOO["softmax"]).graph
    assert plain(shape_of(graph["b1"], graph)) == "1 x d_1"
    assert plain(shape_of(graph["b1"], graph, PROFILES["nielsen"])) == "d_1 x 1"


# --- on request -----------------------------------------------------------------------------------


def test_a_view_of_each_kind() -> None:
    """From Python: one equation, or one for each component."""
    derivation = derived(example("xor"))
    assert plain(derivation.view("W1").equation) == "dJ/dW_ij^(1) = sum[n=1..N] X_ni delta_nj^(1)"
    assert plain(derivation.view("W1", "matrix").equation) == "dJ/dW^(1) = X' Delta^(1)"
    components = derivation.view("W2", "component")
    assert [plain(e) for e in components.equations] == [
        "dL/dw_11^(2) = a_1^(1) (yhat - y)",
        "dL/dw_21^(2) = a_2^(1) (yhat - y)",
    ]
    one = derivation.view("w_21^(2)", "component")
    assert one.equations == components.equations[1:]


REFUSED = [
    (("W1", "matrices"), "unknown view 'matrices'; did you mean 'matrix'?"),
    (("W9", "index"), "no quantity named 'W9'"),
    (("w_21^(2)", "matrix"), "no quantity named 'w_21^(2)'"),
    (("Y", "matrix"), "the cost has no named derivative by 'Y'"),
]


@pytest.mark.parametrize(("asked", "message"), REFUSED, ids=[str(row[0]) for row in REFUSED])
def test_what_cannot_be_shown(asked: tuple[str, str], message: str) -> None:
    """The name that is near is told."""
    with pytest.raises(UnknownNameError) as refusal:
        derived(example("xor")).view(*asked)
    assert str(refusal.value).startswith(message)


def test_the_command_line() -> None:
    """``--view`` shows one view, the matrix view with the shapes below each equation."""
    derivation = derived(example("xor"))
    assert show(derivation, "b2", kind="matrix") == (
        "dJ/db^(2) = 1' Delta^(2)\n  dJ/db^(2) is 1 x d_2, 1' is 1 x N, Delta^(2) is N x d_2\n"
    )
    assert show(derivation, "b2", kind="component") == "dL/db_1^(2) = yhat - y\n"
    assert show(derivation, "b2", kind="index") == "dJ/db_j^(2) = sum[n=1..N] delta_nj^(2)\n"
    block = show(derivation, "b2", kind="matrix", as_latex=True)
    assert r"  & \frac{\partial J}{\partial\mathbf{b}^{(2)}}\colon 1 \times d_2,\quad " in block
    whole = show(derivation, None, kind="component")
    assert whole.count("\n") == 9
    with pytest.raises(UnknownNameError, match=r"'w_21\^\(2\)' is no array"):
        show(derivation, "w_21^(2)", kind="matrix")
    command = [sys.executable, "-m", "symderiv", "derive", "examples/xor.toml", "--wrt", "b2"]
    done = subprocess.run(
        [*command, "--view", "index"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "dJ/db_j^(2) = sum[n=1..N] delta_nj^(2)\n"


def test_the_matrix_view_below_the_index_view() -> None:
    """Without ``--view`` both are shown, and what the matrix view holds for."""
    index, matrix = show(derived(ZOO["attention"]), "O1").splitlines()
    assert index.startswith("dJ/dO_nte^(1) = sum[")
    assert matrix.split("  ")[0] == "dJ/dO_n^(1) = Delta_n^(2) W^(2)' WO^(1)'"
    assert matrix.endswith("  [for each n]")


# --- Jacobians ------------------------------------------------------------------------------------

SOFTMAX = {
    "index": (
        r"\frac{\partial\hat{Y}_{nj}}{\partial Z_{nq}^{(2)}}"
        r" = \hat{Y}_{nj}\,([j = q] - \hat{Y}_{nq})"
    ),
    "matrix": (
        r"\frac{\partial\hat{\mathbf{y}}_n}{\partial\mathbf{z}_n^{(2)}}"
        r" = \operatorname{diag}(\hat{\mathbf{y}}_n) - \hat{\mathbf{y}}_n\,\hat{\mathbf{y}}_n^\top"
    ),
}


@pytest.mark.parametrize("kind", SOFTMAX)
def test_the_jacobian_of_softmax(kind: str) -> None:
    """Of one sample: diag(p) - p p^T."""
    found = derived(ZOO["softmax"]).jacobian("Yhat", "Z2", kind)
    assert latex(found.equation) == SOFTMAX[kind]


JACOBIANS = [
    ("softmax", "Yhat", "Z2"),
    ("softmax", "Yhat", "Z1"),
    ("softmax", "Z2", "A1"),
    ("softmax", "Z2", "W2"),
    ("softmax", "L", "Yhat"),
    ("softmax", "J", "W2"),
    ("sigmoid", "A1", "Z1"),
    ("batch norm", "A2", "A1"),
    ("layer norm", "Xhat2", "A1"),
    ("RNN", "H1t2", "H1t1"),
    ("attention", "P1", "S1"),
    ("heads", "O1", "S1"),
    ("convolution", "Yhat", "X"),
]


@cache
def differences(name: str, of: str, by: str) -> Value:
    """Return a Jacobian by central differences of the forward pass alone."""
    network = ZOO[name]
    start, number = numbers(name), sizes_of(network, SAMPLES)
    later = network.graph.positions[by]

    def forward(value: Value) -> Value:
        values = {**start, by: value}
        for definition in network.graph.definitions[later + 1 :]:
            if definition.rhs is not None:
                values[definition.key] = evaluated(definition, values, number)
        return values[of]

    step = 6e-6
    found = np.zeros((*start[of].shape, *start[by].shape))
    for place in np.ndindex(start[by].shape):
        move = np.zeros_like(start[by])
        move[place] = step
        above, below = forward(start[by] + move), forward(start[by] - move)
        found[(..., *place)] = (above - below) / (2 * step)
    return found


@pytest.mark.parametrize(("name", "of", "by"), JACOBIANS)
@pytest.mark.parametrize("kind", ["index", "matrix"])
@pytest.mark.parametrize("key", ["xor-lecture", "matrix-calculus"])
def test_a_jacobian_against_differences(name: str, of: str, by: str, kind: str, key: str) -> None:
    """Entry by entry, and as a matrix that has the outputs as rows in numerator layout."""
    derivation = derived(ZOO[name])
    found = derivation.jacobian(of, by, kind, notation=key)
    record = jacobian(derivation.graph, of, by)
    means = Conventions(columns=True, to_from=True, numerator=True)
    person = Reader(
        derivation.graph.definitions,
        numbers(name),
        sizes(name),
        PROFILES[key],
        means if key == "matrix-calculus" else Conventions(),
        found.kind,
        tall=True,
    )
    expected = differences(name, of, by)
    right = found.equation.sides[1]
    size = [shape for node, shape in found.shapes if node == ex.Name("I", bold=True)]
    person.identity = int(person.value(next(size[0].children()), {})) if size else 0
    rows, columns = record.of.indices, record.at
    for env in person.places(found, record.axes):
        at = [env.get(i.symbol.name) for i in (*rows, *columns)]
        whole = person.value(right, env)
        if found.kind == "index":
            places = tuple(np.asarray(place).astype(int) - 1 for place in at)
            wanted = expected[places]
        else:
            fixed = tuple(slice(None) if p is None else int(p) - 1 for p in at)
            wanted = expected[fixed]
            wanted = wanted if key == "matrix-calculus" else wanted.T
            assert found.shapes
        np.testing.assert_allclose(np.broadcast_to(whole, wanted.shape), wanted, atol=1e-7)


def test_a_jacobian_that_is_no_matrix() -> None:
    """The cost by a matrix has one axis too few; it says so."""
    found = derived(ZOO["softmax"]).jacobian("J", "W2", "matrix")
    assert found.kind == "index"
    assert found.note == "no matrix form: a matrix has two axes; shown with indices"


def test_what_has_no_jacobian() -> None:
    """A silent zero would hide a mistyped name."""
    derivation = derived(ZOO["softmax"])
    with pytest.raises(DerivationError, match="Z1 does not depend on W2"):
        derivation.jacobian("Z1", "W2")
    with pytest.raises(UnknownNameError, match="no quantity named 'Zz2'"):
        derivation.jacobian("Yhat", "Zz2")
    with pytest.raises(UnknownNameError, match="a Jacobian has the views index and matrix"):
        derivation.jacobian("Yhat", "Z2", "component")
