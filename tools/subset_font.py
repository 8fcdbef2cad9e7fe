"""Cut Noto Sans CJK SC down to the glyphs that Chinese figures use.

Run after changing ``results/figures/texts.py`` (a test tells when a character is missing)::

    python tools/subset_font.py NotoSansCJK-Regular.ttc

Debian has the source in the package ``fonts-noto-cjk``; fontTools comes with matplotlib.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTCollection, TTFont  # type: ignore[import-untyped]

from gasflux.results.figures.style import FONT_FILE, FONT_NAME
from gasflux.results.figures.texts import FIGURE_TEXTS

SOURCE_FAMILY = "Noto Sans CJK SC"
FAMILY_NAME_IDS = (1, 4, 16)
POSTSCRIPT_NAME_ID = 6
KEPT_NAME_IDS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 16)
"""Copyright, names, version, trademark, makers and licence travel with the font, as its licence asks."""

ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻−–±×°µ·←→éΔ"


def figure_characters() -> set[str]:
    """Return every character a Chinese figure may show."""
    return set(ALWAYS).union(*(phrase.zh for phrase in FIGURE_TEXTS.values())) - {"\n"}


def cut(source: Path) -> TTFont:
    """Return the simplified Chinese face of a collection with only the glyphs of the figures."""
    fonts = TTCollection(source).fonts
    font = next(font for font in fonts if font["name"].getDebugName(1) == SOURCE_FAMILY)
    options = subset.Options(
        name_IDs=list(KEPT_NAME_IDS), layout_features=["kern"], hinting=False, notdef_outline=True, drop_tables=["VORG"]
    )
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(figure_characters())))
    cutter.subset(font)
    return font


def rename(font: TTFont) -> None:
    """Give the subset a name of its own, so that it is never mistaken for an installed complete font."""
    for record in font["name"].names:
        if record.nameID in FAMILY_NAME_IDS:
            record.string = FONT_NAME
        elif record.nameID == POSTSCRIPT_NAME_ID:
            record.string = FONT_NAME.replace(" ", "")


def main() -> None:
    """Write the subset beside the package's data."""
    font = cut(Path(sys.argv[1]))
    rename(font)
    font["head"].modified = font["head"].created  # the same input gives the same bytes
    font.recalcTimestamp = False
    FONT_FILE.parent.mkdir(exist_ok=True)
    font.save(FONT_FILE)
    sys.stdout.write(f"{FONT_FILE}: {len(font.getGlyphOrder())} glyphs, {FONT_FILE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
