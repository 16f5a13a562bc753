"""A verified document in another notation: every name, nothing else, and as right as before."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import symderiv as sd
from symderiv.profiles import PROFILES
from symderiv.renaming import renamed, write_renamed

COMPONENTS = r"""# Two hidden units

For a sample $(x_1, x_2, y)$ the **hidden** units compute

$$z_1^{(1)} = w_{11}^{(1)} x_1 + w_{21}^{(1)} x_2 + b_1^{(1)}, \qquad a_1^{(1)} = \tanh(z_1^{(1)})$$

$$z_2^{(1)} = w_{12}^{(1)} x_1 + w_{22}^{(1)} x_2 + b_2^{(1)}, \qquad a_2^{(1)} = \tanh(z_2^{(1)})$$

where $w_{ij}^{(l)}$ leads from unit $i$ to unit $j$, at a cost of 5 \$, and the output is

$$z_1^{(2)} = w_{11}^{(2)} a_1^{(1)} + w_{21}^{(2)} a_2^{(1)} + b_1^{(2)}, \qquad
  \hat{y} = \sigma(z_1^{(2)})$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

so that, with the rate $\eta$,

$$\frac{\partial L}{\partial w_{21}^{(2)}} = (\hat{y} - y) \hat{y} (1 - \hat{y}) a_2^{(1)}$$

$$\frac{\partial L}{\partial w_{21}^{(1)}}
  = (\hat{y} - y) \hat{y} (1 - \hat{y}) w_{11}^{(2)} (1 - (a_1^{(1)})^2) \cdot x_2$$
"""
LAYERS = r"""# In indices

$$z_j^{(l)} = \sum_{i} w_{ij}^{(l)} a_i^{(l-1)} + b_j^{(l)}, \qquad a_j^{(l)} = \sigma(z_j^{(l)})$$

$$C = \frac{1}{2} \sum_j (y_j - a_j^{(L)})^2$$

$$\delta_j^{(l)} = \frac{\partial C}{\partial z_j^{(l)}}$$

$$\delta_j^{(L)} = (a_j^{(L)} - y_j) \, \sigma'(z_j^{(L)})$$

$$\delta_i^{(l)} = \sigma'(z_i^{(l)}) \sum_j w_{ij}^{(l+1)} \delta_j^{(l+1)}$$

$$\frac{\partial C}{\partial w_{ij}^{(l)}} = a_i^{(l-1)} \delta_j^{(l)}$$
"""
SOFTMAX = r"""The scores are $z_k = \sum_{i=1}^{d} w_{ik} x_i + b_k$, and

$$\hat y_k = \frac{e^{z_k}}{\sum_{c=1}^{K} e^{z_c}}$$

$$L = -\sum_{k=1}^{K} y_k \log \hat y_k$$

where $\sum_{k=1}^K y_k = 1$. Then

$$\frac{\partial L}{\partial z_k} = \hat y_k - y_k$$

$$\frac{\partial L}{\partial w_{ik}} = x_i (\hat y_k - y_k)$$
"""
REGRESSION = r"""\documentclass{article}
\begin{document}
A line $\hat y = w x + b$ % where $b$ is the bias
costs
\begin{align}
  E &= \frac{1}{2} (\hat y - t)^2, \label{eq:E} \\
  \frac{\partial E}{\partial w} &= (\hat y - t) \, x
\end{align}
\end{document}
"""
MATRICES = r"""# Matrices

$$X = \begin{bmatrix} 1 & 1 \\ 1 & 0 \\ 0 & 1 \end{bmatrix}$$

$$\mathbf{Z}^{(1)} = \mathbf{X} \mathbf{W}^{(1)} + \mathbf{b}^{(1)}, \qquad
  \mathbf{A}^{(1)} = \tanh(\mathbf{Z}^{(1)})$$

$$\mathbf{Z}^{(2)} = \mathbf{A}^{(1)} \mathbf{W}^{(2)} + \mathbf{b}^{(2)}$$

$$J = \frac{1}{2} \| \mathbf{Z}^{(2)} - \mathbf{Y} \|^2$$

$$\frac{\partial J}{\partial \mathbf{W}^{(2)}}
  = (\mathbf{A}^{(1)})^\top (\mathbf{Z}^{(2)} - \mathbf{Y})$$

$$\frac{\partial J}{\partial \mathbf{Z}^{(1)}}
  = \left( (\mathbf{Z}^{(2)} - \mathbf{Y}) (\mathbf{W}^{(2)})^\top \right)
    \odot (1 - \mathbf{A}^{(1)} \odot \mathbf{A}^{(1)})$$
"""
DOCUMENTS = {
    "components.md": COMPONENTS,
    "layers.md": LAYERS,
    "softmax.md": SOFTMAX,
    "regression.tex": REGRESSION,
    "matrices.md": MATRICES,
}
REFUSED = {
    ("layers.md", "cs231n"): "in the notation cs231n cannot tell",
    ("matrices.md", "prml"): "in prml arrays are transposed",
}


def written(folder: Path, name: str, text: str) -> Path:
    """Write a document."""
    path = folder / name
    path.write_text(text, "utf-8", newline="")
    return path


def prose(text: str) -> str:
    """Return a document without what stands in its formulas."""
    formulas = r"(?<!\\)\$\$?(?:\\\$|[^$])*\$\$?|(?s:\\begin\{align\}.*\\end\{align\})"
    return re.sub(formulas, "", text)


@pytest.mark.parametrize("notation", PROFILES)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_verifies_as_before(name: str, notation: str, tmp_path: Path) -> None:
    """In each notation, with each verdict; what is no formula is untouched."""
    path = written(tmp_path, name, DOCUMENTS[name])
    report = sd.verify(path)
    assert not report.count("wrong") + report.count("cannot tell") + report.count("slip")
    if (name, notation) in REFUSED:
        with pytest.raises(sd.SymderivError, match=REFUSED[name, notation]):
            renamed(report, notation)
        return
    copy, _ = write_renamed(report, notation)
    assert copy.name == f"{path.stem}.{notation}{path.suffix}"
    again = sd.verify(copy)
    assert [e.verdict for e in again.equations] == [e.verdict for e in report.equations]
    text = copy.read_text("utf-8")
    assert prose(text) == prose(DOCUMENTS[name])
    assert text.count("\n") == DOCUMENTS[name].count("\n")
    assert path.read_text("utf-8") == DOCUMENTS[name]


@pytest.mark.parametrize(
    "notation", ["deep-learning-course", "goodfellow", "d2l", "matrix-calculus", "cs231n"]
)
def test_it_can_be_turned_back(notation: str, tmp_path: Path) -> None:
    """To the letter, where a notation has a letter for each role."""
    path = written(tmp_path, "note.md", COMPONENTS)
    copy, _ = write_renamed(sd.verify(path), notation)
    assert copy.read_text("utf-8") != COMPONENTS
    assert renamed(sd.verify(copy), "xor-lecture").source == COMPONENTS


def test_its_own_notation_changes_nothing(tmp_path: Path) -> None:
    """There is nothing to do."""
    path = written(tmp_path, "note.md", COMPONENTS)
    assert renamed(sd.verify(path), "xor-lecture").source == COMPONENTS


SPELT = [
    (COMPONENTS, "nielsen", r"z_1^1 = w_{11}^1 x_1 + w_{12}^1 x_2 + b_1^1, \qquad a_1^1 ="),
    (COMPONENTS, "nielsen", r"where $w_{ji}^l$ leads from unit $i$ to unit $j$, at a cost of 5 \$"),
    (COMPONENTS, "nielsen", r"C = \frac{1}{2} (a^2 - y)^2"),
    (COMPONENTS, "nielsen", r"= (a^2 - y) a^2 (1 - a^2) w_{11}^2 (1 - (a_1^1)^2) \cdot x_2"),
    (COMPONENTS, "prml", r"a_1^{(1)} = w_{11}^{(1)} x_1 + w_{12}^{(1)} x_2 + w_{10}^{(1)}, "),
    (COMPONENTS, "prml", r"For a sample $(x_1, x_2, t)$ the"),
    (COMPONENTS, "prml", r"y = \sigma(a_1^{(2)})"),
    (COMPONENTS, "prml", r"E = \frac{1}{2} (y - t)^2"),
    (COMPONENTS, "goodfellow", r"h_1^{(1)} = \tanh(a_1^{(1)})"),
    (COMPONENTS, "deep-learning-course", r"z_1^{[2]} = w_{11}^{[2]} a_1^{[1]} + w_{12}^{[2]}"),
    (COMPONENTS, "cs231n", r"z_{1,0} = w_{1,0,0} x_0 + w_{1,1,0} x_1 + b_{1,0}"),
    (COMPONENTS, "cs231n", r"with the rate $\eta$,"),
    (COMPONENTS, "d2l", r"\frac{\partial L}{\partial w_{21}^{(2)}} = "),
    (LAYERS, "nielsen", r"\delta_i^l = \sigma'(z_i^l) \sum_j w_{ji}^{l+1} \delta_j^{l+1}"),
    (LAYERS, "prml", r"z_j^{(l)} = \sigma(a_j^{(l)})"),
    (LAYERS, "d2l", r"L = \frac{1}{2} \sum_j (y_j - h_j^{(L)})^2"),
    (SOFTMAX, "prml", r"$a_k = \sum_{i=1}^{d} w_{ki} x_i + w_{k0}$, and"),
    (SOFTMAX, "nielsen", r"a_k = \frac{e^{z_k}}{\sum_{c=1}^{K} e^{z_c}}"),
    (MATRICES, "nielsen", r"x = \begin{bmatrix} 1 & 1 & 0 \\ 1 & 0 & 1 \end{bmatrix}"),
    (MATRICES, "nielsen", r"z^1 = w^1 x + b^1, \qquad"),
    (MATRICES, "nielsen", r"= (z^2 - y) (a^1)^\top"),
    (MATRICES, "goodfellow", r"\left( (\boldsymbol{W}^{(2)})^\top (\boldsymbol{A}^{(2)} - "),
    (MATRICES, "d2l", r"\mathbf{Z}^{(1)} = \mathbf{X} \mathbf{W}^{(1)} + \mathbf{b}^{(1)}"),
    (REGRESSION, "prml", r"$y = w x + w_0$ % where $b$ is the bias"),
    (REGRESSION, "nielsen", r"C &= \frac{1}{2} (a - y)^2, \label{eq:E} \\"),
]


@pytest.mark.parametrize(("document", "notation", "expected"), SPELT)
def test_names_are_as_the_literature_has_them(
    document: str, notation: str, expected: str, tmp_path: Path
) -> None:
    """Letters, the order of indices, marks of layers, the first index."""
    name = next(name for name, text in DOCUMENTS.items() if text == document)
    assert expected in renamed(sd.verify(written(tmp_path, name, document)), notation).source


def test_a_power_of_a_name_that_gets_a_mark_gets_brackets(tmp_path: Path) -> None:
    """A layer above the letter is no factor of the exponent."""
    text = COMPONENTS.replace(r"\frac{1}{2} (\hat{y} - y)^2", r"\frac{1}{2} \hat{y}^2 - y \hat{y}")
    found = renamed(sd.verify(written(tmp_path, "note.md", text)), "nielsen").source
    assert r"C = \frac{1}{2} (a^2)^2 - y a^2" in found


def test_a_prediction_with_the_index_of_a_sample_keeps_its_name(tmp_path: Path) -> None:
    """As an activation the index would be that of a unit; whatever keeps its name is told."""
    text = (
        COMPONENTS
        + r"""
For all samples, $\hat{y}_i$ is compared with $y_i$:

$$J = \sum_{i=1}^{N} (\hat{y}_i - y_i)^2$$
"""
    )
    copy = renamed(sd.verify(written(tmp_path, "note.md", text)), "nielsen")
    assert r"\hat{y} = \sigma(z_1^2)" in copy.source
    assert r"C = \sum_{i=1}^{N} (\hat{y}_i - y_i)^2" in copy.source
    assert r"L = \frac{1}{2} (\hat{y} - y)^2" in copy.source
    assert {r"\hat{y}", r"\eta"} <= set(copy.kept)


MACROS = r"""\newcommand{\pre}[1]{z_#1} \newcommand{\both}{x + y}
\begin{align}
  \pre{1} &= w_{11} x_1 + w_{21} x_2 + b_1 \\
  a_1 &= \tanh(\pre{1})
\end{align}
"""


def test_a_macro_that_is_a_name_is_written_out(tmp_path: Path) -> None:
    """Its call is replaced; its definition stays, as it may serve elsewhere."""
    found = renamed(sd.verify(written(tmp_path, "note.tex", MACROS)), "goodfellow").source
    assert r"a_1 &= w_{11} x_1 + w_{12} x_2 + b_1" in found
    assert r"h_1 &= \tanh(a_1)" in found
    assert r"\newcommand{\pre}[1]{z_#1}" in found


# --- what is refused ------------------------------------------------------------------------------

INSIDE = r"""\newcommand{\line}[1]{z_#1 = w x_#1 + b}
\begin{align}
  \line{1} \\
  a_1 &= \tanh(z_1)
\end{align}
"""
NO = [
    (COMPONENTS.replace(r"\cdot x_2", r"\cdot x_1"), "nielsen", "is wrong in line 20; mend that"),
    (COMPONENTS.replace(r"rate $\eta$", "rate $t$"), "prml", "y and t would both be t in prml"),
    (COMPONENTS.replace("sample $", "sample of $h$, $"), "d2l", "would both be h in d2l"),
    (INSIDE, "goodfellow", "note.tex:3: holds a name inside a macro, which cannot be rewritten"),
    (MATRICES, "prml", "note.md:5: in prml arrays are transposed, which cannot be written here"),
    (COMPONENTS, "nielson", "unknown notation 'nielson'; did you mean 'nielsen'?"),
]


@pytest.mark.parametrize(("text", "notation", "message"), NO, ids=[m for *_, m in NO])
def test_what_cannot_be_is_refused_before_anything_is_written(
    text: str, notation: str, message: str, tmp_path: Path
) -> None:
    """With the file, and the line or the names."""
    path = written(tmp_path, "note.tex" if text == INSIDE else "note.md", text)
    with pytest.raises(sd.SymderivError) as caught:
        write_renamed(sd.verify(path), notation)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


def test_what_comes_from_no_file_has_no_place_for_a_copy() -> None:
    """The standard input, and a text in Python."""
    with pytest.raises(sd.SymderivError, match="comes from no file"):
        renamed(sd.verify(COMPONENTS), "nielsen")


def test_a_notebook_is_refused() -> None:
    """Its source is JSON."""
    path = Path(__file__).parent / "documents" / "rnn.ipynb"
    report = sd.verify(path)
    with pytest.raises(sd.SymderivError):
        renamed(report, "nielsen")


# --- the command ----------------------------------------------------------------------------------


def command(*arguments: str | Path) -> tuple[int, str]:
    """Run ``symderiv verify``; return its exit code and what it says beside the report."""
    done = subprocess.run(
        [sys.executable, "-m", "symderiv", "verify", *arguments],
        capture_output=True,
        check=False,
        text=True,
    )
    return done.returncode, done.stderr


def test_the_command_writes_beside_the_file(tmp_path: Path) -> None:
    """And never over what somebody edited, unless told so."""
    path = written(tmp_path, "note.md", COMPONENTS)
    copy = tmp_path / "note.nielsen.md"
    assert command(path, "--to-notation", "nielsen") == (
        0,
        f"written {copy}; what keeps its name: \\eta\n",
    )
    copy.write_text("mine", "utf-8")
    code, said = command(path, "--to-notation", "nielsen")
    assert code == 2
    assert "is there and differs; overwrite it with --force" in said
    assert command(path, "--to-notation", "nielsen", "--force")[0] == 0
    assert "w_{12}^1" in copy.read_text("utf-8")


def test_the_command_refuses_what_is_wrong(tmp_path: Path) -> None:
    """The report tells what to mend."""
    path = written(tmp_path, "note.md", COMPONENTS.replace(r"\cdot x_2", r"\cdot x_1"))
    code, said = command(path, "--to-notation", "nielsen")
    assert code == 2
    assert "is wrong in line 20" in said
