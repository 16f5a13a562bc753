"""``symderiv grade``: what it prints where, what it writes, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import dask
import pytest
from distributed import LocalCluster
from homework import CLEAN, MARKDOWN, SPEC, Broken, network, write

import symderiv as sd
from symderiv.cli import grading, main
from symderiv.grading import cluster
from symderiv.grading.reports import FORMATS

Command = Callable[..., tuple[int, str, str]]
TABLE = r"""file     right  wrong  slips  cannot tell  first mistakes
bert.md      1      1      0            0  sign (line 5)

1 file: 0 with nothing wrong, 1 with wrong equations, 0 not graded

most frequent mistakes
 files  mistake  equation
1 of 1  sign     \frac{\partial L}{\partial b_{1}^{(1)}}
"""


@pytest.fixture
def grade(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return the function that runs the command: its exit code and what it prints."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["symderiv", "grade", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    """Return a folder with a submission in which one of two equations is wrong."""
    folder = tmp_path / "pile"
    folder.mkdir()
    write(folder, bert_md=MARKDOWN)
    return folder


def test_it_explains_itself_by_an_example(grade: Command) -> None:
    """The last line of its help is a command that can be typed."""
    code, printed, _ = grade("--help")
    assert code == 0
    assert printed.rstrip().splitlines()[-1].strip().startswith("Example: symderiv grade ")


def test_it_offers_every_format() -> None:
    """The command line and the package name the same ones."""
    assert set(get_args(grading.Format)) == set(FORMATS)


def test_a_wrong_equation_is_exit_code_1(grade: Command, pile: Path) -> None:
    """With the table on the standard output, and nothing else."""
    assert grade(pile, "--model", SPEC) == (1, TABLE, "")


def test_nothing_wrong_is_exit_code_0(grade: Command, pile: Path) -> None:
    """As ``verify`` has it."""
    write(pile, bert_md=CLEAN)
    code, printed, errors = grade(pile, "--model", SPEC)
    assert (code, printed.splitlines()[-1], errors) == (
        0,
        "1 file: 1 with nothing wrong, 0 with wrong equations, 0 not graded",
        "",
    )


def test_a_file_without_a_grade_is_exit_code_2(grade: Command, pile: Path) -> None:
    """The others have theirs all the same."""
    (pile / "carl.md").write_bytes(b"\xff")
    code, printed, errors = grade(pile, "--model", SPEC)
    assert (code, errors) == (2, "")
    assert "\n2 files: 0 with nothing wrong, 1 with wrong equations, 1 not graded\n" in printed


def test_every_format_is_written(grade: Command, pile: Path) -> None:
    """As in Python; the file may be there already, and lie in the folder itself."""
    grades = sd.grade(pile, network())
    target = pile / "grades.csv"
    for form, written in FORMATS.items():
        target.write_text("old", "utf-8")
        assert grade(pile, "--model", SPEC, "--format", form, "-o", target) == (1, "", "")
        assert target.read_text("utf-8") == written(grades)


def test_a_report_never_replaces_a_submission(grade: Command, pile: Path) -> None:
    """Whatever its path looks like; it is said before anything is graded."""
    code, printed, errors = grade(pile, "--model", SPEC, "-o", pile / ".." / "pile" / "bert.md")
    assert (code, printed, "is a document to verify" in errors) == (2, "", True)
    assert (pile / "bert.md").read_text("utf-8") == MARKDOWN


def test_the_budget_is_for_each_file(grade: Command, pile: Path) -> None:
    """Without any, nothing is judged; that time is up is no error."""
    code, printed, _ = grade(pile, "--model", SPEC, "--budget", "0")
    assert code == 0
    assert printed.splitlines()[1] == "bert.md      0      0      0            2"


def test_bad_input_is_one_message(grade: Command, pile: Path) -> None:
    """On the standard error, with exit code 2."""
    for arguments, message in (
        ((pile / "none", "--model", SPEC), "none: expected a folder with the files to grade"),
        ((pile, "--model", pile / "none.toml"), "none.toml: no such file"),
    ):
        code, printed, errors = grade(*arguments)
        assert (code, printed, errors.count("\n")) == (2, "", 1)
        assert message in errors
    assert "Missing option '--model'" in grade(pile)[2]


def test_dask_is_said_to_be_missing(
    grade: Command, pile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it; nothing else needs it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert grade(pile, "--model", SPEC, "--dask", "tcp://127.0.0.1:1") == (
        2,
        "",
        "symderiv: Dask is not installed; install it with: pip install 'symderiv[dask]'\n",
    )
    assert grade(pile, "--model", SPEC)[0] == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x"])
def test_a_scheduler_that_does_not_answer_is_named(
    grade: Command, pile: Path, address: str
) -> None:
    """Also if the address is none."""
    with dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}):
        code, printed, errors = grade(pile, "--model", SPEC, "--dask", address)
    assert (code, printed) == (2, "")
    assert errors.startswith(f"symderiv: {address}: no Dask scheduler answers: ")


def test_a_dask_cluster_grades_the_same(grade: Command, pile: Path) -> None:
    """At an address, as one somewhere else has it."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        dashboard_address=None,
    ) as somewhere:
        assert grade(pile, "--model", SPEC, "--dask", somewhere.scheduler_address) == (1, TABLE, "")


def test_a_broken_executor_is_told_on_the_standard_error(
    grade: Command, pile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is as ever."""
    monkeypatch.setattr(cluster, "dask_executor", lambda _: Broken())
    code, printed, errors = grade(pile, "--model", SPEC, "--dask", "tcp://127.0.0.1:1")
    assert (code, printed) == (1, TABLE)
    assert errors.startswith("symderiv: the executor failed, bert.md and what else it leaves is ")
