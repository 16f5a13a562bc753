"""The report as workflow commands, which GitHub shows as annotations of the lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symderiv.verification.records import Report
from symderiv.verification.reports.findings import Finding, findings, plain

_COMMANDS = {"wrong": "error", "slip": "warning", "cannot tell": "notice"}


def github(reports: Sequence[Report], *, strict: bool = False) -> str:
    """Return one command for each fault: an error, a warning for a slip, or a notice."""
    return "".join(_commands(reports, strict=strict))


def _commands(reports: Sequence[Report], *, strict: bool) -> Iterator[str]:
    for report in reports:
        for found in findings(report):
            slip_fails = strict and found.verdict == "slip"
            command = "error" if slip_fails else _COMMANDS[found.verdict]
            properties = ",".join(
                f"{key}={_property(str(value))}" for key, value in _properties(report, found)
            )
            yield f"::{command} {properties}::{_message(_text(found))}\n"


def _properties(report: Report, found: Finding) -> Iterator[tuple[str, str | int]]:
    region = found.regions[0]
    yield "file", plain(report.path)
    yield "line", region.line
    yield "endLine", region.line_end
    yield "title", found.headline


def _text(found: Finding) -> str:
    return "\n".join(found.details or (plain(found.equation.latex),))


def _message(text: str) -> str:
    """Escape what would end a command: it may hold several lines."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
