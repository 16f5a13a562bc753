"""Every example in the documents runs as it stands, and prints what it says."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(document: Path, language: str) -> list[tuple[str, str]]:
    """Return a document's fenced blocks in a language, with where they stand."""
    text = document.read_text(encoding="utf-8")
    return [
        (f"{document.name}:{text.count(chr(10), 0, match.start()) + 1}", match[1])
        for match in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def commands(session: str) -> list[tuple[str, str]]:
    """Return what is typed after each ``$`` in a session, and what is printed below."""
    parts = re.split(r"^\$ (.*)\n", session, flags=re.MULTILINE)
    assert not parts[0].strip(), "a session starts with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder that has the examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_examples(document: Path) -> None:
    """What stands after ``>>>`` runs, and prints the lines below it."""
    names: dict[str, object] = {}
    output: list[str] = []
    for place, block in blocks(document, "python"):
        test = doctest.DocTestParser().get_doctest(block, names, place, place, 0)
        assert test.examples, f"{place}: no >>> in the block"
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=output.append, clear_globs=False)
        names.update(test.globs)
    assert not output, "".join(output)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_command_line_examples(document: Path, folder: Path) -> None:
    """What stands after ``$`` runs, one after the other, and prints what is shown below it.

    What shows a refusal, or an equation that is wrong, has to end as such. ``make`` is CI's to run.
    """
    for place, block in blocks(document, "console"):
        for command, expected in commands(block):
            program, *arguments = shlex.split(command)
            if program == "make":
                continue
            assert program == "symderiv", f"{place}: {program}"
            done = subprocess.run(
                [sys.executable, "-m", "symderiv", *arguments],
                cwd=folder,
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
            )
            printed = done.stdout + done.stderr
            refused = expected.startswith("symderiv: ")
            wrong = ": wrong: " in expected or "most frequent mistakes" in expected
            code = 2 if refused else int(wrong)
            assert done.returncode == code, f"{place}: {command}\n{printed}"
            assert not expected or doctest.OutputChecker().check_output(
                expected, printed, OPTIONS
            ), f"{place}: {command}\nprinted\n{printed}"
