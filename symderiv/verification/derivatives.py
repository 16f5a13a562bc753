"""Derivatives: a name is cut, its value moves, and everything downstream follows.

The step is imaginary, and the imaginary part of what comes out is the derivative, exact to rounding
(Squire and Trapp, "Using Complex Variables to Estimate Derivatives of Real Functions", 1998).
Inside another derivative a difference of fourth order takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from symderiv.verification.arrays import SINGLE, gathered, part_of, size, transposed
from symderiv.verification.functions import ELEMENTWISE, Value
from symderiv.verification.model import Bound, Key, Unknown
from symderiv.verification.quantities import HERE_ONLY, Kind, Quantities, kind_of
from symderiv.verification.terms import Call, Derivative, Entry, Ref, Term, Transposed, walk

Directions = npt.NDArray[np.float64]
_STEP = 1e-30
_COARSE = 2e-3
_MOST_PRIMES = 3
_DEEPEST = 4


@dataclass(slots=True)
class Derivatives(Quantities):
    """Points at which derivatives by names can be taken."""

    def derivative(self, term: Derivative, bound: Bound) -> Value:
        """Return a derivative by the first of its names, of the one by all others."""
        if not term.by:
            raise Unknown("a gradient by what?")
        first, *rest = term.by
        of = replace(term, by=tuple(rest)) if rest else term.of
        if isinstance(of, Ref) and self._is_function_name(of):
            of = Call(replace(of, primes=0), self._usual(of, first), of.primes, place=of.place)
        return self._by(of, self._variable(first), bound)

    def _usual(self, function: Ref, by: Term) -> tuple[Term, ...]:
        """Return the arguments of a function that stands without: those that it always has."""
        own = self.model.functions.get(function.function_key, ())
        if own and len(own[-1].arguments) > 1:
            return own[-1].arguments
        return (self.kinds.arguments.get(function.letter, by),)

    def _variable(self, by: Term) -> Ref:
        """Return the name by which a derivative is taken; for a term, the one it defines."""
        by = by.operand if isinstance(by, Transposed) else by
        if isinstance(by, Entry) and isinstance(by.array, Ref):  # an entry of W_1
            by = replace(by.array, sub=(*by.array.sub, *by.indices))
        name = by if isinstance(by, Ref) else self.kinds.named(by, self.model)
        if name is None:
            raise Unknown("a derivative by what is no name")
        constant = self.kinds.constant(name, self.model) is not None
        if constant or self.kinds.is_kronecker(name, self.model):
            raise Unknown("a derivative by a constant")
        return name

    def _is_function_name(self, name: Ref) -> bool:
        r"""Whether a bare name is a function, as in :math:`d\sigma/dz`."""
        if self.model.definitions.get(name.family):
            return False
        if name.function_key in self.model.functions or name.letter in self.kinds.words.functions:
            return True
        return name.letter in ELEMENTWISE and not name.sub and not name.sup

    def _by(self, of: Term, by: Ref, bound: Bound) -> Value:
        key, part = self.resolve(by, bound)
        base = self.whole(key, bound)
        shape = size(base)
        cells = part_of(np.arange(shape[0] * shape[1], dtype=complex).reshape((1, *shape)), part)
        every = np.eye(shape[0] * shape[1])[cells.real.astype(int).ravel()]
        if size(cells) == SINGLE:
            return self._slopes(of, key, base, every.reshape((1, *shape)), bound)
        if self.axes >= _DEEPEST:
            raise Unknown("derivatives of derivatives, nested too deeply")
        every = every.reshape((-1, *[1] * (self.axes + 1), *shape))
        slopes = self._slopes(of, key, base, every, bound)
        lead = (len(every), *[1] * (every.ndim - 1))
        slopes = np.broadcast_to(slopes, np.broadcast_shapes(slopes.shape, lead))
        found = gathered(slopes, size(cells))
        return transposed(found) if self.rows and size(slopes) == SINGLE else found

    def _slopes(
        self, of: Term, key: Key, base: Value, directions: Directions, bound: Bound
    ) -> Value:
        """Return the derivatives of a term along directions, which lie along the first axis.

        Raises ``Unknown`` if the name was not read at all.
        """
        read: set[Kind] = set()

        def at(step: complex) -> Value:
            inner = self._cutting(key, base + step * directions)
            if self.explicit:
                found = inner.explicit_value(of, key, bound)
            else:
                found = inner.value(of, bound)
            read.update(inner.read)
            return found

        try:
            if self.moved or _nested(of):
                found = _difference(at)
            else:
                found = np.asarray(at(1j * _STEP).imag / _STEP, dtype=complex)
        finally:
            self.read |= read
        if self.moved or self.explicit:
            self.read.add(HERE_ONLY)
        if kind_of(key) not in read:
            raise Unknown(f"it does not depend on {key.name}")
        return found

    def _cutting(self, key: Key, value: Value) -> Self:
        """Return the same points with one more name cut, to take a derivative by it."""
        return replace(
            self, cut={**self.cut, key: value}, moving=self.moving | {kind_of(key)}, moved=True,
            axes=max(self.axes, value.ndim - 3), read=set(), changed={}, open=[],
        )  # fmt: skip

    # --- explicit derivatives ---

    def explicit_value(self, of: Term, key: Key, bound: Bound) -> Value:
        """Evaluate the right side of ``of`` with every name but ``key`` at its own value."""
        own, part = self.resolve(of, bound) if isinstance(of, Ref) else (key, ())
        if own == key:
            return self.value(of, bound)
        for definition in self.model.candidates(own.family, self.at):
            found = self.match(definition, own)
            if found is not None:
                inner = self.inner(own, bound, found)
                value = self._held(definition.right, inner).value(definition.right, inner)
                return part_of(value, part)
        raise Unknown("no definition to hold the other names of")

    def _held(self, right: Term, bound: Bound) -> Self:
        """Return the same points with every name of a right side held that is not cut."""
        still = replace(
            self, cut={}, moving=frozenset(), moved=False, explicit=False, axes=0, read=set(),
            changed={}, open=[],
        )  # fmt: skip
        cut = dict(self.cut)
        for name in walk(right):
            if isinstance(name, Ref):
                try:
                    other, _ = self.resolve(name, bound)
                    if other not in cut:
                        cut[other] = still.whole(other, bound)
                except Unknown:
                    continue  # an index that a sum binds: its entries are held when they are read
        kinds = frozenset(map(kind_of, cut))
        return replace(self, explicit=False, cut=cut, moving=kinds, changed={})

    # --- primes ---

    def prime(self, function: Callable[[Value], Value], at: Value, primes: int) -> Value:
        """Return a function of one variable at some value, or a derivative of it."""
        if primes == 0:
            return function(at)
        if primes > _MOST_PRIMES:
            raise Unknown("more than three primes")
        if primes == 1 and not self.moved:
            return np.asarray(function(at + 1j * _STEP).imag / _STEP, dtype=complex)
        if self.moved:
            self.read.add(HERE_ONLY)
        return _difference(lambda step: self.prime(function, at + step, primes - 1))


def _difference(function: Callable[[float], Value]) -> Value:
    """Return the derivative at 0, exact for polynomials up to the fourth degree."""
    h = _COARSE
    near = (function(h) - function(-h)) / (2 * h)
    far = (function(2 * h) - function(-2 * h)) / (4 * h)
    return np.asarray((4 * near - far) / 3)


def _nested(term: Term) -> bool:
    """Whether a derivative stands inside a term."""
    return any(isinstance(t, Derivative) or (isinstance(t, Call) and t.primes) for t in walk(term))
