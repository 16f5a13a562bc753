"""Making mistakes: what the table makes is wrong, is named by the table, and reads as meant."""

from __future__ import annotations

from collections import Counter

import pytest
from test_verify_generated import document, written

from symderiv.latex.printer import latex
from symderiv.verification.planting import Planted, RightDocument
from symderiv.verification.showing import shown
from symderiv.verification.statements import Statement

Made = tuple[Statement, Planted, int]


def made(key: str, kind: str, at: int) -> tuple[RightDocument, list[Made]]:
    """Return every plausible mistake in one equation of a network."""
    found = RightDocument(document(written(key, kind, "xor-lecture")))
    row = found.rows[at]
    return found, [(row, planted, weight) for planted, weight in found.plausible(row)]


@pytest.mark.parametrize(
    ("key", "kind", "at"), [("sigmoid", "component", -1), ("tanh", "index", -3)]
)
def test_what_is_made_is_wrong_and_reads_back(key: str, kind: str, at: int) -> None:
    """In components and with indices; what it is called is what verify calls it, mostly."""
    right, every = made(key, kind, at)
    named: Counter[bool] = Counter()
    for row, planted, weight in every:
        assert weight > 0
        again = right.again(latex(shown(planted.wrong)))
        assert again is not None
        assert right.same(row, again, planted.wrong)
        assert not right.same(row, planted.right, planted.wrong)
        link = right.judged(row, planted.wrong)
        assert link.verdict == "wrong"
        named[link.mistake == planted.mistake] += 1
    assert named[True] > 2 * named[False] > 0 or named[True] >= 5


def test_the_classes_of_mistakes() -> None:
    """What mends a mistake makes the opposite one."""
    _, every = made("sigmoid", "component", -1)
    classes = Counter(planted.mistake for _, planted, _ in every)
    assert set(classes) == {
        "sign",
        "wrong index",
        "wrong layer",
        "swapped symbols",
        "lost factor",
        "lost activation derivative",
        "extra activation derivative",
    }
    assert classes["lost activation derivative"] == 1
    assert classes["lost factor"] == 5


@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        (
            "lost activation derivative",
            [r"x_2\,w_{21}^{(2)}\,(\hat{y} - y)"],
        ),
        (
            "extra activation derivative",
            [r"x_2\,a_2^{(1)}\,(1 - a_2^{(1)})\,w_{21}^{(2)}\,\hat{y}\,(1 - \hat{y})(\hat{y} - y)"],
        ),
    ],
)
def test_a_mistake_of_each_lecture(mistake: str, expected: list[str]) -> None:
    """The slope of an activation is lost, or is there once more."""
    _, every = made("sigmoid", "component", -1)
    found = [latex(shown(p.wrong)) for _, p, _ in every if p.mistake == mistake]
    assert set(expected) <= set(found)


def test_a_mistake_is_carried_on() -> None:
    """The line below goes on from the wrong line above it."""
    lines = r"\frac{\partial L}{\partial w} &= (a - y) \cdot x \\ &= x (a - y)"
    text = (
        rf"$$a = w x$$ $$L = \frac{{1}}{{2}} (a - y)^2$$ $$\begin{{align}} {lines} \end{{align}}$$"
    )
    right = RightDocument(text)
    above, below = right.rows[-2:]
    first = next(p for p, _ in right.plausible(above) if p.mistake == "sign")
    carried = right.carried_on(below, first, first.wrong)
    assert carried is not None
    assert latex(shown(first.wrong)) == r"(y - a) \cdot x"
    assert latex(shown(carried.wrong)) == r"x\,(y - a)"
    assert right.judged(above, first.wrong).verdict == "wrong"
    assert right.judged(below, carried.wrong, first.wrong).verdict == "right"
