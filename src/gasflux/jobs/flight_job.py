"""What a job does: one flight log into the folder of its results, telling progress and log."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

from gasflux.jobs.early import gas_summaries, write_early
from gasflux.jobs.failures import faults_as_data
from gasflux.jobs.log import JobLog
from gasflux.jobs.records import Job, JobResult, ResultFile
from gasflux.results.folder import media_type

if TYPE_CHECKING:
    from pathlib import Path

    from gasflux.data_processor import Outcome, RenderFigures
    from gasflux.records import FlightResult, ProgressCallback

_EVERY_S: Final = 0.2
"""Least time between two words on one stage: the supervisor passes them on five times a second."""

COMPUTED: Final = "computed"
"""The stage of a job whose answer is known and shown, while it draws: nobody waits for the figures."""


def load_all() -> None:
    """Load what every job of the service needs."""
    import gasflux.data_processor
    import gasflux.plotting
    import gasflux.reporting
    import gasflux.results.page_view  # noqa: F401 loading is the purpose


def load_science() -> None:
    """Load what every job needs, one without figures too."""
    import gasflux.data_processor  # noqa: F401 loading is the purpose


class _Reporter:
    """Tells the stages: to whoever supervises, at most every `_EVERY_S` of one, and to the log, each with its time."""

    def __init__(self, tell: ProgressCallback, log: JobLog) -> None:
        self._tell = tell
        self._log = log
        self.is_shown = False
        """Whether what was computed is shown already."""
        self._stage = ""
        self._began = self._told = time.monotonic()

    def __call__(self, stage: str, percent: float) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self.end_stage()
            self._stage, self._began = stage, now
        elif now - self._told < _EVERY_S:
            return
        self._tell(COMPUTED if self.is_shown and stage == "figures" else stage, round(percent, 1))
        self._told = now

    def end_stage(self) -> None:
        """Log how long the present stage took."""
        if self._stage:
            self._log.write("INFO", f"{self._stage}: {time.monotonic() - self._began:.2f} s")
        self._stage = ""


def run_job(job: Job, tell: ProgressCallback) -> JobResult:
    """Process one flight; what the user or the administrator can mend comes as a failure that travels.

    Raises
    ------
    JobFailedError
        When the flight or the configuration is at fault, or the disk is full; anything else comes as it is.
    """
    with faults_as_data():
        return process_job(job, tell)


def process_job(job: Job, tell: ProgressCallback, render: RenderFigures | None = None) -> JobResult:
    """Process one flight; errors come as `gasflux.data_processor.process_file` raises them.

    Parameters
    ----------
    job
        What to do.
    tell
        Called as ``tell(stage, percent)``.
    render
        Who draws, as for `process_file`.
    """
    from gasflux.configuration.pipeline_yaml import load_pipeline_config
    from gasflux.data_processor import process_file
    from gasflux.reading.files.workbooks import MAX_UNPACKED_BYTES

    log = JobLog(job.log_path, job.task_id)
    reporter = _Reporter(tell, log)
    log.write("INFO", f"attempt {job.attempt} begins with {job.input_name or job.input_path.name}")
    outcome = process_file(
        (job.input_path, *job.more_paths),
        load_pipeline_config(job.config),
        job.output_dir,
        figures=job.figures,
        progress=reporter,
        name=job.input_name,
        max_rows=job.max_rows,
        max_unpacked_bytes=MAX_UNPACKED_BYTES if job.max_unpacked_bytes is None else job.max_unpacked_bytes,
        render=render,
        page_view=job.page_view,
        on_computed=None if job.early_dir is None else partial(_show_early, job.early_dir, reporter, log),
    )
    reporter.end_stage()
    _log_findings(outcome, log)
    return JobResult(_result_files(outcome), gas_summaries(outcome.output_vars))


def _show_early(folder: Path, reporter: _Reporter, log: JobLog, result: FlightResult) -> None:
    """Show what was computed; a disk that takes no more costs the early look, and the job finds out by itself."""
    try:
        write_early(result, folder)
    except OSError as error:
        log.write("WARNING", f"not shown before the figures are drawn: {error.strerror or error}")
    else:
        reporter.is_shown = True


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
