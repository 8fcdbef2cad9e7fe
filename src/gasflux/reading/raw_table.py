"""A file's cells before anybody knows what they mean: which are empty, which are numbers, which rows no samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from gasflux.reading.values.codes import is_always_code
from gasflux.reading.values.number_texts import Sign, comma_meaning, plain_text, point_meaning, to_number
from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.phrases import Phrase

if TYPE_CHECKING:
    from gasflux.errors import Fault

Column = NDArray[Any]
"""float64 (NaN: empty), datetime64[us] (NaT: empty) or object (None: empty)."""

EMPTY_TEXTS: Final = frozenset(
    (
        *("", "nan", "na", "n/a", "#n/a", "#na", "<na>", "no data", "nodata", "no_data", "-", "--", "---", "null"),
        *("none", "missing", "#value!", "#div/0!", "#ref!", "#num!", "#null!", "无", "无数据", "空"),
    )
)
"""Cells that say there is no value, in lower case."""


@dataclass(frozen=True)
class KnownStart:
    """Day on which a log began, told by something else than its columns."""

    day: date
    clock: time | None
    """Time of day, None where only the day is told."""
    source: Literal["head", "name"]
    text: str
    """As it stands there."""


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
    start: KnownStart | None = None
    """When the log began, as far as the head or the name of the file tells."""
    faults: tuple[Fault, ...] = ()

    @property
    def size(self) -> int:
        """Number of records n."""
        return int(self.rows.size)


def is_empty(cell: object) -> bool:
    """Tell whether a cell holds no value."""
    if cell is None or (isinstance(cell, float) and cell != cell):
        return True
    return isinstance(cell, str) and cell.strip().casefold() in EMPTY_TEXTS


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


_NOTHING: Final = np.array(None, dtype=object)


def filled(column: Column) -> BoolArray:
    """Return where a column has a value, shape (n,)."""
    if column.dtype.kind == "O":
        # Compared by numpy, in a tenth of the time that asking each cell takes.
        return np.asarray(np.not_equal(column, _NOTHING), dtype=np.bool_)
    return np.asarray(~np.isnat(column) if column.dtype.kind == "M" else ~np.isnan(column))


_STATISTICS: Final = frozenset(
    (
        *("mean", "average", "avg", "min", "minimum", "max", "maximum", "std", "stdev", "stddev", "sd", "se", "sum"),
        *("total", "count", "median", "range", "variance", "rms", "standard deviation", "std. dev", "std dev"),
        *(
            "平均",
            "平均值",
            "均值",
            "最小",
            "最小值",
            "最大",
            "最大值",
            "标准差",
            "标准偏差",
            "合计",
            "总计",
            "总和",
            "中位数",
        ),
        *("mittelwert", "moyenne", "media", "promedio", "summe", "gesamt"),
    )
)
"""Words that name a row of statistics, in lower case."""

_STATISTICS_ROWS: Final = 30
"""So far from either end of a table rows of statistics are looked for."""


_WIDE: Final = 5
"""Columns from which two cells are no sample."""


def _statistics_rows(table: RawTable) -> BoolArray:
    """Return where a row near either end is named by a statistic (``Mean``, ``合计``), shape (n,)."""
    found = np.zeros(table.size, dtype=np.bool_)
    ends = _ends(table.size)
    for column in table.columns:
        if column.dtype.kind == "O":
            words = [cell.strip().rstrip(":：.").casefold() if isinstance(cell, str) else "" for cell in column[ends]]
            found[ends] |= np.array([word in _STATISTICS for word in words], dtype=np.bool_)
    return found


def _remarks(table: RawTable) -> BoolArray:
    """Return where a row near either end of a wide table holds words without a digit (``Records: 40``), shape (n,)."""
    found = np.zeros(table.size, dtype=np.bool_)
    if len(table.columns) < _WIDE:
        return found
    ends = _ends(table.size)
    for column in table.columns:
        if column.dtype.kind == "O":
            words = [isinstance(cell, str) and not any(map(str.isdigit, cell)) for cell in column[ends]]
            found[ends] |= np.array(words, dtype=np.bool_)
    return found


def _ends(size: int) -> IntArray:
    """Rows near either end of a table."""
    return np.unique(np.r_[: min(_STATISTICS_ROWS, size), max(size - _STATISTICS_ROWS, 0) : size]).astype(np.int64)


def drop_non_samples(table: RawTable) -> RawTable:
    """Return the table without empty lines, comments (one filled cell of three or more), statistics, repeated headers.

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
    is_comment = ((count > 0) & (count < wanted_cells)) | ((count > 0) & (count <= 2) & _remarks(table))
    is_header = (repeats >= 2) & (repeats == count)
    is_statistic = (count >= wanted_cells) & _statistics_rows(table)
    keep = (count > 0) & ~is_comment & ~is_header & ~is_statistic
    if keep.all():
        return table
    counts = {
        "comment line": is_comment.sum(),
        "repeated header": is_header.sum(),
        "statistics row": is_statistic.sum(),
    }
    return replace(
        table,
        columns=tuple(pack_column(list(c[keep])) if c.dtype.kind == "O" else c[keep] for c in table.columns),
        rows=table.rows[keep],
        dropped={**table.dropped, **{reason: int(number) for reason, number in counts.items() if number}},
    )


def _cell_number(cell: object, comma: Sign, point: Sign) -> float | None:
    """Read the number in a cell: NaN when it is empty, None when it holds something else (a date, a truth value)."""
    if is_empty(cell):
        return float("nan")
    if isinstance(cell, str):
        return to_number(cell, comma, point)
    if isinstance(cell, bool | np.bool_ | date | time) or not isinstance(cell, int | float | np.number):
        return None
    return float(cell)


def numbers(column: Column, decimal: str = ".") -> tuple[FloatArray, BoolArray]:
    """Return a column as numbers, and where it holds something that is neither a number nor empty.

    Parameters
    ----------
    column
        Cells, shape (n,).
    decimal
        Decimal sign of the file, a comma where the file has shown it.

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
        return _without_codes(column), np.zeros(column.size, dtype=np.bool_)
    plain = [plain_text(cell) if isinstance(cell, str) else cell for cell in column]
    texts = [cell for cell in plain if isinstance(cell, str)]
    comma = comma_meaning(texts, decimal)
    point = point_meaning(texts, comma, decimal)
    cells = [_cell_number(cell, comma, point) for cell in plain]
    is_bad = np.array([cell is None for cell in cells], dtype=np.bool_)
    values = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    return _without_codes(values), is_bad


def has_unclear_commas(column: Column) -> bool:
    """Tell whether a column of texts such as ``1,234`` leaves open if the comma is decimal or groups thousands."""
    if column.dtype.kind != "O":
        return False
    return comma_meaning(plain_text(cell) for cell in column if isinstance(cell, str)) is Sign.UNCLEAR


def _without_codes(values: FloatArray) -> FloatArray:
    """Return numbers without codes for none."""
    codes = is_always_code(values)
    return np.where(codes, np.nan, values) if codes.any() else values
