"""A gradient by hand in NumPy that fails: told in one line, or in a record, never as our crash."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hand_gradients import NETWORK, RIGHT, grads, links

import symderiv as sd


def raises(W1: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Fail in the way in which shapes that do not fit do."""
    return np.asarray(X @ W1 @ X)


def leaves(W1: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """Give up."""
    raise SystemExit


def unknown(W9: np.ndarray) -> np.ndarray:
    """Ask for what is not there."""
    return W9


FAILS = [
    (raises, sd.SymderivError, "raises: fails in line .*: ValueError: matmul"),
    (leaves, sd.SymderivError, "leaves: fails in line .*: SystemExit$"),
    (unknown, LookupError, "unknown: the network has nothing that is called 'W9'; did you mean"),
    (
        lambda W1: None,  # noqa: ARG005
        sd.SymderivError,
        "expected a dict of gradients, or one for each of W1, found",
    ),
    (lambda W1, b1: (W1, b1, b1), sd.SymderivError, "one for each of W1, b1, found 3"),
    (lambda W1: {"W11": W1}, LookupError, "returns 'W11', the derivative by what.; did you mean"),
    (lambda W1: {"Y": W1}, LookupError, "returns 'Y', the derivative by what"),
]


@pytest.mark.parametrize(("function", "kind", "message"), FAILS)
def test_what_fails_is_told_in_one_line(
    function: Callable[..., object], kind: type[Exception], message: str
) -> None:
    """With the line of the user's file, and no traceback of ours."""
    with pytest.raises(kind, match=message):
        sd.verify(function, NETWORK)


NO_GRADIENTS = [
    ("text", "no array of numbers", "it is str"),
    ([[1, 2], [3]], "no array of numbers", "it is list"),
    (None, "no array of numbers", "it is NoneType"),
    (1j, "no array of numbers", "it is complex"),
]


@pytest.mark.parametrize(("value", "mistake", "reason"), NO_GRADIENTS)
def test_what_is_no_array_is_wrong(value: object, mistake: str, reason: str) -> None:
    """In a record, so that the others are told too."""

    def function(W1: np.ndarray) -> dict[str, object]:
        return {"W1": value, "b1": 0 * W1[0]}

    first, second = sd.verify(function, NETWORK).equations
    assert (first.links[0].mistake, first.links[0].reason) == (mistake, reason)
    assert second.verdict == "wrong"


def test_what_is_not_finite_is_wrong() -> None:
    """The counterexample says where."""

    def function(W1: np.ndarray) -> np.ndarray:
        return np.asarray(np.where(np.eye(3, 4) == 1, np.log(-np.abs(W1)), W1 / 0))

    (equation,) = sd.verify(function, NETWORK).equations
    assert (equation.verdict, equation.links[0].mistake) == ("wrong", "not finite")
    assert equation.links[0].counterexample is not None
    assert equation.links[0].counterexample.right == "dW1[0, 0] = nan"


def test_a_function_that_writes_into_its_input_is_told() -> None:
    """What it returns is judged by what it was given."""

    def function(
        W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, X: np.ndarray, y: np.ndarray
    ) -> object:
        found = grads(W1, b1, W2, b2, X, y)
        W1 -= 0.1 * found[0]
        return found

    found = links(sd.verify(function, NETWORK))
    assert found == [*[RIGHT] * 4, ("wrong", "changes its input", "W1.copy()")]
