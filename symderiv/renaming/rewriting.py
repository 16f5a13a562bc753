"""A verified document in another notation: every name that has a role, where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from symderiv.documents import Document, Row, parse
from symderiv.documents import read as read_document
from symderiv.errors import ReadingError, UnsupportedError
from symderiv.expression import Name
from symderiv.latex.printer import latex
from symderiv.latex.syntax import Applied, Group, Syntax
from symderiv.notation import Profile, Role
from symderiv.profiles import profile as profile_named
from symderiv.renaming.roles import roles
from symderiv.renaming.spelling import Speller, Written
from symderiv.verification.building import built
from symderiv.verification.mending import Edit, fitting, pieces, write_beside
from symderiv.verification.model import Family
from symderiv.verification.reading import Reader
from symderiv.verification.records import Report, Verdict
from symderiv.verification.statements import parsed_rows, statements, vocabulary
from symderiv.verification.terms import BigOp, Entry, Num, Ref, Term, walk
from symderiv.verification.verifying import verified

_ALIKE = (frozenset({Role.PREDICTION, Role.ACTIVATION}), frozenset({Role.WEIGHT, Role.BIAS}))
"""Roles that one letter may have: their indices or their layer tell them apart."""
_HOLDS: frozenset[Verdict] = frozenset({"right", "definition"})


def write_renamed(report: Report, notation: str | Profile, *, force: bool = False) -> Path:
    """Write ``NAME.<profile>.EXT`` beside a document that was verified, and return its path.

    Raises what ``renamed`` raises, and ``OutputError`` if a file is there that differs, unless
    ``force`` is given, or if it cannot be written.
    """
    profile = profile_named(notation)
    return write_beside(report, profile.key, renamed(report, profile), force=force)


def renamed(report: Report, notation: str | Profile) -> str:
    """Return the source of a verified document with its names as a profile writes them.

    A name keeps its own if no definition shows what it is. Whatever is no formula stays as it is.

    Raises ``UnknownNameError`` for an unknown profile, and ``UnsupportedError`` if an equation is
    wrong, if two names would become one, for what cannot be written so, and if the document would
    no longer verify as before.
    """
    profile = profile_named(notation)
    if report.path in {"", "-"}:
        raise UnsupportedError("what comes from no file cannot be rewritten in a copy beside it")
    wrong = [str(e.line) for e in report.equations if e.verdict == "wrong"]
    if wrong:
        lines = f"line{'s' * (len(wrong) > 1)} {', '.join(wrong)}"
        raise UnsupportedError(f"{report.path}: is wrong in {lines}; mend that first")
    text = _Renaming(read_document(Path(report.path)), profile).source()
    _check(report, text, profile)
    return text


def _check(report: Report, text: str, profile: Profile) -> None:
    """Refuse a copy that does not verify as the document does."""
    path = Path(report.path)
    kind = {".tex": "latex", ".rst": "rst"}.get(path.suffix.lower(), "markdown")
    again = verified(parse(text, kind, folder=path.parent, path=str(path)))
    if len(again.equations) != len(report.equations):
        raise UnsupportedError(f"{path}: cannot be read in the notation {profile.key}")
    for old, new in zip(report.equations, again.equations, strict=True):
        if old.verdict != new.verdict and not {old.verdict, new.verdict} <= _HOLDS:
            raise UnsupportedError(
                f"{path}:{old.line}: is {old.verdict}, and in the notation {profile.key} "
                f"{new.verdict}: {new.latex}"
            )


@dataclass(frozen=True, slots=True)
class _Place:
    """A name, and where it stands in the source."""

    written: Written
    start: int
    end: int


class _Renaming:
    """The edits that rename the names of a document."""

    def __init__(self, document: Document, profile: Profile) -> None:
        self.document, self.profile = document, profile
        self.parsed = parsed_rows(document)
        words = vocabulary(self.parsed)
        self.reader = Reader(words)
        self.rows = statements(self.parsed, words)
        self.roles = roles(built(self.rows, words))
        both = {Role.LOSS, Role.COST} <= set(self.roles.of.values())
        self.speller = Speller(profile, self.roles, profile.first - self._first(), both)
        self._settle_cost()

    def source(self) -> str:
        """Return the document's source with the names renamed."""
        source = self.document.source
        if self.document.path.endswith(".ipynb"):
            raise UnsupportedError(
                f"{self.document.path}: a notebook cannot be rewritten in a copy"
            )
        self._check_letters()
        self._check_products()
        self._check_ranges()
        edits = sorted({edit for place in self._places() for edit in self._edits(place)})
        for (_, end, _), (start, _, _) in pairwise(edits):
            if start < end:
                line = source.count("\n", 0, start) + 1
                raise UnsupportedError(
                    f"{self.document.path}:{line}: names inside a macro cannot be rewritten"
                )
        return "".join(piece for piece, _ in pieces(source, edits))

    # --- names ---

    @cached_property
    def _names(self) -> list[tuple[Row, Ref]]:
        """The names in each row; where a row is no formula, such as (x, y), those that show."""
        found: list[tuple[Row, Ref]] = []
        read = {id(s.row): s.row for s in self.rows if s.chain is not None}
        for statement in self.rows:
            chain = statement.chain
            for side in chain.sides if chain is not None else ():
                found += [(statement.row, ref) for ref in _names(side)] if side else []
        for parsed in self.parsed:
            if id(parsed.row) not in read and isinstance(parsed.tree, Group):
                found += [(parsed.row, ref) for ref in self._loose(parsed.tree)]
        return found

    def _loose(self, item: Syntax) -> Iterator[Ref]:
        """Yield the names among some atoms, whatever they say together."""
        if isinstance(item, Group):
            for inner in item.items:
                yield from self._loose(inner)
            return
        try:
            term = self.reader.inside(item)
        except ReadingError:
            term = None
        if term is not None:
            yield from _names(term)
        elif isinstance(item, Applied):
            for inner in item.arguments:
                yield from self._loose(inner)

    def _places(self) -> Iterator[_Place]:
        """Yield each name that has a role, once for each place at which it stands."""
        for row, ref in self._names:
            start, end = ref.place
            if self.speller.role(ref) is not None and start < end:
                written = Written(ref, row.text[start:end], start)
                yield _Place(written, row.places[start], row.ends[end - 1])

    def _edits(self, place: _Place) -> Iterator[Edit]:
        source = self.document.source
        new = self.speller.spelt(place.written)
        if new != place.written.text:
            before, behind = source[: place.start][-80:], source[place.end :][:1]
            yield place.start, place.end, fitting(before, new, behind)

    def _first(self) -> int:
        """Return the number from which the document counts its units."""
        numbers = {
            index
            for _, ref in self._names
            if self.roles.role(ref) in {Role.WEIGHT, Role.ACTIVATION, Role.INPUT}
            for index in ref.sub
        }
        return 0 if Num("0") in numbers else 1

    def _settle_cost(self) -> None:
        """Call the only cost by the other letter that the profile has, if the first is taken."""
        kept = {_as_written(ref) for _, ref in self._names if self.speller.role(ref) is None}
        for _, ref in self._names:
            if self.roles.role(ref) is Role.LOSS and not self.speller.both:
                if self.speller.letter(ref) in kept:
                    self.roles.of[ref.family] = Role.COST
                return

    # --- what is refused ---

    def _check_ranges(self) -> None:
        """Refuse numbers that would count anew beside letters of which the range is written."""
        numbers = any(isinstance(i, Num) for _, ref in self._names for i in ref.sub)
        sides = [s for row in self.rows if row.chain is not None for s in row.chain.sides if s]
        sums = [n for side in sides for n in walk(side) if isinstance(n, BigOp) and any(n.ranges)]
        if self.speller.shift and numbers and sums:
            raise UnsupportedError(
                f"{self.document.path}: indices count from {self.profile.first} in "
                f"{self.profile.key}, and the ranges of sums are not rewritten"
            )

    def _check_letters(self) -> None:
        """Refuse two names that would become one."""
        owners: dict[str, dict[Family, Role | None]] = {}
        for _, ref in self._names:
            role = self.speller.role(ref)
            if role is None:
                owners.setdefault(_as_written(ref), {})[ref.family] = None
            else:
                letter = "d" * bool(ref.prefix) + self.speller.letter(ref)
                owners.setdefault(letter, {})[ref.family] = role
        for letter, families in owners.items():
            kinds = set(families.values())
            one = len({(name.casefold(), accent) for name, accent, _ in families}) == 1
            alike = (one and len(kinds) == 1) or any(kinds <= a for a in _ALIKE)
            if len(families) > 1 and kinds != {None} and not alike:
                names = " and ".join(_shown(family) for family in families)
                raise UnsupportedError(
                    f"{self.document.path}: {names} would both be {letter} in {self.profile.key}"
                )

    def _check_products(self) -> None:
        """Refuse matrices that would have to be transposed."""
        order = self.roles.order or self.roles.products
        related = {id(s.row) for s in self.rows if s.chain is not None and s.chain.signs}
        for row, ref in self._names:
            stands = id(row) in related and self.roles.is_array(ref)
            if stands and order not in {None, self.profile.weights}:
                raise UnsupportedError(
                    f"{self.document.path}:{row.line}: in {self.profile.key} matrices of weights "
                    "are transposed, and equations of matrices are not rewritten"
                )


def _names(term: Term) -> Iterator[Ref]:
    """Yield the names in a term: no indices, but what is called, and what is differentiated by."""
    match term:
        case Ref():
            yield term
        case BigOp():
            yield from _names(term.body)
        case Entry():
            yield from _names(term.array)
        case _:
            for child in term.children():
                yield from _names(child)


def _as_written(ref: Ref) -> str:
    """Return the letter of a name that stays, as it is printed."""
    name = Name(ref.letter, accent=ref.accent, bold=ref.style == "bold", primes=ref.primes)
    return latex(name)


def _shown(family: Family) -> str:
    letter, accent, _ = family
    return f"{letter}{f' with a {accent}' if accent else ''}"
