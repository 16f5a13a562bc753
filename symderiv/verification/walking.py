r"""A walk along one sequence of atoms: where it is, and the sums and products that it meets.

``Walk`` is the root of a chain of classes, one for each kind of thing that is read: names with
their marks, functions, brackets, derivatives, sums over an index. Each calls only what stands above
it in the chain, and ``atom``, which the last one defines, for whatever comes next.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Leaf, Syntax
from symderiv.verification.sequences import CLOSING, atoms, flat, shown, sign
from symderiv.verification.terms import Add, Derivative, Mul, Neg, Num, Ref, Term
from symderiv.verification.words import OPENING, PRODUCTS, RELATIONS, Vocabulary

DEEPEST = 40
BARS = frozenset(opening for opening, closing in OPENING.items() if opening == closing)
"""The brackets that close as they open."""


@dataclass(slots=True)
class Shared:
    """What the walks along one formula share: its vocabulary, what they read, how deep they are.

    To tell a call from a product one has to read what is in the bracket, and then it is read again.
    ``done`` keeps it, by the atoms, which it keeps too: their ids would be free for others.
    """

    words: Vocabulary
    depth: int = 0
    done: dict[tuple[int, ...], tuple[tuple[Syntax, ...], Term | ReadingError]] = field(
        default_factory=dict
    )


class Walk(ABC):
    """A place in a sequence of atoms, and the reading of terms and factors from there on."""

    def __init__(self, shared: Shared, items: Sequence[Syntax]) -> None:
        self.shared = shared
        self.words = shared.words
        self.items = tuple(items)
        self.at = 0
        self.products: dict[int, tuple[Term, int]] = {}

    # --- other sequences ---

    def term(self, items: Sequence[Syntax]) -> Term:
        """Read a whole sequence as one term.

        Raises ``ReadingError`` if something is left over.
        """
        walk = type(self)(self.shared, items)
        key = tuple(id(item) for item in walk.items)
        if key not in self.shared.done:
            self.shared.done[key] = walk.items, walk.attempt()
        _, found = self.shared.done[key]
        if isinstance(found, ReadingError):
            raise ReadingError(str(found), found.place)
        return found

    def attempt(self) -> Term | ReadingError:
        """Return the sequence as one term, or why it is none."""
        try:
            found = self.sum()
            if self.more:
                return ReadingError(f"unexpected {shown(self.now)}", self.now.place)
        except ReadingError as error:
            return error
        return found

    def inside(self, syntax: Syntax) -> Term:
        """Read an argument in braces."""
        items = flat(atoms(syntax))
        if not items:
            raise ReadingError("a value is expected", syntax.place)
        return self.term(items)

    # --- the place ---

    @property
    def more(self) -> bool:
        """Whether there is an atom left."""
        return self.at < len(self.items)

    @property
    def now(self) -> Syntax:
        """The atom that comes next."""
        return self.items[self.at]

    def peek(self) -> str:
        """Return the sign or command that comes next, or an empty text."""
        return sign(self.now) if self.more else ""

    def next(self) -> Syntax:
        """Return the atom that comes next, and go on behind it."""
        if not self.more:
            end = self.items[-1].place[1] if self.items else 0
            raise ReadingError("ends where a value is expected", (max(end - 1, 0), end))
        self.at += 1
        return self.items[self.at - 1]

    def ends(self) -> bool:
        """Whether the product ends here."""
        text = self.peek()
        return (
            text in {"+", "-", r"\pm", ",", ";", ".", ":", r"\mid"}
            or (text in CLOSING and text not in BARS)
            or text in RELATIONS
        )

    def bracketed(self) -> tuple[list[Syntax], int]:
        """Return what stands in the bracket that begins here, and where it ends.

        A round one may be closed by a square one, as in half-open intervals and in slips.
        """
        opening = self.next()
        start = sign(opening)
        close = OPENING[start]
        depth, balance = 1, 0
        inner: list[Syntax] = []
        while self.more:
            item = self.next()
            text = sign(item)
            if text == close and (start in BARS or depth == 1):
                return inner, item.place[1]
            if start not in BARS:
                depth += (text == start) - (text == close)
                other = {text, close} == {")", "]"}
                if other and depth == 1 and balance == 0:
                    return inner, item.place[1]
            balance += (text in {"(", "["}) - (text in {")", "]"})
            inner.append(item)
        raise ReadingError("a bracket is open", opening.place)

    # --- sums and products ---

    def sum(self) -> Term:
        """Read terms with plus and minus between them."""
        terms = [self.signed()]
        while self.peek() in {"+", "-"}:
            terms.append(self.signed())
        return total(terms)

    def signed(self) -> Term:
        """Read a product with the signs in front of it."""
        negative, start = False, self.now.place[0] if self.more else 0
        while self.peek() in {"+", "-"}:
            negative ^= self.peek() == "-"
            self.at += 1
        term = self.product()
        return Neg(term, place=(start, term.place[1])) if negative else term

    def product(self) -> Term:
        """Read factors, with signs or side by side.

        A sum over an index tries the terms behind it, and leaves them where they are if they are
        not its own: so what was read at a place is kept.
        """
        if self.at not in self.products:
            self.products[self.at] = self._factors(), self.at
        found, self.at = self.products[self.at]
        return found

    def _factors(self) -> Term:
        factors = [self.factor()]
        signs: list[str] = []
        while self.more:
            between = PRODUCTS.get(self.peek())
            if between is not None:
                self.at += 1
            elif self.ends():
                break
            elif isinstance(factors[-1], Num) and _is_number(self.now):
                raise ReadingError("two numbers side by side", self.now.place)
            signs.append(between or "")
            factors.append(self.factor_with_sign())
        if len(factors) == 1:
            return factors[0]
        return _slash_derivatives(factors, signs)

    def factor_with_sign(self) -> Term:
        r"""Read a factor that may have a minus: of ``a \cdot -b``, of ``\ln -x``."""
        start = self.at
        if self.peek() != "-":
            return self.factor()
        self.at += 1
        factor = self.factor()
        return Neg(factor, place=(self.items[start].place[0], factor.place[1]))

    def factor(self) -> Term:
        """Read one factor: an atom with its scripts, a call, a bracket, a sum to its end."""
        item = self.next()
        self.shared.depth += 1
        try:
            if self.shared.depth > DEEPEST:
                raise ReadingError(f"nested more than {DEEPEST} deep", item.place)
            return self.atom(item)
        finally:
            self.shared.depth -= 1

    @abstractmethod
    def atom(self, item: Syntax) -> Term:
        """Read the factor that begins with ``item``, the atom just before the place."""


def total(terms: Sequence[Term]) -> Term:
    """Return the sum of some terms; one alone is itself."""
    if len(terms) == 1:
        return terms[0]
    return Add(tuple(terms), place=(terms[0].place[0], terms[-1].place[1]))


def _is_number(item: Syntax) -> bool:
    return isinstance(item, Leaf) and item.kind == "NUMBER"


def _slash_derivatives(factors: list[Term], signs: list[str]) -> Term:
    r"""Return a product in which ``\partial L / \partial w`` is a derivative."""
    whole = (factors[0].place[0], factors[-1].place[1])
    at = 0
    while at + 1 < len(factors):
        match factors[at], signs[at], factors[at + 1]:
            case Ref("partial", sub=(of,)) as first, "/", Ref("partial", sub=(by,)) as last:
                place = (first.place[0], last.place[1])
                factors[at : at + 2] = [Derivative(of, (by,), "partial", place=place)]
                del signs[at]
        at += 1
    stray = [f for f in factors if isinstance(f, Ref) and f.letter == "partial"]
    if stray:
        raise ReadingError("a differential by itself", stray[0].place)
    if len(factors) == 1:
        return factors[0]
    return Mul(tuple(factors), tuple(signs), place=whole)
