"""Many flight logs at once: here, in processes side by side, or on a cluster; one line for each that fails."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gasflux.cli.flight_logs import describe
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import ConfigError, GasFluxError
from gasflux.jobs.executor import JobEnd, JobFailedError
from gasflux.jobs.records import Job, JobFailure, JobResult
from gasflux.results.folder import RESULT

if TYPE_CHECKING:
    from gasflux.data_processor import RenderFigures
    from gasflux.jobs.batch import BatchProgress
    from gasflux.records import ProgressCallback

AHEAD: Final = 2
"""Flights handed over for every thread of a cluster: the next must be there when one is done."""

MAX_ATTEMPTS: Final = 4
"""On a cluster, whose machines may die; here a process that dies would do so again."""


@dataclass(frozen=True)
class BatchOptions:
    """What all jobs of a batch share."""

    config: PipelineConfig
    figures: bool = True
    debug: bool = False
    """Let unexpected errors through instead of turning them into one line."""
    drawing_processes: int = 0
    """Processes to draw in beside this one, when there is one job at a time; jobs side by side draw themselves."""


@dataclass(frozen=True)
class FlightLine:
    """How one flight ended, for printing: with its `output_vars`, or with one line saying why not."""

    index: int
    job: Job
    output_vars: dict[str, Any] | None = None
    error: str | None = None


def run_jobs(
    jobs: Sequence[Job], options: BatchOptions, processes: int, on_progress: BatchProgress
) -> Iterator[FlightLine]:
    """Yield how each job ended as it ends.

    A process that dies (killed, out of memory) fails its own job only; a new one takes the next. When the caller stops
    early, by an error or Ctrl-C, the processes are ended.

    Parameters
    ----------
    jobs
        As `cli.logs.plan_jobs` returns them.
    options
        What they share.
    processes
        How many jobs run side by side: one in this process, more in as many others.
    on_progress
        Called as ``on_progress(index of the job, stage, percent)``.
    """
    jobs = [replace(job, config=options.config, figures=options.figures) for job in jobs]
    if min(processes, len(jobs)) > 1:
        yield from _side_by_side(jobs, options, min(processes, len(jobs)), on_progress)
        return
    with ExitStack() as stack:
        render: RenderFigures | None = None
        if jobs and options.figures and options.drawing_processes:
            from gasflux.jobs.drawing import DrawingProcesses

            render = stack.enter_context(DrawingProcesses(options.drawing_processes)).render
        for index, job in enumerate(jobs):
            yield _here(index, job, options, on_progress, render)


def _side_by_side(
    jobs: Sequence[Job], options: BatchOptions, processes: int, on_progress: BatchProgress
) -> Iterator[FlightLine]:
    """Run jobs in processes of this machine."""
    from gasflux.jobs.batch import run_batch
    from gasflux.jobs.flight_job import load_science
    from gasflux.jobs.local_executor import LocalExecutor

    function = functools.partial(attempt, debug=options.debug)
    executor = LocalExecutor(processes, function=function, setup=load_science, is_background=False)
    with ExitStack() as stack:
        stack.callback(executor.stop)
        executor.start()
        for end in run_batch(jobs, executor, on_progress, under_way=processes, max_attempts=1):
            yield _line(end, jobs[end.index], _why_here)


def run_on_cluster(
    jobs: Sequence[Job], options: BatchOptions, scheduler: str, on_progress: BatchProgress
) -> Iterator[FlightLine]:
    """Yield how each job ended as it ends, as `run_jobs` does; the results land in the same folders.

    Some more flights than the cluster has threads are under way at a time. Those of a worker that dies are done again;
    when the caller stops early, by an error or Ctrl-C, all that is under way is ended.

    Parameters
    ----------
    jobs, options
        As of `run_jobs`; ``options.debug`` has no meaning here.
    scheduler
        Address of the cluster's scheduler, as in ``tcp://host:8786``.
    on_progress
        As of `run_jobs`.

    Raises
    ------
    ConfigError
        When dask is not installed, or the cluster cannot take work now.
    """
    from gasflux.jobs.batch import run_batch
    from gasflux.jobs.dask_executor import DaskExecutor

    if not jobs:
        return
    jobs = [replace(job, config=options.config, figures=options.figures) for job in jobs]
    executor = DaskExecutor(scheduler)
    with ExitStack() as stack:
        stack.callback(executor.stop)
        executor.start()
        if trouble := executor.trouble():
            raise ConfigError(f"--dask: {trouble}.")
        under_way = AHEAD * executor.slots
        for end in run_batch(jobs, executor, on_progress, under_way=under_way, max_attempts=MAX_ATTEMPTS):
            yield _line(end, jobs[end.index], _why_there)


def attempt(job: Job, tell: ProgressCallback, render: RenderFigures | None = None, *, debug: bool = False) -> JobResult:
    """Run one job; what goes wrong becomes a failure whose message is one line.

    Parameters
    ----------
    job
        What to do.
    tell
        Called as ``tell(stage, percent)``.
    render
        Who draws; None draws here.
    debug
        Whether an unexpected error comes as it is.

    Raises
    ------
    JobFailedError
        When there is no result.
    """
    from gasflux.jobs.flight_job import process_job

    try:
        return process_job(job, tell, render)
    except GasFluxError as error:
        failure = JobFailure(error.kind, describe(error))
    except OSError as error:  # the log is read by now, and faults in that are InputError
        line = f"the results cannot be written to {job.output_dir}: {error.strerror}."
        failure = JobFailure("storage_unavailable", line)
    except Exception as error:  # the boundary of a job: one bad file must not stop the others
        if debug:
            raise
        failure = JobFailure("internal_error", describe(error))
    raise JobFailedError(failure)


def _here(
    index: int, job: Job, options: BatchOptions, on_progress: BatchProgress, render: RenderFigures | None
) -> FlightLine:
    """Run one job in this process."""
    end: JobResult | JobFailedError
    try:
        end = attempt(job, lambda stage, percent: on_progress(index, stage, percent), render, debug=options.debug)
    except JobFailedError as error:
        end = error
    return _line(JobEnd(index, end), job, _why_here)


def _line(end: JobEnd, job: Job, why: Callable[[JobFailedError, Job], str]) -> FlightLine:
    """Return the end of a job for printing.

    Parameters
    ----------
    end
        How it ended.
    job
        What was to be done.
    why
        Puts a failure into one line.
    """
    if isinstance(end.outcome, JobResult):
        document = json.loads((job.output_dir / RESULT).read_text(encoding="utf-8"))
        return FlightLine(end.index, job, output_vars=document)
    error = why(end.outcome, job) if isinstance(end.outcome, JobFailedError) else describe(end.outcome)
    return FlightLine(end.index, job, error=error)


def _why_here(error: JobFailedError, job: Job) -> str:
    """Return one line for a failure on this machine."""
    if error.exit_code is not None:
        cause = f"the worker process ended with code {error.exit_code}, perhaps killed for want of memory"
        return f"{job.input_path.name}: {cause}; try it alone or on a larger machine."
    if error.failure.type == "internal_error" and error.failure.details:  # with `debug`: not from `attempt`
        return f"{job.input_path.name}: an unexpected error; the traceback stands above."
    return " ".join(error.failure.message.split())


def _why_there(error: JobFailedError, job: Job) -> str:
    """Return one line for a failure on a cluster."""
    if error.failure.type == "internal_error":
        return "an unexpected error on the cluster; `gasflux --debug process` of this file, without --dask, shows it"
    return " ".join(error.failure.message.split())
