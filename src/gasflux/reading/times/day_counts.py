"""Times told by a count of days or weeks beside a count within: day of the year, GPS week, hours of a date."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from gasflux.reading.raw_table import numbers
from gasflux.reading.times.cells import read_times
from gasflux.reading.times.date_and_clock import clock_columns, read_clock, read_dates
from gasflux.reading.times.limits import latest_time
from gasflux.reading.times.numbers import calendar_dates, plus_seconds
from gasflux.reading.times.texts import take_apart
from gasflux.reading.times.time_columns import Columns, TimeColumn, Times
from gasflux.records import BoolArray, FloatArray
from gasflux.wording.lookup import phrase

_GPS_WEEK_0: Final = np.datetime64("1980-01-06", "us")
GPS_LEAP_S: Final = 18.0
"""Seconds by which GPS runs ahead of UTC since 2017."""
_WEEK_S: Final = 604_800.0
_ROLLOVER: Final = 1024
"""Receivers with ten bits count the weeks modulo it."""
_JULIAN_DAYS: Final = (2_400_000.0, 2_500_000.0)
_JULIAN_1970: Final = 2_440_587.5
_SINCE: Final = r"since\s+(\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?)"

Counted = tuple[FloatArray, BoolArray, tuple[str, ...]]
"""Numbers, where a cell is none, and the headers they stand under."""


def _numbers(columns: Columns, name: str) -> Counted | None:
    """Numbers of the preferred column of a name, in seconds where its header states a unit of time."""
    found = columns.get(name, ())
    if not found:
        return None
    values, is_bad = numbers(found[0].cells)
    return values, is_bad, (found[0].header.text,)


def from_day_of_year(columns: Columns) -> Times | None:
    """Return times from year and day of the year, with the time of day as its fraction or in columns beside it."""
    day, year = _numbers(columns, "day_of_year"), _numbers(columns, "year")
    if day is None or not np.isfinite(day[0]).any():
        return None
    days, is_bad, headers = day
    if _JULIAN_DAYS[0] < float(np.nanmedian(days)) < _JULIAN_DAYS[1]:
        midnight = np.full(days.size, np.datetime64(0, "us"))
        return Times(plus_seconds(midnight, (days - _JULIAN_1970) * 86_400.0), is_bad, headers, "Julian date -> UTC")
    if year is None:
        return None
    first, is_no_year = calendar_dates(year[0], np.ones(days.size), np.ones(days.size))
    clock = None if np.any(days[np.isfinite(days)] % 1.0) else seconds_of_day(columns)
    is_whole = not np.any(days[np.isfinite(days)] % 1.0)
    if is_whole and clock is None:
        return None
    seconds = (days - 1.0) * 86_400.0
    if clock is not None:
        seconds, is_bad, headers = seconds + clock[0], is_bad | clock[1], (*headers, *clock[2])
    headers = (*year[2], *headers)
    return Times(plus_seconds(first, seconds), is_bad | is_no_year | year[1], headers, "year + day of the year -> date")


def seconds_of_day(columns: Columns) -> Counted | None:
    """Return seconds of the day from hours (minutes, seconds), from a count of them, or from a clock."""
    hour = _numbers(columns, "hour")
    if hour is not None:
        seconds, is_bad, headers = 3600.0 * hour[0], hour[1], hour[2]
        for name, length in (("minute", 60.0), ("second", 1.0)):
            part = _numbers(columns, name)
            if part is not None:
                seconds, is_bad, headers = seconds + length * part[0], is_bad | part[1], (*headers, *part[2])
        return seconds, is_bad, headers
    for column in clock_columns(columns):
        read = read_clock(column)
        if read is not None:
            since_midnight = (read.utc - np.datetime64(0, "us")) / np.timedelta64(1, "s")
            return np.asarray(since_midnight, dtype=np.float64), read.is_bad, (column.header.text,)
    return None


def from_date_and_hours(columns: Columns) -> Times | None:
    """Return times from a date beside hours, with minutes and seconds in columns of their own or as their fraction."""
    hours = _numbers(columns, "hour")
    if hours is None or ("minute" not in columns and not np.any(hours[0][np.isfinite(hours[0])] % 1.0)):
        return None
    for day in columns.get("date", ()):
        dates, clock = read_dates(day), seconds_of_day(columns)
        if dates is not None and dates.is_date_only and clock is not None:
            headers = (day.header.text, *clock[2])
            midnight = dates.utc.astype("datetime64[D]").astype("datetime64[us]")
            return Times(
                plus_seconds(midnight, clock[0]), dates.is_bad | clock[1], headers, "date + hours", dates.notes
            )
    return None


def from_gps_week(columns: Columns) -> Times | None:
    """Return times from the GPS week and the time in it, seconds or milliseconds."""
    week, within = _numbers(columns, "gps_week"), _numbers(columns, "gps_time_of_week")
    if week is None or within is None or not np.isfinite(within[0]).any() or not np.isfinite(week[0]).any():
        return None
    seconds = within[0]
    unit = columns["gps_time_of_week"][0].header.unit
    factor = float(unit.factor or 1.0) if unit is not None else 1e-3 if np.nanmax(seconds) > _WEEK_S else 1.0
    weeks, latest = week[0], latest_time()
    newest = _GPS_WEEK_0 + np.timedelta64(int(7 * np.nanmax(weeks)), "D")
    rollovers = int((latest - newest) / np.timedelta64(7 * _ROLLOVER, "D")) if np.nanmax(weeks) < _ROLLOVER else 0
    start = plus_seconds(np.full(weeks.size, _GPS_WEEK_0), (weeks + _ROLLOVER * rollovers) * _WEEK_S - GPS_LEAP_S)
    headers = (*week[2], *within[2])
    conversion = "GPS week and time of week -> UTC"
    notes = (phrase("note.gps_week", headers=" + ".join(headers)),)
    return Times(plus_seconds(start, seconds * factor), week[1] | within[1], headers, conversion, notes)


def from_count_since(column: TimeColumn) -> Times | None:
    """Return times of a count whose header says since when (``seconds since 2025-06-01 00:00:00``), else None."""
    found = re.search(_SINCE, column.header.text, re.IGNORECASE)
    parts = take_apart(found.group(1)) if found else None
    if found is None or parts is None:
        return None
    start = read_times(np.array([found.group(1)], dtype=object), None).utc[0]
    values, is_bad = numbers(column.cells)
    unit = column.header.unit
    seconds = values * (float(unit.factor or 1.0) if unit is not None else 1.0)
    utc = plus_seconds(np.full(values.size, start), seconds)
    return Times(utc, is_bad, (column.header.text,), f"count since {found.group(1)}")
