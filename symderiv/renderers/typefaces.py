"""The fonts that every page embeds, so that it looks the same on every machine and asks no network.

SD Math is a subset of STIX Two Math, SD Text one of Inter; both under the SIL Open Font License,
which stands beside them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FILES = (
    ("SD Math", 400, "sdmath.woff2"),
    ("SD Math", 700, "sdmath-bold.woff2"),
    ("SD Text", 400, "inter-Regular.woff2"),
    ("SD Text", 700, "inter-Bold.woff2"),
)


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font as a page embeds it; ``data`` is its file in base64."""

    family: str
    weight: int
    data: str


@cache
def typefaces() -> tuple[Typeface, ...]:
    """Return the fonts."""
    folder = files(__package__).joinpath("fonts")
    return tuple(
        Typeface(family, weight, base64.b64encode(folder.joinpath(name).read_bytes()).decode())
        for family, weight, name in _FILES
    )
