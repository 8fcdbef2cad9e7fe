"""Cells that carry their unit (``6.05 m/s``, ``22.4 °C``): the numbers as numbers, the unit beside the header."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.errors import Fault
from gasflux.reading.headers import dimension_of, read_header
from gasflux.reading.raw_table import Column, RawTable, numbers
from gasflux.reading.units import find_unit, is_unit
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

_NUMBER_AND_UNIT: Final = re.compile(
    r"\s*([+\-\u2212]?\.?\d[\d.,'\u2019 \u00a0\u202f]*(?:[eE][+-]?\d+)?)\s*([^\d\s.,].*?)\s*"
)


def split_units(table: RawTable) -> RawTable:
    """Return the table with the units of cells moved to `RawTable.units`, and a fault where they disagree.

    Only columns whose header is known and whose cells all carry a known unit are touched.
    """
    if not any(column.dtype.kind == "O" for column in table.columns):
        return table
    columns, units = list(table.columns), [*table.units, *([""] * (len(table.headers) - len(table.units)))]
    faults, notes = list(table.faults), list(table.notes)
    for index, column in enumerate(table.columns):
        found = _taken_apart(column)
        if found is None or not _fits(table.headers[index], found[1]):
            continue
        values, texts = found
        fault = _disagreement(table, index, texts)
        if fault is not None:
            faults.append(fault)
            continue
        columns[index], units[index] = values, units[index] or next(text for text in texts if text)
        notes.append(_note(table.headers[index], units[index]))
    return replace(table, columns=tuple(columns), units=tuple(units), faults=tuple(faults), notes=tuple(notes))


def _fits(header: str, texts: list[str]) -> bool:
    """Tell whether a header is known and one of the units is of what it measures; the S of a latitude is no second."""
    name = read_header(header).name
    dimension = dimension_of(name) if name else None
    return dimension is not None and any(text and find_unit(text, dimension) is not None for text in set(texts))


def _note(header: str, unit: str) -> Phrase:
    """Say that the unit of a column stood in its cells."""
    return phrase("note.unit_in_cells", header=header, unit=unit)


def _taken_apart(column: Column) -> tuple[Column, list[str]] | None:
    """Numbers of a column and the unit of each cell; None unless all its filled cells are a number and a unit."""
    if column.dtype.kind != "O":
        return None
    first = next((cell for cell in column if cell is not None), None)
    if not isinstance(first, str) or not _has_unit(first):
        return None
    matches = [_NUMBER_AND_UNIT.fullmatch(cell) if isinstance(cell, str) else None for cell in column]
    if any(match is None and cell is not None for match, cell in zip(matches, column, strict=True)):
        return None
    texts = ["" if match is None else match.group(2) for match in matches]
    if not all(is_unit(text.strip("()[]")) for text in set(texts) - {""}):
        return None
    cells = np.array([None if match is None else match.group(1) for match in matches], dtype=object)
    values, is_bad = numbers(cells)
    return None if is_bad.any() else (values, [text.strip("()[]") for text in texts])


def _has_unit(text: str) -> bool:
    """Tell whether a text is a number and a unit."""
    match = _NUMBER_AND_UNIT.fullmatch(text)
    return match is not None and is_unit(match.group(2).strip("()[]"))


def _disagreement(table: RawTable, index: int, texts: list[str]) -> Fault | None:
    """Fault of cells in several units, or in another than the header states; None where they agree."""
    header = read_header(table.headers[index])
    dimension = dimension_of(header.name)
    found = {text: find_unit(text, dimension) if dimension else None for text in texts if text}
    wanted = header.unit or next(iter(found.values()))
    for row, text in enumerate(texts):
        if text and (found[text] is None or wanted is None or found[text] != wanted):
            said = wanted.symbol if wanted is not None else next(iter(found))
            place = int(table.rows[row])
            return Fault.of("units_disagree", column=table.headers[index], row=place, value=text, allowed=said)
    return None
