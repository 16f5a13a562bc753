"""Where labels stand on the edges of a network so that nothing hits anything: found, not hoped for.

Each label may slide along its own edge. The search goes through places label by label and takes
one back when a later label finds none, so that an answer is a proof and ``None`` means that there
is no answer among the places tried (or none within ``_PATIENCE`` trials).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from symderiv.renderers.geometry import Bounds, Point, clip, overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLACES = tuple(place / 100 for place in range(8, 93))
_PREFERRED = 0.35
_PATIENCE = 20_000
_CLEARANCE = 0.03


@dataclass(frozen=True, slots=True)
class Edge:
    """A straight edge with the size of its label."""

    start: Point
    end: Point
    across: float
    high: float

    def at(self, place: float) -> Point:
        """Return the point at ``place``, from 0 at the start to 1 at the end."""
        (x0, y0), (x1, y1) = self.start, self.end
        return x0 + place * (x1 - x0), y0 + place * (y1 - y0)

    def box(self, place: float) -> Bounds:
        """Return what the label covers there."""
        x, y = self.at(place)
        right, top = self.across / 2, self.high / 2
        return Bounds(x - right, y - top, x + right, y + top)


class _Choice(NamedTuple):
    place: float
    box: Bounds


def label_places(edges: Sequence[Edge], nodes: Sequence[Bounds]) -> tuple[float, ...] | None:
    """Return a place on each edge so that no label hits a label, a foreign edge or a node."""
    free = []
    for edge in edges:
        free.append(_free_places(edge, edges, nodes))
        if not free[-1]:
            return None
    # The label with the fewest places chooses first; ties keep the order of the edges.
    order = sorted(range(len(edges)), key=lambda index: len(free[index]))
    tries = 0

    def extended(chosen: tuple[_Choice, ...]) -> tuple[_Choice, ...] | None:
        nonlocal tries
        if len(chosen) == len(order):
            return chosen
        taken = [choice.box.padded(_CLEARANCE) for choice in chosen]
        for choice in free[order[len(chosen)]]:
            tries += 1
            if tries > _PATIENCE:
                return None
            if any(overlap(choice.box, box) for box in taken):
                continue
            found = extended((*chosen, choice))
            if found:
                return found
        return None

    found = extended(())
    if found is None:
        return None
    places = {index: choice.place for index, choice in zip(order, found, strict=True)}
    return tuple(places[index] for index in range(len(edges)))


def _free_places(edge: Edge, edges: Sequence[Edge], nodes: Sequence[Bounds]) -> list[_Choice]:
    """Return the places at which the label hits no foreign edge and no node, best first."""
    choices = []
    for place in sorted(_PLACES, key=lambda place: abs(place - _PREFERRED)):
        box = edge.box(place)
        wider = box.padded(_CLEARANCE)
        if not any(overlap(wider, node) for node in nodes) and not any(
            clip(other.start, other.end, wider) for other in edges if other is not edge
        ):
            choices.append(_Choice(place, box))
    return choices
