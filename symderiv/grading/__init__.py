"""A pile of submissions about one network: ``grade`` verifies each, whatever another one does."""

from symderiv.grading.grading import grade
from symderiv.grading.records import Grade

__all__ = ["Grade", "grade"]
