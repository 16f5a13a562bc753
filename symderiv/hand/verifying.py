"""One door for what people derived by hand: a document, SymPy expressions, or a NumPy function."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from sympy import Basic, Eq

from symderiv.errors import UnsupportedError
from symderiv.hand.arrays import Comparison
from symderiv.hand.calling import Call
from symderiv.hand.expressions import claims
from symderiv.hand.judging import judged
from symderiv.hand.trials import Bench
from symderiv.network import Network
from symderiv.pipeline import derive
from symderiv.verification import verify as verify_document
from symderiv.verification.records import Equation, Link, Report

Hand: TypeAlias = Mapping[object, object] | Iterable[Eq] | Eq | Callable[..., object]
"""A derivation by hand that is no document."""


def verify(
    source: str | Path | Hand, model: Network | None = None, *, budget: float = 20.0
) -> Report:
    r"""Judge a derivation by hand: every equation of a document, or every gradient that is given.

    ``source`` is a path, or a text in Markdown; then ``model`` is the network that a homework is
    about which states only gradients. It may also be, for a ``model``,

    - SymPy expressions over the names of the network: ``{"w_12^(1)": value}``, or for an array
      ``{"W1": matrix}`` with an entry for each of its own; or equations such as
      ``Eq(Derivative(L, w1_1_2), value)``. With ``Indexed`` names they are about the cost of all
      samples: ``{"W1": Sum(X[n, i]*dZ1[n, j], (n, 1, N))}``.
    - a NumPy function of what its parameters are called, ``grads(W1, b1, X, y)``, which returns a
      dict of gradients or a tuple in that order; shapes are those of ``train.py``.

    After ``budget`` seconds the rest of a document is told as out of time, and no mend is looked
    for. The derivatives that a derivation is compared with are those of ``derive``.

    Raises ``DocumentError`` for a file that cannot be read, ``UnknownNameError`` for a name that
    the network has not, ``CheckFailedError`` for a function that fails, and ``UnsupportedError``
    for a derivation without a network, or of a form that is not known.
    """
    if isinstance(source, str | Path):
        return verify_document(source, model, budget=budget)
    if model is None:
        raise UnsupportedError(
            "a derivation in SymPy or NumPy is judged by a network; give it as the model"
        )
    bench, until = Bench(derive(model)), time.monotonic() + budget
    if isinstance(source, Basic | Mapping | Iterable):
        return judged(claims(source, bench.derivation), bench, until)
    if callable(source):
        return _called(source, bench, until)
    raise UnsupportedError(
        f"expected a document, equations, a dict of derivatives or a function, "
        f"found {type(source).__name__}"
    )


def _called(function: Callable[..., object], bench: Bench, until: float) -> Report:
    """Return the report on a function, in the file where it stands."""
    call = Call(function, bench.derivation)
    code = getattr(inspect.unwrap(function), "__code__", None)
    path, line = (code.co_filename, code.co_firstlineno) if code else ("", 1)
    equations = list(Comparison(bench, call, until, line).equations())
    for key in call.changed:
        link = Link("wrong", found=key, should_be=f"{key}.copy()", mistake="changes its input",
                    reason=f"{call.title} writes into {key}, which it was given")  # fmt: skip
        n = len(equations) + 1
        equations.append(Equation(n, 1, line, line, key, link.verdict, (link,)))
    return Report(path, tuple(equations), assumptions=bench.assumptions)
