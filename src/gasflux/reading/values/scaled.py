"""Whole numbers that stand for fractions, as autopilots and radiosondes log them: 1e-7 degrees, mm, hundredths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.constants import METRES_PER_DEGREE
from gasflux.errors import Fault
from gasflux.reading.quantities import Quantity
from gasflux.reading.times.numbers import TimeArray
from gasflux.reading.units import Dimension, Unit, conversion_text, find_unit
from gasflux.records import FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

_LEAST_DEGREES: Final = 1.1e7
"""Above it no coordinate of a map projection in metres lies (northings end at 1e7), and most of the Earth does."""
_SCALES: Final = ("1e-7 deg", "1e-6 deg")
"""Scales of positions, the usual one first."""
_STILL_M_S: Final = 0.8
"""A log whose fastest tenth is slower than this did not fly: read at ten times the scale, it did."""
_FAST_M_S: Final = 60.0
"""Faster than this flies no drone, and no aircraft that measures a source near the ground."""
_FASTEST_SHARE: Final = 90.0

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


def unscale(
    read: Mapping[str, Quantity], times: TimeArray
) -> tuple[dict[str, Quantity], tuple[Phrase, ...], tuple[Fault, ...]]:
    """Return the columns with scaled whole numbers in the contract unit, what to say about them, and what to ask.

    Positions tell: only a log whose latitude and longitude are whole numbers of 1e-7 or 1e-6 degrees has its other
    whole numbers scaled, so that a log of rounded metres stays one. Where both scales are places on Earth, the speed
    tells them apart, or nobody can.

    Parameters
    ----------
    read
        Canonical name -> column in the unit its header states.
    times
        datetime64[us], NaT where missing, shape (n,).
    """
    if not _are_scaled_positions(read):
        return dict(read), (), ()
    scale = _scale(read, times)
    if scale is None:
        return dict(read), (), (_open_scale(read),)
    units = dict.fromkeys(("latitude", "longitude"), (scale, Dimension.ANGLE))
    units |= {name: (unit, dim) for name, (unit, dim, least) in _BESIDE.items() if _is_scaled(read.get(name), least)}
    changed, notes = dict(read), []
    for name, (symbol, dimension) in units.items():
        unit = find_unit(symbol, dimension)
        if unit is not None:
            changed[name] = _in_unit(read[name], unit)
            notes.append(phrase("note.scaled", header=read[name].choice.header.text, unit=symbol, positions=scale))
    return changed, tuple(notes), ()


def _scale(read: Mapping[str, Quantity], times: TimeArray) -> str | None:
    """Return the unit of whole numbers that are positions, None where two may be and the flight does not tell."""
    usual, coarse = _SCALES
    if not _are_on_earth(read, coarse):
        return usual
    speed = _fastest_m_s(read, times)
    if speed < _STILL_M_S:
        return coarse
    return usual if 10.0 * speed > _FAST_M_S else None


def _open_scale(read: Mapping[str, Quantity]) -> Fault:
    """Fault of positions that may be in either scale."""
    latitude, longitude = read["latitude"], read["longitude"]
    column = f"{latitude.choice.header.text} + {longitude.choice.header.text}"
    value = f"{float(np.median(_given(latitude))):.0f}, {float(np.median(_given(longitude))):.0f}"
    allowed = phrase("allowed.position_scale")
    return Fault.of("open_position_scale", column=column, value=value, allowed=allowed)


def _fastest_m_s(read: Mapping[str, Quantity], times: TimeArray) -> float:
    """Speed of the fastest tenth of a flight whose positions are in the usual scale."""
    degrees = [_raw(read[name]) * 1e-7 for name in ("latitude", "longitude")]
    is_known = np.isfinite(degrees[0]) & np.isfinite(degrees[1]) & ~np.isnat(times)
    order = np.argsort(times[is_known], kind="stable")
    seconds = times[is_known][order].astype(np.int64) * 1e-6
    north, east = (column[is_known][order] * METRES_PER_DEGREE for column in degrees)
    if seconds.size < 2:
        return 0.0
    # Over a second or more: the steps of a position are coarse beside those of a fast log.
    stride = max(1, round(1.0 / max(float(np.median(np.diff(seconds))), 1e-3)))
    way = np.hypot(
        north[stride:] - north[:-stride], (east[stride:] - east[:-stride]) * np.cos(np.radians(degrees[0][is_known][0]))
    )
    lasting = seconds[stride:] - seconds[:-stride]
    is_step = lasting > 0.0
    return float(np.percentile(way[is_step] / lasting[is_step], _FASTEST_SHARE)) if is_step.any() else 0.0


def _are_scaled_positions(read: Mapping[str, Quantity]) -> bool:
    """Tell whether latitude and longitude are whole numbers of a small part of a degree."""
    columns = [read[name] for name in ("latitude", "longitude") if name in read]
    if len(columns) < 2 or any(column.choice.unit is not None for column in columns):
        return False
    latitude, longitude = (_given(column) for column in columns)
    if not latitude.size or not longitude.size or max(np.abs(latitude).max(), np.abs(longitude).max()) < _LEAST_DEGREES:
        return False
    return _are_on_earth(read, _SCALES[0]) and _are_whole(latitude) and _are_whole(longitude)


def _are_on_earth(read: Mapping[str, Quantity], scale: str) -> bool:
    """Tell whether positions in a scale are places on Earth."""
    unit = find_unit(scale, Dimension.ANGLE)
    factor = float(unit.factor or 1.0) if unit is not None else 1.0
    latitude, longitude = (np.abs(_given(read[name])).max() * factor for name in ("latitude", "longitude"))
    return bool(latitude <= 90.0 and longitude <= 360.0)


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
