"""What a lecture is made from, and the few ways in which it writes a derivation down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr

from symderiv import expression as ex
from symderiv.derivation import Chain, Derivation, Result, Step
from symderiv.expression import Node, equation
from symderiv.functions import Activation
from symderiv.graph import Condition, Definition, Graph
from symderiv.network import Network
from symderiv.notation import Quantity, Role, name
from symderiv.program import equation_labels
from symderiv.renderers.deck import Block, Equations, Line, Paragraph, Row, Slide, Steps, Words
from symderiv.writing import write, write_condition

Grid = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the emitted code did: the cost of each epoch, and the predictions for the data.

    ``grid`` holds predictions over the square of the figure, lowest row first, where the network
    has two inputs and one output; ``square`` is (left, bottom, right, top).
    """

    losses: tuple[float, ...]
    predictions: Grid
    grid: Grid = ()
    square: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Material:
    """A derivation with the code that was emitted from it, and what running and checking showed.

    ``checks`` are (what, outcome) pairs for the last slide.
    """

    derivation: Derivation
    source: str
    outcome: Outcome | None
    checks: tuple[tuple[str, str], ...]

    @property
    def network(self) -> Network:
        """The network that the lecture is about."""
        return self.derivation.network

    @property
    def components(self) -> Graph:
        """The network in components."""
        return self.network.components

    @cached_property
    def labels(self) -> dict[str, str]:
        """The numbers of the equations that the code cites."""
        return equation_labels(self.derivation)

    @property
    def outputs(self) -> tuple[Definition, ...]:
        """The predictions in components."""
        return self.components.of_role(Role.PREDICTION)

    def of_layer(self, role: Role, layer: int) -> tuple[Definition, ...]:
        """Return the components of one role in one layer."""
        return tuple(d for d in self.components.of_role(role) if d.quantity.layer == layer)

    def units(self, layer: int) -> tuple[Definition, ...]:
        """Return what the units of a layer pass on: inputs, activations or predictions."""
        if layer == 0:
            return self.components.of_role(Role.INPUT)
        last = layer == self.network.depth
        return self.outputs if last else self.of_layer(Role.ACTIVATION, layer)

    def write(self, expr: Expr) -> Node:
        """Return an expression over the components for print."""
        return write(expr, self.components)

    def result(self, of: Definition, by: Definition) -> Result:
        """Return a derivative in components."""
        return self.derivation.components[of.key, by.key]

    @property
    def loss(self) -> Definition:
        """The loss of one sample."""
        return self.components.of_role(Role.LOSS)[0]

    # --- equations and derivations ---

    def equals(self, result: Result) -> Node:
        """Return ``derivative = value``."""
        return equation(self.write(result.target), self.write(result.value))

    def results(self, results: Iterable[Result], *, stepwise: bool = True) -> Equations:
        """Return derivatives with their values, below each other."""
        return Equations(tuple(Line(self.equals(result)) for result in results), stepwise)

    def steps(self, result: Result) -> Steps:
        """Return a derivation row by row, the factor that the next row replaces in colour."""
        shown: list[tuple[Step, Node]] = []
        for step in result.steps:
            node = self.write(step.after)
            if not shown or shown[-1][1] != node:
                shown.append((step, node))
        following = [step.rule for step, _ in shown[1:]] + [""]
        rows = []
        for place, ((step, node), rule) in enumerate(zip(shown, following, strict=True)):
            left = self.write(result.target) if place == 0 else None
            last = place == len(shown) - 1
            rows.append(Row(left, _marked(node, rule), self.because(step), last and place > 0))
        return Steps(tuple(rows))

    def because(self, step: Step) -> Words:
        """Return the reason beside a row."""
        if step.rule == "fold" and isinstance(step.used, Definition):
            return ("with the definition of ", self.write(step.used.atom))
        chains = step.before.atoms(Chain)
        if step.rule in {"outer", "inner"} and len(chains) == 1:
            factor = chains.pop().args[0 if step.rule == "outer" else 1]
            return ("derivative of ", self.write(factor.args[0]))
        if step.rule in {"outer", "inner"}:
            return ("what is known" if step.rule == "outer" else "the local derivatives",)
        if not step.conditions:
            return (step.because,)
        known = ex.Listing(tuple(map(self.condition, step.conditions)))
        return (step.because, ", as ", known)

    def condition(self, condition: Condition) -> Node:
        """Return why a cancelled factor is not zero, as a relation."""
        return write_condition(condition, self.components)


def _marked(node: Node, rule: str) -> Node:
    """Colour in each product of the chain rule the factor that ``rule`` replaces next."""
    place = {"outer": 0, "inner": 1}.get(rule)
    if place is None:
        return node
    match node:
        case ex.Product(factors, "cdot") if len(factors) == 2:
            marked = [ex.Highlight(f) if i == place else f for i, f in enumerate(factors)]
            return ex.Product(tuple(marked), "cdot")
        case ex.Sum(terms):
            return ex.Sum(tuple(_marked(term, rule) for term in terms))
        case ex.Negative(operand):
            return ex.Negative(_marked(operand, rule))
        case _:
            return node


def applied(activation: Activation, argument: Node) -> Node:
    """Return ``f(z)`` as it is written; the identity leaves ``z``."""
    if activation.name == "identity":
        return argument
    return ex.Call(activation.symbol, (argument,))


def entry(definition: Definition) -> Node:
    """Return the printed name of a component."""
    return name(definition.quantity)


def alias(definition: Definition) -> Node | None:
    r"""Return the other name of a prediction, ``a_1^{(2)}`` for ``\hat y``."""
    quantity = definition.quantity
    if quantity.role is not Role.PREDICTION:
        return None
    return name(Quantity(Role.ACTIVATION, quantity.layer).at(*(quantity.indices or (1,))))


def unit_names(network: Network, layer: int) -> tuple[Node, ...]:
    """Return the names of what the nodes of a layer pass on; no component is worked out."""
    count = network.sizes[layer]
    ends = {0: Role.INPUT, network.depth: Role.PREDICTION}
    role = ends.get(layer, Role.ACTIVATION)
    quantity = Quantity(role, layer or None)
    if role is Role.PREDICTION and count == 1:
        return (name(quantity.at()),)
    return tuple(name(quantity.at(unit)) for unit in range(1, count + 1))


def label_names(network: Network) -> tuple[Node, ...]:
    """Return the names of the labels of one sample."""
    count, quantity = network.sizes[-1], Quantity(Role.LABEL)
    if count == 1:
        return (name(quantity.at()),)
    return tuple(name(quantity.at(unit)) for unit in range(1, count + 1))


def slide(title: Words | str, *blocks: Block, notes: str = "") -> Slide:
    """Return a slide; a plain title may be given as text."""
    return Slide((title,) if isinstance(title, str) else title, blocks, notes)


def remark(*words: str | Node) -> Paragraph:
    """Return a small line below a figure or an equation."""
    return Paragraph(words, small=True)


def listed(nodes: Sequence[Node]) -> Words:
    """Return nodes with commas and an ``and``, as words."""
    words: list[str | Node] = []
    for place, node in enumerate(nodes):
        if place:
            words.append(" and " if place == len(nodes) - 1 else ", ")
        words.append(node)
    return tuple(words)
