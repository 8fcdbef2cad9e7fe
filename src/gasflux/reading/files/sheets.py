"""Which sheet of a workbook holds the log, and what further sheets add to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gasflux.reading.headers import read_header
from gasflux.reading.layouts.header_place import HeaderPlace
from gasflux.reading.raw_table import Column, RawTable, pack_column
from gasflux.wording.lookup import phrase

_LOG_SCORE: Final = 4
"""So many columns recognised make a log; a cover sheet has fewer."""

_NEEDED: Final = frozenset({"latitude", "longitude", "windspeed", "temperature", "pressure"})
_GAS: Final = "gas"
_HEIGHT: Final = "height"
_HEIGHTS: Final = frozenset({"height_ato", "height_agl", "altitude"})
_TIMES: Final = frozenset({"timestamp", "local_time", "date", "epoch"})


@dataclass(frozen=True)
class SheetHead:
    """A sheet whose first rows were looked at."""

    index: int
    name: str
    is_visible: bool
    place: HeaderPlace | None
    """Its header, None when it has none."""

    @property
    def holds_log(self) -> bool:
        """Tell whether its header is that of a log."""
        return self.place is not None and self.place.score >= _LOG_SCORE


def holds_all(place: HeaderPlace, listed: frozenset[str]) -> bool:
    """Tell whether a header names everything a flight needs, so that no other sheet has to be looked at."""
    return not _missing(_names(place.headers, listed))


def choose_sheet(heads: Sequence[SheetHead]) -> SheetHead | None:
    """Return the sheet that holds the log: the first visible with one, else the likeliest, hidden ones last.

    None when no sheet has a header.
    """
    for is_visible in (True, False):
        found = [head for head in heads if head.is_visible is is_visible and head.place is not None]
        if found:
            best = max(head.place.score for head in found if head.place is not None)
            return next(
                head for head in found if head.holds_log or (head.place is not None and head.place.score == best)
            )
    return None


def _names(headers: Iterable[str], listed: frozenset[str]) -> frozenset[str]:
    """Say what the headers of a sheet hold: canonical names, any height as one, any gas as one."""
    found = set()
    for text in headers:
        header = read_header(text, listed)
        found.add(_GAS if header.is_gas else _HEIGHT if header.name in _HEIGHTS else header.name)
    return frozenset(found - {""})


def _missing(names: frozenset[str]) -> frozenset[str]:
    """Say what a flight needs and these names lack."""
    return frozenset({*_NEEDED, _GAS, _HEIGHT}) - names


def with_other_sheets(
    table: RawTable, heads: Sequence[SheetHead], read: Callable[[SheetHead], RawTable], listed: frozenset[str]
) -> RawTable:
    """Return a table with the rows of sheets that hold what it lacks, each sheet's rows below the others.

    Parameters
    ----------
    table
        The sheet that holds the log.
    heads
        The other visible sheets.
    read
        Reads one of them.
    listed
        Gases that the configuration names.

    Returns
    -------
    RawTable
        With as many rows as all sheets together: times of different sheets are matched later.
    """
    for head in heads:
        wanted = _missing(_names(table.headers, listed))
        if head.place is None or not wanted:
            continue
        adds = wanted & _names(head.place.headers, listed)
        if adds and _time_names(table.headers, listed) & _time_names(head.place.headers, listed):
            table = _stacked(table, read(head), adds, listed)
            names = ", ".join(sorted(adds))
            table = replace(table, notes=(*table.notes, phrase("note.sheets_joined", sheet=head.name, names=names)))
    return table


def _time_names(headers: Iterable[str], listed: frozenset[str]) -> frozenset[str]:
    """Names of the time columns of a sheet."""
    return _names(headers, listed) & _TIMES


def _stacked(table: RawTable, other: RawTable, adds: frozenset[str], listed: frozenset[str]) -> RawTable:
    """Put the rows of another sheet below a table: its times in the same columns, what it adds in new ones."""
    if not table.columns or not other.columns:
        return table
    own = {read_header(text, listed).name: index for index, text in reversed(list(enumerate(table.headers)))}
    below: list[Column] = [_nothing(other.size) for _ in table.columns]
    headers, columns = list(table.headers), list(table.columns)
    units = [*table.units, *([""] * (len(headers) - len(table.units)))]
    for index, text in enumerate(other.headers):
        header = read_header(text, listed)
        kind = _GAS if header.is_gas else _HEIGHT if header.name in _HEIGHTS else header.name
        if header.name in _TIMES and header.name in own:
            below[own[header.name]] = other.columns[index]
        elif kind in adds:
            headers.append(text)
            units.append(other.units[index] if index < len(other.units) else "")
            columns.append(_nothing(table.size))
            below.append(other.columns[index])
    joined = tuple(join_columns(parts) for parts in zip(columns, below, strict=True))
    rows = np.concatenate([table.rows, other.rows])
    return replace(table, headers=tuple(headers), columns=joined, rows=rows, units=tuple(units))


def _nothing(size: int) -> Column:
    """Return a column without a value."""
    return np.full(size, np.nan)


def join_columns(parts: Sequence[Column]) -> Column:
    """Return the pieces of a column as one; pieces of different kinds become objects."""
    if len({part.dtype for part in parts}) == 1:
        return np.concatenate(parts)
    return pack_column([cell for part in parts for cell in part.astype(object).tolist()])
