r"""Names that are transposed or raised in place: :math:`W^{(2)\top}` stands where its name stands.

The name and what is done to it have one place in the source. An edit of the name has to write again
what is done to it, and the text of the name alone is without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from symderiv.verification.terms import Pow, Term, Transposed

_MARK = r"\\top|\\intercal|\\mathsf\{T\}|\\mathrm\{T\}|T"
_TRANSPOSED = re.compile(
    rf"(?P<name>.*)\^(?:(?P<mark>{_MARK})|\{{(?P<own>.*?)(?P<last>{_MARK})\}})", re.DOTALL
)
_NAME = re.compile(r"(?P<stem>[^\^]*)\^(?:\{(?P<marks>[^^]*)\}|(?P<mark>\w))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Raised:
    r"""What is done to a name where it stands: ``mark`` is a ``\top`` or a power."""

    bare: str
    mark: str
    power: bool

    def again(self, text: str) -> str:
        """Return what stands in the name's place, with what is done to it."""
        match = _NAME.fullmatch(text)
        if match is not None and not self.power:
            return f"{match['stem']}^{{{match['marks'] or match['mark']}{self.mark}}}"
        plain = re.fullmatch(r"\\?\w+|\\\w+\{\w+\}(_\w|_\{\w+\})?|\w_\w", text)
        mark = self.mark if len(self.mark) == 1 or self.mark[0] == "\\" else f"{{{self.mark}}}"
        return f"{text}^{mark}" if plain else f"({text})^{mark}"


def raised_in_place(nodes: Iterable[Term], source: Callable[[Term], str]) -> Mapping[int, Raised]:
    """Return for each node that is transposed or raised where it stands what is done to it."""
    found: dict[int, Raised] = {}
    for node in nodes:
        match node:
            case Transposed(operand) if operand.place == node.place:
                match = _TRANSPOSED.fullmatch(source(node))
                if match is not None:
                    own = f"^{{{match['own']}}}" if match["own"] else ""
                    mark = match["mark"] or match["last"]
                    found[id(operand)] = Raised(match["name"] + own, mark, power=False)
            case Pow(base, exponent) if base.place == node.place:
                text = source(node)
                start = text.rfind("^", 0, exponent.place[0] - node.place[0])
                power = text[start + 1 :].removeprefix("{").removesuffix("}")
                if start > 0 and "_" not in power:
                    found[id(base)] = Raised(text[:start], power, power=True)
    return found
