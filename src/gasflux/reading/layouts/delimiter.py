"""How the fields of a text log are laid out: the sign between them, its header, the line of its first record."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gasflux.errors import InputError
from gasflux.reading.layouts.header_place import EXAMPLE_HEADER, HEADER_SEARCH_ROWS, HeaderPlace, find_header
from gasflux.wording.lookup import phrase

DELIMITERS: Final = ",\t;| "
"""Signs between fields; a blank stands for any run of blanks."""

MAX_LINE: Final = 100_000
_COMPARED_LINES: Final = 40
"""Records whose fields are counted to see whether a sign splits them as it splits the header."""

_EVEN_SHARE: Final = 0.5
_STATED: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class TextLayout:
    """How the fields of a text log are laid out."""

    delimiter: str
    place: HeaderPlace
    line_number: int
    """Line of the first record, from 1."""
    offset: int
    """Byte at which that line begins."""
    preamble: tuple[str, ...]
    """Lines above the header."""


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the fields of one line."""
    if delimiter == " ":
        return line.split()
    # A stray carriage return inside a line is no end of a row.
    return next(csv.reader([line.replace("\r", " ")], delimiter=delimiter, skipinitialspace=True), [])


def lines_of(data: bytes, offset: int = 0) -> Iterator[bytes]:
    """Yield the lines of `data` from `offset` on, each with its end."""
    stream = io.BytesIO(data)
    stream.seek(offset)
    yield from stream


def text_of(line: bytes) -> str:
    """Return a line as text without its end."""
    return line.decode("utf-8", errors="replace").rstrip("\r\n")


def find_layout(data: bytes, known: tuple[str, ...], listed: frozenset[str]) -> TextLayout:
    """Return delimiter and header of a text.

    The delimiter is the one that splits header and records into equally many fields. A blank is the last resort, since
    names and times hold blanks; between signs that both split evenly, or if none does, the one that yields more known
    columns is taken. A first line ``sep=;``, which Excel writes and reads, settles it.

    Parameters
    ----------
    data
        Text in UTF-8.
    known, listed
        Headers and gases that the configuration names.

    Raises
    ------
    InputError
        When no line reads as a header.
    """
    raw = list(islice(lines_of(data), HEADER_SEARCH_ROWS + _COMPARED_LINES))
    if any(len(line) > MAX_LINE for line in raw[:HEADER_SEARCH_ROWS]):
        raise _no_header("header_line_too_long", limit=MAX_LINE)
    lines = [text_of(line[:MAX_LINE]) for line in raw]
    stated = _STATED.fullmatch(lines[0]) if lines else None
    found = [
        (_fitness(lines, mark, place), mark, place)
        for mark in (stated.group(1) if stated else DELIMITERS)
        if (place := _place(lines, mark, known, listed)) is not None
    ]
    if not found:
        raise _no_header("no_header", searched=min(len(lines), HEADER_SEARCH_ROWS))
    _, delimiter, place = max(found, key=lambda candidate: candidate[0])
    offset = sum(len(line) for line in raw[: place.first_data])
    return TextLayout(delimiter, place, place.first_data + 1, offset, tuple(lines[: place.index]))


def _place(lines: Sequence[str], mark: str, known: tuple[str, ...], listed: frozenset[str]) -> HeaderPlace | None:
    """Header of the lines, split at `mark`."""
    if mark != " " and not any(mark in line for line in lines):
        # A single column is no log; comma stands for it so that its one name can be told.
        return find_header([[line] for line in lines[:HEADER_SEARCH_ROWS]], known, listed) if mark == "," else None
    return find_header([split_line(line, mark) for line in lines[:HEADER_SEARCH_ROWS]], known, listed)


def _fitness(lines: Sequence[str], mark: str, place: HeaderPlace) -> tuple[bool, bool, int]:
    """Tell how well a sign fits: it splits evenly, it is no blank, so many columns are recognised."""
    width = _width(place.headers)
    records = [line for line in lines[place.first_data : place.first_data + _COMPARED_LINES] if line.strip()]
    even = sum(_width(split_line(line, mark), width) == width for line in records)
    is_even = width > 1 and place.score > 1 and even > _EVEN_SHARE * len(records)
    return is_even, is_even and mark != " ", place.score


def _width(fields: Sequence[str], expected: int = 0) -> int:
    """Count fields, empty ones behind the expected or at the end not counted."""
    width = len(fields)
    while width > max(expected, 0) and not fields[width - 1].strip():
        width -= 1
    return width


def _no_header(code: str, **figures: int) -> InputError:
    """Error for a file without a header."""
    example = ",".join(EXAMPLE_HEADER)
    return InputError.of(code, row=1, allowed=phrase("allowed.header"), example=example, **figures)
