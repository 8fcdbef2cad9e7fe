"""Whatever layout, notation, unit, language and encoding are mixed: the flight that went in comes out, or a fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from flight_files import write_xlsx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log_layouts import european, grouped, indian, seconds_of_day, written_dms

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.reading.flight_file import inspect_flight
from gasflux.records import FlightLog, FloatArray

ROWS = 14
NAMES = ("latitude", "longitude", "height", "speed", "direction", "temperature", "pressure", "ch4")

LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "plain": (
        "timestamp",
        "latitude",
        "longitude",
        "height_ato",
        "windspeed",
        "winddir",
        "temperature",
        "pressure",
        "ch4",
    ),
    "English": (
        *("Date Time", "GPS Latitude", "GPS Longitude", "Relative Altitude", "Wind Speed", "Wind Direction"),
        *("Air Temperature", "Barometric Pressure", "Methane"),
    ),
    "simplified": ("时间", "纬度", "经度", "相对高度", "风速", "风向", "温度", "气压", "甲烷"),
    "traditional": ("時間", "緯度", "經度", "相對高度", "風速", "風向", "溫度", "氣壓", "甲烷"),
}
ENCODINGS: Mapping[str, tuple[str, ...]] = {
    "plain": ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"),
    "English": ("utf-8", "utf-16-le", "cp1252"),
    "simplified": ("utf-8", "gb18030", "utf-16", "utf-8-sig"),
    "traditional": ("utf-8", "big5", "utf-16", "gb18030"),
}

UNITS: Mapping[str, Mapping[str, Callable[[float], float]]] = {
    "height": {"": float, "m": float, "ft": lambda v: v / 0.3048},
    "speed": {
        "": float,
        "m/s": float,
        "km/h": lambda v: v * 3.6,
        "knots": lambda v: v * 3600.0 / 1852.0,
        "mph": lambda v: v / 0.44704,
    },
    "direction": {"": float, "deg": float, "°": float},
    "temperature": {"": float, "°C": float, "K": lambda v: v + 273.15, "°F": lambda v: v * 1.8 + 32.0},
    "pressure": {
        "": float,
        "hPa": float,
        "Pa": lambda v: v * 100.0,
        "kPa": lambda v: v / 10.0,
        "mmHg": lambda v: v * 760.0 / 1013.25,
        "mbar": float,
    },
    "ch4": {"": float, "ppm": float, "ppb": lambda v: v * 1000.0, "nmol/mol": lambda v: v * 1000.0},
}
"""Unit -> from the contract's unit to it."""

Times = Callable[[datetime], object]
TIMES: Mapping[str, Times] = {
    "ISO": lambda t: t.isoformat(sep=" "),
    "zone": lambda t: (t + timedelta(hours=8)).isoformat() + "+08:00",
    "day first": lambda t: t.strftime("%d.%m.%Y %H:%M:%S,%f"),
    "month by name": lambda t: t.strftime("%d-%b-%Y %H:%M:%S.%f"),
    "half days": lambda t: t.strftime("%Y/%m/%d %I:%M:%S.%f %p"),
    "a. m.": lambda t: t.strftime("%Y-%m-%d %I:%M:%S.%f ") + ("a. m." if t.hour < 12 else "p. m."),
    "Chinese": lambda t: f"{t:%Y}年{t.month}月{t.day}日 {t:%H}时{t:%M}分{t:%S.%f}秒",
    "ctime": lambda t: t.strftime("%a %b %d %H:%M:%S.%f %Y"),
    "colons": lambda t: t.strftime("%Y:%m:%d %H:%M:%S.%f"),
    "clock first": lambda t: t.strftime("%H:%M:%S.%f %Y-%m-%d"),
    "compact": lambda t: t.strftime("%Y%m%dT%H%M%S.%f"),
    "seconds since 1970": lambda t: f"{(t - datetime(1970, 1, 1)).total_seconds():.6f}",
    "milliseconds since 1970": lambda t: round((t - datetime(1970, 1, 1)).total_seconds() * 1e3),
    "LabVIEW": lambda t: f"{(t - datetime(1904, 1, 1)).total_seconds():.6f}",
    "Excel": lambda t: f"{(t - datetime(1899, 12, 30)).total_seconds() / 86_400.0:.12f}",
    "MATLAB": lambda t: f"{t.toordinal() + 366 + seconds_of_day(t) / 86_400.0:.11f}",
}

Position = Callable[[float, str], str]
POSITIONS: Mapping[str, Position] = {
    "degrees": lambda v, axis: repr(v),
    "letter": lambda v, axis: f"{abs(v)!r} {axis[0] if v >= 0 else axis[1]}",
    "degrees, minutes, seconds": lambda v, axis: written_dms(v, axis, "{d}°{m:02d}'{s:.9f}\" {letter}"),
    "degrees and minutes": lambda v, axis: written_dms(v, axis, "{letter}{d} {mm:.11f}"),
    "signed minutes": lambda v, axis: written_dms(v, axis, "{sign}{d}°{mm:.11f}'"),
    "NMEA": lambda v, axis: written_dms(v, axis, "{sign}{d}{mm:012.9f}"),
}

Number = Callable[[float], str]
NUMBERS: Mapping[str, tuple[Number, str]] = {
    "plain": (repr, "."),
    "exponent": (lambda v: f"{v:.12e}", "."),
    "American": (lambda v: grouped(v, ","), "."),
    "Swiss": (lambda v: grouped(v, "'"), "."),
    "Indian": (indian, "."),
    "German": (european, ","),
    "French": (lambda v: grouped(v, "\u202f", ","), ","),
    "comma": (lambda v: repr(v).replace(".", ","), ","),
}
"""How a number is written, and the decimal sign of the file."""

LAYOUTS = ("comma", "semicolon", "tab", "bar", "workbook", "JSON", "units row", "labels", "preamble", "footer", "sep")


@dataclass(frozen=True)
class Mixture:
    """One way to write a flight."""

    layout: str
    language: str
    encoding: str
    time: str
    position: str
    number: str
    units: Mapping[str, str]
    units_in: str
    order: tuple[int, ...]

    def headers(self) -> list[str]:
        """Names of the columns, their units beside them where they stand there."""
        names = list(LANGUAGES[self.language])
        for index, name in enumerate(NAMES, start=1):
            unit = self.units.get(name, "")
            if unit and self.units_in == "header":
                names[index] += f" ({unit})"
        return names


@st.composite
def mixtures(draw: st.DrawFn) -> Mixture:
    """Draw a way to write a flight."""
    language = draw(st.sampled_from(sorted(LANGUAGES)))
    layout = draw(st.sampled_from(LAYOUTS))
    return Mixture(
        layout,
        language,
        draw(st.sampled_from(ENCODINGS[language])),
        draw(st.sampled_from(sorted(TIMES))),
        draw(st.sampled_from(sorted(POSITIONS))),
        draw(st.sampled_from(sorted(NUMBERS))),
        {name: draw(st.sampled_from(sorted(kinds))) for name, kinds in UNITS.items()},
        # a line of JSON has no row of units above it
        draw(st.sampled_from(("header", "cells") if layout == "JSON" else ("header", "cells", "row"))),
        tuple(draw(st.permutations(range(len(NAMES) + 1)))),
    )


@st.composite
def flights(draw: st.DrawFn) -> tuple[list[datetime], dict[str, FloatArray]]:
    """Draw a flight: times and columns in the contract's units."""
    start = draw(st.datetimes(datetime(2006, 1, 1), datetime(2026, 6, 1))).replace(microsecond=0)
    step_ms = draw(st.sampled_from((100, 250, 1000, 2000)))
    seed = draw(st.integers(0, 2**32 - 1))
    chance = np.random.default_rng(seed)
    latitude, longitude = draw(
        st.sampled_from(((40.0, 100.0), (-33.9, 151.2), (52.5, -1.9), (-0.4, 9.4), (66.0, -150.0)))
    )
    bases = (latitude, longitude, 20.0, 5.0, 180.0, 15.0, 980.0, 2.2)
    spans = (1e-3, 1e-3, 30.0, 3.0, 170.0, 8.0, 60.0, 0.8)
    columns = {
        name: np.round(base + span * chance.uniform(-1.0, 1.0, ROWS), 7)
        for name, base, span in zip(NAMES, bases, spans, strict=True)
    }
    return [start + timedelta(milliseconds=step_ms * i) for i in range(ROWS)], columns


def written(mixture: Mixture, times: list[datetime], columns: Mapping[str, FloatArray]) -> list[list[str]]:
    """Rows of the flight as texts, in the order of `NAMES` behind the time."""
    number, decimal = NUMBERS[mixture.number]
    rows = []
    for index, t in enumerate(times):
        row = [str(TIMES[mixture.time](t))]
        for name in NAMES:
            value = float(columns[name][index])
            if name in ("latitude", "longitude"):
                text = POSITIONS[mixture.position](value, "NS" if name == "latitude" else "EW")
                row.append(text.replace(".", decimal))
                continue
            unit = mixture.units[name]
            text = number(float(UNITS[name][unit](value)))
            row.append(f"{text} {unit}" if unit and mixture.units_in == "cells" else text)
        rows.append(row)
    return rows


def as_text(rows: list[list[str]], delimiter: str) -> str:
    """Rows as lines, cells quoted where they hold the delimiter."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if delimiter in text or '"' in text else text

    return "\n".join(delimiter.join(map(cell, row)) for row in rows) + "\n"


def write(path: Path, mixture: Mixture, times: list[datetime], columns: Mapping[str, FloatArray]) -> None:
    """Write the flight."""

    def ordered(row: list[str]) -> list[str]:
        return [row[index] for index in mixture.order]

    head = [ordered(mixture.headers())]
    units = ordered(["", *(mixture.units.get(name, "") for name in NAMES)])
    if mixture.units_in == "row" and any(units):
        head.append(units)
    if mixture.layout == "labels":
        head.append(ordered(["", *["Avg"] * len(NAMES)]))
    rows = [ordered(row) for row in written(mixture, times, columns)]
    if mixture.layout == "workbook":
        write_xlsx(path, [*head, *rows])
        return
    if mixture.layout == "JSON":
        lines = [json.dumps(dict(zip(head[0], row, strict=True)), ensure_ascii=False) for row in rows]
        path.write_bytes(("\n".join(lines) + "\n").encode(mixture.encoding, errors="replace"))
        return
    marks = {"semicolon": ";", "tab": "\t", "bar": "|", "sep": ";"}
    delimiter = marks.get(mixture.layout, ";" if NUMBERS[mixture.number][1] == "," else ",")
    text = as_text([*head, *rows], delimiter)
    if mixture.layout == "preamble":
        text = "Instrument 7\nOperator: N.N.\n\n" + text
    if mixture.layout == "footer":
        text += delimiter.join(["Mean", *["1"] * len(NAMES)]) + "\n"
    if mixture.layout == "sep":
        text = "sep=;\n" + text
    path.write_bytes(text.encode(mixture.encoding, errors="replace"))


def assert_same(log: FlightLog, mixture: Mixture, times: list[datetime], columns: Mapping[str, FloatArray]) -> None:
    """The log is the flight that was written."""
    assert log.size == ROWS
    # Excel and MATLAB count days: a millisecond is what their numbers hold.
    assert abs(log.start_utc - np.datetime64(times[0], "us")) <= np.timedelta64(1, "ms"), log.start_utc
    seconds = [(t - times[0]).total_seconds() for t in times]
    np.testing.assert_allclose(log.time_s, seconds, atol=2e-3)
    # 1e-9 of a second or of a minute of arc
    np.testing.assert_allclose(log.latitude_deg, columns["latitude"], rtol=0.0, atol=1e-10)
    np.testing.assert_allclose(log.longitude_deg, columns["longitude"], rtol=0.0, atol=1e-10)
    assert log.wind_from_deg is not None
    assert set(log.gas_ppm) == {"ch4"}
    pairs = (
        (log.height_m, "height"),
        (log.wind_speed_m_s, "speed"),
        (log.wind_from_deg, "direction"),
        (log.temperature_c, "temperature"),
        (log.pressure_hpa, "pressure"),
        (log.gas_ppm["ch4"], "ch4"),
    )
    for values, name in pairs:
        # nine decimals of any unit
        np.testing.assert_allclose(values, columns[name], rtol=1e-6, atol=1e-6, err_msg=name)


def check(path: Path, examples: int) -> None:
    """Write and read `examples` flights; most of them must be read."""
    outcomes: list[bool] = []

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(mixtures(), flights())
    def one(mixture: Mixture, flight: tuple[list[datetime], dict[str, FloatArray]]) -> None:
        write(path, mixture, *flight)
        inspection = inspect_flight(path, PipelineConfig())
        outcomes.append(inspection.log is not None)
        assert (inspection.log is None) == bool(inspection.faults)
        if inspection.log is not None:
            assert_same(inspection.log, mixture, *flight)

    one()
    # A fault is right where an encoding cannot hold the letters; a reader that only refused would prove nothing.
    assert np.mean(outcomes) > 0.9, f"{sum(outcomes)} of {len(outcomes)} read"


def test_a_flight_comes_out_as_it_went_in_or_a_fault_does(tmp_path: Path) -> None:
    check(tmp_path / "log.csv", 150)


@pytest.mark.slow
def test_many_more_flights(tmp_path: Path) -> None:
    check(tmp_path / "log.csv", 5000)
