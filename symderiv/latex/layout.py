"""What the LaTeX and the MathML printer decide alike: letters, gaps, what is tall."""

from __future__ import annotations

from symderiv.errors import UnsupportedError, did_you_mean
from symderiv.expression import (
    BigSum,
    Boxed,
    Brackets,
    Call,
    Cases,
    Fraction,
    Highlight,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Text,
    Transpose,
)

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ",
    "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
    "ell": "ℓ", "nabla": "∇", "infty": "∞", "partial": "∂",
}  # fmt: skip
"""Letters that are typed by their English name; the name is also the TeX command."""

OPERATORS = frozenset(
    {"arg", "cos", "cosh", "det", "dim", "exp", "inf", "lim", "ln", "log", "max", "min"}
    | {"sec", "sin", "sinh", "sup", "tan", "tanh"}
)
"""Functions that are TeX commands of their own."""

SIGNS = {"": "", "cdot": "⋅", "odot": "⊙", "circ": "∘", "ast": "∗", "times": "×"}
"""The signs of a product."""

RELATIONS = {
    "=": ("=", "="),
    ":=": (r"\coloneqq", ":="),
    "<": ("<", "<"),
    ">": (">", ">"),
    "<=": (r"\le", "≤"),
    ">=": (r"\ge", "≥"),
    "!=": (r"\ne", "≠"),
    "in": (r"\in", "∈"),
    "gets": (r"\gets", "←"),
    "approx": (r"\approx", "≈"),
}
"""The signs of a relation: in LaTeX and in Unicode."""


def relation(sign: str) -> tuple[str, str]:
    """Return a relation's sign in LaTeX and in Unicode; raise ``UnsupportedError`` if unknown."""
    if sign not in RELATIONS:
        raise UnsupportedError(f"no relation is written {sign!r}{did_you_mean(sign, RELATIONS)}")
    return RELATIONS[sign]


def is_tall(node: Node) -> bool:
    """Say whether ``node`` is taller than a line, so that brackets round it must grow."""
    match node:
        case Fraction() | Partial() | BigSum() | Matrix() | Cases() | Boxed():
            return True
        case Name() | Number() | Text():
            return False
        case Power(base):  # what is raised is small
            return is_tall(base)
        case _:
            return any(is_tall(child) for child in node.children())


def needs_comma(indices: tuple[Node, ...]) -> bool:
    """Say whether indices side by side would run together, as 1 and 12 do in ``112``."""
    return len(indices) > 1 and any(map(_is_wide, indices))


def _is_wide(index: Node) -> bool:
    match index:
        case Number(text):
            return len(text) > 1
        case Name():
            return bool(index.sub)
        case Brackets() | Text():
            return False
        case _:
            return True


def gap(left: Node, right: Node) -> str:
    """Return what separates two juxtaposed factors.

    It is ``""``, ``"thin"`` (a thin space), ``"operator"`` (the space that TeX itself puts before
    an operator's name) or ``"cdot"`` (a number after another factor would read as one number).
    """
    end, start = _last(left), _first(right)
    if isinstance(start, Number):
        return "cdot"
    if isinstance(start, BigSum) or (isinstance(start, Name) and start.base in OPERATORS):
        return "operator"
    if isinstance(end, Number) and isinstance(start, Name | Brackets):
        return ""
    if isinstance(end, Brackets | Call) and isinstance(start, Brackets):
        return ""
    return "thin"


def _first(node: Node) -> Node:
    match node:
        case Product(factors):
            return _first(factors[0])
        case Highlight(inner) | Power(inner) | Transpose(inner):
            return _first(inner)
        case Call(function):
            return function
        case _:
            return node


def _last(node: Node) -> Node:
    match node:
        case Product(factors):
            return _last(factors[-1])
        case Highlight(inner) | Negative(inner):
            return _last(inner)
        case _:
            return node
