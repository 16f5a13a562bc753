"""Reads a printed equation back, as somebody who knows one literature's conventions does.

It knows no SymPy and no matrix form: only the presentation tree, the numbers behind the names, and
what the literature means by them (which axis is the sample's, in which order a weight has its
indices, where counting starts). The conventions are said here once more, on purpose: if a profile
exchanges two indices without meaning it, the numbers that are read here differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from symderiv import expression as ex
from symderiv.derivation import View
from symderiv.expression import Node
from symderiv.graph import Definition, Index
from symderiv.notation import Profile, Role, name

Value = npt.NDArray[np.float64]
Env = Mapping[str, Value]

FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "log": np.log,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "exp": np.exp,
    "sign": np.sign,
    "max": np.maximum,
    "min": np.minimum,
    "erf": np.vectorize(math.erf),
}
COMPARED: Mapping[str, Callable[[Value, Value], Value]] = {
    "=": np.equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a literature means: see ``Profile``, which says the same for print."""

    columns: bool = False
    to_from: bool = False
    first: int = 1
    numerator: bool = False


@dataclass(frozen=True, slots=True)
class _Ones:
    """A column of ones, or a row, as long as needed."""

    row: bool = False


@dataclass(slots=True)
class Reader:
    """Evaluates printed nodes; ``values`` are the lecture's arrays by code name.

    ``view`` is the view that is read: in ``"matrix"`` a product of two arrays is a matrix product,
    otherwise everything is done entry by entry over a grid of index values.
    """

    definitions: Sequence[Definition]
    values: Mapping[str, Value]
    sizes: Mapping[str, int]
    profile: Profile
    means: Conventions
    view: str
    tall: bool = False
    identity: int = 0
    names: dict[tuple[Node, bool], Definition] = field(init=False)

    def __post_init__(self) -> None:
        self.names = {}
        for definition in self.definitions:
            for printed, indexed in self._printed(definition):
                layer = self._layer_below(definition)
                stem = _stem(printed, keep_first=layer)[0] if definition.indices else printed
                known = self.names.setdefault((stem, indexed), definition)
                assert known is definition, f"{known.key} and {definition.key} are both {stem}"

    def _printed(self, definition: Definition) -> Iterator[tuple[Node, bool]]:
        """Yield the names of an array, and whether it has indices there."""
        quantity, profile = definition.quantity, self.profile
        symbols = [index.symbol for index in definition.indices]
        numbers = [1 for _ in symbols]
        if not symbols:
            yield name(quantity, profile=profile), False
            yield name(quantity, matrix=True, profile=profile), False
            return
        if self.view == "matrix":
            yield name(quantity, matrix=True, profile=profile), False
            for shown in (False, True):
                part = name(quantity.at(*symbols), matrix=not shown, vector=shown, profile=profile)
                yield part, True
        if self.view == "component":  # a single output has no index
            yield name(quantity.at(), profile=profile), False
        entry = quantity.at(*(numbers if self.view == "component" else symbols))
        yield name(entry, profile=profile), True

    def _layer_below(self, definition: Definition) -> bool:
        return self.profile.layer == "_" and definition.quantity.layered

    # --- equations --------------------------------------------------------------------------------

    def check(self, shown: View, indices: Sequence[Index]) -> None:
        """Assert that both sides of each equation have one value, wherever it is said to hold."""
        for equation in shown.equations:
            for env in self.places(shown, indices):
                left, right = (self.value(side, env) for side in equation.sides)
                if left.ndim == 0:
                    right = right.reshape(())
                whole = np.broadcast_to(right, left.shape)
                np.testing.assert_allclose(whole, left, rtol=1e-9, atol=1e-11)

    def places(self, shown: View, indices: Sequence[Index]) -> Iterator[dict[str, Value]]:
        """Yield the values of the free indices: all at once as a grid, or one slice at a time."""
        spans = {i.symbol.name: self._span(i) for i in indices}
        if self.view == "matrix":
            each = [node.base for node in shown.each if isinstance(node, ex.Name)]
            for values in product(*(spans[letter] for letter in each)):
                yield {letter: np.asarray(v) for letter, v in zip(each, values, strict=True)}
        else:
            axes = np.meshgrid(*spans.values(), indexing="ij")
            yield dict(zip(spans, axes, strict=True))

    def _span(self, index: Index) -> Value:
        high = index.high.subs(
            {symbol: self.sizes[str(symbol)] for symbol in index.high.free_symbols}
        )
        return np.arange(int(high)) + float(self.means.first)

    # --- names ------------------------------------------------------------------------------------

    def named(self, node: Node, env: Env) -> Value:
        """Return the number or the array behind a printed name."""
        if (node, False) in self.names:
            return self._looked_up(self.names[node, False], (), env)
        if node == ex.Name("pi"):
            return np.asarray(math.pi)
        for keep_first in (True, False):
            stem, indices = _stem(node, keep_first=keep_first)
            if (stem, bool(indices)) in self.names:
                return self._looked_up(self.names[stem, bool(indices)], indices, env)
        assert isinstance(node, ex.Name), node
        text = node.base + "".join(f"_{n.text}" for n in node.sub if isinstance(n, ex.Number))
        if text in env:
            return env[text]
        return np.asarray(self.sizes[text])

    def _looked_up(self, definition: Definition, indices: Sequence[Node], env: Env) -> Value:
        array = self.values[definition.key]
        if not indices and self.view != "component":
            return self._whole(definition, array, cut=False)
        at = [None if n == ex.Name(":") else self.value(n, env) - self.means.first for n in indices]
        count = len(definition.indices)
        weight = definition.quantity.role is Role.WEIGHT
        exchanged = self.means.to_from if weight else self.means.columns
        if self.view == "component":
            at = at[::-1] if len(at) == 2 and weight and exchanged else at
            sample = definition.quantity.role not in {Role.WEIGHT, Role.BIAS}
            at = [np.asarray(0.0), *at] if sample else at
            at += [np.asarray(0.0)] * (count - len(at))
        elif len(at) == 2 == count and exchanged:
            at = at[::-1]
        full = [*at, *([None] * (count - len(at)))]
        places = tuple(
            slice(None) if i is None else np.clip(np.rint(i).astype(int), 0, length - 1)
            for i, length in zip(full, array.shape, strict=True)
        )
        if all(i is not None for i in full):
            return np.asarray(array[places])
        kept = [i for i, place in zip(definition.indices, full, strict=True) if place is None]
        rest = replace(definition, indices=tuple(kept))
        return self._whole(rest, np.asarray(array[places]), cut=count > 2)

    def _whole(self, definition: Definition, array: Value, *, cut: bool) -> Value:
        """Return an array as a matrix that stands as in the literature."""
        quantity = definition.quantity
        weight = quantity.role is Role.WEIGHT
        other = self.means.to_from if weight and array.ndim == 2 else self.means.columns
        if array.ndim == 0:
            return array
        if array.ndim == 1:
            kind = str(definition.indices[0].high)[0]
            column = kind in "NT"
            other = self.means.columns and kind != "T"
            array = array.reshape(-1, 1) if column or self.tall else array.reshape(1, -1)
        other = other and not cut and not (self.tall and array.shape[1] == 1)
        turned = quantity.adjoint and self.means.numerator
        return np.asarray(array.T if other != turned else array)

    def derivative(self, node: Node, env: Env) -> Value:
        """Return the number behind the derivative of the loss by a component, at one sample."""
        assert isinstance(node, ex.Partial), node
        adjoints = {d.key: self.values.get(f"d{d.key}") for d in self.definitions}
        known = {key: value for key, value in adjoints.items() if value is not None}
        return replace(self, values=known).value(node.by, env)

    # --- everything else --------------------------------------------------------------------------

    def value(self, node: Node, env: Env) -> Value:
        """Return the value of a printed node."""
        match node:
            case ex.Number(text):
                return np.asarray(float(text))
            case ex.Name("1", bold=True):
                return np.asarray(1.0)  # alone, it is as long as what it is compared with
            case ex.Name("I", sub=(), sup=(), bold=True):
                return np.eye(self.identity)
            case ex.Partial() if self.view == "component":
                return self.derivative(node, env)
            case ex.Name() | ex.Partial():
                return self.named(node, env)
            case ex.Brackets(ex.Relation(sides, signs), "[]"):
                return self._holds(sides, signs, env) * 1.0
            case ex.Brackets(content):
                return self.value(content, env)
            case ex.Negative(operand):
                return -self.value(operand, env)
            case ex.Sum(terms):
                return sum((self.value(term, env) for term in terms), start=np.asarray(0.0))
            case ex.Product(_, sign) if self.view == "matrix" and not sign:
                return self._product(node, env)
            case ex.Product(factors):
                return math.prod((self.value(f, env) for f in factors), start=np.asarray(1.0))
            case ex.Fraction(above, below):
                return self.value(above, env) / self.value(below, env)
            case ex.Power(ex.Name("e", sup=()), exponent):
                return np.exp(self.value(exponent, env))
            case ex.Power(base, exponent):
                return self.value(base, env) ** self.value(exponent, env)
            case _:
                return self._other(node, env)

    def _other(self, node: Node, env: Env) -> Value:
        match node:
            case ex.Transpose(operand):
                return self.value(operand, env).T
            case ex.Call(ex.Name("diag"), (vector,)):
                return np.diag(self.value(vector, env).ravel())
            case ex.Call(function, arguments):
                return FUNCTIONS[function.base](*(self.value(a, env) for a in arguments))
            case ex.BigSum(body, ex.Name(index), low, high) if low and high:
                first, last = (int(self.value(bound, env)) for bound in (low, high))
                steps = (np.asarray(float(i)) for i in range(first, last + 1))
                terms = (self.value(body, {**env, index: i}) for i in steps)
                return sum(terms, start=np.asarray(0.0))
            case ex.Cases(rows):
                result = self.value(rows[-1][0], env)
                for value, condition in reversed(rows[:-1]):
                    assert isinstance(condition, ex.Relation)
                    holds = self._holds(condition.sides, condition.signs, env)
                    result = np.where(holds, self.value(value, env), result)
                return result
        raise AssertionError(f"cannot read {node}")

    def _holds(self, sides: Sequence[Node], signs: Sequence[str], env: Env) -> Value:
        read = [self.value(side, env) for side in sides]
        pairs = zip(read, read[1:], signs, strict=False)
        return np.logical_and.reduce([COMPARED[sign](a, b) for a, b, sign in pairs])

    def _product(self, node: Node, env: Env) -> Value:
        """Multiply from the left; ones add up what stands beside them, or repeat it."""
        number = np.asarray(1.0)
        done: Value | _Ones | None = None
        for factor in _flat(node):
            read = _ones(factor) or self.value(factor, env)
            if not isinstance(read, _Ones) and read.ndim == 0:
                number = number * read
            else:
                done = read if done is None else _times(done, read)
        if done is None or isinstance(done, _Ones):
            return number
        return np.asarray(number * done)


def _times(left: Value | _Ones, right: Value | _Ones) -> Value:
    if isinstance(left, _Ones):
        assert not isinstance(right, _Ones)
        if left.row:
            return right.sum(axis=0, keepdims=True)
        assert right.shape[0] == 1, "only a row can be repeated as rows"
        return right
    if isinstance(right, _Ones):
        if not right.row:
            return left.sum(axis=1, keepdims=True)
        assert left.shape[1] == 1, "only a column can be repeated as columns"
        return left
    assert left.shape[1] == right.shape[0], f"{left.shape} times {right.shape}"
    return np.asarray(left @ right)


def _flat(node: Node) -> list[Node]:
    match node:
        case ex.Product(factors, ""):
            return [f for factor in factors for f in _flat(factor)]
        case _:
            return [node]


def _ones(node: Node) -> _Ones | None:
    match node:
        case ex.Name("1", bold=True):
            return _Ones()
        case ex.Transpose(ex.Name("1", bold=True)):
            return _Ones(row=True)
    return None


def _listed(node: Node) -> list[Node]:
    if isinstance(node, ex.Listing):
        return [item for part in node.items for item in _listed(part)]
    return [node]


def _stem(node: Node, *, keep_first: bool) -> tuple[Node, tuple[Node, ...]]:
    """Split a printed name into what is named and its indices.

    A zero behind a bias that is written as a weight is part of the name, and, with ``keep_first``,
    a number that stands first: that of the layer.
    """
    if isinstance(node, ex.Partial):
        by, indices = _stem(node.by, keep_first=keep_first)
        return ex.Partial(node.of, by), indices
    assert isinstance(node, ex.Name)
    if node.prefix is not None and node.prefix.sub:
        by, indices = _stem(node.prefix.sub[0], keep_first=keep_first)
        return replace(node, prefix=replace(node.prefix, sub=(by,))), indices
    sub = [item for part in node.sub for item in _listed(part)]
    kept: list[Node] = []
    if keep_first and sub and isinstance(sub[0], ex.Number):
        kept.append(sub.pop(0))
    elif node.base == "w" and node.sup and sub and sub[-1] == ex.Number("0"):
        kept.append(sub.pop())
    return replace(node, sub=tuple(kept)), tuple(sub)
