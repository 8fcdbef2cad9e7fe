"""Values outside what is allowed, or outside what can be: each named by column, row, value and range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig, Range
from gasflux.errors import Fault
from gasflux.reading.quantities import and_others
from gasflux.reading.times.limits import FIRST_TIME, latest_time
from gasflux.reading.times.numbers import TimeArray
from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase

POSSIBLE: Final[Mapping[str, Range]] = {
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 180.0),
    "height_ato": (-1000.0, 20_000.0),
    "windspeed": (0.0, 100.0),
    "winddir": (-720.0, 720.0),
    "temperature": (-90.0, 60.0),
    "pressure": (50.0, 1100.0),
}
"""What can be, checked also where the configuration names no range of its own."""

_MAX_SPREAD: Final = np.timedelta64(2, "D")
"""A flight lasts hours: a time days away from the median is a clock that was not set yet."""


@dataclass(frozen=True, eq=False)
class Checked:
    """One column against its range."""

    name: str
    """Canonical name, as the configuration spells it."""
    is_outside: BoolArray
    """Shape (n,)."""
    fault: Fault | None


def allowed_range(name: str, config: PipelineConfig) -> Range | None:
    """Return the range that a canonical column or gas is held to; None when any value is allowed."""
    if name in ("height_agl", "altitude"):
        given = config.required_cols.get(name) or config.required_cols.get("height_ato")
        return given or POSSIBLE["height_ato"]
    return config.required_cols.get(name) or POSSIBLE.get(name)


def check_range(
    name: str,
    header: str,
    values: FloatArray,
    rows: IntArray,
    allowed: Range,
    hint: Phrase = NOTHING,
    file_unit: str = "",
) -> Checked:
    """Return which values lie outside a range, with the fault that names the first of them.

    Parameters
    ----------
    name
        Canonical name.
    header
        Header in the file.
    values
        In the contract unit, NaN where missing, shape (n,).
    rows
        Rows of the file, shape (n,).
    allowed
        Smallest and largest value, both allowed.
    hint
        What such values may mean, put before the remedy.
    file_unit
        Unit they were converted from, so that nobody looks for the converted value in the file.
    """
    is_outside = (values < allowed[0]) | (values > allowed[1])
    if not is_outside.any():
        return Checked(name, is_outside, None)
    first, count = int(np.flatnonzero(is_outside)[0]), int(is_outside.sum())
    fault = Fault.of(
        "out_of_range",
        column=header,
        row=int(rows[first]),
        value=f"{values[first]:.8g}",
        allowed=phrase("allowed.range", low=allowed[0], high=allowed[1]),
        count=count,
        converted=phrase("hint.converted", unit=file_unit) if file_unit else NOTHING,
        others=and_others(count),
        hint=hint,
        remedy=phrase("remedy.correct" if hint.en else "remedy.range"),
    )
    return Checked(name, is_outside, fault)


def position_hint(name: str, latitude: FloatArray, longitude: FloatArray) -> Phrase:
    """Return what positions outside the globe may be: swapped columns, NMEA notation, metres.

    Parameters
    ----------
    name
        ``latitude`` or ``longitude``, the column that is outside.
    latitude, longitude
        As read, NaN where missing, shape (n,).
    """
    latitude, longitude = (np.abs(values[np.isfinite(values)]) for values in (latitude, longitude))
    values, other = (latitude, longitude) if name == "latitude" else (longitude, latitude)
    largest = float(values.max(initial=0.0))
    # A single value beyond the pole is a slip; in swapped columns it is most of them.
    is_mostly_beyond = bool(values.size) and float(np.median(values)) > 90.0
    if name == "latitude" and is_mostly_beyond and largest <= 180.0 and float(other.max(initial=0.0)) <= 90.0:
        return phrase("hint.swapped")
    if largest > 1e5:
        return phrase("hint.metres")
    if largest <= 18_000.0 and float((values % 100.0).max(initial=0.0)) < 60.0:
        return phrase("hint.nmea")
    return NOTHING


def check_times(times: TimeArray, header: str, rows: IntArray) -> Checked:
    """Return which times cannot belong to the flight: before 1980, after tomorrow, or days away from the others.

    Parameters
    ----------
    times
        datetime64[us], NaT where missing, shape (n,).
    header
        Header of the column.
    rows
        Rows of the file, shape (n,).
    """
    given = times[~np.isnat(times)]
    if given.size == 0:
        return Checked("timestamp", np.zeros(times.size, dtype=np.bool_), None)
    middle = np.sort(given)[given.size // 2]
    latest = latest_time()
    is_outside = (times < FIRST_TIME) | (times > latest)
    is_outside |= np.abs(times - middle) > _MAX_SPREAD
    if not is_outside.any():
        return Checked("timestamp", is_outside, None)
    first, count = int(np.flatnonzero(is_outside)[0]), int(is_outside.sum())
    fault = Fault.of(
        "time_out_of_range",
        column=header,
        row=int(rows[first]),
        value=str(times[first]).replace("T", " ")[:19],
        allowed=phrase("allowed.times", first=str(FIRST_TIME)[:10], last=str(latest)[:10], middle=str(middle)[:10]),
        count=count,
        others=and_others(count),
    )
    return Checked("timestamp", is_outside, fault)
