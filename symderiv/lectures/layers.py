"""The layers of a network, found on a tape from its predictions back to its inputs.

Whatever the notation, a unit is a linear sum with a bias, and an activation of it. Which of two
given names in a product is the weight shows in how often they are used: an input goes into all
units of a layer, a weight into one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sympy import Expr, Symbol

from symderiv.lectures.formulas import activation_of
from symderiv.lectures.tape import Sum, Tape, linear_sum

_INPUTS = frozenset({"x", "X", "i", "phi"})
_WEIGHTS = frozenset({"w", "W", "v", "V", "u", "U", "theta", "Theta", "beta", "omega"})


class NotUnderstood(Exception):  # noqa: N818  # a message is made of it, with the place
    """Why a tape is no network that is known here; ``at`` is the symbol that does not fit."""

    def __init__(self, message: str, at: Symbol | None = None) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Unit:
    """A value as an ``activation`` of its ``own`` linear sum, or of those of its whole layer."""

    activation: str
    own: Symbol
    sums: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """A dense layer: ``weights[i][j]`` go from i to j; ``sums`` and ``units`` are one sample's."""

    activation: str
    weights: tuple[tuple[Symbol, ...], ...]
    biases: tuple[Symbol, ...]
    sums: tuple[Symbol, ...]
    units: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """What one input gives: ``inputs`` and ``outputs``, each in the order of its units."""

    inputs: tuple[Symbol, ...]
    outputs: tuple[Symbol, ...]


@dataclass(slots=True)
class Reader:
    """Reads the symbols of a tape as units."""

    tape: Tape
    sums: dict[Symbol, Sum | None] = field(default_factory=dict)
    opened: dict[Symbol, Expr] = field(default_factory=dict)
    units: dict[Symbol, Unit | None] = field(default_factory=dict)

    def sum_of(self, symbol: Symbol) -> Sum | None:
        """Return the linear sum that a symbol is, or None."""
        if symbol not in self.sums:
            expr = self.tape.equations.get(symbol)
            self.sums[symbol] = None if expr is None else linear_sum(expr, self.tape)
        return self.sums[symbol]

    def _open(self, symbol: Symbol) -> Expr:
        """Return a symbol in terms of linear sums and of what is given."""
        if symbol not in self.opened:
            expr = self.tape.equations.get(symbol)
            if expr is None or self.sum_of(symbol) is not None:
                self.opened[symbol] = symbol
            else:
                inner = {s: self._open(s) for s in expr.free_symbols}
                self.opened[symbol] = expr.xreplace(inner)
        return self.opened[symbol]

    def unit(self, symbol: Symbol) -> Unit | None:
        """Return the unit whose value a symbol is, or None if it is no known activation of sums."""
        if symbol not in self.units:
            self.units[symbol] = self._unit(symbol)
        return self.units[symbol]

    def _unit(self, symbol: Symbol) -> Unit | None:
        if self.sum_of(symbol) is not None:
            return Unit("identity", symbol, (symbol,))
        expr = self._open(symbol)
        sums = sorted(expr.free_symbols, key=lambda s: s.sort_key())
        if not sums or any(self.sum_of(s) is None for s in sums):
            return None
        found = activation_of(expr, sums)
        return None if found is None else Unit(found[0], found[1], tuple(sums))

    def in_units(self, symbol: Symbol) -> Expr:
        """Return a cost in terms of the units that it rests on, and of what is given."""
        if symbol not in self.tape.equations or self.unit(symbol) is not None:
            return symbol
        expr = self.tape.equations[symbol]
        return expr.xreplace({s: self.in_units(s) for s in expr.free_symbols})


@dataclass(frozen=True, slots=True)
class Group:
    """The units of one layer for one input: in the order of their biases, with what they read."""

    units: tuple[Symbol, ...]
    sums: tuple[Symbol, ...]
    below: frozenset[Symbol]


def found_layers(reader: Reader, outputs: Sequence[Symbol]) -> tuple[list[FoundLayer], list[Pass]]:
    """Return the layers below some outputs, the first one first, and what each input gives.

    Raises ``NotUnderstood`` for what is no chain of dense layers.
    """
    levels = [Level(reader, outputs)]
    while not levels[-1].is_first:
        levels.append(Level(reader, levels[-1].below))
    beneath = dict(pairwise(levels))
    layers = [level.layer(beneath.get(level)) for level in reversed(levels)]
    passes = []
    for group in levels[0].groups:
        lowest = group
        for level in levels[1:]:
            lowest = level.group_of(lowest.below)
        passes.append(Pass(levels[-1].ordered(lowest.below), group.units))
    return layers, passes


class Level:
    """The units of one layer, for all inputs."""

    def __init__(self, reader: Reader, symbols: Iterable[Symbol]) -> None:
        self.reader, self.tape = reader, reader.tape
        self.units = {s: self._unit(s) for s in symbols}
        self.totals = {u.own: self._sum(u.own) for u in self.units.values()}
        self.activation = self._activation()
        self.shared = _shared(self.totals.values())
        self.weights = {own: self._sides(own, total) for own, total in self.totals.items()}
        given = {s in self.tape.leaves for weights in self.weights.values() for s in weights}
        families = [
            {self.tape.leaves[s].key.family for s in names if s in self.tape.leaves}
            for names in (self.below, [w for ws in self.weights.values() for w in ws.values()])
        ]
        if len(given) > 1 or all(len(some) > 1 for some in families):
            raise NotUnderstood(
                "reads more than the layer below it; no layer here has such a bypass",
                next(iter(self.totals)),
            )
        self.is_first = given == {True}
        self.groups = self._grouped()

    def _unit(self, symbol: Symbol) -> Unit:
        unit = self.reader.unit(symbol)
        if unit is None:
            raise NotUnderstood(
                "no known activation of one linear sum with a bias, w x + ... + b", symbol
            )
        return unit

    def _sum(self, symbol: Symbol) -> Sum:
        total = self.reader.sum_of(symbol)
        assert total is not None  # a unit has one
        return total

    def _activation(self) -> str:
        names = sorted({unit.activation for unit in self.units.values()})
        if len(names) > 1:
            raise NotUnderstood(
                f"units of one layer have different activations: {', '.join(names)}",
                next(iter(self.units)),
            )
        return names[0]

    @property
    def below(self) -> list[Symbol]:
        """What the units read."""
        return list(dict.fromkeys(s for weights in self.weights.values() for s in weights))

    def ordered(self, leaves: Iterable[Symbol]) -> tuple[Symbol, ...]:
        """Return given names in the order of their indices."""
        return tuple(sorted(leaves, key=lambda leaf: self.tape.leaves[leaf].order))

    # --- weights and what they multiply ---

    def _sides(self, own: Symbol, total: Sum) -> dict[Symbol, Symbol]:
        """Return for each name that a sum reads its weight."""
        found = {}
        for pair in total.pairs:
            read, weight = pair if self._is_weight(pair[1], pair[0], own) else pair[::-1]
            found[read] = weight
        return found

    def _is_weight(self, name: Symbol, other: Symbol, own: Symbol) -> bool:
        """Whether ``name`` is the weight in its product with ``other``."""
        leaves, shared = self.tape.leaves, self.shared
        if name not in leaves or other not in leaves:
            return name in leaves
        if (name in shared) != (other in shared):
            return other in shared
        for letters in (_WEIGHTS, _INPUTS):
            mine, its = (leaves[s].key.family[0] in letters for s in (name, other))
            if mine != its:
                return mine == (letters is _WEIGHTS)
        raise NotUnderstood("which of two names is the weight, and which the input?", own)

    # --- which units belong together ---

    def _grouped(self) -> tuple[Group, ...]:
        found: dict[frozenset[Symbol], list[Symbol]] = {}
        for symbol, unit in self.units.items():
            found.setdefault(frozenset(self.weights[unit.own]), []).append(symbol)
        groups = tuple(self._group(below, symbols) for below, symbols in found.items())
        if len({len(group.units) for group in groups}) > 1:
            raise NotUnderstood("units of one layer read different names", next(iter(self.totals)))
        return groups

    def _group(self, below: frozenset[Symbol], symbols: list[Symbol]) -> Group:
        biases = {s: self.totals[self.units[s].own].bias for s in symbols}
        if len(set(biases.values())) < len(symbols):
            raise NotUnderstood("two units share one bias; expected one for each", symbols[0])
        units = sorted(symbols, key=lambda s: self.tape.leaves[biases[s]].order)
        return Group(tuple(units), tuple(self.units[s].own for s in units), below)

    def group_of(self, units: frozenset[Symbol]) -> Group:
        """Return the group that holds some units."""
        return next(group for group in self.groups if units <= set(group.units))

    def layer(self, beneath: Level | None) -> FoundLayer:
        """Return the layer, which is the same for all inputs."""
        found = {self._layer(group, beneath) for group in self.groups}
        if len({(layer.weights, layer.biases) for layer in found}) > 1:
            raise NotUnderstood("the weights differ from sample to sample", self.groups[0].sums[0])
        return self._layer(self.groups[0], beneath)

    def _layer(self, group: Group, beneath: Level | None) -> FoundLayer:
        if beneath is None:
            order = self.ordered(group.below)
        else:
            order = beneath.group_of(group.below).units
            if len(order) > len(group.below):
                raise NotUnderstood("a unit does not read the whole layer below", group.sums[0])
        weights = tuple(tuple(self.weights[own][s] for own in group.sums) for s in order)
        biases = tuple(self.totals[own].bias for own in group.sums)
        return FoundLayer(self.activation, weights, biases, group.sums, group.units)


def _shared(totals: Iterable[Sum]) -> frozenset[Symbol]:
    """Return the names that several units read: those that stand beside different biases."""
    beside: dict[Symbol, set[Symbol]] = {}
    for total in totals:
        for symbol in (s for pair in total.pairs for s in pair):
            beside.setdefault(symbol, set()).add(total.bias)
    return frozenset(symbol for symbol, biases in beside.items() if len(biases) > 1)
