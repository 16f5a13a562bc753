"""Who imports whom: the table in ``symderiv/README.md`` is true."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "symderiv"
PART_OF = {
    "pydantic_core": "pydantic",
    "mpmath": "sympy",
    "markupsafe": "jinja2",
    "markdown_it": "markdown-it-py",
}


def module_name(path: Path) -> str:
    """Return ``symderiv.latex.printer`` for its file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: import by the full name"
            assert node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def room(module: str) -> str:
    """Return the module or package directly under ``symderiv``."""
    return module.split(".")[1]


def rows() -> dict[str, int]:
    """Read the rows of the table in the architecture note."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| (\d+) \| ([^|]+) \|", text, re.MULTILINE)
    return {name: int(row) for row, names in table for name in re.findall(r"`(\w+)`", names)}


ROWS = rows()
ROOMS = sorted({room(name) for name in MODULES if "." in name} - {"__main__"})


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_from_rows_above_only(name: str) -> None:
    """And a room that is not in the table is not yet thought through."""
    assert name in ROWS, f"{name} is in no row of symderiv/README.md"
    for module, path in MODULES.items():
        if module == "symderiv" or room(module) != name:
            continue
        for other in imported(path):
            if other.startswith("symderiv.") and room(other) != name:
                assert ROWS[room(other)] < ROWS[name], f"{module} imports {other}, not from above"


def test_the_table_has_no_room_that_is_not_there() -> None:
    """A note that describes what is gone misleads."""
    assert set(ROWS) == set(ROOMS)


def test_no_module_imports_itself_in_the_end() -> None:
    """Inside a package, too, imports run one way."""
    graph = {m: [o for o in imported(p) if o in MODULES] for m, p in MODULES.items()}
    graph["symderiv"] = []  # imports when asked for a name, and then from anywhere
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def dependencies() -> list[str]:
    """Return the packages that users need, those of the extra that is for them included."""
    text = (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dask"]]
    return [re.split(r"[><=]", line)[0] for line in lines]


def test_only_declared_dependencies_are_imported() -> None:
    """What the wheel does not ask for is not there on the user's machine."""
    used = {other.split(".")[0] for path in MODULES.values() for other in imported(path)}
    foreign = used - sys.stdlib_module_names - {"symderiv"}
    assert {PART_OF.get(name, name) for name in foreign} == set(dependencies())


def test_what_is_optional_is_imported_only_where_it_is_used() -> None:
    """Nobody else needs Dask."""
    users = [m for m, path in MODULES.items() if "distributed" in set(imported(path))]
    assert users == ["symderiv.grading.cluster"]


def test_every_dependency_has_its_reason() -> None:
    """One line each, in the architecture note."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    for name in dependencies():
        assert re.search(rf"^\| {name} \| \S", text, re.MULTILINE), name
