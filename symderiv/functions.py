"""Activations and losses as SymPy formulas, one row each; SymPy differentiates them, nobody else.

A row holds the formula as a textbook states it and nothing that follows from it: no derivative,
no stable form, no shortcut of an activation with its loss. Those are found. The value that a
derivative takes at a kink follows from the branches of the formula; a row only says where kinks
are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import sympy as sp
from sympy import Expr, FiniteSet, Interval, Piecewise, Rational, S, Symbol
from sympy.core.function import AppliedUndef

from symderiv.errors import SpecError
from symderiv.expression import Name

REALS = S.Reals
PROBABILITY = Interval.open(0, 1)
SHARE = Interval(0, 1)


@dataclass(frozen=True, slots=True)
class Activation:
    r"""``a = formula(z)`` for one unit; with a ``summand``, ``a_k = formula(z_k, s)``.

    There :math:`s = \sum_k` ``summand(z_k)``. With a ``gate``, ``a = formula(z, g)``, where ``g``
    is what that activation makes of ``z``, a name of its own with the ``gate_letter``. Long numbers
    are ``constants``, further arguments that are known by name. ``range`` is a set that holds the
    values of ``a``, ``symbol`` is how the function is written, and ``kinks`` are the ``z`` at which
    it has no derivative.
    """

    name: str
    symbol: Name
    formula: Callable[..., Expr]
    range: sp.Set = REALS
    summand: Callable[[Expr], Expr] | None = None
    gate: Activation | None = None
    gate_letter: str = "G"
    constants: Mapping[str, Rational] = field(default_factory=dict)
    kinks: tuple[Expr, ...] = ()

    @property
    def mixes(self) -> bool:
        """Whether a unit's value depends on the other units of its layer."""
        return self.summand is not None or (self.gate is not None and self.gate.mixes)

    def formula_of(self, z: Expr) -> Expr:
        """Return the formula of a unit by itself, a gate as a function of ``z``."""
        gate = () if self.gate is None else (sp.Function(self.gate.symbol.base, real=True)(z),)
        return self.formula(z, *gate, *map(_named, self.constants))

    def slope(self, kink: Expr) -> Expr:
        """Return what stands for the derivative at a kink: that of the branch that holds there."""
        z = Symbol("z", real=True)
        return sp.diff(self.formula_of(z), z).subs(z, kink)


@dataclass(frozen=True, slots=True)
class Loss:
    r"""The loss of one sample, ``L = \sum_k summand(y_k, \hat y_k)``, divided by K if ``mean``.

    ``domain`` is where a prediction must lie, ``labels`` where a label must. ``one_hot`` states the
    fact that the labels of one sample sum to 1, which derivations may use and data is checked for.
    ``parameters`` are further arguments of ``summand`` with their usual values, ``kink`` gives the
    prediction at which there is no derivative.
    """

    name: str
    words: str
    summand: Callable[..., Expr]
    domain: sp.Set = REALS
    mean: bool = False
    one_hot: bool = False
    labels: sp.Set = REALS
    parameters: Mapping[str, Expr] = field(default_factory=dict)
    kink: Callable[[Expr], Expr] | None = None

    @property
    def slope_at_kink(self) -> Expr:
        """What stands for the derivative by the prediction at the kink, for a label of 1."""
        assert self.kink is not None
        p = Symbol("p", real=True)
        return sp.diff(self.summand(S.One, p), p).subs(p, self.kink(S.One))

    @property
    def by_class(self) -> bool:
        """Whether labels may be class numbers: a label of 0 adds nothing to the loss."""
        return self.one_hot and self.summand(S.Zero, Symbol("p", positive=True)) == 0


def _named(constant: str) -> Symbol:
    return Symbol(constant, real=True)


_Row = TypeVar("_Row", Activation, Loss)


def _rows(*rows: _Row) -> dict[str, _Row]:
    return {row.name: row for row in rows}


# --- activations ----------------------------------------------------------------------------------

_SIGMOID = Activation("sigmoid", Name("sigma"), lambda z: 1 / (1 + sp.exp(-z)), PROBABILITY)
_SOFTMAX = Activation(
    "softmax", Name("softmax"), lambda z, s: sp.exp(z) / s, PROBABILITY, summand=sp.exp
)
_NORMAL = Activation("normal", Name("Phi"), lambda z: (1 + sp.erf(z / sp.sqrt(2))) / 2, PROBABILITY)
_SELU = {"beta": Rational("1.0507009873554805"), "alpha": Rational("1.6732632423543772")}


def _linear_unit(z: Expr, below: Expr) -> Expr:
    """Return z where it is positive, and ``below`` elsewhere: at 0 the branch ``below`` holds."""
    return Piecewise((z, z > 0), (below, True))


ACTIVATIONS = _rows(
    Activation("identity", Name("id"), lambda z: z),
    _SIGMOID,
    Activation("tanh", Name("tanh"), sp.tanh, Interval.open(-1, 1)),
    Activation(
        "relu",
        Name("relu"),
        lambda z: _linear_unit(z, S.Zero),
        Interval(0, sp.oo),
        kinks=(S.Zero,),
    ),
    Activation(
        "leaky_relu",
        Name("lrelu"),
        lambda z: _linear_unit(z, z / 100),
        kinks=(S.Zero,),
    ),
    Activation(
        "elu", Name("elu"), lambda z: _linear_unit(z, sp.exp(z) - 1), Interval.open(-1, sp.oo)
    ),
    Activation(  # Klambauer and others, "Self-Normalizing Neural Networks", 2017
        "selu",
        Name("selu"),
        lambda z, scale, alpha: Piecewise(
            (scale * z, z > 0), (scale * alpha * (sp.exp(z) - 1), True)
        ),
        Interval.open(-_SELU["beta"] * _SELU["alpha"], sp.oo),
        constants=_SELU,
        kinks=(S.Zero,),
    ),
    Activation(
        "softplus", Name("softplus"), lambda z: sp.log(1 + sp.exp(z)), Interval.open(0, sp.oo)
    ),
    Activation(  # Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016
        "gelu",
        Name("gelu"),
        lambda z, g: z * g,
        Interval(Rational(-17, 100), sp.oo),
        gate=_NORMAL,
        gate_letter="Phi",
    ),
    Activation(  # Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2018
        "silu",
        Name("silu"),
        lambda z, g: z * g,
        Interval(Rational(-28, 100), sp.oo),
        gate=_SIGMOID,
    ),
    _SOFTMAX,
    Activation(
        "log_softmax",
        Name("logsoftmax"),
        lambda _, p: sp.log(p),
        Interval.open(-sp.oo, 0),
        gate=_SOFTMAX,
        gate_letter="P",
    ),
)

# --- losses ---------------------------------------------------------------------------------------


def _huber(y: Expr, p: Expr, delta: Expr) -> Expr:
    """Quadratic near the label, linear from ``delta`` on. Source: Huber, 1964."""
    away = sp.Abs(p - y)
    return Piecewise(((p - y) ** 2 / 2, away <= delta), (delta * (away - delta / 2), True))


LOSSES = _rows(
    Loss(
        "binary_cross_entropy",
        "binary cross-entropy",
        lambda y, p: -(y * sp.log(p) + (1 - y) * sp.log(1 - p)),
        PROBABILITY,
        labels=SHARE,
    ),
    Loss(
        "categorical_cross_entropy",
        "categorical cross-entropy",
        lambda y, p: -y * sp.log(p),
        PROBABILITY,
        one_hot=True,
        labels=SHARE,
    ),
    Loss("mean_squared_error", "mean squared error", lambda y, p: (p - y) ** 2, mean=True),
    Loss("squared_error", "squared error", lambda y, p: (p - y) ** 2),
    Loss("half_squared_error", "half squared error", lambda y, p: (p - y) ** 2 / 2),
    Loss(
        "mean_absolute_error",
        "mean absolute error",
        lambda y, p: sp.Abs(p - y),
        mean=True,
        kink=lambda y: y,
    ),
    Loss("huber", "Huber loss", _huber, mean=True, parameters={"delta": S.One}),
    Loss(
        "hinge",
        "hinge loss",
        lambda y, p: Piecewise((1 - y * p, y * p < 1), (0, True)),
        labels=FiniteSet(-1, 1),
        kink=lambda y: y,
    ),
    Loss(
        "negative_log_likelihood",
        "negative log-likelihood",
        lambda y, p: -y * p,
        Interval(-sp.oo, 0),
        one_hot=True,
        labels=SHARE,
    ),
    Loss(
        "kl_divergence",
        "Kullback-Leibler divergence",
        lambda y, p: y * sp.log(y / p),
        PROBABILITY,
        one_hot=True,
        labels=Interval.Lopen(0, 1),
    ),
)

# --- a user's own ---------------------------------------------------------------------------------

_PRINTED = re.compile(r"\\operatorname\{([A-Za-z]\w*)\}|\\?([A-Za-z][A-Za-z0-9]*)", re.ASCII)


def register_activation(
    name: str,
    formula: Callable[[Expr], Expr],
    latex: str,
    *,
    values: sp.Set = REALS,
    kinks: Sequence[Expr | float] = (),
) -> Activation:
    r"""Add an activation, known from then on to ``Network`` and to spec files.

    ``formula`` takes a real SymPy symbol ``z`` and returns an expression in it alone; ``latex`` is
    how the function is written, ``\phi`` or ``mish``. ``values`` is a set that holds what it
    returns: some losses need to know. ``kinks`` are the ``z`` without a derivative; there that of
    the branch which holds is used, and printed.

    Raises ``SpecError`` if the name is taken or the formula is no function of ``z`` that SymPy can
    differentiate.
    """
    where, exact = f"activation '{name}'", _exact(formula)
    _check_name(name, ACTIVATIONS, "activation")
    symbol = _printed(where, latex)
    _check_formula(where, exact, Symbol("z", real=True))
    places = tuple(k if isinstance(k, Expr) else Rational(str(k)) for k in kinks)
    ACTIVATIONS[name] = Activation(name, symbol, exact, values, kinks=places)
    return ACTIVATIONS[name]


def register_loss(
    name: str,
    summand: Callable[[Expr, Expr], Expr],
    words: str = "",
    *,
    domain: sp.Set = REALS,
    mean: bool = False,
    one_hot: bool = False,
) -> Loss:
    """Add a loss, known from then on to ``Network`` and to spec files.

    ``summand`` takes the label ``y`` and the prediction ``p`` of one output and returns its share
    of the loss of a sample; ``words`` is what the loss is called. The rest is as in ``Loss``.

    Raises ``SpecError`` if the name is taken or the formula is no function of ``y`` and ``p`` that
    SymPy can differentiate.
    """
    where, exact = f"loss '{name}'", _exact(summand)
    _check_name(name, LOSSES, "loss")
    y, p = sp.symbols("y p", real=True)
    _check_formula(where, exact, p, y)
    LOSSES[name] = Loss(name, words or name.replace("_", " "), exact, domain, mean, one_hot)
    return LOSSES[name]


def _check_name(name: str, known: Mapping[str, object], kind: str) -> None:
    if name in known:
        raise SpecError(f"{kind} '{name}' is known already; choose another name")
    if not name.isidentifier():
        raise SpecError(f"{kind}: expected a name of letters, digits and _, found '{name}'")


def _printed(where: str, latex: str) -> Name:
    match = _PRINTED.fullmatch(latex)
    if match is None:
        raise SpecError(rf"{where}: expected a LaTeX name such as \phi or mish, found '{latex}'")
    return Name(match[1] or match[2])


def _exact(formula: Callable[..., Expr]) -> Callable[..., Expr]:
    """Return the formula with each number that was given as a float as a rational."""

    def exact(*arguments: Expr) -> Expr:
        found = formula(*arguments)
        if not isinstance(found, Expr):
            raise TypeError(f"expected a SymPy expression, found {found!r}")
        floats = {number: Rational(str(number)) for number in found.atoms(sp.Float)}
        return found.xreplace(floats)

    return exact


def _check_formula(where: str, formula: Callable[..., Expr], by: Symbol, *given: Symbol) -> None:
    """Refuse what is no function of its arguments alone, or has no derivative for SymPy."""
    arguments = (*given, by)
    shown = ", ".join(map(str, arguments))
    try:
        value = formula(*arguments)
    except Exception as error:
        hint = "; write cases as sympy.Piecewise" if "truth value" in str(error) else ""
        raise SpecError(f"{where}: the formula of {shown} fails: {error}{hint}") from error
    others = sorted(str(s) for s in value.free_symbols - set(arguments))
    unknown = sorted(f.func.__name__ for f in value.atoms(AppliedUndef))
    if extra := others + unknown:
        raise SpecError(f"{where}: expected a formula of {shown} alone, found {extra[0]} in it")
    if by not in value.free_symbols:
        raise SpecError(f"{where}: the formula does not depend on {by}: {value}")
    if sp.diff(value, by).has(sp.Derivative, sp.Subs):
        raise SpecError(f"{where}: SymPy finds no derivative of {value}")
