"""Checking the mathematics that people wrote: ``verify`` reads a document and judges it."""

from symderiv.verification.verifying import verify

__all__ = ["verify"]
