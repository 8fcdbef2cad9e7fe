"""Cells with times in any notation -> datetime64: Excel cells and serials, ISO, US, European, Chinese, epochs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gasflux.reading.raw_table import Column, filled, is_empty, numbers
from gasflux.reading.units import Unit
from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.phrases import Phrase, phrase

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


_NAT: Final = np.datetime64("NaT", "us")
_EXCEL_EPOCH_DAYS: Final = 25_569.0
"""Serial number of 1970-01-01 in the 1900 date system."""

_EPOCH_SECONDS: Final = (3.0e8, 4.2e9)
"""Seconds since 1970 of the years 1979 to 2103: what tells seconds, milliseconds, ... from each other."""

_EXCEL_DAYS: Final = (20_000.0, 80_000.0)
_DIGITS_14: Final = (1.9e13, 2.2e13)
"""Numbers written as yyyymmddhhmmss."""

_DIGITS_8: Final = (1.98e7, 2.1e7)
"""Numbers written as yyyymmdd."""

_CLOCK: Final = (
    r"(?P<half1>AM|PM|上午|下午)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})"
    r"(?:\s*[:分]\s*(?:(?P<second>\d{1,2})(?:[.,:](?P<part>\d{1,9}))?\s*秒?)?)?"
    r"\s*(?P<half2>[AP]\.?M\.?|上午|下午)?\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}:?(?:\d{2})?)?"
)
_DAY: Final = (
    r"(?P<a>\d{1,4}|[A-Z]{3,9})\s*[-/.年 ]\s*(?P<b>\d{1,2}|[A-Z]{3,9})\s*[-/.月 ,]\s*,?\s*(?P<c>\d{1,4})\s*日?"
)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})[T _-]?(\d{2}):?(\d{2}):?(\d{2})(\.\d+)?(Z)?")
_PATTERN: Final = re.compile(rf"(?:{_DAY})?(?:[T,_\s]*{_CLOCK})?", re.IGNORECASE)
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_FEW_TIMES: Final = 50_000
"""Texts that the standard library reads in less time than it takes to load pandas."""

_ZONED: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_MONTH_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}


def read_times(column: Column, unit: Unit | None) -> ReadTimes:
    """Return the times that the cells of a column hold.

    Parameters
    ----------
    column
        Cells, shape (n,).
    unit
        Unit of time that the header states; decides between a count and a date where numbers leave it open.
    """
    if column.dtype.kind == "M":
        return ReadTimes(Kind.DATE_TIME, column.astype("datetime64[us]"), np.zeros(column.size, dtype=np.bool_))
    if column.dtype.kind == "f":
        return _from_numbers(column, unit)
    iso = _from_iso(column)
    if iso is not None:
        return iso
    cells = [None if is_empty(cell) else cell for cell in column]
    texts = [cell for cell in cells if isinstance(cell, str)]
    if not texts and not any(isinstance(cell, date | time | timedelta) for cell in cells):
        return _from_numbers(numbers(column)[0], unit)
    return _from_cells(cells, unit)


def from_epoch(values: FloatArray, seconds_per_unit: float) -> TimeArray:
    """Return the times of counts since 1970, NaT for NaN and infinity, shape (n,)."""
    is_finite = np.isfinite(values)
    microseconds = np.rint(np.where(is_finite, values, 0.0) * (seconds_per_unit * 1e6)).astype(np.int64)
    return np.where(is_finite, microseconds.astype("datetime64[us]"), _NAT)


def _count(column: FloatArray, seconds_per_unit: float, name: str) -> ReadTimes:
    """Return times from counts since 1970."""
    utc = from_epoch(column, seconds_per_unit)
    return ReadTimes(Kind.DATE_TIME, utc, np.isinf(column), f"{name} since 1970 -> UTC")


def _within(value: float, limits: tuple[float, float], scale: float = 1.0) -> bool:
    """Tell whether a value lies within limits times a scale."""
    return limits[0] * scale <= value < limits[1] * scale


def _from_numbers(values: FloatArray, unit: Unit | None) -> ReadTimes:
    """Return times from numbers, by their size: serials, counts since 1970, yyyymmddhhmmss, fractions of a day."""
    finite = values[np.isfinite(values)]
    nothing = np.full(values.size, _NAT)
    is_bad = np.isinf(values)
    if finite.size == 0:
        return ReadTimes(Kind.NONE, nothing, is_bad)
    middle = float(np.median(finite))
    for scale, name in ((1.0, "seconds"), (1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")):
        if _within(middle, _EPOCH_SECONDS, scale):
            return _count(values, 1.0 / scale, name)
    if _within(middle, _DIGITS_14):
        return _from_cells([None if np.isnan(value) else f"{value:.0f}" for value in values.tolist()], None)
    if unit is None and finite.min() >= _DIGITS_8[0] and finite.max() < _DIGITS_8[1]:
        midnight, is_no_date = calendar_dates(values // 10_000, values // 100 % 100, values % 100)
        return ReadTimes(Kind.DATE_TIME, midnight, is_bad | is_no_date)
    if unit is None and _within(middle, _EXCEL_DAYS):
        return ReadTimes(Kind.DATE_TIME, _excel(values), is_bad, "Excel serial number -> date and time")
    if unit is None and finite.min() >= 0.0 and finite.max() < 1.0:
        return ReadTimes(Kind.TIME_OF_DAY, _excel(values + _EXCEL_EPOCH_DAYS), is_bad)
    return ReadTimes(Kind.ELAPSED, nothing, is_bad)


def _excel(days: FloatArray) -> TimeArray:
    """Return times of Excel serial numbers; a double of that size holds a microsecond, Excel itself a millisecond."""
    milliseconds = np.rint((days - _EXCEL_EPOCH_DAYS) * 86_400_000.0)
    return from_epoch(milliseconds, 1e-3)


def _from_cells(cells: Sequence[Any], unit: Unit | None) -> ReadTimes:
    """Return times from a mixture of texts, Excel date cells and numbers."""
    utc = np.full(len(cells), _NAT)
    kinds = np.full(len(cells), Kind.NONE, dtype=object)
    for index, cell in enumerate(cells):
        if isinstance(cell, str) or cell is None:
            continue
        kinds[index], utc[index] = _from_object(cell, unit)
    is_text = np.fromiter((isinstance(cell, str) for cell in cells), dtype=np.bool_, count=len(cells))
    texts = np.array(cells, dtype=object)[is_text]
    read = _from_parts(texts) if texts.size else None
    if read is not None:
        utc[is_text] = read.utc
        kinds[np.flatnonzero(is_text)[~np.isnat(read.utc)]] = read.kind
    kind = _commonest(kinds)
    is_filled = np.fromiter((cell is not None for cell in cells), dtype=np.bool_, count=len(cells))
    utc[kinds != kind] = _NAT
    notes, is_mixed = (read.notes, read.is_mixed) if read is not None else ((), False)
    return ReadTimes(kind, utc, is_filled & np.isnat(utc), read.conversion if read else "", notes, is_mixed)


def _commonest(kinds: NDArray[np.object_]) -> Kind:
    """Return the kind most cells are of, NONE when none is of any."""
    counts = {kind: int(np.count_nonzero(kinds == kind)) for kind in Kind if kind is not Kind.NONE}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] else Kind.NONE


def _from_object(cell: object, unit: Unit | None) -> tuple[Kind, np.datetime64]:
    """Kind and time of one cell that is no text."""
    if isinstance(cell, datetime):
        return Kind.DATE_TIME, np.datetime64(cell.replace(tzinfo=None), "us")
    if isinstance(cell, date):
        return Kind.DATE_TIME, np.datetime64(cell, "us")
    if isinstance(cell, time):
        return Kind.TIME_OF_DAY, np.datetime64(datetime.combine(date(1970, 1, 1), cell.replace(tzinfo=None)), "us")
    if isinstance(cell, timedelta):
        return Kind.TIME_OF_DAY, np.datetime64(datetime(1970, 1, 1) + cell, "us")
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        read = _from_numbers(np.array([cell], dtype=np.float64), unit)
        return read.kind, read.utc[0]
    return Kind.NONE, _NAT


def _from_iso(cells: Column) -> ReadTimes | None:
    """Return times where all filled cells are ISO 8601 texts, as in long logs; None when one is not."""
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, str) or not _ISO.match(first):
        return None
    is_filled = filled(cells)
    texts = cells[is_filled]
    read = _parse_iso(texts) if texts.size <= _FEW_TIMES else _parse_many_iso(texts)
    if read is None:
        return None
    utc = np.full(cells.size, _NAT)
    utc[is_filled] = read
    conversion = _ZONE_TEXT if _ZONED.search(first) else ""
    return ReadTimes(Kind.DATE_TIME, utc, np.zeros(cells.size, dtype=np.bool_), conversion)


def _parse_iso(texts: Column) -> TimeArray | None:
    """Return times of ISO 8601 texts, those without a zone taken as UTC; None when one is no such text."""
    try:
        times = [datetime.fromisoformat(text.strip()) for text in texts]
    except (ValueError, AttributeError):
        return None
    naive = [read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read for read in times]
    return np.array(naive, dtype="datetime64[us]")


def _parse_many_iso(texts: Column) -> TimeArray | None:
    """Do the same for a long column, where loading pandas pays."""
    import pandas as pd

    read = pd.to_datetime(pd.Series(texts), format="ISO8601", errors="coerce", utc=True)
    return None if read.isna().any() else read.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")


_ZONE_TEXT: Final = "time zone -> UTC"


@dataclass(frozen=True)
class _Parts:
    """One text taken apart: date parts as written, microseconds of the day, minutes east of Greenwich."""

    first: int
    second: int
    third: int
    mark: str
    clock_us: int
    zone_minutes: int | None


def _take_apart(text: str) -> _Parts | None:
    """Parts of one text, None when it is no time."""
    compact = _COMPACT.fullmatch(text)
    if compact:
        text = "{}-{}-{} {}:{}:{}{}{}".format(*compact.groups(default=""))
    match = _PATTERN.fullmatch(text)
    if match is None or (match["a"] is None and match["hour"] is None):
        return None
    days = _day_parts(match["a"], match["b"], match["c"]) if match["a"] else (0, 0, 0, "")
    clock = _clock_us(match) if match["hour"] else 0
    if days is None or clock is None:
        return None
    return _Parts(*days, clock, _zone_minutes(match["zone"]))


@lru_cache(maxsize=1024)
def _day_parts(a: str, b: str, c: str) -> tuple[int, int, int, str] | None:
    """Parts of a date; with a year in front or a month by name the order is known and year, month, day come back."""
    numbers_ = [_MONTHS.get(part[:3].lower()) if part.isalpha() else int(part) for part in (a, b, c)]
    first, second, third = numbers_
    if first is None or second is None or third is None:
        return None
    if len(a) == 4 and a.isdigit():
        return first, second, third, "ymd"
    if a.isalpha() and b.isdigit():
        return _full_year(third, c), first, second, "ymd"
    if b.isalpha():
        return _full_year(third, c), second, first, "ymd"
    return first, second, _full_year(third, c), "?"


def _full_year(year: int, text: str) -> int:
    """Year with its century: two digits mean 2000 to 2099."""
    return year + 2000 if len(text) <= 2 else year


def _clock_us(match: re.Match[str]) -> int | None:
    """Microseconds of the day, None when the clock shows no such time."""
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    half = (match["half1"] or match["half2"] or "").upper()[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half1"] == "下午" or match["half2"] == "下午" or half == "P" else 0)
    if hour > 24 or minute > 59 or second > 60:
        return None
    part = int((match["part"] or "").ljust(6, "0")[:6])
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + part


def _zone_minutes(zone: str | None) -> int | None:
    """Minutes east of Greenwich; None when no zone is written."""
    if zone is None:
        return None
    digits = re.sub(r"[^0-9]", "", zone)
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "")
    total = int(hours or 0) * 60 + int(minutes or 0)
    return -total if "-" in zone else total


def _from_parts(texts: NDArray[np.object_]) -> ReadTimes:
    """Return times from texts in any notation; day and month are told apart by the values of the whole column."""
    parts = [_take_apart(text.strip()) for text in texts]
    good = [part for part in parts if part is not None]
    is_read = np.array([part is not None for part in parts], dtype=np.bool_)
    utc = np.full(texts.size, _NAT)
    if not good:
        return ReadTimes(Kind.NONE, utc, ~is_read)
    dates = np.array([(part.first, part.second, part.third) for part in good], dtype=np.int64)
    is_open = np.array([part.mark == "?" for part in good], dtype=np.bool_)
    ordered, notes, is_mixed = _order_dates(dates, is_open, str(texts[is_read][0]))
    zones = np.array([part.zone_minutes or 0 for part in good], dtype=np.int64)
    clock = np.array([part.clock_us for part in good], dtype=np.int64)
    has_date = bool(np.any(dates[:, 0] > 0))
    midnight = _midnights(ordered) if has_date else np.zeros(len(good), dtype="datetime64[us]")
    utc[is_read] = midnight + clock.astype("timedelta64[us]") - zones.astype("timedelta64[m]")
    is_zoned = any(part.zone_minutes is not None for part in good)
    kind = Kind.DATE_TIME if has_date else Kind.TIME_OF_DAY
    return ReadTimes(kind, utc, np.isnat(utc), _ZONE_TEXT if is_zoned else "", notes, is_mixed)


def _order_dates(dates: IntArray, is_open: BoolArray, example: str) -> tuple[IntArray, tuple[Phrase, ...], bool]:
    """Dates as year, month, day; a note where the order of day and month was assumed; whether both orders occur."""
    if not is_open.any():
        return dates, (), False
    first, second = dates[is_open, 0], dates[is_open, 1]
    day_first, month_first = bool(np.any(first > 12)), bool(np.any(second > 12))
    if day_first and month_first:
        return dates, (), True
    # Dots are the mark of countries that write the day first.
    by_dots = not month_first and "." in example.split(" ")[0]
    is_day_first = day_first or by_dots
    ordered = dates.copy()
    ordered[is_open] = dates[is_open][:, [2, 1, 0] if is_day_first else [2, 0, 1]]
    if day_first or month_first:
        return ordered, (), False
    code = "note.day_first" if is_day_first else "note.month_first"
    return ordered, (phrase(code, example=example),), False


def _midnights(dates: IntArray) -> TimeArray:
    """Midnights of dates given as year, month, day, shape (n, 3); NaT where there is no such date."""
    year, month, day = dates.T
    start = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    midnight = start.astype("datetime64[D]") + (day - 1)
    is_date = (month >= 1) & (month <= 12) & (day >= 1) & (midnight.astype("datetime64[M]") == start)
    return np.where(is_date, midnight.astype("datetime64[us]"), _NAT)


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
    midnight = _midnights(np.where(is_given[:, None], dates, 1.0).astype(np.int64))
    return np.where(is_given, midnight, _NAT), is_given & np.isnat(midnight)
