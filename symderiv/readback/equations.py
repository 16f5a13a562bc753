"""Each equation of the slides, its sides evaluated at what the code computed, and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symderiv.notation import Role
from symderiv.readback.names import ForeignError, Names
from symderiv.readback.pinned import Pinned
from symderiv.readback.running import Ran
from symderiv.verification.functions import Value
from symderiv.verification.model import Index, Unknown
from symderiv.verification.statements import Statement
from symderiv.verification.terms import (
    Add,
    BigOp,
    Call,
    Derivative,
    Neg,
    Num,
    Ref,
    Term,
    loose,
    rewritten,
    values,
    walk,
)

TOLERANCE = 1e-9
_LAYER = "l"
_PARAMETERS = frozenset({Role.WEIGHT.value[1], Role.BIAS.value[1]})
_MOST_CHOICES = 16
_LABEL = re.compile(r"\\(?:numbered\s*\{\d+\}|tag\*?)\s*\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation of the slides beside what the code computes.

    ``difference`` is the largest relative one of all its sides from the first. ``code`` and
    ``slide`` are two numbers that differ. ``reason`` says why it could not be compared; one
    ``aside`` speaks of nothing that the code computes.
    """

    line: int
    label: str
    latex: str
    difference: float = 0.0
    code: float = 0.0
    slide: float = 0.0
    reason: str = ""
    aside: bool = False

    @property
    def passed(self) -> bool:
        """Whether it agrees with the code, or does not speak of it."""
        return self.aside or (not self.reason and self.difference < TOLERANCE)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Sides that should have one value, and the relations between them."""

    sides: tuple[Term, ...]
    signs: tuple[str, ...]


def equations(rows: Sequence[Statement], ran: Ran) -> Iterator[Equation]:
    """Yield the equations of a document with what became of each; prose and pictures are none."""
    for row in rows:
        labels = _LABEL.findall(row.row.latex)
        found = Equation(row.row.line, labels[-1] if labels else "", row.row.latex)
        if row.error is not None:
            if row.formula.display or "=" in row.row.text:
                yield replace(found, reason=str(row.error))
            continue
        claim = _claim(row)
        if claim is not None:
            yield _compared(found, claim, ran)


def _claim(row: Statement) -> _Claim | None:
    """Return what a row claims, or None if it is a part of a sentence or of a picture.

    Inline, that a name is a number or another name says a case: "the points with y = 1".
    """
    chain = row.chain
    if chain is None or not chain.signs:
        return None
    first, *others = chain.sides
    if not row.formula.display and (first is None or any(s and _is_bare(s) for s in others)):
        return None
    sides = (row.first if first is None else first, *others)
    return _Claim(tuple(side for side in sides if side is not None), chain.signs)


def _is_bare(side: Term) -> bool:
    return isinstance(side, Ref) or _is_number(side)


def _is_number(side: Term) -> bool:
    return not any(isinstance(node, Ref) for node in values(side))


def _compared(equation: Equation, claim: _Claim, ran: Ran) -> Equation:
    if len(claim.sides) <= len(claim.signs) or set(claim.signs) - {"=", "gets"}:
        return replace(equation, reason="no equation of values")
    try:
        pairs = list(_pairs(claim, ran))
    except ForeignError as error:
        return replace(equation, reason=str(error), aside=_is_aside(claim, ran.names))
    except (Unknown, ArithmeticError, ValueError) as error:
        return replace(equation, reason=str(error) or "no finite value")
    if not pairs:
        return replace(equation, reason="of a network that this one is not", aside=True)
    for code, slide in pairs:
        difference = _difference(code, slide)
        if not difference <= equation.difference:
            at = _worst(code, slide)
            equation = replace(equation, difference=difference, code=at[0], slide=at[1])
    return equation


def _is_aside(claim: _Claim, names: Names) -> bool:
    """Whether a claim says what some other name or function is, or is of other names alone."""
    match claim.sides[0]:
        case Call():
            return True
        case Ref() as name:
            return not _of_code(name, names)
    return not any(_of_code(side, names) for side in claim.sides)


def _of_code(side: Term, names: Names) -> bool:
    """Whether a side names something that the code computes, whatever its indices."""
    families = {family for family, _ in names.held}
    refs = (node for node in values(side) if isinstance(node, Ref))
    return any((ref.letter, ref.accent, ref.style) in families for ref in refs)


# --- the two sides --------------------------------------------------------------------------------


def _pairs(claim: _Claim, ran: Ran) -> Iterator[tuple[Value, Value]]:
    """Yield what the code computes and what the slide says, for each layer, index and side."""
    first, *others = claim.sides
    if isinstance(first, Call) and all(isinstance(x, Ref) for x in first.arguments):
        yield from _of_function(first, others, ran)
        return
    layers = [ran.depth]
    general = any(_LAYER in loose(side) for side in claim.sides)
    if general:
        layers = ran.between(elementwise=any(map(_has_f, claim.sides)))
        if ran.penalised and _by_parameter(first):
            layers = []  # the general model has no penalties
    for layer in layers:
        sides = [_at_layer(side, layer) if general else side for side in claim.sides]
        given = _of_code(first, ran.data) and any(map(_is_number, others))
        points = ran.points(layer, data=given)
        for side in sides:
            points.sized(side)
        for bound in _choices(sides, points):
            after = ran.after if "gets" in claim.signs else points
            code = after.value(sides[0], bound)
            for side in sides[1:]:
                yield code, points.value(side, bound)


def _of_function(call: Call, others: Sequence[Term], ran: Ran) -> Iterator[tuple[Value, Value]]:
    """Yield what layers with an activation compute, and its formula at what they read."""
    found = ran.layers_with(call.function.letter)
    if not found:
        raise ForeignError(f"{call.function.letter} is no function of train.py")
    for layer in found:
        points = ran.points(layer)
        read, computed = ran.activation(layer)
        keys = [points.resolve(x, {})[0] for x in call.arguments if isinstance(x, Ref)]
        points = replace(points, cut=dict.fromkeys(keys, read))
        for side in others:
            yield computed, points.value(side, {})


def _has_f(side: Term) -> bool:
    return any(isinstance(node, Call) and node.function.letter == "f" for node in walk(side))


def _by_parameter(side: Term) -> bool:
    """Whether a side is a derivative by weights or biases."""
    match side:
        case Derivative(_, (Ref(letter),)):
            return letter.lower() in _PARAMETERS
    return False


def _at_layer(side: Term, layer: int) -> Term:
    """Return a side with the number of a layer for the letter; ``l + 1`` becomes a number too."""

    def change(node: Term) -> Term | None:
        match node:
            case Ref("l", "", "", (), ()):
                return Num(str(layer))
            case Add((Ref("l"), Num(step))):
                return Num(str(layer + int(step)))
            case Add((Ref("l"), Neg(Num(step)))):
                return Num(str(layer - int(step)))
        return None

    return rewritten(side, change)


def _choices(sides: Sequence[Term], points: Pinned) -> list[dict[str, Index]]:
    """Return values for the free indices, spread over all of them if they are many."""
    spans: dict[str, int] = {}
    for letter, length in _lengths(sides, points):
        spans[letter] = max(length, spans.get(letter, length))
    letters = sorted(set().union(*map(loose, sides)) & spans.keys())
    every = list(product(*(range(1, spans[letter] + 1) for letter in letters)))
    step = max(1, len(every) // _MOST_CHOICES) | 1  # an odd step passes through all values
    return [dict(zip(letters, chosen, strict=True)) for chosen in every[::step]]


def _lengths(sides: Sequence[Term], points: Pinned) -> Iterator[tuple[str, int]]:
    """Yield how far each letter counts below each name."""
    bound = {i.letter for s in sides for n in walk(s) if isinstance(n, BigOp) for i in n.indices}
    for side in sides:
        for node in walk(side):
            if isinstance(node, Ref) and node.sub:
                marks = tuple(points.index(mark, {}) for mark in node.sup)
                held = points.names.of((node.letter, node.accent, ""), marks)
                lengths = held.array.shape[-len(node.sub) :] if held is not None else ()
                if held is not None and held.alone and len(node.sub) < held.array.ndim:
                    lengths = held.array.shape[: len(node.sub)]
                for index, length in zip(node.sub, lengths, strict=False):
                    if isinstance(index, Ref) and index.letter not in bound:
                        yield index.letter, length


# --- numbers --------------------------------------------------------------------------------------


def _difference(code: Value, slide: Value) -> float:
    """Return the largest difference relative to the largest entry; infinite if shapes differ."""
    try:
        a, b = np.broadcast_arrays(code, slide)
    except ValueError:
        return float("inf")
    if not np.all(np.isfinite(a)) or not np.all(np.isfinite(b)):
        return float("inf")
    scale = max(float(np.max(np.abs(a))), float(np.max(np.abs(b))), np.finfo(float).tiny)
    return float(np.max(np.abs(a - b))) / scale


def _worst(code: Value, slide: Value) -> tuple[float, float]:
    """Return the two numbers that are farthest apart."""
    try:
        a, b = np.broadcast_arrays(code, slide)
    except ValueError:
        return float(code.flat[0].real), float(slide.flat[0].real)
    place = np.unravel_index(int(np.argmax(np.abs(a - b))), a.shape)
    return float(a[place].real), float(b[place].real)
