r"""Attention over a sequence ``x_{nti}``, and the transformer block made of it.

Source: Vaswani and others, "Attention Is All You Need", 2017, sections 3.1 and 3.2; the block
normalises before each part, as most do since.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy import Symbol

from symderiv.builder import Builder, Size, activated, entry, index
from symderiv.errors import SpecError
from symderiv.functions import ACTIVATIONS
from symderiv.graph import Definition, Index
from symderiv.layers import Dense, LayerNorm, Residual
from symderiv.notation import Quantity, Role


@dataclass(frozen=True, slots=True)
class Attention:
    r"""Scaled dot-product self-attention; with ``heads``, several side by side.

    .. math::
        Q = X W_Q, \quad K = X W_K, \quad V = X W_V, \quad
        S = \frac{Q K^\top}{\sqrt{d}}, \quad P = \operatorname{softmax}(S), \quad A = P V W_O

    Queries and keys have ``units`` entries for each head; the result is as wide as the input.
    """

    units: Size
    heads: Size | None = None

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations of all heads and of the last projection."""
        _check_sequence(x, "attention")
        layer = build.number()
        sample, time, feature = x.indices
        head = () if self.heads is None else (_axis("h", build.size(self.heads, layer, "H")),)
        unit, other = _axis("e", build.size(self.units, layer, "e")), index("u", time)
        query, key, value = (
            self._projected(build, x, layer, letter, head, unit) for letter in "QKV"
        )
        scores = sp.Sum(query.atom * entry(key, sample, *head, other, unit), unit.limits) / sp.sqrt(
            unit.high
        )
        score = build.add(
            Quantity(Role.PREACTIVATION, layer, letter="S"), (sample, *head, time, other), scores
        )
        share = activated(
            build, score, ACTIVATIONS["softmax"], Quantity(Role.HIDDEN, layer, letter="P")
        )
        mixed = build.add(
            Quantity(Role.HIDDEN, layer, letter="O"),
            (sample, *head, time, unit),
            sp.Sum(share.atom * entry(value, sample, *head, other, unit), other.limits),
        )
        out = index("j", feature)
        weight = build.add(Quantity(Role.WEIGHT, layer, letter="WO"), (*head, unit, out))
        limits = [i.limits for i in (unit, *head)]
        total = sp.Sum(mixed.atom * weight.atom, *limits)
        return build.add(Quantity(role, layer), (sample, time, out), total)

    def _projected(
        self,
        build: Builder,
        x: Definition,
        layer: int,
        letter: str,
        head: tuple[Index, ...],
        unit: Index,
    ) -> Definition:
        sample, time, feature = x.indices
        inward = index("i", feature)
        weight = build.add(Quantity(Role.WEIGHT, layer, letter=f"W{letter}"), (*head, inward, unit))
        total = sp.Sum(entry(x, sample, time, inward) * weight.atom, inward.limits)
        return build.add(
            Quantity(Role.HIDDEN, layer, letter=letter), (sample, *head, time, unit), total
        )


def _check_sequence(x: Definition, kind: str) -> None:
    if len(x.indices) != 3 or x.indices[1].symbol.name != "t":
        raise SpecError(f"{kind}: expected a sequence with the axes sample, time, feature")


def _axis(letter: str, high: sp.Expr) -> Index:
    return Index(Symbol(letter, integer=True), high)


@dataclass(frozen=True, slots=True)
class TransformerBlock:
    """Attention and a dense layer of ``hidden`` units, each normalised before and bypassed."""

    units: Size
    heads: Size
    hidden: Size
    activation: str = "relu"

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations of both parts."""
        _check_sequence(x, "transformer_block")
        high = x.indices[-1].high
        features = build.sizes.get(high, high.name)
        attended = Residual((LayerNorm(), Attention(self.units, self.heads)))
        between = attended.equations(build, x, Role.ACTIVATION)
        dense = Dense(self.hidden, self.activation), Dense(features)
        return Residual((LayerNorm(), *dense)).equations(build, between, role)
