"""A network as a TOML file: read, checked key by key, and turned into a ``Network``; and back.

``schema`` holds the file's grammar and says in words what each key takes. What only the whole
network can tell (an unknown activation, data that does not fit the sizes) is ``Network``'s to
refuse; here its message gets the file's name.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from symderiv.errors import SpecError, did_you_mean
from symderiv.network import Network
from symderiv.notation_table import notation_table
from symderiv.profiles import profile
from symderiv.samples import Data
from symderiv.schema import (
    EXPECTED,
    INPUTS,
    LAYERS,
    SIZE,
    TABLES,
    Spec,
    table_of,
)
from symderiv.tables import Table

_MAX_BYTES, _MAX_WIDTH, _MAX_SHOWN, _MAX_MESSAGES = 1_000_000, 100, 60, 10
_DEFAULTS = {"labels": "one-hot", "loss_parameters": {}, "l1": 0, "l2": 0, "weighted": []}


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
        return Spec.model_validate(dict(raw)).network()
    except ValidationError as errors:
        messages = _messages(errors.errors(include_url=False))
        raise SpecError("\n".join(f"{source}: {message}" for message in messages)) from None
    except RecursionError:
        raise SpecError(f"{source}: layers are nested too deeply") from None
    except SpecError as error:
        raise SpecError(f"{source}: {error}") from None


def to_dict(network: Network) -> dict[str, Any]:
    """Return ``network`` as plain data of a spec file's shape, which ``from_dict`` reads."""
    training, inputs = network.training, network.inputs
    plain = isinstance(inputs, int | str)
    chosen = {
        "labels": network.labels,
        "loss_parameters": dict(network.loss_parameters),
        "l1": network.l1,
        "l2": network.l2,
        "weighted": list(network.weighted),
    }
    return {
        "title": network.title,
        "subtitle": network.subtitle,
        "author": network.author,
        "problem": network.problem,
        "inputs": inputs if plain else table_of(inputs, "inputs"),
        "layers": [table_of(layer, f"layers[{n}]") for n, layer in enumerate(network.layers)],
        "loss": network.loss,
        "reduction": network.reduction,
        **{key: value for key, value in chosen.items() if value != _DEFAULTS[key]},
        **({"data": _rows(network.data)} if network.data is not None else {}),
        "training": {
            "seed": training.seed,
            "learning_rate": float(training.learning_rate),
            "epochs": training.epochs,
        },
        "notation": notation_table(profile(network.notation)),
    }


def _rows(data: Data) -> dict[str, Any]:
    rows: dict[str, Any] = {
        label: [[float(value) for value in row] for row in samples]
        for label, samples in (("X", data.X), ("Y", data.Y))
    }
    weights = {"class_weights": data.class_weights, "sample_weights": data.sample_weights}
    return rows | {key: list(map(float, values)) for key, values in weights.items() if values}


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
    place = f" at {_path(parents)}" if _path(parents) else ""
    return f"unknown key '{_short(str(last))}'{place}{did_you_mean(str(last), _keys(parents))}"


def _wrong_value(error: ErrorDetails) -> str:
    path, value = _path(error["loc"]), error["input"]
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_kind(path, value)
    expected = _expected(path)
    if error["type"] == "missing":
        return f"{path}: missing; expected {expected}"
    return f"{path}: expected {expected}, found {_shown(value)}"


def _wrong_kind(path: str, table: dict[str, Any]) -> str:
    kinds, kind = LAYERS if path.startswith("layers") else INPUTS, table.get("kind")
    if kind is None:
        return f"{path}.kind: missing; expected {_expected(f'{path}.kind')}"
    if not isinstance(kind, str):
        return f"{path}.kind: expected {_expected(f'{path}.kind')}, found {_shown(kind)}"
    return f"unknown kind '{_short(kind)}' at {path}.kind{did_you_mean(kind, kinds)}"


def _expected(path: str) -> str:
    """Return what a key takes; layers inside layers take what all layers take."""
    key = re.sub(r"(layers\[\]\.)+(?=layers\[\])", "", re.sub(r"\[\d+\]", "[]", path))
    if key.startswith("loss_parameters."):
        key = "loss_parameters.*"
    return EXPECTED[key]


def _path(loc: Sequence[int | str]) -> str:
    """Write a place as ``layers[1].activation``."""
    parts = (part for part, tag in _parts(loc) if not tag)
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts).removeprefix(".")


def _parts(loc: Sequence[int | str]) -> Iterator[tuple[int | str, bool]]:
    """Yield the parts of a place, and whether each is no key but the kind of its table."""
    for number, part in enumerate(loc):
        before = loc[max(number - 2, 0) : number]
        of_layer = before[:1] == ("layers",) or list(before[:1]) == ["layers"]
        kind = (of_layer and part in LAYERS) or (
            list(before) == ["inputs"] and (part in INPUTS or part == SIZE)
        )
        yield part, kind


def _keys(loc: Sequence[int | str]) -> list[str]:
    """Return the keys that the table at ``loc`` may have."""
    table: type[Table] = Spec
    for part, is_kind in _parts(loc):
        if is_kind:
            table = TABLES[str(part)]
        elif isinstance(part, str) and part not in ("layers", "inputs"):
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
