"""The day on which a log began, where its head or the name of its file tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final, Literal

import numpy as np

from gasflux.reading.raw_table import KnownStart
from gasflux.reading.times.cells import order_dates
from gasflux.reading.times.limits import FIRST_TIME, latest_time
from gasflux.reading.times.texts import Parts, take_apart

_SAYS_WHEN: Final = (
    r"dat[eu]m?|fecha|time|zeit|heure|hora|start|begin|began|record|log|day|"
    r"日期|时间|時間|开始|開始|起始|采样|測量|测量"
)
_SAYS_OTHER: Final = (
    r"build|\bBD\b|firmware|version|calib|export|creat|print|modif|end|stop|expir|due|certif|install|"
    r"校准|标定|导出|打印|版本|结束|有效"
)
_CLOCK: Final = r"(?:[T\s,_]+(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:\s?[AaPp]\.?\s?[Mm]\.?)?)?"
_IN_TEXT: Final = (
    rf"(?<!\d)(?:\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?{_CLOCK}"
    rf"|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}{_CLOCK}"
    rf"|\d{{1,2}}[\s.-]+[A-Za-z]{{3,9}}[\s.,-]+\d{{4}}{_CLOCK}|[A-Z][a-z]{{2,8}}\.? \d{{1,2}},? \d{{4}}{_CLOCK})(?!\d)"
)
_DAY_IN_NAME: Final = r"(?<!\d)((?:19|20)\d{2})[-_.]?([01]\d)[-_.]?([0-3]\d)(?=\d{6}(?!\d)|\d{4}(?!\d)|\D|$)"
_CLOCK_IN_NAME: Final = r"[T_ -]{0,3}([01]\d|2[0-3])[-_.h]?([0-5]\d)(?:[-_.m]?([0-5]\d))?(?!\d)"


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: most logs need none of these, and all would pay for them."""
    return re.compile(source, re.IGNORECASE)


def start_in_head(lines: Iterable[str]) -> KnownStart | None:
    """Return when a log began by the lines above its header; None where they tell no day, or several.

    Dates of builds, calibrations and exports do not count.
    """
    found = [
        start
        for line in lines
        if _pattern(_SAYS_WHEN).search(line) and not _pattern(_SAYS_OTHER).search(line)
        for start in _starts(line)
    ]
    if len({start.day for start in found}) != 1:
        return None
    return next((start for start in found if start.clock is not None), found[0])


def _starts(line: str) -> Iterator[KnownStart]:
    """Yield the dates in a line."""
    for match in _pattern(_IN_TEXT).finditer(line):
        parts = take_apart(match.group().strip())
        day = _day(parts, match.group()) if parts is not None else None
        if parts is not None and day is not None:
            # A date cell of a spreadsheet is written with midnight as its time.
            has_clock = parts.has_clock and 0 < parts.clock_us < 86_400_000_000
            clock = (datetime.min + timedelta(microseconds=parts.clock_us)).time() if has_clock else None
            yield from _plausible(day, clock, "head", match.group().strip())


def _day(parts: Parts, text: str) -> date | None:
    """Day of a date, None where it is none or may be two."""
    if not parts.mark:
        return None
    dates = np.array([[parts.first, parts.second, parts.third]])
    ordered, notes, is_mixed = order_dates(dates, np.array([parts.mark == "?"]), text)
    is_doubtful = bool(notes) and parts.first != parts.second and "." not in text
    if is_mixed or is_doubtful:
        return None
    try:
        return date(*map(int, ordered[0]))
    except ValueError:
        return None


def start_in_name(name: str) -> KnownStart | None:
    """Return when a log began by the name of its file; None where it tells no day, or several."""
    found: list[KnownStart] = []
    for match in _pattern(_DAY_IN_NAME).finditer(name):
        clock = _pattern(_CLOCK_IN_NAME).match(name, match.end())
        try:
            day = date(*(int(part) for part in match.groups()))
        except ValueError:
            continue
        hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
        at = time(hour, minute, second) if clock else None
        found.extend(_plausible(day, at, "name", match.group() + (clock.group() if clock else "")))
    return found[0] if len({start.day for start in found}) == 1 else None


def _plausible(day: date, clock: time | None, source: Literal["head", "name"], text: str) -> Sequence[KnownStart]:
    """Return the start, unless no flight can have been then."""
    moment = np.datetime64(day, "us")
    return [KnownStart(day, clock, source, text)] if FIRST_TIME <= moment < latest_time() else []
