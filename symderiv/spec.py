"""A network as a TOML file: read, checked key by key, and turned into a ``Network``; and back.

The models below are the file's grammar, ``EXPECTED`` says in words what each key takes. What
only the whole network can tell (an unknown activation, data that does not fit the sizes) is
``Network``'s to refuse; here its message gets the file's name.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from symderiv.errors import SpecError, did_you_mean
from symderiv.layers import Dense
from symderiv.network import Data, Network, Training

_MAX_BYTES, _MAX_WIDTH, _MAX_SHOWN, _MAX_MESSAGES = 1_000_000, 100, 60, 10
EXPECTED = {
    "title": "one line of text, at most 200 characters",
    "subtitle": "one line of text, at most 200 characters",
    "author": "one line of text, at most 200 characters",
    "problem": "one line of text, at most 200 characters",
    "inputs": "a whole number from 1 to 100",
    "layers": "one to 50 [[layers]] blocks",
    "layers[]": "a table with the keys units and activation",
    "layers[].units": "a whole number from 1 to 100",
    "layers[].activation": "the name of an activation, in quotes",
    "loss": "the name of a loss, in quotes",
    "reduction": '"sum" or "mean"',
    "data": "a table with the keys X and Y",
    "data.X": "a list of one to 10,000 rows, one for each sample",
    "data.X[]": "a list of numbers, one for each input",
    "data.X[][]": "a number between -1e6 and 1e6",
    "data.Y": "a list of one to 10,000 rows, one for each sample",
    "data.Y[]": "a list of numbers, one for each output",
    "data.Y[][]": "a number between -1e6 and 1e6",
    "training": "a table with the keys seed, learning_rate and epochs",
    "training.seed": "a whole number from 0 to 4294967295",
    "training.learning_rate": "a number above 0 and at most 1000",
    "training.epochs": "a whole number from 1 to 1,000,000",
    "notation": "a table with the key profile",
    "notation.profile": '"xor-lecture"',
}
_DEFAULT = Training()
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # invisible too, but part of how some scripts are written


def _one_line(text: str) -> str:
    """Refuse control characters: they would break a line of LaTeX, or hide in one of Python."""
    if any(unicodedata.category(c) in _INVISIBLE and c not in _JOINERS for c in text):
        raise ValueError("a control character")
    return text


_Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
_Size = Annotated[int, Field(ge=1, le=100)]
_Number = Annotated[float, Field(ge=-1e6, le=1e6)]
_Rows = Annotated[list[list[_Number]], Field(min_length=1, max_length=10_000)]


class _Table(BaseModel):
    """A TOML table: no key is unknown, no value is converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class _Layer(_Table):
    units: _Size
    activation: _Line


class _Data(_Table):
    X: _Rows
    Y: _Rows


class _Training(_Table):
    seed: int = Field(default=_DEFAULT.seed, ge=0, le=2**32 - 1)
    learning_rate: float = Field(default=_DEFAULT.learning_rate, gt=0, le=1000)
    epochs: int = Field(default=_DEFAULT.epochs, ge=1, le=1_000_000)


class _Notation(_Table):
    profile: Literal["xor-lecture"] = "xor-lecture"


class _Spec(_Table):
    title: _Line = Network.title
    subtitle: _Line = Network.subtitle
    author: _Line = Network.author
    problem: _Line = Network.problem
    inputs: _Size
    layers: list[_Layer] = Field(min_length=1, max_length=50)
    loss: _Line
    reduction: Literal["sum", "mean"] = "sum"
    data: _Data | None = None
    training: _Training = _Training()
    notation: _Notation = _Notation()

    def network(self) -> Network:
        """Build the network; it refuses what does not fit together."""
        samples = None
        if self.data is not None:
            samples = Data(tuple(map(tuple, self.data.X)), tuple(map(tuple, self.data.Y)))
        return Network(
            inputs=self.inputs,
            layers=tuple(Dense(layer.units, layer.activation) for layer in self.layers),
            loss=self.loss,
            reduction=self.reduction,
            data=samples,
            training=Training(**self.training.model_dump()),
            title=self.title,
            subtitle=self.subtitle,
            author=self.author,
            problem=self.problem,
        )


def load(path: str | Path) -> Network:
    """Return the network that the TOML file at ``path`` describes.

    Raises ``SpecError``, which names the file, the key path, what was expected and the nearest
    known name; if several keys are wrong, it names them all, one a line.
    """
    text = _read(Path(path))
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise SpecError(f"{path}: lists or tables are nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise SpecError(_syntax_message(path, text, str(error))) from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise SpecError(f"{path}: a number has too many digits") from None
    return from_dict(raw, source=str(path))


def demo_spec() -> Path:
    """Return the file of the XOR network, which the wheel carries inside the package."""
    package = Path(__file__).parent
    inside = package / "_examples"
    return (inside if inside.is_dir() else package.parent / "examples") / "xor.toml"


def from_dict(raw: Mapping[str, Any], *, source: str = "spec") -> Network:
    """Return the network that ``raw`` describes, a dictionary of a spec file's shape.

    Raises ``SpecError`` like ``load``; ``source`` stands where the file's name would.
    """
    try:
        return _Spec.model_validate(dict(raw)).network()
    except ValidationError as errors:
        messages = _messages(errors.errors(include_url=False))
        raise SpecError("\n".join(f"{source}: {message}" for message in messages)) from None
    except SpecError as error:
        raise SpecError(f"{source}: {error}") from None


def to_dict(network: Network) -> dict[str, Any]:
    """Return ``network`` as plain data of a spec file's shape, which ``from_dict`` reads."""
    rows = network.data and {
        label: [[float(value) for value in row] for row in samples]
        for label, samples in (("X", network.data.X), ("Y", network.data.Y))
    }
    training = network.training
    return {
        "title": network.title,
        "subtitle": network.subtitle,
        "author": network.author,
        "problem": network.problem,
        "inputs": network.inputs,
        "layers": [
            {"units": d.units, "activation": d.activation}
            for d in network.layers
            if isinstance(d, Dense)
        ],
        "loss": network.loss,
        "reduction": network.reduction,
        **({"data": rows} if rows else {}),
        "training": {
            "seed": training.seed,
            "learning_rate": float(training.learning_rate),
            "epochs": training.epochs,
        },
        "notation": {"profile": "xor-lecture"},
    }


def _read(path: Path) -> str:
    """Read a text file of a sensible size."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        beside = (other.name for other in path.parent.glob("*.toml"))
        raise SpecError(f"{path}: no such file{did_you_mean(path.name, beside)}") from None
    except IsADirectoryError:
        raise SpecError(f"{path}: expected a TOML file, found a folder") from None
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise SpecError(f"{path}: expected at most {_MAX_BYTES:,} bytes, found more")
    try:
        return content.decode("utf-8-sig")  # some editors start a file with a mark of three bytes
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{path}: line {line}: expected text in UTF-8") from None


def _syntax_message(path: str | Path, text: str, message: str) -> str:
    """Say where a file is no TOML, and show the line with a caret under the place."""
    lines = text.splitlines() or [""]
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    if not match:
        return f"{path}: not TOML: {message}"
    what, row, column = match[1], int(match[2] or len(lines)), match[3]
    shown = lines[min(row, len(lines)) - 1]
    place = int(column) if column else len(shown) + 1
    head = f"{path}: line {row}, column {place}: not TOML: {what[0].lower()}{what[1:]}"
    if len(shown) > _MAX_WIDTH or not shown.isprintable():
        return head
    return f"{head}\n    {shown}\n    {' ' * (place - 1)}^"


def _messages(errors: list[ErrorDetails]) -> list[str]:
    """Word pydantic's findings; a key that is only misspelt is not reported as missing too."""
    unknown = [_unknown_key(e) for e in errors if e["type"] == "extra_forbidden"]
    others = [
        _wrong_value(e)
        for e in errors
        if e["type"] != "extra_forbidden"
        and not (e["type"] == "missing" and any(f"'{e['loc'][-1]}'?" in u for u in unknown))
    ]
    messages = unknown + others
    rest = len(messages) - _MAX_MESSAGES
    return messages if rest <= 0 else [*messages[:_MAX_MESSAGES], f"and {rest} more"]


def _unknown_key(error: ErrorDetails) -> str:
    *parents, last = error["loc"]
    place = f" at {_path(parents)}" if parents else ""
    return f"unknown key '{_short(str(last))}'{place}{did_you_mean(str(last), _keys(parents))}"


def _wrong_value(error: ErrorDetails) -> str:
    path, value = _path(error["loc"]), error["input"]
    expected = EXPECTED[re.sub(r"\[\d+\]", "[]", path)]
    if error["type"] == "missing":
        return f"{path}: missing; expected {expected}"
    return f"{path}: expected {expected}, found {_shown(value)}"


def _path(loc: Sequence[int | str]) -> str:
    """Write a place as ``layers[1].activation``."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).removeprefix(".")


def _keys(loc: Sequence[int | str]) -> list[str]:
    """Return the keys that the table at ``loc`` may have."""
    table: type[_Table] = _Spec
    for part in loc:
        if isinstance(part, str):
            kind = table.model_fields[part].annotation
            table = next(t for t in (kind, *get_args(kind)) if isinstance(t, type))
    return list(table.model_fields)


def _shown(value: object) -> str:
    """Show a value that was found, in few words and as TOML writes it."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) > 10**20:
        return "a number of more than 20 digits"
    if isinstance(value, str | bool | int):
        return _short(json.dumps(value))  # what is invisible shows as \u....
    return _short(str(value))


def _short(text: str) -> str:
    """Cut a text that is too long for a message."""
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
