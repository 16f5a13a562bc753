"""The rows of a formula: where one ends, what of it is read, and what macros make of it."""

from __future__ import annotations

import pytest
from test_documents import checked, texts

from symderiv.documents import parse

SPLIT = {
    "align": (
        "\\begin{align} a &= b \\label{x} \\\\[2ex] &= d, \\notag \\\\ % c\n e &= f. \\end{align}",
        ["a = b", "= d", "e = f"],
    ),
    "eqnarray": (
        "\\begin{eqnarray*} a &=& b \\\\ &=&c \\nonumber\\end{eqnarray*}",
        ["a = b", "=c"],
    ),
    "gather": ("\\begin{gather} a = b \\\\* c = d \\end{gather}", ["a = b", "c = d"]),
    "alignat": ("\\begin{alignat*}{2} a &= b \\\\ c &= d \\end{alignat*}", ["a = b", "c = d"]),
    "flalign": ("\\begin{flalign} a &= b \\newline c &= d \\end{flalign}", ["a = b", "c = d"]),
    "no environment": ("$$ a = b \\\\ c = d $$", ["a = b", "c = d"]),
    "three backslashes": ("$$ a = b \\\\\\\n c = d $$", ["a = b", "c = d"]),
    "aligned in dollars": (
        "$$\\begin{aligned}[t] a &= b \\\\ &= c \\end{aligned} \\tag{1}.$$",
        ["a = b", "= c"],
    ),
    "gathered": ("\\[\\begin{gathered} a = b \\\\ c = d \\end{gathered}\\]", ["a = b", "c = d"]),
    "split in an equation": (
        "\\begin{equation}\\label{x}\\begin{split} a &= b \\\\ &= c \\end{split}\\end{equation}",
        ["a = b", "= c"],
    ),
    "split in a row": (
        "\\begin{align}\\begin{split} a &= b \\\\ &= c \\end{split} \\\\ d &= e\\end{align}",
        ["a = b", "= c", "d = e"],
    ),
    "words between rows": (
        "\\begin{align} a &= b \\\\ \\intertext{and so} c &= d \\end{align}",
        ["a = b", "c = d"],
    ),
    "multline": ("\\begin{multline} a = b \\\\ + c \\end{multline}", ["a = b   + c"]),
    "cases": (
        "$$f = \\begin{cases} a & x > 0 \\\\ b & x < 0 \\end{cases}$$",
        ["f = \\begin{cases} a & x > 0 \\\\ b & x < 0 \\end{cases}"],
    ),
    "only cases": (
        "$$\\begin{cases} a = b \\\\ c = d \\end{cases}$$",
        ["\\begin{cases} a = b \\\\ c = d \\end{cases}"],
    ),
    "a matrix": (
        "$$A = \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} \\\\ b = c$$",
        ["A = \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "b = c"],
    ),
    "aligned behind a bracket": (
        "$$\\left\\{\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\\right.$$",
        ["\\left\\{\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\\right."],
    ),
    "two aligned": (
        "$$\\begin{aligned} a \\\\ b \\end{aligned} = \\begin{aligned} c \\\\ d \\end{aligned}$$",
        ["\\begin{aligned} a \\\\ b \\end{aligned} = \\begin{aligned} c \\\\ d \\end{aligned}"],
    ),
    "rows in braces": ("$$\\substack{a = b \\\\ c = d}$$", ["\\substack{a = b \\\\ c = d}"]),
    "empty rows": ("$$ \\\\ a = b \\\\ \\\\ & \\\\ $$", ["a = b"]),
    "an array in LaTeX of old": ("$${a \\over b} = c$$", ["{a \\over b} = c"]),
    "a quad": ("$$a = b, \\quad c = d.$$", ["a = b, \\quad c = d"]),
    "a quad at the end": ("$$a = b\\quad$$", ["a = b"]),
    "columns": (
        "\\begin{align} a &= b & c &= d \\\\ e &= f && \\text{(1)} \\end{align}",
        ["a = b \\quad  c = d", "e = f \\quad  \\text{(1)}"],
    ),
    "three columns": ("$$a &=& b = c \\\\ & = & d = e$$", ["a = b = c", "=  d = e"]),
}


@pytest.mark.parametrize(("text", "rows"), SPLIT.values(), ids=SPLIT)
def test_rows(text: str, rows: list[str]) -> None:
    """Only the outermost environment of rows is split; equations side by side are one row."""
    assert texts(text) == [rows]
    assert texts(text, "latex") == [rows]


def test_where_rows_stand() -> None:
    """What separates rows belongs to none of them, and a label to its own."""
    text = (
        "Text\n\n$$\n\\begin{aligned}\n& a &= b \\label{x} \\\\[1mm]\n"
        "  c\n  &= d, \\quad e = f &\n\\end{aligned}$$"
    )
    (formula,) = checked(text).formulas
    assert [(row.latex, row.line, row.line_end) for row in formula.rows] == [
        ("a &= b \\label{x}", 5, 5),
        ("c\n  &= d, \\quad e = f", 6, 7),
    ]


READ = {
    "a comment": ("a % b = c \\\\\n+ b", "a \n+ b"),
    "no comment": ("a \\% b", "a \\% b"),
    "a label": ("a \\label{eq:1} + \\tag*{$\\ref{b}$} b", "a  +  b"),
    "marks": ("a&=b", "a=b"),
    "a mark between words": ("\\alpha&b", "\\alpha b"),
    "a mark between digits": ("1&2", "1 2"),
    "an escaped mark": ("a \\& b", "a \\& b"),
    "a full stop": ("a = b\\,. ", "a = b"),
    "all punctuation": ("a = b;, ", "a = b"),
    "a gap": ("a = b ,\\qquad", "a = b"),
    "an empty bracket": ("\\left. a \\right.", "\\left. a \\right."),
    "an empty large bracket": ("( a \\Bigr .", "( a \\Bigr ."),
    "an ellipsis": ("a, b, ...", "a, b, ..."),
    "an ellipsis in words": ("a + \\ldots.", "a + \\ldots"),
    "no width": ("a\u200b\ufeffb\u2060", "ab"),
    "primes": ("f’ + g″", "f' + g''"),
    "wide signs": ("（ａ，ｂ）＝c。", "(a,b)=c"),
    "wide spaces": ("a\u3000=\u00a0b", "a = b"),
    "a return": ("a\r\n= b", "a\n= b"),
}


@pytest.mark.parametrize(("latex", "text"), READ.values(), ids=READ)
def test_what_is_read_of_a_row(latex: str, text: str) -> None:
    """No labels, comments or punctuation; the source keeps them."""
    assert texts(f"$${latex}$$") == [[text]]


def test_where_what_is_read_comes_from() -> None:
    """What was removed behind a character is not part of it."""
    text = "$$a &= \\frac{b}{c} \\label{x}.$$"
    (formula,) = checked(text).formulas
    (row,) = formula.rows
    assert row.text == "a = \\frac{b}{c}"
    place = row.text.index("=")
    assert text[row.places[place] : row.ends[place]] == "="
    assert text[row.places[4] : row.ends[-1]] == "\\frac{b}{c}"
    assert text[row.places[0] : row.places[-1]] == row.latex


MACROS = {
    "no argument": ("\\newcommand{\\x}{\\mathbf{x}}", "\\x_1", "\\mathbf{x}_1"),
    "no braces": ("\\newcommand\\x{y}", "\\x", "y"),
    "starred": ("\\newcommand*{\\x}{y}", "\\x", "y"),
    "renewed": ("\\renewcommand{\\phi}{\\varphi}", "\\phi", "\\varphi"),
    "arguments": (
        "\\newcommand{\\pd}[2]{\\frac{\\partial#1}{\\partial #2}}",
        "\\pd{L}{w} + \\pd xy",
        "\\frac{\\partial L}{\\partial w} + \\frac{\\partial x}{\\partial y}",
    ),
    "a default": ("\\newcommand{\\n}[2][2]{|#2|_{#1}}", "\\n{x} \\n[1]{y}", "|x|_{2} |y|_{1}"),
    "def": ("\\def\\d#1#2{d#1/d#2}", "\\d{x}t", "dx/dt"),
    "an operator": (
        "\\DeclareMathOperator{\\softmax}{softmax}",
        "\\softmax(x)",
        "\\operatorname{softmax}(x)",
    ),
    "a starred operator": (
        "\\DeclareMathOperator*{\\am}{arg\\,min}",
        "\\am_x",
        "\\operatorname*{arg\\,min}_x",
    ),
    "a macro in a macro": (
        "\\newcommand{\\a}[1]{\\b{#1}}\\newcommand{\\b}[1]{(#1)}",
        "\\a{\\a{x}}",
        "((x))",
    ),
    "arguments behind a macro": ("\\newcommand{\\f}{\\frac}", "\\f{a}{b}", "\\frac{a}{b}"),
    "a word behind": (
        "\\newcommand{\\p}{\\partial}",
        "\\p{}x + \\p_t",
        "\\partial{}x + \\partial_t",
    ),
    "an accent": (
        "\\newcommand{\\x}{\\mathbf{x}}",
        "\\hat\\x + a_\\x",
        "\\hat{\\mathbf{x}} + a_{\\mathbf{x}}",
    ),
    "a comment in it": ("\\newcommand{\\x}{%\n  y%\n}", "\\x", "y"),
    "math ensured": ("\\newcommand{\\x}{\\ensuremath{y}}", "\\x", "y"),
    "nothing": ("\\newcommand{\\x}{}", "a\\x b", "a b"),
    "provided first": ("\\providecommand{\\x}{y}\\providecommand{\\x}{z}", "\\x", "y"),
}


@pytest.mark.parametrize(("definition", "used", "text"), MACROS.values(), ids=MACROS)
def test_macros(definition: str, used: str, text: str) -> None:
    """Before the formula, in one, in Markdown and in LaTeX: the definition is no formula."""
    assert texts(f"$${used}$$") == [[used]]
    assert texts(f"{definition}\n\n$${used}$$") == [[text]]
    assert texts(f"{definition}\n\n$${used}$$", "latex") == [[text]]
    assert texts(f"$${definition}$$\n\n$${used}$$") == [[text]]
    assert texts(f"$${definition} {used}$$") == [[text]]


@pytest.mark.parametrize("start", ["\\newcommand{\\x}", "\\newcommand{\\x}{y", "\\def\\x(#1){y}"])
def test_what_defines_nothing(start: str) -> None:
    """A body is missing or left open, or what is between the arguments is more than braces."""
    document = checked(f"{start}\n\n$\\x$")
    assert document.macros == {}
    assert [formula.rows[0].text for formula in document.formulas] == ["\\x"]


def test_macros_that_lead_nowhere_are_left() -> None:
    """Each is noted once."""
    document = checked("\\newcommand{\\a}{\\a} $\\a$ $\\a$")
    assert document.notes == ("\\a leads to itself: left as it is",)
    assert document.formulas[0].rows[0].text == "\\a"
    document = checked("\\newcommand{\\a}[1]{#1} $\\a$ and $\\a{b$ and $(\\a)$")
    assert document.notes == ("\\a lacks an argument: left as it is",)
    double = "\\newcommand{\\a}{\\b\\b\\b}\\newcommand{\\b}{\\a\\a\\a} $\\a$"
    document = checked(double)
    assert len(document.formulas[0].rows[0].text) < 300_000
    assert any("becomes too long: left as it is" in note for note in document.notes)


def test_a_macro_holds_from_its_definition_on() -> None:
    """And the document tells what it stands for in the end."""
    text = "$\\x$ \\newcommand{\\x}{y} $\\x$ \\renewcommand{\\x}{z} $\\x$ \\def\\y#1{(#1)}"
    assert texts(text) == [["\\x"], ["y"], ["z"]]
    assert dict(checked(text).macros) == {"\\x": "z", "\\y": "(#1)"}


def test_where_a_macro_comes_from() -> None:
    """Its body comes from the call, and its arguments from where they stand."""
    text = "\\def\\p#1#2{\\frac{\\partial #1}{#2}} $a\\p{L}{w}b$"
    (formula,) = checked(text).formulas
    (row,) = formula.rows
    call = text.rindex("\\p")
    assert row.text == "a\\frac{\\partial L}{w}b"
    assert row.places[row.text.index("L")] == call + len("\\p{")
    assert row.places[row.text.index("w")] == call + len("\\p{L}{")
    body = [k for k, c in enumerate(row.text) if c not in "Lwb" and k]
    assert {(row.places[k], row.ends[k]) for k in body} == {(call, call + len("\\p{L}{w}"))}
    assert row.text[-1] == text[row.places[-2]] == "b"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"\uncover<2->{a = b}", "a = b"),
        (r"\only<1>{a} \alert<2-3>{= b}", "a = b"),
        (r"a = \fcolorbox{red}{white}{$\displaystyle b$}", r"a = \displaystyle b"),
        (r"a = b & \parbox[c]{4cm}{\small as $b > 0$}", "a = b"),
        (r"\quad {} + b", "+ b"),
        (r"{} = b", "= b"),
        (r"x^{} + 1", "x^{} + 1"),
        (r"\text{if $x$} + 1", r"\text{if $x$} + 1"),
    ],
)
def test_how_something_is_shown_is_not_read(source: str, text: str) -> None:
    """Overlays, frames and boxes of prose: what they show is the formula."""
    (formula,) = parse(rf"\[{source}\]", "latex").formulas
    assert [row.text for row in formula.rows] == [text]


def test_a_macro_may_bring_columns_and_labels() -> None:
    """As in a Beamer deck whose rows are macros with a column for the reason."""
    source = r"""
    \newcommand*\step[4]{\uncover<#1->{#2}&\uncover<#1->{{}#3}&&\uncover<#1->{\why{#4}}}
    \newcommand*\why[1]{\parbox[c]{4cm}{\small #1}}
    \newcommand*\numbered[2]{\tag*{\uncover<#1->{\normalfont(#2)}}}
    \renewcommand\left{\mathopen{}\originalleft}
    \begin{align*}
      \step{1}{a}{= \left(b\right)}{as $b = 2$} \\
      \step{2}{}{= c}{} \numbered{2}{B1}
    \end{align*}"""
    (formula,) = parse(source, "latex").formulas
    assert [row.text for row in formula.rows] == [r"a= \left(b\right)", "= c"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"a &= b \\ &\quad + c \\ &= d", ["a = b + c", "= d"]),
        (r"a &= (b \\ &\quad {} - c)", ["a = (b - c)"]),
        (r"a &= b \\ &\cdot c \\ &\cdot d", [r"a = b \cdot c \cdot d"]),
        (r"a &= b \\ -c &= d", ["a = b", "-c = d"]),
        (r"a \\ + b", ["a", "+ b"]),
    ],
)
def test_an_equation_goes_on_in_the_next_row(source: str, expected: list[str]) -> None:
    """Before a sign, if the row above is an equation and this one is none itself."""
    (formula,) = parse(rf"\begin{{align}}{source}\end{{align}}", "latex").formulas
    assert [row.text for row in formula.rows] == expected
    for row in formula.rows:
        assert len(row.places) == len(row.text) + 1
        assert len(row.ends) == len(row.text)
