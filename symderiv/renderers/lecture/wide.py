"""The model with indices: what stands for its components where a network is too large for them."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symderiv.expression import Call, Name, Node, Number, Product, equation
from symderiv.functions import PROBABILITY
from symderiv.graph import Definition
from symderiv.notation import PARAMETERS, Quantity, Role, name
from symderiv.renderers.deck import (
    Block,
    Equations,
    Line,
    Paragraph,
    Slide,
    Table,
    Words,
)
from symderiv.renderers.lecture.material import Material, applied, remark, slide
from symderiv.views import array_name, index_equation, shape_of
from symderiv.writing import entry_name, write

_FITTING_ROWS = 8


def indexed_forward(material: Material) -> Iterator[Slide]:
    """Yield the equations of each layer with indices."""
    graph = material.derivation.graph
    for layer in range(1, material.network.depth + 1):
        shown = [d for d in graph.definitions if d.rhs is not None and d.quantity.layer == layer]
        lines = tuple(_line(material, definition) for definition in shown)
        yield slide(
            f"Feedforward: layer {layer}",
            Paragraph(("For each sample ", Name("n"), " and each node ", Name("j"), ",")),
            Equations(lines, stepwise=True),
            *formula(material, layer),
        )


def shape_slides(material: Material) -> Iterator[Slide]:
    """Yield the shapes of the data and the parameters, one array a row."""
    graph, network = material.derivation.graph, material.network
    arrays = graph.of_role(Role.INPUT, *PARAMETERS, Role.PREDICTION)
    header: tuple[Words, ...] = (("",), ("shape",), ("here",))
    rows = tuple(
        (
            (array_name(d.key, graph),),
            (shape_of(d, graph),),
            (in_numbers(d, dict(network.size_values)),),
        )
        for d in arrays
    )
    more = [remark("and so on, layer by layer")] if len(rows) > _FITTING_ROWS else []
    yield slide("In matrix form: the shapes", Table(header, rows[:_FITTING_ROWS]), *more)


def in_numbers(definition: Definition, known: dict[sp.Symbol, int]) -> Node:
    """Return the shape of an array in numbers, as far as they are known."""
    sizes = [index.high.subs(known) for index in definition.indices]
    nodes: list[Node] = [Number(str(s)) if s.is_Integer else Name(str(s)) for s in sizes]
    if len(nodes) == 1:
        nodes = [Number("1"), *nodes]
    return Product(tuple(nodes), "times")


def _line(material: Material, definition: Definition) -> Line:
    """Return an equation, an activation by its name."""
    graph, quantity = material.derivation.graph, definition.quantity
    if quantity.role in {Role.ACTIVATION, Role.PREDICTION} and isinstance(quantity.layer, int):
        activation = material.network.activations[quantity.layer - 1]
        if not activation.mixes:
            linear = graph[f"Z{quantity.layer}"]
            sides = (entry_name(d.atom, graph) for d in (definition, linear))
            left, argument = sides
            return Line(equation(left, applied(activation, argument)))
    return Line(index_equation(definition, graph))


def indexed_loss(material: Material) -> Iterator[Slide]:
    """Yield the loss of one sample and the cost, with indices."""
    graph, network = material.derivation.graph, material.network
    lines = tuple(
        Line(index_equation(graph[key], graph), material.labels[key]) for key in ("L", "J")
    )
    words = Paragraph((
        f"the {network.loss_function.words} of one sample, and the {network.reduction} over the ",
        Name("N"), " samples: ", name(graph["Y"].quantity, matrix=True),
        " holds the actual values, ", name(graph["Yhat"].quantity, matrix=True),
        " the predicted ones",
    ))  # fmt: skip
    yield slide("The loss", Equations(lines), words, *loss_kink(material))


def loss_kink(material: Material) -> list[Paragraph]:
    """Say what stands for the derivative of the loss where it has none."""
    loss = material.network.loss_function
    if loss.kink is None:
        return []
    output, graph = name(Quantity(Role.PREDICTION)), material.derivation.graph
    where = write(loss.kink(sp.Symbol("y", real=True)), graph, lambda _: name(Quantity(Role.LABEL)))
    value = write(loss.slope_at_kink, graph)
    words = " there is no derivative; "
    return [remark("at ", equation(output, where), words, value, " stands for it")]


def formula(material: Material, layer: int) -> tuple[Block, ...]:
    """Say what the activation is, the first time that it is used."""
    activation = material.network.activations[layer - 1]
    seen = material.network.activations[: layer - 1]
    if activation in seen or activation.name == "identity":
        return ()
    if activation.mixes:
        words = "its values sum to 1" if activation.range == PROBABILITY else "it mixes the nodes"
        return (Paragraph((f"This activation is called {activation.name}: {words}.",)),)
    formula = activation.formula_of(sp.Symbol("z", real=True))
    shown = write(formula, material.derivation.graph)
    call = Call(activation.symbol, (Name("z"),))
    if shown == call:
        return ()
    return (Paragraph((f"The {activation.name} function is ", equation(call, shown), ".")),)
