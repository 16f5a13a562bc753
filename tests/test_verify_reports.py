"""What verifying found, in six formats: exact where small, and safe whatever a document holds."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len
from sample_reports import HOSTILE, equation, fault, hostile, sample

import symderiv
from symderiv.verification.records import Link, Report
from symderiv.verification.reports import FORMATS

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[1] / "docs" / "verify.schema.json").read_text("utf-8"))
)


def test_text() -> None:
    """Each fault with its place, a caret below it, the mended equation, and why."""
    assert FORMATS["text"]([sample()]) == (
        """\
notes/a.md
    conventions: w_ij: from i to j
    assumptions: log is natural

notes/a.md:3: wrong: wrong index
    a = b + w_{21}
            ^^^^^^
    should be
    a = b + w_{11}
    at b = 0.5, w_{11} = 2: the left side is 2.5, the right side 3.5

notes/a.md:5: slip: a ∂ is missing
    c = d/e
        ^^^
    found d/e

notes/a.md:5: cannot tell: z is not defined
    y = \\frac{1}{2 z}

notes/a.md:5: cannot tell: unexpected '?'
    q = ?

4 equations: 0 definitions, 0 right, 1 wrong, 1 slip, 2 cannot tell
"""
    )


def test_text_of_a_clean_document() -> None:
    """Its path, and how much was looked at."""
    clean = Report(
        "b.md", (equation("$a = b$", "a = b", "right", Link("right")),), source="$a = b$"
    )
    assert FORMATS["text"]([clean, clean]) == "\n".join(
        ["b.md\n\n1 equation: 0 definitions, 1 right, 0 wrong, 0 slips, 0 cannot tell\n"] * 2
    )


LONG = " + ".join(f"数_{{{k}}} x_{{{k}}}" for k in range(40))


@pytest.mark.parametrize("place", [0, 1, 17, 38, 39])
def test_a_long_equation_is_a_window_round_its_fault(place: int) -> None:
    """At most 100 columns, in which some letters take two; the caret stands below the fault."""
    found = f"数_{{{place}}} x_{{{place}}}"
    report = Report(
        "a.md", (equation(LONG, LONG, "wrong", fault(LONG, found, "y", mistake="m")),), source=LONG
    )
    _, _, _, row, carets, _, new, *_ = FORMATS["text"]([report]).splitlines()
    assert max(cell_len(line) for line in (row, carets, new)) <= 100
    before, _, _ = row.partition(found)
    assert before != row
    assert carets == " " * cell_len(before) + "^" * cell_len(found)


def test_a_mistake_made_twice_is_marked_twice() -> None:
    """Each place is seen, though they are far apart."""
    source = f"(b - a) + {LONG} + (b - a)"
    link = fault(source, "(b - a)", "(a - b)", at=(0, len(source) - 7), mistake="sign")
    report = Report("a.md", (equation(source, source, "wrong", link),), source=source)
    first, below, last, below_last = FORMATS["text"]([report]).splitlines()[3:7]
    assert first.startswith("    (b - a) + 数")
    assert below == "    ^^^^^^^"
    assert last.endswith("} + (b - a)")
    assert below_last == " " * (cell_len(last) - 7) + "^" * 7


def test_the_lines_of_a_row_are_one_line() -> None:
    """White space of the source does not move the caret."""
    source = "a\n  =\tb \r\n + c"
    report = Report("a.md", (equation(source, source, "wrong", fault(source, "c")),), source=source)
    text = FORMATS["text"]([report])
    assert "a.md:3: wrong\n    a = b + c\n            ^\n" in text


def test_json() -> None:
    """The keys that are promised, and no others; what says nothing is left out."""
    data = json.loads(FORMATS["json"]([sample()]))
    (document,) = data.pop("documents")
    assert data == {"version": symderiv.__version__}
    equations = document.pop("equations")
    assert document == {
        "path": "notes/a.md",
        "conventions": ["w_ij: from i to j"],
        "assumptions": ["log is natural"],
    }
    wrong = {
        "verdict": "wrong",
        "found": "w_{21}",
        "should_be": "w_{11}",
        "mistake": "wrong index",
        "counterexample": {"values": {"b": 0.5, "w_{11}": 2.0}, "left": "2.5", "right": "3.5"},
    }
    assert equations[0] == {
        "n": 1,
        "row": 1,
        "line": 3,
        "line_end": 3,
        "latex": "a = b + w_{21}",
        "verdict": "wrong",
        "links": [{"verdict": "right", "how": "checked"}, wrong],
    }
    assert equations[3] == {
        "n": None,
        "row": 1,
        "line": 5,
        "line_end": 5,
        "latex": "q = ?",
        "verdict": "cannot tell",
        "links": [],
        "reason": "unexpected '?'",
    }


def test_json_is_as_the_schema_says() -> None:
    """Also for what is hostile, and for nothing at all."""
    for reports in ([sample(), sample()], [hostile()], []):
        SCHEMA.validate(json.loads(FORMATS["json"](reports)))
    data = json.loads(FORMATS["json"]([hostile()]))
    assert data["documents"][0]["equations"][0]["latex"] == HOSTILE
    data["documents"][0]["equations"][0]["verdict"] = "perhaps"
    assert not SCHEMA.is_valid(data)


def results(report: Report, *, strict: bool = False) -> list[dict[str, Any]]:
    """Return the results of a SARIF log, each with its rule's own words."""
    (run,) = json.loads(FORMATS["sarif"]([report], strict=strict))["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result.pop("ruleIndex")]
        assert rule["id"] == result.pop("ruleId")
        result["rule"] = rule["shortDescription"]["text"]
    found: list[dict[str, Any]] = run["results"]
    return found


def test_sarif() -> None:
    """Level, rule, place in the source, and what to write there."""
    wrong, slip, unknown, *_ = results(sample())
    region = {"startLine": 3, "endLine": 3, "startColumn": 11, "endColumn": 17}
    file = {"artifactLocation": {"uri": "notes/a.md"}}
    assert wrong == {
        "rule": "wrong index",
        "level": "error",
        "message": {
            "text": "wrong: wrong index; w_{{21}} should be w_{{11}}; at b = 0.5, w_{{11}} = 2: "
            "the left side is 2.5, the right side 3.5"
        },
        "locations": [{"physicalLocation": {**file, "region": region}}],
        "fixes": [
            {
                "description": {"text": "Write w_{{11}}"},
                "artifactChanges": [
                    {
                        **file,
                        "replacements": [
                            {"deletedRegion": region, "insertedContent": {"text": "w_{11}"}}
                        ],
                    }
                ],
            }
        ],
    }
    assert (slip["rule"], slip["level"], "fixes" in slip) == ("slip", "warning", False)
    assert (unknown["rule"], unknown["level"]) == ("cannot tell", "note")
    assert unknown["locations"][0]["physicalLocation"]["region"] == {"startLine": 5, "endLine": 5}
    assert [result["level"] for result in results(sample(), strict=True)][:2] == ["error"] * 2


def test_sarif_of_a_hostile_document() -> None:
    """No link and no placeholder in a message, and a path that is a URI."""
    (result,) = results(hostile())
    assert r"\[l\](http" in result["message"]["text"]
    place = result["locations"][0]["physicalLocation"]
    assert re.fullmatch(r"[\w%./-]+", place["artifactLocation"]["uri"])
    assert place["region"]["endLine"] == 2


def test_github() -> None:
    """One command for each fault."""
    assert FORMATS["github"]([sample()]).splitlines()[:2] == [
        (
            "::error file=notes/a.md,line=3,endLine=3,title=wrong%3A wrong index::"
            "w_{21} should be w_{11}%0A"
            "at b = 0.5, w_{11} = 2: the left side is 2.5, the right side 3.5"
        ),
        "::warning file=notes/a.md,line=5,endLine=5,title=slip%3A a ∂ is missing::found d/e",
    ]
    assert FORMATS["github"]([sample()]).splitlines()[2] == (
        "::notice file=notes/a.md,line=5,endLine=5,title=cannot tell%3A z is not defined"
        "::y = \\frac{1}{2 z}"
    )
    assert FORMATS["github"]([sample()], strict=True).splitlines()[1].startswith("::error ")


def test_github_of_a_hostile_document() -> None:
    """It gives no commands of its own."""
    (line,) = FORMATS["github"]([hostile()]).splitlines()
    properties, message = line.removeprefix("::error ").split("::", 1)
    assert [part.split("=")[0] for part in properties.split(",")] == [
        "file",
        "line",
        "endLine",
        "title",
    ]
    assert not re.search(r"%(?!25|0A|3A|2C)", properties + message)
    assert "\x1b" not in line


def test_junit() -> None:
    """What is wrong fails, what nobody can tell is skipped, a slip passes unless it may not."""
    (suite,) = ET.fromstring(FORMATS["junit"]([sample()]))  # noqa: S314  our own
    assert suite.attrib == {
        "name": "notes/a.md",
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
    }
    assert [(case.get("name"), [outcome.tag for outcome in case]) for case in suite] == [
        ("equation 1 (line 3)", ["failure"]),
        ("inline 1 (line 5)", []),
        ("inline 2 (line 5)", ["skipped"]),
        ("inline 3 (line 5)", ["skipped"]),
    ]
    assert suite[0][0].get("message") == "wrong: wrong index"
    assert suite[0][0].text == (
        "a = b + w_{21}\nw_{21} should be w_{11}\n"
        "at b = 0.5, w_{11} = 2: the left side is 2.5, the right side 3.5"
    )
    (suite,) = ET.fromstring(FORMATS["junit"]([sample()], strict=True))  # noqa: S314  our own
    assert suite.get("failures") == "2"


def test_junit_of_a_hostile_document() -> None:
    """XML has no place for a terminal's commands, and reads back what was not one."""
    (suite,) = ET.fromstring(FORMATS["junit"]([hostile()]))  # noqa: S314  our own
    assert (suite.get("name") or "").startswith('<script>alert("1")</script>')


class Tags(HTMLParser):
    """Collects a page's elements, and the text inside some of them."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: dict[str, list[str]] = {"mark": [], "code": [], "strong": [], "h2": []}
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag in self.texts:
            self._inside.append(tag)
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag in self.texts:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        for tag in self._inside:
            self.texts[tag][-1] += data


def test_html() -> None:
    """Every equation, the fault marked, the mended one beside."""
    page = Tags(FORMATS["html"]([sample()]))
    assert page.texts["mark"] == ["w_{21}", "w_{11}", "d/e"]
    assert page.texts["code"][:3] == ["a = b + w_{21}", "a = b + w_{11}", "c = d/e"]
    assert page.texts["strong"][0] == "wrong: wrong index"


def test_html_of_a_hostile_document() -> None:
    """No element, no attribute and no command of a terminal but the page's own."""
    source = FORMATS["html"]([hostile()])
    page, own = Tags(source), Tags(FORMATS["html"]([sample()]))
    assert (page.tags, page.attributes) == (own.tags, own.attributes)
    assert not {"script", "a", "img", "iframe"} & page.tags
    assert "<script" not in source
    assert "default-src 'none'" in source


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_commands_a_terminal(name: str) -> None:
    """Escape codes, bells and changes of direction are shown, not obeyed."""
    for strict in (False, True):
        printed = FORMATS[name]([hostile()], strict=strict)
        assert all(c.isprintable() or c == "\n" for c in printed)
