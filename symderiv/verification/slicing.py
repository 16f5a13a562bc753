"""A document section by section: what is judged together, and what it takes from elsewhere.

A letter means one thing here and another there: x is a number in one section and a vector in the
next. So each section is read by itself, together with what other sections say of the names in it:
the nearest section before it, or else the first one behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from symderiv.verification.batches import capital
from symderiv.verification.building import Built
from symderiv.verification.model import Family
from symderiv.verification.statements import Parsed, Statement, whole
from symderiv.verification.terms import Call, Derivative, Label, Num, Pow, Ref, Term, walk
from symderiv.verification.words import COSTS, is_sample


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows to be read together; those with a place in ``own`` are judged."""

    rows: tuple[Parsed, ...]
    own: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a statement says of a name: a definition, a number, a shape; and what that rests on."""

    name: Ref
    kind: str
    statement: Statement
    needs: frozenset[Ref]

    @property
    def place(self) -> int:
        return int(self.statement.at)

    @property
    def section(self) -> int:
        return self.statement.formula.section

    @property
    def is_cost(self) -> bool:
        return self.kind == "definition" and self.name.letter in COSTS

    def is_like(self, other: _Said) -> bool:
        """Whether it defines the same in the same names."""
        same = self.kind == other.kind == "definition" and self.needs == other.needs
        return same and len(self.name.sub) == len(other.name.sub)


def slices(rows: Sequence[Parsed], read: Sequence[Statement], built: Built) -> Iterator[Slice]:
    """Yield the sections of a document; ``read`` and ``built`` are all of it, read at once."""
    said = list(_said(read, built))
    for section, group in groupby(rows, key=lambda row: row.formula.section):
        own = frozenset(row.at for row in group)
        context = _Context(said, section, built)
        places = own | context.places([r for r in read if int(r.at) in own and _is_said(r)])
        yield Slice(tuple(row for row in rows if row.at in places), own)


def _is_said(row: Statement) -> bool:
    """Whether a row says something: a formula without a relation is only spoken of."""
    return row.error is None and row.chain is not None and bool(row.chain.signs)


class _Context:
    """What is kept of other sections: for each name, the nearest section that says something."""

    def __init__(self, said: Sequence[_Said], section: int, built: Built) -> None:
        self.section = section
        self.built = built
        self.words = built.kinds.words
        self.said: dict[object, list[_Said]] = {}
        for each in sorted(said, key=self._distance):
            self.said.setdefault(_group(each.name), []).append(each)
        self.costs = [each for each in said if each.is_cost]
        self.kept: dict[int, _Said] = {}
        self.first_claim: dict[object, int] = {}

    def _distance(self, each: _Said) -> tuple[bool, int]:
        """Order what is said: sections before this one first, near ones before far ones."""
        return each.section > self.section, abs(each.section - self.section)

    def places(self, rows: Sequence[Statement]) -> set[int]:
        """Return the places of the rows that are kept, for the rows of this section."""
        names = list(_names_in(rows))
        for row in reversed(rows):
            if "claim" in self.built.links.get(row.at, ()):
                self.first_claim.update(dict.fromkeys(map(_group, _names_in([row])), int(row.at)))
        self._close(names)
        strange = self._strange_costs(rows)
        if strange:  # a letter that is used afresh
            for group in [group for group in self.said if group in strange]:
                del self.said[group]
            self.costs = [cost for cost in self.costs if _group(cost.name) not in strange]
            self.kept.clear()
            self._close(names)
        return {each.place for each in self.kept.values()}

    def _strange_costs(self, rows: Sequence[Statement]) -> set[object]:
        """Return costs of other sections that none of the names moves by which they are derived."""
        found: set[object] = set()
        for of, names in _derived(rows):
            own = any(each.section == self.section for each in self.said.get(_group(of), ()))
            known = any(each.kind == "definition" for each in self._kept_of(of))
            if not own and known:
                below = self._below(of)
                if not any(_may_be(name, other) for name in names for other in below):
                    found.add(_group(of))
        return found

    def _kept_of(self, name: Ref) -> list[_Said]:
        return [each for each in self._found(name) if id(each) in self.kept]

    def _below(self, name: Ref) -> set[Ref]:
        """Return the names on which one rests, itself included."""
        found: set[Ref] = set()
        waiting = [name]
        while waiting:
            now = waiting.pop()
            if now not in found:
                found.add(now)
                waiting += [need for each in self._kept_of(now) for need in each.needs]
                batch = _batch(now)
                waiting += [batch] if batch is not None else []
        return found

    def _close(self, names: Sequence[Ref]) -> None:
        """Keep what is said of some names, and of all that this rests on."""
        waiting = list(dict.fromkeys(names))
        known = {each.name.letter for each in self.costs} | self.words.indices
        if any(name.letter in COSTS and name.letter not in known for name in names):
            waiting += [need for each in self._take_readers(names) for need in each.needs]
        targets = [target for name in names if (target := self.words.target(name)) is not None]
        waiting += targets
        if targets or any(name.letter in {"delta", "Delta"} for name in names):
            waiting += [each.name for each in self.costs if each.section <= self.section]
        done: set[Ref] = set()
        while waiting:
            name = waiting.pop()
            if name not in done:
                done.add(name)
                waiting += [need for each in self._take(name) for need in each.needs]

    def _take(self, name: Ref) -> Iterator[_Said]:
        """Keep what is said of a name, of each kind that of one section; yield what is new."""
        found = self._found(name)
        if not any(each.kind == "definition" for each in found):
            found += self._found(_batch(name))
        for kind in _KINDS:
            of_kind = [each for each in found if each.kind == kind]
            if kind == "definition" and name.letter in _GIVEN:
                of_kind = self._since_given(of_kind, found)
            if of_kind and (kind == "definition" or of_kind[0].section <= self.section):
                nearest = [each for each in of_kind if each.section == of_kind[0].section]
                # One in the same names may restate the nearest one, with a slip.
                more = [e for e in of_kind if any(e.is_like(n) or _precedes(e, n) for n in nearest)]
                more += self._until_defined(nearest, of_kind)
                more += self._restated(nearest, of_kind)
                for each in {id(e): e for e in (*nearest, *more)}.values():
                    if id(each) not in self.kept:
                        self.kept[id(each)] = each
                        yield each

    def _since_given(self, definitions: list[_Said], found: Sequence[_Said]) -> list[_Said]:
        r"""Leave out what is defined before a name is given, ``y \in \mathbb R^K``, or after."""
        given = [e.place for e in found if e.kind == "shape" and e.section <= self.section]
        if not given:
            return definitions
        here = [each for each in definitions if each.section <= self.section]
        return [each for each in here if each.place > max(given)]

    def _restated(self, nearest: Sequence[_Said], every: Sequence[_Said]) -> list[_Said]:
        """Return an earlier definition in the same names, or in those that it rests on."""
        before = [each for each in every if each.section < nearest[0].section]
        if nearest[0].section != self.section or not before:
            return []
        below = self._families_below(before[0])
        written = {need.family for each in nearest for need in each.needs}
        return [before[0]] if written <= below else []

    def _families_below(self, each: _Said) -> set[Family]:
        found: set[Family] = set()
        waiting = list(each.needs)
        while waiting:
            name = waiting.pop()
            if name.family not in found:
                found.add(name.family)
                known = (e for e in self.said.get(_group(name), ()) if e.kind == "definition")
                waiting += [need for e in known for need in e.needs]
        return found

    def _until_defined(self, nearest: Sequence[_Said], every: Sequence[_Said]) -> list[_Said]:
        """Return what holds at the beginning of a section that defines a name only later on."""
        first = min(each.place for each in nearest)
        used = self.first_claim.get(_group(nearest[0].name), first)
        before = [each for each in every if each.section < self.section]
        if nearest[0].section != self.section or used >= first:
            return []
        return [each for each in before if each.section == before[0].section]

    def _found(self, name: Ref | None) -> list[_Said]:
        if name is None:
            return []
        known = self.said.get(_group(name), [])
        here = [e for e in known if e.kind == "definition" and e.section == self.section]
        if here and not _marks(name):  # a bare letter stands for those that are defined here
            known = [e for e in known if e in here or e.kind != "definition"]
        return [each for each in known if _may_be(name, each.name)]

    def _take_readers(self, names: Iterable[Ref]) -> Iterator[_Said]:
        """Keep what is defined by some names before: what nobody defines, a cost, may read it."""
        for each in (each for several in self.said.values() for each in several):
            before = each.kind == "definition" and each.section <= self.section
            if before and any(_may_be(n, need) for n in names for need in each.needs):
                self.kept[id(each)] = each
                yield each


def _derived(rows: Sequence[Statement]) -> Iterator[tuple[Ref, list[Ref]]]:
    """Yield the costs that are differentiated, each with all names by which they are."""
    found: dict[Ref, list[Ref]] = {}
    for row in rows:
        for side in row.chain.sides if row.chain is not None else ():
            for node in walk(side) if side is not None else ():
                match node:
                    case Derivative(Ref(letter) as of, by) if letter in COSTS:
                        found.setdefault(of, []).extend(n for n in by if isinstance(n, Ref))
    yield from found.items()


def _precedes(each: _Said, recursion: _Said) -> bool:
    """Whether something is said of the layer or the time from which a recursion starts."""
    return Num("0") in _marks(each.name) and any(isinstance(i, Ref) for i in _marks(recursion.name))


def _marks(name: Ref) -> tuple[Term, ...]:
    return (*name.sub, *name.sup)


def _may_be(name: Ref, said: Ref) -> bool:
    """Whether a name may be the one that something is said of, a sample's index aside."""
    if _group(name) != _group(said):
        return False
    if len(name.sup) == len(said.sup) and not (name.sub and said.sub):
        whole, entry = sorted((name, said), key=lambda each: len(each.sub))
        if len(entry.sub) == 2:  # an entry of a matrix
            return _fits(whole, replace(entry, sub=()))
    pairs = [(name, said), *((n, said) for n in _without_sample(name))]
    return any(_fits(a, b) for a, b in [*pairs, *((name, s) for s in _without_sample(said))])


def _fits(a: Ref, b: Ref) -> bool:
    """Whether two names have indices in the same places, and no two numbers that differ."""
    if len(a.sub) != len(b.sub) or len(a.sup) != len(b.sup):
        return False
    pairs = zip(_marks(a), _marks(b), strict=True)
    return all(x == y or not (isinstance(x, Num) and isinstance(y, Num)) for x, y in pairs)


def _without_sample(name: Ref) -> Iterator[Ref]:
    """Yield a name without one of the indices that may be a sample's."""
    for n, index in enumerate(name.sub):
        if is_sample(index):
            yield replace(name, sub=name.sub[:n] + name.sub[n + 1 :])
    for n, index in enumerate(name.sup):
        if is_sample(index):
            yield replace(name, sup=name.sup[:n] + name.sup[n + 1 :])


# --- what is said ---------------------------------------------------------------------------------


def _said(read: Sequence[Statement], built: Built) -> Iterator[_Said]:
    for statement in read:
        chain = whole(statement)
        if chain is None or statement.error is not None:
            continue
        kinds = built.links.get(statement.at, [])
        if chain.signs == ("in",):
            kinds = ["shape"]
        for left, kind, right in zip(chain.sides, kinds, chain.sides[1:], strict=False):
            own = chain.sides[0] if isinstance(left, Label) else left
            name = own.function if isinstance(own, Call) else own
            if isinstance(name, Ref) and right is not None:
                size = kind == "text" and chain.signs == ("=",) and isinstance(right, Num)
                told = "size" if size else _SAYING.get(kind, "")
                if told:
                    needs = frozenset(_names_of(right)) - {name, *_arguments(own)}
                    yield _Said(name, told, statement, needs)


_GIVEN = {"x", "y", "t", "X", "Y", "T"}
_KINDS = ("definition", "data", "shape", "size")
_SAYING = {"definition": "definition", "restated": "definition", "data": "data", "shape": "shape"}


def _names_in(rows: Sequence[Statement]) -> Iterator[Ref]:
    for row in rows:
        chain = whole(row)
        sides = chain.sides if chain is not None and row.error is None else ()
        own = set(_arguments(sides[0])) if sides else set()
        for side in (*sides, row.first):
            if side is not None:
                yield from (name for name in _names_of(side) if name not in own)


def _arguments(left: Term | None) -> Iterator[Ref]:
    """Yield the names of the arguments of a function that is defined: they mean nothing outside."""
    if isinstance(left, Call):
        yield from (a for a in left.arguments if isinstance(a, Ref))


def _names_of(term: Term) -> Iterator[Ref]:
    euler = {id(node.base) for node in walk(term) if isinstance(node, Pow)
             if isinstance(node.base, Ref) and node.base.letter == "e"}  # fmt: skip
    yield from (node for node in walk(term) if isinstance(node, Ref) and id(node) not in euler)


def _batch(name: Ref) -> Ref | None:
    """Return the batch of which a name may be one sample's part."""
    batch = capital(name.family)
    if batch is None or batch == name.family:
        return None
    return replace(name, letter=batch[0].removeprefix(name.prefix))


def _group(name: Ref) -> object:
    """Return what names have in common that may be one: their letter, and the words below it."""
    return name.family, tuple(i.text for i in name.sub if isinstance(i, Label))
