"""Every error that symderiv raises on purpose: one root, leaves that are also the fitting builtin.

A message says what is wrong, where, what was expected and the nearest known name, because the
message is what the user gets: the command line prints it and nothing else.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class SymderivError(Exception):
    """The root: ``except SymderivError`` catches whatever symderiv raises on purpose."""


class SpecError(SymderivError, ValueError):
    """A network specification is wrong: the message names the key path."""


class GraphError(SymderivError, ValueError):
    """A list of equations is no graph: the message names the equation and the place."""


class UnknownNameError(SymderivError, LookupError):
    """A name that was asked for is not there: the message names the nearest that is."""


class DerivationError(SymderivError, ArithmeticError):
    """A derivative cannot be taken, or failed its own proof: the message names the equation."""


class CheckFailedError(SymderivError, AssertionError):
    """Something that was built is not what the derivation says: the message names what."""


class UnsupportedError(SymderivError, NotImplementedError):
    """A form that the target at hand cannot express: the message says which, and what can."""


class ReadingError(SymderivError, ValueError):
    """A formula cannot be read: the message says why, ``place`` where in its text."""

    def __init__(self, message: str, place: tuple[int, int]) -> None:
        super().__init__(message)
        self.place = place


class DocumentError(SymderivError, ValueError):
    """A document cannot be read: the message names the file, and the line if there is one."""


class OutputError(SymderivError, OSError):
    """A file cannot be read or written, or was edited by hand and is not overwritten."""


class ClusterError(SymderivError, OSError):
    """A cluster cannot be used: the message says which, and what is missing."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'sigmoid'?"``, or the list of names when none is near."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.5)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known: {', '.join(names)}" if names else ""
