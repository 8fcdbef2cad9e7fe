"""Tables and figures on a terminal."""

from __future__ import annotations

import pytest

from gasflux.console import format_rate, format_table, text_width


@pytest.mark.parametrize(
    ("value", "std", "expected"),
    [
        (0.28123, 0.03456, "0.281 ± 0.035"),
        (4.9012, 0.9999, "4.9 ± 1.0"),
        (823.77, 123.4, "824 ± 123"),
        (-0.0004, 0.00031, "-0.00040 ± 0.00031"),
        (2.5, None, "2.5"),
        (2.5, 0.0, "2.5"),
        (None, None, "-"),
    ],
)
def test_a_rate_has_the_digits_its_deviation_leaves(value: float | None, std: float | None, expected: str) -> None:
    assert format_rate(value, std) == expected


def test_columns_line_up_with_chinese_in_them() -> None:
    header, rule, *rows = format_table(("文件", "gas"), [("航线一.xlsx", "ch4"), ("a.csv", "co2")]).splitlines()
    second = [text_width(line[: line.rindex(" ") + 1]) for line in (header, rule, *rows)]
    assert len(set(second)) == 1


def test_wide_characters_count_twice() -> None:
    assert text_width("风速 ab") == 7
