"""What runs inside a worker of a dask cluster: it hands a job to a process beside it and watches over both ends.

The scheduler imports this module too, so it loads nothing heavy.
"""

from __future__ import annotations

import functools
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil

from gasflux.jobs.bundle import Delivery, JobBundle, lay_out, pack
from gasflux.jobs.executor import JobFailedError
from gasflux.jobs.failures import FROM_OUTSIDE_ATTEMPTS
from gasflux.jobs.host import Order
from gasflux.jobs.records import JobFailure, JobResult
from gasflux.version import __version__

WANTED_POLL_S: Final = 0.2
"""How often is looked whether anybody still wants the job."""

_DEATH_S: Final = 1.0
"""A killed process is gone in milliseconds, unless the system hangs in a call for it."""

_AT_WORK: Final = frozenset({"executing", "long-running"})
_ENDING: Final = frozenset({"closing", "closed", "failed"})


class UnwantedError(Exception):
    """Nobody wants the job any more: it was cancelled, or its server or the scheduler is gone."""


def run_bundle(content: bytes, version: str, topic: str) -> Delivery:
    """Do a bundle's job; the task function that is submitted to the cluster.

    Parameters
    ----------
    content
        The pickled `JobBundle`.
    version
        Version of GasFlux that packed it.
    topic
        Under which news are sent: lists that begin with the task's key and the kind of news.
    """
    from distributed import get_worker

    if version != __version__:
        return Delivery(_wrong_version(version))
    worker = get_worker()
    key = worker.get_current_task()

    def tell(*news: Any) -> None:
        worker.log_event(topic, [key, *news])

    tell("began", worker.address)
    try:
        with tempfile.TemporaryDirectory(
            prefix="gasflux-", dir=worker.local_directory, ignore_cleanup_errors=True
        ) as folder:
            return _deliver(pickle.loads(content), Path(folder), tell, lambda: _is_wanted(worker, key))
    finally:
        tell("ended")


def _is_wanted(worker: Any, key: str) -> bool:
    """Tell whether the scheduler still waits for a task: it forgets one that is cancelled or whose client is gone."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state in _AT_WORK and worker.status.name not in _ENDING


def _deliver(bundle: JobBundle, folder: Path, tell: Callable[..., None], is_wanted: Callable[[], bool]) -> Delivery:
    """Do the job in a folder."""
    job = lay_out(bundle, folder)
    outcome = _see_through(Order(job, folder, bundle.function, bundle.timeout_s), tell, is_wanted)
    if isinstance(outcome, JobFailedError) or bundle.landing is not None:
        return Delivery(outcome)
    return Delivery(outcome, pack(job.output_dir))


def _see_through(order: Order, tell: Callable[..., None], is_wanted: Callable[[], bool]) -> JobResult | JobFailedError:
    """Stay with a job until it ends, or nobody wants it any more."""
    host = _host_for(order)
    try:
        while is_wanted():
            answer = host.next(WANTED_POLL_S)
            if isinstance(answer, JobResult | JobFailedError):
                _idle_hosts().put(host)
                return answer
            if answer is not None:
                tell(*answer)
    except EOFError:
        host.kill()
        return JobFailedError(JobFailure.of("worker_lost", "watcher_died"), FROM_OUTSIDE_ATTEMPTS)
    except BaseException:
        host.kill()
        raise
    host.kill()
    raise UnwantedError


class _Host:
    """A `gasflux.jobs.host` and the conversation with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gasflux.jobs.host"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="job-host", daemon=True).start()

    def send(self, order: Order) -> None:
        """Give it a job; OSError when it has ended."""
        assert self._process.stdin is not None
        pickle.dump(order, self._process.stdin)
        self._process.stdin.flush()

    def next(self, timeout_s: float) -> Any:
        """Return what it says next, None when it says nothing; EOFError when it has ended."""
        try:
            answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if answer is None:
            raise EOFError
        return answer

    def kill(self) -> None:
        """End it and its job; both are gone when this returns."""
        try:
            family = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._process.kill()
        for process in family:
            process.kill()
        self._process.wait()
        end = time.monotonic() + _DEATH_S
        while any(_is_alive(process) for process in family) and time.monotonic() < end:
            time.sleep(0.01)

    def _listen(self) -> None:
        """Take its answers until it ends."""
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        try:
            while True:
                self._answers.put(pickle.load(self._process.stdout))
        except (EOFError, pickle.UnpicklingError):  # the latter when it was killed in the middle of a word
            self._answers.put(None)
        self._process.wait()
        self._process.stdout.close()


def _is_alive(process: psutil.Process) -> bool:
    """Tell whether a process runs; one that ended and that nobody has asked how does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@functools.cache
def _idle_hosts() -> queue.SimpleQueue[_Host]:
    """Hosts of this process that have nothing to do, warm from their last job."""
    return queue.SimpleQueue()


def _host_for(order: Order) -> _Host:
    """Return a host that has taken a job: one that is idle, or a new one."""
    while True:
        try:
            host, is_new = _idle_hosts().get_nowait(), False
        except queue.Empty:
            host, is_new = _Host(), True
        try:
            host.send(order)
        except OSError:
            host.kill()  # an idle one that ended meanwhile
            if is_new:
                raise
        else:
            return host


def _wrong_version(version: str) -> JobFailedError:
    """Return the failure of a bundle that another version packed."""
    failure = JobFailure.of("wrong_version", "wrong_version", theirs=__version__, ours=version)
    return JobFailedError(failure, FROM_OUTSIDE_ATTEMPTS)
