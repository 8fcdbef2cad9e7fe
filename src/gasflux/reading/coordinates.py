"""Latitudes and longitudes as people write them: degrees with minutes and seconds, hemispheres, NMEA's ddmm.mmmm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from gasflux.reading.number_texts import plain_text
from gasflux.reading.raw_table import Column, RawTable, numbers
from gasflux.records import BoolArray, FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

if TYPE_CHECKING:
    from gasflux.reading.quantities import Quantity

POSITION_NAMES: Final = ("latitude", "longitude")

_SIGNS: Final[Mapping[str, float]] = {
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
_OF_AXIS: Final[Mapping[str, str]] = {"latitude": "NS北南", "longitude": "EW东東西"}
_HEMISPHERE: Final = re.compile(r"([NSEW]|[北南]纬?緯?|[东東西]经?經?)", re.IGNORECASE)
_WRITTEN: Final = re.compile(
    r"([+-]?)(\d{1,3})(?:\s*[°º度:]\s*|\s+|-)(\d{1,2}(?:\.\d+)?)\s*(?:['′’‘分:]|\s+|$)\s*"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"″”“秒]|''|′′|’’)?)?"
)
_DEGREES: Final = re.compile(r"([+-]?\d+(?:\.\d*)?)\s*[°º度]?")
_HEMISPHERE_HEADER: Final = re.compile(
    r"n\W?/?\W?s|e\W?/?\W?w|hemi|半球|(lat|lon)\w*[\W_]*(dir|ref|ns|ew|ind)", re.IGNORECASE
)

_BY_LETTER: Final = "degrees and hemisphere -> deg"
_LARGEST_DEGREES: Final = {"latitude": 90.0, "longitude": 180.0}
_SURE_NMEA: Final = {"latitude": 180.0, "longitude": 360.0}
"""Beyond these no swap and no count from 0 to 360 explains a value that reads as degrees and minutes."""

_FLIGHT_MINUTES: Final = 20.0
"""A flight spans fewer minutes of arc; metres of a local grid span more."""


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
    letters = _HEMISPHERE.findall(text)
    sign = 1.0
    if letters:
        if len(letters) > 1 or letters[0][0].upper() not in _OF_AXIS[name]:
            return None
        sign = _SIGNS[letters[0].upper()]
        text = _HEMISPHERE.sub(" ", text)
        if text.strip().startswith("-"):
            return None
    text = text.strip(" :.")
    plain = _DEGREES.fullmatch(text)
    if plain:
        return sign * float(plain.group(1)), _BY_LETTER if letters else ""
    written = _WRITTEN.fullmatch(text)
    if written is None or (written.group(4) and "." in written.group(3)):
        return None
    minus, degrees, minutes, seconds = written.groups(default="0")
    if float(minutes) >= 60.0 or float(seconds) >= 60.0:
        return None
    value = float(degrees) + float(minutes) / 60.0 + float(seconds) / 3600.0
    how = "degrees, minutes, seconds -> deg" if written.group(4) else "degrees, minutes -> deg"
    return sign * (-value if minus == "-" else value), how


def with_hemispheres(read: Mapping[str, Quantity], table: RawTable) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Return the positions with the signs of their hemispheres, where those stand in columns of their own.

    Parameters
    ----------
    read
        Columns that were read.
    table
        All columns of the file.
    """
    changed, notes = dict(read), []
    for name in POSITION_NAMES:
        quantity = read.get(name)
        column = _hemisphere_column(quantity, table, name) if quantity is not None else None
        if quantity is None or column is None or np.nanmin(quantity.values, initial=np.inf) < 0.0:
            continue
        signs = np.array([1.0 if cell is None else _SIGNS[str(cell).strip().upper()] for cell in table.columns[column]])
        changed[name] = replace(quantity, values=quantity.values * signs)
        notes.append(phrase("note.hemisphere", header=quantity.choice.header.text, other=table.headers[column]))
    return changed, tuple(notes)


def _hemisphere_column(quantity: Quantity, table: RawTable, name: str) -> int | None:
    """Index of the column that holds the hemisphere of a position: letters only, beside it or named so."""
    for index, column in enumerate(table.columns):
        is_near = index == quantity.choice.index + 1 or _HEMISPHERE_HEADER.search(table.headers[index])
        if column.dtype.kind != "O" or not is_near:
            continue
        letters = {str(cell).strip().upper() for cell in column if cell is not None}
        if letters and all(letter in _SIGNS and letter[0] in _OF_AXIS[name] for letter in letters):
            return index
    return None


def from_nmea(read: Mapping[str, Quantity]) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Return positions in degrees where both columns hold NMEA's degrees and minutes in one number (ddmm.mmmm).

    Parameters
    ----------
    read
        Columns that were read.
    """
    changed = dict(read)
    found = [read[name] for name in POSITION_NAMES if name in read]
    if len(found) < len(POSITION_NAMES) or not all(_may_be_nmea(quantity) for quantity in found):
        return changed, ()
    medians = [float(np.nanmedian(np.abs(quantity.values))) for quantity in found]
    if not any(median > _SURE_NMEA[quantity.choice.name] for median, quantity in zip(medians, found, strict=True)):
        return changed, ()
    for quantity in found:
        size = np.abs(quantity.values)
        degrees = np.sign(quantity.values) * (size // 100.0 + size % 100.0 / 60.0)
        changed[quantity.choice.name] = replace(quantity, values=degrees, conversion="ddmm.mmmm -> deg")
    headers = " + ".join(quantity.choice.header.text for quantity in found)
    return changed, (phrase("note.nmea", headers=headers),)


def _may_be_nmea(quantity: Quantity) -> bool:
    """Tell whether values may be degrees and minutes: in range, minutes below 60, a flight's span."""
    values = np.abs(quantity.values[np.isfinite(quantity.values) & (quantity.values != 0.0)])
    if not values.size or quantity.conversion not in ("", _BY_LETTER):
        return False
    low, high = np.percentile(values, [5, 95])
    is_in_range = values.max() < 100.0 * _LARGEST_DEGREES[quantity.choice.name] + 60.0
    return bool(is_in_range and (values % 100.0).max() < 60.0 and high - low < _FLIGHT_MINUTES)
