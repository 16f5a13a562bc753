"""From a network to its derivation, on one screen."""

from __future__ import annotations

import sympy as sp

from symderiv.derivation import Derivation
from symderiv.differentiation import reverse
from symderiv.explanation import Explanations
from symderiv.network import Network
from symderiv.presentation import Views


def derive(network: Network) -> Derivation:
    r"""Differentiate a network's cost by every parameter, every hidden value and the inputs.

    The index equations are differentiated once, for all sizes; the components, with every step of
    the chain rule, for the sizes of the network and when they are asked for. Source of the
    mathematics: reverse mode, as in Griewank and Walther, "Evaluating Derivatives", chapter 3.
    """
    backward = reverse(network.graph, {"J": sp.Integer(1)})
    return Derivation(
        network,
        tuple(adjoint.equation for adjoint in backward.values()),
        {f"d{key}": adjoint.steps for key, adjoint in backward.items()},
        {f"d{key}": adjoint.facts for key, adjoint in backward.items()},
        {f"d{key}": adjoint.conditions for key, adjoint in backward.items()},
        Explanations(network),
        Views(),
    )
