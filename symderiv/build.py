"""From a network to every artefact: derive, prove, emit, run, check, render, read back, write.

Nothing is written before everything is made, so a failure leaves the folder as it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symderiv import __version__
from symderiv.crosscheck import TOLERANCE, CheckReport, compare, run_file
from symderiv.derivation import Derivation
from symderiv.emitters.numpy import numpy_source
from symderiv.errors import UnsupportedError
from symderiv.latex.printer import latex
from symderiv.layers import Dense
from symderiv.network import Network
from symderiv.notation import LECTURE, Role
from symderiv.output_files import OutputFolder
from symderiv.pipeline import derive
from symderiv.profiles import profile
from symderiv.program import backward_pass, equation_labels, lowered
from symderiv.proof import TOLERANCE as PROOF_TOLERANCE
from symderiv.proof import Proof, prove
from symderiv.readback import TOLERANCE as READ_TOLERANCE
from symderiv.readback import ReadBack, read_back_text
from symderiv.renderers.beamer import beamer
from symderiv.renderers.html import html
from symderiv.renderers.lecture import Material, Outcome, lecture
from symderiv.renderers.pdf import PdfResult, compile_pdf
from symderiv.renderers.report import Report, report_html
from symderiv.spec import to_dict
from symderiv.views import index_equation, matrix_equation
from symderiv.writing import write_condition

PARTS = ("slides", "html", "code", "report")
_GRID = 33
_MARGIN = 0.4
_MOST_PARAMETERS = 2_000_000
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build wrote, what it checked with which outcome, and what else there is to say."""

    written: tuple[Path, ...]
    checks: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    passed: bool


def build(
    network: Network,
    output: Path,
    *,
    only: frozenset[str] | None = None,
    force: bool = False,
    progress: Tell = lambda _: None,
) -> BuildResult:
    """Build a network's artefacts in ``output``, or ``only`` those of its ``PARTS``.

    Raises ``UnsupportedError`` if the network is of a kind that has no slides and no code yet,
    ``DerivationError`` if a gradient fails its proof, ``OutputError`` if a file cannot be written
    or was edited by hand.
    """
    check_buildable(network)
    parts = frozenset(PARTS) if only is None else only
    progress("deriving")
    derivation = derive(network)
    progress("proving each gradient")
    proved = derivation if network.written_out else derive(network.shrunk())
    proofs = prove(proved)
    progress("running the emitted code")
    source = numpy_source(lowered(derivation))
    module = _module(source)
    report, outcome = compare(derivation, module), _outcome(derivation, module)
    where = "" if proved is derivation else f" of the same network as {_sizes(proved.network)}"
    checks = _checks(proofs, report, where)
    folder = OutputFolder(output)
    if "code" in parts:
        folder.add("train.py", source)
    progress("drawing the slides")
    deck = lecture(Material(derivation, source, outcome, checks))
    tex = beamer(deck)
    progress("reading the slides back")
    found = read_back_text(tex, derivation, module)
    checks += (_read_back(found),)
    everywhere = checks  # what files list needs no TeX: they are the same on any machine
    pdf = PdfResult(None)
    if "html" in parts:
        folder.add("slides.html", html(deck))
    if "slides" in parts:
        folder.add("slides.tex", tex)
        progress("compiling the slides")
        pdf = _compiled(folder, tex)
        checks += _fit(pdf)
    if "report" in parts:
        page = Report(derivation, proofs, everywhere, outcome)
        folder.add("report.html", report_html(page))
    written = folder.write(_record(derivation, everywhere, outcome), force=force)
    notes: tuple[str, ...] = (pdf.message,) if pdf.message else ()
    if profile(network.notation) != LECTURE:
        notes += ("slides and report are in the lecture's notation; `derive` prints yours",)
    compiled = pdf.pdf is not None or not pdf.engine  # a machine without TeX is no failure
    passed = report.passed and found.passed and compiled and not pdf.problems
    return BuildResult(written, checks, notes, passed)


def check_buildable(network: Network) -> None:
    """Refuse a network for which there are no slides and no training code yet."""
    kinds = [type(layer).__name__ for layer in network.layers if not isinstance(layer, Dense)]
    why = ""
    if kinds:
        why = f"layers of the kind {kinds[0]}"
    elif not network.dense:
        why = "inputs other than features, or sizes that are symbols"
    elif network.labels == "index":
        why = 'labels that are class numbers; labels = "one-hot" would do'
    elif network.weighted:
        why = "samples or classes with weights"
    elif any(d.quantity.role is Role.DATA for d in network.graph.definitions):
        why = "parameters that are symbols, where a number would do"
    elif network.parameter_count > _MOST_PARAMETERS:
        why = f"more than {_MOST_PARAMETERS:,} parameters"
    if why:
        raise UnsupportedError(
            f"no slides and no training code yet for {why}; symderiv derive prints the gradients"
        )


def _sizes(network: Network) -> str:
    return "-".join(map(str, network.sizes))


def _module(source: str) -> ModuleType:
    """Return the emitted code as a module."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "train.py"
        path.write_text(source, encoding="utf-8")
        return run_file(path)


def _outcome(derivation: Derivation, module: ModuleType) -> Outcome | None:
    """Train the emitted code on the data, if there is some."""
    data = derivation.network.data
    if data is None:
        return None
    X, Y = np.array(data.X, float), np.array(data.Y, float)
    params, losses = module.train(module.init_params(), X, Y)
    losses.append(module.loss(params, X, Y))
    predictions = tuple(map(tuple, module.forward(params, X).tolist()))
    outcome = Outcome(tuple(losses), predictions)
    if derivation.network.inputs == 2 and derivation.network.sizes[-1] == 1:
        square, points = _plane(X)
        grid = module.forward(params, points).reshape(_GRID, _GRID)
        outcome = Outcome(outcome.losses, predictions, tuple(map(tuple, grid.tolist())), square)
    return outcome


def _plane(X: np.ndarray) -> tuple[tuple[float, float, float, float], np.ndarray]:
    """Return a square about the samples, and the points of a grid over it, lowest row first."""
    low, high = X.min(axis=0), X.max(axis=0)
    reach = _MARGIN * float(max(high - low))
    (left, bottom), (right, top) = (low - reach).tolist(), (high + reach).tolist()
    across, up = np.meshgrid(np.linspace(left, right, _GRID), np.linspace(bottom, top, _GRID))
    return (left, bottom, right, top), np.stack([across.ravel(), up.ravel()], axis=1)


def _checks(
    proofs: tuple[Proof, ...], report: CheckReport, where: str
) -> tuple[tuple[str, str], ...]:
    """Say what was checked; differences appear as bounds, so that any machine prints the same.

    ``where`` says if a smaller network was proved, in place of one too large to be written out.
    """
    shown = f"< 1e{round(float(np.log10(float(PROOF_TOLERANCE))))}"
    count = len(proofs)
    steps = "central and complex-step differences, 50 digits"
    if proofs[0].complex_step is None:
        steps = "central differences, 50 digits"
    outcome = f"< {TOLERANCE:.0e}" if report.passed else f"FAILED: {_culprits(report)}"
    return (
        (
            f"each gradient{where} equals sympy.diff of the expanded loss, as an identity",
            f"{count} of {count}",
        ),
        (f"each gradient{where} against {steps}", shown),
        (f"train.py against the equations, {len(report.rows)} quantities", outcome),
    )


def _culprits(report: CheckReport) -> str:
    return ", ".join(f"{row.name} ({row.label})" for row in report.culprits)


def _read_back(found: ReadBack) -> tuple[str, str]:
    lines = ", ".join(f"line {e.line} {e.label}".rstrip() for e in found.failed)
    outcome = f"< {READ_TOLERANCE:.0e}" if found.passed else f"FAILED: {lines}"
    return f"slides.tex read back, {len(found.compared)} equations at train.py's values", outcome


def _compiled(folder: OutputFolder, tex: str) -> PdfResult:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "slides.tex"
        path.write_text(tex, encoding="utf-8")
        result = compile_pdf(path)
        if result.pdf is not None:
            folder.add("slides.pdf", result.pdf.read_bytes(), same_everywhere=False)
        else:
            folder.remove("slides.pdf")  # it would show an older deck
    return result


def _fit(pdf: PdfResult) -> tuple[tuple[str, str], ...]:
    if pdf.pdf is None:
        return ()
    outcome = (
        "none" if not pdf.problems else f"FAILED: {len(pdf.problems)}, such as {pdf.problems[0]}"
    )
    return (("slides.pdf: boxes over a margin, missing letters", outcome),)


def _record(
    derivation: Derivation, checks: tuple[tuple[str, str], ...], outcome: Outcome | None
) -> dict[str, Any]:
    """Return what ``report.json`` says: enough to make the derivation anew, and to read it."""
    graph = derivation.graph
    labels = equation_labels(derivation)
    return {
        "symderiv": __version__,
        "spec": to_dict(derivation.network),
        "gradients": {
            d.key: {
                "equation": labels[d.key],
                "index": latex(index_equation(d, graph)),
                "matrix": latex(matrix_equation(d, graph)),
                "facts": [fact.because for fact in derivation.facts[d.key]],
                "conditions": [
                    latex(write_condition(c, graph)) for c in derivation.conditions[d.key]
                ],
            }
            for d in backward_pass(derivation)
        },
        "checks": [{"check": what, "outcome": found} for what, found in checks],
        **({"training": _training(outcome)} if outcome is not None else {}),
    }


def _training(outcome: Outcome) -> dict[str, str | int]:
    return {
        "epochs": len(outcome.losses) - 1,
        "first_cost": f"{outcome.losses[0]:.4g}",
        "last_cost": f"{outcome.losses[-1]:.4g}",
    }
