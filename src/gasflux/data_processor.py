"""File in, folder of result files out, whole or not at all; `gasflux.jobs.flight_job` calls it inside a job."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import ConfigSource, dump_effective_config, load_pipeline_config
from gasflux.processing_pipelines import StageClock, process_log, utc_text
from gasflux.reading.files.workbooks import MAX_UNPACKED_BYTES
from gasflux.reading.flight_file import flight_from_frame, read_flight
from gasflux.records import FlightLog, FlightResult, ProgressCallback
from gasflux.results.folder import ARCHIVE, REPORT, RESULT, VIEW, file_names, install_files, staging
from gasflux.results.maps import flight_geojson, flight_kml
from gasflux.results.output_vars import output_vars, to_json
from gasflux.results.tables import grid_columns, processed_columns

if TYPE_CHECKING:
    import pandas as pd

RenderFigures = Callable[[FlightResult, Callable[[str], None] | None], dict[str, bytes]]
"""How all figures of a flight become file name -> PNG, telling the name of each that is done."""

_CSV_ROWS: Final = 20_000

_READ, _COMPUTED, _DRAWN, _REPORTED, _DONE = 5.0, 60.0, 85.0, 90.0, 100.0
"""Percent of a typical job at the end of reading, computing, drawing, reporting and writing."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished job."""

    result: FlightResult
    output_vars: Mapping[str, Any]
    output_dir: Path
    files: tuple[str, ...]
    """Result files relative to `output_dir`, with forward slashes, in alphabetical order."""


def process_flight(
    source: Path | str | pd.DataFrame | Sequence[Path | str], config: ConfigSource = None
) -> FlightResult:
    """Turn a flight log into emission rates without writing a file.

    Parameters
    ----------
    source
        Path of a log (.xlsx, .xls, .csv, .csv.gz), the paths of several that hold one flight together, or a frame with
        the columns of one.
    config
        Whatever `load_pipeline_config` takes.

    Raises
    ------
    GasFluxError
        What is wrong with the log or the configuration, every fault at once.
    """
    settings = load_pipeline_config(config)
    clock = StageClock(None)
    with clock.stage("reading", 0.0):
        if isinstance(source, Path | str):
            log = read_flight(Path(source), settings)
        elif isinstance(source, Sequence):
            log = _read([Path(path) for path in source], settings)
        else:
            log = flight_from_frame(source, settings, "frame")
    result = process_log(log, settings)
    return replace(result, stages_s={**clock.seconds, **result.stages_s})


def process_file(
    path: Path | Sequence[Path],
    config: PipelineConfig,
    output_dir: Path,
    *,
    figures: bool = True,
    report: bool = True,
    progress: ProgressCallback | None = None,
    name: str | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
    render: RenderFigures | None = None,
    page_view: bool = False,
    on_computed: Callable[[FlightResult], None] | None = None,
) -> Outcome:
    """Process one flight log into a folder of result files.

    Parameters
    ----------
    path
        The log, or the files that hold one flight together.
    config
        Processing settings.
    output_dir
        Folder of the results; made when missing. Files of an earlier run in it are replaced, others left alone.
    figures, report
        Whether to draw the figures and to write the report (which holds the figures that were drawn).
    progress
        Called as ``progress(stage, percent)`` with the percentage of the whole job. Raise `CancelledError` in it to
        stop: then nothing is left behind.
    name
        What to call the log in the results; None takes the name of the file.
    max_rows
        Rows it may have; None for any number.
    max_unpacked_bytes
        Bytes it may unpack to when it is a workbook or .gz.
    render
        Who draws, such as `jobs.drawing.DrawingProcesses.render`, whose owner starts and ends them; None draws here.
    page_view
        Whether to write the page's own document too, which is none of the result files.
    on_computed
        Called with the result as soon as it is known, before anything is drawn or written.

    Raises
    ------
    GasFluxError
        What is wrong with the log or cannot be computed from it.
    """
    if config.netcdf:
        from gasflux.results.netcdf import require_netcdf

        require_netcdf()
    started_at, clock = utc_text(), StageClock(progress)
    with clock.stage("reading", 0.0):
        paths = [path] if isinstance(path, Path) else path
        log = _read(paths, config, name, max_rows, max_unpacked_bytes)
    result = replace(process_log(log, config, _scaled(progress, _READ, _COMPUTED)), started_at=started_at)
    if on_computed is not None:
        on_computed(result)
    with staging(output_dir) as folder:
        config_yaml = dump_effective_config(config)
        _write_text(folder / "config.yaml", config_yaml)
        with clock.stage("figures", _COMPUTED):
            pictures = _write_figures(result, folder, progress, render) if figures else {}
        with clock.stage("report", _DRAWN):
            if report:
                _write_report(result, pictures, config_yaml, folder)
        with clock.stage("files", _REPORTED):
            _write_tables(result, folder)
        stages = _in_order(clock.seconds, result.stages_s)
        finished = replace(result, stages_s=stages, finished_at=utc_text())
        outcome = _with_documents(finished, folder, output_dir, page_view, config.netcdf)
    if progress is not None:
        progress("files", _DONE)
    return outcome


def _with_documents(
    result: FlightResult, folder: Path, output_dir: Path, page_view: bool, is_netcdf_wanted: bool
) -> Outcome:
    """Write what tells of the whole job, then put all of the folder in its place."""
    document = output_vars(result)
    _write_text(folder / RESULT, to_json(document) + "\n")
    if is_netcdf_wanted:
        from gasflux.results.netcdf import NETCDF, write_netcdf

        write_netcdf(result, folder / NETCDF)
    _write_archive(folder)
    names = file_names(folder)
    if page_view:
        from gasflux.results.page_view import view_document

        _write_text(folder / VIEW, to_json(view_document(result), indent=None))
    install_files(folder, output_dir, file_names(folder))
    return Outcome(result, document, output_dir, names)


def _read(
    paths: Sequence[Path],
    config: PipelineConfig,
    name: str | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> FlightLog:
    """Read a log, or fuse several into one; `name` calls a single one."""
    if len(paths) == 1:
        return read_flight(paths[0], config, name=name, max_rows=max_rows, max_unpacked_bytes=max_unpacked_bytes)
    from gasflux.reading.one_flight import read_one_flight

    return read_one_flight(paths, config, max_rows=max_rows, max_unpacked_bytes=max_unpacked_bytes)


def _scaled(progress: ProgressCallback | None, start: float, end: float) -> ProgressCallback | None:
    """Return a callback for a part of the job whose own percentage runs from 0 to 100."""
    if progress is None:
        return None
    return lambda stage, percent: progress(stage, start + (end - start) * percent / 100.0)


def _in_order(job: Mapping[str, float], science: Mapping[str, float]) -> dict[str, float]:
    """Stage times in the order the stages ran: reading, the science, then the files."""
    return {"reading": job["reading"], **science, **job}


def _write_figures(
    result: FlightResult, folder: Path, progress: ProgressCallback | None, render: RenderFigures | None
) -> dict[str, bytes]:
    """Draw every figure once, for the folder and for the report."""
    drawn = 0

    def advance(name: str) -> None:
        nonlocal drawn
        drawn += 1
        if progress is not None:
            progress("figures", min(_COMPUTED + drawn, _DRAWN))

    pictures = (render or _render_here)(result, advance)
    (folder / "figures").mkdir()
    for name, png in pictures.items():
        (folder / "figures" / name).write_bytes(png)
    return pictures


def _render_here(result: FlightResult, progress: Callable[[str], None] | None) -> dict[str, bytes]:
    """Draw in this process; matplotlib is loaded for that alone."""
    from gasflux.plotting import render_figures

    return render_figures(result, progress)


def _write_report(result: FlightResult, pictures: Mapping[str, bytes], config_yaml: str, folder: Path) -> None:
    from gasflux.reporting import render_report

    _write_text(folder / REPORT, render_report(result, pictures, config_yaml))


def _write_text(path: Path, text: str) -> None:
    """Write UTF-8 with the same line ends everywhere."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_tables(result: FlightResult, folder: Path) -> None:
    """Write the flight, the grids and the maps."""
    _write_csv(processed_columns(result), folder / "processed.csv")
    for gas in result.gases:
        _write_csv(grid_columns(result, gas), folder / f"grid_{gas}.csv")
    _write_text(folder / "flight.geojson", json.dumps(flight_geojson(result), allow_nan=False, separators=(",", ":")))
    _write_text(folder / "flight.kml", flight_kml(result))


def _write_csv(columns: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write columns of equal length, some thousand rows at a time: a long flight has more cells than fit as texts."""
    size = len(next(iter(columns.values())))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for start in range(0, size, _CSV_ROWS):
            rows = slice(start, start + _CSV_ROWS)
            writer.writerows(zip(*(_cells(column[rows]) for column in columns.values()), strict=True))


def _cells(column: NDArray[Any]) -> list[Any]:
    """Values of a column as csv writes them: None, for NaN, as an empty field."""
    if column.dtype.kind == "f" and (is_missing := np.isnan(column)).any():
        column = column.astype(object)
        column[is_missing] = None
    return list(column.tolist())


def _write_archive(folder: Path) -> None:
    """Pack everything in the folder.

    Entries opened by name bear the date 1980-01-01: same results, same bytes. Level 1 packs the table of a long flight
    five times as fast as the usual 6 into a file 12 % larger.
    """
    names = file_names(folder)
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in names:
            with (folder / name).open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
