"""The emitted slides, read back: each equation evaluated at what the emitted code computes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from symderiv.derivation import Derivation
from symderiv.documents import Document, parse, read
from symderiv.program import equation_labels
from symderiv.readback.equations import TOLERANCE, Equation, equations
from symderiv.readback.running import letters, ran
from symderiv.verification.statements import parsed_rows, statements, vocabulary

__all__ = ["SLIDES", "TOLERANCE", "Equation", "ReadBack", "read_back", "read_back_text"]

SLIDES = "slides.tex"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The equations of the slides, in their order, each with what became of it."""

    equations: tuple[Equation, ...]

    @property
    def passed(self) -> bool:
        """Whether all that the slides say of what the code computes is so."""
        return all(equation.passed for equation in self.equations)

    @property
    def compared(self) -> tuple[Equation, ...]:
        """The equations that were evaluated."""
        return tuple(equation for equation in self.equations if not equation.reason)

    @property
    def asides(self) -> tuple[Equation, ...]:
        """The equations that speak of nothing that the code computes."""
        return tuple(equation for equation in self.equations if equation.aside)

    @property
    def failed(self) -> tuple[Equation, ...]:
        """The equations that differ from the code, or that cannot be compared with it."""
        return tuple(equation for equation in self.equations if not equation.passed)


def read_back(folder: Path, derivation: Derivation, module: ModuleType) -> ReadBack | None:
    """Compare the slides in a folder with its code; None if there are no slides.

    Raises ``CheckFailedError`` if the code fails.
    """
    path = folder / SLIDES
    return _read(read(path), derivation, module) if path.is_file() else None


def read_back_text(tex: str, derivation: Derivation, module: ModuleType) -> ReadBack:
    """Compare a deck that was emitted as LaTeX with the code.

    Raises ``CheckFailedError`` if the code fails.
    """
    return _read(parse(tex, "latex", path=SLIDES), derivation, module)


def _read(document: Document, derivation: Derivation, module: ModuleType) -> ReadBack:
    parsed = parsed_rows(document)
    words = vocabulary(parsed)
    words.plain |= letters(derivation.network)
    words.functions -= words.plain
    rows = statements(parsed, words)
    with np.errstate(all="ignore"):  # what is not finite is no agreement
        found = tuple(equations(rows, ran(derivation, module, words)))
    there = {equation.label for equation in found}
    lacking = [label for label in equation_labels(derivation).values() if label not in there]
    missing = (Equation(0, label, "", reason="no equation is called so") for label in lacking)
    return ReadBack((*found, *missing))
