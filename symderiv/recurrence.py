r"""Recurrent layers, unrolled over time: the same weights at every step.

Each step has equations of its own, so the gradients of the shared weights come out as sums over
time, and what flows back through the states is the chain rule once more. Source of the LSTM:
Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, in the form with a forget gate of Gers,
Schmidhuber and Cummins, 2000.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp
from sympy import Expr, Symbol

from symderiv.builder import Builder, Size, activated, entry, function, index
from symderiv.errors import SpecError
from symderiv.graph import Definition, Index, atom
from symderiv.notation import Quantity, Role

_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class RNN:
    r"""A simple recurrent layer; it passes on its last state.

    .. math:: z_{t} = x_t U + h_{t-1} V + b, \qquad h_t = f(z_t), \qquad h_0 = 0
    """

    units: Size
    activation: str = "tanh"

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations of every step."""
        cell = _Cell.started(build, x, self.units)
        weights = cell.weights("U", "V", "b")
        state: Definition | None = None
        for time, last in cell.steps():
            linear = build.add(
                Quantity(Role.PREACTIVATION, cell.layer, time=time),
                cell.axes,
                cell.linear(weights, time, state),
            )
            quantity = cell.state("H", time, role if last else Role.HIDDEN)
            state = activated(build, linear, function(self.activation), quantity)
        assert state is not None
        return state


@dataclass(frozen=True, slots=True)
class LSTM:
    r"""A long short-term memory; it passes on its last state.

    .. math::
        i_t, f_t, o_t &= \sigma(x_t U_\cdot + h_{t-1} V_\cdot + b_\cdot), \quad
        g_t = \tanh(x_t U_g + h_{t-1} V_g + b_g) \\
        c_t &= f_t c_{t-1} + i_t g_t, \qquad h_t = o_t \tanh(c_t)
    """

    units: Size

    def equations(self, build: Builder, x: Definition, role: Role) -> Definition:
        """Add the equations of every step."""
        cell = _Cell.started(build, x, self.units)
        gates = {"I": "sigmoid", "F": "sigmoid", "O": "sigmoid", "G": "tanh"}
        weights = {gate: cell.weights(f"U{gate}", f"V{gate}", f"b{gate}") for gate in gates}
        state: Definition | None = None
        memory: Definition | None = None
        for time, last in cell.steps():
            value: dict[str, Expr] = {}
            for gate, activation in gates.items():
                linear = build.add(
                    Quantity(Role.PREACTIVATION, cell.layer, letter=f"Z{gate}", time=time),
                    cell.axes,
                    cell.linear(weights[gate], time, state),
                )
                quantity = Quantity(Role.ACTIVATION, cell.layer, letter=gate, time=time)
                rhs = function(activation).formula(linear.atom)
                value[gate] = build.add(quantity, cell.axes, rhs).atom
            kept = value["F"] * memory.atom if memory is not None else sp.S.Zero
            memory = build.add(
                cell.state("C", time, Role.HIDDEN), cell.axes, kept + value["I"] * value["G"]
            )
            quantity = cell.state("H", time, role if last else Role.HIDDEN)
            state = build.add(quantity, cell.axes, value["O"] * sp.tanh(memory.atom))
        assert state is not None
        return state


@dataclass(frozen=True, slots=True)
class _Cell:
    """What the steps of one recurrent layer share."""

    build: Builder
    x: Definition
    layer: int
    unit: Index

    @classmethod
    def started(cls, build: Builder, x: Definition, units: Size) -> _Cell:
        """Take the next layer number and the width; refuse what is no sequence."""
        if len(x.indices) != 3 or x.indices[1].symbol.name != "t":
            raise SpecError(
                "recurrent layer: expected a sequence with the axes sample, time, feature"
            )
        layer = build.number()
        return cls(build, x, layer, Index(Symbol("j", integer=True), build.size(units, layer)))

    @property
    def axes(self) -> tuple[Index, Index]:
        """Sample and unit."""
        return self.x.indices[0], self.unit

    def steps(self) -> Iterator[tuple[int, bool]]:
        """Yield each time from 1 on, and whether it is the last."""
        length = self.build.sizes.get(self.x.indices[1].high)
        if length is None or length > _MOST_STEPS:
            raise SpecError(
                f"recurrent layer: expected a number of steps up to {_MOST_STEPS}, found "
                f"{length or self.x.indices[1].high}"
            )
        for time in range(1, length + 1):
            yield time, time == length

    def weights(self, inward: str, recurrent: str, bias: str) -> tuple[Definition, ...]:
        """Add the weights of a linear sum: from the input, from the state, and the bias."""
        feature, before = index("i", self.x.indices[2]), index("k", self.unit)
        return (
            self.build.add(Quantity(Role.WEIGHT, self.layer, letter=inward), (feature, self.unit)),
            self.build.add(
                Quantity(Role.WEIGHT, self.layer, letter=recurrent), (before, self.unit)
            ),
            self.build.add(Quantity(Role.BIAS, self.layer, letter=bias), (self.unit,)),
        )

    def linear(self, weights: tuple[Definition, ...], time: int, state: Definition | None) -> Expr:
        """Return the linear sum of one step; the first has no state before it."""
        inward, recurrent, bias = weights
        sample, feature = self.x.indices[0], inward.indices[0]
        value = atom(self.x.key, sample.symbol, sp.Integer(time), feature.symbol)
        total = sp.Sum(value * inward.atom, feature.limits) + bias.atom
        if state is None:
            return total
        before = recurrent.indices[0]
        return total + sp.Sum(entry(state, sample, before) * recurrent.atom, before.limits)

    def state(self, letter: str, time: int, role: Role) -> Quantity:
        """Return the name of a state; the last one of the network is its prediction."""
        if role is Role.PREDICTION:
            return Quantity(role, self.layer)
        return Quantity(role, self.layer, letter=letter, time=time)
