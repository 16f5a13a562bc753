"""Sheets on which students find the mistake in a derivation, and their keys."""

from symderiv.exercises.planning import planned
from symderiv.exercises.sheets import Answer, Exercise, Line, Sheet
from symderiv.exercises.writing import write

__all__ = ["Answer", "Exercise", "Line", "Sheet", "planned", "write"]
