"""Homework about the XOR network as a class hands it in, and what a hostile one makes of it."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from symderiv.grading import Grade, grading
from symderiv.grading.submissions import Submission
from symderiv.network import Network
from symderiv.spec import load

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "examples" / "xor.toml"
RIGHT = r"\frac{\partial L}{\partial w_{11}^{(2)}} = a_1^{(1)} (\hat y - y)"
WRONG = (
    r"\frac{\partial L}{\partial b_1^{(1)}} = a_1^{(1)} (1 + a_1^{(1)}) w_{11}^{(2)} (\hat y - y)"
)
MARKDOWN = f"# Homework\n\n$${RIGHT}$$\n\n$${WRONG}$$\n"
CLEAN = f"# Homework\n\n$${RIGHT}$$\n"
SLOW = "$a = b$ " * 600_000  # short enough to be read, too long to be judged in a minute

_verified = grading._verified  # noqa: SLF001  what stands below is put in its place


def network() -> Network:
    """Return the network that the homework is about."""
    return load(SPEC)


def write(folder: Path, **files: str) -> None:
    """Write files, ``anna_md`` as ``anna.md``."""
    for name, text in files.items():
        (folder / ".".join(name.rsplit("_", 1))).write_text(text, "utf-8")


def notebook(text: str) -> str:
    """Return a notebook with one cell."""
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def verified(submission: Submission, network: Network, budget: float) -> Grade:
    """Verify a file, or do what its name says to the process that reads it."""
    match submission.file.stem:
        case "exit":
            os._exit(3)
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "raise":
            raise RecursionError("too deep \x1b[31m")
        case "noise":
            os.write(1, b"not an answer")
        case "victim" if not (mark := submission.file.with_name("was here")).exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)  # as a system does that has no memory left
    return _verified(submission, network, budget)


class Broken(Executor):
    """Takes one call, which it does not make, and no other."""

    def __init__(self) -> None:
        """Start with no call taken."""
        self.calls = 0

    def submit(self, fn: Any, /, *_: Any, **__: Any) -> Future[Any]:
        """Return a future that fails, once."""
        self.calls += 1
        if self.calls > 1:
            raise BrokenProcessPool(f"{fn} is not taken")
        future: Future[Any] = Future()
        future.set_exception(ConnectionError("lost"))
        return future
