"""Numbers that tell a time, by their size: counts since an epoch, days of a spreadsheet, digits of a date and clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

if TYPE_CHECKING:
    from gasflux.reading.units import Unit

TimeArray = NDArray[np.datetime64]


class Kind(Enum):
    """What the cells of a column tell about time."""

    DATE_TIME = "date and time"
    TIME_OF_DAY = "time of day"
    ELAPSED = "elapsed time"
    NONE = "nothing"


@dataclass(frozen=True, eq=False)
class ReadTimes:
    """A column read as times. A time of day is counted on 1970-01-01."""

    kind: Kind
    utc: TimeArray
    """datetime64[us], NaT where empty or bad, shape (n,)."""
    is_bad: BoolArray
    conversion: str = ""
    notes: tuple[Phrase, ...] = ()
    is_mixed: bool = False
    """Some dates have the day first and others the month."""
    elapsed_s: FloatArray | None = None
    """Of an elapsed time: seconds, NaN where empty, shape (n,)."""
    is_date_only: bool = False
    """The cells hold days without a time of day."""


NAT: Final = np.datetime64("NaT", "us")
_EXCEL_EPOCH_DAYS: Final = 25_569.0
"""Serial number of 1970-01-01 in the 1900 date system."""

MAC_EXCEL_DAYS: Final = 1462.0
"""Days by which serial numbers of the 1904 date system lag behind those of the 1900 date system."""

_MATLAB_EPOCH_DAYS: Final = 719_529.0
"""MATLAB's datenum of 1970-01-01, days since the year 0."""

_LABVIEW_EPOCH_S: Final = 2_082_844_800.0
"""Seconds from 1904-01-01, where LabVIEW counts from, to 1970-01-01."""

_EPOCH_SECONDS: Final = (3.0e8, 2.9e9)
"""Seconds since 1970 of the years 1979 to 2061: what tells seconds, milliseconds, ... from each other."""

_LABVIEW_SECONDS: Final = (2.9e9, 4.2e9)
"""Seconds since 1904 of the years 1995 to 2037; since 1970 they would lie in 2061 to 2103."""

_EXCEL_DAYS: Final = (20_000.0, 80_000.0)
_FLIGHT_DAYS: Final = 2.0
"""Numbers that spread over more are no days: a flight lasts hours."""

_MATLAB_DAYS: Final = (723_000.0, 767_000.0)
_DIGITS_14: Final = (1.9e13, 2.2e13)
"""Numbers written as yyyymmddhhmmss."""

_DIGITS_12: Final = (1.9e11, 2.2e11)
"""Numbers written as yyyymmddhhmm."""

_DIGITS_12_SHORT: Final = (2.2e11, 3.0e11)
"""Numbers written as yymmddhhmmss of the years 2022 to 2029: others read as yyyymmddhhmm or as a count."""

_DIGITS_8: Final = (1.98e7, 2.1e7)
"""Numbers written as yyyymmdd."""

_MILLISECOND_STEPS: Final = 50.0
"""An elapsed time without unit that grows by so much from row to row counts milliseconds."""


def from_epoch(values: FloatArray, seconds_per_unit: float) -> TimeArray:
    """Return the times of counts since 1970, NaT for NaN and infinity, shape (n,)."""
    is_finite = np.isfinite(values)
    microseconds = np.rint(np.where(is_finite, values, 0.0) * (seconds_per_unit * 1e6)).astype(np.int64)
    return np.where(is_finite, microseconds.astype("datetime64[us]"), NAT)


def midnights(dates: IntArray) -> TimeArray:
    """Return midnights of dates given as year, month, day, shape (n, 3); NaT where there is no such date."""
    year, month, day = dates.T
    start = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    midnight = start.astype("datetime64[D]") + (day - 1)
    is_date = (month >= 1) & (month <= 12) & (day >= 1) & (midnight.astype("datetime64[M]") == start)
    return np.where(is_date, midnight.astype("datetime64[us]"), NAT)


def calendar_dates(year: FloatArray, month: FloatArray, day: FloatArray) -> tuple[TimeArray, BoolArray]:
    """Return midnights of calendar dates given as numbers, and where the numbers are no date.

    Parameters
    ----------
    year, month, day
        Shape (n,); a year of two digits means 2000 to 2099; NaN where missing.
    """
    is_given = np.isfinite(year) & np.isfinite(month) & np.isfinite(day)
    full_year = np.where(year < 100, year + 2000, year)
    dates = np.stack([full_year, month, day], axis=1)
    midnight = midnights(np.where(is_given[:, None], dates, 1.0).astype(np.int64))
    return np.where(is_given, midnight, NAT), is_given & np.isnat(midnight)


def plus_seconds(midnight: TimeArray, seconds: FloatArray) -> TimeArray:
    """Return midnights with seconds of the day added; NaT where either is missing, shape (n,)."""
    part = np.rint(np.nan_to_num(seconds) * 1e6).astype("timedelta64[us]")
    return np.where(np.isfinite(seconds), midnight + part, NAT)


def times_of_numbers(values: FloatArray, unit: Unit | None) -> ReadTimes:
    """Return times from numbers, by their size.

    Parameters
    ----------
    values
        Shape (n,), NaN where missing.
    unit
        Unit of time that the header states; decides between a count and a date where numbers leave it open.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return ReadTimes(Kind.NONE, np.full(values.size, NAT), np.isinf(values))
    middle = float(np.median(finite))
    read = _counts(values, middle) or _digits(values, finite, middle)
    if read is None and unit is None:
        read = _days(values, finite, middle)
    return read or _elapsed(values, unit)


def _within(value: float, limits: tuple[float, float], scale: float = 1.0) -> bool:
    """Tell whether a value lies within limits times a scale."""
    return limits[0] * scale <= value < limits[1] * scale


def _counts(values: FloatArray, middle: float) -> ReadTimes | None:
    """Return times from counts since 1970 or 1904, None where the numbers are of another size."""
    is_bad = np.isinf(values)
    for scale, name in ((1.0, "seconds"), (1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")):
        if _within(middle, _EPOCH_SECONDS, scale) and not _is_digits(values, middle):
            utc = from_epoch(values, 1.0 / scale)
            return ReadTimes(Kind.DATE_TIME, utc, is_bad, f"{name} since 1970 -> UTC")
    if _within(middle, _LABVIEW_SECONDS):
        utc = from_epoch(values - _LABVIEW_EPOCH_S, 1.0)
        return ReadTimes(Kind.DATE_TIME, utc, is_bad, "seconds since 1904 -> UTC")
    return None


def _is_digits(values: FloatArray, middle: float) -> bool:
    """Tell whether numbers are the digits of dates rather than a count of that size."""
    if not (_within(middle, _DIGITS_14) or _within(middle, _DIGITS_12)):
        return False
    read = _digits(values, values[np.isfinite(values)], middle)
    return read is not None and not read.is_bad.any()


def _digits(values: FloatArray, finite: FloatArray, middle: float) -> ReadTimes | None:
    """Return times from the digits of a date and a clock (yyyymmddhhmmss, yyyymmdd), None for other numbers."""
    if _within(middle, _DIGITS_14) or _within(middle, _DIGITS_12):
        scale = 1.0 if _within(middle, _DIGITS_14) else 100.0
        day, clock = np.floor(values * scale / 1e6), values * scale % 1e6
        midnight, is_no_date = _dates(day)
        seconds, is_no_clock = clock_seconds(clock)
        return ReadTimes(Kind.DATE_TIME, plus_seconds(midnight, seconds), np.isinf(values) | is_no_date | is_no_clock)
    if _within(middle, _DIGITS_12_SHORT):
        midnight, is_no_date = _dates(np.floor(values / 1e6))
        seconds, is_no_clock = clock_seconds(values % 1e6)
        return ReadTimes(Kind.DATE_TIME, plus_seconds(midnight, seconds), np.isinf(values) | is_no_date | is_no_clock)
    if finite.min() >= _DIGITS_8[0] and finite.max() < _DIGITS_8[1] and np.all(finite == np.floor(finite)):
        midnight, is_no_date = _dates(values)
        return ReadTimes(Kind.DATE_TIME, midnight, np.isinf(values) | is_no_date, is_date_only=True)
    return None


def _dates(values: FloatArray) -> tuple[TimeArray, BoolArray]:
    """Midnights of numbers written as yyyymmdd, and where they are none."""
    return calendar_dates(values // 10_000, values // 100 % 100, values % 100)


def _days(values: FloatArray, finite: FloatArray, middle: float) -> ReadTimes | None:
    """Return times from counts of days (Excel, MATLAB, fractions of a day), None for other numbers."""
    is_bad = np.isinf(values)
    spread = float(np.subtract(*np.percentile(finite, [95, 5])))
    if _within(middle, _EXCEL_DAYS) and spread <= _FLIGHT_DAYS:
        days_only = bool(np.all(finite == np.floor(finite)))
        text = "Excel serial number -> date and time"
        return ReadTimes(Kind.DATE_TIME, excel_times(values), is_bad, text, is_date_only=days_only)
    if _within(middle, _MATLAB_DAYS) and spread <= _FLIGHT_DAYS:
        utc = excel_times(values - _MATLAB_EPOCH_DAYS + _EXCEL_EPOCH_DAYS)
        return ReadTimes(Kind.DATE_TIME, utc, is_bad, "MATLAB datenum -> date and time")
    if finite.min() >= 0.0 and finite.max() < 1.0:
        return ReadTimes(Kind.TIME_OF_DAY, excel_times(values + _EXCEL_EPOCH_DAYS), is_bad)
    return None


def excel_times(days: FloatArray) -> TimeArray:
    """Return times of Excel serial numbers, shape (n,).

    A double of that size holds a microsecond, Excel itself a millisecond.
    """
    milliseconds = np.rint((days - _EXCEL_EPOCH_DAYS) * 86_400_000.0)
    return from_epoch(milliseconds, 1e-3)


def _elapsed(values: FloatArray, unit: Unit | None) -> ReadTimes:
    """Elapsed time, its unit told by the steps where the header tells none."""
    steps = np.diff(values[np.isfinite(values)])
    is_fine = unit is None and steps.size > 0 and float(np.median(np.abs(steps))) >= _MILLISECOND_STEPS
    seconds = float(unit.factor or 1.0) if unit is not None else 1e-3 if is_fine else 1.0
    notes = (phrase("note.elapsed_milliseconds"),) if is_fine else ()
    nothing = np.full(values.size, NAT)
    return ReadTimes(Kind.ELAPSED, nothing, np.isinf(values), notes=notes, elapsed_s=values * seconds)


def clock_seconds(values: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return seconds of the day of numbers written as hhmmss.sss, and where they are none.

    Parameters
    ----------
    values
        Shape (n,), NaN where missing.
    """
    hour, minute, second = values // 10_000, values // 100 % 100, values % 100
    is_clock = (hour >= 0) & (hour < 24) & (minute < 60) & (second < 60)
    seconds = hour * 3600.0 + minute * 60.0 + second
    return np.where(is_clock, seconds, np.nan), np.isfinite(values) & ~is_clock


def short_dates(values: FloatArray, header: str, latest: np.datetime64) -> tuple[TimeArray, str] | None:
    """Return midnights of numbers of six digits and how they were read; None where they are no dates.

    NMEA writes ddmmyy; yymmdd is taken where the header says so or where ddmmyy gives no date, or none before `latest`.

    Parameters
    ----------
    values
        Shape (n,), NaN where missing.
    header
        Header of the column.
    latest
        Dates after it are not taken.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0 or finite.min() < 0 or finite.max() > 991_231 or np.any(finite != np.floor(finite)):
        return None
    first, second, third = values // 10_000, values // 100 % 100, values % 100
    orders: dict[str, Callable[[], tuple[Any, Any]]] = {
        "ddmmyy": lambda: calendar_dates(third, second, first),
        "yymmdd": lambda: calendar_dates(first, second, third),
        "mmddyy": lambda: calendar_dates(third, first, second),
    }
    stated = [order for order in orders if order in header.lower().replace("/", "").replace("-", "")]
    for order in stated or orders:
        midnight, is_no_date = orders[order]()
        given = midnight[~np.isnat(midnight)]
        is_plausible = given.size and given.min() >= _FIRST_SHORT_DATE and given.max() <= latest
        if not is_no_date.any() and (is_plausible or stated):
            return midnight, order
    return None


_FIRST_SHORT_DATE: Final = np.datetime64("2005-01-01")
"""No aircraft of this kind logged before; what reads as earlier is in another order."""
