"""``symderiv check``: a folder's code against its derivation, and what it says of each slip."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles import ROOT, derived, example

from symderiv import cli
from symderiv.build import build
from symderiv.crosscheck import TOLERANCE, check, compare, run_file
from symderiv.program import backward_pass, equation_labels

XOR = derived(example("xor"))
LABELS = equation_labels(XOR)
BACKWARD = {d.key: LABELS[d.key] for d in backward_pass(XOR)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the XOR network's code and report, built once."""
    folder = tmp_path_factory.mktemp("built")
    build(example("xor"), folder, only=frozenset({"code", "report"}))
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder, to be spoilt."""
    return Path(shutil.copytree(built, tmp_path / "xor"))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs ``symderiv check`` and tells (exit code, output, errors)."""

    def run_it(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["symderiv", "check", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err  # type: ignore[return-value]

    return run_it


def line_of(source: str, label: str) -> str:
    """Return the statement that a comment gives a number, or the one below that comment."""
    lines = source.splitlines()
    (place,) = [i for i, line in enumerate(lines) if f"# ({label})" in line]
    return lines[place + 1] if lines[place].lstrip().startswith("#") else lines[place]


def spoil(folder: Path, label: str, change: Callable[[str], str]) -> None:
    """Change the right side of one numbered statement of ``train.py``."""
    path = folder / "train.py"
    source = path.read_text("utf-8")
    line = line_of(source, label)
    name, right = line.partition("  #")[0].rstrip().split(" = ", 1)
    path.write_text(source.replace(line, f"{name} = {change(right)}  # ({label})"), "utf-8")


def named(output: str) -> list[tuple[str, str]]:
    """Return the gradients and equations that the output calls wrong."""
    return re.findall(r"train\.py: (\w+) is not equation (\w+)$", output, re.MULTILINE)


def test_what_was_built_agrees(built: Path, run: Run) -> None:
    """Exit code 0, one row for each quantity of the network, each below the tolerance."""
    code, out, err = run(str(built))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "all checks passed"
    report = check(built)
    assert report.passed
    assert report.largest < TOLERANCE == 1e-12
    assert report.culprits == ()
    assert {row.name: row.label for row in report.rows} == {
        "Z1": "F1",
        "A1": "F2",
        "Z2": "F3",
        "Yhat": "F4",
        "J": "C2",
        **BACKWARD,
        **dict.fromkeys(("W1'", "b1'", "W2'", "b2'"), "update"),
    }
    for row in report.rows:
        assert re.search(rf"^ *{row.name} +{row.label} .* agrees$", out, re.MULTILINE)


def test_the_equations_have_their_numbers() -> None:
    """Six lines of the backward pass, numbered in order, the last layer first."""
    assert BACKWARD == {
        "dZ2": "B1",
        "dW2": "B2",
        "db2": "B3",
        "dZ1": "B4",
        "dW1": "B5",
        "db1": "B6",
    }


@pytest.mark.parametrize(("name", "label"), BACKWARD.items())
@pytest.mark.parametrize(
    "change", ["-({})", "0.5 * ({})", "({}) + 1e-9"], ids=["sign", "half", "1e-9"]
)
def test_a_slip_in_a_gradient_is_named(
    folder: Path, run: Run, name: str, label: str, change: str
) -> None:
    """Exit code 1; that gradient and its equation are named, and no other."""
    spoil(folder, label, change.format)
    code, out, err = run(str(folder))
    assert (code, err) == (1, "")
    assert named(out) == [(name, label)]
    assert out.splitlines()[-1] == "FAILED"
    assert not re.search(rf"^ *{name} .* agrees$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("label", "old", "new", "name"),
    [
        ("B1", "Yhat - Y", "Y - Yhat", "dZ2"),
        ("B1", "Yhat - Y", "Yhat - Y[::-1]", "dZ2"),
        ("B2", "A1.T", "A1[::-1].T", "dW2"),
        ("B4", "W2.T", "W2[::-1].T", "dZ1"),
        ("B4", "(1 - A1)", "(1 + A1)", "dZ1"),
        ("B4", " * (1 - A1)", "", "dZ1"),
        ("B5", "X.T", "X[:, ::-1].T", "dW1"),
        ("B6", "axis=0", "axis=1", "db1"),
        ("B6", "sum", "mean", "db1"),
        ("F1", "b1", "0", "Z1"),
        ("F2", "-np.abs", "np.abs", "A1"),
        ("F3", "+ b2", "- b2", "Z2"),
        ("F4", "1 +", "2 +", "Yhat"),
        ("C1", "-Z2", "Z2", "J"),
        ("C2", "sum", "mean", "J"),
    ],
)
def test_a_small_slip_is_named(
    folder: Path, run: Run, label: str, old: str, new: str, name: str
) -> None:
    """Whatever was mistyped, in the backward pass, the forward pass or the cost."""
    assert old in line_of((folder / "train.py").read_text("utf-8"), label)
    spoil(folder, label, lambda right: right.replace(old, new))
    code, out, err = run(str(folder))
    assert (code, err) == (1, "")
    assert named(out) == [(name, LABELS[name])]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-= learning_rate", "+= learning_rate"),
        ("-= learning_rate * gradients[name]", "-= gradients[name]"),
        ("learning_rate=0.5", "learning_rate=0.4"),
        ("range(epochs)", "range(epochs + 1)"),
    ],
)
def test_a_slip_in_the_training_step_is_named(folder: Path, run: Run, old: str, new: str) -> None:
    """The gradients agree, and what is done with them does not."""
    path = folder / "train.py"
    source = path.read_text("utf-8")
    assert old in source
    path.write_text(source.replace(old, new), "utf-8")
    code, out, err = run(str(folder))
    assert (code, err, named(out)) == (1, "", [])
    assert "train.py: W1' is not W1 - eta dW1, the step of training" in out


def test_two_slips_are_both_named(folder: Path, run: Run) -> None:
    """One wrong line does not hide another that does not read it."""
    spoil(folder, "B3", "-({})".format)
    spoil(folder, "B5", "-({})".format)
    code, out, _ = run(str(folder))
    assert code == 1
    assert named(out) == [("db2", "B3"), ("dW1", "B5")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "def loss_and_gradients",
            "def gradients_of",
            "train.py: has no function loss_and_gradients",
        ),
        ("def train(", "def fit(", "train.py: has no function train"),
        ("    losses = []", "    losses = 1", "train.py: train fails: AttributeError: "),
        ("def cost(values, Y):", "def price(values, Y):", "loss_and_gradients fails: NameError: "),
        ("    W2 = params", "    W2 = = params", "train.py: cannot be run: SyntaxError: "),
        ("import numpy as np", "import nmpy as np", "cannot be run: ModuleNotFoundError: "),
        (
            "    return cost(values, Y), gradients",
            "    return gradients",
            "loss_and_gradients fails",
        ),
    ],
    ids=["function", "training", "step", "helper", "syntax", "import", "result"],
)
def test_code_that_does_not_run_is_a_failed_check(
    folder: Path, run: Run, old: str, new: str, message: str
) -> None:
    """Exit code 1 and one message that says what is wrong, no traceback."""
    path = folder / "train.py"
    source = path.read_text("utf-8")
    assert old in source
    path.write_text(source.replace(old, new), "utf-8")
    code, out, err = run(str(folder))
    assert (code, out) == (1, "")
    assert err.startswith("symderiv: ")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("entry", ['"W1": -dW1, ', '"W1": dW1[::-1], ', '"W1": dW2, ', ""])
def test_what_is_returned_counts(folder: Path, run: Run, entry: str) -> None:
    """A gradient that is computed and not returned, or not as it was computed, is wrong."""
    path = folder / "train.py"
    source = path.read_text("utf-8")
    assert '"W1": dW1, ' in source
    path.write_text(source.replace('"W1": dW1, ', entry), "utf-8")
    code, out, _ = run(str(folder))
    assert code == 1
    assert named(out) == [("dW1", "B5")]


def test_a_value_that_is_not_finite_is_no_agreement(folder: Path, run: Run) -> None:
    """``nan`` compares with nothing."""
    spoil(folder, "B2", "({}) * np.nan".format)
    code, out, _ = run(str(folder))
    assert code == 1
    assert named(out) == [("dW2", "B2")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: (path / "report.json").unlink(), "no report.json that symderiv wrote"),
        (lambda path: (path / "report.json").write_text("{"), "no report.json that symderiv wrote"),
        (
            lambda path: (path / "report.json").write_text("[]"),
            "no report.json that symderiv wrote",
        ),
        (lambda path: (path / "train.py").unlink(), "no train.py; build the folder with its code"),
        (shutil.rmtree, "no report.json that symderiv wrote"),
    ],
    ids=["no report", "half a report", "another report", "no code", "no folder"],
)
def test_a_folder_without_its_files_is_bad_input(
    folder: Path, run: Run, change: Callable[[Path], object], message: str
) -> None:
    """Exit code 2; the message names the folder and says what to do."""
    change(folder)
    code, out, err = run(str(folder))
    assert (code, out) == (2, "")
    assert err.startswith(f"symderiv: {folder}: {message}")
    assert "Traceback" not in err


def test_a_report_with_a_wrong_spec_is_bad_input(folder: Path, run: Run) -> None:
    """The spec in it is checked like any other."""
    path = folder / "report.json"
    report = json.loads(path.read_text("utf-8"))
    report["spec"]["layers"][0]["activation"] = "sigmod"
    path.write_text(json.dumps(report), "utf-8")
    code, _, err = run(str(folder))
    assert code == 2
    assert "'sigmod'" in err
    assert "did you mean 'sigmoid'?" in err


def test_another_networks_code_is_found_out(folder: Path) -> None:
    """The report decides which network it is."""
    report = compare(derived(example("3-4-3-softmax")), run_file(folder / "train.py"))
    assert not report.passed


def test_checking_leaves_nothing_behind(folder: Path, run: Run) -> None:
    """No bytecode, no file is touched, and an edit is seen at once."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert run(str(folder))[0] == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    spoil(folder, "B1", "-({})".format)
    assert run(str(folder))[0] == 1


@pytest.mark.parametrize("name", ["2-3-2-tanh-mse", "3-4-3-softmax"])
def test_the_other_examples_agree(name: str, tmp_path: Path) -> None:
    """Built from the spec alone, and each backward line's sign is watched."""
    build(example(name), tmp_path, only=frozenset({"code", "report"}))
    assert check(tmp_path).passed
    for key, label in equation_labels(derived(example(name))).items():
        if label.startswith("B"):
            before = (tmp_path / "train.py").read_text("utf-8")
            spoil(tmp_path, label, "-({})".format)
            assert [row.name for row in check(tmp_path).culprits] == [key]
            (tmp_path / "train.py").write_text(before, "utf-8")


def test_the_committed_sample_agrees(run: Run) -> None:
    """``symderiv check`` without a folder checks ``output/xor``."""
    code, out, _ = run(str(ROOT / "output" / "xor"))
    assert code == 0
    assert out.splitlines()[-1] == "all checks passed"
