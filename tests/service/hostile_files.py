"""Files that nobody honest uploads, built by code: each with what the service must do with it."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import xlwt

SAMPLE = Path(__file__).parents[2] / "src" / "gasflux" / "data" / "sample_flight.xlsx"

HEADER = b"timestamp,latitude,longitude,height_ato,windspeed,winddir,temperature,pressure,ch4\n"
ROW = b"2026-04-13 09:00:%02d,32.691,-103.075,5.0,4.0,180.0,16.0,887.0,%s\n"
REFUSED = frozenset({413, 415, 422})
"""Answers to a file that is not taken."""

_RELS = "application/vnd.openxmlformats-package.relationships+xml"
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@dataclass(frozen=True)
class Hostile:
    """One of them."""

    name: str
    """Name of the case."""
    make: Callable[[], bytes]
    statuses: frozenset[int]
    """Allowed answers to the upload. With 202 among them the task may be taken and must then end."""
    says: str
    """Part of the message, of the answer or of the failed task; any of those between bars will do."""
    file_name: str = "flight.xlsx"
    config: Callable[[], bytes] | None = None
    completes: bool = False
    """Whether the flight is good after all, and only odd."""


def sample() -> bytes:
    """The bundled flight."""
    return SAMPLE.read_bytes()


def csv_rows(count: int = 60, ch4: bytes = b"2.2") -> bytes:
    """A log with the right columns."""
    return HEADER + b"".join(ROW % (second % 60, ch4) for second in range(count))


def workbook(sheet: str, shared: str | None = None, extra: Mapping[str, bytes] | None = None) -> bytes:
    """An .xlsx around the XML of its only sheet."""
    parts = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="{_RELS}"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_MAIN}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_MAIN}.worksheet+xml"/></Types>'
        ),
        "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_NS}" xmlns:r="{_REL_NS}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>'
            "</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet,
    }
    if shared is not None:
        parts["xl/sharedStrings.xml"] = shared
    return zipped({name: text.encode() for name, text in parts.items()} | dict(extra or {}))


def _relations(kind: str, target: str) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_REL_NS}/{kind}" Target="{target}"/></Relationships>'
    )


def sheet_xml(cells: str, dimension: str = "", before: str = "") -> str:
    """XML of a sheet."""
    declared = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{_NS}">{declared}<sheetData>{cells}</sheetData></worksheet>'


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def far_cell(dimension: str = "") -> bytes:
    """One cell in the first corner, one in the last: calamine alone would ask for half a terabyte."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return workbook(sheet_xml(cells, dimension))


def wide_row() -> bytes:
    """A cell in the last row of every second column: many cells spanned, none of them far out alone."""
    return workbook(sheet_xml('<row r="1048576">' + '<c r="CV1048576"><v>1</v></c>' + "</row>"))


def zip_bomb() -> bytes:
    """A sheet of 256 MB of blanks in 256 KB, between parts as they should be."""
    stream = io.BytesIO(workbook(sheet_xml("")))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/styles.xml", "w") as part:
        for _ in range(256):
            part.write(b" " * (1 << 20))
    return stream.getvalue()


def lying_sizes() -> bytes:
    """The sample, its first part stating that it unpacks to a few bytes."""
    data = bytearray(sample())
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(data)


def overlapping() -> bytes:
    """The sample, every part of it pointing to the same place."""
    data = bytearray(sample())
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        data[place + 42 : place + 46] = struct.pack("<I", 0)
        place = data.find(b"PK\x01\x02", place + 4)
    return bytes(data)


def encrypted_member() -> bytes:
    """The sample, its parts marked as encrypted."""
    data = bytearray(sample())
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.find(signature)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(signature, place + 4)
    return bytes(data)


def compound(*streams: str) -> bytes:
    """The outside of an old Office document with streams of these names."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return head + b"".join(name.encode("utf-16-le").ljust(128, b"\x00") for name in streams).ljust(4096, b"\x00")


def xls() -> bytes:
    """A small .xls that has no flight in it."""
    stream = io.BytesIO()
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for row in range(500):
        sheet.write(row, 0, f"text {row}")
    book.save(stream)
    return stream.getvalue()


def laughs(where: str) -> bytes:
    """A billion laughs, in the sheet or in the shared strings."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10))
    doctype = f"<!DOCTYPE z [{entities}]>"
    cell = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    if where == "sheet":
        return workbook(sheet_xml('<row r="1"><c r="A1" t="str"><v>&l9;</v></c></row>', before=doctype))
    shared = f'<?xml version="1.0"?>{doctype}<sst xmlns="{_NS}" count="1"><si><t>&l9;</t></si></sst>'
    return workbook(sheet_xml(cell), shared)


def external_entity() -> bytes:
    """An entity that would read a file of the server."""
    doctype = '<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return workbook(sheet_xml('<row r="1"><c r="A1" t="str"><v>&x;</v></c></row>', before=doctype))


def formulas() -> bytes:
    """Formulas in every cell, one of which would start a program in a spreadsheet of old."""
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="str"><f>cmd|\'/C calc\'!A0</f><v>=1+1</v></c></row>' for row in range(1, 50)
    )
    return workbook(sheet_xml(cells))


def macros() -> bytes:
    """The sample with a macro project beside its sheets; macros are never run, so it is a flight as any other."""
    with zipfile.ZipFile(SAMPLE) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(parts | {"xl/vbaProject.bin": compound("VBA")})


def empty_rows(count: int = 1_000_000) -> bytes:
    """A header and rows without a cell."""
    header = '<row r="1"><c r="A1" t="str"><v>timestamp</v></c><c r="B1" t="str"><v>ch4</v></c></row>'
    return workbook(sheet_xml(header + "".join(f'<row r="{row}"/>' for row in range(2, count + 1))))


def yaml_bomb() -> bytes:
    """Nested anchors that write out to ten to the ninth values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


def gz_bomb() -> bytes:
    """256 MB of short rows of blanks in 256 KB."""
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb") as packed:
        for _ in range(256):
            packed.write((b" " * 1023 + b"\n") * 1024)
    return stream.getvalue()


def many_columns() -> bytes:
    """A header and a row of a million columns."""
    return b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n" + b",".join([b"1"] * 1_000_000) + b"\n"


_TAKEN = frozenset({202, 422})
"""Answers to a file that only a parser can judge: at once, or by a task that fails."""

CASES: tuple[Hostile, ...] = (
    Hostile("far cell", far_cell, _TAKEN, "cells|columns|header|memory"),
    Hostile("far cell declared", lambda: far_cell("A1:XFD1048576"), frozenset({413}), "delete the empty rows"),
    Hostile("wide row", wide_row, _TAKEN | {413}, "cells|columns"),
    Hostile("impossible dimension", lambda: far_cell("A1:ZZZ9999999"), frozenset({422}), "impossible size"),
    Hostile("zip bomb", zip_bomb, frozenset({413}), "unpacks to"),
    Hostile("nested zip", lambda: zipped({"flight.xlsx": sample()}), frozenset({415}), "unpack it"),
    Hostile("nested bombs", lambda: zipped({f"{n}.zip": zip_bomb() for n in range(2)}), frozenset({415}), "unpack it"),
    Hostile("lying sizes", lying_sizes, frozenset({422}), "damaged"),
    Hostile("overlapping parts", overlapping, frozenset({422}), "damaged|overlap"),
    Hostile("truncated xlsx", lambda: sample()[:30_000], frozenset({422}), "cut off"),
    Hostile("xlsx without its directory", lambda: sample()[:-200], frozenset({422}), "cut off"),
    Hostile("encrypted parts", encrypted_member, frozenset({422}), "password|damaged"),
    Hostile("encrypted xlsx", lambda: compound("EncryptedPackage"), frozenset({422}), "without"),
    Hostile("truncated xls", lambda: xls()[:3000], _TAKEN | {415}, "damaged|cut off", "flight.xls"),
    Hostile("xls of nothing", lambda: compound("Workbook"), _TAKEN, "damaged", "flight.xls"),
    Hostile("Word document", lambda: compound("WordDocument"), frozenset({415}), "no workbook", "flight.xls"),
    Hostile("PDF called xlsx", lambda: b"%PDF-1.7\n" + bytes(2000), frozenset({415}), "PDF"),
    Hostile("program called csv", lambda: b"MZ\x90\x00" + bytes(4000), frozenset({415}), "program", "flight.csv"),
    Hostile("ELF called csv", lambda: b"\x7fELF" + bytes(range(256)) * 20, frozenset({415}), "program", "flight.csv"),
    Hostile("noise called csv", lambda: bytes(range(256)) * 40, frozenset({415}), "neither text", "flight.csv"),
    Hostile("web page", lambda: b"<!DOCTYPE html><html></html>", frozenset({415}), "web page", "flight.csv"),
    Hostile("XML entities called csv", lambda: b'<?xml version="1.0"?><!DOCTYPE z>', frozenset({415}), "XML", "a.csv"),
    Hostile("nothing", lambda: b"", frozenset({422}), "empty"),
    Hostile("blanks", lambda: b" \r\n" * 5000, frozenset({422}), "empty", "flight.csv"),
    Hostile("formulas", formulas, _TAKEN, "header|column"),
    Hostile("macros", macros, frozenset({202}), "", "flight.xlsm", completes=True),
    Hostile("a million empty rows", empty_rows, _TAKEN, "column|row"),
    Hostile("NaN flood", lambda: csv_rows(20_000, b"NaN"), _TAKEN, "ch4", "flight.csv"),
    Hostile("infinite numbers", lambda: csv_rows(500, b"1e400"), _TAKEN, "ch4", "flight.csv"),
    Hostile("laughs in the sheet", lambda: laughs("sheet"), frozenset({422}), "entities"),
    Hostile("laughs in the strings", lambda: laughs("strings"), frozenset({422}), "entities"),
    Hostile("external entity", external_entity, frozenset({422}), "entities"),
    Hostile("a million columns", many_columns, frozenset({422}), "longer than", "flight.csv"),
    Hostile("one line of 50 MB", lambda: b"1," * (25 << 20), frozenset({422}), "longer than", "flight.csv"),
    Hostile("NUL in the text", lambda: csv_rows() + b"\x00" * 10, frozenset({422}), "NUL", "flight.csv"),
    Hostile("UTF-16", lambda: csv_rows().decode().encode("utf-16"), _TAKEN, "", "flight.csv"),
    Hostile("UTF-16 cut in a letter", lambda: csv_rows().decode().encode("utf-16")[:-1], _TAKEN, "", "flight.csv"),
    Hostile("gz bomb", gz_bomb, frozenset({413}), "unpacks to", "flight.csv.gz"),
    Hostile("gz of a gz", lambda: gzip.compress(gzip.compress(csv_rows())), frozenset({415}), "packed", "f.csv.gz"),
    Hostile("truncated gz", lambda: gzip.compress(csv_rows())[:-12], frozenset({422}), "cut off", "flight.csv.gz"),
    Hostile("YAML object", sample, frozenset({422}), "tag", config=lambda: b"!!python/object/apply:os.system ['id']"),
    Hostile("YAML bomb", sample, frozenset({422}), "values", config=yaml_bomb),
    Hostile("deep YAML", sample, frozenset({422}), "nested", config=lambda: b"[" * 5000 + b"]" * 5000),
    Hostile("huge YAML", sample, REFUSED, "bytes", config=lambda: b"a: " + b"x" * 5_000_000),
    Hostile("binary YAML", sample, frozenset({422}), "UTF-8", config=lambda: b"\xff\xfe\x00\x01"),
    Hostile("unknown setting", sample, frozenset({422}), "strategies", config=lambda: b"strategie: {}"),
)

EVIL_NAMES: tuple[str, ...] = (
    "../../../../etc/cron.d/flight.xlsx",
    "..\\..\\windows\\system32\\flight.xlsx",
    "/etc/passwd",
    "C:\\flight.xlsx",
    "flight\x00.xlsx",
    "f" * 300 + ".xlsx",
    "CON",
    "NUL.xlsx",
    "COM1.csv",
    "lpt9",
    "fl\u202exslx.exe",
    "flight\r\nX-Evil: 1.xlsx",
    "\U0001f681 甲烷 飞行.xlsx",
    "<script>alert(1)</script>.xlsx",
    "'; DROP TABLE tasks; --.xlsx",
    ".",
    "..",
    "%2e%2e%2fflight.xlsx",
    "-rf",
    " ",
)
"""Names under which the sample is uploaded; not one of them may reach the disk."""
