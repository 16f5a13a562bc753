"""The lecture's own equations: ours are the same where it is right, and corrected where it errs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from oracles import derived, example

from symderiv.latex.printer import latex
from symderiv.views import matrix_equation
from symderiv.writing import write

FOLDER = Path(__file__).parents[1] / "examples" / "lectures"
NAME = "backpropagation-xor"
XOR = derived(example("xor"))

VERDICTS = tomllib.loads((FOLDER / f"{NAME}.verdicts.toml").read_text("utf-8"))
WRONG: dict[int, dict[str, Any]] = {
    row["n"]: row for row in VERDICTS["equation"] if row["verdict"] == "wrong"
}
DISPLAYED = re.findall(r"\$\$(.+?)\$\$", (FOLDER / f"{NAME}.md").read_text("utf-8"), re.DOTALL)
EQUATIONS = {number: text.strip() for number, text in enumerate(DISPLAYED, start=1)}

_OF_BY = re.compile(r"\\frac\{(?:\\partial|d) ?(.+?)\}\{(?:\\partial|d) ?(.+)\}")


def ours(equation: str) -> str:
    """Write the lecture's mathematics as we do: one sample has no index, no star for a product."""
    text = equation.replace(r"\hat{y}_i", r"\hat{y}").replace("y_i", "y")
    return re.sub(r"\s*\*\s*", r"\\,", text).replace(r"\,\log", r" \log")


def claim(number: int) -> tuple[str, str, str]:
    """Return (of, by, closed form) of an equation that claims a derivative."""
    sides = ours(EQUATIONS[number]).split(" = ")
    match = _OF_BY.fullmatch(sides[0])
    assert match, sides[0]
    return match[1], match[2], sides[-1]


def derived_form(of: str, by: str) -> str:
    """Return our printed form of a derivative."""
    return latex(write(XOR.component(of, by).value, XOR.network.components))


CLAIMS = [
    number
    for number, text in EQUATIONS.items()
    if text.startswith(r"\frac{") and r"\frac" not in text.split(" = ")[-1]
]


def test_the_lecture_is_read_whole() -> None:
    """38 displayed equations; from 18 on, 19 state a derivative in closed form."""
    assert len(EQUATIONS) == VERDICTS["display_equations"]
    assert CLAIMS == [18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31, 32, 33, 34, 35, 36, 37, 38]
    assert set(WRONG) == set(VERDICTS["wrong"]) == {35, 36, 38}


@pytest.mark.parametrize("number", [n for n in CLAIMS if n not in WRONG])
def test_where_the_lecture_is_right_we_say_the_same(number: int) -> None:
    """To the letter, once products have no stars."""
    of, by, stated = claim(number)
    assert derived_form(of, by) == stated


@pytest.mark.parametrize("number", WRONG)
def test_where_the_lecture_errs_we_have_the_correction(number: int) -> None:
    """Ours differs from the claim exactly where the verdict says, by what it says."""
    of, by, stated = claim(number)
    found, should_be = (ours(WRONG[number][key]) for key in ("found", "should_be"))
    assert found in stated
    assert derived_form(of, by) != stated
    assert derived_form(of, by) == stated.replace(found, should_be)


@pytest.mark.parametrize(
    ("number", "key"), [(2, "z1_1"), (4, "z1_2"), (6, "z2_1")], ids=["z_1", "z_2", "z_1^(2)"]
)
def test_the_sums_are_the_lectures(number: int, key: str) -> None:
    """Feedforward in components, bias first, to the letter."""
    graph = XOR.network.components
    definition = graph[key]
    assert definition.rhs is not None
    left, right = ours(EQUATIONS[number]).split(" = ")
    assert latex(write(definition.atom, graph)) == left
    assert latex(write(definition.rhs, graph)) == right


@pytest.mark.parametrize(("number", "key"), [(9, "Z1"), (11, "Z2")])
def test_the_matrix_forms_are_the_lectures(number: int, key: str) -> None:
    """X W + b, to the letter."""
    graph = XOR.graph
    assert latex(matrix_equation(graph[key], graph)) == ours(EQUATIONS[number])


def test_the_loss_is_the_lectures() -> None:
    """Equation 13, its minus in front, to the letter."""
    graph = XOR.network.components
    loss = graph["L"].rhs
    assert loss is not None
    assert f"L = {latex(write(loss, graph))}" == ours(EQUATIONS[13])
