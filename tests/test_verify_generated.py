"""Verify on what symderiv derives, in every notation: all of it is right, each mistake found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

import pytest

import symderiv as sd
from symderiv import Dense, Network
from symderiv import expression as ex
from symderiv.latex.printer import latex
from symderiv.notation import PARAMETERS, name
from symderiv.presentation import view
from symderiv.profiles import PROFILES
from symderiv.views import index_view
from symderiv.writing import write

NETWORKS = {
    "sigmoid": Network(2, [Dense(2, "sigmoid"), Dense(1, "sigmoid")], "binary_cross_entropy"),
    "tanh": Network(2, [Dense(3, "tanh"), Dense(2)], "mean_squared_error"),
    "softmax": Network(
        3, [Dense(4, "tanh"), Dense(2, "softmax")], "categorical_cross_entropy", "mean"
    ),
}
NOT_READ = {"cs231n"}
"""Notations of which index equations cannot be told yet: a layer and an index below, from 0 on."""


@cache
def written(key: str, kind: str, notation: str) -> tuple[str, ...]:
    """Return the equations of a network, forward and backward, as LaTeX."""
    network, profile = NETWORKS[key], PROFILES[notation]
    derivation = sd.derive(network)
    if kind == "index":
        every = (*network.graph.definitions, *derivation.adjoints)
        views = (index_view(d, network.graph, profile) for d in every if _said(d.key, d.rhs))
        return tuple(latex(shown.equation) for shown in views)
    graph = network.components
    forward = [
        ex.equation(name(d.quantity, profile=profile), write(d.rhs, graph, profile=profile))
        for d in graph.definitions
        if d.rhs is not None
    ]
    backward = [
        equation
        for adjoint in derivation.adjoints
        if adjoint.quantity.role in PARAMETERS
        for equation in view(derivation, adjoint, "component", profile).equations
    ]
    return tuple(map(latex, [*forward, *backward]))


def _said(key: str, rhs: object) -> bool:
    return rhs is not None and key != "dJ"


def document(equations: tuple[str, ...]) -> str:
    """Return equations as a Markdown document."""
    return "\n\n".join(f"$${equation}$$" for equation in equations)


@pytest.mark.parametrize("key", NETWORKS)
@pytest.mark.parametrize("kind", ["component", "index"])
@pytest.mark.parametrize("notation", PROFILES)
def test_what_is_derived_is_right(key: str, kind: str, notation: str) -> None:
    """In all eight notations, with components and with indices."""
    report = sd.verify(document(written(key, kind, notation)), budget=600)
    verdicts = [e.verdict for e in report.equations]
    assert set(verdicts) <= {"definition", "data", "right", "cannot tell"}
    if kind == "index" and notation in NOT_READ:
        assert "wrong" not in verdicts
    else:
        assert "cannot tell" not in verdicts
        assert verdicts.count("right") >= 9


def _mistaken(equation: str) -> Iterator[str]:
    """Yield an equation with one mistake in its right side, each of another kind."""
    left, _, right = equation.partition(" = ")
    swaps = (
        (r"\hat{y} - y", r"y - \hat{y}"),
        ("(1 - a", "(1 + a"),
        ("w_{11}^{(2)}", "w_{21}^{(2)}"),
        ("a_1^{(1)}", "a_2^{(1)}"),
        ("x_1", "x_2"),
        (r"\hat{y} - y", r"\hat{y} + y"),
        (r"(\hat{y} - y)", r"2 (\hat{y} - y)"),
    )
    for old, new in swaps:
        if old in right:
            yield f"{left} = {right.replace(old, new)}"


def test_each_mistake_is_found() -> None:
    """A sign, an index, a lost or an extra factor in any gradient of the XOR network."""
    equations = written("sigmoid", "component", "xor-lecture")
    count = 0
    for place, equation in enumerate(equations[7:], 7):
        for changed in islice(_mistaken(equation), 8):
            text = document((*equations[:place], changed, *equations[place + 1 :]))
            verdicts = [e.verdict for e in sd.verify(text, budget=600).equations]
            assert verdicts[place] == "wrong", changed
            assert verdicts.count("wrong") == 1, changed
            count += 1
    assert count >= 30
