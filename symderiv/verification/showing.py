"""A formula that people wrote, as a presentation tree: what is to be printed again.

What was read is a term (``terms``), what the printers take is the tree of ``expression``; this
leads from the one to the other. The value stays as it is; brackets that nobody needs, and which
kind they were, do not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from symderiv import expression as ex
from symderiv.errors import UnsupportedError
from symderiv.expression import ELEMENTWISE, Node
from symderiv.latex.layout import RELATIONS
from symderiv.verification.terms import (
    Add,
    Array,
    BigOp,
    Call,
    Cases,
    Compared,
    Derivative,
    Div,
    Label,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
    Transposed,
)

_ACCENTS = {"", "hat", "bar", "tilde"}
_SCALED = {"", "cdot", "times"}


def shown(term: Term, *, layer: str = "()", marked: Container[int] = ()) -> Node:
    r"""Return a term for print, with the nodes whose identities are in ``marked`` highlighted.

    ``layer`` are the brackets round what stands above a name and is no power: ``""`` for none, and
    ``"_"`` where layers stand below, with a comma between them and other indices. Read
    again with the vocabulary of its document the LaTeX has the value of the term, and is the same
    term but for the nesting of products and for strokes, which become fractions.

    Raises ``UnsupportedError`` for what the tree has no node for: calligraphic letters, second
    derivatives, products over an index, entries of a product.
    """
    return _Writer(layer, marked).node(term)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes terms; a match over all kinds of them."""

    layer: str
    marked: Container[int]

    def node(self, term: Term) -> Node:
        found = self._plain(term)
        return ex.Highlight(found) if id(term) in self.marked else found

    def _plain(self, term: Term) -> Node:
        match term:
            case Num(text):
                return ex.Number(text)
            case Ref():
                return self._name(term)
            case Neg(operand):
                return ex.Negative(self.node(operand))
            case Add(terms):
                return ex.Sum(self._all(terms))
            case Mul():
                return self._product(term)
            case Div(above, below):
                return ex.Fraction(self.node(above), self.node(below))
            case Pow(base, exponent):
                return ex.Power(self.node(base), self.node(exponent))
            case Transposed(operand):
                return ex.Transpose(self.node(operand))
            case Call():
                return self._call(term)
            case Derivative():
                return self._derivative(term)
            case BigOp():
                return self._big(term)
            case Cases(rows):
                pairs = ((self.node(value), self._condition(when)) for value, when in rows)
                return ex.Cases(tuple(pairs))
            case Compared(left, sign, right):
                return ex.Relation((self.node(left), self.node(right)), (_relation(sign),))
            case Array(rows):
                return ex.Matrix(tuple(map(self._all, rows)))
        raise UnsupportedError(f"no way to print {type(term).__name__}")

    def _all(self, terms: Iterable[Term]) -> tuple[Node, ...]:
        return tuple(map(self.node, terms))

    # --- names ---

    def _name(self, ref: Ref) -> Node:
        if ref.accent not in _ACCENTS or ref.style not in {"", "bold"}:
            raise UnsupportedError(f"no way to print {ref.letter} {ref.accent or ref.style}")
        letter, squared, _ = ref.letter.partition("^2")  # a variance is a name of its own
        sub = tuple(self._index(i) for i in ref.sub)
        name = ex.Name(
            letter,
            sub=(ex.Listing(sub),) if self.layer == "_" and len(sub) > 1 else sub,
            sup=tuple(self._mark(i) for i in ref.sup),
            accent=ref.accent,
            bold=ref.style == "bold",
            primes=ref.primes,
            prefix=ex.Name(ref.prefix) if ref.prefix else None,
        )
        return ex.Power(name, ex.Number("2")) if squared else name

    def _index(self, index: Term) -> Node:
        if isinstance(index, Label):
            return ex.Name(index.text) if len(index.text) == 1 else ex.Text(index.text)
        return self.node(index)

    def _mark(self, mark: Term) -> Node:
        """Put a layer in its brackets; a word or a star needs none."""
        if isinstance(mark, Label) or self.layer in {"", "_"}:
            return self._index(mark)
        return ex.Brackets(self.node(mark), self.layer)

    # --- products ---

    def _product(self, product: Mul) -> Node:
        """Write a product as it is evaluated: from the left, what is scaled being one factor."""
        nodes, signs = self._divided(product)
        (first, *runs), between = _cut(nodes, signs, _SCALED)
        done = _scaled(*first)
        for written, (factors, inner) in zip(between, runs, strict=True):
            sign = "ast" if written == "*" else written
            if sign not in ELEMENTWISE:
                raise UnsupportedError(f"no way to print the product {sign}")
            done = ex.Product((*_factors_of(done, sign), _alone(factors[0])), sign)
            if inner:
                rest = _scaled(factors[1:], inner[1:])
                done = ex.Product((done, *_factors_of(rest, "")))
        return done

    def _divided(self, product: Mul) -> tuple[list[Node], list[str]]:
        """Return the factors and the signs; what a stroke divides is the factor before it."""
        nodes, signs = [self.node(product.factors[0])], []
        for sign, factor in zip(product.signs, product.factors[1:], strict=True):
            if sign == "/":
                if isinstance(factor, Ref) and factor.prefix:
                    raise UnsupportedError("no way to print a quotient that is no derivative")
                nodes[-1] = ex.Fraction(nodes[-1], self.node(factor))
            else:
                nodes.append(self.node(factor))
                signs.append(sign)
        return nodes, signs

    # --- functions, derivatives, sums ---

    def _call(self, call: Call) -> Node:
        name = self._name(call.function)
        if call.function.letter == "inner":
            return ex.Brackets(ex.Listing(self._all(call.arguments)), "⟨⟩")
        if not isinstance(name, ex.Name):
            raise UnsupportedError(f"no way to print the function {call.function.letter}")
        return ex.Call(replace(name, primes=call.primes), self._all(call.arguments))

    def _derivative(self, term: Derivative) -> Node:
        if len(term.by) != 1 or term.slip:
            raise UnsupportedError("no way to print a derivative by several names, or half of one")
        of, by = self.node(term.of), self.node(term.by[0])
        match term.sign:
            case "partial":
                return ex.Partial(of, by)
            case "nabla":
                return _in_front(ex.Name("nabla", sub=(by,)), of)
            case _:
                straight = ex.Name("d")
                return ex.Fraction(_in_front(straight, of), _in_front(straight, by))

    def _big(self, term: BigOp) -> Node:
        if term.kind != "sum" or not term.indices:
            raise UnsupportedError(f"no way to print a {term.kind} over {len(term.indices)} names")
        names = self._all(term.indices)
        index = names[0] if len(names) == 1 else ex.Listing(names)
        if term.condition is not None:
            index = self._condition(term.condition)
        limits = term.ranges[0]
        if limits is None:
            return ex.BigSum(self.node(term.body), index)
        low, high = map(self.node, limits)
        return ex.BigSum(self.node(term.body), index, low, high)

    def _condition(self, condition: Term | None) -> Node:
        """Write a condition; several of which each goes on from the one before are a chain."""
        if condition is None:
            return ex.Text("otherwise")
        parts = list(_conditions(condition))
        sides = [parts[0].left, *(part.right for part in parts)]
        if any(a.right != b.left for a, b in pairwise(parts)):
            return ex.Listing(self._all(parts))
        return ex.Relation(self._all(sides), tuple(_relation(part.sign) for part in parts))


def _conditions(condition: Term) -> Iterable[Compared]:
    match condition:
        case Compared():
            yield condition
        case Mul(factors, _):
            for factor in factors:
                yield from _conditions(factor)
        case _:
            raise UnsupportedError(f"no way to print the condition {type(condition).__name__}")


def _relation(sign: str) -> str:
    if sign not in RELATIONS:
        raise UnsupportedError(f"no way to print the relation {sign}")
    return sign


def _in_front(sign: ex.Name, node: Node) -> Node:
    """Write a sign such as nabla or d in front of what it is applied to."""
    if isinstance(node, ex.Name) and node.prefix is None:
        return replace(node, prefix=sign)
    return ex.Product((sign, ex.Brackets(node)))


def _alone(node: Node) -> Node:
    """Put a product in brackets that is multiplied entry by entry as a whole."""
    return ex.Brackets(node) if isinstance(node, ex.Product) else node


def _factors_of(node: Node, sign: str) -> tuple[Node, ...]:
    """Return the factors of a product with this sign, or the node itself."""
    return node.factors if isinstance(node, ex.Product) and node.sign == sign else (node,)


def _scaled(factors: Sequence[Node], signs: Sequence[str]) -> Node:
    """Write factors that stand side by side or have dots between them."""
    runs, dots = _cut(factors, signs, {""})
    nodes = [ex.Product(tuple(run)) if len(run) > 1 else run[0] for run, _ in runs]
    if len(nodes) == 1:
        return nodes[0]
    return ex.Product(tuple(nodes), "times" if "times" in dots else "cdot")


def _cut(
    nodes: Sequence[Node], signs: Sequence[str], inside: Container[str]
) -> tuple[list[tuple[list[Node], list[str]]], list[str]]:
    """Cut at the signs that are not ``inside``; return the runs, and the signs between them."""
    runs: list[tuple[list[Node], list[str]]] = [([nodes[0]], [])]
    between: list[str] = []
    for sign, node in zip(signs, nodes[1:], strict=True):
        if sign in inside:
            runs[-1][0].append(node)
            runs[-1][1].append(sign)
        else:
            between.append(sign)
            runs.append(([node], []))
    return runs, between
