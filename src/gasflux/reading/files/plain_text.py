"""Records of a short text log without quotation marks -> columns; loading pandas would take longer than reading it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from gasflux.reading.raw_table import EMPTY_TEXTS, Column

SHORT: Final = 1_000_000
"""Bytes up to which splitting lines is quicker than loading pandas: ``python -m tools.import_cost pandas``."""

EMPTY_CELLS: Final = frozenset(
    {spelling for text in EMPTY_TEXTS for spelling in (text, text.upper(), text.title())}
    | {"NaN", "-NaN", "-nan", "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)
"""Cells of a text log that hold no value: the usual spellings, and those of C libraries."""

_UNUSUAL: Final = re.compile(rb'"|\r(?!\n)|\xef\xbb\xbf')
# So many digits and no more: beyond, pandas tells integers that a double does not hold from others.
_NUMBER: Final = {
    sign: re.compile(rf"\s*[+-]?(\d{{1,18}}([{sign}]\d*)?|[{sign}]\d+)([eE][+-]?\d{{1,2}})?\s*", re.ASCII)
    for sign in ".,"
}
_NO_NUMBER: Final = re.compile(r"[^\d+\-.,eE\s]|\d-\d", re.ASCII)
_WORD: Final = re.compile(r"\s*[+-]?(inf|infinity|nan|true|false)\s*", re.ASCII | re.IGNORECASE)


def plain_columns(data: bytes, delimiter: str, width: int, decimal: str) -> tuple[Column, ...] | None:
    """Return the columns of a text as pandas would read them.

    Parameters
    ----------
    data
        Records in UTF-8, without the header.
    delimiter
        Sign between the fields.
    width
        Number of columns.
    decimal
        Decimal sign, point or comma.

    Returns
    -------
    tuple of arrays or None
        Columns, each float64 or of objects; None for a text that takes more than splitting: quotation marks, runs of
        blanks between fields, rows with more fields than the header, numbers in unusual notation, truth values.
    """
    if delimiter == " " or _UNUSUAL.search(data):
        return None
    lines = data.decode("utf-8", errors="replace").replace("\r\n", "\n").removesuffix("\n").split("\n")
    records = [line.split(delimiter) for line in lines]
    if max(map(len, records)) > width:
        return None
    filled_up = (record + [""] * (width - len(record)) for record in records)
    columns = [_column(cells, decimal) for cells in zip(*filled_up, strict=True)]
    read = tuple(column for column in columns if column is not None)
    return read if len(read) == width else None


def _column(texts: Sequence[str], decimal: str) -> Column | None:
    """Return a column of numbers only or of texts; None when it is not certain which it is."""
    stripped = [text.lstrip(" ") for text in texts]
    cells = [None if text in EMPTY_CELLS else text for text in stripped]
    filled = [cell for cell in cells if cell is not None]
    if all(map(_NUMBER[decimal].fullmatch, filled)):
        return np.array([np.nan if cell is None else float(cell.replace(decimal, ".")) for cell in cells])
    if any(_NO_NUMBER.search(cell) and not _WORD.fullmatch(cell) for cell in filled):
        return np.array(cells, dtype=object)
    return None
