r"""Files that a LaTeX document sets in with ``\input``: those of its own folder, and no others."""

from __future__ import annotations

import re
from pathlib import Path

_MOST_FILES = 200
_DEEPEST = 20
_INCLUDE = re.compile(
    r"(?P<command>\\(?:input|include))\s*\{(?P<name>[^{}\r\n]*)\}|%[^\r\n]*|\\(?s:.)"
)


class Includes:
    """Sets files in, as long as the text with them is no longer than ``largest``."""

    def __init__(self, folder: Path | None, largest: int) -> None:
        """Take the folder; without one, nothing is read."""
        self.notes: list[str] = []
        self._folder = folder.resolve() if folder else None
        self._left = largest
        self._files = 0

    def set_in(self, source: str, above: tuple[Path, ...] = ()) -> str:
        """Return the text with its files set in, and theirs."""
        return _INCLUDE.sub(lambda match: self._replacement(match, above), source)

    def _replacement(self, match: re.Match[str], above: tuple[Path, ...]) -> str:
        if not match["command"]:
            return match[0]
        try:
            path = self._path(match["name"].strip())
            content = self._content(path, above)
        except _LeftOutError as error:
            self.notes.append(f"{match[0]} {error}: left out")
            return match[0]
        self.notes.append(f"{match[0]} is set in: lines are counted with those of the file")
        return self.set_in(content, (*above, path))

    def _path(self, name: str) -> Path:
        r"""Return the file's path without links; ``\input{a}`` is ``a.tex``, or else ``a``."""
        if self._folder is None:
            raise _LeftOutError("needs a folder to look in")
        for file in (name,) if name.endswith(".tex") else (f"{name}.tex", name):
            try:
                path = (self._folder / file).resolve()
                if not path.is_relative_to(self._folder) or Path(file).is_absolute():
                    raise _LeftOutError("lies outside the folder")
                if path.is_file():
                    return path
            except (OSError, RuntimeError, ValueError) as error:  # a circle of links, a null byte
                raise _LeftOutError("is no file's name") from error
        raise _LeftOutError("is not there")

    def _content(self, path: Path, above: tuple[Path, ...]) -> str:
        if path in above or len(above) == _DEEPEST:
            raise _LeftOutError("includes itself")
        self._files += 1
        try:
            if path.stat().st_size > self._left or self._files > _MOST_FILES:
                raise _LeftOutError("makes the document too long")
            content = path.read_bytes().decode()
        except OSError as error:
            raise _LeftOutError("cannot be read") from error
        except UnicodeDecodeError as error:
            raise _LeftOutError("is not in UTF-8") from error
        self._left -= len(content)
        return content


class _LeftOutError(Exception):
    """A file is not set in: why not."""
