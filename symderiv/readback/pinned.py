"""The value of a formula on a slide, at the numbers that the code computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from symderiv.readback.names import BOLD, Names
from symderiv.verification.arrays import scalar, size
from symderiv.verification.functions import Value
from symderiv.verification.model import Bound, Index, Key, Unknown
from symderiv.verification.points import Points
from symderiv.verification.quantities import kind_of
from symderiv.verification.terms import Derivative, Mul, Num, Ref, Term, Transposed, walk


@dataclass(slots=True, kw_only=True)
class Pinned(Points):
    """Points, one for each sample, at which every name has the value that the code computed.

    A derivative that the code has, by the cost or ``by_sample`` of a loss, is that of the code. Any
    other one moves a name and follows the model's equations up to the next name that is asked for.
    """

    names: Names
    slopes: Mapping[str, Names]
    ones: dict[int, Value] = field(default_factory=dict)

    def resolve(self, ref: Ref, bound: Bound) -> tuple[Key, tuple[Index, ...]]:
        """Return the key of a name; bold letters are names of their own."""
        family = (ref.prefix + ref.letter, ref.accent, BOLD if ref.style == BOLD else "")
        sub, sup = (tuple(self.index(i, bound) for i in marks) for marks in (ref.sub, ref.sup))
        held = self.names.of(family, sup)
        digits = "".join(i.text for i in ref.sub if isinstance(i, Num))
        if held is not None and held.units == 1 < len(ref.sub) <= len(digits):
            sub = (int(digits),)  # the reader takes the 12 of x_{12} for two indices
        return Key(family, sub, sup), ()

    def ref(self, ref: Ref, bound: Bound) -> Value:
        """Return the value of a name; a bold 1 is as many ones as the array beside it asks for."""
        if id(ref) in self.ones:
            return self.ones[id(ref)]
        count = self.model.sizes.get(ref.size_name)
        return Points.ref(self, ref, bound) if count is None else scalar(count)

    def whole(self, key: Key, bound: Bound) -> Value:
        """Return the value of a quantity: what the code computed, unless something is moved."""
        if self.moved or key in self.cut:
            return Points.whole(self, key, bound)
        self.read.add(kind_of(key))
        return self.names.value(key)

    def _leaf(self, key: Key) -> Value:
        return self.names.value(key)

    def derivative(self, term: Derivative, bound: Bound) -> Value:
        """Return a derivative: the code's, if it has it."""
        match term:
            case Derivative(Ref() as of, (Ref() as by,)) if of.letter in self.slopes:
                key, _ = self.resolve(by, bound)
                known = self.slopes[of.letter]
                if known.of(key.family, key.sup) is not None:
                    return known.value(key)
        return Points.derivative(self, term, bound)

    def _span(self, index: Ref, limits: tuple[Term, Term] | None, bound: Bound) -> range:
        """Return over what a sum runs, however long it is."""
        if limits is None:
            raise Unknown(f"the sum over {index.letter} has no end")
        low, high = (self.index(limit, bound) for limit in limits)
        if not isinstance(low, int) or not isinstance(high, int):
            raise Unknown("a sum whose ends are no numbers")
        return range(low, high + 1)

    def sized(self, term: Term) -> None:
        """Find out how many ones each bold 1 is that a product in a term holds."""
        for product in walk(term):
            if isinstance(product, Mul):
                for left, right in zip(product.factors, product.factors[1:], strict=False):
                    self._ones(left, right, -2)
                    self._ones(right, left, -1)

    def _ones(self, factor: Term, beside: Term, axis: int) -> None:
        name = factor.operand if isinstance(factor, Transposed) else factor
        if isinstance(name, Ref) and (name.letter, name.style) == ("1", BOLD):
            count = size(self.value(beside, {}))[axis]
            self.ones[id(name)] = np.ones((1, count, 1), dtype=complex)
