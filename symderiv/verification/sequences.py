"""Sequences of atoms: which signs they hold, and where relations, commas and words cut them."""

from __future__ import annotations

from collections.abc import Sequence

from symderiv.errors import ReadingError
from symderiv.latex.syntax import Applied, Group, Leaf, Scripted, Syntax
from symderiv.verification.words import OPENING, RELATIONS, SKIPPED

CLOSING = frozenset(OPENING.values())

_DOTS = {r"\dots", r"\ldots", r"\cdots"}
_EQUATION_NUMBER = {r"\eqno", r"\leqno"}
_MARK_BRACKETS = {"(": ")", "[": "]", "<": ">", r"\langle": r"\rangle", r"\{": r"\}"}


def sign(item: Syntax | None) -> str:
    """Return the sign or the command that an atom is, its scripts aside, or an empty text."""
    if isinstance(item, Scripted):
        return sign(item.base)
    if not isinstance(item, Leaf) or item.kind in {"TEXT", "LETTER", "WORD"}:
        return ""
    return f"\\{item.text}" if item.kind == "COMMAND" else item.text


def shown(item: Syntax) -> str:
    """Return an atom as a message names it."""
    return f"'{item.text}'" if isinstance(item, Leaf) else "what stands here"


def deeper(item: Syntax) -> int:
    """Return 1 for an opening bracket, -1 for a closing one; bars are both, and count nothing."""
    text = sign(item)
    return (text in OPENING) - (text in CLOSING)


def relation(item: Syntax) -> str | None:
    """Return the relation that an atom is, or None."""
    base = item.base if isinstance(item, Scripted) else item
    if isinstance(base, Applied) and base.command in {"overset", "stackrel"}:
        return "="
    return RELATIONS.get(sign(base)) if isinstance(base, Leaf) else None


def has_relation(items: Sequence[Syntax]) -> bool:
    """Whether there is a relation among some atoms, in no bracket."""
    depth = 0
    for item in items:
        depth += deeper(item)
        if depth <= 0 and sign(item) in RELATIONS:
            return True
    return False


# --- what braces hold ---


def atoms(syntax: Syntax) -> Sequence[Syntax]:
    """Return what stands in braces, or the atom itself if there are none."""
    return syntax.items if isinstance(syntax, Group) else (syntax,)


def flat(items: Sequence[Syntax]) -> list[Syntax]:
    """Open the decoration that means nothing: braces round one atom, boxes, colours."""
    done: list[Syntax] = []
    for item in items:
        match item:
            case Applied(command, (argument, *_)) if command in SKIPPED:
                done += flat(atoms(argument))
            case Scripted(Applied("brace", (argument,))):
                done += flat(atoms(argument))
            case Group((_,) as inner):
                done += flat(inner)  # braces round one thing: plain TeX's fractions
            case Leaf("COMMAND", text) if text in SKIPPED:
                continue
            case Leaf("BREAK"):
                continue
            case _:
                done.append(item)
    return done


def opened(syntax: Syntax) -> list[Syntax]:
    """Return the atoms of an argument without decoration."""
    return flat(atoms(syntax))


# --- cutting ---


def statements(formula: Group) -> list[list[Syntax]]:
    """Split a formula at commas and words if there is a relation on both sides of them.

    An equation number at the end is left out.
    """
    numbered = (n for n, item in enumerate(formula.items) if sign(item) in _EQUATION_NUMBER)
    groups: list[list[Syntax]] = [[]]
    depth = 0
    for item in formula.items[: next(numbered, len(formula.items))]:
        depth += deeper(item)
        words = _is_prose(item)
        gap = isinstance(item, Leaf) and item.kind == "BREAK" and "quad" in item.text
        cut = sign(item) in {",", ";"} or words or gap
        if depth <= 0 and cut and _related(groups[-1]):
            groups.append([item] if words else [])
        else:
            groups[-1].append(item)
    joined: list[list[Syntax]] = []
    counting = False  # of "j = 1, 2, 3" the comma cuts the numbers off
    for group, behind in zip(groups, [*groups[1:], []], strict=True):
        counting = _is_range(group, behind) or (counting and not _related(group))
        if joined and counting:
            continue
        if joined and not _related(group):
            joined[-1] += group if any(is_words(i) for i in group) else []
        elif group:
            joined.append(group)
    return [flat(group) for group in joined]


def members(group: list[Syntax]) -> list[list[Syntax]]:
    r"""Return ``u, v \in S`` as two statements, and any other as it is."""
    at = next((n for n, item in enumerate(group) if relation(item) == "in"), 0)
    if not at or "," not in map(sign, group[:at]) or any(map(deeper, group[:at])):
        return [group]
    return [[*name, *group[at:]] for name in comma_parts(group[:at])]


def _is_range(items: Sequence[Syntax], behind: Sequence[Syntax]) -> bool:
    r"""Whether atoms only say what an index counts: ``(l = 1, 2, 3)``, ``j = 1, \dots, n``."""
    inner = [item for item in items if not (isinstance(item, Leaf) and item.kind == "BREAK")]
    signs = list(map(sign, inner))
    if signs[:1] == ["("] and ")" in signs:
        inner = inner[1 : signs.index(")")]
    match inner:
        case [Leaf("LETTER" | "COMMAND"), equals, *rest] if relation(equals) in {"=", "in"}:
            listed = "," in map(sign, rest) and not any(map(deeper, rest))
            return listed or (bool(rest) and bool(behind) and _plain(behind))
    return False


def _plain(items: Sequence[Syntax]) -> bool:
    """Whether atoms begin with a number or dots, and there is no relation among them."""
    first = items[0]
    listed = isinstance(first, Leaf) and (first.kind == "NUMBER" or sign(first) in _DOTS)
    return listed and not _related(items)


def unwrapped(items: Sequence[Syntax]) -> Sequence[Syntax]:
    """Return what stands in the bracket that some atoms are, or the atoms themselves."""
    if len(items) > 2 and OPENING.get(sign(items[0])) == sign(items[-1]):
        return items[1:-1]
    return items


def _related(items: Sequence[Syntax]) -> bool:
    depth = 0
    for item in items:
        depth += deeper(item)
        if depth <= 0 and relation(item) not in {None, ":"}:
            return True
    return False


def split(items: Sequence[Syntax]) -> tuple[list[list[Syntax]], list[str]]:
    """Split at the relations that stand in no bracket; return the parts and the relations."""
    parts: list[list[Syntax]] = [[]]
    signs: list[str] = []
    depth = 0
    for item in items:
        depth += deeper(item)
        found = relation(item) if depth <= 0 else None
        if found == "=" and signs and not parts[-1] and signs[-1] == ":":
            signs[-1] = ":="
        elif found is not None:
            parts.append([])
            signs.append(found)
        else:
            parts[-1].append(item)
    return parts, signs


def comma_parts(items: Sequence[Syntax], also: str = "") -> list[list[Syntax]]:
    r"""Split at the commas that stand in no bracket, and at the signs of ``also`` (and ``\mid``).

    Raises ``ReadingError`` if there is nothing between two of them.
    """
    parts: list[list[Syntax]] = [[]]
    depth = 0
    for item in items:
        text = sign(item)
        depth += deeper(item)
        comma = text == "," or text in also or (text == r"\mid" and also)
        if depth == 0 and text and comma:
            parts.append([])
        else:
            parts[-1].append(item)
    if not all(parts):
        raise ReadingError("nothing between two commas", items[0].place if items else (0, 0))
    return parts


def bracket_groups(items: Sequence[Syntax]) -> list[list[Syntax]] | None:
    """Return the contents of brackets that follow each other, or None if there is more."""
    groups: list[list[Syntax]] = []
    at = 0
    while at < len(items):
        close = _MARK_BRACKETS.get(sign(items[at]))
        if close is None:
            return None
        end = next((n for n in range(at + 1, len(items)) if sign(items[n]) == close), None)
        if end is None or end == at + 1:
            return None
        groups.append(list(items[at + 1 : end]))
        at = end + 1
    return groups


# --- words ---


def _is_prose(item: Syntax) -> bool:
    """Whether an atom is prose and no name, such as ``softmax``."""
    if not isinstance(item, Leaf) or item.kind != "TEXT":
        return False
    word = item.text.strip()
    return not word.isalpha() or word.lower() in {"where", "and", "if", "or", "with", "for", "so"}


def is_words(item: Syntax) -> bool:
    """Whether an atom is words or the punctuation of a sentence."""
    return isinstance(item, Leaf) and (item.kind == "TEXT" or item.text in {",", ".", ";"})


def without_words(items: Sequence[Syntax]) -> tuple[list[Syntax], list[str]]:
    """Take the prose out of a formula, and the punctuation at its ends; return both."""
    texts = [item.text for item in items if isinstance(item, Leaf) and item.kind == "TEXT"]
    kept = [item for item in items if not _is_prose(item)]
    while kept and isinstance(kept[-1], Leaf) and kept[-1].text in {",", ".", ";", ":"}:
        kept.pop()
    while kept and isinstance(kept[0], Leaf) and kept[0].text in {",", ".", ";"}:
        kept.pop(0)
    return kept, texts


def at_words(items: Sequence[Syntax]) -> tuple[list[Syntax], list[Syntax]]:
    """Split a row of cases at its first words or comma, which are left out."""
    at = next((n for n, item in enumerate(items) if is_words(item)), len(items))
    return list(items[:at]), list(items[at + 1 :])


def is_condition(cell: Group) -> bool:
    """Whether a cell of an array says when its row holds."""
    return any(is_words(item) for item in cell.items) or has_relation(cell.items)
