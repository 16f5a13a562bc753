"""What the gradients are for: the update rule, and what the emitted code learned with it."""

from __future__ import annotations

from collections.abc import Iterator

from symderiv.expression import Name, Negative, Node, Number, Product, Relation, Sum
from symderiv.notation import PARAMETERS, name
from symderiv.renderers.deck import Block, Equations, Figure, Line, Paragraph, Slide, Table
from symderiv.renderers.geometry import Bounds
from symderiv.renderers.lecture.material import (
    Material,
    Outcome,
    label_names,
    slide,
    unit_names,
)
from symderiv.renderers.lecture.problem import MOST_COLUMNS, MOST_ROWS, binary_samples
from symderiv.renderers.plot_figure import decision_figure, loss_figure

_ETA = Name("eta")


def training_slides(material: Material) -> tuple[Slide, ...]:
    """Return the update rule and, where there is data, the training's result."""
    outcome = material.outcome
    return (_update(material), *(_result(material, outcome) if outcome is not None else ()))


def _update(material: Material) -> Slide:
    training = material.network.training
    lines = []
    for definition in material.derivation.graph.of_role(*PARAMETERS):
        value = name(definition.quantity, matrix=True)
        slope = name(definition.quantity.bar(), matrix=True)
        step = Sum((value, Negative(Product((_ETA, slope)))))
        lines.append(Line(Relation((value, step), ("gets",))))
    words = Paragraph((
        "Repeat for each epoch, all samples at once; here the learning rate is ", _ETA,
        f" = {training.learning_rate:g} and there are {training.epochs} epochs.",
    ))  # fmt: skip
    return slide("The update rule", Equations(tuple(lines)), words)


def _result(material: Material, outcome: Outcome) -> Iterator[Slide]:
    network = material.network
    first, last = outcome.losses[0], outcome.losses[-1]
    fall = f" falls from {first:.4g} to {last:.4g} in {len(outcome.losses) - 1} epochs"
    words = Paragraph((Name("J"), f"{fall} (seed {network.training.seed})"), small=True)
    figure = Figure(loss_figure(outcome.losses, Name("J")), "The cost over the epochs, falling")
    yield slide("Training: the cost", figure, words)
    samples = binary_samples(material)
    if samples is not None and outcome.grid:
        output = unit_names(network, network.depth)[0]
        half = Relation((output, Number("0.5")), ("=",))
        scene = decision_figure(samples, outcome.grid, Bounds(*outcome.square), half)
        description = "The network's output over the plane; its boundary parts the two classes"
        yield slide("Training: the decision", Figure(scene, description))
    if network.sizes[0] + 2 * network.sizes[-1] <= MOST_COLUMNS:
        yield slide("Training: the predictions", *_predictions(material, outcome))


def _predictions(material: Material, outcome: Outcome) -> tuple[Block, ...]:
    """Return the labels beside the predictions."""
    data = material.network.data
    assert data is not None
    network = material.network
    outputs, labels = unit_names(network, network.depth), label_names(network)
    rows = [
        tuple((_short(value),) for value in (*x, *y, *p))
        for x, y, p in zip(data.X, data.Y, outcome.predictions, strict=True)
    ][:MOST_ROWS]
    inputs = unit_names(network, 0)
    header = tuple((node,) for node in (*inputs, *labels, *outputs))
    return (Table(header, tuple(rows)),)


def _short(value: float) -> Node:
    text = f"{abs(value):g}" if value == int(value) else f"{abs(value):.4f}"
    return Negative(Number(text)) if value < 0 and float(text) else Number(text)
