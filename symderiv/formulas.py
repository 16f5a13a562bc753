"""A formula of numbers as one of arrays: products entry by entry, numbers in front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symderiv import expression as ex
from symderiv.expression import Node


@dataclass(frozen=True, slots=True)
class Filling:
    """Puts arrays into a formula; ``times`` is the sign of a product entry by entry."""

    arrays: Mapping[str, Node]
    times: str

    def filled(self, node: Node) -> Node:
        """Return a formula with the arrays in the places of their names."""
        if not self.has_array(node):
            return node
        match node:
            case ex.Name(base) if base in self.arrays:
                return self.arrays[base]
            case ex.Product(factors, ""):
                numbers = [f for f in factors if not self.has_array(f)]
                rest = [_factor(self.filled(f)) for f in factors if self.has_array(f)]
                joined = rest[0] if len(rest) == 1 else ex.Product(tuple(rest), self.times)
                return ex.Product((*numbers, joined)) if numbers else joined
            case ex.Fraction(above, below) if not self.has_array(below):
                return _over(self.filled(above), below)
            case ex.Negative(operand):
                return ex.Negative(self.filled(operand))
            case ex.Sum(terms):
                return ex.Sum(tuple(map(self.filled, terms)))
            case ex.Power(base, exponent):
                return ex.Power(self.filled(base), self.filled(exponent))
            case ex.Call(function, arguments):
                return ex.Call(function, tuple(map(self.filled, arguments)))
            case ex.Fraction(above, below):
                return ex.Fraction(self.filled(above), self.filled(below))
            case ex.Cases(rows):
                return ex.Cases(tuple((self.filled(v), self.filled(c)) for v, c in rows))
            case ex.Relation(sides, signs):
                return ex.Relation(tuple(map(self.filled, sides)), signs)
            case ex.Brackets(content, kind):
                return ex.Brackets(self.filled(content), kind)
            case _:
                return node

    def has_array(self, node: Node) -> bool:
        """Whether an array stands somewhere in a formula."""
        if isinstance(node, ex.Name) and node.base in self.arrays:
            return True
        return any(map(self.has_array, node.children()))


def _factor(node: Node) -> Node:
    """Bracket a matrix product among element-wise ones: the two signs have no known precedence."""
    return ex.Brackets(node) if isinstance(node, ex.Product) and not node.sign else node


def _over(above: Node, below: Node) -> Node:
    """Write a matrix over a number as one over the number, times the matrix."""
    lead: tuple[Node, ...] = (ex.Number("1"),)
    if isinstance(above, ex.Product) and not above.sign and isinstance(above.factors[0], ex.Number):
        lead, above = above.factors[:1], above.factors[1]
    return ex.Product((ex.Fraction(lead[0], below), above))
