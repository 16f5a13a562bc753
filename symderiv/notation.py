r"""How a quantity is named in code, in SymPy, on a slide and in LaTeX: the only place that knows.

A ``Quantity`` says what a thing *is* (the weight of layer 2 from unit 1 to unit 1); the functions
here say what it is *called*: ``W2`` in code, ``w2_1_1`` as a SymPy symbol, ``w_11^(2)`` where
people type, ``w_{11}^{(2)}`` on a slide. In the lecture's notation weights run from ``i`` to ``j``,
indices start at 1 and samples are rows; a ``Profile`` says how another literature writes the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

import sympy as sp

from symderiv.expression import Brackets, Listing, Name, Negative, Node, Number, Partial, Sum


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


@dataclass(frozen=True)
class Profile:
    r"""How a literature writes a network: names and order, never values.

    ``samples`` are the rows or the columns of an array; ``weights`` are ``w_{ij}`` from i to j or
    ``w_{ji}``, and then their matrix is the transposed one; ``layer`` is the kind of bracket round
    a layer's number, ``""`` for a bare one, ``"_"`` for one below; indices start at ``first``.
    In ``"numerator"`` layout a derivative by an array has the shape of its transpose. ``error`` is
    how the derivative of the cost by an array is called: ``\delta`` for that by a pre-activation
    (its whole array is ``delta``) and ``\partial J/\partial W`` otherwise, ``dW``,
    ``\partial J/\partial W`` always, or ``\nabla_W J``. ``letters`` replace those of a role: of the
    array, of an entry, and the accent; with ``small`` the entry's letter has any number of indices.
    ``layered`` roles carry a layer mark that they have not elsewhere; ``bias_index`` is the second
    index of a bias that is written as one more weight, ``w_{j0}``.
    """

    key: str
    source: str
    samples: Literal["rows", "columns"] = "rows"
    weights: Literal["from-to", "to-from"] = "from-to"
    layer: Literal["()", "[]", "", "_"] = "()"
    first: Literal[0, 1] = 1
    layout: Literal["denominator", "numerator"] = "denominator"
    error: Literal["delta", "d", "partial", "nabla"] = "delta"
    font: Literal["bold", "slanted", "plain"] = "bold"
    times: Literal["odot", "circ", "ast"] = "odot"
    transpose: Literal["top", "T"] = "top"
    delta: str = "Delta"
    letters: Mapping[Role, tuple[str, str, str]] = field(default_factory=dict, hash=False)
    small: bool = False
    layered: frozenset[Role] = frozenset()
    bias_index: int | None = None

    def is_delta(self, quantity: Quantity) -> bool:
        """Whether this adjoint is an error term with a letter of its own."""
        plain = quantity.letter in {"", Role.PREACTIVATION.value[0]}
        return self.error == "delta" and quantity.role is Role.PREACTIVATION and plain

    def exchanged(self, quantity: Quantity) -> bool:
        """Whether the two indices of an array's entry stand the other way round."""
        weight = quantity.role is Role.WEIGHT or quantity.matrix_letter == "W"
        return self.weights == "to-from" if weight else self.samples == "columns"

    def transposed(self, quantity: Quantity) -> bool:
        """Whether the array of two axes is the transpose of the lecture's."""
        named = self.error == "d" or self.is_delta(quantity)
        derivative = quantity.adjoint and not named
        return self.exchanged(quantity) != (derivative and self.layout == "numerator")


LECTURE = Profile("xor-lecture", "the lecture on the XOR network")
"""The notation in which everything is derived, and printed unless something else is asked for."""


def name(
    quantity: Quantity,
    *,
    matrix: bool = False,
    vector: bool = False,
    profile: Profile = LECTURE,
    indices: tuple[Node, ...] | None = None,
) -> Node:
    r"""Return the name for print; ``matrix`` gives the bold letter of the whole array.

    ``vector`` gives the bold letter of one of its rows or columns. In the lecture the adjoint of a
    pre-activation is :math:`\delta` (:math:`\boldsymbol\Delta` as a matrix), any other adjoint
    :math:`\partial J/\partial\cdot`. ``indices`` are printed instead of the quantity's own.
    """
    if quantity.adjoint and not profile.is_delta(quantity):
        product = _PRODUCTS.get(quantity.accent)
        primal = replace(quantity, adjoint=False, accent="" if product else quantity.accent)
        by = name(primal, matrix=matrix, vector=vector, profile=profile, indices=indices)
        return (
            Name(product, sub=(by,))
            if product
            else _derivative(by, profile, whole=matrix or vector)
        )
    entry = len(quantity.indices) > 1 and any(isinstance(i, sp.Symbol) for i in quantity.indices)
    whole, small, accent = _letters(quantity, profile)
    capital = entry and not vector and not profile.small and not quantity.adjoint
    letter = whole if matrix or capital else small
    heavy = (matrix or vector) and quantity.role not in {Role.LOSS, Role.COST}
    sub, marks = _marks(quantity, _subscripts(quantity, indices, profile), profile)
    return Name(
        letter,
        sub=sub,
        sup=marks,
        accent=accent,
        bold=heavy and profile.font == "bold",
        slanted=heavy and profile.font == "slanted",
    )


def _derivative(by: Node, profile: Profile, *, whole: bool) -> Node:
    """Return the name of the derivative of the cost by what is named ``by``."""
    cost = name(Quantity(Role.COST), profile=profile)
    assert isinstance(cost, Name)
    if profile.error == "d" and isinstance(by, Name):
        return replace(by, prefix=Name("d"))
    if profile.error == "nabla" and whole:
        return replace(cost, prefix=Name("nabla", sub=(by,)))
    return Partial(cost, by)


def _letters(quantity: Quantity, profile: Profile) -> tuple[str, str, str]:
    """Return the letters of the array and of an entry, and the accent."""
    if quantity.adjoint:
        return profile.delta, "delta", quantity.hat
    if quantity.letter or quantity.role not in profile.letters:
        return quantity.matrix_letter, quantity.component_letter, quantity.hat
    whole, small, accent = profile.letters[quantity.role]
    return whole, small, quantity.accent or accent


def _subscripts(
    quantity: Quantity, indices: tuple[Node, ...] | None, profile: Profile
) -> tuple[Node, ...]:
    """Return the indices for print, in the profile's order and from its first number on."""
    own = quantity.indices
    first = profile.first if quantity.entry else 1  # the 2 of a number lambda_2 is no index
    shown = indices or tuple(index_node(i, first) for i in own)
    symbolic = any(isinstance(index, sp.Symbol) for index in own)
    pair = len(own) == 2 and (symbolic or quantity.role is Role.WEIGHT)
    if pair and profile.exchanged(quantity):
        shown = shown[::-1]
    bias = quantity.role is Role.BIAS and not quantity.letter and not quantity.adjoint
    if bias and profile.bias_index is not None:
        shown = (*shown, Number(str(profile.bias_index)))
    return shown


def _marks(
    quantity: Quantity, sub: tuple[Node, ...], profile: Profile
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Return what stands below and above the letter: the indices, the layer and the time."""
    above: tuple[Node, ...] = ()
    has_layer = quantity.layered or (quantity.role in profile.layered and quantity.layer)
    if has_layer:
        layer = mark(str(quantity.layer))
        if profile.layer == "_":
            sub = (Listing((layer, *sub)),) if sub else (layer,)
        else:
            above = (Brackets(layer, profile.layer),) if profile.layer else (layer,)
    if quantity.time is not None:
        above += (Brackets(index_node(quantity.time, profile.first), "⟨⟩"),)
    return sub, above


def index_node(index: int | sp.Symbol, first: int = 1) -> Node:
    """Return an index for print; a number is counted from ``first`` on."""
    return Number(str(index + first - 1)) if isinstance(index, int) else Name(index.name)


def mark(text: str) -> Node:
    """Return a layer mark for print from its text: ``2``, ``l``, ``l + 1``."""
    base, sign, step = [*text.split(), "", ""][:3]
    if sign:
        return Sum((Name(base), Negative(Number(step)) if sign == "-" else Number(step)))
    return Number(base) if base.isdigit() else Name(base)
