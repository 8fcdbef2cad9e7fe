"""A look at an .xlsx from outside: a zip archive that states its sizes truly, is no bomb and declares no entities.

Nothing is unpacked but block by block, and no cell is read: that is for a worker process under a memory limit.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Final

from gasflux.configuration.service_settings import LimitSettings
from gasflux.errors import InputError, TooLargeError, UnsupportedFileError
from gasflux.reading.signatures import ACCEPTED
from gasflux.service.uploads.text_structure import BLOCK_BYTES
from gasflux.wording.lookup import phrase

MAX_MEMBERS: Final = 10_000
MAX_SHEET_CELLS: Final = 50_000_000
"""Cells of a sheet: its reader holds the rectangle from the first to the last cell, empty ones too."""

MAX_RATIO: Final = 200
"""A sheet of equal numbers is packed 60:1, text logs 10:1; a zip bomb 1000:1."""

RATIO_FREE_BYTES: Final = 64 << 20
"""What unpacks to less than this harms nobody, however well it is packed."""

_WORKBOOK: Final = "xl/workbook.xml"
_DIMENSION: Final = re.compile(rb'<(?:\w+:)?dimension[^>]*\bref="[A-Z]+\d+:([A-Z]{1,3})(\d{1,7})"')
_DECLARATIONS: Final = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
_LONGEST_DECLARATION: Final = max(map(len, _DECLARATIONS))
_LAST_COLUMN: Final = 16_384
_LAST_ROW: Final = 1_048_576


def check_workbook(path: Path, limits: LimitSettings) -> int:
    """Look at an .xlsx.

    Parameters
    ----------
    path
        The file, known to begin like a zip archive.
    limits
        Bytes it may unpack to and rows it may have.

    Returns
    -------
    int
        Bytes that it unpacks to.

    Raises
    ------
    UnsupportedFileError
        The archive is no workbook.
    InputError
        It is cut off, damaged, protected by a password, or made to mislead its reader.
    TooLargeError
        It unpacks to too many bytes, or a sheet spans too many rows or cells.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            _check_sizes(members, limits)
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    _check_part(archive, member, limits)
            return sum(member.file_size for member in members)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, NotImplementedError) as error:
        raise InputError.of("workbook_cut_off") from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return what the archive holds when that can be a workbook without a password."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise TooLargeError.of("too_many_members", value=len(members), allowed=MAX_MEMBERS)
    names = [member.filename for member in members]
    if _WORKBOOK not in names:
        raise _not_a_workbook(names)
    if len(set(names)) < len(names):
        raise InputError.of("workbook_twin_files")
    if any(member.flag_bits & 1 for member in members):
        raise InputError.of("workbook_password", allowed=phrase("allowed.no_password"))
    return members


def _not_a_workbook(names: list[str]) -> UnsupportedFileError:
    if "xl/workbook.bin" in names or "content.xml" in names:
        return UnsupportedFileError.of("workbook_other_kind", allowed=ACCEPTED)
    return UnsupportedFileError.of("zip_to_unpack", allowed=ACCEPTED)


def _check_sizes(members: list[zipfile.ZipInfo], limits: LimitSettings) -> None:
    """Raise when the archive states too large or impossible sizes."""
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    limit = limits.max_unpacked_bytes
    if unpacked > limit or unpacked > max(RATIO_FREE_BYTES, MAX_RATIO * packed):
        raise too_much_unpacked("workbook", unpacked, packed, limit)
    ordered = sorted(members, key=lambda member: member.header_offset)
    if any(one.header_offset + one.compress_size > other.header_offset for one, other in pairwise(ordered)):
        raise InputError.of("workbook_overlap")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise InputError.of("workbook_packing")


def too_much_unpacked(what: str, unpacked: int, packed: int, limit: int) -> TooLargeError:
    """Return the error for an archive that unpacks to too much.

    Parameters
    ----------
    what
        Its kind, ``gz`` or ``workbook``.
    unpacked, packed
        Its bytes, as far as they were counted.
    limit
        Unpacked bytes that are allowed.
    """
    return TooLargeError.of(
        "unpacks_to_too_much",
        value=unpacked,
        allowed=phrase("allowed.bytes", limit=limit),
        what=phrase(f"what.{what}"),
        packed=packed,
        unpacked=unpacked,
        limit=limit,
        free=RATIO_FREE_BYTES,
        ratio=MAX_RATIO,
    )


def _check_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: LimitSettings) -> None:
    """Unpack one part block by block; its check sum is verified at its end, which unmasks a false size."""
    overlap = b""
    with archive.open(member) as stream:
        while block := stream.read(BLOCK_BYTES):
            if not overlap and member.filename.startswith("xl/worksheets/"):
                _check_dimension(block, limits.max_rows)
            text = overlap + block
            if any(word in text for word in _DECLARATIONS):
                allowed = phrase("allowed.no_entities")
                raise InputError.of("workbook_entities", allowed=allowed, part=member.filename)
            overlap = text[-_LONGEST_DECLARATION:]


def _check_dimension(head: bytes, max_rows: int) -> None:
    """Raise when the beginning of a sheet says that it is too large."""
    if not (declared := _DIMENSION.search(head)):
        return
    rows, columns = int(declared.group(2)), _column_number(declared.group(1))
    if rows > _LAST_ROW or columns > _LAST_COLUMN:
        raise InputError.of("sheet_impossible_size")
    if rows > max_rows + 1 or rows * columns > MAX_SHEET_CELLS:
        raise TooLargeError.of(
            "sheet_above_limits",
            value=f"{rows} x {columns}",
            allowed=phrase("allowed.cells", cells=MAX_SHEET_CELLS),
            rows=rows,
            columns=columns,
            limit=max_rows,
            cells=MAX_SHEET_CELLS,
        )


def _column_number(letters: bytes) -> int:
    """Return the number of a column from 1: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number
