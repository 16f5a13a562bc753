"""Whatever a text holds: no traceback, every offset right, and time in proportion to its length."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_documents import checked

from symderiv.errors import DocumentError

KINDS = ["markdown", "latex", "rst"]
PIECES = [
    *("$", "$$", "`", "``", "\\", "\\\\", "\\(", "\\)", "\\[", "\\]", "\\\\(", "\\\\)", "\\\\["),
    *(
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        " ",
        "    ",
        "\t",
        "> ",
        "- ",
        "# ",
        "---\n",
        "| a | b |\n",
        "|-|-|\n",
    ),
    *(
        "a",
        "=",
        "1",
        "é",
        "\u200b",
        "’",
        "（",
        ".",
        ",",
        "&",
        "%",
        "{",
        "}",
        "[",
        "]",
        "_",
        "\\_",
        "\\*",
    ),
    *("\\begin{align}", "\\end{align}", "\\begin{split}", "\\end{split}", "\\begin{multline}"),
    *("\\begin{cases}", "\\end{cases}", "\\begin{tabular}", "\\end{tabular}", "\\end{multline}"),
    *("\\quad", "\\qquad", "\\newline", "\\label{x}", "\\tag{1}", "\\notag", "\\left(", "\\right."),
    *("\\newcommand{\\x}[1]{#1#1}", "\\def\\y{\\x{\\y}}", "\\x", "\\x{a}", "\\y", "\\newcommand"),
    *("\\newcommand{\\z}[2][b]{\\frac#1#2}", "\\z", "\\z[c]{d}", "\\frac", "\\hat", "\\alpha", "^"),
    *(
        "```",
        "~~~\n",
        "```math\n",
        "```latex\n",
        "<!--",
        "-->",
        "<pre>",
        "</pre>",
        "&lt;",
        "$`",
        "`$",
    ),
    *(
        ".. math:: ",
        ".. math::\n\n   ",
        ":math:`",
        "::\n\n   ",
        ".. code::\n",
        "\\verb|",
        "|",
        "..\n",
    ),
    *("\\begin{document}", "\\end{document}", "\\begin{verbatim}", "\\end{verbatim}", "\\input{x}"),
    *(
        "\\text{",
        "\\text{if }",
        "words and more words",
        "\\frac{a}{b}",
        "\\\\frac{a}{b}",
        "\\\\\\\\",
    ),
]
MARKUP = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
ANYTHING = st.one_of(MARKUP, st.text(max_size=200))


@pytest.mark.parametrize("kind", KINDS)
@given(text=ANYTHING)
def test_any_text_is_read(kind: str, text: str) -> None:
    """It may hold no formula, but then it says so in peace."""
    checked(text, kind)


@given(
    cells=st.lists(st.one_of(ANYTHING, st.lists(ANYTHING, max_size=3)), max_size=3),
    indent=st.sampled_from([None, 1]),
    escaped=st.booleans(),
)
def test_any_notebook_is_read(
    cells: list[str | list[str]], indent: int | None, *, escaped: bool
) -> None:
    """Each row stands in the JSON as its strings write it, ends of lines of the cell included."""
    made = [{"cell_type": "markdown", "source": source} for source in cells]
    source = json.dumps({"cells": made}, indent=indent, ensure_ascii=escaped)
    for formula in checked(source, "notebook").formulas:
        for row in formula.rows:
            written = source[row.start : row.end]
            if all(isinstance(cell, str) for cell in cells):
                assert json.loads(f'"{written}"') == row.latex


@given(text=st.one_of(ANYTHING, st.text('{}[]",:cels_typmarkdown', max_size=60)))
def test_any_text_is_no_notebook(text: str) -> None:
    """It is refused as an error of ours."""
    with pytest.raises(DocumentError):
        checked(text, "notebook")


@given(before=MARKUP, shown=st.sampled_from(["$$a = b$$", "\\[a = b\\]"]))
def test_code_before_it_does_not_hide_a_formula(before: str, shown: str) -> None:
    """A fence that is closed ends whatever it holds."""
    if "~" not in before:
        document = checked(f"~~~\n{before}\n~~~\n\n{shown}")
        assert [row.text for formula in document.formulas for row in formula.rows] == ["a = b"]


LONG = {
    "open dollars": "$a ",
    "open displays": "$$ a\n\n",
    "open brackets": "\\[ \\( \\\\[ ",
    "open environments": "\\begin{align}",
    "open code": "`` ` ",
    "open comments": "<!-- <pre ",
    "open definitions": "\\newcommand{\\a}{",
    "open roles": ":math:`",
    "open tables": "\\begin{tabular} $x$ \\\\ ",
    "literal blocks": "a::\n\n",
    "backslashes": "\\",
    "tables": "|$x$|$y$|\n|-|-|\n",
    "quotations": "> ",
    "formulas": "$x$ ",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("piece", LONG.values(), ids=LONG)
def test_long_texts_are_read(piece: str, kind: str) -> None:
    """What is repeated is not searched over and over: that would take minutes."""
    checked(piece * (20_000 // len(piece)), kind)


NESTED = {
    "environments": "$$" + "\\begin{split}" * 2000 + "x" + "\\end{split}" * 2000 + "$$",
    "braces": "$" + "{" * 10_000 + "$",
    "macros": "\\newcommand{\\a}[1]{#1} $" + "\\a{" * 5000 + "}" * 5000 + "$",
    "open macros": "\\newcommand{\\a}[1]{#1} $" + "\\a{" * 5000 + "$",
    "quotations": "\n".join(">" * k for k in range(200)),
    "rows": "$$" + "a = b \\quad c = d \\\\" * 1000 + "$$",
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_deep_texts_are_read(text: str) -> None:
    """No recursion follows them down."""
    checked(text)
    checked(text, "latex")
