"""What holds for every test: in CI nothing is skipped silently, and chance is repeatable."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

SKIPPED_IN_CI: dict[str, str] = {
    # "tests/test_file.py::test_name": "why this test cannot run in CI",
}

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# A shared machine may be slow for a moment, and a failure in CI has to be seen again at home.
settings.register_profile("symderiv", deadline=None, derandomize=IN_CI)
settings.load_profile("symderiv")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip in CI into a failure, unless the test is on the list above."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        _forbid(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that is skipped as a whole."""
    report = yield
    if IN_CI and report.skipped:
        _forbid(report, collector.nodeid)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that were left out."""
    left_out = terminalreporter.getreports("skipped")
    if left_out:
        terminalreporter.section("left out")
        for report in left_out:
            terminalreporter.line(f"{report.nodeid}: {_reason(report)}")


def _forbid(report: pytest.TestReport | pytest.CollectReport, nodeid: str) -> None:
    if nodeid.partition("[")[0] not in SKIPPED_IN_CI:
        report.outcome = "failed"
        report.longrepr = f"{nodeid} was skipped in CI: {_reason(report)}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")
