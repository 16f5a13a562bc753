"""Calls in a process that can be killed: what they return, and what is left when they do not."""

from __future__ import annotations

import operator
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from signal import SIGKILL, SIGSEGV, raise_signal
from typing import Any

import pytest

from symderiv.isolation import CallFailedError, isolated, isolating_threads


def test_calls_of_a_thread_share_a_process_that_is_none_of_ours() -> None:
    """It is started once, which is what makes many small calls cheap."""
    first, second = (isolated(os.getpid, limit=60) for _ in range(2))
    assert first == second != os.getpid()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(isolated, os.getpid, limit=60).result() not in {first, os.getpid()}


# a function, its arguments, and why it returns nothing
FAILURES: list[tuple[Any, tuple[object, ...], str]] = [
    (operator.truediv, (1, 0), "ZeroDivisionError: division by zero"),
    (os._exit, (3,), "its process ended: exit code 3"),
    (raise_signal, (SIGSEGV,), "its process ended: SIGSEGV"),
    (raise_signal, (SIGKILL,), "its process ended: SIGKILL"),
    (sys.exit, (4,), "its process ended: exit code 4"),
    (time.sleep, (60,), "took more than 0.5 seconds"),
    (pow, (7, 10**8), "took more than 0.5 seconds"),  # in C, where no signal of Python's arrives
]


@pytest.mark.parametrize(("function", "arguments", "why"), FAILURES, ids=[x[2] for x in FAILURES])
def test_a_call_that_fails_says_why(function: Any, arguments: tuple[object, ...], why: str) -> None:
    """And the next one is answered."""
    with pytest.raises(CallFailedError) as caught:
        isolated(function, *arguments, limit=0.5 if "more than" in why else 60)
    assert str(caught.value) == why
    assert isolated(abs, -1, limit=60) == 1


def test_what_cannot_be_sent_back_is_told() -> None:
    """An answer that is no data."""
    with pytest.raises(CallFailedError, match=r"its process ended|pickle"):
        isolated(memoryview, b"", limit=60)


def test_a_process_ends_with_its_thread_and_with_ours() -> None:
    """Nothing is left running behind a program that ends, even by force."""
    with ThreadPoolExecutor(1) as pool:
        child = pool.submit(isolated, os.getpid, limit=60).result()
    assert _ended(child)
    code = (
        "import os; from symderiv.isolation import isolated;"
        "print(isolated(os.getpid, limit=60), flush=True); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert _ended(int(done.stdout))


def _ended(process: int) -> bool:
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_whoever_leaves_early_does_not_wait() -> None:
    """What runs is killed and not made again, what waits is never made."""
    with isolating_threads(1) as pool:
        child = pool.submit(isolated, os.getpid, limit=60).result()
        runs, waits = (pool.submit(isolated, time.sleep, 60, limit=60) for _ in range(2))
        while not runs.running():
            time.sleep(0.01)
    assert isinstance(runs.exception(20), CallFailedError)
    assert waits.cancelled()
    assert _ended(child)


def test_a_fork_has_a_process_of_its_own() -> None:
    """And does not end the one of its parent."""
    code = (
        "import os; from symderiv.isolation import isolated;"
        "mine = isolated(os.getpid, limit=60); fork = os.fork();"
        "other = isolated(os.getpid, limit=60); print(mine, other, flush=True);"
        "(os.waitpid(fork, 0), print(isolated(os.getpid, limit=60))) if fork else None"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *lines, last = done.stdout.splitlines()
    (first,) = {line.split()[0] for line in lines}
    assert (len(lines), len({line.split()[1] for line in lines}), last) == (2, 2, first)
