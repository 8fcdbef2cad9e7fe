"""Broken files of every kind: one clear sentence naming column, row and remedy, and no other error than that."""

from __future__ import annotations

import gzip
import io
import os
import random
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flight_files import ROWS, Cells, flight, floats, renamed, rows_of, text_of, times, write_xls, write_xlsx

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import GasFluxError, InputError, UnsupportedFileError
from gasflux.reading.flight_file import inspect_flight, read_flight

CSV = text_of(flight())
Maker = Callable[[Path], object]


def content(data: bytes | str) -> Maker:
    return lambda path: path.write_bytes(data.encode() if isinstance(data, str) else data)


def columns(changes: dict[str, Cells] | None = None, without: tuple[str, ...] = (), **names: str) -> Maker:
    table: dict[str, Cells] = {**flight(), **(changes or {})}
    kept = {name: cells for name, cells in table.items() if name not in without}
    return content(text_of(renamed(kept, names)))


def cell(name: str, row: int, value: object) -> Maker:
    """The flight with one cell changed; `row` as a spreadsheet shows it."""
    return columns({name: [value if i == row - 2 else c for i, c in enumerate(flight()[name])]})


def workbook() -> bytes:
    stream = io.BytesIO()
    write_xlsx(stream, rows_of(flight()))
    return stream.getvalue()


def workbook_with(name: str, text: str) -> bytes:
    """The workbook with one of its parts replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, text if part == name else old.read(part))
    return stream.getvalue()


def archive(**parts: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, text in parts.items():
            file.writestr(name.replace("__", "/").replace("_", "."), text)
    return stream.getvalue()


def compound(*names: str) -> bytes:
    """The outside of an old Office document with the named streams."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"".join(name.encode("utf-16-le") for name in names)


def xls_cut_in_half(path: Path) -> None:
    write_xls(path, rows_of(flight()))
    path.write_bytes(path.read_bytes()[:3000])


def lines(change: Callable[[list[str]], list[str]]) -> Maker:
    return content("\n".join(change(CSV.splitlines())) + "\n")


def xls_of_impossible_size(path: Path) -> None:
    """A sheet whose DIMENSIONS record (kind 0x0200, 14 bytes) begins behind its end: opening it would end Python."""
    write_xls(path, rows_of(flight()))
    data = bytearray(path.read_bytes())
    place = data.index(b"\x00\x02\x0e\x00") + 4
    data[place : place + 4] = (60_000).to_bytes(4, "little")
    path.write_bytes(data)


class Bad:
    """A broken file, words its answer must hold, and the column and row of its first fault."""

    def __init__(
        self,
        make: Maker,
        *words: str,
        column: str | None = None,
        row: int | None = None,
        error: type[InputError] = InputError,
    ) -> None:
        self.make, self.words, self.column, self.row, self.error = make, words, column, row, error


SHEET = "xl/worksheets/sheet1.xml"
STRAY_CELL = (
    '<worksheet><dimension ref="A1:B2"/><sheetData><row r="1048576"><c r="XFD1048576"/></row></sheetData></worksheet>'
)

BAD = {
    # the file itself
    "empty file": Bad(content(""), "empty", "export"),
    "blank file": Bad(content(" \n\n \n"), "empty"),
    "header only": Bad(lines(lambda rows: rows[:1]), "no data", "10 rows"),
    "three rows": Bad(lines(lambda rows: rows[:4]), "3 rows", "at least 10"),
    "PDF": Bad(content(b"%PDF-1.7\n"), "PDF", "export", error=UnsupportedFileError),
    "PNG": Bad(content(b"\x89PNG\r\n\x1a\n" + bytes(100)), "picture", error=UnsupportedFileError),
    "JPEG": Bad(content(b"\xff\xd8\xff\xe0" + bytes(100)), "picture", error=UnsupportedFileError),
    "HTML": Bad(
        content("<html><table><tr><td>latitude</td></tr></table></html>"), "HTML", "Excel", error=UnsupportedFileError
    ),
    "XML spreadsheet": Bad(
        content('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'),
        "XML spreadsheet",
        ".xlsx",
        error=UnsupportedFileError,
    ),
    "random bytes": Bad(
        content(random.Random(1).randbytes(5000).replace(b"\0", b"\1")), "neither text", error=UnsupportedFileError
    ),
    "NUL bytes": Bad(content(CSV.replace("2.205", "2.2\0\0")), "NUL", "export it again", row=7),
    "gz cut off": Bad(content(gzip.compress(CSV.encode())[:-200]), ".gz", "cut off"),
    "gz damaged": Bad(content(gzip.compress(CSV.encode())[:20] + b"x" * 200), ".gz", "damaged"),
    "gz of nothing": Bad(content(gzip.compress(b"")), "empty"),
    "folder": Bad(lambda path: path.mkdir(), "cannot be read", "path"),
    "no such file": Bad(lambda path: None, "cannot be read", "path"),
    # workbooks
    "zip of a csv": Bad(content(archive(flight_csv=CSV)), "zip", "unpack", error=UnsupportedFileError),
    "zip of a document": Bad(content(archive(word__document_xml="<w/>")), "zip", error=UnsupportedFileError),
    "ods": Bad(
        content(archive(mimetype="x", content_xml="<w/>")), ".ods", "save it as .xlsx", error=UnsupportedFileError
    ),
    "xlsx cut off": Bad(content(workbook()[:-500]), "cut off or damaged"),
    "xlsx with broken sheet": Bad(content(workbook_with(SHEET, "<worksheet><sheetData><row")), "damaged"),
    "xlsx of a million columns": Bad(content(workbook_with(SHEET, STRAY_CELL)), "1,048,576 rows", "delete"),
    "xlsx declared too large": Bad(
        content(workbook_with(SHEET, '<worksheet><dimension ref="A1:XFD1048576"/><sheetData/></worksheet>')),
        "16,384 columns",
        "delete",
    ),
    "empty sheets": Bad(lambda path: write_xlsx(path, [], []), "'Sheet1' is empty", "'Sheet2'", row=1),
    "sheet without header": Bad(lambda path: write_xlsx(path, rows_of(flight())[1:]), "no header", "row 1", row=1),
    "password": Bad(content(compound("EncryptionInfo", "EncryptedPackage")), "password", "without one"),
    "Word document": Bad(content(compound("WordDocument")), "Office document", ".xlsx", error=UnsupportedFileError),
    "xls cut off": Bad(xls_cut_in_half, "cut off", error=UnsupportedFileError),
    "xls of an impossible size": Bad(xls_of_impossible_size, "damaged", "save it again"),
    # the layout of text
    "no header": Bad(lines(lambda rows: rows[1:]), "header", "timestamp,latitude", row=1),
    "prose": Bad(content("Dear Sir,\nplease find the flight attached.\n"), "header", row=1),
    "unknown separator": Bad(content(text_of(flight(), delimiter="!")), "header", "comma, semicolon or tab", row=1),
    "a row too long": Bad(
        lines(lambda rows: [*rows[:6], rows[6] + ",7", *rows[7:]]), "Row 7 has 10 fields", "mend", row=7
    ),
    "first row too long": Bad(lines(lambda rows: [rows[0], rows[1] + ",7", *rows[2:]]), "Row 2 has 10 fields", row=2),
    "decimal commas between commas": Bad(
        content(text_of(flight(), decimal=",").replace('"', "")), "Row 2", "semicolons", row=2
    ),
    "open quotation mark": Bad(
        lines(lambda rows: [*rows[:9], '"' + rows[9], *rows[10:]]), "Row 10", "quotation mark", row=10
    ),
    # columns
    "no time": Bad(columns(without=("timestamp",)), "date and time", "add a column 'timestamp'", column="timestamp"),
    "no latitude": Bad(columns(without=("latitude",)), "'latitude'", "missing", "add it", column="latitude"),
    "no height": Bad(columns(without=("height_ato",)), "'height_ato'", "altitude", column="height_ato"),
    "no wind": Bad(columns(without=("windspeed",)), "'windspeed'", "missing", column="windspeed"),
    "pressure in an unknown unit": Bad(
        columns(pressure="Pressure (banana)"),
        "'Pressure (banana)'",
        "'banana' is not known",
        column="Pressure (banana)",
    ),
    "direction under an unknown name": Bad(
        columns(winddir="my winddirection"), "looks like the wind direction", "ignore", column="my winddirection"
    ),
    "wind relative to the aircraft": Bad(
        columns(winddir="Relative Wind Direction"),
        "relative to the aircraft",
        "true wind",
        column="Relative Wind Direction",
    ),
    "components of an unknown frame": Bad(
        columns({"u": [1.0] * ROWS, "v": [2.0] * ROWS}, without=("winddir", "windspeed")),
        "wind_east: 'u'",
        column="u + v",
    ),
    "path concentration": Bad(columns(ch4="CH4 (ppm-m)"), "along a path", "no mole fraction", column="CH4 (ppm-m)"),
    "explosive limit": Bad(columns(ch4="CH4 (%LEL)"), "explosive limit", "ch4_%", column="CH4 (%LEL)"),
    "signal of a sensor": Bad(columns(ch4="CH4 (mV)"), "a signal", column="CH4 (mV)"),
    "no gas": Bad(columns(ch4="sensor_1"), "no gas column", "'sensor_1'", column="ch4"),
    "a column twice": Bad(
        columns({"x": flight()["ch4"]}, x="CH4"), "twice", "columns 9 and 10", "rename", column="ch4"
    ),
    # cells
    "text in a number": Bad(
        cell("ch4", 9, "error"), "'ch4'", "row 9", "'error'", "leave the cell empty", column="ch4", row=9
    ),
    "a truth value": Bad(cell("ch4", 9, True), "'ch4'", "row 9", "number", column="ch4", row=9),
    "infinity": Bad(
        cell("windspeed", 12, float("inf")), "'windspeed'", "row 12", "infinite", column="windspeed", row=12
    ),
    "unclear commas": Bad(
        columns({"windspeed": ["1,013"] * ROWS}),
        "'windspeed'",
        "row 2",
        "thousands",
        "decimals with a point",
        column="windspeed",
        row=2,
    ),
    "gas out of the open air": Bad(
        columns({"ch4": list(floats(flight()["ch4"]) * 1000)}), "'ch4'", "2219", "ch4_ppb", column="ch4"
    ),
    # time
    "no date and time": Bad(
        cell("timestamp", 11, "soon"), "'timestamp'", "row 11", "'soon'", "2023-04-19", column="timestamp", row=11
    ),
    "times of day only": Bad(
        columns({"timestamp": [t.strftime("%H:%M:%S") for t in times()]}),
        "times of day without a date",
        "add",
        column="timestamp",
    ),
    "elapsed seconds": Bad(columns({"timestamp": list(range(ROWS))}), "elapsed time", "add", column="timestamp"),
    "words for times": Bad(columns({"timestamp": ["now"] * ROWS}), "no date and time", column="timestamp"),
    "clock not set": Bad(
        cell("timestamp", 2, datetime(1900, 1, 1)), "row 2", "1900-01-01", "clock", column="timestamp", row=2
    ),
    "year 9999": Bad(cell("timestamp", 5, datetime(9999, 1, 1)), "row 5", "9999-01-01", column="timestamp", row=5),
    "day and month mixed": Bad(
        columns({"timestamp": ["14/04/2023 07:00", "04/15/2023 07:00"] * (ROWS // 2)}),
        "day first",
        "2023-04-19",
        column="timestamp",
    ),
    "one time": Bad(columns({"timestamp": [times()[0]] * ROWS}), "same time", "own time", column="timestamp"),
    "no time at all": Bad(columns({"timestamp": ["--"] * ROWS}), "'timestamp'", column="timestamp"),
    # place
    "latitude and longitude swapped": Bad(
        columns(latitude="longitude", longitude="latitude"), "row 2", "swapped", column="latitude", row=2
    ),
    "metres": Bad(columns({"latitude": [3_618_000.5] * ROWS}), "row 2", "metres", "WGS84", column="latitude", row=2),
    "one position": Bad(
        columns({"latitude": [32.0] * ROWS, "longitude": [-103.0] * ROWS}), "same position", "GPS", column="latitude"
    ),
    "no fix": Bad(columns({"latitude": [0.0] * ROWS, "longitude": [0.0] * ROWS}), "0 rows", "missing position: 40"),
    # values
    "pressure out of range": Bad(
        cell("pressure", 20, 1200.0), "'pressure'", "row 20", "400 to 1100", "widen", column="pressure", row=20
    ),
    "negative wind": Bad(
        cell("windspeed", 4, -1.0), "'windspeed'", "row 4", "-1", "0 to 60", column="windspeed", row=4
    ),
    "all wind missing": Bad(columns({"windspeed": ["NaN"] * ROWS}), "0 rows", "missing wind: 40"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_file(kind: str, tmp_path: Path) -> None:
    bad = BAD[kind]
    path = tmp_path / "flight.xlsx"
    bad.make(path)
    with pytest.raises(GasFluxError) as caught:
        read_flight(path, PipelineConfig())
    assert type(caught.value) is bad.error
    message = str(caught.value)
    assert message.startswith("flight.xlsx: ")
    assert "\n" not in message
    assert len(message) < 1000
    assert not [word for word in bad.words if word not in message], message
    assert message.endswith(".")
    fault = caught.value.faults[0]
    assert (fault.column, fault.row) == (bad.column, bad.row), fault
    inspection = inspect_flight(path, PipelineConfig())
    assert inspection.log is None
    assert inspection.faults == caught.value.faults


def test_enough_kinds() -> None:
    assert len(BAD) >= 30


def test_swapped_positions_that_are_both_possible_cannot_be_told(tmp_path: Path) -> None:
    """Documented limit: 32 N 54 E and 54 N 32 E are both places, so such a swap is read as it stands."""
    swapped: dict[str, Cells] = {**flight(), "latitude": [54.0 + 1e-5 * i for i in range(ROWS)]}
    columns({**swapped, "longitude": [32.0] * ROWS})(tmp_path / "log.csv")
    assert read_flight(tmp_path / "log.csv", PipelineConfig()).size == ROWS


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sheet": "Flight"}, ("no sheet 'Flight'", "'Sheet1', 'Sheet2'")),
        ({"sheet": 7}, ("no sheet 7", "'Sheet1', 'Sheet2'")),
        ({"columns": {"ch4": "Inlet 9"}}, ("columns.ch4", "'Inlet 9'", "'pressure'")),
        ({"columns": {"metthan": "ch4"}}, ("'metthan'", "windspeed")),
        ({"units": {"pressure": "banana"}}, ("units.pressure", "'banana'", "hPa, Pa, kPa")),
        ({"units": {"ch4": "ppm-m"}}, ("units.ch4", "along a path")),
        ({"gases": {"n2o": [0.2, 1.0]}}, ("'n2o'", "columns not used: 'ch4'")),
        ({"gases": {"voc": [0.0, 1.0]}}, ("'voc'", "chemical formula")),
        ({"gases": {"ch4": [1.5, 2.0]}}, ("'ch4'", "row 2", "1.5 to 2")),
        ({"required_cols": {"humidity": [0.0, 100.0]}}, ("'humidity'", "add it or unlist it")),
        ({"required_cols": {"height_agl": [0.0, 100.0]}}, ("'height_agl'", "missing")),
        ({"wind": {"source": "aircraft"}}, ("'aircraft_u'", "'heading'", "'ground_speed'")),
    ],
)
def test_settings_that_do_not_fit_the_file(settings: dict[str, object], words: tuple[str, ...], tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "two.xlsx", rows_of(flight()), rows_of(flight()))
    with pytest.raises(InputError) as caught:
        read_flight(path, PipelineConfig.model_validate(settings))
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such file names")
def test_many_faults_still_make_one_line(tmp_path: Path) -> None:
    table: dict[str, Cells] = {**flight(), **{gas: ["x"] * ROWS for gas in ("co2", "n2o", "nh3", "so2", "h2s")}}
    table = {name: [cells[0], "bad value " * 20, *cells[2:]] for name, cells in table.items()}
    path = tmp_path / ("a\nb" * 30 + ".csv")
    path.write_text(text_of(table))
    gases = {gas: [0.0, 1.0] for gas in ("ch4", "co2", "n2o", "nh3", "so2", "h2s", "c2h6")}
    with pytest.raises(InputError) as caught:
        read_flight(path, PipelineConfig.model_validate({"gases": gases}))
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)
    assert "more fault" in str(caught.value)
    assert len(caught.value.faults) > 10


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_never_raise_anything_else(seed: int, tmp_path: Path) -> None:
    """Files with a few bytes changed, cut or doubled are read or refused, and nothing else happens."""
    chance = random.Random(seed)
    write_xls(tmp_path / "flight.xls", rows_of(flight()))
    sources = [workbook(), (tmp_path / "flight.xls").read_bytes(), CSV.encode(), gzip.compress(CSV.encode())]
    path = tmp_path / "damaged"
    outcomes = set()
    for number in range(60):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(bytes(data[: chance.randrange(len(data))] if number % 3 == 0 else data))
        inspection = inspect_flight(path, PipelineConfig())
        assert (inspection.log is None) == bool(inspection.faults)
        outcomes.add(inspection.log is None)
    assert True in outcomes


def test_reading_changes_nothing_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "flight.csv"
    path.write_text(CSV)
    before = path.read_bytes()
    read_flight(path, PipelineConfig())
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["flight.csv"]
