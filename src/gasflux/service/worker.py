"""The child side: one job from the upload's folder to the folder of its results. Knows no Flask and no database."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gasflux.errors import GasFluxError
from gasflux.results.folder import media_type
from gasflux.service.child_process import limit_memory
from gasflux.service.executor import JobFailedError
from gasflux.service.job_log import JobLog
from gasflux.service.tasks.records import GasSummary, Job, JobResult, ResultFile, TaskFailure

if TYPE_CHECKING:
    from gasflux.data_processor import Outcome

VIEW: Final = "view.json"
"""The page's own document, beside the results but none of them."""

PROGRESS: Final = "progress.json"

_EVERY_S: Final = 0.2
"""Least time between two writings of the progress: the supervisor looks five times a second."""


def warm_up() -> int:
    """Load what every job needs; returns the id of the process."""
    return os.getpid()


def begin(function: Callable[[Job], JobResult], job: Job) -> JobResult:
    """Run a job's function under its memory limit; the first thing in the progress file is who does it."""
    ProgressFile(job).write("starting", 0.0)
    limit_memory(job.memory_limit_bytes)
    return function(job)


def progress_path(job: Job) -> Path:
    """Return where a job's progress stands."""
    return job.log_path.with_name(PROGRESS)


class ProgressFile:
    """How far a job is, for the supervising thread: ``{"pid", "attempt", "stage", "percent"}``, always whole."""

    def __init__(self, job: Job) -> None:
        self._path = progress_path(job)
        self._attempt = job.attempt

    def write(self, stage: str, percent: float) -> None:
        """Replace the file; when that is impossible the last state stands, and the job goes on."""
        state = {"pid": os.getpid(), "attempt": self._attempt, "stage": stage, "percent": round(percent, 1)}
        part = self._path.with_suffix(".part")
        try:
            part.write_text(json.dumps(state), encoding="utf-8")
            part.replace(self._path)
        except OSError:
            # A full disk, or on Windows a reader at this very moment: the next one will do.
            with suppress(OSError):
                part.unlink(missing_ok=True)


class _Reporter:
    """Tells the stages: to the progress file at most every `_EVERY_S`, to the log each with its time."""

    def __init__(self, job: Job, log: JobLog) -> None:
        self._file = ProgressFile(job)
        self._log = log
        self._stage = ""
        self._began = self._written = time.monotonic()

    def __call__(self, stage: str, percent: float) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self.end_stage()
            self._stage, self._began = stage, now
        elif now - self._written < _EVERY_S:
            return
        self._file.write(stage, percent)
        self._written = now

    def end_stage(self) -> None:
        """Log how long the present stage took."""
        if self._stage:
            self._log.write("INFO", f"{self._stage}: {time.monotonic() - self._began:.2f} s")
        self._stage = ""


def run_job(job: Job) -> JobResult:
    """Process one flight of the service into ``job.output_dir``, with the page's document beside the results.

    Raises
    ------
    JobFailedError
        When the flight or the configuration is at fault, or the disk is full; anything else comes as it is.
    """
    return _run(job, for_page=True)


def process_job(job: Job) -> JobResult:
    """Process one flight of ``gasflux process``; raises as `run_job` does."""
    return _run(job)


def process_job_without_figures(job: Job) -> JobResult:
    """Process one flight of ``gasflux process --no-figures``; raises as `run_job` does."""
    return _run(job, figures=False)


def _run(job: Job, *, figures: bool = True, for_page: bool = False) -> JobResult:
    """Process one flight, telling progress and log."""
    from gasflux.configuration.pipeline_yaml import load_pipeline_config
    from gasflux.data_processor import process_file

    log = JobLog(job.log_path, job.task_id)
    reporter = _Reporter(job, log)
    log.write("INFO", f"attempt {job.attempt} begins with {job.input_name}")
    with faults_as_data():
        config = load_pipeline_config(job.config_path)
        outcome = process_file(
            job.input_path,
            config,
            job.output_dir,
            figures=figures,
            progress=reporter,
            name=job.input_name,
            max_rows=job.max_rows,
            max_unpacked_bytes=job.max_unpacked_bytes,
        )
        if for_page:
            _write_view(outcome)
    reporter.end_stage()
    _log_findings(outcome, log)
    return JobResult(_result_files(outcome), gas_summaries(outcome.output_vars))


@contextmanager
def faults_as_data() -> Iterator[None]:
    """Turn errors that a user can mend, and trouble with the disk, into failures that travel between processes."""
    try:
        yield
    except GasFluxError as error:
        raise JobFailedError(failure_of(error)) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise JobFailedError(TaskFailure.of("no_space", "disk_full")) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO):
            failure = TaskFailure.of("storage_unavailable", "data_folder_unusable", reason=error.strerror)
            raise JobFailedError(failure) from error
        raise


def failure_of(error: GasFluxError) -> TaskFailure:
    """Return an error as data."""
    return TaskFailure(error.kind, str(error), tuple(fault.as_dict() for fault in error.faults))


def _write_view(outcome: Outcome) -> None:
    """Write the page's document beside the results."""
    from gasflux.results.output_vars import to_json
    from gasflux.results.page_view import view_document

    text = to_json(view_document(outcome.result), indent=None)
    part = outcome.output_dir / f".{VIEW}.part"
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(outcome.output_dir / VIEW)


def _log_findings(outcome: Outcome, log: JobLog) -> None:
    """Log what the reader noted, what speaks against the result, and the result."""
    result = outcome.result
    for note in result.log.report.notes:
        log.write("INFO", note.said(result.language))
    for gas, values in result.gases.items():
        for flag in values.quality.flags:
            log.write("INFO" if flag.severity == "info" else "WARNING", f"{gas}: {flag.message.said(result.language)}")
        log.write("INFO", f"{gas}: {values.flux_kg_h:.4g} kg/h, grade {values.quality.grade}")


def _result_files(outcome: Outcome) -> tuple[ResultFile, ...]:
    """List the files, the report first."""
    names = sorted(outcome.files, key=lambda name: (name != "report.html", name))
    folder = outcome.output_dir
    return tuple(ResultFile(name, (folder / name).stat().st_size, media_type(name)) for name in names)


def gas_summaries(output_vars: Mapping[str, Any]) -> tuple[GasSummary, ...]:
    """Return the answer for every gas of an ``output_vars`` object."""
    return tuple(
        GasSummary(
            gas=gas,
            flux_kg_h=values["flux_kg_h"],
            low_kg_h=values["flux_interval_kg_h"]["low"],
            high_kg_h=values["flux_interval_kg_h"]["high"],
            level=values["flux_interval_kg_h"]["level"],
            grade=values["quality"]["grade"],
            detection_limit_kg_h=values["detection_limit_kg_h"],
        )
        for gas, values in output_vars["gases"].items()
    )
