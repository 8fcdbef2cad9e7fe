"""Cells with times in any notation -> datetime64: Excel cells and serials, ISO, US, European, Chinese, epochs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gasflux.reading.raw_table import Column, filled, is_empty, numbers
from gasflux.reading.times.limits import latest_time
from gasflux.reading.times.numbers import NAT, Kind, ReadTimes, TimeArray, midnights, times_of_numbers
from gasflux.reading.times.texts import Parts, take_apart
from gasflux.reading.values.number_texts import is_number_text
from gasflux.records import BoolArray, IntArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

if TYPE_CHECKING:
    from gasflux.reading.units import Unit

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
FEW_TIMES: Final = 50_000
"""Texts that the standard library reads sooner than pandas loads, see ``python -m tools.import_cost pandas``."""

_ZONED: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def read_times(column: Column, unit: Unit | None, day_first: bool = False) -> ReadTimes:
    """Return the times that the cells of a column hold.

    Parameters
    ----------
    column
        Cells, shape (n,).
    unit
        Unit of time that the header states; decides between a count and a date where numbers leave it open.
    day_first
        What to take where a date may be read with the day or the month first.
    """
    if column.dtype.kind == "M":
        utc = column.astype("datetime64[us]")
        return ReadTimes(Kind.DATE_TIME, utc, np.zeros(column.size, dtype=np.bool_), is_date_only=_is_date_only(utc))
    if column.dtype.kind == "f":
        return times_of_numbers(column, unit)
    iso = _from_iso(column)
    if iso is not None:
        return iso
    cells = [None if is_empty(cell) else cell for cell in column]
    first = next((cell for cell in cells if cell is not None), 0.0)
    if isinstance(first, int | float | np.number) or (isinstance(first, str) and is_number_text(first)):
        values, is_bad = numbers(column)
        if not is_bad.any():
            return times_of_numbers(values, unit)
    return _from_cells(cells, unit, day_first)


def _from_cells(cells: Sequence[Any], unit: Unit | None, day_first: bool) -> ReadTimes:
    """Return times from a mixture of texts, Excel date cells and numbers."""
    utc = np.full(len(cells), NAT)
    kinds = np.full(len(cells), Kind.NONE, dtype=object)
    for index, cell in enumerate(cells):
        if isinstance(cell, str) or cell is None:
            continue
        kinds[index], utc[index] = _from_object(cell, unit)
    is_text = np.fromiter((isinstance(cell, str) for cell in cells), dtype=np.bool_, count=len(cells))
    texts = np.array(cells, dtype=object)[is_text]
    read = _from_parts(texts, day_first) if texts.size else None
    if read is not None:
        utc[is_text] = read.utc
        kinds[np.flatnonzero(is_text)[~np.isnat(read.utc)]] = read.kind
    kind = _commonest(kinds)
    is_filled = np.fromiter((cell is not None for cell in cells), dtype=np.bool_, count=len(cells))
    utc[kinds != kind] = NAT
    notes, is_mixed = (read.notes, read.is_mixed) if read is not None else ((), False)
    is_bad = is_filled & np.isnat(utc)
    is_date_only = kind is Kind.DATE_TIME and _is_date_only(utc)
    conversion = read.conversion if read else ""
    return ReadTimes(kind, utc, is_bad, conversion, notes, is_mixed, is_date_only=is_date_only)


def _is_date_only(times: TimeArray) -> bool:
    """Tell whether all times are midnights: days without a time of day."""
    given = times[~np.isnat(times)]
    return bool(given.size) and bool(np.all(given.astype("datetime64[D]") == given))


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
        read = times_of_numbers(np.array([cell], dtype=np.float64), unit)
        return read.kind, read.utc[0]
    return Kind.NONE, NAT


def _from_iso(cells: Column) -> ReadTimes | None:
    """Return times where all filled cells are ISO 8601 texts, as in long logs; None when one is not."""
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, str) or not _ISO.match(first):
        return None
    is_filled = filled(cells)
    texts = cells[is_filled]
    read = _parse_iso(texts) if texts.size <= FEW_TIMES else _parse_many_iso(texts)
    if read is None:
        return None
    utc = np.full(cells.size, NAT)
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


def _from_parts(texts: NDArray[np.object_], day_first: bool) -> ReadTimes:
    """Return times from texts in any notation; day and month are told apart by the values of the whole column."""
    parts = [take_apart(text.strip()) for text in texts]
    good = [part for part in parts if part is not None]
    is_read = np.array([part is not None for part in parts], dtype=np.bool_)
    utc = np.full(texts.size, NAT)
    if not good:
        return ReadTimes(Kind.NONE, utc, ~is_read)
    dates = np.array([(part.first, part.second, part.third) for part in good], dtype=np.int64)
    is_open = np.array([part.mark == "?" for part in good], dtype=np.bool_)
    ordered, notes, is_mixed = order_dates(dates, is_open, str(texts[is_read][0]), day_first)
    zones = np.array([part.zone_minutes or 0 for part in good], dtype=np.int64)
    clock = np.array([part.clock_us for part in good], dtype=np.int64)
    has_date = bool(np.any(dates[:, 0] > 0))
    midnight = midnights(ordered) if has_date else np.zeros(len(good), dtype="datetime64[us]")
    utc[is_read] = midnight + clock.astype("timedelta64[us]") - zones.astype("timedelta64[m]")
    is_zoned = any(part.zone_minutes is not None for part in good)
    kind = Kind.DATE_TIME if has_date else Kind.TIME_OF_DAY
    notes = (*notes, *_doubtful_zones(good))
    return ReadTimes(kind, utc, np.isnat(utc), _ZONE_TEXT if is_zoned else "", notes, is_mixed)


def _doubtful_zones(parts: Sequence[Parts]) -> tuple[Phrase, ...]:
    """Say which abbreviations of zones stand for several, so that the times are taken as they stand."""
    names = sorted({part.doubtful_zone for part in parts} - {""})
    return (phrase("note.doubtful_zone", zone=", ".join(names)),) if names else ()


_DOTTED: Final = re.compile(r"\d\.\s?\d{1,2}\.\s?\d{2,4}(?!\d)")
_ORDERS: Final[Mapping[str, tuple[int, int, int]]] = {"month": (2, 0, 1), "day": (2, 1, 0), "year": (0, 1, 2)}
"""What stands first -> places of year, month and day."""

_FIRST_YEAR: Final = 2005
"""No aircraft of this kind logged before; a year of two digits that would be earlier is none."""


def order_dates(
    dates: IntArray, is_open: BoolArray, example: str, day_first: bool = False
) -> tuple[IntArray, tuple[Phrase, ...], bool]:
    """Return dates as year, month, day; a note where their order was assumed; whether several orders occur.

    Parameters
    ----------
    dates
        Parts of dates as written, a year of two digits as it stands where the order is open, shape (n, 3).
    is_open
        Where values must tell the order, shape (n,).
    example
        One of the texts.
    day_first
        What to take where both are dates; points between the parts say the same.
    """
    if not is_open.any():
        return dates, (), False
    found = {first: read for first in _ORDERS if (read := _in_order(dates[is_open], first)) is not None}
    if not found:
        return _order_by_most(dates, is_open)
    # Dots are the mark of countries that write the day first.
    by_dots = _DOTTED.search(example) is not None
    preference = ("day", "month", "year") if by_dots or day_first else ("month", "day", "year")
    # Of readings years apart the latest is the likeliest: logs are read soon after they were written.
    latest = max(int(read[:, 0].max()) for read in found.values())
    best = next(first for first in preference if first in found and int(found[first][:, 0].max()) == latest)
    ordered = dates.copy()
    ordered[is_open] = found[best]
    notes = (phrase(f"note.{best}_first", example=example),) if len(found) > 1 else ()
    return ordered, notes, False


def _order_by_most(dates: IntArray, is_open: BoolArray) -> tuple[IntArray, tuple[Phrase, ...], bool]:
    """Order dates of which some are none: those show whether the day or the month stands first, if not both do."""
    day_first, month_first = bool(np.any(dates[is_open, 0] > 12)), bool(np.any(dates[is_open, 1] > 12))
    if day_first and month_first:
        return dates, (), True
    ordered = dates.copy()
    ordered[is_open] = dates[is_open][:, list(_ORDERS["day" if day_first else "month"])]
    return ordered, (), False


def _in_order(dates: IntArray, first: str) -> IntArray | None:
    """Dates as year, month, day with the named part written first; None where one would be no date."""
    year, month, day = (dates[:, place] for place in _ORDERS[first])
    is_short = year < 100
    if is_short.all():
        year = year + 2000
        is_year = (year >= _FIRST_YEAR) & (year <= int(str(latest_time())[:4]))
    else:
        is_year = ~is_short & (first != "year")
    is_date = is_year & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return np.stack([year, month, day], axis=1) if is_date.all() else None
