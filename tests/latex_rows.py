"""Nodes of every kind and their LaTeX: the rows of which both printers' tests are made."""

from __future__ import annotations

from symderiv.expression import (
    BigSum,
    Boxed,
    Brackets,
    Call,
    Cases,
    Fraction,
    Highlight,
    Listing,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Relation,
    Sum,
    Text,
    Transpose,
    equation,
)

ONE, TWO = Number("1"), Number("2")
A, B, C = Name("a"), Name("b"), Name("c")
INDEX, J, N = Name("i"), Name("j"), Name("N")
DIFFERENCE = Sum((A, Negative(B)))
Y_HAT = Name("y", accent="hat")


def layered(base: str, layer: Node, sub: str = "", *, bold: bool = False) -> Name:
    """Return a name with digits as indices and a layer mark."""
    return Name(base, tuple(Number(c) for c in sub), (Brackets(layer),), bold=bold)


W21 = layered("w", ONE, "21")
LOG, SIGMA = Name("log"), Name("sigma")

NAMES = [
    (W21, "w_{21}^{(1)}"),
    (layered("z", Sum((Name("l"), Negative(ONE)))), "z^{(l-1)}"),
    (Name("x", (Number("11"), TWO)), "x_{11,2}"),
    (Name("x", (Name("alpha"), INDEX)), r"x_{\alpha i}"),
    (Name("x", (Text("in"),)), r"x_{\text{in}}"),
    (Y_HAT, r"\hat{y}"),
    (Name("Y", accent="hat", bold=True), r"\hat{\mathbf{Y}}"),
    (Name("v", accent="bar"), r"\bar{v}"),
    (layered("Delta", ONE, bold=True), r"\boldsymbol{\Delta}^{(1)}"),
    (Name("L", (ONE,), primes=1), "L_1'"),
    (Name("ell"), r"\ell"),
]

BRACKETS = [
    (Sum((ONE, Negative(A))), "1 - a"),
    (Product((A, Sum((ONE, Negative(A))))), r"a\,(1 - a)"),
    (Negative(DIFFERENCE), "-(a - b)"),
    (Negative(Negative(A)), "-(-a)"),
    (Sum((A, Negative(DIFFERENCE))), "a - (a - b)"),
    (Sum((A, DIFFERENCE)), "a + (a - b)"),
    (Product((DIFFERENCE, DIFFERENCE)), "(a - b)(a - b)"),
    (Product((Negative(A), B)), r"-a\,b"),
    (Product((A, Negative(B))), r"a\,(-b)"),
    (Sum((C, Product((Negative(A), B)))), r"c - a\,b"),
    (Power(DIFFERENCE, TWO), "(a - b)^2"),
    (Power(Fraction(A, B), TWO), r"\left(\frac{a}{b}\right)^2"),
    (Power(Partial(A, B), TWO), r"\left(\frac{\partial a}{\partial b}\right)^2"),
    (Power(W21, TWO), "(w_{21}^{(1)})^2"),
    (Power(A, Negative(B)), "a^{-b}"),
    (Transpose(Product((A, B))), r"(a\,b)^\top"),
    (Partial(Product((A, B)), C), r"\frac{\partial(a\,b)}{\partial c}"),
    (Product((A, Product((B, C))), "cdot"), r"a \cdot b\,c"),
    (Product((A, Product((B, C), "odot"))), r"a\,(b \odot c)"),
    (Product((A, Highlight(DIFFERENCE))), r"a\,\hl{(a - b)}"),
    (Product((C, Highlight(Product((A, B)))), "cdot"), r"c \cdot \hl{a\,b}"),
    (Sum((A, Highlight(Negative(B)))), r"a - \hl{b}"),
    (Brackets(DIFFERENCE, "[]"), "[a - b]"),
    (Product((A, BigSum(B, INDEX))), r"a \sum_i b"),
    (Product((BigSum(A, INDEX), B)), r"\left(\sum_i a\right)\,b"),
    (Sum((BigSum(A, INDEX), B)), r"\sum_i a + b"),
    (BigSum(DIFFERENCE, INDEX, ONE, N), r"\sum_{i=1}^N (a - b)"),
    (BigSum(BigSum(A, J), INDEX), r"\sum_i \sum_j a"),
]

OTHERS = [
    (Transpose(layered("W", TWO, bold=True)), r"\mathbf{W}^{(2)\top}"),
    (Transpose(Name("X", bold=True)), r"\mathbf{X}^\top"),
    (Product((TWO, A)), "2a"),
    (Product((A, TWO)), r"a \cdot 2"),
    (Product((A, Fraction(B, C))), r"a\,\frac{b}{c}"),
    (Product((A, B), "odot"), r"a \odot b"),
    (Product((A, B), "times"), r"a \times b"),
    (Product((A, Call(LOG, (Y_HAT,)))), r"a \log(\hat{y})"),
    (Call(LOG, (Fraction(A, B),)), r"\log\left(\frac{a}{b}\right)"),
    (Call(SIGMA, (Name("z"),)), r"\sigma(z)"),
    (Call(Name("sigma", primes=1), (Name("z"),)), r"\sigma'(z)"),
    (Call(Name("softmax"), (A, B)), r"\operatorname{softmax}(a, b)"),
    (Call(Name("sqrt"), (A,)), r"\sqrt{a}"),
    (Call(Name("abs"), (A,)), "|a|"),
    (Partial(Name("L"), W21), r"\frac{\partial L}{\partial w_{21}^{(1)}}"),
    (Matrix(((A, B), (C, ONE))), r"\begin{bmatrix} a & b \\ c & 1 \end{bmatrix}"),
    (Matrix(((Brackets(A, "[]"),),)), r"\begin{bmatrix} {}[a] \end{bmatrix}"),
    (
        Cases(((A, Relation((A, ONE), (">",))), (ONE, Text("otherwise")))),
        r"\begin{cases} a & \text{if } a > 1 \\ 1 & \text{otherwise} \end{cases}",
    ),
    (Relation((A, B, C), ("<=", ":=")), r"a \le b \coloneqq c"),
    (Relation((A, DIFFERENCE), ("gets",)), r"a \gets a - b"),
    (equation(INDEX, Listing((ONE, TWO))), "i = 1, 2"),
    (Boxed(equation(A, B)), r"\boxed{a = b}"),
    (Text("50 % of {x}"), r"\text{50 \% of \{x\}}"),
    (Sum((Text(""), A, Negative(B))), "{} + a - b"),
]

ROWS = [*NAMES, *BRACKETS, *OTHERS]

D, WHOLE = Name("d"), Name("W", sup=(Number("2"),))
GRADIENT = Name("J", prefix=Name("nabla", sub=(Name("W", slanted=True),)))
LITERATURES: list[tuple[Node, str]] = [
    (Name("Z", sup=(Brackets(TWO, "[]"),), prefix=D), "dZ^{[2]}"),
    (Name("gamma", prefix=D), r"d\gamma"),
    (Transpose(Name("Z", sup=(Brackets(TWO, "[]"),), prefix=D), "T"), "dZ^{[2]T}"),
    (Power(Name("Z", prefix=D), TWO), "(dZ)^2"),
    (Name("W", slanted=True), r"\boldsymbol{W}"),
    (Name("Y", slanted=True, accent="hat"), r"\hat{\boldsymbol{Y}}"),
    (GRADIENT, r"\nabla_{\boldsymbol{W}}J"),
    (Product((GRADIENT, A)), r"(\nabla_{\boldsymbol{W}}J)\,a"),
    (Transpose(GRADIENT), r"(\nabla_{\boldsymbol{W}}J)^\top"),
    (Transpose(A, "T"), "a^T"),
    (Transpose(WHOLE, "T"), "(W^2)^T"),
    (Name("w", sub=(Listing((ONE, INDEX, TWO)),)), "w_{1,i,2}"),
    (Product((A, B), "circ"), r"a \circ b"),
    (Product((A, B), "ast"), r"a \ast b"),
]
"""What only other notations than the lecture's have; the slides' fonts need not have it."""
