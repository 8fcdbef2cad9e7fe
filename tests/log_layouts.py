"""One small flight written in the layouts and notations that instruments and people write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from flight_files import ROWS, Cells, Columns, flight, floats, rows_of, text_of, times

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.reading.flight_file import read_flight
from gasflux.records import FlightLog

START = datetime(2025, 6, 1, 10, 4, 10)
"""A whole second, a day that may also be a month."""

Writer = Callable[[Path], Path]


def plain() -> dict[str, Cells]:
    """Return the flight, its first time `START`."""
    return {**flight(), "timestamp": times(start=START)}


def timed(*headers: str, cells: Callable[[datetime], object | Sequence[object]]) -> dict[str, Cells]:
    """Return the flight with its time in the named columns, each cell made of the time."""
    made = [cells(t) for t in times(start=START)]
    columns = list(zip(*made, strict=True)) if len(headers) > 1 else [made]
    rest = {name: column for name, column in flight().items() if name != "timestamp"}
    return {**dict(zip(headers, columns, strict=True)), **rest}


def read(path: Path, **settings: object) -> FlightLog:
    """Return the flight in a file."""
    return read_flight(path, PipelineConfig.model_validate(settings))


def assert_is_plain(
    log: FlightLog,
    start: datetime = START,
    step_s: float = 1.0,
    keep: Sequence[int] | slice = slice(None),
    position_deg: float = 1e-12,
    decimals: float = 1e-6,
) -> None:
    """The log holds `plain()`.

    `position_deg` and `decimals` are what the notation leaves of a position and of any other number.
    """
    assert abs(log.start_utc - np.datetime64(start)) <= np.timedelta64(1, "ms"), log.start_utc
    kept = np.arange(ROWS)[keep]
    np.testing.assert_allclose(log.time_s, (kept - kept[0]) * step_s, atol=2e-3)
    wanted = {name: floats(cells)[keep] for name, cells in flight().items() if name != "timestamp"}
    np.testing.assert_allclose(log.latitude_deg, wanted["latitude"], rtol=0.0, atol=position_deg)
    np.testing.assert_allclose(log.longitude_deg, wanted["longitude"], rtol=0.0, atol=position_deg)
    assert log.wind_from_deg is not None
    pairs = (
        (log.height_m, "height_ato"),
        (log.wind_speed_m_s, "windspeed"),
        (log.wind_from_deg, "winddir"),
        (log.temperature_c, "temperature"),
        (log.pressure_hpa, "pressure"),
        (log.gas_ppm["ch4"], "ch4"),
    )
    for values, name in pairs:
        np.testing.assert_allclose(values, wanted[name], rtol=decimals, err_msg=name)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a text."""
    path.write_bytes(text.encode(encoding))
    return path


# --- layouts of text -------------------------------------------------------------------------------------------------

UNITS = ("", "deg", "deg", "m", "m/s", "deg", "degC", "hPa", "ppm")
SOURCES = ("GPS", "GPS", "GPS", "baro", "sonic", "sonic", "probe", "probe", "analyser")


def lines_of(columns: Columns) -> list[str]:
    """Return header and rows as lines between commas."""
    return text_of(columns).splitlines()


def with_rows(above: Sequence[str] = (), below: Sequence[str] = ()) -> str:
    """Return the flight with rows above and below its names."""
    names, *rows = lines_of(plain())
    return "\n".join([*above, names, *below, *rows]) + "\n"


def toa5() -> str:
    """Campbell's TOA5: file, names, units, process codes."""
    names = ["TIMESTAMP", "Lat", "Lon", "Height_AGL", "WS", "WD", "AirTemp", "Pressure", "CH4"]
    units = ["TS", "degrees", "degrees", "meters", "meters/second", "degrees", "Deg C", "mbar", "ppm"]
    columns = {name: cells for name, cells in zip(names, plain().values(), strict=True) if name != "TIMESTAMP"}
    stamped: dict[str, Cells] = {
        "TIMESTAMP": [str(t) for t in times(start=START)],
        "RECORD": list(range(ROWS)),
        **columns,
    }
    units.insert(1, "RN")
    codes = ["", "", *["Smp"] * (len(columns) - 1), "Avg"]
    head = ['"TOA5","Station","CR1000X","1234","CR1000X.Std.05.02","CPU:uav.CR1X","4321","Fast"']
    quoted = [",".join(f'"{cell}"' for cell in row) for row in (stamped, units, codes)]
    rows = [",".join(f'"{cell}"' if isinstance(cell, str) else str(cell) for cell in row) for row in rows_of(stamped)]
    return "\r\n".join([*head, *quoted, *rows[1:]]) + "\r\n"


def seconds_of_day(t: datetime) -> float:
    """Seconds since midnight."""
    return (t - t.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()


AMES_NAMES = ("Latitude", "Longitude", "Height_AGL", "Wind_Speed", "Wind_Direction", "Air_Temperature", "Air_Pressure")
AMES_UNITS = ("deg", "deg", "m", "m/s", "deg", "C", "hPa")


def icartt(separator: str = ", ") -> str:
    """ICARTT: methane in ppb of a scale of 0.1, a missing cell, one below detection."""
    columns = [list(cells) for name, cells in plain().items() if name != "timestamp"]
    columns[-1] = [f"{value * 1e4:.3f}" for value in floats(columns[-1])]
    columns[-1][5], columns[-1][6] = "-99999", "-8888"
    times_s = [f"{seconds_of_day(t):g}" for t in times(start=START)]
    variables = [f"{n}, {u}" for n, u in zip((*AMES_NAMES, "CH4_ppb"), (*AMES_UNITS, "ppb"), strict=True)]
    body = [
        *("DOE, JANE", "Some Lab", "Methane in situ", "SURVEY", "1, 1", "2025, 06, 01, 2025, 06, 02", "1"),
        *("Time_Start, seconds, elapsed seconds from 0 hours UTC", "8", "1, 1, 1, 1, 1, 1, 1, 0.1"),
        "-9999, -9999, -9999, -9999, -9999, -9999, -9999, -99999",
        *(*variables, "1", "Flown over a pasture", "3", "REVISION: R0", "LLOD_FLAG: -8888", "R0: first"),
        ", ".join(["Time_Start", *AMES_NAMES, "CH4_ppb"]),
    ]
    body[-4] = "4"  # lines of normal comments, the row of names among them
    rows = [separator.join(map(str, row)) for row in zip(times_s, *columns, strict=True)]
    return "\n".join([f"{len(body) + 1}, 1001", *body, *rows]) + "\n"


def nasa_ames() -> str:
    """NASA Ames 1001 between blanks, scales and missing codes on two lines each, no row of names."""
    columns = [cells for name, cells in plain().items() if name != "timestamp"]
    names = ("Latitude", "Longitude", "Height AGL", "Wind speed", "Wind direction", "Air temperature", "Air pressure")
    variables = [f"{n} ({u})" for n, u in zip((*names, "CH4"), (*AMES_UNITS, "ppm"), strict=True)]
    body = [
        *("Doe, Jane", "Some Lab", "Methane in situ", "SURVEY", "1 1", "2025 06 01 2025 06 02", "1"),
        *(
            "Seconds from 0 hours UTC (s)",
            "8",
            "1 1 1 1",
            "1 1 1 1",
            "-9999 -9999 -9999 -9999",
            "-9999 -9999 -9999 -9999",
        ),
        *(*variables, "0", "1", "Nothing to say"),
    ]
    rows = [
        f"{seconds_of_day(t):g} " + " ".join(map(str, row))
        for t, row in zip(times(start=START), zip(*columns, strict=True), strict=True)
    ]
    return "\n".join([f"{len(body) + 1} 1001", *body, *rows]) + "\n"


TAGS = ("LAT", "LON", "ALT", "S", "D", "T", "P", "CH4")


def tagged_rows() -> list[list[object]]:
    """Rows of the flight as its values without the time."""
    return [list(row[1:]) for row in rows_of(plain())[1:]]


def trisonica() -> str:
    """Blank-separated tags behind the time of the logger."""
    lines = []
    for t, row in zip(times(start=START), tagged_rows(), strict=True):
        lines.append(
            f"{t} " + "  ".join(f"{tag} {cell}" for tag, cell in zip(TAGS, row, strict=True)) + " PI -99.9 RO 0.3"
        )
    return "\n".join(lines) + "\n"


def pairs() -> str:
    """``name=value`` between semicolons."""
    names = list(plain())
    return "\n".join(
        ";".join(f"{name}={cell}" for name, cell in zip(names, row, strict=True)) for row in rows_of(plain())[1:]
    )


def json_lines() -> str:
    """One object a line, the gas in an object of its own."""
    lines = []
    for row in rows_of(plain())[1:]:
        entries = dict(zip(plain(), [str(row[0]), *row[1:]], strict=True))
        lines.append(json.dumps(entries))
    return "\n".join(lines) + "\n"


def fixed_columns(holes: bool) -> str:
    """Picarro's columns of 26 signs, some cells of an unused column empty."""
    columns: dict[str, Cells] = {
        "DATE": [f"{t:%Y-%m-%d}" for t in times(start=START)],
        "TIME": [f"{t:%H:%M:%S}" for t in times(start=START)],
        "SPECIES": [("" if i % 3 and holes else "1") for i in range(ROWS)],
        **{name: cells for name, cells in plain().items() if name != "timestamp"},
    }
    return "\n".join("".join(f"{cell!s:<26}" for cell in row).rstrip() for row in rows_of(columns)) + "\n"


def licor() -> str:
    """LI-COR's DATAH and DATAU rows below lines of the instrument."""
    names, *rows = [line.replace(",", "\t") for line in lines_of(plain())]
    units = "\t".join(["DATAU", *UNITS])
    head = ["Model:\tLI-7810", "SN:\tTG10-01234", "Timezone:\tUTC"]
    return "\n".join([*head, "DATAH\t" + names, units, *("DATA\t" + row for row in rows)]) + "\n"


def tab_names_with_blanks() -> str:
    """Tabs between names of two words: at blanks other columns would come out."""
    names = {"timestamp": "Date Time", "windspeed": "Wind Speed", "winddir": "Wind Direction", "ch4": "Methane CH4"}
    columns = {names.get(name, name): cells for name, cells in plain().items()}
    columns["windspeed (m/s) CO"] = ["x y"] * ROWS
    return text_of(columns, delimiter="\t")


TEXTS: Mapping[str, Callable[[], str]] = {
    "units, then sources, below": lambda: with_rows(below=[",".join(UNITS), ",".join(SOURCES)]),
    "sources, then units, below": lambda: with_rows(below=[",".join(SOURCES), ",".join(UNITS)]),
    "units above": lambda: with_rows(above=[",".join(UNITS)]),
    "units and sources above": lambda: with_rows(above=[",".join(UNITS), ",".join(SOURCES)]),
    "units above, sources below": lambda: with_rows(above=[",".join(UNITS)], below=[",".join(SOURCES)]),
    "blank lines": lambda: "\n\n" + with_rows(below=["", ",,,,,,,,"]) + "\n\n",
    "footer of statistics": lambda: with_rows() + "\nMean,,,,6.189,,,,2.2995\nMax.,,,,9,,,,9\nStd. dev.,,,,1,,,,1\n",
    "footer of remarks": lambda: with_rows() + "End of file\nRecords:,40\n",
    "Chinese footer": lambda: with_rows() + "平均值：,32.691,-103.07,7,4,180,16,887,2.2\n合计,1,1,1,1,1,1,1,1\n",
    "sep=, in the first line": lambda: "sep=,\n" + with_rows(),
    "sep=; in the first line": lambda: '"sep=;"\n' + text_of(plain(), delimiter=";"),
    "Campbell TOA5": toa5,
    "LI-COR": licor,
    "NASA Ames": nasa_ames,
    "TriSonica": trisonica,
    "pairs": pairs,
    "JSON lines": json_lines,
    "Picarro": lambda: fixed_columns(holes=False),
    "Picarro with empty cells": lambda: fixed_columns(holes=True),
    "a comma behind every row": lambda: "\n".join(
        line + ("," if i else "") for i, line in enumerate(lines_of(plain()))
    ),
}

# --- notations -------------------------------------------------------------------------------------------------------

CHINESE_HALF = {True: "上午", False: "下午"}

TIMES: Mapping[str, Callable[[datetime], object]] = {
    "ctime": lambda t: t.strftime("%a %b %d %H:%M:%S %Y"),
    "ctime with zone": lambda t: t.strftime("%a %b %d %H:%M:%S UTC %Y"),
    "mail": lambda t: (t + timedelta(hours=8)).strftime("%a, %d %b %Y %H:%M:%S +0800"),
    "CEST": lambda t: (t + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S CEST"),
    "EDT": lambda t: (t - timedelta(hours=4)).strftime("%Y-%m-%d %H:%M:%S EDT"),
    "underscores": lambda t: t.strftime("%Y_%m_%d_%H_%M_%S"),
    "dashes": lambda t: t.strftime("%Y-%m-%d-%H-%M-%S"),
    "colons in the date": lambda t: t.strftime("%Y:%m:%d %H:%M:%S"),
    "clock before date": lambda t: t.strftime("%H:%M:%S %Y-%m-%d"),
    "clock before day": lambda t: t.strftime("%H:%M:%S %d.%m.%Y"),
    "a. m.": lambda t: t.strftime("%d.%m.%Y %I:%M:%S a.\u00a0m."),
    "narrow blank": lambda t: t.strftime("%Y-%m-%d %I:%M:%S\u202fAM"),
    "am without blank": lambda t: t.strftime("%Y-%m-%d %I:%M:%Sam"),
    "clock with dots": lambda t: t.strftime("%d.%m.%Y %H.%M.%S"),
    "hours and minutes by letter": lambda t: t.strftime("%Y-%m-%d %Hh%Mm%Ss"),
    "month by name, German": lambda t: f"{t.day}. Juni {t:%Y %H:%M:%S}",
    "month by name, American": lambda t: t.strftime("%B %d, %Y %I:%M:%S %p"),
    "month by name, shut": lambda t: t.strftime("%d%b%Y %H:%M:%S"),
    "day of the year": lambda t: t.strftime("%Y-%jT%H:%M:%S"),
    "year of two digits first": lambda t: t.strftime("%y/%m/%d %H:%M:%S"),
    "traditional Chinese": lambda t: (
        f"{t:%Y}年{t.month}月{t.day}日 {CHINESE_HALF[t.hour < 12]}{t:%I}時{t:%M}分{t:%S}秒"
    ),
    "weekday, Chinese": lambda t: f"{t:%Y}年{t.month}月{t.day}日 星期日 {t:%H:%M:%S}",
    "brackets": lambda t: f"[{t}]",
    "zone by name": lambda t: f"{(t + timedelta(hours=2)).isoformat()}+02:00[Europe/Berlin]",
    "compact": lambda t: t.strftime("%Y%m%d_%H%M%S"),
    "digits": lambda t: t.strftime("%Y%m%d%H%M%S"),
    "digits, short year": lambda t: t.strftime("%y%m%d%H%M%S"),
    "MATLAB": lambda t: t.toordinal() + 366 + seconds_of_day(t) / 86_400.0,
    "LabVIEW": lambda t: (t - datetime(1904, 1, 1)).total_seconds(),
    "microseconds since 1970": lambda t: round((t - datetime(1970, 1, 1)).total_seconds() * 1e6),
}

TIME_COLUMNS: Mapping[str, tuple[tuple[str, ...], Callable[[datetime], Sequence[object]]]] = {
    "NMEA": (("Date", "UTC"), lambda t: (t.strftime("%d%m%y"), t.strftime("%H%M%S.00"))),
    "yymmdd": (("Date (yymmdd)", "UTC"), lambda t: (t.strftime("%y%m%d"), t.strftime("%H%M%S"))),
    "yyyymmdd, hhmmss": (("Date", "Time"), lambda t: (t.strftime("%Y%m%d"), t.strftime("%H%M%S"))),
    "date and clock": (("Date", "Time"), lambda t: (t.strftime("%d.%m.%Y"), t.strftime("%I:%M:%S %p"))),
    "date and seconds of the day": (("Date", "UTC seconds"), lambda t: (t.strftime("%Y-%m-%d"), seconds_of_day(t))),
    "Excel day and fraction": (
        ("Date", "Time"),
        lambda t: ((t - datetime(1899, 12, 30)).days, seconds_of_day(t) / 86_400.0),
    ),
    "date in the first row": (("Date", "Time"), lambda t: ("2025/06/01" if t == START else "", t.strftime("%H:%M:%S"))),
}


def european(value: object, digits: int = 9) -> str:
    """Return a number with a comma and points between thousands."""
    text = f"{float(str(value)):,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,"))


def grouped(value: object, sign: str, decimal: str = ".") -> str:
    """Return a number with a sign between thousands."""
    return f"{float(str(value)):,.9f}".replace(",", "\0").replace(".", decimal).replace("\0", sign)


def indian(value: object) -> str:
    """Return a number grouped as in India: 1,01,645.00."""
    whole, part = f"{float(str(value)):.9f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    groups = [head[max(i - 2, 0) : i] for i in range(len(head), 0, -2)][::-1]
    return ",".join([*groups, tail]) + "." + part


NUMBERS: Mapping[str, Callable[[object], str]] = {
    "German": european,
    "Swiss": lambda value: grouped(value, "'"),
    "Swiss, printed": lambda value: grouped(value, "\u2019"),
    "French": lambda value: grouped(value, "\u202f", ","),
    "Russian": lambda value: grouped(value, "\u00a0", ","),
    "American": lambda value: grouped(value, ","),
    "Indian": indian,
    "underscores": lambda value: grouped(value, "_"),
    "full width": lambda value: str(value).translate({ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789"}),
    "exponent": lambda value: f"{float(str(value)):.12e}",
    "exponent with comma": lambda value: f"{float(str(value)):.12e}".replace(".", ","),
}
"""How a number is written; every column of the flight but the positions is written so, pressure in pascals."""


def dms(value: object, axis: str, seconds: bool = True) -> tuple[int, int, float, str]:
    """Degrees, minutes, seconds and hemisphere of a position."""
    size = abs(float(str(value)))
    degrees = int(size)
    minutes = (size - degrees) * 60.0
    letter = axis[0] if float(str(value)) >= 0 else axis[1]
    return degrees, int(minutes), (minutes - int(minutes)) * 60.0 if seconds else minutes, letter


def written_dms(value: object, axis: str, form: str) -> str:
    """Write a position in degrees, minutes and seconds."""
    degrees, minutes, seconds, letter = dms(value, axis)
    sign = "-" if letter in "SW" else ""
    return form.format(d=degrees, m=minutes, s=seconds, mm=minutes + seconds / 60.0, letter=letter, sign=sign)


POSITIONS: Mapping[str, Callable[[object, str], str]] = {
    "letter behind": lambda v, axis: f"{abs(float(str(v)))} {dms(v, axis)[3]}",
    "letter in front": lambda v, axis: f"{dms(v, axis)[3]}{abs(float(str(v)))}°",
    "degrees, minutes, seconds": lambda v, axis: written_dms(v, axis, "{d}°{m:02d}'{s:.9f}\" {letter}"),
    "signs of print": lambda v, axis: written_dms(v, axis, "{letter} {d}° {m}′ {s:.9f}″"),
    "signed": lambda v, axis: written_dms(v, axis, "{sign}{d}°{m:02d}'{s:.9f}\""),
    "colons": lambda v, axis: written_dms(v, axis, "{d}:{m:02d}:{s:.9f}{letter}"),
    "blanks": lambda v, axis: written_dms(v, axis, "{d} {m:02d} {s:.9f} {letter}"),
    "degrees and minutes": lambda v, axis: written_dms(v, axis, "{d}°{mm:.11f}' {letter}"),
    "Chinese": lambda v, axis: (
        {"N": "北纬", "W": "西经"}[dms(v, axis)[3]] + written_dms(v, axis, "{d}度{m}分{s:.9f}秒")
    ),
    "NMEA and letter": lambda v, axis: written_dms(v, axis, "{d}{mm:012.9f}{letter}"),
    "NMEA, signed": lambda v, axis: written_dms(v, axis, "{sign}{d}{mm:012.9f}"),
}
"""How a latitude or longitude is written, the two letters of its axis given."""
