"""Several files, one flight: each is read for what it holds, they are fused, and the result is read like any table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import Fault, InputError
from gasflux.fusion.fuse import FusedFlight, FusionRequest, fuse
from gasflux.reading.files.workbooks import MAX_UNPACKED_BYTES
from gasflux.reading.flight_file import inspect_part_file
from gasflux.reading.raw_table import Column, RawTable
from gasflux.reading.table_to_flight import Inspection, PartInspection, inspect_table
from gasflux.records import ColumnReport, FlightLog, Fusion, ReadReport

_UNITS: Final[Mapping[str, str]] = {
    "windspeed": "m/s",
    "aircraft_u": "m/s",
    "aircraft_v": "m/s",
    "apparent_speed": "m/s",
    "ground_speed": "m/s",
    "temperature": "degC",
    "pressure": "hPa",
    "height_ato": "m",
    "height_agl": "m",
    "altitude": "m",
}


@dataclass(frozen=True, eq=False)
class FusedInspection:
    """What several files turned out to be: each by itself, and together."""

    parts: tuple[PartInspection, ...]
    fusion: Fusion | None
    """How they fit; None when a file has a fault or they make no flight."""
    together: Inspection
    """The flight they make, or why they make none."""


def inspect_one_flight(
    paths: Sequence[Path],
    config: PipelineConfig,
    *,
    names: Sequence[str] | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> FusedInspection:
    """Return what each file holds, how they fit together, and what the flight they make still lacks.

    Parameters
    ----------
    paths
        Files of one flight.
    config
        As in `read_flight`; ``fusion`` holds what is known of their clocks.
    names
        What to call them; None takes the names of the files.
    max_rows, max_unpacked_bytes
        As in `read_flight`, of each.
    """
    shown = list(names) if names is not None else _different([path.name for path in paths])
    parts = tuple(
        inspect_part_file(path, _of_parts(config), name=name, max_rows=max_rows, max_unpacked_bytes=max_unpacked_bytes)
        for path, name in zip(paths, shown, strict=True)
    )
    faults = tuple(
        replace(fault, message=f"{name}: {fault.message}", zh={**fault.zh, "message": f"{name}：{_chinese(fault)}"})
        for name, part in zip(shown, parts, strict=True)
        for fault in part.faults
    )
    if faults:
        return FusedInspection(parts, None, Inspection(None, faults, None))
    try:
        fused = fuse([part.log for part in parts if part.log is not None], _request(config))
    except InputError as error:
        return FusedInspection(parts, None, Inspection(None, error.faults, None))
    return FusedInspection(parts, fused.fusion, _together(fused, parts, config))


def read_one_flight(
    paths: Sequence[Path],
    config: PipelineConfig,
    *,
    names: Sequence[str] | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> FlightLog:
    """Return the flight that several files hold together.

    Parameters
    ----------
    paths, config, names, max_rows, max_unpacked_bytes
        As in `inspect_one_flight`.

    Raises
    ------
    InputError
        With every fault of every file, or why they make no flight.
    """
    found = inspect_one_flight(paths, config, names=names, max_rows=max_rows, max_unpacked_bytes=max_unpacked_bytes)
    return found.together.log_or_raise(" + ".join(names or [path.name for path in paths]))


def _chinese(fault: Fault) -> str:
    """Return the Chinese sentence of a fault, the English one where it has none."""
    return fault.zh.get("message", fault.message)


def _different(names: Sequence[str]) -> list[str]:
    """Return names of which none is there twice: files of several folders may share one."""
    return [name if names.count(name) == 1 else f"{name} ({names[:i].count(name) + 1})" for i, name in enumerate(names)]


def _of_parts(config: PipelineConfig) -> PipelineConfig:
    """Return the settings that each file is read by: a constant wind is of the flight, not of its files."""
    wind = config.wind.model_copy(update={"source": "aircraft" if config.wind.source == "aircraft" else "columns"})
    return config.model_copy(update={"wind": wind})


def _of_table(config: PipelineConfig) -> PipelineConfig:
    """Return the settings that the fused table is read by: what concerns headers has been heeded."""
    wind = config.wind.model_copy(update={"direction_convention": "from"})
    return config.model_copy(update={"columns": {}, "units": {}, "start": None, "sheet": None, "wind": wind})


def _request(config: PipelineConfig) -> FusionRequest:
    """Return what the settings say of clocks and lags."""
    offsets = config.fusion.known_offsets_s
    sensor = config.sensor
    return FusionRequest(
        clock_offsets_s=offsets,
        lag_s=config.fusion.lag_s,
        reference=config.fusion.reference,
        sensor_lag_s=sensor.lag_s,
        is_lag_given="lag_s" in sensor.model_fields_set,
        response_s=sensor.response_s,
    )


def _together(fused: FusedFlight, parts: Sequence[PartInspection], config: PipelineConfig) -> Inspection:
    """Read the fused table like any other and say where each of its columns is from."""
    reports = [part.report for part in parts if part.report is not None]
    name = " + ".join(report.name for report in reports)
    digest = hashlib.sha256("".join(sorted(report.sha256 for report in reports)).encode()).hexdigest()
    found = inspect_table(_table(fused), _of_table(config), name, digest)
    if found.report is None:
        return found
    report = _with_origins(found.report, fused, reports)
    log = None if found.log is None else replace(found.log, report=report, fusion=fused.fusion)
    return Inspection(report, found.faults, log)


def _table(fused: FusedFlight) -> RawTable:
    """Return the fused flight as a table with canonical headers."""
    columns: dict[str, Column] = {"timestamp": fused.time_us.astype("datetime64[us]")}
    for name, values in fused.values.items():
        unit = "ppm" if name in fused.gases else _UNITS.get(name)
        columns[f"{name} [{unit}]" if unit else name] = values
    return RawTable(tuple(columns), tuple(columns.values()), np.asarray(fused.rows))


def _with_origins(report: ReadReport, fused: FusedFlight, reports: Sequence[ReadReport]) -> ReadReport:
    """Return the report with the headers of the files' own columns, and what was said of each file."""
    columns = tuple(_with_origin(column, fused, reports) for column in report.columns)
    said = [note for one in reports for note in one.notes]
    notes = (*fused.notes, *(note for note in dict.fromkeys(said) if note not in report.notes), *report.notes)
    ignored = tuple(header for one in reports for header in one.ignored_columns)
    zones = {one.time_zone for one in reports}
    zone = zones.pop() if len(zones) == 1 else None
    return replace(report, columns=columns, notes=notes, ignored_columns=ignored, time_zone=zone)


def _with_origin(column: ColumnReport, fused: FusedFlight, reports: Sequence[ReadReport]) -> ColumnReport:
    """Return what is reported of a fused column with the header, unit and conversion it had in its file."""
    origin = fused.fusion.origin.get(column.name)
    own = next(
        (one for report in reports if report.name == origin for one in report.columns if one.name == column.name), None
    )
    if own is None:
        return column
    return replace(column, header=f"{origin}: {own.header}", unit=own.unit, conversion=own.conversion)
