r"""One name in another notation: its letter, its indices in their order, its marks.

Indices and marks keep the characters in which they are written, and what else stands above a name,
a power, a transpose or a sample, stays behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symderiv.errors import UnsupportedError
from symderiv.expression import Name
from symderiv.latex.printer import latex
from symderiv.latex.syntax import Scripted, Syntax, parsed
from symderiv.notation import Profile, Quantity, Role, name
from symderiv.renaming.roles import Roles
from symderiv.verification.terms import Add, Num, Ref, Term, walk
from symderiv.verification.words import LAYER_LETTERS

_LAYERED = frozenset({Role.WEIGHT, Role.BIAS, Role.PREACTIVATION, Role.ACTIVATION})
_TRANSPOSED = frozenset({"T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}"})


@dataclass(frozen=True, slots=True)
class Written:
    """A name as it is written: ``text`` are its characters, the first of them at ``start``."""

    ref: Ref
    text: str
    start: int

    def part(self, term: Term) -> tuple[int, int]:
        """Return where an index or a mark stands in the text."""
        return term.place[0] - self.start, term.place[1] - self.start


@dataclass(frozen=True)
class Speller:
    """Writes names as a profile does; ``roles`` says what they are.

    ``shift`` is what is added to an index that is a number; with ``both`` there are two costs.
    """

    profile: Profile
    roles: Roles
    shift: int = 0
    both: bool = False

    def role(self, ref: Ref) -> Role | None:
        """Return the role of a name that is renamed."""
        return Role.PREACTIVATION if self.is_error(ref) else self.roles.role(ref)

    def is_error(self, ref: Ref) -> bool:
        """Whether a name is the derivative of the cost by a pre-activation."""
        return ref.family in self.roles.errors

    def letter(self, ref: Ref) -> str:
        """Return the letter of a name, with its accent and in its font."""
        role = self.role(ref)
        assert role is not None
        whole = ref.style == "bold" and (ref.letter.isupper() or len(ref.letter) > 1)
        whole = whole or (ref.letter[0].isupper() and role not in {Role.LOSS, Role.COST})
        node = name(
            Quantity(role),
            matrix=whole,
            vector=not whole and ref.style == "bold",
            profile=self.profile,
        )
        assert isinstance(node, Name)
        if role is Role.LOSS and self.both:
            both = name(Quantity(role), matrix=True, profile=self.profile)
            assert isinstance(both, Name)
            node = replace(node, base=both.base)
        if self.is_error(ref):
            node = replace(node, base=self.profile.delta if whole else "delta")
        if whole and ref.sub and ref.style != "bold":  # an entry of it
            node = replace(node, bold=False, slanted=False)
        return latex(replace(node, sub=(), sup=(), primes=ref.primes))

    def spelt(self, written: Written) -> str:
        """Return a name in the profile's notation.

        Raises ``UnsupportedError`` for one whose parts cannot be told apart.
        """
        ref = written.ref
        prefix = "d" if ref.prefix else ""
        text = written.text.removeprefix("d") if prefix else written.text
        written = replace(written, text=text, start=written.start + len(written.text) - len(text))
        below, above = _scripts(written.text)
        layer = self._layer(ref)
        indices = self._indices(written, "," in below)
        rest = _rest(written, layer, above)
        mark = written.text[slice(*written.part(layer))] if layer is not None else self._output(ref)
        return prefix + self._joined(self.letter(ref), indices, mark, rest)

    def _layer(self, ref: Ref) -> Term | None:
        """Return the mark of a name that says its layer; a letter other than l counts samples."""
        marks = ref.sub if self.roles.below else ref.sup
        if self.role(ref) not in _LAYERED or not marks:
            return None
        first = marks[0]
        letters = {n.letter for n in walk(first) if isinstance(n, Ref)}
        counts = isinstance(first, Num) or (
            letters <= LAYER_LETTERS and isinstance(first, Ref | Add)
        )
        return first if counts else None

    def _output(self, ref: Ref) -> str:
        """Return the layer of a prediction where it bears one, if the document says which."""
        role, output = self.role(ref), self.roles.output
        if role is not Role.PREDICTION or role not in self.profile.layered:
            return ""
        match output:
            case Num(text) | Ref(text):
                return text
        return ""

    def _indices(self, written: Written, commas: bool) -> str:  # noqa: FBT001
        """Return the indices below a name, in the profile's order, from its first number on."""
        ref, role = written.ref, self.role(written.ref)
        own = [index for index in ref.sub if index is not self._layer(ref)]
        found = [self._index(written, index) for index in own]
        exchanged = self.roles.order is not None and self.roles.order != self.profile.weights
        if role is Role.WEIGHT and len(found) == 2 and exchanged:
            found.reverse()
        if role is Role.BIAS and self.profile.bias_index is not None:
            found.append(str(self.profile.bias_index))
        digits = self.profile.layer == "_" and any(text.isdigit() for text in found)
        wide = digits or (commas and not self.roles.below)  # 00 behind a comma is one number
        wide = wide or any(len(text) > 1 and not text.startswith("\\") for text in found)
        return ("," if wide else " " if any("\\" in t for t in found) else "").join(found)

    def _index(self, written: Written, index: Term) -> str:
        start, end = written.part(index)
        if not 0 <= start < end <= len(written.text):
            raise UnsupportedError(f"the indices of {written.text} cannot be told apart")
        if isinstance(index, Num) and index.text.isdigit():
            return str(int(index.text) + self.shift)
        return written.text[start:end]

    def _joined(self, letter: str, indices: str, layer: str, rest: str) -> str:
        """Put letter, indices, layer and what else stands above together."""
        kind = self.profile.layer
        if kind == "_" and layer:
            indices, layer = (f"{layer},{indices}" if indices else layer), ""
        sub = f"_{_braced(indices)}" if indices else ""
        if layer and kind:
            layer = f"{kind[0]}{layer}{kind[1]}"
        if not rest or not layer:
            sup = layer or rest
            return f"{letter}{sub}^{_braced(sup)}" if sup else f"{letter}{sub}"
        if rest[0] in "([" or (kind and rest in _TRANSPOSED):
            return f"{letter}{sub}^{{{layer}{rest}}}"
        return f"({letter}{sub}^{_braced(layer)})^{_braced(rest)}"


def _braced(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"


def _scripts(text: str) -> tuple[str, str]:
    """Return what stands below and above a name, without braces."""
    group = parsed(text)
    if len(group.items) != 1:
        raise UnsupportedError(f"{text} cannot be written in another notation")
    (item,) = group.items
    if not isinstance(item, Scripted):
        return "", ""
    if len(item.below) > 1 or len(item.above) > 1:
        raise UnsupportedError(f"{text} cannot be written in another notation")
    return _inside(text, item.below), _inside(text, item.above)


def _inside(text: str, scripts: Sequence[Syntax]) -> str:
    """Return the characters of a script without the braces round it."""
    found = "".join(text[s.place[0] : s.place[1]] for s in scripts)
    return found[1:-1] if found.startswith("{") and found.endswith("}") else found


def _rest(written: Written, layer: Term | None, above: str) -> str:
    """Return what stands above a name beside its layer."""
    if layer is None:
        return above
    start, end = written.part(layer)
    mark = written.text[start:end]
    before, after = written.text[:start], written.text[end:]
    if before.endswith(("(", "[")) and after.startswith((")", "]")):
        mark = before[-1] + mark + after[0]
    return above.replace(mark, "", 1) if mark in above else above
