"""The code of a folder, run once at random numbers: the points at which its slides are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

import numpy as np
import sympy as sp

from symderiv.builder import N
from symderiv.crosscheck import found_values, random_case, stepped
from symderiv.derivation import Derivation
from symderiv.evaluation import evaluated
from symderiv.functions import Activation
from symderiv.network import Network
from symderiv.notation import LECTURE, PARAMETERS, Role
from symderiv.readback.names import BOLD, Array, Held, Names, names_of, of_samples
from symderiv.readback.pinned import Pinned
from symderiv.verification.functions import ELEMENTWISE, Value
from symderiv.verification.given_model import as_term, given_model
from symderiv.verification.kinds import Kinds
from symderiv.verification.model import Definition, Model
from symderiv.verification.terms import Ref
from symderiv.verification.words import Vocabulary

_SEED = 7
_FEWEST = 3
_OTHERWISE = frozenset({Role.NORMALISER, Role.MAXIMUM, Role.HELPER})
"""What the code may compute in another form than the slides, one that never overflows."""


@dataclass(frozen=True)
class Ran:
    """What the code computed from random parameters and samples, by the names on the slides.

    ``names`` are its arrays, ``gradients`` those of the cost, ``shares`` those of each sample's
    loss, ``next`` the parameters after one step of training, ``data`` its own samples.
    """

    network: Network
    words: Vocabulary
    names: Names
    gradients: Names
    shares: Names
    next: Names
    data: Names
    samples: int

    @property
    def penalised(self) -> bool:
        """Whether the cost is more than what the losses make of it."""
        return bool(self.network.l1 or self.network.l2)

    @property
    def depth(self) -> int:
        """The number of layers."""
        return self.network.depth

    @cached_property
    def _model(self) -> Model:
        """The equations by which a moved name moves others: those of the components, if any."""
        model = given_model(self.network, LECTURE) if self.network.written_out else Model()
        known = {str(size): number for size, number in self.network.size_values.items()}
        model.sizes = {**known, "N": self.samples}
        for activation in _activations(self.network):
            letter = activation.symbol.base
            if not activation.mixes and letter not in ELEMENTWISE:
                model.functions[letter] = [_definition(letter, activation)]
        return model

    def points(self, layer: int, *, data: bool = False) -> Pinned:
        """Return the points where the code was run; ``f`` is the activation of a layer.

        With ``data``, the points where its inputs and labels are its own data.
        """
        activation = self.network.activations[layer - 1]
        functions = dict(self._model.functions)
        if not activation.mixes:
            functions["f"] = [_definition("f", activation)]
        model = Model(self._model.definitions, self._model.sizes, functions)
        kinds = Kinds(self.words, ends=frozenset(model.sizes))
        names = self.data if data else self.names
        return Pinned(model, kinds, names=names, slopes={"J": self.gradients, "L": self.shares})

    @property
    def after(self) -> Pinned:
        """The points after one step of training."""
        kinds = Kinds(self.words)
        return Pinned(Model(), kinds, names=self.next, slopes={})

    def between(self, *, elementwise: bool) -> list[int]:
        """Return the layers that another one follows, all or those without a mixing activation."""
        layers = range(1, self.depth)
        mixing = [activation.mixes for activation in self.network.activations]
        return [layer for layer in layers if not (elementwise and mixing[layer - 1])]

    def layers_with(self, letter: str) -> list[int]:
        """Return the layers whose activation is written with a letter."""
        found = enumerate(self.network.activations, start=1)
        return [n for n, a in found if a.symbol.base == letter and not a.mixes]

    def activation(self, layer: int) -> tuple[Value, Value]:
        """Return all that the activation of a layer reads, and what it makes of it."""
        read, made = (self.names.of((x, "", BOLD), (layer,)) for x in ("Z", "A"))
        assert read is not None
        assert made is not None
        return read.entries, made.entries


def ran(derivation: Derivation, module: ModuleType, words: Vocabulary) -> Ran:
    """Run the code at random numbers, all samples at once and one by one.

    What it leaves out or computes otherwise, such as derivatives by activations and the sum below a
    softmax, is computed from its other values by the equations of the derivation.

    Raises ``CheckFailedError`` if the code fails.
    """
    network = derivation.network
    samples = next(n for n in range(_FEWEST, 100) if n not in network.sizes)
    params, X, Y = random_case(network, _SEED, samples)
    arrays = _completed(derivation, module, params, X, Y)
    rate = Held(np.array(network.training.learning_rate), by_sample=False)
    own = {key: array for key in "XY" if (array := getattr(module, key, None)) is not None}
    return Ran(
        network,
        words,
        Names({**names_of(network, arrays).held, (("eta", "", ""), ()): rate}),
        names_of(network, arrays, slopes="d"),
        _shares(derivation, module, params, X, Y),
        names_of(network, stepped(module, params, X, Y)),
        names_of(network, {key: np.asarray(array, float) for key, array in own.items()}),
        samples,
    )


def _completed(
    derivation: Derivation, module: ModuleType, params: Mapping[str, Array], X: Array, Y: Array
) -> dict[str, Array]:
    """Return every array of the forward and the backward pass, the code's own where it has it."""
    network = derivation.network
    sizes = {**network.size_values, N: len(X)}
    code = found_values(module, dict(params), X, Y)
    found: dict[str, Array] = {**params, "X": X, "Y": Y}
    for definition in (*network.graph.definitions, *derivation.adjoints):
        own = code.get(definition.key) if definition.quantity.role not in _OTHERWISE else None
        if own is not None:
            found[definition.key] = np.asarray(own, float)
        elif definition.rhs is not None:
            found[definition.key] = evaluated(definition, found, sizes)
    return found


def _shares(
    derivation: Derivation, module: ModuleType, params: Mapping[str, Array], X: Array, Y: Array
) -> Names:
    """Return the derivatives of each sample's loss: those of the cost of that sample alone.

    With penalties the cost of a sample is more than its loss, as far as parameters are concerned.
    """
    network, graph = derivation.network, derivation.graph
    penalised = bool(network.l1 or network.l2)
    kept = [d for d in graph.definitions if not (penalised and d.quantity.role in PARAMETERS)]
    runs = [found_values(module, dict(params), X[n : n + 1], Y[n : n + 1]) for n in range(len(X))]
    stacked: dict[str, Array] = {}
    for definition in kept:
        slopes = [run.get(f"d{definition.key}") for run in runs]
        if any(slope is None for slope in slopes):
            continue
        sampled = bool(definition.indices) and definition.indices[0].high == N
        joined = np.concatenate if sampled else np.stack
        stacked[f"d{definition.key}"] = joined([np.asarray(s, float) for s in slopes])
    return of_samples(network, stacked)


def letters(network: Network) -> set[str]:
    """Return the letters of a network's quantities that are no functions of it."""
    quantities = [d.quantity for d in network.graph.definitions]
    written = {letter for q in quantities for letter in (q.matrix_letter, q.component_letter)}
    return written - {activation.symbol.base for activation in _activations(network)}


def _activations(network: Network) -> Iterator[Activation]:
    """Yield the activations of a network with the gates that are functions of their own."""
    for activation in network.activations:
        yield activation
        if activation.gate is not None:
            yield activation.gate


def _definition(letter: str, activation: Activation) -> Definition:
    """Return the formula of an activation as the definition of a function."""
    z = sp.Symbol("z", real=True)
    gate = () if activation.gate is None else (activation.gate.formula(z),)
    formula = activation.formula(z, *gate, *activation.constants.values())
    return Definition(Ref(letter), as_term(formula, lambda _: Ref("z")), -1, (Ref("z"),))
