"""How wide each layer is: by declared shapes, by matrices of numbers, by indices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symderiv.errors import DocumentError
from symderiv.lectures.axes import Array, Axes, Axis, axes_of
from symderiv.lectures.reading import Reading, stated_numbers
from symderiv.verification.declaring import space
from symderiv.verification.model import Definition, Unknown, index_value
from symderiv.verification.statements import Statement
from symderiv.verification.terms import BigOp, Label, Num, Ref, Term, walk
from symderiv.verification.unifying import Dim
from symderiv.verification.words import LAYER_LETTERS


@dataclass(frozen=True, slots=True)
class Width:
    """What a document says of the width of a layer, and on which line; 0 for no single one."""

    layer: int
    number: int
    line: int = 0


def said_widths(reading: Reading, path: str) -> dict[int, Width]:
    """Return the widths of those layers of which a document's formulas say it.

    Raises ``DocumentError`` for two that differ.
    """
    return _agreed({}, _said(reading), path)


def widths(
    reading: Reading, said: Mapping[int, Width], data: Iterable[Width], path: str
) -> tuple[tuple[int, ...], list[int]]:
    """Return the widths of all layers, the input's first, and those layers of which none is said.

    ``data`` are widths that show in matrices of numbers. Raises ``DocumentError`` for two that
    differ.
    """
    every = _agreed(said, data, path)
    sizes = reading.found.sizes
    free = [layer for layer in range(len(sizes)) if layer not in every]
    return tuple(every[n].number if n in every else size for n, size in enumerate(sizes)), free


def _agreed(said: Mapping[int, Width], more: Iterable[Width], path: str) -> dict[int, Width]:
    every = dict(said)
    for width in more:
        known = every.setdefault(width.layer, width)
        if known.number != width.number:
            name = f"layer {width.layer}" if width.layer else "the input"
            raise DocumentError(
                f"{path}:{width.line or known.line}: {name} has {width.number} units here, but "
                f"{known.number}{f' on line {known.line}' if known.line else ' elsewhere'}"
            )
    return every


def _said(reading: Reading) -> Iterator[Width]:
    axes = axes_of(reading.found, reading.tape)
    numbers = stated_numbers(reading.rows)
    yield from _declared(reading.rows, axes, numbers)
    yield from _from_indices(reading, axes, numbers)


# --- declared shapes ------------------------------------------------------------------------------


def _declared(
    rows: Sequence[Statement], axes: Axes, numbers: Mapping[str, float]
) -> Iterator[Width]:
    for row in rows:
        chain = row.chain
        if chain is None or chain.signs != ("in",) or chain.sides[1] is None:
            continue
        name = chain.sides[0]
        if isinstance(name, Ref) and space(chain.sides[1]) is not None:
            sizes = [_size(dim, numbers) for dim in space(chain.sides[1]) or ()]
            for array in arrays_named(name, axes):
                yield from _along(array, name, axes, sizes, row.row.line)


def _size(dim: Dim, numbers: Mapping[str, float]) -> int | None:
    match dim:
        case int():
            return dim
        case ("number", str(text)) if text.isdigit():
            return int(text)
        case ("letter", str(name)) if name in numbers:
            return int(numbers[name])
    return None


def _along(
    array: Array, name: Ref, axes: Axes, sizes: Sequence[int | None], line: int
) -> Iterator[Width]:
    """Yield the widths that a shape tells, declared for an array or for one sample's part of it."""
    known = axes[array]
    indices = sorted(axis for axis in known if isinstance(axis, int))
    places: list[Axis] = [*indices] or ["row", "column"]
    if array[0] == name.family or indices:
        pairs = list(zip(places, sizes, strict=False))
    else:  # of a batch and its members, one has an axis more
        single = [size for size in sizes if size not in {None, 1}]
        pairs = [(place, single[0]) for place in places if len(single) == 1]
    for axis, size in pairs:
        layers = known.get(axis, frozenset())
        if size is not None and len(layers) == 1:
            (layer,) = layers
            yield Width(layer, size, line)


def arrays_named(name: Ref, axes: Axes) -> Iterator[Array]:
    """Yield the arrays that a name means, be they written as a whole, by entry or by sample."""
    marks = [m for m in name.sup if not isinstance(m, Ref) or m.letter in LAYER_LETTERS]
    try:
        wanted = tuple(index_value(mark, {}, {}) for mark in marks)
    except Unknown:
        return
    for family, sup in axes:
        same = family[0].lower() == name.letter.lower() and family[1] == name.accent
        if same and (sup == wanted or (not wanted and family[0].lower() in _GIVEN)):
            yield family, sup


_GIVEN = {"x", "y", "t"}
"""The letters of what is given, which bears no mark but that of a sample."""

# --- indices --------------------------------------------------------------------------------------


def _from_indices(reading: Reading, axes: Axes, numbers: Mapping[str, float]) -> Iterator[Width]:
    """Yield the widths of layers whose units are written one by one, or summed up to a number."""
    sizes = reading.found.sizes
    yield from (Width(layer, 1) for layer, size in enumerate(sizes) if size == 1)
    every = [d for ds in reading.built.model.definitions.values() for d in ds]
    for definition in every:
        for name, ends in _names_with_ends(definition):
            for array in (a for a in axes if _means(name, a)):
                whole = not any(isinstance(axis, int) for axis in axes[array])
                for place, index in enumerate(name.sub):
                    axis: Axis = place
                    if whole:  # the one index of a vector counts what it holds
                        pair = (
                            ["row", "column"] if len(name.sub) == 2 else _along_vector(axes[array])
                        )
                        axis = pair[place] if place < len(pair) else place
                    layers = axes[array].get(axis, frozenset())
                    end = _end(index, ends, numbers)
                    if len(layers) == 1 and end is not None:
                        (layer,) = layers
                        yield Width(layer, sizes[layer] if end == _ITSELF else end)


def _along_vector(known: Mapping[Axis, frozenset[int]]) -> list[Axis]:
    return [axis for axis in ("row", "column") if known.get(axis)]


_ITSELF = -1
"""Stands for the number of units that are written one by one."""


def _end(index: Term, ends: Mapping[str, Term], numbers: Mapping[str, float]) -> int | None:
    """Return how far an index counts, if it is known."""
    if isinstance(index, Num):
        return _ITSELF
    end = ends.get(index.letter) if isinstance(index, Ref) else None
    if isinstance(end, Num) and end.text.isdigit():
        return int(end.text)
    if isinstance(end, Ref) and end.size_name in numbers:
        return int(numbers[end.size_name])
    return None


def _names_with_ends(definition: Definition) -> Iterator[tuple[Ref, Mapping[str, Term]]]:
    """Yield the names in a definition, each with where its indices end."""
    for side in (definition.left, definition.right):
        for node in walk(side):
            if isinstance(node, Ref):
                yield node, _ends_around(definition.right, node)


def _ends_around(term: Term, name: Ref) -> Mapping[str, Term]:
    """Return the ends of the sums that have a name inside."""
    return {
        index.letter: limits[1]
        for node in walk(term)
        if isinstance(node, BigOp) and any(inner is name for inner in walk(node.body))
        for index, limits in zip(node.indices, node.ranges, strict=True)
        if limits is not None
    }


def _means(name: Ref, array: Array) -> bool:
    """Whether a name may be an entry of an array: its marks are letters or the same."""
    family, sup = array
    return (
        name.family == family
        and len(name.sup) == len(sup)
        and all(
            not isinstance(mark, Num | Label) or mark.text == str(value)
            for mark, value in zip(name.sup, sup, strict=True)
        )
    )
