"""The slides read back: what agrees with the code, and that every slip of the pen is found."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import sympy as sp
from oracles import BCE, CCE, MSE, NETWORKS, ROOT, SPECS, derived, emitted, example

from symderiv import Dense, Network, cli
from symderiv import build as building
from symderiv.crosscheck import opened, run_file
from symderiv.emitters.numpy import numpy_source
from symderiv.latex import printer
from symderiv.program import equation_labels, lowered
from symderiv.readback import TOLERANCE, Equation, ReadBack, read_back, read_back_text
from symderiv.renderers.beamer import beamer
from symderiv.renderers.lecture import Material, lecture

XOR = example("xor")
MORE = {
    "penalties and a gate": Network(
        2, [Dense(3, "silu"), Dense(2, "softmax")], CCE, "mean", l1=2, l2=sp.Rational(1, 10)
    ),
    "penalties and one output": Network(2, [Dense(3), Dense(1)], MSE, l1=1, l2=2),
    "a kink in the loss": Network(2, [Dense(2, "tanh"), Dense(1)], "hinge"),
    "a gate that is a function": Network(2, [Dense(3, "gelu"), Dense(2, "softplus")], "huber"),
    "slopes": Network(2, [Dense(2, "elu"), Dense(2, "leaky_relu"), Dense(1)], MSE),
    "constants": Network(2, [Dense(2, "selu"), Dense(1, "sigmoid")], BCE, "mean"),
    "single units": Network(1, [Dense(1, "tanh"), Dense(1, "sigmoid")], BCE),
    "two digits": Network(11, [Dense(1, "tanh"), Dense(1, "sigmoid")], BCE),
    "wide": Network(12, [Dense(11, "tanh"), Dense(13, "relu"), Dense(1, "sigmoid")], BCE, "mean"),
}
LINE = "f(x_1, x_2) = w_1\\,x_1 + w_2\\,x_2 + b"


def deck(network: Network) -> str:
    """Return the deck of a network, as the printer writes it now."""
    derivation = derived(network)
    source = numpy_source(lowered(derivation))
    return beamer(lecture(Material(derivation, source, None, (("check", "outcome"),))))


@cache
def xor_deck() -> str:
    """Return the committed deck of the XOR network."""
    return (ROOT / "output" / "xor" / "slides.tex").read_text("utf-8")


def read(tex: str, network: Network = XOR, module: ModuleType | None = None) -> ReadBack:
    """Read a deck back."""
    return read_back_text(tex, derived(network), module or emitted(network))


# --- what agrees ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPECS)
def test_the_examples_agree(name: str) -> None:
    """Every equation is compared, and each that the code cites is among them."""
    network = example(name)
    found = read(deck(network), network)
    assert found.failed == ()
    assert [e.latex for e in found.asides] == [LINE] * (name == "xor")
    assert max(e.difference for e in found.compared) < 1e-13 < TOLERANCE
    labels = {e.label for e in found.compared} - {""}
    assert labels == set(equation_labels(derived(network)).values())


@pytest.mark.parametrize("name", [*NETWORKS, *MORE])
def test_other_networks_agree(name: str) -> None:
    """Whatever is not compared is of the general model: a layer that is not there, penalties."""
    network = {**NETWORKS, **MORE}[name]
    found = read(deck(network), network)
    assert found.failed == ()
    assert {e.reason for e in found.asides} <= {"of a network that this one is not"}
    odd = network.depth == 1 or network.l1 or any(a.mixes for a in network.activations[:-1])
    assert bool(found.asides) == bool(odd)


def test_the_committed_deck_agrees() -> None:
    """From the files of its folder alone."""
    folder = ROOT / "output" / "xor"
    found = read_back(folder, *opened(folder))
    assert found is not None
    assert found.passed
    assert len(found.compared) == 81


# --- a slip in the deck ---------------------------------------------------------------------------

SLIPS: dict[str, tuple[str, str]] = {
    "twice as much": (r"(=|\\gets) ", r"\1 2\\cdot "),
    "minus": (r"(=.*?) \+ ", r"\1 - "),
    "plus": (r"(=.*?[\w})]) - ", r"\1 + "),
    "a sign before": (r"= (?!\\begin|\\result)", "= -"),
    "unit": (r"(=.*?)_1\^", r"\1_2^"),
    "from": (r"(=.*?w)_\{1", r"\1_{2"),
    "to": (r"(=.*?w_\{\d)1\}", r"\g<1>2}"),
    "layer": (r"(=.*?)\^\{\(1\)", r"\1^{(2)"),
    "next layer": (r"(=.*?)\(l\+1\)", r"\1(l)"),
    "layer before": (r"(=.*?)\(l-1\)", r"\1(l)"),
    "input": (r"(=.*?)x_1", r"\1x_2"),
    "hat": (r"(=.*?)\\hat\{y\}", r"\1y"),
    "label": (r"(=.*?[-+(] ?)y(?=[ )])", r"\1\\hat{y}"),
    "transposed": (r"(=.*?)(\^\\top|\\top)", r"\1"),
    "order of indices": (r"W_\{(\w)(\w)\}", r"W_{\2\1}"),
    "sample": (r"\\delta_\{nk\}", r"\\delta_{kn}"),
    "prime": (r"f'", "f"),
    "data": (r"(\\begin\{bmatrix\}) [01]", r"\1 3"),
    "square": (r"\)\^2\}", ")}"),
    "exponent": (r"e\^\{-", "e^{"),
    "left unit": (r"(\\partial [ab]_|^  (?:\\uncover<\d->\{)?[za]_)1(?=.*=)", r"\g<1>2"),
    "left layer": (r"(\\partial w_\{\d\d\}\^\{\()1", r"\g<1>2"),
    "rate": (r"- \\eta", r"+ \\eta"),
}


@cache
def _lines() -> frozenset[int]:
    """Return where the equations of the deck are."""
    return frozenset(e.line for e in read(xor_deck()).compared)


def _spoilt(slip: str) -> tuple[str, set[int]]:
    """Return the deck with a slip in each equation in which it can be, and their lines."""
    pattern, by = SLIPS[slip]
    lines = xor_deck().splitlines()
    spoilt = set()
    for number in _lines():
        line = lines[number - 1]
        changed, count = re.subn(pattern, by, line, count=1)
        if count and changed != line:
            lines[number - 1] = changed
            spoilt.add(number)
    return "\n".join(lines), spoilt


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_found_in_every_equation(slip: str) -> None:
    """All equations that can be spoilt in a way are, at once; each of them is called wrong."""
    tex, spoilt = _spoilt(slip)
    assert spoilt
    failed = {e.line for e in read(tex).failed}
    assert spoilt - failed == set()


def test_every_equation_is_spoilt_somehow() -> None:
    """The slips above miss none."""
    assert _lines() == set().union(*(_spoilt(slip)[1] for slip in SLIPS))


def test_a_slip_does_not_spoil_its_neighbours() -> None:
    """Each side is held against the code, so what is right stays right."""
    old = r"\frac{\partial L}{\partial w_{12}^{(1)}} = x_1"
    assert xor_deck().count(old) == 1
    (failed,) = read(xor_deck().replace(old, old[:-3] + "x_2")).failed
    assert failed.line == xor_deck()[: xor_deck().index(old)].count("\n") + 1
    assert failed.difference > TOLERANCE
    assert failed.code != pytest.approx(failed.slide)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda tex: tex.replace(r"\numbered{1}{B1}", ""), "no equation is called so"),
        (lambda tex: tex.replace(r"A}^{(1)\top}\,", r"A}^{(1)\top}\,\mathbf{Q}\,"), "Q is nothing"),
        (lambda tex: tex.replace("w_{22}^{(1)}}", "w_{32}^{(1)}}"), "there is no w_32^(1)"),
        (lambda tex: tex.replace(r"= \hat{\mathbf{Y}} - ", r"= \hat{\mathbf{Y}} - - / "), ""),
    ],
)
def test_what_cannot_be_compared_is_a_failure(change: Callable[[str], str], reason: str) -> None:
    """If it is about what the code computes."""
    found = read(change(xor_deck()))
    assert not found.passed
    assert any(reason in e.reason and e.reason for e in found.failed)


def test_what_a_lecturer_adds_is_let_be() -> None:
    """An equation of other names, and one more that is right."""
    added = r"\[ E = m\,c^2 \] \[ \frac{\partial L}{\partial z_1^{(2)}} = \hat{y} - y \]"
    found = read(xor_deck().replace(r"\end{document}", added + "\n\\end{document}"))
    assert found.passed
    assert len(found.compared) == 82
    assert found.asides[-1].latex == r"E = m\,c^2"


# --- a slip in a template, a printer, the code ----------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\fcolorbox{sdorange}{white}{$\displaystyle #1$}", r"-\fbox{$\displaystyle #1$}"),
        (r"\textcolor{sdorange}{#1}", r"\textcolor{sdorange}{1}"),
        (r"\uncover<#1->{#2}&\uncover<#1->{{}#3}&&", r"\uncover<#1->{#2}&\uncover<#1->{{}#2}&&"),
    ],
    ids=["result", "highlight", "step"],
)
def test_a_slip_in_a_template_is_found(old: str, new: str) -> None:
    """The macros of the deck are its own: what they leave out or add is seen."""
    assert old in xor_deck()
    assert not read(xor_deck().replace(old, new)).passed


def _plus(write: Callable[..., str]) -> Callable[..., str]:
    return lambda *given: write(*given).replace(" - ", " + ")


def _exchanged(write: Callable[..., str]) -> Callable[..., str]:
    return lambda *given: re.sub(r"^(\d)(\d)$", r"\2\1", write(*given))


def _shifted(write: Callable[..., str]) -> Callable[..., str]:
    return lambda *given: re.sub(r"^\(1\)$", "(2)", write(*given))


def _dropped(write: Callable[..., str]) -> Callable[..., str]:
    return lambda *given: write(*given).replace(r"\odot", "")


def _upright(write: Callable[..., str]) -> Callable[..., str]:
    return lambda *given: write(*given).replace(r"\top", "")


@pytest.mark.parametrize(
    ("function", "slip"),
    [
        ("_sum", _plus),
        ("_scripts", _exchanged),
        ("_scripts", _shifted),
        ("_product", _dropped),
        ("_transpose", _upright),
    ],
)
def test_a_slip_in_the_printer_is_found(
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    slip: Callable[[Callable[..., str]], Callable[..., str]],
) -> None:
    """Even one that is made everywhere, and so agrees with itself."""
    monkeypatch.setattr(printer, function, slip(getattr(printer, function)))
    assert not read(deck(XOR)).passed


@pytest.mark.parametrize(
    ("old", "new", "label"),
    [
        ("dZ2 = Yhat - Y", "dZ2 = Y - Yhat", "B1"),
        ("dW1 = X.T @ dZ1", "dW1 = -X.T @ dZ1", "B5"),
        ("Z1 = X @ W1 + b1", "Z1 = X @ W1 - b1", "F1"),
        ("J = L.sum()", "J = L.mean()", "C2"),
    ],
)
def test_a_slip_in_the_code_is_found(tmp_path: Path, old: str, new: str, label: str) -> None:
    """The slides are right then, and say another thing."""
    source = numpy_source(lowered(derived(XOR)))
    assert old in source
    path = tmp_path / "train.py"
    path.write_text(source.replace(old, new), "utf-8")
    assert label in {e.label for e in read(xor_deck(), XOR, run_file(path)).failed}


# --- the commands ---------------------------------------------------------------------------------


def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int | str | None, str]:
    """Run ``symderiv check``; return its exit code and what it says."""
    monkeypatch.setattr(sys, "argv", ["symderiv", "check", str(folder)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code, capsys.readouterr().out


def test_check_tells_of_each_equation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that the code cites by their numbers, of the others how many."""
    code, out = run(ROOT / "output" / "xor", monkeypatch, capsys)
    assert code == 0
    for label in equation_labels(derived(XOR)).values():
        assert re.search(rf"^  {label} +\d\.\de[-+]\d\d  agrees$", out, re.MULTILINE)
    assert "  81 of 81 equations agree with train.py\n" in out
    assert "  1 more: of nothing that train.py computes\n" in out


def test_check_names_the_line_and_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1; the equation is told as it stands there."""
    folder = shutil.copytree(ROOT / "output" / "xor", tmp_path / "xor")
    old = r"\hat{\mathbf{Y}} - \mathbf{Y} \numbered{1}{B1}"
    assert xor_deck().count(old) == 1
    path = folder / "slides.tex"
    path.write_text(xor_deck().replace(old, old.replace("-", "+")), "utf-8")
    code, out = run(folder, monkeypatch, capsys)
    line = xor_deck()[: xor_deck().index(old)].count("\n") + 1
    assert code == 1
    assert re.search(r"^  B1 +\d\.\de[-+]\d\d  DIFFERS$", out, re.MULTILINE)
    assert "  80 of 81 equations agree with train.py\n" in out
    found = re.search(
        rf"slides\.tex:{line}: \(B1\) train\.py computes (\S+), this is (\S+): \\boldsymbol", out
    )
    assert found is not None
    assert float(found[1]) != float(found[2])


def test_build_fails_if_its_slides_disagree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says in which lines; without a slip it says how many equations agree."""
    parts = frozenset({"slides", "code", "report"})
    monkeypatch.setattr(building, "_compiled", lambda *_: building.PdfResult(None))
    result = building.build(XOR, tmp_path / "right", only=parts)
    check = "slides.tex read back, 81 equations at train.py's values"
    assert result.passed
    assert (check, "< 1e-09") in result.checks
    assert check in (tmp_path / "right" / "report.html").read_text("utf-8").replace("&#39;", "'")
    monkeypatch.setattr(
        building, "beamer", lambda deck: beamer(deck).replace(r"\hat{y} - y}", r"\hat{y} + y}")
    )
    result = building.build(XOR, tmp_path / "wrong", only=parts)
    assert not result.passed
    assert re.match(r"FAILED: line \d+", dict(result.checks)[check])


def test_numbers_that_are_not_finite_are_no_agreement() -> None:
    """``nan`` is not near to anything."""
    equation = Equation(1, "", "", difference=float("nan"))
    assert not equation.passed
    assert np.isnan(equation.difference)
