"""The ``[notation]`` table of a spec file: a shipped notation, and what is different from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, create_model

from symderiv.latex.layout import SYMBOLS
from symderiv.notation import LECTURE, Profile, Role
from symderiv.profiles import PROFILES, profile
from symderiv.tables import Line, Table

LETTERED = (
    *("input", "label", "weight", "bias", "preactivation", "activation", "prediction"),
    *("loss", "cost"),
)
"""The roles whose letters a notation may choose."""

_LETTERS = "a list of one or two letters, that of the array and that of an entry"
NOTATION_KEYS: Mapping[str, str] = {
    "notation": "a table with the key profile",
    "notation.profile": "the name of a notation, in quotes",
    "notation.samples": '"rows" or "columns"',
    "notation.weights": '"from-to" or "to-from"',
    "notation.layer": '"()", "[]", "" or "_"',
    "notation.first": "0 or 1",
    "notation.layout": '"denominator" or "numerator"',
    "notation.error": '"delta", "d", "partial" or "nabla"',
    "notation.font": '"bold", "slanted" or "plain"',
    "notation.times": '"odot", "circ" or "ast"',
    "notation.transpose": '"top" or "T"',
    "notation.letters": "a table of letters",
    **{f"notation.letters.{name}": _LETTERS for name in LETTERED},
    **{
        f"notation.letters.{name}[]": "a letter, or the English name of a Greek one"
        for name in LETTERED
    },
}
"""What each key takes, in words."""


def _letter(text: str) -> str:
    if text in SYMBOLS or (len(text) == 1 and text.isascii() and text.isalpha()):
        return text
    raise ValueError("no letter")


if TYPE_CHECKING:  # made from the roles, which mypy cannot follow
    _Letters: TypeAlias = Any
else:
    _Letter = Annotated[str, AfterValidator(_letter)]
    _Pair = Annotated[list[_Letter], Field(min_length=1, max_length=2)]
    _Letters = create_model(
        "_Letters", __base__=Table, **dict.fromkeys(LETTERED, (_Pair | None, None))
    )


class NotationTable(Table):
    """A notation that is shipped, by its name, and what is different from it."""

    profile: Line = LECTURE.key
    samples: Literal["rows", "columns"] | None = None
    weights: Literal["from-to", "to-from"] | None = None
    layer: Literal["()", "[]", "", "_"] | None = None
    first: Literal[0, 1] | None = None
    layout: Literal["denominator", "numerator"] | None = None
    error: Literal["delta", "d", "partial", "nabla"] | None = None
    font: Literal["bold", "slanted", "plain"] | None = None
    times: Literal["odot", "circ", "ast"] | None = None
    transpose: Literal["top", "T"] | None = None
    letters: _Letters = Field(default_factory=_Letters)

    def profile_named(self) -> str | Profile:
        """Return the name of the notation, or a profile of the user's own."""
        changes = {n: v for n in _CHOICES if (v := getattr(self, n)) is not None}
        letters = {
            Role[name.upper()]: (pair[0], pair[1] if len(pair) > 1 else _small(name, pair[0]), "")
            for name, pair in self.letters
            if pair
        }
        if self.profile not in PROFILES or not (changes or letters):
            return self.profile  # an unknown one is for the network to refuse
        base = profile(self.profile)
        return replace(base, **changes, letters={**base.letters, **letters})


_CHOICES = tuple(n for n in NotationTable.model_fields if n not in {"profile", "letters"})


def _small(role: str, letter: str) -> str:
    """Return the letter of an entry: small, unless it is a Greek one or that of a scalar."""
    return letter if letter in SYMBOLS or role in {"loss", "cost"} else letter.lower()


def notation_table(own: Profile) -> dict[str, Any]:
    """Return a notation as a table of a spec file."""
    base = PROFILES[own.key]
    changed = {n: getattr(own, n) for n in _CHOICES if getattr(own, n) != getattr(base, n)}
    letters = {
        role.name.lower(): list(names[:2])
        for role, names in own.letters.items()
        if base.letters.get(role) != names
    }
    return {"profile": own.key, **changed, **({"letters": letters} if letters else {})}
