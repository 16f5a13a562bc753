"""Mistakes of the table, made in right equations: verify finds what changes a value, no more."""

from __future__ import annotations

from collections import Counter

import pytest
from mutants import NETWORKS, Subject, View

import symderiv as sd

# the network, the view, which of its mutants are tried, and how many of them must be caught;
# with arrays verify says more often that it cannot tell
SAMPLES = [
    ("XOR", "component", 2, 3, 0.995),
    ("XOR for all sizes", "index", 1, 3, 0.995),
    ("XOR for all sizes", "matrix", 1, 1, 0.8),
]


@pytest.mark.parametrize(("key", "kind", "most", "step", "least"), SAMPLES)
def test_mistakes_are_caught(key: str, kind: View, most: int, step: int, least: float) -> None:
    """Those that change the value are called wrong, those that do not are not."""
    subject = Subject(key, kind)
    outcomes: Counter[str] = Counter()
    for mutant in list(subject.mutants(most))[::step]:
        if mutant.effect in {"changed", "same"}:
            report = sd.verify(subject.document(mutant.row, mutant.latex), budget=600)
            verdict = report.equations[mutant.row].verdict
            assert verdict == "right" or mutant.effect == "changed", mutant
            outcomes[verdict] += mutant.effect == "changed"
    assert outcomes["right"] == 0
    assert outcomes.total() >= 12
    assert outcomes["wrong"] >= least * outcomes.total()


FALSE_ALARMS = ["relu", "penalties and weights", "layer norm", "class numbers", "dropout"]


@pytest.mark.parametrize("key", FALSE_ALARMS)
def test_what_is_right_is_not_called_wrong(key: str) -> None:
    """Names that are functions elsewhere, sizes as factors, indices that are data."""
    assert key in NETWORKS
    report = sd.verify(Subject(key, "index").document(), budget=600)
    assert report.count("wrong") == 0


@pytest.mark.parametrize(
    ("key", "kind"), [("XOR", "component"), ("relu", "index"), ("relu", "matrix")]
)
def test_the_oracle_agrees_with_the_derivation(key: str, kind: View) -> None:
    """Untouched, every right side has the value of its left side; an edit may change it."""
    subject = Subject(key, kind)
    for _, row in subject.claims():
        assert subject.effect(row, row.row.text) == "same"
        assert subject.effect(row, f"{row.row.text} + 1") == "changed"
