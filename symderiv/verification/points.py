"""The value of a term at random points of a document's own model, derivatives included.

A value is an array (points, rows, columns) of complex numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product

import numpy as np
import numpy.typing as npt

from symderiv.verification.arrays import (
    SINGLE,
    block,
    over,
    part_of,
    power,
    scalar,
    size,
    times,
    together,
    total,
    transposed,
)
from symderiv.verification.derivatives import Derivatives
from symderiv.verification.functions import BINARY, ELEMENTWISE, STAND_INS, WHOLE, Value, generic
from symderiv.verification.model import Bound, Definition, Index, Unknown, matched
from symderiv.verification.quantities import DEEPEST, kind_of
from symderiv.verification.terms import (
    Add,
    Array,
    BigOp,
    Call,
    Cases,
    Compared,
    Derivative,
    Div,
    Entry,
    Label,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
    Transposed,
    loose,
    values,
)

Mask = npt.NDArray[np.bool_]
_LONGEST_SUM = 40
_COMPARE: Mapping[str, Callable[..., object]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}


@dataclass(slots=True)
class Points(Derivatives):
    """Random points, and the values that terms have there."""

    def value(self, term: Term, bound: Bound) -> Value:
        """Return the value of a term, with its free indices bound.

        Raises ``Unknown`` with the reason if it has none.
        """
        if isinstance(term, Ref):
            return self.ref(term, bound)
        if isinstance(term, Num):
            return scalar(float(term.text))
        memo = (id(term), *bound.items())
        known = self.recalled(memo)
        if known is not None:
            return known
        outer, self.read = self.read, set()
        try:
            value = self._evaluated(term, bound)
            self.keep(memo, value, term)
        finally:
            outer |= self.read
            self.read = outer
        return value

    def _evaluated(self, term: Term, bound: Bound) -> Value:
        self.budget.spend()
        match term:
            case Neg(operand):
                return -self.value(operand, bound)
            case Transposed(operand):
                return transposed(self.value(operand, bound))
            case Add(terms):
                return self._sum(terms, bound)
            case Mul():
                return self._product(term, bound)
            case Div(above, below):
                return over(self.value(above, bound), self.value(below, bound), term)
            case Pow():
                return self._power(term, bound)
            case Array(rows):
                return block([[self.value(e, bound) for e in row] for row in rows], term)
            case Entry(array, indices):
                part = tuple(self.index(i, bound) for i in indices)
                return part_of(self.value(array, bound), part)
            case Compared():
                return self._compared(term, bound)
            case Call():
                return self._call(term, bound)
            case Derivative():
                return self.derivative(term, bound)
            case BigOp():
                return self._big(term, bound)
            case Cases(rows):
                return self._cases(rows, bound)
            case Label():
                raise Unknown("words where a value is expected")
        raise Unknown(f"no value for {type(term).__name__}")

    # --- arithmetic ---

    def _sum(self, terms: tuple[Term, ...], bound: Bound) -> Value:
        found = self.value(terms[0], bound)
        for other in terms[1:]:
            found = together(np.add, found, self.value(other, bound), other)
        return found

    def _power(self, term: Pow, bound: Bound) -> Value:
        match term.base:
            case Ref("e", "", _, (), ()) if not self.model.definitions.get(term.base.family):
                return np.asarray(np.exp(self.value(term.exponent, bound)))
        return power(self.value(term.base, bound), self.value(term.exponent, bound))

    def _product(self, term: Mul, bound: Bound) -> Value:
        """Multiply factors from the left; what a stroke divides is the factor before it."""
        factors = [(self.value(term.factors[0], bound), "", term.factors[0])]
        for sign, factor in zip(term.signs, term.factors[1:], strict=True):
            value = self.value(factor, bound)
            if sign == "/":
                last, before, name = factors.pop()
                factors.append((over(last, value, factor), before, name))
            else:
                factors.append((value, sign, factor))
        found = factors[0][0]
        for value, sign, factor in factors[1:]:
            found = times(found, value, sign, factor)
        return found

    # --- cases ---

    def _cases(self, rows: tuple[tuple[Term, Term | None], ...], bound: Bound) -> Value:
        result: Value = scalar(0)
        undecided: Mask = np.ones((1, 1, 1), dtype=bool)
        for value, condition in rows:
            mask = undecided if condition is None else undecided & self._mask(condition, bound)
            if mask.any():
                result = np.where(mask, self.value(value, bound), result)
            undecided = undecided & ~mask
        if undecided.any():
            raise Unknown("no case holds")
        return result

    def _mask(self, condition: Term, bound: Bound) -> Mask:
        if isinstance(condition, Mul):
            masks = [self._mask(c, bound) for c in condition.factors]
            return np.asarray(np.logical_and.reduce(masks))
        if not isinstance(condition, Compared):
            raise Unknown("a condition that cannot be read")
        return self._compared(condition, bound).real > 0.5

    def _compared(self, term: Compared, bound: Bound) -> Value:
        pair: tuple[object, object]
        if self._counts(term.left, bound) or self._counts(term.right, bound):
            pair = (self.index(term.left, bound), self.index(term.right, bound))
        else:
            pair = (self.value(term.left, bound).real, self.value(term.right, bound).real)
        if term.sign not in _COMPARE:
            raise Unknown("a condition that cannot be judged")
        found = np.asarray(_COMPARE[term.sign](*map(np.asarray, pair)), dtype=complex)
        return found.reshape((1, 1, 1)) if found.ndim == 0 else found

    def _counts(self, term: Term, bound: Bound) -> bool:
        """Whether a side of a condition is an index, so that the other is one too, or a label."""
        if not isinstance(term, Ref):
            return False
        try:
            self.counted(term, bound)
        except Unknown:
            return False
        return True

    # --- sums ---

    def _big(self, term: BigOp, bound: Bound) -> Value:
        if term.kind == "max" or not term.indices:
            return self._plain_sum(term, bound)
        if _is_over_names(term):
            return self.value(term.body, bound)
        inside = [self.value(term.body, inner) for inner in self.choices(term, bound)]
        if term.kind == "prod":
            return reduce(np.multiply, inside) if inside else scalar(1)
        return reduce(np.add, inside) if inside else scalar(0)

    def choices(self, term: BigOp, bound: Bound) -> Iterator[dict[str, Index]]:
        """Yield the indices over which a sum runs."""
        spans = [
            self._span(index, limits, bound)
            for index, limits in zip(term.indices, term.ranges, strict=True)
        ]
        names = [i.letter + i.accent + "'" * i.primes for i in term.indices]
        for chosen in product(*spans):
            inner = {**bound, **dict(zip(names, chosen, strict=True))}
            if term.condition is None or self._mask(term.condition, inner).all():
                yield inner

    def _span(self, index: Ref, limits: tuple[Term, Term] | None, bound: Bound) -> range:
        if limits is None:
            end = self.model.sizes.get(index.letter)
            if end is None:
                raise Unknown(f"the sum over {index.letter} has no end")
            return range(1, end + 1)
        low, high = (self.index(limit, bound) for limit in limits)
        if not isinstance(low, int) or not isinstance(high, int):
            raise Unknown("a sum whose ends are no numbers")
        return range(low, min(high, low + _LONGEST_SUM) + 1)

    def _plain_sum(self, term: BigOp, bound: Bound) -> Value:
        if term.kind != "sum":
            raise Unknown("a product without an index")
        value = self.value(term.body, bound)
        if size(value) == SINGLE:
            raise Unknown("a sum without an index")
        return total(value)

    # --- functions ---

    def _call(self, term: Call, bound: Bound) -> Value:
        function, arguments = term.function, term.arguments
        name = function.letter
        if name in {"phi", "varphi"} and "Phi" in self.kinds.called:
            name = "density"  # of the normal distribution
        own = self.model.functions.get(function.function_key)
        if own:
            return self._own_call(term, own, bound)
        if name in {"softmax", "logsoftmax"} and len(arguments) == 1:
            return self._softmax(term, bound)
        values = [self.value(x, bound) for x in arguments]
        if name in BINARY and len(values) == 2:
            return BINARY[name](*values)
        if name == "log" and function.sub and len(values) == 1:
            return self._logarithm(values[0], function.sub[0], bound)
        if name == self.stand_in[0] and len(values) == 1:
            return self.prime(STAND_INS[self.stand_in[1]], values[0], term.primes)
        if name in ELEMENTWISE and len(values) == 1:
            return self.prime(ELEMENTWISE[name], values[0], term.primes)
        if name in WHOLE:
            if term.primes:
                raise Unknown(f"the derivative of {name}")
            return WHOLE[name](*values)
        if name in self.kinds.words.functions or self.kinds.generic_function(function):
            label = name + repr([repr(s) for s in (*function.sub, *function.sup)])
            if len(values) == 1:
                return self.prime(lambda v: generic(label, [v]), values[0], term.primes)
            if not term.primes:
                return generic(label, values)
        raise Unknown(f"the function {name} is not known")

    def _logarithm(self, argument: Value, base: Term, bound: Bound) -> Value:
        log = ELEMENTWISE["log"]
        if isinstance(base, Label):
            return log(argument)
        return log(argument) / log(self.value(base, bound))

    def _softmax(self, term: Call, bound: Bound) -> Value:
        """Return softmax, over the letter of an entry or over the units in an array."""
        (argument,) = term.arguments
        powers = np.exp(self.value(argument, bound))
        if size(powers) != SINGLE:
            axis = self.unit_axis(argument, powers)
            found = powers / powers.sum(axis=axis, keepdims=True)
        else:
            letter = _index_of(argument)
            if letter is None:
                raise Unknown("a softmax of one number")
            end = self.model.sizes.get(letter)
            if end is None:
                raise Unknown("a softmax over what?")
            every = ({**bound, letter: k} for k in range(1, end + 1))
            found = powers / sum(np.exp(self.value(argument, inner)) for inner in every)
        return np.asarray(np.log(found) if term.function.letter == "logsoftmax" else found)

    def unit_axis(self, argument: Term, value: Value) -> int:  # noqa: ARG002  for subclasses
        """Return along which axis of an array the units lie over which a softmax runs."""
        return -2 if value.shape[-1] == 1 else -1

    def _own_call(self, term: Call, own: list[Definition], bound: Bound) -> Value:
        """Return a function that the document defines: its arguments are names that are cut."""
        before = [d for d in own if d.at <= self.at] or own[:1]
        definition = before[-1]
        if len(definition.arguments) != len(term.arguments):
            raise Unknown(f"{term.function.letter} takes {len(definition.arguments)} arguments")
        values = [self.value(x, bound) for x in term.arguments]
        left, used = definition.left, term.function
        marks = [self.index(i, bound) for i in (*used.sub, *used.sup)]
        inner = {**bound, **(matched((*left.sub, *left.sup), marks, self.model.sizes) or {})}

        def function(*given: Value) -> Value:
            return self._with_arguments(definition, given, inner)

        if term.primes == 0:
            return function(*values)
        if len(values) > 1:
            raise Unknown("a prime on a function of several arguments")
        return self.prime(function, values[0], term.primes)

    def _with_arguments(
        self, definition: Definition, given: tuple[Value, ...], bound: Bound
    ) -> Value:
        if len(self.open) > DEEPEST:
            raise Unknown("functions that are nested too deeply")
        keys = [self.resolve(name, bound)[0] for name in definition.arguments]
        inner = replace(
            self, cut={**self.cut, **dict(zip(keys, given, strict=True))},
            moving=self.moving | set(map(kind_of, keys)), read=set(), changed={},
            open=[*self.open, (definition.left.letter, len(self.open))],
        )  # fmt: skip
        found = inner.value(definition.right, bound)
        self.read |= inner.read
        return found


def _is_over_names(term: BigOp) -> bool:
    r"""Whether a sum runs over names, as :math:`\sum_w w^2` does over all weights, not indices."""
    letters = {index.letter for index in term.indices}
    bare = {t.letter for t in values(term.body) if isinstance(t, Ref) and not t.sub and not t.sup}
    return letters <= bare and not letters & loose(term.body)


def _index_of(term: Term) -> str | None:
    """Return the index letter of a bare entry such as ``z_i``."""
    if isinstance(term, Ref) and len(term.sub) == 1 and isinstance(term.sub[0], Ref):
        return term.sub[0].letter
    return None
