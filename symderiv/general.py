r"""The general model: layer ``l`` of any dense network, differentiated once for all of them.

The equations of layers ``l`` and ``l + 1`` are written with symbolic sizes and a function ``f``
without a formula; the adjoint of layer ``l + 1``'s pre-activation is given. What the engine derives
from them is the recursion

.. math::
    \boldsymbol\Delta^{(l)}
    = (\boldsymbol\Delta^{(l+1)} \mathbf W^{(l+1)\top}) \odot f'(\mathbf Z^{(l)}).
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy import Symbol

from symderiv.builder import SAMPLE, Builder, size
from symderiv.differentiation import reverse
from symderiv.expression import Name
from symderiv.functions import Activation
from symderiv.graph import Definition, Graph, Index, atom
from symderiv.layers import dense_equations
from symderiv.notation import Quantity, Role, code

LAYER = Symbol("l", integer=True)
ANY = Activation("f", Name("f"), sp.Function("f", real=True))


@dataclass(frozen=True, slots=True)
class GeneralModel:
    """Layer ``l``: its equations, those of ``l + 1`` that read it, and what is derived from them.

    ``backward`` holds the adjoints of layer ``l``: of its activation, its pre-activation, its
    weights and its biases.
    """

    graph: Graph
    forward: tuple[Definition, ...]
    following: Definition
    backward: tuple[Definition, ...]


def general_model() -> GeneralModel:
    """Return the equations around layer ``l`` and the recursion that follows from them."""
    build = Builder()
    unit = Index(Symbol("i", integer=True), size(LAYER - 1))
    x = build.add(Quantity(Role.ACTIVATION, LAYER - 1), (SAMPLE, unit))
    for layer in (LAYER, LAYER + 1):
        x = dense_equations(build, x, layer, size(layer), ANY, Role.ACTIVATION)
    _, weight, bias, linear, activation, *_, following, _ = build.definitions
    graph = Graph(tuple(build.definitions[:-1]))
    symbols = [index.symbol for index in following.indices]
    found = reverse(graph, {following.key: atom(code(following.quantity.bar()), *symbols)})
    backward = tuple(found[d.key].equation for d in (activation, linear, weight, bias))
    return GeneralModel(graph, (linear, activation), following, backward)
