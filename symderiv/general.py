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

from symderiv.differentiation import reverse
from symderiv.expression import Name
from symderiv.functions import Activation
from symderiv.graph import Definition, Graph, Index, atom
from symderiv.network import SAMPLE, dense_layer, size
from symderiv.notation import Quantity, Role, code
from symderiv.pipeline import as_equation

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
    before, here, after = size(LAYER - 1), size(LAYER), size(LAYER + 1)
    unit = Index(Symbol("i", integer=True), before)
    inputs = Definition(Quantity(Role.ACTIVATION, LAYER - 1), (SAMPLE, unit))
    layer = dense_layer(LAYER, inputs.key, before, here, ANY)
    following = dense_layer(LAYER + 1, layer[-1].key, here, after, ANY)[:-1]
    graph = Graph((inputs, *layer, *following))
    given = following[-1]
    adjoint = atom(code(given.quantity.bar()), *(index.symbol for index in given.indices))
    found = reverse(graph, {given.key: adjoint})
    weight, bias, linear, activation = layer
    backward = tuple(as_equation(found[d.key]) for d in (activation, linear, weight, bias))
    return GeneralModel(graph, (linear, layer[-1]), given, backward)
