"""The chain rule along a path, and the general model forwards and backwards."""

from __future__ import annotations

import itertools

import pytest
from sample_figures import PREDICTION, chain, flow_layer, flows, output_factor

from symderiv.expression import Listing, Name, Node, Partial, Relation
from symderiv.renderers.chain_figure import chain_figure
from symderiv.renderers.geometry import overlap
from symderiv.renderers.scene import Arc, Label, Paint, Rect, Scene, Segment

BLUE, ORANGE, GREEN = Paint("blue"), Paint("orange"), Paint("green")


def factors(scene: Scene) -> list[Label]:
    """Return the mathematics below the arcs."""
    return [
        item
        for item in scene.items
        if isinstance(item, Label) and item.paint == ORANGE and not isinstance(item.content, str)
    ]


@pytest.mark.parametrize("links", [1, 2, 3])
def test_forward_and_backward_links(links: int) -> None:
    """Blue arrows lead right on the line of the nodes, orange arcs lead back below it."""
    scene = chain(links)
    forward = [item for item in scene.items if isinstance(item, Segment) and item.start[1] == 0]
    arcs = [item for item in scene.items if isinstance(item, Arc)]
    assert len(forward) == len(arcs) == links
    assert all(it.paint == BLUE and it.arrow and it.start[0] < it.end[0] for it in forward)
    assert all(it.paint == ORANGE and it.start[0] > it.end[0] for it in arcs)
    assert all(y < 0 for it in arcs for _, y in it.controls)


@pytest.mark.parametrize("links", [1, 2, 3])
def test_factors_hit_nothing(links: int) -> None:
    """Factors stand below their arcs, apart from nodes, arcs, legend and each other."""
    scene = chain(links)
    others = [item for item in scene.items if isinstance(item, Arc | Rect)]
    others += [item for item in scene.items if isinstance(item, Label) and item.paint != ORANGE]
    found = factors(scene)
    for label in found:
        assert not any(overlap(label.bounds, other.bounds.padded(0.04)) for other in others)
    for first, second in itertools.combinations(found, 2):
        assert not overlap(first.bounds.padded(0.1), second.bounds.padded(0.1))


def test_wide_chain_breaks_its_equations() -> None:
    """An equation goes on two lines where one line would shrink the whole figure."""
    short, wide = factors(chain(2)), factors(chain(3))
    assert [type(label.content) for label in short] == [Relation] * 2
    assert [type(label.content) for label in wide] == [Partial] * 3 + [Relation] * 3
    assert len({label.y for label in wide}) == 2


def test_chain_says_in_words_what_the_colours_mean() -> None:
    """F3: never colour alone."""
    words = {item.content: item.paint for item in chain(2).items if isinstance(item, Label)}
    assert words["forward: compute the values"] == BLUE
    assert words["backward: multiply the factors"] == ORANGE


@pytest.mark.parametrize(
    ("nodes", "partials"), [([Name("x")], []), ([Name("x"), Name("L")], [Name("p"), Name("q")])]
)
def test_chain_needs_a_factor_for_each_link(nodes: list[Node], partials: list[Node]) -> None:
    """A chain with too few or too many factors is refused."""
    with pytest.raises(ValueError, match="links"):
        chain_figure(nodes, partials)


def test_bare_factors_need_no_second_line() -> None:
    """A factor that is no equation is not broken."""
    nodes = [PREDICTION] * 7
    scene = chain_figure(nodes, [Partial(PREDICTION, PREDICTION)] * 5 + [output_factor()])
    assert len(factors(scene)) == 5 + 2


def arrows(scene: Scene, paint: Paint) -> list[Segment]:
    """Return the arrows of one colour."""
    return [item for item in scene.items if isinstance(item, Segment) and item.paint == paint]


def test_feedforward_flows_right_and_parameters_come_from_below() -> None:
    """Every arrow of values leads right, every arrow of parameters up."""
    scene = flows()["feedforward"]
    assert len(arrows(scene, BLUE)) == 5
    assert all(it.start[0] < it.end[0] and it.start[1] == it.end[1] for it in arrows(scene, BLUE))
    assert len(arrows(scene, GREEN)) == 2
    assert all(it.start[1] < it.end[1] for it in arrows(scene, GREEN))
    contents = [item.content for item in scene.items if isinstance(item, Label)]
    assert Listing(flow_layer(Name("l")).parameters) in contents


def test_backpropagation_flows_left_and_gradients_leave_below() -> None:
    """The same links reversed; each layer hands on its error and puts out its gradients."""
    forward, backward = flows()["feedforward"], flows()["backpropagation"]
    level = [it for it in arrows(backward, ORANGE) if it.start[1] == it.end[1]]
    assert sorted((it.end, it.start) for it in level) == sorted(
        (it.start, it.end) for it in arrows(forward, BLUE)
    )
    down = [it for it in arrows(backward, ORANGE) if it.start[1] > it.end[1]]
    assert len(down) == 2
    assert len(level) + len(down) == len(arrows(backward, ORANGE))
    layer = flow_layer(Name("l"))
    labels = {it.content: it for it in backward.items if isinstance(it, Label)}
    left = min(it.end[0] for it in down)
    assert labels[layer.error].x < left
    assert all(labels[gradient].y < min(it.end[1] for it in down) for gradient in layer.gradients)


@pytest.mark.parametrize("name", ["feedforward", "backpropagation"])
def test_boxes_hold_their_labels(name: str) -> None:
    """Every quantity of the row fits into its box, and errors hit no frame."""
    scene = flows()[name]
    boxes = [item for item in scene.items if isinstance(item, Rect)]
    centred = [it for it in scene.items if isinstance(it, Label) and it.anchor == "center"]
    assert len(centred) == 5
    for label in centred:
        inside = label.bounds.padded(0.1)
        assert any(
            box.bounds.left < inside.left and inside.right < box.bounds.right for box in boxes
        )
    for label in (it for it in scene.items if isinstance(it, Label) and it.halo):
        assert not any(overlap(label.bounds.padded(0.05), box.bounds) for box in boxes)
