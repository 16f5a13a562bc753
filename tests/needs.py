"""What a test needs from the machine: where it is missing, a laptop skips and CI fails."""

from __future__ import annotations

import os
import shutil

import pytest


def needs_tex() -> str:
    """Return ``pdflatex``'s path."""
    return _needs("pdflatex", "texlive-latex-recommended texlive-pictures lmodern")


def needs_browser() -> str:
    """Return Chromium's path."""
    return _needs("chromium", "chromium")


def _needs(program: str, packages: str) -> str:
    path = shutil.which(program)
    if path:
        return path
    reason = f"{program} is not on the PATH (apt-get install {packages})"
    if _in_ci():
        pytest.fail(reason)
    pytest.skip(reason)


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}
