"""The random points at which gradients by hand are compared, and the answers there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice

import numpy as np

from symderiv.derivation import Derivation
from symderiv.notation import Role
from symderiv.trials import Sizes, Values, all_values, random_given, sizes_of

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What a network is given at one point, and every value and adjoint there."""

    given: Values
    values: Values
    sizes: Sizes


@dataclass(frozen=True)
class Bench:
    """The trials of a derivation, with as many samples as no layer is wide: axes cannot mix up."""

    derivation: Derivation

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the derivation itself takes for granted, in words."""
        network = self.derivation.network
        facts = dict.fromkeys(fact.because for fact in network.graph.facts)
        return (*network.subgradients, *facts)

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Trials with labels between 0 and 1, where more formulas differ than at the ends."""
        return tuple(self._made(hard=False))

    @cached_property
    def hard(self) -> tuple[Trial, ...]:
        """The same trials with labels as data has them: 0 or 1, or one 1 among zeros."""
        return tuple(self._made(hard=True))

    def _made(self, *, hard: bool) -> Iterator[Trial]:
        network = self.derivation.network
        widths = set(sizes_of(network, 0).values())
        for seed, samples in enumerate(islice((n for n in count(3) if n not in widths), ROUNDS)):
            sizes = sizes_of(network, samples)
            given = random_given(network, sizes, np.random.default_rng(seed))
            if hard:
                given |= _decided(given, self.derivation)
            values = all_values(network, given, self.derivation.adjoints, sizes)
            yield Trial(given, values, sizes)


def _decided(given: Mapping[str, np.ndarray], derivation: Derivation) -> Values:
    """Return the labels with each decided for 0 or 1."""
    network = derivation.network
    labels = [d.key for d in network.graph.of_role(Role.LABEL) if d.values is None]
    if not network.loss_function.one_hot:
        return {key: np.round(given[key]) for key in labels}
    return {
        key: (given[key] == given[key].max(axis=-1, keepdims=True)).astype(float) for key in labels
    }
