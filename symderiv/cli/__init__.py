"""The command line: arguments in, exit code out, no mathematics.

Exit codes: 0 done, 1 a check failed, 2 bad input. Whatever needs SymPy is imported by the command
that needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from symderiv import __version__
from symderiv.cli.building import build, check, demo
from symderiv.cli.console import BAD_INPUT, FAILED, Console, complain
from symderiv.cli.deriving import derive
from symderiv.cli.exercises import exercises
from symderiv.cli.grading import grade
from symderiv.cli.verifying import verify
from symderiv.errors import CheckFailedError, SymderivError

app = typer.Typer(
    help="Derive a network's backpropagation, and get checked slides and training code from it.",
    epilog="Start with: symderiv demo",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command, example in (
    (demo, "symderiv demo"),
    (build, "symderiv build examples/xor.toml -o output/mine --only slides,code"),
    (derive, "symderiv derive examples/xor.toml --wrt w_12^(1) --steps"),
    (check, "symderiv check output/xor"),
    (verify, "symderiv verify examples/lectures/backpropagation-xor.md"),
    (grade, "symderiv grade examples/homework --model examples/xor.toml"),
    (exercises, "symderiv exercises examples/xor.toml --count 4 --seed 7"),
):
    app.command(epilog=f"Example: {example}")(command)


def main() -> None:
    """Run the command line and exit; what symderiv refuses is one message, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal can show ŷ
    try:
        app(prog_name="symderiv")
    except CheckFailedError as error:
        complain(error)
        sys.exit(FAILED)
    except SymderivError as error:
        complain(error)
        sys.exit(BAD_INPUT)


def _version(*, wanted: bool) -> None:
    if wanted:
        Console().say(f"symderiv {__version__}")
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
