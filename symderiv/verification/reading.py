r"""From TeX's structure to meaning: precedence, calls and products, layers and powers, derivatives.

What a token means depends on the document: a ``Vocabulary`` says which names are functions, which
letters count layers and which are marks. A sum reaches as far as its index does, a function
without brackets over the next factor, :math:`\frac{\partial}{\partial x}` over the next term.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Applied, Environment, Group, Leaf, Scripted, Syntax
from symderiv.verification.sequences import members, shown, sign, split, statements, without_words
from symderiv.verification.summing import Sums
from symderiv.verification.terms import Add, Call, Chain, Div, Mul, Num, Place, Pow, Ref, Term
from symderiv.verification.walking import Shared
from symderiv.verification.words import (
    ACCENTS,
    BIG,
    FUNCTIONS,
    OPENING,
    SKIPPED,
    STYLES,
    Vocabulary,
)


@dataclass(slots=True)
class Reader:
    """Reads formulas with one vocabulary."""

    words: Vocabulary = field(default_factory=Vocabulary)

    def chains(self, formula: Group) -> list[Chain]:
        """Return a formula as chains: sides with relations between them.

        Several that stand side by side with commas or words between them come one by one. Raises
        ``ReadingError`` with the place of what cannot be read.
        """
        groups = statements(formula)
        if not groups:
            raise ReadingError("empty", formula.place)
        shared = Shared(self.words)
        single = [one for group in groups for one in members(group)]
        return [_chain(group, formula.place, shared) for group in single]

    def term(self, items: Sequence[Syntax]) -> Term:
        """Read a whole sequence as one term.

        Raises ``ReadingError`` if something is left over.
        """
        return _Atoms(Shared(self.words), ()).term(items)

    def inside(self, syntax: Syntax) -> Term:
        """Read an argument in braces."""
        return _Atoms(Shared(self.words), ()).inside(syntax)


def _chain(group: Sequence[Syntax], place: Place, shared: Shared) -> Chain:
    """Read sides with relations between them; the first and the last sign may lack a side."""
    items, texts = without_words(group)
    parts, signs = split(items)
    sides: list[Term | None] = []
    for number, part in enumerate(parts):
        if part:
            sides.append(_Atoms(shared, ()).term(part))
        elif number == 0 and len(parts) > 1:
            sides.append(None)
        elif number == len(parts) - 1 and len(parts) > 1:
            signs.pop()  # a row that ends in its sign goes on in the next
        elif items:
            raise ReadingError("nothing between two signs", items[0].place)
        else:
            raise ReadingError("empty", place)
    return Chain(tuple(sides), tuple(signs), tuple(texts))


class _Atoms(Sums):
    """Reads whatever comes next: the end of the chain of classes that ``Walk`` begins."""

    def atom(self, item: Syntax, scripts: Scripted | None = None) -> Term:
        """Read an atom with its scripts."""
        match item:
            case Leaf():
                return self._leaf(item, scripts)
            case Applied():
                return self._applied(item, scripts)
            case Environment():
                return self.scripts(self.environment(item), scripts)
            case Group():
                name = self.single_name(item) if scripts is not None else None
                if name is not None:
                    return self.name(name, scripts)
                return self.scripts(self.inside(item), scripts)
            case Scripted(base):
                if base is None:
                    raise ReadingError("a script without a base", item.place)
                return self.atom(base, item)

    def _leaf(self, leaf: Leaf, scripts: Scripted | None) -> Term:
        text = sign(leaf)
        if leaf.kind == "NUMBER":
            return self.scripts(Num(leaf.text, place=leaf.place), scripts)
        if text in OPENING:
            return self.bracket(leaf, scripts)
        if text in BIG:
            return self.big(leaf, scripts)
        if text == r"\nabla":
            return self.nabla(leaf, scripts)
        if text == r"\partial":
            return self.differential(leaf, scripts)
        if self.words.spelt([leaf, *self.items[self.at : self.at + 2]]) == "np.":
            self.at += 2  # NumPy's functions are known without its name
            return self.atom(self.next())
        word = self.words.word(leaf)
        if word is None:
            raise ReadingError(f"unexpected {shown(leaf)}", leaf.place)
        return self._word(Ref(word, place=leaf.place), scripts)

    def _word(self, ref: Ref, scripts: Scripted | None) -> Term:
        """Read a word as the function that it is, or as a name."""
        bare = not (ref.accent or ref.sub or ref.sup)
        if bare and ref.letter in FUNCTIONS and self.words.is_function(ref.letter):
            return self.function(ref.letter, ref.place, scripts)
        return self.name(ref, scripts)

    def _applied(self, item: Applied, scripts: Scripted | None) -> Term:
        if item.command == "frac":
            return self.scripts(self.fraction(item), scripts)
        if item.command == "sqrt":
            return self.scripts(self._root(item), scripts)
        if item.command in SKIPPED:
            return self.scripts(self.inside(item.arguments[0]), scripts)
        return self._styled(item, scripts)

    def _root(self, item: Applied) -> Term:
        *order, under = item.arguments
        root = self.inside(under)
        if order:
            return Pow(root, Div(Num("1"), self.inside(order[0])), place=item.place)
        return Call(Ref("sqrt", place=item.place), (root,), place=item.place)

    def _styled(self, item: Applied, scripts: Scripted | None) -> Term:
        r"""Read a letter with an accent or in another font: ``\hat y``, ``\mathbf W``."""
        argument = item.arguments[0]
        style, accent = STYLES.get(item.command, ""), ACCENTS.get(item.command, "")
        word = self.words.letters(argument) if item.command not in ACCENTS else None
        if word == "1" and style in {"bold", "bb"}:
            return self.ones(item, scripts)
        if word == "d" and item.command == "mathrm" and scripts is None:
            raise ReadingError("a differential, which is not judged", item.place)
        inner = Ref(word) if word is not None else self.inside(argument)
        if not isinstance(inner, Ref):
            if item.command in {"bar", "overline"} and isinstance(inner, Mul | Add):
                raise ReadingError("a bar over more than a name", item.place)
            return self.scripts(inner, scripts)
        name = replace(
            inner,
            accent=inner.accent + accent,
            style=style or inner.style,
            place=item.place,
        )
        return self._word(name, scripts)
