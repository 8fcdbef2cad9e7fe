"""Text for a terminal: tables that line up with Chinese in them, figures with the digits they deserve."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gasflux.results.report.numbers import decimals_for, fixed, upper_bound

if TYPE_CHECKING:
    from gasflux.reading.flight_file import Inspection
    from gasflux.records import ColumnReport, ReadReport

TableRow = Sequence[str]


def text_width(text: str) -> int:
    """Return the columns a text takes: two for a wide character, none for a combining one."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def format_table(header: TableRow, rows: Sequence[TableRow]) -> str:
    """Return rows under a header, columns aligned left, two blanks apart."""
    columns = zip(header, *rows, strict=True)
    widths = [max(text_width(cell) for cell in column) for column in columns]

    def line(row: TableRow) -> str:
        cells = (cell + " " * (width - text_width(cell)) for cell, width in zip(row, widths, strict=True))
        return "  ".join(cells).rstrip()

    return "\n".join([line(header), "  ".join("-" * width for width in widths), *map(line, rows)])


FLUX_HEADER: TableRow = ("file", "gas", "flux kg/h", "interval", "grade")


def flux_rows(name: str, document: Mapping[str, Any]) -> Iterator[TableRow]:
    """Yield one row per gas of an `output_vars` object, rounded as the report rounds."""
    for gas, values in document["gases"].items():
        yield name, gas, *_rate_cells(values), values["quality"]["grade"]


def _rate_cells(values: Mapping[str, Any]) -> tuple[str, str]:
    """Return rate and interval: what a rate is at most where it is not told from zero."""
    flux, std, interval = values["flux_kg_h"], values["flux_std_kg_h"], values["flux_interval_kg_h"]
    places = decimals_for(std or 0.0)
    bound = upper_bound(flux, interval["low"], interval["high"], values["detection_limit_kg_h"])
    rate = f"{fixed(flux, places)} ± {fixed(std, places)}" if bound is None else f"< {fixed(bound, places)}"
    low, high = fixed(interval["low"], places), fixed(interval["high"], places)
    return rate, f"{low} to {high} ({100.0 * interval['level']:.0f} %)"


COMPARISON_HEADER: TableRow = ("flight", "gas", "flux kg/h", "interval", "grade", "weight")


def comparison_rows(gas: str, compared: Mapping[str, Any]) -> Iterator[TableRow]:
    """Yield one row per flight of a comparison, see `results.output_vars.comparison_vars`, and one of all of them."""
    for flight in compared["flights"]:
        yield flight["name"], gas, *_rate_cells(flight), flight["grade"], f"{100.0 * flight['weight']:.0f} %"
    if len(compared["flights"]) > 1:
        yield "all", gas, *_rate_cells(compared["combined"]), "", ""


def inspection_json(name: str, inspection: Inspection) -> dict[str, Any]:
    """Return what was recognised in a log as a JSON-ready object."""
    report = inspection.report
    found: dict[str, Any] = {} if report is None else dict(vars(report))
    if report is not None:
        found |= {"rows_dropped": dict(report.rows_dropped), "columns": [asdict(column) for column in report.columns]}
    return {"input": name, **found, "faults": [fault.as_dict() for fault in inspection.faults]}


def inspection_lines(name: str, inspection: Inspection) -> Iterator[str]:
    """Yield what was recognised in a log as text: columns, rows, notes, then every fault."""
    if inspection.report is not None:
        yield from _report_lines(name, inspection.report)
    if not inspection.faults:
        yield "no faults"
    for fault in inspection.faults:
        yield f"fault: {fault.message}"


def _report_lines(name: str, report: ReadReport) -> Iterator[str]:
    dropped = ", ".join(f"{count} {reason}" for reason, count in report.rows_dropped.items() if count)
    yield f"{name}: {report.rows_read} rows, {report.rows_used} used" + (f"; dropped: {dropped}" if dropped else "")
    header = ("column", "header", "unit", "conversion", "minimum", "maximum", "missing")
    yield format_table(header, [_column_row(column) for column in report.columns])
    if report.ignored_columns:
        yield f"ignored: {', '.join(report.ignored_columns)}"
    yield from (f"note: {note.en}" for note in report.notes)


def _column_row(column: ColumnReport) -> TableRow:
    bounds = ("" if bound is None else f"{bound:.7g}" for bound in (column.minimum, column.maximum))
    return (column.name, column.header, column.unit, column.conversion, *bounds, str(column.missing))
