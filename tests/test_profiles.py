"""Notations: each says the same, in the words of its own readers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from oracles import derived, example
from reading import Conventions, Reader, Value
from zoo import ZOO, random_values, sizes_of

from symderiv import Network, load
from symderiv.errors import GraphError, SpecError, UnknownNameError
from symderiv.latex.printer import latex
from symderiv.notation import LECTURE, PARAMETERS, Profile, Role
from symderiv.presentation import view
from symderiv.profiles import PROFILES, profile
from symderiv.renderers.listing import show
from symderiv.spec import from_dict, to_dict
from symderiv.views import index_view, matrix_view

ROOT = Path(__file__).parents[1]
SAMPLES = 3

CONVENTIONS: Mapping[str, Conventions] = {
    "xor-lecture": Conventions(),
    "deep-learning-course": Conventions(columns=True, to_from=True),
    "nielsen": Conventions(columns=True, to_from=True),
    "prml": Conventions(to_from=True),
    "goodfellow": Conventions(columns=True, to_from=True),
    "d2l": Conventions(),
    "matrix-calculus": Conventions(columns=True, to_from=True, numerator=True),
    "cs231n": Conventions(first=0),
}

# The softmax with cross-entropy, the recursion, the gradient of a weight, and it with indices.
FAMOUS: Mapping[str, tuple[str, str, str, str]] = {
    "xor-lecture": (
        r"\boldsymbol{\Delta}^{(2)} = \frac{1}{N}\,(\hat{\mathbf{Y}} - \mathbf{Y})",
        (
            r"\boldsymbol{\Delta}^{(1)} = (\boldsymbol{\Delta}^{(2)}\,\mathbf{W}^{(2)\top})"
            r" \odot (1 - (\mathbf{A}^{(1)})^2)"
        ),
        (
            r"\frac{\partial J}{\partial\mathbf{W}^{(2)}}"
            r" = \mathbf{A}^{(1)\top}\,\boldsymbol{\Delta}^{(2)}"
        ),
        r"\frac{\partial J}{\partial W_{ij}^{(2)}} = \sum_{n=1}^N A_{ni}^{(1)}\,\delta_{nj}^{(2)}",
    ),
    "deep-learning-course": (
        r"dZ^{[2]} = \frac{1}{N}\,(\hat{Y} - Y)",
        r"dZ^{[1]} = (W^{[2]T}\,dZ^{[2]}) \ast (1 - (A^{[1]})^2)",
        r"dW^{[2]} = dZ^{[2]}\,A^{[1]T}",
        r"dW_{ji}^{[2]} = \sum_{n=1}^N A_{in}^{[1]}\,dZ_{jn}^{[2]}",
    ),
    "nielsen": (
        r"\delta^2 = \frac{1}{N}\,(a^2 - y)",
        r"\delta^1 = ((w^2)^T\,\delta^2) \odot (1 - (a^1)^2)",
        r"\frac{\partial C}{\partial w^2} = \delta^2\,(a^1)^T",
        r"\frac{\partial C}{\partial w_{ji}^2} = \sum_{n=1}^N a_{in}^1\,\delta_{jn}^2",
    ),
    "prml": (
        r"\boldsymbol{\Delta}^{(2)} = \frac{1}{N}\,(\mathbf{Y} - \mathbf{T})",
        (
            r"\boldsymbol{\Delta}^{(1)} = (\boldsymbol{\Delta}^{(2)}\,\mathbf{W}^{(2)})"
            r" \odot (1 - (\mathbf{Z}^{(1)})^2)"
        ),
        (
            r"\frac{\partial E}{\partial\mathbf{W}^{(2)}}"
            r" = \boldsymbol{\Delta}^{(2)T}\,\mathbf{Z}^{(1)}"
        ),
        r"\frac{\partial E}{\partial w_{ji}^{(2)}} = \sum_{n=1}^N z_{ni}^{(1)}\,\delta_{nj}^{(2)}",
    ),
    "goodfellow": (
        r"\nabla_{\boldsymbol{A}^{(2)}}J = \frac{1}{N}\,(\hat{\boldsymbol{Y}} - \boldsymbol{Y})",
        (
            r"\nabla_{\boldsymbol{A}^{(1)}}J = (\boldsymbol{W}^{(2)\top}\,"
            r"(\nabla_{\boldsymbol{A}^{(2)}}J)) \odot (1 - (\boldsymbol{H}^{(1)})^2)"
        ),
        (
            r"\nabla_{\boldsymbol{W}^{(2)}}J = (\nabla_{\boldsymbol{A}^{(2)}}J)"
            r"\,\boldsymbol{H}^{(1)\top}"
        ),
        (
            r"\frac{\partial J}{\partial W_{ji}^{(2)}} = \sum_{n=1}^N H_{in}^{(1)}"
            r"\,\frac{\partial J}{\partial A_{jn}^{(2)}}"
        ),
    ),
    "d2l": (
        (
            r"\frac{\partial J}{\partial\mathbf{Z}^{(2)}}"
            r" = \frac{1}{N}\,(\hat{\mathbf{Y}} - \mathbf{Y})"
        ),
        (
            r"\frac{\partial J}{\partial\mathbf{Z}^{(1)}} = \left(\frac{\partial J}"
            r"{\partial\mathbf{Z}^{(2)}}\,\mathbf{W}^{(2)\top}\right)"
            r" \odot (1 - (\mathbf{H}^{(1)})^2)"
        ),
        (
            r"\frac{\partial J}{\partial\mathbf{W}^{(2)}} = \mathbf{H}^{(1)\top}"
            r"\,\frac{\partial J}{\partial\mathbf{Z}^{(2)}}"
        ),
        (
            r"\frac{\partial J}{\partial W_{ij}^{(2)}} = \sum_{n=1}^N H_{ni}^{(1)}"
            r"\,\frac{\partial J}{\partial Z_{nj}^{(2)}}"
        ),
    ),
    "matrix-calculus": (
        (
            r"\frac{\partial J}{\partial\mathbf{Z}^{(2)}}"
            r" = \frac{1}{N}\,(\hat{\mathbf{Y}}^T - \mathbf{Y}^T)"
        ),
        (
            r"\frac{\partial J}{\partial\mathbf{Z}^{(1)}} = \left(\frac{\partial J}"
            r"{\partial\mathbf{Z}^{(2)}}\,\mathbf{W}^{(2)}\right)"
            r" \odot (1 - (\mathbf{A}^{(1)T})^2)"
        ),
        (
            r"\frac{\partial J}{\partial\mathbf{W}^{(2)}} = \mathbf{A}^{(1)}"
            r"\,\frac{\partial J}{\partial\mathbf{Z}^{(2)}}"
        ),
        (
            r"\frac{\partial J}{\partial W_{ji}^{(2)}} = \sum_{n=1}^N A_{in}^{(1)}"
            r"\,\frac{\partial J}{\partial Z_{jn}^{(2)}}"
        ),
    ),
    "cs231n": (
        r"dZ_2 = \frac{1}{N}\,(\hat{Y} - Y)",
        r"dZ_1 = (dZ_2\,W_2^T) \circ (1 - A_1^2)",
        r"dW_2 = A_1^T\,dZ_2",
        r"dW_{2,i,j} = \sum_{n=0}^{N-1} A_{1,n,i}\,dZ_{2,n,j}",
    ),
}

COMPONENT = {
    "xor-lecture": (
        r"\frac{\partial L}{\partial w_{12}^{(1)}}",
        r"x_1\,a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,(\hat{y} - y)",
    ),
    "deep-learning-course": (
        r"\frac{\partial L}{\partial w_{21}^{[1]}}",
        r"x_1\,a_2^{[1]}\,(1 - a_2^{[1]})\,w_{12}^{[2]}\,(\hat{y} - y)",
    ),
    "nielsen": (
        r"\frac{\partial C}{\partial w_{21}^1}",
        r"x_1\,a_2^1\,(1 - a_2^1)\,w_{12}^2\,(a^2 - y)",
    ),
    "prml": (
        r"\frac{\partial E}{\partial w_{21}^{(1)}}",
        r"x_1\,z_2^{(1)}\,(1 - z_2^{(1)})\,w_{12}^{(2)}\,(y - t)",
    ),
    "cs231n": (
        r"\frac{\partial L}{\partial w_{1,0,1}}",
        r"x_0\,a_{1,1}\,(1 - a_{1,1})\,w_{2,1,0}\,(\hat{y} - y)",
    ),
}

FORWARD = {
    "xor-lecture": r"\mathbf{Z}^{(1)} = \mathbf{X}\,\mathbf{W}^{(1)} + \mathbf{b}^{(1)}",
    "deep-learning-course": r"Z^{[1]} = W^{[1]}\,X + b^{[1]}",
    "nielsen": r"z^1 = w^1\,x + b^1",
    "prml": r"\mathbf{A}^{(1)} = \mathbf{X}\,\mathbf{W}^{(1)T} + \mathbf{w}_0^{(1)}",
    "goodfellow": (
        r"\boldsymbol{A}^{(1)} = \boldsymbol{W}^{(1)}\,\boldsymbol{X} + \boldsymbol{b}^{(1)}"
    ),
    "d2l": r"\mathbf{Z}^{(1)} = \mathbf{X}\,\mathbf{W}^{(1)} + \mathbf{b}^{(1)}",
    "matrix-calculus": r"\mathbf{Z}^{(1)} = \mathbf{W}^{(1)}\,\mathbf{X} + \mathbf{b}^{(1)}",
    "cs231n": r"Z_1 = X\,W_1 + b_1",
}


def test_every_notation_is_tested() -> None:
    """A new row of the table needs its conventions and its famous equations here."""
    assert set(PROFILES) == set(CONVENTIONS) == set(FAMOUS) == set(FORWARD)
    assert all(entry.source for entry in PROFILES.values())


# --- as its readers know it -----------------------------------------------------------------------


@pytest.mark.parametrize("key", PROFILES)
def test_the_famous_equations(key: str) -> None:
    """Softmax with cross-entropy, the recursion, a weight's gradient, and the linear sum."""
    derivation = derived(ZOO["softmax"])
    views = [("Z2", "matrix"), ("Z1", "matrix"), ("W2", "matrix"), ("W2", "index")]
    shown = [derivation.view(name, kind, notation=key).equation for name, kind in views]
    assert tuple(map(latex, shown)) == FAMOUS[key]
    graph = derivation.graph
    assert latex(matrix_view(graph["Z1"], graph, PROFILES[key]).equation) == FORWARD[key]


@pytest.mark.parametrize("key", COMPONENT)
def test_a_component(key: str) -> None:
    """The weight from input 1 to unit 2: it is one weight, whatever its indices are."""
    shown = derived(example("xor")).view("w_12^(1)", "component", notation=key)
    assert latex(shown.equation) == " = ".join(COMPONENT[key])


def test_a_bias_as_a_weight() -> None:
    """PRML has ``w_{j0}`` for what others call ``b_j``; a shift of a normalisation is no bias."""
    network = ZOO["batch norm"]
    graph = network.graph
    left = index_view(graph["Z1"], graph, PROFILES["prml"]).equation
    assert latex(left) == r"a_{nj}^{(1)} = w_{j0}^{(1)} + \sum_{i=1}^{d_0} x_{ni}\,w_{ji}^{(1)}"
    assert r"\beta_j^{(2)}" in latex(index_view(graph["A2"], graph, PROFILES["prml"]).equation)


def test_steps_and_text_in_another_notation() -> None:
    """The steps of a derivation are written like its result."""
    text = show(derived(example("xor")), "W1", steps=True, notation="cs231n")
    assert text.splitlines()[0].startswith(
        "dW_1,i,j = sum[n=0..N - 1] sum[k=0..d_1 - 1] sum[p=0..d_0 - 1] "
        "[p = i] [k = j] X_np dZ_1,n,k"
    )
    assert text.splitlines()[-1].startswith("dW_1 = X' dZ_1")


# --- the same values ------------------------------------------------------------------------------


@cache
def values(name: str, seed: int) -> Mapping[str, Value]:
    """Return every array of a network of the zoo, adjoints too."""
    derivation = derived(ZOO[name])
    return random_values(derivation.network, derivation.adjoints, SAMPLES, seed)


def reader(name: str, shown: Profile, means: Conventions, kind: str, seed: int = 0) -> Reader:
    """Return somebody who reads what ``shown`` prints as a literature means it."""
    derivation = derived(ZOO[name])
    definitions = (*derivation.graph.definitions, *derivation.adjoints)
    sizes = {str(size): n for size, n in sizes_of(derivation.network, SAMPLES).items()}
    return Reader(definitions, values(name, seed), sizes, shown, means, kind)


def check_everything(name: str, shown: Profile, means: Conventions, kind: str) -> int:
    """Read every equation of a network; return how many there are."""
    derivation, count = derived(ZOO[name]), 0
    person = reader(name, shown, means, kind)
    for definition in (*derivation.graph.definitions, *derivation.adjoints):
        if definition.rhs is not None:
            write = index_view if kind == "index" else matrix_view
            found = write(definition, derivation.graph, shown)
            if found.kind == kind:
                person.check(found, definition.indices)
                count += 1
    return count


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("key", PROFILES)
def test_a_notation_changes_no_value(key: str, name: str) -> None:
    """Each equation of each network, with indices and as matrices, is true as its readers read it.

    The numbers behind the names are the same in all notations.
    """
    for kind in ("index", "matrix"):
        assert check_everything(name, PROFILES[key], CONVENTIONS[key], kind) > 8


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "relu", "residual", "layer norm"])
@pytest.mark.parametrize("key", PROFILES)
def test_a_notation_changes_no_component(key: str, name: str) -> None:
    """Every component of every parameter's gradient, at one sample."""
    derivation = derived(ZOO[name])
    whole = random_values(derivation.network, derivation.adjoints, 1, 1)
    sizes = {str(size): n for size, n in sizes_of(derivation.network, 1).items()}
    definitions = (*derivation.graph.definitions, *derivation.adjoints)
    costs = [d for d in definitions if d.quantity.role is not Role.COST and not d.quantity.adjoint]
    person = Reader(costs, whole, sizes, PROFILES[key], CONVENTIONS[key], "component")
    count = 0
    for definition in derivation.adjoints:
        if definition.quantity.role in PARAMETERS:
            shown = view(derivation, definition, "component", PROFILES[key])
            assert shown.kind == "component"
            for equation in shown.equations:
                found, expected = (float(person.value(side, {})) for side in equation.sides)
                assert abs(found - expected) < 1e-9, latex(equation)
                count += 1
    assert count == sum(whole[d.key].size for d in derivation.graph.of_role(*PARAMETERS))


MUTATIONS: list[tuple[str, dict[str, Any], str]] = [
    ("nielsen", {"weights": "from-to"}, "index"),
    ("nielsen", {"weights": "from-to"}, "matrix"),
    ("d2l", {"weights": "to-from"}, "index"),
    ("d2l", {"weights": "to-from"}, "matrix"),
    ("goodfellow", {"samples": "rows"}, "matrix"),
    ("xor-lecture", {"samples": "columns"}, "index"),
    ("matrix-calculus", {"layout": "denominator"}, "matrix"),
    ("cs231n", {"first": 1}, "index"),
    ("prml", {"first": 0}, "index"),
]


@pytest.mark.parametrize(("key", "change", "kind"), MUTATIONS)
def test_a_notation_that_says_something_else_is_found_out(
    key: str, change: dict[str, Any], kind: str
) -> None:
    """An order that is exchanged without being meant gives other numbers, or shapes that misfit."""
    with pytest.raises((AssertionError, ValueError, IndexError)):
        check_everything("softmax", replace(PROFILES[key], **change), CONVENTIONS[key], kind)


# --- asked for by name ----------------------------------------------------------------------------


def test_the_lectures_is_the_default() -> None:
    """And what is printed then has not changed."""
    assert ZOO["softmax"].notation == LECTURE.key
    derivation = derived(example("xor"))
    assert show(derivation, None) == show(derivation, None, notation="xor-lecture")
    assert show(derivation, "W1") == (
        "dJ/dW_ij^(1) = sum[n=1..N] X_ni delta_nj^(1)\ndJ/dW^(1) = X' Delta^(1)\n"
    )


def test_an_unknown_notation() -> None:
    """The nearest is named, in Python and in a spec."""
    with pytest.raises(
        UnknownNameError, match="unknown notation 'nielson'; did you mean 'nielsen'"
    ):
        profile("nielson")
    raw = {**to_dict(example("xor")), "notation": {"profile": "d2"}}
    with pytest.raises(SpecError, match=r"unknown notation 'd2' at notation\.profile; .*'d2l'"):
        from_dict(raw)


def test_the_notation_of_a_spec() -> None:
    """It is what derivatives are printed in, and survives a round trip."""
    raw = {**to_dict(example("xor")), "notation": {"profile": "nielsen"}}
    network = from_dict(raw)
    assert isinstance(network, Network)
    assert from_dict(to_dict(network)).notation == "nielsen"
    shown = derived(network).view("W1", "matrix")
    assert latex(shown.equation) == r"\frac{\partial C}{\partial w^1} = \delta^1\,x^T"


def test_the_command_line(tmp_path: Path) -> None:
    """``--notation`` wins over the spec, and its help lists every name."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "symderiv", "derive", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    spec = tmp_path / "mine.toml"
    text = (ROOT / "examples" / "xor.toml").read_text(encoding="utf-8")
    spec.write_text(text.replace('profile = "xor-lecture"', 'profile = "nielsen"'), "utf-8")
    assert load(spec).notation == "nielsen"
    assert run("mine.toml", "--wrt", "W1", "--view", "index").stdout.startswith("dC/dw_ji^1 = ")
    other = run("mine.toml", "--wrt", "W1", "--view", "matrix", "--notation", "cs231n")
    assert other.stdout.startswith("dW_1 = X' dZ_1\n")
    bad = run("mine.toml", "--notation", "cs231")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "symderiv: unknown notation 'cs231'; did you mean 'cs231n'?\n"
    shown = "".join(run("--help").stdout.split())
    assert all(key in shown for key in PROFILES)


def test_a_network_without_components_says_so() -> None:
    """Batch normalisation has none for one sample alone."""
    shown = derived(ZOO["batch norm"]).view("gamma2", "component")
    assert shown.kind == "index"
    assert shown.note.startswith("no components: ")
    with pytest.raises(GraphError):
        _ = ZOO["batch norm"].components
