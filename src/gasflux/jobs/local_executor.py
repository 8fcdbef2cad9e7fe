"""Jobs in processes of this machine: one warm child per slot, ended and replaced whenever a job goes wrong."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from gasflux.jobs.child import Child, ChildDiedError
from gasflux.jobs.executor import ExecutorStoppedError, JobCancelledError, JobFailedError, JobFunction
from gasflux.jobs.failures import died_with, failure_behind, never_began, out_of_memory, timed_out
from gasflux.jobs.flight_job import load_all, run_job
from gasflux.jobs.pool import Pool, PoolStoppedError
from gasflux.jobs.records import Job, JobResult
from gasflux.results.folder import discard_unfinished

if TYPE_CHECKING:
    from gasflux.records import ProgressCallback

_log = logging.getLogger(__name__)

START_PAUSE_S: Final = 5.0
"""Until a process is tried again that could not be started."""

POLL_S: Final = 0.2
"""How often a job's memory and time are looked at, and its progress is passed on."""

START_LIMIT_S: Final = 120.0
"""A child that is not ready after this long never will be; loading takes seconds, on a busy machine 10."""


def run_limited(function: JobFunction, job: Job, tell: ProgressCallback) -> JobResult:
    """Run a job's function under its memory limit, in the child.

    Parameters
    ----------
    function
        What a job does.
    job
        Of which flight, under which limits.
    tell
        Called with stage and percentage.
    """
    from gasflux.jobs.child_main import limit_memory

    if job.memory_limit_bytes is not None:
        limit_memory(job.memory_limit_bytes)
    return function(job, tell)


class LocalExecutor:
    """Runs jobs in child processes of this machine.

    Parameters
    ----------
    slots
        Jobs that run side by side.
    function
        What a child does with a job.
    setup
        What a new child loads before its first job: a function of a module.
    name
        Of the processes.
    is_background
        Whether they give way to this one.
    """

    def __init__(
        self,
        slots: int,
        *,
        function: JobFunction = run_job,
        setup: Callable[[], object] = load_all,
        name: str = "job",
        is_background: bool = True,
    ) -> None:
        self.slots = slots
        self._function = function
        self._pool = Pool(slots, setup, name=name, is_background=is_background)

    def start(self) -> None:
        """Start every child; they load what jobs need while the caller gets ready."""
        self._pool.start()

    def stop(self) -> None:
        """End every child now."""
        self._pool.stop()

    def healthy(self) -> bool:
        """Whether every slot has a child."""
        return self._pool.is_whole()

    def trouble(self) -> str | None:
        """Return None: what is wrong with processes of this machine, `healthy` tells."""
        return None

    def run(
        self,
        job: Job,
        *,
        timeout_s: float,
        on_progress: ProgressCallback,
        cancelled: threading.Event,
    ) -> JobResult:
        """Run a job; see `gasflux.jobs.executor.Executor.run`."""
        child = self._idle_child(cancelled)
        try:
            child.call(run_limited, self._function, job, tells=True)
            self._supervise(_Watch(job, child, timeout_s), on_progress, cancelled)
            return _result(child, job)
        except ChildDiedError as error:
            if self._pool.is_stopped:
                raise ExecutorStoppedError from error
            raise died_with(error.exit_code) from error
        finally:
            self._pool.give_back(child)
            if child.is_busy:  # it was ended at the job, and cannot clear away what it wrote any more
                discard_unfinished(job.output_dir, child.pid)

    def _idle_child(self, cancelled: threading.Event) -> Child:
        """Wait for a child that has nothing to do."""
        try:
            while not cancelled.is_set():
                if (child := self._taken()) is not None:
                    return child
        except PoolStoppedError as error:
            raise ExecutorStoppedError from error
        raise JobCancelledError

    def _taken(self) -> Child | None:
        """Take a child; None when there is none yet, also where the machine lets none be started at the moment."""
        try:
            return self._pool.take(POLL_S)
        except OSError as error:
            _log.warning("no process can be started now, tried again every %g s: %s", START_PAUSE_S, error)
            time.sleep(START_PAUSE_S)
            return None

    def _supervise(self, watch: _Watch, on_progress: ProgressCallback, cancelled: threading.Event) -> None:
        """Stay with a job until it ends, or must be ended."""
        while watch.child.is_busy:
            if self._pool.is_stopped:
                raise ExecutorStoppedError
            if cancelled.is_set():
                raise JobCancelledError
            if (failure := watch.look()) is not None:
                raise failure
            if (progress := watch.listen()) is not None:
                on_progress(*progress)


class _Watch:
    """What the supervising thread knows of a running job."""

    def __init__(self, job: Job, child: Child, timeout_s: float) -> None:
        self.child = child
        self._job = job
        self._timeout_s = timeout_s
        self._submitted = time.monotonic()
        self._began: float | None = None
        self._progress: tuple[str, float] | None = None
        self._told: tuple[str, float] | None = None
        self._told_at = -POLL_S

    def look(self) -> JobFailedError | None:
        """Return why the job must be ended, None as long as all is well."""
        now = time.monotonic()
        if self._began is None and self.child.is_ready:
            self._began = now
        if self._began is None:
            return never_began(START_LIMIT_S) if now - self._submitted > START_LIMIT_S else None
        if now - self._began > self._timeout_s:
            return timed_out(self._timeout_s)
        limit = self._job.memory_limit_bytes
        return out_of_memory(limit) if limit is not None and self.child.resident_bytes() > limit else None

    def listen(self) -> tuple[str, float] | None:
        """Wait a moment; return how far the job is when that is news: five times a second at most, and at the end."""
        news = self.child.listen(POLL_S)
        if news is not None:
            self._progress = (news[0], news[1])
        now = time.monotonic()
        if self._progress == self._told or (self.child.is_busy and now - self._told_at < POLL_S):
            return None
        self._told, self._told_at = self._progress, now
        return self._told


def _result(child: Child, job: Job) -> JobResult:
    """Return what a job returned, or raise why it did not."""
    error = child.error
    if error is None:
        result: JobResult = child.answer
        return result
    if isinstance(error, JobFailedError):
        raise error
    child.condemn()
    raise failure_behind(error, job) from error
