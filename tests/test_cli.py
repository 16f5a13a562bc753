"""The command line: what it prints where, and how it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import symderiv
from symderiv.build import PARTS

ROOT = Path(__file__).parents[1]
XOR = str(ROOT / "examples" / "xor.toml")


def run(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``symderiv`` as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "symderiv", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_version() -> None:
    """One line, on the standard output."""
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"symderiv {symderiv.__version__}\n",
        "",
    )


@pytest.mark.parametrize("command", ["demo", "build", "derive", "check", "exercises"])
def test_every_command_explains_itself_by_an_example(command: str) -> None:
    """``--help`` lists the command, and the command's own ends with an example."""
    assert f"  {command} " in run("--help").stdout
    done = run(command, "--help")
    assert done.returncode == 0
    assert done.stdout.rstrip().splitlines()[-1].strip().startswith(f"Example: symderiv {command}")


def test_help_does_not_wait_for_sympy() -> None:
    """Nothing heavy is imported before it is needed."""
    code = "import sys, symderiv.cli; print({'sympy', 'numpy', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# arguments, the exit code, and the whole standard error
BAD_INPUT = [
    (["build", "nothing.toml"], "nothing.toml: no such file"),
    (["derive", "nothing.toml"], "nothing.toml: no such file"),
    (["derive", "."], ".: expected a TOML file, found a folder"),
    (["check", "nowhere"], "nowhere: no report.json that symderiv wrote; build the folder first"),
    (
        ["build", XOR, "--only", "slides,cod"],
        "--only: unknown part 'cod'; did you mean 'code'?",
    ),
    (
        ["derive", XOR, "--wrt", "yhut"],
        "no quantity named 'yhut'; did you mean 'yhat'?",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "message"), BAD_INPUT, ids=[row[1][:40] for row in BAD_INPUT]
)
def test_bad_input_is_one_message_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    """On the standard error, without a traceback, and nothing is written."""
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"symderiv: {message}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["bild"], ["build"], ["build", XOR, "--frce"], []])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    """With the usage, and no traceback."""
    done = run(*arguments)
    assert done.returncode == 2
    assert "Usage: symderiv" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_only_names_every_part() -> None:
    """The help says what can be built, without importing what builds it."""
    assert f"alone: {', '.join(PARTS)}." in " ".join(run("build", "--help").stdout.split())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the code of the XOR network."""
    folder = tmp_path_factory.mktemp("cli") / "xor"
    done = run("build", XOR, "-o", str(folder), "--only", "code")
    assert done.returncode == 0
    assert done.stdout.startswith(f"written\n  {folder / 'train.py'}\n")
    assert done.stdout.endswith("all checks passed\n")
    return folder


def test_check_passes_what_was_built(built: Path) -> None:
    """Exit code 0, and a row for each quantity."""
    done = run("check", str(built))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("all checks passed\n")


def test_check_names_the_line_that_was_changed(built: Path, tmp_path: Path) -> None:
    """Exit code 1, the gradient and its equation, and not what merely follows from it."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    script = tmp_path / "train.py"
    script.write_text(script.read_text("utf-8").replace("dZ1 = (", "dZ1 = -("), "utf-8")
    done = run("check", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.endswith(f"{script}: dZ1 is not equation B4\nFAILED\n")


def test_an_edited_file_is_kept(built: Path, tmp_path: Path) -> None:
    """Exit code 2, unless ``--force`` says otherwise."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    script = tmp_path / "train.py"
    script.write_text("mine", "utf-8")
    command = ["build", XOR, "-o", str(tmp_path), "--only", "code"]
    done = run(*command)
    assert done.returncode == 2
    assert "edited by hand, or not made by symderiv: train.py" in done.stderr
    assert script.read_text("utf-8") == "mine"
    assert run(*command, "--force").returncode == 0
    assert script.read_bytes() == (built / "train.py").read_bytes()


def test_derive_prints_one_gradient() -> None:
    """By a slide's name, with or without braces, or by a name of the code."""
    plain, braces = (
        run("derive", XOR, "--wrt", "w_21^(1)"),
        run("derive", XOR, "--wrt", "w_{21}^{(1)}"),
    )
    assert plain.returncode == 0
    assert plain.stdout == braces.stdout != ""
    assert run("derive", XOR, "--wrt", "W1").returncode == 0


def test_derive_steps_show_more() -> None:
    """The chain rule, and each rewrite with its reason."""
    short, long = (run("derive", XOR, "--wrt", "b_1^(2)", *more) for more in ([], ["--steps"]))
    assert len(long.stdout) > len(short.stdout)


@pytest.mark.parametrize("arguments", [["derive", XOR, "--steps", "--latex"], ["--version"]])
def test_a_reader_that_has_seen_enough_is_no_error(arguments: list[str]) -> None:
    """``| head`` may close the pipe whenever it likes, here before the first line."""
    with subprocess.Popen(
        [sys.executable, "-m", "symderiv", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_what_is_piped_has_no_colour() -> None:
    """Escape codes are for terminals."""
    for done in (run("derive", XOR), run("derive", "nothing.toml"), run("--help")):
        assert "\x1b" not in done.stdout + done.stderr


def test_an_unwilling_terminal_gets_what_it_can_show() -> None:
    """A locale without the letter ŷ is no reason to fail."""
    assert run("derive", XOR, PYTHONIOENCODING="ascii").returncode == 0
