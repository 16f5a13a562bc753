"""Conditions on indices as numbers, 1 or 0: the Kronecker delta and the Iverson bracket of a range.

They are symderiv's own because SymPy's are not safe inside sums: ``doit`` on a ``KroneckerDelta``
of ``2 i + k`` and ``q`` forgets that ``q - k`` must be even.
"""

from __future__ import annotations

import sympy as sp
from sympy import Expr


class Same(sp.Function):  # type: ignore[misc]
    """1 where its argument is zero, else 0: the Kronecker delta of two indices as a difference.

    ``sympy.KroneckerDelta`` is not used: inside sums, ``doit`` forgets its divisibility.
    """

    nargs = (1,)

    @classmethod
    def eval(cls, difference: Expr) -> Expr | None:
        """Decide it where the difference is a number."""
        if difference.is_Integer:
            return sp.Integer(difference == 0)
        return None


class Within(sp.Function):  # type: ignore[misc]
    """1 where ``low <= value <= high``, else 0: an Iverson bracket on an index."""

    nargs = (3,)

    @classmethod
    def eval(cls, value: Expr, low: Expr, high: Expr) -> Expr | None:
        """Decide it where all three are numbers."""
        if value.is_Integer and low.is_Integer and high.is_Integer:
            return sp.Integer(bool(low <= value <= high))
        return None
