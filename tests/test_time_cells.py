"""ISO times read without pandas are those that pandas reads."""

from __future__ import annotations

import numpy as np
import pytest

from gasflux.reading.times.cells import _parse_iso, _parse_many_iso

SAME = (
    "2023-04-19 10:00",
    "2023-04-19T10:00:01",
    "2023-04-19 10:00:01.5",
    "2023-04-19T10:00:01.123456789",
    "1969-12-31 23:59:59.999999",
    "2024-02-29 00:00:00Z",
    "2023-04-19T10:00:00+02:00",
    "2023-04-19 10:00:00.25-0330",
    "2023-04-19T00:30+05",
    "2023-04-19 10:00:00 ",
    "2023-04-19",
)
REFUSED = (
    "2023-04-31 10:00:00",
    "2023-04-19 25:00:00",
    "2023-04-19 10:60:00",
    "2023-04-19 10:00:60",
    "now",
    "yesterday",
)


@pytest.mark.parametrize("text", SAME)
@pytest.mark.parametrize("beside", ["2023-04-19 10:00:00", "2023-04-19 10:00:00+01:00"])
def test_times_are_those_of_pandas(text: str, beside: str) -> None:
    cells = np.array([text, beside], dtype=object)
    own, theirs = _parse_iso(cells), _parse_many_iso(cells)
    assert own is not None
    assert theirs is not None
    assert own.dtype == theirs.dtype == np.dtype("datetime64[us]")
    assert own.tolist() == theirs.tolist()


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert _parse_iso(np.array(["2023-04-19 10:00:00", text], dtype=object)) is None


def test_a_number_among_times_is_refused() -> None:
    assert _parse_iso(np.array(["2023-04-19 10:00:00", 5.0], dtype=object)) is None
