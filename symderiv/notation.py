r"""How a quantity is named in code, in SymPy, on a slide and in LaTeX: the only place that knows.

A ``Quantity`` says what a thing *is* (the weight of layer 2 from unit 1 to unit 1); the functions
here say what it is *called*: ``W2`` in code, ``w2_1_1`` as a SymPy symbol, ``w_11^(2)`` where
people type, ``w_{11}^{(2)}`` on a slide. Weights run from ``i`` to ``j``, indices start at 1,
samples are rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

import sympy as sp

from symderiv.expression import Brackets, Name, Negative, Node, Number, Partial, Sum


class Role(Enum):
    """What a quantity is in the network, with its usual letters: matrix, component, accent."""

    INPUT = ("X", "x", "")
    LABEL = ("Y", "y", "")
    DATA = ("D", "d", "")
    WEIGHT = ("W", "w", "")
    BIAS = ("b", "b", "")
    PREACTIVATION = ("Z", "z", "")
    MAXIMUM = ("M", "m", "")
    NORMALISER = ("S", "s", "")
    HELPER = ("U", "u", "")
    HIDDEN = ("H", "h", "")
    ACTIVATION = ("A", "a", "")
    PREDICTION = ("Y", "y", "hat")
    LOSS = ("L", "L", "")
    COST = ("J", "J", "")


PARAMETERS = frozenset({Role.WEIGHT, Role.BIAS})
GIVEN = frozenset({Role.INPUT, Role.LABEL, Role.DATA, *PARAMETERS})
_UNLAYERED = frozenset({Role.INPUT, Role.LABEL, Role.PREDICTION, Role.LOSS, Role.COST})


_PRODUCTS = {"dot": "Hv", "tilde": "Gv"}
"""The product of the Hessian, or of the Gauss-Newton matrix, with a direction, by its accent."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of a network, free of any convention.

    ``layer`` is a number, or a SymPy expression in the general model (``l``, ``l + 1``); ``time``
    is the step of a recurrence. ``letter`` and ``accent`` replace those of the role, as for the
    scale ``gamma`` of a normalisation. ``entry`` marks one entry of the array, with its
    ``indices``; ``adjoint`` marks the derivative of the cost by the quantity.
    """

    role: Role
    layer: int | sp.Expr | None = None
    indices: tuple[int | sp.Symbol, ...] = ()
    entry: bool = False
    adjoint: bool = False
    letter: str = ""
    accent: str = ""
    time: int | None = None

    def at(self, *indices: int | sp.Symbol) -> Quantity:
        """Return the entry of this quantity at ``indices``."""
        return replace(self, indices=indices, entry=True)

    def bar(self) -> Quantity:
        """Return the adjoint of this quantity."""
        return replace(self, adjoint=True)

    @property
    def layered(self) -> bool:
        """Whether the name carries a layer mark."""
        return self.role not in _UNLAYERED and self.layer is not None

    @property
    def matrix_letter(self) -> str:
        """The letter of the whole array."""
        return self.letter or self.role.value[0]

    @property
    def component_letter(self) -> str:
        """The letter of one entry."""
        return (self.letter if len(self.letter) > 1 else self.letter.lower()) or self.role.value[1]

    @property
    def hat(self) -> str:
        """The accent above the letter, or ``""``."""
        return self.accent or self.role.value[2]


def code(quantity: Quantity) -> str:
    """Return the identifier: ``W2``, ``Yhat``, ``dZ1``; of an entry ``w2_1_1``, ``yhat_2``."""
    letter = quantity.component_letter if quantity.entry else quantity.matrix_letter
    layer = str(quantity.layer).replace(" + ", "p").replace(" - ", "m") if quantity.layered else ""
    time = f"t{quantity.time}" if quantity.time is not None else ""
    tail = "".join(f"_{index}" for index in quantity.indices)
    return f"{'d' * quantity.adjoint}{letter}{quantity.hat}{layer}{time}{tail}"


def typed(quantity: Quantity) -> str:
    """Return the name as a person types it: ``w_12^(1)``, ``yhat``, ``x_1``."""
    wide = any(isinstance(i, int) and i > 9 for i in quantity.indices)
    tail = ("," if wide else "").join(map(str, quantity.indices))
    sub = f"_{tail}" if tail else ""
    sup = f"^({quantity.layer})" if quantity.layered else ""
    time = f"<{quantity.time}>" if quantity.time is not None else ""
    return f"{quantity.component_letter}{quantity.hat}{sub}{sup}{time}"


def same_name(text: str) -> str:
    """Reduce a typed name to the form that ``typed`` gives: braces, commas, hats and spaces go.

    ``w_{12}^{(1)}``, ``w_12^{(1)}``, ``w^(1)_12`` and ``w12^(1)`` are one name.
    """
    text = re.sub(r"\\hat\s*\{?\s*y\s*\}?", "yhat", text.replace("ŷ", "yhat"))
    text = re.sub(r"[{}\s\\$]", "", text)
    match = re.fullmatch(r"([A-Za-z]+)(\^\(\w+\))?_?([\d,]*)(\^\(\w+\))?", text)
    if not match:
        return text
    base, before, sub, after = match.groups()
    if all(len(number) < 2 for number in sub.split(",")):
        sub = sub.replace(",", "")
    return f"{base}{f'_{sub}' if sub else ''}{before or after or ''}"


def name(quantity: Quantity, *, matrix: bool = False) -> Node:
    r"""Return the name for print; ``matrix`` gives the bold letter of the whole array.

    The adjoint of a pre-activation is :math:`\delta` (:math:`\boldsymbol\Delta` as a matrix), any
    other adjoint :math:`\partial J/\partial\cdot`.
    """
    role = quantity.role
    if quantity.adjoint and role is not Role.PREACTIVATION and quantity.accent in _PRODUCTS:
        of = replace(quantity, adjoint=False, accent="")
        return Name(_PRODUCTS[quantity.accent], sub=(name(of, matrix=matrix),))
    if quantity.adjoint and role is not Role.PREACTIVATION:
        return Partial(Name("J"), name(replace(quantity, adjoint=False), matrix=matrix))
    entry = len(quantity.indices) > 1 and any(isinstance(i, sp.Symbol) for i in quantity.indices)
    letter = quantity.matrix_letter if matrix or entry else quantity.component_letter
    if quantity.adjoint:
        letter = "Delta" if matrix else "delta"
    bold = matrix and role not in {Role.LOSS, Role.COST}
    sub = tuple(index_node(index) for index in quantity.indices)
    marks: tuple[Node, ...] = (Brackets(mark(str(quantity.layer))),) if quantity.layered else ()
    if quantity.time is not None:
        marks += (Brackets(Number(str(quantity.time)), "⟨⟩"),)
    return Name(letter, sub=sub, sup=marks, accent=quantity.hat, bold=bold)


def index_node(index: int | sp.Symbol) -> Node:
    """Return an index for print."""
    return Number(str(index)) if isinstance(index, int) else Name(index.name)


def mark(text: str) -> Node:
    """Return a layer mark for print from its text: ``2``, ``l``, ``l + 1``."""
    base, sign, step = [*text.split(), "", ""][:3]
    if sign:
        return Sum((Name(base), Negative(Number(step)) if sign == "-" else Number(step)))
    return Number(base) if base.isdigit() else Name(base)
