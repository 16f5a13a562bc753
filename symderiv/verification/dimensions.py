"""How far each letter counts, and which names are arrays of which sizes in the check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symderiv.verification.batches import sample_marks
from symderiv.verification.building import Built
from symderiv.verification.declaring import declared, declared_bare, space
from symderiv.verification.model import Family
from symderiv.verification.shaping import Equation, Shaper
from symderiv.verification.sizes import Classes, count, numbered
from symderiv.verification.statements import Statement, terms_of, whole
from symderiv.verification.terms import (
    Array,
    Call,
    Derivative,
    Mul,
    Pow,
    Ref,
    Term,
    Transposed,
    values,
    walk,
)
from symderiv.verification.unifying import ONE, SCALAR, Dim
from symderiv.verification.words import COSTS, LAYER_LETTERS

_SIZES = (3, 2, 4)
_ARRAY_SIZES = (2, 3, 4, 5)
_LAST_LAYER = 3
_MIDDLE_LAYER = 2
_CLAIMED = 0.4


def measure(rows: Sequence[Statement], built: Built, *, arrays: bool) -> None:
    """Give each letter that counts a number, and each array its rows and columns."""
    kinds, model = built.kinds, built.model
    letters = set(kinds.words.indices)
    terms = list(terms_of(rows))
    kinds.tensor = arrays and (any(map(_is_tensor, terms)) or any(map(_declares, rows)))
    deep = any(map(_has_last_layer, terms))
    model.sizes = {"L": _LAST_LAYER} if deep else {}
    if not kinds.tensor:
        kinds.batches = {}
    shaper = _shaper(rows, built, letters)
    if kinds.tensor:
        shaper.search()
    classes = shaper.classes
    for dim in [d for d in classes.parent if isinstance(d, tuple) and d[0] == "number"]:
        classes.at_least(dim, int(dim[1]))
    ends = count(classes, terms, letters)
    if kinds.tensor:
        _count_samples(shaper, terms)
    sizes = _numbers(shaper, classes, letters | ends, tensor=kinds.tensor)
    for node, size in sizes.items():
        if isinstance(node, tuple) and node[0] == "letter":
            model.sizes.setdefault(node[1], size)
    if "L" in letters and deep:
        ends.add("L")
        model.sizes["L"] = _LAST_LAYER
    model.sizes.update(dict.fromkeys(LAYER_LETTERS & letters - {"L"}, _MIDDLE_LAYER))
    kinds.ends = frozenset(ends | set(_declared_ends(shaper)))
    if kinds.tensor:
        _take(shaper, built, sizes)


def _count_samples(shaper: Shaper, terms: Sequence[Term]) -> None:
    """Let the letters of samples count as far as the batches have rows or columns for them."""
    members = [f for f, batch in shaper.batches.items() if batch.family != f]
    names = {n for term in terms for n in walk(term) if isinstance(n, Ref) and n.family in members}
    for name in names:
        batch = shaper.batches[name.family]
        marks = name.sub[:1] if batch.below else [name.sup[n] for n in sample_marks(name)]
        letters = {m.letter for m in marks if isinstance(m, Ref)}
        for node in [n for n in shaper.ranks if n[0] == batch.family and not n[1]]:
            samples = shaper.dims(node)[batch.axis]
            if shaper.classes.root(samples) != ONE:
                for letter in letters:
                    shaper.classes.join(("letter", letter), samples)


def _numbers(
    shaper: Shaper, classes: Classes, letters: set[str], *, tensor: bool
) -> Mapping[Dim, int]:
    """Number the dimensions of arrays, then letters, then what else has a size."""
    named = [("letter", x) for x in sorted(letters, key=lambda x: (x.isupper(), x))]
    declared = [d for shape in shaper.declared.values() for d in shape if d != ONE]
    dims = [d for n in shaper.ranks for d in shaper.dims(n) if d != ONE] if tensor else []
    ones = [k for k in classes.parent if isinstance(k, tuple) and k[0] in {"ones", "unit"}]
    spread = _ARRAY_SIZES if tensor else _SIZES
    return numbered(classes, [*dims, *named, *declared, *ones], spread)


def _declared_ends(shaper: Shaper) -> Iterator[str]:
    for shape in shaper.declared.values():
        for dim in shape:
            if isinstance(dim, tuple) and dim[0] == "letter":
                yield dim[1]


def _take(shaper: Shaper, built: Built, sizes: Mapping[Dim, int]) -> None:
    """Give each array the numbers of its rows and columns."""
    kinds = built.kinds

    def number(dim: Dim) -> int:
        return 1 if shaper.classes.root(dim) == ONE else sizes.get(dim, 2)

    for node in shaper.ranks:
        rows, columns = shaper.dims(node)
        if (rows, columns) != SCALAR:
            kinds.shapes[node] = (number(rows), number(columns))
            kinds.slots[node] = 0 if node in shaper.bare else shaper.arity.get(node, 0)
    occurrences: dict[int, tuple[int, int]] = {}
    for dim, size in sizes.items():
        if isinstance(dim, tuple) and dim[0] in {"ones", "unit"}:
            occurrences[dim[1]] = (size, 1 if dim[0] == "ones" else size)
    kinds.occurrences = occurrences
    kinds.sampled = frozenset(_sampled(shaper))


def _sampled(shaper: Shaper) -> Iterator[Family]:
    """Yield the families whose marks above are samples or times, and no layers."""
    for equation in shaper.equations:
        for side in (equation.left, equation.right):
            for term in values(side):
                if isinstance(term, Ref):
                    inner = {t.letter for m in term.sup for t in walk(m) if isinstance(t, Ref)}
                    if inner - LAYER_LETTERS:
                        yield term.family


# --- what asks for shapes -------------------------------------------------------------------------


def _shaper(rows: Sequence[Statement], built: Built, letters: set[str]) -> Shaper:
    equations = [
        Equation(left, right, 1.0 if kind == "definition" else _CLAIMED)
        for row in rows
        for left, kind, right in _linked(row, built)
        if kind != "text" and not isinstance(left, Call) and not isinstance(right, Array)
    ]
    for definitions in built.model.functions.values():
        costs = {id(d) for d in definitions if d.left.letter in COSTS}
        equations += [Equation(d.left if id(d) in costs else d.right, d.right, 1)
                      for d in definitions]  # fmt: skip
    names = (n for term in terms_of(rows) for n in walk(term) if isinstance(n, Ref))
    bold = frozenset(name.family for name in names if name.style == "bold")
    shaper = Shaper(built.model.sizes, frozenset(letters), equations, bold=bold)
    shaper.declared = dict(declared(rows, shaper))
    shaper.bare = set(declared_bare(rows, shaper))
    shaper.batches = built.kinds.batches
    own = {key: d for key, d in built.model.functions.items() if d[-1].left.letter in COSTS}
    shaper.parameters = {key: ds[-1].arguments for key, ds in own.items()}
    return shaper


def _linked(row: Statement, built: Built) -> Iterator[tuple[Term, str, Term]]:
    """Yield the two sides of each sign of a row, with what the sign is between them."""
    chain = whole(row)
    kinds = built.links.get(row.at, [])
    if chain is not None:
        for left, kind, right in zip(chain.sides, kinds, chain.sides[1:], strict=False):
            if left is not None and right is not None:
                yield left, kind, right


# --- what there is at all -------------------------------------------------------------------------


def _declares(row: Statement) -> bool:
    chain = row.chain
    if chain is None or "in" not in chain.signs:
        return False
    return any(isinstance(s, Pow) and space(s) is not None for s in chain.sides)


def _is_tensor(term: Term) -> bool:
    """Whether a term shows that a document has arrays."""
    for node in walk(term):
        match node:
            case Transposed() | Array() | Ref(_, _, "bold"):
                return True
            case Call(Ref("norm" | "diag" | "trace" | "rowsum")):
                return True
            case Mul(_, signs) if {"odot", "otimes"} & set(signs):
                return True
            case Derivative(_, (by, *_), "nabla") if not (isinstance(by, Ref) and by.sub):
                return True
    return False


def _has_last_layer(term: Term) -> bool:
    """Whether a mark above some name speaks of the layer L."""
    marks = (mark for node in walk(term) if isinstance(node, Ref) for mark in node.sup)
    return any(isinstance(m, Ref) and m.letter == "L" for mark in marks for m in walk(mark))
