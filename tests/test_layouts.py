"""A flight comes out of every layout and notation as it went in, or a fault says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from flight_files import ROWS, Cells, flight, floats, renamed, rows_of, text_of, times, write_text, write_xlsx
from log_layouts import (
    NUMBERS,
    POSITIONS,
    START,
    TEXTS,
    TIME_COLUMNS,
    TIMES,
    assert_is_plain,
    icartt,
    lines_of,
    plain,
    read,
    tab_names_with_blanks,
    timed,
    with_rows,
    write,
)
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import InputError, UnsupportedFileError
from gasflux.reading.flight_file import inspect_flight


def said(log_or_error: object) -> str:
    """Everything that is said of a log: notes, or the message of an error."""
    report = getattr(log_or_error, "report", None)
    return " ".join(note.en for note in report.notes) if report is not None else str(log_or_error)


# --- layouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TEXTS)
def test_a_layout_of_text(kind: str, tmp_path: Path) -> None:
    assert_is_plain(read(write(tmp_path / "log.txt", TEXTS[kind]())))


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16", "utf-16-be", "utf-8-sig"])
def test_chinese_headers_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    simplified = ("时间", "纬度", "经度", "相对高度", "风速", "风向", "温度", "气压", "甲烷 ppm")
    traditional = ("時間", "緯度", "經度", "相對高度", "風速", "風向", "溫度", "氣壓", "甲烷 ppm")
    names = dict(zip(plain(), traditional if encoding == "big5" else simplified, strict=True))
    path = write(tmp_path / "log.csv", text_of(renamed(plain(), names)), encoding)
    # The words are the header vocabulary's; that they arrive as they were written is told here.
    assert_is_plain(read(path, columns=dict(names)))


def test_the_delimiter_splits_header_and_rows_alike(tmp_path: Path) -> None:
    log = read(write(tmp_path / "log.txt", tab_names_with_blanks()), columns={"ch4": "Methane CH4"})
    assert_is_plain(log)
    assert set(log.gas_ppm) == {"ch4"}


def test_an_icartt_head_tells_date_scale_and_codes(tmp_path: Path) -> None:
    log = read(write(tmp_path / "log.ict", icartt()))
    assert log.start_utc == np.datetime64(START)
    assert np.flatnonzero(np.isnan(log.gas_ppm["ch4"])).tolist() == [5, 6]
    given = np.isfinite(log.gas_ppm["ch4"])
    # 0.1 of a ppb written with three decimals
    np.testing.assert_allclose(log.gas_ppm["ch4"][given], floats(flight()["ch4"])[given], rtol=1e-7)
    assert "2025-06-01" in said(log)
    assert "below the lower limit of detection" in said(log)


def test_an_icartt_flight_past_midnight(tmp_path: Path) -> None:
    text = icartt()
    moved = text.replace("\n3625", "\n8639").replace("\n3626", "\n8640").replace("\n3627", "\n8641")
    log = read(write(tmp_path / "log.ict", moved.replace("\n3628", "\n8642")))
    assert log.start_utc == np.datetime64("2025-06-01T23:59:50")
    np.testing.assert_allclose(np.diff(log.time_s), 1.0, atol=1e-9)


@pytest.mark.parametrize(("old", "new"), [("1001", "2110"), ("2025, 06, 01", "soon"), ("\n8\n", "\n80\n")])
def test_a_head_that_cannot_be_followed(old: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / "log.ict", icartt().replace(old, new, 1)))
    assert "export" in str(caught.value)


def test_a_merged_header_of_two_rows(tmp_path: Path) -> None:
    groups = ["Timestamp", "Position", "", "", "Wind", "", "Air", "", "CH4 (ppm)"]
    names = [
        "",
        "Latitude",
        "Longitude",
        "Height AGL (m)",
        "Speed (m/s)",
        "Direction (deg)",
        "Temp (C)",
        "Pressure (hPa)",
    ]
    rows = rows_of(plain())[1:]
    assert_is_plain(read(write_xlsx(tmp_path / "log.xlsx", [groups, [*names, ""], *rows])))
    every: list[list[object]] = [[*groups], [*names, ""], *rows]
    as_text = [",".join(map(str, row)) for row in every]
    assert_is_plain(read(write(tmp_path / "log.csv", "\n".join(as_text))))


def test_a_row_between_blanks_that_lacks_a_field_is_no_guess(tmp_path: Path) -> None:
    rows = [line.replace(",", " ").replace("2025-06-01 ", "2025-06-01T") for line in lines_of(plain())]
    cells = rows[7].split(" ")
    rows[7] = " ".join([*cells[:4], *cells[5:]])
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / "log.txt", "\n".join(rows)))
    fault = caught.value.faults[0]
    assert (fault.code, fault.row) == ("too_few_fields", 8)
    assert "commas or tabs" in fault.message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'"TOB1","Station","CR3000"\r\n"SECONDS"\r\n' + bytes(range(256)) * 4, ("TOB1", "CardConvert")),
        (b"ULog\x01\x12\x35\x01" + bytes(64), ("PX4", ".csv")),
        (b"\xa3\x95\x80" + bytes(64), ("ArduPilot", ".csv")),
    ],
)
def test_binary_logs_are_named(content: bytes, words: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "log.dat").write_bytes(content)
    with pytest.raises(UnsupportedFileError) as caught:
        read(tmp_path / "log.dat")
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


# --- workbooks -------------------------------------------------------------------------------------------------------


def workbook(path: Path, **sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return book


COVER: list[list[object]] = [["Report of site 7"], ["Operator", "N.N."], ["Latitude of the site", 32.69]]


def test_a_cover_sheet_is_passed_over(tmp_path: Path) -> None:
    workbook(tmp_path / "log.xlsx", Cover=COVER, Data=rows_of(plain()), Notes=[["late"]])
    log = read(tmp_path / "log.xlsx")
    assert_is_plain(log)
    assert "'Data' of 3" in said(log)


def test_a_hidden_sheet_is_not_read_before_a_visible_one(tmp_path: Path) -> None:
    other: dict[str, Cells] = {**plain(), "ch4": [9.0 + 0.1 * i for i in range(ROWS)]}
    for name, visible in {"one.xlsx": rows_of(plain()), "none.xlsx": COVER}.items():
        book = workbook(tmp_path / name, Old=rows_of(other), Data=visible)
        book["Old"].sheet_state = "hidden"
        book.save(tmp_path / name)
    assert_is_plain(read(tmp_path / "one.xlsx"))
    assert read(tmp_path / "one.xlsx", sheet="Old").gas_ppm["ch4"][0] == 9.0
    # Where nothing visible is a log, the hidden one is better than none, and told.
    assert "'Old' is hidden" in said(read(tmp_path / "none.xlsx"))


def test_a_gas_on_another_sheet(tmp_path: Path) -> None:
    columns = rows_of({name: cells for name, cells in plain().items() if name != "ch4"})
    gas = rows_of({"timestamp": plain()["timestamp"], "CH4 (ppm)": plain()["ch4"]})
    workbook(tmp_path / "log.xlsx", Drone=columns, Cover=COVER, Gas=gas)
    log = read(tmp_path / "log.xlsx")
    assert_is_plain(log)
    assert "'Gas'" in said(log)


def test_days_counted_from_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    serial = [(t - datetime(1904, 1, 1)).total_seconds() / 86_400.0 for t in times(start=START)]
    for row in rows_of({**plain(), "timestamp": serial}):
        book.worksheets[0].append(row)
    book.save(tmp_path / "log.xlsx")
    assert_is_plain(read(tmp_path / "log.xlsx"))


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notation", TIMES)
def test_a_notation_of_time(notation: str, tmp_path: Path) -> None:
    columns = timed("timestamp", cells=TIMES[notation])
    assert_is_plain(read(write_text(tmp_path / "log.csv", columns)))


@pytest.mark.parametrize("notation", TIME_COLUMNS)
def test_time_in_two_columns(notation: str, tmp_path: Path) -> None:
    headers, cells = TIME_COLUMNS[notation]
    assert_is_plain(read(write_text(tmp_path / "log.csv", timed(*headers, cells=cells))))


def test_an_ambiguous_zone_is_told(tmp_path: Path) -> None:
    columns = timed("timestamp", cells=lambda t: t.strftime("%Y-%m-%d %H:%M:%S CST"))
    log = read(write_text(tmp_path / "log.csv", columns))
    assert_is_plain(log)
    assert "CST" in said(log)
    assert log.report.time_zone is None


CLOCK_ONLY = timed("time", cells=lambda t: t.strftime("%H:%M:%S"))


@pytest.mark.parametrize(
    ("name", "preamble", "settings"),
    [
        ("log.csv", "", {"start": "2025-06-01"}),
        ("flight_2025-06-01.csv", "", {}),
        ("DJI_20250601_093000_001.csv", "", {}),
        ("log.csv", "Instrument,7\nDate:,2025-06-01\n", {}),
        ("log.csv", "测量日期：2025年6月1日\n\n", {}),
        ("log.csv", "Start time: 01.06.2025 10:04\nCalibration date: 2024-01-01\n", {}),
        ("flight_2024-01-01.csv", "Date: June 1, 2025\n", {}),
    ],
)
def test_the_day_of_a_time_of_day(name: str, preamble: str, settings: dict[str, object], tmp_path: Path) -> None:
    path = write(tmp_path / name, preamble + text_of(CLOCK_ONLY))
    log = read(path, **settings)
    assert_is_plain(log)
    assert "times of day" in said(log)


@pytest.mark.parametrize("name", ["log.csv", "2025-06-01_2025-06-02.csv", "v20259901.csv"])
def test_a_time_of_day_without_a_day_asks_for_start(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / name, "build date: 2025-06-01\n" + text_of(CLOCK_ONLY)))
    assert "set start" in str(caught.value)


def test_a_clock_that_passes_midnight(tmp_path: Path) -> None:
    late = START.replace(hour=23, minute=59, second=45)
    columns: dict[str, Cells] = {**plain(), "time": [f"{t:%H:%M:%S}" for t in times(start=late)]}
    columns = {"Date": ["2025-06-01", *[""] * (ROWS - 1)], **columns}
    del columns["timestamp"]
    assert_is_plain(read(write_text(tmp_path / "log.csv", columns)), start=late)
    del columns["Date"]
    path = write_text(tmp_path / "log.csv", columns)
    assert_is_plain(read(path, start="2025-06-01"), start=late)


@pytest.mark.parametrize(
    ("header", "factor"),
    [("Elapsed (s)", 1.0), ("time_ms", 1000.0), ("elapsed", 1.0), ("Elapsed", 1000.0), ("flyTime [ms]", 1000.0)],
)
def test_elapsed_time_counts_from_the_start(header: str, factor: float, tmp_path: Path) -> None:
    count = [(1500 + i) * factor for i in range(ROWS)]
    columns: dict[str, Cells] = {header: count, **{name: c for name, c in plain().items() if name != "timestamp"}}
    path = write_text(tmp_path / "log.csv", columns)
    settings = {"columns": {"timestamp": header}} if header == "time_ms" else {}
    assert_is_plain(read(path, start="2025-06-01T10:04:10", **settings))
    assert_is_plain(read(path, start="2025-06-01T12:04:10+02:00", **settings))
    with pytest.raises(InputError) as caught:
        read(path, **settings)
    assert "set start" in str(caught.value)


def test_minutes_and_seconds_from_the_start(tmp_path: Path) -> None:
    rest = {n: c for n, c in plain().items() if n != "timestamp"}
    for form in ("{m:02d}:{s:02d}", "0:{m:02d}:{s:02d}", "{m:02d}:{s:02d}.0"):
        count = [form.format(m=59 + i // 60, s=i % 60) if form[0] != "0" else f"0:00:{i:02d}" for i in range(ROWS)]
        path = write_text(tmp_path / "log.csv", {"Elapsed time": count, **rest})
        assert_is_plain(read(path, start="2025-06-01T10:04:10"))


def test_gps_seconds_are_counted_from_1980(tmp_path: Path) -> None:
    count = [(t - datetime(1980, 1, 6)).total_seconds() + 18.0 for t in times(start=START)]
    columns: dict[str, Cells] = {"GPS time (s)": count, **{n: c for n, c in plain().items() if n != "timestamp"}}
    log = read(write_text(tmp_path / "log.csv", columns))
    assert_is_plain(log)
    assert "GPS seconds" in said(log)


def test_a_date_that_stays_past_midnight(tmp_path: Path) -> None:
    late = START.replace(hour=23, minute=59, second=45)
    clock = [f"{t:%H:%M:%S}" for t in times(start=late)]
    rest = {n: c for n, c in plain().items() if n != "timestamp"}
    for caught_up in (ROWS, 30):
        day = ["2025-06-01" if i < caught_up else "2025-06-02" for i in range(ROWS)]
        log = read(write_text(tmp_path / "log.csv", {"Date": day, "Time": clock, **rest}))
        assert_is_plain(log, start=late)


@pytest.mark.parametrize("header", ["elapsed (s)", "time (s)", "time"])
def test_a_day_alone_is_no_start_of_a_count(header: str, tmp_path: Path) -> None:
    columns: dict[str, Cells] = {header: list(range(ROWS)), **{n: c for n, c in plain().items() if n != "timestamp"}}
    for settings in ({}, {"start": "2025-06-01"}):
        with pytest.raises(InputError) as caught:
            read(write_text(tmp_path / "flight_2025-06-01.csv", columns), **settings)
        assert "set start" in str(caught.value)


def test_start_moves_a_clock_that_was_wrong(tmp_path: Path) -> None:
    wrong = {**plain(), "timestamp": times(start=datetime(2003, 1, 1, 0, 0, 7))}
    path = write_text(tmp_path / "log.csv", wrong)
    log = read(path, start="2025-06-01 10:04:10")
    assert_is_plain(log)
    assert "moved" in said(log)
    assert_is_plain(read(path, start="2025-06-01"), start=datetime(2025, 6, 1, 0, 0, 7))


# --- clocks ----------------------------------------------------------------------------------------------------------


def shifted(first: int, seconds: float) -> dict[str, Cells]:
    """The flight with its clock set by `seconds` from a row on; the aircraft flies on."""
    along = [-103.075 + 3e-5 * i for i in range(ROWS)]
    stamps = [t + timedelta(seconds=seconds if i >= first else 0.0) for i, t in enumerate(times(start=START))]
    return {**plain(), "timestamp": stamps, "longitude": along}


@pytest.mark.parametrize(
    ("first", "seconds", "code"),
    [
        (25, 3600.0, "clock_jumps"),
        (25, -3600.0, "clock_jumps"),
        (10, 7200.0, "clock_jumps"),
        (25, -20.0, "clock_backwards"),
        (25, -10.5, "clock_backwards"),
    ],
)
def test_a_clock_set_in_flight_is_a_fault_with_its_row(first: int, seconds: float, code: str, tmp_path: Path) -> None:
    path = write_text(tmp_path / "log.csv", shifted(first, seconds))
    with pytest.raises(InputError) as caught:
        read(path)
    fault = caught.value.faults[0]
    assert (fault.code, fault.row) == (code, first + 2)
    log = read(path, out_of_range="drop")
    assert log.size < ROWS
    assert sum(log.report.rows_dropped.values()) == ROWS - log.size


@pytest.mark.parametrize("seconds", [0.4, -0.4, -1.0, 95.0, 1800.0])
def test_jitter_and_breaks_are_no_faults(seconds: float, tmp_path: Path) -> None:
    assert read(write_text(tmp_path / "log.csv", shifted(25, seconds))).size >= ROWS - 1


def test_an_hour_on_the_ground_is_no_jump(tmp_path: Path) -> None:
    columns = shifted(25, 3600.0)
    columns["longitude"] = [-103.075 + 3e-5 * (i if i < 20 else 20 if i < 30 else i - 10) for i in range(ROWS)]
    assert read(write_text(tmp_path / "log.csv", columns)).size == ROWS


def test_logs_put_together_in_the_wrong_order_are_sorted(tmp_path: Path) -> None:
    columns = {name: [*cells[25:], *cells[:25]] for name, cells in shifted(0, 0.0).items()}
    assert read(write_text(tmp_path / "log.csv", columns)).size == ROWS


def test_a_time_in_the_future_is_a_fault(tmp_path: Path) -> None:
    tomorrow = datetime(datetime.now().year + 3, 1, 1)
    with pytest.raises(InputError) as caught:
        read(write_text(tmp_path / "log.csv", {**plain(), "timestamp": times(start=tomorrow)}))
    fault = caught.value.faults[0]
    assert (fault.code, fault.row) == ("time_out_of_range", 2)
    assert "set start" in fault.message


# --- numbers and positions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notation", NUMBERS)
def test_a_notation_of_numbers(notation: str, tmp_path: Path) -> None:
    columns: dict[str, Cells] = {**plain(), "pressure": list(floats(plain()["pressure"]) * 100.0)}
    for name in ("height_ato", "windspeed", "winddir", "temperature", "pressure", "ch4"):
        columns[name] = [NUMBERS[notation](cell) for cell in columns[name]]
    if notation in ("German", "French", "Russian", "exponent with comma"):
        for name in ("latitude", "longitude"):
            columns[name] = [str(cell).replace(".", ",") for cell in columns[name]]
    path = write_text(tmp_path / "log.csv", renamed(columns, {"pressure": "pressure (Pa)"}), delimiter=";")
    assert_is_plain(read(path))


@pytest.mark.parametrize("notation", POSITIONS)
def test_a_notation_of_positions(notation: str, tmp_path: Path) -> None:
    columns: dict[str, Cells] = {**plain()}
    for name, axis in (("latitude", "NS"), ("longitude", "EW")):
        columns[name] = [POSITIONS[notation](cell, axis) for cell in columns[name]]
    # 1e-9 of a second or of a minute of arc
    assert_is_plain(read(write_text(tmp_path / "log.csv", columns)), position_deg=1e-10)


def test_hemispheres_in_columns_of_their_own(tmp_path: Path) -> None:
    columns: dict[str, Cells] = {}
    for name, cells in plain().items():
        columns[name] = [abs(float(str(cell))) for cell in cells] if name == "longitude" else cells
        if name in ("latitude", "longitude"):
            columns["N/S" if name == "latitude" else "E/W"] = ["N" if name == "latitude" else "W"] * ROWS
    log = read(write_text(tmp_path / "log.csv", columns))
    assert_is_plain(log)
    assert "hemisphere" in said(log)


@pytest.mark.parametrize("cell", ["32.7 E", "32°61'00\" N", "32.7 O", "-32.7 S", "32 N 103 W"])
def test_what_is_no_latitude_is_refused(cell: str, tmp_path: Path) -> None:
    columns = {**plain(), "latitude": [cell, *plain()["latitude"][1:]]}
    with pytest.raises(InputError) as caught:
        read(write_text(tmp_path / "log.csv", columns))
    assert (caught.value.faults[0].code, caught.value.faults[0].row) == ("not_a_number", 2)


def with_units(**units: str) -> dict[str, Cells]:
    return {
        name: [f"{cell} {units[name]}" for cell in cells] if name in units else cells for name, cells in plain().items()
    }


def test_units_in_cells(tmp_path: Path) -> None:
    columns = with_units(windspeed="m/s", temperature="°C", ch4="ppm", pressure="mbar", height_ato="m")
    log = read(write_text(tmp_path / "log.csv", columns))
    assert_is_plain(log)
    assert "stands in its cells" in said(log)
    parts_per_billion = [f"{value * 1000.0} ppb" for value in floats(plain()["ch4"])]
    log = read(write_text(tmp_path / "log.csv", {**plain(), "ch4": parts_per_billion}))
    assert_is_plain(log)


@pytest.mark.parametrize("header", ["ch4", "ch4 (ppm)"])
def test_units_that_disagree_are_a_fault(header: str, tmp_path: Path) -> None:
    cells = [f"{cell} {'ppb' if i == 8 else 'ppm'}" for i, cell in enumerate(plain()["ch4"])]
    with pytest.raises(InputError) as caught:
        read(write_text(tmp_path / "log.csv", renamed({**plain(), "ch4": cells}, {"ch4": header})))
    assert (caught.value.faults[0].code, caught.value.faults[0].row) == ("units_disagree", 10)


def test_a_point_that_may_be_either_sign_is_a_fault(tmp_path: Path) -> None:
    columns = {**plain(), "windspeed": ["1.013"] * ROWS}
    path = write_text(tmp_path / "log.csv", columns, delimiter=";", decimal=",")
    with pytest.raises(InputError) as caught:
        read(path)
    assert (caught.value.faults[0].code, caught.value.faults[0].row) == ("unclear_point", 2)
    columns = {**plain(), "pressure": ["1.013", *["998"] * (ROWS - 1)]}
    log = read(write_text(tmp_path / "log.csv", columns, delimiter=";", decimal=","))
    assert log.pressure_hpa[:2].tolist() == [1013.0, 998.0]


@pytest.mark.parametrize("decimal", [",", "."])
@pytest.mark.parametrize(
    ("name", "header", "cell", "value"),
    [
        ("pressure", "pressure", "1{}013", 1013.0),
        ("pressure", "pressure (Pa)", "101{}325", 1013.25),
        ("pressure", "pressure (kPa)", "101{}325", 1013.25),
        ("ch4", "CH4 (ppb)", "2{}008", 2.008),
        ("ch4", "CH4 (ppm)", "2{}008", 2.008),
        ("ch4", "ch4", "2{}008", 2.008),
    ],
)
def test_a_sign_that_may_be_either_is_told_by_what_air_is(
    decimal: str, name: str, header: str, cell: str, value: float, tmp_path: Path
) -> None:
    """A decimal sign or thousands: one of the two is no open air, 1.013 or 1013 hPa, 2.008 or 2008 ppb."""
    sign = "." if decimal == "," else ","
    cells = [cell.format(sign), *[f"{cell.format(sign)[:-3]}{i % 7:03d}" for i in range(ROWS - 1)]]
    columns = renamed({**plain(), name: cells}, {name: header})
    log = read(write_text(tmp_path / "log.csv", columns, delimiter=";", decimal=decimal))
    read_as = log.pressure_hpa if name == "pressure" else log.gas_ppm["ch4"]
    assert read_as[0] == pytest.approx(value, rel=1e-12)  # rounding


# --- rows of several sensors -----------------------------------------------------------------------------------------


def outer_joined(apart_s: float) -> str:
    """The flight's gas in rows of its own, `apart_s` after the others."""
    names, *rows = lines_of(plain())
    both = []
    for row, t in zip(rows, times(start=START + timedelta(seconds=apart_s)), strict=True):
        cells = row.split(",")
        both += [",".join([*cells[:-1], ""]), ",".join([str(t), *[""] * (len(cells) - 2), cells[-1]])]
    return "\n".join([names, *both]) + "\n"


def test_rows_of_several_sensors_are_brought_together(tmp_path: Path) -> None:
    path = write(tmp_path / "log.csv", outer_joined(0.25))
    log = read(path)
    assert log.size == ROWS - 1
    np.testing.assert_array_equal(log.gas_ppm["ch4"], floats(flight()["ch4"])[:-1])
    height = floats(flight()["height_ato"])
    # a quarter of the way to the next row
    np.testing.assert_allclose(log.height_m, height[:-1] + 0.25 * np.diff(height), rtol=1e-9)
    assert "interpolated to the times of the gas" in said(log)
    assert inspect_flight(path, PipelineConfig()).faults == ()


def test_rows_that_lie_too_far_apart_are_a_fault(tmp_path: Path) -> None:
    inspection = inspect_flight(write(tmp_path / "log.csv", outer_joined(86.0)), PipelineConfig())
    assert inspection.log is None
    assert [fault.code for fault in inspection.faults] == ["rows_apart"]


def test_a_gas_without_enough_whole_rows_is_a_fault_of_inspect_too(tmp_path: Path) -> None:
    columns = {**plain(), "temperature": ["" if i > 8 else c for i, c in enumerate(plain()["temperature"])]}
    columns["ch4"] = ["" if i < 5 else c for i, c in enumerate(plain()["ch4"])]
    inspection = inspect_flight(write_text(tmp_path / "log.csv", columns), PipelineConfig())
    assert inspection.log is None
    assert inspection.faults


def test_head_and_footer_lines_are_counted(tmp_path: Path) -> None:
    log = read(write(tmp_path / "log.csv", with_rows() + "Mean,,,,6.189,,,,2.2995\n"))
    assert dict(log.report.rows_dropped) == {"statistics row": 1}
    assert log.report.rows_read == ROWS + 1


def test_one_unit_makes_a_row_of_units(tmp_path: Path) -> None:
    columns = {**plain(), "windspeed": list(floats(plain()["windspeed"]) * 3.6)}
    names, *rows = lines_of(columns)
    for units in (",,,,km/h,,,,", "UTC,GPS,GPS,,km/h,sonic,,,"):
        assert_is_plain(read(write(tmp_path / "log.csv", "\n".join([names, units, *rows]))))
