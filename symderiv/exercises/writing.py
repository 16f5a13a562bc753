"""A sheet and its key in a folder, as LaTeX and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from symderiv import __version__
from symderiv.exercises.layout import WIDTH, parts, told
from symderiv.exercises.planning import planned
from symderiv.exercises.sheets import Sheet
from symderiv.expression import Node, Relation
from symderiv.latex.layout import relation
from symderiv.latex.mathml import mathml
from symderiv.latex.printer import latex
from symderiv.latex.text import escape as tex_escape
from symderiv.network import Network
from symderiv.output_files import OutputFolder
from symderiv.renderers.deck import Words
from symderiv.renderers.measure import across
from symderiv.renderers.scene import PALETTE
from symderiv.renderers.tikz import colour_definitions
from symderiv.renderers.typefaces import typefaces
from symderiv.spec import to_dict
from symderiv.templating import environment

_MANY = 6


def write(
    network: Network,
    output: Path,
    *,
    count: int,
    seed: int,
    notation: str | None = None,
    force: bool = False,
) -> tuple[Path, ...]:
    """Write a sheet of ``count`` exercises about a network and its key; return the files.

    Raises ``UnsupportedError`` if there are not so many, ``UnknownNameError`` for an unknown
    notation, ``OutputError`` if a file cannot be written or was edited by hand.
    """
    sheet = planned(network, count, seed, notation)
    folder = OutputFolder(output)
    for name, key in (("exercises", False), ("solutions", True)):
        folder.add(f"{name}.tex", sheet_tex(sheet, seed, key=key))
        folder.add(f"{name}.html", sheet_html(sheet, seed, key=key))
    return folder.write(_record(network, sheet, seed, notation), force=force)


def _record(network: Network, sheet: Sheet, seed: int, notation: str | None) -> dict[str, Any]:
    """Return what ``report.json`` says: enough to make the sheet anew, and to grade it."""
    answers = (exercise.answer for exercise in sheet.exercises)
    return {
        "symderiv": __version__,
        "spec": to_dict(network),
        "seed": seed,
        **({"notation": notation} if notation is not None else {}),
        "answers": [
            {"line": a.line, "mistake": a.mistake, "right": latex(a.right).replace(r"\hl", "")}
            if a is not None
            else None
            for a in answers
        ],
    }


def sheet_tex(sheet: Sheet, seed: int, *, key: bool) -> str:
    """Return a sheet or its key as a LaTeX document that stands alone."""
    template = environment("latex").get_template("exercises.tex.j2")
    return template.render(
        title=tex_escape(sheet.title),
        about=tex_escape(sheet.about),
        columns=_columns(sheet.model),
        parts=parts(sheet, key=key),
        key=key,
        seed=seed,
        colours=colour_definitions(),
        tex=latex,
        prose=_tex_words,
        told=told,
        relation=lambda sign: relation(sign)[0] if sign else "",
    )


def sheet_html(sheet: Sheet, seed: int, *, key: bool) -> str:
    """Return a sheet or its key as a page: self-contained, no script, mathematics as MathML."""
    template = environment("html").get_template("exercises.html.j2")
    return template.render(
        sheet=sheet,
        parts=parts(sheet, key=key),
        key=key,
        seed=seed,
        palette=PALETTE,
        fonts=typefaces(),
        math=_math,
        prose=_html_words,
        told=told,
        relation=lambda sign: relation(sign)[1] if sign else "",
    )


def _columns(model: Sequence[Relation]) -> list[list[str]]:
    """Return the rows of a model, in two columns if they are many and short."""
    rows = [f"{latex(left)} &= {latex(right)}" for left, right in (e.sides for e in model)]
    if len(rows) < _MANY or max(map(across, model)) > WIDTH / 2:
        return [rows]
    half = (len(rows) + 1) // 2
    return [rows[:half], rows[half:]]


def _tex_words(words: Words) -> str:
    return "".join(tex_escape(w) if isinstance(w, str) else f"${latex(w)}$" for w in words)


def _html_words(words: Words) -> Markup:
    pieces = (escape(w) if isinstance(w, str) else _math(w, display=False) for w in words)
    return Markup("").join(pieces)


def _math(node: Node, *, display: bool = True) -> Markup:
    return Markup(mathml(node, display=display))  # noqa: S704  the printer escapes
