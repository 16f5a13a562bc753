"""The files of one output folder: written whole, listed by checksum, and never over an edit.

``report.json`` lists the SHA-256 of each file written. A file whose bytes are not those was edited
by somebody, and is left alone. A PDF depends on the TeX that made it; so that everything else,
``report.json`` included, has the same bytes on every machine, its checksum stands beside it, in
``slides.pdf.sha256``, in the form that ``sha256sum --check`` reads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from symderiv.errors import OutputError

REPORT = "report.json"
_SEAL = "sha256_of_the_rest"  # the report's own checksum, so that an edit of it shows too
_BESIDE = ".tmp"


class OutputFolder:
    """Collects the files of a folder and writes them at once: all, or none if one was edited.

    Raises ``OutputError`` for a folder or a file that cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        """Start with no file for the folder ``path``, which need not exist."""
        self.path = path
        self._new: dict[str, bytes] = {}
        self._machine_made: set[str] = set()
        self._gone: set[str] = set()

    def add(self, name: str, content: str | bytes, *, same_everywhere: bool = True) -> None:
        """Collect a file; say so if its bytes depend on the machine."""
        self._new[name] = content.encode() if isinstance(content, str) else content
        if not same_everywhere:
            self._machine_made.add(name)

    def remove(self, name: str) -> None:
        """Collect the removal of a file that an earlier run wrote and that is now out of date."""
        self._gone.add(name)

    def write(self, report: Mapping[str, Any], *, force: bool = False) -> tuple[Path, ...]:
        """Write what was collected, and ``report`` with the checksums; return what was written.

        A file that an earlier run wrote and that is not written now stays listed. Raises
        ``OutputError``, before anything is written, if a file in the way is not as an earlier run
        left it; ``force`` overwrites it.
        """
        try:
            before = self._listed()
            edited = self._edited(before)  # also by force: it finds a folder in a file's place
            if edited and not force:
                self._refuse(edited)
            return self._write(report, before)
        except OutputError:
            raise
        except OSError as error:
            place = str(error.filename or self.path)
            place = str(self.path) if place.endswith(_BESIDE) else place
            raise OutputError(f"{place}: cannot be written: {error.strerror}") from error

    def _write(self, report: Mapping[str, Any], before: Mapping[str, str]) -> tuple[Path, ...]:
        kept = {
            name: checksum
            for name, checksum in before.items()
            if name not in self._machine_made | self._gone and (self.path / name).is_file()
        }
        new = {
            n: digest(content) for n, content in self._new.items() if n not in self._machine_made
        }
        files = dict(self._new)
        for name in self._machine_made:
            files[f"{name}.sha256"] = f"{digest(files[name])}  {name}\n".encode()
        files[REPORT] = _sealed({**report, "files": {**kept, **new}})
        self.path.mkdir(parents=True, exist_ok=True)
        _replace_all(self.path, files)
        for name in self._gone - self._new.keys():
            (self.path / name).unlink(missing_ok=True)
            (self.path / f"{name}.sha256").unlink(missing_ok=True)
        return tuple(self.path / name for name in (*self._new, REPORT))

    def _refuse(self, edited: list[str]) -> NoReturn:
        raise OutputError(
            f"{self.path}: edited by hand, or not made by symderiv: {', '.join(edited)}; "
            "nothing is written. Move what you want to keep, or overwrite it with --force"
        )

    def _edited(self, before: Mapping[str, str]) -> list[str]:
        """Name the files in the way that are neither as they were left nor as they will be."""
        edited = []
        for name in sorted(self._new.keys() | self._gone):
            found = _content(self.path / name)
            fine = {before.get(name), self._checksum_beside(name)}
            if found is not None and found != self._new.get(name) and digest(found) not in fine:
                edited.append(name)
        report = _content(self.path / REPORT)
        if report is not None and not _is_sealed(report):
            edited.append(REPORT)
        return edited

    def _listed(self) -> dict[str, str]:
        """Return the checksums that the folder's report lists; none if there is no such report."""
        content = _content(self.path / REPORT)
        try:
            files = json.loads(content or b"{}")["files"]
            return {name: checksum for name, checksum in files.items() if Path(name).name == name}
        except (ValueError, LookupError, TypeError, AttributeError):
            return {}  # no report of ours, which `_edited` says

    def _checksum_beside(self, name: str) -> str:
        content = _content(self.path / f"{name}.sha256")
        return (content or b"").decode(errors="replace").partition(" ")[0]


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content``, in hexadecimal."""
    return sha256(content).hexdigest()


def as_json(data: Mapping[str, Any]) -> bytes:
    """Return ``data`` as JSON that depends on nothing else: sorted keys, a newline at the end."""
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _sealed(report: Mapping[str, Any]) -> bytes:
    return as_json({**report, _SEAL: digest(as_json(report))})


def _is_sealed(content: bytes) -> bool:
    try:
        report = json.loads(content)
        del report[_SEAL]
        return _sealed(report) == content
    except (ValueError, LookupError, TypeError, AttributeError):
        return False


def _content(path: Path) -> bytes | None:
    """Return what is in a file, or None if there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _replace_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file beside its place, then move them all: a failure leaves the old ones."""
    beside = {name: folder / f".{name}.{os.getpid()}{_BESIDE}" for name in files}
    try:
        for name, content in files.items():
            beside[name].write_bytes(content)
        for name in files:
            beside[name].replace(folder / name)
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)
