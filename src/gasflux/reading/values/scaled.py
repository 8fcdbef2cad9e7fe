"""Whole numbers that stand for fractions, as autopilots and radiosondes log them: 1e-7 degrees, mm, hundredths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.reading.quantities import Quantity
from gasflux.reading.units import Dimension, Unit, conversion_text, find_unit
from gasflux.records import FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

_LEAST_DEGREES: Final = 1.1e7
"""Above it no coordinate of a map projection in metres lies (northings end at 1e7), and most of the Earth does."""
_POSITION_UNIT: Final = "1e-7 deg"

_BESIDE: Final[Mapping[str, tuple[str, Dimension, float]]] = {
    "height_ato": ("mm", Dimension.LENGTH, 400.0),
    "height_agl": ("mm", Dimension.LENGTH, 400.0),
    "altitude": ("mm", Dimension.LENGTH, 400.0),
    "temperature": ("0.01 degC", Dimension.TEMPERATURE, 100.0),
    "windspeed": ("cm/s", Dimension.SPEED, 60.0),
    "ground_speed": ("cm/s", Dimension.SPEED, 60.0),
    "winddir": ("0.01 deg", Dimension.ANGLE, 720.0),
    "heading": ("0.01 deg", Dimension.ANGLE, 720.0),
    "course": ("0.01 deg", Dimension.ANGLE, 720.0),
}
"""Column -> the unit of whole numbers beside such positions, and the span or size from which they are taken for it."""


def unscale(read: Mapping[str, Quantity]) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Return the columns with scaled whole numbers in the contract unit, and what to say about them.

    Positions tell: only a log whose latitude and longitude are whole numbers of 1e-7 degrees has its other whole
    numbers scaled, so that a log of rounded metres stays one.

    Parameters
    ----------
    read
        Canonical name -> column in the unit its header states.
    """
    if not _are_scaled_positions(read):
        return dict(read), ()
    units = dict.fromkeys(("latitude", "longitude"), (_POSITION_UNIT, Dimension.ANGLE))
    units |= {name: (unit, dim) for name, (unit, dim, least) in _BESIDE.items() if _is_scaled(read.get(name), least)}
    changed, notes = dict(read), []
    for name, (symbol, dimension) in units.items():
        unit = find_unit(symbol, dimension)
        if unit is not None:
            changed[name] = _in_unit(read[name], unit)
            notes.append(phrase("note.scaled", header=read[name].choice.header.text, unit=symbol))
    return changed, tuple(notes)


def _are_scaled_positions(read: Mapping[str, Quantity]) -> bool:
    """Tell whether latitude and longitude are whole numbers of 1e-7 degrees."""
    columns = [read[name] for name in ("latitude", "longitude") if name in read]
    if len(columns) < 2 or any(column.choice.unit is not None for column in columns):
        return False
    latitude, longitude = (_given(column) for column in columns)
    if not latitude.size or not longitude.size or max(np.abs(latitude).max(), np.abs(longitude).max()) < _LEAST_DEGREES:
        return False
    is_on_earth = np.abs(latitude).max() <= 90e7 and np.abs(longitude).max() <= 360e7
    return bool(is_on_earth) and _are_whole(latitude) and _are_whole(longitude)


def _raw(column: Quantity) -> FloatArray:
    """Values as they stand in the file: a median may have been taken for another unit's already."""
    if column.unit is None or column.unit.factor is None or column.unit.is_contract_unit:
        return column.values
    return np.asarray(np.round((column.values - column.unit.offset) / column.unit.factor, 6))


def _given(column: Quantity) -> FloatArray:
    """Values that are there, as they stand in the file."""
    raw = _raw(column)
    return np.asarray(raw[np.isfinite(raw)])


def _are_whole(values: FloatArray) -> bool:
    """Tell whether all values are whole numbers."""
    return bool(np.all(values == np.rint(values)))


def _is_scaled(column: Quantity | None, least: float) -> bool:
    """Tell whether a column without stated unit holds whole numbers too large or too spread for the contract's unit."""
    if column is None or column.choice.unit is not None:
        return False
    raw = _given(column)
    return bool(raw.size) and _are_whole(raw) and max(float(np.ptp(raw)), float(np.abs(np.median(raw)))) >= least


def _in_unit(column: Quantity, unit: Unit) -> Quantity:
    """Return a column whose numbers are in `unit`."""
    values = _raw(column) * float(unit.factor or 1.0) + unit.offset
    notes = () if column.unit is not None and not column.unit.is_contract_unit else column.notes
    return replace(column, values=values, unit=unit, conversion=conversion_text(unit), notes=notes)
