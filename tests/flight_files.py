"""Small flights with known values, and the files people would upload them as."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlwt
from numpy.typing import NDArray

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import Fault, InputError
from gasflux.reading.flight_file import flight_from_frame
from gasflux.records import FlightLog

START = datetime(2023, 4, 19, 7, 16, 30, 64_000)
ROWS = 40

Target = TypeVar("Target", Path, io.BytesIO)
Cells = Sequence[object]
Columns = Mapping[str, Cells]


def times(n: int = ROWS, step_s: float = 1.0, start: datetime = START) -> list[datetime]:
    """Return n times."""
    return [start + timedelta(seconds=step_s * i) for i in range(n)]


def flight(n: int = ROWS) -> dict[str, list[object]]:
    """Return a flight of n rows in the columns and units of the contract: two levels, there and back."""
    along = [i if i < n / 2 else n - i for i in range(n)]
    return {
        "timestamp": list(times(n)),
        "latitude": [32.691 + 1e-6 * (i % 1000) for i in range(n)],
        "longitude": [-103.075 + 2e-5 * (1000 - abs(step % 2000 - 1000)) for step in along],
        "height_ato": [5.0 if i < n / 2 else 10.0 for i in range(n)],
        "windspeed": [4.0 + 0.01 * (i % ROWS) for i in range(n)],
        "winddir": [180.0 + 0.5 * (i % ROWS) for i in range(n)],
        "temperature": [16.0 + 0.01 * (i % ROWS) for i in range(n)],
        "pressure": [887.0 - 0.01 * (i % ROWS) for i in range(n)],
        "ch4": [2.2 + 0.001 * (i % ROWS) for i in range(n)],
    }


def floats(cells: Cells) -> NDArray[np.float64]:
    """Return cells as numbers."""
    return np.array([float(str(cell)) for cell in cells])


def renamed(columns: Columns, names: Mapping[str, str]) -> dict[str, Cells]:
    """Return the columns under other headers, in the same order."""
    return {names.get(name, name): cells for name, cells in columns.items()}


def rows_of(columns: Columns) -> list[list[object]]:
    """Return header and rows."""
    return [list(columns), *[list(row) for row in zip(*columns.values(), strict=True)]]


def text_of(columns: Columns, delimiter: str = ",", preamble: str = "", decimal: str = ".") -> str:
    """Return the columns as a text log."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    for row in rows_of(columns):
        writer.writerow([str(c).replace(".", decimal) if isinstance(c, float) else c for c in row])
    return preamble + stream.getvalue()


def write_text(path: Path, columns: Columns, encoding: str = "utf-8", **layout: str) -> Path:
    """Write a text log."""
    path.write_bytes(text_of(columns, **layout).encode(encoding))
    return path


def write_xlsx(path: Target, *sheets: Sequence[Sequence[object]]) -> Target:
    """Write a workbook with sheets named Sheet1, Sheet2, ..."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    book.close()
    return path


def write_xls(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Write a workbook of Excel 97."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    style = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss.000")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if isinstance(cell, datetime):
                # xlwt itself cuts off the part of the second
                sheet.write(i, j, (cell - datetime(1899, 12, 30)).total_seconds() / 86400, style)
            else:
                sheet.write(i, j, cell)
    book.save(str(path))
    return path


def read(cells: Mapping[str, Cells] | pd.DataFrame, /, **config: object) -> FlightLog:
    frame = cells if isinstance(cells, pd.DataFrame) else pd.DataFrame(dict(cells))
    return flight_from_frame(frame, PipelineConfig.model_validate(config))


def refused(cells: Mapping[str, Cells] | pd.DataFrame, /, **config: object) -> dict[str, Fault]:
    with pytest.raises(InputError) as caught:
        read(cells, **config)
    return {fault.code: fault for fault in caught.value.faults}


def changed(without: tuple[str, ...] = (), /, **columns: Cells) -> dict[str, Cells]:
    """The flight without some columns and with others; underscores in names stand for themselves."""
    return {**{name: cells for name, cells in flight().items() if name not in without}, **columns}


def notes(log: FlightLog) -> str:
    return " ".join(note.en for note in log.report.notes)
