r"""Names and what they are applied to: ``f(x)``, ``dW``, ``\log p``, ``\tanh^2 z``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Applied, Group, Leaf, Scripted, Syntax
from symderiv.verification.marking import Marks, Raised
from symderiv.verification.sequences import comma_parts, has_relation, sign
from symderiv.verification.terms import (
    Add,
    Call,
    Entry,
    Label,
    Mul,
    Neg,
    Num,
    Place,
    Pow,
    Ref,
    Term,
)
from symderiv.verification.words import FUNCTIONS, PRODUCTS

_AXIS = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*,axis=([01])")
_SUMS = {"1": "rowsum", "0": "colsum"}


class Names(Marks):
    """Reads names, calls and known functions."""

    # --- names ---

    def name(self, ref: Ref, scripts: Scripted | None) -> Term:
        """Read a name with its scripts, and what it is applied to."""
        place = scripts.place if scripts is not None else ref.place
        found, raised = self.marked(replace(ref, place=place), scripts)
        indexed = self.indexed(found) if raised == Raised() else None
        if indexed is not None:
            return self.behind(indexed)
        if self.peek() == "(" and found.letter in {"P", "p", "Pr", "q"} and self._is_probability():
            _, end = self.bracketed()
            return Label(found.letter, place=(place[0], end))
        if self.peek() == "(" and self.words.applies(found, self.arguments_ahead()):
            return self.call(found, raised)
        prefixed = self.prefixed(found)
        return prefixed if prefixed is not None else raised.on(found, place)

    def _is_probability(self) -> bool:
        r"""Whether the bracket that comes next is that of ``P(y = k \mid x)``."""
        start = self.at
        inner, _ = self.bracketed()
        self.at = start
        return has_relation(inner) or any(sign(item) in {r"\mid", "|"} for item in inner)

    def indexed(self, name: Ref) -> Ref | None:
        """Read ``U[i,k]`` and ``s[0]`` as an entry; what is no index in brackets is a factor."""
        if self.peek() != "[":
            return None
        start = self.at
        try:
            inner, end = self.bracketed()
            found = [self.term(part) for part in comma_parts(inner)]
        except ReadingError:
            self.at = start
            return None
        if not self._are_indices(found):
            self.at = start
            return None
        return replace(name, sub=(*name.sub, *found), place=(name.place[0], end))

    def _are_indices(self, found: Sequence[Term]) -> bool:
        if len(found) > 1:
            return all(isinstance(index, Num | Ref | Add) for index in found)
        letters = {Ref(letter) for letter in self.words.indices}
        return all(isinstance(index, Num) or index in letters for index in found)

    def single_name(self, syntax: Syntax) -> Ref | None:
        """Return the name that an argument is, or None if it is more."""
        try:
            found = self.inside(syntax)
        except ReadingError:
            return None
        return found if isinstance(found, Ref) else None

    def prefixed(self, found: Ref) -> Term | None:
        r"""Read ``dW`` and ``d\hat y`` as one name where the document has such names."""
        if found.letter != "d" or found.sub or found.sup or found.accent or not self.more:
            return None
        if not self.words.adjoints or self.ends():
            return None
        following = self._name_at(self.now)
        if following is None:
            return None
        touching = following.place[0] == found.place[1]
        if not touching and following.family not in self.words.adjoints:
            return None
        self.at += 1
        return replace(following, prefix="d", place=(found.place[0], following.place[1]))

    def _name_at(self, item: Syntax) -> Ref | None:
        """Return the name that an atom is, if it bears no power and is not transposed."""
        base = item.base if isinstance(item, Scripted) else item
        ref: Ref | None = None
        if isinstance(base, Leaf):
            word = self.words.word(base)
            ref = Ref(word) if word is not None and word not in FUNCTIONS else None
        elif isinstance(base, Applied) and base.command not in {"frac", "sqrt"}:
            ref = self.single_name(base)
        if ref is None:
            return None
        scripts = item if isinstance(item, Scripted) else None
        found, raised = self.marked(replace(ref, place=item.place), scripts)
        return found if raised == Raised() else None

    # --- calls ---

    def arguments_ahead(self) -> list[Term] | None:
        """Return what stands in the bracket that comes next, if it can be read as arguments."""
        start = self.at
        try:
            inner, _ = self.bracketed()
            return [self.term(part) for part in comma_parts(inner, ";|")]
        except ReadingError:
            return None
        finally:
            self.at = start

    def call(self, name: Ref, raised: Raised) -> Term:
        """Read the bracket behind a name as its arguments."""
        inner, end = self.bracketed()
        arguments = tuple(self.term(part) for part in comma_parts(inner, ";|"))
        whole = (name.place[0], end)
        called = Call(replace(name, primes=0), arguments, name.primes, place=whole)
        return raised.on(self.behind(called), whole)

    # --- known functions ---

    def function(self, word: str, at: Place, scripts: Scripted | None) -> Term:
        r"""Read a known function with its argument, in brackets or without: ``\tanh^2 z``."""
        place = scripts.place if scripts is not None else at
        name = Ref(self._summing(FUNCTIONS[word]), place=place)
        sub, power = self._function_scripts(name, scripts)
        primes = scripts.primes if scripts is not None else 0
        if name.letter == "log" and sub:
            name, sub = replace(name, sub=sub), ()
        if self.peek() in {"(", "[", r"\{"} or (self.more and isinstance(self.now, Group)):
            arguments, end = self._function_arguments()
            call: Term = Call(name, arguments, primes, place=(place[0], end))
            if sub:
                call = Entry(call, sub, place=(place[0], end))
            call = self.behind(call)
        elif self.more and (not self.ends() or self.peek() == "-"):
            argument = self.reach()
            call = Call(name, (argument,), primes, place=(place[0], argument.place[1]))
            call = Entry(call, sub, place=call.place) if sub else call
        elif self.words.bare_function(word):
            return self.name(Ref(word, place=at), scripts)
        else:
            raise ReadingError(f"'{word}' of what?", place)
        if isinstance(power, Neg):
            raise ReadingError("an inverse function", place)
        return Pow(call, power, place=call.place) if power is not None else call

    def _summing(self, name: str) -> str:
        """Return how NumPy's ``sum`` is called along the axis that is asked for."""
        text = self.words.spelt(self.items[self.at :])
        axis = _AXIS.match(text) if name == "sumall" else None
        return _SUMS[axis[1]] if axis is not None else name

    def _function_scripts(
        self, name: Ref, scripts: Scripted | None
    ) -> tuple[tuple[Term, ...], Term | None]:
        """Return the indices below a function and the power above it."""
        if scripts is None:
            return (), None
        power: Term | None = None
        for above in scripts.above:
            marks, raised = self.above(name, above)
            if raised.transposed:
                raise ReadingError("a transposed function", above.place)
            power = raised.power if not marks else power
        return tuple(i for below in scripts.below for i in self.indices(below)), power

    def _function_arguments(self) -> tuple[tuple[Term, ...], int]:
        """Read the arguments in brackets or braces; return them and where they end."""
        if isinstance(self.now, Group):
            group = self.next()
            return (self.inside(group),), group.place[1]
        inner, end = self.bracketed()
        parts = [part for part in comma_parts(inner, ";") if not _is_option(part)]
        return tuple(self.term(part) for part in parts), end

    def reach(self) -> Term:
        r"""Read how far a function without brackets reaches: over the next factor.

        A number takes the factor behind it along, as in :math:`\sin 2x`.
        """
        first = self.factor_with_sign()
        if not isinstance(first, Num):
            return first
        return self.scaled(first) if self.peek() not in PRODUCTS else first

    def scaled(self, first: Term) -> Term:
        """Return a factor times the one behind it, if there is one."""
        if not self.more or self.ends():
            return first
        second = self.factor()
        return Mul((first, second), ("",), place=(first.place[0], second.place[1]))


def _is_option(part: Sequence[Syntax]) -> bool:
    """Whether an argument is NumPy's ``axis=1`` or ``keepdims=True``."""
    return any(isinstance(item, Leaf) and item.text == "=" for item in part)
