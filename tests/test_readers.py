"""Files of every kind become the same flight; logs of every instrument in the field notes are read."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flight_files import (
    ROWS,
    START,
    Cells,
    Columns,
    flight,
    floats,
    renamed,
    rows_of,
    text_of,
    times,
    write_text,
    write_xls,
    write_xlsx,
)
from patience import times_longer

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.gas import ppm_from_mass_concentration
from gasflux.reading.flight_file import flight_from_frame, inspect_flight, read_flight
from gasflux.records import FlightLog

CONFIG = PipelineConfig()
SHARED = Path(__file__).parents[2] / "shared" / "data"


def read(path: Path, **settings: object) -> FlightLog:
    return read_flight(path, PipelineConfig.model_validate(settings))


def assert_is_the_flight(log: FlightLog) -> None:
    """The log holds `flight()`."""
    columns = {name: floats(cells) for name, cells in flight().items() if name != "timestamp"}
    # 64 ms of the start survive in every format; Excel keeps milliseconds
    assert abs(log.start_utc - np.datetime64(START)) <= np.timedelta64(1, "ms")
    # Excel serials of two rows, each rounded to a millisecond
    np.testing.assert_allclose(log.time_s, np.arange(ROWS), atol=2e-3)
    pairs = [
        (log.latitude_deg, "latitude"),
        (log.longitude_deg, "longitude"),
        (log.height_m, "height_ato"),
        (log.wind_speed_m_s, "windspeed"),
        (log.wind_from_deg, "winddir"),
        (log.temperature_c, "temperature"),
        (log.pressure_hpa, "pressure"),
        (log.gas_ppm["ch4"], "ch4"),
    ]
    for values, name in pairs:
        assert values is not None
        # pandas' fast number parser is right to the last place but one
        np.testing.assert_allclose(values, columns[name], rtol=1e-15, err_msg=name)


def as_xlsx(path: Path) -> Path:
    return write_xlsx(path.with_suffix(".xlsx"), rows_of(flight()))


def as_xls(path: Path) -> Path:
    return write_xls(path.with_suffix(".xls"), rows_of(flight()))


def as_gz(path: Path) -> Path:
    path = path.with_suffix(".csv.gz")
    path.write_bytes(gzip.compress(text_of(flight()).encode()))
    return path


def as_text(**layout: str) -> Callable[[Path], Path]:
    return lambda path: write_text(path.with_suffix(".csv"), flight(), **layout)


def as_blanks(path: Path) -> Path:
    parts: dict[str, Cells] = {"date": [str(t)[:10] for t in times()], "time": [str(t)[11:] for t in times()]}
    columns: dict[str, Cells] = {**parts, **{name: cells for name, cells in flight().items() if name != "timestamp"}}
    lines = [" ".join(f"{cell!s:>22}" for cell in row) for row in rows_of(columns)]
    path.write_text("\n".join(lines))
    return path


def as_old_mac_lines(path: Path) -> Path:
    path.write_bytes(text_of(flight()).replace("\n", "\r").encode())
    return path


def as_quoted(path: Path) -> Path:
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows_of(flight())]
    path.write_text("\n".join(lines), newline="\r\n")
    return path


def as_headers_on_row_5(path: Path) -> Path:
    rows: list[list[object]] = [
        ["Report of flight 7"],
        [],
        ["Operator", "N.N."],
        ["latitude of site", 32.69],
        *rows_of(flight()),
    ]
    return write_xlsx(path.with_suffix(".xlsx"), rows)


def as_units_row(path: Path) -> Path:
    header, *rest = rows_of(flight())
    units = ["", "deg", "deg", "m", "m/s", "deg", "degC", "hPa", "ppm"]
    return write_xlsx(path.with_suffix(".xlsx"), [header, units, *rest])


FORMATS = {
    "xlsx": as_xlsx,
    "xls": as_xls,
    "csv.gz": as_gz,
    "comma": as_text(),
    "semicolon, decimal comma": as_text(delimiter=";", decimal=","),
    "tab": as_text(delimiter="\t"),
    "bar": as_text(delimiter="|"),
    "blanks": as_blanks,
    "byte order mark": as_text(encoding="utf-8-sig"),
    "utf-16": as_text(encoding="utf-16"),
    "utf-16 without mark": as_text(encoding="utf-16-le"),
    "gb18030": as_text(encoding="gb18030", preamble="#由 某仪器 生成\n"),
    "degree signs of Windows": as_text(encoding="cp1252", preamble="# 20 °C, µ\n"),
    "preamble": as_text(preamble="Instrument 7\n\nfirmware,1.2\n"),
    "old Mac lines": as_old_mac_lines,
    "all quoted": as_quoted,
    "header on row 5": as_headers_on_row_5,
    "units row": as_units_row,
}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_flight_from_every_format(kind: str, tmp_path: Path) -> None:
    log = read_flight(FORMATS[kind](tmp_path / "flight"), CONFIG)
    assert_is_the_flight(log)
    assert log.report.rows_used == ROWS


def test_the_ending_of_the_name_does_not_matter(tmp_path: Path) -> None:
    assert_is_the_flight(read_flight(as_xlsx(tmp_path / "a").rename(tmp_path / "flight.csv"), CONFIG))
    assert_is_the_flight(read_flight(write_text(tmp_path / "flight.xls", flight()), CONFIG))


def test_a_frame_is_read_like_a_file() -> None:
    frame = pd.DataFrame(flight())
    before = frame.copy()
    log = flight_from_frame(frame, CONFIG)
    assert_is_the_flight(log)
    pd.testing.assert_frame_equal(frame, before)
    assert log.report.sha256 == flight_from_frame(frame, CONFIG).report.sha256
    assert_is_the_flight(flight_from_frame(frame.set_index("timestamp"), CONFIG))
    zoned = frame.assign(timestamp=frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert("Asia/Shanghai"))
    assert_is_the_flight(flight_from_frame(zoned, CONFIG))


def test_the_report_names_file_and_content(tmp_path: Path) -> None:
    path = write_text(tmp_path / "flight 7.csv", {**flight(), "remark": ["x"] * ROWS})
    report = read_flight(path, CONFIG).report
    assert (report.name, report.sha256) == (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    assert (report.rows_read, report.rows_used, dict(report.rows_dropped)) == (ROWS, ROWS, {})
    assert report.ignored_columns == ("remark",)
    ch4 = next(column for column in report.columns if column.name == "ch4")
    assert (ch4.header, ch4.unit, ch4.conversion, ch4.minimum, ch4.missing) == ("ch4", "ppm", "", 2.2, 0)


def test_sheets(tmp_path: Path) -> None:
    other: dict[str, Cells] = {**flight(), "ch4": [3.0 + 0.01 * i for i in range(ROWS)]}
    path = write_xlsx(tmp_path / "two.xlsx", rows_of(flight()), rows_of(other))
    assert_is_the_flight(read_flight(path, CONFIG))
    assert read(path, sheet="Sheet2").gas_ppm["ch4"][0] == read(path, sheet=1).gas_ppm["ch4"][0] == 3.0


def test_inspection_of_a_good_and_a_bad_file(tmp_path: Path) -> None:
    good = inspect_flight(as_xlsx(tmp_path / "good"), CONFIG)
    assert good.faults == ()
    assert good.log is not None
    assert good.report == good.log.report
    incomplete = write_text(tmp_path / "bad.csv", {name: c for name, c in flight().items() if name != "windspeed"})
    bad = inspect_flight(incomplete, CONFIG)
    assert bad.log is None
    assert [fault.column for fault in bad.faults] == ["windspeed"]
    assert bad.report is not None
    assert {column.name for column in bad.report.columns} == flight().keys() - {"windspeed"}
    (tmp_path / "not.pdf").write_bytes(b"%PDF-1.7")
    nothing = inspect_flight(tmp_path / "not.pdf", CONFIG)
    assert (nothing.report, nothing.log, len(nothing.faults)) == (None, None, 1)


# --- instruments of the field notes: their own header, with the columns they lack added as a user would --------------


def ascending(start: float, step: float = 0.01) -> list[object]:
    return [round(start + step * i, 6) for i in range(ROWS)]


def with_air(columns: Columns, *names: str) -> dict[str, Cells]:
    """The columns, and the named ones of the contract."""
    return {**columns, **{name: flight()[name] for name in names}}


def sniffer4d(path: Path) -> FlightLog:
    columns: dict[str, Cells] = {
        "采样点时间": [t.strftime("%Y-%m-%d %H:%M:%S") for t in times()],
        "相对高度 m": flight()["height_ato"],
        "经度": flight()["longitude"],
        "纬度": flight()["latitude"],
        "温度 ℃": flight()["temperature"],
        "湿度 %": ascending(40),
        "气压 Pa": list(floats(flight()["pressure"]) * 100),
        "VOCs ppm": ascending(0.1),
        "SO2 μg/m3": ascending(12.0),
        "甲烷 ppm": flight()["ch4"],
        "风速 m/s": flight()["windspeed"],
        "风向": ["东北风"] * ROWS,
        "设备序列号": ["S4D-0042"] * ROWS,
    }
    preamble = "#Created by: Sniffer4DMapper 2.5\n项目名称 : 北京测试\n"
    log = read_flight(write_text(path, columns, encoding="gb18030", preamble=preamble), CONFIG)
    assert log.wind_from_deg is not None
    np.testing.assert_array_equal(log.wind_from_deg, 45.0)
    so2 = ppm_from_mass_concentration("so2", floats(ascending(12.0)), log.temperature_c, log.pressure_hpa)
    # the same formula on pressures that went through pascals and back
    np.testing.assert_allclose(log.gas_ppm["so2"], so2, rtol=1e-14)
    assert {"湿度 %", "VOCs ppm", "设备序列号"} <= set(log.report.ignored_columns)
    return log


def aeris_pico(path: Path) -> FlightLog:
    columns: dict[str, Cells] = {
        "Time Stamp": [t.strftime("%m/%d/%Y %H:%M:%S.%f")[:-3] for t in times()],
        "Inlet Number": [1] * ROWS,
        "P (mbars)": ascending(300),
        "T (degC)": ascending(45.0),
        "CH4 (ppm)": flight()["ch4"],
        "H2O (ppm)": ascending(9000),
        "C2H6 (ppb)": ascending(5),
        "R": ascending(0.1),
        "C2/C1": ascending(0.01),
        "Latitude": ["No Data", *flight()["latitude"][1:]],
        "Longitude": ["No Data", *flight()["longitude"][1:]],
    }
    columns = with_air(columns, "height_ato", "windspeed", "winddir", "temperature", "pressure")
    log = read_flight(write_text(path, columns), CONFIG)
    assert log.report.rows_dropped == {"missing position": 1}
    assert set(log.gas_ppm) == {"ch4", "c2h6"}
    # one multiplication
    np.testing.assert_allclose(log.gas_ppm["c2h6"], floats(columns["C2H6 (ppb)"][1:]) / 1000, rtol=1e-15)
    return log


def licor(path: Path) -> FlightLog:
    epoch = [(t - datetime(1970, 1, 1)).total_seconds() for t in times()]
    columns: dict[str, Cells] = {
        "DATAH": ["DATA"] * ROWS,
        "SECONDS": [int(t) for t in epoch],
        "NANOSECONDS": [64_000_000] * ROWS,
        "NDX": list(range(ROWS)),
        "DIAG": [0] * ROWS,
        "REMARK": ["nan"] * ROWS,
        "DATE": [(t + timedelta(hours=8)).strftime("%Y-%m-%d") for t in times()],
        "TIME": [(t + timedelta(hours=8)).strftime("%H:%M:%S") for t in times()],
        "H2O": ascending(9000),
        "CO2": ascending(420),
        "CH4": list(floats(flight()["ch4"]) * 1000),
    }
    columns = with_air(columns, "latitude", "longitude", "height_ato", "windspeed", "winddir", "temperature")
    columns["pressure"] = flight()["pressure"]
    lines = text_of(columns, delimiter="\t").splitlines()
    units = "DATAU secs nsecs index diag remark date time mmol/mol ppm ppb deg deg m m/s deg C hPa"
    head = ["Model:\tLI-7810", "SN:\tTG10-01234", "Timezone:\tAsia/Shanghai", lines[0], "\t".join(units.split())]
    path.write_text("\n".join([*head, *lines[1:]]) + "\n")
    log = read_flight(path, CONFIG)
    assert log.start_utc == np.datetime64(START)
    assert set(log.gas_ppm) == {"co2", "ch4"}
    # one multiplication and its inverse
    np.testing.assert_allclose(log.gas_ppm["ch4"], floats(flight()["ch4"]), rtol=1e-15)
    return log


def picarro(path: Path) -> FlightLog:
    columns: dict[str, Cells] = {
        "DATE": [t.strftime("%Y-%m-%d") for t in times()],
        "TIME": [t.strftime("%H:%M:%S.%f")[:-3] for t in times()],
        "ALARM_STATUS": [0] * ROWS,
        "EPOCH_TIME": [f"{(t - datetime(1970, 1, 1)).total_seconds():.3f}" for t in times()],
        "CavityPressure": ascending(147),
        "CH4": ascending(2.1),
        "CH4_dry": flight()["ch4"],
        "H2O": ascending(0.9),
        "GPS_ABS_LAT": flight()["latitude"],
        "GPS_ABS_LONG": flight()["longitude"],
        "WIND_N": [3.0] * ROWS,
        "WIND_E": [-4.0] * ROWS,
        "height_ato": flight()["height_ato"],
        "temperature": flight()["temperature"],
        "pressure": flight()["pressure"],
    }
    path.write_text("\n".join(" ".join(f"{cell!s:<25}" for cell in row) for row in rows_of(columns)))
    log = read_flight(path, CONFIG)
    assert log.start_utc == np.datetime64(START)
    assert log.wind_from_deg is not None
    # a wind blowing towards 3 north and -4 east comes from the south-east: atan2(4, -3)
    np.testing.assert_allclose(log.wind_from_deg, np.degrees(np.arctan2(4.0, -3.0)), rtol=1e-15)
    np.testing.assert_allclose(log.wind_speed_m_s, 5.0, rtol=1e-15)
    np.testing.assert_array_equal(log.gas_ppm["ch4"], floats(flight()["ch4"]))
    assert {"CH4", "CavityPressure", "H2O"} <= set(log.report.ignored_columns)
    return log


def lgr(path: Path) -> FlightLog:
    columns: dict[str, Cells] = {
        "Time": [t.strftime("  %m/%d/%Y %H:%M:%S.%f")[:-3] for t in times()],
        " [CH4]_ppm": ascending(2.1),
        " [CH4]_ppm_se": ascending(0.0),
        " [H2O]_ppm": ascending(9000),
        " [CO2]_ppm": ascending(420),
        " [CH4]d_ppm": flight()["ch4"],
        " GasP_torr": ascending(140),
        " AmbT_C": flight()["temperature"],
    }
    columns = with_air(columns, "latitude", "longitude", "height_ato", "windspeed", "winddir", "pressure")
    preamble = "VC:2f90039 BD:Jan 16 2014 SN:15-0221\n"
    signature = "-----BEGIN PGP MESSAGE-----\nVersion: GnuPG v2\n\nowGbwMvMwMH\n-----END PGP MESSAGE-----\n"
    path.write_text(text_of(columns, preamble=preamble) + signature)
    log = read_flight(path, CONFIG)
    np.testing.assert_array_equal(log.gas_ppm["ch4"], floats(flight()["ch4"]))
    assert log.report.rows_dropped == {"comment line": 4}
    return log


def abb_uav(path: Path) -> FlightLog:
    columns: dict[str, Cells] = {
        "SysTime": [t.strftime("%Y-%m-%d %H:%M:%S.%f") for t in times()],
        "[CH4]_ppm": flight()["ch4"],
        "Latitude (degrees)": flight()["latitude"],
        "Longitude (degrees)": flight()["longitude"],
        "Altitude (m)": ascending(1150),
        "WindSpeed3D (m/s)": flight()["windspeed"],
        "WindDirection (degree)": flight()["winddir"],
    }
    log = read_flight(write_text(path, with_air(columns, "temperature", "pressure")), CONFIG)
    assert log.height_reference == "altitude"
    return log


def seekops(path: Path) -> FlightLog:
    columns: dict[str, Cells] = {
        "UTCs": [round((t - datetime(2023, 4, 19)).total_seconds(), 3) for t in times()],
        "Month": [4] * ROWS,
        "Day": [19] * ROWS,
        "Year": [2023] * ROWS,
        "LatitudeDD": flight()["latitude"],
        "LongitudeDD": flight()["longitude"],
        "AltitudeGpsM": ascending(1150),
        "PressuremBar": flight()["pressure"],
        "TemperatureC": flight()["temperature"],
        "WindAngleMetDegrees": flight()["winddir"],
        "WindSpdMps": flight()["windspeed"],
        "MethanePPB": list(floats(flight()["ch4"]) * 1000),
    }
    log = read_flight(write_text(path, columns), CONFIG)
    assert log.start_utc == np.datetime64(START)
    return log


def airdata(path: Path) -> FlightLog:
    whole = [t.strftime("%Y-%m-%d %H:%M:%S") for t in times(ROWS, 0.2)]
    columns: dict[str, Cells] = {
        "time(millisecond)": [200 * i for i in range(ROWS)],
        "datetime(utc)": whole,
        "latitude": flight()["latitude"],
        "longitude": flight()["longitude"],
        "height_above_takeoff(feet)": list(floats(flight()["height_ato"]) / 0.3048),
        "altitude_above_seaLevel(feet)": ascending(3800),
        "compass_heading(degrees)": ascending(10),
    }
    log = read_flight(
        write_text(path, with_air(columns, "windspeed", "winddir", "temperature", "pressure", "ch4")), CONFIG
    )
    # the counter gives back the fifths of a second that the clock cuts off
    np.testing.assert_allclose(np.diff(log.time_s), 0.2, rtol=1e-9)
    # one division and one multiplication
    np.testing.assert_allclose(log.height_m, floats(flight()["height_ato"]), rtol=1e-15)
    return log


INSTRUMENTS = (sniffer4d, aeris_pico, licor, picarro, lgr, abb_uav, seekops, airdata)


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_instrument(instrument: Callable[[Path], FlightLog], tmp_path: Path) -> None:
    log = instrument(tmp_path / "log.csv")
    dropped = sum(log.report.rows_dropped.values())
    assert log.size == log.report.rows_used == log.report.rows_read - dropped
    assert str(log.start_utc)[:13] == "2023-04-19T07"
    assert "ch4" in log.gas_ppm
    assert np.all(np.diff(log.time_s) > 0)


# --- time ------------------------------------------------------------------------------------------------------------

TIME_FORMATS: dict[str, Callable[[datetime], object]] = {
    "ISO": lambda t: t.isoformat(),
    "ISO with zone": lambda t: (t + timedelta(hours=8)).isoformat() + "+08:00",
    "Zulu": lambda t: t.isoformat() + "Z",
    "slashes": lambda t: t.strftime("%Y/%m/%d %H:%M:%S.%f"),
    "American": lambda t: t.strftime("%m/%d/%Y %I:%M:%S.%f %p"),
    "European": lambda t: t.strftime("%d.%m.%Y %H:%M:%S,%f"),
    "British": lambda t: t.strftime("%d/%m/%Y %H:%M:%S.%f"),
    "month by name": lambda t: t.strftime("%d-%b-%Y %H:%M:%S.%f"),
    "Chinese": lambda t: f"{t:%Y}年{t:%m}月{t:%d}日 {t:%H}时{t:%M}分{t:%S.%f}秒",
    "Chinese morning": lambda t: f"{t:%Y-%m-%d} 上午{t:%I:%M:%S.%f}",
    "compact": lambda t: t.strftime("%Y%m%dT%H%M%S.%fZ"),
    "seconds since 1970": lambda t: (t - datetime(1970, 1, 1)).total_seconds(),
    "milliseconds since 1970": lambda t: round((t - datetime(1970, 1, 1)).total_seconds() * 1000),
    "Excel serial": lambda t: (t - datetime(1899, 12, 30)).total_seconds() / 86400,
}


@pytest.mark.parametrize("notation", TIME_FORMATS)
def test_time_in_every_notation(notation: str, tmp_path: Path) -> None:
    columns: dict[str, Cells] = {**flight(), "timestamp": [TIME_FORMATS[notation](t) for t in times()]}
    log = read_flight(write_text(tmp_path / "log.csv", columns, delimiter=";"), CONFIG)
    # an Excel serial in the text of a double holds a microsecond, and is rounded to a millisecond
    assert abs(log.start_utc - np.datetime64(START)) <= np.timedelta64(1, "ms")
    np.testing.assert_allclose(log.time_s, np.arange(ROWS), atol=2e-3)
    is_zoned = notation in ("ISO with zone", "Zulu", "compact") or "since 1970" in notation
    assert log.report.time_zone == ("UTC" if is_zoned else None)


@pytest.mark.parametrize(
    ("header", "zone"), [("Time (UTC)", "UTC"), ("Time GMT", "UTC"), ("timestamp", None), ("Local Time", None)]
)
def test_a_header_tells_the_zone(header: str, zone: str | None, tmp_path: Path) -> None:
    log = read_flight(write_text(tmp_path / "log.csv", renamed(flight(), {"timestamp": header})), CONFIG)
    assert log.report.time_zone == zone


def test_a_zone_in_some_rows_only_is_applied_there(tmp_path: Path) -> None:
    stamps = [
        t.isoformat() if i % 2 else (t + timedelta(hours=2)).isoformat() + "+02:00" for i, t in enumerate(times())
    ]
    log = read_flight(write_text(tmp_path / "log.csv", {**flight(), "timestamp": stamps}), CONFIG)
    assert log.start_utc == np.datetime64(START)
    # microseconds are exact
    np.testing.assert_allclose(np.diff(log.time_s), 1.0, rtol=1e-12)


def test_utc_goes_before_local_time(tmp_path: Path) -> None:
    local = [t - timedelta(hours=6) for t in times()]
    columns: dict[str, Cells] = {"Local Time": local, **renamed(flight(), {"timestamp": "UTC"})}
    log = read_flight(write_text(tmp_path / "log.csv", columns), CONFIG)
    assert log.start_utc == np.datetime64(START)
    assert any("Local Time" in note.en for note in log.report.notes)


def test_excel_date_and_time_of_day_in_two_columns(tmp_path: Path) -> None:
    columns: dict[str, Cells] = {"date": [t.date() for t in times()], "time": [t.time() for t in times()], **flight()}
    del columns["timestamp"]
    log = read_flight(write_xlsx(tmp_path / "log.xlsx", rows_of(columns)), CONFIG)
    # calamine reads a time of day to the millisecond
    assert abs(log.start_utc - np.datetime64(START)) <= np.timedelta64(1, "ms")


def test_an_order_of_day_and_month_that_must_be_assumed_is_told(tmp_path: Path) -> None:
    start = datetime(2023, 4, 5, 7)
    columns: dict[str, Cells] = {**flight(), "timestamp": [t.strftime("%m/%d/%Y %H:%M:%S") for t in times(start=start)]}
    log = read_flight(write_text(tmp_path / "log.csv", columns), CONFIG)
    assert log.start_utc == np.datetime64(start)
    assert any("month first" in note.en for note in log.report.notes)


# --- size and speed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_log_is_read_in_linear_time(tmp_path: Path, kind: str) -> None:
    def log(name: str, rows: int) -> Path:
        path = tmp_path / f"{name}.{kind}"
        return write_xlsx(path, rows_of(flight(rows))) if kind == "xlsx" else write_text(path, flight(rows))

    short, long = log("short", 1_000), log("long", 10_000)
    assert read_flight(long, CONFIG).size == 10 * read_flight(short, CONFIG).size
    # Measured 5 to 9; 100 for anything quadratic that matters.
    assert times_longer(lambda: read_flight(long, CONFIG), lambda: read_flight(short, CONFIG), rounds=3) < 25.0


# --- real flights ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real flights are not part of the project")
@pytest.mark.parametrize(
    ("name", "rows", "gases"),
    [
        ("nmt_20230419_flight.xlsx", 1066, {"ch4", "c2h6"}),
        ("nmt_20230419_curtain1.xlsx", 181, {"ch4", "c2h6"}),
        ("nmt_20230419_curtain2.xlsx", 307, {"ch4", "c2h6"}),
        ("nmt_20230419_curtain3.xlsx", 156, {"ch4", "c2h6"}),
        ("synthetic_1000pt_3gas.csv", 1000, {"ch4", "co2", "c2h6"}),
    ],
)
def test_real_flight(name: str, rows: int, gases: set[str]) -> None:
    log = read_flight(SHARED / name, CONFIG)
    assert (log.size, set(log.gas_ppm), dict(log.report.rows_dropped)) == (rows, gases, {})
    # logged once a second, give or take a millisecond
    assert log.sample_hz == pytest.approx(1.0, rel=2e-3)
