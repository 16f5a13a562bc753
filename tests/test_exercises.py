"""Sheets with mistakes: the key is what verify finds, and the files are whole and in order."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from needs import needs_browser, needs_tex

import symderiv as sd
from symderiv.errors import OutputError, UnsupportedError
from symderiv.exercises import Sheet, planned, write
from symderiv.exercises.sheets import document
from symderiv.exercises.writing import sheet_html, sheet_tex
from symderiv.latex.printer import latex
from symderiv.renderers.pdf import compile_pdf

ROOT = Path(__file__).parents[1]
HOSTILE = r"<script>alert(1)</script> & \input{x} $ % _"


@cache
def sheet(spec: str, count: int = 5, seed: int = 0, notation: str | None = None) -> Sheet:
    """Return a sheet about one of the examples."""
    return planned(sd.load(ROOT / "examples" / f"{spec}.toml"), count, seed, notation)


CASES = [
    ("xor", "nielsen"),
    ("2-3-2-tanh-mse", "cs231n"),
    ("3-4-3-softmax", "d2l"),
    ("digits", None),
]


@pytest.mark.parametrize(("spec", "notation"), CASES)
def test_verify_finds_what_the_key_names(spec: str, notation: str | None) -> None:
    """Just the line of the key is wrong; some exercise has no mistake, and most have one."""
    made = sheet(spec, notation=notation)
    assert sum(exercise.answer is None for exercise in made.exercises) == 1
    for exercise in made.exercises:
        report = sd.verify(document(made.model, [exercise.lines]), budget=600)
        rows = [e for e in report.equations if e.n == len(made.model) + 1]
        wrong = [e.row for e in rows if e.verdict == "wrong"]
        assert {e.verdict for e in rows} <= {"right", "wrong"}
        assert wrong == ([exercise.answer.line] if exercise.answer is not None else [])


@pytest.mark.parametrize(("spec", "notation"), CASES)
def test_the_answer_is_the_line_as_it_should_be(spec: str, notation: str | None) -> None:
    """Put into its place, it leaves no line before it or in it wrong; it differs where marked."""
    made = sheet(spec, notation=notation)
    for exercise in made.exercises:
        answer = exercise.answer
        if answer is None:
            continue
        wrong, right = (latex(node) for node in (answer.wrong, answer.right))
        assert r"\hl{" in wrong
        assert r"\hl{" in right
        assert unmarked(wrong) != unmarked(right)
        assert answer.values[0] != answer.values[1]
        text = document(made.model, [exercise.lines])
        shown = latex(exercise.lines[answer.line - 1].right)
        mended = text.replace(f"&= {shown}", f"&= {unmarked(right)}", 1)
        assert mended != text
        report = sd.verify(mended, budget=600)
        rows = [e for e in report.equations if e.n == len(made.model) + 1]
        assert {e.verdict for e in rows[: answer.line]} == {"right"}


def unmarked(tex: str) -> str:
    r"""Return LaTeX without the braces of ``\hl``."""
    while (start := tex.find(r"\hl{")) >= 0:
        depth, end = 1, start + 4
        while depth:
            depth += {"{": 1, "}": -1}.get(tex[end], 0)
            end += 1
        tex = tex[:start] + tex[start + 4 : end - 1] + tex[end:]
    return tex


def test_the_seed_decides() -> None:
    """The same one gives the same sheet, another one another."""
    assert sheet_tex(sheet("xor", seed=1), 1, key=True) == sheet_tex(
        planned(sd.load(ROOT / "examples" / "xor.toml"), 5, 1), 1, key=True
    )
    assert sheet("xor", seed=1) != sheet("xor", seed=2)


def test_mistakes_are_of_many_kinds() -> None:
    """A sheet does not ask for the same thing twice while there is another."""
    answers = [e.answer for e in sheet("3-4-3-softmax", 8).exercises if e.answer is not None]
    assert len({answer.mistake for answer in answers}) >= 4


def test_more_than_there_are() -> None:
    """The network of the lecture has nine parameters."""
    with pytest.raises(UnsupportedError, match=r"^9 derivations .* not 10; ask for fewer"):
        sheet("xor", 10)


def test_the_files(tmp_path: Path) -> None:
    """Four, and what they were made from; an edit is not overwritten."""
    network = sd.load(ROOT / "examples" / "xor.toml")
    written = write(network, tmp_path, count=2, seed=3)
    assert [path.name for path in written] == [
        "exercises.tex",
        "exercises.html",
        "solutions.tex",
        "solutions.html",
        "report.json",
    ]
    record = json.loads(written[-1].read_text("utf-8"))
    assert record["seed"] == 3
    assert len(record["answers"]) == 2
    assert r"\hl" not in json.dumps(record)
    written[0].write_text("mine", "utf-8")
    with pytest.raises(OutputError, match=r"exercises\.tex"):
        write(network, tmp_path, count=2, seed=3)
    write(network, tmp_path, count=2, seed=3, force=True)
    assert written[0].read_text("utf-8") != "mine"


def test_the_sheet_does_not_give_the_answer_away() -> None:
    """Neither a mark nor a class stands on it."""
    made = sheet("xor")
    for text in (sheet_tex(made, 0, key=False), sheet_html(made, 0, key=False)):
        assert "\\hl{" not in text.replace(r"\hl{x}", "")
        assert 'class="hl"' not in text
        assert not any(e.answer.why in text for e in made.exercises if e.answer is not None)


class Tags(HTMLParser):
    """The elements of a page, each closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.seen.add(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onclick"}
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self._open.pop() == tag


def hostile() -> Sheet:
    """Return a sheet whose words mean something in LaTeX and in HTML."""
    made = sheet("xor")
    return Sheet(HOSTILE, HOSTILE, made.model, made.exercises)


@pytest.mark.parametrize("key", [False, True])
def test_html_is_self_contained(key: bool) -> None:  # noqa: FBT001  a parameter of the test
    """No script, nothing from elsewhere, and words are words."""
    text = sheet_html(hostile(), 0, key=key)
    assert not {"script", "img", "iframe", "link", "a"} & Tags(text).seen
    assert "default-src 'none'" in text
    assert re.findall(r"https?://", text) == []


@pytest.mark.tex
@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize("spec", ["xor", "3-4-3-softmax", "digits", "hostile"])
def test_latex_compiles_and_fits(spec: str, key: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """With pdflatex, no box over a margin."""
    needs_tex()
    made = hostile() if spec == "hostile" else sheet(spec)
    path = tmp_path / "sheet.tex"
    path.write_text(sheet_tex(made, 0, key=key), "utf-8")
    result = compile_pdf(path)
    assert result.pdf is not None, result.message
    assert result.problems == ()


@pytest.mark.browser
@pytest.mark.parametrize("key", [False, True])
def test_html_is_accessible(key: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Axe finds nothing, and no letter of the page asks the network."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    path = tmp_path / "sheet.html"
    path.write_text(sheet_html(sheet("xor"), 0, key=key), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs_browser(), args=["--no-sandbox"])
        page = browser.new_context(offline=True, bypass_csp=True).new_page()
        page.goto(path.as_uri())
        result = axe.run(page)
        assert result.violations_count == 0, result.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide
        browser.close()
