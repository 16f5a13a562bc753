"""The deck as one HTML file: fonts, mathematics and figures inside, nothing from the network."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from markupsafe import Markup, escape

from symderiv.expression import Node
from symderiv.latex.layout import relation
from symderiv.latex.mathml import mathml
from symderiv.renderers.deck import (
    Block,
    Bullets,
    Code,
    Columns,
    Deck,
    Equations,
    Figure,
    Paragraph,
    Row,
    Steps,
    Table,
    Words,
)
from symderiv.renderers.measure import column_widths, figure_room, reason_width
from symderiv.renderers.pages import HEIGHT, WIDTH, Page, pages
from symderiv.renderers.scene import PALETTE
from symderiv.renderers.svg import svg
from symderiv.renderers.typefaces import typefaces
from symderiv.templating import environment

_EM = 34
"""The unit of ``measure`` in pixels of the stage."""

_CODE_SHARE = 0.86  # monospaced letters on screens are wider than TeX's
_PYTHON = re.compile(
    r"(?P<comment>#.*)"
    r'|(?P<string>"""[\s\S]*?"""|"[^"\n]*"|\'[^\'\n]*\')'
    rf"|(?P<keyword>\b(?:{'|'.join(keyword.kwlist)})\b)"
)


@dataclass(frozen=True, slots=True)
class _Slide:
    title: Markup
    body: Markup
    mathematics: float
    code: float


def html(deck: Deck) -> str:
    """Return the deck as a self-contained page that shows, steps and prints its slides."""
    slides = [_slide(page, number) for number, page in enumerate(pages(deck), start=2)]
    template = environment("html").get_template("slides.html.j2")
    return template.render(
        deck=deck,
        footer=deck.footer or deck.title,
        slides=slides,
        total=len(slides) + 1,
        palette=PALETTE,
        fonts=typefaces(),
    )


def _slide(page: Page, number: int) -> _Slide:
    return _Slide(
        title=_words(page.slide.title),
        body=_Writer(page, number).stack(page.slide.blocks, WIDTH, HEIGHT),
        mathematics=round(_EM * page.sizes.mathematics, 1),
        code=round(_EM * _CODE_SHARE * page.sizes.code, 1),
    )


def _math(node: Node, *, display: bool = True) -> Markup:
    return Markup(mathml(node, display=display))  # noqa: S704  it escapes what it prints


def _words(words: Words) -> Markup:
    parts = (
        escape(part) if isinstance(part, str) else _math(part, display=False) for part in words
    )
    return Markup("").join(parts)


class _Writer:
    """Writes the blocks of one slide, and counts its steps and figures."""

    def __init__(self, page: Page, number: int) -> None:
        self._sizes = page.sizes
        self._step = -1  # what comes first is there from the start
        self._figures = (f"s{number}f{figure}" for figure in count(1))

    def stack(self, blocks: Sequence[Block], width: float, height: float) -> Markup:
        """Write blocks below each other."""
        room = figure_room(blocks, width, height, self._sizes)
        return Markup("\n").join(self._block(block, width, room) for block in blocks)

    def _block(self, block: Block, width: float, room: float) -> Markup:
        match block:
            case Paragraph(words, small):
                kind = Markup(' class="small"') if small else ""
                return Markup("<p{}>{}</p>").format(kind, _words(words))
            case Bullets():
                return self._bullets(block)
            case Equations():
                return self._equations(block)
            case Steps(rows):
                return self._steps(rows)
            case Figure():
                return self._figure(block, width, room)
            case Table():
                return _table(block)
            case Code(source, language):
                return Markup("<pre><code>{}</code></pre>").format(_code(source, language))
            case Columns():
                return self._columns(block, width)

    def _appears(self, *, new: bool) -> Markup:
        """Mark what appears at a key press: a ``new`` one, or that of what stands before it."""
        self._step += new
        return Markup(' data-step="{}"').format(self._step) if self._step > 0 else Markup("")

    def _bullets(self, block: Bullets) -> Markup:
        items = (
            Markup("<li{}>{}</li>").format(
                self._appears(new=True) if block.stepwise else "", _words(item)
            )
            for item in block.items
        )
        return Markup("<ul>{}</ul>").format(Markup("").join(items))

    def _equations(self, block: Equations) -> Markup:
        lines = (
            Markup('<div class="row"{}><div class="equation">{}</div>{}</div>').format(
                self._appears(new=not line.goes_on) if block.stepwise else "",
                _math(line.equation),
                _tag(line.tag),
            )
            for line in block.lines
        )
        return Markup('<div class="equations">{}</div>').format(Markup("\n").join(lines))

    def _steps(self, rows: tuple[Row, ...]) -> Markup:
        style = f"--reason: {_EM * reason_width(rows):.0f}px; "
        style += f"--tag: {64 if any(row.tag for row in rows) else 0}px"
        lines = Markup("\n").join(self._row(row) for row in rows)
        return Markup('<div class="steps" style="{}">{}</div>').format(style, lines)

    def _row(self, row: Row) -> Markup:
        left = _math(row.left) if row.left is not None else ""
        return Markup(
            '<div class="row"{}><span class="left">{}</span><span class="sign">{}</span>'
            '<span class="right{}">{}</span><span class="reason">{}</span>{}</div>'
        ).format(
            self._appears(new=bool(row.sign)),
            left,
            _sign(row.sign),
            " result" if row.result else "",
            _math(row.right),
            _words(row.because),
            _tag(row.tag),
        )

    def _figure(self, block: Figure, width: float, room: float) -> Markup:
        bounds = block.scene.bounds
        share = min(width, room * bounds.width / bounds.height)
        drawing = Markup(  # noqa: S704  it escapes what it prints
            svg(block.scene, identifier=next(self._figures))
        )
        return Markup(
            '<figure style="width: {}px; align-self: center">{}<figcaption>{}</figcaption></figure>'
        ).format(round(_EM * share), drawing, block.description)

    def _columns(self, block: Columns, width: float) -> Markup:
        stacks = column_widths(block, width)
        shares = " ".join(f"minmax(0, {inner:.2f}fr)" for _, inner in stacks)
        columns = (
            Markup("<div>{}</div>").format(self.stack(blocks, inner, HEIGHT))
            for blocks, inner in stacks
        )
        return Markup('<div class="columns" style="grid-template-columns: {}">{}</div>').format(
            shares, Markup("\n").join(columns)
        )


def _sign(sign: str) -> Markup:
    if not sign:
        return Markup("")
    tex, character = relation(sign)
    return Markup('<math alttext="{}"><mo lspace="0" rspace="0">{}</mo></math>').format(
        tex, character
    )


def _tag(name: str) -> Markup:
    return Markup('<span class="tag">({})</span>').format(name) if name else Markup("")


def _table(block: Table) -> Markup:
    places = [Markup(' class="centred"') if centred else "" for centred in block.centred]

    def row(cells: Sequence[Words], cell: Markup) -> Markup:
        line = (cell.format(place, _words(c)) for place, c in zip(places, cells, strict=True))
        return Markup("<tr>{}</tr>").format(Markup("").join(line))

    head = row(block.header, Markup('<th scope="col"{}>{}</th>'))
    rows = Markup("\n").join(row(cells, Markup("<td{}>{}</td>")) for cells in block.rows)
    return Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, rows)


def _code(source: str, language: str) -> Markup:
    """Escape source text, and colour it if it is Python."""
    source = source.strip("\n")
    done, end = Markup(""), 0
    for found in _PYTHON.finditer(source) if language == "python" else ():
        span = Markup('<span class="{}">{}</span>').format(found.lastgroup, found.group())
        done += escape(source[end : found.start()]) + span
        end = found.end()
    return done + escape(source[end:])
