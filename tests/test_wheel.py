"""The wheel works where the checkout is not: built, installed and run elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import symderiv

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.xdist_group("wheel")  # built once, by one worker


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that has to succeed, and return what it prints."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=cwd, env=clean, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Installed:
    """A virtual environment that has the wheel, and an empty folder to work in."""

    bin: Path
    folder: Path
    wheel: Path

    def __call__(self, *command: str) -> str:
        """Run a program of the environment in the folder."""
        return run(self.bin / command[0], *command[1:], cwd=self.folder)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it; what it depends on is lent by the environment of the tests.

    A ``.pth`` file lends the packages, but does not follow the ``.pth`` files among them: the
    checkout, installed in editable mode, stays out of reach.
    """
    base = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", base, cwd=ROOT)
    (wheel,) = base.glob("*.whl")
    environment, folder = base / "venv", base / "elsewhere"
    folder.mkdir()
    venv.create(environment, symlinks=True)
    binaries = environment / "bin"
    pip = (sys.executable, "-m", "pip", "--python", binaries / "python", "--quiet")
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=base)
    packages = run(
        binaries / "python",
        "-c",
        "import sysconfig; print(sysconfig.get_path('purelib'))",
        cwd=base,
    )
    (Path(packages.strip()) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(binaries, folder, wheel)


def test_the_package_is_the_installed_one(installed: Installed) -> None:
    """Not the checkout's: otherwise the tests below would prove nothing."""
    place = installed("python", "-c", "import symderiv; print(symderiv.__file__)")
    assert Path(place.strip()).is_relative_to(installed.bin.parent)


def test_it_says_its_version(installed: Installed) -> None:
    """The console script is there; the version has one source."""
    assert installed("symderiv", "--version") == f"symderiv {symderiv.__version__}\n"


def test_it_carries_what_is_not_python(installed: Installed) -> None:
    """Every template, every font, the demo's spec, and the mark that says it is typed."""
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    templates = {f"symderiv/_templates/{p.name}" for p in (ROOT / "templates").glob("*.j2")}
    fonts = {
        f"symderiv/renderers/fonts/{p.name}"
        for p in (ROOT / "symderiv" / "renderers" / "fonts").iterdir()
    }
    assert templates
    assert fonts
    assert names >= templates | fonts | {"symderiv/py.typed", "symderiv/_examples/xor.toml"}


def test_it_builds_what_the_checkout_builds(installed: Installed) -> None:
    """The same bytes as the committed sample, from the wheel's own templates."""
    installed("symderiv", "demo", "-o", "xor")
    sample = ROOT / "output" / "xor"
    report = json.loads((sample / "report.json").read_text(encoding="utf-8"))
    assert len(report["files"]) > 1
    for name in [*report["files"], "report.json"]:
        built = installed.folder / "xor" / name
        assert built.read_bytes() == (sample / name).read_bytes(), name


def test_its_script_needs_numpy_alone(installed: Installed) -> None:
    """``train.py`` copied elsewhere learns XOR, and imports nothing else."""
    installed(
        "symderiv", "build", str(ROOT / "examples" / "xor.toml"), "-o", "made", "--only", "code"
    )
    script = (installed.folder / "made" / "train.py").read_text(encoding="utf-8")
    (installed.folder / "alone.py").write_text(script, encoding="utf-8")
    lines = [line for line in script.splitlines() if line.startswith(("import", "from"))]
    assert set(lines) <= {"from __future__ import annotations", "import numpy as np"}
    assert "4 of 4" in installed("python", "alone.py")
