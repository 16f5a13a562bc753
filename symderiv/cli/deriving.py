"""``derive``: a network's gradients on the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from symderiv.cli.console import Console, Spec, progress
from symderiv.cli.loading import loaded


def derive(
    spec: Spec,
    *,
    wrt: Annotated[
        str | None,
        typer.Option(
            help="Differentiate by this alone: W1, b2, w_12^(1), w_{12}^{(1)}, a_1^(1).",
            metavar="NAME",
        ),
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="Show each step, with its reason.")
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX, and nothing else.")] = False,
    view: Annotated[
        str | None,
        typer.Option(
            help="Show this view alone: component, index or matrix; the last with all shapes.",
            metavar="VIEW",
        ),
    ] = None,
    notation: Annotated[
        str | None,
        typer.Option(
            help="Write it as this literature does: nielsen, prml, goodfellow, d2l, cs231n, "
            "deep-learning-course, matrix-calculus, xor-lecture.",
            metavar="NAME",
        ),
    ] = None,
) -> None:
    """Print a network's gradients."""
    with progress("deriving"):
        from symderiv.pipeline import derive as differentiate
        from symderiv.renderers.listing import show

        text = show(
            differentiate(loaded(spec)[0]),
            wrt,
            steps=steps,
            as_latex=latex,
            kind=view,
            notation=notation,
        )
    Console().say(text.removesuffix("\n"))
