"""The report of a build as one HTML page: every equation, its proof, what the code did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from symderiv import expression as ex
from symderiv.derivation import Derivation
from symderiv.expression import Node
from symderiv.latex.mathml import mathml
from symderiv.notation import PARAMETERS, Role, name
from symderiv.program import backward_pass, equation_labels
from symderiv.proof import DIGITS, POINTS, Proof
from symderiv.renderers.lecture.material import Outcome
from symderiv.renderers.typefaces import typefaces
from symderiv.templating import environment
from symderiv.views import index_equation, matrix_equation
from symderiv.writing import write


@dataclass(frozen=True, slots=True)
class Report:
    """What a report tells."""

    derivation: Derivation
    proofs: tuple[Proof, ...]
    checks: tuple[tuple[str, str], ...]
    outcome: Outcome | None


def report_html(report: Report) -> str:
    """Return the page: self-contained, no script, mathematics as MathML."""
    derivation = report.derivation
    network, graph = derivation.network, derivation.graph
    labels = equation_labels(derivation)
    return (
        environment("html")
        .get_template("report.html.j2")
        .render(
            network=network,
            sizes="-".join(map(str, network.sizes)),
            activations=", ".join(activation.name for activation in network.activations),
            fonts=typefaces(),
            checks=report.checks,
            facts=[fact.because for fact in graph.facts],
            equations=[
                (labels[d.key], _math(index_equation(d, graph)), _math(matrix_equation(d, graph)))
                for d in backward_pass(derivation)
            ],
            gradients=list(_gradients(derivation)) if network.written_out else [],
            digits=DIGITS,
            points=POINTS,
            outcome=report.outcome,
        )
    )


def _math(node: Node) -> Markup:
    return Markup(mathml(node, display=True))  # noqa: S704  the printer escapes


def _gradients(derivation: Derivation) -> Iterator[tuple[Markup, list[tuple[Markup, str]]]]:
    """Yield each parameter's derivative in components, and the rows that led to it."""
    components = derivation.network.components
    loss = components.of_role(Role.LOSS)[0]
    for definition in components.of_role(*PARAMETERS):
        result = derivation.component(loss.key, definition.key)
        left = ex.Partial(name(loss.quantity), name(definition.quantity))
        rows = [(_math(write(step.after, components)), step.because) for step in result.steps]
        yield _math(ex.equation(left, write(result.value, components))), rows
