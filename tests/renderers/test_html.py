"""The HTML deck in a real browser: it fits, steps, prints, and asks the network for nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from needs import needs_browser
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader
from sample_deck import HOSTILE, hostile_deck, sample_deck

import symderiv.renderers
from symderiv.renderers.html import html

Show = Callable[..., Page]
FONTS = Path(symderiv.renderers.__path__[0]) / "fonts"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MOST_BYTES = 1_000_000
STEPS = """[...document.querySelectorAll('.slide')].map((slide) => Math.max(0, ...[
  ...slide.querySelectorAll('[data-step]')].map((element) => Number(element.dataset.step))))"""
OUTSIDE = """() => {
  document.querySelector('main').style.transform = 'none';
  return [...document.querySelectorAll('.slide .body')].flatMap((body) => {
    const room = body.getBoundingClientRect();
    return [...body.querySelectorAll('*')].flatMap((element) => {
      const box = element.getBoundingClientRect();
      if (element.closest('defs, figcaption') || !box.width || !box.height) return [];
      const over = Math.max(room.left - box.left, box.right - room.right,
                            room.top - box.top, box.bottom - room.bottom);
      return over > 1 ? [[body.parentElement.id, element.tagName, Math.round(over)]] : [];
    });
  });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium once."""
    path = needs_browser()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sample deck once."""
    path: Path = tmp_path_factory.mktemp("deck") / "slides.html"
    path.write_text(html(sample_deck()), "utf-8")
    return path


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Return a function that opens a file, and fail if the page logs an error or asks for more."""
    contexts, asked, errors = [], [], []

    def opened(path: Path, at: str = "", size: tuple[int, int] = (1280, 720), **how: bool) -> Page:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height}, offline=True, **how
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.goto(path.as_uri() + at)
        page.evaluate("document.fonts.ready") if how.get("java_script_enabled", True) else None
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []


def place(page: Page) -> str:
    """Return the slide and step that the address bar shows."""
    return str(page.evaluate("location.hash"))


def test_one_small_file_with_nothing_outside() -> None:
    """The deck travels as a single attachment."""
    text = html(sample_deck())
    assert len(text.encode()) < MOST_BYTES
    assert not re.search(r"(?:src|href|url\()\s*=?\s*[\"']?\s*(?:https?:)?//", text)
    assert "default-src 'none'" in text


def test_same_deck_same_file() -> None:
    """A second run changes nothing."""
    assert html(sample_deck()) == html(sample_deck())


def test_hostile_words_are_escaped() -> None:
    """No word of a deck is markup."""
    text = html(hostile_deck())
    assert text.count("<script>") == 1  # our own
    assert text.count("&lt;script&gt;alert(1)") == text.count("alert(1)")


@pytest.mark.browser
def test_hostile_words_come_out_as_they_are(show: Show, tmp_path: Path) -> None:
    """The reader sees what the author wrote."""
    path = tmp_path / "hostile.html"
    path.write_text(html(hostile_deck()), "utf-8")
    assert show(path).locator("h1").inner_text() == HOSTILE


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1024, 768), (3440, 1440)])
def test_every_slide_fits(show: Show, deck: Path, size: tuple[int, int]) -> None:
    """Nothing, down to the last letter of a formula, leaves its slide's room."""
    assert show(deck, size=size).evaluate(OUTSIDE) == []


@pytest.mark.browser
def test_the_embedded_fonts_are_used(show: Show, deck: Path) -> None:
    """Mathematics and prose do not depend on what the machine has."""
    page = show(deck)
    for font in ("SD Math", "bold 20px SD Math", "SD Text", "bold 20px SD Text"):
        style, _, family = font.rpartition("SD ")
        assert page.evaluate(f"document.fonts.check('{style or '20px '}\"SD {family}\"')")


@pytest.mark.browser
def test_no_letter_is_missing_in_the_fonts(show: Show, deck: Path) -> None:
    """No reader sees an empty box."""
    known: set[int] = set()
    for font in FONTS.glob("*.woff2"):
        known |= set(TTFont(font).getBestCmap())
    text = set(show(deck).evaluate("document.querySelector('main').textContent"))
    assert {c for c in text if ord(c) not in known and unicodedata.category(c) != "Cf"} <= {"\n"}


@pytest.mark.browser
def test_keys_step_through_the_whole_deck_and_back(show: Show, deck: Path) -> None:
    """Every step is shown once; the way back is the same way."""
    page = show(deck)
    steps = page.evaluate(STEPS)
    wanted = [
        f"#{slide}" + (f".{step}" if step else "")
        for slide, count in enumerate(steps, start=1)
        for step in range(count + 1)
    ]
    seen = [place(page)]
    for _ in wanted[1:]:
        page.keyboard.press("ArrowRight")
        seen.append(place(page))
    assert seen == wanted
    page.keyboard.press("ArrowRight")
    assert place(page) == wanted[-1]
    for expected in reversed(wanted[:-1]):
        page.keyboard.press("ArrowLeft")
        assert place(page) == expected


@pytest.mark.browser
@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        ("#2", "End", "last"),
        ("#5", "Home", "#1"),
        ("#2", "Space", "#3"),
        ("#3", "Shift+Space", "#2"),
        ("#2", "PageDown", "#3"),
        ("#3", "PageUp", "#2"),
        ("#99", "x", "last"),
        ("#nonsense", "x", "#1"),
    ],
)
def test_keys(show: Show, deck: Path, start: str, key: str, end: str) -> None:
    """Each key does what lecturers know from other programs."""
    page = show(deck, start)
    page.keyboard.press(key)
    last = page.locator(".slide").count()
    assert place(page).split(".")[0] == (f"#{last}" if end == "last" else end)


@pytest.mark.browser
def test_a_link_leads_to_a_step(show: Show, deck: Path) -> None:
    """``#4.2`` is the fourth slide with two steps shown; other slides take no focus."""
    page = show(deck, "#4.2")
    rows = page.locator("#s4 .row .right")
    assert [rows.nth(i).is_visible() for i in range(4)] == [True, True, True, False]
    assert page.locator(".slide:not([inert])").count() == 1
    assert page.locator("#s4:not([inert])").count() == 1


@pytest.mark.browser
def test_without_javascript_everything_is_there(show: Show, deck: Path) -> None:
    """The file is readable wherever scripts are forbidden."""
    page = show(deck, java_script_enabled=False)
    hidden = page.locator("[data-step] math:not(:visible)")
    assert page.locator("[data-step]").count() > 0
    assert hidden.count() == 0


@pytest.mark.browser
def test_print_gives_a_page_per_slide(show: Show, deck: Path, tmp_path: Path) -> None:
    """Paper shows every step, at the slide's own proportions."""
    page = show(deck, "#4")
    count = page.locator(".slide").count()
    page.emulate_media(media="print")
    assert page.locator("[data-step] math:not(:visible)").count() == 0
    page.pdf(path=tmp_path / "deck.pdf", prefer_css_page_size=True, print_background=True)
    pages = PdfReader(tmp_path / "deck.pdf").pages
    assert len(pages) == count
    box = pages[0].mediabox
    assert float(box.width) / float(box.height) == pytest.approx(16 / 9, abs=0.01)


@pytest.mark.browser
def test_headings_and_descriptions(show: Show, deck: Path) -> None:
    """A screen reader finds one title, a heading per slide, and words for what is drawn."""
    page = show(deck)
    slides = page.locator(".slide").count()
    assert page.locator("h1").count() == 1
    assert page.locator("h2").count() == slides - 1
    assert page.locator("math:not([alttext])").count() == 0
    assert page.locator("figure").count() == page.locator("figure > svg > title").count() > 0


@pytest.mark.browser
def test_accessible(show: Show, deck: Path) -> None:
    """Axe finds nothing, on whichever slide one stands."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = show(deck, bypass_csp=True)
    for _ in range(page.locator(".slide").count()):
        result = axe.run(page)
        assert result.violations_count == 0, result.generate_report()
        page.keyboard.press("PageDown")
