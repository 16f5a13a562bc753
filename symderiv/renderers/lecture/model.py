"""The first part of the lecture: the problem, the network, the forward pass, the loss."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symderiv import expression as ex
from symderiv.builder import N, size
from symderiv.expression import Name, Node, equation
from symderiv.graph import Definition, Graph
from symderiv.notation import PARAMETERS, Quantity, Role, name
from symderiv.renderers.deck import (
    Bullets,
    Columns,
    Equations,
    Figure,
    Line,
    Paragraph,
    Slide,
    Table,
    Words,
)
from symderiv.renderers.lecture.material import (
    Material,
    alias,
    applied,
    entry,
    listed,
    remark,
    slide,
    unit_names,
)
from symderiv.renderers.lecture.problem import MOST_ROWS, number, problem_slides
from symderiv.renderers.lecture.wide import (
    formula,
    in_numbers,
    indexed_forward,
    indexed_loss,
    loss_kink,
    shape_slides,
)
from symderiv.renderers.network_figure import EdgeKey, network_figure
from symderiv.renderers.scene import Scene
from symderiv.views import array_name, matrix_equation, shape_of
from symderiv.writing import entry_name, write

_FITTING_LINES = 6
_FITTING_COLUMNS = 4


def model_slides(material: Material) -> tuple[Slide, ...]:
    """Return the slides from the problem to the loss."""
    written_out = material.network.written_out
    return (
        *problem_slides(material),
        _network(material),
        *(_forward(material) if written_out else indexed_forward(material)),
        *_matrices(material),
        *(_loss(material) if written_out else indexed_loss(material)),
    )


# --- the network ----------------------------------------------------------------------------------


def network_scene(material: Material, highlight: frozenset[EdgeKey] = frozenset()) -> Scene:
    """Return the drawing of the network."""
    layers = tuple(
        unit_names(material.network, layer) for layer in range(material.network.depth + 1)
    )
    return network_figure(
        layers,
        lambda layer, i, j: name(Quantity(Role.WEIGHT, layer).at(i, j)),
        lambda layer, j: name(Quantity(Role.BIAS, layer).at(j)),
        highlight,
    )


def _network(material: Material) -> Slide:
    network = material.network
    sizes = "-".join(map(str, network.sizes))
    problem = f" for the {network.problem} problem" if network.problem else ""
    hidden = ", ".join(_nodes(units) for units in network.sizes[1:-1])
    layers = f"{_nodes(network.sizes[0])} in the input layer, " + (
        f"{hidden} in the hidden layer{'s' if network.depth > 2 else ''}, " if hidden else ""
    )
    bullets = Bullets((
        (f"Model {sizes}: {layers}{_nodes(network.sizes[-1])} in the output layer",),
        ("The dashed nodes have the value 1; their edges carry the biases",),
        ("Each other node does two steps: (1) a linear sum ", Name("z"),
         ", (2) an activation ", Name("a")),
    ))  # fmt: skip
    figure = Figure(network_scene(material), f"The network {sizes} with its weights and biases")
    return slide(f"The neural network model{problem}", Columns((figure,), (bullets,), 0.62))


def _nodes(count: int) -> str:
    return f"{count} node" + ("s" if count > 1 else "")


# --- forward --------------------------------------------------------------------------------------


def _forward(material: Material) -> Iterator[Slide]:
    """Show all layers on one slide if they fit, else one slide for each."""
    layers = range(1, material.network.depth + 1)
    lines = {layer: _layer_lines(material, layer) for layer in layers}
    if sum(map(len, lines.values())) <= _FITTING_LINES:
        shown = tuple(line for layer in layers for line in lines[layer])
        notes = [note for layer in layers for note in formula(material, layer)]
        yield slide("Feedforward", Equations(shown, stepwise=True), *notes)
        return
    for layer in layers:
        equations = Equations(lines[layer], stepwise=True)
        yield slide(f"Feedforward: layer {layer}", equations, *formula(material, layer))


def _layer_lines(material: Material, layer: int) -> tuple[Line, ...]:
    linear, units = material.of_layer(Role.PREACTIVATION, layer), material.units(layer)
    helpers = [d for role in (Role.NORMALISER, Role.HELPER) for d in material.of_layer(role, layer)]
    activation = material.network.activations[layer - 1]
    if activation.mixes:
        return tuple(Line(_definition(material, d)) for d in (*linear, *helpers, *units))
    lines = []
    for z, a in zip(linear, units, strict=True):
        names = [node for node in (entry(a), alias(a)) if node is not None]
        lines += [
            Line(_definition(material, z)),
            Line(equation(*names, applied(activation, entry(z)))),
        ]
    return tuple(lines)


def _definition(material: Material, definition: Definition) -> Node:
    assert definition.rhs is not None
    return equation(entry(definition), material.write(definition.rhs))


# --- matrices -------------------------------------------------------------------------------------


def _matrices(material: Material) -> Iterator[Slide]:
    title = "In matrix form"
    graph = material.derivation.graph
    data = material.network.data
    if data is not None and len(data.X) <= MOST_ROWS and material.network.written_out:
        inputs, labels = (
            Equations((Line(equation(array_name(key, graph), _literal(rows))),))
            for key, rows in (("X", data.X), ("Y", data.Y))
        )
        note = remark("one row for each sample, one column for each node")
        yield slide(f"{title}: the data", Columns((inputs,), (labels,), 0.5), note)
    if max(material.network.sizes) <= _FITTING_COLUMNS:
        rows = [_parameters(material, layer) for layer in range(1, material.network.depth + 1)]
        weights, biases = (Equations(tuple(Line(row[side]) for row in rows)) for side in (0, 1))
        yield slide(f"{title}: the parameters", Columns((weights,), (biases,), 0.6))
    ends = {Role.LOSS, Role.COST}
    computed = [d for d in graph.definitions if d.rhs is not None and d.quantity.role not in ends]
    lines = tuple(Line(_matrix_line(material, d), material.labels[d.key]) for d in computed)
    if len(lines) <= _FITTING_LINES:
        yield slide(f"{title}: feedforward", Equations(lines, stepwise=True), _shapes(material))
        return
    yield slide(f"{title}: feedforward", Equations(lines, stepwise=True))
    yield from shape_slides(material)


def _literal(rows: tuple[tuple[float, ...], ...]) -> Node:
    return ex.Matrix(tuple(tuple(number(value) for value in row) for row in rows))


def _parameters(material: Material, layer: int) -> tuple[Node, Node]:
    """Return the weights and the biases of a layer, entry by entry."""
    graph = material.derivation.graph
    fan_in, units = material.network.sizes[layer - 1], material.network.sizes[layer]
    weights = tuple(
        tuple(name(Quantity(Role.WEIGHT, layer).at(i, j)) for j in range(1, units + 1))
        for i in range(1, fan_in + 1)
    )
    biases = tuple(name(Quantity(Role.BIAS, layer).at(j)) for j in range(1, units + 1))
    return (
        equation(array_name(f"W{layer}", graph), ex.Matrix(weights)),
        equation(array_name(f"b{layer}", graph), ex.Matrix((biases,))),
    )


def _matrix_line(material: Material, definition: Definition) -> Node:
    """Return an equation of the forward pass as matrices, activations by name."""
    graph, quantity = material.derivation.graph, definition.quantity
    if quantity.role in {Role.ACTIVATION, Role.PREDICTION} and isinstance(quantity.layer, int):
        activation = material.network.activations[quantity.layer - 1]
        names = [array_name(definition.key, graph)]
        if quantity.role is Role.PREDICTION:
            names.append(name(Quantity(Role.ACTIVATION, quantity.layer), matrix=True))
        return equation(*names, applied(activation, array_name(f"Z{quantity.layer}", graph)))
    return matrix_equation(definition, graph)


def _shapes(material: Material) -> Table:
    """Return the shapes of the arrays, in symbols and in numbers."""
    graph, network = material.derivation.graph, material.network
    samples = len(network.data.X) if network.data else None
    header: list[Words] = [("",)]
    symbols: list[Words] = [("shape",)]
    numbers: list[Words] = [("here",)]
    for definition in graph.of_role(Role.INPUT, *PARAMETERS, Role.PREACTIVATION, Role.PREDICTION):
        header.append((array_name(definition.key, graph),))
        shape = shape_of(definition, graph)
        symbols.append((shape,))
        known = {**network.size_values, **({N: samples} if samples else {})}
        numbers.append((in_numbers(definition, known),))
    return Table(tuple(header), (tuple(symbols), tuple(numbers)))


# --- loss -----------------------------------------------------------------------------------------


def _loss(material: Material) -> Iterator[Slide]:
    network, loss = material.network, material.loss
    words = network.loss_function.words
    predictions = listed([entry(d) for d in material.outputs])
    line = Line(_definition(material, loss), material.labels["L"])
    where: list[Line] = []
    last = material.of_layer(Role.PREACTIVATION, network.depth)
    activation = network.activations[-1]
    if len(last) == 1 and last[0].rhs is not None:
        output = material.outputs[0]
        names = [node for node in (entry(output), alias(output)) if node is not None]
        where = [Line(equation(*names, applied(activation, material.write(last[0].rhs))))]
    labels = listed([entry(d) for d in material.components.of_role(Role.LABEL)])
    yield slide(
        "The loss of one sample",
        Equations((line,)),
        Paragraph((f"the {words}: ", *labels, *_values(len(material.outputs), predictions))),
        *([Equations(tuple(where))] if where else []),
        *loss_kink(material),
    )
    yield slide(
        "The loss of all samples",
        Equations(tuple(_cost(material))),
        Paragraph((
            f"the {network.reduction} over the ", Name("N"), " samples; the gradient of ",
            Name("J"), f" is the {network.reduction} of the gradients of ", Name("L"),
            *([", plus that of the penalties"] if network.l1 or network.l2 else []),
        )),
    )  # fmt: skip


def _values(count: int, predictions: Words) -> Words:
    if count == 1:
        return (" is the actual value, ", *predictions, " the predicted one")
    return (" are the actual values, ", *predictions, " the predicted ones")


def _cost(material: Material) -> Iterator[Line]:
    """Return the cost over the losses, and with the loss put in where it has one term."""
    graph = material.derivation.graph
    cost, loss = graph["J"], graph["L"]
    assert cost.rhs is not None
    assert loss.rhs is not None
    yield Line(equation(name(cost.quantity), write(cost.rhs, graph)), material.labels["J"])
    if material.network.sizes[-1] == 1:
        one = {index: sp.Integer(1) for index in loss.rhs.atoms(sp.Sum).pop().variables}
        lone = loss.rhs.replace(sp.Sum, lambda body, *_: body.xreplace(one)).subs(
            size(material.network.depth), 1
        )
        whole = cost.rhs.xreplace({loss.atom: lone})
        yield Line(
            equation(name(cost.quantity), write(whole, graph, lambda e: _of_sample(e, graph)))
        )


def _of_sample(scalar: sp.Expr, graph: Graph) -> Node:
    """Name an entry of a lone output by its sample alone."""
    if isinstance(scalar, sp.Indexed):
        quantity = graph[str(scalar.base.label)].quantity
        if quantity.role in {Role.LABEL, Role.PREDICTION}:
            return name(quantity.at(scalar.indices[0]))
    return entry_name(scalar, graph)
