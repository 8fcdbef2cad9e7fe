"""A process that runs jobs for a process that may have no children of its own, such as one of a cluster.

Workers of dask are daemons and may not start children by `multiprocessing`. This process is started as a program
(``python -m gasflux.jobs.host``), takes orders on stdin, runs them in a `LocalExecutor` with all its limits,
and answers on stdout, everything pickled. It ends, and ends its job, when stdin is closed: with whoever started it.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import shutil
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from gasflux.jobs.early import early_gases_text
from gasflux.jobs.executor import ExecutorStoppedError, JobFailedError, JobFunction
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.jobs.log import LogTail
from gasflux.jobs.records import Job, JobResult

IDLE_S: Final = 600.0
"""A host that had nothing to do for so long ends: its memory is worth more than the second its successor takes."""


@dataclass(frozen=True)
class Order:
    """A job and what to do with it."""

    job: Job
    folder: Path
    """Everything of the job lies in it that must not outlive whoever gave the order."""
    function: JobFunction
    timeout_s: float


Answer = tuple[Literal["progress"], str, float] | tuple[Literal["gases", "log", "trouble"], str]
"""News of a job: how far it is, its answers before the figures are drawn, new lines of its log, or an error that its
owner need not see but the server's log."""


class JobHost:
    """Takes orders and answers them until there are no more.

    Parameters
    ----------
    orders, answers
        Streams of pickles: of `Order`, and of `Answer`, `JobResult` and `JobFailedError`.
    """

    def __init__(self, orders: BinaryIO, answers: BinaryIO) -> None:
        self._orders = orders
        self._answers = answers
        self._waiting: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._function: JobFunction | None = None
        self._executor: LocalExecutor | None = None
        self._closed = threading.Event()

    def run(self) -> None:
        """Work until the orders end, or none has come for a while."""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        try:
            while (order := self._waiting.get(timeout=IDLE_S)) is not None:
                try:
                    self.tell(self._outcome(order))
                except (ExecutorStoppedError, OSError):
                    # Nobody is left to remove what the job wrote.
                    shutil.rmtree(order.folder, ignore_errors=True)
                    return
        except queue.Empty:
            return
        finally:
            if self._executor is not None:
                self._executor.stop()

    def tell(self, answer: Answer | JobResult | JobFailedError) -> None:
        """Send an answer."""
        pickle.dump(answer, self._answers)
        self._answers.flush()

    def _listen(self) -> None:
        """Take orders; when they end, end the job at once."""
        try:
            while True:
                self._waiting.put(pickle.load(self._orders))
        except EOFError:
            self._waiting.put(None)
            self._closed.set()
            if self._executor is not None:
                self._executor.stop()

    def _outcome(self, order: Order) -> JobResult | JobFailedError:
        """Run a job, telling news of it."""
        log = LogTail(order.job.log_path)
        gases: str | None = None

        def advance(stage: str, percent: float) -> None:
            nonlocal gases
            if gases is None and (gases := early_gases_text(order.job.early_dir)) is not None:
                self.tell(("gases", gases))
            self.tell(("progress", stage, percent))
            self._tell_lines(log)

        try:
            return self._executor_for(order.function).run(
                order.job, timeout_s=order.timeout_s, on_progress=advance, cancelled=threading.Event()
            )
        except JobFailedError as error:
            return error
        finally:
            self._tell_lines(log)

    def _tell_lines(self, log: LogTail) -> None:
        if lines := log.read():
            self.tell(("log", lines))

    def _executor_for(self, function: JobFunction) -> LocalExecutor:
        """Return the executor, warm from the last job; another kind of job needs another."""
        if self._executor is None or function is not self._function:
            if self._executor is not None:
                self._executor.stop()
            self._executor, self._function = LocalExecutor(1, function=function), function
            self._executor.start()
        if self._closed.is_set():
            self._executor.stop()
        return self._executor


class _TroubleHandler(logging.Handler):
    """Sends errors to the server's log: nobody looks at that of a worker."""

    def __init__(self, host: JobHost) -> None:
        super().__init__(logging.ERROR)
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
        self._host.tell(("trouble", self.format(record)))


def host_jobs() -> None:
    """Be a host: orders come on stdin, answers go to stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever started this decides
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not get among the answers
    host = JobHost(sys.stdin.buffer, answers)
    logging.getLogger("gasflux").addHandler(_TroubleHandler(host))
    host.run()


if __name__ == "__main__":
    host_jobs()
