"""The network that a command is about: stated in a TOML file, or defined in a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symderiv.network import Network

_DOCUMENTS = {".md", ".markdown", ".tex", ".rst", ".ipynb"}


def loaded(path: Path) -> tuple[Network, tuple[str, ...]]:
    """Return a network, and notes on what was read and what had to be assumed."""
    if path.suffix.lower() in _DOCUMENTS:
        from symderiv.lectures import lecture

        found = lecture(path)
        return found.network, found.notes
    from symderiv.spec import load

    return load(path), ()
