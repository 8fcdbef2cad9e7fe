"""Excel workbooks (.xlsx, .xls) -> raw table, by calamine."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gasflux.errors import InputError, UnsupportedFileError
from gasflux.reading.biff import has_possible_sizes
from gasflux.reading.raw_table import (
    EXAMPLE_HEADER,
    HEADER_SEARCH_ROWS,
    Column,
    HeaderPlace,
    RawTable,
    find_header,
    pack_column,
)
from gasflux.reading.signatures import ACCEPTED
from gasflux.wording.phrases import NOTHING, phrase

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MAX_CELLS: Final = 50_000_000
"""Cells a sheet may span. Calamine holds the whole rectangle: one stray cell in the last corner would cost 400 GB."""

MAX_UNPACKED_BYTES: Final = 2 << 30
_SCANNED_BYTES: Final = 64 << 20
"""Cell by cell only sheets up to this size are scanned: a stray cell is a danger in small sheets."""

_CHUNK_ROWS: Final = 50_000

_DIMENSION: Final = re.compile(rb'<(?:\w+:)?dimension[^>]*\bref="[A-Z]+\d+:([A-Z]+)(\d+)"')
_ROW: Final = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"')
_WIDE_CELL: Final = re.compile(rb'\br="([A-Z]{2,3})\d+"')


def _column_number(letters: bytes) -> int:
    """Return the number of a column from 1: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def _span(xml: bytes) -> tuple[int, int]:
    """Rows and columns that a sheet declares or uses, whichever is more."""
    declared = _DIMENSION.search(xml, 0, 4096)
    rows, columns = (int(declared.group(2)), _column_number(declared.group(1))) if declared else (1, 1)
    rows = max([rows, *map(int, _ROW.findall(xml))])
    columns = max([columns, 26, *map(_column_number, set(_WIDE_CELL.findall(xml)))])
    return rows, columns


def check_size(data: bytes, max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> None:
    """Raise when an .xlsx would unpack to more than a log can be.

    Raises
    ------
    InputError
        When it is no whole zip archive, no workbook, unpacks to too much or has a sheet of over 50 million cells.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive, max_unpacked_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise InputError.of("workbook_cut_off", value=error) from error


def _check_archive(archive: zipfile.ZipFile, limit: int) -> None:
    """Raise when the archive is no workbook or unpacks to too much."""
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names:
        raise _not_a_workbook(names)
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > limit:
        raise InputError.of("workbook_too_large", value=unpacked, limit=limit)
    for name in sorted(names):
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            _check_sheet(archive, name)


def _check_sheet(archive: zipfile.ZipFile, name: str) -> None:
    """Raise when a sheet spans too many cells."""
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"workbooks are deflated, not packed by method {info.compress_type}")
    is_small = info.file_size <= _SCANNED_BYTES
    with archive.open(name) as stream:
        rows, columns = _span(stream.read(_SCANNED_BYTES if is_small else 4096))
    if rows * columns > MAX_CELLS:
        raise InputError.of("sheet_too_large", value=rows * columns, rows=rows, columns=columns, cells=MAX_CELLS)


def _not_a_workbook(names: set[str]) -> UnsupportedFileError:
    """Error for a zip archive that holds something else than an .xlsx."""
    if "xl/workbook.bin" in names or "content.xml" in names:
        code = "workbook_other_kind"
    elif any(name.endswith(".csv") for name in names):
        code = "zip_of_csv"
    else:
        code = "zip_archive"
    return UnsupportedFileError.of(code, allowed=ACCEPTED)


@contextmanager
def _calamine_errors() -> Iterator[None]:
    """Turn every way in which calamine refuses a workbook into an input error."""
    import python_calamine

    try:
        yield
    except python_calamine.PasswordError as error:
        raise encrypted() from error
    except python_calamine.CalamineError as error:
        raise InputError.of("workbook_damaged") from error
    except BaseException as error:
        # A Rust panic derives from BaseException and its class cannot be imported (python-calamine issue 111).
        if type(error).__name__ != "PanicException":
            raise
        raise InputError.of("workbook_malformed") from error


def encrypted() -> InputError:
    """Return the error for a workbook with a password."""
    return InputError.of("workbook_password")


def _choose_sheet(workbook: CalamineWorkbook, sheet: str | int | None) -> int:
    """Index of the sheet asked for, by default the first that is a worksheet.

    Raises
    ------
    InputError
        When there is no such sheet; the message lists those there are.
    """
    names = [str(name) for name in workbook.sheet_names]
    kinds = [str(meta.typ) for meta in workbook.sheets_metadata]
    worksheets = [index for index, kind in enumerate(kinds) if kind.endswith("WorkSheet")]
    if not worksheets:
        raise InputError.of("no_worksheet")
    if sheet is None:
        return worksheets[0]
    index = sheet if isinstance(sheet, int) else names.index(sheet) if sheet in names else -1
    if not 0 <= index < len(names):
        listed = ", ".join(repr(name) for name in names[:20])
        raise InputError.of("no_such_sheet", column="sheet", value=sheet, allowed=listed, asked=repr(sheet))
    return index


def _pack(rows: Iterator[list[Any]], width: int) -> tuple[Column, ...]:
    """Pack rows into columns, by chunks so that a long sheet is never held as Python objects."""
    chunks: list[list[Column]] = []
    while block := list(islice(rows, _CHUNK_ROWS)):
        chunks.append([pack_column(cells) for cells in list(zip(*block, strict=True))[:width]])
    if len(chunks) <= 1:
        return tuple(chunks[0]) if chunks else ()
    return tuple(_join(parts) for parts in zip(*chunks, strict=True))


def _join(parts: tuple[Column, ...]) -> Column:
    """Join the chunks of a column; chunks of different kinds become objects."""
    kinds = {part.dtype for part in parts}
    if len(kinds) == 1:
        return np.concatenate(parts)
    return pack_column([cell for part in parts for cell in part.astype(object).tolist()])


def _no_header(rows: list[list[Any]], sheet: str, names: list[str]) -> InputError:
    """Error for a sheet without a header."""
    others = ", ".join(repr(name) for name in names if name != sheet)
    return InputError.of(
        "sheet_without_header" if rows else "sheet_empty",
        row=1,
        value=sheet,
        allowed=phrase("allowed.header"),
        searched=len(rows),
        others=phrase("hint.other_sheets", names=others) if others else NOTHING,
        example=", ".join(EXAMPLE_HEADER),
    )


def _table(sheet: CalamineSheet, names: list[str], known: tuple[str, ...], listed: frozenset[str]) -> RawTable:
    """Return the records of one sheet."""
    # Rows become Python objects only as they are asked for, which keeps the memory of a long sheet low.
    rows: Iterator[list[Any]] = iter(sheet.iter_rows())
    head = list(islice(rows, HEADER_SEARCH_ROWS))
    place: HeaderPlace | None = find_header(head, known, listed)
    if place is None:
        raise _no_header(head, str(sheet.name), names)
    columns = _pack(chain(head[place.first_data :], rows), len(place.headers))
    size = columns[0].size if columns else 0
    notes = (phrase("note.sheet", sheet=str(sheet.name), count=len(names)),) if len(names) > 1 else ()
    numbers = np.arange(size, dtype=np.int64) + place.first_data + 1
    return RawTable(place.headers, columns, numbers, place.units, notes)


def read_workbook(
    data: bytes,
    sheet: str | int | None = None,
    known: tuple[str, ...] = (),
    listed: frozenset[str] = frozenset(),
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> RawTable:
    """Return the records of one sheet of an .xlsx or .xls.

    Parameters
    ----------
    data
        Content of the file.
    sheet
        Name of the sheet, or its number from 0; None is the first.
    known, listed
        Headers and gases that the configuration names.
    max_unpacked_bytes
        Bytes an .xlsx may unpack to.

    Raises
    ------
    InputError
        When the workbook cannot be opened, has no such sheet, or the sheet has no header.
    """
    if data.startswith(b"PK"):
        check_size(data, max_unpacked_bytes)
    elif not has_possible_sizes(data):
        raise InputError.of("workbook_damaged")
    import python_calamine

    with _calamine_errors():
        workbook = python_calamine.load_workbook(io.BytesIO(data))
        index = _choose_sheet(workbook, sheet)
        chosen = workbook.get_sheet_by_index(index)
        return _table(chosen, [str(name) for name in workbook.sheet_names], known, listed)
