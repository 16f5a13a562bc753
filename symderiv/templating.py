"""Where the templates are, and how the three languages that they are written in read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

Kind = Literal["latex", "html", "python"]

_DELIMITERS: dict[Kind, dict[str, Any]] = {
    "latex": {  # braces are TeX's own
        "block_start_string": "((*",
        "block_end_string": "*))",
        "variable_start_string": "(((",
        "variable_end_string": ")))",
        "comment_start_string": "((=",
        "comment_end_string": "=))",
    },
    "html": {"autoescape": True},
    "python": {},
}


def templates_root() -> Path:
    """Return the folder of the templates.

    In a checkout it stands beside the package, where people find it; the wheel carries a copy
    inside the package.
    """
    package = Path(__file__).parent
    inside = package / "_templates"
    return inside if inside.is_dir() else package.parent / "templates"


@cache
def environment(kind: Kind) -> Environment:
    """Return the Jinja environment for templates in a language; what is undefined is an error.

    In LaTeX templates a value is ``(((name)))`` and a block ``((* for ... *))``; in HTML templates
    every value is escaped unless it is marked as safe.
    """
    return Environment(  # noqa: S701  HTML is escaped, the others have escapes of their own
        loader=FileSystemLoader(templates_root()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **_DELIMITERS[kind],
    )
