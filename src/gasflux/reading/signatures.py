"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

from typing import Final

from gasflux.errors import UnsupportedFileError
from gasflux.wording.lookup import phrase

ACCEPTED: Final = ".xlsx, .xls, .csv, .csv.gz"
HEAD_BYTES: Final = 4096
"""As many bytes of a file are enough to tell its kind."""

GZIP: Final = b"\x1f\x8b"
ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_FOREIGN: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"%PDF", "pdf", "export_table"),
    (b"\x89PNG", "png", "no_picture"),
    (b"\xff\xd8\xff", "jpeg", "no_picture"),
    (b"GIF8", "gif", "no_picture"),
    (b"Rar!", "rar", "unpack"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "unpack"),
    (b"PK\x05\x06", "empty_zip", "upload_log"),
    (b"{\\rtf", "rtf", "save"),
    (b"SQLite format 3", "database", "export_csv"),
    (b"PAR1", "parquet", "export_csv"),
    (b"\x89HDF", "hdf", "export_csv"),
    (b"CDF", "netcdf", "export_csv"),
    (b"\x7fELF", "program", "upload_log"),
    (b"MZ\x90\x00", "windows_program", "upload_log"),
    (b'"TOB1"', "campbell_binary", "card_convert"),
    (b'"TOB2"', "campbell_binary", "card_convert"),
    (b'"TOB3"', "campbell_binary", "card_convert"),
    (b"ULog\x01\x12\x35", "ulog", "export_csv"),
    (b"\xa3\x95", "dataflash", "export_csv"),
    (b"TDSm", "tdms", "export_csv"),
    (b"MATLAB 5.0 MAT-file", "matlab", "export_csv"),
)
_MARKUP: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "xml_spreadsheet", "excel_save_as"),
    (b"<html", "html", "excel_save"),
    (b"<!doctype html", "html", "excel_save"),
    (b"<table", "html", "excel_save"),
    (b"<kml", "kml", "export_csv"),
    (b"<?xml", "xml", "export_csv"),
)


def refuse_foreign(head: bytes) -> None:
    """Raise when a file is known to be of a kind that holds no log.

    Parameters
    ----------
    head
        Its first bytes, `HEAD_BYTES` or more.

    Raises
    ------
    UnsupportedFileError
        Saying what it is and what to do.
    """
    for signature, kind, remedy in _FOREIGN:
        if head.startswith(signature):
            raise unsupported(kind, remedy)
    text = head[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text.startswith(b"<"):
        return
    for mark, kind, remedy in _MARKUP:
        if mark in text:
            raise unsupported(kind, remedy)


def unsupported(kind: str, remedy: str) -> UnsupportedFileError:
    """Return the error for a file of another kind.

    Parameters
    ----------
    kind
        What it is, a ``kind`` of the catalogue.
    remedy
        What to do, a ``remedy`` of the catalogue.
    """
    what, advice = phrase(f"kind.{kind}"), phrase(f"remedy.{remedy}")
    return UnsupportedFileError.of("unsupported_content", value=what, allowed=ACCEPTED, remedy=advice)
