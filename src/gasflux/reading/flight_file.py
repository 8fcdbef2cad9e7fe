"""A file, or a frame, becomes a flight log. What a file is, is told by its content and never by its name."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import InputError, TooManyRowsError
from gasflux.reading.columns import listed_gases
from gasflux.reading.files.text_files import frame_columns, read_text
from gasflux.reading.files.workbooks import MAX_UNPACKED_BYTES, encrypted, read_workbook
from gasflux.reading.raw_table import RawTable
from gasflux.reading.signatures import GZIP, OLE, ZIP, refuse_foreign, unsupported
from gasflux.reading.table_to_flight import Inspection, PartInspection, gathered, inspect_part, inspect_table
from gasflux.reading.times.known_start import start_in_name
from gasflux.records import FlightLog
from gasflux.wording.lookup import phrase

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Inspection", "flight_from_frame", "inspect_flight", "inspect_part_file", "read_flight"]


def read_flight(
    path: Path,
    config: PipelineConfig,
    *,
    name: str | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> FlightLog:
    """Return the flight in a file.

    Parameters
    ----------
    path
        An .xlsx, .xls, .csv or .csv.gz; the name's ending does not matter.
    config
        Sheet, columns, units, gases and ranges.
    name
        What to call the file in reports and errors; None takes its own name.
    max_rows
        Rows allowed; None for any number.
    max_unpacked_bytes
        Bytes a workbook or .gz may unpack to.

    Raises
    ------
    UnsupportedFileError
        When the file is of another kind.
    TooManyRowsError
        When it is longer than allowed.
    InputError
        With every fault found in it.
    """
    shown = name or path.name
    try:
        table, sha256 = _opened(path, config, shown, max_rows, max_unpacked_bytes)
    except InputError as error:
        raise type(error)(str(gathered(shown, error.faults)), error.faults) from error
    return inspect_table(table, config, shown, sha256).log_or_raise(shown)


def inspect_flight(
    path: Path,
    config: PipelineConfig,
    *,
    name: str | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> Inspection:
    """Return what a file holds: columns, units, ranges, notes and faults; bad content is an answer, not an error.

    Parameters
    ----------
    path, config, name, max_rows, max_unpacked_bytes
        As in `read_flight`.
    """
    shown = name or path.name
    try:
        table, sha256 = _opened(path, config, shown, max_rows, max_unpacked_bytes)
        return inspect_table(table, config, shown, sha256)
    except InputError as error:
        return Inspection(None, error.faults, None)


def inspect_part_file(
    path: Path,
    config: PipelineConfig,
    *,
    name: str | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> PartInspection:
    """Return what a file holds of a flight whose other quantities stand in other files.

    Parameters
    ----------
    path, config, name, max_rows, max_unpacked_bytes
        As in `read_flight`.
    """
    shown = name or path.name
    try:
        table, sha256 = _opened(path, config, shown, max_rows, max_unpacked_bytes)
        return inspect_part(table, config, shown, sha256)
    except InputError as error:
        return PartInspection(None, error.faults, None)


def _opened(
    path: Path, config: PipelineConfig, name: str, max_rows: int | None, max_unpacked_bytes: int
) -> tuple[RawTable, str]:
    """Return the table in a file and the file's SHA-256; raises as `read_flight`."""
    data = _load(path)
    return _within(_table(data, config, max_unpacked_bytes, name), max_rows), _sha256(data)


def flight_from_frame(frame: pd.DataFrame, config: PipelineConfig, name: str = "frame") -> FlightLog:
    """Return the flight in a frame.

    Parameters
    ----------
    frame
        One row per sample, column names as in a file; a time index is used as column ``timestamp``.
    config
        As in `read_flight`.
    name
        What to call it in reports and errors.

    Raises
    ------
    InputError
        With every fault found in it; rows count from 1 for the column names, as in a file.
    """
    import pandas as pd

    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis(index=str(frame.index.name or "timestamp")).reset_index()
    columns = frame_columns(frame)
    rows = np.arange(len(frame), dtype=np.int64) + 2
    table = RawTable(tuple(str(column) for column in frame.columns), columns, rows)
    return inspect_table(table, config, name, _table_sha256(table)).log_or_raise(name)


def _table_sha256(table: RawTable) -> str:
    """SHA-256 of headers and cells."""
    digest = hashlib.sha256()
    for header, column in zip(table.headers, table.columns, strict=True):
        digest.update(header.encode() + b"\x00")
        digest.update(repr(column.tolist()).encode() if column.dtype.kind == "O" else column.tobytes())
    return digest.hexdigest()


def _sha256(data: bytes) -> str:
    """SHA-256 of the file as it was given."""
    return hashlib.sha256(data).hexdigest()


def _load(path: Path) -> bytes:
    """Content of a file.

    Raises
    ------
    InputError
        When it cannot be read or is empty.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError.of("file_unreadable", reason=error.strerror or error) from error
    if not data[:4096].strip() and not data.strip():
        raise InputError.of("file_empty")
    return data


def _table(data: bytes, config: PipelineConfig, max_unpacked_bytes: int, name: str) -> RawTable:
    """Cells of a file, by the signature of its content.

    Raises
    ------
    InputError
        When it is of another kind, damaged, protected, or has no header.
    """
    if data.startswith(GZIP):
        data = _unpack(data, max_unpacked_bytes)
    known, listed = tuple(config.columns.values()), listed_gases(config)
    if data.startswith((ZIP, OLE)):
        if data.startswith(OLE):
            _check_ole(data)
        table = read_workbook(data, config.sheet, known, listed, max_unpacked_bytes)
    else:
        refuse_foreign(data)
        table = read_text(data, known, listed)
    return table if table.start is not None else replace(table, start=start_in_name(name))


def _within(table: RawTable, max_rows: int | None) -> RawTable:
    """Return the table, unless it is longer than allowed."""
    if max_rows is None or table.size <= max_rows:
        return table
    allowed = phrase("allowed.rows", limit=max_rows)
    raise TooManyRowsError.of("too_many_rows", value=table.size, allowed=allowed, size=table.size, limit=max_rows)


def _unpack(data: bytes, limit: int) -> bytes:
    """Content of a gzip file.

    Raises
    ------
    InputError
        When it is cut off, damaged, or unpacks to more than the limit.
    """
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            unpacked = stream.read(limit + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError.of("gz_damaged") from error
    if len(unpacked) > limit:
        raise InputError.of("gz_too_large", limit=limit)
    if not unpacked.strip():
        raise InputError.of("gz_empty")
    return unpacked


def _check_ole(data: bytes) -> None:
    """Raise when a compound document (the old container of Microsoft Office) is no .xls.

    Raises
    ------
    InputError
        When it is a workbook with a password.
    UnsupportedFileError
        When it is a Word document or the like.
    """
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise encrypted()
    if "Workbook".encode("utf-16-le") not in data and "Book\x00".encode("utf-16-le") not in data:
        raise unsupported("office", "save_workbook")
