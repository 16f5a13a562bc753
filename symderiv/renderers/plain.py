"""The presentation tree as one line of plain text, names as people type them: ``w_12^(1)``."""

from __future__ import annotations

from symderiv.errors import UnsupportedError
from symderiv.expression import (
    ELEMENTWISE,
    BigSum,
    Boxed,
    Brackets,
    Call,
    Cases,
    Fraction,
    Highlight,
    Listing,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    Partial,
    Power,
    Product,
    Relation,
    Sum,
    Text,
    Transpose,
    bracketed,
)
from symderiv.latex.layout import needs_comma

_SIGNS = {"": " ", "cdot": " * ", "times": " x "} | dict.fromkeys(ELEMENTWISE, " .* ")
_RELATIONS = {"gets": "<-", "in": "in"}


def plain(node: Node) -> str:
    """Return ``node`` as text; a product is written side by side, ``.*`` is element by element."""
    return _text(bracketed(node))


def _text(node: Node) -> str:
    match node:
        case Number(text) | Text(text):
            return text
        case Name():
            return _name(node)
        case Brackets(content, kind):
            return f"{kind[0]}{_text(content)}{kind[1]}"
        case Negative(operand):
            return f"-{_text(operand)}"
        case Sum(terms):
            return _sum(terms)
        case Product(factors, sign):
            return _SIGNS[sign].join(map(_text, factors))
        case Fraction(above, below):
            return f"{_operand(above)}/{_operand(below)}"
        case Power(base, exponent):
            return f"{_text(base)}^{_operand(exponent)}"
        case Transpose(operand):
            return f"{_text(operand)}'"
        case _:
            return _compound(node)


def _compound(node: Node) -> str:
    match node:
        case Call(function, arguments):
            return f"{_name(function)}({', '.join(map(_text, arguments))})"
        case Partial(of, by):
            return f"d{_text(of)}/d{_text(by)}"
        case BigSum(body, index, low, high):
            span = f"={_text(low)}..{_text(high)}" if low and high else ""
            return f"sum[{_text(index)}{span}] {_text(body)}"
        case Relation(sides, signs):
            shown = [_RELATIONS.get(sign, sign) for sign in signs]
            return _text(sides[0]) + "".join(
                f" {sign} {_text(side)}" for sign, side in zip(shown, sides[1:], strict=True)
            )
        case Listing(items):
            return ", ".join(map(_text, items))
        case Highlight(content) | Boxed(content):
            return _text(content)
        case Cases(rows):
            return f"({'; '.join(f'{_text(v)} if {_text(c)}' for v, c in rows)})"
        case Matrix(rows):
            return f"[{'; '.join(' '.join(map(_text, row)) for row in rows)}]"
    raise UnsupportedError(f"no plain form for {node}")


def _name(name: Name) -> str:
    before = name.prefix and f"{_name(name.prefix)}{' ' * name.loose}"
    base = f"{before or ''}{name.base}{name.accent}{chr(39) * name.primes}"
    comma = "," if needs_comma(name.sub) else ""
    sub = comma.join(map(_text, name.sub)).replace(", ", ",")
    sup = "".join(map(_text, name.sup))
    return f"{base}{f'_{sub}' if sub else ''}{f'^{sup}' if sup else ''}"


def _sum(terms: tuple[Node, ...]) -> str:
    text = _text(terms[0])
    for term in terms[1:]:
        text += f" - {_text(term.operand)}" if isinstance(term, Negative) else f" + {_text(term)}"
    return text


def _operand(node: Node) -> str:
    single = isinstance(node, Name | Number | Brackets | Call)
    return _text(node) if single else f"({_text(node)})"
