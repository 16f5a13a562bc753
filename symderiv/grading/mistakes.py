"""The mistakes of a class: which equation was gotten wrong, by how many, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from symderiv.errors import ReadingError
from symderiv.grading.records import Grade
from symderiv.latex.syntax import Applied, Environment, Group, Leaf, Scripted, Syntax, parsed
from symderiv.verification.records import Report
from symderiv.verification.reports.findings import by_equation, plain

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Mistake:
    r"""A mistake that ``files`` files make in what they say about ``\frac{\partial L}{...}``.

    ``of`` files say something about it that is right or wrong.
    """

    equation: str
    mistake: str
    files: int
    of: int


def mistakes(grades: Sequence[Grade]) -> list[Mistake]:
    """Return the mistakes of all files, the most frequent first; a file makes one only once."""
    made: Counter[tuple[str, str]] = Counter()
    stated: Counter[str] = Counter()
    for grade in grades:
        if grade.report is not None:
            made.update(set(_made(grade.report)))
            stated.update(set(_stated(grade.report)))
    counted = [Mistake(left, how, n, stated[left]) for (left, how), n in made.items()]
    return sorted(counted, key=lambda each: (-each.files, each.equation, each.mistake))


def _made(report: Report) -> Iterator[tuple[str, str]]:
    for left, (_, faults) in zip(_left_sides(report), by_equation(report), strict=True):
        yield from ((left, found.rule) for found in faults if found.verdict == "wrong")


def _stated(report: Report) -> Iterator[str]:
    for left, equation in zip(_left_sides(report), report.equations, strict=True):
        if equation.verdict in {"right", "wrong", "slip"}:
            yield left


def _left_sides(report: Report) -> Iterator[str]:
    """Yield what each equation is about; a row that goes on is about the same as the one before."""
    n, left = None, ""
    for equation in report.equations:
        goes_on = equation.n is not None and equation.n == n
        left = left_side(equation.latex) or (left if goes_on else "")
        n = equation.n
        yield left


def left_side(latex: str) -> str:
    r"""Return what an equation is about, in one spelling: ``\dfrac {∂ L}{∂w}`` is another.

    What is no TeX has its own spelling, without white space; what is very long is cut.
    """
    try:
        items = parsed(latex).items
    except ReadingError:
        left = "".join(latex.partition("=")[0].split())
    else:
        before = takewhile(lambda item: not (isinstance(item, Leaf) and item.text == "="), items)
        left = "".join(map(_written, before))
    left = plain(left)
    return left if len(left) <= _LONGEST else f"{left[:_LONGEST]} ..."


def _written(node: Syntax) -> str:
    """Write a tree as TeX; marks of alignment are left out, as white space is."""
    match node:
        case Leaf("BREAK"):
            return ""
        case Leaf("COMMAND", text):
            return f"\\{text} "
        case Leaf("TEXT", text):
            return f"\\text{{{text}}}"
        case Leaf(_, text):
            return text
        case Group(items):
            return "".join(map(_written, items))
        case Scripted(base, below, above, primes):
            scripts = "'" * primes + _braced("_", below) + _braced("^", above)
            return f"{_written(base).rstrip() if base else ''}{scripts}"
        case Applied(command, arguments):
            return f"\\{command}{_braced('', arguments)}"
        case Environment(name, rows):
            inside = r" \\ ".join(" & ".join(map(_written, row)) for row in rows)
            return f"\\begin{{{name}}}{inside}\\end{{{name}}}"


def _braced(sign: str, arguments: Sequence[Syntax]) -> str:
    return "".join(f"{sign}{{{_written(each).rstrip()}}}" for each in arguments)
