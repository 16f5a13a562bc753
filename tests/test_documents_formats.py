"""Formulas in LaTeX, reStructuredText and notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_documents import check_row, checked, texts

from symderiv.documents import parse, read

ARTICLE = r"""\documentclass{article}
\title{On $t$}
\newcommand{\be}{\begin{equation}}
\newcommand{\ee}{\end{equation}}
\begin{document}
Let $x > 0$. % and $y$
100\% of \verb|$a$| and \url{http://a.b/c%20d} is $z$.
\begin{verbatim}
$a$ % \end{lstlisting}
\end{verbatim}
\begin{lstlisting}
\[ a \]
\end{lstlisting}
\be \label{eq:1} a = b \ee
\begin{align*}
  a &= b \\ % \end{align*}
% \begin{align*}
    &= c
\end{align*}
\begin{math}q\end{math} and
$$ a
%
  = d $$
\begin{figure} $f$ \end{figure}
\end{document}
$u$
"""


def test_an_article() -> None:
    """Its body, without comments and listings; its own commands for an environment count."""
    formulas = checked(ARTICLE, "latex").formulas
    assert [[row.text for row in formula.rows] for formula in formulas] == [
        ["x > 0"],
        ["z"],
        ["a = b"],
        ["a = b", "= c"],
        ["q"],
        ["a\n\n  = d"],
        ["f"],
    ]
    assert [formula.display for formula in formulas] == [
        False,
        False,
        True,
        True,
        False,
        True,
        False,
    ]
    assert [row.line for row in formulas[3].rows] == [16, 18]
    assert [row.latex for row in formulas[2].rows] == ["\\label{eq:1} a = b"]
    assert formulas[0].before == "Let"
    assert formulas[4].after == "and"


@pytest.mark.parametrize(
    "name",
    [
        *("align", "alignat", "alignedat", "aligned", "displaymath", "eqnarray", "equation"),
        *("flalign", "gather", "gathered", "multline", "split"),
    ],
)
@pytest.mark.parametrize("star", ["", "*"])
@pytest.mark.parametrize("kind", ["latex", "markdown"])
def test_environments(name: str, star: str, kind: str) -> None:
    """Each that is a formula, starred or not."""
    assert texts(f"so \\begin{{{name}{star}}} a = b \\end{{{name}{star}}} is", kind) == [["a = b"]]


def test_dollars_in_latex() -> None:
    """Spaces are allowed inside, and a digit behind; a blank line is not."""
    assert texts("so $ x $ and $y$2 and \\$5 and \\(z\\)", "latex") == [["x"], ["y"], ["z"]]
    assert texts("a \\\\[2ex] b \\\\(c\\\\)", "latex") == []
    document = checked("a $x\n\nb", "latex")
    assert document.formulas == ()
    assert document.notes == ("unclosed $ at line 1",)


def test_a_table_in_latex() -> None:
    """The cells of a row share a group; a row ends where no formula is open."""
    text = r"""\begin{tabular}{l|l}
$f$ & $f'$ \\ \hline
$x^2$ & $2x$ \\[2pt]
sine & $\begin{matrix} a \\ b \end{matrix}$ and \% $c$ \\
\begin{tabular}{c} $d$ \end{tabular}
\end{tabular} $e$"""
    groups = [formula.group for formula in checked(text, "latex").formulas]
    assert groups == [1, 1, 2, 2, 3, 3, 4, None]


def test_files_that_are_set_in(tmp_path: Path) -> None:
    """Lines are those of the text with them; macros hold across files."""
    (tmp_path / "part").mkdir()
    (tmp_path / "macros.tex").write_text("\\newcommand{\\x}{y}\n")
    (tmp_path / "part" / "one.tex").write_text("First\n$$\\x = 1$$\n\\input{part/two.tex}")
    (tmp_path / "part" / "two.tex").write_text("$$b = 2$$")
    main = tmp_path / "main.tex"
    main.write_text("\\input{macros}\n\\include{part/one}\n% \\input{no}\n$$c = 3$$\n")
    document = read(main)
    found = [(formula.rows[0].text, formula.rows[0].line) for formula in document.formulas]
    assert found == [("y = 1", 4), ("b = 2", 5), ("c = 3", 7)]
    set_in = "is set in: lines are counted with those of the file"
    names = ["\\input{macros}", "\\include{part/one}", "\\input{part/two.tex}"]
    assert document.notes == tuple(f"{name} {set_in}" for name in names)
    for formula in document.formulas:
        (row,) = formula.rows
        check_row(document.source, row)
        assert document.source[row.start : row.end] == row.latex


def test_files_that_are_left_out(tmp_path: Path) -> None:
    """Nothing outside the folder is read, by whatever way."""
    secret = tmp_path / "secret.tex"
    secret.write_text("$$s = 1$$")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.tex").symlink_to(secret)
    (folder / "circle.tex").symlink_to("circle.tex")
    (folder / "self.tex").write_text("\\input{self}")
    (folder / "bytes.tex").write_bytes(b"\xff")
    (folder / "long.tex").write_text("x" * 5_000_000)
    reasons = {
        "../secret": "lies outside the folder",
        str(secret): "lies outside the folder",
        "link": "lies outside the folder",
        "missing": "is not there",
        "a\0b": "is no file's name",
        "circle": "is no file's name",
        "bytes": "is not in UTF-8",
        "long": "makes the document too long",
    }
    text = "".join(f"\\input{{{name}}}\n" for name in reasons)
    document = checked(text, "latex", folder)
    assert document.source == text
    assert document.formulas == ()
    assert document.notes == tuple(
        f"\\input{{{name}}} {reason}: left out" for name, reason in reasons.items()
    )
    notes = checked("\\input{self}", "latex", folder).notes
    assert notes[-1] == "\\input{self} includes itself: left out"
    notes = checked("\\input{self}", "latex").notes
    assert notes == ("\\input{self} needs a folder to look in: left out",)


def test_files_that_would_be_set_in_without_end(tmp_path: Path) -> None:
    """Two hundred files are enough."""
    for name, other in ("ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"):
        (tmp_path / f"{name}.tex").write_text(f"\\input{{{other}}}" * 4)
    document = checked("\\input{a}", "latex", tmp_path)
    assert "makes the document too long" in " ".join(document.notes)


MANUAL = r"""Title
=====

The :math:`x_1` and `y^2`:math: with ``:math:`no``` and $no$.

.. math:: a = b
   :label: eq

   c &= d \\
   &= e.

   f
   = g

As code::

   .. math:: no

.. code-block:: latex

   :math:`no`

.. a comment
   :math:`no`

.. note::

   Indented :math:`z`.

   .. math::
      :nowrap:

      \begin{align} h &= i \\ &= j \end{align}

.. _target:
.. math::

after
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_manual(end: str) -> None:
    """Directives, roles, and blank lines between the formulas of a directive."""
    formulas = checked(MANUAL.replace("\n", end), "rst").formulas
    assert [[row.text for row in formula.rows] for formula in formulas] == [
        ["x_1"],
        ["y^2"],
        ["a = b", "c = d", "= e", "f\n   = g"],
        ["z"],
        ["h = i", "= j"],
    ]
    assert [row.line for row in formulas[2].rows] == [6, 9, 10, 12]
    assert formulas[0].before == "The"
    assert formulas[0].after == "and $y^2$ with no and $no$."
    assert formulas[2].after == "As code::"


def notebook(*cells: tuple[str, str | list[str]]) -> dict[str, object]:
    """Return a notebook's JSON."""
    made = [{"source": source, "metadata": {}, "cell_type": kind} for kind, source in cells]
    return {"cells": made, "metadata": {"source": "$n$"}, "nbformat": 4, "nbformat_minor": 5}


CELLS = notebook(
    ("markdown", ["# Té “\U0001f600”\n", "$$\\frac{a}{b}\n", '= \\\\ c \\text{\U0001f600"}$$\n']),
    ("code", ["x = '$y$'"]),
    ("raw", "$r$"),
    ("markdown", "so $ x = 1 $\n\\begin{align}\na &= b \\\\\n&= c\n\\end{align}\n\n```\n$$"),
    ("markdown", "$\\newcommand{\\x}{y}$ $z$"),
    ("markdown", "$\\x\u00e9$"),
)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("escaped", ["ascii", "quotes"])
def test_a_notebook(indent: int | None, escaped: str) -> None:
    """Its Markdown cells, each for itself; macros hold from one to the next."""
    source = json.dumps(CELLS, indent=indent, ensure_ascii=escaped == "ascii")
    formulas = checked(source, "notebook").formulas
    assert [[row.text for row in formula.rows] for formula in formulas] == [
        ["\\frac{a}{b}\n=", 'c \\text{\U0001f600"}'],
        ["x = 1"],
        ["a = b", "= c"],
        ["z"],
        ["yé"],
    ]
    for formula in formulas[:-1]:  # in the last, a macro stands for what it does not say
        for row in formula.rows:
            places = zip(row.places, row.ends, strict=False)
            assert [json.loads(f'"{source[start:end]}"') for start, end in places] == list(row.text)
    lines = [[row.line for row in formula.rows] for formula in formulas]
    first = source.split("\n")[lines[0][0] - 1]
    assert "frac" in first
    assert (lines[0][1] == lines[0][0]) == (indent is None)


def test_half_a_pair_of_surrogates_is_no_character() -> None:
    """It could not be printed."""
    source = '{"cells": [{"cell_type": "markdown", "source": "$x\\ud83d\\u0041$"}]}'
    (formula,) = checked(source, "notebook").formulas
    assert formula.rows[0].text == "x\ufffdA"


def test_a_notebook_of_old() -> None:
    """Its cells stand in a worksheet."""
    source = json.dumps({"worksheets": [{"cells": [{"cell_type": "markdown", "source": "$x$"}]}]})
    assert texts(source, "notebook") == [["x"]]


def test_a_deep_notebook_is_refused() -> None:
    """And one that is none."""
    deep = '{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}"
    for source in (deep, "null", '{"cell": []}', "1" * 5000):
        with pytest.raises(ValueError, match=r"^-: no notebook: "):
            parse(source, "notebook")
