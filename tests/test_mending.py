"""The mended copy of a document: every sure mend where it belongs, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_reports import equation, fault

from symderiv.errors import OutputError, UnsupportedError
from symderiv.verification.mending import mended, write_mended
from symderiv.verification.records import Equation, Link, Report


def test_a_mend_is_made_where_the_fault_is() -> None:
    """At its place in the source, also where the same characters stand elsewhere, twice wrong."""
    source = "$x = a + a$ and $y = a a$"
    one = equation(source, "x = a + a", "wrong", fault(source, "a", "b_{1}", at=(9,)))
    two = equation(source, "y = a a", "wrong", fault(source, "a", "longer", at=(21, 23)))
    report = Report("a.md", (one, two), source=source)
    assert mended(report) == "$x = a + b_{1}$ and $y = longer longer$"


@pytest.mark.parametrize(
    ("row", "found", "new", "expected"),
    [
        (r"y = \frac{1}{a}", "a", "b", r"y = \frac{1}{b}"),
        (r"y = \a x", "a", "b", r"y = \a x"),  # what a macro wrote is nowhere in the source
        ("y = a + a", "a", "b", "y = a + a"),  # it might be either
        ("y = 12 + 2", "2", "3", "y = 12 + 3"),
        (r"y = 2x", "2", r"\beta", r"y = \beta x"),
        (r"y = \pi2", "2", "x", r"y = \pi x"),
        ("y = e^x", "x", "-x", "y = e^{-x}"),
        (r"y = e^x", "x", r"\xi", r"y = e^\xi"),
        ("y = a", "a", "", "y = a"),
        ("y = a", "", "b", "y = a"),
    ],
)
def test_a_fault_without_its_place_in_the_source(
    row: str, found: str, new: str, expected: str
) -> None:
    """It is mended if there is no doubt where it stands, and so that TeX reads it as meant."""
    link = Link("wrong", found=found, should_be=new, places=((0, 1),))
    text = f"Some words: ${row}$"
    report = Report("a.md", (equation(text, row, "wrong", link),), source=text)
    assert mended(report) == f"Some words: ${expected}$"


def test_a_slip_is_mended_if_its_mend_is_known() -> None:
    """And what is right never is."""
    source = "$x = a$ $y = b$"
    slip = fault(source, "a", "b", verdict="slip")
    right = fault(source, "b", "c", verdict="right")
    rows = (equation(source, "x = a", "slip", slip), equation(source, "y = b", "right", right))
    assert mended(Report("a.md", rows, source=source)) == "$x = b$ $y = b$"


@pytest.mark.parametrize("path", ["a.ipynb", "a.md"])
def test_a_notebook_is_not_mended(path: str) -> None:
    """By its name, or because its source is not what its equations are."""
    source = '"$x = \\\\alpha$"' if path == "a.md" else '"$x = a$"'
    latex = "x = \\alpha" if path == "a.md" else "x = a"
    row = Equation(None, 1, 1, 1, latex, "right", (), 2, 2 + len(latex))
    with pytest.raises(UnsupportedError, match="notebook"):
        mended(Report(path, (row,), source=source))


def test_a_mended_copy_never_replaces_what_differs(tmp_path: Path) -> None:
    """Nor the document itself; nothing is written where nothing is mended."""
    path = tmp_path / "a.tar.md"
    source = "$x = a$\r\n"
    path.write_text(source, "utf-8", newline="")
    row = equation(source, "x = a", "wrong", fault(source, "a", "b"))
    report = Report(str(path), (row,), source=source)
    copy = tmp_path / "a.tar.fixed.md"
    assert write_mended(report) == copy
    assert write_mended(report) == copy
    assert (path.read_bytes(), copy.read_bytes()) == (b"$x = a$\r\n", b"$x = b$\r\n")
    copy.write_text("mine", "utf-8")
    with pytest.raises(OutputError, match="differs"):
        write_mended(report)
    assert copy.read_text("utf-8") == "mine"
    assert write_mended(report, force=True) == copy
    copy.unlink()
    assert write_mended(Report(str(path), (), source=source)) is None
    assert not copy.exists()
    with pytest.raises(UnsupportedError, match="no file"):
        write_mended(Report("-", (row,), source=source))
    with pytest.raises(OutputError, match="cannot be written"):
        write_mended(Report(str(tmp_path / "no" / "a.md"), (row,), source=source))
