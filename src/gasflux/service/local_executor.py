"""Jobs in processes of this machine: one warm worker per slot, ended and replaced whenever a job goes wrong."""

from __future__ import annotations

import json
import logging
import queue
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Final

import psutil
from pebble import ProcessExpired

from gasflux.configuration.service_settings import MIB
from gasflux.service.child_pool import ChildPool, ChildStoppedError
from gasflux.service.executor import ExecutorStoppedError, JobCancelledError, JobFailedError
from gasflux.service.tasks.records import Job, JobResult, TaskFailure
from gasflux.service.worker import begin, progress_path, run_job, warm_up
from gasflux.wording.phrases import Phrase, phrase

_log = logging.getLogger(__name__)

POLL_S: Final = 0.2
"""How often a job's progress, memory and time are looked at."""

START_LIMIT_S: Final = 120.0
"""A worker that has not begun after this long never will; loading the libraries takes seconds, on a busy machine 10."""

RECYCLE_TASKS: Final = 100
RECYCLE_BYTES: Final = 1024 * MIB
"""A worker is replaced after so many tasks, or when it holds so much when it has nothing to do."""


CRASH_ATTEMPTS: Final = 2
"""A job that crashes its process (abort, segmentation fault, exit) does so again: one more try, against bad luck."""

FROM_OUTSIDE_ATTEMPTS: Final = 1_000
"""A process killed from outside says little of its job: ``[tasks] max_attempts`` is the limit."""


class _Watch:
    """What the supervising thread knows of a running job."""

    def __init__(self, job: Job, future: Future[JobResult], timeout_s: float) -> None:
        self._job = job
        self._future = future
        self._timeout_s = timeout_s
        self._submitted = time.monotonic()
        self._began: float | None = None
        self._pid: int | None = None
        self.progress: tuple[str, float] | None = None

    def look(self) -> JobFailedError | None:
        """Read the progress; return why the job must be ended, None as long as all is well."""
        now = time.monotonic()
        if self._began is None and self._future.running():
            self._began = now
        if self._began is None:
            return _never_began() if now - self._submitted > START_LIMIT_S else None
        self._read_progress()
        if now - self._began > self._timeout_s:
            return timed_out(self._timeout_s)
        return self._look_at_process()

    def _read_progress(self) -> None:
        """Take over the state of the progress file, when there is one."""
        try:
            state = json.loads(progress_path(self._job).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return  # not written yet, or being replaced at this moment
        self.progress = (str(state["stage"]), float(state["percent"]))
        self._pid = int(state["pid"])

    def _look_at_process(self) -> JobFailedError | None:
        """Compare the worker's memory with its limit; tell whether it is there at all."""
        if self._pid is None:
            return None
        try:
            resident = self._memory_bytes(self._pid)
        except psutil.NoSuchProcess:
            # A worker that ends itself with code 0 the pool takes for one that retired: it would wait for ever.
            return None if wait([self._future], timeout=POLL_S).done else _died_with(0)
        return _out_of_memory(self._job) if resident > self._job.memory_limit_bytes else None

    def resident_bytes(self) -> int:
        """Memory the worker holds; a job that was over at once never had its process looked at."""
        self._read_progress()
        try:
            return self._memory_bytes(self._pid) if self._pid is not None else 0
        except psutil.NoSuchProcess:
            return 0

    def _memory_bytes(self, pid: int) -> int:
        """Resident size of a process; one that is dead but not yet asked how it ended does not exist either."""
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise psutil.NoSuchProcess(pid)
        return process.memory_info().rss


class LocalExecutor:
    """Runs jobs in worker processes of this machine.

    Parameters
    ----------
    slots
        Jobs that run side by side.
    function
        What a worker does with a job: a function of a module, so that a spawned process finds it.
    warm
        What a new worker loads before its first job, likewise.
    """

    def __init__(
        self, slots: int, *, function: Callable[[Job], JobResult] = run_job, warm: Callable[[], object] = warm_up
    ) -> None:
        self.slots = slots
        self._function = function
        self._all = tuple(ChildPool(warm) for _ in range(slots))
        self._idle: queue.SimpleQueue[ChildPool] = queue.SimpleQueue()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start every worker; they load what jobs need while the server gets ready."""
        for slot in self._all:
            slot.renew()
            self._idle.put(slot)

    def stop(self) -> None:
        """End every worker now."""
        self._stopping.set()
        for slot in self._all:
            slot.stop()

    def healthy(self) -> bool:
        """Whether every slot has a worker."""
        return not self._stopping.is_set() and all(slot.is_alive() for slot in self._all)

    def trouble(self) -> str | None:
        """Return None: what is wrong with processes of this machine, `healthy` tells."""
        return None

    def run(
        self,
        job: Job,
        *,
        timeout_s: float,
        on_progress: Callable[[str, float], None],
        cancelled: threading.Event,
    ) -> JobResult:
        """Run a job; see `gasflux.service.executor.Executor.run`."""
        slot = self._idle_slot(cancelled)
        try:
            return self._run_in(slot, job, timeout_s, on_progress, cancelled)
        except ChildStoppedError as error:
            raise ExecutorStoppedError from error
        finally:
            self._idle.put(slot)

    def _run_in(
        self,
        slot: ChildPool,
        job: Job,
        timeout_s: float,
        on_progress: Callable[[str, float], None],
        cancelled: threading.Event,
    ) -> JobResult:
        """Run a job in a slot, whose worker is ended before anything else when the job does not come to its end."""
        progress_path(job).unlink(missing_ok=True)
        future = slot.submit(begin, self._function, job)
        watch = _Watch(job, future, timeout_s)
        try:
            self._supervise(watch, future, on_progress, cancelled)
        finally:
            if not future.done() or slot.tasks >= RECYCLE_TASKS or watch.resident_bytes() > RECYCLE_BYTES:
                slot.renew()
        return self._result(slot, job, future)

    def _idle_slot(self, cancelled: threading.Event) -> ChildPool:
        """Wait for a slot that has nothing to do."""
        while not self._stopping.is_set():
            if cancelled.is_set():
                raise JobCancelledError
            try:
                return self._idle.get(timeout=POLL_S)
            except queue.Empty:
                continue
        raise ExecutorStoppedError

    def _supervise(
        self,
        watch: _Watch,
        future: Future[JobResult],
        on_progress: Callable[[str, float], None],
        cancelled: threading.Event,
    ) -> None:
        """Stay with a job until it ends, or must be ended."""
        told: tuple[str, float] | None = None
        while not wait([future], timeout=POLL_S).done:
            if self._stopping.is_set():
                raise ExecutorStoppedError
            if cancelled.is_set():
                raise JobCancelledError
            failure = watch.look()
            if failure is not None:
                raise failure
            if watch.progress is not None and watch.progress != told:
                told = watch.progress
                on_progress(*told)

    def _result(self, slot: ChildPool, job: Job, future: Future[JobResult]) -> JobResult:
        """Return what a job returned, or raise why it did not."""
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, JobFailedError):
            raise error
        slot.renew()
        if self._stopping.is_set():
            raise ExecutorStoppedError from error
        raise _failure_behind(error, job) from error


def _failure_behind(error: BaseException, job: Job) -> JobFailedError:
    """Say what an error means that no job raises on purpose."""
    if isinstance(error, MemoryError):
        return _out_of_memory(job)
    if isinstance(error, ProcessExpired):
        return _died_with(int(error.exitcode))
    if isinstance(error, BrokenProcessPool):
        return _worker_died(phrase("cause.connection"))
    _log.error("unexpected error of a job", exc_info=error, extra={"task": job.task_id})
    name = type(error).__name__
    return JobFailedError(TaskFailure.of("internal_error", "unexpected", error=name, task=job.task_id))


def _worker_died(cause: Phrase, most_attempts: int = FROM_OUTSIDE_ATTEMPTS) -> JobFailedError:
    """Return the failure of a job whose process is gone."""
    return JobFailedError(TaskFailure.of("worker_died", "worker_died", cause=cause), most_attempts)


def _died_with(code: int) -> JobFailedError:
    """Tell a process killed from outside, which may go well the next time, from one that its own work ended."""
    is_killed = code in (-signal.SIGTERM, -9)
    cause = phrase("cause.signal", signal=-code) if code < 0 else phrase("cause.exit", exit_code=code)
    return _worker_died(cause, FROM_OUTSIDE_ATTEMPTS if is_killed else CRASH_ATTEMPTS)


def _never_began() -> JobFailedError:
    return _worker_died(phrase("cause.start", limit=START_LIMIT_S))


def timed_out(timeout_s: float) -> JobFailedError:
    """Return the failure of a job that took too long."""
    return JobFailedError(TaskFailure.of("timeout", "timeout", limit=timeout_s))


def _out_of_memory(job: Job) -> JobFailedError:
    limit = job.memory_limit_bytes / MIB
    return JobFailedError(TaskFailure.of("out_of_memory", "out_of_memory", limit=limit))
