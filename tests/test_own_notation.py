"""The ``[notation]`` table: a shipped notation, and what is different from it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from oracles import derived, example
from reading import Conventions
from test_profiles import check_everything

from symderiv import Network
from symderiv.errors import SpecError
from symderiv.latex.printer import latex
from symderiv.profiles import PROFILES, profile
from symderiv.spec import from_dict, to_dict

OWN: list[tuple[dict[str, Any], Conventions]] = [
    ({"layer": "[]"}, Conventions()),
    (
        {"samples": "columns", "weights": "to-from", "error": "nabla"},
        Conventions(columns=True, to_from=True),
    ),
    ({"profile": "nielsen", "samples": "rows"}, Conventions(to_from=True)),
    ({"first": 0, "layer": "_", "error": "d", "font": "plain"}, Conventions(first=0)),
    ({"profile": "d2l", "layout": "numerator"}, Conventions(numerator=True)),
    ({"letters": {"weight": ["Theta"], "prediction": ["P", "p"], "cost": ["E"]}}, Conventions()),
]


@pytest.mark.parametrize("name", ["softmax", "penalties and weights", "layer norm"])
@pytest.mark.parametrize(("table", "means"), OWN)
def test_a_notation_of_ones_own(name: str, table: dict[str, Any], means: Conventions) -> None:
    """Whatever ``[notation]`` chooses, the values are the same, and it survives a round trip."""
    network = from_dict({**to_dict(example("xor")), "notation": table})
    own = profile(network.notation)
    assert profile(from_dict(to_dict(network)).notation) == own
    assert own not in PROFILES.values()
    for kind in ("index", "matrix"):
        assert check_everything(name, own, means, kind) > 8


def test_letters_of_ones_own() -> None:
    """One letter stands for the array, its small one for an entry; Greek ones keep their size."""
    letters = {"weight": ["Theta", "theta"], "prediction": ["P"], "cost": ["E"]}
    raw = {**to_dict(example("xor")), "notation": {"letters": letters, "layer": "[]"}}
    network = from_dict(raw)
    assert isinstance(network, Network)
    derivation = derived(network)
    assert latex(derivation.view("W2", "matrix").equation) == (
        r"\frac{\partial E}{\partial\boldsymbol{\Theta}^{[2]}}"
        r" = \mathbf{A}^{[1]\top}\,\boldsymbol{\Delta}^{[2]}"
    )
    assert latex(derivation.view("b_1^(2)", "component").equation.sides[1]) == "p - y"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"first": 2}, "notation.first: expected 0 or 1, found 2"),
        ({"weights": "both"}, 'notation.weights: expected "from-to" or "to-from", found "both"'),
        ({"letters": {"weigth": ["V"]}}, "unknown key 'weigth' at notation.letters; did you mean"),
        (
            {"letters": {"weight": ["ab"]}},
            "notation.letters.weight[0]: expected a letter, or the English name of a Greek one",
        ),
        ({"letters": {"weight": "V"}}, "notation.letters.weight: expected a list of one or two"),
    ],
)
def test_a_notation_that_is_none(table: dict[str, Any], message: str) -> None:
    """Each key says what it takes."""
    with pytest.raises(SpecError, match=re.escape(message)):
        from_dict({**to_dict(example("xor")), "notation": table})
