"""Functions that documents use, over complex arrays: the imaginary part carries derivatives."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Value = npt.NDArray[np.complex128]


class DomainError(ArithmeticError):
    """A point outside the domain of a function: another one is tried."""


def _log(z: Value) -> Value:
    if np.any(z.real <= 0):
        raise DomainError
    return np.log(z)


def _sqrt(z: Value) -> Value:
    if np.any(z.real < 0):
        raise DomainError
    return np.sqrt(z)


def _where_positive(z: Value, below: Value) -> Value:
    return np.asarray(np.where(z.real > 0, z, below))


def _erf(z: Value) -> Value:
    """Return erf to rounding, by its series: arguments here are small."""
    term = z
    total = z.copy()
    for n in range(1, 80):
        term = -term * z * z / n
        total = total + term / (2 * n + 1)
    return np.asarray(2 / np.sqrt(np.pi) * total)


def _sigmoid(z: Value) -> Value:
    return np.asarray(1 / (1 + np.exp(-z)))


ELEMENTWISE: Mapping[str, Callable[[Value], Value]] = {
    "exp": np.exp,
    "log": _log,
    "sqrt": _sqrt,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "sech": lambda z: np.asarray(1 / np.cosh(z)),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arctan": np.arctan,
    "erf": _erf,
    "sigma": _sigmoid,
    "Phi": lambda z: (1 + _erf(z / np.sqrt(2))) / 2,
    "density": lambda z: np.exp(-z * z / 2) / np.sqrt(2 * np.pi),
    "relu": lambda z: _where_positive(z, 0 * z),
    "lrelu": lambda z: _where_positive(z, z / 100),
    "elu": lambda z: _where_positive(z, np.exp(z) - 1),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "silu": lambda z: z * _sigmoid(z),
    "gelu": lambda z: z * (1 + _erf(z / np.sqrt(2))) / 2,
    "abs": lambda z: z * np.sign(z.real),
    "sign": lambda z: np.sign(z.real) + 0j,
}


def _greatest(*values: Value) -> Value:
    if len(values) == 1:
        flat = values[0].reshape((*values[0].shape[:-2], -1))
        best = np.argmax(flat.real, axis=-1)[..., None]
        return np.take_along_axis(flat, best, axis=-1)[..., None]
    found = values[0]
    for other in values[1:]:
        found = np.where(found.real >= other.real, found, other)
    return found


def _diag(v: Value) -> Value:
    if 1 in v.shape[-2:]:
        flat = v.reshape((*v.shape[:-2], -1))
        return np.asarray(flat[..., None] * np.eye(flat.shape[-1]))
    return np.diagonal(v, axis1=-2, axis2=-1)[..., None]


def _trace(m: Value) -> Value:
    return np.asarray(np.trace(m, axis1=-2, axis2=-1)[..., None, None])


WHOLE: Mapping[str, Callable[..., Value]] = {
    "max": _greatest,
    "min": lambda *values: -_greatest(*(-v for v in values)),
    "norm": lambda v: np.sqrt(np.sum(v * v, axis=(-2, -1), keepdims=True)),
    "norm1": lambda v: np.sum(v * np.sign(v.real), axis=(-2, -1), keepdims=True),
    "diag": _diag,
    "trace": _trace,
    "rowsum": lambda m: m.sum(axis=-1, keepdims=True),
    "colsum": lambda m: m.sum(axis=-2, keepdims=True),
    "sumall": lambda m: m.sum(axis=(-2, -1), keepdims=True),
}
BINARY: Mapping[str, Callable[[Value, Value], Value]] = {
    "inner": lambda a, b: np.sum(a * b, axis=(-2, -1), keepdims=True),
}


STAND_INS: Mapping[str, Callable[[Value], Value]] = {
    **{name: ELEMENTWISE[name] for name in ("sigma", "tanh", "relu")},
    "the identity": lambda z: z,
}
"""What a function that nobody defines may be meant to be."""


def generic(name: str, values: Sequence[Value], *, scalar: bool = False) -> Value:
    """Return some smooth function of the values, always the same for one name.

    Of one value it is taken entry by entry, and lies between 0 and 1; with ``scalar`` all entries
    go into one number.
    """
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    if len(values) == 1 and not scalar:  # a share, as its logarithm may be taken
        slope, shift = generator.uniform(0.4, 1.1, 2)
        return np.asarray(0.5 + 0.4 * np.sin(slope * values[0] + shift))
    total: Value | None = None
    for place, value in enumerate(values):
        weight, slope, shift = generator.uniform(0.4, 1.1, 3)
        found = weight * np.sin(slope * value + shift + place) + 0.3 * value * value
        if scalar:
            weights = np.linspace(0.7, 1.3, value.shape[-2] * value.shape[-1])
            found = np.sum(found * weights.reshape(value.shape[-2:]), axis=(-2, -1), keepdims=True)
        total = found if total is None else total + found + 0.2 * total * found
    assert total is not None
    return total
