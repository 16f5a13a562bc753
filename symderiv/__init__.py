"""Derive a network's backpropagation, and get checked slides and training code from it.

Start with ``load`` (a network from a TOML file) or ``Network``, then ``derive``; or with
``written_graph`` (equations in SymPy), then ``gradients``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symderiv.derivation import Derivation
    from symderiv.errors import SymderivError
    from symderiv.evaluation import scalar_gradients
    from symderiv.freeform import gradients, written_graph
    from symderiv.functions import register_activation, register_loss
    from symderiv.grading import grade
    from symderiv.graph import Graph
    from symderiv.hand import verify
    from symderiv.layers import Dense
    from symderiv.network import Network, Training
    from symderiv.pipeline import derive
    from symderiv.samples import Data
    from symderiv.spec import load

__version__ = "0.1.0"

__all__ = [
    "Data",
    "Dense",
    "Derivation",
    "Graph",
    "Network",
    "SymderivError",
    "Training",
    "__version__",
    "derive",
    "grade",
    "gradients",
    "load",
    "register_activation",
    "register_loss",
    "scalar_gradients",
    "verify",
    "written_graph",
]

_HOMES = {
    "Data": "samples",
    "Dense": "layers",
    "Derivation": "derivation",
    "Graph": "graph",
    "Network": "network",
    "SymderivError": "errors",
    "Training": "network",
    "derive": "pipeline",
    "grade": "grading",
    "gradients": "freeform",
    "load": "spec",
    "register_activation": "functions",
    "register_loss": "functions",
    "scalar_gradients": "evaluation",
    "verify": "hand",
    "written_graph": "freeform",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: ``symderiv --help`` need not wait for SymPy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'symderiv' has no attribute '{name}'")
    value: object = getattr(import_module(f"symderiv.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
