"""Spec files: what they say, and what is said about wrong ones."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symderiv.errors import SpecError
from symderiv.layers import Dense
from symderiv.network import Data, Network, Training
from symderiv.spec import EXPECTED, demo_spec, from_dict, load, to_dict

EXAMPLES = Path(__file__).parents[1] / "examples"
XOR = (EXAMPLES / "xor.toml").read_text(encoding="utf-8")


def test_the_demo_is_the_network_of_the_lecture() -> None:
    """Layers, loss and data in the order in which the lecture states them."""
    network = load(demo_spec())
    assert network.layers == (Dense(2, "sigmoid"), Dense(1, "sigmoid"))
    assert (network.loss, network.reduction) == ("binary_cross_entropy", "sum")
    assert network.data == Data(((1, 1), (1, 0), (0, 1), (0, 0)), ((0,), (1,), (1,), (0,)))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_load_and_survive_json(path: Path) -> None:
    """Every example is valid, and a report can carry it."""
    network = load(path)
    assert from_dict(json.loads(json.dumps(to_dict(network)))) == network


def test_every_field_of_a_network_is_a_key() -> None:
    """Nothing that Python can say is out of a spec file's reach."""
    assert {field.name for field in fields(Network)} == {
        key for key in EXPECTED if "." not in key and "[" not in key
    }


SIZE = "a whole number from 1 to 100,000, the name of a size, or a table with a kind"

# what replaces what in xor.toml, and the message
WRONG = [
    (
        'activation = "sigmoid"\n',
        'activaton = "sigmoid"\n',
        "unknown key 'activaton' at layers[0]; did you mean 'activation'?",
    ),
    (
        'activation = "sigmoid"  #',
        'activation = "sigmod"  #',
        "unknown activation 'sigmod' at layers[1].activation; did you mean 'sigmoid'?",
    ),
    (
        '"binary_cross_entropy"',
        '"cross_entropy"',
        "unknown loss 'cross_entropy' at loss; did you mean 'binary_cross_entropy'?",
    ),
    ("los", "los_", "unknown key 'los_s'; did you mean 'loss'?"),
    ("[data]", "[dat]", "unknown key 'dat'; did you mean 'data'?"),
    ("seed = 1", "sed = 1", "unknown key 'sed' at training; did you mean 'seed'?"),
    ("inputs = 2", "", f"inputs: missing; expected {SIZE}"),
    ("inputs = 2", "inputs = 2.0", f"inputs: expected {SIZE}, found 2.0"),
    ("inputs = 2", 'inputs = "2"', f'inputs: expected {SIZE}, found "2"'),
    ("inputs = 2", "inputs = true", f"inputs: expected {SIZE}, found true"),
    ("inputs = 2", "inputs = 0", f"inputs: expected {SIZE}, found 0"),
    (
        "inputs = 2",
        f"inputs = {10**30}",
        f"inputs: expected {SIZE}, found a number of more than 20 digits",
    ),
    ("inputs = 2", f"inputs = {'9' * 5000}", "a number has too many digits"),
    ("inputs = 2", "inputs = 3", "data.X[0]: expected 3 values, one per input, found 2"),
    (
        "units = 2",
        "units = 100001",
        (
            "layers[0].units: expected a whole number from 1 to 100,000, or the name of a size, "
            "found 100001"
        ),
    ),
    ('"sum"', '"avg"', 'reduction: expected "sum" or "mean", found "avg"'),
    (
        'activation = "sigmoid"  #',
        'activation = "tanh"  #',
        (
            "loss: binary cross-entropy is defined for predictions in Interval.open(0, 1), but "
            "layers[1].activation 'tanh' takes values in Interval.open(-1, 1)"
        ),
    ),
    ("[1, 0]", "[nan, 0]", "data.X[1][0]: expected a number between -1e6 and 1e6, found nan"),
    ("[1, 0]", "[-inf, 0]", "data.X[1][0]: expected a number between -1e6 and 1e6, found -inf"),
    (
        "[1, 0]",
        "[1e9, 0]",
        "data.X[1][0]: expected a number between -1e6 and 1e6, found 1000000000.0",
    ),
    ("[1, 0]", '["1", 0]', 'data.X[1][0]: expected a number between -1e6 and 1e6, found "1"'),
    ("[1, 0]", "7", "data.X[1]: expected a list of numbers, one for each input, found 7"),
    ("[1, 0]", "[1]", "data.X[1]: expected 2 values, one per input, found 1"),
    ("[1, 0], ", "", "data: X has 3 samples, Y has 4; expected equally many"),
    (
        "[[0], [1], [1], [0]]",
        "[]",
        "data.Y: expected a list of one to 10,000 rows, one for each sample, found a list of 0",
    ),
    (
        "learning_rate = 0.5",
        "learning_rate = nan",
        "training.learning_rate: expected a number above 0 and at most 1000, found nan",
    ),
    (
        "epochs = 2000",
        "epochs = 1e3",
        "training.epochs: expected a whole number from 1 to 1,000,000, found 1000.0",
    ),
    (
        "seed = 1",
        "seed = -1",
        "training.seed: expected a whole number from 0 to 4294967295, found -1",
    ),
    (
        '"xor-lecture"',
        '"goodfelow"',
        "unknown notation 'goodfelow' at notation.profile; did you mean 'goodfellow'?",
    ),
    (
        'title = "B',
        'title = "\\u0007\\u202EB',
        (
            "title: expected one line of text, at most 200 characters, "
            'found "\\u0007\\u202eBackpropagation"'
        ),
    ),
    (
        'title = "B',
        f'title = "{"x" * 200}B',
        f'title: expected one line of text, at most 200 characters, found "{"x" * 56}...',
    ),
    (
        "[training]",
        "[[training]]",
        (
            "training: expected a table with the keys seed, learning_rate and epochs, "
            "found a list of 1"
        ),
    ),
    ("inputs = 2  #", f"inputs = {'[' * 3000}  #", "lists or tables are nested too deeply"),
    (
        'loss = "binary_cross_entropy"  # L',
        "loss = bce  # L",
        (
            "line 17, column 8: not TOML: invalid value\n"
            "    loss = bce  # L = -(y log ŷ + (1 - y) log(1 - ŷ)), for one sample\n"
            "           ^"
        ),
    ),
    (
        XOR,
        "title = 'A'\ntitle = 'B'\n",
        "line 2, column 12: not TOML: cannot overwrite a value\n    title = 'B'\n               ^",
    ),
    (
        XOR,
        "[[layers",
        (
            "line 1, column 9: not TOML: expected ']]' at the end of an array "
            "declaration\n    [[layers\n            ^"
        ),
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG, ids=[row[2][:50] for row in WRONG])
def test_a_wrong_spec_is_refused_by_name(old: str, new: str, message: str, tmp_path: Path) -> None:
    """The message names the file, the key path, what was expected and the nearest name."""
    assert old in XOR
    path = tmp_path / "wrong.toml"
    path.write_text(XOR.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: {message}"


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """One line for each, as a compiler does it; a misspelt key is not missing as well."""
    path = tmp_path / "wrong.toml"
    path.write_text('lyers = 3\ntitle = 5\nloss = ""\ninputs = 0\n', encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(path)
    assert str(caught.value).splitlines() == [
        f"{path}: unknown key 'lyers'; did you mean 'layers'?",
        f"{path}: title: expected one line of text, at most 200 characters, found 5",
        f"{path}: inputs: expected {SIZE}, found 0",
    ]


def test_ten_mistakes_are_enough() -> None:
    """A file full of mistakes gives a message that fits a screen."""
    raw = {**to_dict(load(demo_spec())), "data": {"X": ["no"] * 500, "Y": [[0]] * 500}}
    with pytest.raises(SpecError, match=r"\n.*and 490 more$") as caught:
        from_dict(raw)
    assert len(str(caught.value).splitlines()) == 11


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"no such file; did you mean 'xor\.toml'\?"),
        (b"title = 'caf\xe9'", "line 1: expected text in UTF-8"),
        (b"\n\n\xff", "line 3: expected text in UTF-8"),
        (b"#" * 1_000_001, "expected at most 1,000,000 bytes, found more"),
    ],
    ids=["missing", "latin-1", "binary", "huge"],
)
def test_an_unreadable_file_is_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    """What cannot be read as text is said to be that, with the place."""
    path = tmp_path / "xr.toml"
    (tmp_path / "xor.toml").touch()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError, match=f"^{re.escape(str(path))}: {message}$"):
        load(path)


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    """A folder's name is a likely slip."""
    with pytest.raises(SpecError, match="expected a TOML file, found a folder"):
        load(tmp_path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Some editors write one; nobody sees it."""
    path = tmp_path / "xor.toml"
    path.write_text(XOR, encoding="utf-8-sig")
    assert load(path) == load(demo_spec())


finite = st.floats(-1e6, 1e6)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a network that a spec file can describe."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    kinds = st.sampled_from(["identity", "sigmoid", "tanh", "relu", "softmax"])
    samples = draw(st.integers(1, 3))
    text = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20)

    def rows(width: int) -> tuple[tuple[float, ...], ...]:
        row = st.tuples(*[finite] * width)
        return draw(st.tuples(*[row] * samples))

    return Network(
        inputs=sizes[0],
        layers=tuple(Dense(units, draw(kinds)) for units in sizes[1:]),
        loss="mean_squared_error",
        reduction=draw(st.sampled_from(["sum", "mean"])),
        data=draw(st.sampled_from([None, Data(rows(sizes[0]), rows(sizes[-1]))])),
        training=Training(
            draw(st.integers(0, 2**32 - 1)),
            draw(st.floats(0, 1000, exclude_min=True)),
            draw(st.integers(1, 1_000_000)),
        ),
        title=draw(text),
        subtitle=draw(text),
        author=draw(text),
        problem=draw(text),
    )


@given(networks())
def test_to_dict_and_from_dict_are_inverse(network: Network) -> None:
    """Through JSON, too, and to the last bit of every number."""
    assert from_dict(json.loads(json.dumps(to_dict(network)))) == network
