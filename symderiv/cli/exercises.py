"""``exercises``: sheets on which students find the mistake, and their keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symderiv.cli.console import Console, Force, Spec, progress


def exercises(
    spec: Spec,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The folder to write; for NAME.toml it is output/NAME-exercises."
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many derivations there are.")] = 6,
    seed: Annotated[int, typer.Option(help="Another number gives another sheet.")] = 0,
    notation: Annotated[
        str | None,
        typer.Option(help="Write it as this literature does: see derive --help.", metavar="NAME"),
    ] = None,
    force: Force = False,
) -> None:
    """Write a sheet of derivations with a mistake in most of them, and its key."""
    with progress("making mistakes"):
        from symderiv.exercises import write
        from symderiv.spec import load

        folder = output or Path("output") / f"{spec.stem}-exercises"
        written = write(load(spec), folder, count=count, seed=seed, notation=notation, force=force)
    console = Console()
    console.say("written")
    for path in written:
        console.say(f"  {path}")
