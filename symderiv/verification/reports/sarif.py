"""The report in SARIF 2.1.0, which code hosts and editors show beside the lines."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from symderiv import __version__
from symderiv.verification.mending import edits
from symderiv.verification.records import Report
from symderiv.verification.reports.findings import Finding, Region, findings, plain

_LEVELS = {"wrong": "error", "slip": "warning", "cannot tell": "note"}
_BRACKET = re.compile(r"(\\*)([\[\]])")


def sarif(reports: Sequence[Report], *, strict: bool = False) -> str:
    """Return one run: a rule for each class of mistakes, a result for each fault."""
    found = [(report, finding) for report in reports for finding in findings(report)]
    rules = sorted({finding.rule for _, finding in found})
    run = {
        "tool": {"driver": {"name": "symderiv", "version": __version__, "rules": _rules(rules)}},
        "columnKind": "unicodeCodePoints",
        "results": [
            {
                "ruleId": _id(finding.rule),
                "ruleIndex": rules.index(finding.rule),
                "level": "error"
                if strict and finding.verdict == "slip"
                else _LEVELS[finding.verdict],
                **_result(report, finding),
            }
            for report, finding in found
        ],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return f"{json.dumps(log, indent=2)}\n"


def _rules(rules: Sequence[str]) -> list[dict[str, Any]]:
    return [{"id": _id(rule), "shortDescription": {"text": _message(rule)}} for rule in rules]


def _id(rule: str) -> str:
    return rule.replace(" ", "-")


def _result(report: Report, found: Finding) -> dict[str, Any]:
    file = {"artifactLocation": {"uri": _uri(report.path)}}
    result = {
        "message": {"text": _message("; ".join((found.headline, *found.details)))},
        "locations": [
            {"physicalLocation": {**file, "region": _region(region)}} for region in found.regions
        ],
    }
    replacements = [
        {"deletedRegion": _region(region), "insertedContent": {"text": new}}
        for region, (_, _, new) in zip(
            found.regions, edits(found.equation, found.link), strict=False
        )
        if region.column
    ]
    if replacements:
        what = _message(f"Write {plain(found.link.should_be)}")
        change = {**file, "replacements": replacements}
        result["fixes"] = [{"description": {"text": what}, "artifactChanges": [change]}]
    return result


def _message(text: str) -> str:
    """Escape what a message does not mean: placeholders in braces, links in brackets (3.11)."""
    return _BRACKET.sub(r"\1\1\\\2", text.replace("{", "{{").replace("}", "}}"))


def _region(region: Region) -> dict[str, int]:
    lines = {"startLine": region.line, "endLine": region.line_end}
    if not region.column:
        return lines
    return {**lines, "startColumn": region.column, "endColumn": region.column_end}


def _uri(path: str) -> str:
    """Return a path as a URI; one that is relative stays so."""
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix(), errors="surrogateescape")
