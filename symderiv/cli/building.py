"""``demo``, ``build`` and ``check``: what is written, and whether it agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symderiv.cli.console import Console, Force, Spec, progress, verdict
from symderiv.errors import UnknownNameError, did_you_mean

DEMO = Path("output/xor")

_Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="The folder to write; for NAME.toml it is output/NAME."),
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
    """Build slides, training code and report of a network, and check them."""
    _build(spec, output or Path("output") / spec.stem, only, force=force)


def _build(spec: Path, output: Path, only: str | None, *, force: bool) -> None:
    with progress("deriving") as tell:
        from symderiv import build as builder
        from symderiv.spec import load

        parts = _parts(only, builder.PARTS)
        result = builder.build(load(spec), output, only=parts, force=force, progress=tell)
    console = Console()
    console.say("written")
    for path in result.written:
        console.say(f"  {path}")
    for note in result.notes:
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
    """Compare the training code in a folder with the derivation on its slides."""
    with progress("checking"):
        from symderiv.crosscheck import check as crosscheck

        report = crosscheck(folder)
    console = Console()
    console.say("largest relative difference between the code and the equation on the slides")
    for row in report.rows:
        first = row in report.culprits
        outcome = (
            "agrees" if row.passed else "DIFFERS" if first else "differs, as it reads one that does"
        )
        console.say(
            f"  {row.name:<5} {row.label:<6} {row.difference:.1e}  {outcome}", "red" * first
        )
    for row in report.culprits:
        console.say(f"{folder / 'train.py'}: {row.name} is not {row.claim}", "red")
    verdict(console, passed=report.passed)
