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


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the fenced blocks in a language, with where they stand."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            found.append((f"{document.relative_to(ROOT)}:{line}", match[1]))
    return found


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
@pytest.mark.parametrize(("place", "block"), blocks("python"), ids=lambda text: text[:40])
def test_python_examples(place: str, block: str) -> None:
    """What stands after ``>>>`` runs, and prints the lines below it."""
    test = doctest.DocTestParser().get_doctest(block, {}, place, place, 0)
    assert test.examples, f"{place}: no >>> in the block"
    output: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=output.append)
    assert not failed, "".join(output)


@pytest.mark.parametrize(("place", "block"), blocks("console"), ids=lambda text: text[:40])
def test_command_line_examples(place: str, block: str, folder: Path) -> None:
    """What stands after ``$`` runs, and prints the lines below it; ``make`` is CI's to run."""
    for command, expected in commands(block):
        program, *arguments = shlex.split(command)
        if program != "symderiv":
            assert program in {"make", "git", "cd"}, f"{place}: {program}"
            continue
        done = subprocess.run(
            [sys.executable, "-m", "symderiv", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode in {0, 2}, f"{place}: {command}\n{done.stderr}"
        printed = done.stdout + done.stderr
        assert doctest.OutputChecker().check_output(expected, printed, OPTIONS), (
            f"{place}: {command}\nprinted\n{printed}"
        )
