"""``symderiv verify``: what it prints where, what it writes, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from symderiv.cli import verifying
from symderiv.verification.reports import FORMATS

ROOT = Path(__file__).parents[1]
LECTURES = ROOT / "examples" / "lectures"
WRONG = r"""# A neuron

A neuron with one input computes its activation, which is

$$a = w x + b$$

Its derivative with respect to the weight is

$$\frac{\partial a}{\partial w} = b$$
"""
RIGHT = WRONG.replace("w} = b", "w} = x")
SLIP = WRONG.replace(
    r"\frac{\partial a}{\partial w} = b",
    r"\frac{\partial a}{\partial w} = \frac{\partial a}{w} = x",
)


def verify(*arguments: str | Path, given: bytes = b"") -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "symderiv", "verify", *arguments],
        cwd=ROOT,
        input=given,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def verdicts(document: dict[str, Any], verdict: str) -> list[int]:
    """Return the numbers of the equations with a verdict."""
    return [e["n"] for e in document["equations"] if e["verdict"] == verdict]


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """Write a document with a wrong equation."""
    path = tmp_path / "note.md"
    path.write_text(WRONG, "utf-8", newline="")
    return path


def test_it_explains_itself_by_an_example() -> None:
    """The last line of its help is a command that can be typed."""
    code, printed, _ = verify("--help")
    assert code == 0
    assert printed.rstrip().splitlines()[-1].strip().startswith("Example: symderiv verify ")


def test_it_offers_every_format() -> None:
    """The command line and the package name the same ones."""
    assert set(get_args(verifying.Format)) == set(FORMATS)


def test_the_lecture() -> None:
    """Exactly what a careful reader finds: three wrong equations, two slips, no false alarm."""
    lecture = LECTURES / "backpropagation-xor.md"
    code, printed, errors = verify(lecture, "--format", "json")
    assert (code, errors) == (1, "")
    (document,) = json.loads(printed)["documents"]
    assert verdicts(document, "wrong") == [35, 36, 38]
    assert verdicts(document, "slip") == [30, 32]
    assert not verdicts(document, "cannot tell")
    expected = tomllib.loads(lecture.with_suffix(".verdicts.toml").read_text("utf-8"))
    found = {
        e["n"]: (link["found"], link["should_be"])
        for e in document["equations"]
        for link in e["links"]
        if link["verdict"] == "wrong"
    }
    assert found == {
        e["n"]: (e["found"], e["should_be"])
        for e in expected["equation"]
        if e["verdict"] == "wrong"
    }


def test_the_lecture_mended_is_right(tmp_path: Path) -> None:
    """The copy differs where it was wrong, and nowhere else."""
    lecture = tmp_path / "lecture.md"
    lecture.write_bytes((LECTURES / "backpropagation-xor.md").read_bytes())
    code, _, errors = verify(lecture, "--fix")
    copy = tmp_path / "lecture.fixed.md"
    assert (code, errors) == (1, f"written {copy}\n")
    lines, mended = (path.read_text("utf-8").splitlines() for path in (lecture, copy))
    changed = [n for n, pair in enumerate(zip(lines, mended, strict=True), 1) if len({*pair}) > 1]
    assert changed == [169, 171, 181]
    assert verify(copy)[0] == 0


def test_it_shows_the_fault_and_the_mend(note: Path) -> None:
    """With the line, a caret, and how many equations there are."""
    code, printed, errors = verify(note)
    assert (code, errors) == (1, "")
    lines = printed.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith(f"{note}:9: wrong: "))
    assert lines[start + 1 : start + 5] == [
        r"    \frac{\partial a}{\partial w} = b",
        r"                                    ^",
        r"    should be",
        r"    \frac{\partial a}{\partial w} = x",
    ]
    assert lines[-1] == "2 equations: 1 definition, 0 right, 1 wrong, 0 slips, 0 cannot tell"


@pytest.mark.parametrize(
    ("text", "strict", "code"),
    [(WRONG, False, 1), (RIGHT, False, 0), (RIGHT, True, 0), (SLIP, False, 0), (SLIP, True, 1)],
)
def test_the_standard_input(text: str, code: int, *, strict: bool) -> None:
    """0 where nothing is wrong, 1 where something is; a slip is wrong where one is strict."""
    options = ["--strict"] * strict
    ended, printed, errors = verify("-", "--format", "json", *options, given=text.encode())
    assert (ended, errors) == (code, "")
    (document,) = json.loads(printed)["documents"]
    assert (document["path"], len(document["equations"])) == ("-", 2)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_printed_and_written(note: Path, form: str) -> None:
    """The same characters on the standard output and in a file, which may be there already."""
    target = note.with_name("report")
    target.write_text("old", "utf-8")
    code, printed, _ = verify(note, "--format", form)
    assert (code, printed.count("swapped symbols") > 0) == (1, True)
    assert verify(note, "--format", form, "-o", target) == (1, "", "")
    assert target.read_text("utf-8") == printed


def test_what_cannot_be_read_does_not_keep_the_others_back(note: Path) -> None:
    """Exit code 2, a message for each, and the report of the rest."""
    binary = note.with_name("binary.md")
    binary.write_bytes(b"$x = \xff\x00$")
    missing = note.with_name("missing.md")
    code, printed, errors = verify(missing, note, binary, note.parent, "--format", "json")
    assert code == 2
    assert [document["path"] for document in json.loads(printed)["documents"]] == [str(note)]
    assert [line.startswith("symderiv: ") for line in errors.splitlines()] == [True] * 3
    assert all(str(path) in errors for path in (missing, binary, note.parent))


def test_where_nothing_can_be_read_nothing_is_printed(tmp_path: Path) -> None:
    """But the message, and what a program expects to read."""
    missing = tmp_path / "missing.md"
    assert verify(missing)[:2] == verify(missing, "--format", "github")[:2] == (2, "")
    assert json.loads(verify(missing, "--format", "json")[1])["documents"] == []


def test_a_notebook_is_reported_but_not_mended(tmp_path: Path) -> None:
    """Its report, a message, and no copy."""
    path = tmp_path / "note.ipynb"
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": WRONG}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), "utf-8")
    code, printed, errors = verify(path, "--fix")
    assert (code, "1 wrong" in printed, "notebook" in errors) == (2, True, True)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("given", [b"\xff\xfe\x00", b"", b"no equation", b"$$" + b"{" * 5000])
def test_any_standard_input_has_an_answer(given: bytes) -> None:
    """A report or a message, and JSON either way."""
    code, printed, errors = verify("-", "--format", "json", given=given)
    assert code in {0, 2}
    assert len(json.loads(printed)["documents"]) == (code == 0)
    assert "Traceback" not in errors


def test_a_mended_copy_never_replaces_what_differs(note: Path) -> None:
    """Unless ``--force`` says so; the document itself stays as it is."""
    copy = note.with_name("note.fixed.md")
    assert verify(note, "--fix")[::2] == (1, f"written {copy}\n")
    assert (note.read_text("utf-8"), copy.read_text("utf-8")) == (WRONG, RIGHT)
    copy.write_text("mine", "utf-8")
    code, printed, errors = verify(note, "--fix")
    assert (code, f"{copy}: is there and differs" in errors) == (2, True)
    assert printed.endswith("0 cannot tell\n")
    assert copy.read_text("utf-8") == "mine"
    assert verify(note, "--fix", "--force")[0] == 1
    assert copy.read_text("utf-8") == RIGHT
    assert verify(copy, "--fix")[::2] == (0, f"{copy}: nothing to mend\n")


def test_a_report_never_replaces_a_document(note: Path) -> None:
    """Whatever its path looks like."""
    code, _, errors = verify(note, "-o", note.parent / "." / ".." / note.parent.name / note.name)
    assert (code, "is a document to verify" in errors) == (2, True)
    assert note.read_text("utf-8") == WRONG


@pytest.mark.parametrize(
    "arguments", [[], ["--format", "jsn", "-"], ["--budget", "-1", "-"], ["--budget", "x", "-"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    """With the usage, and no traceback."""
    code, printed, errors = verify(*arguments)
    assert (code, printed) == (2, "")
    assert "Usage: symderiv verify" in errors
    assert "Traceback" not in errors
