"""A document's definitions as scalar equations, one after the other, whatever its notation."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy.typing as npt
import sympy as sp
from sympy import Expr, Symbol

from symderiv.verification.model import Key

Cells = npt.NDArray[Any]
"""Expressions, laid out as values are: an axis of one point, rows, columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of a quantity; ``row`` and ``column`` count from 0."""

    key: Key
    row: int = 0
    column: int = 0

    @property
    def order(self) -> tuple[object, ...]:
        """By what the entries of a vector or the units of a layer are ordered."""
        sample = () if self.key.sample is None else (str(self.key.sample),)
        marks = tuple(f"{m:06}" if isinstance(m, int) else m for m in (*self.key.sup, *sample))
        below = tuple(f"{i:06}" if isinstance(i, int) else i for i in self.key.sub)
        return self.key.family, marks, below, self.row, self.column


@dataclass(slots=True)
class Tape:
    """Equations ``symbol = expression`` in earlier symbols and in ``leaves``, what is given.

    Equal expressions have one symbol, so that what is the same for all samples is there once.
    ``names`` say what a symbol is called, ``counts`` how far letters
    count, ``spans`` over how many values sums ran.
    """

    equations: dict[Symbol, Expr] = field(default_factory=dict)
    leaves: dict[Symbol, Cell] = field(default_factory=dict)
    names: dict[Symbol, list[Cell]] = field(default_factory=dict)
    counts: dict[Symbol, int] = field(default_factory=dict)
    spans: set[int] = field(default_factory=set)
    known: dict[Expr, Symbol] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    def leaf(self, cell: Cell) -> Symbol:
        """Return a fresh symbol for what is given."""
        symbol = Symbol(f"leaf{next(self.numbers)}", real=True)
        self.leaves[symbol] = cell
        return symbol

    def size(self, letter: str, number: int) -> Symbol:
        """Return the symbol of a number of things, such as that of the samples."""
        symbol = Symbol(letter, positive=True, integer=True)
        self.counts[symbol] = number
        return symbol

    def named(self, expr: Expr, cell: Cell | None = None) -> Symbol:
        """Return the symbol of an expression, a fresh one if there is none yet."""
        symbol = expr if isinstance(expr, Symbol) else self.known.get(expr)
        if symbol is None:
            symbol = Symbol(f"value{next(self.numbers)}", real=True)
            self.equations[symbol] = expr
            self.known[expr] = symbol
        if cell is not None:
            self.names.setdefault(symbol, []).append(cell)
        return symbol


@dataclass(frozen=True, slots=True)
class Sum:
    """A linear sum with a bias, ``bias + first * second + ...``: what a unit computes first."""

    bias: Symbol
    pairs: tuple[tuple[Symbol, Symbol], ...]


def linear_sum(expr: Expr, tape: Tape) -> Sum | None:
    """Return an expression as a linear sum with a bias, or None if it is none.

    Each product is of two names, one of which at least is given.
    """
    if not isinstance(expr, sp.Add):
        return None
    biases, pairs = [], []
    for term in expr.args:
        if term in tape.leaves:
            biases.append(term)
        elif isinstance(term, sp.Mul) and len(term.args) == 2:
            pair = (term.args[0], term.args[1])
            if not all(isinstance(factor, Symbol) for factor in pair):
                return None
            if tape.leaves.keys().isdisjoint(pair) or not tape.counts.keys().isdisjoint(pair):
                return None
            pairs.append(pair)
        else:
            return None
    return Sum(biases[0], tuple(pairs)) if len(biases) == 1 and pairs else None
