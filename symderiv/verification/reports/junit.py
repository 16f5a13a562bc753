"""The report as JUnit's XML, which build servers count: a suite of tests for each document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from symderiv.verification.records import Equation, Report
from symderiv.verification.reports.findings import by_equation, plain


def junit(reports: Sequence[Report], *, strict: bool = False) -> str:
    """Return a test for each equation: a wrong one fails, one that nobody can tell is skipped."""
    failing = {"wrong", "slip"} if strict else {"wrong"}
    suites = ET.Element("testsuites")
    for report in reports:
        suites.append(_suite(report, failing))
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _suite(report: Report, failing: set[str]) -> ET.Element:
    path = plain(report.path)
    suite = ET.Element("testsuite", name=path)
    outcomes = []
    for name, (equation, faults) in zip(_names(report.equations), by_equation(report), strict=True):
        case = ET.SubElement(suite, "testcase", classname=path, name=name)
        outcome = _outcome(equation.verdict, failing)
        outcomes.append(outcome)
        if outcome:
            message = "; ".join(dict.fromkeys(fault.headline for fault in faults))
            details = [line for fault in faults for line in fault.details]
            ET.SubElement(case, outcome, message=message).text = "\n".join(
                (plain(equation.latex), *details)
            )
    counts = {"tests": len(outcomes), "failures": outcomes.count("failure")}
    counts |= {"errors": 0, "skipped": outcomes.count("skipped")}
    for key, count in counts.items():
        suite.set(key, str(count))
    return suite


def _outcome(verdict: str, failing: set[str]) -> str:
    if verdict in failing:
        return "failure"
    return "skipped" if verdict == "cannot tell" else ""


def _names(equations: Sequence[Equation]) -> Iterator[str]:
    """Yield a name for each equation that no other one of the document has."""
    inline = 0
    for equation in equations:
        inline += equation.n is None
        name = f"inline {inline}" if equation.n is None else f"equation {equation.n}"
        row = f", row {equation.row}" if equation.row > 1 else ""
        yield f"{name}{row} (line {equation.line})"
