"""Functions that may hang or crash, each run in a process that can be killed.

An executor's own processes do not serve: where one of them is killed, a ``ProcessPoolExecutor``
loses all that it was given, and no executor can end a call that hangs. So an executor only says
where a call is made, and the call is made in a child of each of its threads. It is none of
``multiprocessing``, which refuses children to a daemon, such as Dask's workers are.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import Signals
from typing import IO, Any

_LAST_WORDS = 1.0
_PACKAGES = str(Path(__file__).parents[2])


class CallFailedError(Exception):
    """A call returned nothing: the message says why."""


class _CrashedError(CallFailedError):
    """The process ended, by its own doing or by somebody else's."""


def isolated(function: Callable[..., Any], *arguments: object, limit: float) -> Any:  # noqa: ANN401  it returns anything
    """Call a function in another process and return what it returns.

    Raises ``CallFailedError`` if it raises, if it takes more than ``limit`` seconds, or if its
    process ends: then it is called once more, since the memory that ran out may have been used by
    another.
    """
    task = pickle.dumps((function, arguments))
    try:
        return _own_child().call(task, limit)
    except _CrashedError:
        return _own_child().call(task, limit)


@contextmanager
def isolating_threads(count: int) -> Iterator[Executor]:
    """Yield an executor for isolated calls; whoever leaves early does not wait for what runs."""
    children: list[_Child] = []
    executor = ThreadPoolExecutor(count, initializer=lambda: children.append(_own_child()))
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.stop()


class _Child:
    """A process that runs one call after the other, started anew after one that it did not survive.

    It ends with the thread that it belongs to, or when it is stopped by another.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Callable[[], object] = lambda: None
        self._stopped = False
        self._lock = threading.Lock()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def call(self, task: bytes, limit: float) -> Any:  # noqa: ANN401  a call returns anything
        process = self._started()
        late = threading.Event()

        def kill() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(limit, kill)
        timer.start()
        try:
            value, error = _exchanged(process, task)
        except (OSError, EOFError, pickle.UnpicklingError):  # it ended before its answer did
            raise self._failure(process, limit if late.is_set() else None) from None
        finally:
            timer.cancel()
        if error:
            raise CallFailedError(error)
        return value

    def _failure(self, process: subprocess.Popen[bytes], late: float | None) -> CallFailedError:
        """Say why there is no answer, and put the process away."""
        self._process = None
        if late is None:
            with suppress(subprocess.TimeoutExpired):  # it may still be on its way out
                process.wait(_LAST_WORDS)
        self._end()
        if late is None:
            return _CrashedError(f"its process ended: {_ending(process.returncode)}")
        return CallFailedError(f"took more than {late:g} seconds")

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise CallFailedError("stopped")
            if self._process is None:
                self._process = _process()
                self._end = weakref.finalize(self, _end, self._process)
            return self._process


def _process() -> subprocess.Popen[bytes]:
    path = os.pathsep.join(dict.fromkeys((_PACKAGES, *filter(None, sys.path))))
    return subprocess.Popen(
        # -P: a `numpy.py` of a student in the current folder is no module of ours
        [sys.executable, "-P", "-m", "symderiv.isolation.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )


_HERE = threading.local()


def _own_child() -> _Child:
    """Return the child of this thread, and of this process: a fork has its parent's variables."""
    if getattr(_HERE, "owner", None) != os.getpid():
        _HERE.owner, _HERE.child = os.getpid(), _Child()
    child: _Child = _HERE.child
    return child


def _exchanged(process: subprocess.Popen[bytes], task: bytes) -> tuple[Any, str]:
    given, answers = _pipes(process)
    given.write(task)
    given.flush()
    value, error = pickle.load(answers)  # noqa: S301  from a process that runs nothing but ours
    return value, error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and wait for it; in a fork of ours, whose child it is not, nothing happens."""
    process.kill()
    for pipe in _pipes(process):
        with suppress(OSError):  # what was not yet sent goes nowhere
            pipe.close()
    process.wait()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return Signals(-code).name if -code in set(Signals) else f"signal {-code}"
