"""The grades of a class as a table, for a spreadsheet and as a page: exact, and safe."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.cells import cell_len
from sample_reports import HOSTILE, equation, fault, hostile, sample

from symderiv.grading import Grade
from symderiv.grading.mistakes import Mistake, left_side, mistakes
from symderiv.grading.reports import FORMATS
from symderiv.verification.records import Equation, Link, Report, Verdict

EMPTY = Report("c.md", ())
CLASS = (
    Grade("a.md", sample()),
    Grade("b.md", error="expected a file"),
    Grade("c.md", EMPTY),
)
ATTACK = (Grade(f"{HOSTILE}.md", hostile()), Grade(f"={HOSTILE}", error=HOSTILE))


def test_text() -> None:
    """A row for each file, how the class fared, and what it gets wrong."""
    assert FORMATS["text"](CLASS) == (
        """\
file  right  wrong  slips  cannot tell  first mistakes
a.md      0      1      1            2  wrong index (line 3)
b.md                                    expected a file
c.md      0      0      0            0  no equations

3 files: 1 with nothing wrong, 1 with wrong equations, 1 not graded

most frequent mistakes
 files  mistake      equation
1 of 1  wrong index  a
"""
    )


def test_text_of_one_clean_file() -> None:
    """There is no table of mistakes where there is none."""
    source = "$a = b$"
    clean = Report("a.md", (equation(source, "a = b", "right", Link("right")),), source=source)
    assert FORMATS["text"]([Grade("a.md", clean)]).splitlines()[1:] == [
        "a.md      1      0      0            0",
        "",
        "1 file: 1 with nothing wrong, 0 with wrong equations, 0 not graded",
    ]


def test_csv() -> None:
    """Numbers are numbers; an error has a column of its own."""
    assert FORMATS["csv"](CLASS) == (
        """\
"file","right","wrong","slips","cannot tell","first mistakes","error"
"a.md",0,1,1,2,"wrong index (line 3)",""
"b.md","","","","","","expected a file"
"c.md",0,0,0,0,"no equations",""
"""
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "\t=", "\r=", " @", "\n+"])
def test_no_cell_is_a_formula(sign: str) -> None:
    """Not even behind white space; a comma or a semicolon starts no cell."""
    attack = f'{sign}HYPERLINK("x"),=1;=2'
    ((name, *_, error),) = list(
        csv.reader(StringIO(FORMATS["csv"]([Grade(attack, error=attack)])))
    )[1:]
    assert name == error == f'\'{sign.strip()}HYPERLINK("x"),=1;=2'
    assert '"x"' not in FORMATS["csv"]([Grade(attack)]).replace('""x""', "")


def several(*faults: tuple[str, str, Verdict]) -> Report:
    """Return a report of equations, each with a mistake and a verdict."""
    rows = [
        Equation(n, 1, n, n, latex, verdict, (Link(verdict, mistake=mistake),))
        for n, (latex, mistake, verdict) in enumerate(faults, 1)
    ]
    return Report("a.md", tuple(rows))


def test_the_first_three_mistakes_are_named() -> None:
    """What is right or a slip is none; how many more there are is said."""
    report = several(
        ("a = 1", "sign", "wrong"),
        ("b = 1", "", "right"),
        ("c = 1", "", "slip"),
        ("d = 1", "wrong index", "wrong"),
        ("e = 1", "", "wrong"),
        ("f = 1", "sign", "wrong"),
    )
    last = next(csv.DictReader(StringIO(FORMATS["csv"]([Grade("a.md", report)]))))["first mistakes"]
    assert last == "sign (line 1), wrong index (line 4), wrong (line 5), and 1 more"


def test_the_mistakes_of_a_class_are_counted_by_files() -> None:
    """The most frequent first; a file counts once, and only if it says something about it."""
    once = several((r"\frac{∂L}{∂w_2} = 1", "sign", "wrong"), ("b = 2", "lost factor", "wrong"))
    twice = several(*[(r"\dfrac{\partial L}{\partial w_{2}} &= 3", "sign", "wrong")] * 2)
    right = several((r"\frac{\partial L}{\partial w_2}=4", "", "right"))
    silent = several((r"\frac{\partial L}{\partial w_2}=4", "", "cannot tell"))
    class_ = [Grade(str(n), report) for n, report in enumerate((once, twice, right, silent))]
    assert mistakes([*class_, Grade("e", error="x")]) == [
        Mistake(r"\frac{\partial L}{\partial w_{2}}", "sign", 2, 3),
        Mistake("b", "lost factor", 1, 1),
    ]


def test_a_row_that_goes_on_is_about_the_same() -> None:
    """Within one formula; the first row of another is about nothing that is known."""
    link = Link("wrong", mistake="sign")
    rows = [
        Equation(n, row, 1, 1, latex, "wrong", (link,))
        for n, row, latex in ((1, 1, "a &= 1"), (1, 2, "&= 2"), (2, 1, "= 3"), (None, 1, "= 4"))
    ]
    report = Report("a.md", tuple(rows))
    assert [(each.equation, each.files) for each in mistakes([Grade("a.md", report)])] == [
        ("", 1),
        ("a", 1),
    ]


SPELLINGS = [
    (r"\frac{\partial L}{\partial w_{21}^{(1)}}", r"\dfrac { ∂L }{∂w^{(1)}_{2 1}} &= 1"),
    (r"\hat{y}_{i}", r"\hat y_i \label{eq} = z"),
    (r"\mathbf{W}^{\top}", r"\left. \mathbf W^\top = 1"),
    (r"f'(x)", r"f^\prime \, (x) = 2"),
    (r"\text{loss}", r"\text{loss} = 3"),
    (r"\begin{pmatrix}a & b \\ c & d\end{pmatrix}", r"\begin{pmatrix} a&b\\c&d \end{pmatrix} = M"),
    (r"{{\b", "{{ \\b = 1"),
    ("x" * 200 + " ...", "x" * 5_000),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS, ids=[row[0][:30] for row in SPELLINGS])
def test_one_equation_has_one_spelling(one: str, other: str) -> None:
    """However it was typed; the spelling is its own."""
    assert left_side(other) == one
    assert left_side(f"{one.removesuffix(' ...')} = 5").removesuffix(" ...") == one[:200]


def test_many_mistakes_are_not_all_listed() -> None:
    """One file cannot hide what the others get wrong."""
    flood = several(*[(f"a_{{{n}}} = 1", "sign", "wrong") for n in range(100)])
    grades = [Grade("a.md", flood), *[Grade(n, several(("b=1", "x", "wrong"))) for n in "bc"]]
    text, page = (FORMATS[form](grades) for form in ("text", "html"))
    assert text.splitlines()[-17:-14] == [
        " files  mistake  equation",
        "2 of 2  x        b",
        "1 of 1  sign     a_{0}",
    ]
    assert text.splitlines()[-1] == "and 86 more"
    assert '<p class="muted">and 86 more</p>' in page


class Page(HTMLParser):
    """Collects a page's elements, attributes, headings and links."""

    def __init__(self, source: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.targets: list[str] = []
        self.cells: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.targets += [f"#{value}" for name, value in attrs if name == "id"]
        if tag in {"td", "th", "h2"}:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self.cells and data.strip():
            self.cells[-1] += data.strip()


def test_html() -> None:
    """The tables, and below them each file with its equations, to which its row leads."""
    source = FORMATS["html"](CLASS)
    page = Page(source)
    assert page.links == page.targets == ["#file-1", "#file-3"]
    cells = " | ".join(page.cells)
    assert "Most frequent mistakes | files | mistake | equation | 1 of 1 | wrong index | a" in cells
    assert "| a.md | 0 | 1 | 1 | 2 | wrong index (line 3) | b.md |  |  |  |  | expected" in cells
    assert "w_{11}" in cells  # what is right, from the page of one document
    assert "3 files: 1 with nothing wrong" in source


def test_html_of_a_hostile_class() -> None:
    """No element and no attribute but the page's own, and nothing is loaded."""
    source = FORMATS["html"](ATTACK)
    page, own = Page(source), Page(FORMATS["html"](CLASS))
    assert (page.tags, page.attributes) == (own.tags, own.attributes)
    assert not {"script", "img", "iframe"} & page.tags
    assert page.links == ["#file-1"]
    assert "default-src 'none'" in source


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_commands_a_terminal(form: str) -> None:
    """Escape codes, bells and changes of direction are shown, not obeyed."""
    printed = FORMATS[form](ATTACK)
    assert all(c.isprintable() or c == "\n" for c in printed)
    assert "[31m" in printed  # no markup of rich's is read, either


def test_text_fits_its_columns() -> None:
    """Whatever a file is called."""
    wide = [Grade("数" * 80 + "x" * 300, error="e " * 200), *ATTACK, *CLASS]
    assert max(cell_len(line) for line in FORMATS["text"](wide).splitlines()) <= 100
    assert re.search(r"^数+\b", FORMATS["text"](wide), re.MULTILINE)
    source = "$a = b$"
    found = fault(source, "b", "c", mistake="[red]sign[/red]")
    report = Report("a.md", (equation(source, "a = b", "wrong", found),), source=source)
    assert "[red]sign[/red]" in FORMATS["text"]([Grade("a.md", report)])
