"""The shape of each kind of term, and what it asks of the shapes in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symderiv.verification.functions import ELEMENTWISE
from symderiv.verification.kinds import Node
from symderiv.verification.model import Bound, Unknown, index_value
from symderiv.verification.terms import (
    Add,
    Array,
    BigOp,
    Call,
    Cases,
    Derivative,
    Div,
    Entry,
    Label,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
    Transposed,
    walk,
)
from symderiv.verification.unifying import ONE, SCALAR, Dim, Shape, Unifier, longer, vectors
from symderiv.verification.words import COSTS, LAYER_LETTERS

_NUMBERS = frozenset({"norm", "norm1", "trace", "inner", "sumall", "det"})
_ENTRYWISE = frozenset({"odot", "circ", "ast"})


@dataclass
class TermShapes(Unifier):
    """The shapes of terms, where ``ranks`` says which names are columns, rows and matrices.

    ``letters`` are those that count, ``parameters`` the names of functions' arguments; ``bare`` are
    the arrays that stand without an index somewhere, ``arity`` is the least number of their
    indices.
    """

    sizes: Mapping[str, int]
    letters: frozenset[str]
    parameters: Mapping[str, Sequence[Ref]] = field(default_factory=dict, init=False)
    ranks: dict[Node, str] = field(default_factory=dict, init=False)
    bare: set[Node] = field(default_factory=set, init=False)
    arity: dict[Node, int] = field(default_factory=dict, init=False)

    def node(self, ref: Ref, bound: Bound) -> Node:
        """Return which array a name is."""
        labels = tuple(i.text for i in ref.sub if isinstance(i, Label))
        marks = []
        for mark in ref.sup:
            inside = {t.letter for t in walk(mark) if isinstance(t, Ref)}
            if inside <= LAYER_LETTERS:
                try:
                    marks.append(index_value(mark, bound, self.sizes))
                except Unknown:
                    continue
        return ref.family, labels, tuple(marks)

    def dims(self, node: Node) -> Shape:
        """Return the dimensions of an array by its rank."""
        rows: Dim = ("dim", node, 0)
        columns: Dim = ("dim", node, 1)
        shapes = {"matrix": (rows, columns), "column": (rows, ONE), "row": (ONE, columns)}
        return shapes.get(self.ranks.get(node, "scalar"), SCALAR)

    def shape(self, term: Term, bound: Bound) -> Shape | None:
        """Return the shape of a term, or None if nothing is known of it."""
        match term:
            case Ref():
                return self._ref(term, bound)
            case Neg(operand):
                return self.shape(operand, bound)
            case Transposed(operand):
                return self._transposed(self.shape(operand, bound))
            case Add(terms):
                return self._add([self.shape(t, bound) for t in terms], terms)
            case Mul():
                return self._mul(term, bound)
            case Div(above, below):
                return self._div(self.shape(above, bound), self.shape(below, bound))
            case Pow(base, exponent):
                power = self.shape(exponent, bound)
                euler = isinstance(base, Ref) and base.letter == "e"
                return power if euler else self.shape(base, bound)
            case Call():
                return self._call(term, bound)
            case BigOp():
                body = self.shape(term.body, bound)
                return body if term.indices or term.kind != "sum" else SCALAR
            case Cases(rows):
                return _first_array([self.shape(value, bound) for value, _ in rows])
            case Derivative():
                return self._derivative(term, bound)
            case Array(rows):
                return SCALAR if len(rows) == 1 == len(rows[0]) else None
            case Entry(array, indices):
                inner = self.shape(array, bound)
                return SCALAR if inner is not None and len(indices) in {1, 2} else None
        return SCALAR

    # --- names ---

    def _ref(self, ref: Ref, bound: Bound) -> Shape:
        if ref.letter == "1" and ref.style:
            index = ref.sub[0] if ref.sub else None
            return ("letter", index.letter) if isinstance(index, Ref) else ("ones", id(ref)), ONE
        if ref.letter == "I" and not ref.sub:
            return ("unit", id(ref)), ("unit", id(ref))
        node = self.node(ref, bound)
        whole = self.dims(node)
        slots = 0 if node in self.bare else self.arity.get(node, 0)
        entries = [i for i in ref.sub if not isinstance(i, Label)][slots:]
        if whole == SCALAR or not entries:
            return whole
        axes = [d for d in whole if d != ONE]
        self.cost += 2 * max(0, len(entries) - len(axes))
        for index, dim in zip(entries, axes, strict=False):
            if isinstance(index, Ref) and index.letter in self.letters:
                self.join(("letter", index.letter), dim)
        return (ONE, axes[1]) if len(entries) == 1 and len(axes) == 2 else SCALAR

    # --- arithmetic ---

    def _transposed(self, inner: Shape | None) -> Shape | None:
        if inner is None:
            return None
        if inner == SCALAR:
            self.cost += 0.5
        return inner[::-1]

    def _add(self, shapes: Sequence[Shape | None], terms: Sequence[Term]) -> Shape | None:
        """Ask all terms of a sum to have the shape of the one with most axes, numbers aside."""
        known = [
            s
            for s, t in zip(shapes, terms, strict=True)
            if s is not None and not isinstance(t, Num)
        ]
        if not known:
            return SCALAR if any(s is not None for s in shapes) else None
        best = max(known, key=lambda s: sum(d != ONE for d in s))
        weights = _weights_side(terms)
        for shape in known:
            if shape is best:
                continue
            if weights is not None and best[weights] == ONE:  # one unit has one bias
                self.cost += 0.2 if shape == SCALAR else 1.0
            elif shape == SCALAR:
                self.cost += 1.0
            elif ONE in shape and ONE not in best:
                self._spread(best, shape)
                if weights is not None and shape[weights] == ONE:
                    self.cost += 0.6
            else:
                self.unify(best, shape, 2)
        return best

    def _spread(self, matrix: Shape, vector: Shape) -> None:
        """Let a vector go with each column or each row of a matrix."""
        self.cost += 0.2
        rows, columns = matrix
        spread = (vector[0], columns) if vector[0] != ONE else (rows, vector[1])
        self.unify(matrix, spread, 2)

    def _mul(self, term: Mul, bound: Bound) -> Shape | None:
        found = self.shape(term.factors[0], bound)
        for sign, factor in zip(term.signs, term.factors[1:], strict=True):
            other = self.shape(factor, bound)
            if sign == "/":
                found = self._div(found, other)
            elif found is None or other is None:
                found = None
            else:
                found = self._times(found, other, sign, factor)
        return found

    def _times(self, a: Shape, b: Shape, sign: str, factor: Term) -> Shape:
        if SCALAR in (a, b):
            return b if a == SCALAR else a
        if sign in _ENTRYWISE or (sign == "*" and _activation_slope(factor)):
            if ONE in a and ONE not in b:
                a, b = b, a
            if ONE in b and ONE not in a:
                self._spread(a, b)
            else:
                self.unify(a, b, 2)
            return a
        if sign == "otimes":
            return a[0], b[0]
        misfit = self.differ(a[1], b[0])
        alike = vectors(a, b) and (a[0] == ONE) == (b[0] == ONE)
        if (
            misfit and alike and sign in {"cdot", "*"}
        ):  # a product of two columns is their inner one
            self.unify(a, b, 2)
            return SCALAR
        self.unify((a[1], ONE), (b[0], ONE), 3)
        return a[0], b[1]

    def _div(self, a: Shape | None, b: Shape | None) -> Shape | None:
        if a is None or b is None:
            return None
        if SCALAR in (a, b):
            return a if b == SCALAR else b
        if self.misfit(a, b):
            self.cost += 0.5
        else:
            self.unify(a, b, 1)
        return a

    # --- functions and derivatives ---

    def _call(self, term: Call, bound: Bound) -> Shape | None:
        name = term.function.letter
        shapes = [self.shape(a, bound) for a in term.arguments]
        own = self.parameters.get(term.function.function_key, ())
        if name in COSTS and len(own) == len(shapes):
            for parameter, shape in zip(own, shapes, strict=True):
                if shape is not None:
                    self.unify(self._ref(parameter, bound), shape, 2)
            return SCALAR
        first = shapes[0] if shapes else None
        if name in _NUMBERS:
            self._number(name, shapes)
            return SCALAR
        if first is not None and name == "diag":
            if first == SCALAR:
                self.cost += 1
                return SCALAR
            return longer(first), longer(first)
        if first is not None and name in {"rowsum", "colsum"}:
            return (first[0], ONE) if name == "rowsum" else (ONE, first[1])
        if name in {"max", "min"} and len(shapes) > 1:
            return _first_array(shapes)
        if name == "softmax" and first == SCALAR:
            self.cost += 0.4
        entrywise = name in ELEMENTWISE or name in {"softmax", "logsoftmax"}
        return first if entrywise or len(shapes) == 1 else SCALAR

    def _number(self, name: str, shapes: Sequence[Shape | None]) -> None:
        """Ask the arguments of a function with a number for its value to be arrays."""
        match name, shapes:
            case (("norm" | "trace"), [(1, 1)]):
                self.cost += 0.5
            case "inner", [tuple(a), tuple(b)]:
                self.unify(a, b, 2)

    def _derivative(self, term: Derivative, bound: Bound) -> Shape | None:
        of = self.shape(term.of, bound)
        if len(term.by) != 1 or of is None:
            return None
        by = self.shape(term.by[0], bound)
        if by is None:
            return None
        if SCALAR in (of, by):
            return of if by == SCALAR else by
        return (longer(of), longer(by)) if vectors(of, by) else None


def _first_array(shapes: Sequence[Shape | None]) -> Shape:
    return next((s for s in shapes if s is not None and s != SCALAR), SCALAR)


def _activation_slope(factor: Term) -> bool:
    """Whether a factor is what an element-wise product is usually taken with: ``g'(z)``."""
    if isinstance(factor, Call) and factor.primes:
        return True
    return isinstance(factor, Add) and any(isinstance(t, Num) for t in factor.terms)


def _weights_side(terms: Sequence[Term]) -> int | None:
    """Return which axis of a layer's values counts units: 1 in ``X W + b``, 0 in ``W X + b``."""
    for term in terms:
        factors = term.factors if isinstance(term, Mul) else ()
        names = [f.letter for f in factors if isinstance(f, Ref)]
        if len(names) == len(factors) == 2 and ("W" in names[0]) != ("W" in names[1]):
            return 1 if "W" in names[1] else 0
    return None
