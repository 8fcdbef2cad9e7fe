"""A file's cells before anybody knows what they mean: where the header is, which cells are empty, which are numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gasflux.reading.headers import header_key, read_header
from gasflux.reading.units import is_unit
from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.phrases import Phrase

Column = NDArray[Any]
"""float64 (NaN: empty), datetime64[us] (NaT: empty) or object (None: empty)."""

EXAMPLE_HEADER: Final = (
    *("timestamp", "latitude", "longitude", "height_ato"),
    *("windspeed", "winddir", "temperature", "pressure", "ch4"),
)
"""What a header looks like, for whoever sent a file without one."""

HEADER_SEARCH_ROWS: Final = 100
"""How far down a header is looked for; the longest preamble met in practice is some 30 lines."""

_LONGEST_HEADER: Final = 80

EMPTY_TEXTS: Final = frozenset(
    (
        *("", "nan", "na", "n/a", "#n/a", "#na", "<na>", "no data", "nodata", "no_data", "-", "--", "---", "null"),
        *("none", "missing", "#value!", "#div/0!", "#ref!", "#num!", "#null!", "无", "无数据", "空"),
    )
)
"""Cells that say there is no value, in lower case."""

_SENTINELS: Final = np.array([-999.0, -999.9, -999.99, -9999.0, -9999.9, -9999.99, -99999.0])
_SENTINEL_TOLERANCE: Final = 1e-3
"""A sentinel stored in single precision comes back as -999.98999."""

_POINT_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_COMMA_NUMBER: Final = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


@dataclass(frozen=True, eq=False)
class RawTable:
    """The cells of a log below its header."""

    headers: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: IntArray
    """Row of each record in the file, counted from 1, shape (n,)."""
    units: tuple[str, ...] = ()
    """Texts of a units row, as long as `headers`; empty when the file has none."""
    notes: tuple[Phrase, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Lines that are no samples: reason -> count."""

    @property
    def size(self) -> int:
        """Number of records n."""
        return int(self.rows.size)


@dataclass(frozen=True)
class HeaderPlace:
    """Where the header stands: indices from 0 into the rows looked at."""

    index: int
    first_data: int
    headers: tuple[str, ...]
    units: tuple[str, ...]
    score: int
    """How many different columns were recognised in it."""


def is_empty(cell: object) -> bool:
    """Tell whether a cell holds no value."""
    if cell is None or (isinstance(cell, float) and cell != cell):
        return True
    return isinstance(cell, str) and cell.strip().casefold() in EMPTY_TEXTS


def is_number_text(text: str) -> bool:
    """Tell whether a text reads as a number with decimal point or decimal comma."""
    return bool(_POINT_NUMBER.fullmatch(text.strip()) or _COMMA_NUMBER.fullmatch(text.strip()))


def _may_be_header(text: str) -> bool:
    """Tell whether a text is short and begins like a name; spares reading every number and date of a long preamble."""
    start = text.lstrip("\ufeff \t'\"")
    return 0 < len(start) <= _LONGEST_HEADER and not (start[0].isdigit() or start[0] in "+-.")


def _score(cells: Sequence[object], known_keys: frozenset[str], listed: frozenset[str]) -> int:
    """Count the different columns recognised in a row, its texts read as headers."""
    texts = [cell for cell in cells if isinstance(cell, str) and _may_be_header(cell)]
    names = {read_header(text, listed).name for text in texts} - {""}
    return len(names | {header_key(text) for text in texts if header_key(text) in known_keys})


def _is_units_row(cells: Sequence[object]) -> bool:
    """Tell whether a row holds units: texts only, at least two of them known units, or LI-COR's mark."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    if not texts or any(is_number_text(text) for text in texts) or len(texts) < sum(not is_empty(c) for c in cells):
        return False
    return texts[0] == "DATAU" or sum(is_unit(text.strip("()[]")) for text in texts) >= 2


def find_header(
    rows: Sequence[Sequence[object]], known: Iterable[str] = (), listed: frozenset[str] = frozenset()
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
    first_filled = next((i for i, cells in enumerate(rows) if any(not is_empty(cell) for cell in cells)), 0)
    if scores[best] < 2 and best != first_filled:
        return None
    return _place(rows, best, scores[best])


def _place(rows: Sequence[Sequence[object]], index: int, score: int) -> HeaderPlace:
    """Header at `index` with the units row below it, if there is one."""
    headers = tuple("" if cell is None else str(cell).strip() for cell in rows[index])
    below = rows[index + 1] if index + 1 < len(rows) else ()
    if not _is_units_row(below):
        return HeaderPlace(index, index + 1, headers, (), score)
    texts = [str(cell or "").strip().strip("()[]") for cell in below]
    units = tuple((texts + [""] * len(headers))[: len(headers)])
    return HeaderPlace(index, index + 2, headers, units, score)


def pack_column(cells: Sequence[object]) -> Column:
    """Return cells as the plainest array that holds them all without loss."""
    kinds = {type(cell) for cell in cells}
    if kinds <= {float, int}:
        return np.array(cells, dtype=np.float64)
    clean = [None if is_empty(cell) else cell for cell in cells]
    kinds = {type(cell) for cell in clean} - {type(None)}
    if kinds <= {float, int}:
        return np.array([np.nan if cell is None else cell for cell in clean], dtype=np.float64)
    if kinds == {datetime}:
        return np.array(clean, dtype="datetime64[us]")
    packed = np.empty(len(clean), dtype=object)
    packed[:] = clean
    return packed


def filled(column: Column) -> BoolArray:
    """Return where a column has a value, shape (n,)."""
    if column.dtype.kind == "O":
        return np.fromiter((cell is not None for cell in column), dtype=np.bool_, count=column.size)
    return np.asarray(~np.isnat(column) if column.dtype.kind == "M" else ~np.isnan(column))


def drop_non_samples(table: RawTable) -> RawTable:
    """Return the table without empty lines, comment lines (one filled cell of three or more) and repeated headers.

    Empty lines do not count as read; the others are counted in `dropped`.
    """
    if not table.columns or not table.size:
        return table
    count = np.zeros(table.size, dtype=np.int64)
    repeats = np.zeros(table.size, dtype=np.int64)
    for header, column in zip(table.headers, table.columns, strict=True):
        count += filled(column)
        if column.dtype.kind == "O" and header:
            repeats += np.asarray(column == header, dtype=np.bool_)
    wanted_cells = 2 if len(table.columns) > 2 else 1
    is_comment = (count > 0) & (count < wanted_cells)
    is_header = (repeats >= 2) & (repeats == count)
    keep = (count > 0) & ~is_comment & ~is_header
    if keep.all():
        return table
    counts = {"comment line": int(is_comment.sum()), "repeated header": int(is_header.sum())}
    return replace(
        table,
        columns=tuple(pack_column(list(c[keep])) if c.dtype.kind == "O" else c[keep] for c in table.columns),
        rows=table.rows[keep],
        dropped={**table.dropped, **{reason: number for reason, number in counts.items() if number}},
    )


def _comma_rule(texts: Iterable[str]) -> str:
    """Tell what a comma means in these texts: ``decimal``, ``thousands``, ``unclear`` or ``none``."""
    with_comma = [text for text in texts if "," in text]
    if not with_comma:
        return "none"
    grouped = [bool(_THOUSANDS.fullmatch(text)) for text in with_comma]
    if all(grouped):
        # "1,234.5" can only be thousands; "1,234" alone may be either.
        return "thousands" if any("." in text or text.count(",") > 1 for text in with_comma) else "unclear"
    return "decimal" if any(_COMMA_NUMBER.fullmatch(text) for text in with_comma) else "none"


def _to_number(text: str, comma_rule: str) -> float | None:
    """Read the number in a text, None when it is none."""
    if comma_rule == "decimal" and _COMMA_NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    if comma_rule == "thousands" and _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    return float(text) if _POINT_NUMBER.fullmatch(text) else None


def _cell_number(cell: object, comma_rule: str) -> float | None:
    """Read the number in a cell: NaN when it is empty, None when it holds something else (a date, a truth value)."""
    if is_empty(cell):
        return float("nan")
    if isinstance(cell, str):
        return _to_number(cell.strip().replace("\u2212", "-"), comma_rule)
    if isinstance(cell, bool | np.bool_ | date | time) or not isinstance(cell, int | float | np.number):
        return None
    return float(cell)


def numbers(column: Column) -> tuple[FloatArray, BoolArray]:
    """Return a column as numbers, and where it holds something that is neither a number nor empty.

    Parameters
    ----------
    column
        Cells, shape (n,).

    Returns
    -------
    values
        float64 with NaN for empty cells, for sentinels such as -999.99, and for what is no number, shape (n,).
    is_bad
        True at cells that are no numbers, shape (n,).
    """
    if column.dtype.kind == "M":
        return np.full(column.size, np.nan), filled(column)
    if column.dtype.kind == "f":
        return _without_sentinels(column), np.zeros(column.size, dtype=np.bool_)
    rule = _comma_rule(cell.strip() for cell in column if isinstance(cell, str))
    cells = [_cell_number(cell, rule) for cell in column]
    is_bad = np.array([cell is None for cell in cells], dtype=np.bool_)
    values = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    return _without_sentinels(values), is_bad


def has_unclear_commas(column: Column) -> bool:
    """Tell whether a column of texts such as ``1,234`` leaves open if the comma is decimal or groups thousands."""
    if column.dtype.kind != "O":
        return False
    return _comma_rule(cell.strip() for cell in column if isinstance(cell, str)) == "unclear"


def _without_sentinels(values: FloatArray) -> FloatArray:
    """Replace sentinel values by NaN."""
    low = np.flatnonzero(values < _SENTINELS.max() + _SENTINEL_TOLERANCE)
    is_sentinel = np.any(np.abs(values[low, None] - _SENTINELS) < _SENTINEL_TOLERANCE, axis=1)
    if not is_sentinel.any():
        return values
    cleaned = values.copy()
    cleaned[low[is_sentinel]] = np.nan
    return cleaned
