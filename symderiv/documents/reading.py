"""From a file, or a text, to a document: its formulas, row by row, with the words around them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from symderiv.documents import latex, markdown, rst
from symderiv.documents.continuing import continued
from symderiv.documents.escapes import is_quoted, undone
from symderiv.documents.includes import Includes
from symderiv.documents.macros import Definition, Expander
from symderiv.documents.notebook import markdown_cells
from symderiv.documents.plain import plain
from symderiv.documents.prose import headings, surroundings
from symderiv.documents.records import Document, Formula, Row
from symderiv.documents.regions import Part, Region, Scan
from symderiv.documents.rows import rows_of
from symderiv.documents.text import Lines, Text
from symderiv.errors import DocumentError, did_you_mean

_LARGEST = 5_000_000
_MOST_NOTES = 50
_KINDS = {".tex": "latex", ".rst": "rst", ".ipynb": "notebook"}
_SCANNERS: Mapping[str, Callable[[str], Scan]] = {
    "latex": latex.scan,
    "markdown": markdown.scan,
    "rst": rst.scan,
}


def read(path: Path) -> Document:
    """Read a document: LaTeX, reST or a notebook by its suffix, and Markdown by any other.

    Raises ``DocumentError`` for a file that is not there, is too large or not in UTF-8.
    """
    if not path.is_file():
        raise DocumentError(f"{path}: expected a file")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise DocumentError(f"{path}: expected at most {_LARGEST:,} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{path}, line {line}: expected UTF-8") from error
    kind = _KINDS.get(path.suffix.lower(), "markdown")
    return parse(text, kind, folder=path.parent, path=str(path))


def parse(
    text: str, kind: str = "markdown", *, folder: Path | None = None, path: str = "-"
) -> Document:
    r"""Find the formulas of a text in ``markdown``, ``latex``, ``rst``, or of a ``notebook``.

    ``folder`` is where ``\input`` may find files. Raises ``DocumentError`` for a text that is too
    long, for an unknown kind, and for a notebook that is none.
    """
    if len(text) > _LARGEST:
        raise DocumentError(f"{path}: expected at most {_LARGEST:,} characters")
    notes: Sequence[str] = ()
    if kind == "latex":
        includes = Includes(folder, _LARGEST - len(text))
        text = includes.set_in(text)
        notes = includes.notes
    reader = _Reader(text, _parts(text, kind, path))
    formulas = reader.formulas()
    return Document(path, text, formulas, reader.macros(), _shortened([*notes, *reader.notes()]))


def _parts(text: str, kind: str, path: str) -> list[Part]:
    if kind == "notebook":
        cells = markdown_cells(text, path)
        return [Part(cell, markdown.scan(cell.characters, spaced=True)) for cell in cells]
    if kind not in _SCANNERS:
        known = [*_SCANNERS, "notebook"]
        raise DocumentError(f"{path}: unknown kind '{kind}'{did_you_mean(kind, known)}")
    return [Part(Text.unaltered(text), _SCANNERS[kind](text))]


def _shortened(notes: Sequence[str]) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(notes))
    more = len(kept) - _MOST_NOTES
    return kept if more <= 0 else (*kept[:_MOST_NOTES], f"and {more} more")


class _Reader:
    """Reads the formulas of a document in order, since a macro holds from its definition on."""

    def __init__(self, source: str, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._lines = Lines(source)
        self._expander = Expander(len(source))
        self._groups: dict[tuple[int, int], int] = {}

    def formulas(self) -> tuple[Formula, ...]:
        """Return the formulas that are not empty, the displayed ones numbered."""
        found: list[Formula] = []
        displayed = passed = 0
        words = iter(surroundings(self._parts))
        for number, part in enumerate(self._parts):
            lines = Lines(part.text.characters)
            waiting = list(part.scan.definitions[::-1])
            titles = headings(part)
            for region in part.scan.regions:
                before, after = next(words)
                self._define(waiting, region.end)
                line = lines.starts[lines.at(region.start) - 1]
                rows = self._rows(part, region, quoted=is_quoted(part.text.characters, line))
                if not rows:
                    continue
                displayed += region.display
                group = self._group(number, region)
                n = displayed if region.display else None
                in_table = group is not None
                section = passed + bisect_right(titles, region.start)
                found.append(
                    Formula(region.display, n, rows, before, after, in_table, group, section)
                )
            self._define(waiting, len(part.text.characters))
            passed += len(titles)
        return tuple(found)

    def macros(self) -> Mapping[str, str]:
        """Return what the document's macros stand for in the end."""
        own = {d.name for part in self._parts for d in part.scan.definitions}
        macros = self._expander.macros
        return MappingProxyType({name: macros[name].body for name in macros if name in own})

    def notes(self) -> list[str]:
        """Return what was left out, and why."""
        remarks = [
            f"{words} at line {self._lines.at(_start(part.text, offset))}"
            for part in self._parts
            for offset, words in part.scan.remarks
        ]
        return [
            *remarks,
            *(f"{name} {why}: left as it is" for name, why in self._expander.left.items()),
        ]

    def _define(self, waiting: list[Definition], end: int) -> None:
        while waiting and waiting[-1].start < end:
            self._expander.define(waiting.pop())

    def _group(self, part: int, region: Region) -> int | None:
        """Number the rows of tables that hold formulas."""
        if region.table_row is None:
            return None
        return self._groups.setdefault((part, region.table_row), len(self._groups) + 1)

    def _rows(self, part: Part, region: Region, *, quoted: bool) -> tuple[Row, ...]:
        rows = []
        for start, end in region.inside:
            inside = Text.unaltered(part.scan.visible[start:end], start)
            formula = undone(inside, region, quoted=quoted)
            for span in rows_of(formula.characters):
                row = formula.cut(*span)
                text = plain(row, self._expander)
                if text.characters:
                    rows.append(self._row(part.text, row, text))
        return continued(rows)

    def _row(self, whole: Text, row: Text, text: Text) -> Row:
        """Return a row in places of the source; of a cell, these are places in the JSON."""
        first, last = row.starts[0], row.ends[-1]
        start, end = whole.starts[first], whole.ends[last - 1]
        return Row(
            latex=whole.characters[first:last],
            start=start,
            end=end,
            line=self._lines.at(start),
            line_end=self._lines.at(end - 1),
            text=text.characters,
            places=(*(whole.starts[place] for place in text.starts), end),
            ends=tuple(whole.ends[place - 1] for place in text.ends),
        )


def _start(text: Text, offset: int) -> int:
    return text.starts[offset] if offset < len(text.starts) else 0
