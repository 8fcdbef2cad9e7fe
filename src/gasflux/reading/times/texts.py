"""One text -> the parts of a date and a time of day, in any notation people and loggers write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

_MONTH_NAMES: Final = (
    "jan januar january janv janvier ene enero gen gennaio styczen",
    "feb februar february fevr fevrier fev febrero febbraio fevereiro",
    "mar march mrz marz maerz mars marzo marco",
    "apr april avr avril abr abril aprile",
    "may mai mayo maggio maio mag",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juil juillet julio luglio lug julho",
    "aug august aout ago agosto",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october okt oktober octobre octubre ottobre ott out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember decembre dic diciembre dicembre dezembro",
)
_MONTHS: Final[Mapping[str, int]] = {
    name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()
}
_ZONES: Final[Mapping[str, float]] = {
    "z": 0.0,
    "utc": 0.0,
    "gmt": 0.0,
    "ut": 0.0,
    "wet": 0.0,
    "west": 1.0,
    "cet": 1.0,
    "cest": 2.0,
    "mez": 1.0,
    "mesz": 2.0,
    "eet": 2.0,
    "eest": 3.0,
    "msk": 3.0,
    "est": -5.0,
    "edt": -4.0,
    "cdt": -5.0,
    "mst": -7.0,
    "mdt": -6.0,
    "pst": -8.0,
    "pdt": -7.0,
    "akst": -9.0,
    "akdt": -8.0,
    "hst": -10.0,
    "jst": 9.0,
    "kst": 9.0,
    "hkt": 8.0,
    "sgt": 8.0,
    "awst": 8.0,
    "aest": 10.0,
    "aedt": 11.0,
    "acst": 9.5,
    "acdt": 10.5,
    "nzst": 12.0,
    "nzdt": 13.0,
    "brt": -3.0,
    "nst": -3.5,
    "ndt": -2.5,
    "sast": 2.0,
    "wib": 7.0,
    "pkt": 5.0,
}
"""Abbreviation -> hours east of Greenwich."""

_AMBIGUOUS_ZONES: Final = frozenset({"cst", "ist", "bst", "ast", "gst", "wst", "sst", "amt", "ect", "adt"})
"""Abbreviations that name zones hours apart (CST is China's and the Central American): taken as no zone, and told."""

_WEEKDAYS: Final = (
    r"^(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)?\.?,?\s+|"
    r"(星期|周|週)[一二三四五六日天]\s*"
)
_HALVES: Final = r"\b([ap])\s?\.?\s?m\b\.?"
_CLOCK: Final = (
    r"(?P<half1>AM|PM|上午|下午|午前|午後|오전|오후)?\s*(?P<hour>\d{1,2})\s*[:时點点時h시]\s*(?P<minute>\d{1,2})"
    r"(?:\s*[:分m분]\s*(?:(?P<second>\d{1,2})(?:[.,:](?P<part>\d{1,9}))?\s*[秒s초]?)?)?"
    r"\s*(?P<half2>AM|PM|上午|下午|午前|午後|오전|오후)?\s*(?P<zone>(?:UTC|GMT)?\s?[+-]\d{1,2}:?(?:\d{2})?|[A-Z]{1,4}\b)?"
)
_DAY: Final = (
    r"(?P<a>\d{1,4}|[A-Z]{3,10}\.?)\s*[-/.年년 ]\s*(?P<b>\d{1,2}|[A-Z]{3,10}\.?)\s*[-/.月월 ,]\s*,?\s*"
    r"(?P<c>\d{1,4})(?!\d)\s*[日일]?"
)
_COMPACT: Final = r"(\d{4})(\d{2})(\d{2})[T _-]?(\d{2})[:_-]?(\d{2})(?:[:_-]?(\d{2})([.,]\d+)?)?\s*(.*)"
_ORDINAL: Final = r"(\d{4})[-/ ](\d{3})[T :_-]+(\d{1,2}:\d{2}.*)"
_DATE_ONLY_COMPACT: Final = r"((?:19|20)\d{2})(\d{2})(\d{2})"
_SHUT: Final = (
    r"(?P<day>\d{4}[-_/.:]\d{1,2}[-_/.:]\d{1,2}|\d{1,2}[-_/.:]\d{1,2}[-_/.:]\d{4})"
    r"[T _-]+(?P<hour>\d{1,2})(?P<sign>[-_.])(?P<minute>\d{1,2})(?P=sign)(?P<second>\d{1,2}(?:[.,]\d+)?)(?P<rest>.*)"
)
"""A clock written with dashes, underscores or dots, as file names and some countries have it."""

_YEAR_FIRST: Final = r"^(\d{4})[:_](\d{1,2})[:_](\d{1,2})(?!\d)"
_SHUT_MONTH: Final = r"^(\d{1,2})([A-Za-z]{3})(\d{4})[:\s]*"
_DASHED_CLOCK: Final = r"^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})[-:](\d{1,2}:\d{2})"

_CTIME: Final = (
    r"(?P<month>[A-Z]{3,10})\.?\s+(?P<day>\d{1,2}),?\s+(?P<clock>\d{1,2}:\d{2}\S*(?:\s*[AP]M)?)"
    r"(?:\s+(?P<zone>[A-Z]{1,4}|[+-]\d{2}:?\d{2}))?\s+(?P<year>\d{4})"
)
_PATTERN: Final = rf"(?:{_DAY})?(?:[T,_\s]*{_CLOCK})?"
_CLOCK_FIRST: Final = rf"{_CLOCK}[T,_\s-]+{_DAY}"


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: most logs need none of these, and all would pay for them."""
    return re.compile(source, re.IGNORECASE)


@dataclass(frozen=True)
class Parts:
    """One text taken apart: date parts as written, microseconds of the day, minutes east of Greenwich."""

    first: int
    second: int
    third: int
    mark: str
    """``ymd`` where the order is known, ``?`` where values must tell it, empty without a date."""
    clock_us: int
    zone_minutes: int | None
    has_clock: bool = True
    doubtful_zone: str = ""
    """Abbreviation of a zone that may be several."""


def take_apart(text: str) -> Parts | None:
    """Return the parts of one text, None when it is no time."""
    parts = _matched(text)
    if parts is not None:
        return parts
    simple = _simplified(text)
    return _matched(simple) if simple != text else None


def _simplified(text: str) -> str:
    """Text in the plain notation: without weekday, quotes and brackets, halves of the day and clocks spelt one way."""
    text = unicodedata.normalize("NFKC", text.replace("\u202f", " ").replace("\u200e", "")).strip(" '\"[]()")
    text = re.sub(r"\[[^\]]*$", "", text)
    text = _pattern(_WEEKDAYS).sub("", text).strip()
    text = _pattern(_HALVES).sub(lambda half: f"{half.group(1)}M".upper(), text)
    text = unicodedata.normalize("NFD", text) if not text.isascii() else text
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = _pattern(_YEAR_FIRST).sub(r"\1-\2-\3", text)
    text = _pattern(_SHUT_MONTH).sub(r"\1-\2-\3 ", text).strip()
    ctime = _pattern(_CTIME).fullmatch(text)
    if ctime:
        zone = ctime["zone"] or ""
        return f"{ctime['day']}-{ctime['month']}-{ctime['year']} {ctime['clock']} {zone}".strip()
    shut = _pattern(_SHUT).fullmatch(text)
    if shut:
        return f"{shut['day']} {shut['hour']}:{shut['minute']}:{shut['second']}{shut['rest']}"
    return _pattern(_DASHED_CLOCK).sub(r"\1 \2", text)


def _matched(text: str) -> Parts | None:
    """Parts of a text in plain notation, None when it is in another."""
    compact = _pattern(_COMPACT).fullmatch(text)
    if compact:
        year, month, day, hour, minute, second, part, rest = compact.groups(default="")
        text = f"{year}-{month}-{day} {hour}:{minute}:{second or '00'}{part} {rest}".strip()
    elif bare := _pattern(_DATE_ONLY_COMPACT).fullmatch(text):
        text = "-".join(bare.groups())
    elif ordinal := _pattern(_ORDINAL).fullmatch(text):
        return _from_ordinal(int(ordinal.group(1)), int(ordinal.group(2)), ordinal.group(3))
    match = _pattern(_PATTERN).fullmatch(text) or _pattern(_CLOCK_FIRST).fullmatch(text)
    if match is None or (match["a"] is None and match["hour"] is None):
        return None
    days = _day_parts(match["a"], match["b"], match["c"]) if match["a"] else (0, 0, 0, "")
    clock = _clock_us(match) if match["hour"] else 0
    zone = _zone(match["zone"])
    if days is None or clock is None or zone is None:
        return None
    minutes, doubtful = zone
    return Parts(*days, clock, minutes, match["hour"] is not None, doubtful)


def _from_ordinal(year: int, day_of_year: int, clock: str) -> Parts | None:
    """Parts of a date written as year and day of the year."""
    read = _matched(clock)
    if read is None or read.mark or not 1 <= day_of_year <= 366:
        return None
    from datetime import date, timedelta

    day = date(year, 1, 1) + timedelta(days=day_of_year - 1)
    return Parts(day.year, day.month, day.day, "ymd", read.clock_us, read.zone_minutes)


@lru_cache(maxsize=1024)
def _day_parts(a: str, b: str, c: str) -> tuple[int, int, int, str] | None:
    """Parts of a date; with a year in front or a month by name the order is known and year, month, day come back."""
    a, b, c = a.rstrip("."), b.rstrip("."), c
    numbers = [_MONTHS.get(part.lower()) if part.isalpha() else int(part) for part in (a, b, c)]
    first, second, third = numbers
    if first is None or second is None or third is None:
        return None
    if len(a) == 4 and a.isdigit():
        return first, second, third, "ymd"
    if a.isalpha() and b.isdigit():
        return _full_year(third, c), first, second, "ymd"
    if b.isalpha():
        return _full_year(third, c), second, first, "ymd"
    if len(a) == 3 or len(c) == 3:
        return None
    return first, second, _full_year(third, c) if len(c) == 4 else third, "?"


def _full_year(year: int, text: str) -> int:
    """Year with its century: two digits mean 2000 to 2099."""
    return year + 2000 if len(text) <= 2 else year


def _clock_us(match: re.Match[str]) -> int | None:
    """Microseconds of the day, None when the clock shows no such time."""
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    half = (match["half1"] or match["half2"] or "").upper()
    if half:
        if not 0 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in ("PM", "下午", "午後", "오후") else 0)
    if hour > 24 or minute > 59 or second > 60:
        return None
    part = int((match["part"] or "").ljust(6, "0")[:6])
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + part


@lru_cache(maxsize=64)
def _zone(zone: str | None) -> tuple[int | None, str] | None:
    """Minutes east of Greenwich, None where no zone is written, and an abbreviation that may be several zones.

    The whole is None for letters that are no zone.
    """
    if zone is None:
        return None, ""
    word = zone.strip().lower()
    if word.isalpha():
        if word in _AMBIGUOUS_ZONES:
            return None, zone.strip().upper()
        return (round(_ZONES[word] * 60), "") if word in _ZONES else None
    digits = re.sub(r"[^0-9]", "", zone)
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "")
    total = int(hours or 0) * 60 + int(minutes or 0)
    return (-total if "-" in zone else total), ""
