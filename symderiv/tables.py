"""What every table of a spec file is: strict, closed, frozen."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # invisible too, but part of how some scripts are written


class Table(BaseModel):
    """A TOML table: no key is unknown, no value is converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _one_line(text: str) -> str:
    """Refuse control characters: they would break a line of LaTeX, or hide in one of Python."""
    if any(unicodedata.category(c) in _INVISIBLE and c not in _JOINERS for c in text):
        raise ValueError("a control character")
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
