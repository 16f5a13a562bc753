"""The presentation tree as Python source: the third printer, beside LaTeX and MathML.

Names are printed as they are; an element-wise product is ``*``, a matrix product (a ``Product``
with the sign ``"matmul"``) is ``@``.
"""

from __future__ import annotations

from symderiv.errors import UnsupportedError
from symderiv.expression import (
    Brackets,
    Call,
    Cases,
    Fraction,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Text,
    Transpose,
    bracketed,
)

FUNCTIONS = {
    "abs": "np.abs({})",
    "asinh": "np.arcsinh({})",
    "atan": "np.arctan({})",
    "cos": "np.cos({})",
    "cosh": "np.cosh({})",
    "erf": "erf({})",
    "log": "np.log({})",
    "max": "np.maximum({})",
    "min": "np.minimum({})",
    "sign": "np.sign({})",
    "sin": "np.sin({})",
    "sinh": "np.sinh({})",
    "softplus": "np.logaddexp(0, {})",
    "sqrt": "np.sqrt({})",
    "tanh": "np.tanh({})",
}
_SIGNS = {"": " * ", "odot": " * ", "matmul": " @ "}


def python(node: Node) -> str:
    """Return ``node`` as a Python expression over NumPy arrays."""
    return _text(bracketed(node))


def _text(node: Node) -> str:
    match node:
        case Number(text):
            return text
        case Name("pi"):
            return "np.pi"
        case Name(base):
            return base
        case Brackets(content):
            return f"({_text(content)})"
        case Negative(operand):
            return f"-{_text(operand)}"
        case Sum(terms):
            return _sum(terms)
        case Product(factors, sign):
            return _SIGNS[sign].join(_text(factor) for factor in factors)
        case Fraction(above, below):
            return f"{_operand(above)} / {_operand(below)}"
        case Transpose(operand):
            return f"{_text(operand)}.T"
        case Power(Name("e"), exponent):
            return f"np.exp({_text(exponent)})"
        case Power(base, exponent):
            return f"{_text(base)} ** {_text(exponent)}"
        case Call(function, arguments) if function.base in FUNCTIONS:
            return FUNCTIONS[function.base].format(", ".join(map(_text, arguments)))
        case Cases(rows):
            return _cases(rows)
        case Relation(sides, signs):
            return f" {signs[0]} ".join(map(_text, sides))
    raise UnsupportedError(f"no Python form for {node}")


def _sum(terms: tuple[Node, ...]) -> str:
    text = _text(terms[0])
    for term in terms[1:]:
        text += f" - {_text(term.operand)}" if isinstance(term, Negative) else f" + {_text(term)}"
    return text


def _operand(node: Node) -> str:
    """Bracket what a fraction bar holds together but a slash does not."""
    loose = isinstance(node, Sum | Negative | Product | Fraction)
    return f"({_text(node)})" if loose else _text(node)


def _cases(rows: tuple[tuple[Node, Node], ...]) -> str:
    value, condition = rows[0]
    if isinstance(condition, Text):
        return _text(value)
    return f"np.where({_text(condition)}, {_text(value)}, {_cases(rows[1:])})"
