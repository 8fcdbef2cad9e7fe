"""Time columns of every make -> one UTC time per record: which columns to use, and how they go together.

A full date-time is preferred, then the seconds since 1970 of an instrument, then a date beside a time of day, then
parts (year, month, ...), then local time, then a time of day or an elapsed time whose day the setting ``start``, the
head or the name of the file tells. Cells are read by `cells`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.errors import Fault
from gasflux.reading.raw_table import numbers
from gasflux.reading.times.beginning import NO_BEGINNING, Beginning, moved_to_start, times_from_beginning
from gasflux.reading.times.cells import read_times
from gasflux.reading.times.date_and_clock import clock_columns, join_date_and_clock, read_clock, read_dates
from gasflux.reading.times.day_counts import (
    GPS_LEAP_S,
    from_count_since,
    from_date_and_hours,
    from_day_of_year,
    from_gps_week,
)
from gasflux.reading.times.numbers import Kind, ReadTimes, calendar_dates, from_epoch, plus_seconds
from gasflux.reading.times.time_columns import Columns, TimeColumn, Times, mixed_orders
from gasflux.records import BoolArray, FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase

_GPS_EPOCH: Final = np.timedelta64(315_964_800 - int(GPS_LEAP_S), "s")
"""From 1970-01-01 to 1980-01-06, less the leap seconds between GPS and UTC since 2017."""

_GPS_AS_UNIX: Final = (np.datetime64("1995-01-01"), np.datetime64("2017-01-01"))
"""When counts of GPS seconds of 2005 to 2027 would lie, taken as since 1970."""

_WHOLE_SECOND_US: Final = 1_000_000
_COUNTER_TOLERANCE_US: Final = 1_500_000
"""A counter and a clock cut to whole seconds differ by less than a second; half a second more for a slow logger."""


def _full(columns: Columns, name: str) -> Times | None:
    """Return times from the best column of `name` that holds dates and times together."""
    for column in columns.get(name, ()):
        counted = from_count_since(column)
        if counted is not None:
            return counted
        read = read_times(column.cells, column.header.unit, column.day_first)
        if (read.kind is Kind.DATE_TIME and not read.is_date_only) or read.is_mixed:
            return _from_gps_epoch(_times(read, (column.header.text,)))
    return None


def _from_gps_epoch(times: Times) -> Times:
    """Return times of a receiver that counts seconds since 1980, which read as since 1970 lie ten years back."""
    given = times.utc[~np.isnat(times.utc)]
    is_gps = times.conversion == "seconds since 1970 -> UTC" and "gps" in times.headers[0].lower()
    if not is_gps or not given.size or not _GPS_AS_UNIX[0] <= np.sort(given)[given.size // 2] < _GPS_AS_UNIX[1]:
        return times
    note = phrase("note.gps_seconds", header=times.headers[0])
    utc = times.utc + _GPS_EPOCH
    return replace(times, utc=utc, conversion="GPS seconds since 1980 -> UTC", notes=(*times.notes, note))


def _times(read: ReadTimes, headers: tuple[str, ...]) -> Times:
    """Wrap what was read of the named columns."""
    fault = mixed_orders(headers[0]) if read.is_mixed else None
    return Times(read.utc, read.is_bad, headers, read.conversion, read.notes, fault)


def _from_timestamp(columns: Columns) -> Times | None:
    """Return times from a full date-time, made finer by a running millisecond counter beside it."""
    times = _full(columns, "timestamp")
    return None if times is None else _refine(times, columns.get("timestamp", ()))


def _refine(times: Times, columns: Sequence[TimeColumn]) -> Times:
    """Use a counter of milliseconds beside whole-second times (as Airdata writes) for the part of the second."""
    stamps = times.utc.astype(np.int64)
    if np.isnat(times.utc).any() or np.any(stamps % _WHOLE_SECOND_US):
        return times
    for column in columns:
        unit = column.header.unit
        if column.header.text in times.headers or unit is None:
            continue
        counter, is_bad = numbers(column.cells)
        if is_bad.any() or np.isnan(counter).any():
            continue
        elapsed = np.rint(counter * float(unit.factor or 1.0) * 1e6).astype(np.int64)
        # The clock shows whole seconds cut off, so the start is the latest that no row contradicts.
        refined = elapsed + np.max(stamps - elapsed)
        if refined.size and np.max(np.abs(refined - stamps)) <= _COUNTER_TOLERANCE_US:
            note = phrase("note.second_parts", header=column.header.text)
            return replace(times, utc=refined.astype("datetime64[us]"), notes=(*times.notes, note))
    return times


def _first(columns: Columns, name: str) -> TimeColumn | None:
    """Preferred column of a name."""
    found = columns.get(name, ())
    return found[0] if found else None


def _first_numbers(
    columns: Columns, names: Sequence[str]
) -> tuple[list[FloatArray], BoolArray, tuple[str, ...]] | None:
    """Numbers of the named columns, where any is bad, and their headers; None when one is missing."""
    found = [column for name in names if (column := _first(columns, name)) is not None]
    if len(found) < len(names):
        return None
    read = [numbers(column.cells) for column in found]
    is_bad = np.any([bad for _, bad in read], axis=0)
    return [values for values, _ in read], is_bad, tuple(column.header.text for column in found)


def _from_seconds_and_nanoseconds(columns: Columns) -> Times | None:
    """Return times from LI-COR's SECONDS and NANOSECONDS since 1970."""
    found = _first_numbers(columns, ("seconds", "nanoseconds"))
    if found is None:
        return None
    (seconds, nanoseconds), is_bad, headers = found
    utc = from_epoch(seconds, 1.0)
    part = np.nan_to_num(np.rint(nanoseconds / 1000.0)).astype("timedelta64[us]")
    return Times(utc + part, is_bad, headers, "seconds and nanoseconds since 1970 -> UTC")


def _from_epoch(columns: Columns) -> Times | None:
    """Return times from a count since 1970."""
    return _full(columns, "epoch")


def _from_date_and_time(columns: Columns) -> Times | None:
    """Return times from a date and a time of day in two columns."""
    for day in (*columns.get("date", ()), *columns.get("timestamp", ()), *columns.get("local_time", ())):
        dates = read_dates(day)
        if dates is None:
            continue
        if not dates.is_date_only:
            return _times(dates, (day.header.text,))
        for clock in clock_columns(columns):
            if clock is not day and (read := read_clock(clock)) is not None:
                return join_date_and_clock(day.header.text, dates, clock.header.text, read)
    return None


def _from_seconds_of_day(columns: Columns) -> Times | None:
    """Return times from seconds of the UTC day beside year, month and day, as SeekOps writes."""
    found = _first_numbers(columns, ("year", "month", "day", "utc_seconds"))
    if found is None:
        return None
    (year, month, day, seconds), is_bad, headers = found
    midnight, is_no_date = calendar_dates(year, month, day)
    return Times(plus_seconds(midnight, seconds), is_bad | is_no_date, headers, "date + seconds of the day")


def _from_parts(columns: Columns) -> Times | None:
    """Return times from year, month, day, hour, minute and (if there is one) second."""
    names = ["year", "month", "day", "hour", "minute", *(["second"] if "second" in columns else [])]
    found = _first_numbers(columns, names)
    if found is None:
        return None
    (year, month, day, hour, minute, *rest), is_bad, headers = found
    midnight, is_no_date = calendar_dates(year, month, day)
    seconds = hour * 3600.0 + minute * 60.0 + (rest[0] if rest else 0.0)
    return Times(plus_seconds(midnight, seconds), is_bad | is_no_date, headers, "parts of date and time joined")


def _from_local_time(columns: Columns) -> Times | None:
    """Return times from local time, where the file has no other."""
    times = _full(columns, "local_time")
    note = phrase("note.local_time")
    return None if times is None else replace(times, notes=(*times.notes, note))


_RECIPES: Final[tuple[Callable[[Columns], Times | None], ...]] = (
    _from_timestamp,
    _from_seconds_and_nanoseconds,
    _from_epoch,
    _from_date_and_time,
    _from_seconds_of_day,
    _from_parts,
    from_date_and_hours,
    from_day_of_year,
    from_gps_week,
    _from_local_time,
)


def resolve_times(columns: Columns, size: int, beginning: Beginning = NO_BEGINNING) -> Times:
    """Return the time of each record.

    Parameters
    ----------
    columns
        Canonical name (``timestamp``, ``date``, ``epoch``, ...) -> columns of that name, the preferred first.
    size
        Number of records.
    beginning
        When the log began, as far as something else than its columns tells.

    Returns
    -------
    Times
        With `fault` set when no column or combination of columns gives date and time.
    """
    columns = _completed(columns, size, beginning)
    for recipe in _RECIPES:
        times = recipe(columns)
        if times is not None:
            return _mention_local(moved_to_start(times, beginning), columns)
    times = times_from_beginning(columns, beginning)
    if times is not None:
        return times
    empty = np.full(size, np.datetime64("NaT", "us"))
    return Times(empty, np.zeros(size, dtype=np.bool_), _all_headers(columns), fault=_why_none(columns))


def _completed(columns: Columns, size: int, beginning: Beginning) -> Columns:
    """Columns with what others of them, or the beginning of the log, tell: an hour called Hora, the year of a day."""
    completed = dict(columns)
    clock = _first(columns, "timestamp")
    if clock is not None and "minute" in columns and "hour" not in columns:
        hours, is_bad = numbers(clock.cells)
        given = hours[np.isfinite(hours)]
        if given.size and not is_bad.any() and np.all((given >= 0.0) & (given < 24.0)):
            completed["hour"] = (clock,)
    day = _first(columns, "day_of_year")
    if day is not None and "year" not in columns and beginning.start is not None:
        year = float(beginning.start.astype("datetime64[Y]").astype(int) + 1970)
        completed["year"] = (replace(day, cells=np.full(size, year)),)
    return completed


def _mention_local(times: Times, columns: Columns) -> Times:
    """Add a note where local time stands unused beside the time taken."""
    unused = [column.header.text for column in columns.get("local_time", ()) if column.header.text not in times.headers]
    if not unused:
        return times
    names = Phrase(", ".join(unused), "、".join(unused))
    note = phrase("note.local_unused", unused=names, used=" + ".join(times.headers))
    return replace(times, notes=(*times.notes, note))


def _all_headers(columns: Columns) -> tuple[str, ...]:
    """Headers of all time columns."""
    return tuple(column.header.text for found in columns.values() for column in found)


def _why_none(columns: Columns) -> Fault:
    """Return the fault that says why the time columns do not give date and time."""
    names = ("timestamp", "local_time", "epoch", "elapsed", "utc_seconds", "date")
    first = next((column for name in names if (column := _first(columns, name)) is not None), None)
    if first is None:
        beside = phrase("hint.beside", headers=", ".join(_all_headers(columns))) if columns else NOTHING
        return Fault.of("no_time", allowed=phrase("allowed.time"), beside=beside)
    read = read_times(first.cells, first.header.unit)
    kind = Kind.NONE if read.kind is Kind.DATE_TIME and not read.is_date_only else read.kind
    header, what = first.header.text, phrase(f"times.{kind.name.lower()}")
    return Fault.of("time_without_date", column=header, allowed=phrase("allowed.time"), header=header, what=what)
