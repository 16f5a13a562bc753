"""What kind of thing each name is: a number, a vector or a matrix; how far each letter counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from symderiv.verification.batches import Batch, sample_marks
from symderiv.verification.model import (
    Bound,
    Family,
    Index,
    Key,
    Member,
    Model,
    Part,
    Unknown,
    index_value,
    matched,
)
from symderiv.verification.terms import Label, Ref, Term, loose_in
from symderiv.verification.words import COSTS, GENERIC, LAYER_LETTERS, Vocabulary, is_sample

Value = npt.NDArray[np.complex128]
Shape = tuple[int, int]
Node = tuple[Family, tuple[str, ...], tuple[Index, ...]]
SAMPLE = "@"
"""The name under which the number of a sample is handed down."""
_LONGEST_CHAIN = 12
_SHARES = {"y", "p", "t", "q"}
_POSITIVE = {"d", "m", "n", "N", "alpha", "beta", "gamma", "epsilon", "varepsilon", "eta",
             "lambda", "tau"}  # fmt: skip


@dataclass(slots=True)
class Kinds:
    """What is known of the names of a document.

    ``labels`` are families of which the document says that they sum to 1;
    ``batches`` say which families are one sample's part of a matrix;
    ``summed`` are families that a sum runs over, so that their members differ; ``totals`` are
    those of which one without an index is the sum, with the letter of that index; ``chained`` are
    letters of which one value leads to the next, so that a cost reads the last one;
    ``arguments`` are those of functions that are always called with the same one, ``called`` all
    functions that are called;
    ``shapes`` are those of families that are vectors or matrices, ``slots`` how many of their
    indices tell one from another rather than entries. ``samples`` are letters that a definition
    uses without naming them on its left; ``defaults`` are values of letters that nothing binds.
    """

    words: Vocabulary
    shapes: dict[Node, Shape] = field(default_factory=dict)
    slots: dict[Node, int] = field(default_factory=dict)
    classes: dict[Family, tuple[int, set[str]]] = field(default_factory=dict)
    batches: Mapping[Family, Batch] = field(default_factory=dict)
    sampled: frozenset[Family] = frozenset()
    summed: frozenset[Family] = frozenset()
    labels: set[Family] = field(default_factory=set)
    totals: dict[Family, str] = field(default_factory=dict)
    chained: frozenset[str] = frozenset()
    arguments: Mapping[str, Term] = field(default_factory=dict)
    called: frozenset[str] = frozenset()
    costs: dict[Family, list[Ref]] = field(default_factory=dict)
    samples: frozenset[str] = frozenset()
    defaults: dict[str, Index] = field(default_factory=dict)
    arities: dict[Family, set[tuple[int, int]]] = field(default_factory=dict)
    occurrences: Mapping[int, Shape] = field(default_factory=dict)
    tensor: bool = False
    ends: frozenset[str] = frozenset()

    def plain(self) -> Kinds:
        """Return the same without arrays."""
        return replace(self, shapes={}, slots={}, batches={}, tensor=False)

    # --- what a name is ---

    def constant(self, ref: Ref, model: Model) -> Value | None:
        """Return the value of a name that means the same everywhere."""
        if ref.letter == "1" and ref.style and ref.sub and isinstance(ref.sub[0], Ref):
            size = model.sizes.get(ref.sub[0].letter)
            return np.ones((1, size, 1), dtype=complex) if size is not None else None
        if ref.sub or ref.sup or ref.accent or model.definitions.get(ref.family):
            return None
        if ref.letter == "pi":
            return np.full((1, 1, 1), np.pi, dtype=complex)
        if ref.letter == "e" and not self.tensor:
            return np.full((1, 1, 1), np.e, dtype=complex)
        if (ref.letter == "1" and ref.style) or (ref.letter == "I" and self.tensor):
            shape = self.occurrences.get(id(ref))
            if shape is None:
                raise Unknown(f"the size of {ref.letter} is not determined")
            if ref.letter == "1":
                return np.ones((1, *shape), dtype=complex)
            return np.eye(max(shape), dtype=complex)[None]
        return None

    def constant_name(self, ref: Ref) -> bool:
        """Whether a name means the same everywhere: a number, ones, the identity, a Kronecker."""
        return ref.letter in {"1", "I", "pi", "e", "d", "infty"} or (
            ref.letter == "delta" and len(ref.sub) == 2
        )

    def is_size(self, ref: Ref) -> bool:
        """Whether a name is the end of a range, and so a whole number: ``n``, ``d_1``."""
        alone = not (ref.sup or ref.accent or any(isinstance(i, Ref) for i in ref.sub))
        return alone and ref.size_name in self.ends and ref.letter not in COSTS

    def is_kronecker(self, ref: Ref, model: Model) -> bool:
        r"""Whether ``\delta_{ij}`` is 1 or 0 here, and no error term."""
        return (
            ref.letter == "delta"
            and len(ref.sub) == 2
            and not ref.sup
            and not ref.prefix
            and not any(isinstance(i, Label) for i in ref.sub)
            and not model.definitions.get(ref.family)
        )

    def generic_function(self, name: Ref) -> bool:
        """Whether a function that nobody defines may be any smooth one."""
        return name.letter in {*GENERIC, "sigma"} or len(name.letter) == 1

    def is_share(self, key: Key) -> bool:
        """Whether a given value lies between 0 and 1: labels and probabilities."""
        letter = key.family[0]
        return letter.lower() in _SHARES

    def is_positive(self, key: Key) -> bool:
        """Whether a given value is positive."""
        return key.family[0] in _POSITIVE

    def never_leaf(self, key: Key) -> bool:
        """Whether a name must be computed from something: a cost, or a derivative."""
        letter = key.family[0]
        return letter in COSTS or (letter.startswith("d") and len(letter) > 1)

    def shape(self, key: Key) -> Shape:
        """Return rows and columns of a given quantity."""
        return self.shapes.get(self.node(key), (1, 1))

    def node(self, key: Key) -> Node:
        """Return which array a quantity is; indices that are no marks do not count."""
        labels = tuple(i for i in key.sub if isinstance(i, str))
        marks = () if key.family in self.sampled else key.sup
        return key.family, labels, marks

    def named(self, term: Term, model: Model) -> Ref | None:
        """Return a name whose definition is this very term."""
        for definitions in model.definitions.values():
            for definition in definitions:
                if definition.right == term:
                    return definition.left
        return None

    # --- which quantity is meant ---

    def resolved(
        self, ref: Ref, key: Key, model: Model, bound: Bound, at: float, depth: int = 0
    ) -> tuple[Key, Part]:
        """Return the quantity that a name with some indices means, and which part of it."""
        sample = bound.get(SAMPLE)
        if not key.sup and self._is_layered(key.family, model) and not self._defined(key, model):
            key = replace(key, sup=(model.sizes.get("L", 1),))
        member = self._member(ref, key, sample)
        if member is not None:
            whole, part = member
            return self._followed(whole, model, bound, at, depth), part
        node = self.node(key)
        if node in self.shapes and not self._defined(key, model):
            key = self._of_sample(key, sample)
        if node in self.shapes:
            slots = self.slots.get(node, 0)
            labels = [i for i in key.sub if isinstance(i, str)]
            numbers = [i for i in key.sub if not isinstance(i, str)]
            whole = Key(key.family, (*labels, *numbers[:slots]), key.sup, sample)
            whole = self._without_sample(ref, whole, model)
            return self._followed(whole, model, bound, at, depth), tuple(numbers[slots:])
        for candidate in self._others(ref, key, model):
            if self._defined(candidate, model):
                copy = candidate.sample if candidate.sample is not None else sample
                found = replace(candidate, sample=copy)
                return self._followed(found, model, bound, at, depth), ()
        return self._leaf_key(ref, self._of_sample(key, sample)), ()

    def _member(self, ref: Ref, key: Key, sample: Index | None) -> tuple[Key, Part] | None:
        """Return the batch of which a name is a sample's part, and that part."""
        batch = self.batches.get(key.family)
        if batch is None or batch.stacked:
            return None
        sub, sup = list(key.sub), list(key.sup)
        places = sample_marks(ref) or ([len(sup) - 1] if len(sup) > batch.marks else [])
        number = sample
        if places:
            number = sup.pop(places[-1])
        elif batch.family == key.family:
            return None
        elif batch.below and sub:
            number = sub.pop(0)
        if len(sup) != batch.marks:
            return None
        shape = self.shapes.get(self.node(key), (1, 1))
        turned = 1 in shape and shape != (1, 1) and shape[batch.axis] != 1
        member = Member(batch.axis, number if isinstance(number, int) else 1, turned)
        return Key(batch.family, (), tuple(sup)), (member, *sub)

    def members(self, whole: Key) -> Batch | None:
        """Return how a matrix is put together from its samples' parts, with their family."""
        for family, batch in self.batches.items():
            if batch.stacked and batch.family == whole.family and len(whole.sup) == batch.marks:
                return replace(batch, family=family)
        return None

    def _without_sample(self, ref: Ref, key: Key, model: Model) -> Key:
        """Return the quantity of a sample whose definition names no sample."""
        places = sample_marks(ref)
        if not places or self._defined(key, model):
            return key
        *_, place = places
        rest = key.sup[:place] + key.sup[place + 1 :]
        single = replace(key, sup=rest, sample=key.sup[place])
        return single if self._defined(single, model) else key

    def _of_sample(self, key: Key, sample: Index | None) -> Key:
        """Return the given quantity of one sample, where the document tells samples apart."""
        if sample is None:
            return key
        arities = self.arities.get(key.family, set())
        if (len(key.sub), len(key.sup) + 1) in arities:
            return Key(key.family, key.sub, (*key.sup, sample))
        if (len(key.sub) + 1, len(key.sup)) in arities and key.family in self.summed:
            return Key(key.family, (sample, *key.sub), key.sup)
        return key

    def _defined(self, key: Key, model: Model) -> bool:
        return any(
            matched(d.left.sub, key.sub, model.sizes) is not None
            and matched(d.left.sup, key.sup, model.sizes) is not None
            for d in model.definitions.get(key.family, ())
        )

    def _others(self, ref: Ref, key: Key, model: Model) -> list[Key]:
        r"""Return the key, and those with a sample's index more or less.

        :math:`\hat y_i` and :math:`\hat y` are one value where only one of them is defined: that of
        sample i. An index with whose letter its definitions are written is no sample.
        """
        if key.family in self.totals:
            return [key]
        own = {
            i.letter
            for d in model.definitions.get(key.family, ())
            for i in (*d.left.sub, *d.left.sup)
            if isinstance(i, Ref)
        }
        alone = len(ref.sub) + len(ref.sup) == 1

        def loose(index: Term) -> bool:
            return is_sample(index) and (loose_in(index).isdisjoint(own) or alone)

        found = [key]
        for place, index in enumerate(ref.sub):
            if loose(index):
                rest = key.sub[:place] + key.sub[place + 1 :]
                found.append(Key(key.family, rest, key.sup, key.sub[place]))
        for place, index in enumerate(ref.sup):
            if loose(index):
                rest = key.sup[:place] + key.sup[place + 1 :]
                found.append(Key(key.family, key.sub, rest, key.sup[place]))
        if not ref.sub and not ref.sup and not self._is_timed(key.family, model):
            for count_sub, count_sup in sorted(self.arities.get(key.family, ())):
                if count_sub + count_sup == 1:
                    found.append(Key(key.family, (1,) * count_sub, (1,) * count_sup))
        return found

    def _is_timed(self, family: Family, model: Model) -> bool:
        """Whether a family's members follow each other in time: a bare name is none of them."""
        lefts = [d.left for d in model.definitions.get(family, ())]
        marks = [mark for left in lefts for mark in (*left.sub, *left.sup)]
        return any(isinstance(mark, Ref) and not is_sample(mark) for mark in marks)

    def _is_layered(self, family: Family, model: Model) -> bool:
        """Whether the marks above a family's names count layers: a bare one is the last."""
        lefts = (d.left for d in model.definitions.get(family, ()))
        return any(loose_in(mark) & LAYER_LETTERS for left in lefts for mark in left.sup)

    def _leaf_key(self, ref: Ref, key: Key) -> Key:
        """Return the key of a given quantity: one with and without a sample's index is one."""
        arities = self.arities.get(key.family, set())
        apart = self.tensor or key.family in self.summed
        if (0, 0) in arities and (key.sub or key.sup) and not apart:
            letters = [i for i in (*ref.sub, *ref.sup) if isinstance(i, Ref)]
            numbers = [i for i in (*ref.sub, *ref.sup) if not isinstance(i, Ref)]
            if letters and not numbers and len(letters) == 1:
                return Key(key.family, (), ())
        return key

    def _followed(self, key: Key, model: Model, bound: Bound, at: float, depth: int) -> Key:
        """Follow definitions that only give another name."""
        if depth > _LONGEST_CHAIN:
            return key
        for definition in model.candidates(key.family, at):
            sub = matched(definition.left.sub, key.sub, model.sizes)
            sup = matched(definition.left.sup, key.sup, model.sizes)
            if sub is None or sup is None:
                continue
            right = definition.right
            if not isinstance(right, Ref) or right.prefix:
                return key
            inner = {**self.defaults, **bound, **sub, **sup}
            try:
                below = tuple(index_value(i, inner, model.sizes) for i in right.sub)
                above = tuple(index_value(i, inner, model.sizes) for i in right.sup)
            except Unknown:
                return key
            named = Key(right.family, below, above)
            other, entry = self.resolved(right, named, model, inner, at, depth + 1)
            return key if entry else other
        return key

    def entry_definitions(self, key: Key, model: Model) -> Shape | None:
        """Return the shape of an array that is defined entry by entry."""
        shape = self.shape(key)
        if shape == (1, 1):
            return None
        count = len(key.sub) + (2 if min(shape) > 1 else 1)
        known = model.definitions.get(key.family, ())
        return shape if any(len(d.left.sub) == count for d in known) else None
