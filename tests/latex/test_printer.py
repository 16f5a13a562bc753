"""LaTeX is printed as a lecturer would type it, and TeX takes every kind of node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from latex_rows import LITERATURES, ROWS, A, B
from needs import needs_tex

from symderiv.errors import UnsupportedError
from symderiv.expression import Node, Relation
from symderiv.latex.printer import latex
from symderiv.latex.text import escape

EVERY = [*ROWS, *LITERATURES]


@pytest.mark.parametrize(("node", "expected"), EVERY, ids=[expected for _, expected in EVERY])
def test_latex(node: Node, expected: str) -> None:
    """Each node has one spelling."""
    assert latex(node) == expected


def test_unknown_relation_is_named() -> None:
    """A sign that no printer knows is an error that says so, not silence."""
    with pytest.raises(UnsupportedError, match="'=<'"):
        latex(Relation((A, B), ("=<",)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (r"100% & #1_a {b} $c$", r"100\% \& \#1\_a \{b\} \$c\$"),
        ("\\~^", r"\textbackslash{}\textasciitilde{}\textasciicircum{}"),
        ("<script>", r"\textless{}script\textgreater{}"),
        ("--no -- 'x''", "-{}-no -{}- 'x'{}'"),
        ("∂L → ŷ", r"\ensuremath{\partial}L \ensuremath{\to} \ensuremath{\hat{y}}"),
        ("Gödel – naïve", "Gödel -- naïve"),
    ],
)
def test_escape(words: str, expected: str) -> None:
    """Prose comes out character by character."""
    assert escape(words) == expected


@pytest.mark.tex
def test_every_node_compiles(tmp_path: Path) -> None:
    """TeX accepts each row above with the packages that the decks load."""
    pdflatex = needs_tex()
    hostile = escape(r"% & _ # { } \ ~ ^ $ <script> -- '' `` | σ ∂ ŷ é")
    lines = "\n".join(rf"\[ {latex(node)} \]" for node, _ in EVERY)
    document = (
        "\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n"
        "\\usepackage{amsmath,amssymb,mathtools,bm}\n\\newcommand\\hl[1]{#1}\n"
        f"\\begin{{document}}\n{hostile}\n{lines}\n\\end{{document}}\n"
    )
    (tmp_path / "rows.tex").write_text(document, "utf-8")
    done = subprocess.run(
        [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "rows.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
