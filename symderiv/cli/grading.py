"""``grade``: which equations of a pile of submissions are wrong, file by file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from symderiv.cli.console import BAD_INPUT, FAILED, Console, keep_apart, progress, show_report

if TYPE_CHECKING:
    from symderiv.grading import Grade

Format = Literal["text", "csv", "html"]


def grade(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="The submissions: Markdown, LaTeX, reStructuredText or notebooks, each a file or "
            "in a folder of its own.",
        ),
    ],
    *,
    model: Annotated[Path, typer.Option(help="The network that they are about.", metavar="SPEC")],
    form: Annotated[Format, typer.Option("--format", help="What to report in.")] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the report to this file.", metavar="FILE"),
    ] = None,
    budget: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Time to spend on each file.")
    ] = 20,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Grade on the Dask cluster of this scheduler, which can read the folder under "
            "the same path.",
        ),
    ] = None,
) -> None:
    """Say for each file of a folder how many equations are right, and what the class gets wrong.

    A file that cannot be read, or that hangs or crashes what reads it, costs no row but its own.
    """
    with progress("grading") as tell, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        from symderiv.grading.reports import FORMATS
        from symderiv.grading.submissions import submissions

        found = submissions(folder)
        keep_apart(output, (each.file for each in found))
        grades = []
        with _executor(dask) as executor:
            for each in _graded(folder, model, executor, budget):
                grades.append(each)
                tell(f"graded {len(grades)} of {len(found)}")
        text = FORMATS[form](grades)
    for warning in caught:
        Console(stderr=True).say(f"symderiv: {warning.message}")
    show_report(text, output)
    if any(each.report is None for each in grades):
        raise typer.Exit(BAD_INPUT)
    if any(each.report is not None and each.report.count("wrong") for each in grades):
        raise typer.Exit(FAILED)


def _executor(dask: str | None) -> AbstractContextManager[Executor | None]:
    if dask is None:
        return nullcontext()
    from symderiv.grading.cluster import dask_executor

    return dask_executor(dask)


def _graded(folder: Path, model: Path, executor: Executor | None, budget: float) -> Iterator[Grade]:
    from symderiv.grading.grading import grades
    from symderiv.spec import load

    return grades(folder, load(model), executor=executor, budget=budget)
