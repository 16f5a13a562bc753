"""The answer to an exercise: the faulty part marked, numbers that refute it, and the reason why."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symderiv.exercises.sheets import Answer
from symderiv.verification.kinds import Kinds
from symderiv.verification.model import Key, Model, Unknown
from symderiv.verification.planting import Planted
from symderiv.verification.points import Points
from symderiv.verification.records import Link
from symderiv.verification.showing import shown
from symderiv.verification.terms import Add, Derivative, Mul, Neg, Num, Ref, Term, rewritten, values
from symderiv.verification.words import Vocabulary

WHY: Mapping[str, str] = {
    "sign": "A sign is turned round; everything else of the line is as it should be.",
    "wrong index": "The index is that of another unit, which is not on the way from the loss to "
    "what is differentiated by.",
    "wrong layer": "The quantity is that of another layer.",
    "lost factor": "A factor is lost: a product keeps each one, and the chain rule each link.",
    "extra factor": "There is a factor too many: no link of the chain contributes it.",
    "lost activation derivative": "The chain runs through an activation, so the activation's "
    "derivative is a factor; it is lost.",
    "extra activation derivative": "The activation's derivative is there once too often: the "
    "difference beside it came about by cancelling it.",
    "wrong power": "A power is lost; it comes from the derivative of the activation.",
    "wrong derivative": "A prime is lost: the function stands where its derivative should.",
    "wrong variable": "The derivative is that by, or of, another quantity.",
    "swapped symbols": "One quantity stands where another one should.",
    "missing sum": "The quantity reaches the loss by more than one way, and the sum over them is "
    "lost.",
    "extra sum": "There is but one way to the loss, and nothing to sum over.",
    "transpose or order": "A matrix is transposed that should not be, or the reverse, or two stand "
    "in the wrong order.",
}
"""Why a mistake is one, in a sentence, by its class."""

_NUMBERS = (
    *("0.2", "0.7", "0.4", "0.9", "0.3", "0.6", "0.8", "0.5", "0.1"),
    *("0.25", "0.75", "0.45", "0.95", "0.35", "0.65", "0.85", "0.55", "0.15"),
)


def answered(planted: Planted, line: int, link: Link, layer: str) -> Answer:
    """Return the answer to an exercise with a mistake in a line that was judged wrong."""
    example = _example(planted)
    if example is None:
        assert link.counterexample is not None
        example = {}, (_digits(link.counterexample.left), _digits(link.counterexample.right))
    inputs, pair = example
    return Answer(
        line,
        planted.mistake,
        WHY[planted.mistake],
        shown(planted.wrong, layer=layer, marked=_faulty(planted.new, planted.old, planted.wrong)),
        shown(planted.right, layer=layer, marked=_faulty(planted.old, planted.new, planted.right)),
        tuple((shown(name, layer=layer), text) for name, text in inputs.items()),
        pair,
    )


def _faulty(node: Term, other: Term, whole: Term) -> frozenset[int]:
    """Return what is to be marked: the factors that the other node has not, a sum with its sign."""
    if isinstance(node, Mul):
        rest = list(other.factors) if isinstance(other, Mul) else [other]
        alone = [factor for factor in node.factors if factor not in rest]
        if 0 < len(alone) < len(node.factors):
            return frozenset(map(id, alone))
    if Neg(node) == other or Neg(other) == node:
        sums = (n for n in values(whole) if isinstance(n, Add) and any(t is node for t in n.terms))
        node = next(sums, node)
    return frozenset({id(node)})


# --- numbers --------------------------------------------------------------------------------------


def _example(planted: Planted) -> tuple[dict[Term, str], tuple[str, str]] | None:
    """Return a number for each name and each derivative, and what both sides are there.

    None where names have indices that count, and where the numbers say nothing.
    """
    atoms: dict[Term, Ref] = {}
    right, wrong = (_without_derivatives(side, atoms) for side in (planted.right, planted.wrong))
    nodes = [node for side in (right, wrong) for node in values(side)]
    names = list(dict.fromkeys(node for node in nodes if isinstance(node, Ref)))
    counting = any(isinstance(i, Ref) for name in names for i in (*name.sub, *name.sup))
    if counting or len(names) > len(_NUMBERS):
        return None
    inputs = dict(zip(names, _NUMBERS, strict=False))
    cut = {_key(name): np.full((1, 1, 1), float(text)) for name, text in inputs.items()}
    points = Points(Model(), Kinds(Vocabulary()), cut=cut)
    try:
        found = [points.value(side, {}) for side in (right, wrong)]
    except (Unknown, ArithmeticError, ValueError):
        return None
    shown_as = {stand_in: derivative for derivative, stand_in in atoms.items()}
    given = {shown_as.get(name, name): text for name, text in inputs.items()}
    if not all(np.isfinite(value).all() for value in found) or np.allclose(
        found[0], found[1], rtol=1e-3
    ):
        return None
    first, second = (_digits(float(value[0, 0, 0].real)) for value in found)
    return given, (first, second)


def _without_derivatives(side: Term, atoms: dict[Term, Ref]) -> Term:
    """Return a side with a name of its own for each derivative in it."""

    def change(node: Term) -> Term | None:
        if isinstance(node, Derivative):
            return atoms.setdefault(node, Ref(f"derivative {len(atoms)}"))
        return None

    return rewritten(side, change)


def _key(name: Ref) -> Key:
    sub, sup = (tuple(map(_mark, marks)) for marks in (name.sub, name.sup))
    return Key(name.family, sub, sup)


def _mark(mark: Term) -> int | str:
    return int(mark.text) if isinstance(mark, Num) else getattr(mark, "text", "")


def _digits(number: str | float) -> str:
    """Return a number with six digits that count, and no exponent."""
    value = float(number)
    return np.format_float_positional(value, 6, unique=False, fractional=False, trim="-")
