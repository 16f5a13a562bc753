"""A PDF from a ``.tex`` file, by whatever TeX the machine has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ENGINES = ("pdflatex", "lualatex", "xelatex", "tectonic")
_PASSES, _SECONDS = 2, 180
_EPOCH = "946684800"  # any fixed date: the same source gives the same bytes
_MISSING = (
    "no TeX engine found, the .tex file is written but not compiled; to get one: "
    "apt-get install texlive-latex-recommended texlive-pictures lmodern"
)
_PROBLEM = re.compile(r"^(?:Overfull \\[hv]box.*|Missing character.*)$", re.MULTILINE)
_ERROR = re.compile(r"^! .*$|^.*:\d+: .*$", re.MULTILINE)
_LATIN = re.compile(r"[\u0000-\u017f]*")


@dataclass(frozen=True, slots=True)
class PdfResult:
    """What came of a compilation.

    ``pdf`` is None if there is none, and ``message`` says why in one line. ``problems`` are the
    lines of the log about what stands over a margin or is missing in a font.
    """

    pdf: Path | None
    engine: str = ""
    message: str = ""
    problems: tuple[str, ...] = ()


def find_engine(tex: str) -> str | None:
    """Return the first engine on the PATH that can set the letters of ``tex``, else the first."""
    found = [engine for engine in ENGINES if shutil.which(engine)]
    if not _LATIN.fullmatch(tex):  # pdflatex stops at a letter that its fonts lack
        found.sort(key=lambda engine: engine == "pdflatex")
    return found[0] if found else None


def compile_pdf(tex: Path, *, handout: bool = False) -> PdfResult:
    """Compile ``tex`` and put the PDF beside it; ``handout`` gives one page per slide.

    The engine runs in a folder of its own and may not start other programs; an old PDF stays
    until a new one is complete.
    """
    engine = find_engine(tex.read_text("utf-8"))
    if engine is None:
        return PdfResult(None, message=_MISSING)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "deck.tex"
        prefix = "\\def\\handout{}\n" if handout else ""
        source.write_text(prefix + tex.read_text("utf-8"), "utf-8")
        for _ in range(1 if engine == "tectonic" else _PASSES):
            failure = _run(engine, source)
            if failure:
                return PdfResult(None, engine, f"{tex.name} did not compile: {failure}")
        target = tex.with_suffix(".pdf")
        _move(source.with_suffix(".pdf"), target)
        return PdfResult(target, engine, problems=tuple(_PROBLEM.findall(_log(source))))


def _run(engine: str, source: Path) -> str:
    """Run one pass; return what went wrong, or nothing."""
    options = ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error"]
    if engine == "tectonic":
        options = ["--keep-logs", "--untrusted"]
    fixed = {"SOURCE_DATE_EPOCH": _EPOCH, "FORCE_SOURCE_DATE": "1", "max_print_line": "1000"}
    try:
        done = subprocess.run(  # noqa: S603  an engine from the list above, no shell
            [engine, *options, source.name],
            cwd=source.parent,
            env={**os.environ, **fixed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{engine} took more than {_SECONDS} seconds"
    if done.returncode == 0:
        return ""
    error = _ERROR.search(_log(source))
    return error.group(0) if error else f"{engine} ended with exit code {done.returncode}"


def _log(source: Path) -> str:
    log = source.with_suffix(".log")
    return log.read_text("utf-8", errors="replace") if log.exists() else ""


def _move(new: Path, target: Path) -> None:
    """Replace ``target`` in one step, from a copy in its own folder."""
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".pdf", delete=False) as copy:
        copy.write(new.read_bytes())
    Path(copy.name).chmod(0o644)
    Path(copy.name).replace(target)
