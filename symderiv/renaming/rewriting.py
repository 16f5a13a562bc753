"""A verified document in another notation: every name that has a role, where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from symderiv.documents import Document, Row, parse
from symderiv.documents import read as read_document
from symderiv.errors import ReadingError, UnsupportedError
from symderiv.expression import Name
from symderiv.latex.printer import latex
from symderiv.latex.syntax import Applied, Group, Syntax
from symderiv.notation import Profile, Quantity, Role, name
from symderiv.profiles import profile as profile_named
from symderiv.renaming.roles import roles
from symderiv.renaming.spelling import Speller, Written
from symderiv.renaming.turning import Turning
from symderiv.verification.building import built
from symderiv.verification.mending import Edit, fitting, pieces, write_beside
from symderiv.verification.model import Family
from symderiv.verification.reading import Reader
from symderiv.verification.records import Report, Verdict
from symderiv.verification.statements import parsed_rows, statements, vocabulary
from symderiv.verification.terms import BigOp, Entry, Num, Ref, Term, walk
from symderiv.verification.verifying import verified
from symderiv.verification.words import FUNCTIONS

_ALIKE = (frozenset({Role.PREDICTION, Role.ACTIVATION}), frozenset({Role.WEIGHT, Role.BIAS}))
"""Roles that one letter may have: their indices or their layer tell them apart."""
_HOLDS: frozenset[Verdict] = frozenset({"right", "definition"})


@dataclass(frozen=True, slots=True)
class Renamed:
    """A source in another notation, and the names in LaTeX that keep their own."""

    source: str
    kept: tuple[str, ...]


def write_renamed(
    report: Report, notation: str | Profile, *, force: bool = False
) -> tuple[Path, Renamed]:
    """Write ``NAME.<profile>.EXT`` beside a document that was verified; return its path and it.

    Raises what ``renamed`` raises, and ``OutputError`` if a file is there that differs, unless
    ``force`` is given, or if it cannot be written.
    """
    profile = profile_named(notation)
    copy = renamed(report, profile)
    return write_beside(report, profile.key, copy.source, force=force), copy


def renamed(report: Report, notation: str | Profile) -> Renamed:
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
    renaming = _Renaming(read_document(Path(report.path)), profile)
    copy = Renamed(renaming.source(), renaming.kept)
    _check(report, copy.source, profile)
    return copy


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
    """What is written in the source instead of what stands there."""

    start: int
    end: int
    new: str


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
        self._settle_prediction()

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
        edits = sorted({self._edit(place) for place in self._places()})
        return "".join(piece for piece, _ in pieces(source, edits))

    # --- names ---

    @cached_property
    def _terms(self) -> list[tuple[Row, Term]]:
        """The terms of each row; where a row is no formula, such as (x, y), the names that show."""
        found: list[tuple[Row, Term]] = []
        for statement in self.rows:
            sides = statement.chain.sides if statement.chain is not None else ()
            found += [(statement.row, side) for side in sides if side is not None]
        read = {id(s.row) for s in self.rows if s.chain is not None}
        for parsed in self.parsed:
            if id(parsed.row) not in read and isinstance(parsed.tree, Group):
                found += [(parsed.row, ref) for ref in self._loose(parsed.tree)]
        return found

    @cached_property
    def _names(self) -> list[tuple[Row, Ref]]:
        """The names in each row."""
        return [(row, ref) for row, term in self._terms for ref in _names(term)]

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
        """Yield what to write where in each row."""
        for row, term in self._terms:
            turning = Turning(row.text, partial(self._spelt, row), self._is_array, self.turned)
            for start, end, new in turning.pieces(term):
                if start < end and new != row.text[start:end]:
                    yield _Place(*self._in_source(row, start, end), new)

    def _in_source(self, row: Row, start: int, end: int) -> tuple[int, int]:
        """Return where in the source a part of a row stands: a macro's call is one character."""
        first, last = min(row.places[start:end]), max(row.ends[start:end])
        others = (*row.places[:start], *row.places[end:-1])
        if any(first <= place < last for place in others):
            raise UnsupportedError(
                f"{self.document.path}:{row.line}: holds a name inside a macro, which cannot be "
                f"rewritten: {self.document.source[first:last]}"
            )
        return first, last

    def _spelt(self, row: Row, ref: Ref) -> str | None:
        """Return a name in the other notation, None for one that stays."""
        start, end = ref.place
        if self.speller.role(ref) is None or start >= end:
            return None
        return self.speller.spelt(Written(ref, row.text[start:end], start))

    def _is_array(self, ref: Ref) -> bool:
        """Whether a name stands for an array of a layer or of all samples."""
        costs = {None, Role.LOSS, Role.COST}
        heavy = ref.style == "bold" or ref.letter[0].isupper()
        return heavy and not ref.sub and self.speller.role(ref) not in costs

    def _edit(self, place: _Place) -> Edit:
        before = self.document.source[: place.start][-80:]
        behind = self.document.source[place.end :][:1]
        return place.start, place.end, fitting(before, place.new, behind)

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

    def _settle_prediction(self) -> None:
        """Keep the name of a prediction whose index would be taken for that of a unit."""
        predicted = [f for f, role in self.roles.of.items() if role is Role.PREDICTION]
        letters = {name(Quantity(r), profile=self.profile) for r in _ALIKE[0]}
        for family in predicted if len(letters) == 1 else ():
            bare = {bool(ref.sub) for _, ref in self._names if ref.family == family}
            if family[0].islower() and (self.roles.sampled or len(bare) > 1):
                del self.roles.of[family]

    @property
    def kept(self) -> tuple[str, ...]:
        """The names in formulas that no definition explains, functions and constants aside."""
        known = {*FUNCTIONS, *FUNCTIONS.values(), "e", "1", "d", "partial"}
        indices = {i.letter for _, r in self._names for i in (*r.sub, *r.sup) if isinstance(i, Ref)}
        return tuple(
            dict.fromkeys(
                _as_written(ref)
                for _, ref in self._names
                if self.speller.role(ref) is None and ref.letter not in known | indices
            )
        )

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
            one = len({(base.casefold(), accent) for base, accent, _ in families}) == 1
            alike = (one and len(kinds) == 1) or any(kinds <= a for a in _ALIKE)
            if len(families) > 1 and kinds != {None} and not alike:
                both = " and ".join(_shown(family) for family in families)
                raise UnsupportedError(
                    f"{self.document.path}: {both} would both be {letter} in {self.profile.key}"
                )

    @property
    def turned(self) -> bool:
        """Whether every array is the transpose of the other notation's."""
        order, samples = self.roles.products, self.roles.samples
        return (
            None not in {order, samples}
            and order != self.profile.weights
            and samples != self.profile.samples
        )

    def _check_products(self) -> None:
        """Refuse arrays that would have to be transposed, and cannot."""
        order = self.roles.order or self.roles.products
        signs = {id(s.row): s.chain.signs for s in self.rows if s.chain is not None}
        for row, ref in self._names:
            found = signs.get(id(row), ())
            weight = found and self.roles.is_array(ref) and not self.turned
            shape = self.turned and "in" in found and self._is_array(ref)
            if shape or (weight and order not in {None, self.profile.weights}):
                raise UnsupportedError(
                    f"{self.document.path}:{row.line}: in {self.profile.key} arrays are "
                    f"transposed, which cannot be written here: {row.latex.strip()}"
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
    bold = ref.style == "bold"
    return latex(Name(ref.letter, accent=ref.accent, bold=bold, primes=ref.primes))


def _shown(family: Family) -> str:
    letter, accent, _ = family
    return f"{letter}{f' with a {accent}' if accent else ''}"
