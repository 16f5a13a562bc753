"""The mistakes that people make, one table used both ways: to name one, and to make one.

A row turns a term into terms with one mistake of its kind. The same rows lead back: if one of them
turns a wrong side into a right one, that was the mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from symderiv.verification.edits import Edit, Surroundings, Writer
from symderiv.verification.misindexing import indices
from symderiv.verification.raising import raised_in_place
from symderiv.verification.terms import (
    Add,
    BigOp,
    Call,
    Cases,
    Derivative,
    Div,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
    Transposed,
    values,
)

_SHOWN = {"": " ", "*": " * ", "cdot": r" \cdot ", "times": r" \times ", "odot": r" \odot ",
          "circ": r" \circ ", "ast": r" \ast ", "/": " / "}  # fmt: skip
"""How the sign of a product is written."""


def edits(term: Term, around: Surroundings) -> Iterator[Edit]:
    """Yield the edits of a term, the most plausible kinds first."""
    nodes = list(values(term))
    raised = raised_in_place(nodes, around.source)
    bare = {key: done.bare for key, done in raised.items()}

    def source(node: Term) -> str:
        return bare.get(id(node)) or around.source(node)

    within = replace(around, source=source)
    added = {id(t) for node in nodes if isinstance(node, Add) for t in node.terms[1:]}
    for row in TABLE:
        for node in nodes:
            if id(node) in added and isinstance(node, Neg):
                continue  # its sign is that of the sum, and stands in no text of its own
            for edit in row(node, within):
                done = raised.get(id(edit.old))
                yield replace(edit, text=done.again(edit.text)) if done is not None else edit


# --- the rows -------------------------------------------------------------------------------------


def _signs(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A sign: of one term, of a difference, of a whole."""
    source = around.source
    match node:
        case Add(terms) if len(terms) == 2 and isinstance(terms[1], Neg):
            first, second = terms[0], terms[1].operand
            if isinstance(first, Neg):
                return
            swapped = Add((second, Neg(first)), place=node.place)
            inner = f"{source(second)} - {source(first)}"
            yield Edit("sign", node, swapped, _bracketed_like(source(node), inner))
            yield Edit(
                "sign",
                node,
                Add((first, second), place=node.place),
                _bracketed_like(source(node), f"{source(first)} + {source(second)}"),
            )
        case Add(terms) if len(terms) > 2:
            for place in range(len(terms) - 1):
                yield _both_turned(node, terms, place, source)
    match node:
        case Add(terms) if len(terms) != 2 or not isinstance(terms[1], Neg):
            for place, term in enumerate(terms):
                flipped = term.operand if isinstance(term, Neg) else Neg(term, place=term.place)
                changed = Add((*terms[:place], flipped, *terms[place + 1 :]), place=node.place)
                yield Edit(
                    "sign", node, changed, _bracketed_like(source(node), _sum(changed, source))
                )
        case Neg(operand):
            yield Edit("sign", node, operand, source(operand))
        case Call(_, (argument,)) if not isinstance(argument, Neg):
            text = source(argument)
            yield Edit("sign", argument, Neg(argument), f"-{_safe(argument, text)}")
        case Cases(rows):
            for value in (value for value, _ in rows if not isinstance(value, Neg | Num)):
                yield Edit("sign", value, Neg(value), f"-{_safe(value, source(value))}")


def _both_turned(node: Add, terms: tuple[Term, ...], place: int, source: Writer) -> Edit:
    """Two terms side by side with their signs exchanged: ``1 - p`` for ``p - 1``."""
    turned = tuple(t.operand if isinstance(t, Neg) else Neg(t) for t in terms[place : place + 2])
    changed = Add((*terms[:place], *turned, *terms[place + 2 :]), place=node.place)
    return Edit("sign", node, changed, _bracketed_like(source(node), _sum(changed, source)))


def _sum(total: Add, source: Writer) -> str:
    parts: list[str] = []
    for place, term in enumerate(total.terms):
        negative = isinstance(term, Neg)
        text = source(term.operand if isinstance(term, Neg) else term)
        sign = "-" if negative else "+" if place else ""
        parts.append(f" {sign} {text}" if place else f"{sign}{text}")
    return "".join(parts)


def _bracketed_like(old: str, new: str) -> str:
    """Put brackets round what takes the place of something in brackets."""
    for opening, closing in (
        (r"\left(", r"\right)"),
        ("(", ")"),
        ("[", "]"),
        (r"\left[", r"\right]"),
    ):
        if old.startswith(opening) and old.endswith(closing):
            return f"{opening}{new}{closing}"
    return new


def _names(node: Term, around: Surroundings) -> Iterator[Edit]:
    """Another name altogether: swapped symbols, a wrong variable."""
    if not isinstance(node, Ref):
        return
    seen = set()
    for other in around.names:
        if other.family != node.family and other not in seen:
            seen.add(other)
            yield Edit("swapped symbols", node, other, around.source(other))


def _factors(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A factor too many."""
    source = around.source
    if isinstance(node, Mul) and "/" not in node.signs:
        every = range(len(node.factors))
        slopes = [k for k in every[1:] if _is_slope(node.factors[k - 1], node.factors[k])]
        for gone in (*((k - 1, k) for k in slopes), *((k,) for k in every)):
            kept = [k for k in every if k not in gone]
            factors = [node.factors[k] for k in kept]
            signs = tuple(node.signs[k - 1] for k in kept[1:])
            slope = len(gone) == 2 or _is_square_slope(node.factors[gone[0]])
            kind = "extra activation derivative" if slope else "extra factor"
            if kept:
                new = Mul(tuple(factors), signs, place=node.place) if signs else factors[0]
                yield Edit(kind, node, new, _joined(factors, signs, source))
    if isinstance(node, Div):
        yield Edit("extra factor", node, node.above, source(node.above))
    if isinstance(node, Pow) and isinstance(node.exponent, Num):
        yield Edit("wrong power", node, node.base, source(node.base))


def _is_slope(first: Term, second: Term) -> bool:
    """Whether two factors are the derivative of a sigmoid by its value: ``a (1 - a)``."""
    return second == Add((Num("1"), Neg(first)))


def _is_square_slope(factor: Term) -> bool:
    """Whether a factor is the derivative of a hyperbolic tangent by its value: ``1 - a^2``."""
    match factor:
        case Add((Num("1"), Neg(Pow(_, Num("2"))))):
            return True
    return False


def _joined(factors: Sequence[Term], signs: Sequence[str], source: Writer) -> str:
    parts = [source(factors[0])]
    for sign, factor in zip(signs, factors[1:], strict=True):
        parts.append(_SHOWN.get(sign, " ") + source(factor))
    return "".join(parts)


def _missing(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A factor too few: a number, a name, the slope of an activation."""
    source = around.source
    text = source(node)
    for call in (t for t in values(node) if isinstance(t, Call) and len(t.arguments) == 1):
        derivative = replace(call, primes=call.primes + 1)
        shown = source(call).replace("(", "'(", 1)
        lost = Mul((derivative, node), ("odot",), place=node.place)
        yield Edit("lost activation derivative", node, lost, f"{shown} {_safe(node, text)}")
    for extra, shown in around.extras:
        slope = isinstance(extra, Add | Mul | Call)
        kind = "lost activation derivative" if slope else "lost factor"
        new = Mul((extra, node), ("odot",), place=node.place)
        if around.arrays and not isinstance(extra, Num):
            yield Edit(kind, node, new, rf"({shown} \odot {_safe(node, text)})")
        else:
            yield Edit(kind, node, new, f"{shown} {_safe(node, text)}")


def _matrix_missing(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A matrix too few in a product, from the left or from the right."""
    if not around.arrays:
        return
    text = _safe(node, around.source(node))
    rows, columns = (Call(Ref(name), (node,), place=node.place) for name in ("rowsum", "colsum"))
    yield Edit("lost factor", node, rows, rf"{text} \mathbf{{1}}")
    yield Edit("lost factor", node, columns, rf"\mathbf{{1}}^\top {text}")
    for name in around.names:
        shown = around.source(name)
        turned = f"({shown})^T" if "^" in shown else f"{shown}^T"
        for other, written in ((name, shown), (Transposed(name), turned)):
            left, right = Mul((other, node), ("",), place=node.place), Mul((node, other), ("",))
            yield Edit("lost factor", node, left, f"{written} {text}")
            yield Edit("lost factor", node, right, f"{text} {written}")


def _safe(node: Term, text: str) -> str:
    return f"({text})" if isinstance(node, Add) and not text.startswith("(") else text


def _orders(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A transpose or the order of a product."""
    source = around.source
    if isinstance(node, Ref) and not node.primes:
        turned = Transposed(node, place=node.place)
        yield Edit("transpose or order", node, turned, _turned(node, source))
    if isinstance(node, Transposed):
        yield Edit("transpose or order", node, node.operand, source(node.operand))
    if isinstance(node, Mul) and len(node.factors) == 2:
        a, b = node.factors
        new = Mul((b, a), node.signs, place=node.place)
        yield Edit("transpose or order", node, new, _joined((b, a), node.signs, source))
        for first, second in (
            (Transposed(b), Transposed(a)),
            (Transposed(b), a),
            (b, Transposed(a)),
            (Transposed(a), b),
            (a, Transposed(b)),
        ):
            both = Mul((first, second), node.signs, place=node.place)
            texts = [
                _turned(t.operand, source)
                if isinstance(t, Transposed) and t not in (a, b)
                else source(t)
                for t in (first, second)
            ]
            between = _SHOWN.get(node.signs[0], " ")
            yield Edit("transpose or order", node, both, between.join(texts))


def _turned(node: Term, source: Writer) -> str:
    text = source(node)
    simple = isinstance(node, Ref) and "^" not in text
    return f"{text}^T" if simple else f"({text})^T"


def _sums(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A sum that is missing, or one too many."""
    source = around.source
    if isinstance(node, BigOp) and node.kind == "sum":
        yield Edit("extra sum", node, node.body, source(node.body))
    if isinstance(node, Mul | Ref | Call):
        for letter in sorted(around.letters):
            index = Ref(letter)
            new = BigOp("sum", (index,), (None,), node, place=node.place)
            yield Edit("missing sum", node, new, rf"\sum_{letter} {source(node)}")


def _functions(node: Term, around: Surroundings) -> Iterator[Edit]:
    """The wrong argument, a lost prime, a prime too many, another logarithm."""
    source = around.source
    if not isinstance(node, Call):
        return
    if len(node.arguments) == 1:
        for other in (*around.names, *around.calls):
            if other != node.arguments[0]:
                new = replace(node, arguments=(other,))
                text = source(node).replace(source(node.arguments[0]), source(other), 1)
                yield Edit("wrong variable", node, new, text)
    if node.function == Ref("abs"):
        text = rf"\operatorname{{sgn}}({source(node.arguments[0])})"
        yield Edit("lost derivative", node, replace(node, function=Ref("sign")), text)
    if node.primes:
        text = source(node).replace("'", "", 1)
        yield Edit("wrong derivative", node, replace(node, primes=node.primes - 1), text)
    else:
        text = source(node).replace("(", "'(", 1)
        yield Edit("lost activation derivative", node, replace(node, primes=1), text)


def _numbers(node: Term, _: Surroundings) -> Iterator[Edit]:
    """Another number: a factor, a power."""
    if isinstance(node, Num):
        for text in ("1", "2", "3", "4", "0"):
            if text != node.text:
                yield Edit("wrong number", node, Num(text, place=node.place), text)


def _powers(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A power of one term that belongs to the whole, or the other way: ``(1 - a)^2``."""
    source = around.source
    match node:
        case Pow(Add((first, Neg(last))), exponent):
            power = Pow(last, exponent)
            text = f"{source(first)} - {_raised(last, source, exponent)}"
            yield Edit("wrong power", node, Add((first, Neg(power)), place=node.place), f"({text})")
        case Add((first, Neg(Pow(last, exponent)))):
            text = f"({source(first)} - {source(last)})^{{{source(exponent)}}}"
            inner = Add((first, Neg(last)))
            yield Edit("wrong power", node, Pow(inner, exponent, place=node.place), text)


def _raised(base: Term, source: Writer, exponent: Term) -> str:
    text = source(base)
    bare = isinstance(base, Ref | Num) and "^" not in text
    return f"{text if bare else f'({text})'}^{{{source(exponent)}}}"


def _variables(node: Term, around: Surroundings) -> Iterator[Edit]:
    """A derivative of or by another name."""
    if not isinstance(node, Derivative):
        return
    source = around.source
    for other in around.names:
        if node.by and other != node.by[0]:
            new = replace(node, by=(other, *node.by[1:]))
            text = source(node)
            start = node.by[0].place[0] - node.place[0]
            end = node.by[0].place[1] - node.place[0]
            if 0 <= start <= end <= len(text):
                yield Edit("wrong variable", node, new, text[:start] + source(other) + text[end:])


Row = Callable[[Term, Surroundings], Iterable[Edit]]
TABLE: Sequence[Row] = (
    _signs,
    indices,
    _orders,
    _functions,
    _numbers,
    _powers,
    _factors,
    _names,
    _variables,
    _sums,
    _missing,
    _matrix_missing,
)
