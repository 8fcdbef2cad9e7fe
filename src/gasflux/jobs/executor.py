"""What the service and the command line ask of whatever runs their jobs: processes of this machine, or a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gasflux.errors import GasFluxError
from gasflux.jobs.records import Job, JobFailure, JobResult

if TYPE_CHECKING:
    from gasflux.records import ProgressCallback

JobFunction = Callable[[Job, "ProgressCallback"], JobResult]
"""What is done with a job, ``function(job, tell)``: a function of a module, so that another process finds it. It tells
how far it is as ``tell(stage, percent)``."""


class JobFailedError(Exception):
    """A job ended without a result; pickles, so that another process can raise it.

    Parameters
    ----------
    failure
        Why.
    most_attempts
        How often the same job is worth a try: once when the flight is at fault, more often when chance may be.
    exit_code
        How the process that worked on it ended, when that is why: negative for the number of a signal.
    """

    def __init__(self, failure: JobFailure, most_attempts: int = 1, exit_code: int | None = None) -> None:
        super().__init__(failure, most_attempts, exit_code)
        self.failure = failure
        self.most_attempts = most_attempts
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.failure.type}: {self.failure.message}"


@dataclass(frozen=True)
class JobEnd:
    """How one job of a batch ended."""

    index: int
    outcome: JobResult | JobFailedError | GasFluxError | OSError
    """Its result, or what kept it from one."""


class JobCancelledError(Exception):
    """A job was ended because somebody asked for it."""


class ExecutorStoppedError(Exception):
    """A job was ended, or not begun, because the executor stops; it may be run again later."""


class Executor(Protocol):
    """Runs jobs, each on its own; calls come from several supervising threads at a time."""

    @property
    def slots(self) -> int:
        """How many jobs run side by side."""

    def start(self) -> None:
        """Get ready; returns at once."""

    def stop(self) -> None:
        """End every job now; their callers get `ExecutorStoppedError`."""

    def healthy(self) -> bool:
        """Whether every slot can take a job."""

    def trouble(self) -> str | None:
        """Return why jobs must wait, or some of them, although the executor itself works; None when all is well."""

    def run(
        self,
        job: Job,
        *,
        timeout_s: float,
        on_progress: ProgressCallback,
        cancelled: threading.Event,
    ) -> JobResult:
        """Run a job to its end; when it returns or raises nothing works on the job any more.

        Parameters
        ----------
        job
            What to do.
        timeout_s
            Seconds the job may take, the wait for a slot not counted.
        on_progress
            Called in this thread as ``on_progress(stage, percent)``.
        cancelled
            Set it to end the job.

        Raises
        ------
        JobFailedError
            When there is no result, with the reason.
        JobCancelledError
            When `cancelled` was set.
        ExecutorStoppedError
            When `stop` was called.
        """
