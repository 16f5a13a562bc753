r"""SymPy to the presentation tree: terms and factors in the order in which a textbook has them.

Factors stand in the order in which the graph computes them, ``x_1 a_1 (1 - a_1) w_{11} (\hat y -
y)``; a name before a bracket of the same age. Terms that are added stand before those that are
subtracted, short ones before long ones; a sum of subtracted terms only is a bracket after a minus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import sympy as sp
from sympy import Expr, Indexed, Symbol
from sympy.core.function import AppliedUndef

from symderiv import expression as ex
from symderiv.brackets import Same, Within
from symderiv.derivation import Chain, Partial
from symderiv.errors import UnsupportedError
from symderiv.expression import Node
from symderiv.forms import position
from symderiv.graph import Condition, Graph, entries, key_of
from symderiv.notation import LECTURE, Profile, Quantity, index_node, mark, name

Naming = Callable[[Expr], Node]


def write(
    expr: Expr,
    graph: Graph,
    naming: Naming | None = None,
    places: Mapping[str, int] | None = None,
    profile: Profile = LECTURE,
) -> Node:
    """Return ``expr`` as a tree for print.

    ``naming`` overrides how an entry is named, ``places`` by which place it is ordered. Where the
    ``profile`` counts from 0, the index symbols of ``expr`` do so too: see ``counted``.

    Raises ``UnsupportedError`` for a function that has no printed form.
    """
    known = graph.positions if places is None else places
    names = naming or (lambda entry: entry_name(entry, graph, profile))
    return _Writer(graph, names, known).node(expr)


def write_condition(condition: Condition, graph: Graph, profile: Profile = LECTURE) -> Node:
    r"""Return a condition as a relation: ``0 < \hat y < 1``, ``s > 0``, or that it is not zero."""
    named = write(condition.name, graph, profile=profile)
    within = condition.within
    if not isinstance(within, sp.Interval):
        return ex.Relation((named, ex.Number("0")), ("!=",))
    low, high = (write(end, graph) if end.is_finite else None for end in within.args[:2])
    below, above = ("<" if is_open else "<=" for is_open in within.args[2:])
    if low is not None and high is not None:
        return ex.Relation((low, named, high), (below, above))
    if low is not None:
        return ex.Relation((named, low), (below.replace("<", ">"),))
    assert high is not None
    return ex.Relation((named, high), (above,))


def counted(expr: Expr, indices: Iterable[Symbol], profile: Profile) -> Expr:
    """Return ``expr`` over index symbols that count from the profile's first number on.

    ``indices`` are the free ones. An entry ``x[i]`` becomes ``x[i + 1]``, which ``entry_name``
    prints as :math:`x_i` again; what else is said of an index is shifted for good.
    """
    if profile.first == 1:
        return expr
    bound = {limit[0] for total in expr.atoms(sp.Sum) for limit in total.limits}
    shift = {symbol: symbol + 1 - profile.first for symbol in bound.union(indices)}
    return _counted(expr, shift)


def _counted(expr: Expr, shift: Mapping[Symbol, Expr]) -> Expr:
    if isinstance(expr, sp.Sum):
        offset = {variable: shift[variable] - variable for variable, *_ in expr.limits}
        limits = [(v, low - offset[v], high - offset[v]) for v, low, high in expr.limits]
        return sp.Sum(_counted(expr.function, shift), *limits)
    if not expr.has(sp.Sum):
        return expr.xreplace(shift)
    return expr.func(*(_counted(arg, shift) for arg in expr.args))


def entry_name(entry: Expr, graph: Graph, profile: Profile = LECTURE) -> Node:
    """Return the printed name of an entry; a size or an index is printed as it is called."""
    key = key_of(entry)
    assert key is not None
    quantity = _quantity(key, graph)
    if quantity is None:
        letter, _, sub = key.partition("_")
        return ex.Name(letter, sub=(mark(sub),) if sub else ())
    if not isinstance(entry, Indexed):
        return name(quantity, profile=profile)
    shift = 1 - profile.first
    found = [i if i.is_Integer else i - shift for i in entry.indices]
    plain = [int(i) if i.is_Integer else i for i in found]
    if all(isinstance(index, int | Symbol) for index in plain):
        return name(quantity.at(*plain), profile=profile)
    shown = (i - shift if i.is_Integer else i for i in found)
    letters = quantity.at(*sp.symbols(f"i:{len(plain)}"))
    nodes = tuple(write(i, graph, profile=profile) for i in shown)
    return name(letters, profile=profile, indices=nodes)


def _quantity(key: str, graph: Graph) -> Quantity | None:
    if key in graph.by_key:
        return graph[key].quantity
    if key.startswith("d") and key[1:] in graph.by_key:
        return graph[key[1:]].quantity.bar()
    return None


class _Writer:
    """The walk over one expression; ``places`` holds the order of print."""

    def __init__(self, graph: Graph, naming: Naming, places: Mapping[str, int]) -> None:
        self.graph = graph
        self.naming = naming
        self.places = places

    def node(self, expr: Expr) -> Node:
        if expr.is_Number:
            return _number(expr)
        if isinstance(expr, Indexed | Symbol):
            return self.naming(expr)
        if expr.is_Add:
            return self.total(expr)
        if expr.is_Mul or (expr.is_Pow and expr.exp.is_negative):
            return self.product(expr)
        if expr.is_Pow and expr.exp == sp.S.Half:
            return ex.Call(ex.Name("sqrt"), (self.node(expr.base),))
        if expr.is_Pow:
            return ex.Power(self.node(expr.base), self.node(expr.exp))
        return self.special(expr)

    def special(self, expr: Expr) -> Node:
        """Write what is no arithmetic."""
        match expr:
            case sp.pi:
                return ex.Name("pi")
            case sp.exp():
                return ex.Power(ex.Name("e"), self.node(expr.args[0]))
            case Chain():
                kept = [arg for arg in expr.args if arg != 1] or [sp.Integer(1)]
                return self.joined(kept)
            case Partial():
                return ex.Partial(self.node(expr.args[0]), self.node(expr.args[1]))
            case Same():
                left, right = _pair(expr.args[0])
                return ex.Brackets(ex.equation(self.node(left), self.node(right)), "[]")
            case Within():
                value, low, high = map(self.node, expr.args)
                return ex.Brackets(ex.Relation((low, value, high), ("<=", "<=")), "[]")
            case sp.Sum():
                return self.big_sum(expr)
            case sp.Piecewise():
                return ex.Cases(tuple((self.node(v), self.condition(c)) for v, c in expr.args))
            case sp.Function() | sp.Min() | sp.Max():
                base = expr.func.__name__
                known = base if isinstance(expr, AppliedUndef) else base.lower()
                function = ex.Name(known.rstrip("'"), primes=base.count("'"))
                return ex.Call(function, tuple(self.node(arg) for arg in expr.args))
        raise UnsupportedError(f"no printed form for {type(expr).__name__}: {expr}")

    def joined(self, parts: list[Expr]) -> Node:
        """Write the factors of the chain rule in their order, a minus of the first one in front."""
        nodes = [self.node(part) for part in parts]
        if len(nodes) == 1:
            return nodes[0]
        minus = isinstance(nodes[0], ex.Negative)
        if isinstance(nodes[0], ex.Negative):
            nodes[0] = nodes[0].operand
        whole = ex.Product(tuple(nodes), "cdot")
        return ex.Negative(whole) if minus else whole

    def condition(self, condition: sp.Basic) -> Node:
        if condition == sp.true:
            return ex.Text("otherwise")
        signs = {sp.Gt: ">", sp.Lt: "<", sp.Ge: ">=", sp.Le: "<="}
        sides = (self.node(condition.args[0]), self.node(condition.args[1]))
        return ex.Relation(sides, (signs[type(condition)],))

    def big_sum(self, total: sp.Sum) -> Node:
        """Write a sum; the minus of its body stands before it."""
        body = self.node(total.function)
        if isinstance(body, ex.Negative):
            return ex.Negative(self.big_sum(sp.Sum(-total.function, *total.limits)))
        for variable, low, high in reversed(total.limits):
            body = ex.BigSum(body, index_node(variable), self.node(low), self.node(high))
        return body

    def total(self, total: Expr) -> Node:
        terms = sorted(total.args, key=self.term_order)
        nodes = [self.node(term) for term in terms]
        if all(isinstance(node, ex.Negative) for node in nodes):
            return ex.Negative(
                ex.Sum(tuple(n.operand for n in nodes if isinstance(n, ex.Negative)))
            )
        return ex.Sum(tuple(nodes))

    def term_order(self, term: Expr) -> tuple[object, ...]:
        factors = sp.Mul.make_args(term)
        places = sorted(position(factor, self.places) for factor in factors)
        negative = _is_negative(term)
        return (
            negative,
            not term.is_Number,
            len(factors) > 1 + negative,
            _size(term),
            places,
            str(term),
        )

    def product(self, product: Expr) -> Node:
        """Write a product as a fraction where it has a denominator, ``1/N`` before a sum."""
        negative = _is_negative(product)
        numerator, denominator = _fraction(-product if negative else product)
        sums = [factor for factor in sp.Mul.make_args(numerator) if isinstance(factor, sp.Sum)]
        if len(sums) == 1 and denominator != 1:
            lead = self.node(numerator / sums[0] / denominator)
            node: Node = ex.Product((lead, self.node(sums[0])))
            return ex.Negative(node) if negative else node
        node = self.factors(numerator)
        if denominator != 1:
            node = ex.Fraction(node, self.factors(denominator))
        return ex.Negative(node) if negative else node

    def factors(self, product: Expr) -> Node:
        ordered = sorted(sp.Mul.make_args(product), key=self.factor_order)
        if len(ordered) == 1 and not ordered[0].is_Mul:
            return self.node(ordered[0])
        return ex.Product(tuple(self.node(factor) for factor in ordered))

    def factor_order(self, factor: Expr) -> tuple[object, ...]:
        known = any(_quantity(key, self.graph) for key in map(key_of, entries(factor)) if key)
        adjoint = not factor.is_Number and position(factor, self.places) < 0 and known
        bracket = isinstance(factor, Chain | sp.Sum) or factor.is_Add
        return (
            adjoint,
            isinstance(factor, sp.Sum),
            position(factor, self.places),
            bracket,
            _size(factor),
            str(factor),
        )


def _size(expr: Expr) -> int:
    return int(sp.count_ops(expr))


def _is_negative(term: Expr) -> bool:
    coefficient = term.as_coeff_Mul()[0]
    if isinstance(term, Chain):
        coefficient = term.args[0].as_coeff_Mul()[0]
        return bool(coefficient.is_negative)
    return bool(coefficient.is_negative)


def _fraction(product: Expr) -> tuple[Expr, Expr]:
    """Split into numerator and denominator; an exponential stays where it is written."""
    above, below = [], []
    for factor in sp.Mul.make_args(product):
        base, power = factor.as_base_exp()
        if isinstance(factor, sp.exp) or not power.is_negative:
            if factor.is_Rational and factor.q != 1:
                above.append(sp.Integer(factor.p))
                below.append(sp.Integer(factor.q))
            else:
                above.append(factor)
        else:
            below.append(base ** (-power))
    above = [factor for factor in above if factor != 1] or [sp.Integer(1)]
    return _unevaluated(above), _unevaluated(below)


def _unevaluated(factors: list[Expr]) -> Expr:
    if len(factors) < 2:
        return factors[0] if factors else sp.Integer(1)
    return sp.Mul(*factors, evaluate=False)


def _number(number: Expr) -> Node:
    if number.is_negative:
        return ex.Negative(_number(-number))
    if number.is_Rational and number.q % 100 == 0 and set(sp.primefactors(number.q)) == {2, 5}:
        return ex.Number(f"{Decimal(int(number.p)) / int(number.q):f}")
    if number.is_Rational and number.q != 1:
        return ex.Fraction(ex.Number(str(number.p)), ex.Number(str(number.q)))
    return ex.Number(str(number))


def _pair(difference: Expr) -> tuple[Expr, Expr]:
    """Return the two sides of ``difference = 0``, each without a minus sign."""
    terms = sp.Add.make_args(difference)
    negative = [term for term in terms if _is_negative(term)]
    return sp.Add(*(term for term in terms if term not in negative)), -sp.Add(*negative)
