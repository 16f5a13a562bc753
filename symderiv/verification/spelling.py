r"""Names of several letters: ``net_{h1}``, ``dscores``, ``W1``, which TeX takes for products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from symderiv.latex.syntax import Applied, Environment, Group, Leaf, Scripted, Syntax

_USUAL = frozenset(
    {"net", "out", "in", "target", "score", "scores", "logit", "logits", "err", "error", "input"}
    | {"output", "hidden", "pred", "prob", "probs", "data", "reg", "bias", "mask", "grad", "mean"}
    | {"label", "total", "act", "acc", "true", "obs", "std", "var", "cov", "score", "hid", "emb"}
)
_SHORTEST = 3


def spelt_out(formulas: Sequence[Group]) -> Callable[[Group], Group]:
    """Return what joins the letters of the words that a document's formulas are written with."""
    runs = [run for formula in formulas for run in _runs(formula)]
    counts = Counter(map(_text, runs))
    alone = {_text(run) for run in runs if len(run) == 1}
    words = {w for w, n in counts.items() if w in _USUAL or (n > 1 and _is_word(w, alone))}
    words -= {f"d{word}" for word in words}
    return lambda formula: _Joiner(words).group(formula)


def _is_word(text: str, alone: set[str]) -> bool:
    """Whether letters that stand close more than once are a word, and no product of names."""
    return len(text) >= _SHORTEST and not set(text) <= alone


def _base(item: Syntax) -> Syntax | None:
    return item.base if isinstance(item, Scripted) else item


def _letter(item: Syntax) -> str:
    base = _base(item)
    return base.text if isinstance(base, Leaf) and base.kind == "LETTER" else ""


def _text(run: Sequence[Syntax]) -> str:
    return "".join(map(_letter, run))


def _runs(syntax: Syntax) -> Iterator[list[Syntax]]:
    """Yield the letters that stand close to each other; only the last one has scripts."""
    for items in _sequences(syntax):
        yield from _close(items)


def _close(items: Sequence[Syntax]) -> Iterator[list[Syntax]]:
    run: list[Syntax] = []
    for item in items:
        if run and not _continues(run[-1], item):
            yield run
            run = []
        if _letter(item):
            run.append(item)
    if run:
        yield run


def _continues(last: Syntax, item: Syntax) -> bool:
    touching = not isinstance(last, Scripted) and last.place[1] == item.place[0]
    return touching and bool(_letter(item))


def _sequences(syntax: Syntax | None) -> Iterator[Sequence[Syntax]]:
    match syntax:
        case Group(items):
            yield items
            inner: Iterable[Syntax | None] = items
        case Scripted():
            inner = (syntax.base, *syntax.below, *syntax.above)
        case Applied(_, arguments):
            inner = arguments
        case Environment(_, rows):
            inner = [cell for row in rows for cell in row]
        case _:
            return
    for child in inner:
        if not isinstance(child, Leaf):
            yield from _sequences(child)


class _Joiner:
    """Makes one atom of the letters of a word, and an index of a digit behind a letter."""

    def __init__(self, words: set[str]) -> None:
        self.words = words

    def group(self, group: Group) -> Group:
        """Return a sequence with its words joined, in scripts and arguments too."""
        return replace(group, items=tuple(self._joined(list(map(self._inside, group.items)))))

    def _inside(self, syntax: Syntax) -> Syntax:
        match syntax:
            case Group():
                return self.group(syntax)
            case Scripted():
                base = self._inside(syntax.base) if syntax.base is not None else None
                above = tuple(map(self._inside, syntax.above))
                return replace(syntax, base=base, above=above)  # below, a digit is an index
            case Applied():
                return replace(syntax, arguments=tuple(map(self._inside, syntax.arguments)))
            case Environment():
                rows = tuple(tuple(map(self.group, row)) for row in syntax.rows)
                return replace(syntax, rows=rows)
        return syntax

    def _joined(self, items: list[Syntax]) -> Iterator[Syntax]:
        at = 0
        while at < len(items):
            run = next(_close(items[at:]), []) if _letter(items[at]) else []
            text = _text(run)
            prefix = text[:1] == "d" and text[1:] in self.words
            if text in self.words or prefix:
                if prefix:
                    yield items[at]
                    at, run = at + 1, run[1:]
                item: Syntax = self._word(run)
                at += len(run)
            else:
                item = items[at]
                at += 1
            if at < len(items) and self._is_digit(item, items[at]):
                item = _with_index(item, items[at])
                at += 1
            yield item

    def _word(self, run: Sequence[Syntax]) -> Syntax:
        place = (run[0].place[0], run[-1].place[1])
        last = run[-1]
        end = last.base.place[1] if isinstance(last, Scripted) and last.base else place[1]
        word = Leaf("WORD", _text(run), (place[0], end))
        return replace(last, base=word, place=place) if isinstance(last, Scripted) else word

    def _is_digit(self, item: Syntax, following: Syntax) -> bool:
        """Whether a digit stands close behind a name: the 1 of ``W1``."""
        digit = _base(following)
        name = isinstance(item, Leaf) and item.kind in {"LETTER", "WORD"}
        single = isinstance(digit, Leaf) and digit.kind == "NUMBER" and len(digit.text) == 1
        return name and single and item.place[1] == following.place[0]


def _with_index(item: Syntax, digit: Syntax) -> Scripted:
    """Return a name with the digit behind it as a mark that counts nothing."""
    place = (item.place[0], digit.place[1])
    number = _base(digit)
    assert isinstance(number, Leaf)
    mark = replace(number, kind="TEXT")
    if isinstance(digit, Scripted):
        return replace(digit, base=item, below=(mark, *digit.below), place=place)
    return Scripted(item, (mark,), (), 0, place)
