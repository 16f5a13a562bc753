"""What people wrote, printed again: the LaTeX is read as the term that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import DOCUMENTS

from symderiv import expression as ex
from symderiv.documents import parse, read
from symderiv.errors import UnsupportedError
from symderiv.latex.mathml import mathml
from symderiv.latex.printer import latex
from symderiv.latex.syntax import parsed
from symderiv.verification.reading import Reader
from symderiv.verification.showing import shown
from symderiv.verification.statements import Statement, parsed_rows, statements, vocabulary
from symderiv.verification.terms import Div, Mul, Neg, Pow, Term, rewritten, walk

# what is written, and how it is printed
ROWS = [
    (r"w_{11}^{(2)} \hat y", r"w_{11}^{(2)}\,\hat{y}"),
    (r"- (a + b) c", "-(a + b)\\,c"),
    (r"a - (b - c)", "a - (b - c)"),
    (r"x^{2} / (1 + x)", r"\frac{x^2}{1 + x}"),
    (r"A \odot B C", r"(A \odot B)\,C"),
    (r"A B \odot C", r"A\,B \odot C"),
    (r"A * B", r"A \ast B"),
    (r"2 \cdot a b \cdot c", r"2 \cdot a\,b \cdot c"),
    (r"\mathbf W^\top \mathbf x", r"\mathbf{W}^\top\,\mathbf{x}"),
    (r"\sigma'(z)", r"\sigma'(z)"),
    (r"\tanh^2 z", r"\tanh(z)^2"),
    (r"\sqrt{v} + |x|", r"\sqrt{v} + |x|"),
    (r"\frac{\partial L}{\partial w}", r"\frac{\partial L}{\partial w}"),
    (r"\frac{dL}{dw}", r"\frac{dL}{dw}"),
    (r"\nabla_w L", r"\nabla_wL"),
    (r"\nabla_x (x^\top B x)", r"\nabla_x\,(x^\top\,B\,x)"),
    (r"\sum_{i=1}^{n} (x_i + 1)", r"\sum_{i=1}^n (x_i + 1)"),
    (r"\sum_{j \ne i} x_j", r"\sum_{j \ne i} x_j"),
    (r"\sum_{i,j} x_{ij}", r"\sum_{i,j} x_{ij}"),
    (
        r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    ),
    (
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}",
    ),
    (r"\langle a, b \rangle", r"\langle a, b\rangle "),
]


def side(written: str) -> tuple[Term, Statement, Reader]:
    """Read the right side of ``q = written``."""
    found = parsed_rows(parse(f"$$q = {written}$$"))
    words = vocabulary(found)
    (row,) = statements(found, words)
    assert row.chain is not None
    term = row.chain.sides[1]
    assert term is not None
    return term, row, Reader(words)


@pytest.mark.parametrize(("written", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_how_it_is_printed(written: str, expected: str) -> None:
    """In our own spacing, with the brackets that are needed."""
    assert latex(shown(side(written)[0])) == expected


def canonical(term: Term) -> Term:
    """Flatten products, write strokes as fractions, and signs in front, as printing does."""

    def change(node: Term) -> Term | None:
        if not isinstance(node, Mul):
            return None
        factors: list[Term] = [canonical(node.factors[0])]
        signs: list[str] = []
        for sign, factor in zip(node.signs, node.factors[1:], strict=True):
            if sign == "/":
                factors[-1] = Div(factors[-1], canonical(factor))
            else:
                factors.append(canonical(factor))
                signs.append("ast" if sign == "*" else sign)
        first, *rest = factors
        inner = first if isinstance(first, Mul) else Mul((first,), ())
        if not rest:
            return first
        lead, *others = (*inner.factors, *rest)
        if isinstance(lead, Neg):
            return Neg(Mul((lead.operand, *others), (*inner.signs, *signs)))
        return Mul((lead, *others), (*inner.signs, *signs))

    return rewritten(term, change)


def sides(path: Path) -> Iterator[tuple[Term, Reader]]:
    """Yield every side of every equation of a document."""
    found = parsed_rows(read(path))
    words = vocabulary(found)
    for row in statements(found, words):
        for term in row.chain.sides if row.chain is not None else ():
            if term is not None:
                yield term, Reader(words)


OTHERWISE = {
    "by_hand_222": "the h1 of net_{h1} is printed as h_1",
    "gates_svm": "W1 is printed as W_1",
    "logreg_l2_hessian": "bars of a norm are printed as a function",
    "rnn_indices": "the comma of z_{t,m} is not printed",
}
"""What is printed otherwise than its author wrote it, and not read as the same."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            id=path.stem,
            marks=[pytest.mark.xfail(reason=OTHERWISE[path.stem], strict=True)]
            if path.stem in OTHERWISE
            else [],
        )
        for path in DOCUMENTS
    ],
)
def test_what_authors_wrote_reads_back(path: Path) -> None:
    """Each side of each document, but for the calligraphic and the like, and it has MathML."""
    printed = 0
    for term, reader in sides(path):
        try:
            node = shown(term)
        except UnsupportedError:
            continue
        again = reader.term(parsed(latex(node)).items)
        assert canonical(again) == canonical(term), latex(node)
        assert mathml(node, display=True).startswith("<math")
        printed += 1
    assert printed >= 10


def test_what_is_marked_is_highlighted() -> None:
    """One node, known by its identity: the second of two that are equal."""
    term, *_ = side("a^2 + a^2")
    second = [node for node in walk(term) if isinstance(node, Pow)][1]
    assert latex(shown(term, marked={id(second)})) == r"a^2 + \hl{a^2}"


@pytest.mark.parametrize(("layer", "expected"), [("[]", "a^{[1]}"), ("", "a^1"), ("()", "a^{(1)}")])
def test_layers_as_the_author_writes_them(layer: str, expected: str) -> None:
    """In whatever brackets, or in none."""
    assert latex(shown(side("a^{(1)}")[0], layer=layer)) == expected


@pytest.mark.parametrize(
    "written",
    [r"\mathcal{L}", r"\prod_{i=1}^n x_i", r"\frac{\partial^2 L}{\partial w^2}", "(A B)_{ij}"],
)
def test_what_has_no_node_is_refused(written: str) -> None:
    """With a reason, not printed as something else."""
    with pytest.raises(UnsupportedError, match="no way to print"):
        shown(side(written)[0])


def test_strokes_divide_the_factor_before_them() -> None:
    """As they are evaluated."""
    assert shown(side("a b / c")[0]) == ex.Product(
        (ex.Name("a"), ex.Fraction(ex.Name("b"), ex.Name("c")))
    )
