"""The proof of a gradient: right ones pass, and each of its two halves alone rejects wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
import sympy as sp
from oracles import NETWORKS, SPECS, derived, example
from sympy import Expr, Rational, Symbol, exp, log, tanh

from symderiv.derivation import Derivation
from symderiv.errors import DerivationError
from symderiv.graph import Graph
from symderiv.notation import PARAMETERS, Role
from symderiv.proof import NormalForm, prove

XOR = derived(example("xor"))
SOFTMAX = derived(example("3-4-3-softmax"))
# The identity of a softmax behind three layers takes ten seconds, and shows nothing new.
PROVED = [name for name in NETWORKS if name != "2-3-4-2 three layers, CCE"]

Change = Callable[[Expr], Expr]


def names(text: str) -> list[Expr]:
    """Return graph names as SymPy symbols."""
    return [Symbol(name, real=True) for name in text.split()]


def swapped(one: str, two: str) -> Change:
    """Return the change that puts one name in another's place."""
    old, new = names(f"{one} {two}")
    return lambda value: value.subs(old, new)


a1, a2, yhat = names("a1_1 a1_2 yhat")
MUTATIONS: list[tuple[str, str, Change]] = [
    ("sign", "w1_1_1", lambda value: -value),
    ("sign", "b2_1", lambda value: -value),
    ("half", "w2_1_1", lambda value: value / 2),
    ("half", "b1_2", lambda value: value / 2),
    ("transposed", "w1_1_2", swapped("w2_2_1", "w2_1_1")),
    ("transposed", "w1_2_1", swapped("x_2", "x_1")),
    ("the neighbour", "w1_2_2", swapped("a1_2", "a1_1")),
    ("dropped 1 - a", "b1_1", lambda value: value / (1 - a1)),
    ("dropped a", "b1_1", lambda value: value / a1),
    ("1 - a for a", "w1_1_1", lambda value: value / a1 * (1 - a1)),
    ("a at its middle", "b1_2", lambda value: value.subs(a2, Rational(1, 2))),
    ("no label", "b2_1", lambda _: yhat),
    ("zero", "w2_2_1", lambda value: 0 * value),
    ("a little off", "b2_1", lambda value: value * (1 + Rational(1, 10**9))),
]


def mutated(derivation: Derivation, by: str, change: Change) -> Derivation:
    """Return the derivation with one gradient changed."""
    results = dict(derivation.components)
    result = results["L", by]
    value = change(result.value)
    assert value != result.value
    results["L", by] = replace(result, value=value)
    return replace(derivation, components=results)


@pytest.mark.parametrize(
    "derivation",
    [derived(NETWORKS[name]) for name in PROVED] + [derived(example(name)) for name in SPECS],
    ids=[*PROVED, *(f"{name}.toml" for name in SPECS)],
)
def test_every_gradient_is_proved(derivation: Derivation) -> None:
    """One proof for each parameter; both differences are small, as 50 digits let them be."""
    proofs = prove(derivation)
    parameters = derivation.network.components.of_role(*PARAMETERS)
    assert [proof.name for proof in proofs] == [definition.key for definition in parameters]
    right_sides = [d.rhs for d in derivation.graph.definitions if d.rhs is not None]
    smooth = not any(rhs.has(sp.Piecewise) for rhs in right_sides)
    for proof in proofs:
        assert proof.central < 1e-25
        assert (proof.complex_step is not None) == smooth
        assert (proof.complex_step or 0) < 1e-40


@pytest.mark.parametrize(
    ("by", "change"), [row[1:] for row in MUTATIONS], ids=[f"{m[0]} in {m[1]}" for m in MUTATIONS]
)
def test_a_wrong_gradient_is_no_identity(by: str, change: Change) -> None:
    """The identity comes first, so its message shows that no sample point was needed."""
    with pytest.raises(DerivationError, match=rf"^dL/d{by} = .* is not an identity$"):
        prove(mutated(XOR, by, change))


@pytest.mark.parametrize(
    ("by", "change"), [row[1:] for row in MUTATIONS], ids=[f"{m[0]} in {m[1]}" for m in MUTATIONS]
)
def test_a_wrong_gradient_fails_by_differences_alone(
    by: str, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the identity check blinded, the finite differences reject the same gradients."""
    monkeypatch.setattr(NormalForm, "same", lambda *_: True)
    prove(XOR)
    with pytest.raises(DerivationError, match=rf"^d/d{by} = .* differs from finite differences"):
        prove(mutated(XOR, by, change))


def test_without_its_fact_the_softmax_gradient_is_no_identity() -> None:
    """``yhat - y`` holds because the labels sum to 1, and only then."""
    graph = SOFTMAX.network.components
    loss = graph.of_role(Role.LOSS)[0]
    full: dict[Expr, Expr] = {}
    for definition in graph.definitions:
        if definition.rhs is not None:
            full[definition.atom] = definition.rhs.xreplace(full)
    by = graph["b2_1"].atom
    claim = SOFTMAX.component("L", "b2_1").value.xreplace(full)
    truth = sp.diff(loss.atom.xreplace(full), by)
    assert NormalForm(graph).same(claim, truth)
    assert not NormalForm(Graph(graph.definitions)).same(claim, truth)


x, y = names("x y")
CASES = sp.Piecewise((x, x > 0), (0, True))
STEP = sp.Piecewise((1, x > 0), (0, True))

SAME: list[tuple[Expr, ...]] = [
    (1 / (1 + exp(-x)), exp(x) / (1 + exp(x)), 1 - 1 / (1 + exp(x))),
    ((1 + exp(x)) ** 2, 1 + 2 * exp(x) + exp(2 * x)),
    (exp(x) * (1 + exp(y - x)), exp(x) + exp(y)),
    (exp(-x) / (1 + exp(-x)) ** 2, 1 / (2 + exp(x) + exp(-x))),
    (tanh(x * (1 + y)), tanh(x + x * y)),
    (log(1 + exp(x * (1 + y))), log(1 + exp(x) * exp(x * y))),
    (CASES, CASES * STEP, x * STEP**3),
    (exp(exp(x * (1 + x))), exp(exp(x + x**2))),
]
DIFFERENT: list[tuple[Expr, ...]] = [
    (exp(x), exp(-x), exp(y), exp(2 * x), x),
    (tanh(x), tanh(y), tanh(x) ** 2, 1 - tanh(x) ** 2),
    (x, x + Rational(1, 10**40), x + 1),
    (CASES, x, STEP, 1 - STEP, sp.Piecewise((y, x > 0), (0, True))),
    (log(x), log(1 + x), log(exp(x))),
    (x / (1 + y), x / (1 - y), (1 + y) / x),
]


@pytest.mark.parametrize("forms", SAME)
def test_one_function_in_several_forms(forms: tuple[Expr, ...]) -> None:
    """Equal functions have one normal form."""
    for one, two in permutations(forms, 2):
        assert one != two
        assert NormalForm(Graph(())).same(one, two)


@pytest.mark.parametrize("forms", DIFFERENT)
def test_different_functions(forms: tuple[Expr, ...]) -> None:
    """Different functions are told apart, however near."""
    for one, two in permutations(forms, 2):
        assert not NormalForm(Graph(())).same(one, two)
