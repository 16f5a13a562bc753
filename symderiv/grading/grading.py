"""From a folder to its grades, on one screen."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from symderiv.errors import SymderivError
from symderiv.grading.records import Grade
from symderiv.grading.submissions import Submission, submissions
from symderiv.isolation import CallFailedError, isolated, isolating_threads
from symderiv.network import Network
from symderiv.verification.given_model import given_model
from symderiv.verification.verifying import verify

_Task = Callable[[Submission], Grade]

MOST_EQUATIONS = 2_000
_GRACE = 10.0
"""Seconds for what ``budget`` does not count: to start, to read, to end the equation at hand."""


def grade(
    folder: Path | str, network: Network, *, executor: Executor | None = None, budget: float = 20.0
) -> tuple[Grade, ...]:
    """Verify each document in a folder against a network; return the grades, sorted by path.

    A file that cannot be read, that takes much longer than ``budget`` seconds, or that crashes the
    process in which it is read, costs no grade but its own. ``executor`` is anything of PEP 3148;
    where its workers run, the folder has to be found under the same path. By default there is a
    process for each processor.

    Raises ``DocumentError`` for a folder in which there is nothing to grade, and
    ``UnsupportedError`` for a network that no document can be verified against.
    """
    return tuple(grades(Path(folder), network, executor=executor, budget=budget))


def grades(
    folder: Path, network: Network, *, executor: Executor | None = None, budget: float = 20.0
) -> Iterator[Grade]:
    """Yield what ``grade`` returns, each as soon as it and those before it are there."""
    given_model(network)  # refused here, not once for each file; and the workers need not do it
    found = submissions(folder)
    with ExitStack() as stack:
        if executor is None:
            workers = min(os.cpu_count() or 1, len(found))
            executor = stack.enter_context(isolating_threads(workers))
        yield from _collected(found, partial(_graded, network=network, budget=budget), executor)


def _collected(found: list[Submission], task: _Task, executor: Executor) -> Iterator[Grade]:
    """Yield a grade for each submission; what an executor that breaks leaves is graded here."""
    futures = [None if each.error else _submitted(executor, task, each) for each in found]
    broken = False
    try:
        for each, future in zip(found, futures, strict=True):
            if future is None:
                yield Grade(each.path, error=each.error)
            elif (error := future.exception()) is None:
                yield future.result()
            else:  # no task raises, and every executor breaks with errors of its own
                if not broken:
                    _warn(each, error)
                broken = True
                yield task(each)
    finally:
        for future in futures:
            if future is not None:
                future.cancel()


def _warn(first: Submission, error: BaseException) -> None:
    warnings.warn(
        f"the executor failed, {first.path} and what else it leaves is graded here: "
        f"{type(error).__name__}: {error}",
        RuntimeWarning,
        stacklevel=2,
    )


def _submitted(executor: Executor, task: _Task, each: Submission) -> Future[Grade]:
    try:
        return executor.submit(task, each)
    except BrokenExecutor as error:
        failed: Future[Grade] = Future()
        failed.set_exception(error)
        return failed


def _graded(submission: Submission, *, network: Network, budget: float) -> Grade:
    """Verify one file, in a process of its own."""
    try:
        limit = 2 * budget + _GRACE
        grade: Grade = isolated(_verified, submission, network, budget, limit=limit)
    except CallFailedError as error:
        return Grade(submission.path, error=f"cannot be graded: {error}")
    return grade


def _verified(submission: Submission, network: Network, budget: float) -> Grade:
    file = str(submission.file)
    try:
        report = verify(submission.file, network, budget=budget)
    except SymderivError as error:
        return Grade(submission.path, error=str(error).removeprefix(file).lstrip(":, "))
    if len(report.equations) > MOST_EQUATIONS:
        return Grade(submission.path, error=f"expected at most {MOST_EQUATIONS:,} equations")
    return Grade(submission.path, replace(report, path=submission.path))
