"""Many flight logs on a dask cluster; the results land in the folders in which they would land from here."""

from __future__ import annotations

import json
import queue
import signal
import tempfile
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from gasflux.batch import Job, JobOptions, JobProgress, JobResult, describe
from gasflux.configuration.pipeline_yaml import dump_effective_config
from gasflux.errors import ConfigError, GasFluxError
from gasflux.reading.workbooks import MAX_UNPACKED_BYTES
from gasflux.results.folder import RESULT
from gasflux.service.dask_executor import DaskExecutor
from gasflux.service.executor import ExecutorStoppedError, JobCancelledError, JobFailedError
from gasflux.service.tasks.records import Job as ServiceJob
from gasflux.service.worker import process_job, process_job_without_figures

AHEAD: Final = 2
"""Flights handed over for every thread of the cluster: the next must be there when one is done."""

MAX_ATTEMPTS: Final = 4
_NO_LIMIT: Final = 1 << 60
"""Bytes or rows: a flight on the command line has no limit."""

_WAIT_S: Final = 0.5

_News = tuple[int, str, float] | JobResult | Exception | KeyboardInterrupt


def run_on_cluster(
    jobs: Sequence[Job], options: JobOptions, scheduler: str, on_progress: JobProgress
) -> Iterator[JobResult]:
    """Yield each job's result as it ends, as `batch.run_jobs` does.

    Some more flights than the cluster has threads are under way at a time. Those of a worker that dies are done again;
    when the caller stops early, by an error or Ctrl-C, all that is under way is ended.

    Parameters
    ----------
    jobs, options, on_progress
        As of `run_jobs`; ``options.debug`` has no meaning here.
    scheduler
        Address of the cluster's scheduler, as in ``tcp://host:8786``.

    Raises
    ------
    ConfigError
        When dask is not installed, or the cluster cannot take work now.
    """
    if not jobs:
        return
    function = process_job if options.figures else process_job_without_figures
    executor = DaskExecutor(scheduler, function=function)
    with ExitStack() as stack:
        stack.callback(executor.stop)
        executor.start()
        if trouble := executor.trouble():
            raise ConfigError(f"--dask: {trouble}.")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield from _Batch(jobs, options, executor, folder, on_progress).run()


class _Batch:
    """Threads that see one flight through at a time, and one loop that listens to them."""

    def __init__(
        self,
        jobs: Sequence[Job],
        options: JobOptions,
        executor: DaskExecutor,
        folder: Path,
        on_progress: JobProgress,
    ) -> None:
        self._jobs = jobs
        self._executor = executor
        self._folder = folder
        self._on_progress = on_progress
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._config = folder / "config.yaml"
        self._config.write_text(dump_effective_config(options.config), encoding="utf-8")

    def run(self) -> Iterator[JobResult]:
        for index in range(len(self._jobs)):
            self._waiting.put(index)
        count = min(AHEAD * self._executor.slots, len(self._jobs))
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

    def _listen(self) -> Iterator[JobResult]:
        """Pass on what the threads say, in the caller's thread."""
        left = len(self._jobs)
        while left:
            try:
                news = self._news.get(timeout=_WAIT_S)  # on Windows Ctrl-C does not interrupt an endless wait
            except queue.Empty:
                continue
            if isinstance(news, BaseException):
                raise news
            if isinstance(news, JobResult):
                left -= 1
                yield news
            else:
                self._on_progress(*news)

    def _work(self) -> None:
        """See flight after flight through."""
        while not self._cancelled.is_set():
            try:
                index = self._waiting.get_nowait()
                self._news.put(self._outcome(index))
            except (queue.Empty, JobCancelledError, ExecutorStoppedError):
                return
            except Exception as error:  # a boundary: whoever listens must not wait for a thread that has ended
                self._news.put(error)
                return

    def _outcome(self, index: int) -> JobResult:
        """Run one job; what goes wrong becomes its error line."""
        job = self._jobs[index]
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                self._run(index, job, attempt)
            except JobFailedError as error:
                if attempt >= min(error.most_attempts, MAX_ATTEMPTS):
                    return JobResult(index, job, error=_line(error))
            except (GasFluxError, OSError) as error:
                return JobResult(index, job, error=describe(error))
            else:
                break
        document = json.loads((job.output_dir / RESULT).read_text(encoding="utf-8"))
        return JobResult(index, job, output_vars=document)

    def _run(self, index: int, job: Job, attempt: int) -> None:
        task_id = str(uuid.uuid4())
        service_job = ServiceJob(
            task_id=task_id,
            attempt=attempt,
            input_path=job.path,
            input_name=job.path.name,
            config_path=self._config,
            output_dir=job.output_dir,
            log_path=self._folder / f"{task_id}.log",
            memory_limit_bytes=_NO_LIMIT,
            max_rows=_NO_LIMIT,
            max_unpacked_bytes=MAX_UNPACKED_BYTES,
        )
        self._executor.run(
            service_job,
            timeout_s=float("inf"),
            on_progress=lambda stage, percent: self._news.put((index, stage, percent)),
            cancelled=self._cancelled,
        )


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


def _line(error: JobFailedError) -> str:
    """Return one line for a failure on the cluster."""
    if error.failure.type == "internal_error":
        return "an unexpected error on the cluster; `gasflux --debug process` of this file, without --dask, shows it"
    return " ".join(error.failure.message.split())
