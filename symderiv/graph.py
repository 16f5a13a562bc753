r"""A network as an ordered list of named index equations over SymPy scalars.

Read this file first. A ``Definition`` is one equation,

.. math:: Z^{(1)}_{nj} := \sum_i X_{ni} W^{(1)}_{ij} + b^{(1)}_j, \qquad n = 1..N,\ j = 1..d_1,

a ``Graph`` is a list of them in which each name is defined once, before it is used, over the ranges
over which it is used. ``instantiate`` writes the same graph out in components: sizes become
numbers, sums become terms, ``W1[2, 1]`` becomes the symbol ``w1_2_1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp
from sympy import Expr, Indexed, IndexedBase, Symbol

from symderiv.errors import GraphError, UnknownNameError, did_you_mean
from symderiv.notation import GIVEN, Quantity, Role, code, same_name, typed


@dataclass(frozen=True, slots=True)
class Index:
    """An index and its range, ``low <= symbol <= high``; it travels with the term that uses it."""

    symbol: Symbol
    high: Expr
    low: Expr = sp.S.One

    @property
    def limits(self) -> tuple[Symbol, Expr, Expr]:
        """The range as ``sympy.Sum`` takes it."""
        return self.symbol, self.low, self.high


@dataclass(frozen=True, slots=True)
class Definition:
    """``quantity[indices] := rhs``; ``rhs`` is None for what is given (data and parameters).

    Data that are whole numbers may say from where to where: ``values`` is (low, high). ``within``
    is a set that holds all values of what is computed or given, if one is known.
    """

    quantity: Quantity
    indices: tuple[Index, ...] = ()
    rhs: Expr | None = None
    values: tuple[Expr, Expr] | None = None
    within: sp.Set | None = None

    @property
    def key(self) -> str:
        """The name by which a graph knows it."""
        return code(self.quantity)

    @property
    def atom(self) -> Expr:
        """The name at its own indices, as other equations write it."""
        return atom(self.key, *(index.symbol for index in self.indices))


def atom(key: str, *indices: Expr) -> Expr:
    """Return the scalar ``key[indices]``; real, as every quantity of a network is."""
    return IndexedBase(key, real=True)[indices] if indices else Symbol(key, real=True)


def key_of(scalar: Expr) -> str | None:
    """Return the graph name of an atom, or None for anything else."""
    if isinstance(scalar, Indexed):
        return str(scalar.base.label)
    return scalar.name if isinstance(scalar, Symbol) else None


def entries(expr: Expr) -> set[Expr]:
    """Return the scalars that ``expr`` mentions: its indexed entries and its plain symbols."""
    found: set[Expr] = set()
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Indexed | Symbol):
            found.add(node)  # and not the label and the indices below it
        else:
            waiting.extend(node.args)
    return found


def keys_in(expr: Expr) -> set[str]:
    """Return the names that ``expr`` mentions."""
    return {key for key in map(key_of, entries(expr)) if key is not None}


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation ``left = right`` among given values, true for all ``indices``, and why."""

    left: Expr
    right: Expr
    because: str
    indices: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A factor was cancelled: the values of ``name`` lie ``within`` a set where it is not zero."""

    name: Expr
    within: sp.Set


@dataclass(frozen=True)
class Graph:
    """Definitions in the order in which they can be computed, and the facts about what is given.

    Raises ``GraphError`` if a name is defined twice or used before its definition, or if an index
    has no range.
    """

    definitions: tuple[Definition, ...]
    facts: tuple[Fact, ...] = ()
    by_key: Mapping[str, Definition] = field(init=False, repr=False, compare=False)
    _terms: dict[str, dict[str, list[Expr]]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        known: dict[str, Definition] = {}
        for definition in self.definitions:
            if definition.key in known:
                raise GraphError(f"{definition.key} is defined twice")
            _check(definition, known)
            known[definition.key] = definition
        object.__setattr__(self, "by_key", known)

    def __getitem__(self, key: str) -> Definition:
        try:
            return self.by_key[key]
        except KeyError:
            raise UnknownNameError(
                f"no quantity named '{key}'{did_you_mean(key, self.by_key)}"
            ) from None

    def find(self, text: str, *, also: Iterable[str] = ()) -> Definition:
        """Return what a person means by ``text``: a code name or a slide name, braces or not.

        Raises ``UnknownNameError`` with the nearest name, which may be one of ``also``.
        """
        wanted = same_name(text)
        names = {typed(d.quantity): d for d in self.definitions}
        names |= {same_name(d.key): d for d in self.definitions}
        if wanted in names:
            return names[wanted]
        shown = {typed(d.quantity) for d in self.definitions}.union(also)
        near = did_you_mean(re.sub(r"[{}\\s]", "", text), shown)
        raise UnknownNameError(f"no quantity named '{text}'{near}")

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Each name's place in the list: what textbook order goes by."""
        return {definition.key: place for place, definition in enumerate(self.definitions)}

    @cached_property
    def _read(self) -> Mapping[str, frozenset[str]]:
        """For each name those that its definition mentions."""
        return {
            d.key: frozenset(keys_in(d.rhs) & self.by_key.keys() if d.rhs is not None else ())
            for d in self.definitions
        }

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Definition, ...]]:
        """For each name the definitions that mention it."""
        found: dict[str, list[Definition]] = {key: [] for key in self.by_key}
        for definition in self.definitions:
            for key in self._read[definition.key]:
                found[key].append(definition)
        return {key: tuple(users) for key, users in found.items()}

    def part(self, definition: Definition, key: str) -> Definition:
        """Return a definition with only those terms of its sum that mention ``key``.

        Its derivative by ``key`` is the same, and a cost that penalises every weight is not walked
        through once for each of them.
        """
        rhs = definition.rhs
        if rhs is None or not rhs.is_Add:
            return definition
        if definition.key not in self._terms:
            found: dict[str, list[Expr]] = {}
            for term in rhs.args:
                for name in keys_in(term):
                    found.setdefault(name, []).append(term)
            self._terms[definition.key] = found
        return replace(definition, rhs=sp.Add(*self._terms[definition.key].get(key, ())))

    def of_role(self, *roles: Role) -> tuple[Definition, ...]:
        """Return the definitions of the given roles, in order."""
        return tuple(d for d in self.definitions if d.quantity.role in roles)

    def upstream(self, key: str) -> frozenset[str]:
        """Return the names on which ``key`` depends, itself included."""
        found: set[str] = set()
        waiting: set[str] = {key} & self.by_key.keys()
        while waiting:
            found |= waiting
            waiting = set().union(*(self._read[name] for name in waiting)) - found
        return frozenset(found)


def _check(definition: Definition, known: Mapping[str, Definition]) -> None:
    """Refuse an equation that uses a name before its definition, or an index without a range."""
    if definition.rhs is None:
        return
    if definition.quantity.role in GIVEN and not definition.quantity.adjoint:
        raise GraphError(f"{definition.key}: is given, yet has a right side")
    used_names = {str(base.label) for base in definition.rhs.atoms(IndexedBase)}
    used_names |= {
        entry.name
        for entry in entries(definition.rhs)
        if isinstance(entry, Symbol) and not entry.is_integer
    }
    for name in sorted(used_names - known.keys()):
        raise GraphError(
            f"{definition.key}: uses {name}, which no equation above defines"
            f"{did_you_mean(name, known)}"
        )
    own = {index.symbol for index in definition.indices}
    for used in definition.rhs.atoms(Indexed):
        places = known[str(used.base.label)].indices
        if len(used.indices) != len(places):
            raise GraphError(
                f"{definition.key}: {used} has {len(used.indices)} indices, "
                f"its definition {len(places)}"
            )
    for symbol in sorted(definition.rhs.free_symbols - own, key=str):
        if isinstance(symbol, Symbol) and symbol.is_integer and not symbol.is_positive:
            raise GraphError(f"{definition.key}: the index {symbol} has no range")
    _check_ranges(definition, known)


def _check_ranges(definition: Definition, known: Mapping[str, Definition]) -> None:
    """Refuse an index that runs to another size than the axis it stands on.

    Only plain sizes are compared: a transposed matrix shows, a shifted index is for its bracket.
    """
    assert definition.rhs is not None
    own = {index.symbol: index.high for index in definition.indices}
    waiting: list[tuple[Expr, dict[Symbol, Expr]]] = [(definition.rhs, own)]
    while waiting:
        expr, highs = waiting.pop()
        if isinstance(expr, sp.Sum):
            highs = highs | {symbol: high for symbol, _, high in expr.limits}
            waiting.append((expr.function, highs))
            continue
        if isinstance(expr, Indexed):
            for symbol, axis in zip(expr.indices, known[str(expr.base.label)].indices, strict=True):
                high = highs.get(symbol, axis.high)
                if high.is_Symbol and axis.high.is_Symbol and high != axis.high:
                    raise GraphError(
                        f"{definition.key}: in {expr} the index {symbol} runs to {high}, "
                        f"but that axis to {axis.high}"
                    )
        waiting += [(argument, highs) for argument in expr.args]
