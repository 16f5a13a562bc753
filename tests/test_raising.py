"""Names that are transposed or raised where they stand: an edit writes that again."""

from __future__ import annotations

import pytest

from symderiv.documents import parse
from symderiv.verification.raising import Raised, raised_in_place
from symderiv.verification.statements import parsed_rows, statements, vocabulary
from symderiv.verification.terms import values

# what is written, what the name is alone, and what stands there with another name
ROWS = [
    (r"\mathbf{W}^{(2)\top}", r"\mathbf{W}^{(2)}", r"\mathbf{W}^{(1)}", r"\mathbf{W}^{(1)\top}"),
    (r"W^{[2]T}", r"W^{[2]}", "X", "X^T"),
    (r"\mathbf{X}^\top", r"\mathbf{X}", r"\mathbf{A}^{(1)}", r"\mathbf{A}^{(1)\top}"),
    (r"X^T", "X", "A B", "(A B)^T"),
    (r"\hat{y}_1^2", r"\hat{y}_1", r"\hat{y}_2", r"\hat{y}_2^2"),
    (r"x^{12}", "x", "a^{(1)}", "(a^{(1)})^{12}"),
]


def raised(written: str) -> list[Raised]:
    """Return what is done to the names in a right side."""
    found = parsed_rows(parse(f"$$q = {written}$$"))
    (row,) = statements(found, vocabulary(found))
    assert row.chain is not None
    side = row.chain.sides[1]
    assert side is not None
    return list(raised_in_place(values(side), row.text).values())


@pytest.mark.parametrize(("written", "bare", "other", "expected"), ROWS, ids=[r[0] for r in ROWS])
def test_a_name_is_put_in_its_place(written: str, bare: str, other: str, expected: str) -> None:
    """With the transpose or the power that it stood with, and itself as it was."""
    (done,) = raised(written)
    assert done.bare == bare
    assert done.again(other) == expected


@pytest.mark.parametrize("written", ["(A B)^T", "(a + b)^2", "x_1 y", r"(a^{(1)})^2"])
def test_what_stands_in_brackets_has_a_place_of_its_own(written: str) -> None:
    """Nothing has to be written again there, or only the bracket's mark."""
    assert all(done.bare.startswith("(") for done in raised(written))
