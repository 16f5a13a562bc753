"""Dimensions that are to be one, and what it costs where they are known to differ."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from symderiv.verification.sizes import Classes

Dim = Hashable
Shape = tuple[Dim, Dim]
ONE: Dim = 1
SCALAR: Shape = (ONE, ONE)
_COLLAPSE = 0.7


def vectors(a: Shape, b: Shape) -> bool:
    """Whether two shapes are both of vectors."""
    return ONE in a and ONE in b


def longer(shape: Shape) -> Dim:
    """Return along which dimension a vector lies."""
    return shape[0] if shape[0] != ONE else shape[1]


@dataclass
class Unifier:
    """Joins dimensions; ``anchored`` are those that definitions have fixed."""

    classes: Classes = field(default_factory=Classes, init=False)
    cost: float = field(default=0.0, init=False)
    anchored: set[Dim] = field(default_factory=set, init=False)

    def misfit(self, a: Shape, b: Shape) -> int:
        """Return how many axes of two shapes are known to differ."""
        return sum(self.differ(x, y) for x, y in zip(a, b, strict=True))

    def differ(self, a: Dim, b: Dim) -> bool:
        """Whether just one of two dimensions is 1; both are noted."""
        return (self._root(a) == ONE) != (self._root(b) == ONE)

    def _root(self, dim: Dim) -> Dim:
        return ONE if dim == ONE else self.classes.root(dim)

    def unify(self, a: Shape, b: Shape, weight: float) -> None:
        """Ask two shapes to be one; each axis in which they cannot be costs its weight."""
        for x, y in zip(a, b, strict=True):
            if self.differ(x, y):
                self.cost += _COLLAPSE if self.collapsed(x, y) else weight
            elif self._root(x) != self._root(y):
                self.join(x, y)

    def collapsed(self, x: Dim, y: Dim) -> bool:
        """Make the other one of two dimensions 1 too, if a definition asks for it and it may be.

        What a letter counts stays as long as the letter counts.
        """
        if self.anchored:
            return False
        other = y if self._root(x) == ONE else x
        counted = ("letter", "number", "size")
        root = self.classes.root(other)
        for node in self.classes.parent:
            if isinstance(node, tuple) and node[0] in counted and self.classes.root(node) == root:
                return False
        self.classes.join(root, ONE)
        return True

    def join(self, x: Dim, y: Dim) -> None:
        """Make two dimensions one; no claim joins what definitions keep apart: it may be wrong."""
        pair = {self.classes.root(x), self.classes.root(y)}
        if len(pair & self.anchored) < 2:
            self.classes.join(x, y)
            if pair & self.anchored:
                self.anchored.add(self.classes.root(x))
