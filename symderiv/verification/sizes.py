"""How far each letter counts: letters that stand in one place count alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import cycle

from symderiv.verification.terms import Add, BigOp, Label, Neg, Num, Ref, Term, walk

Node = Hashable


class Classes:
    """Things that have one size, and the least that it must be."""

    def __init__(self) -> None:
        self.parent: dict[Node, Node] = {}
        self.least: dict[Node, int] = {}

    def root(self, node: Node) -> Node:
        """Return what stands for the class of a thing."""
        self.parent.setdefault(node, node)
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def join(self, a: Node, b: Node) -> None:
        """Say that two things have one size."""
        a, b = self.root(a), self.root(b)
        if a != b:
            self.parent[a] = b
            self.least[b] = max(self.least.get(a, 0), self.least.get(b, 0))

    def at_least(self, node: Node, number: int) -> None:
        """Say that a size is no less than a number."""
        root = self.root(node)
        self.least[root] = max(self.least.get(root, 0), number)


def count(classes: Classes, terms: Iterable[Term], letters: set[str]) -> set[str]:
    """Join letters that count alike; return those that are the ends of ranges."""
    ends: set[str] = set()
    every = [node for term in terms for node in walk(term)]
    for node in every:
        if isinstance(node, Ref):
            for kind, marks in (("sub", node.sub), ("sup", node.sup)):
                for place, mark in enumerate(marks):
                    _slot(classes, (node.family, kind, len(marks), place), mark, letters)
        elif isinstance(node, BigOp):
            for index, limits in zip(node.indices, node.ranges, strict=True):
                classes.at_least(("letter", index.letter), 0)
                if limits is not None and isinstance(limits[1], Num) and limits[1].text.isdigit():
                    classes.at_least(("letter", index.letter), int(limits[1].text))
                if limits is not None:
                    for name in _names(limits[1]):
                        ends.add(name)
                        if isinstance(limits[1], Ref):
                            classes.join(("letter", index.letter), ("letter", name))
                        classes.at_least(("letter", name), 0)
    return ends


def _slot(classes: Classes, slot: Node, mark: Term, letters: set[str]) -> None:
    match mark:
        case Num(text) if text.isdigit():
            classes.at_least(slot, int(text))
        case Ref(letter, _, _, (), ()) if letter in letters:
            classes.join(slot, ("letter", letter))
        case Add(terms):
            for term in terms:
                inner = term.operand if isinstance(term, Neg) else term
                if isinstance(inner, Ref) and inner.letter in letters:
                    classes.join(slot, ("letter", inner.letter))


def _names(term: Term) -> Iterator[str]:
    for node in walk(term):
        if isinstance(node, Ref) and all(isinstance(i, Num | Label) for i in node.sub):
            yield node.size_name


def numbered(classes: Classes, nodes: Iterable[Node], spread: Sequence[int]) -> dict[Node, int]:
    """Give each class a size of its own, where nothing fixes it: a transpose shows then."""
    chosen: dict[Node, int] = {}
    free = cycle(spread)
    found: dict[Node, int] = {}
    for node in nodes:
        root = classes.root(node)
        if root not in chosen:
            least = classes.least.get(root, 0)
            chosen[root] = min(max(least, 2), 12) if least else next(free)
        found[node] = chosen[root]
    return found
