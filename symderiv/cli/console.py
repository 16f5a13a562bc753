"""What every command shares: its console, its exit codes, how it shows that it is at work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as RichConsole
from rich.text import Text

from symderiv.errors import OutputError, SymderivError

FAILED, BAD_INPUT = 1, 2

Spec = Annotated[
    Path,
    typer.Argument(help="The network: a TOML file, or a document that defines it.", metavar="SPEC"),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that were edited by hand.")]


class Console(RichConsole):
    """Prints text as it is; a reader that has seen enough (``| head``) stops nothing."""

    def on_broken_pipe(self) -> None:
        """Send the rest nowhere: the exit code still tells how the command ended."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())

    def say(self, text: str, style: str = "") -> None:
        """Print one line or block, wrapped by nobody."""
        self.print(Text(text, style), soft_wrap=True)


def complain(error: SymderivError) -> None:
    """Say on standard error what is refused."""
    Console(stderr=True).say(f"symderiv: {error}", "red")


def verdict(console: Console, *, passed: bool) -> None:
    """Say whether all checks passed, and end the command if not."""
    if not passed:
        console.say("FAILED", "bold red")
        raise typer.Exit(FAILED)
    console.say("all checks passed", "bold green")


def keep_apart(output: Path | None, documents: Iterable[Path]) -> None:
    """Refuse to write a report over what it is about."""
    if output is not None and output.resolve() in {file.resolve() for file in documents}:
        raise OutputError(f"{output}: is a document to verify; write the report elsewhere")


def show_report(text: str, output: Path | None) -> None:
    """Print a report, or write it into a file."""
    if output is None:
        if text:  # there may be nothing to say
            Console().say(text.removesuffix("\n"))
        return
    try:
        output.write_text(text, "utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror}") from error


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done; yield the function that is told."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(first) as status:
        yield status.update
