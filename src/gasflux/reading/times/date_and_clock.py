"""A date and a time of day in columns of their own, in figures or in words, joined to one time per record."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from gasflux.reading.raw_table import Column, numbers
from gasflux.reading.times.cells import read_times
from gasflux.reading.times.limits import latest_time
from gasflux.reading.times.numbers import Kind, ReadTimes, TimeArray, clock_seconds, plus_seconds, short_dates
from gasflux.reading.times.time_columns import Columns, TimeColumn, Times, mixed_orders
from gasflux.records import IntArray
from gasflux.wording.lookup import phrase

_HALF_DAY_US: Final = 43_200_000_000
"""A clock that falls by more has passed midnight."""

_LONGEST_DAY_S: Final = 200_000.0
"""Seconds of the day of a flight that goes on after midnight."""

_EARLIEST_S: Final = 600.0
"""A count that begins lower counts from the start of the log and not from midnight, unless its header says so."""

_EPOCH: Final = np.datetime64(0, "us")


def clock_columns(columns: Columns) -> tuple[TimeColumn, ...]:
    """Columns that may hold the time of day that goes with a date."""
    return tuple(column for name in ("timestamp", "local_time", "utc_seconds") for column in columns.get(name, ()))


def read_dates(column: TimeColumn) -> ReadTimes | None:
    """Dates of a column, those in six digits included; None where it holds none."""
    read = read_times(column.cells, None, column.day_first)
    if read.is_mixed or (read.kind is Kind.DATE_TIME and (read.is_date_only or column.header.name == "date")):
        return read
    if read.kind is not Kind.ELAPSED or column.header.name != "date":
        return None
    found = short_dates(numbers(column.cells)[0], column.header.text, latest_time())
    if found is None:
        return None
    note = phrase("note.short_dates", header=column.header.text, order=found[1])
    return ReadTimes(Kind.DATE_TIME, found[0], read.is_bad, notes=(note,), is_date_only=True)


def read_clock(column: TimeColumn) -> ReadTimes | None:
    """Read times of day, those in six digits (hhmmss) and seconds of the day included; None without any."""
    read = read_times(_with_colons(column.cells), column.header.unit)
    if read.kind is Kind.TIME_OF_DAY:
        return read
    if read.kind is not Kind.ELAPSED or read.elapsed_s is None:
        return None
    seconds, is_bad = clock_seconds(numbers(column.cells)[0])
    conversion, is_said = "hhmmss -> time of day", column.header.name == "utc_seconds"
    if column.header.unit is not None or is_said or is_bad.any():
        seconds, conversion = read.elapsed_s, "seconds of the day"
    is_day = np.nanmin(seconds) >= (0.0 if is_said else _EARLIEST_S) and np.nanmax(seconds) < _LONGEST_DAY_S
    if not is_day or column.header.name == "elapsed":
        return None
    utc = plus_seconds(np.zeros(seconds.size, dtype="datetime64[us]"), seconds)
    return ReadTimes(Kind.TIME_OF_DAY, utc, read.is_bad, conversion)


_SHUT_CLOCK: Final = r"\s*([01]?\d|2[0-3])[.\-_]([0-5]\d)(?:[.\-_]([0-5]\d(?:[.,]\d+)?))?\s*"


def _with_colons(cells: Column) -> Column:
    """Return cells that are all clocks written with points or dashes (``10.05.30``) as with colons, any other as is."""
    first = next((cell for cell in cells if cell is not None), None) if cells.dtype.kind == "O" else None
    if not isinstance(first, str) or re.fullmatch(_SHUT_CLOCK, first) is None:
        return cells
    found = [re.fullmatch(_SHUT_CLOCK, cell) if isinstance(cell, str) else None for cell in cells]
    if any(match is None and cell is not None for match, cell in zip(found, cells, strict=True)):
        return cells
    return np.array([match and ":".join(part for part in match.groups() if part) for match in found], dtype=object)


def join_date_and_clock(day_header: str, dates: ReadTimes, clock_header: str, clock: ReadTimes) -> Times:
    """Join a date and a time of day; a date given in some rows only holds until the next one.

    Parameters
    ----------
    day_header, clock_header
        Headers of the two columns.
    dates, clock
        What was read in them, shape (n,).
    """
    days, is_filled = _carried(dates.utc.astype("datetime64[D]"), clock.utc)
    notes = (*dates.notes, *clock.notes)
    if is_filled:
        notes = (*notes, phrase("note.date_carried", header=day_header))
    days, is_late = _past_midnight(days, clock.utc)
    if is_late:
        notes = (*notes, phrase("note.date_late", header=day_header))
    fault = mixed_orders(day_header) if dates.is_mixed else None
    utc = on_days(days, clock.utc)
    conversion = "date + time of day" if not clock.conversion else f"date + time of day ({clock.conversion})"
    return Times(utc, dates.is_bad | clock.is_bad, (day_header, clock_header), conversion, notes, fault)


def on_days(days: TimeArray, clock: TimeArray) -> TimeArray:
    """Return times of day on the days they belong to, datetime64[us], shape (n,).

    Parameters
    ----------
    days
        datetime64[D], shape (n,).
    clock
        Times of day on 1970-01-01; seconds of the day may run past midnight, shape (n,).
    """
    midnights = days.astype("datetime64[us]")
    return np.asarray(midnights + (clock - _EPOCH), dtype="datetime64[us]")


def _carried(days: TimeArray, clock: TimeArray) -> tuple[TimeArray, bool]:
    """Carry dates down to rows that have a time of day only, one day further where the clock passes midnight.

    Parameters
    ----------
    days
        datetime64[D], NaT where missing, shape (n,).
    clock
        Times of day on 1970-01-01, NaT where missing, shape (n,).

    Returns
    -------
    days, is_carried
        Whether any date was filled in.
    """
    is_given = ~np.isnat(days)
    is_open = ~is_given & ~np.isnat(clock)
    if not is_open.any() or not is_given.any():
        return days, False
    last = np.maximum.accumulate(np.where(is_given, np.arange(days.size), -1))
    last = np.where(last < 0, np.flatnonzero(is_given)[0], last)
    past = midnights_passed(clock)
    filled = days[last] + (past - past[last]).astype("timedelta64[D]")
    return np.where(is_open, filled, days), True


def _past_midnight(days: TimeArray, clock: TimeArray) -> tuple[TimeArray, bool]:
    """Add a day where the clock passes midnight and the date stays behind; tell whether any was added.

    Parameters
    ----------
    days
        datetime64[D], NaT where missing, shape (n,).
    clock
        Times of day on 1970-01-01, NaT where missing, shape (n,).
    """
    index = np.flatnonzero(~np.isnat(days) & ~np.isnat(clock))
    fall = np.diff(clock[index].astype(np.int64)) < -_HALF_DAY_US
    is_same = np.diff(days[index]) == np.timedelta64(0, "D")
    passed = np.concatenate([[0], np.cumsum(fall & is_same)]) if index.size else np.zeros(0, dtype=np.int64)
    if not passed.any():
        return days, False
    # A date that moves on by itself has caught up.
    changes = np.concatenate([[0], np.where(is_same, 0, np.arange(1, index.size))])
    late = days.copy()
    late[index] += (passed - passed[np.maximum.accumulate(changes)]).astype("timedelta64[D]")
    return late, True


def midnights_passed(clock: TimeArray) -> IntArray:
    """Return how many midnights passed since the first row, shape (n,).

    Parameters
    ----------
    clock
        Times of day on 1970-01-01 in the order of the file, NaT where missing, shape (n,).
    """
    is_given = ~np.isnat(clock)
    steps = np.diff(clock[is_given].astype(np.int64), prepend=0)
    counts = np.zeros(clock.size, dtype=np.int64)
    counts[is_given] = np.concatenate([[0], np.cumsum(steps[1:] < -_HALF_DAY_US)]) if steps.size else 0
    return np.asarray(np.maximum.accumulate(counts))
