"""Gradients as arrays against the derivation: one record for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from symderiv.hand.mends import Mend, all_close, close, mend
from symderiv.hand.trials import Bench, Trial
from symderiv.hand.variants import variant
from symderiv.latex.printer import latex
from symderiv.notation import name
from symderiv.verification.records import Counterexample, Equation, Link

_MOST_VALUES = 40

Answers = Mapping[str, object]
"""What somebody says the derivatives are, by the names of what they are taken by."""

Solver = Callable[[Trial], Answers]


@dataclass
class Comparison:
    """Compares the answers that ``solve`` gives at the trials; ``until`` ends the search for mends.

    ``line`` is where the derivation stands.
    """

    bench: Bench
    solve: Solver
    until: float
    line: int = 1
    _hard: list[Answers] = field(default_factory=list)

    def equations(self) -> Iterator[Equation]:
        """Yield the record of each answer, in the order in which they are given."""
        answers = [self.solve(trial) for trial in self.bench.trials]
        for n, key in enumerate(answers[0], 1):
            link = self._link(key, [each[key] for each in answers])
            quantity = self.bench.derivation.graph[key].quantity.bar()
            shown = latex(name(quantity, matrix=bool(self._expected(key)[0].ndim)))
            yield Equation(n, 1, self.line, self.line, shown, link.verdict, (link,))

    def _expected(self, key: str) -> list[np.ndarray]:
        return [trial.values[f"d{key}"] for trial in self.bench.trials]

    def _link(self, key: str, answers: Sequence[object]) -> Link:
        """Return the verdict on the derivative by ``key``."""
        expected = self._expected(key)
        found = [array for array in map(_numbers, answers) if array is not None]
        if len(found) < len(answers):
            return Link("wrong", found=f"d{key}", mistake="no array of numbers",
                        reason=f"it is {type(answers[0]).__name__}")  # fmt: skip
        if all_close(found, expected):
            return Link("right", "checked")
        slip = _shaped(key, found, expected)
        if slip is not None:
            return slip
        if not all(np.all(np.isfinite(array)) for array in found):
            return Link("wrong", found=f"d{key}", mistake="not finite",
                        counterexample=self._counterexample(key, found))  # fmt: skip
        if self._holds_for_data(key):
            return Link("right", "checked", reason="if the labels are 0 or 1")
        return self._wrong(key, found)

    def _wrong(self, key: str, found: Sequence[np.ndarray]) -> Link:
        trials = self.bench.trials
        made = mend(key, found, trials)
        if made is None and all(
            f.shape == e.shape for f, e in zip(found, self._expected(key), strict=True)
        ):
            with np.errstate(all="ignore"):  # a mistake may divide by what it made nought
                made = variant(key, found, self.bench.derivation, trials, self.until)
        made = made or Mend("unknown", f"d{key}", "")
        return Link("wrong", found=made.found, should_be=made.should_be, mistake=made.mistake,
                    counterexample=self._counterexample(key, found))  # fmt: skip

    def _holds_for_data(self, key: str) -> bool:
        """Whether an answer is right wherever labels are as in data: a formula may rest on it."""
        self._hard = self._hard or [self.solve(trial) for trial in self.bench.hard]
        pairs = (
            (_numbers(a.get(key)), t) for a, t in zip(self._hard, self.bench.hard, strict=True)
        )
        return all(a is not None and close(a, t.values[f"d{key}"]) for a, t in pairs)

    def _counterexample(self, key: str, found: Sequence[np.ndarray]) -> Counterexample:
        """Return the entry that is furthest off at the first trial, or both shapes."""
        trial, array = self.bench.trials[0], found[0]
        expected = trial.values[f"d{key}"]
        values = dict(_entries(trial.given))
        shown = values if len(values) <= _MOST_VALUES else {}
        if array.shape != expected.shape:
            return Counterexample({}, f"of shape {expected.shape}", f"of shape {array.shape}")
        off = np.nan_to_num(np.abs(array - expected), nan=np.inf)
        at = np.unravel_index(int(np.argmax(off)), array.shape)
        where = f"d{key}{_place(tuple(map(int, at)))} = " if array.ndim else ""
        return Counterexample(shown, f"{where}{expected[at]:.6g}", f"{where}{array[at]:.6g}")


def _numbers(answer: object) -> np.ndarray | None:
    """Return an answer as an array of real numbers, None if it is none."""
    try:
        array = np.asarray(answer)
    except ValueError:  # rows of several lengths
        return None
    return array.astype(float) if array.dtype.kind in "biuf" else None


def _shaped(key: str, found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> Link | None:
    """Return the slip if only axes of length 1 are too many or too few."""
    pairs = list(zip(found, expected, strict=True))
    if any(f.squeeze().shape != e.squeeze().shape for f, e in pairs):
        return None
    if not all(close(f.reshape(e.shape), e) for f, e in pairs):
        return None
    (first, right), *_ = pairs
    return Link("slip", "checked", found=f"d{key}", should_be=f"d{key}.reshape({key}.shape)",
                mistake="shape", reason=f"its shape is {first.shape}, "
                f"that of {key} is {right.shape}")  # fmt: skip


def _entries(given: Mapping[str, np.ndarray]) -> Iterator[tuple[str, float]]:
    """Yield every entry of some arrays by its name."""
    for key, array in given.items():
        for at, value in np.ndenumerate(array):
            yield f"{key}{_place(at)}", round(float(value), 6)


def _place(at: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, at))}]" if at else ""
