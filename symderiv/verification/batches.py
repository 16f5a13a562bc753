r"""Batches: matrices of which each column, or each row, belongs to one sample.

Where :math:`Z = W X + b` is written with capitals, :math:`z^{(i)}` is column i of Z, and a bare
:math:`z` that of whichever sample the text speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symderiv.verification.model import Family, Model
from symderiv.verification.terms import Label, Mul, Ref, Term, Transposed, loose_in, values, walk
from symderiv.verification.words import LAYER_LETTERS

ROWS, COLUMNS = 0, 1
_MEMBERS = frozenset("xzahyopsutrq") | {"delta"}
_WEIGHTS = frozenset("WwVU") | {"Theta", "theta", "beta"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Of which matrix a name is a member, along which axis the samples lie, how it is indexed.

    ``marks`` is how many marks above the matrix bears; ``below`` says that the first index below
    the member is the sample's. With ``stacked`` it is the members that are defined, and the matrix
    is put together from them.
    """

    family: Family
    axis: int
    marks: int
    below: bool = False
    stacked: bool = False


def batches(terms: Sequence[Term], model: Model, usual: Sequence[int] = ()) -> dict[Family, Batch]:
    """Return the members of batches, by their families; a batch belongs to itself.

    ``usual`` are the axes along which samples lie elsewhere, if no term shows it. Where both are
    defined, the matrices and one sample's part of them, the model keeps one: the
    matrices, unless the text gives fewer of them.
    """
    names = _names(terms)
    votes = list(sample_axes(terms)) or usual
    if not votes:
        return {}
    axis = ROWS if votes.count(ROWS) > votes.count(COLUMNS) else COLUMNS
    pairs = {f: whole for f in names if (whole := capital(f)) is not None and whole in names}
    marks = {whole: max(map(_layers, names[whole])) for whole in pairs.values()}
    defined = {(d.left.family, _layers(d.left)) for ds in model.definitions.values() for d in ds}
    own = {f for f, whole in pairs.items() if f != whole and (f, marks[whole]) in defined}
    by_sample = any((pairs[f], marks[pairs[f]]) not in defined for f in own)
    found: dict[Family, Batch] = {}
    for family, whole in pairs.items():
        below = whole != family and _is_below(names[family], marks[whole], names)
        stacked = family in own and by_sample
        found[family] = Batch(whole, axis, marks[whole], below, stacked)
        if family in own:
            _drop(whole if stacked else family, marks[whole], model)
    return found


def _drop(family: Family, marks: int, model: Model) -> None:
    """Take what is defined twice out of a model."""
    known = model.definitions.get(family, [])
    kept = [d for d in known if _layers(d.left) != marks]
    if kept:
        model.definitions[family] = kept
    else:
        model.definitions.pop(family, None)


def _names(terms: Sequence[Term]) -> Mapping[Family, list[Ref]]:
    found: dict[Family, list[Ref]] = {}
    for term in terms:
        for node in walk(term):
            if isinstance(node, Ref):
                found.setdefault(node.family, []).append(node)
    return found


def capital(family: Family) -> Family | None:
    """Return the family of the batch to which a name may belong; a batch belongs to itself."""
    letter, accent, style = family
    base = letter.removeprefix("d") or "d"
    if base[0].lower() + base[1:] not in _MEMBERS:
        return None
    prefix = letter[: len(letter) - len(base)]
    return prefix + base[0].upper() + base[1:], accent, style


def _layers(ref: Ref) -> int:
    """Return how many marks above a name are no sample's."""
    return len(ref.sup) - len(sample_marks(ref))


def sample_marks(ref: Ref) -> list[int]:
    """Return the places of the marks above a name that tell samples apart."""
    return [n for n, mark in enumerate(ref.sup) if loose_in(mark) - LAYER_LETTERS]


def _is_below(refs: Sequence[Ref], marks: int, names: Mapping[Family, list[Ref]]) -> bool:
    """Whether the first index below a member is the sample's: it is always there, and no unit's."""
    counted = [[i for i in ref.sub if not isinstance(i, Label)] for ref in refs]
    if not all(counted) or any(len(ref.sup) > marks for ref in refs):
        return False
    firsts = {i.letter for first, *_ in counted if isinstance(i := first, Ref)}
    units = {
        i.letter
        for others in names.values()
        for ref in others
        if ref.letter in _WEIGHTS
        for i in ref.sub
        if isinstance(i, Ref)
    }
    return bool(firsts) and not firsts & units


def sample_axes(terms: Sequence[Term]) -> Iterator[int]:
    """Yield along which axis samples lie: in columns where weights stand left, ``W X``."""
    for term in terms:
        yield from _votes(term)


def _votes(term: Term) -> Iterator[int]:
    for node in values(term):
        if isinstance(node, Mul) and len(node.factors) == 2 and node.signs[0] != "odot":
            first, second = (f.operand if isinstance(f, Transposed) else f for f in node.factors)
            if isinstance(first, Ref) and isinstance(second, Ref) and not first.prefix:
                if first.letter in _WEIGHTS and _is_batch(second):
                    yield COLUMNS
                elif _is_batch(first) and second.letter in _WEIGHTS:
                    yield ROWS


def _is_batch(name: Ref) -> bool:
    return name.letter.isupper() and name.letter.lower() in _MEMBERS and not name.prefix
