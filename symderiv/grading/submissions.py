"""The files of a folder that are to be graded, and those that cannot be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from symderiv.errors import DocumentError

KINDS = (".md", ".markdown", ".tex", ".rst", ".ipynb")
_OF_THE_GRADER = (".toml", ".csv", ".html")  # the network and the grades may lie there, too
_EXPECTED = f"expected {', '.join(KINDS[:-1])} or {KINDS[-1]}"


@dataclass(frozen=True, slots=True)
class Submission:
    """A file, its path from the folder in which it was found, and why it cannot be graded."""

    path: str
    file: Path
    error: str = ""


def submissions(folder: Path) -> list[Submission]:
    """Return the documents in a folder and its subfolders, sorted by path.

    Links are not followed: nothing outside of the folder is read. What is hidden is left out. A
    file or a folder at the top in which somebody handed in no document at all is told as such.

    Raises ``DocumentError`` if there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise DocumentError(f"{folder}: expected a folder with the files to grade")
    root = folder.resolve()
    found = list(_walked(root))
    found += list(_top(root, {_author(each.path) for each in found}))
    if not found:
        raise DocumentError(f"{folder}: nothing to grade: {_EXPECTED}")
    return sorted(found, key=lambda each: each.path)


def _walked(root: Path) -> Iterator[Submission]:
    """Yield the documents below a folder, however deep: ``os.walk`` calls itself, and can fail."""
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = _entries(folder)
        except OSError as error:
            where, why = _relative(folder, root), f"cannot be read: {error.strerror}"
            if folder == root:
                raise DocumentError(f"{folder}: {why}") from error
            yield Submission(where, folder, why)
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.is_symlink():
                yield Submission(_relative(path, root), path, "a link, which is not followed")
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif path.suffix.lower() in KINDS:
                yield Submission(_relative(path, root), path)


def _top(root: Path, authors: set[str]) -> Iterator[Submission]:
    """Yield one of the files or folders at the top for each author of whom there is no other."""
    for entry in _entries(root):
        path = Path(entry.path)
        author = entry.name if entry.is_dir(follow_symlinks=False) else path.stem
        if author in authors or path.suffix.lower() in _OF_THE_GRADER:
            continue
        authors.add(author)
        yield Submission(entry.name, path, f"nothing to grade: {_EXPECTED}")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        shown = (e for e in entries if not e.name.startswith(".") and e.name != "__MACOSX")
        return sorted(shown, key=lambda entry: entry.name)


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _author(path: str) -> str:
    """Return what the files of one author share: their folder at the top, or their stem there."""
    first, *below = Path(path).parts
    return first if below else Path(first).stem
