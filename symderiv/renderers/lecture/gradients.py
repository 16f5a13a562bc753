"""The heart of the lecture: the chain rule from the loss back to every parameter and input."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from symderiv.derivation import Chain, Result
from symderiv.expression import Name, equation
from symderiv.functions import Activation
from symderiv.graph import Definition, Graph
from symderiv.notation import Quantity, Role, name
from symderiv.renderers.chain_figure import chain_figure
from symderiv.renderers.deck import Block, Bullets, Equations, Figure, Line, Paragraph, Slide, Words
from symderiv.renderers.lecture.material import Material, entry, remark, slide
from symderiv.renderers.lecture.model import network_scene
from symderiv.renderers.network_figure import EdgeKey
from symderiv.writing import write

_TITLE = "Gradient descent"


def gradient_slides(material: Material) -> tuple[Slide, ...]:
    """Return the slides from the aim to the derivatives by the inputs."""
    depth = material.network.depth
    return (
        _aim(material),
        *_output_layer(material),
        *(s for layer in range(depth - 1, 0, -1) for s in _hidden_layer(material, layer)),
        *_inputs(material),
    )


def _aim(material: Material) -> Slide:
    loss, depth = entry(material.loss), material.network.depth
    steps: list[Words] = [
        (f"Step {depth - layer + 1}: the derivatives of ", loss, " by ", *_parameters(layer))
        for layer in range(depth, 0, -1)
    ]
    last: Words = (f"Step {depth + 1}: its derivatives by the inputs, by the same rule",)
    why = (
        " smaller, each weight and each bias is moved against its derivative. So we need the "
        "derivative by every one of them, from the last layer back to the first:"
    )
    return slide(_TITLE, Paragraph(("To make ", Name("J"), why)), Bullets((*steps, last)))


def _parameters(layer: int) -> Words:
    return (name(Quantity(Role.WEIGHT, layer), matrix=True), " and ",
            name(Quantity(Role.BIAS, layer), matrix=True))  # fmt: skip


# --- the output layer -----------------------------------------------------------------------------


def _output_layer(material: Material) -> Iterator[Slide]:
    depth, loss = material.network.depth, material.loss
    bias = material.of_layer(Role.BIAS, depth)[0]
    worked = material.result(loss, bias)
    stop = _next_stop(material, worked)
    title = f"Step 1: layer {depth}"
    by_outputs = material.results(
        [material.result(loss, d) for d in material.outputs], stepwise=False
    )
    rule = equation(material.write(worked.target), material.write(worked.steps[0].after))
    where: tuple[Block, ...] = (Paragraph(("In which",)), by_outputs)
    yield slide(
        title,
        Paragraph(("By the chain rule,",)),
        Equations((Line(rule),)),
        *(where if len(material.outputs) == 1 else ()),
    )
    if len(material.outputs) > 1:
        yield slide(f"{title}: the loss by the outputs", by_outputs)
    yield _activation_slide(material, depth)
    yield from _mixed_outputs(material, stop)
    yield _chain_slide(material, bias)
    for inputs in _into(material, depth, unit=1):
        results = material.results([material.result(stop, by) for by in inputs])
        yield slide(("Step 1: the local derivatives of ", entry(stop)), results)
    yield slide(("Step 1: the derivative by ", entry(bias)), material.steps(worked))
    yield slide(
        "Step 1: similarly",
        material.results([material.result(loss, by) for by in _from_layer(material, depth)][1:]),
    )


def _mixed_outputs(material: Material, stop: Definition) -> Iterator[Slide]:
    """Where each output depends on all pre-activations, first work the loss by one of those out."""
    if stop.quantity.role is not Role.PREACTIVATION:
        return
    worked = material.result(material.loss, stop)
    yield slide(
        ("Step 1: the derivative by ", entry(stop)), material.steps(worked), *_facts(worked)
    )


def _facts(result: Result) -> list[Paragraph]:
    return [remark("used: ", fact.because) for fact in result.facts]


def _activation_slide(material: Material, layer: int) -> Slide:
    """Work out the derivative of a unit by its pre-activation, from the formula to known names."""
    unit = material.units(layer)[0]
    linear = material.of_layer(Role.PREACTIVATION, layer)[0]
    activation = material.network.activations[layer - 1]
    shown = [material.steps(material.result(unit, linear))]
    others = material.units(layer)[1:2]
    if activation.mixes and others:
        shown.append(material.steps(material.result(others[0], linear)))
    title = f"The derivative of the {activation.name} function"
    return slide(title, *shown, *_kinks(activation))


def _kinks(activation: Activation) -> list[Paragraph]:
    """Say what stands for the derivative where there is none: the choice of a subgradient."""
    return [
        remark("at ", equation(Name("z"), write(kink, Graph(()))), " there is no derivative; ",
               write(activation.slope(kink), Graph(())), " stands for it")
        for kink in activation.kinks
    ]  # fmt: skip


def _into(material: Material, layer: int, unit: int) -> Iterator[list[Definition]]:
    """Yield what a unit's linear sum reads: its bias and weights, and the values before it."""
    weights = [w for w in material.of_layer(Role.WEIGHT, layer) if w.quantity.indices[1] == unit]
    yield [material.of_layer(Role.BIAS, layer)[unit - 1], *weights]
    if layer > 1:
        yield list(material.units(layer - 1))


def _from_layer(material: Material, layer: int) -> list[Definition]:
    """Return the parameters of a layer, and the activations before it."""
    before = list(material.units(layer - 1)) if layer > 1 else []
    return [*material.of_layer(Role.BIAS, layer), *material.of_layer(Role.WEIGHT, layer), *before]


# --- the hidden layers ----------------------------------------------------------------------------


def _hidden_layer(material: Material, layer: int) -> Iterator[Slide]:
    depth, loss = material.network.depth, material.loss
    number = depth - layer + 1
    unit = material.units(layer)[0]
    bias = material.of_layer(Role.BIAS, layer)[0]
    weights = material.of_layer(Role.WEIGHT, layer)
    worked = material.result(loss, bias)
    title = f"Step {number}: layer {layer}"
    yield slide(
        title,
        Paragraph(("The unit ", entry(unit), " reaches the loss through the layer above it:")),
        Figure(network_scene(material, _paths(material, weights[0])), _path_words(weights[0])),
    )
    yield slide(title, Paragraph(("Apply the chain rule within the layer:",)),
                material.steps(material.result(unit, bias)))  # fmt: skip
    yield slide((f"Step {number}: the derivative by ", entry(bias)), material.steps(worked))
    yield _chain_slide(material, weights[0])
    yield slide((f"Step {number}: the derivative by ", entry(weights[0])),
                material.steps(material.result(loss, weights[0])))  # fmt: skip
    rest = [d for d in _from_layer(material, layer) if d not in (bias, weights[0])]
    if rest:
        others = [material.result(loss, d) for d in rest]
        yield slide(f"Step {number}: similarly", material.results(others))


def _paths(material: Material, weight: Definition) -> frozenset[EdgeKey]:
    """Return the edges on all paths from a weight to the outputs."""
    layer = weight.quantity.layer
    assert isinstance(layer, int)
    source, target = (int(index) for index in weight.quantity.indices)
    edges = {EdgeKey(layer, source, target)}
    reached = [target]
    for above in range(layer + 1, material.network.depth + 1):
        units = range(1, material.network.sizes[above] + 1)
        edges |= {EdgeKey(above, i, j) for i in reached for j in units}
        reached = list(units)
    return frozenset(edges)


def _path_words(weight: Definition) -> str:
    i, j = weight.quantity.indices
    layer = weight.quantity.layer
    return f"The paths to the loss from the weight of layer {layer} between nodes {i} and {j}"


# --- chains and inputs ----------------------------------------------------------------------------


def _next_stop(material: Material, result: Result) -> Definition:
    """Return the name through which the chain rule of a derivative goes first."""
    chain = result.steps[0].after.atoms(Chain)
    first = min(chain, key=str).args[0]
    return material.components[first.args[1].name]


def _chain_slide(material: Material, by: Definition) -> Slide:
    """Draw the chain rule of the loss by a parameter, as long as there is one path only."""
    path, at = [by], by
    while at != material.loss:
        steps = material.result(material.loss, at).steps
        chains = steps[0].after.atoms(Chain) if steps[0].rule == "chain" else set()
        at = (
            material.components[chains.pop().args[0].args[1].name]
            if len(chains) == 1
            else material.loss
        )
        path.append(at)
    links = [material.equals(material.result(of, after)) for after, of in pairwise(path)]
    figure = chain_figure([entry(d) for d in path], links)
    words = "The chain rule from " + " to ".join(d.key for d in path)
    return slide(("The chain rule for ", entry(by)), Figure(figure, words))


def _inputs(material: Material) -> Iterator[Slide]:
    inputs = material.units(0)
    worked = material.result(material.loss, inputs[0])
    number = material.network.depth + 1
    title = (f"Step {number}: the derivative by the input ", entry(inputs[0]))
    yield slide(title, material.steps(worked))
    if inputs[1:]:
        others = [material.result(material.loss, d) for d in inputs[1:]]
        yield slide(f"Step {number}: similarly", material.results(others))
