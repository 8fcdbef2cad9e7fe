"""Many jobs through one executor: threads that see one job through at a time, and one loop that listens to them."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from gasflux.errors import GasFluxError
from gasflux.jobs.executor import Executor, ExecutorStoppedError, JobCancelledError, JobEnd, JobFailedError
from gasflux.jobs.records import Job, JobResult

_WAIT_S: Final = 0.5

BatchProgress = Callable[[int, str, float], None]
"""Called as ``on_progress(index of the job, stage, percent)``."""


_News = tuple[int, str, float] | JobEnd | Exception | KeyboardInterrupt


def run_batch(
    jobs: Sequence[Job], executor: Executor, on_progress: BatchProgress, *, under_way: int, max_attempts: int
) -> Iterator[JobEnd]:
    """Yield the end of each job as it comes.

    When the caller stops early, by an error or Ctrl-C, all that is under way is ended.

    Parameters
    ----------
    jobs
        What to do, in this order.
    executor
        Who does it; the caller starts and stops it.
    on_progress
        Called in the caller's thread.
    under_way
        Jobs handed over at a time.
    max_attempts
        How often a job is tried at most; less often when its failure says that it is not worth it.
    """
    yield from _Batch(jobs, executor, on_progress, max_attempts).run(min(under_way, len(jobs)))


class _Batch:
    """The threads, and what goes between them and the loop."""

    def __init__(self, jobs: Sequence[Job], executor: Executor, on_progress: BatchProgress, max_attempts: int) -> None:
        self._jobs = jobs
        self._executor = executor
        self._on_progress = on_progress
        self._max_attempts = max_attempts
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._cancelled = threading.Event()

    def run(self, count: int) -> Iterator[JobEnd]:
        for index in range(len(self._jobs)):
            self._waiting.put(index)
        threads = [threading.Thread(target=self._work, name=f"flight-{number}") for number in range(count)]
        for thread in threads:
            thread.start()
        try:
            with _interrupts_as_news(self._news):
                yield from self._listen()
        finally:
            self._cancelled.set()
            for thread in threads:
                thread.join()

    def _listen(self) -> Iterator[JobEnd]:
        """Pass on what the threads say, in the caller's thread."""
        left = len(self._jobs)
        while left:
            try:
                news = self._news.get(timeout=_WAIT_S)  # on Windows Ctrl-C does not interrupt an endless wait
            except queue.Empty:
                continue
            if isinstance(news, BaseException):
                raise news
            if isinstance(news, JobEnd):
                left -= 1
                yield news
            else:
                self._on_progress(*news)

    def _work(self) -> None:
        """See job after job through."""
        while not self._cancelled.is_set():
            try:
                index = self._waiting.get_nowait()
                self._news.put(JobEnd(index, self._outcome(index)))
            except (queue.Empty, JobCancelledError, ExecutorStoppedError):
                return
            except Exception as error:  # a boundary: whoever listens must not wait for a thread that has ended
                self._news.put(error)
                return

    def _outcome(self, index: int) -> JobResult | JobFailedError | GasFluxError | OSError:
        """Run one job, again when its failure was bad luck."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._executor.run(
                    replace(self._jobs[index], attempt=attempt),
                    timeout_s=float("inf"),
                    on_progress=lambda stage, percent: self._news.put((index, stage, percent)),
                    cancelled=self._cancelled,
                )
            except JobFailedError as error:
                if attempt >= min(error.most_attempts, self._max_attempts):
                    return error
            except (GasFluxError, OSError) as error:
                return error


@contextmanager
def _interrupts_as_news(news: queue.SimpleQueue[_News]) -> Iterator[None]:
    """Put Ctrl-C among the news: raised wherever it strikes, a clean-up that swallows exceptions may swallow it too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, lambda *_: news.put(KeyboardInterrupt()))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
