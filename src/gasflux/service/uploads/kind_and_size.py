"""What was uploaded, told by its content and refused at the door when no worker need look at it.

Runs in the server: it reads the file in blocks, keeps none of it and parses no cell, so that whatever arrives costs a
bounded amount of memory. What only shows on parsing is left to a worker process under a memory and time limit.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Literal, Protocol

from gasflux.configuration.service_settings import LimitSettings
from gasflux.errors import InputError, TooLargeError, UnsupportedFileError
from gasflux.reading.signatures import GZIP, HEAD_BYTES, OLE, ZIP, unsupported
from gasflux.service.uploads.text_structure import BLOCK_BYTES, count_rows
from gasflux.service.uploads.workbook_structure import MAX_RATIO, RATIO_FREE_BYTES, check_workbook, too_much_unpacked
from gasflux.wording.lookup import phrase
from gasflux.wording.plain import escape

Suffix = Literal[".xlsx", ".xls", ".csv", ".csv.gz"]

_SHOWN_NAME: Final = 80
_OLE_PASSWORD: Final = "EncryptedPackage".encode("utf-16-le")
_OLE_WORKBOOKS: Final = ("Workbook".encode("utf-16-le"), "Book\0".encode("utf-16-le"))


class _Readable(Protocol):
    """A file, packed or not."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class UploadKind:
    """What an upload is."""

    suffix: Suffix
    """Ending of the name that the service gives the file."""
    unpacked_bytes: int
    """Its size once unpacked."""
    rows: int | None = None
    """Rows below the header, of a text."""


def check_upload(path: Path, original_name: str, limits: LimitSettings) -> UploadKind:
    """Tell what an upload is, or refuse it.

    Parameters
    ----------
    path
        The uploaded file on disk.
    original_name
        Its name as the client gave it; only shown in messages, trusted in nothing.
    limits
        Rows and unpacked bytes that are allowed.

    Returns
    -------
    UploadKind

    Raises
    ------
    UnsupportedFileError
        It is no .xlsx, .xls, .csv or .csv.gz.
    InputError
        It is empty, cut off, damaged, protected by a password or made to do harm.
    TooLargeError
        It has too many rows or unpacks to too much.
    """
    try:
        return _kind(path, limits)
    except (InputError, TooLargeError) as error:
        shown = shown_name(original_name)
        raise type(error)(f"{shown}: {error}" if shown else str(error), error.faults) from error


def shown_name(original_name: str) -> str:
    """Return a file name fit for messages: its last part, printable, short.

    Parameters
    ----------
    original_name
        As the client gave it, with or without folders of any system.
    """
    name = escape(PurePosixPath(original_name.replace("\\", "/")).name)
    return name if len(name) <= _SHOWN_NAME else f"{name[: _SHOWN_NAME - 12]}...{name[-9:]}"


def _kind(path: Path, limits: LimitSettings) -> UploadKind:
    """Look at a file in the way its first bytes ask for."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        if head.startswith(ZIP):
            return UploadKind(".xlsx", check_workbook(path, limits))
        if head.startswith(OLE):
            _check_compound(stream)
            return UploadKind(".xls", size)
        if head.startswith(GZIP):
            return _packed_text(stream, size, limits)
        return UploadKind(".csv", size, count_rows(_blocks(stream), limits.max_rows))


def _blocks(stream: _Readable) -> Iterator[bytes]:
    while block := stream.read(BLOCK_BYTES):
        yield block


def _check_compound(stream: _Readable) -> None:
    """Raise when a compound document (the old container of Microsoft Office) is no .xls without a password."""
    found: set[bytes] = set()
    overlap = b""
    for block in _blocks(stream):
        text = overlap + block
        found.update(name for name in (_OLE_PASSWORD, *_OLE_WORKBOOKS) if name in text)
        overlap = text[-len(_OLE_PASSWORD) :]
    if _OLE_PASSWORD in found:
        raise InputError.of("workbook_password", allowed=phrase("allowed.no_password"))
    if not found:
        raise unsupported("office", "save_workbook")


def _packed_text(stream: BinaryIO, size: int, limits: LimitSettings) -> UploadKind:
    """Count what a .gz unpacks to, block by block."""
    counted = _Counted(size, limits.max_unpacked_bytes)
    try:
        with gzip.GzipFile(fileobj=stream) as unpacked:
            rows = count_rows(counted.blocks(unpacked), limits.max_rows)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError.of("gz_damaged") from error
    return UploadKind(".csv.gz", counted.total, rows)


class _Counted:
    """Counts the bytes that come out of a .gz and stops a bomb."""

    def __init__(self, packed: int, limit: int) -> None:
        self._packed = packed
        self._limit = limit
        self.total = 0

    def blocks(self, stream: _Readable) -> Iterator[bytes]:
        """Yield the unpacked content."""
        for block in _blocks(stream):
            if not self.total and block.startswith((ZIP, OLE, GZIP)):
                raise UnsupportedFileError.of("gz_holds_archive", allowed=phrase("allowed.packed_csv"))
            self.total += len(block)
            if self.total > min(self._limit, max(RATIO_FREE_BYTES, MAX_RATIO * self._packed)):
                raise too_much_unpacked("gz", self.total, self._packed, self._limit)
            yield block
