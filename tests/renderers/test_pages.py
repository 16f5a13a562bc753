"""Slides that would be too high or too wide are cut and broken, and lose nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_deck import CODE, derivation_of_bias, long_code, long_sums, sample_deck

from symderiv.expression import Brackets, Name, Number, Product, Sum, Text
from symderiv.renderers.deck import Block, Bullets, Code, Deck, Equations, Row, Slide, Steps
from symderiv.renderers.pages import Page, pages

ROW = derivation_of_bias().rows[1]


def paged(*blocks: Block) -> tuple[Page, ...]:
    """Return the pages of one slide."""
    return pages(Deck("", "", "", (Slide(("Title",), blocks, notes="say this"),)))


def rows_of(page: Page) -> tuple[Row, ...]:
    """Return the rows of a page's derivation."""
    (block,) = page.slide.blocks
    assert isinstance(block, Steps)
    return block.rows


def test_a_slide_that_fits_stays_as_it_is() -> None:
    """Nothing is cut without need."""
    derivation = derivation_of_bias()
    (page,) = paged(derivation)
    assert page.slide.blocks == (derivation,)


def test_a_long_derivation_is_cut_and_repeats_the_last_line() -> None:
    """A part that goes on shows where it goes on from, under the left side in force."""
    rows = tuple(replace(ROW, tag=str(i)) for i in range(12))
    rows = (replace(rows[0], left=Number("0")), *rows[1:])
    first, *others = paged(Steps(rows))
    assert others
    shown = list(rows_of(first))
    for page in others:
        repeated, *new = rows_of(page)
        assert repeated == Row(Number("0"), shown[-1].right)
        shown += new
    assert tuple(shown) == rows


def test_continued_slides_say_so_and_notes_stay_with_the_first() -> None:
    """A lecturer reads the notes once."""
    first, *others = paged(Bullets(tuple((f"Point {i}",) for i in range(40))))
    assert (first.slide.title, first.slide.notes) == (("Title",), "say this")
    assert others
    assert all(page.slide.title == ("Title", " (continued)") for page in others)
    assert not any(page.slide.notes for page in others)


def test_source_text_is_cut_between_functions() -> None:
    """No function is torn where it would fit on a slide of its own."""
    sources = [
        block.source
        for page in pages(Deck("", "", "", (long_code(),)))
        for block in page.slide.blocks
        if isinstance(block, Code)
    ]
    assert len(sources) > 1
    assert all(source.startswith("def ") for source in sources)
    assert "\n".join(sources).count("def ") == (CODE * 3).count("def ")


def test_a_sum_that_is_too_wide_goes_on_in_the_next_line() -> None:
    """Every term is still there, in order, and the tag stands at the end."""
    deck = Deck("", "", "", (long_sums(),))
    blocks = [block for page in pages(deck) for block in page.slide.blocks]
    rows = [row for block in blocks if isinstance(block, Steps) for row in block.rows]
    lines = [line for block in blocks if isinstance(block, Equations) for line in block.lines]
    assert len([row for row in rows if row.sign]) == len(long_sums().blocks)
    assert [line.goes_on for line in lines] == [False, True, True]
    assert [bool(line.tag) for line in lines] == [False, False, True]
    terms = [
        term
        for row in rows
        if isinstance(row.right, Sum)
        for term in row.right.terms
        if term != Text("")
    ]
    steps = long_sums().blocks[0]
    assert isinstance(steps, Steps)
    assert terms == [t for row in steps.rows if isinstance(row.right, Sum) for t in row.right.terms]


@pytest.mark.parametrize("sign", ["", "cdot"])
def test_a_factor_that_is_a_sum_keeps_its_brackets(sign: str) -> None:
    """Alone in its line, or it would be the sum's last term that the next line multiplies."""
    factor = Sum(tuple(Name("w", (Number(str(n)),)) for n in range(30)))
    steps = Steps((Row(Name("z"), Product((factor, factor), sign)),))
    found = pages(Deck("", "", "", (Slide(("",), (steps,)),)))
    blocks = [block for page in found for block in page.slide.blocks]
    rows = [row.right for block in blocks if isinstance(block, Steps) for row in block.rows]
    assert len(rows) == 2
    assert rows[0] == Brackets(factor)
    assert isinstance(rows[1], Product)


@pytest.mark.parametrize("count", [1, 3, 9, 30])
def test_no_page_is_empty(count: int) -> None:
    """Cutting gives slides with something on them."""
    for page in paged(Steps((ROW,) * count), *sample_deck().slides[-3].blocks):
        assert page.slide.blocks
