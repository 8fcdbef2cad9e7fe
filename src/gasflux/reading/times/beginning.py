"""When a log began, told by the setting ``start``, by its head or by its name, and what follows for its times."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final, Literal

import numpy as np

from gasflux.reading.raw_table import KnownStart
from gasflux.reading.times.cells import read_times
from gasflux.reading.times.date_and_clock import midnights_passed, on_days, read_clock
from gasflux.reading.times.numbers import Kind, ReadTimes, plus_seconds
from gasflux.reading.times.time_columns import Columns, TimeColumn, Times
from gasflux.wording.lookup import phrase


@dataclass(frozen=True)
class Beginning:
    """When a log began, as far as something else than its columns tells."""

    start: np.datetime64 | None
    """datetime64[us]; midnight where only the day is told."""
    has_clock: bool = True
    source: Literal["setting", "head", "name"] = "setting"
    text: str = ""
    """As it stands there."""


_SPAN: Final = re.compile(r"(?:(\d+):)?(\d+):(\d{2}(?:[.,]\d+)?)")

NO_BEGINNING: Final = Beginning(None)


def beginning_of(setting: datetime | date | None, known: KnownStart | None) -> Beginning:
    """Return when a log began: by the setting ``start``, else by the head or the name of the file.

    Parameters
    ----------
    setting
        A day, or day and time; one with a zone is turned into UTC.
    known
        What head or name of the file tell.
    """
    if isinstance(setting, datetime):
        naive = setting.astimezone(UTC).replace(tzinfo=None) if setting.tzinfo else setting
        return Beginning(np.datetime64(naive, "us"), True, "setting", str(setting))
    if setting is not None:
        return Beginning(np.datetime64(setting, "us"), False, "setting", str(setting))
    if known is None:
        return NO_BEGINNING
    start = datetime.combine(known.day, known.clock or time())
    return Beginning(np.datetime64(start, "us"), known.clock is not None, known.source, known.text)


def moved_to_start(times: Times, beginning: Beginning) -> Times:
    """Move times so that the log begins when the setting ``start`` says."""
    given = times.utc[~np.isnat(times.utc)]
    if beginning.start is None or beginning.source != "setting" or not given.size:
        return times
    first = given.min()
    shift = beginning.start - (first if beginning.has_clock else first.astype("datetime64[D]"))
    if not shift:
        return times
    note = phrase("note.moved_to_start", begins=_shown(first + shift), shift=_shown_span(shift))
    return replace(times, utc=times.utc + shift, notes=(*times.notes, note))


def times_from_beginning(columns: Columns, beginning: Beginning) -> Times | None:
    """Return times from a time of day or an elapsed time, and the day or time the log began."""
    for name in ("timestamp", "local_time", "utc_seconds", "epoch", "elapsed", "seconds"):
        for column in columns.get(name, ()):
            times = _counted(column, beginning)
            if times is not None:
                return times
    return None


def _counted(column: TimeColumn, beginning: Beginning) -> Times | None:
    """Return times of one column that holds no date, counted from the beginning of the log."""
    if beginning.start is None:
        return None
    read = _as_elapsed(column) if column.header.name == "elapsed" else read_times(column.cells, column.header.unit)
    clock = read_clock(column) if read.kind is Kind.TIME_OF_DAY or not beginning.has_clock else None
    header = column.header.text
    if clock is not None:
        days = beginning.start.astype("datetime64[D]") + midnights_passed(clock.utc)
        note = phrase(f"note.day_from_{beginning.source}", text=beginning.text, header=header)
        return moved_to_start(
            Times(on_days(days, clock.utc), clock.is_bad, (header,), "day + time of day", (*clock.notes, note)),
            beginning,
        )
    if read.kind is Kind.ELAPSED and read.elapsed_s is not None and beginning.has_clock:
        utc = plus_seconds(np.full(read.utc.size, beginning.start), read.elapsed_s - np.nanmin(read.elapsed_s))
        note = phrase(f"note.start_from_{beginning.source}", text=beginning.text, header=header)
        return Times(utc, read.is_bad, (header,), "start + elapsed time", (*read.notes, note))
    return None


def _as_elapsed(column: TimeColumn) -> ReadTimes:
    """Read a column whose header says that it counts from the start: 07:42 is minutes and seconds, and no clock."""
    read = read_times(column.cells, column.header.unit)
    texts = [cell.strip() if isinstance(cell, str) else "" for cell in column.cells]
    matches = [_SPAN.fullmatch(text) for text in texts]
    if any(matches) and all(match or not text for match, text in zip(matches, texts, strict=True)):
        parts = [match.groups(default="0") if match else None for match in matches]
        seconds = [np.nan if p is None else int(p[0]) * 3600.0 + int(p[1]) * 60.0 + float(p[2]) for p in parts]
        return ReadTimes(Kind.ELAPSED, read.utc, np.zeros(len(texts), dtype=np.bool_), elapsed_s=np.array(seconds))
    if read.kind is not Kind.TIME_OF_DAY:
        return read
    counted = (read.utc - np.datetime64(0, "us")) / np.timedelta64(1, "s")
    return replace(read, kind=Kind.ELAPSED, elapsed_s=np.asarray(counted, dtype=np.float64))


def _shown(time: np.datetime64) -> str:
    """Return a time for a sentence."""
    return str(time.astype("datetime64[s]")).replace("T", " ")


def _shown_span(span: np.timedelta64) -> str:
    """Return a span of time for a sentence, in seconds or days."""
    seconds = float(span / np.timedelta64(1, "s"))
    return f"{seconds / 86_400.0:+g} d" if seconds % 86_400.0 == 0.0 else f"{seconds:+.6g} s"
