"""Sums and deltas: fresh indices, sums that a Kronecker delta removes, ranges that are proved.

A delta ``[e = 0]`` whose affine ``e`` has a bound index with the coefficient 1 or -1 fixes that
index: the sum over it goes, and what is left of it is the condition that the fixed value lies in
its range. Interval arithmetic over the ranges of the other indices proves most such conditions; one
that is not proved stays, as a ``Within`` bracket. A delta without such an index (a stride, or an
index that is data) stays too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from string import ascii_lowercase

import sympy as sp
from sympy import Expr, Indexed, Symbol

from symderiv.brackets import Same, Within
from symderiv.derivation import Term
from symderiv.graph import Graph, Index


@dataclass(slots=True)
class Fresh:
    """A source of index symbols that occur nowhere else in one derivation."""

    numbers: Iterator[int] = field(default_factory=count)

    def like(self, index: Index) -> Index:
        """Return ``index`` with a new symbol and the same range."""
        return Index(Symbol(f"_{next(self.numbers)}", integer=True), index.high, index.low)


def opened_sum(total: sp.Sum, fresh: Fresh) -> tuple[Expr, tuple[Index, ...]]:
    """Return the body of a sum with fresh indices, and those indices."""
    old = [Index(variable, high, low) for variable, low, high in total.limits]
    new = [fresh.like(index) for index in old]
    swap = {o.symbol: n.symbol for o, n in zip(old, new, strict=True)}
    return total.function.xreplace(swap), tuple(new)


def deltas_apart(expr: Expr, indices: Iterable[Symbol]) -> Expr:
    """Multiply a product out over each bracket with a delta of these indices in it.

    ``p_k ([j = k] - p_j)`` becomes ``[j = k] p_k - p_k p_j``: a delta removes a sum only from the
    term of which it is a factor.
    """
    known = frozenset(indices)
    if expr.is_Add:
        return sp.Add(*(deltas_apart(part, known) for part in expr.args))
    brackets = [f for f in sp.Mul.make_args(expr) if f.is_Add and _mentions(f, known)]
    if not brackets:
        return expr
    rest = expr / brackets[0]
    return sp.Add(*(deltas_apart(rest * part, known) for part in brackets[0].args))


def _mentions(expr: Expr, indices: frozenset[Symbol]) -> bool:
    return any(delta.free_symbols & indices for delta in expr.atoms(Same))


def contracted(term: Term, free: Sequence[Index], graph: Graph | None = None) -> Term:
    """Use up the Kronecker deltas of a term, the sum with the fewest unproved conditions first.

    ``graph`` knows the ranges of data that stand inside an index.
    """
    bound, body = term.bound, term.body
    while (best := _best_solution(bound, body, free, graph)) is not None:
        delta, index, value, conditions = best
        bound = tuple(other for other in bound if other != index)
        body = (body.xreplace({delta: sp.S.One}) * sp.Mul(*conditions)).xreplace(
            {index.symbol: value}
        )
    sure = [b for b in sorted(body.atoms(Within), key=str) if proved(b, (*bound, *free), graph)]
    return Term(bound, body.xreplace(dict.fromkeys(sure, sp.S.One)))


def _best_solution(
    bound: Sequence[Index], body: Expr, free: Sequence[Index], graph: Graph | None
) -> tuple[Same, Index, Expr, list[Expr]] | None:
    """Return a delta, the index that it fixes at which value, and what is not proved of that."""
    found = []
    factors = (factor for factor in sp.Mul.make_args(body) if isinstance(factor, Same))
    for delta in sorted(factors, key=str):
        for index in bound:
            value = _solved(delta.args[0], index.symbol)
            if value is None:
                continue
            others = [other for other in (*bound, *free) if other != index]
            condition = Within(value, index.low, index.high)
            unproved = [] if proved(condition, others, graph) else [condition]
            if not unproved:
                return delta, index, value, unproved
            found.append((delta, index, value, unproved))
    return found[0] if found else None


def _solved(difference: Expr, symbol: Symbol) -> Expr | None:
    """Return the value of ``symbol`` where an affine ``difference`` is zero, if it is unique."""
    flat = sp.expand(difference)
    slope = flat.coeff(symbol)
    rest = flat - slope * symbol
    if slope not in (1, -1) or symbol in rest.free_symbols:
        return None
    return sp.expand(-slope * rest)


def proved(bracket: Within, known: Iterable[Index], graph: Graph | None = None) -> bool:
    """Whether ``low <= value <= high`` holds for all values of the indices in ``known``.

    The value must be affine in them and in data whose range ``graph`` knows; sizes are positive
    integers of which nothing else is known.
    """
    value, low, high = bracket.args
    data = _of_known_range(value, graph) if graph is not None else {}
    value = value.xreplace({entry: index.symbol for entry, index in data.items()})
    ranges = {index.symbol: index for index in (*known, *data.values())}
    return _never_negative(value - low, ranges) and _never_negative(high - value, ranges)


def _of_known_range(value: Expr, graph: Graph) -> dict[Expr, Index]:
    """Return, for each entry of data with a known range, an index with that range."""
    found: dict[Expr, Index] = {}
    for entry in sorted(value.atoms(Indexed), key=str):
        definition = graph.by_key.get(str(entry.base.label))
        if definition is not None and definition.values is not None:
            low, high = definition.values
            found[entry] = Index(sp.Dummy(integer=True), high, low)
    return found


def _never_negative(expr: Expr, ranges: dict[Symbol, Index]) -> bool:
    flat = sp.expand(expr)
    for symbol in sorted(flat.free_symbols & ranges.keys(), key=str):
        slope = flat.coeff(symbol)
        if slope.free_symbols & ranges.keys() or symbol in (flat - slope * symbol).free_symbols:
            return False
        if slope.is_nonnegative:
            flat = sp.expand(flat.xreplace({symbol: ranges[symbol].low}))
        elif slope.is_nonpositive:
            flat = sp.expand(flat.xreplace({symbol: ranges[symbol].high}))
        else:
            return False
    sizes = sorted(flat.free_symbols, key=str)
    if not all(size.is_positive for size in sizes):
        return False
    # with every size written as one more than a natural number, no coefficient may be negative
    shifted = sp.expand(flat.xreplace({size: size + 1 for size in sizes}))
    return all(term.as_coeff_Mul()[0] >= 0 for term in sp.Add.make_args(shifted))


_SAMPLE_LETTERS = "nmlw"
_TIME_LETTERS = "turs"
_UNIT_LETTERS = "ijkpqrshgf"


def names(letters: str) -> Iterator[str]:
    """Yield the letters, then all others, then numbered ones."""
    yield from letters
    yield from ascii_lowercase
    yield from (f"{letters[0]}{number}" for number in count(1))


def lettered(terms: Sequence[Term], free: Sequence[Index]) -> tuple[Term, ...]:
    """Give bound indices letters: ``n`` for samples, for units the next after the free ones."""
    taken = {index.symbol.name for index in free}
    first = max((_UNIT_LETTERS.find(name) for name in taken), default=-1) + 1
    units = _UNIT_LETTERS[first:] + _UNIT_LETTERS[:first]
    done = []
    for term in terms:
        swap, bound = {}, []
        inner = {limit[0].name for total in term.body.atoms(sp.Sum) for limit in total.limits}
        sizes = {s.name for i in (*free, *term.bound) for s in i.high.free_symbols}
        used = taken | inner | sizes
        for index in term.bound:
            kind = str(index.high)[:1]
            letters = {"N": _SAMPLE_LETTERS, "T": _TIME_LETTERS}.get(kind, units)
            letter = next(name for name in names(letters) if name not in used)
            used.add(letter)
            symbol = Symbol(letter, integer=True)
            swap[index.symbol] = symbol
            bound.append(Index(symbol, index.high, index.low))
        done.append(Term(tuple(bound), term.body.xreplace(swap)))
    return tuple(done)
