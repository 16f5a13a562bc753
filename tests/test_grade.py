"""Grading a folder: every file has its row, and no file costs another one its own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import homework
import pytest
from distributed import LocalCluster
from homework import CLEAN, MARKDOWN, RIGHT, WRONG, Broken, network, notebook, write

import symderiv as sd
from symderiv.errors import DocumentError, UnsupportedError
from symderiv.functions import ACTIVATIONS
from symderiv.grading import Grade, grading
from symderiv.grading.cluster import dask_executor
from symderiv.grading.submissions import KINDS, submissions


def counts(grades: tuple[Grade, ...]) -> dict[str, tuple[int, int] | str]:
    """Return for each path how many equations are right and wrong, or why there is no grade."""
    return {
        each.path: (each.report.count("right"), each.report.count("wrong"))
        if each.report is not None
        else each.error
        for each in grades
    }


def test_every_kind_of_file_is_graded_and_sorted(tmp_path: Path) -> None:
    """Also in subfolders; a report has its path from the folder, not this machine's."""
    (tmp_path / "carl" / "final").mkdir(parents=True)
    write(
        tmp_path,
        dora_md=MARKDOWN,
        anna_ipynb=notebook(MARKDOWN),
        bert_rst=f"Hi\n\n.. math:: {RIGHT}\n",
    )
    write(tmp_path / "carl" / "final", hw_tex=f"\\[{RIGHT}\\]\n\\[{WRONG}\\]\n")
    grades = sd.grade(str(tmp_path), network())
    assert list(counts(grades).items()) == [
        ("anna.ipynb", (1, 1)),
        ("bert.rst", (1, 0)),
        ("carl/final/hw.tex", (1, 1)),
        ("dora.md", (1, 1)),
    ]
    assert [each.report and each.report.path for each in grades] == [each.path for each in grades]


def test_what_kills_its_process_costs_its_own_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it ends, crashes or raises; whom another one took down with it is read again."""
    monkeypatch.setattr(grading, "_verified", homework.verified)
    names = ("exit", "segfault", "raise", "noise", "victim", "other", "zoe")
    write(tmp_path, **{f"{name}_md": MARKDOWN for name in names})
    assert counts(sd.grade(tmp_path, network())) == {
        "exit.md": "cannot be graded: its process ended: exit code 3",
        "noise.md": (1, 1),
        "other.md": (1, 1),
        "raise.md": "cannot be graded: RecursionError: too deep \x1b[31m",
        "segfault.md": "cannot be graded: its process ended: SIGSEGV",
        "victim.md": (1, 1),
        "zoe.md": (1, 1),
    }


def test_what_takes_too_long_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that takes minutes, whatever the budget; the others have their grades."""
    monkeypatch.setattr(grading, "_GRACE", 5.0)
    write(tmp_path, anna_md=MARKDOWN, bert_md=homework.SLOW, carl_md=MARKDOWN)
    assert counts(sd.grade(tmp_path, network(), budget=0.5)) == {
        "anna.md": (1, 1),
        "bert.md": "cannot be graded: took more than 6 seconds",
        "carl.md": (1, 1),
    }


def test_what_cannot_be_read_costs_its_own_row(tmp_path: Path) -> None:
    """A binary, a huge or deep one, one with too many equations, one that is no file."""
    write(tmp_path, anna_md=MARKDOWN, deep_md="$$" + "{" * 10_000, many_md="$a = b$ " * 2_001)
    write(tmp_path, huge_md="x" * 5_000_001, nested_ipynb="[" * 100_000, broken_ipynb="{")
    (tmp_path / "binary.md").write_bytes(b"$x = 1$\n\xff\xfe\x00")
    os.mkfifo(tmp_path / "pipe.md")
    found = counts(sd.grade(tmp_path, network(), budget=1))
    assert {name: found.pop(name) for name in ("anna.md", "deep.md")} == {
        "anna.md": (1, 1),
        "deep.md": (0, 0),
    }
    assert {name: str(why)[:26] for name, why in found.items()} == {
        "binary.md": "line 2: expected UTF-8",
        "broken.ipynb": "line 1: no JSON: Expecting",
        "huge.md": "expected at most 5,000,000",
        "many.md": "expected at most 2,000 equ",
        "nested.ipynb": "no notebook: maximum recur",
        "pipe.md": "expected a file",
    }


def test_what_may_not_be_read_costs_its_own_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, or a folder with all that is in it."""
    (tmp_path / "bert").mkdir()
    write(tmp_path, anna_md=MARKDOWN)
    xor, scandir, refused = network(), os.scandir, PermissionError(13, "Permission denied")

    def refuse(path: Path) -> Any:
        if Path(path).name == "bert":
            raise refused
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    anna, bert = submissions(tmp_path)
    assert (bert.path, bert.error) == ("bert", "cannot be read: Permission denied")

    def deny(*_: object, **__: object) -> None:
        raise refused

    monkeypatch.setattr(Path, "open", deny)
    grade = grading._verified(anna, xor, 1)  # noqa: SLF001  as the other process calls it
    assert grade == Grade("anna.md", error="cannot be read: Permission denied")


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    r"""Neither through a link to a file or a folder, nor through ``\input``."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    write(outside, secret_tex=f"${RIGHT}$", secret_md=MARKDOWN)
    (inside / "file.md").symlink_to(outside / "secret.md")
    (inside / "folder").symlink_to(outside)
    (inside / "linked.tex").symlink_to(outside / "secret.tex")
    write(inside, anna_tex=r"\input{../outside/secret}" + rf" \input{{linked}} $${WRONG}$$")
    assert counts(sd.grade(inside, network())) == {
        "anna.tex": (0, 1),
        "file.md": "a link, which is not followed",
        "folder": "a link, which is not followed",
        "linked.tex": "a link, which is not followed",
    }


def test_a_student_cannot_replace_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that one stands in is none that modules are imported from."""
    write(tmp_path, anna_md=MARKDOWN, numpy_py="import os; os._exit(9)")
    monkeypatch.chdir(tmp_path)
    found = counts(sd.grade(".", network()))
    assert found["anna.md"] == (1, 1)


# the files of a folder, and the rows that it has; those that cannot be graded in brackets
FOLDERS = [
    ("anna.md bert.tex", "anna.md bert.tex"),
    ("b/x.md a/y.md a.md a/B.md", "a.md a/B.md a/y.md b/x.md"),
    ("anna.MD anna.md~", "anna.MD"),
    ("anna.tex anna.pdf anna.log bert.pdf bert.png", "anna.tex (bert.pdf)"),
    ("anna/hw.tex anna/figure.png bert/scan.jpg", "anna/hw.tex (bert)"),
    ("anna.b/scan.jpg anna.md", "(anna.b) anna.md"),
    ("anna.md .git/x.md .anna.md a/.ipynb_checkpoints/x.md __MACOSX/x.md", "(a) anna.md"),
    ("anna.md xor.toml grades.csv grades.html", "anna.md"),
]


@pytest.mark.parametrize(("files", "rows"), FOLDERS, ids=[row[0] for row in FOLDERS])
def test_whoever_handed_something_in_has_a_row(
    files: str, rows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if there is nothing in it to grade; what editors and systems leave has none."""
    monkeypatch.chdir(tmp_path)
    for name in files.split():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = submissions(Path())
    assert [f"({x.path})" if x.error else x.path for x in found] == rows.split()
    assert {x.file.is_absolute() for x in found} == {True}  # a worker may stand in another folder


def test_a_folder_may_be_very_deep(tmp_path: Path) -> None:
    """Deeper than Python calls functions."""
    folder = tmp_path
    for _ in range(1_010):
        folder /= "d"
        folder.mkdir()
    write(folder, anna_md=CLEAN)
    ((_, row),) = counts(sd.grade(tmp_path, network())).items()
    (folder / "anna.md").unlink()
    os.removedirs(folder)  # what pytest removes, it removes by recursion
    assert row == (1, 0)


@contextmanager
def on_dask() -> Iterator[Executor]:
    """Yield the executor of a cluster in this process."""
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        dask_executor(cluster.scheduler_address) as executor,
    ):
        yield executor


EXECUTORS = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(1, multiprocessing.get_context("spawn")),
    "dask": on_dask,
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Grade, ...]]:
    """Return a folder, and its grades as they are without an executor."""
    folder = tmp_path_factory.mktemp("class")
    write(folder, anna_md=MARKDOWN, bert_md=CLEAN)
    (folder / "carl.md").write_bytes(b"\xff")
    return folder, sd.grade(folder, network())


@pytest.mark.parametrize("name", EXECUTORS)
def test_any_executor_serves(name: str, graded: tuple[Path, tuple[Grade, ...]]) -> None:
    """With the grades of the default one."""
    folder, expected = graded
    with EXECUTORS[name]() as executor:
        assert sd.grade(folder, network(), executor=executor) == expected


def test_a_broken_executor_costs_no_row(tmp_path: Path) -> None:
    """What it leaves is graded without it, which is said once."""
    write(tmp_path, anna_md=MARKDOWN, bert_md=MARKDOWN, carl_md=MARKDOWN)
    with pytest.warns(
        RuntimeWarning, match=r"failed, anna\.md and .*ConnectionError: lost"
    ) as told:
        found = counts(sd.grade(tmp_path, network(), executor=Broken()))
    assert set(found.values()) == {(1, 1)}
    assert (len(found), len(told)) == (3, 1)


def test_a_function_of_ones_own_is_known_in_every_process(tmp_path: Path) -> None:
    """Registered here, and never there."""
    sd.register_activation("twice_homework", lambda z: 2 * z, r"\tau")
    try:
        own = sd.Network(
            inputs=1, layers=[sd.Dense(1, "twice_homework")], loss="mean_squared_error"
        )
        write(tmp_path, anna_md=r"$$\frac{\partial \hat y}{\partial b_1^{(1)}} = 2$$")
        assert counts(sd.grade(tmp_path, own)) == {"anna.md": (1, 0)}
    finally:
        del ACTIVATIONS["twice_homework"]


def test_bad_input_is_refused_before_anything_is_graded(tmp_path: Path) -> None:
    """No folder, nothing in it, a network that no document can be verified against."""
    with pytest.raises(DocumentError, match="nowhere: expected a folder"):
        sd.grade(tmp_path / "nowhere", network())
    with pytest.raises(
        DocumentError, match=r"nothing to grade: expected \.md, .*, \.rst or \.ipynb"
    ):
        sd.grade(tmp_path, network())
    assert set(KINDS) == {".md", ".markdown", ".tex", ".rst", ".ipynb"}
    write(tmp_path, anna_md=MARKDOWN)
    with pytest.raises(UnsupportedError):
        sd.grade(tmp_path, sd.load(homework.ROOT / "examples" / "transformer.toml"))
