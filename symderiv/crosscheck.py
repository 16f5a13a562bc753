"""The slides' derivation against the code beside them, from the files of one folder alone.

``report.json`` carries the specification; the derivation is made anew from it and evaluated index
by index. ``train.py`` is run as it stands. Every quantity of its backward pass is compared at
random parameters and on random and the lecture's own data, so a line that somebody changed is
named, with the number of the slide equation that it claims to compute; and one step of its training
is compared with the update rule.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType

import numpy as np

from symderiv.derivation import Derivation
from symderiv.errors import CheckFailedError, OutputError, SymderivError
from symderiv.graph import keys_in
from symderiv.network import Network
from symderiv.notation import PARAMETERS, Role
from symderiv.pipeline import derive
from symderiv.program import backward_pass, equation_labels
from symderiv.spec import from_dict
from symderiv.trials import Values, all_values, random_given, sizes_of

TOLERANCE = 1e-12
UPDATE = "update"
ROUNDS = 3
SAMPLES = 5

Case = tuple[Values, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of the code against its equation: the largest relative difference seen.

    ``reads`` are the names from which it is computed.
    """

    name: str
    label: str
    difference: float
    reads: frozenset[str] = frozenset()

    @property
    def claim(self) -> str:
        """What it should be, in words: the equation that the code cites, or the update rule."""
        parameter = self.name.removesuffix("'")
        rule = f"{parameter} - eta d{parameter}, the step of training"
        return rule if self.label == UPDATE else f"equation {self.label}"

    @property
    def passed(self) -> bool:
        """Whether the two agree to the tolerance; a missing or non-finite value does not."""
        return self.difference < TOLERANCE


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The rows of one check, in the order in which the code computes them."""

    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether every row agrees."""
        return all(row.passed for row in self.rows)

    @property
    def largest(self) -> float:
        """The largest relative difference of all rows."""
        return max(row.difference for row in self.rows)

    @property
    def culprits(self) -> tuple[Row, ...]:
        """The rows that fail although everything that they are computed from agrees."""
        failed = {row.name for row in self.rows if not row.passed}
        return tuple(row for row in self.rows if row.name in failed and not row.reads & failed)


def check(folder: Path) -> CheckReport:
    """Compare ``train.py`` with the derivation that ``report.json`` stands for.

    Raises what ``opened`` does.
    """
    return compare(*opened(folder))


def opened(folder: Path) -> tuple[Derivation, ModuleType]:
    """Return the derivation that ``report.json`` stands for, and ``train.py`` as a module.

    Raises ``OutputError`` if the folder lacks one of them, ``CheckFailedError`` if ``train.py``
    cannot be run.
    """
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        network = from_dict(report["spec"], source=f"{folder}/report.json")
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, SymderivError):
            raise
        raise OutputError(
            f"{folder}: no report.json that symderiv wrote; build the folder first"
        ) from None
    if not (folder / "train.py").is_file():
        raise OutputError(f"{folder}: no train.py; build the folder with its code first")
    return derive(network), run_file(folder / "train.py")


def compare(derivation: Derivation, module: ModuleType) -> CheckReport:
    """Compare every quantity of the backward pass of ``module`` with its equation.

    After those come the parameters after one step of its training.
    """
    labels, reads = equation_labels(derivation), _reads(derivation)
    steps = [_next(d.key) for d in derivation.graph.of_role(*PARAMETERS)]
    labels |= dict.fromkeys(steps, UPDATE)
    reads |= dict.fromkeys(steps, frozenset(reads))
    worst: dict[str, float] = {}
    for params, X, Y in _cases(derivation.network):
        expected = expected_values(derivation, params, X, Y)
        found = found_values(module, params, X, Y)
        rate = derivation.network.training.learning_rate
        expected |= {_next(k): value - rate * expected[f"d{k}"] for k, value in params.items()}
        found |= {_next(k): value for k, value in stepped(module, params, X, Y).items()}
        for key, value in expected.items():
            worst[key] = max(worst.get(key, 0.0), difference(found.get(key), value))
    return CheckReport(
        tuple(Row(key, labels[key], value, reads[key]) for key, value in worst.items())
    )


def _next(parameter: str) -> str:
    """Return the name of a parameter after one step of training."""
    return f"{parameter}'"


def _reads(derivation: Derivation) -> dict[str, frozenset[str]]:
    """Return for each compared name the names that it depends on."""
    graph = derivation.graph
    reads = {d.key: graph.upstream(d.key) - {d.key} for d in graph.definitions}
    for definition in backward_pass(derivation):
        assert definition.rhs is not None
        used = keys_in(definition.rhs)
        reads[definition.key] = frozenset(used).union(*(reads[key] for key in used if key in reads))
    return reads


def run_file(path: Path) -> ModuleType:
    """Import a Python file by its path; nothing is cached and no bytecode is left beside it."""
    spec = importlib.util.spec_from_file_location(f"symderiv_checked_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise CheckFailedError(f"{path}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise CheckFailedError(f"{path}: cannot be run: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = before
    return module


def _cases(network: Network) -> Iterator[Case]:
    """Yield random parameters with random data, and with the network's own data."""
    for seed in range(ROUNDS):
        params, X, Y = random_case(network, seed, SAMPLES)
        yield params, X, Y
        if network.data is not None:
            yield params, np.array(network.data.X, float), np.array(network.data.Y, float)


def random_case(network: Network, seed: int, samples: int) -> Case:
    """Return random parameters, inputs and labels."""
    given = random_given(network, sizes_of(network, samples), np.random.default_rng(seed))
    X, Y = given.pop("X"), given.pop("Y")
    return given, X, Y


def expected_values(derivation: Derivation, params: Values, X: np.ndarray, Y: np.ndarray) -> Values:
    """Evaluate the index equations: the forward pass, the cost and the backward pass.

    The sum below a softmax is left out: the code computes it after a shift.
    """
    network, backward = derivation.network, backward_pass(derivation)
    given = {**params, "X": X, "Y": Y}
    values = all_values(network, given, backward, sizes_of(network, len(X)))
    shown = network.graph.of_role(Role.PREACTIVATION, Role.ACTIVATION, Role.PREDICTION, Role.COST)
    return {d.key: values[d.key] for d in (*shown, *backward)}


def found_values(module: ModuleType, params: Values, X: np.ndarray, Y: np.ndarray) -> Values:
    """Run ``loss_and_gradients`` and return what it computed, its local names included.

    Raises ``CheckFailedError`` if it is not there or fails.
    """
    function = getattr(module, "loss_and_gradients", None)
    if function is None:
        raise CheckFailedError("train.py: has no function loss_and_gradients")
    names: Values = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is function.__code__:
            names.update(frame.f_locals.get("values", {}))
            names.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        cost, gradients = function(params, X, Y)
    except (Exception, SystemExit) as error:
        message = f"train.py: loss_and_gradients fails: {type(error).__name__}: {error}"
        raise CheckFailedError(message) from error
    finally:
        sys.setprofile(before)
    computed = {key: value for key, value in names.items() if key.removeprefix("d") not in params}
    returned = {f"d{name}": value for name, value in gradients.items()}
    return {**computed, **returned, "J": cost}


def stepped(module: ModuleType, params: Values, X: np.ndarray, Y: np.ndarray) -> Values:
    """Return the parameters after one step of ``train``, none if a gradient is none it can use.

    Raises ``CheckFailedError`` if it is not there or fails otherwise.
    """
    train = getattr(module, "train", None)
    if train is None:
        raise CheckFailedError("train.py: has no function train")
    try:
        after, _ = train(params, X, Y, epochs=1)
    except (KeyError, ValueError):  # one is missing, or of another shape: its own row says so
        return {}
    except (Exception, SystemExit) as error:
        raise CheckFailedError(f"train.py: train fails: {type(error).__name__}: {error}") from error
    return dict(after)


def difference(found: np.ndarray | None, expected: np.ndarray) -> float:
    """Return the largest difference relative to the largest entry; infinite if there is none."""
    if found is None or np.shape(found) != np.shape(expected):
        return float("inf")
    if not np.all(np.isfinite(found)) or not np.all(np.isfinite(expected)):
        return float("inf")
    scale = max(float(np.max(np.abs(expected))), np.finfo(float).tiny)
    return float(np.max(np.abs(found - expected))) / scale
