"""The lecture: a derivation told as a deck, part by part, in the order of a blackboard lecture."""

from __future__ import annotations

from symderiv.renderers.deck import Deck
from symderiv.renderers.lecture.code import code_slides, verified_slides
from symderiv.renderers.lecture.general import general_slides
from symderiv.renderers.lecture.gradients import gradient_slides
from symderiv.renderers.lecture.material import Material, Outcome
from symderiv.renderers.lecture.model import model_slides
from symderiv.renderers.lecture.training import training_slides

__all__ = ["Material", "Outcome", "lecture"]


def lecture(material: Material) -> Deck:
    """Return the deck of a network: model, gradients, general model, training, code, checks."""
    network = material.network
    return Deck(
        network.title,
        network.subtitle,
        network.author,
        (
            *model_slides(material),
            *(gradient_slides(material) if network.written_out else ()),
            *general_slides(material),
            *training_slides(material),
            *code_slides(material),
            *verified_slides(material),
        ),
        footer=network.title,
    )
