"""What an array that is wrong would have to be: turned, multiplied, summed, or another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from symderiv.builder import N
from symderiv.hand.trials import Trial

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Mend:
    """The class of a mistake, what was found in words of arrays, and what it should be."""

    mistake: str
    found: str
    should_be: str


Arrays = Sequence[np.ndarray]


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two arrays agree in shape, and in value up to what rounding makes of it."""
    if found.shape != expected.shape or not np.all(np.isfinite(found)):
        return False
    scale = float(np.max(np.abs(expected), initial=np.finfo(float).tiny))
    return float(np.max(np.abs(found - expected), initial=0.0)) <= TOLERANCE * scale


def all_close(found: Arrays, expected: Arrays) -> bool:
    """Whether arrays agree at every trial."""
    return all(close(f, e) for f, e in zip(found, expected, strict=True))


def mend(key: str, found: Arrays, trials: Sequence[Trial]) -> Mend | None:
    """Return the first mend of the derivative by ``key`` that makes it right at all trials."""
    expected = [trial.values[f"d{key}"] for trial in trials]
    for row in (scaled, _summed, _penalised, _other):
        made = row(key, found, expected, trials)
        if made is not None:
            return made
    return None


# --- the rows -------------------------------------------------------------------------------------


def scaled(key: str, found: Arrays, expected: Arrays, trials: Sequence[Trial]) -> Mend | None:
    """Another sign, a factor, a transpose, or a transpose with one of them."""
    own = f"d{key}"
    for text, arrays in ((own, found), (f"{own}.T", [f.T for f in found])):
        ratios = [ratio(f, e) for f, e in zip(arrays, expected, strict=True)]
        known = [r for r in ratios if r is not None]
        if len(known) < len(ratios):
            continue
        for mistake, pattern in _factors(known, trials):
            named = "transpose or order" if text != own else mistake
            return Mend(named, own, pattern.format(text))
    return None


def ratio(found: np.ndarray, expected: np.ndarray) -> float | None:
    """Return the number by which an array must be multiplied, None if no number will do."""
    if found.shape != expected.shape or not (np.any(found) and np.any(expected)):
        return None
    best = float(np.sum(found * expected) / np.sum(found * found))
    return best if close(best * found, expected) else None


def _factors(ratios: Sequence[float], trials: Sequence[Trial]) -> Iterator[tuple[str, str]]:
    """Yield the mistake and the pattern of what has these ratios at all trials."""
    for mistake, pattern, powers in _patterns(trials):
        if np.allclose(ratios, powers, rtol=TOLERANCE):
            yield mistake, pattern
    if np.allclose(ratios, ratios[0], rtol=TOLERANCE):
        yield "wrong factor", f"{ratios[0]:.6g} * {{}}"


def _patterns(trials: Sequence[Trial]) -> Iterator[tuple[str, str, Sequence[float]]]:
    """Yield the factors that people lose or add: signs, 2, and the sizes of the axes."""
    ones = [1.0] * len(trials)
    sizes = [N, *sorted(trials[0].sizes.keys() - {N}, key=str)]
    counts = [("2", [2.0] * len(trials))]
    counts += [(str(s), [float(trial.sizes[s]) for trial in trials]) for s in sizes]
    for sign in (1.0, -1.0):
        minus = "-" if sign < 0 else ""
        yield "sign" if minus else "", f"{minus}{{}}", [sign * one for one in ones]
        for name, values in counts:
            yield "lost factor", f"{minus}{name} * {{}}", [sign * v for v in values]
            yield "extra factor", f"{minus}{{}} / {name}", [sign / v for v in values]


def _summed(key: str, found: Arrays, expected: Arrays, _: Sequence[Trial]) -> Mend | None:
    """A sum that is missing: over the samples, mostly."""
    for axis in range(found[0].ndim):
        if found[0].ndim > 1 and all_close([f.sum(axis=axis) for f in found], expected):
            return Mend("missing sum", f"d{key}", f"d{key}.sum(axis={axis})")
    return None


def _penalised(key: str, found: Arrays, expected: Arrays, trials: Sequence[Trial]) -> Mend | None:
    """The derivative of a penalty on the weights that was forgotten, or is one too many."""
    if any(f.shape != e.shape for f, e in zip(found, expected, strict=True)):
        return None
    weights = [trial.values[key] for trial in trials]
    lost = [ratio(w, e - f) for w, e, f in zip(weights, expected, found, strict=True)]
    known = [r for r in lost if r is not None]
    if len(known) < len(lost) or not np.allclose(known, known[0], rtol=TOLERANCE):
        return None
    sign, size = ("+", known[0]) if known[0] > 0 else ("-", -known[0])
    mistake = "lost term" if sign == "+" else "extra term"
    return Mend(mistake, f"d{key}", f"d{key} {sign} {size:.6g} * {key}")


def _other(key: str, found: Arrays, expected: Arrays, trials: Sequence[Trial]) -> Mend | None:
    """Something else that was computed: summed along another axis, or another derivative."""
    forms = dict(_forms(trials))
    was = next((text for text, arrays in forms.items() if all_close(found, arrays)), None)
    if was is None:
        return None
    right = [text for text, arrays in forms.items() if all_close(arrays, expected)]
    name = was.partition(".")[0]
    alike = [text for text in right if text.partition(".")[0] == name and "." in text]
    if alike and "(" in was:
        return Mend("wrong axis", was, alike[0])
    return Mend("swapped symbols", was, next(iter(right), f"d{key}"))


def _forms(trials: Sequence[Trial]) -> Iterator[tuple[str, Arrays]]:
    """Yield the names of all arrays, turned and summed along each axis, with their values."""
    for name in trials[0].values:
        arrays = [trial.values[name] for trial in trials]
        yield name, arrays
        if arrays[0].ndim == 2:
            yield f"{name}.T", [a.T for a in arrays]
        for axis in range(arrays[0].ndim if arrays[0].ndim > 1 else 0):
            yield f"{name}.sum(axis={axis})", [a.sum(axis=axis) for a in arrays]
            yield f"{name}.mean(axis={axis})", [a.mean(axis=axis) for a in arrays]
