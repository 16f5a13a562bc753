"""The output folder: whole files, listed by checksum, and nobody's edit lost."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from symderiv.errors import OutputError
from symderiv.output_files import OutputFolder

REPORT = {"spec": {"title": "ŷ"}, "largest difference": "< 1e-12"}
FILES = {"slides.tex": "\\frame{ŷ}\n", "train.py": "print()\n"}


def write(path: Path, files: dict[str, str] = FILES, *, force: bool = False) -> tuple[Path, ...]:
    """Write ``files`` and a report."""
    folder = OutputFolder(path)
    for name, content in files.items():
        folder.add(name, content)
    return folder.write(REPORT, force=force)


def contents(path: Path) -> dict[str, bytes]:
    """Return everything in a folder."""
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that was written once."""
    path = tmp_path / "deep" / "xor"
    write(path)
    return path


def test_files_and_checksums_are_written(folder: Path) -> None:
    """Each file as given, the report with what was passed and with each file's SHA-256."""
    assert contents(folder).keys() == {*FILES, "report.json"}
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert report["spec"] == REPORT["spec"]
    assert report["files"] == {n: sha256(c.encode()).hexdigest() for n, c in FILES.items()}


def test_the_paths_written_are_returned_in_order(tmp_path: Path) -> None:
    """The command line prints them."""
    assert [path.name for path in write(tmp_path)] == ["slides.tex", "train.py", "report.json"]


def test_the_same_input_gives_the_same_bytes(folder: Path) -> None:
    """Written again, or elsewhere in another order, nothing changes."""
    before = contents(folder)
    write(folder)
    write(folder.parent / "other", dict(reversed(FILES.items())))
    assert contents(folder) == contents(folder.parent / "other") == before


def test_what_symderiv_wrote_is_overwritten(folder: Path) -> None:
    """A changed spec replaces the files of the last run."""
    write(folder, {**FILES, "train.py": "print(2)\n"})
    assert (folder / "train.py").read_text() == "print(2)\n"


@pytest.mark.parametrize("name", ["slides.tex", "train.py", "report.json"])
def test_an_edit_stops_everything(folder: Path, name: str) -> None:
    """Nothing is written if one file was edited, be it the report itself; the file is named."""
    with (folder / name).open("a") as file:
        file.write(" ")
    before = contents(folder)
    with pytest.raises(OutputError, match=rf"not made by symderiv: {name}; nothing is written"):
        write(folder, {n: c + "new" for n, c in FILES.items()})
    assert contents(folder) == before


def test_all_edited_files_are_named(folder: Path) -> None:
    """One run tells all."""
    for name in FILES:
        (folder / name).write_text("mine")
    with pytest.raises(OutputError, match=r"slides\.tex, train\.py; nothing is written"):
        write(folder)


def test_force_overwrites_an_edit(folder: Path) -> None:
    """And the folder is as if nobody had edited it."""
    before = contents(folder)
    (folder / "train.py").write_text("mine")
    (folder / "report.json").write_text("not JSON")
    write(folder, force=True)
    assert contents(folder) == before


def test_a_file_that_was_there_before_is_an_edit(tmp_path: Path) -> None:
    """A file of somebody else's with the name of one of ours is left alone."""
    (tmp_path / "train.py").write_text("mine")
    with pytest.raises(OutputError, match=r"train\.py"):
        write(tmp_path)
    assert contents(tmp_path) == {"train.py": b"mine"}


@pytest.mark.parametrize("report", ["", "[]", '{"files": 3}', '{"files": {"train.py": 1}}', "{}"])
def test_a_foreign_report_is_an_edit(tmp_path: Path, report: str) -> None:
    """Whatever is in it, it is not ours to overwrite."""
    (tmp_path / "report.json").write_text(report)
    with pytest.raises(OutputError, match=r"report\.json"):
        write(tmp_path)


def test_an_interrupted_run_can_be_repeated(folder: Path) -> None:
    """A file that is already what it is to become is in nobody's way."""
    new = {**FILES, "train.py": "print(2)\n"}
    (folder / "train.py").write_text(new["train.py"])
    write(folder, new)
    assert (folder / "train.py").read_text() == new["train.py"]


def test_a_part_of_the_files_leaves_the_others_listed(folder: Path) -> None:
    """An edit of what is not built now is found later."""
    write(folder, {"train.py": "print(3)\n"})
    (folder / "slides.tex").write_text("mine")
    with pytest.raises(OutputError, match=r"symderiv: slides\.tex;"):
        write(folder)


def test_a_deleted_file_is_written_again_or_no_longer_listed(folder: Path) -> None:
    """Deleting is no edit."""
    (folder / "slides.tex").unlink()
    write(folder, {"train.py": "print()\n"})
    assert list(json.loads((folder / "report.json").read_text("utf-8"))["files"]) == ["train.py"]
    write(folder)
    assert (folder / "slides.tex").is_file()


def write_pdf(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write a file whose bytes depend on the machine."""
    folder = OutputFolder(path)
    folder.add("slides.pdf", content, same_everywhere=False)
    folder.write(REPORT, force=force)


def test_a_pdf_does_not_change_the_report(folder: Path) -> None:
    """Its checksum stands beside it; the report has the same bytes with and without TeX."""
    before = contents(folder)
    write_pdf(folder, b"%PDF")
    assert contents(folder) == {
        **before,
        "slides.pdf": b"%PDF",
        "slides.pdf.sha256": f"{sha256(b'%PDF').hexdigest()}  slides.pdf\n".encode(),
    }


def test_an_edited_pdf_is_not_overwritten(folder: Path) -> None:
    """Only what the checksum beside it says is ours."""
    write_pdf(folder, b"%PDF 1")
    write_pdf(folder, b"%PDF 2")
    (folder / "slides.pdf").write_bytes(b"annotated")
    with pytest.raises(OutputError, match=r"slides\.pdf"):
        write_pdf(folder, b"%PDF 3")
    write_pdf(folder, b"%PDF 3", force=True)
    assert (folder / "slides.pdf").read_bytes() == b"%PDF 3"


def test_what_is_out_of_date_is_removed_unless_edited(folder: Path) -> None:
    """No PDF of yesterday's slides stays beside today's; an annotated one does."""
    write_pdf(folder, b"%PDF")
    stale = OutputFolder(folder)
    stale.remove("slides.pdf")
    (folder / "slides.pdf").write_bytes(b"annotated")
    with pytest.raises(OutputError, match=r"slides\.pdf"):
        stale.write(REPORT)
    (folder / "slides.pdf").write_bytes(b"%PDF")
    stale.write(REPORT)
    assert contents(folder).keys() == {*FILES, "report.json"}


def test_a_failure_leaves_the_old_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full halfway changes nothing and leaves nothing behind."""
    before, write_bytes = contents(folder), Path.write_bytes

    def fill_up(path: Path, content: bytes) -> int:
        if "train.py" in path.name:
            write_bytes(path, content[:3])
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(
        OutputError, match=f"^{folder}: cannot be written: No space left on device$"
    ):
        write(folder, {n: c + "new" for n, c in FILES.items()})
    assert contents(folder) == before


def test_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    """Even by force."""
    (tmp_path / "train.py").mkdir()
    with pytest.raises(OutputError, match=r"train\.py: cannot be written: Is a directory"):
        write(tmp_path, force=True)
    assert not (tmp_path / "slides.tex").exists()


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "xor").touch()
    with pytest.raises(OutputError, match="xor: cannot be written: File exists"):
        write(tmp_path / "xor")
