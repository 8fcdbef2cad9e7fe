"""Positions in signed degrees: NMEA's ddmm.mmmm, and hemispheres that stand in columns of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.reading.headers import is_south_or_west, read_header
from gasflux.reading.quantities import Quantity
from gasflux.reading.raw_table import RawTable
from gasflux.reading.values.coordinates import BY_HEADER, BY_LETTER, HEMISPHERE_SIGNS, LETTERS_OF_AXIS, POSITION_NAMES
from gasflux.records import FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase

_HEMISPHERE_HEADER: Final = re.compile(
    r"n\W?s|e\W?w|.*(hemi|半球).*|(lat|lon)\w*[\W_]*(dir|ref|ns|ew|ind)\w*", re.IGNORECASE
)

_NORTH_OR_EAST: Final = r"[(\[_\s][NEne][)\]]?$|[北东東]"
_LARGEST_DEGREES: Final = {"latitude": 90.0, "longitude": 180.0}
_SURE_NMEA: Final = {"latitude": 180.0, "longitude": 360.0}
"""Beyond these no swap and no count from 0 to 360 explains a value that reads as degrees and minutes."""

_FLIGHT_MINUTES: Final = 20.0
"""A flight spans fewer minutes of arc; metres of a local grid span more."""


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
        signs = np.array(
            [1.0 if cell is None else HEMISPHERE_SIGNS[str(cell).strip().upper()] for cell in table.columns[column]]
        )
        changed[name] = replace(quantity, values=quantity.values * signs)
        notes.append(phrase("note.hemisphere", header=quantity.choice.header.text, other=table.headers[column]))
    return changed, tuple(notes)


def _hemisphere_column(quantity: Quantity, table: RawTable, name: str) -> int | None:
    """Index of the column that holds the hemisphere of a position: letters only, beside it or named so."""
    for index, column in enumerate(table.columns):
        is_near = index == quantity.choice.index + 1 or _HEMISPHERE_HEADER.fullmatch(table.headers[index].strip())
        # Letters under a header that is known are a compass point.
        if column.dtype.kind != "O" or not is_near or read_header(table.headers[index]).name:
            continue
        letters = {str(cell).strip().upper() for cell in column if cell is not None}
        if letters and all(letter in HEMISPHERE_SIGNS and letter[0] in LETTERS_OF_AXIS[name] for letter in letters):
            return index
    return None


def from_nmea(read: Mapping[str, Quantity], table: RawTable) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Return positions in degrees where both columns hold NMEA's degrees and minutes in one number (ddmm.mmmm).

    Parameters
    ----------
    read
        Columns that were read.
    table
        All columns of the file.
    """
    changed = dict(read)
    found = [read[name] for name in POSITION_NAMES if name in read]
    if len(found) < len(POSITION_NAMES) or not any(map(_exceeds_degrees, found)):
        return changed, ()
    if not all(_may_be_nmea(quantity) for quantity in found):
        return changed, ()
    medians = [float(np.nanmedian(np.abs(quantity.values))) for quantity in found]
    if not any(median > _SURE_NMEA[quantity.choice.name] for median, quantity in zip(medians, found, strict=True)):
        return changed, ()
    for quantity in found:
        degrees = _degrees(quantity.values)
        changed[quantity.choice.name] = replace(quantity, values=degrees, conversion="ddmm.mmmm -> deg")
    headers = " + ".join(quantity.choice.header.text for quantity in found)
    is_told = any(_has_hemisphere(quantity, table) for quantity in found)
    return changed, (
        phrase("note.nmea", headers=headers, hemisphere=NOTHING if is_told else phrase("nmea.north_east")),
    )


def _exceeds_degrees(quantity: Quantity) -> bool:
    """Tell whether a column holds values that are no degrees: the quick look that spares most logs the others."""
    with np.errstate(invalid="ignore"):
        largest = max(float(np.fmax.reduce(quantity.values)), -float(np.fmin.reduce(quantity.values)))
    return largest > _SURE_NMEA[quantity.choice.name]


def _has_hemisphere(quantity: Quantity, table: RawTable) -> bool:
    """Tell whether a sign, a letter or a header says on which side of the equator or of Greenwich a position lies."""
    header = quantity.choice.header.text
    is_signed = np.nanmin(quantity.values) < 0.0 or quantity.conversion == BY_LETTER
    is_said = is_south_or_west(header) or re.search(_NORTH_OR_EAST, header) is not None
    return bool(is_signed) or is_said or _hemisphere_column(quantity, table, quantity.choice.name) is not None


def _may_be_nmea(quantity: Quantity) -> bool:
    """Tell whether values may be degrees and minutes: in range, minutes below 60, a flight's span."""
    values = np.abs(quantity.values[np.isfinite(quantity.values) & (quantity.values != 0.0)])
    if not values.size or quantity.conversion not in ("", BY_LETTER, BY_HEADER):
        return False
    low, high = np.percentile(60.0 * _degrees(values), [5, 95])
    is_in_range = values.max() < 100.0 * _LARGEST_DEGREES[quantity.choice.name] + 60.0
    return bool(is_in_range and (values % 100.0).max() < 60.0 and high - low < _FLIGHT_MINUTES)


def _degrees(values: FloatArray) -> FloatArray:
    """Degrees of values written as ddmm.mmmm, shape (n,)."""
    size = np.abs(values)
    return np.asarray(np.sign(values) * (size // 100.0 + size % 100.0 / 60.0))
