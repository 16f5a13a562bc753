"""A gradient that somebody wrote in NumPy: what it takes, what it returns, and how it fails."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from symderiv.derivation import Derivation
from symderiv.errors import CheckFailedError, UnknownNameError, did_you_mean
from symderiv.hand.trials import Trial
from symderiv.notation import PARAMETERS

Function = Callable[..., object]
_ALL = ("params", "parameters")
_PREFIX = re.compile(r"^(?:d[jlc]d|grad|nabla|d|)")


@dataclass
class Call:
    """Calls a function by the names of its parameters, which are those of the network.

    ``W1``, ``w1`` and ``W_1`` are one name; ``params`` is a dict of all weights and biases.
    ``changed`` gathers the names of arguments that the function wrote into.

    Raises ``UnknownNameError`` for a parameter that the network has not.
    """

    function: Function
    derivation: Derivation
    changed: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.derivation.graph
        self.weights = [d.key for d in graph.of_role(*PARAMETERS)]
        self.known = {_plain(d.key): d.key for d in graph.definitions}
        self.taken = list(self._taken())

    @property
    def title(self) -> str:
        """What the function is called."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _taken(self) -> Iterator[tuple[inspect.Parameter, str]]:
        """Yield each parameter of the function with the name of what it takes."""
        for parameter in inspect.signature(self.function).parameters.values():
            key = self.known.get(_plain(parameter.name))
            if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
                continue
            if parameter.name in _ALL:
                yield parameter, parameter.name
            elif key is not None:
                yield parameter, key
            elif parameter.default is parameter.empty:
                near = did_you_mean(parameter.name, {*self.known.values(), _ALL[0]})
                raise UnknownNameError(
                    f"{self.title}: the network has nothing that is called '{parameter.name}'{near}"
                )

    def __call__(self, trial: Trial) -> dict[str, object]:
        """Return the derivatives that the function gives, by the name of what they are taken by.

        Raises ``CheckFailedError`` if it fails, or returns nothing that names derivatives.
        """
        values = {key: self._counted(key, array) for key, array in trial.values.items()}
        before = {key: array.copy() for key, array in values.items()}
        positional, named = [], {}
        for parameter, key in self.taken:
            value = {k: values[k] for k in self.weights} if key in _ALL else values[key]
            if parameter.kind is parameter.POSITIONAL_ONLY:
                positional.append(value)
            else:
                named[parameter.name] = value
        try:
            with np.errstate(all="ignore"):
                returned = self.function(*positional, **named)
        except (Exception, SystemExit) as error:
            raise CheckFailedError(f"{self.title}: fails{_line(error)}: {_told(error)}") from error
        for key, array in values.items():
            if not np.array_equal(array, before[key], equal_nan=True):
                self.changed[key] = None
        return dict(self._named(returned))

    def _counted(self, key: str, array: np.ndarray) -> np.ndarray:
        """Return a copy, of classes and tokens as whole numbers from 0: as Python counts."""
        definition = self.derivation.graph.by_key.get(key)
        whole = definition is not None and definition.values is not None
        return array.astype(int) - 1 if whole else array.copy()

    def _named(self, returned: object) -> Iterator[tuple[str, object]]:
        """Yield what was returned, each with what it is the derivative by."""
        match returned:
            case Mapping():
                for name, value in returned.items():
                    yield self._key(str(name)), value
                return
            case (_, Mapping() as gradients):  # the cost, and its gradients
                yield from self._named(gradients)
                return
        wanted = [key for _, key in self.taken if key in self.weights] or self.weights
        found = list(returned) if isinstance(returned, tuple | list) else [returned]
        if len(found) == len(wanted) + 1 and np.ndim(np.asarray(found[0], object)) == 0:
            found = found[1:]  # the cost comes first
        if len(found) != len(wanted) or returned is None:
            raise CheckFailedError(
                f"{self.title}: expected a dict of gradients, or one for each of "
                f"{', '.join(wanted)}, found {'nothing' if returned is None else len(found)}"
            )
        yield from zip(wanted, found, strict=True)

    def _key(self, name: str) -> str:
        """Return what a derivative is taken by: ``W1`` of ``W1``, ``dW1``, ``grad_W1``."""
        adjoints = {d.key.removeprefix("d") for d in self.derivation.adjoints}
        plain = _plain(name)
        key = self.known.get(plain) or self.known.get(_PREFIX.sub("", plain))
        if key not in adjoints:
            near = did_you_mean(name, sorted(adjoints))
            raise UnknownNameError(f"{self.title}: returns '{name}', the derivative by what?{near}")
        return key


def _plain(name: str) -> str:
    """Return a name without what people write differently: case, strokes, brackets."""
    return re.sub(r"[^A-Za-z0-9]", "", name).casefold()


def _line(error: BaseException) -> str:
    """Return in which line of the user's function an error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__]
    return f" in line {own[0].lineno}" if own else ""


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
