"""A Dask cluster as an executor; Dask is needed by nobody else, and so is optional."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from symderiv.errors import ClusterError


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Yield the executor of the cluster whose scheduler is at ``address``.

    Raises ``ClusterError`` if Dask is not installed, or if no scheduler answers there.
    """
    try:
        from distributed import Client  # noqa: PLC0415  an optional dependency
    except ImportError as error:
        raise ClusterError(
            "Dask is not installed; install it with: pip install 'symderiv[dask]'"
        ) from error
    try:
        client = Client(address)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ClusterError(f"{address}: no Dask scheduler answers: {error}") from error
    with client:
        # Not pure: a file may have changed since it was last graded.
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]
