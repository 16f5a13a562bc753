"""Formulas in Markdown: what is one, what is none, and where exactly it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from symderiv.documents import Document, Row, parse, read
from symderiv.errors import DocumentError

LECTURE = Path(__file__).parents[1] / "examples" / "lectures" / "backpropagation-xor.md"


def checked(text: str, kind: str = "markdown", folder: Path | None = None) -> Document:
    """Return a document whose offsets, lines and numbers are what they say."""
    document = parse(text, kind, folder=folder)
    end = 0
    shown = [formula.n for formula in document.formulas if formula.display]
    assert shown == list(range(1, len(shown) + 1))
    for formula in document.formulas:
        assert formula.rows
        assert (formula.n is not None) == formula.display
        assert (formula.group is not None) == formula.in_table
        assert len(formula.before) <= 300
        assert len(formula.after) <= 300
        for row in formula.rows:
            check_row(document.source, row)
            assert kind == "notebook" or document.source[row.start : row.end] == row.latex
            assert end <= row.start
            end = row.end
    return document


def check_row(source: str, row: Row) -> None:
    """Each character of what is read has a place inside the row, and the row its lines."""
    assert 0 <= row.start < row.end <= len(source)
    lines = source.replace("\r\n", " \n").replace("\r", "\n")
    assert row.line == lines.count("\n", 0, row.start) + 1
    assert row.line_end == lines.count("\n", 0, row.end - 1) + 1
    assert row.text
    assert row.text == row.text.strip()
    assert row.latex == row.latex.strip()
    assert len(row.places) == len(row.text) + 1
    assert row.places[-1] == row.end
    assert len(row.ends) == len(row.text)
    pairs = zip(row.places, row.ends, strict=False)
    assert all(row.start <= start < end <= row.end for start, end in pairs)


def texts(text: str, kind: str = "markdown") -> list[list[str]]:
    """Return what is to be read of each formula, row by row."""
    return [[row.text for row in formula.rows] for formula in checked(text, kind).formulas]


DISPLAYED = {
    "on one line": "$$a = b$$",
    "in a sentence": "We have $$a = b$$ here.",
    "on own lines": "$$\na = b\n$$",
    "with blank lines": "Text.\n\n$$\n\na = b\n\n$$\n\nMore text.",
    "indented between its delimiters": "$$\n\n    a = b\n\n$$",
    "in brackets": "\\[a = b\\]",
    "in brackets on own lines": "\\[\na = b\n\\]",
    "in escaped brackets": "\\\\[a = b\\\\]",
    "in an environment": "\\begin{align}a = b\\end{align}",
    "in a starred environment": "Text\n\\begin{equation*}\na = b\n\\end{equation*}\n",
    "in environments": "$$\\begin{equation}\\begin{split}\na = b\n\\end{split}\\end{equation}$$",
    "in a math fence": "```math\na = b\n```",
    "in a directive of MyST": "```{math}\n:label: x\na = b\n```",
    "in a latex fence": "~~~latex\na = b\n~~~",
    "in a tex fence with delimiters": "```tex\n% $c$\n\\[ a = b \\]\n```",
    "in a list": "- item\n\n  $$\n  a = b\n  $$\n",
    "in a quotation": "> $$\n> a = b\n> $$\n",
    "in an open fence": "```math\na = b",
    "in a division": "<div>\n$$a = b$$\n</div>",
    "with Windows line ends": "Text\r\n\r\n$$\r\na = b\r\n$$\r\n",
    "after a byte order mark": "\ufeff---\ntitle: $x$\n---\n$$a = b$$",
    "numbered": "$$a = b \\tag{1}$$",
}


@pytest.mark.parametrize("text", DISPLAYED.values(), ids=DISPLAYED)
def test_what_is_displayed(text: str) -> None:
    """However it is delimited, it is the same equation."""
    (formula,) = checked(text).formulas
    assert formula.n == 1
    assert [row.text for row in formula.rows] == ["a = b"]


INLINE = {
    "in dollars": ("so $x^2$ it is", "x^2"),
    "in parentheses": ("so \\(x^2\\) it is", "x^2"),
    "in escaped parentheses": ("so \\\\(x^2\\\\) it is", "x^2"),
    "as on GitHub": ("so $`x_1`$ it is", "x_1"),
    "over two lines": ("so $x\n+ y$ it is", "x\n+ y"),
    "on lines of its own": ("so\n$\nx\n$\nit is", "x"),
    "in an environment": ("so \\begin{math}x^2\\end{math} it is", "x^2"),
    "with a dollar": ("so $x = \\$5$ it is", "x = \\$5"),
    "with words": ("so $x \\text{ if } y$ it is", "x \\text{ if } y"),
}


@pytest.mark.parametrize(("text", "expected"), INLINE.values(), ids=INLINE)
def test_what_is_inline(text: str, expected: str) -> None:
    """It has no number, and the words around it are known."""
    (formula,) = checked(text).formulas
    assert not formula.display
    assert [row.text for row in formula.rows] == [expected]
    assert formula.before == "so"
    assert formula.after == "it is"


NONE = {
    "prices": "It costs $5 and $6.",
    "a price with a digit behind": "From $5 to 10$7.",
    "escaped dollars": "\\$x\\$ and \\$$",
    "a space after the first dollar": "$ x$",
    "a space before the last dollar": "$x $",
    "an empty formula": "$$ $$ and $$$$ and \\(\\)",
    "only a label": "$$\\label{eq:1}$$",
    "only a comment": "$$\n% nothing\n$$",
    "inline code": "`$x$` and ``$$a = `b$$``",
    "a code fence": "```python\n$$a = b$$\n```",
    "a code fence in a list": "- item\n  ```\n  $x$\n  ```\n",
    "a code fence that is open": "~~~\n$x$\n",
    "indented code": "Text.\n\n    $$a = b$$\n",
    "front matter": "---\ntitle: $x$\n---\n",
    "front matter with Windows line ends": "---\r\ntitle: $x$\r\n---\r\n",
    "a comment": "<!-- $x$\n\n$$y$$ -->",
    "a script": '<script type="x">\n\n$x$\n\n</script>',
    "over a blank line": "a $x\n\ny$ b",
    "over a heading": "a $x\n# y$ b",
    "over items": "* a $x\n* y$ b",
    "over table rows": "|a|b|\n|-|-|\n|$x|b|\n|y$|b|\n",
    "a reference": "see \\[1\\] and \\[Smith, 2003\\]",
    "open brackets": "see \\[ and \\( and \\\\[ and \\begin{align}",
    "another environment": "\\begin{itemize}x = y\\end{itemize}",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_no_formula(text: str) -> None:
    """Code, prices and comments look like formulas at times."""
    assert checked(text).formulas == ()


def test_an_escaped_backtick_opens_no_code() -> None:
    """Nor does one that is never closed, or closed in another paragraph only."""
    assert texts("\\`$x$\\`") == [["x"]]
    assert texts("a ` b $x$\n\nc ` d") == [["x"]]
    assert texts("``a'' $x$") == [["x"]]


def test_a_notebook_shows_spaces_and_markdown_does_not() -> None:
    """What is left out for its spaces is noted, since elsewhere it is a formula."""
    document = checked("Text\n\nso $ x = 1 $ it is")
    assert document.formulas == ()
    assert document.notes == (
        "$ x = 1 $ is no formula in Markdown, with the spaces inside its dollars, at line 3",
    )


OPEN = {
    "display": ("Text\n\n$$ a = b\n\nMore text.", "unclosed $$ at line 3"),
    "brackets": ("Text\n\\[ a = b", "unclosed \\[ at line 2"),
    "environment": ("\\begin{align} a", "unclosed \\begin{align} at line 1"),
    "code": (
        "Text\n\n    $$x$$\n",
        "a formula indented by four spaces is code: left out at line 3",
    ),
}


@pytest.mark.parametrize(("text", "note"), OPEN.values(), ids=OPEN)
def test_what_is_left_out_is_noted(text: str, note: str) -> None:
    """With its line."""
    assert checked(text).notes == (note,)


def test_an_open_display_does_not_turn_the_next_ones_inside_out() -> None:
    """The formulas after it are found, although an odd number of delimiters stands before them."""
    text = "$$ a = b\n\n$$c = d$$\n\nThe next one:\n\n$$\ne = f\n$$\n"
    assert texts(text) == [["c = d"], ["e = f"]]
    text = "$$\na = b\n\nThis is the next one:\n\n$$\nc = d\n$$\n\n$$e = f$$"
    assert texts(text) == [["c = d"], ["e = f"]]
    assert texts("$$ a = b\n\n```\ncode\n```\n\n$$\nc = d\n$$") == [["c = d"]]
    assert texts("\\[ a = b\n\nText \\[ c = d \\]") == [["c = d"]]


def test_a_display_with_blank_lines_is_one_although_others_follow() -> None:
    """Its delimiters stand alone in their lines, and words between it and the next are prose."""
    text = "$$\n\na = b\n\n$$\nand $$c = d$$"
    assert texts("$$\n\na = b\n\n$$\n$$\nc = d\n$$") == [["a = b"], ["c = d"]]
    assert texts(text.replace("and", "and as a consequence")) == [["a = b"], ["c = d"]]


def test_the_formulas_of_a_table_row_share_a_group() -> None:
    r"""A cell may hold words, and ``\|`` is a bar."""
    text = "$a$\n\n| f | f' |\n|---|----|\n| $x^2$ | $2x$ |\n| sin | $\\|x\\|$ |\n\n$b$"
    found = [(f.group, f.in_table, f.rows[0].text) for f in checked(text).formulas]
    assert found == [
        (None, False, "a"),
        (1, True, "x^2"),
        (1, True, "2x"),
        (2, True, "|x|"),
        (None, False, "b"),
    ]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("w\\_1 \\* x", "w_1 * x"),
        ("\\text{a\\_b}\\_1", "\\text{a\\_b}_1"),
        ("\\\\frac{a}{b}", "\\frac{a}{b}"),
        ("\\\\{x\\\\} + \\\\alpha", "\\{x\\} + \\alpha"),
        ("a &lt; b &gt; c", "a < b > c"),
    ],
)
def test_escapes_of_markdown_are_undone(written: str, read_as: str) -> None:
    """What Markdown takes away is taken away; the source keeps it, and each place is right."""
    (formula,) = checked(f"Text\n\n$${written}$$\n").formulas
    (row,) = formula.rows
    assert row.latex == written
    assert row.text == read_as


def test_what_a_character_was_escaped_as_has_a_place() -> None:
    """An underscore comes from a backslash and an underscore."""
    (formula,) = checked("$w\\_1$").formulas
    (row,) = formula.rows
    assert row.places == (1, 2, 4, 5)
    assert row.ends == (2, 4, 5)


def test_rows_in_escaped_brackets() -> None:
    """Four backslashes end a row there, and two before a word are one."""
    assert texts("\\\\[ \\\\alpha = b \\\\\\\\ c = d \\\\]") == [["\\alpha = b", "c = d"]]
    assert texts("\\\\[ \\frac{a}{b} = \\\\{c\\\\} \\\\]") == [["\\frac{a}{b} = \\{c\\}"]]
    assert texts("$$ a = b \\\\c = d $$") == [["a = b", "c = d"]]


def test_the_words_around_a_formula() -> None:
    """Plain words; a display also has the nearest ones of the paragraphs around it."""
    text = (
        "# Some *title*\n\nFor **each** [point](http://x.y/z) and `w` we have \\(x\\) so\n\n"
        "$$a = b$$\n\n$$c = d$$\n\n- where $y$ holds\n- and $z$ <br> not\n"
    )
    around = [(formula.before, formula.after) for formula in checked(text).formulas]
    assert around == [
        ("For each point and w we have", "so"),
        ("For each point and w we have $x$ so", "where $y$ holds"),
        ("For each point and w we have $x$ so", "where $y$ holds"),
        ("where", "holds"),
        ("and", "not"),
    ]


def test_the_words_around_a_formula_are_few() -> None:
    """As many whole words as 300 characters hold."""
    (formula,) = checked(f"{'before ' * 100}$x${' after' * 100}").formulas
    assert formula.before == ("before " * 42).strip()
    assert formula.after == ("after " * 50).strip()


def test_the_lecture() -> None:
    """Every display equation is found where a careful reader found it."""
    document = read(LECTURE)
    shown = {formula.n: formula.rows[0] for formula in document.formulas if formula.display}
    assert len(shown) == 38
    lines = {1: 16, 7: 46, 8: 50, 14: 70, 17: 90, 23: 116, 30: 144, 32: 156, 35: 169, 36: 171}
    assert {n: shown[n].line for n in lines} == lines
    assert shown[38].line == shown[38].line_end == 181
    assert document.notes == ()
    checked(LECTURE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.md", None, "a.md: expected a file"),
        ("a.md", b"x\n\ny \xff", "a.md, line 3: expected UTF-8"),
        ("a.md", b"x" * 5_000_001, "a.md: expected at most 5,000,000 bytes"),
        ("a.ipynb", b'{"cells":\n [}', "a.ipynb, line 2: no JSON: Expecting value"),
        ("a.ipynb", b"[]", "a.ipynb: no notebook: it has no cells"),
    ],
)
def test_what_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    """The message names the file, and the line if there is one."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / name)
    assert str(caught.value) == f"{tmp_path}/{message}"


def test_an_unknown_kind_has_a_nearest() -> None:
    """And a text can be as long as a file."""
    with pytest.raises(DocumentError, match=r"^-: unknown kind 'latx'; did you mean 'latex'\?$"):
        parse("", "latx")
    with pytest.raises(DocumentError, match="-: expected at most 5,000,000 characters"):
        parse("x" * 5_000_001)


@pytest.mark.parametrize("suffix", ["md", "markdown", "jmd", "rmd", "qmd", "txt", "", "unknown"])
def test_what_has_no_known_suffix_is_markdown(tmp_path: Path, suffix: str) -> None:
    """Lines end as they do in the file."""
    path = tmp_path / f"notes.{suffix}"
    path.write_bytes(b"a\r\n$$x$$\r\n")
    document = read(path)
    assert document.path == str(path)
    assert document.source == "a\r\n$$x$$\r\n"
    assert [formula.rows[0].line for formula in document.formulas] == [2]
