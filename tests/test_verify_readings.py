r"""Verify on short documents, each with one way in which people write: what it means is found."""

from __future__ import annotations

import pytest

import symderiv as sd

FORWARD = r"""
$$z^{[1]} = W^{[1]} x + b^{[1]}$$

$$a^{[1]} = \tanh(z^{[1]})$$

$$z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}$$

$$L = \frac{1}{2} \|z^{[2]} - y\|^2$$
"""


def verdicts(text: str) -> list[str]:
    """Return the verdicts on the displayed equations of a document."""
    return [equation.verdict for equation in sd.verify(text, budget=600).equations if equation.n]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"dz^{[2]} = z^{[2]} - y", r"dz^{[2]} = y - z^{[2]}"),
        (r"\delta^{[2]} = z^{[2]} - y", r"\delta^{[2]} = y - z^{[2]}"),
    ],
)
def test_names_of_derivatives(right: str, wrong: str) -> None:
    """Nobody says that dz is the derivative of the cost by z; what is built on it shows it."""
    name = right.partition("^")[0]
    rest = "\n\n".join((
        rf"$$\frac{{\partial L}}{{\partial W^{{[2]}}}} = {name}^{{[2]}} a^{{[1]T}}$$",
        rf"$$\frac{{\partial L}}{{\partial b^{{[2]}}}} = {name}^{{[2]}}$$",
        rf"$${name}^{{[1]}} = W^{{[2]T}} {name}^{{[2]}} \odot (1 - (a^{{[1]}})^2)$$",
        rf"$$\frac{{\partial L}}{{\partial W^{{[1]}}}} = {name}^{{[1]}} x^T$$",
    ))  # fmt: skip
    assert verdicts(f"{FORWARD}\n$${right}$$\n\n{rest}") == ["definition"] * 4 + ["right"] * 5
    assert verdicts(f"{FORWARD}\n$${wrong}$$\n\n{rest}")[4:6] == ["wrong", "right"]


def test_a_letter_may_mean_another_thing_in_another_section() -> None:
    """In the first section x is a number, in the second one a vector."""
    text = r"""
# One neuron

$$z = w x + b$$

$$L = \frac{1}{2} (z - y)^2$$

$$\frac{\partial L}{\partial w} = (z - y) x$$

# A layer

Now $x \in \mathbb{R}^3$ and $W \in \mathbb{R}^{2 \times 3}$.

$$z = W x + b$$

$$L = \frac{1}{2} \|z - y\|^2$$

$$\frac{\partial L}{\partial W} = (z - y) x^T$$

$$\frac{\partial L}{\partial x} = W (z - y)$$
"""
    expected = ["definition", "definition", "right"] * 2
    assert verdicts(text) == [*expected, "wrong"]


def test_words_are_names() -> None:
    r"""The letters of :math:`net_{h1}` and :math:`out_{o1}` are no product of n, e and t."""
    text = r"""
$$net_{h1} = w_1 i_1 + w_2 i_2 + b_1$$

$$out_{h1} = \frac{1}{1 + e^{-net_{h1}}}$$

$$E = \frac{1}{2} (target - out_{h1})^2$$

$$\frac{\partial E}{\partial out_{h1}} = -(target - out_{h1})$$

$$\frac{\partial out_{h1}}{\partial net_{h1}} = out_{h1} (1 - out_{h1})$$

$$\frac{\partial E}{\partial w_1} = -(target - out_{h1}) \, out_{h1} (1 - out_{h1}) \, i_2$$
"""
    assert verdicts(text) == [*["definition"] * 3, "right", "right", "wrong"]


def test_a_sample_is_a_column_of_its_batch() -> None:
    r"""Where X has a column for each sample, :math:`x^{(i)}` is one of them."""
    text = r"""
$$Z = W X + b$$

$$A = \sigma(Z)$$

$$\sigma(t) = \frac{1}{1 + e^{-t}}$$

$$J = \frac{1}{2} \sum_{i=1}^m \|a^{(i)} - y^{(i)}\|^2$$

$$\frac{\partial J}{\partial z^{(i)}} = (a^{(i)} - y^{(i)}) \odot a^{(i)} \odot (1 - a^{(i)})$$

$$\frac{\partial J}{\partial W} = \left( (A - Y) \odot A \odot (1 - A) \right) X^T$$

$$\frac{\partial J}{\partial z^{(i)}} = (a^{(i)} - y^{(i)}) \odot a^{(i)}$$
"""
    assert verdicts(text) == [*["definition"] * 4, "right", "right", "wrong"]


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ("It is tempting, but wrong, to write", "", "text"),
        ("One finds", "This is not the gradient, as a factor is lost.", "text"),
        ("One finds", "", "wrong"),
    ],
)
def test_what_is_refuted_is_not_claimed(before: str, after: str, verdict: str) -> None:
    """An author who shows a mistake does not make it."""
    text = (
        "$$z = w x + b$$\n\n$$a = \\tanh(z)$$\n\n$$L = (a - y)^2$$\n\n"
        f"{before}\n\n$$\\frac{{\\partial L}}{{\\partial w}} = 2 (a - y) x$$\n\n{after}\n"
    )
    assert verdicts(text)[-1] == verdict


def test_a_total_sums_what_bears_its_letter() -> None:
    r"""With :math:`E = \sum_t E_t`, the derivative of one time's part is not that of all."""
    text = r"""
$$h_t = \tanh(u x_t + w h_{t-1})$$

$$E_t = \frac{1}{2} (h_t - y_t)^2$$

$$E = \sum_{t=1}^T E_t$$

$$\frac{\partial E_t}{\partial h_t} = h_t - y_t$$

$$\frac{\partial h_t}{\partial h_{t-1}} = w (1 - h_t^2)$$

$$\frac{\partial h_t}{\partial h_{t-1}} = w (1 - h_t)^2$$
"""
    assert verdicts(text) == [*["definition"] * 3, "right", "right", "wrong"]


def test_a_label_is_an_index() -> None:
    r"""In :math:`s_{y}` the class is the label's."""
    text = r"""
$$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}$$

$$L = -\log p_y$$

$$\frac{\partial L}{\partial s_k} = p_k - \mathbb{1}[k = y]$$

$$\frac{\partial L}{\partial s_k} = p_k + \mathbb{1}[k = y]$$
"""
    assert verdicts(text) == ["definition", "definition", "right", "wrong"]


def test_a_slip_where_labels_sum_to_one_is_named() -> None:
    """What is right only for such labels is mended for such labels."""
    text = r"""
$$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}$$

$$L = -\sum_k y_k \log p_k$$

$$\frac{\partial L}{\partial s_k} = p_k - y_k$$

$$\frac{\partial L}{\partial s_k} = y_k - p_k$$
"""
    equations = sd.verify(text, budget=600).equations
    assert [e.verdict for e in equations] == ["definition", "definition", "right", "wrong"]
    (link,) = equations[-1].links
    assert (link.mistake, link.should_be) == ("sign", "p_k - y_k")


def test_what_many_edits_would_mend_is_told_only_where_enough_holds() -> None:
    """A document that is mostly not understood may be misread; the same claim among right ones."""
    start = "$$z = w x + b$$\n\n$$a = \\sigma(z)$$\n\n$$L = (a - y)^2$$\n\n"
    holds = (
        r"$$\frac{\partial L}{\partial a} = 2 (a - y)$$",
        r"$$\frac{\partial a}{\partial z} = \sigma'(z)$$",
        r"$$\frac{\partial z}{\partial w} = x$$",
    )
    claim = r"$$\frac{\partial L}{\partial w} = 7 a y^3 x^5 - w$$"
    assert verdicts(start + claim)[-1] == "cannot tell"
    assert verdicts(start + "\n\n".join([*holds, claim]))[-1] == "wrong"
