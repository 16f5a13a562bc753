"""Right equations in three views, every edit of the table of mistakes on them, and what it changes.

An edit is made in the LaTeX. Whether it changes the value is for ``term_oracle`` to say.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from term_oracle import MisfitError, NoMeaningError, Oracle, Value, indices, key
from zoo import BCE, ZOO, random_values, sizes_of

from symderiv import Dense, Network, derive
from symderiv import expression as ex
from symderiv.arrays import sides_of
from symderiv.derivation import Derivation
from symderiv.documents import parse
from symderiv.errors import ReadingError
from symderiv.evaluation import compiled, given, random_point
from symderiv.expression import Node
from symderiv.graph import Definition
from symderiv.latex.printer import latex
from symderiv.latex.syntax import parsed
from symderiv.notation import LECTURE, PARAMETERS, Profile, Role, name
from symderiv.presentation import view
from symderiv.verification.edits import Edit
from symderiv.verification.planting import RightDocument
from symderiv.verification.reading import Reader
from symderiv.verification.statements import Statement, parsed_rows, vocabulary
from symderiv.verification.terms import Derivative, Num, Ref, Term, loose
from symderiv.views import index_view, matrix_view
from symderiv.writing import write

View = Literal["component", "index", "matrix"]
Effect = Literal["changed", "same", "other layout", "condition", "no meaning", "not read"]
SEEDS = (1, 2, 3, 4, 5, 6, 7, 8)
SAMPLES = 5


_XOR = [Dense(2, "sigmoid"), Dense(1, "sigmoid")]
_WIDE = [Dense(3, "sigmoid"), Dense(4, "sigmoid")]
NETWORKS: Mapping[str, Network] = {
    **ZOO,
    "XOR": Network(2, _XOR, BCE),
    "XOR for all sizes": Network(2, _WIDE, BCE),  # where a sum over one output is a sum
}
SUBJECTS: Mapping[str, tuple[View, ...]] = {
    "XOR": ("component",),
    "XOR for all sizes": ("index", "matrix"),
    "softmax": ("component", "index", "matrix"),
    "squared shares": ("index",),
    "relu": ("component", "index", "matrix"),
    "penalties and weights": ("index",),
    "residual": ("index", "matrix"),
    "batch norm": ("index",),
    "layer norm": ("index",),
    "dropout": ("index", "matrix"),
    "dense over time": ("index",),
    "RNN": ("index",),
}
"""In which views each network is tried: those in which verify can read it."""


@dataclass(frozen=True)
class Mutant:
    """An equation with one edit in it; ``row`` is its place in its document."""

    row: int
    mistake: str
    latex: str
    effect: Effect


class Subject:
    """The equations of a network in one view and one notation, forward and backward."""

    def __init__(self, key: str, kind: View) -> None:
        self.network, self.kind = NETWORKS[key], kind
        self.profile: Profile = LECTURE
        self.derivation: Derivation = derive(self.network)

    @cached_property
    def equations(self) -> tuple[str, ...]:
        """The equations as LaTeX."""
        graph, profile = self.network.graph, self.profile
        if self.kind == "component":
            return tuple(map(latex, self._components()))
        every = [d for d in (*graph.definitions, *self.derivation.adjoints) if d.key != "dJ"]
        known = [d for d in every if d.rhs is not None]
        shown = index_view if self.kind == "index" else matrix_view
        return tuple(latex(shown(d, graph, profile).equation) for d in known)

    def _components(self) -> Iterator[Node]:
        graph, profile = self.network.components, self.profile
        for d in graph.definitions:
            if d.rhs is not None:
                left = name(d.quantity, profile=profile)
                yield ex.equation(left, write(d.rhs, graph, profile=profile))
        for adjoint in self.derivation.adjoints:
            if adjoint.quantity.role in PARAMETERS:
                yield from view(self.derivation, adjoint, "component", profile).equations

    def document(self, row: int = -1, changed: str = "") -> str:
        """Return the equations as Markdown, one of them changed."""
        rows = list(self.equations)
        if changed:
            rows[row] = changed
        return "\n\n".join(f"$${equation}$$" for equation in rows)

    @cached_property
    def right(self) -> RightDocument:
        """The document as it is right."""
        return RightDocument(self.document())

    @cached_property
    def reader(self) -> Reader:
        """The reader of the document."""
        return Reader(vocabulary(parsed_rows(parse(self.document()))))

    # --- what names are worth ---

    @cached_property
    def oracle(self) -> Oracle:
        """The values of all names of the network."""
        return {"component": self._whole, "index": self._indexed, "matrix": self._matrices}[
            self.kind
        ]()

    def _read(self, node: Node) -> Term:
        return self.reader.term(parsed(latex(node)).items)

    def _whole(self) -> Oracle:
        """Return the values of components, and of the derivatives of the loss by each."""
        graph, profile = self.network.components, self.profile
        loss = graph.of_role(Role.LOSS)[0]
        atoms = [d.atom for d in graph.definitions]
        by = [d for d in graph.definitions if d.quantity.role is not Role.LABEL and d is not loss]
        slopes = [
            self.derivation.written_out(self.derivation.component(loss.key, d.key).value)
            for d in by
        ]
        evaluate = compiled(graph, [*atoms, *slopes], "numpy")
        points = [random_point(graph, seed) for seed in SEEDS]
        found = [evaluate(*(float(p[x]) for x in given(graph))) for p in points]
        columns = [np.array(column, float)[:, None, None] for column in zip(*found, strict=True)]
        oracle = Oracle()
        left = name(loss.quantity, profile=profile)
        for d, value in zip(graph.definitions, columns, strict=False):
            oracle.wholes[self._read(name(d.quantity, profile=profile))] = value
        for d, value in zip(by, columns[len(atoms) :], strict=True):
            partial = ex.Partial(left, name(d.quantity, profile=profile))
            oracle.wholes[self._read(partial)] = value
        return oracle

    def _values(self) -> Iterator[tuple[Definition, np.ndarray]]:
        """Yield every array of the network and of its backward pass, points first."""
        adjoints = self.derivation.adjoints
        runs = [random_values(self.network, adjoints, SAMPLES, seed) for seed in SEEDS]
        for definition in (*self.network.graph.definitions, *adjoints):
            yield definition, np.stack([run[definition.key] for run in runs])

    def _sizes(self) -> dict[Term, int]:
        sizes = sizes_of(self.network, SAMPLES)
        return {self._read(write(symbol, self.network.graph)): n for symbol, n in sizes.items()}

    def _indexed(self) -> Oracle:
        oracle = Oracle(sizes=self._sizes())
        for definition, array in self._values():
            quantity, symbols = definition.quantity, [i.symbol for i in definition.indices]
            shown = name(quantity.at(*symbols) if symbols else quantity, profile=self.profile)
            term = self._read(shown)
            if not symbols:
                oracle.wholes[term] = array[:, None, None]
                continue
            assert isinstance(term, Ref | Derivative)
            letters = [str(symbol) for symbol in symbols]
            order = [letters.index(x) for x in _letters(term)]
            oracle.arrays[key(term)] = array.transpose(0, *(1 + place for place in order))
        return oracle

    def _matrices(self) -> Oracle:
        sizes = sizes_of(self.network, SAMPLES)
        oracle = Oracle(sizes=self._sizes(), lengths=tuple(sorted({*sizes.values()})))
        for definition, array in self._values():
            quantity = definition.quantity
            places = {index: axis for axis, index in enumerate(definition.indices, 1)}
            rows, columns = sides_of(quantity, definition.indices, self.profile)
            order = [places[side] for side in (rows, columns) if side is not None]
            turned = array.transpose(0, *order)
            shape = [array.shape[places[s]] if s is not None else 1 for s in (rows, columns)]
            term = self._read(name(quantity, matrix=True, profile=self.profile))
            oracle.wholes[term] = turned.reshape(len(array), *shape)
        return oracle

    # --- mutants ---

    def claims(self) -> Iterator[tuple[int, Statement]]:
        """Yield the rows of the backward pass with their places."""
        rows = self.right.rows
        first = len(rows) - self._backward()
        yield from enumerate(rows[first:], first)

    def _backward(self) -> int:
        if self.kind == "component":
            graph = self.network.components
            return len(self.equations) - sum(d.rhs is not None for d in graph.definitions)
        return sum(d.key != "dJ" and d.rhs is not None for d in self.derivation.adjoints)

    def mutants(self, most: int | None = None, seed: int = 0) -> Iterator[Mutant]:
        """Yield the mutants of every row, or of each row and each class ``most`` at random."""
        lot = random.Random(seed)
        for place, row in self.claims():
            kinds: dict[str, dict[str, Edit]] = {}
            for edit in self.right.edits(row):
                text = row.row.text[: edit.old.place[0]] + edit.text
                text += row.row.text[edit.old.place[1] :]
                kinds.setdefault(edit.mistake, {}).setdefault(text, edit)
            for mistake, texts in kinds.items():
                some = list(texts)
                if most is not None and len(some) > most:
                    some = lot.sample(some, most)
                for text in some:
                    yield Mutant(place, mistake, text, self.effect(row, text))

    def effect(self, row: Statement, text: str) -> Effect:
        """Say what an edit of a row does to its value."""
        try:
            (chain,) = self.reader.chains(parsed(text))
        except (ReadingError, ValueError):
            return "not read"
        if len(chain.sides) != 2 or row.chain is None:
            return "not read"
        left, right = row.chain.sides
        changed = chain.sides[1]
        assert left is not None
        assert right is not None
        if changed is None:
            return "not read"
        if changed == Num("0"):
            return "condition"  # what is 0 there is not said to be so everywhere
        try:
            if self.kind == "matrix":
                return self._matrix_effect(left, changed)
            return self._scalar_effect(left, changed)
        except NoMeaningError:
            return "no meaning"
        except MisfitError:
            return "changed"

    def _scalar_effect(self, left: Term, changed: Term) -> Effect:
        known = {str(size) for size in sizes_of(self.network, SAMPLES)}
        letters = sorted((loose(left) | loose(changed)) - known)
        pairs = self.oracle.sides((left, changed), letters)
        return "same" if all(equal(a, b) for a, b in pairs) else "changed"

    def _matrix_effect(self, left: Term, changed: Term) -> Effect:
        with np.errstate(all="ignore"):
            value = self.oracle.value(left, {})
            shape = value.shape[1:]
            try:
                found = self.oracle.array(changed, shape)
            except MisfitError:
                turned = np.swapaxes(self.oracle.array(changed, shape[::-1]), 1, 2)
                return "other layout" if equal(value, turned) else "changed"
        return "same" if equal(value, found) else "changed"


def equal(a: Value, b: Value) -> bool:
    """Whether two values are one, but for rounding."""
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True))


def _letters(term: Ref | Derivative) -> list[str]:
    return [i.letter for i in indices(term) if isinstance(i, Ref)]
