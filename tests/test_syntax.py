"""TeX as a tree of atoms: what each construct becomes, exact places, and the limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symderiv.errors import ReadingError
from symderiv.latex.syntax import (
    DEEPEST,
    LONGEST,
    Applied,
    Environment,
    Group,
    Leaf,
    Scripted,
    Syntax,
    parsed,
)


def shown(node: Syntax | None) -> str:
    """Return a tree on one line."""
    match node:
        case None:
            return ""
        case Leaf(_, text):
            return text
        case Group(items):
            return "{" + " ".join(map(shown, items)) + "}"
        case Applied(command, arguments):
            return f"{command}({', '.join(map(shown, arguments))})"
        case Environment(name, rows):
            cells = "; ".join(", ".join(map(shown, row)) for row in rows)
            return f"{name}[{cells}]"
        case Scripted(base, below, above, primes):
            marks = [f"_{shown(b)}" for b in below] + [f"^{shown(a)}" for a in above]
            return shown(base) + "".join(marks) + "'" * primes


TREES = {
    "a_1^2": "{a_1^2}",
    "a^2_1": "{a_1^2}",
    "a_{ij}": "{a_{i j}}",
    "f''": "{f''}",
    r"f^\prime": "{f'}",
    "f^{''}": "{f''}",
    "12.5x": "{12.5 x}",
    "x_12": "{x_1 2}",  # as TeX has it
    r"\frac12 y": "{frac(1, 2) y}",
    r"\frac{1}2": "{frac({1}, 2)}",
    r"\dfrac a{b}": "{frac(a, {b})}",
    r"{a \over b}": "{{frac({a}, {b})}}",
    r"\sqrt[3]{x}": "{sqrt(3, {x})}",
    r"\widehat{y}": "{hat({y})}",
    r"\operatorname*{tr}": "{operatorname({tr})}",
    r"\underbrace{x}_{y}": "{brace({x})_{y}}",
    r"\textcolor{red}{x}": "{colour({x})}",
    r"\left( x \right)": "{( x )}",
    r"\big| \, x \! \Big|": "{| x |}",
    r"x \label{a} \tag{1} \nonumber": "{x}",
    r"\text{if } x": "{if  x}",
    "softmax(x)": "{softmax ( x )}",
    "soft": "{s o f t}",
    r"\begin{bmatrix} a & b \\ c & d \\ \end{bmatrix}": "{bmatrix[{a}, {b}; {c}, {d}]}",
    r"\begin{array}{ll} a & b \end{array}": "{array[{a}, {b}]}",
    "ŷ": "{hat({y})}",
    "∂": "{partial}",
    "𝐖": "{W}",
    "λ": "{lambda}",
    "xᵀ": "{x^top}",
    "x³": "{x^{3}}",
    "h₁": "{h_{1}}",
    "½": "{frac(1, 2)}",
    "": "{}",
}


@pytest.mark.parametrize("text", TREES)
def test_a_construct_has_its_tree(text: str) -> None:
    """Structure only: what a token means is decided elsewhere."""
    assert shown(parsed(text)) == TREES[text]


def leaves(node: Syntax | None) -> list[Leaf]:
    """Return the tokens of a tree."""
    match node:
        case Leaf():
            return [node]
        case Group(items) | Applied(_, items):
            return [leaf for item in items for leaf in leaves(item)]
        case Environment(_, rows):
            return [leaf for row in rows for cell in row for leaf in leaves(cell)]
        case Scripted(base, below, above):
            return [leaf for item in (base, *below, *above) for leaf in leaves(item)]
    return []


@pytest.mark.parametrize(
    "text",
    [
        r"\frac{\partial L}{\partial w_{ij}^{(1)}} = \hat y - 12.5",
        r"\begin{cases} a & x > 0 \\ b \end{cases}",
        "ŷ − σ(λ·x)²",
        "a ≤ b_½",
    ],
)
def test_a_token_knows_its_place(text: str) -> None:
    """Also behind characters that are typed for a command."""
    for leaf in leaves(parsed(text)):
        written = text[slice(*leaf.place)]
        if written.isascii():
            assert written.removeprefix("\\") == leaf.text
        else:
            assert len(written) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (r"x + \frac{a}{b}", (4, 15)),
        (r"x + \hat{y}_1", (4, 13)),
        (r"x + {y}", (4, 7)),
        ("σ + ŷ_1'", (4, 8)),
        (r"x + \begin{matrix}a\end{matrix}", (4, 31)),
    ],
)
def test_a_construct_knows_its_place(text: str, place: tuple[int, int]) -> None:
    """From its first character to behind its last."""
    assert parsed(text).items[-1].place == place


FAULTS = {
    "x^": ("ends too early", (1, 2)),
    "a {b": ("ends too early", (3, 4)),
    "a }b": ("unexpected '}'", (2, 3)),
    "σσ }": ("unexpected '}'", (3, 4)),
    "a $ b": ("unexpected '\\$'", (2, 3)),
    r"{\over b}": ("both sides", (1, 6)),
    r"x \sqrt[n]{y}": ("a root of the order n", (2, 13)),
    r"\frac123": ("or its first digit", (0, 8)),
    r"x \begin{matrix} y \end{cases}": ("closed by", (2, 30)),
    r"\hat" * 1_400 + "x": ("nested too deeply", (0, 5_601)),
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_no_tex_is_pointed_at(text: str) -> None:
    """The message says why and the place where."""
    message, place = FAULTS[text]
    with pytest.raises(ReadingError, match=message) as caught:
        parsed(text)
    assert caught.value.place == place


def test_a_formula_is_not_longer_than_the_limit() -> None:
    """One character more is refused, whatever it is."""
    assert len(parsed("x" * LONGEST).items) == LONGEST
    with pytest.raises(ReadingError, match="longer than") as caught:
        parsed("x" * (LONGEST + 1))
    assert caught.value.place == (0, LONGEST + 1)


def test_a_formula_is_not_deeper_than_the_limit() -> None:
    """The bracket that is one too deep is pointed at."""
    parsed("(" * DEEPEST + ")" * DEEPEST)
    parsed("{" * DEEPEST + "x" + "}" * DEEPEST)
    with pytest.raises(ReadingError, match="nested more than") as caught:
        parsed("x + " + "{" * (DEEPEST + 1))
    assert caught.value.place == (DEEPEST + 4, DEEPEST + 5)


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """No text ends in another error, and places lie inside of it."""
    try:
        found = [leaf.place for leaf in leaves(parsed(text))]
    except ReadingError as error:
        found = [error.place]
    assert all(0 <= low <= high <= len(text) for low, high in found)
