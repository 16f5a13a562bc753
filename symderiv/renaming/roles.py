r"""What the names of a document are, as its own definitions show it.

A sum of products of two names, :math:`z = w x + b`, is a pre-activation; a function of it alone is
an activation; the prediction is the one that has a hat or that a cost reads and no further layer,
and the cost reads the label, too. What no definition shows has no role.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from symderiv.notation import Role
from symderiv.verification.building import Built
from symderiv.verification.model import Definition, Family
from symderiv.verification.terms import (
    Add,
    BigOp,
    Call,
    Derivative,
    Mul,
    Num,
    Ref,
    Term,
    Transposed,
    values,
    walk,
)
from symderiv.verification.words import COSTS

Order = Literal["from-to", "to-from"]
Axis = Literal["rows", "columns"]
_Kind = TypeVar("_Kind")
_WEIGHTS = frozenset({"w", "W", "theta", "Theta", "v", "V", "u", "U"})
_LABELS = frozenset({"y", "Y", "t", "T"})


@dataclass
class Roles:
    """The roles of the families of names, and how the document arranges them.

    ``errors`` are names of derivatives by pre-activations; ``order`` is that of the indices of a
    weight, ``products`` that of weight and input in matrix products, in which ``samples`` are rows
    or columns; None where it does not show.
    ``output`` is the layer of the prediction, the term that marks it. With ``below`` layers are
    the first of the indices, as in :math:`w_{1,23}`. With ``sampled`` the index of the prediction
    counts samples.
    """

    of: dict[Family, Role] = field(default_factory=dict)
    errors: set[Family] = field(default_factory=set)
    order: Order | None = None
    products: Order | None = None
    samples: Axis | None = None
    output: Term | None = None
    below: bool = False
    sampled: bool = False

    def is_array(self, name: Ref) -> bool:
        """Whether a weight without indices is a matrix rather than a number."""
        heavy = name.style == "bold" or name.letter[0].isupper()
        whole = self.role(name) is Role.WEIGHT and not name.sub
        return whole and (heavy or self.order is not None)

    def role(self, name: Ref) -> Role | None:
        """Return the role of a name; one in another case is the array of the same kind."""
        letter, accent, style = name.family
        letter = letter.removeprefix("d") if name.prefix else letter
        own = self.of.get((letter, accent, style))
        if own is not None or name.sub or letter.isupper() is (letter.swapcase() == letter):
            return own
        other = self.of.get((letter.swapcase(), accent, style))
        return other if other not in {Role.LOSS, Role.COST} else None


def roles(model: Built) -> Roles:
    """Return what the names of a document are by its model."""
    return _Finder(model).found()


class _Finder:
    """Finds roles one after the other: each needs those before it."""

    def __init__(self, model: Built) -> None:
        self.definitions = model.model.definitions
        self.sizes = model.model.sizes
        self.result = Roles()
        self.orders: Counter[Order] = Counter()
        self.products: Counter[Order] = Counter()
        self.samples: Counter[Axis] = Counter()

    def found(self) -> Roles:
        """Return all roles."""
        every = [d for definitions in self.definitions.values() for d in definitions]
        sums = [(d, pairs) for d in every if (pairs := _pairs(d.right)) is not None]
        for definition, _ in sums:
            if not isinstance(definition.right, Call):
                linear = definition.left.accent == "hat"  # regression has no activation
                self._set(definition.left, Role.PREDICTION if linear else Role.PREACTIVATION)
        read = {f.family for _, (products, _) in sums for pair in products for f in pair[:2]}
        self._activations(every, read)
        for definition, (products, biases) in sums:
            self._layer(definition, products, biases)
        self._costs(every, read)
        self._errors(every)
        self.result.order = _most(self.orders)
        self.result.products = _most(self.products)
        self.result.samples = _most(self.samples)
        return self.result

    def _set(self, name: Ref, role: Role) -> None:
        self.result.of.setdefault(name.family, role)

    def _role(self, name: Ref) -> Role | None:
        return self.result.of.get(name.family)

    def _activations(self, every: list[Definition], read: set[Family]) -> None:
        """Name what is a function of pre-activations alone, or another name of an activation."""
        for _ in range(2):  # a prediction may be the last activation under another name
            for definition in every:
                names = _names(definition.right)
                known = {self._role(name) for name in names}
                if self._role(definition.left) is not None or not names:
                    continue
                alias = isinstance(definition.right, Ref) and known == {Role.ACTIVATION}
                if known == {Role.PREACTIVATION} or alias:
                    last = definition.left.family not in read
                    hat = last and definition.left.accent == "hat"
                    self._set(definition.left, Role.PREDICTION if hat else Role.ACTIVATION)
                    counted = {index for name in names for index in name.sub}
                    if last and not counted.issuperset(definition.left.sub):
                        self.result.sampled = True
                    below = [i for i in names[0].sub[:-1] if isinstance(i, Num)]
                    if last and (names[0].sup or below):
                        self.result.output = [*names[0].sup, *below][0]

    def _layer(
        self, definition: Definition, products: list[tuple[Ref, Ref, bool]], biases: list[Ref]
    ) -> None:
        """Name the weights, the input and the bias of a layer, and note how they are arranged."""
        for first, second, turned in products:
            weight, other = self._weight(first, second)
            if weight is None:
                continue
            self._set(weight, Role.WEIGHT)
            if other.family not in self.definitions:
                self._set(other, Role.INPUT)
            self.result.below = self.result.below or len(weight.sub) == 3
            self._arrangement(definition.left, weight, other, turned)
            if not weight.sub:
                self.products["to-from" if (weight is first) != turned else "from-to"] += 1
                self.samples["columns" if weight is first else "rows"] += 1
        for bias in biases:
            if bias.family not in self.definitions and bias.letter not in self.sizes:
                self._set(bias, Role.BIAS)

    def _weight(self, first: Ref, second: Ref) -> tuple[Ref | None, Ref]:
        """Return which of two factors is the weight: what is given, and the other is computed."""
        given = [n for n in (first, second) if n.family not in self.definitions]
        if len(given) == 1:
            return given[0], second if given[0] is first else first
        for fitting in (
            [n for n in given if self._role(n) is Role.WEIGHT],
            [n for n in given if n.letter in _WEIGHTS],
            [n for n in given if len(n.sub) == 2],
        ):
            if len(fitting) == 1:
                return fitting[0], second if fitting[0] is first else first
        return None, second

    def _arrangement(self, left: Ref, weight: Ref, other: Ref, turned: bool) -> None:  # noqa: FBT001
        """Note which index of a weight is that of its target, where the two differ."""
        if len(weight.sub) in {2, 3} and left.sub and other.sub and not turned:
            to, start, pair = left.sub[-1], other.sub[-1], weight.sub[-2:]
            if to != start and pair in {(start, to), (to, start)}:
                self.orders["from-to" if pair == (start, to) else "to-from"] += 1

    def _costs(self, every: list[Definition], read: set[Family]) -> None:
        """Name the costs, the prediction and the label that they read."""
        costs = [d for d in every if d.left.letter in COSTS and not d.left.sub]
        costs = [d for d in costs if self._role(d.left) is None]
        families = list(dict.fromkeys(d.left.family for d in costs))
        for definition in costs:
            names = _names(definition.right)
            for name in names:
                if self._role(name) is Role.ACTIVATION and name.family not in read:
                    self.result.of[name.family] = Role.PREDICTION
                if self._role(name) is None and name.letter in _LABELS and not name.accent:
                    self._set(name, Role.LABEL)
        for family in families[:2]:
            self.result.of[family] = Role.LOSS
        total = [f for f in families[:2] if self._is_total(f, families)]
        if len(total) == 1:
            self.result.of[total[0]] = Role.COST

    def _is_total(self, family: Family, families: list[Family]) -> bool:
        """Whether a cost is that of all samples: it is made of another one, or called J."""
        names = [n for d in self.definitions[family] for n in _names(d.right)]
        others = {n.family for n in names} & set(families) - {family}
        return bool(others) or family[0] == "J"

    def _errors(self, every: list[Definition]) -> None:
        """Name the derivatives by pre-activations that have a letter of their own."""
        for definition in every:
            match definition:
                case Definition(
                    Ref(letter="delta" | "Delta") as left, Derivative(_, (Ref() as by,))
                ):
                    if self._role(by) is Role.PREACTIVATION:
                        self.result.errors.add(left.family)


def _most(counts: Counter[_Kind]) -> _Kind | None:
    """Return what there is, if there is only one kind: a document may contradict itself."""
    return next(iter(counts)) if len(counts) == 1 else None


def _names(term: Term) -> list[Ref]:
    """Return the names that a term reads, functions aside."""
    called = {id(n.function) for n in walk(term) if isinstance(n, Call)}
    found = [n for n in values(term) if isinstance(n, Ref) and id(n) not in called]
    return [n for n in found if n.letter not in {"e", "1", "pi"}]


def _pairs(term: Term) -> tuple[list[tuple[Ref, Ref, bool]], list[Ref]] | None:
    """Return the products of two names and the single names that a term is a sum of.

    The sum may be the argument of a function. A product is told with whether its weight is turned:
    exactly one of its factors is transposed. None is returned for anything else.
    """
    if isinstance(term, Call) and len(term.arguments) == 1:
        return _pairs(term.arguments[0])
    products: list[tuple[Ref, Ref, bool]] = []
    single: list[Ref] = []
    for part in term.terms if isinstance(term, Add) else (term,):
        inner = part.body if isinstance(part, BigOp) and part.kind == "sum" else part
        match inner:
            case Ref():
                single.append(inner)
            case Mul((first, second), signs) if signs[0] not in {"/", "odot", "circ"}:
                names = [_untransposed(f) for f in (first, second)]
                if names[0] is None or names[1] is None:
                    return None
                turned = sum(isinstance(f, Transposed) for f in (first, second)) == 1
                products.append((names[0], names[1], turned))
            case _:
                return None
    return (products, single) if products else None


def _untransposed(term: Term) -> Ref | None:
    inner = term.operand if isinstance(term, Transposed) else term
    return inner if isinstance(inner, Ref) and inner.letter != "1" else None
