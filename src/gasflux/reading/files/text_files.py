"""Text logs (comma, semicolon, tab, bar or blanks between the fields) -> raw table."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from gasflux.errors import InputError
from gasflux.reading.files.comma_files import settle_commas
from gasflux.reading.files.plain_text import EMPTY_CELLS, SHORT, plain_columns
from gasflux.reading.files.text_encoding import to_utf8
from gasflux.reading.layouts.delimited import delimited
from gasflux.reading.layouts.delimiter import MAX_LINE, TextLayout, lines_of, split_line, text_of
from gasflux.reading.layouts.fixed_width import fixed_width, has_short_records
from gasflux.reading.layouts.icartt import icartt
from gasflux.reading.layouts.recognised_text import LaidOut, Recogniser, TextSource
from gasflux.reading.layouts.tagged import tagged
from gasflux.reading.raw_table import Column, RawTable, is_empty
from gasflux.reading.values.number_texts import decimal_sign
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_LINES: Final = 300

_LAYOUTS: Final[tuple[Recogniser, ...]] = (icartt, tagged, delimited)
"""In the order in which they are tried: the surest first, the last reads whatever has a header."""


def _raise_ragged(data: bytes, layout: TextLayout) -> None:
    """Raise the fault of the first line with more fields than the header."""
    width = len(layout.place.headers)
    for row, raw in enumerate(lines_of(data, layout.offset), start=layout.line_number):
        fields = split_line(text_of(raw[:MAX_LINE]), layout.delimiter)
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


def _raise_unreadable(data: bytes, layout: TextLayout, reason: str) -> None:
    """Raise for rows that pandas cannot split into fields."""
    _raise_ragged(data, layout)
    match = re.search(r"starting at row (\d+)", reason)
    row = layout.line_number + int(match.group(1)) if match else layout.line_number
    raise InputError.of("open_quotation", row=row, value='"', allowed=phrase("allowed.quotation"))


def _frame(data: bytes, layout: TextLayout, decimal: str) -> pd.DataFrame:
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


def _columns(data: bytes, layout: TextLayout, decimal: str) -> tuple[Column, ...]:
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


def _cut_off(data: bytes, layout: TextLayout) -> bool:
    """Tell whether the last line lacks fields and its end: the recorder stopped while writing it."""
    if data.endswith((b"\n", b"\r")):
        return False
    last = data[data.rfind(b"\n") + 1 :][:MAX_LINE].decode("utf-8", errors="replace")
    return len(split_line(last, layout.delimiter)) < len(layout.place.headers)


def read_text(data: bytes, known: tuple[str, ...] = (), listed: frozenset[str] = frozenset()) -> RawTable:
    """Return the records of a text log: bytes -> text -> layout -> cells.

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
    laid = next(found for layout in _LAYOUTS if (found := layout(TextSource(text, known, listed))) is not None)
    laid, dropped = _whole_lines(laid)
    table = laid.finish(_table(laid, dropped, listed))
    notes = table.notes if encoding == "utf-8" else (phrase("note.encoding", encoding=encoding), *table.notes)
    return replace(table, notes=notes, start=laid.start)


def _whole_lines(laid: LaidOut) -> tuple[LaidOut, dict[str, int]]:
    """Return the text without a last line that was cut off, its columns told apart by place where blanks do not."""
    dropped: dict[str, int] = {}
    if len(laid.text) > laid.layout.offset and _cut_off(laid.text, laid.layout):
        laid, dropped = replace(laid, text=laid.text[: laid.text.rfind(b"\n") + 1]), {"cut-off last line": 1}
    if laid.layout.delimiter != " " or not has_short_records(laid):
        return laid, dropped
    by_place = fixed_width(laid)
    if by_place is None:
        raise _short_record(laid)
    return by_place, dropped


def _short_record(laid: LaidOut) -> InputError:
    """Error for a record between blanks that lacks fields: nobody can tell which."""
    width = len(laid.layout.place.headers)
    counts = ((row, len(line.split())) for row, line in enumerate(lines_of(laid.text, laid.layout.offset)))
    row, count = next((row, count) for row, count in counts if 0 < count < width)
    allowed = phrase("allowed.fields", width=width)
    return InputError.of("too_few_fields", row=laid.layout.line_number + row, value=count, allowed=allowed, width=width)


def _table(laid: LaidOut, dropped: dict[str, int], listed: frozenset[str]) -> RawTable:
    """Split the records into cells."""
    place = laid.layout.place
    decimal = decimal_sign(_sample_cells(laid))
    notes = (*laid.notes, phrase("note.decimal_commas")) if decimal == "," else laid.notes
    if len(laid.text) <= laid.layout.offset:
        return RawTable(place.headers, (), np.empty(0, dtype=np.int64), dropped=dropped)
    columns = _columns(laid.text, laid.layout, decimal)
    rows = np.arange(columns[0].size, dtype=np.int64) + laid.layout.line_number
    table = RawTable(place.headers, columns, rows, place.units, notes, dropped)
    return settle_commas(table, listed) if decimal == "," else table


def _sample_cells(laid: LaidOut) -> list[str]:
    """Cells of the first records."""
    lines = islice(lines_of(laid.text, laid.layout.offset), _SAMPLE_LINES)
    return [cell.strip() for line in lines for cell in split_line(text_of(line[:MAX_LINE]), laid.layout.delimiter)]
