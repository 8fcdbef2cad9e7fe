"""Many flight logs: which files they are, where their results go, and worker processes that fail alone."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.drawing import DrawingProcesses, RenderFigures
from gasflux.errors import GasFluxError, InputError

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection as Connection
    else:
        from multiprocessing.connection import Connection

SUFFIXES: Final = (".csv.gz", ".xlsx", ".xls", ".csv")

JobProgress = Callable[[int, str, float], None]
"""Called as ``on_progress(index of the job, stage, percent)``."""


@dataclass(frozen=True)
class Job:
    """One log and the folder of its results."""

    path: Path
    output_dir: Path


@dataclass(frozen=True)
class JobOptions:
    """What all jobs of a batch share."""

    config: PipelineConfig
    figures: bool = True
    debug: bool = False
    """Let unexpected errors through instead of turning them into one line."""
    drawing_processes: int = 0
    """Processes to draw in beside this one, when there is one job at a time; workers side by side draw themselves."""


@dataclass(frozen=True)
class JobResult:
    """How one job ended: with its `output_vars`, or with one line saying why not."""

    index: int
    job: Job
    output_vars: dict[str, Any] | None = None
    error: str | None = None


def _raised(error: InputError) -> None:
    raise error


def find_logs(path: Path, on_unreadable: Callable[[InputError], None] = _raised) -> list[Path]:
    """Return the file itself, or the flight logs below a folder in alphabetical order.

    Result folders of earlier runs and the lock files of spreadsheet programs are passed over.

    Parameters
    ----------
    path
        File or folder.
    on_unreadable
        Called for every folder that cannot be read; by default it raises.

    Raises
    ------
    InputError
        When there is nothing at that path, or no log in the folder.
    """
    if not path.is_dir():
        if path.is_file():
            return [path]
        if path.exists():
            raise InputError(f"{path}: this is a device or a pipe, which may never end; save it to a file.")
        raise InputError(f"{path}: there is no such file or folder; check the path.")
    logs = [entry for entry in sorted(_files_below(path, on_unreadable)) if _is_log(entry)]
    if not logs:
        raise InputError(f"{path}: there is no {', '.join(SUFFIXES)} file in this folder.")
    return logs


def _files_below(folder: Path, on_unreadable: Callable[[InputError], None]) -> Iterator[Path]:
    """Yield every file that is not in a hidden folder."""

    def tell(error: OSError) -> None:
        message = f"{error.filename}: the folder cannot be read ({error.strerror}); check its permissions."
        on_unreadable(InputError(message))

    for parent, folders, names in os.walk(folder, onerror=tell):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names)


def _is_log(entry: Path) -> bool:
    if not entry.name.lower().endswith(SUFFIXES) or entry.name.startswith(("~$", ".")) or not entry.is_file():
        return False
    return not (entry.parent / "output_vars.json").exists()


def plan_jobs(paths: Iterable[Path], output_root: Path) -> list[Job]:
    """Give each log a folder of its own: the name of the file, numbered where two files share a name.

    Names are compared without case, since some file systems do not tell `A` from `a`.
    """
    jobs: list[Job] = []
    taken: set[str] = set()
    for path in dict.fromkeys(paths):
        stem = input_stem(path)
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        jobs.append(Job(path, output_root / name))
    return jobs


def input_stem(path: Path) -> str:
    """Return the name of a log without its suffix (``flight`` for ``flight.csv.gz``)."""
    suffix = next((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), path.suffix)
    return path.name.removesuffix(path.name[len(path.name) - len(suffix) :]) or path.name


def run_jobs(jobs: Sequence[Job], options: JobOptions, workers: int, on_progress: JobProgress) -> Iterator[JobResult]:
    """Yield each job's result as it ends: in this process for one worker, else in as many spawned ones.

    A worker that dies (killed, out of memory) fails its own job only; a new one takes the next. When the caller stops
    early, by an error or Ctrl-C, the workers are ended.
    """
    if min(workers, len(jobs)) > 1:
        yield from _Pool(jobs, options, on_progress).run(min(workers, len(jobs)))
        return
    with DrawingProcesses(options.drawing_processes if jobs and options.figures else 0) as drawing:
        for index, job in enumerate(jobs):
            yield _attempt(index, job, options, on_progress, drawing.render)


def _attempt(
    index: int, job: Job, options: JobOptions, on_progress: JobProgress, render: RenderFigures | None = None
) -> JobResult:
    """Run one job; what goes wrong becomes its error line."""
    from gasflux.data_processor import process_file

    try:
        outcome = process_file(
            job.path,
            options.config,
            job.output_dir,
            figures=options.figures,
            progress=lambda stage, percent: on_progress(index, stage, percent),
            render=render,
        )
    except GasFluxError as error:
        return JobResult(index, job, error=describe(error))
    except OSError as error:  # the log is read by now, and faults in that are InputError
        return JobResult(index, job, error=f"the results cannot be written to {job.output_dir}: {error.strerror}.")
    except Exception as error:  # the boundary of a job: one bad file must not stop the others
        if options.debug:
            raise
        return JobResult(index, job, error=describe(error))
    return JobResult(index, job, output_vars=dict(outcome.output_vars))


def describe(error: BaseException) -> str:
    """Return one line for an error: its own sentence when it is one of ours, else a pointer to ``--debug``."""
    if isinstance(error, GasFluxError):
        return " ".join(str(error).split())
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"{error.filename}: {reason}" if error.filename else reason
    text = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {text} (a fault of GasFlux; `gasflux --debug ...` shows where)"


class _Pool:
    """Worker processes, one job each at a time, and one loop that listens to them."""

    def __init__(self, jobs: Sequence[Job], options: JobOptions, on_progress: JobProgress) -> None:
        self._waiting = deque(enumerate(jobs))
        self._options = options
        self._on_progress = on_progress
        self._workers: dict[Connection, SpawnProcess] = {}
        self._jobs: dict[Connection, tuple[int, Job]] = {}

    def run(self, workers: int) -> Iterator[JobResult]:
        from multiprocessing.connection import wait

        try:
            for _ in range(workers):
                self._start_worker()
            while self._jobs:
                for connection in wait(list(self._jobs)):
                    result = self._listen(connection)  # type: ignore[arg-type]
                    if result is not None:
                        yield result
        finally:
            for process in self._workers.values():
                process.terminate()
            for connection in list(self._workers):
                self._end(connection)

    def _start_worker(self) -> None:
        from multiprocessing import get_context

        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._options), daemon=True)
        process.start()
        theirs.close()
        self._workers[ours] = process
        self._hand_out(ours)

    def _hand_out(self, connection: Connection) -> None:
        """Give a worker the next job, or let it go."""
        if self._waiting:
            self._jobs[connection] = self._waiting.popleft()
            connection.send(self._jobs[connection])
            return
        self._jobs.pop(connection, None)
        connection.close()  # the worker's next question ends it
        self._workers.pop(connection).join()

    def _listen(self, connection: Connection) -> JobResult | None:
        """Take one message of a worker."""
        try:
            message = connection.recv()
        except (EOFError, ConnectionError):
            return self._bury(connection)
        if isinstance(message, JobResult):
            self._hand_out(connection)
            return message
        self._on_progress(*message)
        return None

    def _bury(self, connection: Connection) -> JobResult:
        """Fail the job of a dead worker and put another in its place."""
        index, job = self._jobs[connection]
        code = self._end(connection)
        if self._waiting:
            self._start_worker()
        cause = f"the worker process ended with code {code}, perhaps killed for want of memory"
        return JobResult(index, job, error=f"{job.path.name}: {cause}; try it alone or on a larger machine.")

    def _end(self, connection: Connection) -> int | None:
        """Take leave of a worker that ended or was ended, and of what it did not finish; return its exit code."""
        from gasflux.results.folder import discard_unfinished

        process = self._workers.pop(connection)
        process.join()
        connection.close()
        if connection in self._jobs and process.pid is not None:
            discard_unfinished(self._jobs.pop(connection)[1].output_dir, process.pid)
        return process.exitcode


def _work(connection: Connection, options: JobOptions) -> None:
    """Do jobs until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers itself
    while True:
        try:
            index, job = connection.recv()
        except EOFError:
            return
        connection.send(_attempt(index, job, options, lambda *event: connection.send(event)))
