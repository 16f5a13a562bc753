"""The notations that are shipped: how each literature writes what is derived here.

They are written from general knowledge of the works named as their sources: the same letters,
marks, order and layout, not their text. A profile is a row of choices; nothing here derives or
computes anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from symderiv.errors import UnknownNameError, did_you_mean
from symderiv.notation import LECTURE, Profile, Role

COURSE = Profile(
    "deep-learning-course",
    'Andrew Ng, "Neural Networks and Deep Learning", lecture notes',
    samples="columns",
    weights="to-from",
    layer="[]",
    error="d",
    font="plain",
    times="ast",
    transpose="T",
)
r"""``Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}`` and ``dW^{[l]} = dZ^{[l]} A^{[l-1]T}``."""

NIELSEN = Profile(
    "nielsen",
    'Michael Nielsen, "Neural Networks and Deep Learning"',
    samples="columns",
    weights="to-from",
    layer="",
    font="plain",
    transpose="T",
    delta="delta",
    letters={
        Role.INPUT: ("x", "x", ""),
        Role.LABEL: ("y", "y", ""),
        Role.WEIGHT: ("w", "w", ""),
        Role.PREACTIVATION: ("z", "z", ""),
        Role.ACTIVATION: ("a", "a", ""),
        Role.PREDICTION: ("a", "a", ""),
        Role.LOSS: ("L", "C", ""),
        Role.COST: ("C", "C", ""),
    },
    layered=frozenset({Role.PREDICTION}),
)
r"""``\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)``, with ``w^l_{jk}`` from k to j."""

PRML = Profile(
    "prml",
    'Christopher Bishop, "Pattern Recognition and Machine Learning"',
    weights="to-from",
    transpose="T",
    letters={
        Role.LABEL: ("T", "t", ""),
        Role.BIAS: ("w", "w", ""),
        Role.PREACTIVATION: ("A", "a", ""),
        Role.ACTIVATION: ("Z", "z", ""),
        Role.PREDICTION: ("Y", "y", ""),
        Role.LOSS: ("L", "E", ""),
        Role.COST: ("E", "E", ""),
    },
    small=True,
    bias_index=0,
)
r"""``a_j = \sum_i w_{ji} x_i + w_{j0}``, ``z_j = h(a_j)``, ``\delta_k = y_k - t_k``."""

GOODFELLOW = Profile(
    "goodfellow",
    'Ian Goodfellow, Yoshua Bengio and Aaron Courville, "Deep Learning"',
    samples="columns",
    weights="to-from",
    error="nabla",
    font="slanted",
    letters={Role.PREACTIVATION: ("A", "a", ""), Role.ACTIVATION: ("H", "h", "")},
)
r"""``\boldsymbol A^{(k)} = \boldsymbol W^{(k)} \boldsymbol H^{(k-1)} + \boldsymbol b^{(k)}``, and
``\nabla_{\boldsymbol W^{(k)}} J``."""

DIVE = Profile(
    "d2l",
    'Aston Zhang, Zachary Lipton, Mu Li and Alexander Smola, "Dive into Deep Learning"',
    error="partial",
    letters={Role.ACTIVATION: ("H", "h", "")},
)
r"""Samples are rows: ``\mathbf H = \sigma(\mathbf X \mathbf W^{(1)} + \mathbf b^{(1)})``."""

MATRIX_CALCULUS = Profile(
    "matrix-calculus",
    'Jan Magnus and Heinz Neudecker, "Matrix Differential Calculus with Applications in '
    'Statistics and Econometrics"',
    samples="columns",
    weights="to-from",
    layout="numerator",
    error="partial",
    transpose="T",
)
r"""Numerator layout: ``\partial J/\partial \mathbf W`` has the shape of ``\mathbf W^T``."""

ARRAYS = Profile(
    "cs231n",
    'Fei-Fei Li, Andrej Karpathy and Justin Johnson, "CS231n: Convolutional Neural Networks for '
    'Visual Recognition", course notes',
    layer="_",
    first=0,
    error="d",
    font="plain",
    times="circ",
    transpose="T",
)
r"""As the arrays of a program: ``dW_2 = A_1^T dZ_2``, samples are rows, indices start at 0."""

PROFILES: Mapping[str, Profile] = {
    profile.key: profile
    for profile in (
        LECTURE,
        COURSE,
        NIELSEN,
        PRML,
        GOODFELLOW,
        DIVE,
        MATRIX_CALCULUS,
        ARRAYS,
    )
}


def profile(key: str | Profile) -> Profile:
    """Return a shipped notation by its name; one of the user's own is taken as it is.

    Raises ``UnknownNameError`` with the nearest name.
    """
    if isinstance(key, Profile):
        return key
    if key not in PROFILES:
        raise UnknownNameError(f"unknown notation '{key}'{did_you_mean(key, PROFILES)}")
    return PROFILES[key]
