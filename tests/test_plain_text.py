"""A short text log is read without pandas into what pandas reads from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.reading.files.plain_text import EMPTY_CELLS, plain_columns
from gasflux.reading.files.text_files import _frame, frame_columns
from gasflux.reading.layouts.delimiter import TextLayout
from gasflux.reading.layouts.header_place import HeaderPlace
from gasflux.reading.raw_table import Column

NUMBERS = ("0", "-0", "1", "007", "+2.5", "-.5", "3.", "1e-5", "6.02E23", "0.1", "12.345678901234567", "1681862400123")
ODD_NUMBERS = ("1e", "1e400", "--2", "1.2.3", "1 2", "9" * 19, "9" * 25, "inf", "-Infinity", "+nan", "1_000", "0x10")
EMPTIES = (*sorted(EMPTY_CELLS), " ", "  NaN", "nan ", "\t")
TEXTS = (
    "a",
    "12:00:01",
    "2023-04-19",
    "2023-04-19 10:00:00.5",
    "°C",
    "N",
    "\u0661",
    "\xa02",
    "3 ",
    " 4",
    "# x",
    "True",
)
WORDS = ("true", "FALSE", "False", "None", "", "1,5", "1.5", "-1,", ",5", "1,234,5")
FIELD = st.one_of(*(st.sampled_from(cells) for cells in (NUMBERS, NUMBERS, ODD_NUMBERS, EMPTIES, TEXTS, WORDS)))
PLAIN = st.sampled_from(NUMBERS + EMPTIES[:5])


def by_pandas(data: bytes, delimiter: str, width: int, decimal: str) -> tuple[Column, ...]:
    headers = tuple(f"h{index}" for index in range(width))
    return frame_columns(_frame(data, TextLayout(delimiter, HeaderPlace(0, 0, headers, (), 0), 1, 0, ()), decimal))


def assert_same(data: bytes, delimiter: str, width: int, decimal: str = ".") -> bool:
    """Compare both readers where the short one takes the text; tell whether it did."""
    plain = plain_columns(data, delimiter, width, decimal)
    if plain is None:
        return False
    for own, theirs in zip(plain, by_pandas(data, delimiter, width, decimal), strict=True):
        assert own.dtype == theirs.dtype
        if own.dtype.kind == "f":
            # older versions of pandas round the last bit of some numbers the wrong way
            np.testing.assert_array_max_ulp(own, theirs, maxulp=1)
        else:
            assert own.tolist() == theirs.tolist()
    return True


def joined(rows: list[list[str]], delimiter: str, end: str) -> bytes:
    fields = ([cell.replace(delimiter, "") for cell in row] for row in rows)
    return (end.join(delimiter.join(row) for row in fields) + end).encode()


@given(
    rows=st.lists(st.lists(FIELD, min_size=1, max_size=3), min_size=1, max_size=4),
    delimiter=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(".,"),
    end=st.sampled_from(("\n", "\r\n")),
)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_any_table_reads_the_same(rows: list[list[str]], delimiter: str, decimal: str, end: str) -> None:
    assert_same(joined(rows, delimiter, end), delimiter, 3, decimal if delimiter != "," else ".")


@given(rows=st.lists(st.tuples(PLAIN, st.sampled_from(TEXTS[:6]), PLAIN), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_plain_tables_take_the_short_way(rows: list[tuple[str, ...]]) -> None:
    assert assert_same(joined([list(row) for row in rows], ",", "\n"), ",", 3)


@pytest.mark.parametrize("cell", [*NUMBERS, *ODD_NUMBERS, *EMPTIES, *TEXTS, *WORDS])
@pytest.mark.parametrize("beside", ["1.5", "x:y", ""])
def test_every_cell_reads_the_same(cell: str, beside: str) -> None:
    assert_same(f"{cell};1\n{beside};2\n".encode(), ";", 2)
    assert_same(f"{cell};1\n{beside};2\n".encode(), ";", 2, ",")


@pytest.mark.parametrize(
    "data", ["1,2", "1,2\n\n3,4\n", "\n", "\n1,2\n", "1\n2\n", "1,2\r\n\r\n", " 1, 2\n", "\x0c1,\x0b2\n", "1,\x1a\n"]
)
def test_ends_and_blank_lines_read_the_same(data: str) -> None:
    assert_same(data.encode(), ",", 2)


@pytest.mark.parametrize("data", ['1,"2"\n', "1,2,3\n", "1,2,\n", "1\r2\n", "1,true\n", "1,inf\n", "\ufeff1,2\n"])
def test_what_takes_more_than_splitting_is_left_to_pandas(data: str) -> None:
    assert plain_columns(data.encode(), ",", 2, ".") is None


def test_runs_of_blanks_are_left_to_pandas() -> None:
    assert plain_columns(b"1  2\n", " ", 2, ".") is None
