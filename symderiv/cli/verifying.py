"""``verify``: which equations of a document are wrong, why, and what is right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from symderiv.cli.console import (
    BAD_INPUT,
    FAILED,
    Console,
    Force,
    complain,
    keep_apart,
    progress,
    show_report,
)
from symderiv.errors import DocumentError, SymderivError

if TYPE_CHECKING:
    from symderiv.network import Network
    from symderiv.verification.records import Report

_STDIN = Path("-")
Format = Literal["text", "json", "sarif", "github", "html", "junit"]


def verify(  # noqa: PLR0913  a parameter for each option
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Markdown, LaTeX, reStructuredText or notebooks; - is the standard input.",
        ),
    ],
    *,
    form: Annotated[Format, typer.Option("--format", help="What to report in.")] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the report to this file.", metavar="FILE"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Slips count as failures.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write NAME.fixed.EXT, a mended copy, beside each file.")
    ] = False,
    to_notation: Annotated[
        str | None,
        typer.Option(
            help="Write NAME.PROFILE.EXT, a copy in this notation, beside each file.",
            metavar="PROFILE",
        ),
    ] = None,
    force: Force = False,
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
    with progress("verifying"):
        from symderiv.verification.reports import FORMATS

        network = _loaded(model) if model is not None else None
        reports = list(_verified(files, network, budget, errors))
        text = FORMATS[form](reports, strict=strict)
    with _collected(errors):
        keep_apart(output, files)
        show_report(text, output)
    if fix:
        _mend(reports, errors, force=force)
    if to_notation is not None:
        _rename(reports, to_notation, errors, force=force)
    for error in errors:
        complain(error)
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


def _mend(reports: list[Report], errors: list[SymderivError], *, force: bool) -> None:
    """Write a mended copy beside each document, and say so where it does not disturb a report."""
    from symderiv.verification.mending import write_mended

    for report in reports:
        with _collected(errors):
            path = write_mended(report, force=force)
            Console(stderr=True).say(
                f"written {path}" if path else f"{report.path}: nothing to mend"
            )


def _rename(
    reports: list[Report], notation: str, errors: list[SymderivError], *, force: bool
) -> None:
    """Write a copy in another notation beside each document, and say so."""
    from symderiv.renaming import write_renamed

    for report in reports:
        with _collected(errors):
            path, copy = write_renamed(report, notation, force=force)
            kept = f"; what keeps its name: {', '.join(copy.kept)}" if copy.kept else ""
            Console(stderr=True).say(f"written {path}{kept}")
