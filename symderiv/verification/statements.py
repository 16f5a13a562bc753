"""A document as statements: its rows read with its vocabulary, those that go on joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symderiv.documents import Document, Formula, Row
from symderiv.errors import ReadingError
from symderiv.latex.syntax import Group, parsed
from symderiv.verification.learning import learnt
from symderiv.verification.model import Family
from symderiv.verification.reading import Reader
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
    origin: Statement | None = None
    previous: Statement | None = None

    def text(self, term: Term) -> str:
        """Return the characters of a node of this row."""
        return self.row.text[term.place[0] : term.place[1]]


def statements(document: Document) -> tuple[list[Statement], Vocabulary]:
    """Return the rows of a document as statements, and the vocabulary that they were read with."""
    trees: list[tuple[Formula, int, Row, Group | ReadingError]] = []
    for formula in document.formulas:
        for number, row in enumerate(formula.rows, 1):
            try:
                trees.append((formula, number, row, parsed(row.text)))
            except ReadingError as error:
                trees.append((formula, number, row, error))
    words = learnt(tree for *_, tree in trees if isinstance(tree, Group))
    found = list(_read(trees, Reader(words)))
    _judge_tables(found)
    _lift_layers(found)
    return found, words


def _lift_layers(found: list[Statement]) -> None:
    r"""Move layers that are written below, :math:`\mathbf W_2`, above, as other marks are.

    A family is written so if it never stands without an index, and its first one is always a number
    or a layer's letter; bold names must be among them.
    """
    firsts: dict[Family, set[str]] = {}
    bold: set[Family] = set()
    for name in _names(found):
        first = name.sub[0] if name.sub else None
        firsts.setdefault(name.family, set()).add(_layer_text(first))
        if name.style == "bold" and len(name.sub) == 1:
            bold.add(name.family)
    layered = {
        f for f, texts in firsts.items() if "" not in texts and (f in bold or len(texts) > 1)
    }
    if not bold & layered:
        return
    for statement in found:
        if statement.chain is not None:
            sides = tuple(
                _lifted(s, layered) if s is not None else None for s in statement.chain.sides
            )
            statement.chain = replace(statement.chain, sides=sides)
    for statement in found:
        _continue_again(statement)


def _continue_again(statement: Statement) -> None:
    origin = statement.origin
    if origin is not None and origin.chain is not None:
        statement.first = origin.chain.sides[0] or origin.first
    if statement.previous is not None and statement.previous.chain is not None:
        statement.before = statement.previous.chain.sides[-1] or statement.before


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
    if isinstance(left, Ref):
        slope = replaced(slope, left, function, everywhere=True)
    return Chain((Derivative(function, (by,), "d", place=slope.place), slope), ("=",))


def _variable(function: Term) -> Ref | None:
    """Return the one variable of a function, x or z if there are parameters beside it."""
    names = dict.fromkeys(t for t in values(function) if isinstance(t, Ref) and t.letter != "e")
    if len(names) == 1:
        return next(iter(names))
    usual = [n for n in names if n.letter in {"x", "z", "t"} and not n.sub]
    return usual[0] if len(usual) == 1 else None


def _claims(function: Term, by: Ref) -> bool:
    return any(t == by for t in values(function))


def _read(
    trees: list[tuple[Formula, int, Row, Group | ReadingError]], reader: Reader
) -> Iterator[Statement]:
    last: Statement | None = None
    for at, (formula, number, row, tree) in enumerate(trees):
        found = _chains(tree, reader, row)
        if isinstance(found, ReadingError):
            yield Statement(formula, row, number, at, error=found)
            continue
        for part, chain in enumerate(found):
            statement = Statement(formula, row, number, at + part / 100, chain)
            _continue(statement, last)
            if formula.display and chain.signs:
                last = statement
            yield statement


def _chains(tree: Group | ReadingError, reader: Reader, row: Row) -> list[Chain] | ReadingError:
    if isinstance(tree, ReadingError):
        return tree
    try:
        return reader.chains(tree)
    except ReadingError as error:
        return error
    except RecursionError:
        return ReadingError("nested too deeply", (0, len(row.text)))


def _continue(statement: Statement, last: Statement | None) -> None:
    """Give a row that begins with its sign the left side of the row above."""
    chain = statement.chain
    if chain is None or chain.sides[0] is not None or last is None or last.chain is None:
        return
    statement.first = last.first if last.first is not None else last.chain.sides[0]
    statement.before = last.chain.sides[-1] if last.chain.sides[-1] is not None else last.before
    statement.origin = last.origin or last
    statement.previous = last


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
