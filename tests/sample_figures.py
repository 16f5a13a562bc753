"""Figures that the tests of this room share: networks of any size, a chain, a flow, plots."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from symderiv.expression import (
    Brackets,
    Fraction,
    Name,
    Negative,
    Node,
    Number,
    Partial,
    Product,
    Sum,
    Text,
    equation,
)
from symderiv.renderers.chain_figure import chain_figure
from symderiv.renderers.flow_figure import (
    FlowLayer,
    FlowSource,
    backpropagation_figure,
    feedforward_figure,
)
from symderiv.renderers.geometry import Bounds
from symderiv.renderers.network_figure import EdgeKey, network_figure
from symderiv.renderers.plot_figure import Samples, decision_figure, loss_figure, points_figure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from symderiv.renderers.scene import Scene

ONE = Number("1")
PREDICTION = Name("y", accent="hat")
HOSTILE = "<script>&%_#{}\\$~^\"'"


def quantity(letter: str, *indices: int, layer: int = 0, accent: str = "") -> Name:
    """Return a name such as w_12^(1)."""
    sup = (Brackets(Number(str(layer))),) if layer else ()
    return Name(letter, sub=tuple(Number(str(i)) for i in indices), sup=sup, accent=accent)


def weight(layer: int, source: int, target: int) -> Node:
    """Name a weight."""
    return quantity("w", source, target, layer=layer)


def bias(layer: int, target: int) -> Node:
    """Name a bias."""
    return quantity("b", target, layer=layer)


def node_names(sizes: tuple[int, ...]) -> tuple[tuple[Node, ...], ...]:
    """Name the nodes of a network."""
    inputs = tuple(quantity("x", i + 1) for i in range(sizes[0]))
    hidden = tuple(
        tuple(quantity("a", i + 1, layer=layer) for i in range(size))
        for layer, size in enumerate(sizes[1:-1], 1)
    )
    outputs = tuple(quantity("y", i + 1, accent="hat") for i in range(sizes[-1]))
    return (inputs, *hidden, outputs)


def network(*sizes: int, highlight: Iterable[tuple[int, int, int]] = ()) -> Scene:
    """Draw a network."""
    lit = frozenset(EdgeKey(*edge) for edge in highlight)
    return network_figure(node_names(sizes), weight, bias, lit)


def complement(node: Node) -> Node:
    """Return 1 - node."""
    return Sum((ONE, Negative(node)))


def output_factor() -> Node:
    """Return the derivative of the cross-entropy, a wide and tall equation."""
    label, loss = Name("y"), Name("L")
    odds = Sum(
        (
            Fraction(label, PREDICTION),
            Negative(Fraction(complement(label), complement(PREDICTION))),
        )
    )
    return equation(Partial(loss, PREDICTION), Negative(odds))


def chain(links: int) -> Scene:
    """Draw the last ``links`` links of the path from a weight to the loss."""
    first, middle = quantity("w", 1, 1, layer=1), quantity("a", 1, layer=1)
    nodes: list[Node] = [first, middle, PREDICTION, Name("L")]
    slope = Product((middle, complement(middle)))
    partials: list[Node] = [
        equation(Partial(middle, first), Product((quantity("x", 1), slope))),
        equation(Partial(PREDICTION, middle), Product((PREDICTION, complement(PREDICTION)))),
        output_factor(),
    ]
    return chain_figure(nodes[-links - 1 :], partials[-links:])


def flow_layer(mark: Node) -> FlowLayer:
    """Name the quantities of a layer of the general model."""

    def matrix(letter: str) -> Name:
        return Name(letter, sup=(Brackets(mark),), bold=True)

    parameters = (matrix("W"), matrix("b"))
    return FlowLayer(
        name=Product((Text("layer"), mark)),
        linear=matrix("Z"),
        activation=matrix("A"),
        parameters=parameters,
        error=matrix("Delta"),
        gradients=tuple(Partial(Name("J"), parameter) for parameter in parameters),
    )


def flows() -> dict[str, Scene]:
    """Draw the general model both ways."""
    before, layer, after = Sum((Name("l"), Negative(ONE))), Name("l"), Sum((Name("l"), ONE))
    source = FlowSource("layer before", Name("A", sup=(Brackets(before),), bold=True))
    layers = (flow_layer(layer), flow_layer(after))
    return {
        "feedforward": feedforward_figure(source, layers),
        "backpropagation": backpropagation_figure(source, layers),
    }


XOR = Samples(
    points=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)),
    classes=(0, 1, 1, 0),
    axes=(quantity("x", 1), quantity("x", 2)),
    names=(equation(Name("y"), Number("0")), equation(Name("y"), ONE)),
)
LINES = (((0.0, 0.5), (1.0, 0.5)), ((0.5, 0.0), (0.5, 1.0)), ((0.0, 1.5), (1.5, 0.0)))
EXTENT = Bounds(-0.4, -0.4, 1.4, 1.4)


def ridge(cells: int = 24) -> list[list[float]]:
    """Return outputs that are high off the diagonal, as a trained network's are."""
    marks = [-0.4 + 1.8 * step / cells for step in range(cells + 1)]
    return [[1 / (1 + math.exp(-12 * (abs(x - y) - 0.5))) for x in marks] for y in marks]


def plots() -> dict[str, Scene]:
    """Draw each kind of plot."""
    losses = [0.7 * math.exp(-epoch / 400) + 1e-3 for epoch in range(2001)]
    boundary = equation(PREDICTION, Number("0.5"))
    return {
        "points": points_figure(XOR),
        "lines": points_figure(XOR, LINES),
        "loss": loss_figure(losses, Name("J")),
        "decision": decision_figure(XOR, ridge(), EXTENT, boundary),
    }


def all_figures() -> dict[str, Scene]:
    """Draw one figure of every kind."""
    return {
        "network": network(2, 2, 1),
        "path": network(2, 2, 1, highlight=((1, 1, 1), (2, 1, 1))),
        "dense": network(4, 5, 3, highlight=((1, 2, 3), (2, 3, 2))),
        "long": network(9, 3),
        "chain": chain(2),
        "long chain": chain(3),
        **flows(),
        **plots(),
    }
