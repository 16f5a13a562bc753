"""The deck as LaTeX Beamer: one file that needs nothing else, for a lecturer to go on editing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from symderiv.latex.layout import relation
from symderiv.latex.printer import latex
from symderiv.latex.text import escape
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
from symderiv.renderers.measure import (
    Sizes,
    column_widths,
    figure_room,
    reason_width,
)
from symderiv.renderers.pages import HEIGHT, WIDTH, Page, pages
from symderiv.renderers.tikz import colour_definitions, tikz
from symderiv.templating import environment

_SIZE_COMMANDS = {
    1.2: r"\Large",
    1.0: r"\large",
    0.91: r"\normalsize",
    0.83: r"\small",
    0.75: r"\footnotesize",
    0.67: r"\scriptsize",
    0.55: r"\tiny",
}
_CM = 12 * 2.54 / 72.27
"""The unit of ``measure``, 12 pt, in centimetres."""

_LANGUAGES = {"python": "Python", "c": "C"}


@dataclass(frozen=True, slots=True)
class _Frame:
    title: str
    body: str
    notes: str
    fragile: bool


def beamer(deck: Deck) -> str:
    r"""Return the deck as a ``.tex`` file: pure ASCII but for letters of the deck's own words.

    Rows of a derivation and what else is stepwise appear one per click; ``\def\handout{}`` before
    the file gives one page per slide.
    """
    template = environment("latex").get_template("slides.tex.j2")
    return template.render(
        colours=colour_definitions(),
        title=escape(deck.title),
        subtitle=escape(deck.subtitle),
        author=escape(deck.author),
        footer=escape(deck.footer or deck.title),
        frames=[_frame(page) for page in pages(deck)],
    )


def _frame(page: Page) -> _Frame:
    return _Frame(
        title=_words(page.slide.title),
        body=_Writer(page.sizes).stack(page.slide.blocks, WIDTH, HEIGHT),
        notes=escape(page.slide.notes).replace("\n\n", "\\par\n"),
        fragile=any(map(_has_code, page.slide.blocks)),
    )


def _has_code(block: Block) -> bool:
    if isinstance(block, Columns):
        return any(map(_has_code, (*block.left, *block.right)))
    return isinstance(block, Code)


def _words(words: Words) -> str:
    return "".join(escape(part) if isinstance(part, str) else f"${latex(part)}$" for part in words)


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)


class _Writer:
    """Writes the blocks of one slide, and counts its clicks."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._clicks: Iterator[int] = count(1)  # what comes first is there from the start

    def stack(self, blocks: Sequence[Block], width: float, height: float) -> str:
        """Write blocks below each other."""
        room = figure_room(blocks, width, height, self._sizes)
        return "\n\\gap\n".join(self._block(block, width, room) for block in blocks)

    def _block(self, block: Block, width: float, room: float) -> str:
        match block:
            case Paragraph(words, small):
                return (
                    rf"{{\footnotesize\color{{sdmuted}}{_words(words)}\par}}"
                    if small
                    else (_words(words) + r"\par")
                )
            case Bullets():
                return self._bullets(block)
            case Equations():
                return self._equations(block)
            case Steps(rows):
                return self._steps(rows)
            case Figure(scene, description):
                drawing = tikz(scene, max_width=width * _CM, max_height=room * _CM)
                about = " ".join(description.split())
                return f"% Figure: {about}\n{{\\centering\n{drawing}\\par}}"
            case Table():
                return self._table(block)
            case Code(source, language):
                return self._code(source, language)
            case Columns():
                return self._columns(block, width)

    def _bullets(self, block: Bullets) -> str:
        lines = []
        for item in block.items:
            click = next(self._clicks) if block.stepwise else 1
            shown = f"<{click}->" if click > 1 else ""
            lines.append(rf"\item{shown} {_words(item)}")
        return "\\begin{itemize}\n" + _indented(lines) + "\n\\end{itemize}"

    def _equations(self, block: Equations) -> str:
        lines, click = [], 1
        for line in block.lines:
            click = next(self._clicks) if block.stepwise and not line.goes_on else click
            equation = latex(line.equation)
            shown = rf"\uncover<{click}->{{{equation}}}" if click > 1 else equation
            lines.append(shown + _tag(line.tag, click))
        return self._mathematics("gather*", lines)

    def _steps(self, rows: tuple[Row, ...]) -> str:
        reasons = any(row.because for row in rows)
        lines, click = [], 0
        for row in rows:
            click = next(self._clicks) if row.sign else click
            left = latex(row.left) if row.left is not None else ""
            right = rf"\result{{{latex(row.right)}}}" if row.result else latex(row.right)
            sign = relation(row.sign)[0] if row.sign else r"\quad"
            reason = f"{{{_words(row.because)}}}" if reasons else ""
            parts = f"{{{click}}}{{{left}}}{{{sign} {right}}}{reason}"
            lines.append((r"\step" if reasons else r"\plainstep") + parts + _tag(row.tag, click))
        width = rf"\setlength\reasonwidth{{{reason_width(rows) * _CM:.1f}cm}}" + "\n"
        return (width if reasons else "") + self._mathematics("align*", lines)

    def _mathematics(self, environment: str, lines: list[str]) -> str:
        size = _SIZE_COMMANDS[self._sizes.mathematics]
        body = " \\\\\n".join(f"  {line}" for line in lines)
        return (
            f"\\begin{{mathematics}}{{{size}}}\n\\begin{{{environment}}}\n{body}\n"
            f"\\end{{{environment}}}\n\\end{{mathematics}}"
        )

    def _table(self, block: Table) -> str:
        size = _SIZE_COMMANDS[min(0.91, self._sizes.mathematics)]
        places = "".join("c" if centred else "l" for centred in block.centred)
        head = " & ".join(rf"\textbf{{{_words(cell)}}}" for cell in block.header)
        rows = ["{}" + " & ".join(map(_words, row)) + r" \\" for row in block.rows]
        lines = [r"\toprule", head + r" \\", r"\midrule", *rows, r"\bottomrule"]
        return (
            f"{{\\centering{size}\\renewcommand\\arraystretch{{1.25}}%\n"
            f"\\begin{{tabular}}{{@{{}}{places}@{{}}}}\n{_indented(lines)}\n"
            "\\end{tabular}\\par}"
        )

    def _code(self, source: str, language: str) -> str:
        size = _SIZE_COMMANDS[self._sizes.code]
        known = f"language={_LANGUAGES[language]}," if language in _LANGUAGES else ""
        ascii_only = source.strip("\n").encode("ascii", "backslashreplace").decode()
        return (
            f"\\begin{{lstlisting}}[{known}basicstyle=\\ttfamily{size}]\n{ascii_only}\n"
            "\\end{lstlisting}"
        )

    def _columns(self, block: Columns, width: float) -> str:
        columns = []
        for blocks, inner in column_widths(block, width):
            share = f"{inner / width:.3f}\\textwidth"
            body = self.stack(blocks, inner, HEIGHT)
            columns.append(f"\\begin{{column}}{{{share}}}\n{body}\n\\end{{column}}")
        inside = "\n\\hfill\n".join(columns)
        return f"\\begin{{columns}}[c,onlytextwidth]\n{inside}\n\\end{{columns}}"


def _tag(name: str, click: int) -> str:
    return rf" \numbered{{{click}}}{{{escape(name)}}}" if name else ""
