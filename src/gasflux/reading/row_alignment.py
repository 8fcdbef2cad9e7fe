"""Rows of several sensors joined without matching their times: brought to the times of the gas, or told apart.

A join of two logs by time that keeps every row (an outer join) leaves rows with gas and no position beside rows with
position and no gas. No row is a sample then; what varies smoothly is interpolated to the times of the gas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.errors import Fault
from gasflux.reading.columns import HEIGHT_NAMES
from gasflux.reading.reading_record import Reading
from gasflux.reading.values.aircraft_wind import components, speed_and_direction
from gasflux.reading.values.candidates import MIN_ROWS
from gasflux.records import BoolArray, FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

MAX_APART_S: Final = 5.0
"""Longest span between two rows of a sensor across which its values are interpolated: a drone flies 50 m in it."""

_JOINED_SHARE: Final = 0.02
"""Rows with everything, as a share of those with gas, below which the rows are of several sensors."""

_PLACE: Final = ("latitude", "longitude")
_SMOOTH: Final = (*_PLACE, *HEIGHT_NAMES, "temperature", "pressure")


def align_rows(reading: Reading) -> Reading:
    """Return the columns at the times of the gas, where gas and position stand in different rows; else as they are.

    Parameters
    ----------
    reading
        Columns of length n.

    Returns
    -------
    Reading
        With a note about what was interpolated, or with a fault where the rows are too far apart in time.
    """
    if reading.times.fault or not reading.gases or not reading.has(*_PLACE, "windspeed"):
        return reading
    gas = max(reading.gases, key=lambda name: int(np.isfinite(reading.values(name)).sum()))
    is_gas = np.isfinite(reading.values(gas)) & ~np.isnat(reading.times.utc)
    needed = [name for name in (*_PLACE, "windspeed", "temperature", "pressure") if reading.has(name)]
    is_whole = is_gas & np.all([np.isfinite(reading.values(name)) for name in needed], axis=0)
    has_others = all(np.isfinite(reading.values(name)).sum() >= MIN_ROWS for name in needed)
    is_apart = is_whole.sum() <= max(_JOINED_SHARE * is_gas.sum(), MIN_ROWS - 1)
    if not is_apart or not has_others or is_gas.sum() < MIN_ROWS:
        return reading
    return _aligned(reading, gas, is_gas)


def _aligned(reading: Reading, gas: str, is_gas: BoolArray) -> Reading:
    """Interpolate every column to the rows with gas and keep those."""
    time_s = (reading.times.utc - np.datetime64(0, "s")) / np.timedelta64(1, "s")
    values = {name: quantity.values for name, quantity in reading.quantities.items()}
    filled = _interpolated(values, np.asarray(time_s, dtype=np.float64), is_gas, reading.gases)
    keep = is_gas & np.isfinite(filled["latitude"]) & np.isfinite(filled["windspeed"])
    header = reading.choices.header
    if keep.sum() < MIN_ROWS:
        fault = Fault.of(
            "rows_apart", column=header(gas), row=int(reading.table.rows[np.flatnonzero(is_gas)[0]]), limit=MAX_APART_S
        )
        return replace(reading, faults=(*reading.faults, fault))
    note = phrase("note.aligned", gas=header(gas), limit=MAX_APART_S, rows=int(keep.sum()))
    return _kept(reading, filled, keep, note)


def _kept(reading: Reading, filled: Mapping[str, FloatArray], keep: BoolArray, note: Phrase) -> Reading:
    """Return the reading of the rows that are kept, the others counted."""
    table = reading.table
    dropped = {**table.dropped, "row of another sensor": int(table.size - keep.sum())}
    columns = tuple(column[keep] for column in table.columns)
    quantities = {name: replace(quantity, values=filled[name][keep]) for name, quantity in reading.quantities.items()}
    times = replace(reading.times, utc=reading.times.utc[keep], is_bad=reading.times.is_bad[keep])
    return replace(
        reading,
        table=replace(table, columns=columns, rows=table.rows[keep], dropped=dropped),
        times=times,
        quantities=quantities,
        notes=(*reading.notes, note),
    )


def _interpolated(
    values: Mapping[str, FloatArray], time_s: FloatArray, is_wanted: BoolArray, gases: tuple[str, ...]
) -> dict[str, FloatArray]:
    """Columns with the wanted rows filled from the rows around them, the wind by its components.

    Parameters
    ----------
    values
        Name -> values, NaN where missing, shape (n,).
    time_s
        NaN where missing, shape (n,).
    is_wanted
        Rows to fill, shape (n,).
    gases
        Names of the gases.
    """
    filled = dict(values)
    no_fix = (values["latitude"] == 0.0) & (values["longitude"] == 0.0)
    for name in (*_SMOOTH, *gases):
        if name in values:
            given = np.where(no_fix, np.nan, values[name]) if name in _PLACE else values[name]
            filled[name] = _at(given, time_s, is_wanted)
    if "winddir" not in values:
        filled["windspeed"] = _at(values["windspeed"], time_s, is_wanted)
        return filled
    parts = [_at(part, time_s, is_wanted) for part in components(values["windspeed"], values["winddir"])]
    speed, from_deg = speed_and_direction(*parts)
    is_measured = np.isfinite(values["windspeed"]) & np.isfinite(values["winddir"])
    filled["windspeed"] = np.where(is_measured, values["windspeed"], speed)
    filled["winddir"] = np.where(is_measured, values["winddir"], from_deg)
    return filled


def _at(values: FloatArray, time_s: FloatArray, is_wanted: BoolArray) -> FloatArray:
    """Values with the wanted rows that lack one interpolated in time, where those around are near enough."""
    given = np.flatnonzero(np.isfinite(values) & np.isfinite(time_s))
    missing = np.flatnonzero(is_wanted & ~np.isfinite(values))
    if given.size < 2 or not missing.size:
        return values
    given = given[np.argsort(time_s[given], kind="stable")]
    known_s, wanted_s = time_s[given], time_s[missing]
    after = np.clip(np.searchsorted(known_s, wanted_s), 1, given.size - 1)
    left, right = known_s[after - 1], known_s[after]
    is_near = (wanted_s >= left) & (wanted_s <= right) & (right - left <= MAX_APART_S)
    filled = values.copy()
    filled[missing[is_near]] = np.interp(wanted_s[is_near], known_s, values[given])
    return filled
