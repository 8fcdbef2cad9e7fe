"""Layouts and notations of public exports beyond those of the instruments' table: each read right, or asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flight_files import ROWS, Cells, flight, floats, renamed

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import InputError
from gasflux.reading.flight_file import read_flight
from gasflux.records import FlightLog

PLAIN: dict[str, Cells] = {
    **flight(),
    "timestamp": [f"{time:%Y-%m-%d %H:%M:%S}" for time in pd.to_datetime(pd.Series(flight()["timestamp"]))],
}
DIRECTION, SPEED, GAS = (floats(PLAIN[name]) for name in ("winddir", "windspeed", "ch4"))


def text_of(columns: Mapping[str, Cells], delimiter: str = ",") -> str:
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    lines = [names, *([("" if cell is None else str(cell)) for cell in row] for row in rows)]
    return "\n".join(delimiter.join(line) for line in lines) + "\n"


def read(tmp_path: Path, content: str | bytes, /, **config: object) -> FlightLog:
    path = tmp_path / "log.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_flight(path, PipelineConfig.model_validate(config))


def replaced(name: str, header: str, cells: Cells | None = None) -> dict[str, Cells]:
    """The flight with one column under another header, and other cells where they are given."""
    found = {**PLAIN, name: PLAIN[name] if cells is None else cells}
    return renamed(found, {name: header})


def notes(log: FlightLog) -> str:
    return " ".join(note.en for note in log.report.notes)


# --- wind ------------------------------------------------------------------------------------------------------------

DIRECTIONS = (
    *("WindDir_D1_WVT", "WD (deg true)", "wind direction (average)", "vector mean wind direction", "dd", "DD", "WINDD"),
    *(
        "风向角",
        "瞬时风向",
        "2分钟平均风向",
        "風向角(度)",
        "Direction of wind (deg)",
        "wind_dir_from_north",
        "WDIR",
        "WD_10m",
    ),
    *("wind_from_direction", "Wind Bearing", "WindDirection (degrees N)", "Wind_Direction_Deg_True", "mean_wind_dir"),
    "WD_10m",
)
TOWARDS = ("wind direction towards", "WindDir_to", "wind_to_direction", "Wind blowing to (deg)", "wind direction (to)")
REFUSED = (
    *("relative wind direction", "Apparent Wind Angle", "AWA", "wind_dir_body", "Wind Direction (bow)", "相对风向"),
    *(
        "dir (deg)",
        "DIR",
        "wind heading from",
        "风去向",
        "Wind vector heading (towards)",
        "Wind sensor 2",
        "Anemometer",
    ),
)


@pytest.mark.parametrize("header", DIRECTIONS)
def test_directions(header: str, tmp_path: Path) -> None:
    log = read(tmp_path, text_of(replaced("winddir", header)))
    assert log.wind_from_deg is not None
    np.testing.assert_array_equal(log.wind_from_deg, DIRECTION)


@pytest.mark.parametrize("header", TOWARDS)
def test_directions_towards_are_turned(header: str, tmp_path: Path) -> None:
    log = read(tmp_path, text_of(replaced("winddir", header, list((DIRECTION + 180.0) % 360.0))))
    assert log.wind_from_deg is not None
    np.testing.assert_allclose(log.wind_from_deg, DIRECTION)
    assert "turned by 180 degrees" in notes(log)


@pytest.mark.parametrize("header", REFUSED)
def test_what_may_be_a_direction_is_never_passed_over(header: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text_of(replaced("winddir", header)))
    assert "winddir" in str(caught.value)
    without = read(tmp_path, text_of(replaced("winddir", header)), columns={"winddir": "ignore"})
    assert without.wind_from_deg is None


@pytest.mark.parametrize("names", [("u10", "v10"), ("U (m/s) east", "V (m/s) north"), ("WindVelEast", "WindVelNorth")])
def test_components(names: tuple[str, str], tmp_path: Path) -> None:
    angle = np.radians(DIRECTION)
    parts = {names[0]: list(-SPEED * np.sin(angle)), names[1]: list(-SPEED * np.cos(angle))}
    columns = {name: cells for name, cells in PLAIN.items() if name not in ("windspeed", "winddir")}
    log = read(tmp_path, text_of({**columns, **parts}))
    np.testing.assert_allclose(log.wind_speed_m_s, SPEED)


# --- units that are no fraction --------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["LEL (%)", "CH4 %LEL", "CH4 (ppm·m)", "CH4_ppmm", "CH4 (mg/m^2)", "CH4 ppm-meter"])
def test_what_is_no_fraction_stays_so_under_a_setting(header: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no mole fraction"):
        read(tmp_path, text_of(replaced("ch4", header)), columns={"ch4": header})


def test_percent_that_no_open_air_holds_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="times what clean air holds"):
        read(tmp_path, text_of(replaced("ch4", "CH4 (%)")))


# --- codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [-99.99, -9999.0, -999.0, 9999.0, -88.8, 1e20])
@pytest.mark.parametrize("name", ["height_ato", "ch4", "windspeed", "latitude", "temperature"])
def test_a_code_in_some_rows_is_none_in_any_column(name: str, code: float, tmp_path: Path) -> None:
    cells = [code if i in (7, 23) else cell for i, cell in enumerate(PLAIN[name])]
    if name == "latitude" and abs(code) <= 90.0:
        with pytest.raises(InputError, match="no place of this flight"):
            read(tmp_path, text_of({**PLAIN, name: cells}))
        return
    log = read(tmp_path, text_of({**PLAIN, name: cells}))
    assert f"{code:.10g}" in notes(log)
    assert float(log.height_m.min()) == 5.0
    assert float(log.height_m.max()) == 10.0
    assert float(np.nanmax(log.gas_ppm["ch4"])) < 3.0


def test_heights_that_come_by_a_code_keep_it(tmp_path: Path) -> None:
    """A site 100 m below take-off: -99 is a height like its neighbours."""
    heights = [-80.0 - 1.0 * (i % 20) for i in range(ROWS)]
    assert -99.0 in heights
    np.testing.assert_array_equal(read(tmp_path, text_of({**PLAIN, "height_ato": heights})).height_m, heights)


# --- encodings -------------------------------------------------------------------------------------------------------

ENCODED = {
    "cp932": "日時|緯度|経度|高さ(m)|風速(m/s)|風向(°)|気温(℃)|気圧(hPa)|メタン(ppm)",
    "euc_jp": "日時|緯度|経度|高さ(m)|風速(m/s)|風向(°)|気温(℃)|気圧(hPa)|メタン(ppm)",
    "cp949": "일시|위도|경도|비행고도(m)|풍속(m/s)|풍향(도)|기온(C)|기압(hPa)|메탄(ppm)",
    "cp1251": "Дата и время|Широта|Долгота|Высота (м)|Скорость ветра (м/с)|Направление ветра (град)"
    "|Температура воздуха (°C)|Давление (гПа)|Метан (ppm)",
    "koi8_r": "Дата и время|Широта|Долгота|Высота (м)|Скорость ветра (м/с)|Направление ветра (град)"
    "|Температура воздуха (°C)|Давление (гПа)|Метан (ppm)",
    "cp1250": "Data i czas|Szerokość geograficzna|Długość geograficzna|Wysokość (m)|Prędkość wiatru [m/s]"
    "|Kierunek wiatru [°]|Temperatura powietrza [°C]|Ciśnienie [hPa]|Metan [ppm]",
    "cp1252": "Datum/Uhrzeit|Breitengrad|Längengrad|Höhe [m]|Windgeschwindigkeit [m/s]|Windrichtung [°]"
    "|Lufttemperatur [°C]|Luftdruck [hPa]|Methan [ppm]",
    "gb18030": "监测时间|纬度|经度|相对高度(m)|瞬时风速(m/s)|风向(°)|气温(℃)|气压(hPa)|甲烷(ppm)",
    "big5": "監測時間|緯度|經度|相對高度(m)|風速(m/s)|風向(度)|氣溫(°C)|氣壓(hPa)|甲烷濃度(ppm)",
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_encodings_of_other_countries(encoding: str, tmp_path: Path) -> None:
    columns = dict(zip(ENCODED[encoding].split("|"), PLAIN.values(), strict=True))
    log = read(tmp_path, text_of(columns).encode(encoding))
    np.testing.assert_array_equal(log.gas_ppm["ch4"], GAS)
    np.testing.assert_array_equal(log.wind_speed_m_s, SPEED)


# --- positions and times ---------------------------------------------------------------------------------------------


def sexagesimal(value: float, form: str, letters: str) -> str:
    size = abs(value)
    minutes = size % 1.0 * 60.0
    seconds = minutes % 1.0 * 60.0
    letter = letters[0] if value >= 0.0 else letters[1]
    return form.format(d=int(size), m=int(minutes), s=seconds, dm=minutes, h=letter)


@pytest.mark.parametrize(
    "form",
    [
        *("{d}°{m}'{s:.6f}\"{h}", "{h}{d}°{m}'{s:.6f}\"", "{d}º{m}′{s:.6f}″ {h}", "{d}˚{m}’{s:.6f}” {h}"),
        *("{d} {m} {s:.6f} {h}", "{d}:{m}:{s:.6f}{h}", "{d}度{m}分{s:.6f}秒{h}", "{d}°{dm:.8f}'{h}"),
    ],
)
def test_degrees_minutes_and_seconds(form: str, tmp_path: Path) -> None:
    latitude, longitude = floats(PLAIN["latitude"]), floats(PLAIN["longitude"])
    columns = {
        **PLAIN,
        "latitude": [sexagesimal(value, form, "NS") for value in latitude],
        "longitude": [sexagesimal(value, form, "EW") for value in longitude],
    }
    log = read(tmp_path, text_of(columns, ";"))
    # Half of the last digit of a second.
    np.testing.assert_allclose(log.latitude_deg, latitude, atol=1e-9)
    np.testing.assert_allclose(log.longitude_deg, longitude, atol=1e-9)


STAMP = pd.to_datetime(pd.Series(list(map(str, PLAIN["timestamp"]))))
TIMES: dict[str, Callable[[], dict[str, Sequence[object]]]] = {
    "bare NMEA": lambda: {"hhmmss": list(STAMP.dt.strftime("%H%M%S.00")), "ddmmyy": list(STAMP.dt.strftime("%d%m%y"))},
    "NMEA in brackets": lambda: {
        "UTC Time (hhmmss.ss)": list(STAMP.dt.strftime("%H%M%S.00")),
        "Date (ddmmyy)": list(STAMP.dt.strftime("%d%m%y")),
    },
    "LabVIEW": lambda: {"LabVIEW Timestamp": list((STAMP - pd.Timestamp("1904-01-01")).dt.total_seconds())},
    "MATLAB": lambda: {"datenum": list((STAMP - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400.0 + 719_529.0)},
    "Excel": lambda: {"ExcelTime": list((STAMP - pd.Timestamp("1899-12-30")).dt.total_seconds() / 86_400.0)},
}


@pytest.mark.parametrize("kind", TIMES)
def test_times(kind: str, tmp_path: Path) -> None:
    columns = {name: cells for name, cells in PLAIN.items() if name != "timestamp"}
    log = read(tmp_path, text_of({**TIMES[kind](), **columns}))
    # MATLAB's days keep 10 microseconds.
    assert abs(log.start_utc - np.datetime64(STAMP[0])) <= np.timedelta64(50, "us")
    np.testing.assert_allclose(log.time_s, np.arange(ROWS), atol=1e-3)


def test_nmea_in_the_header(tmp_path: Path) -> None:
    degrees = [np.abs(floats(PLAIN[name])) for name in ("latitude", "longitude")]
    nmea = [list(np.floor(values) * 100.0 + values % 1.0 * 60.0) for values in degrees]
    names = {"latitude": "Latitude (ddmm.mmmm)", "longitude": "Longitude (dddmm.mmmm)"}
    log = read(tmp_path, text_of(renamed({**PLAIN, "latitude": nmea[0], "longitude": nmea[1]}, names)))
    np.testing.assert_allclose(log.latitude_deg, degrees[0])
    np.testing.assert_allclose(log.longitude_deg, degrees[1])
