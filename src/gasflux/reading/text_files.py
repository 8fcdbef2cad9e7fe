"""Text logs (comma, semicolon, tab, bar or blanks between the fields) -> raw table."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from gasflux.errors import InputError, UnsupportedFileError
from gasflux.reading.plain_text import EMPTY_CELLS, SHORT, plain_columns
from gasflux.reading.raw_table import (
    EXAMPLE_HEADER,
    HEADER_SEARCH_ROWS,
    Column,
    HeaderPlace,
    RawTable,
    find_header,
    is_empty,
)
from gasflux.reading.signatures import ACCEPTED
from gasflux.wording.phrases import NOTHING, phrase

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS: Final = ",\t;| "
"""Signs between fields; a blank stands for any run of blanks."""

_MAX_LINE: Final = 100_000
_SAMPLE_LINES: Final = 300
_LATIN_SIGNS: Final = frozenset("°µ²³·±éèüöäßñçà".encode("cp1252"))
_CONTROL_BYTES: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
_COMMA_DECIMAL: Final = re.compile(r"[+-]?\d+,\d+")
_POINT_DECIMAL: Final = re.compile(r"[+-]?\d+\.\d+")


@dataclass(frozen=True)
class _Layout:
    """How the fields of a text log are laid out."""

    delimiter: str
    place: HeaderPlace
    line_number: int
    """Line of the first record, from 1."""
    offset: int
    """Byte at which that line begins."""


def to_utf8(data: bytes) -> tuple[bytes, str]:
    """Return a text file as UTF-8 with line feeds, and the encoding it came in.

    UTF-8 and UTF-16 (with or without mark) and GB18030 are told apart by their bytes; what is none of them is taken
    as Windows Latin, whose degree and micro signs Western instruments write.

    Raises
    ------
    UnsupportedFileError
        When the bytes are no text.
    """
    encoding = _encoding(data)
    if encoding == "utf-8":
        text = data.removeprefix(b"\xef\xbb\xbf")
    else:
        # A recorder that lost power leaves half a letter at the end: worth a replacement sign, not a refusal.
        text = data.decode(encoding, errors="replace").removeprefix("\ufeff").encode()
    _refuse_binary(text)
    return (text if b"\n" in text else text.replace(b"\r", b"\n")), encoding


def _encoding(data: bytes) -> str:
    """Tell the encoding of a text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:4096]
    if head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    if data.isascii() or _decodes(data, "utf-8"):
        return "utf-8"
    return _legacy_encoding(data)


def _decodes(data: bytes, encoding: str) -> bool:
    """Tell whether all of `data` is valid in `encoding`."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _legacy_encoding(data: bytes) -> str:
    """Tell a Chinese from a Western eight-bit text."""
    high = {byte for byte in data if byte > 127} if len(data) < 1 << 20 else set(data) - set(range(128))
    # The degree sign before an ASCII letter is also a valid rare Chinese letter; the common set (GB 2312) has no such.
    if _decodes(data, "gb2312") or (not high <= _LATIN_SIGNS and _decodes(data, "gb18030")):
        return "gb18030"
    return "cp1252"


def _refuse_binary(text: bytes) -> None:
    """Raise when the bytes are no text."""
    position = text.find(b"\x00")
    if position >= 0:
        row = text.count(b"\n", 0, position) + 1
        raise InputError.of("holds_nul", row=row, value=phrase("value.nul"), allowed=phrase("allowed.text"))
    head = text[:4096]
    if len(head.translate(None, _CONTROL_BYTES)) < 0.98 * len(head):
        raise UnsupportedFileError.of("neither_text_nor_workbook", allowed=ACCEPTED)


def _split(line: str, delimiter: str) -> list[str]:
    """Fields of one line."""
    if delimiter == " ":
        return line.split()
    # A stray carriage return inside a line is no end of a row.
    return next(csv.reader([line.replace("\r", " ")], delimiter=delimiter, skipinitialspace=True), [])


def _lines(data: bytes, offset: int = 0) -> Iterator[bytes]:
    """Lines of `data` from `offset` on, each with its end."""
    stream = io.BytesIO(data)
    stream.seek(offset)
    yield from stream


def _layout(data: bytes, known: tuple[str, ...], listed: frozenset[str]) -> _Layout:
    """Find delimiter and header.

    Raises
    ------
    InputError
        When no line reads as a header.
    """
    raw = list(islice(_lines(data), HEADER_SEARCH_ROWS))
    if any(len(line) > _MAX_LINE for line in raw):
        raise _no_header("header_line_too_long", limit=_MAX_LINE)
    lines = [line.decode("utf-8", errors="replace").rstrip("\r\n") for line in raw]
    places = {mark: find_header([_split(line, mark) for line in lines], known, listed) for mark in DELIMITERS}
    found = [(place.score, mark, place) for mark, place in places.items() if place is not None]
    if not found:
        raise _no_header("no_header", searched=len(lines))
    _, delimiter, place = max(found, key=lambda candidate: candidate[0])
    return _Layout(delimiter, place, place.first_data + 1, sum(len(line) for line in raw[: place.first_data]))


def _no_header(code: str, **figures: int) -> InputError:
    """Error for a file without a header."""
    example = ",".join(EXAMPLE_HEADER)
    return InputError.of(code, row=1, allowed=phrase("allowed.header"), example=example, **figures)


def _sample_fields(data: bytes, layout: _Layout) -> list[list[str]]:
    """Fields of the first lines of data."""
    lines = islice(_lines(data, layout.offset), _SAMPLE_LINES)
    return [
        _split(line.decode("utf-8", errors="replace").rstrip("\r\n")[:_MAX_LINE], layout.delimiter) for line in lines
    ]


def _decimal_sign(fields: list[list[str]]) -> str:
    """Tell the decimal sign: a comma where numbers have commas and none has a point."""
    cells = [cell.strip() for row in fields for cell in row]
    has_comma = any(_COMMA_DECIMAL.fullmatch(cell) for cell in cells)
    return "," if has_comma and not any(_POINT_DECIMAL.fullmatch(cell) for cell in cells) else "."


def _raise_ragged(data: bytes, layout: _Layout) -> None:
    """Raise the fault of the first line with more fields than the header."""
    width = len(layout.place.headers)
    for row, raw in enumerate(_lines(data, layout.offset), start=layout.line_number):
        fields = _split(raw.decode("utf-8", errors="replace").rstrip("\r\n")[:_MAX_LINE], layout.delimiter)
        if any(not is_empty(field) for field in fields[width:]):
            raise InputError.of(
                "too_many_fields",
                row=row,
                value=len(fields),
                allowed=phrase("allowed.fields", width=width),
                width=width,
                separator=phrase(f"separator.{layout.delimiter}"),
                hint=phrase("hint.decimal_commas") if layout.delimiter == "," else NOTHING,
            )


def _raise_unreadable(data: bytes, layout: _Layout, reason: str) -> None:
    """Raise for rows that pandas cannot split into fields."""
    _raise_ragged(data, layout)
    match = re.search(r"starting at row (\d+)", reason)
    row = layout.line_number + int(match.group(1)) if match else layout.line_number
    raise InputError.of("open_quotation", row=row, value='"', allowed=phrase("allowed.quotation"))


def _frame(data: bytes, layout: _Layout, decimal: str) -> pd.DataFrame:
    """Parse the records.

    Raises
    ------
    InputError
        When a row has more fields than the header or a quotation mark stays open.
    """
    import pandas as pd

    stream = io.BytesIO(data)
    stream.seek(layout.offset)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                stream,
                sep=r"\s+" if layout.delimiter == " " else layout.delimiter,
                header=None,
                names=list(range(len(layout.place.headers))),
                index_col=False,
                skip_blank_lines=False,
                skipinitialspace=True,
                low_memory=False,
                na_values=sorted(EMPTY_CELLS),
                decimal=decimal,
                encoding="utf-8",
                encoding_errors="replace",
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        _raise_unreadable(data, layout, str(error))
        raise


def _columns(data: bytes, layout: _Layout, decimal: str) -> tuple[Column, ...]:
    """Parse the records, those of a short plain log without pandas."""
    if len(data) - layout.offset <= SHORT:
        width = len(layout.place.headers)
        plain = plain_columns(data[layout.offset :], layout.delimiter, width, decimal)
        if plain is not None:
            return plain
    return frame_columns(_frame(data, layout, decimal))


def frame_columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns of a frame as the raw table keeps them."""
    return tuple(_column(frame.iloc[:, index]) for index in range(frame.shape[1]))


def _column(series: pd.Series) -> Column:
    """Return one column as float64, datetime64[us] or objects."""
    kind = getattr(series.dtype, "kind", "O")
    if kind in "iuf":
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind == "M":
        zone = getattr(series.dtype, "tz", None)
        return (series.dt.tz_convert("UTC").dt.tz_localize(None) if zone else series).to_numpy(dtype="datetime64[us]")
    cells = np.array(series.array, dtype=object)
    cells[series.isna().to_numpy()] = None
    return cells


def _cut_off(data: bytes, layout: _Layout) -> bool:
    """Tell whether the last line lacks fields and its end: the recorder stopped while writing it."""
    if data.endswith((b"\n", b"\r")):
        return False
    last = data[data.rfind(b"\n") + 1 :][:_MAX_LINE].decode("utf-8", errors="replace")
    return len(_split(last, layout.delimiter)) < len(layout.place.headers)


def read_text(data: bytes, known: tuple[str, ...] = (), listed: frozenset[str] = frozenset()) -> RawTable:
    """Return the records of a text log.

    Parameters
    ----------
    data
        Content of the file.
    known
        Headers that the configuration names.
    listed
        Gases that the configuration names.

    Raises
    ------
    InputError
        When there is no header, a row does not fit it, or the bytes are no text.
    """
    text, encoding = to_utf8(data)
    layout = _layout(text, known, listed)
    notes = [] if encoding == "utf-8" else [phrase("note.encoding", encoding=encoding)]
    decimal = _decimal_sign(_sample_fields(text, layout))
    if decimal == ",":
        notes.append(phrase("note.decimal_commas"))
    dropped: dict[str, int] = {}
    if len(text) > layout.offset and _cut_off(text, layout):
        text, dropped = text[: text.rfind(b"\n") + 1], {"cut-off last line": 1}
    if len(text) <= layout.offset:
        return RawTable(layout.place.headers, (), np.empty(0, dtype=np.int64), dropped=dropped)
    columns = _columns(text, layout, decimal)
    rows = np.arange(columns[0].size, dtype=np.int64) + layout.line_number
    return RawTable(layout.place.headers, columns, rows, layout.place.units, tuple(notes), dropped)
