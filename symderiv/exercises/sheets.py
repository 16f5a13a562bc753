"""What a sheet is, whatever shows it: a model, derivations with a mistake or none, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symderiv.expression import Node, Relation
from symderiv.latex.printer import latex


@dataclass(frozen=True, slots=True)
class Line:
    """``left = right`` and the reason; without ``left`` it goes on from the line above."""

    left: Node | None
    right: Node
    because: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is wrong in an exercise.

    ``line`` counts from 1; ``wrong`` and ``right`` are its right side as it stands and as it should
    be, the faulty part highlighted. ``inputs`` are numbers for the names in them, or nothing, and
    ``values`` what the right and the wrong side are there. With ``carried`` the lines below go on
    from the mistake.
    """

    line: int
    mistake: str
    why: str
    wrong: Node
    right: Node
    inputs: tuple[tuple[Node, str], ...]
    values: tuple[str, str]
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Exercise:
    """A derivation, line by line, and its answer: None if all of it is right."""

    lines: tuple[Line, ...]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A model, stated as equations, and exercises about its gradients."""

    title: str
    about: str
    model: tuple[Relation, ...]
    exercises: tuple[Exercise, ...]


def document(model: Sequence[Relation], workings: Sequence[Sequence[Line]]) -> str:
    """Return a model and derivations as a document in Markdown, for verify to read."""
    blocks = [latex(equation) for equation in model]
    for lines in workings:
        rows = (f"{latex(line.left) if line.left else ''} &= {latex(line.right)}" for line in lines)
        inner = " \\\\\n".join(rows)
        blocks.append(f"\\begin{{align*}}\n{inner}\n\\end{{align*}}")
    return "\n\n".join(f"$$\n{block}\n$$" for block in blocks)
