"""The house rules that a program can check."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "symderiv").rglob("*.py"))
PYTHON = [*PACKAGE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "tools").glob("*.py"))]
MOST_LINES = 400

# Each either runs text as code, or rewrites an expression in ways that nobody recorded.
FORBIDDEN = {
    "simplify",
    "nsimplify",
    "sympify",
    "parse_expr",
    "parse_latex",
    "S()",
    "eval",
    "exec",
    "compile",
    "__import__",
}

# A folder of some machine, or a registry's host.
OF_A_MACHINE = re.compile(
    r"(?<![\w.])/(?:home|Users|root|work|mnt|opt)/\w"
    r"|\b(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)\b"
)


def name_of(path: Path) -> str:
    """Return a path as a test's id shows it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_file_is_short(path: Path) -> None:
    """A file past 400 lines is two files."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def names(tree: ast.AST) -> set[str]:
    """Return every name that is read or imported; ``S()`` where SymPy's ``S`` is called."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name("re"), "compile"):
                pass
            case ast.Name(name) | ast.Attribute(_, name) | ast.alias(name):
                found.add(name)
            case ast.Call(ast.Name("S") | ast.Attribute(_, "S")):
                found.add("S()")
    return found


@pytest.mark.parametrize("path", PACKAGE, ids=name_of)
def test_text_never_runs_and_nothing_simplifies_unseen(path: Path) -> None:
    """No ``eval`` of a user's text, under whatever name, and no ``sympy.simplify``."""
    assert not names(ast.parse(path.read_text(encoding="utf-8"))) & FORBIDDEN


@pytest.mark.parametrize(
    "code",
    [
        "sp.simplify(x)",
        "from sympy import sympify as s",
        "map(sp.nsimplify, x)",
        "sp.S('x')",
        "S('x')",
        "eval('1')",
        "import builtins; builtins.exec(x)",
        "compile(x, '', 'eval')",
    ],
)
def test_the_rule_above_can_fail(code: str) -> None:
    """Each way around it is seen."""
    assert names(ast.parse(code)) & FORBIDDEN
    assert not names(ast.parse("re.compile('x'); S.Reals; sp.S.Reals")) & FORBIDDEN


def test_every_template_says_that_it_is_one() -> None:
    """Its name ends in ``.j2``."""
    assert [
        p.name for p in (ROOT / "templates").rglob("*") if p.is_file() and p.suffix != ".j2"
    ] == []


def tracked() -> list[Path]:
    """Return the files that git knows of or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """No absolute path of a machine, no registry's host."""
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{name_of(path)}: {match[0]}" for match in OF_A_MACHINE.finditer(text)]
    assert found == []
