"""The command line: arguments in, exit code out, no mathematics.

Exit codes: 0 done, 1 a check failed, 2 bad input. Whatever needs SymPy is imported by the command
that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from symderiv import __version__
from symderiv.errors import CheckFailedError, SymderivError, UnknownNameError, did_you_mean

FAILED, BAD_INPUT = 1, 2
DEMO = Path("output/xor")


class _Console(Console):
    """Prints text as it is; a reader that has seen enough (``| head``) stops nothing."""

    def on_broken_pipe(self) -> None:
        """Send the rest nowhere: the exit code still tells how the command ended."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())

    def say(self, text: str, style: str = "") -> None:
        """Print one line or block, wrapped by nobody."""
        self.print(Text(text, style), soft_wrap=True)


app = typer.Typer(
    help="Derive a network's backpropagation, and get checked slides and training code from it.",
    epilog="Start with: symderiv demo",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_Spec = Annotated[Path, typer.Argument(help="The network, a TOML file.", metavar="SPEC")]
_Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="The folder to write; for NAME.toml it is output/NAME."),
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")]


def main() -> None:
    """Run the command line and exit; what symderiv refuses is one message, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal can show ŷ
    try:
        app(prog_name="symderiv")
    except CheckFailedError as error:
        _complain(error, FAILED)
    except SymderivError as error:
        _complain(error, BAD_INPUT)


def _complain(error: SymderivError, exit_code: int) -> None:
    _Console(stderr=True).say(f"symderiv: {error}", "red")
    sys.exit(exit_code)


def _version(*, wanted: bool) -> None:
    if wanted:
        _Console().say(f"symderiv {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Take the options that come before a command."""


@app.command(epilog="Example: symderiv demo")
def demo(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")] = DEMO,
    force: _Force = False,
) -> None:
    """Build the lecture's XOR network, and check what was built."""
    from symderiv.spec import demo_spec

    _build(demo_spec(), output, None, force=force)


@app.command(epilog="Example: symderiv build examples/xor.toml -o output/mine --only slides,code")
def build(
    spec: _Spec,
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
    force: _Force = False,
) -> None:
    """Build slides, training code and report of a network, and check them."""
    _build(spec, output or Path("output") / spec.stem, only, force=force)


def _build(spec: Path, output: Path, only: str | None, *, force: bool) -> None:
    with _progress("deriving") as tell:
        from symderiv import build as builder
        from symderiv.spec import load

        parts = _parts(only, builder.PARTS)
        result = builder.build(load(spec), output, only=parts, force=force, progress=tell)
    console = _Console()
    console.say("written")
    for path in result.written:
        console.say(f"  {path}")
    for note in result.notes:
        console.say(f"note: {note}", "yellow")
    console.say("checked")
    for what, outcome in result.checks:
        console.say(f"  {what}: {outcome}")
    _verdict(console, passed=result.passed)


def _parts(only: str | None, known: tuple[str, ...]) -> frozenset[str] | None:
    if only is None:
        return None
    parts = [part.strip() for part in only.split(",")]
    for part in parts:
        if part not in known:
            raise UnknownNameError(f"--only: unknown part '{part}'{did_you_mean(part, known)}")
    return frozenset(parts)


@app.command(epilog="Example: symderiv derive examples/xor.toml --wrt w_12^(1) --steps")
def derive(
    spec: _Spec,
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
    with _progress("deriving"):
        from symderiv.pipeline import derive as differentiate
        from symderiv.renderers.listing import show
        from symderiv.spec import load

        text = show(
            differentiate(load(spec)),
            wrt,
            steps=steps,
            as_latex=latex,
            kind=view,
            notation=notation,
        )
    _Console().say(text.removesuffix("\n"))


@app.command(epilog="Example: symderiv check output/xor")
def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that symderiv wrote.")
    ] = DEMO,
) -> None:
    """Compare the training code in a folder with the derivation on its slides."""
    with _progress("checking"):
        from symderiv.crosscheck import check as crosscheck

        report = crosscheck(folder)
    console = _Console()
    console.say("largest relative difference between the code and the equation on the slides")
    for row in report.rows:
        first = row in report.culprits
        outcome = (
            "agrees" if row.passed else "DIFFERS" if first else "differs, as it reads one that does"
        )
        console.say(
            f"  {row.name:<5} {row.label:<5} {row.difference:.1e}  {outcome}", "red" * first
        )
    for row in report.culprits:
        console.say(f"{folder / 'train.py'}: {row.name} is not equation {row.label}", "red")
    _verdict(console, passed=report.passed)


def _verdict(console: _Console, *, passed: bool) -> None:
    if not passed:
        console.say("FAILED", "bold red")
        raise typer.Exit(FAILED)
    console.say("all checks passed", "bold green")


@contextmanager
def _progress(first: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done; yield the function that is told."""
    console = _Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(first) as status:
        yield status.update
