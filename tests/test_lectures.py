"""A document that only defines the forward pass means a network, whatever its notation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from symderiv import Data, Dense, Network, derive, load
from symderiv.documents import parse
from symderiv.errors import DocumentError
from symderiv.lectures import lecture
from symderiv.lectures.agreement import check_agreement
from symderiv.lectures.layers import NotUnderstood
from symderiv.lectures.reading import best_reading
from symderiv.profiles import profile
from symderiv.verification.points import Points

ROOT = Path(__file__).parents[1]
FORWARD = ROOT / "tests" / "forward"
BCE, CCE = "binary_cross_entropy", "categorical_cross_entropy"
SQUARED, HALF = "squared_error", "half_squared_error"
WHEELS = Data(
    ((0.8, 0.0), (0.5, 0.3), (0.0, -0.6)),
    ((0.8, 0.8), (0.8, 0.2), (-0.6, 0.6)),
)
CORNERS = Data(((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)), ((0.0,), (1.0,), (1.0,), (0.0,)))


def network(sizes: Sequence[int], activations: str, loss: str, data: Data | None = None) -> Network:
    """Return a network by its widths and activations, with the mean over the samples."""
    inputs, *units = sizes
    layers = [Dense(n, name) for n, name in zip(units, activations.split(), strict=True)]
    return Network(inputs, layers, loss, "mean", data=data)


MEANT = {
    "batch-rows.md": network((4, 3, 5), "sigmoid identity", HALF),
    "bias-as-weight.md": network((3, 3, 3), "tanh identity", HALF),
    "components-mse.md": network((2, 2, 1), "tanh identity", SQUARED),
    "course-columns.md": network((2, 4, 1), "tanh sigmoid", BCE),
    "course-samples.md": network((3, 4, 1), "tanh sigmoid", BCE),
    "data-in-columns.md": network((2, 3, 1), "tanh sigmoid", BCE, CORNERS),
    "deep-columns.tex": network((3, 2, 4, 5), "relu relu softmax", CCE),
    "frobenius.md": network((3, 5, 2), "tanh identity", HALF),
    "general-layers.md": network((2, 3, 4), "sigmoid sigmoid", HALF),
    "index-form.tex": network((3, 3, 3), "tanh identity", HALF),
    "layers-by-index.md": network((2, 3, 2), "sigmoid sigmoid", HALF),
    "logistic.rst": network((3, 1), "sigmoid", BCE),
    "nested.md": network((3, 4, 1), "tanh sigmoid", BCE),
    "own-functions.md": network((2, 3, 1), "relu sigmoid", BCE),
    "penalty.md": replace(network((3, 2, 4, 5), "relu relu identity", SQUARED), l2=0.01),
    "regression.ipynb": network((2, 3, 1), "tanh identity", SQUARED),
    "rows-with-data.md": network((2, 3, 2), "tanh tanh", SQUARED, WHEELS),
    "softmax.md": network((4, 5, 3), "relu softmax", CCE),
    "softmax-written-out.md": network((2, 3, 4), "relu softmax", CCE),
    "vector-loss.md": network((3, 2, 4), "tanh softmax", CCE),
}


def same(found: Network, meant: Network) -> bool:
    """Whether two networks have the same data and, for all they derive, the same equations."""
    pairs = zip(derive(found).adjoints, derive(meant).adjoints, strict=True)
    return found.data == meant.data and found.sizes == meant.sizes and all(a == b for a, b in pairs)


@pytest.mark.parametrize("name", sorted(path.name for path in FORWARD.iterdir()))
def test_a_forward_pass(name: str) -> None:
    """Its gradients are those of the network that it means."""
    assert same(lecture(FORWARD / name).network, MEANT[name])


def test_the_lecture() -> None:
    """Its gradients, right or wrong, are not read: those of the spec file come out."""
    found = lecture(ROOT / "examples" / "lectures" / "backpropagation-xor.md").network
    assert same(found, load(ROOT / "examples" / "xor.toml"))
    assert found.notation == "xor-lecture"


def test_a_notation_is_recognised() -> None:
    """A shipped one by its name, where all that the document tells agrees."""
    assert lecture(FORWARD / "course-columns.md").network.notation == "deep-learning-course"
    own = profile(lecture(FORWARD / "layers-by-index.md").network.notation)
    assert (own.weights, own.layer) == ("to-from", "")


def test_what_is_not_said_is_told() -> None:
    """Sizes, data and the learning rate."""
    notes = lecture(FORWARD / "batch-rows.md").notes
    assert "how wide layer 1 is, is not said: 3 is taken" in notes
    assert any(note.startswith("no data") for note in notes)
    found = lecture(FORWARD / "rows-with-data.md")
    assert found.network.training.learning_rate == 0.25
    assert len(found.notes) == 1


def test_a_network_with_another_cost_is_not_believed() -> None:
    """The document has the last word."""
    reading = best_reading(parse((FORWARD / "course-columns.md").read_text(encoding="utf-8")))
    points = Points(reading.built.model, reading.built.kinds, at=reading.cost.at)
    check_agreement(reading.found, reading.tape, reading.cost.left, points)
    for other in (replace(reading.found, reduction="sum"), replace(reading.found, loss=SQUARED)):
        with pytest.raises(NotUnderstood, match="differs in value"):
            check_agreement(other, reading.tape, reading.cost.left, points)


LAYER = r"""
$$\mathbf z = \mathbf W \mathbf x + \mathbf b$$

$$\hat{\mathbf y} = \sigma(\mathbf z)$$
"""
LOSS = r"$$L = \frac12 \sum_k (\hat y_k - y_k)^2$$"


def read(tmp_path: Path, text: str) -> Network:
    """Return the network that a text in Markdown defines."""
    path = tmp_path / "notes.md"
    path.write_text(text, encoding="utf-8")
    return lecture(path).network


@pytest.mark.parametrize(
    ("more", "sizes"),
    [
        (r"$\mathbf W \in \mathbb R^{2 \times 5}$", (5, 2)),
        (r"$\mathbf x \in \mathbb R^4$, $\mathbf y \in \mathbb R^{3}$", (4, 3)),
        (r"$\mathbf W \in \mathbb R^{K \times D}$, $D = 6$ and $K = 2$", (6, 2)),
        (
            r"$$X = \begin{bmatrix} 1 & 0 & 0 \\ 0 & 1 & 0 \end{bmatrix}$$" + "\n\n"
            r"$$Y = \begin{bmatrix} 1 \\ 0 \end{bmatrix}$$",
            (3, 1),
        ),
    ],
)
def test_widths(more: str, sizes: tuple[int, ...], tmp_path: Path) -> None:
    """By a declared shape, with numbers or with letters that are numbers; by data."""
    assert read(tmp_path, LAYER + LOSS + "\n\n" + more).sizes == sizes


def test_a_penalty(tmp_path: Path) -> None:
    """On the squares of all weights, with a factor that is a number."""
    text = (
        r"$$z_1 = w_1 x_1 + w_2 x_2 + b \qquad \hat y = \sigma(z_1)$$"
        "\n\n"
        r"$$L = -y \log \hat y - (1 - y) \log(1 - \hat y) + \frac{\lambda}{2} (w_1^2 + w_2^2)$$"
    )
    assert read(tmp_path, text + "\n\n" + r"$\lambda = 0.1$").l2 == 0.1
    with pytest.raises(DocumentError, match="'lambda' without a number; say it, as in lambda"):
        read(tmp_path, text)


UNIT = r"""$$\hat y = \sigma(w_1 x_1 + w_2 x_2 + b)$$

$$L = -y \log \hat y - (1 - y) \log(1 - \hat y)$$

$$X = \begin{bmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{bmatrix}$$

"""
SHAPES = r"""

$\mathbf W \in \mathbb R^{2 \times 3}$

$\mathbf x \in \mathbb R^4$
"""

# what a document lacks, and what is said of it
REFUSED = [
    ("No formula.", "no equation defines a cost, a J, L, C or E; there is no equation"),
    (LAYER, r"no equation defines a cost.*; on the left sides are \\mathbf z, "),
    (
        LAYER.replace(r" + \mathbf b", "") + LOSS,
        r"notes\.md:2: has no bias; expected w x \+ b",
    ),
    (
        LAYER.replace(r"\sigma", "f") + LOSS,
        r"notes\.md:4: the function 'f' is not defined, as f\(z\) = .*; known: ",
    ),
    (
        LAYER.replace(r"\sigma", r"\sin") + LOSS,
        r"notes\.md:\d: .*understood: z\n",
    ),
    (LAYER + r"$$L = \sum_k (\hat y_k - y_k)^4$$", "is none of the known losses: binary_cross"),
    (LAYER.replace(r"\sigma", r"\mathrm{sigmod}") + LOSS, "'sigmod' .*; did you mean 'sigmoid'?"),
    (UNIT + r"$$Y = \begin{bmatrix} 1 \\ 0 \end{bmatrix}$$", "X has 3 samples, Y has 2; expected"),
    (
        UNIT + r"$$Y = \begin{bmatrix} 1 \\ 0 \\ 7 \end{bmatrix}$$",
        r"data\.Y\[2\]\[0\]: the binary cross-entropy takes labels",
    ),
    (
        LAYER + LOSS + SHAPES,
        r"notes\.md:9: the input has 4 units here, but 3 on line 7",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """The line, what was expected, and what is understood."""
    with pytest.raises(DocumentError, match=message):
        read(tmp_path, text)
