"""A network as the model of a document that states only gradients: a bare homework."""

from __future__ import annotations

import sympy as sp
from sympy import Expr, Symbol

from symderiv.errors import UnsupportedError
from symderiv.graph import Graph
from symderiv.network import Network
from symderiv.notation import Quantity
from symderiv.profiles import profile
from symderiv.verification.model import Definition, Model
from symderiv.verification.terms import (
    Add,
    Call,
    Cases,
    Compared,
    Div,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
)

_FUNCTIONS = {
    sp.exp: "exp",
    sp.log: "log",
    sp.tanh: "tanh",
    sp.erf: "erf",
    sp.Abs: "abs",
    sp.sign: "sign",
}
_SIGNS = {sp.Gt: ">", sp.Lt: "<", sp.Ge: ">=", sp.Le: "<="}


def given_model(network: Network) -> Model:
    """Return the equations of a network's components, named in its own notation.

    Raises ``UnsupportedError`` for a network that has no components, of symbolic sizes for example.
    """
    graph = network.components
    writer = _Writer(graph, network)
    model = Model()
    for definition in graph.definitions:
        if definition.rhs is not None:
            left = writer.name(definition.quantity)
            model.add(Definition(left, writer.term(definition.rhs), -1))
    return model


class _Writer:
    """Writes SymPy expressions over a graph's names as terms."""

    def __init__(self, graph: Graph, network: Network) -> None:
        self.graph = graph
        self.profile = profile(network.notation)

    def name(self, quantity: Quantity) -> Ref:
        """Return the name of a component, ``w_{21}^{(1)}``."""
        indices = tuple(Num(str(i)) for i in quantity.indices)
        if len(indices) == 2 and self.profile.exchanged(quantity):
            indices = indices[::-1]
        layer = (Num(str(quantity.layer)),) if quantity.layered else ()
        return Ref(quantity.component_letter, quantity.hat, sub=indices, sup=layer)

    def term(self, expr: Expr) -> Term:
        """Return an expression as a term."""
        if isinstance(expr, Symbol):
            return self.name(self.graph[expr.name].quantity)
        if expr.is_Rational:
            return self._number(expr)
        if expr.is_Add:
            return Add(tuple(self.term(part) for part in expr.args))
        if expr.is_Mul:
            factors = tuple(self.term(part) for part in expr.args)
            return Mul(factors, ("",) * (len(factors) - 1))
        if isinstance(expr, sp.Piecewise):
            return Cases(tuple((self.term(v), self._condition(c)) for v, c in expr.args))
        name = _FUNCTIONS.get(expr.func)
        if name is not None:
            return Call(Ref(name), (self.term(expr.args[0]),))
        if expr.is_Pow:
            return Pow(self.term(expr.base), self.term(expr.exp))
        raise UnsupportedError(f"no term for {type(expr).__name__}: {expr}")

    def _number(self, number: Expr) -> Term:
        if number.is_negative:
            return Neg(self._number(-number))
        if number.is_Integer:
            return Num(str(number))
        return Div(Num(str(number.p)), Num(str(number.q)))

    def _condition(self, condition: Expr) -> Term | None:
        if condition == sp.true:
            return None
        left, right = self.term(condition.args[0]), self.term(condition.args[1])
        return Compared(left, _SIGNS[type(condition)], right)
