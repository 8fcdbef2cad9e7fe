"""Make the workbook that the page offers to who has no log yet: every column that is read, a few rows filled.

What is in each column stands in a second sheet, in English and Chinese; the reader takes the first.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Font

TEMPLATE: Final = Path(__file__).parents[1] / "src" / "gasflux" / "static" / "examples" / "gasflux_template.xlsx"

COLUMNS: Final = (
    ("timestamp", "date and time, UTC or with a zone", "日期时间，UTC 或带时区"),
    ("latitude (deg)", "degrees, WGS 84, south negative", "度，WGS 84，南纬为负"),
    ("longitude (deg)", "degrees, WGS 84, west negative", "度，WGS 84，西经为负"),
    ("height_ato (m)", "above take-off; height_agl or altitude instead is fine", "相对起飞点，或 height_agl、altitude"),
    ("windspeed (m/s)", "at the aircraft; of a mast with wind.height", "飞行器处；测风塔须设 wind.height"),
    ("winddir (deg)", "where the wind comes FROM, 0 = north", "风的来向，0 为北"),
    ("temperature (degC)", "of the air", "气温"),
    ("pressure (hPa)", "of the air", "气压"),
    ("ch4 (ppm)", "one column per gas, named by its formula", "每种气体一列，以化学式命名"),
    ("co2 (ppm)", "delete it, or add others such as n2o, c2h6", "可删除，或添加 n2o、c2h6 等"),
)  # fmt: skip

ROWS: Final = tuple(
    (
        datetime(2026, 4, 13, 9, 30, second), 51.97 + 1e-5 * second, 4.93, 5.0 + 0.1 * (second % 3), 4.2, 235.0, 15.1,
        1012.3, 2.01 + 0.002 * second, 424.1 + 0.1 * (second % 4),
    )
    for second in range(12)
)  # fmt: skip
"""As many as the reader needs to tell what is in the columns; own ones go in their place."""


def main() -> None:
    """Write the workbook."""
    book = Workbook()
    flight = book.active
    assert flight is not None
    flight.title = "flight"
    flight.append([name for name, *_ in COLUMNS])
    for row in ROWS:
        flight.append(row)
    notes = book.create_sheet("columns 列说明")
    for entry in COLUMNS:
        notes.append(entry)
    for sheet in (flight, notes):
        for cell in (*sheet[1], *(sheet["A"] if sheet is notes else ())):
            cell.font = Font(bold=True)
        for letter in "ABCDEFGHIJ":
            sheet.column_dimensions[letter].width = 20 if sheet is flight else 46
    for cell in flight["A"][1:]:
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
    flight.freeze_panes = "A2"
    TEMPLATE.parent.mkdir(parents=True, exist_ok=True)
    book.save(TEMPLATE)


if __name__ == "__main__":
    main()
