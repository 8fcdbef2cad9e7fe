"""A log looked at without computing a rate: one look for the command line, the page and the door of an upload."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import GeometryError, ProcessingError
from gasflux.processing_pipelines import check_flight
from gasflux.reading.files.workbooks import MAX_UNPACKED_BYTES
from gasflux.reading.flight_file import Inspection, inspect_flight


def inspect_log(
    path: Path,
    config: PipelineConfig,
    *,
    name: str | None = None,
    max_rows: int | None = None,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> Inspection:
    """Return what a file holds, and every fault for which processing would refuse it before any rate.

    Parameters
    ----------
    path, config, name, max_rows, max_unpacked_bytes
        As in `reading.flight_file.read_flight`.

    Returns
    -------
    Inspection
        With its flight also where the only fault is that it holds no curtain or spiral.
    """
    found = inspect_flight(path, config, name=name, max_rows=max_rows, max_unpacked_bytes=max_unpacked_bytes)
    return with_surfaces(found, config)


def with_surfaces(found: Inspection, config: PipelineConfig) -> Inspection:
    """Return an inspection with the fault of a log that reads well and holds no surface, or no gas on one.

    Parameters
    ----------
    found
        What the reader found.
    config
        Processing settings.
    """
    if found.log is None:
        return found
    try:
        check_flight(found.log, config)
    except (GeometryError, ProcessingError) as error:
        return replace(found, faults=error.faults)
    return found
