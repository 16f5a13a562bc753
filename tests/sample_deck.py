"""A deck with every kind of block, by hand: what both renderers must show well."""

from __future__ import annotations

from symderiv.expression import (
    BigSum,
    Brackets,
    Call,
    Cases,
    Fraction,
    Highlight,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    Partial,
    Product,
    Relation,
    Sum,
    Text,
    Transpose,
    equation,
)
from symderiv.renderers.deck import (
    Bullets,
    Code,
    Columns,
    Deck,
    Equations,
    Figure,
    Line,
    Paragraph,
    Row,
    Slide,
    Steps,
    Table,
)
from symderiv.renderers.network_figure import network_figure

HOSTILE = r"<script>alert(1)</script> 100% & #1 _a_ {b} \input{c} ~ ^ $x$ -- '' `` | σ é"

ONE, L = Number("1"), Name("L")
Y, Y_HAT = Name("y"), Name("y", accent="hat")


def named(letter: str, sub: str = "", layer: int | str = "", *, bold: bool = False) -> Name:
    """Return a name with digits or letters as indices and a layer mark."""
    indices = tuple(Number(c) if c.isdigit() else Name(c) for c in sub)
    mark = Number(str(layer)) if isinstance(layer, int) else Name(layer)
    return Name(letter, indices, (Brackets(mark),) if layer != "" else (), bold=bold)


def minus(left: Node, right: Node) -> Sum:
    """Return ``left - right``."""
    return Sum((left, Negative(right)))


def chain(*links: tuple[Node, Node]) -> Product:
    """Return a product of partial derivatives."""
    return Product(tuple(Partial(of, by) for of, by in links), "cdot")


def preactivation(unit: int, layer: int, source: str, source_layer: int | str) -> Node:
    """Return ``b + x w + x w`` for one node."""
    products = (
        Product((named(source, str(i), source_layer), named("w", f"{i}{unit}", layer)), "cdot")
        for i in (1, 2)
    )
    return Sum((named("b", str(unit), layer), *products))


def derivation_of_bias() -> Steps:
    """Return the derivation of the gradient by the output's bias."""
    bias = named("b", "1", 2)
    loss = Negative(minus(Fraction(Y, Y_HAT), Fraction(minus(ONE, Y), minus(ONE, Y_HAT))))
    slope = Product((Y_HAT, minus(ONE, Y_HAT)))
    inner = minus(Product((Y, minus(ONE, Y_HAT))), Product((minus(ONE, Y), Y_HAT)))
    return Steps(
        (
            Row(Partial(L, bias), chain((L, Y_HAT), (Y_HAT, bias)), ("chain rule",)),
            Row(
                None,
                Product((loss, Highlight(Partial(Y_HAT, bias))), "cdot"),
                ("derivative of cross-entropy",),
            ),
            Row(
                None,
                Product((loss, Highlight(slope)), "cdot"),
                ("derivative of the sigmoid, ", Call(Name("sigma", primes=1), (Name("z"),))),
            ),
            Row(None, Negative(inner), ("cancel common factors",)),
            Row(None, minus(Y_HAT, Y), ("simplify",), result=True, tag="G1"),
        )
    )


def derivation_of_weight() -> Steps:
    """Return a derivation whose last line is wide."""
    weight, a, z = named("w", "11", 1), named("a", "1", 1), named("z", "1", 1)
    outer = Product((named("w", "11", 2), minus(Y_HAT, Y)))
    slope = Product((a, minus(ONE, a)))
    return Steps(
        (
            Row(Partial(L, weight), chain((L, a), (a, z), (z, weight)), ("chain rule",)),
            Row(
                None,
                Product((Highlight(outer), Partial(a, z), Partial(z, weight)), "cdot"),
                ("from layer 2",),
            ),
            Row(
                None,
                Product((outer, Highlight(slope), Partial(z, weight)), "cdot"),
                ("derivative of the sigmoid",),
            ),
            Row(
                None,
                Product((named("x", "1"), a, minus(ONE, a), *outer.factors)),
                ("collect factors",),
                result=True,
                tag="G5",
            ),
        )
    )


def figure() -> Figure:
    """Return the drawing of the 2-2-1 network."""
    scene = network_figure(
        layers=(
            (named("x", "1"), named("x", "2")),
            (named("a", "1", 1), named("a", "2", 1)),
            (Y_HAT,),
        ),
        weights=lambda layer, i, j: named("w", f"{i}{j}", layer),
        biases=lambda layer, j: named("b", str(j), layer),
    )
    return Figure(scene, "A network with two inputs, two hidden nodes and one output")


def forward() -> Equations:
    """Return the forward pass, one equation a line."""
    z, a = named("z", "1", 1), named("a", "1", 1)
    last = named("z", "1", 2)
    lines = (
        Line(equation(z, preactivation(1, 1, "x", "")), "F1"),
        Line(equation(a, Call(Name("sigma"), (z,))), "F2"),
        Line(equation(last, preactivation(1, 2, "a", 1)), "F3"),
        Line(equation(Y_HAT, Call(Name("sigma"), (last,))), "F4"),
    )
    return Equations(lines, stepwise=True)


def matrix_form() -> tuple[Equations, Paragraph]:
    """Return matrices, a gradient in matrix form and a cost with a sum."""
    x, w = Name("X", bold=True), named("W", "", 1, bold=True)
    data = Matrix(tuple((Number(a), Number(b)) for a in "01" for b in "01"))
    entries = Matrix(tuple(tuple(named("w", f"{i}{j}", 1) for j in "12") for i in "12"))
    grads = Product((Transpose(x), named("Delta", "", 1, bold=True)))
    y, y_hat = named("y", "i"), Name("y", (Name("i"),), accent="hat")
    log = Name("log")
    entropy = Sum(
        (
            Product((y, Call(log, (y_hat,)))),
            Product((minus(ONE, y), Call(log, (minus(ONE, y_hat),)))),
        )
    )
    cost = Negative(Product((Fraction(ONE, Name("N")), BigSum(entropy, Name("i"), ONE, Name("N")))))
    prediction = Name("Y", accent="hat", bold=True)
    hidden = named("A", "", 1, bold=True)
    return (
        Equations(
            (
                Line(equation(x, data)),
                Line(equation(w, entries)),
                Line(equation(prediction, Call(Name("softmax"), (hidden,)))),
                Line(equation(Partial(Name("J"), w), grads), "G3"),
                Line(equation(Name("J"), cost), "C1"),
            )
        ),
        Paragraph(("Samples are rows: ", x, " is ", Name("N"), " by 2.")),
    )


CODE = '''\
def backward(parameters, cache, X, Y):
    """Return the gradients of the cost by every parameter."""
    A1, A2 = cache["A1"], cache["A2"]
    N = X.shape[0]
    dZ2 = (A2 - Y) / N                       # (G1)  yhat - y
    gradients = {"W2": A1.T @ dZ2, "b2": dZ2.sum(axis=0)}
    dA1 = dZ2 @ parameters["W2"].T
    dZ1 = dA1 * A1 * (1.0 - A1)              # (G3)  a (1 - a)
    gradients.update(W1=X.T @ dZ1, b1=dZ1.sum(axis=0))
    return gradients
'''


def activations() -> Slide:
    """Return a slide with a definition by cases and a table."""
    z = Name("z")
    positive = Relation((z, Number("0")), (">",))
    relu = Cases(((z, positive), (Number("0"), Text("otherwise"))))
    sigma = Call(Name("sigma"), (z,))
    table = Table(
        (("activation",), (Call(Name("f"), (z,)),), ("derivative",), ("range",)),
        (
            (("sigmoid",), (sigma,), (Product((sigma, minus(ONE, sigma))),), ("(0, 1)",)),
            (("tanh",), (Call(Name("tanh"), (z,)),), (ONE,), ("(-1, 1)",)),
            (("ReLU",), (Call(Name("max"), (Number("0"), z)),), (ONE,), ("from 0",)),
        ),
    )
    return Slide(
        ("Activations",),
        (Equations((Line(equation(Call(Name("ReLU"), (z,)), relu)),)), table),
    )


def long_sums() -> Slide:
    """Return a slide whose sums are too long for one line."""
    products = tuple(
        Product((named("a", str(i), 1), named("w", f"{i}1", 2)), "cdot") for i in range(1, 10)
    )
    z = named("z", "1", 2)
    rows = (
        Row(z, Sum((named("b", "1", 2), *products)), ("every node of layer 1",)),
        Row(None, Sum((ONE, *(Negative(term) for term in products))), result=True, tag="F9"),
    )
    wide = Line(equation(z, Sum((*products, *products[:3]))), "F8")
    return Slide(("Sums that go on in the next line",), (Steps(rows), Equations((wide,))))


def long_derivation() -> Slide:
    """Return a derivation that needs more than one slide."""
    rows = derivation_of_bias().rows
    return Slide(("A long derivation",), (Steps((*rows[:4], *rows[1:4], *rows[1:])),))


def long_code() -> Slide:
    """Return source text that needs more than one slide."""
    return Slide(("A long listing",), (Code(CODE * 3),))


def sample_deck() -> Deck:
    """Return the deck."""
    node = Bullets(
        (
            ("2 inputs, 2 hidden nodes, 1 output",),
            ("Dashed nodes have the value 1 and carry the bias",),
            ("Every node does two steps: linear sum, then activation",),
        )
    )
    steps = Equations(
        (
            Line(equation(named("z", "1", 1), preactivation(1, 1, "x", ""))),
            Line(equation(named("a", "1", 1), Call(Name("sigma"), (named("z", "1", 1),)))),
        )
    )
    return Deck(
        title="Introduction to Deep Learning: Backpropagation",
        subtitle="Two-layer network for XOR: every derivative, step by step",
        author="Generated by symderiv from xor.yaml",
        footer="Introduction to Deep Learning",
        slides=(
            Slide(
                ("Neural network model for XOR",),
                (Columns((figure(),), (node, steps), 0.58),),
                notes="Ask what a bias is.\n\nThen show the figure.",
            ),
            Slide(("Feedforward",), (forward(),)),
            Slide(("Gradient with respect to ", named("b", "1", 2)), (derivation_of_bias(),)),
            Slide(("Hidden layer: gradient of the first weight",), (derivation_of_weight(),)),
            Slide(("In matrix form",), matrix_form()),
            activations(),
            Slide(
                ("NumPy training step",),
                (Code(CODE), Paragraph(("Numbers such as (G1) cite the slides.",), small=True)),
            ),
            Slide(
                ("What to remember",),
                (
                    Bullets(
                        (
                            ("The chain rule is applied backwards: from ", L, " to the inputs"),
                            ("The output's error is ", minus(Y_HAT, Y)),
                            ("Every gradient is an error times an input",),
                        ),
                        stepwise=True,
                    ),
                    figure(),
                ),
            ),
            long_sums(),
            long_derivation(),
            long_code(),
        ),
    )


def hostile_deck() -> Deck:
    """Return a deck whose every word is an attack."""
    words = (HOSTILE,)
    table = Table((words, ("n",)), ((words, ("1",)),))
    blocks = (Paragraph(words), Bullets((words,)), table)
    return Deck(HOSTILE, HOSTILE, HOSTILE, (Slide(words, blocks, notes=HOSTILE),), HOSTILE)
