"""ICARTT and NASA Ames files of format index 1001: the head tells columns, units, scales, missing codes and the date.

References
----------
ICARTT File Format Standards V2.0 (NASA ESDS-RFC-029); Gaines and Hipskind 1998, Format Specification for Data Exchange.
Time is counted from midnight UTC of the date in the head and goes on past 86,400 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from typing import Final

import numpy as np

from gasflux.errors import InputError
from gasflux.reading.headers import read_header
from gasflux.reading.layouts.delimiter import TextLayout, lines_of, text_of
from gasflux.reading.layouts.header_place import HeaderPlace
from gasflux.reading.layouts.recognised_text import LaidOut, TextSource
from gasflux.reading.raw_table import Column, RawTable, numbers
from gasflux.reading.times.numbers import plus_seconds
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

_FIRST_LINE: Final = re.compile(r"\s*(\d{1,4})\s*[, ]\s*(1001|1010|1020|2010|2110|2160|2310|3010|4010)\s*(?:,.*)?")
_READ: Final = "1001"
_DATE_LINE, _TIME_LINE, _COUNT_LINE = 6, 8, 9
_UNIT_OF_TIME: Final[Sequence[tuple[str, float]]] = (("hour", 3600.0), ("minute", 60.0), ("day", 86_400.0))
_LIMIT_FLAG: Final = re.compile(r"\b([UL]LOD)_FLAG\s*[:=]\s*(-\d+(?:\.\d*)?)", re.IGNORECASE)
_LIMIT_CODES: Final = {"ULOD": (-7777.0, -77777.0, -777777.0), "LLOD": (-8888.0, -88888.0, -888888.0)}
"""Codes of values above and below what the instrument detects, as the standard has them."""

_BRACKETED: Final = re.compile(r"^(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*$")


@dataclass(frozen=True)
class _Head:
    """What the head of a file says."""

    lines: int
    day: date
    seconds_per_unit: float
    headers: tuple[str, ...]
    units: tuple[str, ...]
    scales: tuple[float, ...]
    missing: tuple[float, ...]
    limits: dict[str, tuple[float, ...]]


def icartt(source: TextSource) -> LaidOut | None:
    """Return the layout of an ICARTT or NASA Ames file, None where the text is of another family.

    Raises
    ------
    InputError
        When its format index is one that holds no simple series in time, or its head is broken.
    """
    first = _FIRST_LINE.fullmatch(text_of(source.text[:200].split(b"\n", 1)[0]))
    if first is None:
        return None
    if first.group(2) != _READ:
        raise InputError.of("ames_other_index", row=1, value=first.group(2), allowed=_READ)
    raw = list(islice(lines_of(source.text), int(first.group(1)) + 1))
    try:
        head = _read_head([text_of(line) for line in raw], int(first.group(1)))
    except (ValueError, IndexError) as error:
        raise InputError.of("ames_broken_head", row=1, value=first.group(1), lines=int(first.group(1))) from error
    delimiter = _delimiter(text_of(raw[head.lines]) if len(raw) > head.lines else "", len(head.headers))
    place = HeaderPlace(head.lines - 1, head.lines, head.headers, head.units, len(head.headers))
    offset = sum(len(line) for line in raw[: head.lines])
    layout = TextLayout(delimiter, place, head.lines + 1, offset, ())
    notes = (phrase("note.ames", day=str(head.day)),)
    return LaidOut(source.text, layout, None, notes, lambda table: _finished(table, head))


def _tokens(line: str) -> list[str]:
    """Parts of a line, between commas where it has some, else between blanks."""
    return [part.strip() for part in line.split(",")] if "," in line else line.split()


def _read_head(lines: Sequence[str], count: int) -> _Head:
    """Read the head of `count` lines."""
    year, month, day = map(int, _tokens(lines[_DATE_LINE])[:3])
    variables = int(_tokens(lines[_COUNT_LINE])[0])
    rest = iter(lines[_COUNT_LINE + 1 : count])
    scales, missing = _floats(rest, variables), _floats(rest, variables)
    named = [_name_and_unit(line) for line in islice(rest, variables)]
    if len(named) < variables or len(scales) < variables or len(missing) < variables:
        raise ValueError("fewer variables than announced")
    time_name, _ = _name_and_unit(lines[_TIME_LINE])
    last = _tokens(lines[count - 1])
    names = last if len(last) == variables + 1 else [time_name, *(name for name, _ in named)]
    unit = _unit_part(lines[_TIME_LINE].lower())
    seconds = next((factor for word, factor in _UNIT_OF_TIME if re.search(rf"\b{word}s?\b", unit)), 1.0)
    units = ("", *(unit for _, unit in named))
    return _Head(count, date(year, month, day), seconds, tuple(names), units, scales, missing, _limits(lines))


def _unit_part(text: str) -> str:
    """Part of the line of the time that tells its unit: before ``from`` or ``since``."""
    return re.split(r"\b(?:from|since|after|elapsed)\b", text)[0]


def _floats(lines: Iterator[str], count: int) -> tuple[float, ...]:
    """Numbers of one or more lines, until there are `count`."""
    found: list[float] = []
    while len(found) < count:
        found.extend(float(token) for token in _tokens(next(lines, "x")) if token)
    return tuple(found)


def _name_and_unit(line: str) -> tuple[str, str]:
    """Name and unit of a variable: between commas (ICARTT), or the unit in brackets (NASA Ames)."""
    if "," in line:
        name, unit, *_ = [*_tokens(line), ""]
        return name, unit
    bracketed = _BRACKETED.match(line.strip())
    return (bracketed.group(1), bracketed.group(2)) if bracketed else (line.strip(), "")


def _limits(lines: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Codes of detection limits, those that the comments name included."""
    limits: dict[str, tuple[float, ...]] = dict(_LIMIT_CODES)
    for line in lines:
        for kind, code in _LIMIT_FLAG.findall(line):
            limits[kind.upper()] = (*limits[kind.upper()], float(code))
    return limits


def _delimiter(line: str, width: int) -> str:
    """Sign that splits a record into as many fields as there are columns."""
    counts = {mark: len(line.split(mark)) if mark != " " else len(line.split()) for mark in ",\t; "}
    return next((mark for mark, count in counts.items() if count == width), ",")


def _finished(table: RawTable, head: _Head) -> RawTable:
    """Apply what the head says: the date to the time, codes and scales to the others."""
    if not table.columns:
        return table
    limits: dict[str, int] = {}
    columns: list[Column] = [_times(table.columns[0], head)]
    for column, scale, missing in zip(table.columns[1:], head.scales, head.missing, strict=True):
        columns.append(_decoded(column, scale, missing, head.limits, limits))
    headers = (_time_header(table.headers[0]), *table.headers[1:])
    notes = (*table.notes, *_limit_notes(limits))
    return replace(table, headers=headers, columns=tuple(columns), notes=notes)


def _times(column: Column, head: _Head) -> Column:
    """Return times of a count from midnight of the date in the head."""
    values, is_bad = numbers(column)
    if is_bad.any():
        return column
    midnight = np.datetime64(datetime.combine(head.day, time()), "us")
    return plus_seconds(np.full(values.size, midnight), values * head.seconds_per_unit)


def _time_header(text: str) -> str:
    """Header under which the time is known to be one, whatever the file calls it."""
    return text if read_header(text).name == "timestamp" else "timestamp"


def _decoded(
    column: Column, scale: float, missing: float, limits: dict[str, tuple[float, ...]], counts: dict[str, int]
) -> Column:
    """Values of a variable: codes left out and counted, the others scaled.

    Parameters
    ----------
    column
        As in the file, shape (n,).
    scale, missing
        Factor and missing code of the variable.
    limits
        Codes of detection limits.
    counts
        Values left out by them so far; added to.
    """
    if column.dtype.kind != "f":
        return column
    values = np.where(column == missing, np.nan, column)
    for kind, codes in limits.items():
        is_code = np.isin(values, codes)
        counts[kind] = counts.get(kind, 0) + int(is_code.sum())
        values[is_code] = np.nan
    return values if scale == 1.0 else values * scale


def _limit_notes(counts: dict[str, int]) -> tuple[Phrase, ...]:
    """Say how many values were outside what the instruments detect."""
    return tuple(phrase(f"note.{kind.lower()}", count=count) for kind, count in counts.items() if count)
