"""Jobs on the machines of a dask cluster; it may come and go while the server stays."""

from __future__ import annotations

import importlib.util
import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from gasflux.errors import ConfigError
from gasflux.jobs.bundle import Delivery, JobBundle, bundle_of, unpack
from gasflux.jobs.dask_worker import UnwantedError
from gasflux.jobs.early import write_early_gases
from gasflux.jobs.executor import ExecutorStoppedError, JobCancelledError, JobFailedError, JobFunction
from gasflux.jobs.failures import FROM_OUTSIDE_ATTEMPTS, faults_as_data, timed_out
from gasflux.jobs.flight_job import run_job
from gasflux.jobs.local_executor import POLL_S
from gasflux.jobs.records import Job, JobFailure, JobResult
from gasflux.results.folder import file_names, install_files, staging
from gasflux.wording.work import INSTALL_DASK

if TYPE_CHECKING:
    from gasflux.jobs.dask_session import DaskSession, Ticket
    from gasflux.records import ProgressCallback

_log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
"""Pause between two attempts to reach the scheduler."""

LOOK_S: Final = 2.0
"""How often the scheduler is asked for its workers."""

START_WAIT_S: Final = 10.0
UNKNOWN_SLOTS: Final = 16
"""Jobs handed over at a time when the cluster cannot be asked at the start how many it takes."""

OVERTIME_S: Final = 60.0
"""A worker ends a job that takes too long; one that has not after this much longer hangs, with its whole machine."""


class _LostError(Exception):
    """The cluster forgot a job through no fault of its own."""


class DaskExecutor:
    """Runs jobs in an existing dask cluster.

    Nothing of importance lives there: while the scheduler is away jobs wait, and go to the cluster again when it is
    back. A worker that dies is replaced by the scheduler, up to its own limit (`allowed-failures`).

    Parameters
    ----------
    address
        Of the scheduler, as in ``tcp://host:8786``.
    slots
        Jobs handed over at a time; 0 takes as many as the cluster has threads at the start.
    shared_folder
        Whether every worker sees the job's folders under the same paths: then only paths travel.
    function
        What a worker does with a job: a function of a module that workers have too.

    Raises
    ------
    ConfigError
        When dask is not installed.
    """

    def __init__(
        self,
        address: str,
        slots: int = 0,
        *,
        shared_folder: bool = False,
        function: JobFunction = run_job,
    ) -> None:
        if importlib.util.find_spec("distributed") is None:
            raise ConfigError(f"A dask cluster needs more packages; in a checkout, install them with: {INSTALL_DASK}")
        self.slots = slots or UNKNOWN_SLOTS
        self._asks_for_slots = slots == 0
        self._address = address
        self._shared_folder = shared_folder
        self._function = function
        self._session: DaskSession | None = None
        self._trouble: str | None = f"the dask scheduler {address} has not answered yet; tasks wait"
        self._threads = 0
        self._has_workers = threading.Event()
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep_connected, name="dask-keeper", daemon=True)

    def start(self) -> None:
        """Connect; waits a little for the cluster when it must be asked for its size."""
        self._keeper.start()
        if self._asks_for_slots and self._has_workers.wait(START_WAIT_S):
            self.slots = self._threads

    def stop(self) -> None:
        """Withdraw every job and hang up."""
        self._stopping.set()
        if self._keeper.is_alive():
            self._keeper.join()

    def healthy(self) -> bool:
        """Whether the connection is looked after; what the cluster lacks tells `trouble`."""
        return not self._stopping.is_set() and self._keeper.is_alive()

    def trouble(self) -> str | None:
        """Return why the cluster takes no jobs now, or not all of it does."""
        return self._trouble

    def run(
        self,
        job: Job,
        *,
        timeout_s: float,
        on_progress: ProgressCallback,
        cancelled: threading.Event,
    ) -> JobResult:
        """Run a job; see `gasflux.jobs.executor.Executor.run`."""
        watch = _Watch(job, timeout_s, on_progress)
        with faults_as_data(), staging(job.output_dir) as landing:
            bundle = bundle_of(job, self._function, timeout_s, landing if self._shared_folder else None)
            delivery = self._delivery(bundle, watch, cancelled)
            if isinstance(delivery.outcome, JobFailedError):
                raise delivery.outcome
            results = landing / "results"
            if delivery.files is not None:
                unpack(delivery.files, results)
            install_files(results, job.output_dir, file_names(results))
        return delivery.outcome

    def _delivery(self, bundle: JobBundle, watch: _Watch, cancelled: threading.Event) -> Delivery:
        """Hand a job to the cluster, again whenever the cluster has lost it."""
        while True:
            session = self._session_for_job(watch, cancelled)
            try:
                with session.submit(bundle) as ticket:
                    return self._see_through(ticket, watch, cancelled)
            except _LostError:
                watch.wait("waiting for the cluster")
                self._pause(POLL_S, cancelled)

    def _session_for_job(self, watch: _Watch, cancelled: threading.Event) -> DaskSession:
        """Wait for the scheduler."""
        while (session := self._session) is None or not session.is_up:
            watch.wait("waiting for the cluster")
            self._pause(POLL_S, cancelled)
        return session

    def _pause(self, seconds: float, cancelled: threading.Event) -> None:
        """Wait, unless the work shall end."""
        self._raise_if_unwanted(cancelled)
        cancelled.wait(seconds)
        self._raise_if_unwanted(cancelled)

    def _raise_if_unwanted(self, cancelled: threading.Event) -> None:
        if self._stopping.is_set():
            raise ExecutorStoppedError
        if cancelled.is_set():
            raise JobCancelledError

    def _see_through(self, ticket: Ticket, watch: _Watch, cancelled: threading.Event) -> Delivery:
        """Stay with a job until it ends, or must be ended."""
        watch.wait("waiting for a worker")
        while (news := ticket.next(POLL_S)) is None or news[0] != "done":
            self._raise_if_unwanted(cancelled)
            if ticket.is_gone:
                raise _LostError
            watch.take(news)
        try:
            return ticket.delivery()
        except Exception as error:  # a boundary: dask raises whatever went wrong on any machine
            if ticket.is_gone or isinstance(error, UnwantedError):  # the latter when its worker is closing
                raise _LostError from error
            raise _failure_behind(error) from error

    def _keep_connected(self) -> None:
        """Connect, look after the connection, connect again."""
        from gasflux.jobs.dask_session import DaskSession

        while not self._stopping.is_set():
            try:
                session = DaskSession(self._address)
            except (OSError, ValueError, TypeError) as error:  # the latter two: certificates are missing or wrong
                self._note(f"the dask scheduler {self._address} cannot be reached ({error}); tasks wait until it can")
                self._stopping.wait(RETRY_S)
                continue
            try:
                self._look_after(session)
            finally:
                self._session = None
                session.close()
            if not self._stopping.is_set():
                self._note(f"the dask scheduler {self._address} went away; tasks wait until it is back")

    def _look_after(self, session: DaskSession) -> None:
        """Keep an eye on a cluster until it is gone, or the executor stops."""
        known: dict[str, int] = {}
        strangers: list[str] = []
        while session.is_up and not self._stopping.is_set():
            with suppress(OSError):  # the scheduler went while it was asked: the loop ends
                threads = session.threads()
                if threads.keys() != known.keys() or strangers:
                    known, strangers = threads, session.strangers()
                self._take_stock(session, sum(threads.values()), strangers)
            self._wait_while_up(session)

    def _take_stock(self, session: DaskSession, threads: int, strangers: list[str]) -> None:
        """Note what the cluster is worth now."""
        self._session, self._threads = session, threads
        if threads:
            self._has_workers.set()
        if strangers:
            self._note(f"the cluster is not installed like this server: {'; '.join(strangers)}")
        elif not threads:
            self._note(f"the cluster at {self._address} has no workers; tasks wait until it has")
        else:
            self._note(None)

    def _wait_while_up(self, session: DaskSession) -> None:
        """Wait for the next look."""
        end = time.monotonic() + LOOK_S
        while session.is_up and time.monotonic() < end and not self._stopping.wait(POLL_S):
            pass

    def _note(self, trouble: str | None) -> None:
        """Say what is wrong with the cluster, to the log once."""
        if trouble != self._trouble:
            _log.log(*(logging.WARNING, trouble) if trouble else (logging.INFO, "the dask cluster works"))
        self._trouble = trouble


class _Watch:
    """What the supervising thread knows of a job in the cluster."""

    def __init__(self, job: Job, timeout_s: float, on_progress: ProgressCallback) -> None:
        self._job = job
        self._timeout_s = timeout_s
        self._on_progress = on_progress
        self._told: tuple[str, float] | None = None
        self._began: float | None = None

    def wait(self, stage: str) -> None:
        """Note that nobody works on the job now."""
        self._began = None
        self._tell(stage, 0.0)

    def take(self, news: tuple[Any, ...] | None) -> None:
        """Take news of the job; raise its failure when it has been silent for too long."""
        if self._began is not None and time.monotonic() - self._began > self._timeout_s + OVERTIME_S:
            raise timed_out(self._timeout_s)
        match news:
            case ("began", worker):
                self._began, self._told = time.monotonic(), None
                _log.info("works at %s", worker, extra={"task": self._job.task_id})
            case ("progress", stage, percent):
                self._tell(stage, percent)
            case ("gases", text):
                self._show(text)
            case ("log", lines):
                self._copy(lines)
            case ("trouble", text):
                _log.error("%s", text, extra={"task": self._job.task_id})

    def _tell(self, stage: str, percent: float) -> None:
        if self._told != (stage, percent):
            self._told = (stage, percent)
            self._on_progress(stage, percent)

    def _show(self, gases: str) -> None:
        """Write down answers that came before the results; where both machines see the folder they are there."""
        if self._job.early_dir is None:
            return
        try:
            write_early_gases(self._job.early_dir, gases)
        except OSError as error:
            _log.warning("not shown early: %s", error, extra={"task": self._job.task_id})

    def _copy(self, lines: str) -> None:
        """Append lines of the worker to the task's log."""
        if self._job.log_path is None:
            return
        try:
            with self._job.log_path.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(lines)
        except OSError as error:
            _log.warning("lines of the task's log are lost: %s", error, extra={"task": self._job.task_id})


def _failure_behind(error: Exception) -> JobFailedError:
    """Say what an error of the cluster means; those of the job itself come back as data."""
    name = type(error).__name__
    if name == "KilledWorker":
        return JobFailedError(JobFailure.of("worker_lost", "machines_died"), FROM_OUTSIDE_ATTEMPTS)
    _log.error("the cluster could not run a job", exc_info=error)
    return JobFailedError(JobFailure.of("cluster_error", "cluster_failed", error=name), FROM_OUTSIDE_ATTEMPTS)
