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
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from symderiv import __version__
from symderiv.errors import (
    CheckFailedError,
    DocumentError,
    OutputError,
    SymderivError,
    UnknownNameError,
    did_you_mean,
)

if TYPE_CHECKING:
    from symderiv.network import Network
    from symderiv.verification.records import Report

FAILED, BAD_INPUT = 1, 2
DEMO = Path("output/xor")
_STDIN = Path("-")


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
_Format = Literal["text", "json", "sarif", "github", "html", "junit"]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")]


def main() -> None:
    """Run the command line and exit; what symderiv refuses is one message, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal can show ŷ
    try:
        app(prog_name="symderiv")
    except CheckFailedError as error:
        _complain(error)
        sys.exit(FAILED)
    except SymderivError as error:
        _complain(error)
        sys.exit(BAD_INPUT)


def _complain(error: SymderivError) -> None:
    _Console(stderr=True).say(f"symderiv: {error}", "red")


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


@app.command(epilog="Example: symderiv verify examples/lectures/backpropagation-xor.md")
def verify(  # noqa: PLR0913  a parameter for each option
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Markdown, LaTeX, reStructuredText or notebooks; - is the standard input.",
        ),
    ],
    *,
    form: Annotated[_Format, typer.Option("--format", help="What to report in.")] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the report to this file.", metavar="FILE"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Slips count as failures.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write NAME.fixed.EXT, a mended copy, beside each file.")
    ] = False,
    force: _Force = False,
    model: Annotated[
        Path | None,
        typer.Option(help="The network that a homework is about.", metavar="SPEC"),
    ] = None,
    budget: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Time to spend on each file.")
    ] = 20,
) -> None:
    """Say which equations of a document are wrong, why, and what is right.

    A file that cannot be read does not keep the others from being reported.
    """
    errors: list[SymderivError] = []
    with _progress("verifying"):
        from symderiv.verification.reports import FORMATS

        network = _loaded(model) if model is not None else None
        reports = list(_verified(files, network, budget, errors))
        text = FORMATS[form](reports, strict=strict)
    with _collected(errors):
        _show(text, output, files)
    if fix:
        _mend(reports, errors, force=force)
    for error in errors:
        _complain(error)
    bad = {"wrong", "slip"} if strict else {"wrong"}
    if errors:
        raise typer.Exit(BAD_INPUT)
    if any(equation.verdict in bad for report in reports for equation in report.equations):
        raise typer.Exit(FAILED)


@contextmanager
def _collected(errors: list[SymderivError]) -> Iterator[None]:
    """Collect what is refused, so that one bad file does not end the command."""
    try:
        yield
    except SymderivError as error:
        errors.append(error)


def _loaded(spec: Path) -> Network:
    from symderiv.spec import load

    return load(spec)


def _verified(
    files: list[Path], network: Network | None, budget: float, errors: list[SymderivError]
) -> Iterator[Report]:
    """Yield the report of each file that can be read."""
    from symderiv.verification.verifying import verify

    for file in files:
        with _collected(errors):
            try:
                given = sys.stdin.buffer.read().decode() if file == _STDIN else file
            except UnicodeDecodeError as error:
                raise DocumentError(f"{file}: expected UTF-8") from error
            yield verify(given, network, budget=budget)


def _show(text: str, output: Path | None, files: list[Path]) -> None:
    """Print a report, or write it into a file that is none of the documents."""
    if output is None:
        if text:  # there may be nothing to say
            _Console().say(text.removesuffix("\n"))
        return
    if output.resolve() in [file.resolve() for file in files]:
        raise OutputError(f"{output}: is a document to verify; write the report elsewhere")
    try:
        output.write_text(text, "utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror}") from error


def _mend(reports: list[Report], errors: list[SymderivError], *, force: bool) -> None:
    """Write a mended copy beside each document, and say so where it does not disturb a report."""
    from symderiv.verification.mending import write_mended

    for report in reports:
        with _collected(errors):
            path = write_mended(report, force=force)
            _Console(stderr=True).say(
                f"written {path}" if path else f"{report.path}: nothing to mend"
            )


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
