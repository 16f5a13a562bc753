"""Edits of indices and layers: another one, one that is off by one, two that are swapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symderiv.verification.edits import Edit, Surroundings
from symderiv.verification.terms import Add, Neg, Num, Ref, Term


def indices(node: Term, around: Surroundings) -> Iterator[Edit]:
    """An index or a layer: another name of the same family."""
    if not isinstance(node, Ref) or not (node.sub or node.sup):
        return
    for other in around.like(node):
        layer = other.sup != node.sup and other.sub == node.sub
        kind = "wrong layer" if layer else "wrong index"
        yield Edit(kind, node, other, around.source(other))
    if len(node.sub) == 2 and node.sub[0] != node.sub[1]:
        turned = replace(node, sub=node.sub[::-1])
        text = _swapped(around.source(node), node)
        if text:
            yield Edit("wrong index", node, turned, text)
    letters = sorted(around.letters)
    for place, index in enumerate(node.sub):
        if isinstance(index, Ref) and not index.sub:
            for letter in letters:
                if letter != index.letter:
                    changed = Ref(letter, place=index.place)
                    sub = (*node.sub[:place], changed, *node.sub[place + 1 :])
                    text = _with_index(around.source(node), node, index, letter)
                    yield Edit("wrong index", node, replace(node, sub=sub), text)
    yield from _shifted(node, around)


def _shifted(node: Ref, around: Surroundings) -> Iterator[Edit]:
    """A layer or a time that is off by one."""
    for kind, marks in (("sup", node.sup), ("sub", node.sub)):
        for place, mark in enumerate(marks):
            for by in (1, -1):
                changed = _plus(mark, by)
                if changed is None:
                    continue
                new_marks = (*marks[:place], changed, *marks[place + 1 :])
                new = (
                    replace(node, sup=new_marks) if kind == "sup" else replace(node, sub=new_marks)
                )
                text = _with_index(around.source(node), node, mark, _mark_text(changed))
                yield Edit("wrong layer" if kind == "sup" else "wrong index", node, new, text)


def _plus(mark: Term, by: int) -> Term | None:
    match mark:
        case Num(text) if text.isdigit():
            number = int(text) + by
            return Num(str(number), place=mark.place) if number >= 0 else None
        case Ref(_, _, _, (), ()):
            one = Num("1")
            return Add((mark, one if by > 0 else Neg(one)), place=mark.place)
        case Add((Ref() as letter, Num("1"))) if by < 0:
            return replace(letter, place=mark.place)
        case Add((Ref() as letter, Neg(Num("1")))) if by > 0:
            return replace(letter, place=mark.place)
    return None


def _mark_text(mark: Term) -> str:
    match mark:
        case Num(text):
            return text
        case Ref(letter):
            return r"\ell" if letter == "ell" else letter
        case Add((first, Neg(second))):
            return f"{_mark_text(first)}-{_mark_text(second)}"
        case Add((first, second)):
            return f"{_mark_text(first)}+{_mark_text(second)}"
    return "?"


def _with_index(text: str, node: Ref, index: Term, new: str) -> str:
    start = index.place[0] - node.place[0]
    end = index.place[1] - node.place[0]
    if not 0 <= start <= end <= len(text):
        return text
    one = end - start == 1 and start > 0 and text[start - 1] in "_^" and len(new) > 1
    return f"{text[:start]}{'{' + new + '}' if one else new}{text[end:]}"


def _swapped(text: str, node: Ref) -> str:
    first, second = node.sub
    a = (first.place[0] - node.place[0], first.place[1] - node.place[0])
    b = (second.place[0] - node.place[0], second.place[1] - node.place[0])
    if not 0 <= a[0] <= a[1] <= b[0] <= b[1] <= len(text):
        return ""
    return text[: a[0]] + text[b[0] : b[1]] + text[a[1] : b[0]] + text[a[0] : a[1]] + text[b[1] :]
