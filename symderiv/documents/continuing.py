r"""An equation that goes on in the next row, before a sign: ``a = b \\ {} + c`` is one equation."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from symderiv.documents.records import Row
from symderiv.documents.rows import RELATIONS, tokens_of

_GOES_ON = ("+", "-", "−", r"\cdot", r"\times", r"\odot")


def continued(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows, each that goes on with an equation joined to the one above."""
    found: list[Row] = []
    for row in rows:
        if found and row.text.startswith(_GOES_ON) and _related(found[-1]) and not _related(row):
            found[-1] = _joined(found[-1], row)
        else:
            found.append(row)
    return tuple(found)


def _related(row: Row) -> bool:
    return any(token.text in RELATIONS and not token.depth for token in tokens_of(row.text))


def _joined(row: Row, following: Row) -> Row:
    return Row(
        latex=rf"{row.latex} \\ {following.latex}",
        start=row.start,
        end=following.end,
        line=row.line,
        line_end=following.line_end,
        text=f"{row.text} {following.text}",
        places=tuple(chain(row.places, following.places)),
        ends=tuple(chain(row.ends, [row.end], following.ends)),
    )
