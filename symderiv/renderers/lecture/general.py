"""The general model: any layer of any dense network, in indices and as matrices."""

from __future__ import annotations

from symderiv.expression import Name
from symderiv.general import LAYER, GeneralModel, general_model
from symderiv.graph import Definition
from symderiv.notation import Quantity, Role, name
from symderiv.program import backward_pass
from symderiv.renderers.deck import (
    Equations,
    Figure,
    Line,
    Paragraph,
    Row,
    Slide,
    Steps,
    Table,
    Words,
)
from symderiv.renderers.flow_figure import (
    FlowLayer,
    FlowSource,
    backpropagation_figure,
    feedforward_figure,
)
from symderiv.renderers.lecture.material import Material, remark, slide
from symderiv.views import index_equation, matrix_equation, shape_of

_TITLE = "The general model"


def general_slides(material: Material) -> tuple[Slide, ...]:
    """Return the slides of layer ``l``, and the gradients of this network as matrices."""
    model = general_model()
    source, layers = _flow()
    given = model.forward[0]
    linear = given.quantity.at(*(index.symbol for index in given.indices))
    return (
        slide(
            (f"{_TITLE}: layer ", Name("l")),
            Paragraph(("In a network of any depth and any widths, layer ", Name("l"), " computes")),
            _indexed(model, (*model.forward, model.following)),
            remark("for each sample ", Name("n"), " and each node ", Name("j"),
                   "; only the next layer reads layer ", Name("l")),
        ),
        slide(f"{_TITLE}: feedforward", Figure(feedforward_figure(source, layers),
              "Values flow from layer to layer, each with its parameters")),
        slide(
            f"{_TITLE}: the recursion",
            Paragraph(("Let ", name(linear.bar()), " be the derivative of ", Name("J"), " by ",
                       name(linear), ". The same chain rule, in indices:")),
            _recursion(model),
            *_penalties(material),
        ),
        slide(f"{_TITLE}: as matrices", _matrices(model), _shape_table(model),
              remark(Name("1", bold=True), " is a column of ", Name("N"),
                     " ones: it adds the samples up"), *_penalties(material)),
        slide(f"{_TITLE}: backpropagation", Figure(backpropagation_figure(source, layers),
              "Errors flow back from layer to layer and leave the gradients of the parameters")),
        slide("This network's gradients as matrices", _gradients(material)),
    )  # fmt: skip


def _penalties(material: Material) -> list[Paragraph]:
    """Say what the general model leaves out."""
    if not (material.network.l1 or material.network.l2):
        return []
    return [remark("without penalties: each adds its own derivative by the weights")]


def _indexed(model: GeneralModel, definitions: tuple[Definition, ...]) -> Equations:
    return Equations(
        tuple(Line(index_equation(d, model.graph)) for d in definitions), stepwise=True
    )


def _recursion(model: GeneralModel) -> Steps:
    """Return the derived equations, aligned, each with the reason why it has that form."""
    node, sample = Name("k"), Name("n")
    reasons = (
        ("every node ", node, " of the next layer reads it"),
        ("the activation, node by node",),
        ("every sample ", sample, " uses the weight"),
        ("every sample ", sample, " uses the bias"),
    )
    rows = []
    for definition, because in zip(model.backward, reasons, strict=True):
        left, right = index_equation(definition, model.graph).sides
        rows.append(Row(left, right, because))
    return Steps(tuple(rows))


def _matrices(model: GeneralModel) -> Equations:
    derived = [d for d in model.backward if d.quantity.role is not Role.ACTIVATION]
    return Equations(tuple(Line(matrix_equation(d, model.graph)) for d in derived), stepwise=True)


def _shape_table(model: GeneralModel) -> Table:
    definitions = [d for d in model.graph.definitions if d.quantity.layer in (LAYER - 1, LAYER)]
    header: list[Words] = [("",), *((name(d.quantity, matrix=True),) for d in definitions)]
    shapes: list[Words] = [("shape",), *((shape_of(d, model.graph),) for d in definitions)]
    return Table(tuple(header), (tuple(shapes),))


def _gradients(material: Material) -> Equations:
    graph = material.derivation.graph
    return Equations(
        tuple(
            Line(matrix_equation(d, graph), material.labels[d.key])
            for d in backward_pass(material.derivation)
        ),
        stepwise=True,
    )


def _flow() -> tuple[FlowSource, tuple[FlowLayer, ...]]:
    """Return the names in the two drawings: layer ``l - 1`` before, ``l`` and ``l + 1``."""
    before = name(Quantity(Role.ACTIVATION, LAYER - 1), matrix=True)
    layers = []
    for layer in (LAYER, LAYER + 1):
        parameters = (Quantity(Role.WEIGHT, layer), Quantity(Role.BIAS, layer))
        linear = Quantity(Role.PREACTIVATION, layer)
        layers.append(
            FlowLayer(
                f"layer {layer}",
                name(linear, matrix=True),
                name(Quantity(Role.ACTIVATION, layer), matrix=True),
                tuple(name(p, matrix=True) for p in parameters),
                name(linear.bar(), matrix=True),
                tuple(name(p.bar(), matrix=True) for p in parameters),
            )
        )
    return FlowSource(f"layer {LAYER - 1}", before), tuple(layers)
