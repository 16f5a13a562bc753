r"""What Markdown makes one type: ``\_`` for ``_``, ``\\frac`` for ``\frac``, ``>`` in quotes."""

from __future__ import annotations

import re

from symderiv.documents.regions import Region
from symderiv.documents.text import Text

_QUOTE = re.compile(r"(?<=[\r\n])[ \t]*(?:>[ \t]?)+")
_QUOTED = re.compile(r"[ \t]*>")
_ESCAPE = re.compile(
    r"\\\\"  # two backslashes are a row's end, not the start of an escape
    r"|\\(?:text\w*|mathrm|mathit|mathtt|operatorname\*?)\s*\{[^{}]*\}"  # `_` is a letter there
    r"|\\(?P<mark>[_*])"
)
_PIPE = re.compile(r"\\\|")
_ENTITY = re.compile("&(?:lt|gt|amp);")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_DOUBLED_SIGN = re.compile(r"\\\\(\\\\|(?=[{}|,;:!%&#_]))")
_DOUBLED_WORD = re.compile(r"(?<!\\)\\\\(?=[A-Za-z])")
_TWICE = re.compile(r"(?<!\\)\\\\(?P<name>[A-Za-z]+)")
_ONCE = re.compile(r"(?<!\\)(?:\\\\)*\\[A-Za-z]")
_COMMANDS = frozenset({
    "alpha", "bar", "begin", "beta", "boldsymbol", "cdot", "delta", "dfrac", "eta", "exp",
    "frac", "gamma", "hat", "lambda", "left", "ln", "log", "mathbb", "mathbf", "mathcal",
    "mathrm", "mu", "nabla", "odot", "operatorname", "partial", "phi", "pi", "prod", "psi",
    "quad", "right", "sigma", "sqrt", "sum", "tanh", "text", "theta", "tilde", "times", "vec",
})  # fmt: skip


def is_quoted(characters: str, line: int) -> bool:
    """Tell whether the line that starts at this offset is part of a quotation."""
    return _QUOTED.match(characters, line) is not None


def undone(text: Text, region: Region, *, quoted: bool) -> Text:
    """Return a formula of Markdown as LaTeX."""
    if quoted:
        text = text.replaced(_QUOTE, lambda _: "")
    if not region.escaped:
        return text
    text = text.replaced(_ENTITY, lambda match: _ENTITIES[match[0]])
    if region.table_row is not None:
        text = text.replaced(_PIPE, lambda _: "|")
    words = _has_doubled_words(text.characters, region)
    if words:
        text = text.replaced(_DOUBLED_WORD, lambda _: "\\")
    if words or region.doubled:
        text = text.replaced(_DOUBLED_SIGN, lambda match: "\\" + match[1][:1])
    return text.replaced(_ESCAPE, lambda match: match["mark"] or match[0])


def _has_doubled_words(characters: str, region: Region) -> bool:
    r"""Tell ``\\frac`` from the end of a row: no command has one backslash, and one is known."""
    if _ONCE.search(characters):
        return False
    return region.doubled or any(m["name"] in _COMMANDS for m in _TWICE.finditer(characters))
