"""Verify on whole documents: the lecture, and 33 by as many hands and in as many notations."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from corpus import DOCUMENTS, compared

import symderiv as sd
from symderiv.verification.records import VERDICTS, Report

LECTURE = Path(__file__).parents[1] / "examples" / "lectures" / "backpropagation-xor.md"
MISSED = {
    "activations": {r"\beta\sigma(\betax)", "21.1"},
    "attention_loss": {"22.1", "24.1"},
    "batchnorm": {"24.1"},
    "by_hand_222": {"30.1"},
    "concrete_lab": {"17.3", "21.1"},
    "deep_mlp_notes": {"19.1", "27.2", "17.1", "25.1", "11.1"},
    "feedforward_book": {"14.1", "26.1", "29.1", "28.1"},
    "flowers": {"33.1", "30.1", "9.1"},
    "gates_svm": {"26.1"},
    "glm_scores": {"20.1", "10.1", "18.2"},
    "hw2_relu_solution": {"24.4", "20.1", "21.1", "22.1"},
    "hw_logistic": {"12.1", "8.2", "9.1"},
    "logreg_l2_hessian": {"17.1", "21.1", "22.1"},
    "lstm_notes": {"19.1", "29.1"},
    "matrix_rows": {"16.2"},
    "mlp_script": {"20.1", "14.1", "24.1"},
    "physics": {"8.1", "13.1"},
    "prenorm_block": {"17.1"},
    "prose_inline": {"18.1", "8.1"},
    "rnn": {"25.1"},
    "rnn_indices": {"22.1"},
    "single_neurons": {"15.3", "11.1"},
    "softmax_zh": {"15.1", "11.1"},
    "ta_solutions": {"20.1", "9.1"},
}
"""The planted mistakes that are not found yet, by document."""


@cache
def verified(path: Path) -> Report:
    """Return the report on a document; long enough a budget that none depends on the machine."""
    return sd.verify(path, budget=600)


def test_the_lecture() -> None:
    """Three wrong equations, two slips, everything else a definition or right: no false alarm."""
    report = verified(LECTURE)
    shown = [e for e in report.equations if e.n is not None]
    assert [e.n for e in shown] == list(range(1, 39))
    verdicts = {e.n: e.verdict for e in shown}
    assert [n for n, v in verdicts.items() if v == "wrong"] == [35, 36, 38]
    assert [n for n, v in verdicts.items() if v == "slip"] == [30, 32]
    assert (verdicts[1], verdicts[8]) == ("text", "data")
    definitions = {2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15}
    assert {n for n, v in verdicts.items() if v == "definition"} == definitions
    assert report.count("cannot tell") == 0


def test_the_mistakes_of_the_lecture() -> None:
    """Each is named, with the faulty term, the right one and a point where both sides differ."""
    by_number = {e.n: e for e in verified(LECTURE).equations}
    named = {n: [x for x in by_number[n].links if x.verdict == "wrong"] for n in (35, 36, 38)}
    assert [(x.found, x.should_be, x.mistake) for n in named for x in named[n]] == [
        ("w_{11}^{(2)}", "w_{21}^{(2)}", "wrong index"),
        ("w_{21}^{(2)}", "w_{11}^{(2)}", "wrong index"),
        (r"(y_i - \hat{y}_i)", r"(\hat{y}_i - y_i)", "sign"),
    ]
    for links in named.values():
        example = links[0].counterexample
        assert example is not None
        assert example.left != example.right
        assert example.values
    assert len(named[38][0].places) == 2  # one mistake, twice on the line


def test_the_links_of_the_lecture() -> None:
    """Each equality sign of a chain has a verdict of its own."""
    links = {e.n: [x.verdict for x in e.links] for e in verified(LECTURE).equations}
    assert links[7] == ["definition", "definition"]
    assert links[14] == links[17] == ["right", "right"]
    assert links[23] == ["right"] * 4
    assert links[30] == links[32] == ["slip", "right"]
    assert links[38] == ["right", "wrong"]


@pytest.mark.slow
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document(path: Path) -> None:
    """No right equation is called wrong, and no planted mistake is missed but those listed."""
    report = verified(path)
    outcome = compared(path, report)
    assert outcome.false == ()
    assert set(outcome.missed) == MISSED.get(path.stem, set())
    for equation in report.equations:
        assert equation.verdict in VERDICTS
        written = report.source[equation.start : equation.end]
        assert path.suffix == ".ipynb" or unbroken(written) == unbroken(equation.latex)


def unbroken(latex: str) -> str:
    """Return an equation without what breaks it into lines."""
    return re.sub(r"\\\\|\\nonumber|\\quad|&|\s", "", latex)


def test_a_homework_that_states_only_gradients() -> None:
    """The model comes from a spec; one index is wrong."""
    text = (
        r"$$\frac{\partial L}{\partial w_{11}^{(1)}}"
        r" = x_1 a_1^{(1)} (1 - a_1^{(1)}) w_{11}^{(2)} (\hat y - y)$$" + "\n\n"
        r"$$\frac{\partial L}{\partial w_{12}^{(1)}}"
        r" = x_1 a_2^{(1)} (1 - a_2^{(1)}) w_{11}^{(2)} (\hat y - y)$$"
    )
    network = sd.load(Path(__file__).parents[1] / "examples" / "xor.toml")
    first, second = sd.verify(text, network).equations
    assert (first.verdict, second.verdict) == ("right", "wrong")
    assert (second.links[0].found, second.links[0].should_be) == ("w_{11}^{(2)}", "w_{21}^{(2)}")
    assert {e.verdict for e in sd.verify(text).equations} == {"cannot tell"}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$\frac{\partial L}{\partial q} = 0$$", "text"),
        (r"$$\frac{\partial L}{\partial q} = 3 r$$", "cannot tell"),
        (r"$$z = w x$$ $$\frac{\partial z}{\partial u} = 0.5$$", "cannot tell"),
        (r"$$z = w x$$ $$\frac{\partial z}{\partial w} = x$$", "right"),
        (r"$$z = w x$$ $$\frac{\partial z}{\partial w} = w$$", "wrong"),
        (r"$$w = w - \eta \frac{\partial L}{\partial w}$$", "text"),
        (r"$$f(x) = x^2$$ $$f'(x) = 2x$$", "right"),
        (r"$$f(x) = x^2$$ $$f'(x) = x$$", "wrong"),
        (r"$$\sigma'(z) = \sigma(z) (1 - \sigma(z))$$", "right"),
        (r"$$\sigma'(z) = \sigma(z) (1 + \sigma(z))$$", "wrong"),
        (r"$$\frac{d}{dx} f(g(x)) = f'(g(x)) g'(x)$$", "right"),
        (r"$$\frac{d}{dx} f(g(x)) = f'(x) g'(x)$$", "wrong"),
    ],
)
def test_small_claims(text: str, verdict: str) -> None:
    """Nothing is right or wrong for want of a meaning, and nothing unknown counts as zero."""
    assert sd.verify(text).equations[-1].verdict == verdict
