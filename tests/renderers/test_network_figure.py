"""Networks of all small sizes: no label hits anything, every edge and node is there once."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
from sample_figures import bias, network, node_names, weight

from symderiv.expression import Node, Number
from symderiv.renderers.geometry import Bounds, overlap
from symderiv.renderers.label_placement import Edge, label_places
from symderiv.renderers.network_figure import MOST_NODES, EdgeKey, network_figure
from symderiv.renderers.scene import Circle, Label, Paint, Scene, Segment

SMALL = [
    sizes
    for count in (2, 3, 4)
    for sizes in itertools.product(*[range(1, 4)] * (count - 1), range(1, 3 if count == 4 else 4))
]
TEX_WIDER = 1.1


def edges(scene: Scene) -> list[Segment]:
    """Return the drawn edges."""
    return [item for item in scene.items if isinstance(item, Segment)]


def edge_labels(scene: Scene) -> list[Label]:
    """Return the labels that stand on edges."""
    return [item for item in scene.items if isinstance(item, Label) and item.halo]


def circles(scene: Scene) -> list[Circle]:
    """Return the nodes, without the dots for those left out."""
    return [item for item in scene.items if isinstance(item, Circle) and item.radius > 0.1]


def grown(label: Label) -> Bounds:
    """Return what a label covers in the wider of the two notations."""
    box = label.bounds
    wide, high = (TEX_WIDER - 1) / 2 * box.width, (TEX_WIDER - 1) / 2 * box.height
    return Bounds(box.left - wide, box.bottom - high, box.right + wide, box.top + high)


def runs_through(edge: Segment, box: Bounds) -> bool:
    """Say whether an edge enters a rectangle, by walking along it."""
    (x0, y0), (x1, y1) = edge.start, edge.end
    steps = math.ceil(math.dist(edge.start, edge.end) / 0.01)
    return any(
        box.left < x0 + t / steps * (x1 - x0) < box.right
        and box.bottom < y0 + t / steps * (y1 - y0) < box.top
        for t in range(steps + 1)
    )


@pytest.mark.parametrize("sizes", SMALL, ids=lambda sizes: "-".join(map(str, sizes)))
def test_no_label_hits_anything(sizes: tuple[int, ...]) -> None:
    """F1: labels are disjoint, and each is hit by its own edge only and by no node."""
    scene = network(*sizes)
    labels = edge_labels(scene)
    assert (
        len(labels)
        == len(edges(scene))
        == sum((before + 1) * after for before, after in itertools.pairwise(sizes))
    )
    for first, second in itertools.combinations(labels, 2):
        assert not overlap(grown(first), grown(second)), (first, second)
    for label in labels:
        box = grown(label)
        assert [runs_through(edge, box) for edge in edges(scene)].count(True) == 1, label
        assert not any(overlap(box, circle.bounds) for circle in circles(scene)), label


def test_label_keeps_off_a_node_beside_its_edge() -> None:
    """A node that lies where the label would best stand moves it along the edge."""
    edge = Edge((0.0, 0.0), (10.0, 0.0), 0.6, 0.4)
    assert label_places([edge], []) == (0.35,)
    places = label_places([edge], [Bounds(2.0, 0.1, 4.0, 1.0)])
    assert places is not None
    assert not overlap(edge.box(places[0]), Bounds(2.0, 0.1, 4.0, 1.0))
    assert label_places([edge], [Bounds(0.0, 0.1, 10.0, 1.0)]) is None


def test_labels_give_way_to_each_other() -> None:
    """Two edges side by side: one label is moved; too close for any two labels: no answer."""
    edges = [Edge((0.0, y), (4.0, y), 1.0, 0.4) for y in (0.0, 0.3)]
    places = label_places(edges, [])
    assert places is not None
    assert abs(places[0] - places[1]) * 4.0 > 1.0
    assert label_places([Edge(e.start, (1.2, e.end[1]), 1.0, 0.5) for e in edges], []) is None


def test_each_label_names_its_edge() -> None:
    """F2: w_ij^(l) stands on the edge from node i to node j of layer l, b_j on the bias edge."""
    sizes = (2, 3, 2)
    scene, names = network(*sizes), node_names(sizes)
    columns = sorted({circle.x for circle in circles(scene)})
    at = {
        (label.x, label.y): label.content
        for label in scene.items
        if isinstance(label, Label) and label.anchor == "center" and not label.halo
    }

    def nearest(x: float, y: float) -> tuple[int, Node]:
        place = min(at, key=lambda spot: math.dist(spot, (x, y)))
        content = at[place]
        assert not isinstance(content, str)
        return columns.index(place[0]), content

    for label in edge_labels(scene):
        edge = min(
            edges(scene),
            key=lambda edge: abs(
                math.dist(edge.start, (label.x, label.y))
                + math.dist((label.x, label.y), edge.end)
                - math.dist(edge.start, edge.end)
            ),
        )
        (before, source), (layer, target) = nearest(*edge.start), nearest(*edge.end)
        assert layer == before + 1
        j = names[layer].index(target) + 1
        if source == Number("1"):
            assert label.content == bias(layer, j)
        else:
            assert label.content == weight(layer, names[before].index(source) + 1, j)


def test_bias_nodes_are_dashed_ones_above_every_column_but_the_last() -> None:
    """A bias node carries a 1, has dashed edges, and no edge leads into it."""
    scene = network(2, 3, 1)
    biases = [circle for circle in circles(scene) if circle.dashed]
    columns = sorted({circle.x for circle in circles(scene)})
    assert sorted(circle.x for circle in biases) == columns[:-1]
    for node in biases:
        below = [circle.y for circle in circles(scene) if circle.x == node.x and circle is not node]
        assert node.y > max(below)
    ones = [item for item in scene.items if isinstance(item, Label) and item.content == Number("1")]
    assert {(item.x, item.y) for item in ones} == {(item.x, item.y) for item in biases}
    assert sum(edge.dashed for edge in edges(scene)) == 3 + 1


@pytest.mark.parametrize("sizes", [(2, 2, 1), (4, 5, 3), (6, 6, 6, 6)])
def test_nodes_keep_apart(sizes: tuple[int, ...]) -> None:
    """No two nodes touch, and no edge runs through a foreign one."""
    scene = network(*sizes)
    assert len(circles(scene)) == sum(sizes) + len(sizes) - 1
    for first, second in itertools.combinations(circles(scene), 2):
        assert math.dist((first.x, first.y), (second.x, second.y)) > first.radius + second.radius
    for edge in edges(scene):
        for circle in circles(scene):
            centre, inner = Bounds(circle.x, circle.y, circle.x, circle.y), 0.7 * circle.radius
            assert not runs_through(edge, centre.padded(inner))


def test_highlight_is_orange_wide_and_on_top() -> None:
    """The highlighted path differs by width as well as colour and hides under nothing."""
    scene = network(2, 2, 1, highlight=((1, 1, 1), (2, 1, 1)))
    lit = [edge for edge in edges(scene) if edge.paint == Paint("orange")]
    assert edges(scene)[-2:] == lit
    assert {edge.width for edge in lit} == {1.5}
    named = [label.content for label in edge_labels(scene) if label.paint == Paint("orange")]
    assert named == [weight(1, 1, 1), weight(2, 1, 1)]


def test_dense_network_labels_its_path_only() -> None:
    """Where labels cannot all be apart, only the path has them and the rest is faint."""
    scene = network(4, 5, 3, highlight=((1, 2, 3), (2, 3, 2)))
    assert [label.content for label in edge_labels(scene)] == [weight(1, 2, 3), weight(2, 3, 2)]
    faint = [edge for edge in edges(scene) if edge.paint != Paint("orange")]
    assert len(faint) == 5 * 5 + 6 * 3 - 2
    labelled = {edge.paint.strength for edge in edges(network(2, 2, 1))}
    assert max(edge.paint.strength for edge in faint) < min(labelled)
    plain = network(4, 5, 3)
    assert not edge_labels(plain)
    assert min(edge.paint.strength for edge in edges(plain)) > 35


def test_long_layer_shows_dots() -> None:
    """A layer of more than six nodes shows its first three and its last with their own names."""
    scene = network(12, 2)
    shown = {item.content for item in scene.items if isinstance(item, Label)}
    inputs = node_names((12, 2))[0]
    assert [node for node in inputs if node in shown] == [*inputs[:3], inputs[-1]]
    assert sum(isinstance(item, Circle) for item in scene.items) == 4 + 1 + 2 + 3
    assert len(edges(scene)) == 5 * 2
    assert len(circles(network(MOST_NODES, 2))) == MOST_NODES + 1 + 2


def test_edges_of_hidden_nodes_are_not_named() -> None:
    """The names of edges are asked for by their numbers in the network, not on the slide."""
    asked: Counter[EdgeKey] = Counter()

    def spy(layer: int, source: int, target: int) -> Node:
        asked[EdgeKey(layer, source, target)] += 1
        return weight(layer, source, target)

    network_figure(node_names((12, 1)), spy, bias, frozenset({EdgeKey(1, 12, 1)}))
    assert set(asked) == {EdgeKey(1, 12, 1)}


@pytest.mark.parametrize(
    ("sizes", "captions"),
    [
        ((2, 1), ["input layer", "output layer"]),
        ((2, 2, 1), ["input layer", "hidden layer", "output layer"]),
        ((2, 2, 2, 1), ["input layer", "hidden layer 1", "hidden layer 2", "output layer"]),
    ],
)
def test_captions(sizes: tuple[int, ...], captions: list[str]) -> None:
    """Each column says what it is, below all nodes and on one baseline."""
    scene = network(*sizes)
    found = [item for item in scene.items if isinstance(item, Label) and item.anchor == "base"]
    assert [label.content for label in found] == captions
    assert len({label.y for label in found}) == 1
    assert max(label.bounds.top for label in found) < min(c.bounds.bottom for c in circles(scene))


def test_same_network_same_scene() -> None:
    """The search for places leaves nothing to chance."""
    assert network(3, 3, 3, 2) == network(3, 3, 3, 2)
