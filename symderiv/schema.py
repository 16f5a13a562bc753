"""What a spec file may say: its tables as models, its keys in words.

A layer's table has the fields of the layer's class, an input's those of the input's; what a field
takes depends on its name alone, so that ``units`` means the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    create_model,
)

from symderiv.attention import Attention, TransformerBlock
from symderiv.builder import Image, Inputs, Layer, Sequence, Size, Tokens
from symderiv.convolution import AveragePool, Conv1d, Conv2d, MaxPool
from symderiv.errors import SpecError
from symderiv.layers import BatchNorm, Dense, Dropout, Embedding, LayerNorm, Residual
from symderiv.network import Network, Training
from symderiv.notation_table import NOTATION_KEYS, NotationTable
from symderiv.recurrence import LSTM, RNN
from symderiv.samples import Data
from symderiv.tables import Line, Table

LAYERS: Mapping[str, type[Any]] = {
    "dense": Dense,
    "residual": Residual,
    "batch_norm": BatchNorm,
    "layer_norm": LayerNorm,
    "dropout": Dropout,
    "embedding": Embedding,
    "conv1d": Conv1d,
    "conv2d": Conv2d,
    "average_pool": AveragePool,
    "max_pool": MaxPool,
    "rnn": RNN,
    "lstm": LSTM,
    "attention": Attention,
    "transformer_block": TransformerBlock,
}
INPUTS: Mapping[str, type[Any]] = {"sequence": Sequence, "image": Image, "tokens": Tokens}
SIZE = "size"
"""The tag of inputs that are no table: the number of features."""

_ONE_LINE = "one line of text, at most 200 characters"
_A_SIZE = "a whole number from 1 to 100,000, or the name of a size"
_PENALTY = "a number from 0 on, or the name of one"
_ROWS = "a list of one to 10,000 rows, one for each sample"
EXPECTED = {
    "title": _ONE_LINE,
    "subtitle": _ONE_LINE,
    "author": _ONE_LINE,
    "problem": _ONE_LINE,
    "inputs": "a whole number from 1 to 100,000, the name of a size, or a table with a kind",
    "inputs.kind": ", ".join(f'"{kind}"' for kind in INPUTS),
    "inputs.steps": _A_SIZE,
    "inputs.features": _A_SIZE,
    "inputs.channels": _A_SIZE,
    "inputs.lengths": "a list of one or two sizes",
    "inputs.lengths[]": _A_SIZE,
    "layers": "one to 100 [[layers]] blocks",
    "layers[]": "a table with the keys units and activation, or with a kind",
    "layers[].kind": ", ".join(f'"{kind}"' for kind in LAYERS),
    "layers[].units": _A_SIZE,
    "layers[].activation": "the name of an activation, in quotes",
    "layers[].layers": "one to 100 [[layers.layers]] blocks",
    "layers[].keep": "a share above 0, at most 1, or the name of one",
    "layers[].epsilon": _PENALTY,
    "layers[].vocabulary": _A_SIZE,
    "layers[].channels": _A_SIZE,
    "layers[].width": "a whole number from 1 to 1,000",
    "layers[].stride": "a whole number from 1 to 1,000",
    "layers[].padding": "a whole number from 0 to 1,000",
    "layers[].heads": _A_SIZE,
    "layers[].hidden": _A_SIZE,
    "loss": "the name of a loss, in quotes",
    "reduction": '"sum" or "mean"',
    "labels": '"one-hot" or "index"',
    "loss_parameters": "a table with the parameters of the loss",
    "loss_parameters.*": "a number, or the name of one",
    "l1": _PENALTY,
    "l2": _PENALTY,
    "weighted": 'a list of "class" and "sample", or of one of them',
    "weighted[]": '"class" or "sample"',
    "data": "a table with the keys X and Y",
    "data.X": _ROWS,
    "data.X[]": "a list of numbers, one for each input",
    "data.X[][]": "a number between -1e6 and 1e6",
    "data.Y": _ROWS,
    "data.Y[]": "a list of numbers, one for each output",
    "data.Y[][]": "a number between -1e6 and 1e6",
    "data.class_weights": "a list of numbers, one for each class",
    "data.class_weights[]": "a number between -1e6 and 1e6",
    "data.sample_weights": "a list of numbers, one for each sample",
    "data.sample_weights[]": "a number between -1e6 and 1e6",
    "training": "a table with the keys seed, learning_rate and epochs",
    "training.seed": "a whole number from 0 to 4294967295",
    "training.learning_rate": "a number above 0 and at most 1000",
    "training.epochs": "a whole number from 1 to 1,000,000",
    **NOTATION_KEYS,
}
_DEFAULT = Training()
_LARGEST, _SYMBOL = 100_000, re.compile(r"[A-Za-z]{1,12}(_[A-Za-z0-9]{1,4})?")


def _size(value: object) -> Size:
    """Take a whole number or the name of a size."""
    if isinstance(value, str) and _SYMBOL.fullmatch(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LARGEST:
        return value
    raise ValueError("no size")


def _parameter(value: object) -> float | str:
    """Take a number or the name of one."""
    if isinstance(value, str) and _SYMBOL.fullmatch(value):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e6:
        return value
    raise ValueError("no number")  # nor is nan, which is not below 1e6


_Size = Annotated[Size, PlainValidator(_size)]
_Parameter = Annotated[float | str, PlainValidator(_parameter)]
_Number = Annotated[float, Field(ge=-1e6, le=1e6)]
_Rows = Annotated[list[list[_Number]], Field(min_length=1, max_length=10_000)]
_Weights = Annotated[list[_Number], Field(max_length=100_000)]
_Whole = Annotated[int, Field(ge=1, le=1000)]


_TAKEN: Mapping[str, Any] = {
    "activation": Line,
    "keep": _Parameter,
    "epsilon": _Parameter,
    "width": _Whole,
    "stride": _Whole,
    "padding": Annotated[int, Field(ge=0, le=1000)],
    "lengths": Annotated[list[_Size], Field(min_length=1, max_length=2)],
}
"""What a field takes, by its name; any other is a size."""


def _table(kind: str, owner: type[Any]) -> type[Table]:
    """Return the model of a layer or an input; its keys are the fields of the class."""
    keys: dict[str, Any] = {"kind": (Literal[kind], kind if kind == "dense" else ...)}
    for each in fields(owner):
        asked = each.default is MISSING or (kind, each.name) == ("dense", "activation")
        keys[each.name] = (_TAKEN.get(each.name, _Size), ... if asked else each.default)
    return create_model(f"_{owner.__name__}", __base__=Table, **keys)


class _Residual(Table):
    kind: Literal["residual"]
    layers: list[_AnyLayer] = Field(min_length=1, max_length=100)


TABLES: Mapping[str, type[Table]] = {
    "residual": _Residual,
    **{kind: _table(kind, owner) for kind, owner in LAYERS.items() if kind != "residual"},
    **{kind: _table(kind, owner) for kind, owner in INPUTS.items()},
}
"""The model of each kind of layer and of input."""


def _layer_kind(value: object) -> str | None:
    kind = value.get("kind", "dense") if isinstance(value, dict) else "dense"
    return kind if isinstance(kind, str) else None


def _inputs_kind(value: object) -> str | None:
    if not isinstance(value, dict):
        return SIZE
    kind = value.get("kind")
    return kind if isinstance(kind, str) else None


def _either(tagged: Mapping[str, Any], kind: Any) -> Any:  # noqa: ANN401  # types are values here
    """Return the type of a table that one of its keys decides."""
    union: Any = Annotated[next(iter(tagged.values())), Tag(next(iter(tagged)))]
    for tag, model in list(tagged.items())[1:]:
        union |= Annotated[model, Tag(tag)]
    return Annotated[union, Discriminator(kind)]


if TYPE_CHECKING:  # the models are made from the layers' classes, which mypy cannot follow
    _AnyLayer: TypeAlias = Any
    _AnyInputs: TypeAlias = Any
else:
    _AnyLayer = _either({kind: TABLES[kind] for kind in LAYERS}, _layer_kind)
    _AnyInputs = _either({SIZE: _Size, **{kind: TABLES[kind] for kind in INPUTS}}, _inputs_kind)


class _Data(Table):
    X: _Rows
    Y: _Rows
    class_weights: _Weights = Field(default_factory=list)
    sample_weights: _Weights = Field(default_factory=list)


class _Training(Table):
    seed: int = Field(default=_DEFAULT.seed, ge=0, le=2**32 - 1)
    learning_rate: float = Field(default=_DEFAULT.learning_rate, gt=0, le=1000)
    epochs: int = Field(default=_DEFAULT.epochs, ge=1, le=1_000_000)


class Spec(Table):
    """A whole spec file."""

    title: Line = Network.title
    subtitle: Line = Network.subtitle
    author: Line = Network.author
    problem: Line = Network.problem
    inputs: _AnyInputs
    layers: list[_AnyLayer] = Field(min_length=1, max_length=100)
    loss: Line
    reduction: Literal["sum", "mean"] = "sum"
    labels: Literal["one-hot", "index"] = "one-hot"
    loss_parameters: dict[str, _Parameter] = Field(default_factory=dict)
    l1: _Parameter = 0
    l2: _Parameter = 0
    weighted: list[Literal["class", "sample"]] = Field(default_factory=list)
    data: _Data | None = None
    training: _Training = _Training()
    notation: NotationTable = NotationTable()

    def network(self) -> Network:
        """Build the network; it refuses what does not fit together."""
        plain = {name: getattr(self, name) for name in _AS_THEY_ARE}
        return Network(
            inputs=_inputs(self.inputs),
            layers=tuple(map(_layer, self.layers)),
            data=_data(self.data) if self.data is not None else None,
            training=Training(**self.training.model_dump()),
            notation=self.notation.profile_named(),
            **plain,
        )


_AS_THEY_ARE = (
    *("title", "subtitle", "author", "problem", "loss", "reduction", "labels"),
    *("loss_parameters", "l1", "l2", "weighted"),
)
_Residual.model_rebuild()


def _kind(table: Table) -> str:
    return str(vars(table)["kind"])


def _values(table: Table) -> dict[str, Any]:
    values = {name: getattr(table, name) for name in type(table).model_fields if name != "kind"}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def _inputs(given: Any) -> Size | Inputs:  # noqa: ANN401  # a size, or a model made above
    if not isinstance(given, Table):
        size: Size = given
        return size
    made: Inputs = INPUTS[_kind(given)](**_values(given))
    return made


def _layer(table: Table) -> Layer:
    values = _values(table)
    if "layers" in values:
        values["layers"] = tuple(map(_layer, values["layers"]))
    made: Layer = LAYERS[_kind(table)](**values)
    return made


def _data(table: _Data) -> Data:
    X, Y = (tuple(map(tuple, rows)) for rows in (table.X, table.Y))
    return Data(X, Y, tuple(table.class_weights), tuple(table.sample_weights))


# --- and back -------------------------------------------------------------------------------------

_KINDS = {owner: kind for table in (LAYERS, INPUTS) for kind, owner in table.items()}


def table_of(owner: object, path: str) -> dict[str, Any]:
    """Return a layer or an input as a table of a spec file; ``path`` is for the error.

    Raises ``SpecError`` for a layer of a class that spec files do not know.
    """
    kind = _KINDS.get(type(owner))
    if kind is None:
        raise SpecError(f"{path}: a spec file has no layer of the class {type(owner).__name__}")
    done: dict[str, Any] = {} if kind == "dense" else {"kind": kind}
    for each in fields(LAYERS.get(kind) or INPUTS[kind]):
        value = getattr(owner, each.name)
        if each.name == "layers":
            value = [table_of(v, f"{path}.layers[{n}]") for n, v in enumerate(value)]
        if value is not None:
            done[each.name] = list(value) if isinstance(value, tuple) else value
    return done
