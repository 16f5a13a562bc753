"""A document read as a network: its definitions traced, recognised and proved, in its best reading.

Where a document may be meant with arrays or with numbers alone, both are tried; where it does not
hang together as a whole, or defines names anew, its sections are too. The cost with the most
weights, then samples, is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Symbol

from symderiv.documents import Document
from symderiv.errors import DocumentError
from symderiv.lectures.agreement import check_agreement
from symderiv.lectures.costs import Found, found_network
from symderiv.lectures.layers import NotUnderstood, Reader
from symderiv.lectures.tape import Tape
from symderiv.lectures.tracing import Lost, Tracer, UnitPoints
from symderiv.lectures.unrolling import general_families, unrolled
from symderiv.verification.building import Built, built
from symderiv.verification.model import Definition, Family, Model, Unknown
from symderiv.verification.settling import settled
from symderiv.verification.slicing import slices
from symderiv.verification.statements import (
    Parsed,
    Statement,
    bars,
    parsed_rows,
    statements,
    vocabulary,
)
from symderiv.verification.terms import Array, Num, Ref
from symderiv.verification.words import COSTS, Vocabulary


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document's definitions are: ``found`` on a ``tape``, and all that was read.

    ``by_letter`` are families that it defines for any layer, and does not say how many there are.
    """

    rows: Sequence[Statement]
    built: Built
    tape: Tape
    found: Found
    cost: Definition
    by_letter: frozenset[Family]

    @property
    def rank(self) -> tuple[int, int]:
        """What speaks for this reading against others: arrays read as numbers lose weights."""
        return len(self.found.weights), self.found.count


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a cost is not understood, and at which place; ``understood`` are names of units."""

    reason: str
    at: float
    understood: tuple[str, ...] = ()


def best_reading(document: Document) -> Reading:
    """Return the best reading of a document as a network.

    Raises ``DocumentError``, which names the file, the line of the equation that is not understood,
    and what is.
    """
    rows = parsed_rows(document)
    words = vocabulary(rows)
    read = statements(rows, words)
    words.bars = bars(read)
    failures: list[_Failure] = []
    with np.errstate(all="ignore"):  # a point outside a domain is found out
        found = list(_readings(rows, words, failures))
        whole = built(read, words)
        anew = any("restated" in kinds for kinds in whole.links.values())
        if anew or not found:  # a letter may mean one thing here and another there
            for piece in slices(rows, read, whole):
                if len(piece.rows) < len(rows):
                    own = vocabulary(piece.rows).within(words)
                    found += _readings(piece.rows, own, failures)
    if not found:
        raise DocumentError(_message(document, read, failures))
    return max(found, key=lambda reading: reading.rank)


def _readings(
    rows: Sequence[Parsed], words: Vocabulary, failures: list[_Failure]
) -> Iterator[Reading]:
    """Yield the costs of some rows that are those of networks, and note why others are none."""
    for arrays in (True, False):
        read = statements(rows, words, _WEIGHTS)
        numbers = stated_numbers(read)
        by_letter = general_families(read, numbers)
        read = unrolled(read, numbers)
        defining = [row for row in read if not _is_matrix(row)]
        model = built(defining, words)
        settled(defining, model, arrays=arrays)
        _keep_to_definitions(model)
        for cost in _costs(model.model):
            tracer = Tracer(model.model, model.kinds, at=cost.at)
            found = _recognised(tracer, cost)
            if isinstance(found, _Failure):
                failures.append(found)
            else:
                yield Reading(read, model, tracer.tape, found, cost, by_letter)
        if not model.kinds.tensor:
            break  # without arrays there is nothing else to try


def _is_matrix(row: Statement) -> bool:
    """Whether a row writes out a matrix: data, which says nothing of how names are meant."""
    return row.chain is not None and any(isinstance(side, Array) for side in row.chain.sides)


def _keep_to_definitions(model: Built) -> None:
    """Let nothing be some function, and the members of a matrix without equations be given."""
    kinds = model.kinds
    kinds.costs = {}
    whole = {family for family, _, _ in kinds.shapes}
    kinds.batches = {f: b for f, b in kinds.batches.items() if b.stacked or b.family in whole}


def _costs(model: Model) -> list[Definition]:
    """Return what defines a cost."""
    every = [d for definitions in model.definitions.values() for d in definitions]
    return [d for d in every if d.left.letter in COSTS and not isinstance(d.right, Num)]


def _recognised(tracer: Tracer, cost: Definition) -> Found | _Failure:
    tape, reader = tracer.tape, Reader(tracer.tape)
    try:
        value = tracer.ref(cost.left, {})
        if value.size > 1:
            return _Failure("is an array, where one number was expected", cost.at)
        symbol = tape.named(value.flat[0])
        found = found_network(reader, symbol)
        if not tracer.kinds.tensor:
            _check_numbers(tape)
        points = UnitPoints(tracer.model, tracer.kinds, at=cost.at)
        check_agreement(found, tape, cost.left, points)
    except Lost as error:
        return _Failure(str(error), error.at)
    except Unknown as error:
        return _Failure(str(error), cost.at)
    except NotUnderstood as error:
        at = _place(tracer, error.at) if error.at is not None else cost.at
        return _Failure(str(error), at, _units(reader))
    return found


def _check_numbers(tape: Tape) -> None:
    """Refuse to take a matrix for a number: a capital or a vector of weights is none."""
    for cell in tape.leaves.values():
        letter, _, _ = cell.key.family
        if letter[0].isupper() and not cell.key.sub and letter not in _NUMBERS:
            raise NotUnderstood(f"{cell.key.name} looks like a matrix, but its shape is not clear")


def _place(tracer: Tracer, symbol: Symbol) -> float:
    """Return where a document defines what a symbol is."""
    for cell in tracer.tape.names.get(symbol, ()):
        for definition in tracer.model.candidates(cell.key.family, tracer.at):
            if tracer.match(definition, cell.key) is not None:
                return definition.at
    return tracer.at


def _units(reader: Reader) -> tuple[str, ...]:
    """Return the names of what is known as a unit."""
    named = reader.tape.names.items()
    found = [cells[0].key.name for symbol, cells in named if reader.unit(symbol) is not None]
    return tuple(dict.fromkeys(found))


def stated_numbers(rows: Sequence[Statement]) -> Mapping[str, float]:
    r"""Return letters that are said to be a number: :math:`n_1 = 4`, :math:`\eta = 0.1`."""
    found = {}
    for row in rows:
        match row.chain.sides if row.chain is not None and row.chain.signs == ("=",) else ():
            case (Ref() as name, Num(text)) if not name.sup:
                found[name.size_name] = float(text)
    return found


# --- what is said where nothing is found ----------------------------------------------------------


def _message(document: Document, read: Sequence[Statement], failures: Sequence[_Failure]) -> str:
    if not failures:
        return f"{document.path}: {_no_cost(read)}"
    last = max(failures, key=lambda failure: (len(failure.understood), failure.at))
    row = next(s.row for s in read if int(s.at) == int(last.at))
    known = f"; understood: {', '.join(last.understood[:_MOST])}" if last.understood else ""
    unread = [s for s in read if s.error is not None and "=" in s.row.text]
    notes = "".join(f"\n{document.path}:{s.row.line}: not read: {s.error}" for s in unread[:_MOST])
    shown = " ".join(row.text.split())
    return f"{document.path}:{row.line}: {last.reason}{known}\n    {shown}{notes}"


def _no_cost(read: Sequence[Statement]) -> str:
    lefts = [
        s.text(s.chain.sides[0]) for s in read if s.chain and s.chain.signs and s.chain.sides[0]
    ]
    names = list(dict.fromkeys(lefts))[:_MOST]
    known = f"; on the left sides are {', '.join(names)}" if names else "; there is no equation"
    return f"no equation defines a cost, a J, L, C or E{known}"


_MOST = 8
_WEIGHTS = frozenset({"W", "Theta"})
_NUMBERS = frozenset({"N", "M", "K", "D"})
