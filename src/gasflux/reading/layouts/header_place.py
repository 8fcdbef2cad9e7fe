"""Where the header of a table stands: the row of names, a row of groups above it, rows of units and labels around it.

Loggers write names, units, process codes and sources in rows of their own, in any order; spreadsheets merge cells of
a group above the names. Whatever the order, the names are the row that reads most like names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gasflux.reading.headers import header_key, instrument_condition, read_header
from gasflux.reading.raw_table import is_empty
from gasflux.reading.units import is_unit
from gasflux.reading.values.number_texts import is_number_text

EXAMPLE_HEADER: Final = (
    *("timestamp", "latitude", "longitude", "height_ato"),
    *("windspeed", "winddir", "temperature", "pressure", "ch4"),
)
"""What a header looks like, for whoever sent a file without one."""

HEADER_SEARCH_ROWS: Final = 100
"""How far down a header is looked for; the longest preamble met in practice is some 30 lines."""

_LONGEST_HEADER: Final = 80
_MOST_LABEL_ROWS: Final = 4
"""Rows of units, process codes and sources that may stand beside the names."""

_TIME_LIKE: Final = re.compile(r"\d{1,4}\s*[-/.:年_]\s*\d{1,2}")

_Row = Sequence[object]


@dataclass(frozen=True)
class HeaderPlace:
    """Where the header stands: indices from 0 into the rows looked at."""

    index: int
    """Row of the names."""
    first_data: int
    headers: tuple[str, ...]
    units: tuple[str, ...]
    score: int
    """How many different columns were recognised in it."""
    labels: tuple[int, ...] = ()
    """Rows beside the names that hold neither names nor units nor samples."""


def _may_be_header(text: str) -> bool:
    """Tell whether a text is short and begins like a name; spares reading every number and date of a long preamble."""
    start = text.lstrip("\ufeff \t'\"")
    return 0 < len(start) <= _LONGEST_HEADER and not (start[0].isdigit() or start[0] in "+-.")


def _score(cells: _Row, known_keys: frozenset[str], listed: frozenset[str]) -> int:
    """Count the different columns recognised in a row, its texts read as headers."""
    texts = [cell for cell in cells if isinstance(cell, str) and _may_be_header(cell)]
    names = {read_header(text, listed).name for text in texts} - {""}
    return len(names | {header_key(text) for text in texts if header_key(text) in known_keys})


def _count_units(cells: _Row) -> int:
    """Count the cells that are known units in a row of words; LI-COR's mark of such a row counts for many."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and not is_empty(cell)]
    if not _is_label_row(cells):
        return 0
    return len(texts) if texts[0] == "DATAU" else sum(is_unit(text.strip("()[]")) for text in texts)


def _is_label_row(cells: _Row) -> bool:
    """Tell whether a row holds words only: neither numbers nor times, of which every sample has some."""
    given = [cell for cell in cells if not is_empty(cell)]
    return bool(given) and all(
        isinstance(cell, str) and not is_number_text(cell) and not _TIME_LIKE.search(cell) for cell in given
    )


def _filled_count(cells: _Row) -> int:
    """Count the cells with something in them."""
    return sum(not is_empty(cell) for cell in cells)


def find_header(
    rows: Sequence[_Row], known: Iterable[str] = (), listed: frozenset[str] = frozenset()
) -> HeaderPlace | None:
    """Return the row that reads most like a header.

    Parameters
    ----------
    rows
        First rows of the file, as cells.
    known
        Headers that the configuration names itself.
    listed
        Gases that the configuration names, as formulas.

    Returns
    -------
    HeaderPlace or None
        The earliest of the rows with most columns recognised; None when no row has two (or the first filled row one).
    """
    known_keys = frozenset(header_key(text) for text in known)
    scores = [_score(cells, known_keys, listed) for cells in rows]
    if not scores or max(scores) == 0:
        return None
    best = scores.index(max(scores))
    first_filled = next((i for i, cells in enumerate(rows) if _filled_count(cells)), 0)
    merged = _merged_header(rows, best, known_keys, listed)
    if merged is not None and merged[2] > scores[best]:
        return _place(rows, *merged)
    if scores[best] < 2 and best != first_filled:
        return None
    return _place(rows, best, _texts(rows[best]), scores[best])


def _texts(cells: _Row) -> tuple[str, ...]:
    """Cells as trimmed texts."""
    return tuple("" if cell is None else str(cell).strip() for cell in cells)


def _merged_header(
    rows: Sequence[_Row], best: int, known_keys: frozenset[str], listed: frozenset[str]
) -> tuple[int, tuple[str, ...], int] | None:
    """Return the better of the headers in two rows around `best`: row of the names, headers, score; None without one.

    Parameters
    ----------
    rows, best
        Rows of the file and the index of the best single header.
    known_keys, listed
        As in `find_header`, the headers by key.
    """
    found = []
    for lower in (best, best + 1):
        if 1 <= lower < len(rows) and _may_be_pair(rows[lower - 1], rows[lower]):
            headers = _joined(_texts(rows[lower - 1]), _texts(rows[lower]), listed)
            found.append((lower, headers, _score(headers, known_keys, listed)))
    return max(found, key=lambda candidate: candidate[2]) if found else None


def _may_be_pair(upper: _Row, lower: _Row) -> bool:
    """Tell whether two rows may be groups and the names in them: words in both, several cells in each."""
    if any(2 * _count_units(cells) > _filled_count(cells) for cells in (upper, lower)):
        return False
    return all(_is_label_row(cells) and _filled_count(cells) >= 2 for cells in (upper, lower))


def _joined(upper: Sequence[str], lower: Sequence[str], listed: frozenset[str]) -> tuple[str, ...]:
    """Headers of two rows, where an empty cell of the upper belongs to the group on its left."""
    headers = []
    group = ""
    for index in range(max(len(upper), len(lower))):
        above = upper[index] if index < len(upper) else ""
        below = lower[index] if index < len(lower) else ""
        group = above or (group if below else "")
        headers.append(_joined_name(group, below, listed) if group and below else below or above)
    return tuple(headers)


def _joined_name(group: str, name: str, listed: frozenset[str]) -> str:
    """Name of a column in a group: both together where that means something, else the name alone where it does."""
    both = f"{group} {name}"
    if read_header(both, listed).name or instrument_condition(both) is not None:
        return both
    return name if read_header(name, listed).name else both


def _place(rows: Sequence[_Row], index: int, headers: tuple[str, ...], score: int) -> HeaderPlace:
    """Header in row `index` with the rows of units and labels around it."""
    beside: list[int] = []
    for row in range(index + 1, min(index + 1 + _MOST_LABEL_ROWS, len(rows))):
        if _is_label_row(rows[row]):
            beside.append(row)
        elif _filled_count(rows[row]):
            break
    first_data = beside[-1] + 1 if beside else index + 1
    # Columns may have no unit or one nobody knows, so a single known one makes the row of units.
    units_row = max(beside, key=lambda row: _count_units(rows[row]), default=None)
    if units_row is None or not _count_units(rows[units_row]):
        units_row = _units_above(rows, index, _filled_count(headers))
    units = _units(rows[units_row], len(headers)) if units_row is not None else ()
    labels = tuple(row for row in beside if row != units_row)
    return HeaderPlace(index, first_data, headers, units, score, labels)


def _units_above(rows: Sequence[_Row], index: int, width: int) -> int | None:
    """Row of units above the names, with rows of labels between them; None when there is none."""
    for row in range(index - 1, max(index - 1 - _MOST_LABEL_ROWS, -1), -1):
        filled, units = _filled_count(rows[row]), _count_units(rows[row])
        if units and (units == filled or (units > 1 and 2 * filled >= width)):
            return row
        if not _is_label_row(rows[row]) or 2 * filled < width:
            return None
    return None


def _units(cells: _Row, width: int) -> tuple[str, ...]:
    """Texts of a units row, as many as there are headers."""
    texts = [str(cell or "").strip().strip("()[]") for cell in cells]
    return tuple((texts + [""] * width)[:width])
