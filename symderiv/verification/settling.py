"""What is settled before anything is judged: sizes, shapes, and what names of derivatives mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symderiv.verification.adjoints import define_adjoints, take_costs
from symderiv.verification.batches import batches
from symderiv.verification.building import Built
from symderiv.verification.dimensions import measure
from symderiv.verification.kinds import Node
from symderiv.verification.model import Family, Index
from symderiv.verification.statements import Statement, terms_of
from symderiv.verification.terms import BigOp, Call, Num, Ref, Term, loose, loose_in, values, walk
from symderiv.verification.words import LAYER_LETTERS


def settled(rows: Sequence[Statement], built: Built, *, arrays: bool) -> None:
    """Find sizes and shapes, what costs depend on, and what names of derivatives may mean."""
    if arrays:
        built.kinds.batches = batches(list(terms_of(rows)), built.model, built.kinds.words.axes)
    define_adjoints(rows, built)
    take_costs(rows, built)
    measure(rows, built, arrays=arrays)
    built.kinds.arguments = dict(_arguments(rows))
    calls = (t for term in terms_of(rows) for t in walk(term) if isinstance(t, Call))
    built.kinds.called = frozenset(call.function.letter for call in calls)
    _implicit(rows, built)
    _count_marks(rows, built)


def _arguments(rows: Sequence[Statement]) -> Iterator[tuple[str, Term]]:
    r"""Yield functions with the only name that they are called with: the z of ``\sigma(z)``."""
    called: dict[str, set[Term]] = {}
    for term in terms_of(rows):
        for node in walk(term):
            match node:
                case Call(Ref(letter), (Ref() as argument,)):
                    called.setdefault(letter, set()).add(argument)
    for function, arguments in called.items():
        if len(arguments) == 1:
            yield function, next(iter(arguments))


def conventions(built: Built) -> Iterator[str]:
    """Yield what was found out about how a document writes."""
    kinds = built.kinds
    if kinds.tensor:
        shown = [
            f"{_array_text(node)} is {rows} x {columns} in the check"
            for node, (rows, columns) in sorted(kinds.shapes.items(), key=repr)
        ]
        yield "arrays: " + ", ".join(shown)
    else:
        yield "numbers with indices, no arrays"


def _array_text(node: Node) -> str:
    (letter, accent, _), labels, marks = node
    tail = "".join(f"_{x}" for x in labels) + "".join(f"^{x}" for x in marks)
    return f"{letter}{accent}{tail}"


def _implicit(rows: Sequence[Statement], built: Built) -> None:
    """Note the letters that definitions use without naming them on the left."""
    kinds, letters = built.kinds, set(built.kinds.words.indices)
    implicit: set[str] = set()
    for definitions in built.model.definitions.values():
        for definition in definitions:
            marks = (*definition.left.sub, *definition.left.sup)
            own = set[str]().union(*(loose_in(i) for i in marks))
            implicit |= loose(definition.right) - own
    kinds.samples = frozenset(implicit & letters - kinds.ends)
    defaults: dict[str, Index] = dict.fromkeys(letters - kinds.ends, 1)
    defaults.update(dict.fromkeys(LAYER_LETTERS & letters - kinds.ends, 2))
    kinds.defaults = defaults
    kinds.summed = frozenset(f for term in terms_of(rows) for f in _summed(term))


def _count_marks(rows: Sequence[Statement], built: Built) -> None:
    """Note how many indices names stand with, and which of them counts classes."""
    kinds, sizes = built.kinds, built.model.sizes
    for term in terms_of(rows):
        for family, place, letter in _over_classes(term):
            if letter in sizes:
                numbers = {str(n) for n in range(1, sizes[letter] + 1)}
                kinds.classes.setdefault(family, (place, numbers))
        for node in values(term):
            if isinstance(node, Ref):
                if len(node.sub) == 1 and isinstance(node.sub[0], Num):
                    kinds.classes.setdefault(node.family, (0, set()))[1].add(node.sub[0].text)
                counts = (len(node.sub), len(node.sup))
                kinds.arities.setdefault(node.family, set()).add(counts)


def _over_classes(term: Term) -> Iterator[tuple[Family, int, str]]:
    """Yield over which index the entries of one sample run: that of the innermost sum."""
    for node in walk(term):
        if isinstance(node, BigOp) and not any(isinstance(t, BigOp) for t in values(node.body)):
            letters = {index.letter for index in node.indices}
            for name in (t for t in values(node.body) if isinstance(t, Ref)):
                for place, index in enumerate(name.sub):
                    if isinstance(index, Ref) and index.letter in letters:
                        yield name.family, place, index.letter


def _summed(term: Term) -> Iterator[Family]:
    """Yield the families that stand below a sum over one of their indices."""
    for node in walk(term):
        if isinstance(node, BigOp):
            letters = {index.letter for index in node.indices}
            for inner in values(node.body):
                if isinstance(inner, Ref) and loose(inner) & letters:
                    yield inner.family
