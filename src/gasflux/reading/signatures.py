"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

from typing import Final

from gasflux.errors import Fault, UnsupportedFileError

ACCEPTED: Final = ".xlsx, .xls, .csv, .csv.gz"
HEAD_BYTES: Final = 4096
"""As many bytes of a file are enough to tell its kind."""

GZIP: Final = b"\x1f\x8b"
ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_FOREIGN: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"%PDF", "a PDF document", "export the log itself as .csv or .xlsx"),
    (b"\x89PNG", "a PNG picture", "upload the log, not a picture of it"),
    (b"\xff\xd8\xff", "a JPEG picture", "upload the log, not a picture of it"),
    (b"GIF8", "a GIF picture", "upload the log, not a picture of it"),
    (b"Rar!", "a RAR archive", "unpack it and upload the log inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and upload the log inside"),
    (b"PK\x05\x06", "an empty zip archive", "upload the log itself"),
    (b"{\\rtf", "a rich text document", "save the log as .csv or .xlsx"),
    (b"SQLite format 3", "a database", "export the log as .csv"),
    (b"PAR1", "a Parquet file", "export the log as .csv"),
    (b"\x89HDF", "an HDF5 or netCDF file", "export the log as .csv"),
    (b"CDF", "a netCDF file", "export the log as .csv"),
    (b"\x7fELF", "a program", "upload the log itself"),
    (b"MZ\x90\x00", "a Windows program", "upload the log itself"),
)
_MARKUP: Final[tuple[tuple[bytes, str, str], ...]] = (
    (
        b"urn:schemas-microsoft-com:office:spreadsheet",
        "an XML spreadsheet of 2003",
        "open it in Excel and save as .xlsx",
    ),
    (b"<html", "a web page (HTML)", "open it in Excel and save it as .xlsx"),
    (b"<!doctype html", "a web page (HTML)", "open it in Excel and save it as .xlsx"),
    (b"<table", "a web page (HTML)", "open it in Excel and save it as .xlsx"),
    (b"<kml", "a KML track", "export the log as .csv"),
    (b"<?xml", "an XML document", "export the log as .csv"),
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
    for signature, what, remedy in _FOREIGN:
        if head.startswith(signature):
            raise unsupported(what, remedy)
    text = head[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text.startswith(b"<"):
        return
    for mark, what, remedy in _MARKUP:
        if mark in text:
            raise unsupported(what, remedy)


def unsupported(what: str, remedy: str) -> UnsupportedFileError:
    """Return the error for a file of another kind.

    Parameters
    ----------
    what
        Its kind, with article.
    remedy
        What to do, as a command.
    """
    message = f"The content is {what}, not a table ({ACCEPTED}); {remedy}."
    return UnsupportedFileError(message, [Fault(message, value=what, allowed=ACCEPTED)])
