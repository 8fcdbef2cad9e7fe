"""Logs that gave a wrong rate without a word: what tells them, and what of their like is sound."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from flight_files import ROWS, Cells, changed, flight, floats, notes, read, refused

from gasflux import process
from gasflux.errors import InputError
from gasflux.gas import molar_mass_g_mol
from gasflux.instruments.held_values import held_for_s
from gasflux.records import FlightResult, FloatArray
from gasflux.simulation import Scenario, simulate, to_frame

GAS = floats(flight()["ch4"])


@cache
def flown() -> pd.DataFrame:
    return to_frame(simulate(Scenario(rate_kg_h={"ch4": 10.0}, seed=1)))


@cache
def result() -> FlightResult:
    return process(flown())


def flags(found: FlightResult) -> set[str]:
    return {flag.code for flag in found.gases["ch4"].quality.flags}


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "shown", "code"), [("ppb", 1.0, "stated_unit_small"), ("ppm", 1e3, "stated_unit_large")]
)
def test_a_stated_unit_in_which_no_air_is_like_that_is_asked_about(unit: str, shown: float, code: str) -> None:
    """``2.031`` ppb are 2,031 ppb with a point between thousands, or ppm."""
    columns = changed(("ch4",), **{f"CH4 ({unit})": list(shown * GAS)})
    assert code in refused(columns)
    right = read(columns, units={"ch4": "ppm" if unit == "ppb" else "ppb"})
    np.testing.assert_allclose(right.gas_ppm["ch4"], GAS, rtol=1e-12)  # rounding
    as_stated = read(columns, units={"ch4": unit})
    np.testing.assert_allclose(as_stated.gas_ppm["ch4"], GAS * (1e-3 if unit == "ppb" else 1e3), rtol=1e-12)


def test_thousands_points_beside_decimal_points_are_no_silent_thousandth() -> None:
    texts = [f"{value:,.0f}".replace(",", ".") for value in 1000.0 * GAS]
    assert texts[0] == "2.200"
    assert "stated_unit_small" in refused(changed(("ch4",), **{"CH4 (ppb)": texts}))


@pytest.mark.parametrize("series", [GAS - GAS.mean(), 1e-3 * np.arange(ROWS), 50.0 + GAS, 4.0 * GAS])
def test_offsets_enhancements_and_plumes_under_a_stated_unit_are_left_alone(series: FloatArray) -> None:
    np.testing.assert_array_equal(read(changed(("ch4",), CH4_ppm=list(series))).gas_ppm["ch4"], series)


@pytest.mark.parametrize("unit", ["mmol/m3", "mmol m-3", "umol/m3", "mol/m^3", "molec/cm3"])
def test_amounts_per_volume_become_fractions_by_the_air_of_each_sample(unit: str) -> None:
    temperature, pressure = floats(flight()["temperature"]), floats(flight()["pressure"])
    air_mol_m3 = 100.0 * pressure / (8.314462618 * (temperature + 273.15))
    per_mol = {"mmol/m3": 1e3, "mmol m-3": 1e3, "umol/m3": 1e6, "mol/m^3": 1.0, "molec/cm3": 6.02214076e17}[unit]
    amounts = list(GAS * 1e-6 * air_mol_m3 * per_mol)
    for log in (
        read(changed(("ch4",), **{f"CH4 ({unit})": amounts})),
        read(changed(("ch4",), ch4=amounts), units={"ch4": unit}),
    ):
        # Constants with ten digits on both sides.
        np.testing.assert_allclose(log.gas_ppm["ch4"], GAS, rtol=1e-9)


@pytest.mark.parametrize(("unit", "factor"), [("mg/Nm3", 1.0), ("µg/Nm3", 1e3), ("ug/Nm³", 1e3), ("mg/m3(N)", 1.0)])
def test_normal_cubic_metres_know_their_air(unit: str, factor: float) -> None:
    # 22.414 L/mol at 0 degC and 1013.25 hPa.
    masses = list(factor * GAS * molar_mass_g_mol("ch4") / 22.413969545)
    log = read(changed(("ch4",), **{f"CH4 ({unit})": masses}))
    np.testing.assert_allclose(log.gas_ppm["ch4"], GAS, rtol=1e-9)


def test_a_pressure_that_may_be_torr_counts_in_interval_and_grade() -> None:
    open_unit = flown().assign(pressure=flown()["pressure"] * 760.0 / 1013.25)
    doubtful = process(open_unit)
    assert "air_assumed" in flags(doubtful)
    assert doubtful.gases["ch4"].quality.grade != "A"
    assert doubtful.gases["ch4"].interval.high_kg_h > result().gases["ch4"].flux_kg_h
    torr = process(open_unit, {"units": {"pressure": "torr"}})
    # The pressure of the simulation is written with two decimals.
    assert torr.gases["ch4"].flux_kg_h == pytest.approx(result().gases["ch4"].flux_kg_h, rel=1e-4)
    assert "air_assumed" not in flags(process(open_unit, {"units": {"pressure": "hPa"}}))


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, -1])
def test_a_gas_of_exactly_nothing_again_and_again_is_no_value(code: float) -> None:
    cells = [code if i % 7 == 0 else value for i, value in enumerate(GAS.tolist())]
    log = read(changed(ch4=cells))
    assert np.isnan(log.gas_ppm["ch4"][::7]).all()
    assert np.isfinite(log.gas_ppm["ch4"]).sum() == ROWS - len(range(0, ROWS, 7))
    assert f"'ch4' holds {code} in 6 rows" in notes(log)


@pytest.mark.parametrize("gas", ["ch4", "c2h6"])
def test_a_gas_that_scatters_about_nothing_keeps_its_zeros(gas: str) -> None:
    around = [round(0.004 * ((i * 7) % 11 - 5), 3) for i in range(ROWS)]
    assert 0.0 in around
    log = read(changed(**{f"{gas}_ppm": around}), gases={gas: [-100.0, 100.0]}, columns={gas: f"{gas}_ppm"})
    np.testing.assert_array_equal(log.gas_ppm[gas], around)


def test_values_held_for_seconds_lower_the_grade() -> None:
    held = flown().assign(ch4=flown()["ch4"].iloc[np.arange(len(flown())) // 5 * 5].to_numpy())
    found = process(held)
    assert "gas_held" in flags(found)
    assert "gas_held" not in flags(result())
    assert found.gases["ch4"].quality.grade != "A"


@pytest.mark.parametrize("share", [1.0, 0.9])
@pytest.mark.parametrize("rows", [2, 5, 12])
def test_a_rhythm_of_held_values_is_told(rows: int, share: float) -> None:
    rng = np.random.default_rng(3)
    time_s = 0.5 * np.arange(600.0)
    values = rng.normal(2.0, 0.01, 600)[np.arange(600) // rows * rows]
    values[rng.random(600) > share] = np.nan
    # A gap may hide the row in which a value is new.
    assert held_for_s(values, time_s) == pytest.approx(0.5 * rows, abs=0.0 if share == 1.0 else 0.5)


def test_coarse_digits_are_no_rhythm() -> None:
    values = np.round(2.0 + np.cumsum(np.random.default_rng(3).normal(0.0, 0.02, 600)), 1)
    assert np.mean(np.diff(values) == 0.0) > 0.5
    assert held_for_s(values, np.arange(600.0)) == 0.0
    assert held_for_s(np.full(600, 2.0), np.arange(600.0)) == 0.0
    assert held_for_s(np.full(600, np.nan), np.arange(600.0)) == 0.0


# --- positions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e6, 1e7])
@pytest.mark.parametrize("longitude", [5.0, 115.0, -103.0])
def test_whole_numbers_of_either_scale_are_read_by_the_speed(scale: float, longitude: float) -> None:
    there = flown().assign(longitude=flown()["longitude"] + longitude - flown()["longitude"].iloc[0])
    whole = there.assign(
        latitude=(scale * there["latitude"]).round().astype("int64"),
        longitude=(scale * there["longitude"]).round().astype("int64"),
    )
    log = read(whole)
    # Half of the last digit.
    np.testing.assert_allclose(log.latitude_deg, there["latitude"], atol=0.6 / scale)
    np.testing.assert_allclose(log.longitude_deg, there["longitude"], atol=0.6 / scale)
    assert f"it is taken as 1e-{int(np.log10(scale))} deg" in notes(log)


def test_a_scale_that_the_flight_does_not_tell_is_asked_about() -> None:
    """In the Gulf of Guinea both are places, and 3 m/s are 30."""
    near = flown().assign(latitude=flown()["latitude"] - 52.0 + 4.5, longitude=flown()["longitude"] - 5.0 + 7.0)
    whole = near.assign(**{name: (1e7 * near[name]).round().astype("int64") for name in ("latitude", "longitude")})
    assert "open_position_scale" in refused(whole)
    log = read(whole, units={"latitude": "1e-7 deg", "longitude": "1e-7 deg"})
    np.testing.assert_allclose(log.latitude_deg, near["latitude"], atol=1e-7)


@pytest.mark.parametrize(("names", "told"), [(("lat", "lon"), False), (("lat (N)", "lon (W)"), True)])
def test_degrees_and_minutes_without_a_letter_say_which_half_of_the_globe(names: tuple[str, str], told: bool) -> None:
    latitude, longitude = floats(flight()["latitude"]), np.abs(floats(flight()["longitude"]))
    nmea = [list(np.round(np.floor(v) * 100.0 + v % 1.0 * 60.0, 7)) for v in (latitude, longitude)]
    log = read(changed(("latitude", "longitude"), **dict(zip(names, nmea, strict=True))))
    np.testing.assert_allclose(log.longitude_deg, -longitude if told else longitude, atol=1e-8)
    assert ("no letter tells the hemisphere" in notes(log)) is not told


# --- wind ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("form", ["WS_{}m", "Wind speed {} m (m/s)", "ws{}m", "{}m_wind_speed", "{}米风速(m/s)"])
def test_of_winds_at_several_heights_the_nearest_is_read(form: str, order: int) -> None:
    speeds: dict[int, Cells] = {2: [1.0 + 0.01 * i for i in range(ROWS)], 10: flight()["windspeed"], 100: [9.0] * ROWS}
    columns = changed(("windspeed",), **{form.format(height): speeds[height] for height in (2, 10, 100)[::order]})
    log = read(columns)
    np.testing.assert_array_equal(log.wind_speed_m_s, floats(flight()["windspeed"]))
    assert "the nearest to the flight's 7.5 m" in notes(log)
    mast = read(columns, wind={"source": "mast", "height": 2.0})
    np.testing.assert_array_equal(mast.wind_speed_m_s, speeds[2])
    assert "the nearest to wind.height, 2 m" in notes(mast)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("WindDir_corrected", "WindDir_raw"),
        ("WindDir_true", "WindDir_uncorr"),
        ("wind_dir_true", "wind_dir"),
        ("True Wind Direction", "Wind Direction (magnetic)"),
        ("wind direction corr", "wind direction"),
        ("WD_cal", "WD"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_corrected_direction_goes_before_a_raw_one(good: str, bad: str, order: int) -> None:
    turned = [(float(str(cell)) + 50.0) % 360.0 for cell in flight()["winddir"]]
    columns: dict[str, Cells] = {good: flight()["winddir"], bad: turned}
    both = list(columns.items())[::order]
    log = read(changed(("winddir",), **dict(both)))
    assert log.wind_from_deg is not None
    np.testing.assert_array_equal(log.wind_from_deg, floats(flight()["winddir"]))
    assert f"winddir is taken from {good!r}, not from {bad!r}" in notes(log)


LANGUAGES = {
    "German": (
        "Datum | Uhrzeit | Breitengrad | Längengrad | Höhe (m) | Windgeschwindigkeit [m/s] | Windrichtung [°]"
        " | Lufttemperatur [°C] | Luftdruck [hPa] | Methan (ppm)"
    ),
    "Spanish": (
        "Fecha | Hora | Latitud | Longitud | Altura (m) | Velocidad del viento (m/s) | Dirección del viento (°)"
        " | Temperatura del aire (°C) | Presión atmosférica (hPa) | Metano (ppm)"
    ),
    "French": (
        "Date | Heure | Latitude | Longitude | Hauteur (m) | Vitesse du vent (m/s) | Direction du vent (°)"
        " | Température de l'air (°C) | Pression atmosphérique (hPa) | Méthane (ppm)"
    ),
    "Italian": (
        "Data | Ora | Latitudine | Longitudine | Altezza (m) | Velocità del vento (m/s) | Direzione del vento (°)"
        " | Temperatura aria (°C) | Pressione (mbar) | Metano (ppm)"
    ),
    "Portuguese": (
        "Data | Hora | Latitude | Longitude | Altura (m) | Velocidade do vento (m/s) | Direção do vento (°)"
        " | Temperatura do ar (°C) | Pressão atmosférica (hPa) | Metano (ppm)"
    ),
    "Polish": (
        "Data | Czas | Szerokość geograficzna | Długość geograficzna | Wysokość (m) | Prędkość wiatru [m/s]"
        " | Kierunek wiatru [°] | Temperatura powietrza [°C] | Ciśnienie [hPa] | Metan [ppm]"
    ),
    "Japanese": "日付 | 時刻 | 緯度 | 経度 | 高さ(m) | 風速(m/s) | 風向(°) | 気温(℃) | 気圧(hPa) | メタン濃度(ppm)",
    "Korean": "날짜 | 시간 | 위도 | 경도 | 비행고도(m) | 풍속(m/s) | 풍향(°) | 기온(℃) | 기압(hPa) | 메탄(ppm)",
    "Russian": (
        "Дата | Время | Широта | Долгота | Высота, м | Скорость ветра, м/с | Направление ветра, град"
        " | Температура воздуха, °C | Давление, гПа | Метан, ppm"
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_of_other_languages(language: str) -> None:
    plain = flight()
    stamp = pd.to_datetime(pd.Series(plain.pop("timestamp")))
    is_asian = language in ("Japanese", "Korean")
    day, clock, *rest = LANGUAGES[language].split(" | ")
    cells: list[Cells] = [
        list(stamp.dt.strftime("%Y/%m/%d" if is_asian else "%d/%m/%Y")),
        list(stamp.dt.strftime("%H:%M:%S.%f")),
        *plain.values(),
    ]
    log = read(dict(zip((day, clock, *rest), cells, strict=True)))
    assert log.start_utc == np.datetime64(stamp[0])
    assert log.wind_from_deg is not None
    for name, values in (
        ("windspeed", log.wind_speed_m_s),
        ("winddir", log.wind_from_deg),
        ("ch4", log.gas_ppm["ch4"]),
    ):
        np.testing.assert_array_equal(values, floats(plain[name]))
    np.testing.assert_array_equal(log.temperature_c, floats(plain["temperature"]))
    np.testing.assert_array_equal(log.pressure_hpa, floats(plain["pressure"]))
    assert log.height_reference == "ato"


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Ráfaga de viento (m/s)",
            "Velocidad máxima del viento",
            "Windböe [m/s]",
            "Windspitze",
            "Rafale de vent (m/s)",
        ),
        *("最大風速", "최대풍속(m/s)", "Порыв ветра, м/с", "Raffica vento"),
    ],
)
def test_gusts_of_other_languages_are_no_wind_speed(header: str) -> None:
    log = read(changed(**{header: [20.0 + 0.1 * i for i in range(ROWS)]}))
    np.testing.assert_array_equal(log.wind_speed_m_s, floats(flight()["windspeed"]))
    with pytest.raises(InputError):
        read(changed(("windspeed",), **{header: [20.0 + 0.1 * i for i in range(ROWS)]}))


# --- times -----------------------------------------------------------------------------------------------------------

STAMP = pd.Series(pd.to_datetime(pd.Series(flight()["timestamp"]))).dt.floor("s")
DAY = STAMP.dt.day_of_year
OF_DAY = (STAMP - STAMP.dt.normalize()).dt.total_seconds()
GPS = (STAMP - pd.Timestamp("1980-01-06")).dt.total_seconds() + 18
YEAR = STAMP.dt.year

TIMES: dict[str, Callable[[], dict[str, pd.Series]]] = {
    "year, DOY, seconds of the day": lambda: {"Year": YEAR, "DOY": DAY, "SOD": OF_DAY},
    "year, DOY, hours": lambda: {"Year": YEAR, "DOY": DAY, "Hour": OF_DAY / 3600.0},
    "year, DOY, hour, minute, second": lambda: {
        "Year": YEAR,
        "Julian day": DAY,
        "HH": STAMP.dt.hour,
        "mm": STAMP.dt.minute,
        "ss": STAMP.dt.second,
    },
    "year, DOY, clock": lambda: {"yr": YEAR, "day_of_year": DAY, "HHMMSS": STAMP.dt.strftime("%H%M%S")},
    "year and fraction of it in days": lambda: {"Year": YEAR, "Fractional DOY": DAY + OF_DAY / 86_400.0},
    "GPS week and seconds": lambda: {"GPS Week": GPS // 604_800, "GPS TOW (s)": GPS % 604_800},
    "GPS week and milliseconds": lambda: {"GWk": GPS // 604_800, "GMS": GPS % 604_800 * 1000},
    "GPS week of ten bits": lambda: {"week": GPS // 604_800 % 1024, "iTOW": GPS % 604_800 * 1000},
    "date and hours": lambda: {"Date": STAMP.dt.strftime("%Y-%m-%d"), "Hour (UTC)": OF_DAY / 3600.0},
    "date, hour, minute, second": lambda: {
        "date": STAMP.dt.strftime("%Y-%m-%d"),
        "Hour": STAMP.dt.hour,
        "Min": STAMP.dt.minute,
        "Sec": STAMP.dt.second,
    },
    "parts in letters": lambda: {
        "YYYY": YEAR,
        "MM": STAMP.dt.month,
        "DD": STAMP.dt.day,
        "hh": STAMP.dt.hour,
        "mm": STAMP.dt.minute,
        "ss": STAMP.dt.second,
    },
    "partes": lambda: {
        "Año": YEAR,
        "Mes": STAMP.dt.month,
        "Día": STAMP.dt.day,
        "Hora": STAMP.dt.hour,
        "Minuto": STAMP.dt.minute,
        "Segundo": STAMP.dt.second,
    },
    "seconds since": lambda: {"seconds since 2023-04-19 00:00:00": OF_DAY},
    "days since": lambda: {"time (days since 2023-01-01)": DAY - 1.0 + OF_DAY / 86_400.0},
    "ROS": lambda: {
        "header.stamp.secs": (STAMP - pd.Timestamp("1970-01-01")).dt.total_seconds(),
        "header.stamp.nsecs": 0.0 * OF_DAY,
    },
    "clock with points": lambda: {"Data": STAMP.dt.strftime("%d/%m/%Y"), "Ora": STAMP.dt.strftime("%H.%M.%S")},
    "Korean": lambda: {"일시": STAMP.dt.strftime("%Y년 %m월 %d일 오전 %I시 %M분 %S초")},
    "fraction of a day": lambda: {
        "Date": STAMP.dt.strftime("%Y-%m-%d"),
        "Time (fraction of day)": OF_DAY / 86_400.0,
    },
}


@pytest.mark.parametrize("kind", TIMES)
def test_counts_within_days_weeks_and_years(kind: str) -> None:
    log = read({**{name: list(cells) for name, cells in TIMES[kind]().items()}, **changed(("timestamp",))})
    # Fractions of days and of hours in double precision keep a tenth of a millisecond.
    assert abs(log.start_utc - np.datetime64(STAMP[0])) <= np.timedelta64(100, "us")
    np.testing.assert_allclose(log.time_s, np.arange(ROWS), atol=2e-4)


def test_a_day_of_the_year_takes_its_year_from_the_start() -> None:
    columns: dict[str, Cells] = {"DOY": list(DAY), "SOD": list(OF_DAY), **changed(("timestamp",))}
    assert "time_without_date" in refused(columns) or "no_time" in refused(columns)
    assert read(columns, start="2023-04-19").start_utc == np.datetime64(STAMP[0])
