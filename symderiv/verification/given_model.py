"""A network as the model of a document that states only gradients: a bare homework."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy import Expr, Symbol

from symderiv.errors import UnsupportedError
from symderiv.network import Network
from symderiv.notation import Profile, Quantity
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


def given_model(network: Network, notation: Profile | None = None) -> Model:
    """Return the equations of a network's components, in its own notation unless another is given.

    Raises ``UnsupportedError`` for a network that has no components, of symbolic sizes for example.
    """
    graph = network.components
    written = notation or profile(network.notation)

    def name(symbol: Symbol) -> Ref:
        return _name(graph[symbol.name].quantity, written)

    model = Model()
    for definition in graph.definitions:
        if definition.rhs is not None:
            model.add(Definition(name(definition.atom), as_term(definition.rhs, name), -1))
    return model


def _name(quantity: Quantity, notation: Profile) -> Ref:
    """Return the name of a component, ``w_{21}^{(1)}``."""
    indices = tuple(Num(str(i)) for i in quantity.indices)
    if len(indices) == 2 and notation.exchanged(quantity):
        indices = indices[::-1]
    layer = (Num(str(quantity.layer)),) if quantity.layered else ()
    return Ref(quantity.component_letter, quantity.hat, sub=indices, sup=layer)


def as_term(expr: Expr, name: Callable[[Symbol], Ref]) -> Term:
    """Return a SymPy expression as a term; ``name`` says what a symbol is called.

    Of arrays it is meant entry by entry.

    Raises ``UnsupportedError`` for a function that has no name here.
    """
    if isinstance(expr, Symbol):
        return name(expr)
    if expr.is_Rational:
        return _number(expr)
    if isinstance(expr, sp.Piecewise):
        rows = ((as_term(v, name), _condition(c, name)) for v, c in expr.args)
        return Cases(tuple(rows))
    known = _FUNCTIONS.get(expr.func)
    if known is not None:
        return Call(Ref(known), (as_term(expr.args[0], name),))
    if expr.is_Pow:
        return Pow(as_term(expr.base, name), as_term(expr.exp, name))
    if expr.is_Add:
        return Add(tuple(as_term(part, name) for part in expr.args))
    if expr.is_Mul:
        factors = tuple(as_term(part, name) for part in expr.args)
        return Mul(factors, ("odot",) * (len(factors) - 1))
    raise UnsupportedError(f"no term for {type(expr).__name__}: {expr}")


def _number(number: Expr) -> Term:
    if number.is_negative:
        return Neg(_number(-number))
    if number.is_Integer:
        return Num(str(number))
    return Div(Num(str(number.p)), Num(str(number.q)))


def _condition(condition: Expr, name: Callable[[Symbol], Ref]) -> Term | None:
    if condition == sp.true:
        return None
    left, right = (as_term(side, name) for side in condition.args)
    return Compared(left, _SIGNS[type(condition)], right)
