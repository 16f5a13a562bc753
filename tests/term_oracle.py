"""A second opinion on what people wrote: terms evaluated with the numbers of a derivation.

It shares the reader with verify, and nothing else: what a name is worth comes from the network and
from its adjoints as the derivation found them, not from the document.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from symderiv.verification.terms import (
    Add,
    BigOp,
    Call,
    Cases,
    Compared,
    Derivative,
    Div,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
    Transposed,
    walk,
)

Value = npt.NDArray[np.float64]
"""Points, rows, columns."""

Bound = Mapping[str, int]
Key = tuple[object, ...]


class NoMeaningError(LookupError):
    """A name that the network does not have, or an entry that its array has not."""


class MisfitError(ValueError):
    """Arrays whose shapes do not fit: what is written has no value, and is wrong."""


_FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "erf": np.vectorize(math.erf, otypes=[float]),
    "sigma": lambda z: 1 / (1 + np.exp(-z)),
}
_SLOPES: Mapping[str, Callable[[Value], Value]] = {
    "exp": np.exp,
    "log": lambda z: 1 / z,
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "sigma": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
}
_COMPARE: Mapping[str, Callable[[Value, Value], object]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass
class Oracle:
    """Evaluates terms.

    ``wholes`` are the values of names as they stand; ``arrays`` those of names with indices, by
    ``key``, with the points along their first axis; ``sizes`` are the numbers behind the letters
    of sizes; ``lengths`` how long a column of ones may be.
    """

    wholes: dict[Term, Value] = field(default_factory=dict)
    arrays: dict[Key, npt.NDArray[np.float64]] = field(default_factory=dict)
    sizes: dict[Term, int] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    _ones: dict[int, int] = field(default_factory=dict)

    # --- whole sides ---

    def sides(self, terms: Sequence[Term], letters: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        """Yield the values of some terms for every choice of the letters that are free in them."""
        spans = {letter: self._span(letter, terms) for letter in letters}
        with np.errstate(all="ignore"):
            for chosen in product(*spans.values()):
                bound = dict(zip(spans, chosen, strict=True))
                yield tuple(self.value(term, bound) for term in terms)

    def array(self, term: Term, shape: tuple[int, ...]) -> Value:
        """Return the value of a term of a shape, with columns of ones as long as they have to be.

        Raises ``MisfitError`` if there is none.
        """
        ones = [node for node in walk(term) if _is_ones(node)]
        for lengths in product(self.lengths, repeat=len(ones)):
            self._ones = {id(node): n for node, n in zip(ones, lengths, strict=True)}
            try:
                value = self.value(term, {})
            except MisfitError:
                continue
            if value.shape[1:] == shape:
                return value
        raise MisfitError

    # --- nodes ---

    def value(self, term: Term, bound: Bound) -> Value:
        """Return the value of a term, with its free indices bound."""
        match term:
            case Num(text):
                return np.full((1, 1, 1), float(text))
            case Ref() | Derivative():
                return self._named(term, bound)
            case Neg(operand):
                return -self.value(operand, bound)
            case Transposed(operand):
                return np.swapaxes(self.value(operand, bound), 1, 2)
            case Add(terms):
                first, *others = (self.value(t, bound) for t in terms)
                for other in others:
                    first = first + _fitting(first, other)
                return first
            case Mul():
                return self._product(term, bound)
            case Div(above, below):
                top = self.value(above, bound)
                return top / _fitting(top, self.value(below, bound))
            case Pow(Ref("e"), exponent):
                return np.exp(self.value(exponent, bound))
            case Pow(base, exponent):
                return np.asarray(self.value(base, bound) ** self.value(exponent, bound))
            case Call():
                return self._call(term, bound)
            case BigOp():
                return self._sum(term, bound)
            case Cases(rows):
                return self._cases(rows, bound)
        raise NoMeaningError(type(term).__name__)

    def _product(self, term: Mul, bound: Bound) -> Value:
        done = self.value(term.factors[0], bound)
        for sign, factor in zip(term.signs, term.factors[1:], strict=True):
            value = self.value(factor, bound)
            if sign in {"odot", "circ", "ast"} or (1, 1) in {done.shape[1:], value.shape[1:]}:
                done = done * _fitting(done, value)
            elif done.shape[2] == value.shape[1]:
                done = done @ value
            else:
                raise MisfitError
        return done

    def _call(self, call: Call, bound: Bound) -> Value:
        table = _SLOPES if call.primes == 1 else _FUNCTIONS
        if call.primes > 1 or len(call.arguments) != 1 or call.function.letter not in table:
            raise NoMeaningError(call.function.letter)
        return table[call.function.letter](self.value(call.arguments[0], bound))

    def _cases(self, rows: Sequence[tuple[Term, Term | None]], bound: Bound) -> Value:
        done = np.full((1, 1, 1), np.nan)
        for value, condition in reversed(rows):
            if condition is None:
                done = self.value(value, bound)
                continue
            if not isinstance(condition, Compared):
                raise NoMeaningError("a condition")
            sides = self.value(condition.left, bound), self.value(condition.right, bound)
            holds = np.asarray(_COMPARE[condition.sign](*sides))
            found = self.value(value, bound)
            _fitting(holds, done)
            done = np.where(_fitting(found, holds), found, _fitting(found, done))
        return done

    def _sum(self, term: BigOp, bound: Bound) -> Value:
        if term.kind != "sum" or term.condition is not None:
            raise NoMeaningError(term.kind)
        spans = []
        for index, limits in zip(term.indices, term.ranges, strict=True):
            if limits is None:
                spans.append(self._span(index.letter, [term.body]))
            else:
                low, high = (self.index(limit, bound) for limit in limits)
                spans.append(range(low, high + 1))
        letters = [index.letter for index in term.indices]
        inner = [
            self.value(term.body, {**bound, **dict(zip(letters, chosen, strict=True))})
            for chosen in product(*spans)
        ]
        return np.asarray(sum(inner[1:], inner[0]))

    # --- names and indices ---

    def _named(self, term: Ref | Derivative, bound: Bound) -> Value:
        if _is_ones(term):
            return np.ones((1, self._ones[id(term)], 1))
        if term in self.wholes:
            return self.wholes[term]
        if term in self.sizes:
            return np.full((1, 1, 1), float(self.sizes[term]))
        array = self.arrays.get(key(term))
        if array is None:
            raise NoMeaningError(term)
        places = [self.index(i, bound) - 1 for i in indices(term)]
        if any(not 0 <= p < n for p, n in zip(places, array.shape[1:], strict=True)):
            raise NoMeaningError("an entry outside its array")
        return array[(slice(None), *places)][:, None, None]

    def index(self, term: Term, bound: Bound) -> int:
        """Return the value of an index."""
        match term:
            case Num(text):
                return int(text)
            case Ref(letter, sub=(), sup=()) if letter in bound:
                return bound[letter]
            case Add(terms):
                return sum(self.index(t, bound) for t in terms)
            case Neg(operand):
                return -self.index(operand, bound)
        if term in self.sizes:
            return self.sizes[term]
        raise NoMeaningError(term)

    def _span(self, letter: str, terms: Sequence[Term]) -> range:
        """Return what a letter runs over: the axes on which it stands, all of one size."""
        lengths = {n for term in terms for n in self._lengths(letter, term)}
        if len(lengths) != 1:
            raise NoMeaningError(f"{letter} runs over what?")
        return range(1, lengths.pop() + 1)

    def _lengths(self, letter: str, term: Term) -> Iterator[int]:
        for node in walk(term):
            if isinstance(node, Ref | Derivative):
                array = self.arrays.get(key(node))
                if array is not None:
                    for index, length in zip(indices(node), array.shape[1:], strict=True):
                        if index == Ref(letter):
                            yield length


def _is_ones(node: Term) -> bool:
    return isinstance(node, Ref) and node.letter == "1" and bool(node.style)


def _fitting(first: Value, second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the second of two arrays that are joined entry by entry, if their shapes allow it."""
    longer = {m > n for m, n in zip(first.shape[1:], second.shape[1:], strict=True) if m != n}
    shapes = zip(first.shape, second.shape, strict=True)
    apart = any(m != n and 1 not in {m, n} for m, n in shapes)
    if apart or len(longer) > 1:  # or a row and a column
        raise MisfitError
    return second


def key(term: Ref | Derivative) -> Key:
    """Return which array a name with indices is: all but its indices."""
    match term:
        case Derivative(Ref() as of, (Ref() as by,)):
            return ("derivative", of.family, *_family(by))
        case Ref():
            return _family(term)
    return (term,)


def _family(ref: Ref) -> Key:
    return (*ref.family, ref.sup, len(ref.sub))


def indices(term: Ref | Derivative) -> Sequence[Term]:
    """Return the indices of a name, or of that by which is differentiated."""
    match term:
        case Derivative(_, (Ref(sub=sub),)) | Ref(sub=sub):
            return sub
    return ()
