"""The emitted code on slides, function by function, and what was checked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from symderiv.renderers.deck import Code, Paragraph, Slide, Table
from symderiv.renderers.lecture.material import Material, remark, slide

_SHOWN = (
    ("forward_pass", "The code: forward"),
    ("cost", "The code: the cost"),
    ("loss_and_gradients", "The code: the gradients"),
    ("train", "The code: training"),
)


def code_slides(material: Material) -> Iterator[Slide]:
    """Yield the functions of ``train.py``; their comments cite the equations of the slides."""
    for function, title in _SHOWN:
        source = _function(material.source, function)
        yield slide(
            title,
            Code(source),
            remark("from train.py; (F1), (B1) ... are equations of these slides"),
        )


def _function(source: str, wanted: str) -> str:
    """Return the text of one function without its docstring."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == wanted:
            body = node.body[1].lineno - 1
            while lines[body - 1].lstrip().startswith("#"):
                body -= 1
            return "\n".join([lines[node.lineno - 1], *lines[body : node.end_lineno]])
    raise LookupError(f"train.py has no function {wanted}")


def verified_slides(material: Material) -> Iterator[Slide]:
    """Yield what was checked, and how closely it agreed."""
    rows = tuple(((what,), (outcome,)) for what, outcome in material.checks)
    yield slide(
        "What was verified",
        Table((("check",), ("outcome",)), rows),
        Paragraph(
            ("To repeat the last check: symderiv check, in the folder of this file.",), small=True
        ),
    )
