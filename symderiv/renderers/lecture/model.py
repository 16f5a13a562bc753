"""The first part of the lecture: the problem, the network, the forward pass, the loss."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symderiv import expression as ex
from symderiv.expression import Call, Name, Node, Number, equation
from symderiv.functions import Activation
from symderiv.graph import Definition, Graph
from symderiv.network import N, size
from symderiv.notation import PARAMETERS, Quantity, Role, name
from symderiv.renderers.deck import (
    Block,
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
from symderiv.renderers.geometry import Bounds
from symderiv.renderers.lecture.material import Material, alias, entry, listed, remark, slide
from symderiv.renderers.network_figure import EdgeKey, network_figure
from symderiv.renderers.plot_figure import Samples, points_figure
from symderiv.renderers.scene import Scene
from symderiv.views import array_name, matrix_equation, shape_of
from symderiv.writing import entry_name, write

MOST_ROWS = 8


def model_slides(material: Material) -> tuple[Slide, ...]:
    """Return the slides from the problem to the loss."""
    return (
        *_problem(material),
        _network(material),
        *_forward(material),
        *_matrices(material),
        *_loss(material),
    )


# --- the problem ----------------------------------------------------------------------------------


def binary_samples(material: Material) -> Samples | None:
    """Return the data as points of two classes, if that is what it is."""
    data, network = material.network.data, material.network
    if data is None or network.inputs != 2 or network.sizes[-1] != 1:
        return None
    if {value for row in data.Y for value in row} != {0, 1}:
        return None
    axes = (name(Quantity(Role.INPUT).at(1)), name(Quantity(Role.INPUT).at(2)))
    label = name(Quantity(Role.LABEL).at())
    classes = tuple(int(row[0]) for row in data.Y)
    points = tuple((float(a), float(b)) for a, b in data.X)
    names = (equation(label, Number("0")), equation(label, Number("1")))
    return Samples(points, classes, axes, names)


def _problem(material: Material) -> Iterator[Slide]:
    data, network = material.network.data, material.network
    if data is None:
        return
    title = f"The {network.problem} problem" if network.problem else "The data"
    names = [entry(d) for d in material.components.of_role(Role.INPUT, Role.LABEL)]
    header = tuple((node,) for node in names)
    rows = tuple(
        tuple((_number(value),) for value in (*x, *y)) for x, y in zip(data.X, data.Y, strict=True)
    )
    table = Table(header, rows[:MOST_ROWS])
    more = [remark(f"the first {MOST_ROWS} of {len(rows)} samples")] if len(rows) > MOST_ROWS else []
    samples = binary_samples(material)
    if samples is None:
        yield slide(title, table, *more)
        return
    figure = Figure(points_figure(samples), "The samples as points, one mark for each class")
    yield slide(title, Columns((table, *more), (figure,), 0.34))
    lines = _failing_lines(samples)
    if lines:
        scene = points_figure(samples, lines)
        description = "Straight lines through the points: each leaves a point on the wrong side"
        yield slide("Why one line cannot separate the classes", Figure(scene, description), _why(samples))


def _number(value: float) -> Node:
    text = f"{abs(value):g}"
    return ex.Negative(Number(text)) if value < 0 else Number(text)


def _failing_lines(samples: Samples) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return some lines, if none through two points, moved a little, parts the classes.

    A line that separates two finite sets can be moved until it touches a point of each, so trying
    those decides it. What is shown are lines between the rows, the columns and the diagonals.
    """
    if _centres(samples)[0] != _centres(samples)[1]:
        return []
    box = Bounds(
        min(x for x, _ in samples.points), min(y for _, y in samples.points),
        max(x for x, _ in samples.points), max(y for _, y in samples.points),
    )  # fmt: skip
    middle_x, middle_y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
    return [
        ((box.left, middle_y), (box.right, middle_y)),
        ((middle_x, box.bottom), (middle_x, box.top)),
        ((box.left, middle_y), (middle_x, box.bottom)),
    ]


def _centres(samples: Samples) -> list[tuple[sp.Rational, ...]]:
    """Return the mean of each class's points, exactly."""
    found = []
    for kind in (0, 1):
        points = [p for p, c in zip(samples.points, samples.classes, strict=True) if c == kind]
        found.append(tuple(
            sum(sp.Rational(str(point[axis])) for point in points) / len(points) for axis in (0, 1)
        ))
    return found


def _why(samples: Samples) -> Paragraph:
    """Explain it: both classes have one centre, where a linear function has one value."""
    (x, y), _ = _centres(samples)
    centre = ex.Brackets(ex.Listing((write_number(x), write_number(y))))
    line = ex.Sum((
        ex.Product((Name("w", (Number("1"),)), samples.axes[0])),
        ex.Product((Name("w", (Number("2"),)), samples.axes[1])),
        Name("b"),
    ))  # fmt: skip
    return Paragraph((
        "Both classes have the same centre ", centre, ". If ", line, " were positive on one class and "
        "negative on the other, its value there, the mean over either class, would have both signs.",
    ))  # fmt: skip


def write_number(value: sp.Expr) -> Node:
    """Return an exact number for print."""
    if value.q == 1:
        return Number(str(value))
    return ex.Fraction(Number(str(value.p)), Number(str(value.q)))


# --- the network ----------------------------------------------------------------------------------


def network_scene(material: Material, highlight: frozenset[EdgeKey] = frozenset()) -> Scene:
    """Return the drawing of the network."""
    layers = tuple(
        tuple(entry(unit) for unit in material.units(layer))
        for layer in range(material.network.depth + 1)
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
    first, linear = material.of_layer(Role.PREACTIVATION, 1)[0], Name("z")
    hidden = ", ".join(_nodes(units) for units in network.sizes[1:-1])
    layers = f"{_nodes(network.inputs)} in the input layer, " + (
        f"{hidden} in the hidden layer{'s' if network.depth > 2 else ''}, " if hidden else ""
    )
    bullets = Bullets((
        (f"Model {sizes}: {layers}{_nodes(network.sizes[-1])} in the output layer",),
        ("The dashed nodes have the value 1; their edges carry the biases",),
        ("Each other node does two steps: (1) a linear sum ", linear, ", (2) an activation ", Name("a")),
    ))  # fmt: skip
    assert first.rhs is not None
    figure = Figure(network_scene(material), f"The network {sizes} with its weights and biases")
    return slide(f"The neural network model{problem}", Columns((figure,), (bullets,), 0.62))


def _nodes(count: int) -> str:
    return f"{count} node" + ("s" if count > 1 else "")


# --- forward --------------------------------------------------------------------------------------


def applied(activation: Activation, argument: Node) -> Node:
    """Return ``f(z)`` as it is written; the identity leaves ``z``."""
    if activation.name == "identity":
        return argument
    return Call(activation.symbol, (argument,))


def _forward(material: Material) -> Iterator[Slide]:
    for layer in range(1, material.network.depth + 1):
        activation = material.network.activations[layer - 1]
        lines = []
        linear = material.of_layer(Role.PREACTIVATION, layer)
        helpers = material.of_layer(Role.NORMALISER, layer)
        if helpers:
            lines += [Line(_definition(material, d)) for d in (*linear, *helpers)]
            lines += [Line(_definition(material, d)) for d in material.units(layer)]
        else:
            for z, a in zip(linear, material.units(layer), strict=True):
                lines += [Line(_definition(material, z)), Line(_activated(activation, z, a))]
        title = f"Feedforward: layer {layer}"
        yield slide(title, Equations(tuple(lines), stepwise=True), *_formula(material, layer))


def _definition(material: Material, definition: Definition) -> Node:
    assert definition.rhs is not None
    return equation(entry(definition), material.write(definition.rhs))


def _activated(activation: Activation, linear: Definition, unit: Definition) -> Node:
    r"""Return ``\hat y = a_1^{(2)} = \sigma(z_1^{(2)})``, with both names of a prediction."""
    names = [node for node in (entry(unit), alias(unit)) if node is not None]
    return equation(*names, applied(activation, entry(linear)))


def _formula(material: Material, layer: int) -> tuple[Block, ...]:
    """Say what the activation is, the first time that it is used."""
    activation = material.network.activations[layer - 1]
    seen = material.network.activations[: layer - 1]
    if activation in seen or activation.name == "identity":
        return ()
    if activation.summand is not None:
        return (Paragraph((f"This activation is called {activation.name}: its values sum to 1.",)),)
    formula = activation.formula(sp.Symbol("z", real=True))
    shown = write(formula, material.components)
    call = Call(activation.symbol, (Name("z"),))
    if shown == call:
        return ()
    return (Paragraph((f"The {activation.name} function is ", equation(call, shown), ".")),)


# --- matrices -------------------------------------------------------------------------------------


def _matrices(material: Material) -> Iterator[Slide]:
    title = "In matrix form"
    graph = material.derivation.graph
    blocks: list[Block] = []
    data = material.network.data
    if data is not None and len(data.X) <= MOST_ROWS:
        values = [
            equation(array_name(key, graph), _literal(rows)) for key, rows in (("X", data.X), ("Y", data.Y))
        ]
        blocks.append(Equations((Line(ex.Listing(tuple(values))),)))
    if max(material.network.sizes) <= 4:
        for layer in range(1, material.network.depth + 1):
            blocks.append(Equations((Line(_parameters(material, layer)),)))
    if blocks:
        yield slide(title, *blocks, remark("One row for each sample, one column for each node."))
    computed = [d for d in graph.definitions if d.rhs is not None and d.quantity.layered or
                d.quantity.role is Role.PREDICTION]  # fmt: skip
    lines = tuple(Line(_matrix_line(material, d), material.labels[d.key]) for d in computed)
    yield slide(title, Equations(lines, stepwise=True), _shapes(material))


def _literal(rows: tuple[tuple[float, ...], ...]) -> Node:
    return ex.Matrix(tuple(tuple(_number(value) for value in row) for row in rows))


def _parameters(material: Material, layer: int) -> Node:
    graph = material.derivation.graph
    fan_in, units = material.network.sizes[layer - 1], material.network.sizes[layer]
    weights = tuple(
        tuple(name(Quantity(Role.WEIGHT, layer).at(i, j)) for j in range(1, units + 1))
        for i in range(1, fan_in + 1)
    )
    biases = tuple(name(Quantity(Role.BIAS, layer).at(j)) for j in range(1, units + 1))
    return ex.Listing((
        equation(array_name(f"W{layer}", graph), ex.Matrix(weights)),
        equation(array_name(f"b{layer}", graph), ex.Matrix((biases,))),
    ))  # fmt: skip


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
        numbers.append((_in_numbers(definition, known),))
    return Table(tuple(header), (tuple(symbols), tuple(numbers)))


def _in_numbers(definition: Definition, known: dict[sp.Symbol, int]) -> Node:
    sizes = [index.high.subs(known) for index in definition.indices]
    nodes = [Number(str(s)) if s.is_Integer else Name(str(s)) for s in sizes]
    if len(nodes) == 1:
        nodes = [Number("1"), *nodes]
    return ex.Product(tuple(nodes), "times")


# --- loss -----------------------------------------------------------------------------------------


def _loss(material: Material) -> Iterator[Slide]:
    network, loss = material.network, material.loss
    words = network.loss_function.words
    predictions = listed([entry(d) for d in material.outputs])
    lines = [Line(_definition(material, loss))]
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
        Equations(tuple(lines)),
        Paragraph((f"the {words}: ", *labels, " is the actual value, ", *predictions, " the predicted one")),
        *([Equations(tuple(where))] if where else []),
    )
    yield slide(
        "The loss of all samples",
        Equations(tuple(Line(node) for node in _cost(material))),
        Paragraph((f"the {material.mean_or_sum()} over the ", Name("N"), " samples; the gradient of ",
                   Name("J"), " is that ", material.mean_or_sum(), " of the gradients of ", Name("L"))),
    )  # fmt: skip


def _cost(material: Material) -> Iterator[Node]:
    """Return the cost over the losses, and with the loss put in where it has one term."""
    graph = material.derivation.graph
    cost, loss = graph["J"], graph["L"]
    assert cost.rhs is not None
    assert loss.rhs is not None
    yield equation(name(cost.quantity), write(cost.rhs, graph))
    if material.network.sizes[-1] == 1:
        one = {index: sp.Integer(1) for index in loss.rhs.atoms(sp.Sum).pop().variables}
        lone = loss.rhs.replace(sp.Sum, lambda body, *_: body.xreplace(one)).subs(size(material.network.depth), 1)
        whole = cost.rhs.xreplace({loss.atom: lone})
        yield equation(name(cost.quantity), write(whole, graph, lambda e: _of_sample(e, graph)))


def _of_sample(scalar: sp.Expr, graph: Graph) -> Node:
    """Name an entry of a lone output by its sample alone."""
    if isinstance(scalar, sp.Indexed):
        sample = scalar.indices[0]
        return name(graph[str(scalar.base.label)].quantity.at(sample))
    return entry_name(scalar, graph)
