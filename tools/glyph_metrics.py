"""Write the table of glyph sizes from which figures are laid out.

Run it again when one of the embedded fonts changes:

    cd symderiv/renderers
    python ../../tools/glyph_metrics.py fonts/sdmath.woff2 fonts/inter-Regular.woff2 > glyphs.json

It needs ``fonttools`` (with ``brotli`` for ``.woff2``). All lengths are thousandths of an em.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from fontTools.ttLib import TTFont

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_CHARACTERS = range(0x20, 0x180)
"""Prose in other scripts is laid out with an average width."""


def math_rows(font: TTFont) -> Iterator[tuple[str, list[int]]]:
    """Yield each character's advance, lowest and highest point, and accent position."""
    accents = _accent_positions(font)
    outlines, advances = font["glyf"], font["hmtx"]
    for code, glyph in sorted(font.getBestCmap().items()):
        outline, advance = outlines[glyph], advances[glyph][0]
        if chr(code).isprintable() and advance:
            low, high = getattr(outline, "yMin", 0), getattr(outline, "yMax", 0)
            yield chr(code), [advance, low, high, accents.get(glyph, advance // 2)]


def text_rows(font: TTFont) -> Iterator[tuple[str, int]]:
    """Yield each character's advance."""
    em = font["head"].unitsPerEm
    for code, glyph in sorted(font.getBestCmap().items()):
        if code in TEXT_CHARACTERS and chr(code).isprintable():
            yield chr(code), round(1000 * font["hmtx"][glyph][0] / em)


def _accent_positions(font: TTFont) -> dict[str, int]:
    """Return where an accent's middle stands above each glyph."""
    table = font["MATH"].table.MathGlyphInfo.MathTopAccentAttachment
    pairs = zip(table.TopAccentCoverage.glyphs, table.TopAccentAttachment, strict=True)
    return {glyph: record.Value for glyph, record in pairs}


def main() -> None:
    """Print the table as JSON, one character a line."""
    math, text = (TTFont(path) for path in sys.argv[1:3])
    if math["head"].unitsPerEm != 1000:
        raise SystemExit("expected a mathematics font of 1000 units per em")
    parts = []
    for section, rows in (("math", math_rows(math)), ("text", text_rows(text))):
        lines = (f"{json.dumps(char)}: {json.dumps(row)}" for char, row in rows)
        parts.append(f'"{section}": {{\n' + ",\n".join(lines) + "\n}")
    sys.stdout.write("{" + ",\n".join(parts) + "}\n")


if __name__ == "__main__":
    main()
