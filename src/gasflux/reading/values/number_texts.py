"""Numbers as people write them in every country: which sign is decimal and which groups thousands, told by a column.

A sign between digits is decimal or groups thousands. Where a text holds both, the last one is decimal; where it holds
one sign twice, that sign groups; blanks, apostrophes and underscores always group. A comma alone is decimal unless
every such text of the column could be a group of three, and a point alone is decimal unless commas of the column or
of the whole file are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final


class Sign(Enum):
    """What a comma or a point between digits means in a column."""

    NONE = "none"
    """There is none."""
    DECIMAL = "decimal"
    THOUSANDS = "thousands"
    UNCLEAR = "unclear"


_EXPONENT: Final = r"([eE][+-]?\d+)?"
_POINT: Final = re.compile(rf"[+-]?(\d+\.?\d*|\.\d+){_EXPONENT}|[+-]?inf(inity)?", re.IGNORECASE)
_ONE_COMMA: Final = re.compile(rf"[+-]?(\d+,\d+|,\d+|\d+,){_EXPONENT}")
_THREES: Final = {sign: re.compile(rf"[+-]?\d{{1,3}}(\{sign}\d{{3}})+") for sign in ",."}
_BOTH: Final = {
    # The last sign is decimal. India groups by twos above the first thousand: 1,01,645.00.
    ".": re.compile(rf"[+-]?(\d{{1,3}}(,\d{{3}})+|\d{{1,2}}(,\d{{2}})*,\d{{3}})\.\d*{_EXPONENT}"),
    ",": re.compile(rf"[+-]?\d{{1,3}}(\.\d{{3}})+,\d*{_EXPONENT}"),
}
_INDIAN: Final = re.compile(r"[+-]?\d{1,2}(,\d{2})+,\d{3}")
_GROUPS: Final = re.compile(r"(?<=\d)[\s'\u2019\u02bc_](?=\d{3}(?!\d))")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}([\s'\u2019\u02bc_])\d{3}(\1\d{3})*([.,]\d*)?([eE][+-]?\d+)?")
_ODD_SIGNS: Final = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u066b": ".", "\u066c": "'", "，": ",", "．": ".", "º": "°", "˚": "°"}
)


def plain_text(text: str) -> str:
    """Return a text with ASCII digits and signs, without blanks at the ends and without grouping blanks or strokes."""
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_ODD_SIGNS)).strip()
        text = "".join(str(unicodedata.digit(sign)) if sign.isdigit() and not sign.isascii() else sign for sign in text)
    return _GROUPS.sub("", text) if _GROUPED.fullmatch(text) else text


def is_number_text(text: str) -> bool:
    """Tell whether a text reads as a number in some notation."""
    text = plain_text(text)
    return bool(_POINT.fullmatch(text) or _ONE_COMMA.fullmatch(text) or _groups(text))


def _groups(text: str) -> bool:
    """Tell whether a text holds grouped thousands beyond doubt."""
    if any(pattern.fullmatch(text) for pattern in _BOTH.values()) or _INDIAN.fullmatch(text):
        return True
    return any(text.count(sign) > 1 and pattern.fullmatch(text) for sign, pattern in _THREES.items())


def comma_meaning(texts: Iterable[str], decimal: str = ".") -> Sign:
    """Return what commas mean in the numbers of a column.

    Parameters
    ----------
    texts
        Cells, as `plain_text` returns them.
    decimal
        Decimal sign of the file, a comma where the file has shown it.
    """
    with_comma = [text for text in texts if "," in text]
    if not with_comma:
        return Sign.NONE
    if any(_BOTH["."].fullmatch(text) or _INDIAN.fullmatch(text) for text in with_comma):
        return Sign.THOUSANDS
    if any(text.count(",") > 1 and _THREES[","].fullmatch(text) for text in with_comma):
        return Sign.THOUSANDS
    if decimal == "," or any(_BOTH[","].fullmatch(text) for text in with_comma):
        return Sign.DECIMAL
    if all(_THREES[","].fullmatch(text) for text in with_comma):
        return Sign.UNCLEAR
    return Sign.DECIMAL if any(_ONE_COMMA.fullmatch(text) for text in with_comma) else Sign.NONE


def point_meaning(texts: Sequence[str], comma: Sign, decimal: str = ".") -> Sign:
    """Return what points mean in the numbers of a column.

    Parameters
    ----------
    texts, decimal
        As in `comma_meaning`.
    comma
        What commas mean in it.
    """
    with_point = [text for text in texts if "." in text and "," not in text]
    if any(text.count(".") > 1 and _THREES["."].fullmatch(text) for text in with_point):
        return Sign.THOUSANDS
    is_other_decimal = decimal == "," or comma is Sign.DECIMAL
    if not with_point or not is_other_decimal or not all(_THREES["."].fullmatch(text) for text in with_point):
        return Sign.DECIMAL
    # Beside 998 or 1.013,5 a 1.014 can only be a thousand; where every cell is of that form it may be either.
    others = (text for text in texts if "." not in text or "," in text)
    return Sign.THOUSANDS if any("," in text or _POINT.fullmatch(text) for text in others) else Sign.UNCLEAR


def to_number(text: str, comma: Sign, point: Sign) -> float | None:
    """Return the number in a text, None when it is none.

    Parameters
    ----------
    text
        As `plain_text` returns it.
    comma, point
        What these signs mean in its column.
    """
    if "," not in text and (point in (Sign.DECIMAL, Sign.NONE) or "." not in text):
        return float(text) if _POINT.fullmatch(text) else None
    if comma is Sign.THOUSANDS and (_BOTH["."].fullmatch(text) or _INDIAN.fullmatch(text) or _threes(text, ",")):
        return float(text.replace(",", ""))
    if comma is Sign.DECIMAL and (_BOTH[","].fullmatch(text) or _ONE_COMMA.fullmatch(text)):
        return float(text.replace(".", "").replace(",", "."))
    if point is Sign.THOUSANDS and _threes(text, "."):
        return float(text.replace(".", ""))
    return None


def _threes(text: str, sign: str) -> bool:
    """Tell whether a text is whole thousands grouped by a sign."""
    return bool(_THREES[sign].fullmatch(text))


def decimal_sign(texts: Iterable[str]) -> str:
    """Return the decimal sign of a file: a comma where some number shows it and none shows a point, else a point.

    Parameters
    ----------
    texts
        Cells of its first rows, trimmed.
    """
    shown = {",": 0, ".": 0}
    open_signs = {",": 0, ".": 0}
    for text in texts:
        if "," in text and (_ONE_COMMA.fullmatch(text) or _BOTH[","].fullmatch(text)):
            sign = ","
        elif _BOTH["."].fullmatch(text) or ("." in text and _POINT.fullmatch(text)):
            sign = "."
        else:
            continue
        # 1,234 and 1.234 may be thousands.
        (open_signs if _THREES[sign].fullmatch(text) else shown)[sign] += 1
    is_comma = shown[","] > 0 or (open_signs[","] > 0 and not open_signs["."])
    return "," if is_comma and not shown["."] else "."
