"""Build ``sdmath-bold.woff2``: bold letters with a hat, and bold digits, under their plain names.

A browser places an accent over an ``mi`` badly (see ``latex/mathml.py``), and no code point is a
bold letter with a hat. So this small face says that the bold of ``Ŷ`` and of ``1`` is the
mathematical bold one. Run it with the STIX Two Math font (SIL Open Font License, no reserved
name; the PyPI package ``ziamath`` carries it)::

    python tools/bold_font.py STIXTwoMath-Regular.ttf
"""

from __future__ import annotations

import string
import sys
import unicodedata
from pathlib import Path

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "symderiv" / "renderers" / "fonts" / "sdmath-bold.woff2"
HAT = 0x302
FAMILY_NAMES, POSTSCRIPT_NAME = {1, 3, 4, 16}, 6


def bold(character: str) -> int:
    """Return the code point of the bold form of an ASCII letter or digit."""
    kind = unicodedata.name(character).replace("LATIN ", "").replace("LETTER ", "")
    return ord(unicodedata.lookup(f"MATHEMATICAL BOLD {kind}"))


def add_hat(font: TTFont, letter: str, target: int) -> None:
    """Compose the bold ``letter`` and a hat to a glyph at the code point ``target``."""
    glyphs, cmap = font["glyf"], font.getBestCmap()
    constants = font["MATH"].table.MathConstants
    accents = font["MATH"].table.MathGlyphInfo.MathTopAccentAttachment
    centres = {
        name: value.Value
        for name, value in zip(
            accents.TopAccentCoverage.glyphs, accents.TopAccentAttachment, strict=True
        )
    }
    base, hat = cmap[bold(letter)], cmap[HAT]

    def centre(name: str) -> float:
        return centres.get(name, (glyphs[name].xMin + glyphs[name].xMax) / 2)

    pen = TTGlyphPen(font.getGlyphSet())
    pen.addComponent(base, (1, 0, 0, 1, 0, 0))
    rise = max(0, glyphs[base].yMax - constants.AccentBaseHeight.Value)
    pen.addComponent(hat, (1, 0, 0, 1, round(centre(base) - centre(hat)), rise))
    name = f"uni{target:04X}"
    font.setGlyphOrder([*(n for n in font.getGlyphOrder() if n != name), name])
    glyphs[name] = pen.glyph()
    glyphs[name].recalcBounds(glyphs)
    font["hmtx"][name] = (font["hmtx"][base][0], glyphs[name].xMin)
    assign(font, target, name)


def assign(font: TTFont, code: int, name: str) -> None:
    """Let ``code`` show the glyph ``name``."""
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[code] = name


def build(source: Path) -> None:
    """Write the face."""
    font = TTFont(source)
    wanted = set()
    for letter in string.ascii_letters:
        composed = unicodedata.normalize("NFC", letter + "\N{COMBINING CIRCUMFLEX ACCENT}")
        if len(composed) == 1 and letter not in "ij":  # these would need dotless bold letters
            add_hat(font, letter, ord(composed))
            wanted.add(ord(composed))
    for digit in string.digits:
        assign(font, ord(digit), font.getBestCmap()[bold(digit)])
        wanted.add(ord(digit))
    options = Options(flavor="woff2", hinting=False, layout_features=[], drop_tables=["DSIG"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in FAMILY_NAMES:
            record.string = "SD Math Bold"
        elif record.nameID == POSTSCRIPT_NAME:
            record.string = "SDMath-Bold"
    font.flavor = "woff2"
    font.save(TARGET)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
