"""The Beamer deck: one plain file that compiles without a complaint, whatever it says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from needs import needs_tex
from pypdf import PdfReader
from sample_deck import hostile_deck, sample_deck

from symderiv.renderers.beamer import beamer
from symderiv.renderers.pages import pages
from symderiv.renderers.pdf import compile_pdf

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = {"amsmath", "amssymb", "bm", "booktabs", "fontenc", "iftex", "inputenc", "listings"}
ALLOWED |= {"lmodern", "mathtools", "tikz"}


def clicks(tex: str) -> int:
    """Return the number of pages: of each frame, the last click at which something appears."""
    frames = tex.split("\\begin{frame}")[1:]
    specs = (re.findall(r"step\{(\d+)\}|<(\d+)->", frame) for frame in frames)
    return sum(max((int(a or b) for a, b in found), default=1) for found in specs)


def test_only_common_packages() -> None:
    """A plain TeX installation has everything that the file loads."""
    loaded = re.findall(r"\\usepackage(?:\[\w+\])?\{([\w,]+)\}", beamer(sample_deck()))
    assert {name for names in loaded for name in names.split(",")} <= ALLOWED


def test_ascii_but_for_the_words_of_the_deck() -> None:
    """What we write ourselves survives any editor."""
    assert beamer(sample_deck()).isascii()
    assert beamer(replace(sample_deck(), author="Gödel")).count("ö") == 1


def test_every_slide_has_its_title_and_its_body() -> None:
    """In order, none of them empty, and each kind of block is among them."""
    slide = re.compile(r"\\frametitle\{([^\n]*)\}\n(.*?)\\end\{frame\}", re.DOTALL)
    shown = slide.findall(beamer(sample_deck()))
    assert len(shown) == len(pages(sample_deck()))
    assert all(title.strip() and body.strip() for title, body in shown)
    bodies = "".join(body for _, body in shown)
    for kind in ("tikzpicture", "lstlisting", "tabular", "itemize", "align*"):
        assert f"\\begin{{{kind}}}" in bodies


def test_same_deck_same_file() -> None:
    """A second run changes nothing."""
    assert beamer(sample_deck()) == beamer(sample_deck())


@pytest.mark.tex
def test_the_deck_compiles_without_a_complaint(tmp_path: Path) -> None:
    """Nothing stands over a margin, no letter is missing, and every click has its page."""
    needs_tex()
    tex = tmp_path / "slides.tex"
    tex.write_text(beamer(sample_deck()), "utf-8")
    result = compile_pdf(tex)
    assert (result.message, result.problems) == ("", ())
    assert result.pdf is not None
    reader = PdfReader(result.pdf)
    assert len(reader.pages) == clicks(tex.read_text("utf-8"))
    box = reader.pages[0].mediabox
    assert float(box.width) / float(box.height) == pytest.approx(16 / 9, abs=0.01)
    first = result.pdf.read_bytes()
    compile_pdf(tex)
    assert result.pdf.read_bytes() == first


@pytest.mark.tex
def test_a_handout_has_one_page_per_slide(tmp_path: Path) -> None:
    """For paper the steps are left out."""
    needs_tex()
    tex = tmp_path / "slides.tex"
    tex.write_text(beamer(sample_deck()), "utf-8")
    result = compile_pdf(tex, handout=True)
    assert result.pdf is not None
    assert len(PdfReader(result.pdf).pages) == len(pages(sample_deck())) + 1


@pytest.mark.tex
def test_hostile_words_come_out_as_they_are(tmp_path: Path) -> None:
    """No word of a deck is a command."""
    needs_tex()
    tex = tmp_path / "slides.tex"
    tex.write_text(beamer(hostile_deck()), "utf-8")
    result = compile_pdf(tex)
    assert result.message == ""
    assert result.pdf is not None
    shown = PdfReader(result.pdf).pages[1].extract_text()
    assert all(piece in shown for piece in ("<script>", "100%", r"\input{c}", "$x$", "_a_"))


@pytest.mark.tex
def test_an_error_is_reported_in_one_line(tmp_path: Path) -> None:
    """The first error of the log is the message, and an old PDF stays."""
    needs_tex()
    tex, old = tmp_path / "slides.tex", tmp_path / "slides.pdf"
    tex.write_text("\\documentclass{article}\\begin{document}\\wrong\\end{document}")
    old.write_bytes(b"old")
    result = compile_pdf(tex)
    assert result.pdf is None
    assert result.message == "slides.tex did not compile: ! Undefined control sequence."
    assert old.read_bytes() == b"old"


def test_without_an_engine_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No TeX is no crash."""
    monkeypatch.setenv("PATH", str(tmp_path))
    tex = tmp_path / "slides.tex"
    tex.write_text("")
    result = compile_pdf(tex)
    assert result.pdf is None
    assert "apt-get install texlive-latex-recommended" in result.message
    assert "\n" not in result.message
