r"""What the names of derivatives mean where the text does not say.

:math:`\delta` may be the derivative by a pre-activation or minus that, and column i of
:math:`dZ` that of the cost or of the loss of sample i alone. What a name means is fixed for a whole
document; so the meaning is taken with which most claims hold. A claim by itself decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.verification.terms import Derivative, Mul, Neg, Num, Ref, Term


@dataclass(frozen=True, slots=True)
class Meaning:
    """The derivative of a cost by a name, ``times`` a number of samples, or minus that."""

    cost: Ref
    target: Ref
    times: int = 1
    negative: bool = False

    @property
    def term(self) -> Term:
        """The derivative as a term."""
        found: Term = Derivative(self.cost, (self.target,), "nabla")
        if self.times != 1:
            found = Mul((Num(str(self.times)), found), ("",))
        return Neg(found) if self.negative else found

    def words(self, name: Ref) -> str:
        """Return what is assumed, as a sentence."""
        minus = "minus " * self.negative
        each = " of one sample's share" * (self.times != 1)
        what = f"{minus}the derivative{each} of {self.cost.letter}"
        return f"{name.prefix}{name.letter} is {what} by {self.target.letter}"
