r"""Vectors and matrices: which names are, and how their sizes hang together.

Every equation asks something of the shapes in it: the columns of :math:`W` are as many as the rows
of :math:`x` in :math:`W x`. Names start with what their letter and font suggest, or what the
document declares; then they change, one at a time, while that makes fewer equations misfit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symderiv.verification.batches import Batch
from symderiv.verification.kinds import Node
from symderiv.verification.model import Bound, Family, Index
from symderiv.verification.sizes import Classes
from symderiv.verification.term_shapes import TermShapes
from symderiv.verification.terms import Derivative, Label, Mul, Ref, Term, Transposed, values, walk
from symderiv.verification.unifying import ONE, SCALAR, Shape
from symderiv.verification.words import COSTS, LAYER_LETTERS

_MATRICES = frozenset("WXAZHYUVQKPSOBDMRG") | {"Delta", "Theta", "Lambda", "Phi", "Psi"}
_BIASES = frozenset({"b", "beta", "c"})
_NUMBERS = COSTS | {"eta", "alpha", "lambda", "m", "n", "N", "cost"}
_VECTORS = frozenset("xyzabhwuvsopqrgecf") | {"delta", "theta", "mu", "beta"}
_RANKS = ("column", "matrix", "scalar", "row")
_MOST_ROUNDS = 24
_PER_CHANGE = 0.15
_CLOSE = 1e-9


@dataclass(slots=True)
class Equation:
    """Two sides that are to have one shape; ``weight`` says how much that is believed."""

    left: Term
    right: Term
    weight: float

    def names(self) -> Iterator[Ref]:
        """Yield the names in it, those by which derivatives are taken too."""
        for side in (self.left, self.right):
            for term in values(side):
                if isinstance(term, Ref):
                    yield term
                elif isinstance(term, Derivative):
                    yield from (by for by in term.by if isinstance(by, Ref))

    def layers(self) -> list[dict[str, Index]]:
        """Return values for the letters of layers in it: what holds for one holds for the next."""
        marks = [
            mark for side in (self.left, self.right)
            for term in walk(side) if isinstance(term, Ref) for mark in term.sup
        ]  # fmt: skip
        letters = {t.letter for mark in marks for t in walk(mark) if isinstance(t, Ref)}
        counted = sorted(letters & LAYER_LETTERS - {"L"})
        return [dict.fromkeys(counted, layer) for layer in (1, 2)] if counted else [{}]


@dataclass
class Shaper(TermShapes):
    """Infers shapes from equations, what is ``declared``, and which names are ``bold``."""

    equations: Sequence[Equation]
    declared: Mapping[Node, Shape] = field(default_factory=dict)
    bold: frozenset[Family] = frozenset()
    batches: Mapping[Family, Batch] = field(default_factory=dict)
    widest: dict[Node, int] = field(default_factory=dict, init=False)
    touched: set[Node] = field(default_factory=set, init=False)
    summed: set[Family] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        ordered = sorted(self.equations, key=lambda equation: -equation.weight)
        self.cases = [(equation, bound) for equation in ordered for bound in equation.layers()]

    # --- the first guess ---

    def collect(self) -> None:
        """Note which names there are, and guess what each is."""
        for equation in self.equations:
            self.summed |= set(_summed(equation))
            for bound in equation.layers():
                for ref in equation.names():
                    self._note(ref, bound)
        families: dict[object, list[Node]] = {}
        for node in self.arity:
            (letter, _, style), labels, _ = node
            families.setdefault((letter, style, labels), []).append(node)
        for alike in families.values():  # the layers of a family, and labels as predictions
            if not self.bare.isdisjoint(alike):
                self.bare.update(alike)
            self.widest.update(dict.fromkeys(alike, max(self.widest[n] for n in alike)))
            self.arity.update(dict.fromkeys(alike, min(self.arity[n] for n in alike)))
        for node in self.arity:
            self.ranks[node] = self._guess(node)

    def _note(self, ref: Ref, bound: Bound) -> None:
        node = self.node(ref, bound)
        count = sum(not isinstance(i, Label) for i in ref.sub)
        self.arity[node] = min(count, self.arity.get(node, count))
        self.widest[node] = max(count, self.widest.get(node, 0))
        if count == 0:
            self.bare.add(node)

    def _guess(self, node: Node) -> str:
        if node in self.declared:
            return _rank(self.declared[node])
        letter, _, style = node[0]
        base = _base(letter.rpartition(".")[2])
        if style == "cal" or base in COSTS | {"1", "I"} or self._fixed(node):
            return "column" if node[0] in self.summed and node in self.bare else "scalar"
        if node in self.bare and self.widest[node] == 2:
            return "matrix"
        if node in self.bare and self.widest[node] == 1 and base not in _MATRICES:
            return "column"
        if base in _MATRICES:
            return "matrix"
        return "column" if base in _VECTORS or node[0] in self.bold else "scalar"

    def _fixed(self, node: Node) -> bool:
        """Whether a name with two indices and never without is an entry for sure."""
        entry = node not in self.bare and self.arity.get(node, 0) >= 2
        return entry or (node[0][0] in _NUMBERS and node[0] not in self.summed)

    # --- how badly it fits ---

    def total(self, most: float = math.inf) -> float:
        """Return how badly the equations misfit with the ranks as they are, or more than ``most``.

        ``touched`` holds the names in those that do.
        """
        self.classes, self.cost = Classes(), 0.0
        self.touched, self.anchored = set(), set()
        for node, shape in self.declared.items():
            self.unify(self.dims(node), shape, 3)
        for node in self.ranks:
            self._member(node)
        for equation, bound in self.cases:
            if self.cost > most:
                break
            if equation.weight < 1 and not self.anchored:
                self.anchored = {self.classes.root(d) for d in list(self.classes.parent)}
            before = self.cost
            left, right = self.shape(equation.left, bound), self.shape(equation.right, bound)
            if left is not None and right is not None:
                self._equal(left, right, equation)
            extra = (self.cost - before) * equation.weight
            self.cost = before + extra
            if extra > 0:
                sides = (equation.left, equation.right)
                names = (t for side in sides for t in values(side) if isinstance(t, Ref))
                self.touched |= {self.node(name, bound) for name in names}
        return self.cost

    def _member(self, node: Node) -> None:
        """Ask the values of one sample to be as many as its batch has for each."""
        family, _, marks = node
        batch = self.batches.get(family)
        if batch is None or batch.family == family:
            return
        whole = (batch.family, (), marks)
        if whole in self.ranks:
            units = self.dims(whole)[1 - batch.axis]
            row = self.ranks[node] == "row"
            self.unify(self.dims(node), (ONE, units) if row else (units, ONE), 2)

    def _equal(self, left: Shape, right: Shape, equation: Equation) -> None:
        """Ask both sides of an equation to have one shape; a Jacobian may lie the other way."""
        turned = self.misfit(left, right[::-1]) < self.misfit(left, right)
        if turned and any(isinstance(t, Derivative) for t in walk(equation.left)):
            self.unify(left, right[::-1], 3)
            self.cost += 0.25
        else:
            self.unify(left, right, 3)

    # --- the search ---

    def search(self) -> None:
        """Change ranks one at a time while that makes the equations fit better."""
        self.collect()
        start = dict(self.ranks)
        best = self.total()
        improved = True
        for _ in range(_MOST_ROUNDS):
            if not improved or best < _CLOSE:
                break
            improved = False
            self.total()
            for node in sorted(self.touched & self.ranks.keys(), key=repr):
                if node in self.declared or self._fixed(node):
                    continue
                for rank in _RANKS:
                    score = self._changed(node, rank, start, best)
                    if score < best - _CLOSE:
                        best, improved = score, True
        self.total()

    def _changed(self, node: Node, rank: str, start: Mapping[Node, str], best: float) -> float:
        """Change a name with its family if that fits better; return how badly it fits."""
        if rank == self.ranks[node] or (rank == "matrix" and node[0][0] in _BIASES):
            return best
        old = dict(self.ranks)
        self.ranks.update(dict.fromkeys(self._alike(node), rank))
        changes = _PER_CHANGE * sum(self.ranks[n] != start[n] for n in start)
        score = self.total(best - changes) + changes
        if score >= best - _CLOSE:
            self.ranks = old
        return score

    def _alike(self, node: Node) -> list[Node]:
        """Return the nodes that change together: those of other layers, and their derivatives."""
        family, labels, _ = node
        return [
            n for n in self.ranks
            if _base(n[0][0]) == _base(family[0]) and n not in self.declared
            and not self._fixed(n) and (n[0] != family or n[1] == labels or not n[1])
        ]  # fmt: skip


def _base(letter: str) -> str:
    """Return the letter of what a name is the derivative by: the W of ``dW``."""
    return letter[1:] if letter.startswith("d") and len(letter) > 1 else letter


def _summed(equation: Equation) -> Iterator[Family]:
    r"""Yield what a row of ones is multiplied by: in :math:`\mathbf 1^\top L` no number."""
    for side in (equation.left, equation.right):
        for term in values(side):
            match term:
                case Mul((*_, Transposed(Ref("1")), Ref() as name)):
                    yield name.family


def _rank(shape: Shape) -> str:
    if shape == SCALAR:
        return "scalar"
    rows, columns = shape
    return "row" if rows == ONE else "column" if columns == ONE else "matrix"
