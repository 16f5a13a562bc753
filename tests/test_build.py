"""A build: the same bytes everywhere, each file on record, no edit overwritten, no half result."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from needs import needs_tex
from oracles import MSE, ROOT, SPECS, example, network

from symderiv import build as building
from symderiv.build import PARTS, build
from symderiv.emitters.numpy import numpy_source
from symderiv.errors import OutputError, SymderivError
from symderiv.program import Program

FILES = {"slides.tex", "slides.html", "train.py", "report.json", "report.html"}
# Another machine, as far as one can be had here: no TeX, other arithmetic units, other hashing,
# another place and time zone. The last bits of a product and of an exponential differ.
OTHER_MACHINE = {
    "PYTHONHASHSEED": "7",
    "OPENBLAS_CORETYPE": "Prescott",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3",
    "PYTHONWARNINGS": "ignore",  # NumPy warns of features that this processor lacks anyway
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "PYTHONUTF8": "1",
}


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is the same on every machine: all but the PDF and its checksum."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if "slides.pdf" not in p.name}


@pytest.fixture
def no_tex(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take TeX away: the tests that need none are fast, and see what then happens."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> str:
    """Return the name of each example."""
    return str(request.param)


@pytest.fixture(scope="module")
def built(spec: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all files of an example, built here without TeX."""
    folder = tmp_path_factory.mktemp("built") / spec
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder))
        assert build(example(spec), folder).passed
    return folder


def test_another_machine_writes_the_same_bytes(spec: str, built: Path, tmp_path: Path) -> None:
    """Another process with other hashing and other floating-point kernels, from the spec file."""
    output = tmp_path / "elsewhere"
    command = [sys.executable, "-m", "symderiv", "build"]
    done = subprocess.run(
        [*command, str(ROOT / "examples" / f"{spec}.toml"), "-o", str(output)],
        cwd=tmp_path,
        env={**OTHER_MACHINE, "PATH": "", "HOME": str(tmp_path), "PYTHONPATH": _path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    here, there = contents(built), contents(output)
    assert here.keys() == there.keys() == FILES
    assert [name for name in FILES if here[name] != there[name]] == []


def _path() -> str:
    return os.pathsep.join(sys.path)


def test_the_report_lists_each_file(built: Path) -> None:
    """By its SHA-256; what the PDF's bytes depend on is not in it."""
    report = json.loads((built / "report.json").read_text("utf-8"))
    assert report["files"] == {
        name: sha256(content).hexdigest()
        for name, content in contents(built).items()
        if name != "report.json"
    }
    assert report["files"].keys() == FILES - {"report.json"}
    assert len(report["checks"]) == 4
    assert not any("FAILED" in row["outcome"] for row in report["checks"])


def test_measured_values_are_bounds_or_short(built: Path) -> None:
    """Differences as ``< 1e-12``, training figures with at most four digits."""
    report = json.loads((built / "report.json").read_text("utf-8"))
    bounds = [row["outcome"] for row in report["checks"]]
    assert re.fullmatch(r"\d+ of \d+", bounds[0])
    assert bounds[0].split(" of ")[0] == bounds[0].split(" of ")[1]
    assert bounds[1:] == ["< 1e-25", "< 1e-12", "< 1e-09"]
    for key in ("first_cost", "last_cost"):
        digits = report["training"][key].partition("e")[0].replace(".", "").lstrip("0")
        assert 0 < len(digits) <= 4


MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
TIME = re.compile(
    rf"\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b|\b(?:{MONTHS})[a-z]* \d{{1,2}},? 20\d\d|\\today"
)


def test_no_file_has_a_date_or_a_place_in_it(built: Path) -> None:
    """No time, no folder of this machine, no interpreter's path."""
    places = [str(built.parent), str(Path.home()), str(ROOT), sys.prefix, sys.executable]
    for name, content in contents(built).items():
        text = content.decode("utf-8")
        assert TIME.findall(text) == [], name
        assert [place for place in places if len(place) > 3 and place in text] == [], name
    for text in ("2024-05-01", "May 1, 2024", "12:30:00", r"\today"):
        assert TIME.search(text)


@pytest.mark.usefixtures("no_tex")
def test_the_committed_sample_is_reproducible(tmp_path: Path) -> None:
    """``output/xor`` is what ``make demo`` writes, byte for byte, the PDF aside."""
    sample, fresh = ROOT / "output" / "xor", tmp_path / "xor"
    build(example("xor"), fresh)
    expected, found = contents(sample), contents(fresh)
    assert expected.keys() == found.keys() == FILES
    assert [name for name in FILES if expected[name] != found[name]] == []


@pytest.mark.usefixtures("no_tex")
@pytest.mark.parametrize("name", sorted(FILES))
def test_an_edited_file_is_not_overwritten(name: str, tmp_path: Path) -> None:
    """Whichever it is, nothing is written; ``force`` puts things right."""
    output = tmp_path / "xor"
    build(example("xor"), output)
    before = contents(output)
    (output / name).write_bytes(before[name] + b" ")
    edited = contents(output)
    with pytest.raises(OutputError, match=rf"edited by hand.*{re.escape(name)}"):
        build(example("2-3-2-tanh-mse"), output)
    assert contents(output) == edited
    build(example("xor"), output, force=True)
    assert contents(output) == before


@pytest.mark.usefixtures("no_tex")
def test_a_build_again_changes_nothing(tmp_path: Path) -> None:
    """The files of the last run are ours to replace: by the same, or by another network's."""
    output = tmp_path / "xor"
    build(example("xor"), output)
    before = contents(output)
    build(example("xor"), output)
    assert contents(output) == before
    build(example("3-4-3-softmax"), output)
    assert all(contents(output)[name] != before[name] for name in FILES)


WRITTEN = {
    "slides": {"slides.tex"},
    "html": {"slides.html"},
    "code": {"train.py"},
    "report": {"report.html"},
}


@pytest.mark.usefixtures("no_tex")
@pytest.mark.parametrize("part", PARTS)
def test_one_part_alone(part: str, tmp_path: Path) -> None:
    """``--only``: that part and the report of it, the same bytes as in a whole build."""
    alone, whole = tmp_path / "alone", tmp_path / "whole"
    result = build(example("xor"), alone, only=frozenset({part}))
    assert {path.name for path in result.written} == WRITTEN[part] | {"report.json"}
    assert contents(alone).keys() == WRITTEN[part] | {"report.json"}
    build(example("xor"), whole, only=frozenset({part, "code"}))
    for name in WRITTEN[part]:
        assert (alone / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.usefixtures("no_tex")
def test_parts_come_together(tmp_path: Path) -> None:
    """Built one after the other, the parts make the folder that one build makes."""
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    build(example("xor"), whole)
    for part in PARTS:
        build(example("xor"), parts, only=frozenset({part}))
    assert contents(parts) == contents(whole)


@pytest.mark.usefixtures("no_tex")
def test_without_tex_one_line_says_how_to_get_it(tmp_path: Path) -> None:
    """Everything else is there, nothing failed, and no PDF of an older deck stays."""
    result = build(example("xor"), tmp_path / "xor")
    assert result.passed
    assert {path.name for path in result.written} == FILES
    (note,) = result.notes
    assert "apt-get install" in note
    assert "\n" not in note


@pytest.mark.tex
def test_with_tex_there_is_a_pdf(tmp_path: Path) -> None:
    """It is listed beside the report, fits its pages, and changes no other file."""
    needs_tex()
    result = build(example("xor"), tmp_path / "xor", only=frozenset({"slides"}))
    assert result.passed
    assert (tmp_path / "xor" / "slides.pdf").read_bytes().startswith(b"%PDF")
    assert dict(result.checks)["slides.pdf: boxes over a margin, missing letters"] == "none"


def test_without_data_there_is_no_training(tmp_path: Path) -> None:
    """A network can be built before there is anything to train it on."""
    result = build(network(2, (3, "tanh"), loss=MSE), tmp_path, only=frozenset({"code", "html"}))
    assert result.passed
    assert "training" not in json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert "def main" not in (tmp_path / "train.py").read_text("utf-8")


def test_a_failure_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written before everything is made."""

    def fail(*_: object) -> str:
        raise SymderivError("no")

    monkeypatch.setattr(building, "html", fail)
    with pytest.raises(SymderivError, match=r"^no$"):
        build(example("xor"), tmp_path / "xor", only=frozenset({"code", "html"}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_tex")
def test_code_that_disagrees_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emitted code is run and compared; a wrong line is named with its equation."""

    def emit(program: Program) -> str:
        return numpy_source(program).replace("Yhat - Y", "Y - Yhat")

    monkeypatch.setattr(building, "numpy_source", emit)
    result = build(example("xor"), tmp_path / "xor")
    assert not result.passed
    assert "FAILED: dZ2 (B1)" in {outcome for _, outcome in result.checks}
