"""Columns of a file whose decimal sign is a comma: 1.016,45 is a number, and so is 1.016 where it groups thousands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gasflux.errors import Fault
from gasflux.reading.headers import read_header
from gasflux.reading.raw_table import Column, RawTable
from gasflux.reading.values.commas_by_size import read_by_size
from gasflux.reading.values.number_texts import Sign, comma_meaning, plain_text, point_meaning, to_number
from gasflux.wording.lookup import phrase


def settle_commas(table: RawTable, listed: frozenset[str] = frozenset()) -> RawTable:
    """Return the table with every column of such numbers read, and a fault where a point may be either sign.

    Parameters
    ----------
    table
        Cells of a file whose decimal sign is a comma.
    listed
        Gases that the configuration names.
    """
    columns, faults = [], list(table.faults)
    for header, column in zip(table.headers, table.columns, strict=True):
        settled, unclear = _settled(column) if column.dtype.kind == "O" else (column, None)
        known = read_header(header, listed) if unclear is not None else None
        by_size = read_by_size(known, known.unit, _texts(column)) if known is not None else None
        columns.append(settled if by_size is None else by_size)
        if unclear is not None and known is not None and known.name and by_size is None:
            row, value = int(table.rows[unclear]), str(column[unclear])
            faults.append(
                Fault.of("unclear_point", column=header, row=row, value=value, allowed=phrase("allowed.decimal_comma"))
            )
    return replace(table, columns=tuple(columns), faults=tuple(faults))


def _texts(column: Column) -> list[str]:
    """Cells as plain texts, empty where there is none."""
    return [plain_text(cell) if isinstance(cell, str) else "" for cell in column]


def _settled(column: Column) -> tuple[Column, int | None]:
    """Column as numbers where all its cells are some, and the index of the first cell with an unclear point."""
    texts = _texts(column)
    given = [text for text in texts if text]
    comma = comma_meaning(given, ",")
    point = point_meaning(given, comma, ",")
    if point is Sign.UNCLEAR:
        return column, next(index for index, text in enumerate(texts) if "." in text)
    numbers = [to_number(text, comma, point) if text else np.nan for text in texts]
    if not given or any(number is None for number in numbers):
        return column, None
    return np.array(numbers, dtype=np.float64), None
