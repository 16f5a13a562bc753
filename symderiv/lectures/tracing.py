"""A document's definitions evaluated with symbols in place of numbers: out comes a tape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import sympy as sp
from sympy import Expr

from symderiv.errors import did_you_mean
from symderiv.functions import ACTIVATIONS
from symderiv.lectures.formulas import formula
from symderiv.lectures.tape import Cell, Cells, Tape, linear_sum
from symderiv.verification.arrays import SINGLE, size, together, total
from symderiv.verification.batches import COLUMNS, sample_axes
from symderiv.verification.functions import Value
from symderiv.verification.model import Bound, Key, Unknown
from symderiv.verification.points import Points
from symderiv.verification.terms import (
    BigOp,
    Call,
    Compared,
    Derivative,
    Div,
    Mul,
    Num,
    Pow,
    Ref,
    Term,
)

_ACTIVATIONS = {
    "sigma": "sigmoid", "tanh": "tanh", "relu": "relu", "lrelu": "leaky_relu", "elu": "elu",
    "softplus": "softplus", "silu": "silu", "gelu": "gelu",
}  # fmt: skip
"""The names of activations in documents, and here."""
_ELEMENTWISE: Mapping[str, Callable[[Expr], Expr]] = {
    "exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt, "abs": sp.Abs, "sign": sp.sign, "sin": sp.sin,
    "cos": sp.cos, "sinh": sp.sinh, "cosh": sp.cosh, "erf": sp.erf, "arctan": sp.atan,
}  # fmt: skip
_WHOLE: Mapping[str, Callable[[Cells], Cells]] = {
    "norm": lambda v: _each(sp.sqrt, (v * v).sum(axis=(-2, -1), keepdims=True)),
    "norm1": lambda v: _each(sp.Abs, v).sum(axis=(-2, -1), keepdims=True),
    "trace": lambda m: m.trace(axis1=-2, axis2=-1)[..., None, None],
    "rowsum": lambda m: m.sum(axis=-1, keepdims=True),
    "colsum": lambda m: m.sum(axis=-2, keepdims=True),
    "sumall": lambda m: m.sum(axis=(-2, -1), keepdims=True),
}
_WORDS = ("sigmoid", "tanh", "relu", "elu", "softplus", "silu", "gelu", "softmax", "exp", "log")
_SIGNS = {">": sp.Gt, "<": sp.Lt, ">=": sp.Ge, "<=": sp.Le}


class Lost(Unknown):
    """What a definition says cannot be told; ``at`` is its place in the document."""

    def __init__(self, message: str, at: float) -> None:
        super().__init__(message)
        self.at = at


@dataclass
class UnitPoints(Points):
    """Random points at which a softmax runs over units, however a batch of samples lies."""

    def unit_axis(self, argument: Term, value: Value) -> int:
        """Return along which axis of an array the units lie: down, in ``W X`` of whole batches."""
        if 1 in size(value):
            return super().unit_axis(argument, value)
        name = argument.family if isinstance(argument, Ref) else None
        known = self.model.candidates(name, self.at) if name is not None else ()
        axes = [*sample_axes([argument, *(d.right for d in known)])]
        return -2 if COLUMNS in axes else -1


@dataclass
class Tracer(UnitPoints):
    """Evaluates names as expressions on a ``tape``; arrays are read as for random points."""

    tape: Tape = field(default_factory=Tape)

    # --- values are expressions ---

    def value(self, term: Term, bound: Bound) -> Value:
        """Return the expressions of a term."""
        if isinstance(term, Num):
            return _single(sp.Rational(term.text))
        return super().value(term, bound)

    def ref(self, ref: Ref, bound: Bound) -> Value:
        """Return the expressions of a name; how many there are of something stays a letter."""
        plain = not ref.sup and not ref.accent and ref.letter not in bound
        end = self.model.sizes.get(ref.size_name) if plain and self.kinds.is_size(ref) else None
        if end is not None and not self.model.definitions.get(ref.family):
            return _single(self.tape.size(ref.size_name, end))
        return _exact(super().ref(ref, bound))

    def _evaluated(self, term: Term, bound: Bound) -> Value:
        match term:
            case Derivative():
                raise Unknown("a derivative, where the forward pass is defined")
            case Div(above, below):
                return self._quotient(self.value(above, bound), self.value(below, bound), term)
            case Mul(factors, signs) if "/" in signs:
                return self.value(_with_quotients(factors, signs), bound)
        found = _exact(super()._evaluated(term, bound))
        return _each(self._summed, found)

    def _summed(self, expr: Expr) -> Expr:
        """Give a unit's linear sum a name, whether or not the document does."""
        return self.tape.named(expr) if linear_sum(expr, self.tape) is not None else expr

    def _quotient(self, above: Value, below: Value, term: Term) -> Value:
        if SINGLE in {size(above), size(below)}:
            return np.asarray(above / below)
        return together(np.divide, above, below, term)

    def _power(self, term: Pow, bound: Bound) -> Value:
        high = self.value(term.exponent, bound)
        if size(high) != SINGLE and not _is_e(term.base):
            raise Unknown("a power with an array above")
        if _is_e(term.base) and not self.model.definitions.get(("e", "", "")):
            return _each(sp.exp, high)
        return _each(lambda low: low ** high.flat[0], self.value(term.base, bound))

    def _big(self, term: BigOp, bound: Bound) -> Value:
        if term.indices:
            self.tape.spans.add(sum(1 for _ in self.choices(term, bound)))
        return super()._big(term, bound)

    # --- cases ---

    def _cases(self, rows: tuple[tuple[Term, Term | None], ...], bound: Bound) -> Value:
        pieces = []
        for value, condition in rows:
            found = self.value(value, bound)
            if size(found) != SINGLE:
                raise Unknown("an array by cases")
            pieces.append((found.flat[0], self._condition(condition, bound)))
        if pieces[-1][1] is not sp.true:  # two cases that share out all numbers
            pieces[-1] = (pieces[-1][0], sp.true)
        return _single(sp.Piecewise(*pieces))

    def _condition(self, condition: Term | None, bound: Bound) -> sp.Basic:
        if condition is None:
            return sp.true
        if not isinstance(condition, Compared) or condition.sign not in _SIGNS:
            raise Unknown("a condition that cannot be read")
        left, right = self.value(condition.left, bound), self.value(condition.right, bound)
        return _SIGNS[condition.sign](left.flat[0], right.flat[0])

    # --- functions ---

    def _call(self, term: Call, bound: Bound) -> Value:
        name, count = term.function.letter, len(term.arguments)
        if term.primes:
            raise Unknown("a derivative, where the forward pass is defined")
        own = self.model.functions.get(term.function.function_key)
        if own:
            return self._named(_exact(self._own_call(term, own, bound)))
        if name in {"softmax", "logsoftmax"} and count == 1:
            return self._named(self._softmax(term, bound))
        values = [self.value(x, bound) for x in term.arguments]
        if name in _ACTIVATIONS and count == 1:
            row = ACTIVATIONS[_ACTIVATIONS[name]]
            return self._named(_each(lambda z: formula(row, z), values[0]))
        if name == "log" and not term.function.sub and count == 1:
            return _each(sp.log, values[0])
        if name in _ELEMENTWISE and count == 1:
            return _each(_ELEMENTWISE[name], values[0])
        if name in _WHOLE and count == 1:
            return _WHOLE[name](values[0])
        if name in {"max", "min"} and count == 2:
            pick = sp.Max if name == "max" else sp.Min
            first, second = values
            return self._named(together(np.frompyfunc(pick, 2, 1), first, second, term))
        if name == "inner":
            return total(values[0] * values[1])
        near = did_you_mean(name, _WORDS)
        raise Unknown(f"the function '{name}' is not defined, as {name}(z) = \\tanh(z) would{near}")

    def _named(self, cells: Cells) -> Cells:
        """Give what may be units names, where the document writes several layers in one."""
        return _each(self.tape.named, cells)

    def _softmax(self, term: Call, bound: Bound) -> Value:
        (argument,) = term.arguments
        found = self.value(argument, bound)
        powers = _each(sp.exp, found)
        if size(powers) != SINGLE:
            shares = powers / powers.sum(axis=self.unit_axis(argument, powers), keepdims=True)
        else:
            shares = powers / sum(_each(sp.exp, other) for other in self._others(argument, bound))
        return _each(sp.log, shares) if term.function.letter == "logsoftmax" else shares

    def _others(self, argument: Term, bound: Bound) -> list[Value]:
        """Return the values over all units of what a softmax of an entry is taken of."""
        match argument:
            case Ref(_, _, _, (Ref() as index,)) if index.letter in self.model.sizes:
                every = range(1, self.model.sizes[index.letter] + 1)
                return [self.value(argument, {**bound, index.letter: k}) for k in every]
        raise Unknown("a softmax over what?")

    # --- names ---

    def _from_definition(self, key: Key, bound: Bound) -> Value | None:
        for definition in self.model.candidates(key.family, self.at):
            found = self.match(definition, key)
            if found is not None:
                try:
                    return self.value(definition.right, self.inner(key, bound, found))
                except Lost:
                    raise
                except Unknown as error:
                    raise Lost(str(error), definition.at) from error
        return None

    def _defined(self, key: Key, bound: Bound) -> Value | None:
        found = super()._defined(key, bound)
        if found is None:
            return None
        cells = _exact(found).copy()
        for place in np.ndindex(cells.shape):
            cells[place] = self.tape.named(cells[place], Cell(key, *place[-2:]))
        return cells

    def _leaf(self, key: Key) -> Value:
        key = replace(key, sample=None)  # what is given has one value, whichever sample reads it
        if key not in self.leaves:
            if self.kinds.never_leaf(key):
                raise Unknown(f"{key.name} is not defined")
            cells = np.empty((1, *self.kinds.shape(key)), dtype=object)
            for place in np.ndindex(cells.shape):
                cells[place] = self.tape.leaf(Cell(key, *place[-2:]))
            self.leaves[key] = cells
        return self.leaves[key]


def _is_e(base: Term) -> bool:
    return isinstance(base, Ref) and base.letter == "e" and not (base.sub or base.sup)


def _single(expr: Expr) -> Cells:
    cells = np.empty((1, 1, 1), dtype=object)
    cells[0, 0, 0] = expr
    return cells


def _each(function: Callable[[Expr], Expr], cells: Value) -> Cells:
    """Apply a function to every entry."""
    return np.asarray(np.frompyfunc(function, 1, 1)(cells), dtype=object)


def _exact(value: Value) -> Cells:
    """Return numbers as exact ones; expressions stay as they are."""
    return value if value.dtype == object else _each(_number, value)


def _number(number: complex) -> Expr:
    real = float(number.real)
    return sp.Integer(int(real)) if real == int(real) else sp.Rational(str(real))


def _with_quotients(factors: tuple[Term, ...], signs: tuple[str, ...]) -> Term:
    """Return a product in which a stroke divides the factor before it as one with fractions."""
    kept, joins = [factors[0]], []
    for sign, factor in zip(signs, factors[1:], strict=True):
        if sign == "/":
            kept[-1] = Div(kept[-1], factor)
        else:
            kept.append(factor)
            joins.append(sign)
    return Mul(tuple(kept), tuple(joins)) if joins else kept[0]
