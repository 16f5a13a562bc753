"""TeX to meaning: each notation that lecture notes use, as the tree that it stands for."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from symderiv.errors import ReadingError
from symderiv.latex.syntax import parsed
from symderiv.verification.reading import Reader
from symderiv.verification.terms import (
    Add,
    Array,
    BigOp,
    Call,
    Cases,
    Chain,
    Compared,
    Derivative,
    Div,
    Entry,
    Label,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
    Transposed,
    walk,
)
from symderiv.verification.words import Vocabulary

WORDS = Vocabulary(
    functions={"a"},
    plain={"h"},
    values={"J"},
    adjoints={("W", "", ""), ("y", "hat", "")},
    layers={"w", "delta", "z"},
    indices=set("ijkmnl") | {"ell"},
    squares={"s"},
)


def shown(term: Term | None) -> str:
    """Return a tree on one line: nested brackets where there are nodes, names as they are read."""
    match term:
        case None:
            return "-"
        case Num(text):
            return text
        case Label(text):
            return f"'{text}'"
        case Ref():
            head = "".join(filter(None, (term.prefix, term.style, term.accent, term.letter)))
            below = f"_{listed(term.sub)}" if term.sub else ""
            above = f"^{listed(term.sup)}" if term.sup else ""
            return head + below + above + "'" * term.primes
        case Add(terms):
            return f"({' + '.join(map(shown, terms))})"
        case Neg(operand):
            return f"-{shown(operand)}"
        case Mul(factors, signs):
            rest = zip(signs, factors[1:], strict=True)
            return f"({shown(factors[0])}" + "".join(f" {s}.{shown(f)}" for s, f in rest) + ")"
        case Div(above, below):
            return f"({shown(above)} over {shown(below)})"
        case Pow(base, exponent):
            return f"{shown(base)}**{shown(exponent)}"
        case Transposed(operand):
            return f"{shown(operand)}.T"
        case Call(function, arguments, primes):
            return f"{shown(function)}{chr(39) * primes}{listed(arguments)}"
        case Entry(array, indices):
            return f"{shown(array)}{listed(indices)}"
        case _:
            return _shown_rarer(term)


def _shown_rarer(term: Term) -> str:
    match term:
        case Derivative(of, by, sign, slip):
            return f"D{sign}[{shown(of)} by {', '.join(map(shown, by))}{' !' if slip else ''}]"
        case BigOp(kind, indices, ranges, body, condition):
            limits = ["" if r is None else f"={shown(r[0])}..{shown(r[1])}" for r in ranges]
            over = ",".join(shown(i) + limit for i, limit in zip(indices, limits, strict=True))
            suffix = f" if {shown(condition)}" if condition is not None else ""
            return f"{kind}[{over}{suffix}: {shown(body)}]"
        case Cases(rows):
            return f"cases[{'; '.join(f'{shown(v)} if {shown(c)}' for v, c in rows)}]"
        case Compared(left, sign, right):
            return f"{shown(left)} {sign} {shown(right)}"
        case Array(rows):
            return f"array{[[shown(entry) for entry in row] for row in rows]}".replace("'", "")
    raise AssertionError(term)


def listed(terms: tuple[Term, ...]) -> str:
    """Return some trees in round brackets."""
    return f"({', '.join(map(shown, terms))})"


def read(text: str) -> str:
    """Return the tree of one side."""
    (chain,) = Reader(WORDS).chains(parsed(text))
    (side,) = chain.sides
    return shown(side)


NAMES = {
    r"w_{ij}^{(1)}": "w_(i, j)^(1)",
    r"w^{(1)}_{ij}": "w_(i, j)^(1)",
    r"W^{[l]}": "W^(l)",
    r"w^{l+1}_{jk}": "w_(j, k)^((l + 1))",
    r"\delta^l": "delta^(l)",
    r"z^2": "z^(2)",  # a letter that bears bare layers
    r"x^2": "x**2",
    r"x^l": "x**l",
    r"w_{11}": "w_(1, 1)",
    r"w_{1,10}": "w_(1, 10)",
    r"w_{i,j+1}": "w_(i, (j + 1))",
    r"w_{123}": "w_(123)",
    r"w_{out}": "w_('out')",
    r"w_{\text{out}}": "w_('out')",
    r"w_{y_i}": "w_(y_(i))",
    r"W^{(l)T}": "W^(l).T",
    r"W^T": "W.T",
    r"W^\top": "W.T",
    r"W^{\mathrm T}": "W.T",
    r"W^\intercal": "W.T",
    r"W^{Tr}": "W.T",
    r"(A B)^T": "(A .B).T",
    r"x^*": "x^('*')",
    r"\hat y_i": "haty_(i)",
    r"\widehat{y}": "haty",
    r"\bar{\mathbf v}": "boldbarv",
    r"\mathcal{L}": "calL",
    r"\boldsymbol\theta": "boldtheta",
    r"\text{loss}": "loss",
    r"s^2": "s^2",  # a variance
    r"U[i,k]": "U_(i, k)",
    r"U[i,k]^2": "U_(i, k)**2",
    r"x[0]": "x_(0)",
    r"x[y]": "(x .y)",
    r"[A B]_{ij}": "(A .B)(i, j)",
    r"dW": "dW",
    r"d\hat{y}": "dhaty",
    r"d x": "(d .x)",
    "Ŷ": "hatY",
    "σ'(z)": "sigma'(z)",
    "x² · h₁": "(x**2 cdot.h_(1))",
    "Wᵀ": "W.T",
}

CALLS = {
    r"x(w-1)": "(x .(w + -1))",
    r"f(w-1)": "f((w + -1))",
    r"f(x; w)": "f(x, w)",
    r"f(x)^2": "f(x)**2",
    r"f'(z)": "f'(z)",
    r"f^\prime(z)": "f'(z)",
    r"f^{''}(z)": "f''(z)",
    r"a(z)": "a(z)",  # which the document defines as a function
    r"h(x)": "(h .x)",  # which it uses as a quantity
    r"J(w)": "J(w)",  # what the brackets hold is settled later
    r"\sigma(z)_i": "sigma(z)(i)",
    r"\sigma": "sigma",
    r"\log p": "log(p)",
    r"\log p q": "(log(p) .q)",
    r"\log_2 p": "log_(2)(p)",
    r"\sin 2x": "sin((2 .x))",
    r"\tanh^2 z": "tanh(z)**2",
    r"\tanh^2(z)": "tanh(z)**2",
    r"\ln -x": "log(-x)",
    r"\operatorname{softmax}(z)_i": "softmax(z)(i)",
    r"\mathrm{tr}(A)": "trace(A)",
    r"softmax(z)": "softmax(z)",
    r"\max(0, x)": "max(0, x)",
    r"\exp{x}": "exp(x)",
    r"\sqrt{x}": "sqrt(x)",
    r"\sqrt[3]{x}": "x**(1 over 3)",
    r"\sigma_i z": "sigma(z)(i)",
}

DERIVATIVES = {
    r"\frac{\partial L}{\partial w}": "Dpartial[L by w]",
    r"\dfrac{dL}{dw}": "Dd[L by w]",
    r"\frac{\mathrm{d}C}{\mathrm{d}z}": "Dd[C by z]",
    r"\frac{\partial}{\partial x} f(x) + 1": "(Dpartial[f(x) by x] + 1)",
    r"\frac{\partial}{\partial x} 2 x": "Dpartial[(2 .x) by x]",
    r"\frac{d}{dx}[x + 1] y": "(Dd[(x + 1) by x] .y)",
    r"\frac{\partial^2 L}{\partial w^2}": "Dpartial[L by w, w]",
    r"\frac{\partial^2 L}{\partial u \partial v}": "Dpartial[L by u, v]",
    r"\frac{\partial a}{z}": "Dpartial[a by z !]",
    r"\frac{d}{n}": "(d over n)",
    r"\frac{d x}{n}": "((d .x) over n)",
    r"\frac{x^{10}}{y}": "(x**10 over y)",
    r"\partial L / \partial w": "Dpartial[L by w]",
    r"\partial L / \partial y \cdot \partial y / \partial w": (
        "(Dpartial[L by y] cdot.Dpartial[y by w])"
    ),
    r"\partial_x f": "Dpartial[f by x]",
    r"\nabla_W L": "Dnabla[L by W]",
    r"\nabla_x^2 f": "Dnabla[f by x, x]",
    r"\nabla_w \frac12 y": "Dnabla[((1 over 2) .y) by w]",
    r"\nabla C": "Dnabla[C by ]",
    r"\nabla f(x)": "Dnabla[f(x) by x]",
}

SUMS = {
    r"\sum_{i=1}^n x_i": "sum[i=1..n: x_(i)]",
    r"\sum_i x_i + b": "(sum[i: x_(i)] + b)",
    r"\sum_i x_i + b_i": "sum[i: (x_(i) + b_(i))]",
    r"\sum_i x_i - \sum_i y_i": "(sum[i: x_(i)] + -sum[i: y_(i)])",
    r"\sum_{i,j} x_{ij}": "sum[i,j: x_(i, j)]",
    r"\sum_{j \neq i} x_j": "sum[j if j != i: x_(j)]",
    r"\sum_{k \in K} x_k": "sum[k: x_(k)]",
    r"\sum_{i=1,\dots,n} x_i": "sum[i=1..n: x_(i)]",
    r"\sum (y - z)^2": "sum[: (y + -z)**2]",
    r"\prod_j x_j y": "prod[j: (x_(j) .y)]",
    r"2 \sum_i x_i": "(2 .sum[i: x_(i)])",
    r"\max_i z_i": "max[i: z_(i)]",
}

BRACKETS = {
    r"|x|": "abs(x)",
    r"\|x\|^2": "norm(x)**2",
    r"\|x\|_2^2": "norm(x)**2",
    r"2 \Vert w \Vert_2": "(2 .norm(w))",
    r"\lVert x - y \rVert": "norm((x + -y))",
    r"\langle x, y \rangle": "inner(x, y)",
    r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}": "cases[x if x > 0; 0 if -]",
    r"\left\{\begin{array}{ll} 1, & \text{if } x \ge 0 \\ 0, & x < 0\end{array}\right.": (
        "cases[1 if x >= 0; 0 if x < 0]"
    ),
    r"\begin{cases} x \text{ if } x > 0 \\ 0 \end{cases}": "cases[x if x > 0; 0 if -]",
    r"\mathbb{1}(k = i)": "cases[1 if k = i; 0 if -]",
    r"\mathbb{1}_{\{x > 0\}}": "cases[1 if x > 0; 0 if -]",
    r"\mathbf{1}^T (a - b)": "(bold1.T .(a + -b))",
    r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}": "array[[a, b], [c, d]]",
    r"{a \over b}": "(a over b)",
    r"2(a-y)x": "(2 .(a + -y) .x)",
    r"a \odot b * c": "(a odot.b *.c)",
    r"a \cdot -b / 2": "(a cdot.-b /.2)",
    r"-x + y - 2": "(-x + y + -2)",
    r"e^{-x}": "e**-x",
    r"\underbrace{x + y}_{\text{input}} z": "(x + (y .z))",  # as it is typeset
    r"\boxed{x + y}": "(x + y)",
    r"\color{red}{x} \cdot \textcolor{blue}{y}": "(x cdot.y)",
}


TREES = NAMES | CALLS | DERIVATIVES | SUMS | BRACKETS


@pytest.mark.parametrize("text", TREES)
def test_a_notation_has_its_tree(text: str) -> None:
    """What people write, and what they mean by it."""
    assert read(text) == TREES[text]


def chains(text: str) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return the sides and signs of each chain of a formula."""
    found = Reader(WORDS).chains(parsed(text))
    return [([shown(side) for side in chain.sides], chain.signs) for chain in found]


CHAINS = {
    "a = b = c.": [(["a", "b", "c"], ("=", "="))],
    "= b + c": [(["-", "(b + c)"], ("=",))],
    "a =": [(["a"], ())],
    r"w := w - \eta g": [(["w", "(w + -(eta .g))"], (":=",))],
    r"w \leftarrow w - 1": [(["w", "(w + -1)"], ("gets",))],
    r"a = b, \quad c = d": [(["a", "b"], ("=",)), (["c", "d"], ("=",))],
    r"a = b \text{ where } c = d": [(["a", "b"], ("=",)), (["c", "d"], ("=",))],
    r"x \in R": [(["x", "R"], ("in",))],
    r"a \approx 2 \eqno (3)": [(["a", "2"], ("approx",))],
}


@pytest.mark.parametrize("text", CHAINS)
def test_a_formula_is_cut_at_its_relations(text: str) -> None:
    """Sides and relations; several equations on one line come one by one."""
    assert chains(text) == CHAINS[text]


UNREADABLE = {
    "": ("empty", 0, 0),
    "a = = b": ("nothing between two signs", 0, 1),
    "a + ": ("ends where", 2, 3),
    "(a": ("a bracket is open", 0, 1),
    "x + a)": ("unexpected '\\)'", 5, 6),
    "x + ()": ("an empty bracket", 4, 6),
    "2 3": ("two numbers", 2, 3),
    r"x + \frac{}{y}": ("an empty fraction", 4, 14),
    r"x + \frac{\partial}{\partial y}": ("a derivative of what", 4, 31),
    r"\frac{\partial^{999} f}{\partial x}": ("the order 999", 6, 20),
    r"\frac{\partial f}{\partial x^{1.5}}": ("the order 1.5", 30, 33),
    r"x \partial y": ("a differential by itself", 2, 12),
    r"\mathrm{d} x": ("a differential", 0, 10),
    r"\log": ("'log' of what", 0, 4),
    r"\sin^{-1} x": ("an inverse function", 0, 9),
    r"\sqrt{}": ("a value is expected", 5, 7),
    r"\sum_{} x": ("an index below the sum", 0, 7),
    r"\sum_{2} x": ("an index below the sum", 6, 7),
    r"\overline{x + y}": ("a bar over more than a name", 0, 16),
    r"a \pm b": ("unexpected 'pm'", 2, 5),
    r"\|x\|_1": ("no.* Euclidean", 6, 7),
    r"\langle x \rangle": ("an expectation", 0, 17),
    "(x, y)": ("a list where a value", 0, 6),
    "(_1 x)": ("a script on a bracket", 0, 3),
    "(x + y)'": ("a prime on what is no name", 6, 8),
    "(x)_{out}": ("a mark below", 4, 9),
    "^2 + x": ("a script without a base", 0, 2),
    r"\begin{bmatrix} a & b \\ c \end{bmatrix}": ("rows of different lengths", 0, 40),
    r"\begin{foo} a \end{foo}": ("the environment foo", 0, 23),
    "x^{" * 45 + "x" + "}" * 45: ("nested more than 40 deep", 120, 141),
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_is_pointed_at(text: str) -> None:
    """The message says why and the place where."""
    message, *place = UNREADABLE[text]
    with pytest.raises(ReadingError, match=message) as caught:
        Reader(WORDS).chains(parsed(text))
    assert caught.value.place == tuple(place)


def test_every_node_knows_its_place() -> None:
    """Names, numbers and sums are found again in the text by their places."""
    text = r"\frac{\partial L}{\partial w_{ij}} = \sum_k 2 (y_k + 1) x"
    (chain,) = Reader(WORDS).chains(parsed(text))
    found = [
        text[slice(*node.place)]
        for side in chain.sides
        if side is not None
        for node in walk(side)
        if isinstance(node, Ref | Num | Add | BigOp)
    ]
    assert found == [
        *("L", "w_{ij}", "i", "j"),
        *(r"\sum_k 2 (y_k + 1) x", "k", "2", "(y_k + 1)", "y_k", "k", "1", "x"),
    ]


COMMANDS = r"""frac sum prod max nabla partial log sigma tanh hat mathbf mathrm boxed underbrace
sqrt over quad Vert langle rangle cdot pm mid ne in top { } | \ text{if} begin{cases} end{cases}
begin{bmatrix} end{bmatrix} frac12"""
PIECES = [
    *"abdfxJWhs012+-*/=:,;.|<>()[]{}_^'&ŷσ²ᵀ₁½∑",
    *(f"\\{name} " for name in COMMANDS.split()),
    *("{x}", "_i", "_{ij}", "^{(l)}", "(x)", "^2"),
]


@settings(max_examples=300, deadline=2_000)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@example(r"\hat" * 1_400 + "x")
@example(r"\log" * 1_400 + "x")
@example("f(" * 55 + "+" + ")" * 55)
@example("{" * 55 + "x" + "}_1" * 55)
@example("+".join([r"\sum_i a_i"] * 400))
@example("[(" + "()" * 2_900)
@example("x" + "'" * 5_900)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text ends in another error, and none takes long."""
    start = time.perf_counter()
    try:
        found = Reader(WORDS).chains(parsed(text))
    except ReadingError as error:
        low, high = error.place
        assert 0 <= low <= high <= len(text)
    else:
        assert all(0 <= a <= b <= len(text) for a, b in _places(found))
    assert time.perf_counter() - start < 2


def _places(found: list[Chain]) -> list[tuple[int, int]]:
    return [node.place for chain in found for s in chain.sides if s is not None for node in walk(s)]
