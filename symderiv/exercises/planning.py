"""Which gradients a sheet asks about, and in which of them a mistake is: drawn by lot."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from symderiv.derivation import Derivation
from symderiv.errors import UnsupportedError
from symderiv.exercises.sheets import Exercise, Sheet
from symderiv.exercises.spoiling import Spoiler, verdicts
from symderiv.exercises.workings import Working, stated, workings
from symderiv.expression import Relation
from symderiv.network import Network
from symderiv.notation import Profile
from symderiv.pipeline import derive
from symderiv.profiles import profile as profile_named

_RIGHT_SHARE = 4
"""One exercise in so many has no mistake."""


def planned(
    network: Network, count: int, seed: int, notation: str | Profile | None = None
) -> Sheet:
    """Return a sheet of ``count`` derivations; the same seed gives the same sheet.

    Nothing is handed out that verify does not judge as the key does: every line that is right is
    called right, the one that is wrong is called wrong.

    Raises ``UnsupportedError`` if there are not so many derivations that verify can read.
    """
    profile = profile_named(notation or network.notation)
    derivation = derive(network)
    model = stated(derivation, profile)
    lot = random.Random(seed)
    chosen = _chosen(derivation, profile, model, count, lot)
    right = lot.sample(range(count), count // _RIGHT_SHARE)
    spoiler = Spoiler(model, chosen, profile.layer, lot)
    exercises = (
        Exercise(lines) if place in right else spoiler.spoilt(place)
        for place, lines in enumerate(chosen)
    )
    return Sheet(network.title, _about(derivation), model, tuple(exercises))


def _about(derivation: Derivation) -> str:
    """Say in a line what the network is, and on what its gradients rest."""
    network = derivation.network
    names = ", ".join(dict.fromkeys(activation.name for activation in network.activations))
    parts = [f"{'-'.join(map(str, network.sizes))} network"] if network.dense else []
    parts += [f"activations: {names}"] if names else []
    parts += [f"loss: {network.loss_function.words}", *(f.because for f in network.graph.facts)]
    return "; ".join(parts)


def _chosen(
    derivation: Derivation,
    profile: Profile,
    model: Sequence[Relation],
    count: int,
    lot: random.Random,
) -> list[Working]:
    """Draw derivations that verify calls right, of each layer's weights and biases in turn."""
    kinds: dict[object, list[Working]] = {}
    for kind, working in workings(derivation, profile):
        kinds.setdefault(kind, []).append(working)
    groups = list(kinds.values())
    lot.shuffle(groups)
    for some in groups:
        lot.shuffle(some)
    longest = max(map(len, groups), default=0)
    every = [some[k] for k in range(longest) for some in groups if k < len(some)]
    found: list[Working] = []
    for start in range(0, len(every), count):  # what is not needed is not judged
        found += _read(model, every[start : start + count])
        if len(found) >= count:
            return found[:count]
    raise UnsupportedError(
        f"{len(found)} derivations of this network can be read and checked, not {count}; "
        "ask for fewer, or for another notation"
    )


def _read(model: Sequence[Relation], some: Sequence[Working]) -> Iterator[Working]:
    """Yield the derivations of which verify calls every line right."""
    for working, found in zip(some, verdicts(model, some), strict=True):
        if set(found) == {"right"}:
            yield working
