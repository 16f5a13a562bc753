"""A document as a network, with its data and its notation, and what had to be assumed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sympy as sp

from symderiv.documents import Document, read
from symderiv.errors import DocumentError, SpecError
from symderiv.lectures.agreement import network_of
from symderiv.lectures.data import as_data, given_samples
from symderiv.lectures.lettering import notation_of
from symderiv.lectures.reading import Reading, best_reading, stated_numbers
from symderiv.lectures.widths import said_widths, widths
from symderiv.network import Network, Training
from symderiv.samples import Data

_RATES = ("eta", "alpha", "epsilon", "gamma")
_TITLES = (
    r"^#[ \t]+(.+)$",
    r"\\title\{([^{}\\]+)\}",
    r"\\section\*?\{([^{}\\]+)\}",
    r"^(\S.*)\n[=~#*^-]{3,}$",
)
_MOST_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Lecture:
    """A network that a document defines, and ``notes`` on what was read and what assumed."""

    network: Network
    notes: tuple[str, ...]


def lecture(path: Path) -> Lecture:
    """Return the network of which a document writes down the forward pass.

    ``path`` is a file in Markdown, LaTeX, reStructuredText, or a notebook. Its definitions are the
    spec: what it says of gradients is not read. The network that they look like has the same cost
    as they have at random points.

    Raises ``DocumentError`` for a document that cannot be read or defines no network known here:
    the message names the line, what was expected, and what is understood.
    """
    document = read(path)
    reading = best_reading(document)
    said = said_widths(reading, document.path)
    given = given_samples(reading, {n: width.number for n, width in said.items()})
    sizes, free = widths(reading, said, [matrix.width for matrix in given], document.path)
    data = as_data(given)
    rate = _rate(reading)
    training = Training() if rate is None else Training(learning_rate=rate)
    try:
        network = replace(
            network_of(reading.found, sizes), data=data, training=training,
            title=_title(document), notation=notation_of(reading),
            l2=_penalty(reading, data, document.path),
        )  # fmt: skip
    except SpecError as error:
        raise DocumentError(f"{document.path}: {error}") from error
    notes = _notes(reading, network, free, rate)
    return Lecture(network, tuple(notes))


def _notes(
    reading: Reading, network: Network, free: Sequence[int], rate: float | None
) -> Iterator[str]:
    """Say what was read, and what the document leaves open."""
    row = next(row.row for row in reading.rows if row.at == reading.cost.at)
    sizes = "-".join(map(str, network.sizes))
    names = ", ".join(layer.activation for layer in reading.found.layers)
    yield (
        f"read as a {sizes} network ({names}; {network.loss_function.words}), whose cost is that "
        f"of line {row.line} at random points"
    )
    if _is_by_letter(reading):
        yield f"how many layers there are, L, is not said: {network.depth} are taken"
    for layer in free:
        name = f"layer {layer}" if layer else "the input"
        yield f"how wide {name} is, is not said: {network.sizes[layer]} is taken"
    if reading.found.count == 1:
        yield "the cost is that of one sample: over several, its mean is taken"
    if network.data is None:
        yield "no data, so nothing is trained: give X and Y as matrices of numbers"
    elif rate is None:
        yield f"no learning rate is said: {network.training.learning_rate} is taken"


def _is_by_letter(reading: Reading) -> bool:
    """Whether the layers of the network are as many as were taken for L."""
    values = [s for layer in reading.found.layers for s in (*layer.sums, *layer.units)]
    cells = (cell for s in values for cell in reading.tape.names.get(s, ()))
    return any(cell.key.family in reading.by_letter for cell in cells)


def _rate(reading: Reading) -> float | None:
    numbers = stated_numbers(reading.rows)
    return next((numbers[letter] for letter in _RATES if letter in numbers), None)


def _penalty(reading: Reading, data: Data | None, path: str) -> float:
    """Return the factor of the penalty; letters in it must be numbers by now."""
    factor, tape = reading.found.l2, reading.tape
    numbers = dict(stated_numbers(reading.rows))
    if data is not None:
        counted = [s for s, n in tape.counts.items() if n == reading.found.count]
        numbers |= {s.name: float(len(data.X)) for s in counted}
    values = {}
    for symbol in factor.free_symbols:
        name = tape.leaves[symbol].key.family[0] if symbol in tape.leaves else symbol.name
        if name not in numbers:
            raise DocumentError(
                f"{path}: the penalty on the weights has a factor '{name}' without a "
                f"number; say it, as in {name} = 0.01"
            )
        values[symbol] = sp.Float(numbers[name])
    return float(factor.xreplace(values))


def _title(document: Document) -> str:
    """Return the first heading of a document, or the name of its file."""
    found = (re.search(pattern, document.source, re.MULTILINE) for pattern in _TITLES)
    titles = [match[1].strip() for match in found if match is not None]
    return titles[0][:_MOST_CHARACTERS] if titles else Path(document.path).stem
