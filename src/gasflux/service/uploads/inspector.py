"""A quick look at an upload before it becomes a task: in one warm child, within a budget of seconds and of memory."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gasflux.configuration.service_settings import LimitSettings
from gasflux.errors import Fault, GasFluxError, InputError, shortened, told_faults
from gasflux.jobs.child import Child, ChildDiedError
from gasflux.jobs.child_main import limit_memory
from gasflux.jobs.failures import is_from_outside
from gasflux.jobs.pool import Pool, PoolStoppedError

if TYPE_CHECKING:
    from gasflux.configuration.pipeline_yaml import ConfigSource
    from gasflux.reading.table_to_flight import Inspection
    from gasflux.records import FlightLog

_log = logging.getLogger(__name__)

MAX_PREVIEW_POINTS: Final = 2_000
"""Of each series of the preview."""

_MOST_LISTED: Final = 100
_LONGEST: Final = 500
"""Columns and notes of a preview, and characters of one: a workbook has room for 16,384 columns of 32,767."""


class Inspector:
    """Looks at flight logs, one at a time.

    Parameters
    ----------
    memory_limit_bytes
        Memory a look may take.
    limits
        Of an upload: rows, and bytes it may unpack to.
    """

    def __init__(self, memory_limit_bytes: int, limits: LimitSettings) -> None:
        self._memory_limit_bytes = memory_limit_bytes
        self._limits = limits
        self._pool = Pool(1, load_inspection, name="service-inspector", is_background=True)

    def start(self) -> None:
        """Start the child."""
        self._pool.start()

    def stop(self) -> None:
        """End the child; a look in progress is skipped."""
        self._pool.stop()

    @property
    def busy(self) -> bool:
        """Whether a look is in progress."""
        return self._pool.is_busy()

    def check(self, path: Path, name: str, config: ConfigSource, *, budget_s: float) -> None:
        """Raise InputError with every fault of a log, if that can be told within `budget_s`.

        Parameters
        ----------
        path
            The upload.
        name
            Its name, by whose ending the type is told.
        config
            Of the processing.
        budget_s
            Seconds after which the log is left to its task, unchecked.
        """
        from gasflux.reading.table_to_flight import gathered

        found = self.inspect(path, config, name=name, budget_s=budget_s)
        if found is not None and found["faults"]:
            raise gathered(name, [Fault(**fault) for fault in found["faults"]])

    def inspect(
        self, path: Path, config: ConfigSource, *, budget_s: float, name: str | None = None
    ) -> dict[str, Any] | None:
        """Return what a log holds.

        Parameters
        ----------
        path
            The log.
        config
            Whatever `load_pipeline_config` takes.
        budget_s
            Seconds this may take; the wait for another look and for the start of the child included.
        name
            What to call the log; None takes the name of the file.

        Returns
        -------
        dict or None
            As `inspection_document` describes; None when it was not looked at: there was no time, or the process that
            looks was killed or failed by itself.

        Raises
        ------
        ConfigError
            When the configuration is at fault.
        InputError
            When the file crashes the process that reads it, or needs too much memory.
        """
        end = time.monotonic() + budget_s
        try:
            child = self._pool.take(max(budget_s, 0.0))
        except PoolStoppedError:
            return None
        except OSError as error:
            _log.warning("not looked at, no process can be started: %s", error)
            return None
        if child is None:
            return None
        try:
            return self._look(child, path, config, name or path.name, end)
        finally:
            self._pool.give_back(child)

    def _look(self, child: Child, path: Path, config: ConfigSource, name: str, end: float) -> dict[str, Any] | None:
        """Have the child look; None when the time is over first."""
        try:
            if not child.readies(end - time.monotonic()):
                return None
            child.call(inspect_file, path, config, name, self._limits, self._memory_limit_bytes)
            if not child.finishes(end - time.monotonic()):
                return None
        except ChildDiedError as error:
            if self._pool.is_stopped or not child.is_ready or is_from_outside(error.exit_code):
                return None  # its end says nothing of the file, which its task will look at
            raise _refusal("file_ends_reader", name) from error
        if child.error is not None:
            child.condemn()
        if isinstance(child.error, MemoryError):
            raise _refusal("file_needs_memory", name) from child.error
        if child.error is not None and not isinstance(child.error, GasFluxError):
            _log.error("not looked at, an unexpected error", exc_info=child.error)
            return None
        found: dict[str, Any] = child.result()
        return found


def _refusal(code: str, name: str) -> InputError:
    """Return what the end of a look says about the file."""
    fault = Fault.of(code)
    return InputError(f"{name}: {fault.message}", [fault])


def load_inspection() -> None:
    """Load, in the child, what a look needs: the first upload does not wait for it."""
    import gasflux.inspection  # noqa: F401


def inspect_file(
    path: Path, config: ConfigSource, name: str, limits: LimitSettings, memory_limit_bytes: int
) -> dict[str, Any]:
    """Look at a file, in the child.

    Parameters
    ----------
    path
        The upload.
    config
        Of the processing.
    name
        Its name, by whose ending the type is told.
    limits
        Rows and unpacked bytes that are read at most.
    memory_limit_bytes
        What the child may take beyond what it has, see `limit_memory`.
    """
    from gasflux.configuration.pipeline_yaml import load_pipeline_config
    from gasflux.inspection import inspect_log

    limit_memory(memory_limit_bytes)
    inspection = inspect_log(
        path,
        load_pipeline_config(config),
        name=name,
        max_rows=limits.max_rows,
        max_unpacked_bytes=limits.max_unpacked_bytes,
    )
    return inspection_document(inspection, name)


def inspection_document(inspection: Inspection, name: str) -> dict[str, Any]:
    """Return an inspection as a JSON-ready object.

    ``columns`` (name, header, unit, conversion, minimum, maximum, missing), ``ignored_columns``, ``notes``,
    ``notes_zh``, ``rows_read``, ``rows_used``, ``rows_dropped``, ``faults``; and, when the log reads as a flight,
    ``start``, ``duration_s``, ``sample_hz``, ``gases`` and ``preview``: the track and the series of gases and wind,
    thinned. A flight without a curtain or spiral has a fault and a preview, which shows what was flown.
    """
    report, log = inspection.report, inspection.log
    columns = () if report is None else report.columns
    notes = () if report is None else report.notes[:_MOST_LISTED]
    return {
        "name": name,
        "rows_read": report.rows_read if report else 0,
        "rows_used": report.rows_used if report else 0,
        "rows_dropped": dict(report.rows_dropped) if report else {},
        "columns": [dict(vars(column)) for column in columns[:_MOST_LISTED]],
        "ignored_columns": [shortened(name, _LONGEST) for name in report.ignored_columns[:_MOST_LISTED]]
        if report
        else [],
        "notes": [shortened(note.en, _LONGEST) for note in notes],
        "notes_zh": [shortened(note.zh, _LONGEST) for note in notes],
        "faults": [fault.as_dict() for fault in told_faults(inspection.faults)],
        **_flight(log),
    }


def _flight(log: FlightLog | None) -> dict[str, Any]:
    """Describe the flight, when there is one."""
    if log is None:
        return {"start": None, "duration_s": None, "sample_hz": None, "gases": [], "preview": None}
    import numpy as np

    return {
        "start": str(np.datetime_as_string(log.start_utc, unit="ms")),
        "duration_s": round(float(log.time_s[-1]), 3),
        "sample_hz": round(log.sample_hz, 3),
        "gases": list(log.gas_ppm),
        "preview": _preview(log),
    }


def _preview(log: FlightLog) -> dict[str, Any]:
    """Thin track and series for a first picture."""
    from gasflux.results.page_view import extremes, fixed_numbers, resolved_numbers, span_of, thinned

    path, windy = thinned(log.size, MAX_PREVIEW_POINTS), extremes(log.wind_speed_m_s, MAX_PREVIEW_POINTS)
    shown = {gas: extremes(values, MAX_PREVIEW_POINTS) for gas, values in log.gas_ppm.items()}
    return {
        "track": {
            "time_s": fixed_numbers(log.time_s[path], 2),
            "longitude_deg": fixed_numbers(log.longitude_deg[path], 7),
            "latitude_deg": fixed_numbers(log.latitude_deg[path], 7),
            "height_m": fixed_numbers(log.height_m[path], 2),
        },
        "gases": {
            gas: {
                "time_s": fixed_numbers(log.time_s[rows], 2),
                "ppm": resolved_numbers(log.gas_ppm[gas][rows], span_of(log.gas_ppm[gas])),
            }
            for gas, rows in shown.items()
        },
        "wind": {
            "time_s": fixed_numbers(log.time_s[windy], 2),
            "speed_m_s": fixed_numbers(log.wind_speed_m_s[windy], 2),
            "from_deg": None if log.wind_from_deg is None else fixed_numbers(log.wind_from_deg[windy], 1),
        },
    }
