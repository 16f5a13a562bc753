"""A document as statements: its rows read with its vocabulary, those that go on joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symderiv.documents import Document, Formula, Row
from symderiv.errors import ReadingError
from symderiv.latex.syntax import Group, parsed
from symderiv.verification.calls import settled_calls
from symderiv.verification.learning import learnt
from symderiv.verification.model import Family
from symderiv.verification.reading import Reader
from symderiv.verification.spelling import spelt_out
from symderiv.verification.terms import (
    Add,
    Call,
    Chain,
    Derivative,
    Num,
    Ref,
    Term,
    replaced,
    rewritten,
    values,
    walk,
)
from symderiv.verification.words import Vocabulary

_OUTPUTS = {"a", "y", "f", "h", "s", "o", "g"}
_GIVEN = {"x", "y", "t"}


@dataclass(slots=True)
class Statement:
    """One row: its chain, or why there is none. ``first`` is the left side that it goes on from."""

    formula: Formula
    row: Row
    number: int
    at: float
    chain: Chain | None = None
    error: ReadingError | None = None
    first: Term | None = None
    before: Term | None = None

    def text(self, term: Term) -> str:
        """Return the characters of a node of this row."""
        return self.row.text[term.place[0] : term.place[1]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row of a document, its place ``at`` in the order of all rows, and its atoms if any."""

    formula: Formula
    row: Row
    number: int
    at: int
    tree: Group | ReadingError


def parsed_rows(document: Document) -> list[Parsed]:
    """Return the rows of a document, each as atoms."""
    rows = [(f, n, row) for f in document.formulas for n, row in enumerate(f.rows, 1)]
    trees = [_tree(row) for _, _, row in rows]
    join = spelt_out([tree for tree in trees if isinstance(tree, Group)])
    return [
        Parsed(formula, row, number, at, join(tree) if isinstance(tree, Group) else tree)
        for at, ((formula, number, row), tree) in enumerate(zip(rows, trees, strict=True))
    ]


def _tree(row: Row) -> Group | ReadingError:
    try:
        return parsed(row.text)
    except ReadingError as error:
        return error


def vocabulary(rows: Sequence[Parsed]) -> Vocabulary:
    """Return what the names in some rows mean, as far as it shows in how they are used."""
    return learnt(row.tree for row in rows if isinstance(row.tree, Group))


def statements(
    rows: Sequence[Parsed], words: Vocabulary, weights: frozenset[str] = frozenset()
) -> list[Statement]:
    """Return rows as statements, read with a vocabulary.

    ``weights`` are letters of matrices of weights: one index below such a letter is a layer's.
    """
    found = list(_read(rows, Reader(words)))
    _judge_tables(found)
    _lift_layers(found, weights)
    _settle_calls(found, words)
    _continue(found)
    return found


def _settle_calls(found: list[Statement], words: Vocabulary) -> None:
    """Say of the brackets behind costs whether they hold arguments."""
    read = [statement for statement in found if statement.chain is not None]
    chains = settled_calls([s.chain for s in read if s.chain is not None], words)
    for statement, chain in zip(read, chains, strict=True):
        statement.chain = chain


def _lift_layers(found: list[Statement], weights: frozenset[str]) -> None:
    r"""Move layers that are written below, :math:`\mathbf W_2`, above, as other marks are.

    A family is written so if it never stands without an index, and its first one is always a number
    or a layer's letter; bold names, or ``weights`` with one index, must be among them.
    """
    firsts: dict[Family, set[str]] = {}
    bold: set[Family] = set()
    pairs = {name.family for name in _names(found) if len(name.sub) > 1}
    for name in _names(found):
        first = name.sub[0] if name.sub else None
        firsts.setdefault(name.family, set()).add(_layer_text(first))
        whole = name.letter in weights and name.family not in pairs
        if (name.style == "bold" or whole) and len(name.sub) == 1:
            bold.add(name.family)
    layered = {
        f for f, texts in firsts.items()
        if "" not in texts and (f in bold or (len(texts) > 1 and f[0] not in _GIVEN))
    }  # fmt: skip
    if not bold & layered:
        return
    for statement in found:
        if statement.chain is not None:
            sides = tuple(
                _lifted(s, layered) if s is not None else None for s in statement.chain.sides
            )
            statement.chain = replace(statement.chain, sides=sides)


def _names(found: list[Statement]) -> Iterator[Ref]:
    for statement in found:
        for side in statement.chain.sides if statement.chain is not None else ():
            if side is not None:
                yield from (t for t in walk(side) if isinstance(t, Ref) and t.letter != "1")


def _layer_text(first: Term | None) -> str:
    """Return the text of a layer below a name, or nothing if it is none."""
    match first:
        case Num(text):
            return text
        case Ref("l" | "ell" | "L", "", _, (), ()):
            return first.letter
        case Add((Ref("l" | "ell" | "L"), *_)):
            return "+"
    return ""


def _lifted(term: Term, layered: set[Family]) -> Term:
    def change(node: Term) -> Term | None:
        if not isinstance(node, Ref):
            return None
        if node.family in layered and node.sub:
            return replace(node, sub=node.sub[1:], sup=(node.sub[0], *node.sup))
        return node

    return rewritten(term, change)


def _judge_tables(found: list[Statement]) -> None:
    """Read a row of a table, a function and its derivative, as a claim on the second cell."""
    groups: dict[int, list[Statement]] = {}
    for statement in found:
        if statement.formula.in_table and statement.formula.group is not None:
            groups.setdefault(statement.formula.group, []).append(statement)
    for cells in groups.values():
        if len(cells) == 2 and all(c.chain is not None for c in cells):
            claim = _table_claim(*cells)
            if claim is not None:
                cells[1].chain = claim


def _table_claim(first: Statement, second: Statement) -> Chain | None:
    assert first.chain is not None
    assert second.chain is not None
    if second.chain.signs not in {(), ("=",)} or first.chain.signs not in {(), ("=",)}:
        return None
    function, slope = first.chain.sides[-1], second.chain.sides[-1]
    left = first.chain.sides[0] if first.chain.signs else None
    if function is None or slope is None:
        return None
    if isinstance(left, Call) and left.arguments and isinstance(left.arguments[0], Ref):
        by: Ref | None = left.arguments[0]
    else:
        by = _variable(function)
    if by is None or (not second.chain.signs and not _claims(function, by)):
        return None
    for output in [left] if isinstance(left, Ref) else _outputs(slope, function):
        slope = replaced(slope, output, function, everywhere=True)
    return Chain((Derivative(function, (by,), "d", place=slope.place), slope), ("=",))


def _outputs(slope: Term, function: Term) -> list[Ref]:
    """Return the name of a function's value in terms of which its derivative is written."""
    read = set(values(function))
    others = {t for t in values(slope) if isinstance(t, Ref) and t not in read}
    return [t for t in others if len(others) == 1 and t.letter in _OUTPUTS and not t.sub]


def _variable(function: Term) -> Ref | None:
    """Return the one variable of a function, x or z if there are parameters beside it."""
    names = dict.fromkeys(t for t in values(function) if isinstance(t, Ref) and t.letter != "e")
    if len(names) == 1:
        return next(iter(names))
    usual = [n for n in names if n.letter in {"x", "z", "t"} and not n.sub]
    return usual[0] if len(usual) == 1 else None


def _claims(function: Term, by: Ref) -> bool:
    return any(t == by for t in values(function))


def _read(rows: Sequence[Parsed], reader: Reader) -> Iterator[Statement]:
    for row in rows:
        found = _chains(row.tree, reader, row.row)
        if isinstance(found, ReadingError):
            yield Statement(row.formula, row.row, row.number, row.at, error=found)
            continue
        for part, chain in enumerate(found):
            yield Statement(row.formula, row.row, row.number, row.at + part / 100, chain)


def _chains(tree: Group | ReadingError, reader: Reader, row: Row) -> list[Chain] | ReadingError:
    if isinstance(tree, ReadingError):
        return tree
    try:
        return reader.chains(tree)
    except ReadingError as error:
        return error
    except RecursionError:
        return ReadingError("nested too deeply", (0, len(row.text)))


def _continue(found: list[Statement]) -> None:
    """Give each row that begins with its sign the left side of the row above."""
    last: Statement | None = None
    for statement in found:
        chain = statement.chain
        if chain is None:
            continue
        if chain.sides[0] is None and last is not None and last.chain is not None:
            statement.first = last.first if last.first is not None else last.chain.sides[0]
            statement.before = last.chain.sides[-1] or last.before
        if statement.formula.display and chain.signs:
            last = statement


def bars(found: Sequence[Statement]) -> dict[str, Ref]:
    r"""Return the accents that a document explains: :math:`\bar v = \partial E / \partial v`."""
    return {
        left.accent.removeprefix(by.accent): of
        for left, of, by in _explained(found)
        if left.letter == by.letter and left.accent != by.accent == ""
    }


def _explained(found: Sequence[Statement]) -> Iterator[tuple[Ref, Ref, Ref]]:
    """Yield the names that are said to be a derivative, each with of what and by what."""
    for statement in found:
        match statement.chain:
            case Chain((Ref() as left, Derivative(Ref() as of, (Ref() as by,)), *_)):
                yield left, of, by


def whole(statement: Statement) -> Chain | None:
    """Return the chain of a statement, the side of the row above included."""
    chain = statement.chain
    if chain is None or chain.sides[0] is not None:
        return chain
    return replace(chain, sides=(statement.before, *chain.sides[1:]))


def terms_of(rows: Sequence[Statement]) -> Iterator[Term]:
    """Yield the sides of all chains."""
    for row in rows:
        if row.chain is not None:
            yield from (side for side in row.chain.sides if side is not None)
