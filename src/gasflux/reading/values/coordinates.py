"""Latitudes and longitudes as people write them: degrees with minutes and seconds, hemispheres."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np

from gasflux.reading.raw_table import Column, numbers
from gasflux.reading.values.number_texts import plain_text
from gasflux.records import BoolArray, FloatArray

POSITION_NAMES: Final = ("latitude", "longitude")

HEMISPHERE_SIGNS: Final[Mapping[str, float]] = {
    "N": 1.0,
    "S": -1.0,
    "E": 1.0,
    "W": -1.0,
    "北": 1.0,
    "南": -1.0,
    "东": 1.0,
    "東": 1.0,
    "西": -1.0,
    "北纬": 1.0,
    "南纬": -1.0,
    "东经": 1.0,
    "西经": -1.0,
    "北緯": 1.0,
    "南緯": -1.0,
    "東經": 1.0,
    "西經": -1.0,
}
LETTERS_OF_AXIS: Final[Mapping[str, str]] = {"latitude": "NS北南", "longitude": "EW东東西"}
_HEMISPHERE: Final = r"([NSEW]|[北南]纬?緯?|[东東西]经?經?)"
_WRITTEN: Final = (
    r"([+-]?)(\d{1,3})(?:\s*[°º度:]\s*|\s+|-)(\d{1,2}(?:\.\d+)?)\s*(?:['′’‘分:]|\s+|$)\s*"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"″”“秒]|''|′′|’’)?)?"
)
_DEGREES: Final = r"([+-]?\d+(?:\.\d*)?)\s*[°º度]?"
BY_LETTER: Final = "degrees and hemisphere -> deg"
BY_HEADER: Final = "south, west -> negative"


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: most logs need none of these, and all would pay for them."""
    return re.compile(source, re.IGNORECASE)


def coordinate_numbers(column: Column, name: str) -> tuple[FloatArray, BoolArray, str]:
    """Return a column of latitudes or longitudes as degrees, where it holds something else, and how it was written.

    Parameters
    ----------
    column
        Cells, shape (n,).
    name
        ``latitude`` or ``longitude``.

    Returns
    -------
    values, is_bad
        Shape (n,).
    conversion
        For the report; empty for plain numbers.
    """
    values, is_bad = numbers(column)
    if not is_bad.any():
        return values, is_bad, ""
    values, is_bad = values.copy(), is_bad.copy()
    how = ""
    for index in np.flatnonzero(is_bad):
        read = _read_text(str(column[index]), name)
        if read is not None:
            values[index], is_bad[index] = read[0], False
            how = how or read[1]
    return values, is_bad, how


def _read_text(text: str, name: str) -> tuple[float, str] | None:
    """Degrees of one text and how it is written, None when it is no angle."""
    text = plain_text(text).replace(",", ".")
    letters = _pattern(_HEMISPHERE).findall(text)
    sign = 1.0
    if letters:
        if len(letters) > 1 or letters[0][0].upper() not in LETTERS_OF_AXIS[name]:
            return None
        sign = HEMISPHERE_SIGNS[letters[0].upper()]
        text = _pattern(_HEMISPHERE).sub(" ", text)
        if text.strip().startswith("-"):
            return None
    text = text.strip(" :.")
    plain = _pattern(_DEGREES).fullmatch(text)
    if plain:
        return sign * float(plain.group(1)), BY_LETTER if letters else ""
    written = _pattern(_WRITTEN).fullmatch(text)
    if written is None or (written.group(4) and "." in written.group(3)):
        return None
    minus, degrees, minutes, seconds = written.groups(default="0")
    if float(minutes) >= 60.0 or float(seconds) >= 60.0:
        return None
    value = float(degrees) + float(minutes) / 60.0 + float(seconds) / 3600.0
    how = "degrees, minutes, seconds -> deg" if written.group(4) else "degrees, minutes -> deg"
    return sign * (-value if minus == "-" else value), how
