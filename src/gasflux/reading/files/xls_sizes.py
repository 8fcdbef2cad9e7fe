"""A look into an .xls before it is opened: sizes that would make the reader ask for more memory than there is.

The Excel library sizes its tables by numbers in the file. In a damaged file these can be anything, and an allocation
that fails ends the interpreter, which no handler can catch. Formats: [MS-CFB] and [MS-XLS], Microsoft Open
Specifications.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

_END_OF_CHAIN: Final = 0xFFFFFFFA
"""Sector numbers from here on are marks, not sectors."""

_SMALL_STREAM: Final = 4096
_MAX_ROWS: Final = 65_536
_MAX_COLUMNS: Final = 256

_DIMENSIONS: Final = 0x0200
_SHARED_STRINGS: Final = 0x00FC
_ENCRYPTED_FROM_HERE: Final = 0x002F
_END_OF_PART: Final = 0x000A
_CELLS: Final = frozenset({0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E})
_CELL_RANGES: Final = frozenset({0x00BD, 0x00BE})
"""Records with several cells of a row; the last column stands at their end."""


def has_possible_sizes(data: bytes) -> bool:
    """Tell whether the sizes and cell positions an .xls states are within what the format allows.

    Parameters
    ----------
    data
        Content of the file, a compound document.

    Returns
    -------
    bool
        False for a file that is cut off or damaged where it matters.
    """
    try:
        stream = _workbook_stream(data)
    except (struct.error, IndexError):
        return False
    return all(_is_possible(kind, body, len(stream)) for kind, body in _records(stream))


def _sector(data: bytes, number: int, size: int) -> bytes:
    """Content of one sector; the header takes the place of the first."""
    found = data[(number + 1) * size : (number + 2) * size]
    if not found:
        raise IndexError(f"sector {number} lies behind the end of the file")
    return found


def _numbers(block: bytes) -> tuple[int, ...]:
    """Read a block as 32-bit numbers."""
    count = len(block) // 4
    return struct.unpack_from(f"<{count}I", block)


def _allocation(data: bytes, size: int) -> tuple[int, ...]:
    """Sector -> the next one of its stream."""
    first, count = struct.unpack_from("<II", data, 68)
    tables = list(_numbers(data[76:512]))
    for _ in range(min(count, len(data) // size)):
        if first >= _END_OF_CHAIN:
            break
        *more, first = _numbers(_sector(data, first, size))
        tables.extend(more)
    blocks = (_sector(data, number, size) for number in tables if number < _END_OF_CHAIN)
    return tuple(number for block in blocks for number in _numbers(block))


def _chain(data: bytes, start: int, allocation: tuple[int, ...], size: int) -> bytes:
    """Content of the stream that begins at a sector."""
    parts: list[bytes] = []
    while start < _END_OF_CHAIN:
        if len(parts) > len(allocation):
            raise IndexError("the sectors of a stream run in a circle")
        parts.append(_sector(data, start, size))
        start = allocation[start]
    return b"".join(parts)


def _workbook_stream(data: bytes) -> bytes:
    """Content of the stream with the workbook."""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in (9, 12):
        raise IndexError(f"there are sectors of 512 and 4096 bytes, none of 2 to the power of {shift}")
    size = 1 << shift
    allocation = _allocation(data, size)
    directory = _chain(data, struct.unpack_from("<I", data, 48)[0], allocation, size)
    for offset in range(0, len(directory) - 127, 128):
        entry = directory[offset : offset + 128]
        name = entry[:64].decode("utf-16-le", errors="replace").split("\0")[0]
        if name in ("Workbook", "Book"):
            start, length = struct.unpack_from("<II", entry, 116)
            # A stream below that size lies elsewhere; writers pad workbooks up to it, so that is a rare tiny one.
            return _chain(data, start, allocation, size)[:length] if length >= _SMALL_STREAM else b""
    raise IndexError("there is no workbook in the directory")


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a workbook stream, kind and content, up to where it is encrypted."""
    position, in_globals = 0, True
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        if kind == _ENCRYPTED_FROM_HERE and in_globals:
            return
        in_globals &= kind != _END_OF_PART
        yield kind, stream[position + 4 : position + 4 + length]
        position += 4 + length


def _is_possible(kind: int, body: bytes, stream_length: int) -> bool:
    """Tell whether a record places its cells inside a sheet and counts no more strings than there are bytes."""
    if kind in _CELLS and len(body) >= 6:
        last = struct.unpack_from("<H", body, len(body) - 2 if kind in _CELL_RANGES else 2)[0]
        return bool(struct.unpack_from("<H", body, 2)[0] <= last < _MAX_COLUMNS)
    if kind == _DIMENSIONS and len(body) >= 12:
        first_row, end_row, first_column, end_column = struct.unpack_from("<IIHH", body)
        return bool(first_row <= end_row <= _MAX_ROWS and first_column <= end_column <= _MAX_COLUMNS)
    if kind == _SHARED_STRINGS and len(body) >= 8:
        return bool(max(struct.unpack_from("<II", body)) <= stream_length)
    return True
