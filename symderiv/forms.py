"""What form an expression takes: as a rational function, as cheap as can be, signs as written.

An expression is seen as a rational function of its *generators*: indexed atoms and symbols, and
what no rational function can look into (exponentials, logarithms, other functions, sums).
``exp(c*u)`` with an integer ``c`` is a power of the one generator ``exp(u)``; SymPy writes
``exp(z)**2`` as ``exp(2*z)`` by itself, and no identity would be found otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

import sympy as sp
from sympy import Expr, Symbol

from symderiv.graph import Graph, entries, key_of, keys_in

LARGEST_FACTORED = 8
"""The number of terms above which no factorisation is tried: it takes longer than it helps.

Nor is it for two: what is left of ``1 - a**2`` would be longer.
"""


def rational(*exprs: Expr) -> tuple[tuple[Expr, ...], dict[Symbol, Expr]]:
    """Replace what no rational function can look into by symbols, the same for all ``exprs``."""
    symbols: dict[Expr, Symbol] = {}

    def generator(expr: Expr) -> Symbol:
        if expr not in symbols:
            symbols[expr] = sp.Dummy(f"g{len(symbols)}", real=True)
        return symbols[expr]

    def walk(expr: Expr) -> Expr:
        if expr.is_Number or isinstance(expr, Symbol):
            return expr
        if isinstance(expr, sp.exp):
            factors = []
            for term in sp.Add.make_args(sp.expand(expr.exp)):
                power, base = term.as_coeff_Mul()
                whole = power if power.is_Integer else sp.Integer(1)
                factors.append(generator(sp.exp(base if power.is_Integer else term)) ** whole)
            return sp.Mul(*factors)
        if expr.is_Add or expr.is_Mul or (expr.is_Pow and expr.exp.is_Integer):
            return expr.func(*(walk(arg) for arg in expr.args))
        if expr.is_Pow and expr.exp.is_Rational:  # a root, so that 1/sqrt(u) is one over sqrt(u)
            return generator(expr.base ** sp.Rational(1, expr.exp.q)) ** expr.exp.p
        return generator(expr)

    walked = tuple(walk(expr) for expr in exprs)
    return walked, {symbol: expr for expr, symbol in symbols.items()}


@lru_cache(maxsize=1 << 14)
def cost(expr: Expr) -> int:
    """Return what a reader pays for ``expr``.

    That is its operations, and three more for a function; what stands below a sum counts three
    times, since it is done again and again.
    """
    functions = sum(1 for node in sp.preorder_traversal(expr) if node.is_Function)
    below = sum(int(sp.count_ops(total.function)) for total in expr.atoms(sp.Sum))
    return int(sp.count_ops(expr)) + 3 * functions + 2 * below


def tidy(expr: Expr, graph: Graph) -> Expr:
    """Return the cheapest of ``expr``, its cancelled and its factored form, signs as written."""
    letters = canonical_names(graph, expr)
    form = tidied(expr.xreplace(letters))
    return form.xreplace({letter: name for name, letter in letters.items()})


def signed(expr: Expr, graph: Graph) -> Expr:
    r"""Choose the signs of the sums in a product: ``1 - a`` and ``\hat y - y``.

    A constant is positive; without one, the name that is computed last is. A minus that is left
    goes into a sum if that leaves no more of them.
    """
    letters = canonical_names(graph, expr)
    return _signed(expr.xreplace(letters)).xreplace({letter: n for n, letter in letters.items()})


def canonical_names(graph: Graph, *exprs: Expr) -> dict[Expr, Symbol]:
    """Return a letter for each name in ``exprs``, numbered in the order of the graph.

    What is done to an expression in these letters depends on nothing else, so it is done once.
    """
    places = graph.positions
    found = {e for expr in exprs for e in entries(expr)}
    known = [e for e in found if (key := str(key_of(e))) in places or key[1:] in places]
    known.sort(key=lambda e: (places.get(str(key_of(e)), -1), str(e)))
    return {name: _letter(number) for number, name in enumerate(known)}


@cache
def _letter(number: int) -> Symbol:
    return Symbol(f"_{number:04d}", real=True)


@lru_cache(maxsize=1 << 14)
def tidied(expr: Expr) -> Expr:
    """Return what ``tidy`` does, for an expression in letters."""
    if not expr.args:
        return expr
    (body,), meaning = rational(expr)
    if body.is_Mul and not any(p.exp.is_negative for p in body.atoms(sp.Pow)):
        return _signed(expr)  # a product without a denominator has nothing to cancel
    cancelled = sp.cancel(body)
    grouped = sp.factor_terms(cancelled)
    forms = [grouped, body, cancelled]
    if 2 < _longest_sum(grouped) <= LARGEST_FACTORED:
        forms.append(sp.factor(cancelled))
    return min((_signed(form.xreplace(meaning)) for form in forms), key=cost)


def _longest_sum(product: Expr) -> int:
    """Return the number of terms of the longest sum among the factors of a product."""
    bases = (factor.as_base_exp()[0] for factor in sp.Mul.make_args(product))
    return max(len(sp.Add.make_args(base)) for base in bases)


def _signed(expr: Expr) -> Expr:
    expr = expr.xreplace({total: _sum_signed(total) for total in expr.atoms(sp.Sum)})
    if not expr.is_Mul:
        return expr
    factors, flips = [], 1
    for factor in sp.Mul.make_args(sp.Mul(*map(_without_content, expr.args))):
        base, power = factor.as_base_exp()
        if base.is_Add and power.is_Integer and _leads_negative(base):
            factors.append((-base) ** power)
            flips *= -1 if int(power) % 2 else 1
        else:
            factors.append(factor)
    product = _squares_joined(sp.Mul(*factors))
    if flips > 0:
        return product
    sums = [factor for factor in product.args if factor.is_Add]
    inside = [total for total in sums if _minuses(-total) <= _minuses(total) + 1]
    if inside and product.as_coeff_Mul()[0] > 0:  # else the two signs make none
        return product / inside[0] * -inside[0]
    return -product


def _sum_signed(total: sp.Sum) -> Expr:
    """Write the sum over ``p (y - p)`` as minus that over ``p (p - y)``."""
    body, flips = total.function, 1
    for factor in sp.Mul.make_args(body):
        if body.is_Mul and factor.is_Add and _leads_negative(factor):
            body, flips = body / factor * -factor, -flips
    return flips * sp.Sum(body, *total.limits)


def _without_content(factor: Expr) -> Expr:
    """Write ``2 p - 2 y`` as ``2 (p - y)``, which SymPy keeps beside other factors only."""
    if not factor.is_Add:
        return factor
    content, rest = factor.as_content_primitive()
    return sp.Mul(content, rest, evaluate=False) if content != 1 else factor


def _squares_joined(product: Expr) -> Expr:
    """Write ``(1 - u) (1 + u)`` as ``1 - u**2``."""
    for factor in product.args if product.is_Mul else ():
        constant, rest = factor.as_coeff_Add()
        if factor.is_Add and constant == 1 and 1 - rest in product.args:
            return _squares_joined(product / factor / (1 - rest) * (1 - rest**2))
    return product


def _minuses(total: Expr) -> int:
    return sum(1 for term in total.args if term.could_extract_minus_sign())


def _leads_negative(total: Expr) -> bool:
    constant, rest = total.as_coeff_Add()
    if constant:
        return bool(constant < 0)
    last = max(rest.args, key=lambda term: (_latest(term), str(term)))
    return bool(last.could_extract_minus_sign()) and last.as_coeff_Mul()[0] < 0


def _latest(expr: Expr) -> str:
    return max((e.name for e in entries(expr) if isinstance(e, Symbol)), default="")


def position(expr: Expr, places: Mapping[str, int]) -> int:
    """Return the place of the latest name of ``expr``; -1 without names."""
    return max((places.get(key, -1) for key in keys_in(expr)), default=-1)
