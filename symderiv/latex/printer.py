r"""LaTeX from the presentation tree, as a person would type it.

The result needs ``amsmath``, ``amssymb`` and ``mathtools``; a ``Highlight`` becomes ``\hl{...}``,
which the deck's preamble defines.
"""

from __future__ import annotations

import re
from itertools import pairwise

from symderiv.errors import UnsupportedError
from symderiv.expression import (
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
from symderiv.latex.layout import OPERATORS, SYMBOLS, gap, is_tall, needs_comma, relation
from symderiv.latex.text import text

_GAPS = {"": "", "thin": r"\,", "operator": " ", "cdot": r" \cdot "}
_CONTROL_WORD = re.compile(r"\\[A-Za-z]+\Z")


_ANGLES = {"⟨": r"\langle ", "⟩": r"\rangle "}


def latex(node: Node) -> str:
    r"""Return ``node`` in LaTeX, such as ``\frac{\partial L}{\partial w_{21}^{(1)}}``."""
    return _print(bracketed(node))


def _print(node: Node) -> str:
    match node:
        case Number(digits):
            return digits
        case Text(words):
            return text(words) if words else "{}"
        case Name():
            return _name(node)
        case Negative(operand):
            return f"-{_print(operand)}"
        case Sum(terms):
            return _sum(terms)
        case Product(factors, sign):
            return _product(factors, sign)
        case Fraction(numerator, denominator):
            return rf"\frac{{{_print(numerator)}}}{{{_print(denominator)}}}"
        case Power(base, exponent):
            return f"{_print(base)}^{_script(exponent)}"
        case Transpose():
            return _transpose(node)
        case Partial(of, by):
            up, down = (_join(r"\partial", _print(part)) for part in (of, by))
            return rf"\frac{{{up}}}{{{down}}}"
        case _:
            return _compound(node)


def _compound(node: Node) -> str:
    match node:
        case Call(function, arguments):
            return _call(function, arguments)
        case BigSum(body, index, low, high):
            return _big_sum(body, index, low, high)
        case Brackets(content, kind):
            return _in_brackets(_print(content), kind, tall=is_tall(content))
        case Matrix(rows):
            return _environment("bmatrix", [[_print(entry) for entry in row] for row in rows])
        case Cases(pairs):
            return _environment("cases", [[_print(v), _condition(when)] for v, when in pairs])
        case Relation(sides, signs):
            return _relation(sides, signs)
        case Listing(items):
            return ", ".join(map(_print, items))
        case Highlight(content):
            return rf"\hl{{{_print(content)}}}"
        case Boxed(content):
            return rf"\boxed{{{_print(content)}}}"
        case _:
            raise UnsupportedError(f"no LaTeX for a node of type {type(node).__name__}")


def _name(name: Name) -> str:
    sup = _scripts(name.sup)
    return _stem(name) + (f"^{_braced(sup)}" if sup else "")


def _stem(name: Name) -> str:
    """Print a name up to where its superscript would follow.

    The primes come last: TeX merges them with a superscript only if nothing stands between.
    """
    sub = _scripts(name.sub)
    prefix = _name(name.prefix) if name.prefix else ""
    letter = _join(prefix, _letter(name))
    return letter + (f"_{_braced(sub)}" if sub else "") + "'" * name.primes


def _letter(name: Name) -> str:
    base = name.base
    if base in SYMBOLS:
        letter = rf"\boldsymbol{{\{base}}}" if name.bold or name.slanted else rf"\{base}"
    elif base in OPERATORS:
        letter = rf"\{base}"
    elif len(base) > 1:
        letter = rf"\operatorname{{{base}}}"
    elif name.slanted:
        letter = rf"\boldsymbol{{{base}}}"
    else:
        letter = rf"\mathbf{{{base}}}" if name.bold else base
    return rf"\{name.accent}{{{letter}}}" if name.accent else letter


def _scripts(nodes: tuple[Node, ...]) -> str:
    return _join(*map(_compact, nodes), comma="," if needs_comma(nodes) else "")


def _script(node: Node) -> str:
    return _braced(_compact(bracketed(node)))


def _compact(node: Node) -> str:
    """Print a script: there TeX sets no space round signs, and neither does who types it."""
    if isinstance(node, Text):
        return _print(node)
    return re.sub(r" ([-+=]) ", r"\1", _print(node)).replace(", ", ",")


def _braced(script: str) -> str:
    return script if len(script) == 1 else f"{{{script}}}"


def _join(*pieces: str, comma: str = "") -> str:
    """Set pieces side by side: a command that ends in a letter swallows no letter after it."""
    done = ""
    for piece in pieces:
        done += comma if done else ""
        done += " " if _CONTROL_WORD.search(done) and piece[:1].isalpha() else ""
        done += piece
    return done


def _sum(terms: tuple[Node, ...]) -> str:
    done = _print(terms[0])
    for term in terms[1:]:
        if isinstance(term, Negative):
            done += f" - {_print(term.operand)}"
        else:
            done += f" + {_print(term)}"
    return done


def _product(factors: tuple[Node, ...], sign: str) -> str:
    if sign:
        return rf" \{sign} ".join(map(_print, factors))
    done = _print(factors[0])
    for left, right in pairwise(factors):
        between = _GAPS[gap(left, right)]
        done = _join(done, _print(right)) if not between else done + between + _print(right)
    return done


def _transpose(node: Transpose) -> str:
    sign = r"\top" if node.mark == "top" else node.mark
    if isinstance(node.operand, Name) and node.operand.sup:
        return rf"{_stem(node.operand)}^{{{_scripts(node.operand.sup)}{sign}}}"
    return rf"{_print(node.operand)}^{sign}"


def _call(function: Name, arguments: tuple[Node, ...]) -> str:
    content = ", ".join(map(_print, arguments))
    tall = any(map(is_tall, arguments))
    match function.base:
        case "sqrt":
            return rf"\sqrt{{{content}}}"
        case "abs":
            return rf"\left|{content}\right|" if tall else f"|{content}|"
        case _:
            return _name(function) + _in_brackets(content, "()", tall=tall)


def _big_sum(body: Node, index: Node, low: Node | None, high: Node | None) -> str:
    below = _compact(index) if low is None else f"{_compact(index)}={_compact(low)}"
    above = f"^{_braced(_compact(high))}" if high is not None else ""
    return rf"\sum_{_braced(below)}{above} {_print(body)}"


def _in_brackets(content: str, kind: str, *, tall: bool) -> str:
    left, right = (_ANGLES.get(side, side) for side in kind)
    return rf"\left{left}{content}\right{right}" if tall else f"{left}{content}{right}"


def _environment(name: str, rows: list[list[str]]) -> str:
    lines = r" \\ ".join(" & ".join(map(_cell, row)) for row in rows)
    return rf"\begin{{{name}}} {lines} \end{{{name}}}"


def _cell(content: str) -> str:
    r"""Guard a cell that starts with ``[`` or ``*``: TeX would take it for an option of ``\\``."""
    return f"{{}}{content}" if content.startswith(("[", "*")) else content


def _condition(condition: Node) -> str:
    """Say "if" before a condition that is not words already."""
    if isinstance(condition, Text):
        return _print(condition)
    return rf"\text{{if }} {_print(condition)}"


def _relation(sides: tuple[Node, ...], signs: tuple[str, ...]) -> str:
    done = _print(sides[0])
    for sign, side in zip(signs, sides[1:], strict=True):
        done += f" {relation(sign)[0]} {_print(side)}"
    return done
