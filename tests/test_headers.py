"""Headers and units in every spelling of the field notes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.reading.headers import gas_name, header_key, instrument_condition, read_header
from gasflux.reading.units import CONTRACT_UNIT, Dimension, conversion_text, convert, find_unit, unit_names
from gasflux.reading.vocabulary.column_names import ALIASES, DIMENSIONS
from gasflux.reading.vocabulary.gas_table import GASES

INSTRUMENTS: dict[str, dict[str, tuple[str, str | None]]] = {
    "Sniffer4D": {
        "采样点时间": ("timestamp", None),
        "相对高度 m": ("height_ato", "m"),
        "经度": ("longitude", None),
        "纬度": ("latitude", None),
        "温度 ℃": ("temperature", "degC"),
        "湿度 %": ("", None),
        "气压 Pa": ("pressure", "Pa"),
        "VOCs ppm": ("", None),
        "SO2 μg/m3": ("so2", "ug/m3"),
        "设备序列号": ("", None),
    },
    "Aeris Pico": {
        "Time Stamp": ("timestamp", None),
        "Inlet Number": ("", None),
        "T (degC)": ("", None),
        "CH4 (ppm)": ("ch4", "ppm"),
        "H2O (ppm)": ("", None),
        "C2H6 (ppb)": ("c2h6", "ppb"),
        "R": ("", None),
        "C2/C1": ("", None),
        "Latitude": ("latitude", None),
        "Longitude": ("longitude", None),
    },
    "LI-7810": {
        "SECONDS": ("seconds", None),
        "NANOSECONDS": ("nanoseconds", None),
        "NDX": ("", None),
        "DIAG": ("", None),
        "REMARK": ("", None),
        "DATE": ("date", None),
        "TIME": ("timestamp", None),
        "H2O": ("", None),
        "CO2": ("co2", None),
        "CH4": ("ch4", None),
    },
    "Picarro": {
        "EPOCH_TIME": ("epoch", None),
        "CH4_dry": ("ch4", None),
        "GPS_ABS_LAT": ("latitude", None),
        "GPS_ABS_LONG": ("longitude", None),
        "WIND_N": ("wind_north", None),
        "WIND_E": ("wind_east", None),
        "CavityPressure": ("", None),
        "ALARM_STATUS": ("", None),
    },
    "LGR": {
        "Time": ("timestamp", None),
        "[CH4]_ppm": ("ch4", "ppm"),
        "[CH4]_ppm_se": ("", None),
        "[H2O]_ppm": ("", None),
        "[CO2]_ppm": ("co2", "ppm"),
        "[CH4]d_ppm": ("ch4", "ppm"),
        "GasP_torr": ("", None),
        "AmbT_C": ("", None),
    },
    "ABB UAV": {
        "SysTime": ("timestamp", None),
        "Latitude (degrees)": ("latitude", "deg"),
        "Longitude (degrees)": ("longitude", "deg"),
        "Altitude (m)": ("altitude", "m"),
        "WindSpeed3D (m/s)": ("windspeed", "m/s"),
        "WindDirection (degree)": ("winddir", "deg"),
    },
    "SeekOps": {
        "UTCs": ("utc_seconds", None),
        "Month": ("month", None),
        "Day": ("day", None),
        "Year": ("year", None),
        "LatitudeDD": ("latitude", "deg"),
        "LongitudeDD": ("longitude", "deg"),
        "AltitudeGpsM": ("altitude", "m"),
        "PressuremBar": ("pressure", "hPa"),
        "TemperatureC": ("temperature", "degC"),
        "WindAngleMetDegrees": ("winddir", "deg"),
        "WindSpdMps": ("windspeed", "m/s"),
        "MethanePPB": ("ch4", "ppb"),
    },
    "Airdata": {
        "time(millisecond)": ("timestamp", "ms"),
        "datetime(utc)": ("timestamp", None),
        "height_above_takeoff(feet)": ("height_ato", "ft"),
        "altitude_above_seaLevel(feet)": ("altitude", "ft"),
        "compass_heading(degrees)": ("heading", "deg"),
        "speed(mph)": ("ground_speed", "mph"),
    },
    "Chinese": {
        "时间": ("timestamp", None),
        "高度": ("height_ato", None),
        "风速（m/s）": ("windspeed", "m/s"),
        "风向(°)": ("winddir", "deg"),
        "温度": ("temperature", None),
        "气压（百帕）": ("pressure", "hPa"),
        "甲烷": ("ch4", None),
        "二氧化碳浓度(ppm)": ("co2", "ppm"),
    },
    "others": {
        " windspeed": ("windspeed", None),
        "Wind Speed [km/h]": ("windspeed", "km/h"),
        "wind_speed_m_s": ("windspeed", "m/s"),
        "pressure_hpa": ("pressure", "hPa"),
        "Temperature [K]": ("temperature", "K"),
        "CH₄ ppb": ("ch4", "ppb"),
        "CH4 (mg/m³)": ("ch4", "mg/m3"),
        "CO2 %": ("co2", "%"),
        "CO": ("co", None),
        "NO (ppb)": ("no", "ppb"),
        "NO": ("", None),
        "SN": ("", None),
        "C": ("", None),
        "PM2.5 (ug/m3)": ("", None),
        "pos2": ("", None),
        "\ufefftimestamp": ("timestamp", None),
        '"latitude"': ("latitude", None),
        "": ("", None),
    },
}


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [(text, *meaning) for headers in INSTRUMENTS.values() for text, meaning in headers.items()],
)
def test_header(header: str, name: str, unit: str | None) -> None:
    found = read_header(header)
    assert (found.name, found.unit.symbol if found.unit else None) == (name, unit)


def test_dry_goes_before_wet() -> None:
    assert read_header("CH4_dry").rank < read_header("CH4").rank
    assert read_header("[CH4]d_ppm").rank < read_header("[CH4]_ppm").rank


def test_humidity_is_a_gas_only_when_listed() -> None:
    assert read_header("H2O (ppm)").name == ""
    assert read_header("H2O (ppm)", frozenset({"h2o"})).name == "h2o"
    assert read_header("NO", frozenset({"no"})).name == "no"


@pytest.mark.parametrize("header", ["GasP_torr", "CavityPressure", "P (mbars)"])
def test_a_cell_pressure_is_known_as_such(header: str) -> None:
    assert instrument_condition(header) == "pressure"
    assert read_header(header).name == ""


@pytest.mark.parametrize("name", ALIASES)
def test_every_alias_is_read_as_itself(name: str) -> None:
    for alias in ALIASES[name].split():
        assert read_header(alias).name == name
        assert read_header(alias.upper()).name == name


def test_no_alias_means_two_things() -> None:
    names = [alias for gas in GASES.values() for alias in (gas.formula, *gas.names)]
    keys = [*(alias for text in ALIASES.values() for alias in text.split()), *names]
    assert len(keys) == len(set(keys))
    assert all(header_key(alias) == alias for alias in keys)


@pytest.mark.parametrize("gas", GASES)
def test_gas_names_mean_their_formula(gas: str) -> None:
    assert {gas_name(word) for word in (gas, gas.upper(), *GASES[gas].names)} == {gas}


@given(
    st.sampled_from(sorted(DIMENSIONS)),
    st.data(),
    st.sampled_from(["{} [{}]", "{} ({})", "{}_{}", "{} {}", "{}（{}）"]),
)
def test_every_unit_in_every_form(name: str, data: st.DataObject, form: str) -> None:
    symbol = data.draw(st.sampled_from(unit_names(DIMENSIONS[name]).split(", ")))
    found = read_header(form.format(name, symbol))
    assert (found.name, found.unit.symbol if found.unit else None) == (name, symbol)


@given(st.text(max_size=60))
def test_any_text_is_read_without_complaint(text: str) -> None:
    assert read_header(text).name == read_header(read_header(text).text).name


CONVERSIONS = [
    (Dimension.MOLE_FRACTION, "ppb", 2000.0, 2.0),
    (Dimension.MOLE_FRACTION, "ppbv", 2000.0, 2.0),
    (Dimension.MOLE_FRACTION, "ppt", 2e6, 2.0),
    (Dimension.MOLE_FRACTION, "%", 0.042, 420.0),
    (Dimension.PRESSURE, "Pa", 101_325.0, 1013.25),
    (Dimension.PRESSURE, "kPa", 101.325, 1013.25),
    (Dimension.PRESSURE, "torr", 760.0, 1013.25),
    (Dimension.PRESSURE, "mmHg", 760.0, 1013.25),
    (Dimension.PRESSURE, "atm", 1.0, 1013.25),
    (Dimension.PRESSURE, "mbar", 1000.0, 1000.0),
    (Dimension.TEMPERATURE, "K", 288.15, 15.0),
    (Dimension.TEMPERATURE, "℉", 59.0, 15.0),
    (Dimension.TEMPERATURE, "F", -40.0, -40.0),
    (Dimension.LENGTH, "feet", 100.0, 30.48),
    (Dimension.SPEED, "km/h", 36.0, 10.0),
    (Dimension.SPEED, "knots", 1.0, 1852.0 / 3600.0),
    (Dimension.SPEED, "mph", 1.0, 0.44704),
    (Dimension.ANGLE, "rad", np.pi, 180.0),
]


@pytest.mark.parametrize(("dimension", "text", "value", "expected"), CONVERSIONS)
def test_conversion(dimension: Dimension, text: str, value: float, expected: float) -> None:
    unit = find_unit(text, dimension)
    assert unit is not None
    values = np.array([value])
    values.setflags(write=False)
    # exact factors; the offset of kelvin cancels to 13 digits, of Fahrenheit to zero against 40
    np.testing.assert_allclose(convert(values, unit), expected, rtol=1e-12)


@pytest.mark.parametrize("dimension", Dimension)
def test_contract_units_are_left_alone(dimension: Dimension) -> None:
    unit = find_unit(CONTRACT_UNIT[dimension], dimension)
    assert unit is not None
    assert unit.is_contract_unit
    assert conversion_text(unit) == ""


def test_conversion_is_told() -> None:
    texts = {
        symbol: conversion_text(unit)
        for dimension, symbol in [(Dimension.MOLE_FRACTION, "ppb"), (Dimension.TEMPERATURE, "K")]
        if (unit := find_unit(symbol, dimension))
    }
    assert texts == {"ppb": "ppb -> ppm (x 0.001)", "K": "K -> degC (-273.15)"}


def test_mass_concentration_needs_the_air() -> None:
    unit = find_unit("μg/m³", Dimension.MOLE_FRACTION)
    assert unit is not None
    with pytest.raises(ValueError, match="temperature and pressure"):
        convert(np.array([1.0]), unit)
