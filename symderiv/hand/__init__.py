"""Derivations by hand that are no document: SymPy expressions and NumPy functions, judged."""

from symderiv.hand.verifying import verify

__all__ = ["verify"]
