"""A sheet and its key row by row, the same for LaTeX and for HTML: long lines broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symderiv.exercises.sheets import Answer, Exercise, Line, Sheet
from symderiv.expression import Negative, Node, Number, equation
from symderiv.renderers.breaking import broken
from symderiv.renderers.deck import Row, Slide, Steps, Words

WIDTH = 42.0
"""The width of a page for a derivation, in em of its mathematics."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a derivation in print; ``number`` is 0 where it goes on from the row above."""

    number: int
    row: Row
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One exercise in print."""

    number: int
    entries: tuple[Entry, ...]
    answer: Answer | None


def parts(sheet: Sheet, *, key: bool) -> tuple[Part, ...]:
    """Return the exercises for print; with ``key`` the faulty part of a wrong line is marked."""
    return tuple(_part(number, e, key=key) for number, e in enumerate(sheet.exercises, 1))


def _part(number: int, exercise: Exercise, *, key: bool) -> Part:
    answer = exercise.answer
    lines = list(exercise.lines)
    wrong = 0
    if key and answer is not None:
        wrong = answer.line
        lines[wrong - 1] = Line(lines[wrong - 1].left, answer.wrong, lines[wrong - 1].because)
    rows = [Row(line.left, line.right, (line.because,) if line.because else ()) for line in lines]
    (block,) = broken(Slide((), (Steps(tuple(rows)),)), WIDTH, 1.0).blocks
    assert isinstance(block, Steps)
    return Part(number, tuple(_numbered(block.rows, wrong)), answer)


def _numbered(rows: Sequence[Row], wrong: int) -> list[Entry]:
    done: list[Entry] = []
    number = 0
    for row in rows:
        number += bool(row.sign)
        done.append(Entry(number if row.sign else 0, row, number == wrong))
    return done


def told(answer: Answer) -> Words:
    """Return the numbers that refute a line, in a sentence."""
    right, wrong = map(_number, answer.values)
    start: list[str | Node] = ["In a small network with random numbers"]
    if answer.inputs:
        start = ["With "]
        for place, (name, text) in enumerate(answer.inputs):
            start += [", "] if place else []
            start.append(equation(name, Number(text)))
    return (*start, " the line is ", wrong, " as it stands, and ", right, " as it should be.")


def _number(text: str) -> Node:
    return Negative(Number(text[1:])) if text.startswith("-") else Number(text)
