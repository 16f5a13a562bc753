"""A document's vocabulary, learnt from how it uses its names, before anything is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symderiv.latex.syntax import Applied, Environment, Group, Leaf, Scripted, Syntax
from symderiv.verification.words import GENERIC, INDEX_LETTERS, LAYER_LETTERS, Vocabulary


def learnt(formulas: Iterable[Group]) -> Vocabulary:
    """Return the vocabulary of a document."""
    seen = _Seen()
    for formula in formulas:
        seen.sequence(formula.items)
    return seen.vocabulary()


@dataclass(slots=True)
class _Use:
    """How often a letter stands as what."""

    below: int = 0
    indexed: int = 0
    bound: int = 0
    alone: int = 0
    called: int = 0
    primed: int = 0
    left_called: int = 0
    bare_above: int = 0
    numbered: int = 0
    entry_left: int = 0


class _Seen:
    """Counts what a document does with its letters."""

    def __init__(self) -> None:
        self.words = Vocabulary()
        self.uses: dict[str, _Use] = {}
        self.adjoints: Counter[tuple[str, str, str]] = Counter()
        self.layered: set[str] = set()
        self.numbered_above: set[str] = set()
        self.ends: set[str] = set()
        self.with_letter: dict[str, set[str]] = {}

    def use(self, letter: str) -> _Use:
        return self.uses.setdefault(letter, _Use())

    def sequence(self, items: Iterable[Syntax]) -> None:
        found = list(items)
        for place, item in enumerate(found):
            following = found[place + 1] if place + 1 < len(found) else None
            self.item(item, following)
        for start in _starts(found):
            self._left_side(found[start:])
            self._left_entry(found[start:])
            self._square(found[start:])
            self._numbered(found[start:])
            self._adjoint(found[start:])

    def item(self, item: Syntax, following: Syntax | None) -> None:
        match item:
            case Group(items):
                self.sequence(items)
            case Environment(_, rows):
                for row in rows:
                    for cell in row:
                        self.sequence(cell.items)
            case Applied(_, arguments):
                for argument in arguments:
                    self.item(argument, None)
            case Scripted():
                self._scripted(item, following)
            case Leaf():
                word = self.words.word(item)
                if word is not None:
                    use = self.use(word)
                    use.alone += 1
                    use.called += _sign(following) == "("

    def _scripted(self, item: Scripted, following: Syntax | None) -> None:
        word = self._word(item.base)
        if item.base is not None and not isinstance(item.base, Leaf):
            self.item(item.base, None)
        if word is not None:
            use = self.use(word)
            use.primed += bool(item.primes)
            use.indexed += bool(item.below)
            use.called += _sign(following) == "("
        big = isinstance(item.base, Leaf) and item.base.text in {"sum", "prod", "max", "min"}
        for below in item.below:
            for letter in _letters(below):
                if big:
                    self.use(letter).bound += 1
                    break  # the first letter below a sum is its index
                self.use(letter).below += 1
                if word is not None:
                    self.with_letter.setdefault(word, set()).add(letter)
            if big:
                self.sequence(_items(below))
        for above in item.above:
            if big:
                self.ends |= set(_letters(above))
                self.sequence(_items(above))
                continue
            items = list(_items(above))
            if _sign(items[0]) in {"(", "["} if items else False:
                for letter in _letters(above):
                    self.use(letter).below += 1
                continue
            plain = [i for i in items if not self.words.transposes(i)]
            if not plain:
                continue
            spelt = self.words.spelt(plain)
            if word is not None and _layer(spelt):
                self.layered.add(word)
                for letter in _letters(above):
                    self.use(letter).below += 1
            elif word is not None and spelt.isdigit():
                self.numbered_above.add(word)
            else:
                self.sequence(plain)

    def _word(self, base: Syntax | None) -> str | None:
        if isinstance(base, Leaf):
            return self.words.word(base)
        if isinstance(base, Applied | Group):
            return self.words.letters(base) or (
                self._word(base.arguments[0]) if isinstance(base, Applied) else None
            )
        return None

    def _left_side(self, items: list[Syntax]) -> None:
        """Note a definition such as ``f(x) = ...``."""
        if len(items) < 4 or _sign(items[1]) != "(":
            return
        word = self._word(items[0].base if isinstance(items[0], Scripted) else items[0])
        depth = 0
        for place, item in enumerate(items[1:], 1):
            depth += (_sign(item) == "(") - (_sign(item) == ")")
            if depth == 0:
                closes = place + 1 < len(items) and _sign(items[place + 1]) in {"=", ":"}
                inner = items[2:place]
                names = all(isinstance(i, Leaf | Scripted | Applied) for i in inner)
                plain = not any(_sign(i) in {"+", "-", "*", "/"} for i in inner)
                if word is not None and closes and names and plain:
                    self.use(word).left_called += 1
                return

    def _left_entry(self, items: list[Syntax]) -> None:
        """Note a left side such as ``G_{ij} = ...``: what has entries is no function."""
        if len(items) > 2 and _sign(items[1]) == "=" and isinstance(items[0], Scripted):
            word = self._word(items[0].base)
            if word is not None and items[0].below:
                self.use(word).entry_left += 1

    def _numbered(self, items: list[Syntax]) -> None:
        """Note a left side such as ``z_1^2``: no power is defined, so the 2 is a layer."""
        first = items[0] if items else None
        if len(items) > 2 and _sign(items[1]) == "=" and isinstance(first, Scripted):
            above = [self.words.spelt(_items(a)) for a in first.above]
            word = self._word(first.base)
            number = len(above) == 1 and above[0].isdigit()
            if word is not None and number and (first.below or above == ["1"]):
                self.layered.add(word)

    def _square(self, items: list[Syntax]) -> None:
        """Note a name that is only defined as a square, a variance."""
        if len(items) > 2 and _sign(items[1]) == "=" and isinstance(items[0], Scripted):
            above = [self.words.spelt(_items(a)) for a in items[0].above]
            word = self._word(items[0].base)
            if above == ["2"] and word in {"sigma", "s", "tau", "chi"}:
                self.words.squares.add(word)

    def _adjoint(self, items: list[Syntax]) -> None:
        """Note a left side such as ``dW =``."""
        if len(items) < 3 or self._word(items[0]) != "d" or isinstance(items[0], Scripted):
            return
        if _sign(items[2]) not in {"=", ":"}:
            return
        base = items[1].base if isinstance(items[1], Scripted) else items[1]
        accent = ""
        while isinstance(base, Applied | Group):
            if isinstance(base, Applied):
                accent += {"hat": "hat", "bar": "bar", "tilde": "tilde"}.get(base.command, "")
                base = base.arguments[0]
            elif len(base.items) == 1:
                base = base.items[0]
            else:
                return
        word = self._word(base)
        if word is not None:
            self.adjoints[word, accent, ""] += 1

    def vocabulary(self) -> Vocabulary:
        words = self.words
        bound = {letter for letter, use in self.uses.items() if use.bound}
        for letter, use in self.uses.items():
            mark = use.indexed and not use.bound  # the r of W_r, where there are r_t
            if letter in INDEX_LETTERS and (use.bound or use.below) and not mark:
                words.indices.add(letter)
            if use.left_called or use.primed:
                words.functions.add(letter)
        words.indices |= bound | {x for x in self.ends if x in self.uses and self.uses[x].below}
        for letters in self.with_letter.values():
            label = letters - words.indices == {"y"}  # the class p_y among the p_k
            if letters & bound or (label and len(letters) > 1):
                words.indices |= letters
        words.layers = set(self.layered)
        if self.layered:
            words.layers |= {
                word
                for word in self.numbered_above
                if word in {"a", "z", "delta", "w", "b", "W", "h"}
            }
        words.adjoints = set(self.adjoints)
        for letter in ("sigma", "h", "phi", "rho", "psi"):
            used = self.uses.get(letter)
            if used is not None and not (used.called or used.primed or used.left_called):
                words.plain.add(letter)
        words.plain |= {
            letter
            for letter in GENERIC & self.uses.keys() - words.functions
            if self.uses[letter].entry_left
        }
        for letter, use in self.uses.items():
            cost = letter in {"L", "J", "C", "E", "ell", "Loss", "Cost", "loss", "cost", "MSE"}
            if cost and not use.primed:
                words.values.add(letter)
            if use.alone and not (use.called or use.primed):
                words.bare.add(letter)
        words.functions -= words.values
        return words


def _starts(items: list[Syntax]) -> Iterator[int]:
    """Yield where the statements of a row begin: behind commas and gaps."""
    yield 0
    for place, item in enumerate(items[:-1]):
        gap = isinstance(item, Leaf) and item.kind == "BREAK"
        following = items[place + 1]
        if (gap or _sign(item) == ",") and not (
            isinstance(following, Leaf) and following.kind == "BREAK"
        ):
            yield place + 1


def _layer(text: str) -> bool:
    """Whether a superscript is a layer: ``l``, ``L``, ``l+1``, ``L-1``."""
    text = text.replace("ell", "l")
    return bool(text) and text[0] in LAYER_LETTERS and (len(text) == 1 or text[1] in "+-")


def _sign(item: Syntax | None) -> str:
    return item.text if isinstance(item, Leaf) and item.kind == "SIGN" else ""


def _items(syntax: Syntax) -> tuple[Syntax, ...]:
    return syntax.items if isinstance(syntax, Group) else (syntax,)


def _letters(syntax: Syntax) -> Iterator[str]:
    """Yield the letters that stand in a script, in order."""
    for item in _items(syntax):
        match item:
            case Leaf("LETTER", text):
                yield text
            case Leaf("COMMAND", "ell"):
                yield "ell"
            case Scripted(base):
                if base is not None:
                    yield from _letters(base)
                for below in item.below:
                    yield from _letters(below)
            case Group(items):
                for inner in items:
                    yield from _letters(inner)
            case _:
                continue
