r"""The proof of a derivation, parameter by parameter.

The gradient that the derivation found is expanded back to parameters and data, and so is the loss,
which ``sympy.diff`` then differentiates: an independent route. Both are rational functions over the
exponentials (and other functions) in them, each an atom that is known by its own argument in normal
form. If the difference is zero with the atoms taken as independent, the two are equal everywhere:
an identity, not an agreement at sample points. Central and complex-step differences of the loss at
random points, in 50 digits, are the second opinion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import sympy as sp
from sympy import Expr, Symbol

from symderiv.derivation import Derivation
from symderiv.errors import DerivationError
from symderiv.evaluation import compiled, given, random_point
from symderiv.graph import Graph
from symderiv.notation import PARAMETERS, Role

DIGITS = 50
POINTS = 3
TOLERANCE = mpmath.mpf(10) ** -25
_CENTRAL_STEP = mpmath.mpf(10) ** -18
_COMPLEX_STEP = mpmath.mpf(10) ** -22


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown for one derivative: the identity, and the largest relative differences.

    ``complex_step`` is None where a kink makes the loss no function of a complex variable.
    """

    name: str
    central: float
    complex_step: float | None


def prove(derivation: Derivation) -> tuple[Proof, ...]:
    """Prove the derivative of the loss by every parameter.

    Raises ``DerivationError`` with the equation if one does not hold.
    """
    graph = derivation.network.components
    loss = graph.of_role(Role.LOSS)[0]
    expand = _Expansion(graph)
    expanded_loss = expand(loss.atom)
    slopes = _Differences(graph, loss.atom)
    normal = NormalForm(graph)
    proofs = []
    for definition in graph.of_role(*PARAMETERS):
        value = derivation.component(loss.key, definition.key).value
        value = derivation.written_out(value)
        if not normal.same(expand(value), sp.diff(expanded_loss, definition.atom)):
            raise DerivationError(f"d{loss.key}/d{definition.key} = {value} is not an identity")
        proofs.append(slopes.proof(definition.atom, value))
    return tuple(proofs)


class _Expansion:
    """Expands names into what is given, each once."""

    def __init__(self, graph: Graph) -> None:
        self.full: dict[Expr, Expr] = {}
        for definition in graph.definitions:
            if definition.rhs is not None:
                self.full[definition.atom] = definition.rhs.xreplace(self.full)

    def __call__(self, expr: Expr) -> Expr:
        return expr.xreplace(self.full)


class NormalForm:
    """Expressions over what is given as rational functions of atoms taken as independent.

    An atom is a function of an argument that is itself in normal form. ``exp`` of a sum is a
    product of powers, since SymPy joins ``exp(u) * exp(v)`` by itself; a value by cases
    ``v if c else w`` is ``w + h (v - w)`` with an atom ``h`` for the condition, ``h * h = h``.
    """

    def __init__(self, graph: Graph) -> None:
        self._known: dict[Expr, Expr] = {}
        self._atoms: dict[Expr, Symbol] = {}
        self._conditions: set[Symbol] = set()
        for fact in graph.facts:
            last = max(fact.left.free_symbols, key=str)
            self._known[last] = sp.solve(fact.left - fact.right, last)[0]

    def same(self, a: Expr, b: Expr) -> bool:
        """Whether ``a`` and ``b`` are one function: the difference has the numerator zero."""
        difference = sp.together(self.form(a) - self.form(b))
        numerator = sp.expand(sp.fraction(difference)[0])
        flat = {h**power: h for h in self._conditions for power in range(2, 9)}
        return bool(sp.expand(numerator.xreplace(flat)) == 0)

    def form(self, expr: Expr) -> Expr:
        """Return ``expr`` over the atoms."""
        if expr not in self._known:
            self._known[expr] = self._walk(expr)
        return self._known[expr]

    def _walk(self, expr: Expr) -> Expr:
        if not expr.args:
            return expr
        if isinstance(expr, sp.Piecewise):
            return self._by_cases(expr)
        args = [self.form(arg) for arg in expr.args]
        if isinstance(expr, sp.exp):
            return sp.Mul(*map(self._power, sp.Add.make_args(sp.expand(args[0]))))
        if isinstance(expr, sp.Function):
            return self._atom(expr.func(*map(sp.cancel, args)))
        return expr.func(*args)

    def _power(self, exponent: Expr) -> Expr:
        times, base = sp.cancel(exponent).as_coeff_Mul()
        if not times.is_Integer:
            times, base = sp.Integer(1), times * base
        return self._atom(sp.exp(base)) ** times

    def _atom(self, key: sp.Basic) -> Symbol:
        return self._atoms.setdefault(key, sp.Dummy(positive=True))

    def _by_cases(self, expr: sp.Piecewise) -> Expr:
        (value, condition), *rest = expr.args
        if condition == sp.true:
            return self.form(value)
        sides = (sp.cancel(self.form(side)) for side in condition.args)
        atom = self._atom(condition.func(*sides, evaluate=False))
        self._conditions.add(atom)
        other = self.form(sp.Piecewise(*rest))
        return other + atom * (self.form(value) - other)


class _Differences:
    """Finite differences of a scalar at random points."""

    def __init__(self, graph: Graph, scalar: Expr) -> None:
        self.graph = graph
        self.names = given(graph)
        self.scalar: Callable[..., list[mpmath.mpf]] = compiled(graph, [scalar], "mpmath")
        self.smooth = not any(
            d.rhs.has(sp.Piecewise, sp.Abs) for d in graph.definitions if d.rhs is not None
        )

    def proof(self, by: Symbol, value: Expr) -> Proof:
        """Compare ``value`` with both differences of the scalar by ``by``."""
        derivative = compiled(self.graph, [value], "mpmath")
        place = self.names.index(by)
        central = complex_step = mpmath.mpf(0)
        with mpmath.workdps(DIGITS):
            for seed in range(POINTS):
                point = list(random_point(self.graph, seed).values())
                exact = derivative(*point)[0]
                central = max(central, _relative(exact, self._central(point, place)))
                if self.smooth:
                    complex_step = max(complex_step, _relative(exact, self._complex(point, place)))
        worst = max(central, complex_step)
        if worst > TOLERANCE:
            raise DerivationError(f"d/d{by} = {value} differs from finite differences by {worst}")
        return Proof(by.name, float(central), float(complex_step) if self.smooth else None)

    def _at(self, point: list[mpmath.mpf], place: int, step: mpmath.mpf) -> mpmath.mpf:
        return self.scalar(*point[:place], point[place] + step, *point[place + 1 :])[0]

    def _central(self, point: list[mpmath.mpf], place: int) -> mpmath.mpf:
        h = _CENTRAL_STEP
        return (self._at(point, place, h) - self._at(point, place, -h)) / (2 * h)

    def _complex(self, point: list[mpmath.mpf], place: int) -> mpmath.mpf:
        return mpmath.im(self._at(point, place, mpmath.mpc(0, _COMPLEX_STEP))) / _COMPLEX_STEP


def _relative(a: mpmath.mpf, b: mpmath.mpf) -> mpmath.mpf:
    return abs(a - b) / max(abs(a), abs(b), mpmath.mpf(10) ** -DIGITS)
