"""Values outside what is allowed, or outside what can be: each named by column, row, value and range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig, Range
from gasflux.constants import METRES_PER_DEGREE
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


_REACH_M: Final = 300_000.0
"""Farther from the middle of its log no flight that measures a source goes: ferries of aircraft are 50 to 100 km."""
_FASTEST_M_S: Final = 340.0
"""The speed of sound."""
_LEAST_PLACES: Final = 5


@dataclass(frozen=True, eq=False)
class Place:
    """Positions as read, NaN where missing, shape (n,)."""

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    height_m: FloatArray
    """0 where a log has no height, or none that is used."""

    def at(self, rows: IntArray) -> Place:
        """Return some of them."""
        return Place(self.latitude_deg[rows], self.longitude_deg[rows], self.height_m[rows])

    def metres(self) -> FloatArray:
        """Return metres east, north and up of the middle of all, shape (3, n); good enough to tell far from near."""
        turned = (self.longitude_deg - self.longitude_deg[0] + 180.0) % 360.0 - 180.0
        middle = float(np.median(self.latitude_deg))
        east = (turned - np.median(turned)) * np.cos(np.radians(middle)) * METRES_PER_DEGREE
        height = np.nan_to_num(self.height_m)
        return np.stack([east, (self.latitude_deg - middle) * METRES_PER_DEGREE, height - np.median(height)])


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


def check_places(place: Place, times: TimeArray, header: str, rows: IntArray) -> Checked:
    """Return which positions cannot belong to the flight: out of its reach, or left and come back to faster than sound.

    A code for no position (-1, -1) or the last place of another flight is no number outside its range, and one of them
    is a curtain as long as the way there.

    Parameters
    ----------
    place
        Where the aircraft was said to be.
    times
        datetime64[us], NaT where missing, shape (n,).
    header
        Header of the latitude.
    rows
        Rows of the file, shape (n,).
    """
    known = np.flatnonzero(np.isfinite(place.latitude_deg) & np.isfinite(place.longitude_deg))
    is_outside = np.zeros(times.size, dtype=np.bool_)
    if known.size < _LEAST_PLACES:
        return Checked("position", is_outside, None)
    way = place.at(known).metres()
    is_far = np.hypot(way[0], way[1]) > _REACH_M
    is_outside[known[is_far]] = True
    near = np.flatnonzero(~is_far)
    is_outside[known[near[_is_excursion(way[:, near], times[known[near]])]]] = True
    if not is_outside.any():
        return Checked("position", is_outside, None)
    first, count = int(np.flatnonzero(is_outside)[0]), int(is_outside.sum())
    value = f"{place.latitude_deg[first]:.6g}, {place.longitude_deg[first]:.6g}, {place.height_m[first]:.6g} m"
    row = int(rows[first])
    fault = Fault.of(
        "out_of_place",
        column=header,
        row=row,
        value=value,
        allowed=phrase("allowed.place", reach=_REACH_M / 1000.0, fastest=_FASTEST_M_S),
        count=count,
        others=and_others(count),
    )
    return Checked("position", is_outside, fault)


def _is_excursion(way_m: FloatArray, times: TimeArray) -> BoolArray:
    """Tell which places of a path, shape (3, k), are reached from the one before and left for the next too fast."""
    if times.size < _LEAST_PLACES:
        return np.zeros(times.size, dtype=np.bool_)
    is_jump = _speeds(way_m, times, 1) > _FASTEST_M_S
    goes_on = _speeds(way_m, times, 2) <= _FASTEST_M_S
    middle = is_jump[:-1] & is_jump[1:] & goes_on
    return np.concatenate([[is_jump[0] and not is_jump[1]], middle, [is_jump[-1] and not is_jump[-2]]])


def _speeds(way_m: FloatArray, times: TimeArray, apart: int) -> FloatArray:
    """Speed from each place to the one that follows `apart` later, m/s; clocks of whole seconds repeat theirs."""
    seconds = np.abs((times[apart:] - times[:-apart]) / np.timedelta64(1, "s"))
    distance = np.linalg.norm(way_m[:, apart:] - way_m[:, :-apart], axis=0)
    speed: FloatArray = distance / np.where(np.isnan(seconds), np.inf, np.maximum(seconds, 1.0))
    return speed
