"""SymPy expressions as claims about a network: whose derivative by what they say they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp
from sympy import Eq, Expr, Indexed, MatrixBase, Symbol
from sympy.core.function import AppliedUndef

from symderiv.builder import SAMPLE
from symderiv.derivation import Derivation, Partial
from symderiv.errors import DerivationError, UnknownNameError, UnsupportedError, did_you_mean
from symderiv.graph import Definition, Graph
from symderiv.notation import Role
from symderiv.verification.words import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Claim:
    """``left`` is ``right``, both over the names of a network's components.

    ``mirrored`` is the entry of the same matrix across its diagonal, of which it might be the value
    by mistake; a matrix that is not square may have another ``layout``.
    """

    left: Expr
    right: Expr
    mirrored: Expr | None = None
    layout: str = ""


@dataclass(frozen=True, slots=True)
class ArrayClaim:
    """The derivative of the cost by the array ``by`` at some indices is ``value``."""

    by: Indexed
    value: Expr


def claims(
    source: Eq | Mapping[object, object] | Iterable[object], derivation: Derivation
) -> list[Claim | ArrayClaim]:
    """Return what equations, or a mapping of names to derivatives, say about a network.

    Raises ``UnknownNameError`` for a name that the network has not, ``UnsupportedError`` for what
    is no equation and no expression.
    """
    reader = _Reader(derivation)
    if isinstance(source, Mapping):
        return [claim for key, value in source.items() for claim in reader.of_key(key, value)]
    equations = [source] if isinstance(source, sp.Basic) else source
    return [reader.of_equation(equation) for equation in equations]


def right_side(claim: Claim, derivation: Derivation) -> Expr | None:
    """Return what the right side of a claim should be, None if the left one is no single name."""
    if isinstance(claim.left, Symbol):
        return derivation.network.components[claim.left.name].rhs
    if not isinstance(claim.left, Partial):
        return None
    of, by = (symbol.name for symbol in claim.left.args)
    try:
        return derivation.component(of, by).value
    except DerivationError:  # it does not depend on it
        return sp.S.Zero


@dataclass(frozen=True, slots=True)
class _Reader:
    derivation: Derivation

    @property
    def graph(self) -> Graph:
        """The network in components."""
        return self.derivation.network.components

    def of_key(self, key: object, value: object) -> Iterator[Claim | ArrayClaim]:
        """Yield what is said of the derivative by a name: of each entry, if it is a matrix."""
        name = str(key)
        if isinstance(value, int | float):
            value = sp.Rational(str(value))
        if isinstance(value, MatrixBase):
            yield from self._entries(self.derivation.graph[name], value)
        elif not isinstance(value, Expr):
            raise UnsupportedError(f"{name}: expected an expression, found {type(value).__name__}")
        elif value.has(Indexed):
            array = self.derivation.graph[name]
            yield ArrayClaim(sp.IndexedBase(name)[tuple(i.symbol for i in array.indices)], value)
        else:
            yield Claim(Partial(self._loss, self.graph.find(name).atom), self.ours(value))

    def of_equation(self, equation: object) -> Claim | ArrayClaim:
        """Return what an equation says."""
        if not isinstance(equation, Eq):
            raise UnsupportedError(
                f"{equation}: expected an equation, or a dict that says what it is the derivative "
                "by, as in {'w_11^(1)': value}"
            )
        left, right = equation.args
        if not equation.has(Indexed):
            return Claim(self.ours(left), self.ours(right))
        if isinstance(left, sp.Derivative) and str(left.expr) == "J":
            by, *more = left.variables
            if isinstance(by, Indexed) and not more:
                return ArrayClaim(by, right)
        raise UnsupportedError(
            f"{left}: expected the derivative of the cost J by an entry, as in "
            "Derivative(J, W1[i, j])"
        )

    @property
    def _loss(self) -> Symbol:
        return self.graph.of_role(Role.LOSS)[0].atom

    def _entries(self, array: Definition, value: MatrixBase) -> Iterator[Claim]:
        """Yield what a matrix says of each entry; a vector may be a row or a column."""
        sizes = self.derivation.network.size_values
        axes = [i for i in array.indices if i.symbol != SAMPLE.symbol]
        shape = tuple(int(i.high.subs(sizes)) for i in axes)
        found = value.shape if len(shape) == 2 else (len(value),)
        layout = "transposed" if found == shape[::-1] != shape else ""
        if found != shape and not layout:
            raise UnsupportedError(f"{array.key}: expected a matrix {shape}, found {found}")
        for at, entry in zip(np.ndindex(*shape), value.T if layout else value, strict=True):
            square = len(set(shape)) == 1 < len(shape)
            mirrored = self._by(array, at[::-1]) if square else None
            yield Claim(self._by(array, at), self.ours(entry), mirrored, layout)

    def _by(self, array: Definition, at: tuple[int, ...]) -> Expr:
        entry = Definition(array.quantity.at(*(number + 1 for number in at)))
        return Partial(self._loss, self.graph.find(entry.key).atom)

    def ours(self, expr: Expr) -> Expr:
        """Return an expression in the network's own symbols, whatever is assumed of the user's."""
        swap: dict[Expr, Expr] = {s: self._named(s) for s in expr.free_symbols}
        swap |= {d: self._partial(d) for d in expr.atoms(sp.Derivative)}
        swap |= {f: sp.Rational(str(f)) for f in expr.atoms(sp.Float)}
        for called in expr.atoms(AppliedUndef):
            word = called.func.__name__
            if word not in FUNCTIONS:
                raise UnknownNameError(f"unknown function '{word}'{did_you_mean(word, FUNCTIONS)}")
        return expr.xreplace(swap)

    def _named(self, symbol: Symbol) -> Symbol:
        return self.graph.find(symbol.name).atom

    def _partial(self, derivative: Expr) -> Expr:
        by = derivative.variables
        if not isinstance(derivative.expr, Symbol) or len(by) != 1:
            raise UnsupportedError(
                f"{derivative}: expected the first derivative of one name by another"
            )
        return Partial(self._named(derivative.expr), self._named(by[0]))
