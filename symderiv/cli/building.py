"""``demo``, ``build`` and ``check``: what is written, and whether it agrees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symderiv.cli.console import Console, Force, Spec, progress, verdict
from symderiv.cli.loading import loaded
from symderiv.errors import UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from symderiv.crosscheck import CheckReport
    from symderiv.readback import Equation, ReadBack

DEMO = Path("output/xor")

_Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="The folder to write; for NAME.toml or NAME.md it is output/NAME."
    ),
]


def demo(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")] = DEMO,
    force: Force = False,
) -> None:
    """Build the lecture's XOR network, and check what was built."""
    from symderiv.spec import demo_spec

    _build(demo_spec(), output, None, force=force)


def build(
    spec: Spec,
    *,
    output: _Output = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Build these parts alone: slides, html, code, report.",
            metavar="PART,...",
            show_default="all",
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Build slides, training code and report of a network, and check them.

    A document (.md, .tex, .rst, .ipynb) is read for its forward pass: what it defines, up to the
    cost. Derivatives in it are not read; they are made.
    """
    _build(spec, output or Path("output") / spec.stem, only, force=force)


def _build(spec: Path, output: Path, only: str | None, *, force: bool) -> None:
    with progress("deriving") as tell:
        from symderiv import build as builder

        parts = _parts(only, builder.PARTS)
        network, notes = loaded(spec)
        result = builder.build(network, output, only=parts, force=force, progress=tell)
    console = Console()
    console.say("written")
    for path in result.written:
        console.say(f"  {path}")
    for note in (*notes, *result.notes):
        console.say(f"note: {note}", "yellow")
    console.say("checked")
    for what, outcome in result.checks:
        console.say(f"  {what}: {outcome}")
    verdict(console, passed=result.passed)


def _parts(only: str | None, known: tuple[str, ...]) -> frozenset[str] | None:
    if only is None:
        return None
    parts = [part.strip() for part in only.split(",")]
    for part in parts:
        if part not in known:
            raise UnknownNameError(f"--only: unknown part '{part}'{did_you_mean(part, known)}")
    return frozenset(parts)


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that symderiv wrote.")
    ] = DEMO,
) -> None:
    """Compare the training code in a folder with its derivation, and its slides with the code."""
    with progress("checking"):
        from symderiv.crosscheck import compare, opened
        from symderiv.readback import read_back

        derivation, module = opened(folder)
        report = compare(derivation, module)
        slides = read_back(folder, derivation, module)
    console = Console()
    _tell_code(console, report, folder / "train.py")
    if slides is not None:
        _tell_slides(console, slides, folder / "slides.tex")
    verdict(console, passed=report.passed and (slides is None or slides.passed))


def _tell_code(console: Console, report: CheckReport, path: Path) -> None:
    console.say("largest relative difference between the code and the equation that it cites")
    for row in report.rows:
        first = row in report.culprits
        outcome = (
            "agrees" if row.passed else "DIFFERS" if first else "differs, as it reads one that does"
        )
        console.say(
            f"  {row.name:<5} {row.label:<6} {row.difference:.1e}  {outcome}", "red" * first
        )
    for row in report.culprits:
        console.say(f"{path}: {row.name} is not {row.claim}", "red")


def _tell_slides(console: Console, slides: ReadBack, path: Path) -> None:
    """Tell of each equation that the code cites, how many there are, and which are wrong."""
    console.say("largest relative difference between the equation on the slides and the code")
    for equation in slides.equations:
        if equation.label:
            console.say(
                f"  {equation.label:<5} {_outcome(equation)}", "red" * (not equation.passed)
            )
    agree = sum(equation.passed for equation in slides.compared)
    console.say(f"  {agree} of {len(slides.compared)} equations agree with train.py")
    if slides.asides:
        console.say(f"  {len(slides.asides)} more: of nothing that train.py computes")
    for equation in slides.failed:
        console.say(f"{path}{_place(equation)}: {_fault(equation)}", "red")


def _outcome(equation: Equation) -> str:
    if equation.reason:
        return f"cannot be compared: {equation.reason}"
    return f"{equation.difference:.1e}  {'agrees' if equation.passed else 'DIFFERS'}"


def _place(equation: Equation) -> str:
    return f":{equation.line}" if equation.line else ""


def _fault(equation: Equation) -> str:
    label = f"({equation.label}) " if equation.label else ""
    if equation.reason:
        return f"{label}{equation.reason}: {equation.latex}".removesuffix(": ")
    numbers = f"train.py computes {equation.code:.6g}, this is {equation.slide:.6g}"
    return f"{label}{numbers}: {equation.latex}"
