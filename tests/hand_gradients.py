"""A network, its gradients in NumPy as a textbook computes them, and what a report says of some."""

from __future__ import annotations

import numpy as np

import symderiv as sd
from symderiv.verification.records import Report

Arrays = dict[str, np.ndarray]
NETWORK = sd.Network(3, [sd.Dense(4, "sigmoid"), sd.Dense(2, "softmax")],
                     "categorical_cross_entropy", "mean")  # fmt: skip


def forward(
    W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, X: np.ndarray
) -> Arrays:
    """Return the hidden values and the predictions, as a textbook computes them."""
    A1 = 1 / (1 + np.exp(-(X @ W1 + b1)))
    powers = np.exp(A1 @ W2 + b2)
    return {"A1": A1, "Yhat": powers / powers.sum(axis=1, keepdims=True)}


def grads(
    W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return the right gradients."""
    A1, Yhat = forward(W1, b1, W2, b2, X).values()
    d2 = (Yhat - y) / len(X)
    d1 = d2 @ W2.T * A1 * (1 - A1)
    return X.T @ d1, d1.sum(axis=0), A1.T @ d2, d2.sum(axis=0)


def links(report: Report) -> list[tuple[str, str, str]]:
    """Return the verdict, the mistake and the mend of each record."""
    return [(e.verdict, e.links[0].mistake, e.links[0].should_be) for e in report.equations]


RIGHT = ("right", "", "")
