"""What the workers of the tests do: all that workers do, but figures, nine tenths of a task, for the sample alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from gasflux.jobs.flight_job import process_job, run_job
from gasflux.jobs.records import Job, JobResult
from gasflux.records import FlightResult, ProgressCallback

HELD = "held.csv"
"""Name of an upload whose task is in work until somebody ends it."""

DRAWN_SLOWLY = "drawn slowly.csv"
"""Name of an upload whose rates are known at once and whose figures are drawn when the file `DRAW` lies by its log."""

DRAW = "draw"


def run_quickly(job: Job, tell: ProgressCallback) -> JobResult:
    """Process a flight; a spawned worker finds this function here."""
    while job.input_name == HELD:
        time.sleep(0.1)
    if job.input_name == DRAWN_SLOWLY:
        return process_job(job, tell, _draws_nothing_until_told(job))
    return run_job(replace(job, figures=job.figures and "sample" in str(job.input_name)), tell)


def _draws_nothing_until_told(job: Job) -> Callable[[FlightResult, Callable[[str], None] | None], dict[str, bytes]]:
    assert job.log_path is not None
    told = job.log_path.with_name(DRAW)

    def draw(result: FlightResult, advance: Callable[[str], None] | None) -> dict[str, bytes]:
        while not told.exists():
            time.sleep(0.1)
        return {}

    return draw
