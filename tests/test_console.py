"""Tables and figures on a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from gasflux.cli.tables import flux_rows, format_table, text_width


def document(rate: float | None, std: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    gas = {
        "flux_kg_h": rate,
        "flux_std_kg_h": std,
        "flux_interval_kg_h": {"level": 0.9, "low": low, "high": high},
        "detection_limit_kg_h": 0.01,
        "quality": {"grade": "B"},
    }
    return {"gases": {"ch4": gas}}


@pytest.mark.parametrize(
    ("numbers", "rate", "interval"),
    [
        ((0.28123, 0.03456, 0.22, 0.35), "0.281 ± 0.035", "0.220 to 0.350 (90 %)"),
        ((823.77, 123.4, 600.2, 1090.6), "820 ± 120", "600 to 1,090 (90 %)"),
        ((-3.04, 0.51, -4.1, -2.04), "−3.04 ± 0.51", "−4.10 to −2.04 (90 %)"),
        ((0.9, 0.61, -0.12, 1.94), "< 1.94", "−0.12 to 1.94 (90 %)"),
        ((None, None, None, None), "– ± –", "– to – (90 %)"),
    ],
)
def test_the_terminal_rounds_as_the_report(
    numbers: tuple[float | None, float | None, float | None, float | None], rate: str, interval: str
) -> None:
    assert list(flux_rows("f.csv", document(*numbers))) == [("f.csv", "ch4", rate, interval, "B")]


def test_columns_line_up_with_chinese_in_them() -> None:
    header, rule, *rows = format_table(("文件", "gas"), [("航线一.xlsx", "ch4"), ("a.csv", "co2")]).splitlines()
    second = [text_width(line[: line.rindex(" ") + 1]) for line in (header, rule, *rows)]
    assert len(set(second)) == 1


def test_wide_characters_count_twice() -> None:
    assert text_width("风速 ab") == 7
