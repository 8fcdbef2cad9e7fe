"""Excel workbooks (.xlsx, .xls) -> raw table, by calamine."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gasflux.errors import InputError, UnsupportedFileError
from gasflux.reading.files.sheets import SheetHead, choose_sheet, holds_all, join_columns, with_other_sheets
from gasflux.reading.files.xls_sizes import has_possible_sizes
from gasflux.reading.headers import read_header
from gasflux.reading.layouts.header_place import EXAMPLE_HEADER, HEADER_SEARCH_ROWS, HeaderPlace, find_header
from gasflux.reading.raw_table import Column, KnownStart, RawTable, pack_column
from gasflux.reading.signatures import ACCEPTED
from gasflux.reading.times.known_start import start_in_head
from gasflux.reading.times.numbers import MAC_EXCEL_DAYS
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook, SheetMetadata

MAX_CELLS: Final = 50_000_000
"""Cells a sheet may span. Calamine holds the whole rectangle: one stray cell in the last corner would cost 400 GB."""

MAX_UNPACKED_BYTES: Final = 2 << 30
_SCANNED_BYTES: Final = 64 << 20
"""Cell by cell only sheets up to this size are scanned: a stray cell is a danger in small sheets."""

_EPOCH_1904: Final = re.compile(rb'<(?:\w+:)?workbookPr\b[^>]*\bdate1904="(?:1|true)"')
_MOST_DAYS: Final = 80_000.0
"""Days since 1904 of the year 2123."""

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


def _asked_sheet(workbook: CalamineWorkbook, sheet: str | int) -> int:
    """Index of the sheet asked for.

    Raises
    ------
    InputError
        When there is no such sheet; the message lists those there are.
    """
    names = [str(name) for name in workbook.sheet_names]
    index = sheet if isinstance(sheet, int) else names.index(sheet) if sheet in names else -1
    if not 0 <= index < len(names):
        listed = ", ".join(repr(name) for name in names[:20])
        raise InputError.of("no_such_sheet", column="sheet", value=sheet, allowed=listed, asked=repr(sheet))
    return index


@dataclass
class _Sheets:
    """The worksheets of a workbook, each looked into once and only when asked for."""

    workbook: CalamineWorkbook
    known: tuple[str, ...]
    listed: frozenset[str]
    opened: dict[int, tuple[CalamineSheet, list[list[Any]], Iterator[list[Any]]]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of all sheets."""
        return [str(name) for name in self.workbook.sheet_names]

    def visible_first(self) -> list[int]:
        """Return the indices of the worksheets, hidden ones behind the others.

        Raises
        ------
        InputError
            When the workbook holds charts or macros only.
        """
        metas = list(enumerate(self.workbook.sheets_metadata))
        worksheets = [(index, meta) for index, meta in metas if str(meta.typ).endswith("WorkSheet")]
        if not worksheets:
            raise InputError.of("no_worksheet")
        return [index for index, meta in sorted(worksheets, key=lambda pair: not _is_visible(pair[1]))]

    def head(self, index: int) -> SheetHead:
        """Look at the first rows of a sheet."""
        sheet = self.workbook.get_sheet_by_index(index)
        # Rows become Python objects only as they are asked for, which keeps the memory of a long sheet low.
        rows: Iterator[list[Any]] = iter(sheet.iter_rows())
        first = list(islice(rows, HEADER_SEARCH_ROWS))
        self.opened[index] = (sheet, first, rows)
        is_visible = _is_visible(self.workbook.sheets_metadata[index])
        return SheetHead(index, str(sheet.name), is_visible, find_header(first, self.known, self.listed))

    def heads(self) -> list[SheetHead]:
        """Look at the visible sheets until one holds all that a flight needs, at hidden ones if none has a header."""
        found: list[SheetHead] = []
        for index in self.visible_first():
            is_visible = _is_visible(self.workbook.sheets_metadata[index])
            if not is_visible and any(head.place is not None for head in found):
                break
            found.append(self.head(index))
            place = found[-1].place
            if place is not None and holds_all(place, self.listed):
                break
        return found

    def table(self, head: SheetHead) -> RawTable:
        """Return the records of a sheet.

        Raises
        ------
        InputError
            When it has no header.
        """
        sheet, first, rows = self.opened[head.index]
        place = head.place
        if place is None:
            raise _no_header(first, str(sheet.name), self.names)
        columns = _pack(chain(first[place.first_data :], rows), len(place.headers))
        size = columns[0].size if columns else 0
        numbers = np.arange(size, dtype=np.int64) + place.first_data + 1
        return RawTable(
            place.headers, columns, numbers, place.units, self._notes(head, place), start=_start(first, place)
        )

    def _notes(self, head: SheetHead, place: HeaderPlace) -> tuple[Phrase, ...]:
        """Say which sheet is read, and which of its rows are labels."""
        count = len(self.workbook.sheet_names)
        notes = [phrase("note.sheet", sheet=head.name, count=count)] if count > 1 else []
        if place.labels:
            notes.append(phrase("note.label_rows", rows=", ".join(str(index + 1) for index in place.labels)))
        return tuple(notes)


def _is_visible(meta: SheetMetadata) -> bool:
    """Tell whether a sheet is shown when the workbook is opened."""
    return str(meta.visible).endswith("Visible")


def _start(first: list[list[Any]], place: HeaderPlace) -> KnownStart | None:
    """Day that the rows above the header tell."""
    return start_in_head(" ".join(str(cell) for cell in row if cell != "") for row in first[: place.index])


def _pack(rows: Iterator[list[Any]], width: int) -> tuple[Column, ...]:
    """Pack rows into columns, by chunks so that a long sheet is never held as Python objects."""
    chunks: list[list[Column]] = []
    while block := list(islice(rows, _CHUNK_ROWS)):
        chunks.append([pack_column(cells) for cells in list(zip(*block, strict=True))[:width]])
    if len(chunks) <= 1:
        return tuple(chunks[0]) if chunks else ()
    return tuple(join_columns(parts) for parts in zip(*chunks, strict=True))


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


def read_workbook(
    data: bytes,
    sheet: str | int | None = None,
    known: tuple[str, ...] = (),
    listed: frozenset[str] = frozenset(),
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> RawTable:
    """Return the records of an .xlsx or .xls.

    Parameters
    ----------
    data
        Content of the file.
    sheet
        Name of the sheet, or its number from 0; None is the first visible one with a log, and what others add to it.
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
        sheets = _Sheets(workbook, known, listed)
        table = _read_sheets(sheets, sheet)
    return _in_1900_system(table) if _counts_from_1904(data) else table


def _read_sheets(sheets: _Sheets, asked: str | int | None) -> RawTable:
    """Return the records of the sheet asked for, else of the one that holds the log with what others add to it."""
    if asked is not None:
        return sheets.table(sheets.head(_asked_sheet(sheets.workbook, asked)))
    heads = sheets.heads()
    chosen = choose_sheet(heads)
    if chosen is None:
        return sheets.table(heads[0])
    table = sheets.table(chosen)
    if not chosen.is_visible:
        return replace(table, notes=(*table.notes, phrase("note.hidden_sheet", sheet=chosen.name)))
    others = [head for head in heads if head is not chosen and head.is_visible]
    return with_other_sheets(table, others, sheets.table, sheets.listed)


def _counts_from_1904(data: bytes) -> bool:
    """Tell whether the days of an .xlsx count from 1904, as those written on old Macs do."""
    if not data.startswith(b"PK"):
        return False
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return _EPOCH_1904.search(archive.read("xl/workbook.xml")) is not None


def _in_1900_system(table: RawTable) -> RawTable:
    """Return a table whose serial numbers of days count as everybody's do; date cells already do."""
    columns = []
    for header, column in zip(table.headers, table.columns, strict=True):
        is_day = column.dtype.kind == "f" and read_header(header).name in ("timestamp", "local_time", "date")
        # Fractions of a day are times, larger numbers are counts of something else.
        is_serial = is_day & (column >= 1.0) & (column < _MOST_DAYS) if is_day else None
        columns.append(column if is_serial is None else np.where(is_serial, column + MAC_EXCEL_DAYS, column))
    return replace(table, columns=tuple(columns))
