"""The values of names at random points: cut, computed from what defines them, or drawn."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from symderiv.verification.arrays import SINGLE, block, joined, part_of, scalar, size, transposed
from symderiv.verification.batches import Batch
from symderiv.verification.functions import Value, generic
from symderiv.verification.kinds import SAMPLE, Kinds
from symderiv.verification.model import (
    Bound,
    Definition,
    Family,
    Index,
    Key,
    Model,
    Part,
    Unknown,
    index_value,
    label_value,
    matched,
)
from symderiv.verification.terms import Cases, Ref, Term

POINTS = 6
DEEPEST = 40
_MOST_STEPS = 4_000_000

Kind = tuple[Family, int, int, bool]
HERE_ONLY: Kind = (("", "", ""), 0, 0, False)
"""What a value has read that is not to be shared: a derivative taken in a cruder way."""


def kind_of(key: Key) -> Kind:
    """Return a family, how many indices and marks its members have, and if it is one sample's."""
    return key.family, len(key.sub), len(key.sup), key.sample is not None


@dataclass(slots=True)
class Budget:
    """Counts what an evaluation costs, so that no formula takes for ever."""

    left: int = _MOST_STEPS

    def spend(self) -> None:
        """Count one step."""
        self.left -= 1
        if self.left < 0:
            raise Unknown("out of time")


@dataclass(frozen=True, slots=True)
class Known:
    """A value, and the kinds of all names that it was made of.

    ``owner`` keeps a term alive that is known by its identity.
    """

    value: Value
    read: frozenset[Kind]
    owner: object = None


@dataclass(slots=True)
class Quantities(ABC):
    """Random points, and the values that names have there.

    ``at`` is the place in the document from which definitions are seen; ``cut`` holds the values of
    names that are cut, ``moving`` their kinds. ``stand_in`` is a function and the usual one that is
    taken for it, ``rows`` lays the derivatives of numbers by columns in rows,
    ``pinned`` are letters whose values are given. ``explicit`` takes a derivative with all other
    names held; ``moved`` says that one is being taken, ``axes`` how many of its axes stand before
    the points. ``read`` collects the kinds of the names that are read. Values are shared in
    ``known`` by still and by moved points; those that a cut has moved are in ``changed``.
    """

    model: Model
    kinds: Kinds
    at: float = 0
    positive: bool = False
    constrained: frozenset[str] = frozenset()
    explicit: bool = False
    stand_in: tuple[str, str] = ("", "")
    rows: bool = False
    pinned: Mapping[str, float] = field(default_factory=dict)
    cut: Mapping[Key, Value] = field(default_factory=dict)
    moving: frozenset[Kind] = frozenset()
    moved: bool = False
    axes: int = 0
    read: set[Kind] = field(default_factory=set)
    known: dict[Hashable, Known] = field(default_factory=dict)
    changed: dict[Hashable, Known] = field(default_factory=dict)
    leaves: dict[Key, Value] = field(default_factory=dict)
    resolved: dict[Hashable, tuple[Ref, Key, Part]] = field(default_factory=dict)
    open: list[Hashable] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)

    @abstractmethod
    def value(self, term: Term, bound: Bound) -> Value:
        """Return the value of a term, with its free indices bound."""

    def index(self, term: Term, bound: Bound) -> Index:
        """Return the value of an index; one that nobody binds has a fixed one.

        A name as an index is a label: the y_i of :math:`s_{y_i}`.
        """
        try:
            return self.counted(term, bound)
        except Unknown:
            if not isinstance(term, Ref):
                raise
        return label_value(term, [self.index(i, bound) for i in (*term.sub, *term.sup)])

    def counted(self, term: Term, bound: Bound) -> Index:
        """Return the value of an index that counts something.

        Raises ``Unknown`` for any other.
        """
        return index_value(term, {**self.kinds.defaults, **bound}, self.model.sizes)

    # --- what is known already ---

    def recalled(self, memo: Hashable) -> Value | None:
        """Return a value that is known, unless something is cut of which it is made."""
        found = self.changed.get(memo)
        if found is None:
            found = self.known.get(memo)
            if found is None or not self.moving.isdisjoint(found.read):
                return None
        self.read |= found.read
        return found.value

    def keep(self, memo: Hashable, value: Value, owner: object = None) -> None:
        """Keep a value that was made of what ``read`` holds."""
        apart = HERE_ONLY in self.read or not self.moving.isdisjoint(self.read)
        place = self.changed if apart else self.known
        place[memo] = Known(value, frozenset(self.read), owner)

    # --- names ---

    def ref(self, ref: Ref, bound: Bound) -> Value:
        """Return the value of a name."""
        special = self.kinds.constant(ref, self.model)
        if special is not None:
            return special
        if not ref.sub and not ref.sup and not ref.accent:
            number = bound.get(ref.letter)
            if isinstance(number, int) and not self.model.definitions.get(ref.family):
                return scalar(number)
        end = self.model.sizes.get(ref.size_name)
        if end is not None and self.kinds.is_size(ref):
            return scalar(end)
        if self.kinds.is_kronecker(ref, self.model):
            first, second = (self.index(i, bound) for i in ref.sub)
            return scalar(float(first == second))
        key, part = self.resolve(ref, bound)
        return part_of(self.whole(key, bound), part)

    def resolve(self, ref: Ref, bound: Bound) -> tuple[Key, Part]:
        """Return which quantity a name is, and which part of it is meant."""
        memo = (id(ref), *bound.items())
        if memo not in self.resolved:
            sub = tuple(self.index(i, bound) for i in ref.sub)
            sup = tuple(self.index(i, bound) for i in ref.sup)
            key = Key(ref.family, sub, sup)
            found = self.kinds.resolved(ref, key, self.model, bound, self.at)
            self.resolved[memo] = ref, *found
        return self.resolved[memo][1:]

    def whole(self, key: Key, bound: Bound) -> Value:
        """Return the value of a quantity, cut or computed or drawn."""
        self.read.add(kind_of(key))
        if key in self.cut:
            return self.cut[key]
        memo = self._memo(key, bound)
        known = self.recalled(memo)
        if known is not None:
            return known
        if memo in self.open:
            raise Unknown(f"{key.name} is defined by itself")
        if len(self.open) > DEEPEST:
            raise Unknown("definitions that are nested too deeply")
        self.open.append(memo)
        outer, self.read = self.read, set()
        try:
            value = self._defined(key, bound)
            if value is None:
                value = self._leaf(key)
            self.keep(memo, value)
        finally:
            self.open.pop()
            outer |= self.read
            self.read = outer
        return value

    def _memo(self, key: Key, bound: Bound) -> Hashable:
        """Return what the value of a quantity depends on: implicit indices too."""
        return key, *((k, bound[k]) for k in self.kinds.samples if k in bound)

    # --- what definitions say ---

    def _defined(self, key: Key, bound: Bound) -> Value | None:
        if key.family in self.kinds.labels and not self._by_cases(key):
            return None  # labels that sum to 1 are given
        found = self._from_definition(key, bound)
        if found is not None:
            return found
        batch = self.kinds.members(key)
        if batch is not None:
            return self._stacked(key, batch, bound)
        shape = self.kinds.entry_definitions(key, self.model)
        if shape is not None and self._has_entries(key, shape):
            return self._from_entries(key, shape, bound)
        return self._generic_cost(key, bound)

    def _by_cases(self, key: Key) -> bool:
        known = self.model.candidates(key.family, self.at)
        return any(isinstance(d.right, Cases) for d in known)

    def _from_definition(self, key: Key, bound: Bound) -> Value | None:
        for definition in self.model.candidates(key.family, self.at):
            found = self.match(definition, key)
            if found is not None:
                return self.value(definition.right, self.inner(key, bound, found))
        return None

    def match(self, definition: Definition, key: Key) -> dict[str, Index] | None:
        """Return what the letters on the left of a definition stand for, if it is this name's."""
        sub = matched(definition.left.sub, key.sub, self.model.sizes)
        sup = matched(definition.left.sup, key.sup, self.model.sizes)
        if sub is None or sup is None:
            return None
        if any(sub.get(name, value) != value for name, value in sup.items()):
            return None
        return {**sub, **sup}

    def inner(self, key: Key, bound: Bound, found: Bound) -> dict[str, Index]:
        """Return the indices with which a right side is read: implicit ones are handed down."""
        kept = {k: v for k, v in bound.items() if k in self.kinds.samples}
        own = {SAMPLE: key.sample} if key.sample is not None else {}
        return {**kept, **own, **found}

    def _stacked(self, key: Key, batch: Batch, bound: Bound) -> Value:
        """Put a matrix together from the parts of its samples."""
        count = self.kinds.shape(key)[batch.axis]
        parts = []
        for number in range(1, count + 1):
            sub, sup = ((number,), key.sup) if batch.below else ((), (*key.sup, number))
            part = self.whole(Key(batch.family, sub, sup), bound)
            parts.append(part if size(part)[batch.axis] == 1 else transposed(part))
        return joined(parts, batch.axis - 2)

    def _has_entries(self, key: Key, shape: tuple[int, int]) -> bool:
        single = self._entry_key(key, shape, (1, 1))
        known = self.model.candidates(key.family, self.at)
        return any(self.match(d, single) is not None for d in known)

    def _entry_key(self, key: Key, shape: tuple[int, int], at: tuple[int, int]) -> Key:
        return replace(key, sub=(*key.sub, *(at if min(shape) > 1 else (max(at),))))

    def _from_entries(self, key: Key, shape: tuple[int, int], bound: Bound) -> Value:
        """Put an array together from the definitions of its entries."""
        rows, columns = (range(1, count + 1) for count in shape)
        return block([
            [self._entry(self._entry_key(key, shape, (i, j)), bound) for j in columns]
            for i in rows
        ])  # fmt: skip

    def _entry(self, key: Key, bound: Bound) -> Value:
        found = self._from_definition(key, bound)
        if found is None:
            raise Unknown(f"{key.name} is not defined")
        return found

    def _generic_cost(self, key: Key, bound: Bound) -> Value | None:
        """Return the value of a cost that nobody defines: some function of what it may read."""
        sinks = self.kinds.costs.get(key.family)
        total = key.family in self.kinds.totals
        if sinks is None or (total and not (key.sub or key.sup)):
            return None
        marks = (*key.sub, *key.sup)
        own: Bound = {self.kinds.totals[key.family]: marks[-1]} if marks and total else {}
        read = [v for sink in sinks for v in self._every(sink, {**bound, **own}, own)]
        return generic(f"{key.family[0]}{marks or ''}", read, scalar=True)

    def _every(self, name: Ref, bound: Bound, own: Bound) -> Iterator[Value]:
        """Yield the values of a name for all values of its indices that are not its ``own``."""
        letters = [i.letter for i in (*name.sub, *name.sup) if isinstance(i, Ref)]
        known = [x for x in dict.fromkeys(letters) if x in self.model.sizes and x not in own]
        ends = {x: self.model.sizes[x] for x in known}
        first = {x: end if x in self.kinds.chained else 1 for x, end in ends.items()}
        for choice in product(*(range(first[x], ends[x] + 1) for x in known)):
            yield self.ref(name, {**bound, **dict(zip(known, choice, strict=True))})

    # --- what is given ---

    def _leaf(self, key: Key) -> Value:
        if key not in self.leaves:
            if self.kinds.never_leaf(key):
                raise Unknown(f"{key.name} is not defined")
            value = self._drawn(key)
            if key.family[0] in self.pinned and not key.sub and not key.sup:
                value = np.full_like(value, self.pinned[key.family[0]])
            if key.family[0] in self.constrained or key.family in self.kinds.labels:
                value = value / self._sum_of_labels(key, value)
            self.leaves[key] = value.astype(complex)
        return self.leaves[key]

    def _drawn(self, key: Key) -> npt.NDArray[np.float64]:
        """Draw random numbers, always the same for one quantity."""
        share = self.kinds.is_share(key)
        span = (0.15, 0.85) if share or self.positive else (0.3, 1.6)
        signed = not (share or self.positive or self.kinds.is_positive(key))
        name = repr((key.family, key.sub, key.sup))
        return _random(name, self.kinds.shape(key), span, signed=signed)

    def _sum_of_labels(self, key: Key, value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return by what the labels of a sample are divided, so that they sum to 1."""
        shape = self.kinds.shape(key)
        if shape != SINGLE:
            axes = (-2, -1) if min(shape) == 1 else -1
            return np.asarray(value.sum(axis=axes, keepdims=True))
        place, members = self.kinds.classes.get(key.family, (0, set[str]()))
        if place >= len(key.sub) or len(members) < 2:
            return np.ones((1, 1, 1))
        before, after = key.sub[:place], key.sub[place + 1 :]
        others = (replace(key, sub=(*before, int(n), *after)) for n in sorted(members))
        return np.asarray(sum(self._drawn(other) for other in others))


@lru_cache(maxsize=4096)
def _random(
    name: str, shape: tuple[int, int], span: tuple[float, float], *, signed: bool
) -> npt.NDArray[np.float64]:
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    value = generator.uniform(*span, (POINTS, *shape))
    if signed:
        value *= generator.choice([-1.0, 1.0], value.shape)
    value.flags.writeable = False
    return value
