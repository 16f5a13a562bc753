"""Which number of the code a name on a slide means: ``w_{21}^{(1)}`` is ``W1[1, 0]``.

The names come from the quantities and the lecture's order of indices, and from no printer: what a
printer exchanges is not exchanged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from symderiv.builder import N
from symderiv.graph import Definition
from symderiv.network import Network
from symderiv.notation import Quantity, Role
from symderiv.verification.functions import Value
from symderiv.verification.model import Family, Key, Unknown

Array = npt.NDArray[np.float64]
Mark = tuple[int, ...]
BOLD = "bold"


class ForeignError(Unknown):
    """A name of nothing that the code computes."""


@dataclass(frozen=True, slots=True)
class Held:
    """An array of the code.

    With ``by_sample`` its first axis counts samples, the points at which one sample's equations are
    evaluated; the only output is ``alone``, and its one index is not written for one sample.
    """

    array: Array
    by_sample: bool
    alone: bool = False

    @property
    def units(self) -> int:
        """How many indices its entries have for one sample."""
        return self.array.ndim - self.by_sample

    def entry(self, key: Key) -> Value:
        """Return the entry that a name's indices mean, for each sample where they name none.

        Raises ``Unknown`` for an index outside its range, or too many or too few of them.
        """
        hidden = self.alone and len(key.sub) < self.array.ndim
        array = self.array[:, 0] if hidden else self.array
        spare = array.ndim - len(key.sub)
        lengths = array.shape[spare:]
        places = tuple(i - 1 for i in key.sub if isinstance(i, int))
        if spare not in {0, int(self.by_sample)} or len(places) < len(key.sub):
            raise Unknown(f"{key.name} has not the indices of an entry")
        if not all(0 <= place < length for place, length in zip(places, lengths, strict=True)):
            raise Unknown(f"there is no {key.name}")
        for place in reversed(places):
            array = array[..., place]
        return array.reshape((-1, 1, 1)).astype(complex)

    @property
    def entries(self) -> Value:
        """All entries, one after the other, each as if at a point of its own."""
        return self.array.reshape((-1, 1, 1)).astype(complex)

    @property
    def whole(self) -> Value:
        """The array as a matrix; one of a single axis is a column of samples, or a row of units."""
        array = np.atleast_2d(self.array)
        turned = array.T if self.by_sample and self.array.ndim == 1 else array
        return turned[None].astype(complex)


@dataclass(frozen=True, slots=True)
class Names:
    """The arrays of the code by the names that slides give them, of all letters and marks."""

    held: Mapping[tuple[Family, Mark], Held]

    def of(self, family: Family, marks: tuple[int | str, ...]) -> Held | None:
        """Return the array of a family of names, if the code has one."""
        return self.held.get((family, tuple(m for m in marks if isinstance(m, int))))

    def value(self, key: Key) -> Value:
        """Return the value of a name: of a bold one the array, of any other an entry.

        Raises ``ForeignError`` for the name of nothing in the code, ``Unknown`` for an entry that
        is not there.
        """
        found = self.of(key.family, key.sup)
        if found is None:
            raise ForeignError(f"{key.name} is nothing that train.py computes")
        if key.family[2] != BOLD:
            return found.entry(key)
        if key.sub:
            raise Unknown(f"{key.name} is an array with an index")
        return found.whole


def names_of(network: Network, arrays: Mapping[str, Array], *, slopes: str = "") -> Names:
    """Return the names of a network's arrays, given by their identifiers.

    With ``slopes`` they name the derivatives of the cost instead, each found under the identifier
    of what it is a derivative by, with ``slopes`` before it.
    """
    held: dict[tuple[Family, Mark], Held] = {}
    for definition in network.graph.definitions:
        array = arrays.get(f"{slopes}{definition.key}")
        if array is not None:
            quantity = definition.quantity
            by_sample = bool(definition.indices) and definition.indices[0].high == N
            single = quantity.role in {Role.LABEL, Role.PREDICTION} and array.shape[-1] == 1
            for name in _written(quantity):
                held[name] = Held(array, by_sample, single)
            for name in _as_layer(definition, network.depth):
                held[name] = Held(array, by_sample)
        error = arrays.get(f"d{definition.key}")
        if error is not None and definition.quantity.role is Role.PREACTIVATION and not slopes:
            for name in _written(definition.quantity.bar()):
                held[name] = Held(error, by_sample=True)
    return Names(held)


def of_samples(network: Network, gradients: Mapping[str, Array]) -> Names:
    """Return the names of derivatives of each sample's loss, which stand along the first axis."""
    named = names_of(network, gradients, slopes="d")
    held = named.held.items()
    return Names({name: replace(found, by_sample=True) for name, found in held})


def _written(quantity: Quantity) -> Iterator[tuple[Family, Mark]]:
    """Yield the names of an array, of its entries in the index view and in components."""
    marks = (int(quantity.layer),) if quantity.layered and quantity.layer is not None else ()
    if quantity.adjoint:
        letters = [("Delta", BOLD), ("delta", "")]
    else:
        whole, entry = quantity.matrix_letter, quantity.component_letter
        letters = [(whole, BOLD), (whole, ""), (entry, "")]
    for letter, style in letters:
        yield (letter, quantity.hat, style), marks


def _as_layer(definition: Definition, depth: int) -> Iterator[tuple[Family, Mark]]:
    """Yield the names of inputs and predictions as the activations of the first and last layer."""
    layers = {Role.INPUT: 0, Role.PREDICTION: depth}
    layer = layers.get(definition.quantity.role)
    if layer is not None:
        for family, _ in _written(Quantity(Role.ACTIVATION, depth)):
            yield family, (layer,)
