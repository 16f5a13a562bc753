"""The first part of the lecture: the problem, the network, the forward pass, the loss."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symderiv import expression as ex
from symderiv.builder import N, size
from symderiv.expression import Call, Name, Node, Number, equation
from symderiv.graph import Definition, Graph
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
from symderiv.renderers.lecture.material import (
    Material,
    alias,
    applied,
    entry,
    listed,
    remark,
    slide,
)
from symderiv.renderers.network_figure import EdgeKey, network_figure
from symderiv.renderers.plot_figure import Samples, points_figure
from symderiv.renderers.scene import Scene
from symderiv.views import array_name, matrix_equation, shape_of
from symderiv.writing import entry_name, write

MOST_ROWS = 8
_FITTING_LINES = 6
_FITTING_COLUMNS = 4


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
    more = (
        [remark(f"the first {MOST_ROWS} of {len(rows)} samples")] if len(rows) > MOST_ROWS else []
    )
    samples = binary_samples(material)
    if samples is None:
        yield slide(title, table, *more)
        return
    figure = Figure(points_figure(samples), "The samples as points, one mark for each class")
    yield slide(title, Columns((table, *more), (figure,), 0.34))
    lines = _failing_lines(samples)
    if lines:
        scene = points_figure(samples, lines)
        figure = Figure(
            scene, "Straight lines through the points: each leaves one on the wrong side"
        )
        yield slide("Why one line cannot separate the classes", figure)
        yield slide("Why one line cannot separate the classes", *_why(samples))


def _number(value: float) -> Node:
    text = f"{abs(value):g}"
    return ex.Negative(Number(text)) if value < 0 else Number(text)


def _failing_lines(samples: Samples) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return some lines between the points, if the centres of both classes show that all fail."""
    if _centres(samples)[0] != _centres(samples)[1]:
        return []
    xs, ys = zip(*samples.points, strict=True)
    left, right, bottom, top = min(xs), max(xs), min(ys), max(ys)
    middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
    return [
        ((left, middle_y), (right, middle_y)),
        ((middle_x, bottom), (middle_x, top)),
        ((middle_x, top), (right, middle_y)),
    ]


def _centres(samples: Samples) -> list[tuple[sp.Rational, ...]]:
    """Return the mean of each class's points, exactly."""
    found = []
    for kind in (0, 1):
        points = [p for p, c in zip(samples.points, samples.classes, strict=True) if c == kind]
        found.append(
            tuple(
                sum(sp.Rational(str(point[axis])) for point in points) / len(points)
                for axis in (0, 1)
            )
        )
    return found


def _why(samples: Samples) -> tuple[Block, ...]:
    """Explain it: both classes have one centre, where a linear function has one value."""
    (x, y), _ = _centres(samples)
    centre = ex.Brackets(ex.Listing((_exact(x), _exact(y))))
    weights = (Name("w", (Number("1"),)), Name("w", (Number("2"),)))
    products = (ex.Product(pair) for pair in zip(weights, samples.axes, strict=True))
    line = ex.Call(Name("f"), samples.axes)
    below, above = samples.names
    signs = [ex.Relation((Name("f"), Number("0")), (sign,)) for sign in ("<", ">")]
    return (
        Paragraph(("Suppose a line did: then a linear function is positive on one side only,",)),
        Equations((Line(equation(line, ex.Sum((*products, Name("b"))))),)),
        Bullets((
            ("The mean of a linear function over some points is its value at their centre",),
            ("Both classes have the same centre, ", centre),
            ("Over the points with ", above, " the mean would be ", signs[1], ", over those with ",
             below, " it would be ", signs[0], ": both at one point, which is impossible"),
        ), stepwise=True),
    )  # fmt: skip


def _exact(value: sp.Expr) -> Node:
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
        notes = [note for layer in layers for note in _formula(material, layer)]
        yield slide("Feedforward", Equations(shown, stepwise=True), *notes)
        return
    for layer in layers:
        equations = Equations(lines[layer], stepwise=True)
        yield slide(f"Feedforward: layer {layer}", equations, *_formula(material, layer))


def _layer_lines(material: Material, layer: int) -> tuple[Line, ...]:
    linear, units = material.of_layer(Role.PREACTIVATION, layer), material.units(layer)
    helpers = material.of_layer(Role.NORMALISER, layer)
    if helpers:
        return tuple(Line(_definition(material, d)) for d in (*linear, *helpers, *units))
    activation = material.network.activations[layer - 1]
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
    data = material.network.data
    if data is not None and len(data.X) <= MOST_ROWS:
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
    computed = [d for d in graph.definitions if d.rhs is not None and d.quantity.layer is not None]
    lines = tuple(Line(_matrix_line(material, d), material.labels[d.key]) for d in computed)
    yield slide(f"{title}: feedforward", Equations(lines, stepwise=True), _shapes(material))


def _literal(rows: tuple[tuple[float, ...], ...]) -> Node:
    return ex.Matrix(tuple(tuple(_number(value) for value in row) for row in rows))


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
    )
    yield slide(
        "The loss of all samples",
        Equations(tuple(_cost(material))),
        Paragraph((
            f"the {network.reduction} over the ", Name("N"), " samples; the gradient of ",
            Name("J"), f" is the {network.reduction} of the gradients of ", Name("L"),
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
        sample = scalar.indices[0]
        return name(graph[str(scalar.base.label)].quantity.at(sample))
    return entry_name(scalar, graph)
